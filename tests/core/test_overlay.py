import pytest

from cleannet.core.overlay import check_overlay
from cleannet.core.policy import Policy
from cleannet.core.policy_file import parse, shipped

GOOD = """format = 1
id = "special"
title = {zh = "特殊时期", en = "Special period"}
document = "x"
in_force = {from = 2026-12-01, to = 2026-12-31}
overlays = "mobile_malware_2011"

[[change]]
duty = "10.2.urgent"
article = "十六"
limit = "1h"

[[duty]]
id = "daily"
article = "十六"
text = {zh = "每日报告", en = "Report every day"}
when = "period.day"
owes = "role:operator"
start = "month"
limit = "24h"
to = ["miit"]
expects = "incident.reported"
form = "annex3"
per = "party+day"
"""


def overlay(text: str) -> Policy:
    return parse(text, "special.toml")


def test_an_overlay_that_fits_its_law_has_nothing_wrong() -> None:
    assert check_overlay(overlay(GOOD), shipped()) == ()


def test_a_law_of_its_own_has_nothing_wrong_here() -> None:
    for law in shipped().values():
        if law.overlays:
            assert check_overlay(law, shipped()) == ()
            continue
        assert check_overlay(law, {}) == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'overlays = "mobile_malware_2011"',
            'overlays = "mobile_malware_2012"',
            "there is no law “mobile_malware_2012”",
        ),
        ('overlays = "mobile_malware_2011"', 'overlays = "other"', "is an overlay itself"),
        ('duty = "10.2.urgent"', 'duty = "10.2.urgnet"', "has no duty “10.2.urgnet”"),
        ('id = "daily"', 'id = "10.2.urgent"', "is a duty of “mobile_malware_2011”"),
        ('form = "annex3"', 'form = "annex9"', "the form “annex9” is in neither"),
    ],
)
def test_what_only_the_law_below_can_tell_is_told_with_its_line(before: str, after: str, said: str) -> None:
    other = parse(GOOD.replace('id = "special"', 'id = "other"').replace('"daily"', '"weekly"'), "other.toml")
    (problem,) = check_overlay(overlay(GOOD.replace(before, after)), {**shipped(), "other": other})
    assert said in problem.message
    assert problem.line == GOOD[: GOOD.index(before)].count("\n") + 1


def test_two_overlays_cannot_add_a_duty_of_the_same_id() -> None:
    other = parse(GOOD.replace('id = "special"', 'id = "other"'), "other.toml")
    (problem,) = check_overlay(overlay(GOOD), {**shipped(), "other": other, "special": overlay(GOOD)})
    assert "is added by “other” already" in problem.message


def test_the_overlay_of_a_province_adds_nothing_to_the_calendar() -> None:
    text = GOOD.replace("overlays =", 'province = "32"\noverlays =')
    (problem,) = check_overlay(overlay(text), shipped())
    assert "the calendar is the whole country's" in problem.message


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = GOOD.replace('duty = "10.2.urgent"', 'duty = "x"').replace('id = "daily"', 'id = "17.change"')
    assert len(check_overlay(overlay(text), shipped())) == 2


def test_a_table_written_on_one_line_is_told_too() -> None:
    text = GOOD[: GOOD.index("[[change]]")] + 'change = [{duty = "x", article = "十六"}]\n'
    (problem,) = check_overlay(overlay(text), shipped())
    assert "has no duty “x”" in problem.message
