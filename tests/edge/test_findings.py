from dataclasses import replace

from tests.edge.test_kernel import watched

from cleannet.core.allow import Decision
from cleannet.edge.days import DAY, day_of
from cleannet.edge.findings import Findings, Lost, digest, tallied
from cleannet.edge.rows import Row

FOUND = tuple(watched("evil.example"))
AT = 1_763_769_600_000_000
ROW = Row(AT, "8613800138000", "evil.example", province="44", fen=150, record="r1")


def test_rows_are_counted_by_program_and_day() -> None:
    findings = Findings(digest)
    for at, who in ((AT, b"a"), (AT + DAY, b"a"), (AT, b"b")):
        findings.take(ROW._replace(at=at), FOUND, who * 16)
    assert findings.hits == {("P", day_of(AT)): 2, ("P", day_of(AT) + 1): 1}
    (program,) = findings.programs([1])
    assert (program.hits, program.infected.maximum, program.infected.subscribers) == (3, 2, 2)
    assert list(program.infected.by_province) == ["44"]
    assert (program.loss_fen, program.loss_records, program.loss_contradictions) == (150, 1, 0)


def test_what_is_held_is_counted_apart() -> None:
    findings = Findings(digest)
    (entry,) = FOUND
    held = replace(entry, decision=Decision("hold", "nothing", "listed", "good.example", "allow", 1))
    findings.take(ROW, [held, held], b"a" * 16)
    assert (findings.seen[held, day_of(AT)], findings.hits, findings.fees) == (2, {}, [])


def test_each_indicator_is_counted_by_day() -> None:
    findings = Findings(digest)
    one, other = watched("evil.example", "x.evil.example")
    findings.take(ROW, [one, other], b"a" * 16)
    findings.take(ROW._replace(at=AT + DAY), [one], b"a" * 16)
    day = day_of(AT)
    assert findings.seen == {(one, day): 1, (other, day): 1, (one, day + 1): 1}


def test_two_indicators_of_a_program_are_one_hit() -> None:
    findings = Findings(digest)
    findings.take(ROW, FOUND * 2, b"a" * 16)
    assert findings.programs()[0].hits == 1


def test_half_a_surrogate_pair_tells_one_text_from_another() -> None:
    assert digest("\ud800") != digest("\ud801")
    assert len(digest("")) == 16


def test_programs_are_in_the_order_of_their_scale() -> None:
    names = [one.program for one in tallied({"b": 1, "a": 2}, {}, {"b": Lost(5, 1, 0)})]
    assert names == ["a", "b"]
