from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleannet.edge import plain
from cleannet.edge.rows import BadRow
from cleannet.edge.subscribers import normalise
from cleannet.edge.table import texts_of
from cleannet.edge.times import from_text

BEIJING, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def odd(count: int) -> plain.Bytes:
    return np.zeros(count, np.uint8)


@pytest.mark.parametrize(
    ("number", "is_plain"),
    [
        ("13800138000", True),
        ("8619912345678", True),
        ("+8613800138000", False),
        ("138 0013 8000", False),
        ("12800138000", False),
        ("1380013800", False),
        ("1380013800x", False),
        ("8612345678901", False),
        ("", False),
    ],
)
def test_numbers(number: str, is_plain: bool) -> None:
    marked = odd(1)
    plain.mark_unless_numbers(texts_of([number]), marked)
    assert bool(marked[0]) is not is_plain
    assert not is_plain or normalise(number).endswith(number[-11:])


@pytest.mark.parametrize(
    ("fee", "unit", "record", "is_plain"),
    [
        ("", "yuan", "", True),
        ("0", "yuan", "r", True),
        ("9999999.99", "yuan", "r", True),
        ("12.5", "yuan", "r", True),
        ("12.5", "yuan", "", False),
        ("12.5", "fen", "r", False),
        ("125", "fen", "r", True),
        ("12.", "yuan", "r", False),
        (".5", "yuan", "r", False),
        ("1.234", "yuan", "r", False),
        ("12345678", "yuan", "r", False),
        ("-1", "yuan", "r", False),
        ("1.2.3", "yuan", "r", False),
        (" 1", "yuan", "r", False),
    ],
)
def test_fees(fee: str, unit: str, record: str, is_plain: bool) -> None:
    marked = odd(1)
    plain.mark_unless_fees(texts_of([fee]), unit, np.array([not record]), marked)
    assert bool(marked[0]) is not is_plain


def test_a_field_that_is_empty_or_begins_with_a_space() -> None:
    marked = odd(4)
    plain.mark_empty(texts_of(["10.0.0.1", "", " 10.0.0.1", "\u300010.0.0.1"]), marked)
    assert marked.tolist() == [0, 1, 1, 1]


PATTERNS = [
    "%Y%m%d%H%M%S",
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%d",
    "%b %d %Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S %z",
    " %Y-%m-%d %H:%M:%S",
]
TIMES = [
    "2026-11-22T08:00:00+08:00",
    "2026-11-22 08:00:00",
    "2026-11-22T08:00:00.123Z",
    "2026-11-22T08:00:00.123456-0330",
    "2026-11-22T08:00:00.12",
    "2026-02-29T08:00:00",
    "2024-02-29T08:00:00Z",
    "2026-11-22T24:00:00",
    "1969-12-31T23:59:59",
    "2026-10-25T02:30:00",
    "2026-03-29T02:30:00",
    "2026-11-22",
    "2026-13-01T00:00:00",
    "2026-00-10T00:00:00",
    "20261122080000",
    "1763769600",
    "1763769600.123456789",
    "1763769600123",
    "1763769600123456",
    "99999999999",
    "999999999999",
    "1e9",
    "-5",
    "",
    "22/11/2026 08:00:00",
    "2026-11-22 08:00:00 +0800",
    "2026-11-22T08:00:00+08:00:30",
    "2026-11-22T08:00:00+24:00",
    "x",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59",
    "2026-11-22T08:00:60Z",
    "2026-11-22t08:00:00z",
    "1763769600.",
    ".5",
]
EDITS = st.tuples(st.sampled_from(TIMES), st.integers(0, 30), st.sampled_from(" 0123456789-+:.TZ"))
EDITED = st.builds(lambda edit: edit[0][: edit[1]] + edit[2] + edit[0][edit[1] + 1 :], EDITS)


ONE_MINUTE = st.builds(
    "2026-11-22T08:00:{}{}".format, st.sampled_from(["00", "59", "60", "1x"]), st.sampled_from(["", "Z", ".123"])
)


@given(
    st.lists(st.sampled_from(TIMES) | EDITED | ONE_MINUTE, min_size=1, max_size=8),
    st.sampled_from(["iso", "epoch_s", "epoch_ms", "epoch_us", *PATTERNS]),
    st.sampled_from([BEIJING, BERLIN]),
)
@example(
    [f"2026-11-22 08:0{minute}:{second}" for minute in "001" for second in ("00", "6x", "59", "60", "07.5")],
    "iso",
    BEIJING,
)
@example(["2026-02-30 08:00:01", "2026-02-30 08:00:02", "2026-02-28 08:00:03"], "%Y-%m-%d %H:%M:%S", BEIJING)
@example(["01:08:22/11/2026 00", "01:08:22/11/2026 59", "02:08:22/11/2026 00"], "%S:%H:%d/%m/%Y %M", BEIJING)
@example(TIMES, "iso", BEIJING)
@example(TIMES[:8], "iso", BERLIN)
@example(["2026-11-22 08:00:00"], "%Y-%m-%d %H:%M:%S", BERLIN)
def test_a_time_that_is_not_marked_is_read_as_by_itself(texts: list[str], form: str, zone: ZoneInfo) -> None:
    marked = odd(len(texts))
    moments = plain.moments(texts_of(texts), form, zone, marked)
    for text, at, is_odd in zip(texts, moments.tolist(), marked, strict=True):
        if not is_odd:
            assert at == from_text(text, form, zone), text


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-11-22T08:00:00.123456+08:00", "iso"),
        ("2026-11-22 08:00:00", "iso"),
        ("2026-11-22T00:00:00Z", "iso"),
        ("1763769600.5", "epoch_s"),
        ("1763769600123", "epoch_ms"),
        ("1763769600123456", "epoch_us"),
        ("20261122080000", "%Y%m%d%H%M%S"),
        ("2026-11-22 08:00:00", "%Y-%m-%d %H:%M:%S"),
        ("22/11/2026 08:00:00", "%d/%m/%Y %H:%M:%S"),
    ],
)
def test_common_times_are_not_marked(text: str, form: str) -> None:
    marked = odd(1)
    assert plain.moments(texts_of([text]), form, BEIJING, marked).tolist() == [from_text(text, form, BEIJING)]
    assert not marked[0]


@pytest.mark.parametrize("zone", [None, BERLIN])
def test_times_are_marked_without_a_zone_and_where_clocks_change(zone: ZoneInfo | None) -> None:
    marked = odd(1)
    plain.to_utc(np.array([1_774_751_400_000_000]), zone, marked)  # 2026-03-29 02:30, which Berlin's clocks left out
    assert marked[0]


@given(st.integers(0, 4_000_000_000), st.sampled_from([BEIJING, BERLIN]))
def test_local_times_of_a_column(second: int, zone: ZoneInfo) -> None:
    marked = odd(1)
    at = plain.to_utc(np.array([second * 1_000_000]), zone, marked)
    if not marked[0]:
        naive = np.datetime64(second, "s").item().isoformat()
        assert at[0] == from_text(naive, "iso", zone)


def test_an_unreadable_time_is_marked() -> None:
    marked = odd(1)
    plain.moments(texts_of(["yesterday"]), "iso", BEIJING, marked)
    with pytest.raises(BadRow):
        from_text("yesterday", "iso", BEIJING)
    assert marked[0]
