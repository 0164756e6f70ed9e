"""时限事项: an entry that has not been made yet. Which duties an entry gives rise to; core.ending says what ends them.

Every function is pure: the same entries in the same order give the same duties.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cleannet.core.clock import Calendar, due
from cleannet.core.entry import SCOPES, EntryFacts, Participants
from cleannet.core.policy import DutyRule, Policy, applying, changed


@dataclass(frozen=True, slots=True)
class Duty:
    """Hold what one party owes: which entry, by when, to whom, on which form, and by which article.

    `due` is the last moment on time (UTC), none where the law sets no limit. `scope` is what the entry must be about.
    `unrouted` names recipients (or the one who owes) that nobody fills yet, as `Participants.unrouted` writes them;
    what is sent to the others meets the duty. `unverified` (待核): the reading of the row or the standing of the law is
    to be confirmed. `province` is where the act was made whose overlays apply. `key` is the text that makes the duty
    one.
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
    through: tuple[str, ...]
    provisional: bool
    unverified: bool
    province: str
    key: str


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
    if not _is_by(rule, entry, participants):
        return False
    if rule.medium and entry.medium not in rule.medium:
        return False
    if rule.if_missing and not entry.missing:
        return False
    if any(not participants.of(name) for name in rule.needs):
        return False
    return not rule.grades or entry.grades.get(policy.id) in rule.grades


def _is_by(rule: DutyRule, entry: EntryFacts, participants: Participants) -> bool:
    """Return whether who made the entry is one the rule speaks of.

    Whoever acts, acts in one role and owes as that one; an addressee owes for every role it has.
    """
    if not rule.by or entry.role in rule.by:
        return True
    addressed = rule.owes == "each_addressee" and not rule.among
    return addressed and bool(_roles(entry.party, rule.by, participants))


def _roles(party: str, among: Iterable[str], participants: Participants) -> list[str]:
    return [role for role in sorted(among) if party in participants.of(role)]


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
            unrouted=(*missing_to, *missing_cc, *(() if owes else participants.unrouted(role))),
            form=rule.form,
            grade=grade,
            scope=scope,
            delegate=rule.delegate,
            first_notice=rule.first_notice,
            through=rule.through,
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
        among = rule.among or rule.by
        for party in sorted(entry.recipients) or [entry.party]:
            if party == entry.party and entry.role in among:
                yield party, entry.role
            elif roles := _roles(party, among, participants):
                yield party, roles[0]
    elif rule.owes == "each_reporter":
        for party in participants.of("reporter"):
            yield party, "operator"
    else:
        role = rule.owes.removeprefix("role:")
        for party in participants.of(role) or ("",):
            yield party, role


def _resolve(names: Iterable[str], participants: Participants) -> tuple[tuple[str, ...], tuple[str, ...]]:
    wanted = tuple(names)
    codes = dict.fromkeys(code for name in wanted for code in participants.of(name))
    return tuple(codes), tuple(part for name in wanted for part in participants.unrouted(name))
