"""表格: the fields of an annex, filled from facts, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from cleannet.core.policy import Field, Form
from cleannet.core.refusal import Refusal

TO_BE_CHECKED = "待查"


@dataclass(frozen=True, slots=True)
class Filled:
    """Hold a form with the value of every field in printed order; columns hold one value per line of the list."""

    form: Form
    values: Mapping[str, str]
    lines: tuple[Mapping[str, str], ...]
    missing: tuple[Field, ...]
    note: str = ""

    def shown(self, field: Field, line: Mapping[str, str] | None = None) -> str:
        """Return what is printed in a field, or in a column of a line: its value, else 待查.

        Nothing stands where another party fills the field later.
        """
        value = (self.values if line is None else line).get(field.key, "")
        return value or ("" if field.filled_by else TO_BE_CHECKED)


class UnknownField(Refusal):
    """Say that a value is given for a field the form does not have: `form.unknown_field`."""


def fill(form: Form, values: Mapping[str, str], lines: Sequence[Mapping[str, str]] = (), note: str = "") -> Filled:
    """Fill `form` and print `note` under it; an empty field is named in `missing` and never blocks a 2-hour report.

    Raises UnknownField for a value without a field, so that nothing given is lost.
    """
    own = {field.key for field in form.fields if field.place != "column"}
    columns = [field for field in form.fields if field.place == "column"]
    for key in values.keys() - own:
        raise UnknownField("form.unknown_field", form=form.id, field=key, known=sorted(own))
    for number, line in enumerate(lines, 1):
        for key in line.keys() - {field.key for field in columns}:
            known = sorted(field.key for field in columns)
            raise UnknownField("form.unknown_field", form=form.id, field=f"{key} ({number})", known=known)
    kept = {key: value.strip() for key, value in values.items() if value.strip()}
    rows = tuple({key: value.strip() for key, value in line.items() if value.strip()} for line in lines)
    missing = [
        field for field in form.fields if field.place != "column" and not field.filled_by and field.key not in kept
    ]
    missing += [field for field in columns if not field.filled_by and any(field.key not in row for row in rows)]
    return Filled(form, kept, rows, tuple(missing), note)


def rows(form: Form) -> tuple[tuple[Field, ...], ...]:
    """Return the fields of the form's table row by row, as printed: one, two or three side by side."""
    table = [field for field in form.fields if field.place == "table"]
    return tuple(tuple(group) for _, group in groupby(table, key=lambda field: field.row))


def placed(form: Form, place: str) -> tuple[Field, ...]:
    """Return the fields of one place (above, column) in printed order."""
    return tuple(field for field in form.fields if field.place == place)
