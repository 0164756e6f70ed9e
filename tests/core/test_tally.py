import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edge.test_contacts import MOMENTS, SIGHTINGS, Sighting, counted, moments_of_change, seen_before

from cleannet.core import tally
from cleannet.core.tally import SLOT, WINDOW, Loss, Slot, add_operators, new_since


@given(st.lists(SIGHTINGS, min_size=1, max_size=4), st.integers(0, 8))
def test_the_operators_true_maximum_lies_between_the_bounds(operators: list[list[Sighting]], threshold: int) -> None:
    own = [[(at, b"%d%b" % (number, who), where) for at, who, where in s] for number, s in enumerate(operators)]
    true = counted([sighting for sightings in own for sighting in sightings], [threshold])
    total = add_operators(counted(sightings).curve for sightings in own)
    assert total.lower <= true.maximum <= total.upper
    certain, perhaps = total.passed(threshold), total.perhaps_passed(threshold)
    crossing = true.crossings.get(threshold)
    if certain is not None:
        assert crossing is not None
        assert crossing < certain + SLOT
    if crossing is not None:
        assert perhaps is not None
        assert perhaps <= crossing
    if len(own) == 1:
        assert total.lower == total.upper == true.maximum
        assert certain == (None if crossing is None else crossing - crossing % SLOT)
    for slot in total.slots:
        assert slot.least <= slot.lower <= slot.greatest


def test_the_sum_of_maxima_is_not_the_maximum_of_the_sum() -> None:
    early = counted([(number, str(number).encode(), "") for number in range(6_000)])
    late = counted([(number + 2 * WINDOW, str(number).encode(), "") for number in range(6_000)])
    total = add_operators([early.curve, late.curve])
    assert (total.lower, total.upper, total.passed(10_000)) == (6_000, 6_000, None)


@pytest.mark.parametrize("curve", [[Slot(1, 0, 1)], [Slot(0, 0, 1), Slot(0, 0, 1)], [Slot(0, 2, 1)], [Slot(0, -1, 1)]])
def test_a_wrong_curve_is_refused(curve: list[Slot]) -> None:
    with pytest.raises(ValueError, match="curve"):
        add_operators([curve])


def test_nothing_adds_up_to_nothing() -> None:
    total = add_operators([])
    assert (total.lower, total.upper, total.passed(0), total.perhaps_passed(0)) == (0, 0, None, None)


def test_a_record_counts_once_and_a_refund_subtracts() -> None:
    loss = Loss()
    for record, fen in ((b"1", 500), (b"2", 300), (b"1", 500), (b"3", -300)):
        loss.add(record, fen)
    assert (loss.total, loss.records, loss.contradictions) == (500, 3, 0)
    loss.add(b"1", 900)
    assert (loss.total, loss.contradictions) == (500, 1)


def test_a_refund_under_the_id_of_its_fee_takes_it_back() -> None:
    for records in (((b"1", 50_000), (b"1", -50_000)), ((b"1", -50_000), (b"1", 50_000), (b"1", 50_000))):
        loss = Loss()
        for record, fen in records:
            loss.add(record, fen)
        assert (loss.total, loss.records, loss.contradictions) == (0, 2, 0)
    loss.add(b"1", -20_000)
    assert (loss.total, loss.contradictions) == (0, 1)


RECORDS = st.lists(st.tuples(st.sampled_from([b"1", b"2", b"3"]), st.integers(-500, 500)), max_size=12)


@given(RECORDS, st.randoms(use_true_random=False))
def test_loss_does_not_depend_on_the_order(records: list[tuple[bytes, int]], chance: random.Random) -> None:
    def lost(part: Sequence[tuple[bytes, int]]) -> Loss:
        loss = Loss()
        for record, fen in part:
            loss.add(record, fen)
        return loss

    fees: dict[bytes, int] = {}
    refunds: dict[bytes, int] = {}
    for record, fen in records:
        kept = refunds if fen < 0 else fees
        kept[record] = min(fen, kept.get(record, fen))
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert lost(shuffled).total == lost(records).total == sum(fees.values()) + sum(refunds.values())


def test_moments() -> None:
    moment = datetime(2026, 11, 22, 16, 0, 0, 1, timezone(timedelta(hours=8)))
    assert tally.from_micros(tally.to_micros(moment)) == moment
    assert tally.to_micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000
    with pytest.raises(ValueError, match="time zone"):
        tally.to_micros(datetime(2026, 1, 1))


@given(SIGHTINGS, MOMENTS)
def test_nobody_who_ran_at_a_moment_is_certain_to_be_new_after_it(sightings: list[Sighting], since: int) -> None:
    before = {subscriber for at, subscriber, _ in sightings if since - WINDOW < at <= since}
    later = [one for one in sightings if one[0] > since]
    for slot in new_since(counted(sightings).curve, since):
        at_any = {slot.start, *(m for m in moments_of_change(sightings) if slot.start <= m < slot.start + SLOT)}
        assert slot.greatest <= max(seen_before(later, moment) for moment in at_any)
        if slot.start < since + WINDOW - SLOT:
            new = [one for one in later if one[1] not in before]
            assert slot.least <= min(seen_before(new, moment) for moment in at_any)
            assert slot.greatest <= max(seen_before(new, moment) for moment in at_any)


def test_after_a_day_everybody_counts_anew() -> None:
    sightings = [(0, f"{number}".encode(), "") for number in range(10)] + [(WINDOW // 2, b"new", "")]
    curve = counted(sightings).curve
    assert max(slot.greatest for slot in new_since(curve, WINDOW // 4)) == 1
    assert new_since(curve, WINDOW // 2) == ()
    again = counted([*sightings, *((WINDOW * 2, subscriber, "") for _, subscriber, _ in sightings)]).curve
    assert max(slot.greatest for slot in new_since(again, WINDOW // 4)) == 11
