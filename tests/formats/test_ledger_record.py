from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.clock import shipped_calendar
from cleannet.core.duty import arising
from cleannet.core.entry import Facts, Participants
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade
from cleannet.formats import canonical, ledger_record

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LAW = "mobile_malware_2011"
ACT = Facts(
    kind="incident.graded",
    role="operator",
    party="cmcc",
    happened_at=NOON,
    found_at=NOON,
    refs={"case": "案-1"},
    grades={LAW: Grade.I},
    recipients=("miit", "gd"),
)


def body(**changed: Any) -> bytes:
    who = Participants({"miit": {"miit"}, "cncert": {"cncert"}, "bureau:relevant": {"gd"}})
    given_ = {
        "id": "0199-1",
        "person": "p-1",
        "entered_at": NOON,
        "claimed": (),
        "key": "",
        "salt": "00",
        "text": "发现",
        "facts": {"infected_24h": 120_000},
        "blobs": (),
        "arises": arising(shipped()[LAW], ACT, who, shipped_calendar()),
        "meets": (),
        "voids": (),
    }
    return ledger_record.body(ACT, **(given_ | changed))


def test_a_body_has_exactly_its_members_in_canonical_form() -> None:
    value = ledger_record.parse(body())
    assert set(value) == ledger_record.MEMBERS
    assert canonical.encode(value) == body()
    assert value["recipients"] == ["gd", "miit"]
    assert value["happened_at"] == "2026-11-20T04:00:00.000000Z"
    (duty,) = (duty for duty in value["arises"] if duty["expects"] == "incident.reported")
    assert (duty["due"], duty["article"]) == ("2026-11-20T06:00:00.000000Z", "十(二)")


def test_columns_follow_from_the_body() -> None:
    data = body(key="k")
    derived = ledger_record.projected(data)
    assert tuple(derived) == ledger_record.COLUMNS
    assert (derived["case"], derived["addressed"], derived["key"]) == ("案-1", "|gd|miit|", "k")
    assert derived["digest"] == ledger_record.digest_of(data)
    assert ledger_record.projected(body())["key"] is None


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", body() + b" ", body().replace(b'"v":1', b'"v":2')])
def test_what_is_no_body_is_refused(data: bytes) -> None:
    with pytest.raises(canonical.NotCanonical):
        ledger_record.parse(data)


def test_facts_hold_no_floats() -> None:
    with pytest.raises(TypeError, match=r"\$\.facts\.loss"):
        body(facts={"loss": 0.1})


@given(st.datetimes(datetime(1, 2, 1), timezones=st.just(UTC)))
def test_a_stamp_is_read_back_exactly(moment: datetime) -> None:
    assert ledger_record.moment(ledger_record.stamp(moment)) == moment


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(1, 10**12))
def test_stamps_sort_as_moments_do(moment: datetime, step: int) -> None:
    assert ledger_record.stamp(moment) < ledger_record.stamp(moment + timedelta(microseconds=step))


@pytest.mark.parametrize("code", ["", "a|b", "a b", "a\n"])
def test_codes_that_would_be_mistaken_are_refused(code: str) -> None:
    with pytest.raises(ValueError, match="party code"):
        ledger_record.addressed([code])


def test_codes_are_found_between_bars() -> None:
    assert ledger_record.addressed([]) == ""
    assert ledger_record.addressed(["b", "a"]) == "|a|b|"
