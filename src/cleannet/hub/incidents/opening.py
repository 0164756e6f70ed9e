"""Open cases from what was counted, and widen them to further provinces (相关通信管理局)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings

from cleannet.core.clock import BEIJING
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.incidents.grading import centre, counted_from, laws, locked, named, newest, seat_of, standing
from cleannet.hub.incidents.models import Case
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import queries as parties
from cleannet.hub.watch.queries import Scale


def case_of(program: str, *, shares: Mapping[str, Collection[str]], scale: Scale, actor: Actor, now: datetime) -> Case:
    """Return the open case of a program, now with the parties of `shares` and their provinces in it.

    Opens one if there is none. `scale` is the actor's, who grades it; the others are branches of it.
    """
    case = Case.objects.select_for_update().filter(program=program, status="open").first()
    if case is None:
        case = _open(program, scale, actor, now)
    found = set(scale.provinces)
    new_to_it = found - {*case.shares.get(actor.party, ()), *ledger_record.codes(case.servers)}
    new_to_all = found - {*ledger_record.codes(case.provinces), *ledger_record.codes(case.servers)}
    case.shares |= {code: sorted({*case.shares.get(code, ()), *own}) for code, own in shares.items()}
    case.concerned = ledger_record.addressed(sorted({*ledger_record.codes(case.concerned), *shares}))
    case.provinces = ledger_record.addressed(sorted({*ledger_record.codes(case.provinces), *found}))
    case.save(update_fields=["concerned", "provinces", "shares"])
    _widen(case, actor, new_to_it, now)
    for grader in centre():
        _widen(case, grader, new_to_all, now)
    return case


def serve(*, province: str, now: datetime) -> None:
    """Owe the bureau of a province, registered just now, its copy of every open case found there before.

    Call it inside the transaction that registers the bureau.
    """
    there = named("provinces", province) | named("servers", province)
    for number in Case.objects.filter(there, status="open").values_list("number", flat=True):
        case = locked(number)
        of_all = province in ledger_record.codes(case.servers)
        graders = [Actor(code, "operator") for code, own in case.shares.items() if of_all or province in own]
        for grader in (*graders, *centre()):
            _widen(case, grader, {province}, now)


def servers_found(case: Case, provinces: Collection[str], now: datetime) -> None:
    """Remember in which provinces servers of a case are, and owe the bureaus of those that are new to it their copy.

    Call it with the case's row locked.
    """
    before = set(ledger_record.codes(case.servers))
    new = set(provinces) - before
    if not new:
        return
    case.servers = ledger_record.addressed(sorted(before | new))
    case.save(update_fields=["servers"])
    for code, own in case.shares.items():
        _widen(case, Actor(code, "operator"), new - set(own), now)
    for grader in centre():
        _widen(case, grader, new - set(ledger_record.codes(case.provinces)), now)


def _widen(case: Case, grader: Actor, provinces: Collection[str], now: datetime) -> None:
    """Enter that a graded case was found in further provinces: a duty keeps its recipients, so a copy is owed.

    Nothing is owed to nobody: a province whose bureau is not registered waits for it, see `serve`.
    """
    added = sorted(set(provinces) - set(parties.unserved(provinces)))
    given = {law.id: newest(case, law.id, grader.party) for law in laws(case)}
    grades = {law: Grade(row.grade) for law, row in given.items() if row}
    if added and grades:
        ledger.enter(
            kind="incident.widened",
            actor=grader,
            happened_at=now,
            now=now,
            found_at=now,
            refs={"case": case.number, "change": "+".join(added)},
            grades=grades,
            province=seat_of(grader.party),
            **standing(case, now, of=grader.party, added=added),
        )


def _open(program: str, scale: Scale, actor: Actor, now: datetime) -> Case:
    year = now.astimezone(BEIJING).year
    code = settings.CLEANNET_CODE
    number = f"{code}-{year}-{papers.next_number(f'case:{year}'):06}"
    adopted = {law.id: law.digest for law in parties.laws(now=now)}
    case = Case.objects.create(
        number=number,
        program=program,
        opened_at=now,
        occurred_at=scale.occurred_at,
        counted_from=counted_from(program),
        laws=adopted,
    )
    ledger.enter(
        kind="incident.opened",
        actor=actor,
        happened_at=now,
        now=now,
        refs={"case": number},
        facts={"program": program, "laws": adopted},
        **standing(case, now),
    )
    return case
