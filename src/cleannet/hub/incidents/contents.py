"""What the case writes into an annex: every field it knows, in the words the annex asks for."""

from collections.abc import Collection, Iterable
from datetime import datetime

from cleannet.core.clock import BEIJING
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.formats.tally import yuan
from cleannet.hub.incidents.models import Case, Grading
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries as programs
from cleannet.hub.programs.queries import Resource


def annex3(
    viewer: Viewer,
    case: Case,
    own: Grading,
    *,
    to: Collection[str],
    cc: Collection[str],
    now: datetime,
) -> dict[str, str]:
    """Return the fields of 附件三 for the viewer's own grade of a case."""
    program = programs.program(viewer, case.program)
    return {
        "unit": names([viewer.party]),
        "to": names(to),
        "cc": names(cc),
        **author(viewer),
        "occurred_at": moment(case.occurred_at),
        "reported_at": moment(now),
        "program": f"{program.code} {program.zh}".strip(),
        "description": _description(own),
        **_servers(viewer, case.program),
        "terminals": _terminals(own),
        "behaviour": program.behaviour,
        "harm": program.harm,
        "remarks": "受感染终端数量按手机号码计。" if "infected_24h" in own.facts else "",
    }


def annex4(
    viewer: Viewer,
    case: Case,
    whole: Grading,
    task_number: str,
    *,
    to: Collection[str],
    cc: Collection[str],
    now: datetime,
) -> dict[str, str]:
    """Return the fields of 附件四 for CNCERT's grade of a case; it has no 报送单位."""
    program = programs.program(viewer, case.program)
    concerned = parties.names(ledger_record.codes(case.concerned)).values()
    operators = sorted({party.group_id or party.code for party in concerned if party.role == "operator"})
    values = annex3(viewer, case, whole, to=to, cc=cc, now=now)
    del values["unit"]
    values["description"] = _description(whole, charges=False)
    return {
        **values,
        "task_number": task_number,
        "operator": names(operators),
        "system": program.systems,
    }


def moment(at: datetime | None) -> str:
    """Return an aware moment as the forms write it, in Beijing time; nothing for none."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def author(viewer: Viewer) -> dict[str, str]:
    """Return who fills a form in, nothing for a program."""
    person = parties.person(viewer)
    if person is None:
        return {}
    return {"author": person.name, "phone": person.phone, "mail": person.mail}


def names(codes: Collection[str]) -> str:
    """Return the parties' official names as one text."""
    known = parties.names(codes)
    return "；".join(known[code].zh if code in known else code for code in codes)


def _description(own: Grading, *, charges: bool = True) -> str:
    """Say when it was found, its grade and its figures; a notice tells no operator the charges of all of them."""
    parts = [_graded(own)]
    if "infected_24h" in own.facts:
        parts.append(f"24小时内受感染手机号码{own.facts['infected_24h']:,}个。")
    if charges and "loss_fen" in own.facts:
        parts.append(f"通信费用损失累计{yuan(own.facts['loss_fen'])}元。")
    if own.reason:
        parts.append(f"研判意见：{own.reason}")
    return "".join(parts)


def _terminals(own: Grading) -> str:
    return f"{own.facts['infected_24h']:,}" if "infected_24h" in own.facts else ""


def _servers(viewer: Viewer, program: str) -> dict[str, str]:
    found = programs.resources(viewer, program)
    return {
        "control_servers": _lines(one for one in found if one.kind == "control" and not one.held),
        "distribution_servers": _lines(one for one in found if one.kind != "control" and not one.held),
    }


def _lines(resources: Iterable[Resource]) -> str:
    return "\n".join(one.text for one in resources)


def report(
    viewer: Viewer, case: Case, own: Grading, *, to: Collection[str], cc: Collection[str], now: datetime
) -> dict[str, str]:
    """Return what is known of the eight points of a report under the measures of 2025; a person writes the rest."""
    program = programs.program(viewer, case.program)
    stated = "；".join(f"{name}={figure:,}" for name, figure in sorted(own.facts.items()))
    return {
        "unit": names([viewer.party]),
        "incident": f"{_graded(own)}发生时间：{moment(case.occurred_at) or '待查'}。{stated}",
        "traces": _lines(one for one in programs.resources(viewer, case.program) if not one.held),
        "cause": f"移动互联网恶意程序 {program.code} {program.zh}".strip(),
    }


def _graded(own: Grading) -> str:
    return (
        f"发现时间：{moment(own.found_at)}（北京时间）。事件级别：{Grade(own.grade).term.zh}（依据：{own.article}）。"
    )
