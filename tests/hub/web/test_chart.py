from datetime import UTC, datetime

from cleannet.core.policy_file import shipped
from cleannet.core.tally import Slot, add_operators, to_micros
from cleannet.core.terms import Grade
from cleannet.hub.web import chart

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
FIVE = 5 * 60 * 1_000_000
LINES = [(10_000, Grade.III), (50_000, Grade.II), (100_000, Grade.I)]


def curve(*counts: int) -> object:
    return add_operators([[Slot(to_micros(START) + at * FIVE, count, count) for at, count in enumerate(counts)]])


def test_the_lines_are_those_of_the_law() -> None:
    assert chart.thresholds(shipped()["mobile_malware_2011"]) == LINES


def test_a_threshold_is_passed_by_one_more_and_not_by_itself() -> None:
    drawn = chart.draw(curve(9_999, 10_000, 10_001, 20_000), LINES, width=700, height=250)
    assert drawn is not None
    third, second, _first = drawn.marks
    assert third.passed == datetime(2026, 11, 22, 1, 10, tzinfo=UTC)
    assert (second.passed, second.x) == (None, None)


def test_everything_lies_within_the_picture() -> None:
    drawn = chart.draw(curve(1, 120_000, 60_000), LINES, width=350, height=230)
    assert drawn is not None
    points = [tuple(map(float, point.split(","))) for point in f"{drawn.line} {drawn.area}".split()]
    assert all(0 <= x <= 350 and 0 <= y <= 230 for x, y in points)
    assert all(0 <= mark.y <= drawn.base for mark in drawn.marks)
    heights = [y for _x, y in points[:3]]
    assert heights[1] < heights[2] < heights[0]


def test_a_curve_without_a_slot_is_no_picture() -> None:
    assert chart.draw(add_operators([]), LINES, width=350, height=230) is None


def test_hours_and_ticks_are_those_of_beijing() -> None:
    one = curve(*range(0, 30 * 12))
    assert [hour.moment.hour for hour in chart.hours(one)][:2] == [9, 10]
    assert chart.hours(one)[0].lower == 11
    drawn = chart.draw(one, LINES, width=700, height=250)
    assert drawn is not None
    assert 3 <= len(drawn.ticks) <= 8
    assert [tick.moment.hour % 6 for tick in drawn.ticks[1:]] == [0] * (len(drawn.ticks) - 1)
