"""Say the name of a file, or of a batch, without the phone number it may hold: exports are named after subscribers."""

import re

LEFT_OUT = "…"
# Eleven digits in a row hold a number in any form; a Chinese one may also be written in groups.
_NUMBER = re.compile(r"\d{11,}|(?<!\d)1[3-9]\d(?:[ ._()-]?\d){8}(?!\d)")


def shown(name: object) -> str:
    """Return a name as it may leave the edge: every run of digits that could be a phone number is left out."""
    # A file name need not be text; what is none could not be written out.
    return _NUMBER.sub(LEFT_OUT, str(name).encode(errors="replace").decode())
