"""Read the tables that say who holds what, as CSV; the header says which table it is.

    prefix,party,province     network: whose network it is, and where
    carrier,party,province    carrier: which party an operator's name in an address file means (in that province)
    registrar,party           registrar: by its IANA number or its name
    suffix,party              registry: who keeps the names below a suffix, such as cn
    domain,party              domain: who disposes of a domain, where no registry answers
    host,party                host: who hosts what lies at or below a name, address or network

The column `province` (two digits of GB/T 2260) may be empty or left out.
"""

import csv
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cleannet.core import space
from cleannet.core.indicator import host_of
from cleannet.core.terms import PROVINCES

NETWORK, CARRIER, REGISTRAR, REGISTRY, DOMAIN, HOST = "network", "carrier", "registrar", "registry", "domain", "host"
KINDS = {
    "prefix": NETWORK,
    "carrier": CARRIER,
    "registrar": REGISTRAR,
    "suffix": REGISTRY,
    "domain": DOMAIN,
    "host": HOST,
}
WITH_PROVINCE = frozenset({NETWORK, CARRIER})
MOST_ROWS = 2_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one line: what is held, in canonical form, by which party, in which province ("" where none is said)."""

    what: str
    party: str
    province: str
    line: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """Say what is wrong with one line."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Contents:
    """Hold what a table says and everything that is wrong with it, by line."""

    kind: str
    rows: tuple[Row, ...]
    wrong: tuple[Wrong, ...]


def read(data: bytes) -> Contents:
    """Return a table; nothing raises: whatever is wrong is told with its line, all at once."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        return Contents("", (), (Wrong(data[: error.start].count(b"\n") + 1, "not UTF-8 text"),))
    reader = csv.reader(lines, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        kind = KINDS.get(header[0] if header else "", "")
        columns = ["party", "province"] if kind in WITH_PROVINCE else ["party"]
        if not kind or header[1:] not in (columns, ["party"]):
            heads = "; ".join(f"{name},party{',province' if KINDS[name] in WITH_PROVINCE else ''}" for name in KINDS)
            return Contents("", (), (Wrong(1, f"the header is none of {heads}"),))
        return _contents(kind, len(header), list(_cells(reader)))
    except csv.Error as error:
        return Contents("", (), (Wrong(reader.line_num, f"not CSV: {error}"),))


def _cells(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(reader, 2):
        if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
            yield number, [cell.strip() for cell in cells]


def _contents(kind: str, columns: int, lines: list[tuple[int, list[str]]]) -> Contents:
    if len(lines) > MOST_ROWS:
        return Contents(kind, (), (Wrong(lines[MOST_ROWS][0], f"more than {MOST_ROWS:,} rows; split the table"),))
    rows: list[Row] = []
    wrong: list[Wrong] = []
    known: dict[tuple[str, str], int] = {}
    for line, cells in lines:
        if len(cells) != columns:
            wrong.append(Wrong(line, f"{len(cells)} columns instead of {columns}"))
            continue
        if not "".join(cells).isprintable():
            wrong.append(Wrong(line, "signs that cannot be printed"))
            continue
        written, party, province = (*cells, "")[:3]
        try:
            what = _CANONICAL[kind](written)
        except ValueError as error:
            wrong.append(Wrong(line, str(error)))
            continue
        place = (what, province if kind == CARRIER else "")
        if not party:
            wrong.append(Wrong(line, "no party"))
        elif province and province not in PROVINCES:
            wrong.append(Wrong(line, f"“{province}” is no province of GB/T 2260"))
        elif place in known:
            wrong.append(Wrong(line, f"{written} stands on line {known[place]} already"))
        else:
            known[place] = line
            rows.append(Row(what, party, province, line))
    return Contents(kind, tuple(rows), tuple(wrong))


def registrar(written: str) -> str:
    """Return a registrar's number or name in the form in which two are compared; raise ValueError for none."""
    found = " ".join(written.split()).casefold()
    if not found:
        raise ValueError("no registrar")
    return found


def _network(written: str) -> str:
    try:
        return space.text(ipaddress.ip_network(written))
    except ValueError as error:
        raise ValueError(f"“{written}” is no network: {error}") from None


def _name(written: str) -> str:
    name = host_of(written.removeprefix("*.").strip("."))
    if not name or space.network(name) is not None or any(sign in name for sign in " /:@\\"):
        raise ValueError(f"“{written}” is no domain name")
    return name


def _host(written: str) -> str:
    return _network(written) if space.network(written) is not None else _name(written)


def _carrier(written: str) -> str:
    if not written:
        raise ValueError("no carrier")
    return written


_CANONICAL: dict[str, Callable[[str], str]] = {
    NETWORK: _network,
    CARRIER: _carrier,
    REGISTRAR: registrar,
    REGISTRY: _name,
    DOMAIN: _name,
    HOST: _host,
}
