"""What feedback and verification write into 附件五."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cleannet.core.terms import ORDER_STATES, VANTAGES, VERDICTS
from cleannet.hub.disposal import queries, steps
from cleannet.hub.disposal.models import Feedback, Order, Sighting
from cleannet.hub.incidents.contents import author, moment, names
from cleannet.hub.incidents.queries import Notice
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import queries as papers


@dataclass(frozen=True, slots=True)
class Basis:
    """Say what an answer rests on beside what was seen: a person's `reason`, the minutes apart at which two looks
    agreed (`policy`, 0 where a person decided), and whether no law asked for it (`voluntary`).
    """

    reason: str = ""
    policy: int = 0
    voluntary: bool = False


def annex5(
    viewer: Viewer, notice: Notice, feedback: Feedback, own: Mapping[str, Order], *, to: Collection[str]
) -> dict[str, str]:
    """Return the fields of the party's own version, without the result of verification."""
    done = [own[item["order"]] for item in feedback.items if item["done"]]
    left = [own[item["order"]] for item in feedback.items if not item["done"]]
    ended = [order for order in own.values() if order.party == feedback.party and order.status in steps.ENDED]
    nothing = "无"
    return {
        "unit": names([viewer.party]),
        "to": names(to),
        "cc": nothing,
        "task_number": notice.task_number,
        **author(viewer),
        "disposed_at": moment(feedback.disposed_at),
        "fed_back_at": moment(feedback.fed_back_at),
        "program": notice.case.program,
        "control_done": _hosts(order for order in done if order.kind == "control") or nothing,
        "distribution_done": _hosts(order for order in done if order.kind != "control") or nothing,
        "users_told": "" if feedback.users_told is None else f"{feedback.users_told:,}",
        "control_left": _hosts(order for order in left if order.kind == "control") or nothing,
        "distribution_left": _hosts(order for order in left if order.kind != "control") or nothing,
        "reason_left": "\n".join(
            [f"{own[item['order']].target}：{item['reason']}" for item in feedback.items if not item["done"]]
            + [f"{order.target}：处置任务{ORDER_STATES[order.status].zh}" for order in ended]
        )
        or nothing,
    }


def verified(
    feedback: Feedback,
    own: Mapping[str, Order],
    verdicts: Mapping[str, str],
    basis: Basis,
    now: datetime,
) -> dict[str, str]:
    """Return the fields of CNCERT's version: the party's own words, and what was seen from where."""
    first = papers.latest(number=feedback.number)
    lines = [f"验证时间：{moment(now)}"]
    for number, verdict in sorted(verdicts.items()):
        seen = queries.sightings(own[number], since=feedback.fed_back_at)
        vantages = "、".join(dict.fromkeys(_vantage(one) for one in seen if one.decides and one.vantage))
        lines.append(f"{own[number].target}：{VERDICTS[verdict].zh}（{vantages or '未能观测'}）")
        beside = {_vantage(one): one.verdict for one in seen if not one.decides}
        lines += [f"{where}：{VERDICTS[said].zh}（仅供参考）" for where, said in beside.items()]
    if basis.voluntary:
        lines.append("本次为自愿核查：所依据的机制未规定对该反馈的验证。")
    if basis.policy:
        lines.append(f"由系统按设定判定：相隔{basis.policy}分钟以上的两次观测，各决定性观测点结果一致。")
    if basis.reason:
        lines.append(f"说明：{basis.reason}")
    return {**(papers.values(first) if first else {}), "verification": "\n".join(lines)}


def _vantage(seen: Sighting) -> str:
    return f"{VANTAGES[seen.kind].zh} {seen.vantage}"


def _hosts(orders: Iterable[Order]) -> str:
    return "\n".join(order.target for order in orders)
