"""一般事件: what a party feeds back each month, as a spreadsheet, on ordinary incidents (545号 十一(四))."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from cleannet.core.clock import BEIJING
from cleannet.core.terms import RESOURCES, Grade
from cleannet.formats import sheet
from cleannet.hub import jail
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.queries import Duty, Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs

DONE, LEFT = "已处置", "未处置"
HEADINGS = ("案卷", "恶意程序名称", "恶意资源", "类型", "处置情况", "未处置原因")
_WIDTHS = (26, 30, 46, 14, 12, 46)
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
_KIND = "disposal.fed_back"


@dataclass(frozen=True, slots=True)
class Resource:
    """Name one resource of a program of an ordinary incident: what a party says of it monthly."""

    case: str
    program: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Done:
    """Say of one resource of a case whether it was disposed of, or why not."""

    case: str
    target: str
    done: bool
    reason: str = ""


def listed(viewer: Viewer, month: str) -> list[Resource]:
    """Return the resources of the incidents that concern the viewer and were open and ordinary in a month (YYYY-MM),
    as far as they were known by its end: of each case each target once.

    A case counts by its grade as it stands now: what was graded higher since has its notice and its own feedback.
    """
    begins, ends = _bounds(month)
    open_then = (Q(ended_at=None) | Q(ended_at__gte=begins), Q(opened_at__lt=ends))
    found = cases.cases(viewer).filter(*open_then).order_by("number")
    ordinary = [case for case in found if cases.grade_told(viewer, case) == Grade.IV]
    known = programs.resources_of({case.program for case in ordinary}, added_before=ends)
    every = {
        (case.number, one.target): Resource(case.number, case.program, one.kind, one.target)
        for case in ordinary
        for one in reversed(known[case.program])
        if not one.held and one.reach in ("name", "address", "url")
    }
    return [every[key] for key in sorted(every)]


def blank(viewer: Viewer, month: str) -> bytes:
    """Return the sheet of a month with the resources listed and nothing said of them yet."""
    return _written(month, ((one, "", "") for one in listed(viewer, month)))


def read(content: bytes) -> list[Done]:
    """Return what a filled sheet says; raise OrderRefused with every error, each with its row."""
    try:
        answer = json.loads(jail.run("cleannet.formats.sheet", content, json.dumps(HEADINGS)))
    except jail.Broken as error:
        raise OrderRefused("feedback.no_sheet", why=str(error)) from error
    if "why" in answer:
        raise OrderRefused("feedback.no_sheet", why=answer["why"])
    said, wrong = [], []
    for number, (case, _program, target, _kind, done, reason) in answer["rows"]:
        if done not in (DONE, LEFT):
            wrong.append(f"{number}: {HEADINGS[4]} = {done!r}")
        elif done == LEFT and not reason:
            wrong.append(f"{number}: {HEADINGS[5]}")
        elif sheet.UNWRITABLE.search(reason):
            wrong.append(f"{number}: {HEADINGS[5]} = {reason!r}")
        said.append(Done(case, target, done == DONE, reason))
    if wrong:
        raise OrderRefused("feedback.bad_rows", rows=wrong)
    return said


def owed(viewer: Viewer, month: str) -> Duty:
    """Return the viewer's open duty to feed back a month; raise OrderRefused where there is none."""
    _bounds(month)
    found = ledger_queries.own_duties(viewer).filter(expects=_KIND)
    duty = next((row for row in found if row.scope.get("month") == month), None)
    if duty is None:
        raise OrderRefused("feedback.no_month_owed", month=month, party=viewer.party)
    return duty


def feed_back(*, viewer: Viewer, month: str, items: Sequence[Done], now: datetime) -> Entry:
    """Feed back to CNCERT what was done in a month about ordinary incidents, every listed resource once.

    A month without any is fed back, too. What was not done has a reason. Raises OrderRefused.
    """
    duty = owed(viewer, month)
    wanted = {(one.case, one.target): one for one in listed(viewer, month)}
    given = [(one.case, one.target) for one in items]
    if sorted(given) != sorted(wanted):
        lacking = sorted(f"{case} {target}" for case, target in wanted.keys() - set(given))
        strange = sorted(f"{case} {target}" for case, target in set(given) - wanted.keys())
        raise OrderRefused("feedback.not_every_resource", lacking=lacking, strange=strange, twice=_twice(given))
    unprintable = sorted(f"{one.case} {one.target}" for one in items if sheet.UNWRITABLE.search(one.reason))
    if unprintable:
        raise OrderRefused("feedback.unprintable", orders=unprintable)
    silent = sorted(f"{one.case} {one.target}" for one in items if not one.done and not one.reason.strip())
    if silent:
        raise OrderRefused("feedback.reason_missing", orders=silent)
    by_target = {(one.case, one.target): one for one in items}
    said = []
    for (case, target), known in sorted(wanted.items()):
        one = by_target[case, target]
        reason = "" if one.done else one.reason.strip()
        said.append(asdict(known) | {"done": one.done, "reason": reason})
    with transaction.atomic():
        return ledger.enter(
            kind=_KIND,
            actor=parties.actor_of(viewer),
            happened_at=now,
            now=now,
            refs=duty.scope,
            recipients=sorted({*duty.to, *duty.cc}),
            medium="sheet",
            province=viewer.province,
            facts={"items": said},
            **parties.standing(now=now, provinces=[viewer.province] if viewer.province else []),
        )


def given(viewer: Viewer, month: str) -> list[Entry]:
    """Return what the parties the viewer may see fed back for a month, the newest first."""
    _bounds(month)
    met = ledger_queries.duties(viewer).filter(expects=_KIND, scope__month=month).exclude(met_by=None)
    return sorted((duty.met_by for duty in met if duty.met_by), key=lambda entry: (entry.entered_at, entry.id))[::-1]


def as_sheet(viewer: Viewer, month: str, party: str) -> bytes:
    """Return what a party fed back for a month as a sheet; raise OrderRefused where it has not."""
    entry = next((entry for entry in given(viewer, month) if entry.party == party), None)
    if entry is None:
        raise OrderRefused("feedback.no_month_given", month=month, party=party)
    said = ledger_queries.facts(viewer, entry)["items"]
    return _written(
        month,
        (
            (Resource(one["case"], one["program"], one["kind"], one["target"]), _word(one["done"]), one["reason"])
            for one in said
        ),
    )


def _written(month: str, rows: Iterable[tuple[Resource, str, str]]) -> bytes:
    table = [(one.case, one.program, one.target, RESOURCES[one.kind].zh, done, reason) for one, done, reason in rows]
    return sheet.write(f"一般事件处置情况 {month}", HEADINGS, table, _WIDTHS)


def _word(done: bool) -> str:
    return DONE if done else LEFT


def _twice(given: Sequence[tuple[str, str]]) -> list[str]:
    return sorted(f"{case} {target}" for (case, target), times in Counter(given).items() if times > 1)


def _bounds(month: str) -> tuple[datetime, datetime]:
    """Return when a month of Beijing's calendar begins and ends; raise OrderRefused."""
    if not _MONTH.fullmatch(month):
        raise OrderRefused("feedback.no_month", month=month)
    begins = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=BEIJING)
    return begins, (begins + timedelta(days=31)).replace(day=1)
