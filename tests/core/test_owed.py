import pytest

from cleannet.core import owed
from cleannet.core.cases import run
from cleannet.core.clock import shipped_calendar
from cleannet.core.policy_file import shipped

LAW = shipped()["mobile_malware_2011"]
MOMENTS = {
    "happened_at": "2026-11-18 09:00",
    "found_at": "2026-11-19 10:00",
    "received_at": "2026-11-20 11:00",
    "changed_at": "2026-11-17 08:00",
}
URGENT = {
    "rule": "10.2.urgent",
    "article": "十(二)",
    "when": "incident.graded",
    "by": ["operator"],
    "grades": ["I", "II"],
    "start": "2026-11-19 10:00",
    "due": "2026-11-19 12:00",
    "expects": "incident.reported",
    "about": ["case"],
    "to": ["miit"],
    "cc": ["bureau:relevant", "cncert"],
    "form": "annex3",
    "first_notice": ["phone", "mail"],
}
NOTICE = {
    "rule": "10.3.notice",
    "article": "十(三)",
    "when": "incident.graded",
    "by": ["cncert"],
    "grades": ["I", "II", "III"],
    "start": "2026-11-19 10:00",
    "owes": ["miit"],
    "expects": "notice.issued",
    "about": ["case"],
    "form": "annex4",
    "first_notice": ["phone", "mail"],
    "delegate": "cncert",
}
SAMPLE = {
    "rule": "9.2.identification",
    "article": "九(二)",
    "when": "sample.received",
    "by": ["cncert"],
    "needs": ["reporter"],
    "received_at": "2026-09-29 10:30",
    "start": "2026-09-29 10:30",
    "due": "2026-10-13 00:00",
    "expects": "sample.identified",
    "about": ["sample", "reporter"],
    "to": ["reporter", "bureau:relevant"],
    "form": "annex2",
}
DOMAINS = {
    "rule": "11.2.domains",
    "article": "十一(二)",
    "when": "notice.received",
    "by": ["registry", "registrar"],
    "start": "2026-11-20 11:00",
    "any_role": True,
    "expects": "disposal.done",
    "about": ["notice"],
}
PAPER = {
    "rule": "15.paper.report",
    "article": "十五",
    "when": "incident.reported",
    "by": ["operator"],
    "grades": ["I", "II", "III"],
    "medium": ["phone", "mail"],
    "start": "2026-11-18 09:00",
    "expects": "paper.supplied",
    "about": ["case"],
    "to": ["miit"],
    "cc": ["bureau:relevant", "cncert"],
    "form": "annex3",
    "through": ["paper", "system"],
}
SUPPLEMENT = {
    "rule": "19.supplement",
    "article": "十九",
    "when": "incident.reported",
    "by": ["operator"],
    "grades": ["I", "II", "III"],
    "if_missing": True,
    "start": "2026-11-18 09:00",
    "expects": "report.supplemented",
    "about": ["case"],
    "to": ["miit"],
    "cc": ["bureau:relevant", "cncert"],
}


def said(case: dict[str, object], **changes: object) -> str:
    read = owed.read({**case, **changes}, MOMENTS)
    return "; ".join(owed.wrong(LAW, read, shipped_calendar()))


@pytest.mark.parametrize("case", [URGENT, NOTICE, SAMPLE, DOMAINS, PAPER, SUPPLEMENT])
def test_a_case_that_says_what_the_law_says_finds_nothing_wrong(case: dict[str, object]) -> None:
    assert said(case) == ""


@pytest.mark.parametrize(
    ("case", "changes", "wrong"),
    [
        (URGENT, {"rule": "10.2.urgnet"}, "there is no rule 10.2.urgnet"),
        (URGENT, {"article": "十(三)"}, "article is 十(二), not 十(三)"),
        (URGENT, {"when": "incident.widened"}, "after {'role': 'operator'} [] owe it"),
        (URGENT, {"by": ["operator", "cncert"]}, "after {'role': 'cncert'} [] owe it"),
        (URGENT, {"grades": ["I"]}, "after {'grade': 'II'} ['maker'] owe it"),
        (URGENT, {"grades": ["I", "II", "III"]}, "after {'grade': 'III'} [] owe it"),
        (URGENT, {"start": "2026-11-18 09:00"}, "start is"),
        (URGENT, {"due": "2026-11-19 14:00"}, "the act: late, not met"),
        (URGENT, {"due": "2026-11-19 11:00"}, "a second late: met, not late"),
        (URGENT, {"expects": "paper.supplied"}, "the act: open, not met"),
        (URGENT, {"about": ["case", "notice"]}, "it is about {'case': 'case'}"),
        (URGENT, {"to": []}, "to is ('miit',), not ()"),
        (URGENT, {"cc": ["bureau:relevant"]}, "cc is"),
        (URGENT, {"form": ""}, "on another form: open, not met"),
        (URGENT, {"first_notice": ["phone"]}, "first by mail: met, not open"),
        (URGENT, {"through": ["paper"]}, "as system: met, not open"),
        (URGENT, {"any_role": True}, "who is operator beside the role it acts in: [] owe it"),
        (NOTICE, {"owes": []}, "['miit'] owe it"),
        (NOTICE, {"delegate": ""}, "by cncert, delegated: met, not open"),
        (NOTICE, {"delegate": "bureau"}, "by bureau, delegated: open, not met"),
        (SAMPLE, {"needs": []}, "with nobody known but [], unrouted are {}"),
        (URGENT, {"needs": ["miit"]}, "without miit ['maker'] owe it"),
        (DOMAINS, {"any_role": False}, "who is registry beside the role it acts in: ['maker'] owe it"),
        (DOMAINS, {"about": []}, "needs to say which notice it is about"),
        (PAPER, {"medium": []}, "after {'medium': 'paper'} [] owe it"),
        (PAPER, {"medium": ["phone"]}, "after {'medium': 'mail'} ['maker'] owe it"),
        (SUPPLEMENT, {"if_missing": False}, "[] owe it"),
        (URGENT, {"if_missing": True}, "after {'missing': ()} ['maker'] owe it"),
    ],
)
def test_what_the_law_does_not_come_to_is_told(case: dict[str, object], changes: dict[str, object], wrong: str) -> None:
    assert wrong in said(case, **changes)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [({"article": ...}, TypeError), ({"too": ["miit"]}, TypeError), ({"start": "soon"}, ValueError)],
)
def test_a_case_that_cannot_be_read_is_refused(changes: dict[str, object], refused: type[Exception]) -> None:
    given = {key: value for key, value in {**URGENT, **changes}.items() if value is not ...}
    with pytest.raises(refused):
        owed.read(given, MOMENTS)


def test_every_moment_is_given() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        owed.read(URGENT, {"found_at": "2026-11-19 10:00"})


def test_a_file_of_cases_runs_them() -> None:
    moments = "[moments]\n" + "".join(f'{name} = "{at}"\n' for name, at in MOMENTS.items())
    row = "\n".join(
        f"{key} = {str(value).replace(chr(39), chr(34)) if isinstance(value, list) else chr(34) + value + chr(34)}"
        for key, value in URGENT.items()
    )
    ((name, wrong),) = run(LAW, f"{moments}\n[[owed]]\n{row}\n", shipped_calendar())
    assert (name, wrong) == ("owed: 10.2.urgent", "")
