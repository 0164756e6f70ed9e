"""Say no by the rules: what every layer raises when the rules, not a bug, forbid something."""

from collections.abc import Mapping
from types import MappingProxyType


class Refusal(Exception):
    """Say that the rules say no: `code` names the rule for machines, `facts` fills the sentence for people.

    Codes are lower-case words joined by dots, such as `entry.in_future`. Subclasses belong beside what raises them;
    the web and the API word them.
    """

    def __init__(self, code: str, /, **facts: object) -> None:
        self.code = code
        self.facts: Mapping[str, object] = MappingProxyType(dict(facts))
        super().__init__(code)

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code
