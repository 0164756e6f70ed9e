"""The duties of 545号 once more, written from the article text alone, against the engine on random entries."""

from datetime import date, datetime, timedelta

import holidays
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.clock import BEIJING, shipped_calendar
from cleannet.core.duty import arising
from cleannet.core.entry import Facts, Participants
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade

LAW = shipped()["mobile_malware_2011"]
DAYS_OF_REST = holidays.country_holidays("CN", years=range(2012, 2028))
Owed = tuple[str, str, str, datetime | None, frozenset[str], frozenset[str], str]


def after_working_days(start: datetime, count: int) -> datetime:
    day: date = start.astimezone(BEIJING).date()
    while count:
        day += timedelta(days=1)
        if DAYS_OF_REST.is_working_day(day):
            count -= 1
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(days=1)


def owed(kind: str, role: str, party: str, grade: str, found: datetime, got: datetime, changed: datetime) -> set[Owed]:
    """Say who owes what under which article: (article, who, act, due, to, copies, form).

    The law counts from 发现 (found), 接到 (got) or 变更 (changed).
    """
    hours = timedelta(hours=4 if grade == "III" else 2)
    urgent = grade in ("I", "II", "III")

    def one(
        article: str, act: str, due: datetime | None, to: str = "", cc: str = "", form: str = "", who: str = party
    ) -> Owed:
        return article, who, act, due, frozenset(to.split()), frozenset(cc.split()), form

    if kind == "sample.found":
        return {one("九(一)", "sample.reported", after_working_days(found, 3), "CNCERT", form="annex1")}
    if kind == "sample.received":
        return {one("九(二)", "sample.identified", after_working_days(got, 5), "REPORTER BUREAU", form="annex2")}
    if kind == "incident.graded" and role == "operator":
        if urgent:
            return {one("十(二)", "incident.reported", found + hours, "MIIT", "BUREAU CNCERT", "annex3")}
        return {one("十(二)", "incident.reported", None, "CNCERT")}
    if kind == "incident.graded":
        if not urgent:
            return set()
        return {
            one("十(三)", "incident.reported", found + hours, "MIIT", "BUREAU", "annex3"),
            one("十(三)", "notice.issued", None, form="annex4", who="MIIT"),
        }
    if kind == "incident.widened":
        article = "十(二)" if role == "operator" else "十(三)"
        return {one(article, "incident.reported", found + hours, "ADDED", form="annex3")} if urgent else set()
    if kind == "incident.reported":
        return set()
    if kind == "notice.received":
        acts = {"operator": "十一(一)", "registry": "十一(二)", "registrar": "十一(二)", "cncert": "十一(三)"}
        found = {one(acts[role], "disposal.done", None)}
        if role == "operator" and urgent:
            found.add(one("十一(一)", "user.warned", None))
        if urgent:
            found.add(one("十一(四)", "disposal.fed_back", got + hours, "CNCERT", form="annex5"))
        return found
    if kind == "feedback.received":
        return (
            {one("十一(五)", "disposal.verified", got + hours, "MIIT BUREAU DISPOSER", form="annex5")}
            if urgent
            else set()
        )
    if kind == "contact.changed":
        return {one("十七", "contact.reported", after_working_days(changed, 3), "MIIT", "CNCERT")}
    raise AssertionError(kind)


MAKERS = st.sampled_from(
    [
        ("sample.found", "operator"),
        ("sample.received", "cncert"),
        ("incident.graded", "operator"),
        ("incident.graded", "cncert"),
        ("incident.widened", "operator"),
        ("incident.widened", "cncert"),
        ("incident.reported", "operator"),
        ("incident.reported", "cncert"),
        ("notice.received", "operator"),
        ("notice.received", "registry"),
        ("notice.received", "registrar"),
        ("notice.received", "cncert"),
        ("feedback.received", "cncert"),
        ("contact.changed", "operator"),
        ("contact.changed", "idc"),
    ]
)
ROLES = {
    "miit": ["MIIT"],
    "cncert": ["CNCERT"],
    "bureau:relevant": ["BUREAU"],
    "bureau:added": ["ADDED"],
    "reporter": ["REPORTER"],
    "disposer": ["DISPOSER"],
    "party:relevant": ["CONCERNED"],
}


# Far enough apart that no two give the same day, so that counting from the wrong one is seen.
APART = st.permutations([timedelta(days=days, hours=7 * days) for days in (1, 9, 23, 40)])


@given(
    MAKERS,
    st.sampled_from(["I", "II", "III", "IV"]),
    st.datetimes(datetime(2012, 3, 1), datetime(2026, 12, 1), timezones=st.just(BEIJING)),
    APART,
)
def test_the_engine_and_the_article_text_say_the_same(
    maker: tuple[str, str], grade: str, at: datetime, apart: list[timedelta]
) -> None:
    kind, role = maker
    party = "CNCERT" if role == "cncert" else "P1"
    happened, found_at, received, changed = (at - distance for distance in apart)
    entry = Facts(
        kind=kind,
        role=role,
        party=party,
        happened_at=happened,
        found_at=found_at,
        received_at=received,
        changed_at=changed,
        grades={LAW.id: Grade(grade)},
        refs={"case": "C", "sample": "S", "notice": "N", "reporter": "P2", "feedback": "F", "change": "X"},
    )
    duties = arising(LAW, entry, Participants(ROLES), shipped_calendar())
    found = {
        (duty.article, duty.owes, duty.expects, duty.due, frozenset(duty.to), frozenset(duty.cc), duty.form)
        for duty in duties
    }
    assert len(found) == len(duties)
    assert found == owed(kind, role, party, grade, found_at, received, changed)
