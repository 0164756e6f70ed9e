"""What ends a duty: the act that meets it, or the end of its case that voids it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from cleannet.core.entry import Delegation, EntryFacts
from cleannet.core.terms import Grade

# What a complaint, a partner or a crime asks for outlives the case it is about.
OUTLIVING = frozenset({"complaint", "partner", "crime"})


class DutyFacts(Protocol):
    """Say what decides whether an entry meets a duty; a duty row satisfies it as it is."""

    @property
    def policy(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def owes(self) -> str: ...
    @property
    def expects(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def to(self) -> Collection[str]: ...
    @property
    def cc(self) -> Collection[str]: ...
    @property
    def unrouted(self) -> Collection[str]: ...
    @property
    def grade(self) -> str: ...
    @property
    def scope(self) -> Mapping[str, str]: ...
    @property
    def delegate(self) -> str: ...
    @property
    def first_notice(self) -> Collection[str]: ...
    @property
    def through(self) -> Collection[str]: ...
    @property
    def form(self) -> str: ...


def meets(entry: EntryFacts, duty: DutyFacts, delegations: Iterable[Delegation] = ()) -> bool:
    """Return whether `entry` is the act owed: the same act, by the right party or the delegate the law allows and a
    record names, about the same, to every recipient.

    A paper states its grade and meets duties of its kind at or below it, and none that asks for another form. A first
    notice by phone or mail counts when it names the urgency and every recipient confirms it (545号 十五). What is sent
    to all who are known meets the duty although another recipient is unrouted; nothing does while nobody is known to
    whom, or by whom, it is owed. Nor does what was done before the duty began, nor through another medium than the law
    names.
    """
    if entry.kind != duty.expects or not _by_right_party(entry, duty, delegations):
        return False
    if any(entry.refs.get(kind) != value for kind, value in duty.scope.items()):
        return False
    if entry.form and duty.form and entry.form != duty.form:
        return False
    if duty.grade:
        stated = entry.grades.get(duty.policy)
        if stated is None or stated.gravity < Grade(duty.grade).gravity:
            return False
    if entry.happened_at < duty.start or not duty.owes or (duty.unrouted and not duty.to):
        return False
    wanted = {*duty.to, *duty.cc} - {duty.owes}
    if not wanted <= set(entry.recipients):
        return False
    if entry.medium in ("phone", "mail"):
        # Where the law leaves the choice of recipients to who acts, each one chosen confirms.
        reached = wanted if duty.to else set(entry.recipients)
        return entry.medium in duty.first_notice and entry.urgent and reached <= set(entry.confirmed_by)
    return not duty.through or entry.medium in duty.through


def voids(entry: EntryFacts, duty: DutyFacts) -> bool:
    """Return whether `entry` ends the duty without meeting it: it annuls the incident, or closes the case of a report
    whose fields that stayed empty are asked for no more.
    """
    if "case" not in entry.refs or duty.scope.get("case") != entry.refs["case"] or OUTLIVING & duty.scope.keys():
        return False
    return entry.kind == "incident.annulled" or (
        entry.kind == "incident.closed" and duty.expects == "report.supplemented"
    )


def _by_right_party(entry: EntryFacts, duty: DutyFacts, delegations: Iterable[Delegation]) -> bool:
    if entry.party == duty.owes and not entry.on_behalf_of:
        return True
    if entry.on_behalf_of != duty.owes or entry.role != duty.delegate:
        return False
    return any(
        delegation.policy == duty.policy
        and delegation.rule == duty.rule
        and delegation.delegator == duty.owes
        and delegation.delegate == entry.party
        and delegation.case in ("", entry.refs.get("case", ""))
        for delegation in delegations
    )
