"""Word what happened in the demonstration, read from the hub as MIIT sees it, as lines for a terminal."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import translation

from cleannet.core.clock import BEIJING
from cleannet.core.refusal import Refusal
from cleannet.core.replay import LATE, state
from cleannet.core.terms import CASE_STATES, ENTRY_KINDS, VERDICTS, Grade
from cleannet.formats.tally import yuan
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.queries import Duty, Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as register
from cleannet.hub.wording import told

# What the table leaves out: acts that only say that another arrived, and what no case is about.
LEFT_OUT = frozenset(
    "party.registered readings.digested order.acknowledged order.delivered notice.received feedback.received "
    "disposal.done user.warned month.began month.ended".split()
)
_LANGUAGES = ("zh-hans", "en")


def what_happened(viewer: Viewer) -> Iterator[str]:
    """Yield the story as a table: when (Beijing), who, what, about which program, under which articles, how late."""
    met: dict[str, list[Duty]] = {}
    opened: dict[str, list[Duty]] = {}
    for duty in ledger.duties(viewer):
        opened.setdefault(duty.opened_by_id, []).append(duty)
        if duty.met_by_id:
            met.setdefault(duty.met_by_id, []).append(duty)
    parties = {party.code: party.zh for party in register.parties(viewer)}
    programs = {case.number: case.program for case in cases.cases(viewer)}
    rows = [
        ("时间 Time", "单位 Party", "记录 Entry", "恶意程序 Program", "", "依据与时限 Articles and limits"),
    ]
    for entry in ledger.entries(viewer):
        if entry.kind not in LEFT_OUT:
            kind = ENTRY_KINDS[entry.kind]
            rows.append(
                (
                    _moment(entry.happened_at),
                    parties.get(entry.party, entry.party),
                    f"{kind.zh} {kind.en}",
                    programs.get(entry.case, ""),
                    _outcome(entry),
                    "; ".join(_articles(entry, met.get(entry.id, ()), opened.get(entry.id, ()))),
                )
            )
    yield from table(rows)


def how_cases_stand(viewer: Viewer) -> Iterator[str]:
    """Yield every case with its figures over all operators, CNCERT's grade and its state."""
    rows = [
        (
            "案号 Case",
            "恶意程序 Program",
            "24小时受感染号码 Infected in 24 h",
            "费用损失（元） Loss",
            "级别 Grade",
            "状态 State",
        )
    ]
    for case in cases.cases(viewer).order_by("number"):
        scale, grade = cases.scale(viewer, case), cases.grade_told(viewer, case)
        status = CASE_STATES[case.status]
        rows.append(
            (
                case.number,
                case.program,
                f"{scale.infected:,}",
                yuan(scale.loss_fen or 0),
                _graded(grade) if grade else "",
                f"{status.zh} {status.en}",
            )
        )
    yield from table(rows)


def still_owed(viewer: Viewer, now: datetime) -> Iterator[str]:
    """Yield the open duties that have a limit, with the time that is left at `now`."""
    parties = {party.code: party.zh for party in register.parties(viewer)}
    rows = [("条款 Article", "单位 Owes", "应作 Entry", "期限 Due", "剩余 Left")]
    for duty in ledger.open_duties(viewer):
        if duty.due is not None:
            kind = ENTRY_KINDS[duty.expects]
            left = _span(duty.due - now) if duty.due > now else "逾期 overdue"
            owes = parties.get(duty.owes, duty.owes)
            rows.append((duty.article, owes, f"{kind.zh} {kind.en}", _moment(duty.due), left))
    yield from table(rows)


def refused(refusal: Refusal) -> Iterator[str]:
    """Yield a refusal in Chinese and in English: what, and what to do."""
    for language in _LANGUAGES:
        with translation.override(language):
            words = told(refusal)
            yield f"{words.what} {words.remedy}"


def accounts(passwords: Mapping[str, str], viewers: Mapping[str, Viewer]) -> Iterator[str]:
    """Yield the accounts with their one-time passwords."""
    parties = register.names([viewer.party for viewer in viewers.values()])
    rows = [("用户名 Username", "密码 Password", "单位 Party", "")]
    for username, password in passwords.items():
        party = parties[viewers[username].party]
        rows.append((username, password, party.zh, party.en))
    yield from table(rows)


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as aligned columns; a Chinese character is as wide as two others."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _articles(entry: Entry, met: Sequence[Duty], opened: Sequence[Duty]) -> Iterator[str]:
    if entry.kind == "incident.graded":
        yield from (f"{article} {_figures(entry.facts['figures'])}" for article in entry.facts["articles"].values())
    for duty in met:
        if duty.due is None:
            yield f"{duty.article} 已履行 met"
        elif state(duty.due, entry.happened_at, None, entry.happened_at) == LATE:
            yield f"{duty.article} 逾期 LATE by {_span(entry.happened_at - duty.due)}"
        else:
            yield f"{duty.article} 按时 on time ({_span(duty.due - entry.happened_at)} left)"
    for duty in opened:
        if duty.due is not None:
            yield f"{duty.article} 限 due {_moment(duty.due)}"


def _figures(figures: Mapping[str, int]) -> str:
    """Return the figures a grade rests on: 号码 numbers infected in 24 hours, 元 yuan lost."""
    numbers, fen = figures.get("infected_24h", 0), figures.get("loss_fen", 0)
    return f"({numbers:,} 号码" + (f", {fen // 100:,} 元)" if fen else ")")


def _outcome(entry: Entry) -> str:
    if entry.kind == "disposal.verified":
        return " ".join(
            f"{VERDICTS[one].zh} {VERDICTS[one].en}" for one in sorted(set(entry.facts["verdicts"].values()))
        )
    return " ".join(dict.fromkeys(_graded(grade) for grade in entry.grades.values()))


def _graded(grade: Grade) -> str:
    return f"{grade.term.zh} {grade}"


def _moment(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%m-%d %H:%M")


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60}:{minutes % 60:02}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
