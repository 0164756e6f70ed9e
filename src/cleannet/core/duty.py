"""时限事项: an entry that has not been made yet. Which duties an entry gives rise to, meets and ends.

Every function is pure: the same entries in the same order give the same duties.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from cleannet.core.clock import Calendar, due
from cleannet.core.entry import SCOPES, Delegation, EntryFacts, Participants
from cleannet.core.policy import DutyRule, Policy, applying, changed
from cleannet.core.terms import Grade

_VOIDING = "incident.annulled"


@dataclass(frozen=True, slots=True)
class Duty:
    """Hold what one party owes: which entry, by when, to whom, on which form, and by which article.

    `due` is the last moment on time (UTC), none where the law sets no limit. `scope` is what the entry must be about.
    `unrouted` names recipients (or the one who owes) that nobody fills yet. `unverified` (待核): the reading of the row
    or the standing of the law is to be confirmed. `province` is where the act was made whose overlays apply. `key` is
    the text that makes the duty one.
    """

    policy: str
    digest: str
    rule: str
    article: str
    owes: str
    role: str
    expects: str
    start: datetime
    due: datetime | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    unrouted: tuple[str, ...]
    form: str
    grade: str
    scope: Mapping[str, str]
    delegate: str
    first_notice: tuple[str, ...]
    provisional: bool
    unverified: bool
    province: str
    key: str


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
    def first_notice(self) -> Collection[str]: ...
    @property
    def form(self) -> str: ...


def arising(
    policy: Policy,
    entry: EntryFacts,
    participants: Participants,
    calendar: Calendar,
    overlays: Sequence[Policy] = (),
) -> tuple[Duty, ...]:
    """Return the duties that `entry` opens under `policy`, with the overlays in force at each duty's own start.

    Raises ValueError where the entry lacks the moment a rule starts from or says not what the duty is about.
    """
    return tuple(_arising(policy, entry, participants, calendar, overlays))


def meets(entry: EntryFacts, duty: DutyFacts, delegations: Iterable[Delegation] = ()) -> bool:
    """Return whether `entry` is the act owed: the same act, by the right party, about the same, to every recipient.

    A paper states its grade and meets duties of its kind at or below it, and none that asks for another form. A first
    notice by phone or mail counts when it names the urgency and every recipient confirms it (545号 十五). What is sent
    to all who are known meets the duty although another recipient is unrouted; nothing does while nobody is known to
    whom, or by whom, it is owed. Nor does what was done before the duty began.
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
    return True


def restated(
    duty: Duty, policy: Policy, adopted: Policy, overlays: Sequence[Policy], calendar: Calendar, at: datetime
) -> Duty | None:
    """Return a running duty of `policy` as the overlay `adopted` at the aware moment `at` leaves it, None if untouched.

    Only an overlay that says `retroactive` reaches duties that run already, and only their limit: recipients are fixed
    when a duty opens. What had lapsed stays late, and nobody becomes late by the change. `overlays` are all in force,
    `adopted` among them. 545号 十六.
    """
    limits = any(change.duty == duty.rule and change.limit is not None for change in adopted.changes)
    if not adopted.retroactive or not limits or duty.policy != policy.id or _over(duty.due, at):
        return None
    base = next((rule for rule in policy.duties if rule.id == duty.rule), None)
    if base is None or adopted not in applying(overlays, policy, duty.start, duty.province):
        return None
    rule, by = changed(base, applying(overlays, policy, duty.start, duty.province))
    last = due(duty.start, rule.limit, calendar)
    if by != adopted or last.at == duty.due or _over(last.at, at):
        return None
    return replace(
        duty,
        digest=adopted.digest,
        article=rule.article,
        due=last.at,
        provisional=last.provisional,
        unverified=duty.unverified or adopted.unverified,
        key=f"{duty.key}|restated={adopted.digest[:16]}",
    )


def sooner(again: Duty) -> Duty:
    """Return a duty that arose again with an earlier start than the one that runs, under a key of its own."""
    return replace(again, key=f"{again.key}|start={again.start.astimezone(UTC).isoformat()}")


def _over(due: datetime | None, at: datetime) -> bool:
    return due is not None and due < at


def voids(entry: EntryFacts, duty: DutyFacts) -> bool:
    """Return whether `entry` annuls the incident the duty belongs to, which ends the duty without meeting it."""
    return entry.kind == _VOIDING and "case" in entry.refs and duty.scope.get("case") == entry.refs["case"]


def _by_right_party(entry: EntryFacts, duty: DutyFacts, delegations: Iterable[Delegation]) -> bool:
    if entry.party == duty.owes and not entry.on_behalf_of:
        return True
    return entry.on_behalf_of == duty.owes and any(
        delegation.policy == duty.policy
        and delegation.rule == duty.rule
        and delegation.delegator == duty.owes
        and delegation.delegate == entry.party
        and delegation.case in ("", entry.refs.get("case", ""))
        for delegation in delegations
    )


def _arising(
    policy: Policy, entry: EntryFacts, participants: Participants, calendar: Calendar, overlays: Sequence[Policy]
) -> Iterator[Duty]:
    for base in policy.duties:
        if not _triggers(base, entry, participants, policy):
            continue
        start = _start(base, entry)
        if not policy.in_force(start):
            continue
        rule, by = changed(base, applying(overlays, policy, start, entry.province))
        yield from _duties(policy, by or policy, rule, start, entry, participants, calendar)
    for overlay in overlays:
        for rule in overlay.duties:
            if _triggers(rule, entry, participants, policy):
                start = _start(rule, entry)
                if overlay in applying(overlays, policy, start, entry.province):
                    yield from _duties(policy, overlay, rule, start, entry, participants, calendar)


def _triggers(rule: DutyRule, entry: EntryFacts, participants: Participants, policy: Policy) -> bool:
    if rule.when != entry.kind:
        return False
    if rule.by and entry.role not in rule.by and not any(entry.party in participants.of(role) for role in rule.by):
        return False
    if rule.medium and entry.medium not in rule.medium:
        return False
    if any(not participants.of(name) for name in rule.needs):
        return False
    return not rule.grades or entry.grades.get(policy.id) in rule.grades


def _start(rule: DutyRule, entry: EntryFacts) -> datetime:
    moment = entry.happened_at if rule.start in ("happened_at", "month") else getattr(entry, rule.start)
    if not isinstance(moment, datetime):
        raise ValueError(f"{rule.article} counts from {rule.start}, which the entry {entry.kind} does not give")
    return moment


def _duties(
    policy: Policy,
    source: Policy,
    rule: DutyRule,
    start: datetime,
    entry: EntryFacts,
    participants: Participants,
    calendar: Calendar,
) -> Iterator[Duty]:
    last = due(start, rule.limit, calendar)
    to, missing_to = _resolve(rule.to, participants)
    cc, missing_cc = _resolve(rule.cc, participants)
    grade = entry.grades[policy.id].value if rule.grades else ""
    scope = _scope(rule, entry)
    for owes, role in _owing(rule, entry, participants):
        parts = [
            policy.id,
            rule.id,
            grade,
            *(f"{kind}={value}" for kind, value in sorted(scope.items())),
            f"owes={owes}",
        ]
        yield Duty(
            policy=policy.id,
            digest=source.digest,
            rule=rule.id,
            article=rule.article,
            owes=owes,
            role=role,
            expects=rule.expects,
            start=start,
            due=last.at,
            to=to,
            cc=tuple(code for code in cc if code not in to),
            unrouted=(*missing_to, *missing_cc, *(() if owes else (role,))),
            form=rule.form,
            grade=grade,
            scope=scope,
            delegate=rule.delegate,
            first_notice=rule.first_notice,
            provisional=last.provisional,
            unverified=rule.unverified or source.unverified or policy.unverified,
            province=entry.province,
            key="|".join(parts),
        )


def _scope(rule: DutyRule, entry: EntryFacts) -> dict[str, str]:
    kinds = [kind for kind in rule.per if kind in SCOPES]
    if missing := [kind for kind in kinds if not entry.refs.get(kind)]:
        raise ValueError(f"{rule.article}: {entry.kind} needs to say which {' and which '.join(missing)} it is about")
    scope = {kind: entry.refs[kind] for kind in kinds}
    if "case" in entry.refs:
        scope.setdefault("case", entry.refs["case"])
    return scope


def _owing(rule: DutyRule, entry: EntryFacts, participants: Participants) -> Iterator[tuple[str, str]]:
    """Yield (party, role) of each who owes; an empty party where nobody fills the role."""
    if rule.owes == "actor":
        yield entry.party, entry.role
    elif rule.owes == "each_addressee":
        for party in sorted(entry.recipients) or [entry.party]:
            role = next((role for role in sorted(rule.among) if party in participants.of(role)), "")
            if role or not rule.among:
                yield party, role or entry.role
    elif rule.owes == "each_reporter":
        for party in participants.of("reporter"):
            yield party, "operator"
    else:
        role = rule.owes.removeprefix("role:")
        for party in participants.of(role) or ("",):
            yield party, role


def _resolve(names: Iterable[str], participants: Participants) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = {name: participants.of(name) for name in names}
    codes = dict.fromkeys(code for parties in found.values() for code in parties)
    return tuple(codes), tuple(name for name, parties in found.items() if not parties)
