from zoneinfo import ZoneInfo

import pytest

from cleannet.edge import times
from cleannet.edge.rows import BadRow
from cleannet.edge.wrong_use import WrongUse

BEIJING = ZoneInfo("Asia/Shanghai")
AT = 1_763_769_600_000_000


@pytest.mark.parametrize(
    ("text", "form", "zone", "micros"),
    [
        ("2025-11-22T00:00:00Z", "iso", None, AT),
        ("2025-11-22 08:00:00", "iso", BEIJING, AT),
        ("2025-11-22 09:00:00+09:00", "iso", BEIJING, AT),
        ("2025-11-22T00:00:00.000001Z", "iso", None, AT + 1),
        ("1763769600", "epoch_s", None, AT),
        ("1763769600.0000019", "epoch_s", None, AT + 1),
        ("1763769600.5", "epoch_s", None, AT + 500_000),
        ("1763769600001", "epoch_ms", None, AT + 1000),
        ("1763769600000001", "epoch_us", None, AT + 1),
        ("20251122080000", "%Y%m%d%H%M%S", BEIJING, AT),
        ("22/11/2025 00:00 +0000", "%d/%m/%Y %H:%M %z", None, AT),
    ],
)
def test_from_text(text: str, form: str, zone: ZoneInfo | None, micros: int) -> None:
    assert times.from_text(f" {text} ", form, zone) == micros


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", "iso"),
        ("13800138000 secret", "iso"),
        ("x", "epoch_s"),
        ("-1", "epoch_s"),
        ("1.x", "epoch_s"),
        ("9" * 12, "epoch_s"),
        ("1.5", "epoch_ms"),
        ("9" * 18, "epoch_us"),
        ("2025", "%Y%m%d"),
    ],
)
def test_a_time_that_cannot_be_read_is_not_shown(text: str, form: str) -> None:
    with pytest.raises(BadRow) as broken:
        times.from_text(text, form, BEIJING)
    assert str(broken.value) == "the time cannot be read"


def test_a_naive_time_without_a_stated_zone_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="time_zone"):
        times.from_text("2025-11-22 08:00:00", "iso", None)


def test_a_local_clock_counts_in_its_zone() -> None:
    assert times.from_local(AT + 8 * 3600 * 1_000_000, BEIJING) == AT
    for far in (2**62, -(2**62)):
        with pytest.raises(BadRow):
            times.from_local(far, BEIJING)


@pytest.mark.parametrize(
    ("text", "form", "sign"),
    [
        ("0001-01-01T00:00:00+14:00", "iso", -1),
        ("0001-01-01", "iso", -1),
        ("0001-01-01", "%Y-%m-%d", -1),
        ("9999-12-31T23:59:59-12:00", "iso", 1),
        ("9999-12-31 -1200", "%Y-%m-%d %z", 1),
    ],
)
def test_the_ends_of_the_calendar_are_read(text: str, form: str, sign: int) -> None:
    assert times.from_text(text, form, BEIJING) * sign > AT
