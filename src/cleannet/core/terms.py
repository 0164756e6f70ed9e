"""The vocabulary: every official term once, keyed, in Chinese and English.

Labels, choices and the glossary read the terms here; nothing else writes them down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Term:
    """Name one thing by a stable key; `zh` is the official word, `en` its translation."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class EntryKind(Term):
    """Name a kind of ledger entry and the roles that may make it; no role means the calendar makes it."""

    by: frozenset[str] = frozenset()


T = TypeVar("T", bound=Term)


def _keyed(terms: Iterable[T]) -> Mapping[str, T]:
    return MappingProxyType({term.key: term for term in terms})


class Grade(StrEnum):
    """Grade an incident, I gravest. 545号 八; 2025 分级指南."""

    I = "I"  # noqa: E741 - the law's own numeral
    II = "II"
    III = "III"
    IV = "IV"

    @property
    def gravity(self) -> int:
        """Return 4 for I down to 1 for IV, so that graver compares greater."""
        return 4 - list(Grade).index(self)

    @property
    def term(self) -> Term:
        return GRADES[self.value]


GRADES = _keyed(
    [
        Term("I", "特别重大", "Especially grave"),
        Term("II", "重大", "Grave"),
        Term("III", "较大", "Significant"),
        Term("IV", "一般", "Ordinary"),
    ]
)

ROLES = _keyed(
    [
        Term("miit", "工业和信息化部", "Ministry of Industry and Information Technology"),
        Term("bureau", "通信管理局", "Provincial communications administration"),
        Term("cncert", "国家互联网应急中心", "CNCERT"),
        Term("operator", "移动通信运营企业", "Mobile operator"),
        Term("registry", "域名注册管理机构", "Domain registry"),
        Term("registrar", "域名注册服务机构", "Domain registrar"),
        Term("access", "互联网接入服务提供商", "Internet access provider"),
        Term("idc", "IDC服务提供商", "Hosting (IDC) provider"),
        Term("police", "公安机关", "Police"),
        Term("cac", "网信部门", "Cyberspace administration"),
        Term("guardian", "关键信息基础设施保护工作部门", "Department protecting critical infrastructure"),
        Term("cii", "关键信息基础设施运营者", "Operator of critical infrastructure"),
        Term("central", "中央和国家机关部门", "Central Party or state department"),
        Term("network", "其他网络运营者", "Other network operator"),
    ]
)

# By the code of GB/T 2260.
PROVINCES = _keyed(
    [
        Term("11", "北京", "Beijing"),
        Term("12", "天津", "Tianjin"),
        Term("13", "河北", "Hebei"),
        Term("14", "山西", "Shanxi"),
        Term("15", "内蒙古", "Inner Mongolia"),
        Term("21", "辽宁", "Liaoning"),
        Term("22", "吉林", "Jilin"),
        Term("23", "黑龙江", "Heilongjiang"),
        Term("31", "上海", "Shanghai"),
        Term("32", "江苏", "Jiangsu"),
        Term("33", "浙江", "Zhejiang"),
        Term("34", "安徽", "Anhui"),
        Term("35", "福建", "Fujian"),
        Term("36", "江西", "Jiangxi"),
        Term("37", "山东", "Shandong"),
        Term("41", "河南", "Henan"),
        Term("42", "湖北", "Hubei"),
        Term("43", "湖南", "Hunan"),
        Term("44", "广东", "Guangdong"),
        Term("45", "广西", "Guangxi"),
        Term("46", "海南", "Hainan"),
        Term("50", "重庆", "Chongqing"),
        Term("51", "四川", "Sichuan"),
        Term("52", "贵州", "Guizhou"),
        Term("53", "云南", "Yunnan"),
        Term("54", "西藏", "Tibet"),
        Term("61", "陕西", "Shaanxi"),
        Term("62", "甘肃", "Gansu"),
        Term("63", "青海", "Qinghai"),
        Term("64", "宁夏", "Ningxia"),
        Term("65", "新疆", "Xinjiang"),
        Term("71", "台湾", "Taiwan"),
        Term("81", "香港", "Hong Kong"),
        Term("82", "澳门", "Macao"),
    ]
)

CALENDAR = Term("calendar", "日历", "Calendar")

RECIPIENTS = _keyed(
    [
        Term("bureau:relevant", "相关通信管理局", "Communications administrations concerned"),
        Term("bureau:added", "新涉及省份的通信管理局", "Communications administrations of provinces added"),
        Term("bureau:local", "当地通信管理局", "Local communications administration"),
        Term("reporter", "样本报送单位", "Party that reported the sample"),
        Term("disposer", "处置单位", "Party that disposes"),
        Term("party:relevant", "相关单位", "Parties concerned"),
        Term("party:all", "各单位", "All parties"),
        Term("expert", "专家", "Experts"),
        Term("user", "用户", "Users"),
        Term("cac:provincial", "属地省级网信部门", "Cyberspace administration of the province"),
        Term("cac:own", "本部门网信工作机构", "The department's own cyberspace office"),
        Term("cac:national", "国家网信部门", "National cyberspace administration"),
        Term("police:national", "国务院公安部门", "Ministry of Public Security"),
    ]
)

RESOURCES = _keyed(
    [
        Term("control", "控制服务器", "Control server"),
        Term("distribution", "传播服务器", "Distribution server"),
        Term("domain", "恶意域名", "Malicious domain"),
    ]
)

COUNTED = _keyed([Term("infected", "受感染", "Infected"), Term("exposed", "疑似接触", "Exposed")])

MEDIA = _keyed(
    [
        Term("paper", "书面材料", "Paper"),
        Term("system", "系统", "System"),
        Term("phone", "电话", "Telephone"),
        Term("mail", "电子邮件", "E-mail"),
        Term("sheet", "电子表格", "Spreadsheet"),
    ]
)

VERDICTS = _keyed(
    [
        Term("gone", "已消除", "Gone"),
        Term("still_there", "仍存在", "Still there"),
        Term("unknown", "未知", "Unknown"),
    ]
)

LEADS = _keyed(
    [
        Term("late", "迟报", "Reported late"),
        Term("omitted", "漏报", "Omitted"),
        Term("concealed", "疑似瞒报", "Possibly concealed"),
        Term("false", "疑似谎报", "Possibly false"),
    ]
)

SILENCES = _keyed(
    [
        Term("no_heartbeat", "没有心跳", "No heartbeat"),
        Term("tallies_missing", "上报未收到", "Tallies have not come in"),
        Term("old_rows", "日志停止更新", "No recent row in the logs"),
        Term("revoked", "密钥已吊销", "Revoked"),
    ]
)

RIGHTS = _keyed(
    [
        Term("read", "查看", "Read"),
        Term("submit", "上报", "Submit tallies"),
        Term("report", "报送事件", "Report incidents"),
        Term("assess", "研判", "Assess"),
        Term("notify", "通报", "Notify"),
        Term("order", "下达处置任务", "Issue orders"),
        Term("feed_back", "反馈处置情况", "Feed back"),
        Term("verify", "验证", "Verify"),
        Term("record", "登记", "Record acts"),
        Term("administer", "管理", "Administer"),
    ]
)

CONTACTS = _keyed(
    [
        Term("leader", "主管领导", "Leader in charge"),
        Term("head", "责任部门负责人", "Head of the responsible department"),
        Term("contact", "联系人", "Contact"),
    ]
)

ORDER_STATES = _keyed(
    [
        Term("issued", "已下达", "Issued"),
        Term("acknowledged", "已签收", "Acknowledged"),
        Term("done", "已反馈处置", "Fed back as done"),
        Term("not_done", "已反馈未处置", "Fed back as not done"),
        Term("verified", "已验证消除", "Verified as gone"),
        Term("failed", "验证未消除", "Verified as still there"),
        Term("reissued", "已重新下达", "Issued again"),
    ]
)

CASE_STATES = _keyed(
    [
        Term("open", "处理中", "Open"),
        Term("closed", "已结案", "Closed"),
        Term("annulled", "已撤销", "Annulled"),
    ]
)

_DISPOSERS = "operator registry registrar cncert"
_ANY = "miit bureau cncert operator registry registrar access idc police"
_REPORTERS_2025 = "cii central network guardian cac"
_CRIME = f"{_ANY} cii central network"


def _kind(key: str, zh: str, en: str, by: str) -> EntryKind:
    return EntryKind(key, zh, en, frozenset(by.split()))


ENTRY_KINDS = _keyed(
    [
        _kind("sample.found", "发现疑似样本", "Suspected sample found", "operator"),
        _kind("sample.reported", "报送样本", "Sample reported", "operator"),
        _kind("sample.received", "收到样本", "Sample received", "cncert"),
        _kind("sample.identified", "反馈认定结果", "Identification answered", "cncert"),
        _kind("incident.opened", "立案", "Incident opened", "operator cncert"),
        _kind("incident.graded", "事件分级", "Incident graded", f"operator cncert {_REPORTERS_2025}"),
        _kind("incident.widened", "事件涉及新的省份", "Incident found in another province", "operator cncert"),
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
        _kind("notice.received", "接到事件通报", "Notice received", _DISPOSERS),
        _kind("order.issued", "下达处置任务", "Order issued", "miit cncert"),
        _kind("order.acknowledged", "签收", "Order acknowledged", _DISPOSERS),
        _kind("order.delivered", "处置任务送达网络", "Order delivered to the network", _DISPOSERS),
        _kind("order.lifted", "解除处置", "Order lifted", "miit cncert"),
        _kind("disposal.done", "采取处置措施", "Disposal carried out", _DISPOSERS),
        _kind("user.warned", "信息提示和查杀技术咨询", "Users warned and advised", "operator"),
        _kind("disposal.fed_back", "反馈处置情况", "Disposal fed back", _DISPOSERS),
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
        _kind("circular.issued", "信息报送情况通报", "Circular on reporting issued", "miit"),
        _kind("delegation.recorded", "委托", "Delegation recorded", "miit"),
        _kind("delegation.ended", "委托终止", "Delegation ended", "miit"),
        _kind("policy.adopted", "采用机制", "Policy adopted", "miit bureau cncert operator"),
        _kind("period.declared", "宣布特殊时期", "Special period declared", "miit"),
        _kind("tally.refused", "拒收上报", "Tally refused", "operator cncert"),
        _kind("readings.digested", "上报摘要", "Readings digested", "operator cncert"),
        _kind("blob.erased", "到期销毁", "Blob erased", _ANY),
        EntryKind("month.began", "月初", "Month began"),
        EntryKind("month.ended", "月末", "Month ended"),
        EntryKind("period.day", "特殊时期日报", "Day of a special period"),
    ]
)
