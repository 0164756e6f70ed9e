"""Tell known packers by the files they add and by the class they put before a program's own; see rules/packers.toml."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import lru_cache
from pathlib import Path

from cleannet.apk.assessment import Packer

_RULES = Path(__file__).with_name("rules") / "packers.toml"


@dataclass(frozen=True, slots=True)
class Known:
    """Hold how packers are told: one expression for files, with a name for each of its groups, and classes."""

    entries: "re.Pattern[str]"
    names: tuple[str, ...]
    applications: tuple[tuple[str, str], ...]


@lru_cache(1)
def known() -> Known:
    """Return the packers that are known."""
    told = tomllib.loads(_RULES.read_text())["packer"]
    entries = [(translate(pattern), one["name"]) for one in told for pattern in one["entries"]]
    return Known(
        re.compile("|".join(f"({pattern})" for pattern, _ in entries)),
        tuple(name for _, name in entries),
        tuple((pattern, one["name"]) for one in told for pattern in one["applications"]),
    )


def told_by(names: Iterable[str], application: str) -> tuple[Packer, ...]:
    """Return the packers that entries of an archive or the class of the application tell of."""
    listed = known()
    found: dict[str, str] = {}
    for pattern, name in listed.applications:
        if fnmatchcase(application, pattern):
            found.setdefault(name, f"application class {application}")
    for entry in names:
        if sign := listed.entries.match(entry.rpartition("/")[2]):
            found.setdefault(listed.names[(sign.lastindex or 1) - 1], entry)
    return tuple(Packer(name, place) for name, place in sorted(found.items()))
