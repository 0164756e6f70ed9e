"""Word what a run found, and an explanation, as lines for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from cleannet.core.allow import Decision
from cleannet.core.clock import BEIJING
from cleannet.core.duty import Duty
from cleannet.core.terms import COUNTED, RESOURCES
from cleannet.edge.days import date_of
from cleannet.edge.deadlines import Owed
from cleannet.edge.matching import Watched
from cleannet.edge.tallies import Run, Seen
from cleannet.edge.watchlists import SHOWN, Allowed, NotTaken, Watchlist
from cleannet.formats.tally import NUMBERS, ProgramTally, yuan

_HEADS = ("program", "rows", "infected", "in any 24 h", "exposed", "in any 24 h", "loss (yuan)")


def run_lines(run: Run, watchlist: Watchlist, allowed: Allowed) -> Iterator[str]:
    """Yield the account of a run: rows, indicators, the table of programs and what was held."""
    rows, indicators = run.document["rows"], run.document["indicators"]
    yield (
        f"Rows: {rows['read']} read, {rows['broken']} broken, {rows['late']} late, "
        f"{rows['unmapped']} with nothing to match."
    )
    yield from _broken(run.document["broken"])
    who = run.document["assignments"]
    if who is not None:
        yield from _who(who, run.document["sources"])
    yield (
        f"Indicators: {indicators['understood']} understood, {indicators['not_understood']} not, "
        f"{indicators['held_by_allow_list']} held by an allow-list."
    )
    if watchlist.passed_over or allowed.passed_over:
        over = [*watchlist.passed_over, *allowed.passed_over]
        names = ", ".join(over[:SHOWN]) + (" …" if len(over) > SHOWN else "")
        yield f"  passed over, as no list is named so: {len(over)} files: {names}"
    yield from _not_taken(watchlist.shown, "not understood")
    yield from _not_taken(allowed.shown, "not understood (allow-list)")
    yield from program_lines(run)
    yield from seen_lines(run.document["seen"][:SHOWN])
    if len(run.document["seen"]) > SHOWN:
        yield f"  … and {len(run.document['seen']) - SHOWN} indicators more (--json)"
    for held in run.document["held"]:
        yield (
            f"Held, not counted: {held['indicator']} ({held['program']}), {held['hits']} rows: {held['reason']}, "
            f"by {held['allow_list']}:{held['allow_list_line']}"
        )
    if run.tally.subscribers != NUMBERS:
        yield "Subscribers are addresses, not phone numbers: infections are not graded."


def program_lines(run: Run) -> Iterator[str]:
    """Yield the table of programs, the most infected first."""
    if run.tally.programs:
        yield from table_lines(run.tally.programs)
    else:
        who = run.document["assignments"]
        is_left_out = who is not None and _missed(who["rows"])
        yield "No matched row counts for anybody." if is_left_out else "No row matched an indicator that counts."


def table_lines(programs: Iterable[ProgramTally]) -> Iterator[str]:
    """Yield programs as a table."""
    yield from _table(
        [
            _HEADS,
            *(
                (
                    program.program,
                    str(program.hits),
                    str(program.infected.subscribers),
                    str(program.infected.maximum),
                    str(program.exposed.subscribers),
                    str(program.exposed.maximum),
                    yuan(program.loss_fen),
                )
                for program in programs
            ),
        ]
    )


def seen_lines(seen: Iterable[Seen]) -> Iterator[str]:
    """Yield which servers and names rows were in contact with, and on which days."""
    for one in seen:
        role = RESOURCES[one["role"]]
        days = one["first"] if one["first"] == one["last"] else f"{one['first']} to {one['last']}"
        yield f"  {role.zh} {role.en} {one['indicator']} of {one['program']}: {one['hits']} rows, {days}"


def without_lines(days: Sequence[int]) -> Iterator[str]:
    """Yield the days that no log told anything of."""
    if days:
        yield f"Not covered, as no log holds a row of them: {', '.join(_stretches(days))}."


def _stretches(days: Sequence[int]) -> Iterator[str]:
    begin = days[0]
    for day, after in zip(days, [*days[1:], days[-1] + 2], strict=True):
        if after != day + 1:
            yield str(date_of(day)) if begin == day else f"{date_of(begin)} to {date_of(day)}"
            begin = after


def _broken(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"  {row['file']}:{row['line']}: {row['reason']}"


def _who(assignments: dict[str, Any], sources: Iterable[dict[str, Any]]) -> Iterator[str]:
    files = assignments["files"]
    read, broken = sum(file["rows"] for file in files), sum(file["broken"] for file in files)
    yield f"Assignments: {read} read, {broken} broken."
    yield from _broken(assignments["broken"])
    yield f"Matched rows that tell an address: {_became(assignments['rows'])}"
    missed = [source for source in sources if source["assigned"] and _missed(source["assigned"])]
    # Of one log the total says it all.
    for source in missed[:SHOWN] if len(missed) > 1 else ():
        yield f"  {source['file']}: {_became(source['assigned'])}"
    if len(missed) > SHOWN:
        yield f"  … and {len(missed) - SHOWN} logs more"


def _missed(rows: dict[str, int]) -> int:
    return sum(count for became, count in rows.items() if became != "joined")


def _became(rows: dict[str, int]) -> str:
    """Say what became of matched rows that tell an address."""
    return (
        f"{rows['joined']} joined with the number that had it, {_missed(rows)} counted for nobody "
        f"({rows['unknown']} without an assignment then, {rows['no_port']} without the port that tells whose it was, "
        f"{rows['ambiguous']} with two numbers at once)."
    )


def owed_lines(owed: Iterable[Owed], found_at: datetime) -> Iterator[str]:
    """Yield the grade of each program that passed a threshold, found at `found_at` (aware), and what is owed for it."""
    found = found_at.astimezone(BEIJING)
    for item in owed:
        yield (
            f"{item.program}: {item.grade.term.zh} {item.grade} by {item.article}, "
            f"found {found:%Y-%m-%d %H:%M:%S} Beijing time"
        )
        for duty in item.duties:
            yield f"  {_duty(duty)}"


def owed_values(owed: Iterable[Owed]) -> list[dict[str, Any]]:
    """Return the same as JSON values; `due` is the last moment that is on time, in Beijing, null without a limit."""
    return [
        {
            "program": item.program,
            "grade": str(item.grade),
            "article": item.article,
            "duties": [
                {
                    "expects": duty.expects,
                    "due": duty.due.astimezone(BEIJING).isoformat() if duty.due else None,
                    "to": list(duty.to),
                    "cc": list(duty.cc),
                    "article": duty.article,
                }
                for duty in item.duties
            ],
        }
        for item in owed
    ]


def explanation_lines(name: str, found: Sequence[Watched], decision: Decision) -> Iterator[str]:
    """Yield why a name is or is not watched: each indicator that matches it, and the allow-list decision."""
    if not found:
        yield f"{name}: no indicator matches."
    for entry in found:
        indicator = entry.indicator
        role, counts = RESOURCES[indicator.role], COUNTED[indicator.counts_as]
        yield f"{name}: matches {indicator.pattern.text} ({indicator.pattern.kind}) of {indicator.program}"
        yield f"  {role.zh} {role.en}, {counts.zh} {counts.en}; {indicator.list}:{indicator.line}"
        yield f"  {_worded(entry.decision)}"
    yield f"As an indicator of its own: {_worded(decision)}"


def explanation(name: str, found: Sequence[Watched], decision: Decision) -> dict[str, Any]:
    """Return the same as JSON values: `counts` says whether any matching indicator counts."""
    return {
        "name": name,
        "matches": [_told(entry) for entry in found],
        "counts": any(not entry.decision.holds for entry in found),
        "as_indicator": _decided(decision),
    }


def _told(entry: Watched) -> dict[str, Any]:
    indicator = entry.indicator
    return {
        "indicator": indicator.pattern.text,
        "kind": indicator.pattern.kind,
        "program": indicator.program,
        "role": indicator.role,
        "counts_as": indicator.counts_as,
        "list": indicator.list,
        "line": indicator.line,
        "allow": _decided(entry.decision),
    }


def _decided(decision: Decision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict,
        "reach": decision.reach,
        "reason": decision.reason,
        "zh": decision.term.zh,
        "en": decision.term.en,
        "listed": decision.listed,
        "list": decision.list,
        "line": decision.line,
    }


def _worded(decision: Decision) -> str:
    by = f" ({decision.listed}, {decision.list}:{decision.line})" if decision.list else ""
    return f"{decision.verdict}: {decision.term.zh} · {decision.term.en}{by}"


def _not_taken(shown: Iterable[NotTaken], words: str) -> Iterator[str]:
    for left in shown:
        yield f"  {words}: {left.file}:{left.line}: {left.reason}"


def _duty(duty: Duty) -> str:
    when = f"due {duty.due.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" if duty.due else "no limit in the law"
    copied = f", copied to {', '.join(duty.cc)}" if duty.cc else ""
    return f"{when}: {duty.expects} to {', '.join(duty.to)}{copied} ({duty.article})"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        name, *figures = row
        padded = (figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True))
        yield f"{name.ljust(widths[0])}  {'  '.join(padded)}"
