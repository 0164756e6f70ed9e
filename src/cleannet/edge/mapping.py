"""Read a mapping file: TOML that says which columns of CSV or Parquet mean what (docs/edge.md).

Its kind says what the files are: logs, or assignments of addresses to phone numbers.
"""

import re
import tomllib
from collections.abc import Mapping as Table
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cleannet.edge.names import shown
from cleannet.edge.rows import BadRow
from cleannet.edge.times import FORMS, from_text
from cleannet.edge.wrong_use import WrongUse

SCHEMA = 1
LOG, ASSIGNMENTS = KINDS = ("log", "assignments")
WHO = ("number", "address")
WHERE = ("host", "uri", "dst_ip")
COLUMNS = ("time", *WHO, "src_port", *WHERE, "dst_port", "province", "fee", "record", "billing")
_NEEDED, _PORTS = ("from", "to", "address", "number"), ("first_port", "last_port")
ASSIGNED = (*_NEEDED, *_PORTS)
_KEYS = {
    "": {"schema", "kind", "files", "time_zone", "time_form", "columns", "csv"},
    "csv": {"delimiter", "encoding", "header"},
    "fee": {"unit", "billing", "refund", "every_row"},
}
_KEYS_OF = {
    LOG: _KEYS | {"": _KEYS[""] | {"fee"}, "columns": set(COLUMNS)},
    ASSIGNMENTS: _KEYS | {"columns": set(ASSIGNED)},
}
# Under ten million yuan: no single fee is larger, and a phone number in the wrong column never becomes a sum.
_YUAN = re.compile(r"(-?)([0-9]{1,7})(?:\.([0-9]{1,2})0*)?")
_FEN = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Hold what a mapping file says; `columns` maps a meaning (of `places`) to the name of the file's column.

    `billing` and `refund` are the values of the billing column that make a row a fee or a refund; None for `billing`
    makes every row with a fee a billing row. `header` names the columns of a CSV without a header line.
    """

    path: str
    kind: str
    files: tuple[str, ...]
    zone: ZoneInfo | None
    time_form: str
    columns: Table[str, str]
    delimiter: str
    encoding: str
    header: tuple[str, ...]
    unit: str
    billing: frozenset[str] | None
    refund: frozenset[str]

    @property
    def places(self) -> tuple[str, ...]:
        """The meanings a column may have, in the order in which readers give the fields of a row."""
        return ASSIGNED if self.kind == ASSIGNMENTS else COLUMNS

    def fits(self, name: str, kind: str = LOG) -> bool:
        """Say whether the mapping is meant for a file of this name and kind."""
        return kind == self.kind and any(fnmatch(name, pattern) for pattern in self.files)

    def moment(self, time: str | int) -> int:
        """Return the microseconds of a time as the file writes it; a whole number holds them already."""
        return time if isinstance(time, int) else from_text(time, self.time_form, self.zone)

    def fen(self, fee: str, billing: str) -> int | None:
        """Return what a row adds to the loss, below zero for a refund, None when it is no billing row."""
        fee, billing = fee.strip(), billing.strip()
        refunded = billing in self.refund
        if not fee or (self.billing is not None and billing not in self.billing and not refunded):
            return None
        found = _YUAN.fullmatch(fee) if self.unit == "yuan" else _FEN.fullmatch(fee)
        if found is None:
            raise BadRow(f"the fee cannot be read as {self.unit}")
        fen = int(fee) if self.unit == "fen" else int(found[2]) * 100 + int(f"{found[3] or '':0<2}")
        if self.unit == "yuan" and found[1]:
            fen = -fen
        return -abs(fen) if refunded else fen


def shipped() -> dict[str, Path]:
    """Return the mappings that come with the edge, by name."""
    return {path.stem: path for path in sorted(Path(__file__).with_name("mappings").glob("*.toml"))}


def load(path: Path) -> Mapping:
    """Return the mapping of a file, or the shipped one of that name; raise WrongUse with every mistake's place."""
    name, path = shown(path), shipped().get(str(path), path)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise WrongUse(f"{name}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUse(f"{name}: not TOML: {error}") from None
    problems: list[str] = []
    mapping = _Reader(name, data, problems).mapping()
    if problems:
        raise WrongUse("\n".join(f"{name}: {problem}" for problem in problems))
    return mapping


class _Reader:
    def __init__(self, path: str, data: dict[str, Any], problems: list[str]) -> None:
        self._path, self._data, self._problems = path, data, problems
        self._kind = self._one_of("kind", data.get("kind", LOG), KINDS)

    def mapping(self) -> Mapping:
        self._known("", self._data)
        if self._data.get("schema") != SCHEMA:
            self._wrong(f"schema must be {SCHEMA}")
        is_log = self._kind == LOG
        columns, fee = self._columns(), self._table("fee") if is_log else {}
        (self._check_log if is_log else self._check_assignments)(columns)
        csv = self._table("csv")
        billing = self._texts("fee.billing", fee.get("billing")) if "billing" in fee else None
        self._check_fee(columns, fee, billing)
        return Mapping(
            self._path,
            self._kind,
            self._texts("files", self._data.get("files", ["*"])),
            self._zone(),
            self._text("time_form", self._data.get("time_form", "iso")),
            columns,
            self._delimiter(csv.get("delimiter", ",")),
            self._encoding(csv.get("encoding", "utf-8")),
            self._texts("csv.header", csv.get("header", [])),
            self._one_of("fee.unit", fee.get("unit", "yuan"), ("yuan", "fen")),
            None if billing is None else frozenset(billing),
            frozenset(self._texts("fee.refund", fee.get("refund", []))),
        )

    def _columns(self) -> dict[str, str]:
        table = self._table("columns")
        return {name: self._text(f"columns.{name}", value) for name, value in table.items()}

    def _check_log(self, columns: Table[str, str]) -> None:
        if "time" not in columns:
            self._wrong("columns.time is missing")
        if len([who for who in WHO if who in columns]) != 1:
            self._wrong("columns must name either number or address: who the subscriber is")
        if not any(where in columns for where in WHERE):
            self._wrong("columns must name at least one of host, uri, dst_ip: what the subscriber was in contact with")

    def _check_assignments(self, columns: Table[str, str]) -> None:
        for name in _NEEDED:
            if name not in columns:
                self._wrong(f"columns.{name} is missing")
        if len([port for port in _PORTS if port in columns]) == 1:
            self._wrong("columns must name both first_port and last_port, or neither")

    def _check_fee(self, columns: Table[str, str], fee: Table[str, Any], billing: tuple[str, ...] | None) -> None:
        if "fee" not in columns:
            return
        if "record" not in columns:
            self._wrong("columns.record is missing: a fee counts once per record id")
        if "unit" not in fee:
            self._wrong("fee.unit is missing: yuan or fen")
        if (billing is None) == (fee.get("every_row") is not True):
            self._wrong("fee must say which rows are billing rows: billing = [values], or every_row = true")
        if billing is not None and "billing" not in columns:
            self._wrong("columns.billing is missing: the column fee.billing speaks of")

    def _zone(self) -> ZoneInfo | None:
        name = self._data.get("time_zone")
        if name is None:
            form = self._data.get("time_form", "iso")
            if isinstance(form, str) and form not in FORMS and "%z" not in form:
                self._wrong('time_zone is missing, and times of this form carry none; such as "Asia/Shanghai"')
            return None
        try:
            return ZoneInfo(self._text("time_zone", name))
        except (ZoneInfoNotFoundError, ValueError):
            self._wrong("time_zone is not the name of a time zone, such as Asia/Shanghai")
            return None

    def _delimiter(self, value: object) -> str:
        if not isinstance(value, str) or len(value) != 1 or value in '"\r\n':
            self._wrong("csv.delimiter must be one character")
            return ","
        return value

    def _encoding(self, value: object) -> str:
        name = self._text("csv.encoding", value)
        try:
            fits = b"a,1\n".decode(name, errors="replace") == "a,1\n"
        except (LookupError, ValueError):
            fits = False
        if not fits:
            self._wrong(
                "csv.encoding must be a known encoding in which a line ends with one byte, such as utf-8, gb18030"
            )
        return name

    def _table(self, name: str) -> dict[str, Any]:
        value = self._data.get(name, {})
        if not isinstance(value, dict):
            self._wrong(f"{name} must be a table")
            return {}
        self._known(name, value)
        return value

    def _known(self, name: str, table: Table[str, Any]) -> None:
        for key in sorted(set(table) - _KEYS_OF[self._kind][name]):
            where = f"{name}.{key}" if name else key
            self._wrong(f"{where} is not known; known are {', '.join(sorted(_KEYS_OF[self._kind][name]))}")

    def _text(self, name: str, value: object) -> str:
        if isinstance(value, str) and value:
            return value
        self._wrong(f"{name} must be a text")
        return ""

    def _texts(self, name: str, value: object) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(text, str) for text in value):
            return tuple(value)
        self._wrong(f"{name} must be a list of texts")
        return ()

    def _one_of(self, name: str, value: object, allowed: tuple[str, ...]) -> str:
        if value in allowed:
            return str(value)
        self._wrong(f"{name} must be one of {', '.join(allowed)}")
        return allowed[0]

    def _wrong(self, sentence: str) -> None:
        self._problems.append(sentence)
