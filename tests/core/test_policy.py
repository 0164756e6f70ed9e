from datetime import UTC, datetime

import pytest

from cleannet.core.clock import BEIJING, Limit
from cleannet.core.policy import Policy, applying, changed, shipped_files
from cleannet.core.policy_file import PolicyError, parse, shipped

LAW = shipped()["mobile_malware_2011"]
URGENT = next(rule for rule in LAW.duties if rule.id == "10.2.urgent")


def overlay(name: str, limit: str, since: str = "2026-12-01", extra: str = "") -> Policy:
    return parse(
        f"""format = 1
id = "{name}"
title = {{zh = "细则", en = "Detailed rules"}}
document = "x"
in_force = {{from = {since}, to = 2026-12-31}}
overlays = "mobile_malware_2011"
{extra}
[[change]]
duty = "10.2.urgent"
article = "十六"
limit = "{limit}"
cc = ["cncert"]
""",
        f"{name}.toml",
    )


def test_a_law_is_in_force_from_its_first_day_in_beijing() -> None:
    assert not LAW.in_force(datetime(2011, 12, 31, 15, 59, tzinfo=UTC))
    assert LAW.in_force(datetime(2011, 12, 31, 16, 0, tzinfo=UTC))


def test_the_last_day_is_in_force_to_its_end() -> None:
    law = overlay("a", "1h")
    assert law.in_force(datetime(2026, 12, 31, 23, 59, tzinfo=BEIJING))
    assert not law.in_force(datetime(2027, 1, 1, 0, 0, tzinfo=BEIJING))


def test_the_narrower_province_then_the_later_file_wins() -> None:
    country, late, province = (
        overlay("a", "1h"),
        overlay("b", "30min", "2026-12-02"),
        overlay("c", "90min", extra='province = "32"'),
    )
    at = datetime(2026, 12, 5, tzinfo=BEIJING)
    for given in ([country, late, province], [province, late, country]):
        assert applying(given, LAW, at, "32") == (country, late, province)
        assert applying(given, LAW, at, "33") == (country, late)
        rule, by = changed(URGENT, applying(given, LAW, at, "32"))
        assert (rule.limit, rule.cc, by) == (Limit("min", 90), ("cncert",), province)


def test_an_overlay_applies_by_the_start_of_the_duty() -> None:
    one = overlay("a", "1h")
    assert applying([one], LAW, datetime(2026, 11, 30, 23, 59, tzinfo=BEIJING), "") == ()
    assert applying([one], LAW, datetime(2026, 12, 1, tzinfo=BEIJING), "") == (one,)
    assert applying([one], LAW, datetime(2027, 1, 1, tzinfo=BEIJING), "") == ()


def test_an_overlay_reaches_back_only_where_it_says_so() -> None:
    assert overlay("a", "1h", extra="retroactive = true").retroactive
    assert not overlay("a", "1h").retroactive


@pytest.mark.parametrize("field", ["retroactive = true", "special_period = true", 'province = "32"'])
def test_a_law_itself_reaches_nothing_back_and_has_no_province(field: str) -> None:
    text = overlay("a", "1h", extra=field).text.replace('overlays = "mobile_malware_2011"', "").split("[[change]]")[0]
    with pytest.raises(PolicyError, match="only an overlay has"):
        parse(text, "a.toml")


def test_an_overlay_leaves_other_laws_and_other_duties_alone() -> None:
    assert (
        applying([overlay("a", "1h")], shipped()["incident_reporting_2025"], datetime(2026, 12, 5, tzinfo=UTC), "")
        == ()
    )
    other = next(rule for rule in LAW.duties if rule.id == "10.2.significant")
    assert changed(other, [overlay("a", "1h")]) == (other, None)


def test_cases_are_kept_apart_from_laws() -> None:
    laws = ("incident_reporting_2025", "mobile_malware_2011", "two_persons")
    assert set(shipped_files()) == {f"{law}.toml" for law in laws}
    assert set(shipped_files(cases=True)) == {f"{law}.cases.toml" for law in laws}
