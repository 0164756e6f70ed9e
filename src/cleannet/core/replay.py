"""Play entries through laws in order, and tell how every duty stands. The ledger's tables must say the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cleannet.core.clock import Calendar
from cleannet.core.duty import Duty, arising, restated, sooner
from cleannet.core.ending import meets, voids
from cleannet.core.entry import Delegation, EntryFacts, Participants
from cleannet.core.policy import Policy

OPEN, LAPSED, MET, LATE, VOID, VOID_LATE = "open", "lapsed", "met", "late", "void", "void_late"


@dataclass(slots=True)
class Standing:
    """Hold a duty and what ended it; what was late stays late."""

    duty: Duty
    met_at: datetime | None = None
    void_at: datetime | None = None

    def state(self, at: datetime) -> str:
        """Return how the duty stands at an aware moment: open, lapsed, met, late, void or void_late."""
        return state(self.duty.due, self.met_at, self.void_at, at)


def state(due: datetime | None, met_at: datetime | None, void_at: datetime | None, at: datetime) -> str:
    """Return how a duty stands at `at`; an act at exactly `due` is on time."""
    if met_at is not None:
        return LATE if due is not None and met_at > due else MET
    if void_at is not None:
        return VOID_LATE if due is not None and void_at > due else VOID
    return LAPSED if due is not None and at > due else OPEN


@dataclass(slots=True)
class Docket:
    """Keep the duties of entries played so far, by key; overlays `to_come` apply once an entry adopts them."""

    laws: Sequence[Policy]
    participants: Participants
    calendar: Calendar
    overlays: list[Policy] = field(default_factory=list)
    to_come: Mapping[str, Policy] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)

    def enter(self, entry: EntryFacts) -> None:
        """Close the open duties the entry meets or annuls, restate those it reaches back to, open those that arise."""
        if entry.kind == "policy.adopted" and entry.refs.get("policy") in self.to_come:
            self._adopt(self.to_come[entry.refs["policy"]], entry.happened_at)
        for one in self.standing.values():
            if one.met_at is None and one.void_at is None:
                if meets(entry, one.duty, self.participants.delegations):
                    one.met_at = entry.happened_at
                elif voids(entry, one.duty):
                    one.void_at = entry.happened_at
        for law in self.laws:
            for duty in arising(law, entry, self.participants, self.calendar, self.overlays):
                self._open(duty, entry.happened_at)

    def _open(self, duty: Duty, at: datetime) -> None:
        """Open a duty once; where it runs with a later start, it runs from the earlier one instead."""
        same = [one for key, one in self.standing.items() if key == duty.key or key.startswith(f"{duty.key}|start=")]
        if not same:
            self.standing[duty.key] = Standing(duty)
        for one in same:
            if one.met_at is None and one.void_at is None and duty.start < one.duty.start:
                one.void_at = at
                again = sooner(duty)
                self.standing[again.key] = Standing(again)

    def _adopt(self, overlay: Policy, at: datetime) -> None:
        self.overlays.append(overlay)
        for one in [one for one in self.standing.values() if one.met_at is None and one.void_at is None]:
            for law in self.laws:
                again = restated(one.duty, law, overlay, self.overlays, self.calendar, at)
                if again:
                    one.void_at = at
                    self.standing[again.key] = Standing(again)


def replay(
    laws: Sequence[Policy],
    entries: Iterable[EntryFacts],
    roles: Mapping[str, Sequence[str]],
    calendar: Calendar,
    overlays: Sequence[Policy] = (),
    delegations: Sequence[Delegation] = (),
) -> tuple[Standing, ...]:
    """Return every duty the entries gave rise to, in the order they arose.

    An overlay whose adoption is among the entries applies from then on, any other from the start.
    """
    played = list(entries)
    adopted = {entry.refs.get("policy", "") for entry in played if entry.kind == "policy.adopted"}
    to_come = {overlay.id: overlay for overlay in overlays if overlay.id in adopted}
    before = [overlay for overlay in overlays if overlay.id not in adopted]
    docket = Docket(laws, Participants(roles, delegations), calendar, before, to_come)
    for entry in played:
        docket.enter(entry)
    return tuple(docket.standing.values())
