"""What the law needs to know of an entry and of those concerned by it.

A ledger row satisfies `EntryFacts` as it is; `Facts` is the same for whoever has no row.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cleannet.core.terms import RECIPIENTS, ROLES, Grade

# What an entry, and a duty, can be about; in an entry's `refs` and in the `per` of a rule.
SCOPES = (
    "case",
    "sample",
    "reporter",
    "notice",
    "feedback",
    "month",
    "day",
    "change",
    "complaint",
    "partner",
    "crime",
    "lead",
)


class EntryFacts(Protocol):
    """Say who did what, when, about what, and whom it reached.

    All moments are aware. `party` and `recipients` are party codes. `refs` names what the entry is about, by the
    kinds of `SCOPES`; a month as YYYY-MM, a day as YYYY-MM-DD. `grades` holds a grade per law id. `form` is the form
    the act is on, "" where it is on none; `missing` are its fields that went out empty.
    """

    @property
    def kind(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def party(self) -> str: ...
    @property
    def refs(self) -> Mapping[str, str]: ...
    @property
    def grades(self) -> Mapping[str, Grade]: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def found_at(self) -> datetime | None: ...
    @property
    def received_at(self) -> datetime | None: ...
    @property
    def changed_at(self) -> datetime | None: ...
    @property
    def recipients(self) -> Collection[str]: ...
    @property
    def medium(self) -> str: ...
    @property
    def confirmed_by(self) -> Collection[str]: ...
    @property
    def urgent(self) -> bool: ...
    @property
    def on_behalf_of(self) -> str: ...
    @property
    def province(self) -> str: ...
    @property
    def form(self) -> str: ...
    @property
    def missing(self) -> Collection[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Hold the facts of one entry that is not (or not yet) a ledger row."""

    kind: str
    role: str
    party: str
    happened_at: datetime
    refs: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, Grade] = field(default_factory=dict)
    found_at: datetime | None = None
    received_at: datetime | None = None
    changed_at: datetime | None = None
    recipients: Collection[str] = ()
    medium: str = "system"
    confirmed_by: Collection[str] = ()
    urgent: bool = False
    on_behalf_of: str = ""
    province: str = ""
    form: str = ""
    missing: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Delegation:
    """Let `delegate` do what `rule` asks of `delegator`; an empty `case` makes it standing (545号 十(三))."""

    policy: str
    rule: str
    delegator: str
    delegate: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class Participants:
    """Say which parties stand behind each role or recipient name of the law, and who may act for whom.

    `roles` maps a name of `terms.ROLES` or `terms.RECIPIENTS` to party codes. A name that nobody fills is unrouted; of
    one that some fill, `lacking` holds what nobody stands for, such as the province "44" of "bureau:relevant".
    """

    roles: Mapping[str, Collection[str]] = field(default_factory=dict)
    delegations: Collection[Delegation] = ()
    lacking: Mapping[str, Collection[str]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[str, ...]:
        """Return the party codes behind `name`, sorted; empty when nobody is known."""
        return tuple(sorted(self.roles.get(name, ())))

    def unrouted(self, name: str) -> tuple[str, ...]:
        """Return what of `name` nobody stands for: the name with each part lacking ("bureau:relevant 44"), or alone."""
        parts = tuple(f"{name} {part}" for part in sorted(self.lacking.get(name, ())))
        return parts or (() if self.of(name) else (name,))


# Where no party and no case is real, each name stands for itself.
ANYBODY = Participants({name: (name,) for name in (*ROLES, *RECIPIENTS)})
ANYTHING = {kind: kind for kind in SCOPES}
