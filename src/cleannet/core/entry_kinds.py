"""The kinds of ledger entry: what can be done and recorded, and by which roles. Read them as terms.ENTRY_KINDS."""

from cleannet.core.term import EntryKind, keyed

_DISPOSERS = "operator registry registrar cncert"
# The law sets these no duty: they are asked, and say what they did.
_ASKED = f"{_DISPOSERS} access idc"
_ANY = "miit bureau cncert operator registry registrar access idc police"
_REPORTERS_2025 = "cii central network guardian cac"
_CRIME = f"{_ANY} cii central network"
_QUESTIONED = f"bureau {_ASKED} police {_REPORTERS_2025}"


def _kind(key: str, zh: str, en: str, by: str) -> EntryKind:
    return EntryKind(key, zh, en, frozenset(by.split()))


ENTRY_KINDS = keyed(
    [
        _kind("sample.found", "发现疑似样本", "Suspected sample found", "operator"),
        _kind("sample.reported", "报送样本", "Sample reported", "operator"),
        _kind("sample.received", "收到样本", "Sample received", "cncert"),
        _kind("sample.identified", "反馈认定结果", "Identification answered", "cncert"),
        _kind("incident.opened", "立案", "Incident opened", "operator cncert"),
        _kind("incident.graded", "事件分级", "Incident graded", f"operator cncert {_REPORTERS_2025}"),
        _kind("incident.widened", "事件涉及新的省份", "Incident found in another province", "operator cncert"),
        _kind("incident.observed", "CNCERT监测到用户感染", "Infections seen by CNCERT", "cncert"),
        _kind("incident.reported", "报送事件", "Incident reported", f"operator cncert {_REPORTERS_2025}"),
        _kind("incident.assessed", "研判", "Incident assessed", "miit"),
        _kind("incident.annulled", "撤销事件", "Incident annulled", "miit cncert"),
        _kind("incident.handled", "事件处置结束", "Incident handled", _REPORTERS_2025),
        _kind("incident.summarised", "总结报告", "Summary report made", _REPORTERS_2025),
        _kind("incident.closed", "结案", "Incident closed", "cncert miit"),
        _kind("incident.reopened", "重新立案", "Incident reopened", "cncert miit"),
        _kind("first.confirmed", "确认先行报告", "First report confirmed", _ANY),
        _kind("report.received", "收到事件报告", "Incident report received", "guardian cac central"),
        _kind("report.shared", "通报同级有关部门", "Report shared with departments of the same level", "cac"),
        _kind("report.supplemented", "补报", "Report supplemented", f"operator cncert {_REPORTERS_2025}"),
        _kind("month.summarised", "按月汇总", "Month summed up", "cncert"),
        _kind("notice.issued", "通报", "Notice issued", "miit cncert"),
        _kind("notice.received", "接到事件通报", "Notice received", _ASKED),
        _kind("order.drafted", "起草处置任务", "Orders drafted", "miit cncert"),
        _kind("order.declined", "退回处置任务草稿", "Drafted orders declined", "miit cncert"),
        _kind("order.issued", "下达处置任务", "Order issued", "miit cncert"),
        _kind("order.issued_alone", "单人应急下达", "Orders issued by one person in an emergency", "miit cncert"),
        _kind("order.confirmed", "复核处置任务", "Orders confirmed by a second person", "miit cncert"),
        _kind("order.acknowledged", "签收", "Order acknowledged", _ASKED),
        _kind("order.delivered", "处置任务送达网络", "Order delivered to the network", _DISPOSERS),
        _kind("order.removed", "处置任务自网络撤除", "Order taken off the network", _DISPOSERS),
        _kind("order.withdrawn", "撤回处置任务", "Order withdrawn", "miit cncert"),
        _kind("order.prolonged", "变更处置期限", "Expiry of an order changed", "miit cncert"),
        EntryKind("order.expired", "处置任务到期", "Order expired"),
        _kind("appeal.decided", "复核申诉", "Appeal reviewed", "miit cncert"),
        _kind("order.lifted", "解除处置", "Order lifted", "miit cncert"),
        _kind("order.reopened", "处置对象复现，重新处置", "Order reopened: its target came back", "miit cncert"),
        _kind("order.relapse_dismissed", "排除复现", "Found to be no relapse", "miit cncert"),
        _kind("route.overridden", "人工指定处置单位", "Disposer named by hand", "miit cncert"),
        _kind("routes.imported", "导入归属表", "Table of holders imported", _ANY),
        _kind("disposal.done", "采取处置措施", "Disposal carried out", _ASKED),
        _kind("user.warned", "信息提示和查杀技术咨询", "Users warned and advised", "operator"),
        _kind("disposal.fed_back", "反馈处置情况", "Disposal fed back", _ASKED),
        _kind("feedback.received", "接到处置单位反馈", "Feedback received", "cncert"),
        _kind("disposal.verified", "反馈验证结果", "Verification answered", "cncert"),
        _kind("paper.issued", "签发文书", "Paper issued", _ANY),
        _kind("paper.supplied", "补报书面材料", "Paper supplied", _ANY),
        _kind("complaint.received", "受理投诉", "Complaint received", _DISPOSERS),
        _kind("complaint.settled", "答复投诉", "Complaint settled", _DISPOSERS),
        _kind("consultation.called", "召集会商", "Consultation called", "miit"),
        _kind("consultation.concluded", "会商结论", "Consultation concluded", "miit"),
        _kind("contact.changed", "联系人变更", "Contact changed", _ANY),
        _kind("contact.reported", "报送联系人", "Contact reported", _ANY),
        _kind("mechanism.changed", "处置机制变更", "Own mechanism changed", _DISPOSERS),
        _kind("mechanism.filed", "处置机制备案", "Own mechanism filed", _DISPOSERS),
        _kind("party.registered", "单位登记", "Party registered", "miit bureau cncert"),
        _kind("partner.suspected", "发现涉嫌合作伙伴", "Partner under suspicion", "operator"),
        _kind("partner.handled", "依合同处理合作伙伴", "Partner handled under contract", "operator"),
        _kind("partner.punished", "依法处罚", "Partner punished", "bureau"),
        _kind("crime.suspected", "发现涉嫌犯罪", "Crime suspected", _CRIME),
        _kind("crime.referred", "报请公安机关", "Crime referred to the police", _CRIME),
        _kind("lead.asked", "就报送线索询问", "Question put on a lead", "miit"),
        _kind("lead.answered", "答复询问", "Question on a lead answered", _QUESTIONED),
        _kind("lead.decided", "认定报送线索", "Lead decided", "miit"),
        _kind("circular.issued", "信息报送情况通报", "Circular on reporting issued", "miit"),
        _kind("delegation.recorded", "委托", "Delegation recorded", "miit"),
        _kind("delegation.ended", "委托终止", "Delegation ended", "miit"),
        _kind("policy.adopted", "采用机制", "Policy adopted", "miit bureau cncert operator"),
        _kind("period.declared", "宣布特殊时期", "Special period declared", "miit"),
        _kind("tally.refused", "拒收上报", "Tally refused", "operator cncert"),
        _kind("readings.digested", "上报摘要", "Readings digested", "operator cncert"),
        _kind("hold.set", "证据保全", "Legal hold set", _ANY),
        _kind("hold.lifted", "解除保全", "Legal hold lifted", _ANY),
        _kind("blob.erased", "到期销毁", "Blob erased", _ANY),
        EntryKind("month.began", "月初", "Month began"),
        EntryKind("month.ended", "月末", "Month ended"),
        EntryKind("period.day", "特殊时期日报", "Day of a special period"),
    ]
)
