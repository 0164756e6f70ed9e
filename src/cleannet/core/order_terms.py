"""The states of orders and batches, and the places on the network. Read them from terms."""

from cleannet.core.term import Term, keyed

ORDER_STATES = keyed(
    [
        Term("issued", "已下达", "Issued"),
        Term("acknowledged", "已签收", "Acknowledged"),
        Term("done", "已反馈处置", "Fed back as done"),
        Term("not_done", "已反馈未处置", "Fed back as not done"),
        Term("verified", "已验证消除", "Verified as gone"),
        Term("failed", "验证未消除", "Verified as still there"),
        Term("reissued", "已重新下达", "Issued again"),
        Term("withdrawn", "已撤回", "Withdrawn"),
        Term("expired", "已到期", "Expired"),
        Term("lifted", "已解除", "Lifted after an appeal"),
    ]
)

APPEAL_STATES = keyed(
    [
        Term("open", "待复核", "Waits for its review"),
        Term("granted", "同意解除，待答复", "Granted, to be answered"),
        Term("rejected", "不予解除，待答复", "Rejected, to be answered"),
        Term("answered", "已答复", "Answered"),
    ]
)

BATCH_STATES = keyed(
    [
        Term("waiting", "待复核", "Waits for a second person"),
        Term("issued", "已下达", "Issued"),
        Term("alone", "单人下达，待复核", "Issued alone, waits for a second person"),
        Term("declined", "已退回", "Declined"),
    ]
)

# Whether an order is in force on the network, which is not what its party said of it.
EFFECTS = keyed(
    [
        Term("waiting", "待生效", "Not in force yet"),
        Term("active", "已生效", "In force"),
        Term("leaving", "待撤除", "Being taken off"),
        Term("kept", "因其他任务仍生效", "Still in force by another order"),
        Term("gone", "已撤除", "Taken off"),
    ]
)

PLACES = keyed(
    [
        Term("rpz", "响应策略区", "Policy zone"),
        Term("file", "区文件", "Zone file"),
        Term("feed", "任务接口", "Feed"),
    ]
)
