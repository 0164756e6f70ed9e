"""Grade what was counted of a case, and enter a grade wherever it is the first or a graver one."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from cleannet.core.grading import Graded, NotApplicable, grade, regraded
from cleannet.core.policy import Policy
from cleannet.core.refusal import Refusal
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.incidents.models import Case, Grading
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import queries as parties
from cleannet.hub.parties.queries import Standing
from cleannet.hub.watch import queries as watch
from cleannet.hub.watch.queries import Scale

BASE_LAW = "mobile_malware_2011"


class IncidentRefused(Refusal):
    """Say why a step on a case is not taken: `incident.*`."""


def named(column: str, code: str) -> Q:
    """Return the condition that a text of `ledger_record.addressed` holds a code."""
    return Q(GreaterThan(StrIndex(column, Value(f"|{code}|")), 0))


def locked(number: str) -> Case:
    """Return a case that is still open, its row locked; call it inside a transaction. Raises IncidentRefused."""
    found = Case.objects.select_for_update().filter(pk=number, status="open").first()
    if found is None:
        raise IncidentRefused("incident.not_open", case=number)
    return found


def grade_operator(case: Case, *, scale: Scale, actor: Actor, found_at: datetime, now: datetime) -> list[Grading]:
    """Enter the operator's own grades (545号 十(二)); an ordinary one is reported to CNCERT by the tally itself."""
    made = enter_grades(case, facts=facts_of(scale), actor=actor, found_at=found_at, now=now)
    ordinary = {row.policy: Grade.IV for row in made if row.grade == Grade.IV}
    centres = standing(case, now)["participants"].of("cncert")
    if ordinary and centres:
        ledger.enter(
            kind="incident.reported",
            actor=actor,
            happened_at=now,
            now=now,
            refs={"case": case.number},
            grades=ordinary,
            recipients=centres,
            facts={"figures": facts_of(scale)},
            **standing(case, now, of=actor.party),
        )
    return made


def grade_whole(case: Case, *, now: datetime) -> list[Grading]:
    """Enter CNCERT's grades over all operators, found as the total passes, where this hub is CNCERT's (十(三))."""
    whole = facts_of(watch.scale(case.program, since=case.counted_from))
    return [row for actor in centre() for row in enter_grades(case, facts=whole, actor=actor, found_at=now, now=now)]


def counted_from(program: str) -> datetime | None:
    """Return since when infections of a program count for its open case, or for the next one it would get."""
    case = Case.objects.filter(program=program, status="open").first()
    if case:
        return case.counted_from
    last: datetime | None = Case.objects.filter(program=program).aggregate(last=Max("ended_at"))["last"]
    return last


def is_new_to(program: str, whole: Scale) -> bool:
    """Say whether an open case, or none before it, takes what was counted, or charges grew since the last one ended."""
    cases = Case.objects.filter(program=program)
    if cases.filter(status="open").exists() or not cases.exists():
        return True
    last = cases.aggregate(most=Max("loss_fen_at_end"))["most"]
    return (whole.loss_fen or 0) > (last or 0)


def tell(number: str, codes: Collection[str]) -> None:
    """Remember whom an act on a case was addressed to, so that they see it; call it with the case's row locked."""
    before = Case.objects.values_list("told", flat=True).get(pk=number)
    told = ledger_record.addressed(sorted({*ledger_record.codes(before), *codes}))
    Case.objects.filter(pk=number).update(told=told)


def enter_grades(
    case: Case, *, facts: Mapping[str, int], actor: Actor, found_at: datetime, now: datetime, reason: str = ""
) -> list[Grading]:
    """Grade facts under each law of the case and enter those grades that are the first or graver, as one entry."""
    given: dict[str, Graded] = {}
    for law in laws(case):
        try:
            graded = grade(law, facts)
        except NotApplicable:
            continue
        if regraded(_before(case, law, actor.party), graded):
            given[law.id] = graded
    return record(case, given, facts=facts, actor=actor, found_at=found_at, now=now, reason=reason)


def record(
    case: Case,
    given: Mapping[str, Graded],
    *,
    facts: Mapping[str, int],
    actor: Actor,
    found_at: datetime,
    now: datetime,
    reason: str = "",
) -> list[Grading]:
    """Enter grades that were decided and keep them as history."""
    if not given:
        return []
    with transaction.atomic():
        entry = ledger.enter(
            kind="incident.graded",
            actor=actor,
            happened_at=found_at,
            now=now,
            found_at=found_at,
            refs={"case": case.number},
            grades={law: graded.grade for law, graded in given.items()},
            province=seat_of(actor.party),
            text=reason,
            facts={"figures": dict(facts), "articles": {law: graded.article for law, graded in given.items()}},
            **standing(case, now, of=actor.party, started=found_at),
        )
        return [
            Grading.objects.create(
                case=case,
                policy=law,
                grader=actor.party,
                role=actor.role,
                grade=graded.grade.value,
                article=graded.article,
                facts=dict(facts),
                reason=reason,
                found_at=found_at,
                entry=entry.id,
            )
            for law, graded in given.items()
        ]


def facts_of(scale: Scale) -> dict[str, int]:
    """Return the facts of a scale a law may grade on; addresses are no phone numbers and count nothing here."""
    facts = {"loss_fen": scale.loss_fen or 0}
    if scale.numbers:
        facts["infected_24h"] = scale.infected
    return facts


def laws(case: Case) -> list[Policy]:
    """Return the laws the case was opened under, as they were then."""
    return [parties.law(digest) for digest in case.laws.values()]


def standing(
    case: Case,
    now: datetime,
    *,
    of: str = "",
    started: datetime | None = None,
    disposer: str = "",
    relevant: tuple[str, ...] = (),
    added: Collection[str] = (),
    seats: Collection[str] = (),
) -> Standing:
    """Return what `ledger.enter` needs for an act on this case by the party `of`.

    Concerned are the provinces of the operator's own infected numbers, of all of them where it is no operator's act,
    those where servers are known to be, and `seats`, those of the disposing parties. Its duties start at `started`,
    else `now`.
    """
    return parties.standing(
        now=now,
        started=started,
        digests=list(case.laws.values()),
        case=case.number,
        seat=seat_of(of),
        provinces={
            *case.shares.get(of, ledger_record.codes(case.provinces)),
            *ledger_record.codes(case.servers),
            *seats,
        },
        added=added,
        relevant=relevant or ledger_record.codes(case.concerned),
        disposer=disposer,
    )


def seat_of(party: str) -> str:
    """Return the province a party is seated in, whose rules bind its acts; none for the whole country's or nobody."""
    known = parties.names([party]).get(party)
    return known.province if known else ""


def newest(case: Case, policy: str, grader: str) -> Grading | None:
    """Return the grade that counts of one grader under one law."""
    given = list(Grading.objects.filter(case=case, policy=policy, grader=grader))
    return max(given, key=lambda row: Grade(row.grade).gravity, default=None)


def centre() -> list[Actor]:
    """Return the one who grades the whole, where this hub is CNCERT's."""
    return [Actor(settings.CLEANNET_PARTY, "cncert")] if settings.CLEANNET_ROLE == "cncert" else []


def _before(case: Case, law: Policy, grader: str) -> Graded | None:
    row = newest(case, law.id, grader)
    return Graded(row.policy, Grade(row.grade), row.article) if row else None
