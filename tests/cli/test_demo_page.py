from datetime import timedelta

import pytest
from pytest_django import Settings
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.cli import demo_page as page
from cleannet.core.refusal import Refusal
from cleannet.hub.incidents import reports
from cleannet.hub.keyring import Keyring

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> None:
    settings.CLEANNET_DATA = tmp_path_factory.mktemp("data")
    Keyring(settings.CLEANNET_DATA).make_missing()


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(60, "十(二) 按时 on time (3:00 left)"), (240, "(0:00 left)"), (277, "十(二) 逾期 LATE by 0:37")],
)
def test_a_report_is_told_as_on_time_or_late(minutes: int, said: str) -> None:
    world = World().populate()
    (case,) = world.tally("op1", 10_800, NOW).cases
    reports.report(viewer=viewer("op1"), case=case, now=NOW + timedelta(minutes=minutes))
    lines = list(page.what_happened(viewer("miit")))
    graded = [line for line in lines if "事件分级 Incident graded" in line and "企业甲" in line]
    reported = [line for line in lines if "报送事件 Incident reported" in line]
    assert "较大 III" in graded[0]
    assert "八 (10,800 号码); 十(二) 限 due 11-22 14:00" in graded[0]
    assert "11-22 10:00" in graded[0]
    assert said in reported[0]
    assert not [line for line in lines if "单位登记" in line]


def test_what_is_owed_is_told_with_the_time_left() -> None:
    world = World().populate()
    world.tally("op1", 10_800, NOW)
    lines = "\n".join(page.still_owed(viewer("miit"), NOW + timedelta(minutes=90)))
    assert "2:30" in lines
    assert "逾期 overdue" in "\n".join(page.still_owed(viewer("miit"), NOW + timedelta(hours=5)))


def test_a_case_is_told_with_figures_grade_and_state() -> None:
    world = World().populate()
    world.tally("op1", 60_000, NOW, loss_fen=12_345)
    world.tally("op2", 50_000, NOW)
    (line,) = [line for line in page.how_cases_stand(viewer("miit")) if PROGRAM in line]
    assert line.split() == [line.split()[0], PROGRAM, "110,000", "123.45", "特别重大", "I", "处理中", "Open"]


def test_a_refusal_is_told_in_both_languages() -> None:
    refusal = Refusal("order.held_by_allow_list", target="map.example.net", reason="ordinary")
    chinese, english = page.refused(refusal)
    assert "白名单" in chinese
    assert "allow-list" in english


def test_accounts_are_a_table() -> None:
    World().populate()
    lines = list(page.accounts({"op": "secret"}, {"op": viewer("op1")}))
    assert lines[1].split() == ["op", "secret", "移动运营企业甲", "op1"]


def test_chinese_and_latin_columns_line_up() -> None:
    assert list(page.table([("中文", "a"), ("four", "b"), ("", "c")])) == ["中文  a", "four  b", "      c"]
