"""Read the query logs of resolvers, plain text: BIND 9, Unbound (log-queries) and dnsmasq (log-queries).

A row tells who asked for which name; answers and other messages are passed over. A syslog time has no year: it is of
the last year in which it does not lie in the future.
"""

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo

from cleannet.core.tally import from_micros, to_micros
from cleannet.edge.files import LogFile
from cleannet.edge.rows import BadRow, Row, Source, port_or_zero
from cleannet.edge.times import from_epoch_seconds, from_iso

# No query needs more; a bound on the line bounds what an expression can cost.
LONGEST = 4096
_LOOKED_AT = 1000
_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_TIME = re.compile(
    r"\[(?P<epoch>[0-9]{1,11})\] "
    r"|(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}[^ ]{0,14}) "
    r"|(?P<day>[0-9]{2})-(?P<month>[A-Z][a-z]{2})-(?P<year>[0-9]{4}) (?P<clock>[0-9:.]{8,15}) "
    r"|(?P<named>[A-Z][a-z]{2}) (?P<of>[ 0-9][0-9]) (?P<at>[0-9:]{8}) "
)
_ASKED = {
    "bind queries": re.compile(
        r"\bclient (?:@0x[0-9a-f]+ )?(?P<who>[0-9A-Fa-f:.]+)(?:%\S+)?#(?P<port>[0-9]+)(?:/key \S+)?:? (?:\([^ ]*\): )?"
        r"(?:view [^ ]+: )?query: (?P<name>\S+) [A-Z0-9]+ [A-Z0-9]+ "
    ),
    "unbound queries": re.compile(
        r"\bunbound\[[0-9:]+\]:? (?:\[[0-9:a-f]+\] )?(?:info|query): (?P<who>[0-9A-Fa-f:.]+) (?P<name>\S+) "
        r"[A-Z0-9]+ [A-Z0-9]+$"
    ),
    "dnsmasq queries": re.compile(
        r"\bdnsmasq\[[0-9]+\]: (?:[0-9]+ [0-9A-Fa-f:.]+/(?P<port>[0-9]+) )?query\[[^ ]+\] (?P<name>\S+) "
        r"from (?P<who>[0-9A-Fa-f:.]+)$"
    ),
}
# How a line of each begins to look that can be nothing but a query.
_ASKING = {"bind queries": " query: ", "unbound queries": " query: ", "dnsmasq queries": ": query["}


def kind_of(start: bytes) -> str:
    """Return which resolver's query log a file begins like, "" where none."""
    for line in start.split(b"\n", _LOOKED_AT)[:_LOOKED_AT]:
        text = line[:LONGEST].decode(errors="replace").rstrip("\r")
        for kind, asked in _ASKED.items():
            if _TIME.match(text) and asked.search(text):
                return kind
    return ""


def read(file: LogFile, source: Source, kind: str, zone: tzinfo) -> Iterator[Row]:
    """Yield the queries of a log of `kind`, accounting for every line in `source`.

    Times without an offset are of `zone`.
    """
    source.format = kind
    asked, asking = _ASKED[kind], _ASKING[kind]
    for number, line in enumerate(file.lines(), 1):
        if line is None or len(line) > LONGEST:
            source.break_row(number, f"the line is longer than {LONGEST} bytes or was cut off")
            continue
        text = line.decode(errors="replace").rstrip("\r")
        if not text:
            continue
        found = asked.search(text)
        if found is None and asking not in text:
            source.pass_over()
            continue
        try:
            if found is None:
                raise BadRow("the query cannot be read")
            at = _time(text, source.latest, zone)
        except BadRow as error:
            source.break_row(number, str(error))
            continue
        if source.takes(at, number):
            source_port = port_or_zero(found.groupdict().get("port") or "")
            yield Row(at, found["who"], found["name"], source_port=source_port)


def _time(text: str, latest: int, zone: tzinfo) -> int:
    found = _TIME.match(text)
    if found is None:
        raise BadRow("the time cannot be read")
    if found["epoch"]:
        return from_epoch_seconds(found["epoch"])
    if found["iso"]:
        return from_iso(found["iso"], zone)
    if found["month"]:
        return _of(int(found["year"]), found["month"], found["day"], found["clock"], zone)
    year = from_micros(latest).astimezone(zone).year
    # Eight years hold a leap day, also around a century.
    for back in range(9):
        try:
            at = _of(year - back, found["named"], found["of"], found["at"], zone)
        except BadRow:
            continue
        if at <= latest:
            return at
    raise BadRow("the time cannot be read")


def _of(year: int, month: str, day: str, clock: str, zone: tzinfo) -> int:
    try:
        written = f"{year:04}-{_MONTHS[month]:02}-{int(day):02}T{clock}"
        return to_micros(datetime.fromisoformat(written).replace(tzinfo=zone))
    except (KeyError, ValueError, OverflowError):
        raise BadRow("the time cannot be read") from None
