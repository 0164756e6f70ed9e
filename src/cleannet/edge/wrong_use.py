"""Say that the edge was asked wrongly: a file, a mapping or a setting that has to be put right first."""


class WrongUse(Exception):
    """Carry the sentence that says what is wrong, where, and what to do; the command ends with status 2."""
