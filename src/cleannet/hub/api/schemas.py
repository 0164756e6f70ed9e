"""What goes in and out, as the API description prints it. Moments are ISO 8601 with a zone, money integer fen."""

from datetime import datetime
from typing import Annotated, Any

from annotated_types import Ge, Lt
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime

from cleannet.hub.incidents.first import First


def _near(moment: datetime) -> datetime:
    """Return a moment that can be told in every zone, which those of the first and last years cannot."""
    if not 2000 <= moment.year <= 9998:
        raise ValueError("the year must be between 2000 and 9998")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_near)]
People = Annotated[int, Ge(0), Lt(2**31)]


class Problem(Schema):
    type: str
    title: str
    status: int
    detail: str
    remedy: str
    code: str


class TallyReceipt(Schema):
    edge: str
    sequence: int
    cases: list[str]
    provisional: list[str]
    again: bool
    head: str


class Taken(Schema):
    taken: bool


class EntryMade(Schema):
    entry: str


class Confirmed(Schema):
    complete: bool


class GradeOut(Schema):
    policy: str
    grader: str
    grade: str
    article: str
    figures: dict[str, int]
    found_at: datetime


class CaseOut(Schema):
    number: str
    program: str
    status: str
    opened_at: datetime
    grade: str | None
    infected_24h: int
    infected_24h_upper: int
    exposed: int
    loss_fen: int | None
    subscribers_are_numbers: bool
    grades: list[GradeOut]


class CasesOut(Schema):
    items: list[CaseOut]
    next: str | None


class DutyOut(Schema):
    key: str
    policy: str
    article: str
    owes: str
    expects: str
    start: datetime
    due: datetime | None
    to: list[str]
    cc: list[str]
    unrouted: list[str]
    form: str | None
    grade: str | None
    case: str
    state: str
    by_claim: bool
    provisional: bool
    unverified: bool


class DutiesOut(Schema):
    items: list[DutyOut]
    next: str | None


class EntryOut(Schema):
    id: str
    kind: str
    party: str
    role: str
    happened_at: datetime
    entered_at: datetime
    recipients: list[str]
    facts: dict[str, Any]


class EntriesOut(Schema):
    items: list[EntryOut]
    next: str | None


class PaperOut(Schema):
    id: int
    number: str
    version: int
    form: str
    case: str
    party: str
    recipients: list[str]
    issued_at: datetime
    erased_at: datetime | None
    missing: list[str]


class PapersOut(Schema):
    items: list[PaperOut]
    next: str | None


class ReportIn(Schema):
    changes: dict[str, str] = {}


class FirstIn(Schema):
    medium: str
    said: str
    at: Moment


def first_of(given: FirstIn | None) -> First | None:
    """Return what was told by phone or mail first, None where nothing was."""
    return First(**given.dict()) if given else None


class NoticeIn(Schema):
    addressees: list[str]
    changes: dict[str, str] = {}
    first: FirstIn | None = None


class NoticeOut(Schema):
    number: str
    task_number: str
    case: str
    issuer: str
    addressees: list[str]
    grade: str
    issued_at: datetime


class OrderOut(Schema):
    number: str
    case: str
    notice: str
    party: str
    kind: str
    target: str
    reach: str
    status: str
    reason: str
    issued_at: datetime
    until: datetime | None
    watched_from: datetime | None


class PlaceOut(Schema):
    place: str
    state: str
    at: datetime | None
    failure: str


class OrderWithEffectOut(OrderOut):
    effect: str
    places: list[PlaceOut]


class WithdrawIn(Schema):
    orders: list[str]
    reason: str


class ProlongIn(Schema):
    orders: list[str]
    until: Moment | None


class OrdersOut(Schema):
    items: list[OrderWithEffectOut]
    next: str | None


class DoneIn(Schema):
    order: str
    done: bool
    reason: str = ""


class FeedbackIn(Schema):
    items: list[DoneIn]
    users_told: People | None = None
    disposed_at: Moment
    changes: dict[str, str] = {}
    first: FirstIn | None = None


class WarnedIn(Schema):
    users_told: People
    warned_at: Moment


class VerifyIn(Schema):
    reason: str = ""
    first: FirstIn | None = None


class CameIn(Schema):
    received_at: Moment


class FeedbackByHandIn(CameIn):
    party: str
    items: list[DoneIn]
    users_told: People | None = None
    disposed_at: Moment
    medium: str


class FeedbackOut(Schema):
    number: str
    case: str
    notice: str
    party: str
    fed_back_at: datetime
    verified_at: datetime | None


class LooksOut(Schema):
    requests: list[str]


class ReasonIn(Schema):
    reason: str


class SightingOut(Schema):
    order: str
    kind: str
    vantage: str
    decides: bool
    verdict: str
    evidence: dict[str, Any]
    seen_at: datetime


class SightingsOut(Schema):
    items: list[SightingOut]
    next: str | None


class VerdictsOut(Schema):
    verdicts: dict[str, str]


class ConsistencyOut(Schema):
    head: str
    proof: list[str]


class ProofOut(Schema):
    index: int
    size: int
    leaf: str
    proof: list[str]
    head: str
