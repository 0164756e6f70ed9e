from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from cleannet.hub.web import shown

AT = datetime(2026, 11, 22, 18, 5, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english() -> object:
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 0 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_span_has_two_units_and_is_rounded_down(seconds: int, words: str) -> None:
    assert shown.span(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (0, "less than a minute left"),
        (840, "14 min left"),
        (-1, "less than a minute overdue"),
        (-840, "14 min overdue"),
    ],
)
def test_time_left_is_said_in_words_and_the_last_moment_is_on_time(due: int, words: str) -> None:
    assert shown.left(AT + timedelta(seconds=due), AT) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2h", "2 hours"),
        ("30min", "30 minutes"),
        ("60d", "60 days"),
        ("3wd", "3 working days"),
        ("month_end", "by the end of the month"),
        ("none", "no limit in the law"),
    ],
)
def test_a_limit_is_said_in_words(text: str, words: str) -> None:
    assert shown.limit(text) == words


def test_moments_are_in_beijing_time() -> None:
    assert shown.at(AT) == "2026-11-23 02:05"
    assert shown.exact(AT) == "2026-11-23 02:05:09"
    assert (shown.clock(AT), shown.day(AT)) == ("02:05", "11-23")
    assert shown.iso(AT) == "2026-11-23T02:05:09+08:00"
    assert shown.at(None) == shown.exact(None) == ""
    assert shown.since(AT, AT - timedelta(minutes=3)) == "3 min ago"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("evil.example", "evil[.]example"),
        ("http://evil.example/a", "hxxp://evil[.]example/a"),
        ("https://evil.example/http", "hxxps://evil[.]example/http"),
    ],
)
def test_nobody_can_click_a_malicious_name(text: str, safe: str) -> None:
    assert shown.defanged(text) == safe


def test_figures_have_separators_and_none_is_a_dash_and_not_zero() -> None:
    assert shown.figure(1_234_567) == "1,234,567"
    assert shown.yuan(123_456_789) == "1,234,567.89"
    assert shown.figure(None) == shown.yuan(None) == "—"
    assert shown.fact_figure("loss_fen", 100) == "1.00 yuan"
    assert shown.fact_figure("infected_24h", 10_001) == "10,001"


@pytest.mark.parametrize(("form", "zh", "en"), [("annex3", "附件三", "Annex 3"), ("", "", ""), ("own", "own", "own")])
def test_a_form_has_its_printed_name(form: str, zh: str, en: str) -> None:
    assert shown.form_name(form) == en
    with translation.override("zh-hans"):
        assert shown.form_name(form) == zh


def test_terms_come_in_the_language_of_the_page() -> None:
    assert shown.term("control", "resource") == "Control server"
    with translation.override("zh-hans"):
        assert shown.term("control", "resource") == "控制服务器"
    assert shown.term("unheard", "kind") == "unheard"


def test_a_source_says_how_far_it_was_read() -> None:
    source = {"file": "dns.log", "rows": 1200, "last": "2026-11-22T02:00:00Z"}
    assert shown.sourced(source) == "dns.log: 1,200 rows, to 2026-11-22 10:00"
    assert shown.sourced(source | {"last": "2026-11-22T02:00:00+00:00"}).endswith("to 2026-11-22 10:00")
    assert "no row yet" in shown.sourced({"file": "dns.log", "rows": 0, "last": None})


def test_what_is_unrouted_names_the_province() -> None:
    with translation.override("zh-hans"):
        assert shown.unrouted("bureau:relevant 44") == "相关通信管理局 (广东)"
        assert shown.unrouted("bureau:relevant ?") == "相关通信管理局 (归属地未知)"
        assert shown.unrouted("miit") == "工业和信息化部"


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({}, []),
        ({"why": "it hung"}, ["it hung"]),
        (
            {"answers": [{"url": "http://a.example/", "why": "it answers 404"}, {"name": "a"}]},
            ["hxxp://a[.]example/: it answers 404"],
        ),
        ({"answers": 5, "why": ["x"]}, []),
        ({"answers": [1, None, {"why": 2}, {"why": "y", "url": 3}]}, ["y"]),
        ({"why": "z" * 1000}, ["z" * 300]),
    ],
)
def test_evidence_of_any_shape_is_shown_in_sentences(evidence: dict[str, object], expected: list[str]) -> None:
    assert shown.sentences(evidence) == expected
