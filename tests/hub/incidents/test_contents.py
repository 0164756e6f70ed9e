from datetime import UTC, datetime

import pytest
from tests.hub.world import NOW, World, viewer

from cleannet.hub.incidents import contents, reports
from cleannet.hub.papers import queries as papers
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.queries import viewer_of

pytestmark = pytest.mark.django_db


def test_annex_3_carries_what_it_has_no_field_for_in_the_description() -> None:
    world = World().populate()
    (case,) = world.tally("op1", 50_001, NOW, loss_fen=123_456).cases
    values = papers.values(reports.report(viewer=viewer("op1"), case=case, now=NOW))
    assert values["unit"] == "移动运营企业甲"
    assert values["to"] == "工业和信息化部"
    assert "国家互联网应急中心" in values["cc"]
    for part in ("发现时间：2026-11-22 10:00:00", "重大", "八", "50,001", "1234.56元"):
        assert part in values["description"]
    assert values["terminals"] == "50,001"
    assert values["remarks"] == "受感染终端数量按手机号码计。"
    assert values["control_servers"] == "c2.evil-emial.example.com"
    assert values["distribution_servers"] == "dl.evil-emial.example.net"


def test_the_author_is_the_person_who_acts() -> None:
    World().populate()
    person = parties.add_person(
        party="op1", username="li", password="a long and odd one 7", name="李", held=["report"], now=NOW
    )
    acting = viewer_of(person.user)
    assert acting is not None
    assert contents.author(acting)["author"] == "李"
    assert contents.author(viewer("op1")) == {}


def test_moments_are_beijings_and_an_unknown_party_stands_by_its_code() -> None:
    World().populate()
    assert contents.moment(datetime(2026, 1, 1, 16, 0, tzinfo=UTC)) == "2026-01-02 00:00:00"
    assert contents.moment(None) == ""
    assert contents.names(["op1", "nobody"]) == "移动运营企业甲；nobody"
