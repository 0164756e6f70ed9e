"""What a party's own platform pulls: its standing orders as JSON, CSV or plain text; the same orders, the same bytes.

JSON: canonical, `schema` 1, `party`, `revision` and `orders`, each with the columns of `COLUMNS`. CSV (RFC 4180): a
header and the columns. Plain: one target a line, each once.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from cleannet.formats import canonical

SCHEMA = 1
KIND = "feed"
COLUMNS = ("number", "notice", "kind", "reach", "target", "issued_at", "until")
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "plain": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one standing order; moments as `moments.write_moment` writes them, `until` empty for none."""

    number: str
    notice: str
    kind: str
    reach: str
    target: str
    issued_at: str
    until: str


def write(form: str, *, party: str, revision: int, orders: Sequence[Row]) -> bytes:
    """Return the orders in one of `MEDIA_TYPES`, by number; raise KeyError for another form."""
    rows = sorted(map(astuple, orders))
    if form == "json":
        listed = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        return canonical.encode({"schema": SCHEMA, "party": party, "revision": revision, "orders": listed})
    if form == "csv":
        return _csv([COLUMNS, *rows])
    return {"plain": "".join(f"{target}\n" for target in sorted({row[4] for row in rows})).encode()}[form]


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
