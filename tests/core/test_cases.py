import pytest

from cleannet.core.cases import facts, run
from cleannet.core.clock import moment, shipped_calendar
from cleannet.core.policy import shipped_files
from cleannet.core.policy_file import shipped

RESULTS = [
    (law, name, wrong)
    for law, policy in shipped().items()
    for name, wrong in run(policy, shipped_files(cases=True)[f"{law}.cases.toml"], shipped_calendar())
]

FOUND = '{kind = "sample.found", role = "operator", party = "op1", at = "2026-09-29 10:00", refs = {sample = "S1"}}'


@pytest.mark.parametrize(("law", "name", "wrong"), RESULTS)
def test_the_law_comes_to_what_its_case_says(law: str, name: str, wrong: str) -> None:
    assert wrong == ""


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ('[[grade]]\ninfected_24h = 10_000\nis = "III"', "comes to IV, not III"),
        (
            '[[due]]\nentry = {kind = "sample.found", role = "operator", at = "2026-09-29 10:00"}\n'
            'owes = [{rule = "9.1.sample", due = "2026-10-09 00:00"}]',
            "is not owed",
        ),
        (
            '[[due]]\nentry = {kind = "sample.found", role = "operator", at = "2026-09-29 10:00"}\nowes = []',
            "1 duties arise, not 0",
        ),
        (
            '[[story]]\nname = "s"\nroles = {cncert = ["cncert"]}\nat = "2026-10-20 10:00"\nno_more = true\n'
            f"entries = [{FOUND}]\n"
            'duties = [{rule = "9.1.sample", owes = "op1", state = "open"}]',
            "is ['lapsed'], not open",
        ),
        (
            '[[story]]\nname = "s"\nroles = {cncert = ["cncert"]}\nat = "2026-10-20 10:00"\nno_more = true\n'
            f"entries = [{FOUND}]\n"
            "duties = []",
            "there are more duties",
        ),
        (
            '[[story]]\nname = "s"\nroles = {cncert = ["cncert"]}\nat = "2026-10-01 10:00"\n'
            f"entries = [{FOUND}]\n"
            'duties = [{rule = "9.1.sample", owes = "op1", state = "open", due = "2026-10-09 00:00"}]',
            "is due",
        ),
    ],
)
def test_a_case_the_law_does_not_come_to_is_told(case: str, said: str) -> None:
    ((_, wrong),) = run(shipped()["mobile_malware_2011"], case, shipped_calendar())
    assert said in wrong


def test_at_stands_for_every_moment_not_given() -> None:
    entry = facts(
        {"kind": "contact.changed", "role": "idc", "at": "2026-11-22 10:00", "changed_at": "2026-11-01 10:00"}
    )
    assert entry.happened_at == moment("2026-11-22 10:00")
    assert entry.changed_at == moment("2026-11-01 10:00")
    assert entry.party == "idc"
