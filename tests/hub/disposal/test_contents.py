from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import contents
from cleannet.hub.disposal.contents import Basis
from cleannet.hub.disposal.queries import Feedback, Order, Sighting
from cleannet.hub.incidents import queries as cases

pytestmark = pytest.mark.django_db


def test_annex_5_says_what_was_done_what_was_not_and_who_was_told(order: Order) -> None:
    fed = Feedback(
        number="F",
        items=[{"order": order.number, "done": True, "reason": ""}],
        users_told=12_345,
        disposed_at=NOW,
        fed_back_at=NOW + timedelta(minutes=1),
    )
    notice = cases.notice(viewer("op1"), order.notice)
    values = contents.annex5(viewer("op1"), notice, fed, {order.number: order}, to=["cncert"])
    assert values["control_done"] == HOST
    assert values["distribution_done"] == values["control_left"] == values["reason_left"] == "无"
    assert values["users_told"] == "12,345"
    assert values["task_number"] == f"RW-{order.case}"


def test_the_result_names_the_vantages(order: Order) -> None:
    given = {"order": order, "evidence": {}, "seen_at": NOW}
    Sighting.objects.create(kind="resolver", vantage="甲", verdict="gone", decides=True, **given)
    Sighting.objects.create(kind="authority", vantage="example.", verdict="still_there", decides=False, **given)
    fed = Feedback(number="F", fed_back_at=NOW)
    values = contents.verified(fed, {order.number: order}, {order.number: "gone"}, Basis(), NOW)
    assert f"{HOST}：已消除（解析服务器 甲）\n域名权威侧 example.：仍存在（仅供参考）" in values["verification"]
    said = contents.verified(
        fed, {order.number: order}, {order.number: "unknown"}, Basis("权威服务器无应答", 10, True), NOW
    )
    assert "未知" in said["verification"]
    assert "说明：权威服务器无应答" in said["verification"]
    assert {"自愿核查", "相隔10分钟"} == {word for word in ("自愿核查", "相隔10分钟") if word in said["verification"]}
