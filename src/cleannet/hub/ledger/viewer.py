"""Say who looks, which decides what is shown."""

from collections.abc import Collection
from dataclasses import dataclass, field

SEES_ALL = frozenset({"miit", "cncert"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Name who looks: party and role codes, province (GB/T 2260, two digits, "" for none), person code, rights.

    MIIT and CNCERT see everything, a bureau its own province and what reached it, everyone else only what it made,
    received or owes.
    """

    party: str
    role: str
    province: str = ""
    person: str = ""
    rights: Collection[str] = field(default_factory=frozenset)

    @property
    def sees_all(self) -> bool:
        return self.role in SEES_ALL

    def sees_figures_of(self, party: str) -> bool:
        """Return whether the viewer may read what a party counted: its own people, MIIT and CNCERT may."""
        return self.sees_all or self.party == party

    def may(self, right: str) -> bool:
        """Return whether the viewer holds a right."""
        return right in self.rights
