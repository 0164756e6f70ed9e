from datetime import UTC, datetime, timedelta

import pytest

from cleannet.core.policy_file import shipped
from cleannet.edge.deadlines import owed
from cleannet.formats.tally import ProgramTally, Scale, Tally

FOUND = datetime(2026, 11, 22, 8, tzinfo=UTC)
LAW = shipped()["mobile_malware_2011"]


def tally(infected: int = 0, exposed: int = 0, loss_fen: int = 0, subscribers: str = "numbers") -> Tally:
    program = ProgramTally("Evil", 1, Scale(infected, infected), Scale(exposed, exposed), loss_fen)
    return Tally(subscribers, FOUND, "ab", None, (program,))


@pytest.mark.parametrize(
    ("found", "grade"),
    [
        (tally(infected=10_000), None),
        (tally(infected=10_001), "III"),
        (tally(infected=50_000), "III"),
        (tally(infected=50_001), "II"),
        (tally(infected=100_001), "I"),
        (tally(exposed=1_000_000), None),
        (tally(loss_fen=1_000_000_000), "II"),
        (tally(loss_fen=1_000_000_001), "I"),
        (tally(infected=100_001, subscribers="addresses"), None),
        (tally(infected=100_001, loss_fen=1_000_000_001, subscribers="addresses"), "I"),
    ],
)
def test_owed(found: Tally, grade: str | None) -> None:
    result = owed(found, LAW, FOUND)
    assert [item.grade for item in result] == ([] if grade is None else [grade])
    assert all(item.program == "Evil" and item.article.startswith("八") for item in result)


def test_the_deadline_is_counted_from_finding() -> None:
    (urgent,) = owed(tally(infected=100_001), LAW, FOUND)[0].duties
    assert (urgent.article, urgent.expects, urgent.due) == ("十(二)", "incident.reported", FOUND + timedelta(hours=2))
    assert (urgent.to, urgent.cc) == (("miit",), ("bureau:relevant", "cncert"))
