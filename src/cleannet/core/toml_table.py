"""A TOML table read with care: what is missing, unknown or of the wrong kind is noted with its line, all at once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cleannet.core.clock import Limit, NotALimit
from cleannet.core.policy import Text


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Hold one error of a policy file: where it is and what to do about it."""

    line: int
    message: str


class Table:
    """Take the fields of one table out by name, noting what is missing, unknown or of the wrong kind."""

    def __init__(
        self, data: Mapping[str, Any], where: str, line: Callable[[str], int], problems: list[Problem]
    ) -> None:
        self.data, self.where, self.line, self.problems = data, where, line, problems
        self.known: set[str] = set()

    def wrong(self, key: str, message: str) -> None:
        self.problems.append(Problem(self.line(key), f"{self.where}: {message}"))

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        self.known.add(key)
        if key not in self.data:
            if default is ...:
                self.wrong("", f"the field “{key}” is missing")
                return None
            return default
        value = self.data[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.wrong(key, f"“{key}” has the wrong kind of value: {value!r}")
            return None if default is ... else default
        return value

    def text(self, key: str, default: Any = ...) -> str:
        value = self.take(key, str, default)
        if value == "" and default is ...:
            self.wrong(key, f"“{key}” is empty")
        return value or ""

    def one_of(self, key: str, allowed: Any, default: Any = ...) -> str:
        value = self.text(key, default)
        if value and value not in allowed:
            self.wrong(key, f"“{value}” is not a known {key}; known are {', '.join(sorted(allowed))}")
        return value

    def several(self, key: str, allowed: Any, default: Any = ...) -> tuple[str, ...]:
        raw = self.take(key, (str, list), default)
        values = (raw,) if isinstance(raw, str) else tuple(raw or ())
        for value in values:
            if value not in allowed:
                self.wrong(key, f"“{value}” is not known in {key}; known are {', '.join(sorted(allowed))}")
        return tuple(value for value in values if value in allowed)

    def bilingual(self, key: str, default: Any = ...) -> Text:
        value = self.take(key, dict, default)
        if not isinstance(value, dict):
            return Text("", "")
        for language in ("zh", "en"):
            if not isinstance(value.get(language), str) or not value[language].strip():
                self.wrong(key, f"“{key}” needs its text in both languages; “{language}” is missing")
        for extra in set(value) - {"zh", "en"}:
            self.wrong(key, f"“{key}” has an unknown language “{extra}”")
        return Text(str(value.get("zh", "")), str(value.get("en", "")))

    def limit(self, key: str) -> Limit:
        value = self.text(key)
        try:
            return Limit.parse(value)
        except NotALimit as wrong:
            if value:
                self.wrong(key, str(wrong))
            return Limit("none")

    def tables(self, key: str) -> list[Any]:
        """Take an array of tables."""
        value = self.take(key, list, [])
        if not all(isinstance(item, dict) for item in value):
            self.wrong(key, f"“{key}” is a list of tables; write it as [[{key}]]")
            return []
        return list(value)

    def done(self) -> None:
        for key in self.data.keys() - self.known:
            self.wrong(key, f"the field “{key}” is unknown here; known are {', '.join(sorted(self.known))}")


_HEADER = re.compile(r"\s*\[(\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield where each table and key of TOML text begins, as `duty[2]/limit` → line; tomllib does not tell."""
    path, counts, quoted = "", dict[str, int](), False
    for number, line in enumerate(text.splitlines(), 1):
        if quoted:
            quoted = line.count('"""') % 2 == 0
            continue
        if header := _HEADER.match(line):
            path = _path(header[2], bool(header[1]), counts)
            yield f"{path}/", number
        elif key := _KEY.match(line):
            yield f"{path}/{key[1]}", number
            quoted = line.count('"""') % 2 == 1


def _path(name: str, repeated: bool, counts: dict[str, int]) -> str:
    parts = name.split(".")
    done = ""
    for depth, part in enumerate(parts):
        here = f"{done}.{part}" if done else part
        if depth == len(parts) - 1 and repeated:
            counts[here] = counts.get(here, -1) + 1
        done = f"{here}[{counts[here]}]" if here in counts else here
    return done
