"""What one setting is: a variable of the environment, its type, why it exists and what it accepts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cleannet.hub import accepted
from cleannet.hub.accepted import Accepts

PREFIX = "CLEANNET_"
Value = str | int | bool
_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})


class BadSetting(ValueError):
    """Say which variable holds what it may not, and what was expected."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Name one environment variable (without the prefix), its type by its default, why it exists, and for a text what
    it accepts; see `accepted`.
    """

    name: str
    default: Value
    why: str
    accepts: Accepts = accepted.anything
    secret: bool = False
    least: int = 0

    @property
    def variable(self) -> str:
        return PREFIX + self.name

    @property
    def type(self) -> str:
        return {bool: "yes/no", int: "number", str: "text"}[type(self.default)]

    def read(self, environ: Mapping[str, str]) -> Value:
        """Return the value from `environ` or the file it names; raise BadSetting, naming the variable."""
        text = self._text(environ)
        if text is None:
            return self.default
        if isinstance(self.default, bool):
            if text.lower() in _YES | _NO:
                return text.lower() in _YES
            raise BadSetting(f"{self.variable} is “{text}”; write yes or no")
        if isinstance(self.default, int):
            if text.isascii() and text.isdecimal() and int(text) >= self.least:
                return int(text)
            raise BadSetting(f"{self.variable} is “{text}”; write a whole number from {self.least} up")
        wrong = self.accepts(text)
        if wrong:
            raise BadSetting(f"{self.variable} is {'not as it should be' if self.secret else f'“{text}”'}; {wrong}")
        return text

    def _text(self, environ: Mapping[str, str]) -> str | None:
        direct, by_file = environ.get(self.variable), environ.get(f"{self.variable}_FILE")
        if direct is not None and by_file is not None:
            raise BadSetting(f"both {self.variable} and {self.variable}_FILE are set; keep one")
        if by_file is None:
            return None if direct is None else direct.strip()
        try:
            return Path(by_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{self.variable}_FILE names {by_file}, which cannot be read: {error}") from error
