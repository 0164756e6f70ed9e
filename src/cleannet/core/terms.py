"""The vocabulary: every official term once, keyed, in Chinese and English.

Labels, choices and the glossary read the terms here; nothing else writes them down.
"""

from enum import StrEnum

from cleannet.core.entry_kinds import ENTRY_KINDS as ENTRY_KINDS
from cleannet.core.order_terms import APPEAL_STATES as APPEAL_STATES
from cleannet.core.order_terms import BATCH_STATES as BATCH_STATES
from cleannet.core.order_terms import EFFECTS as EFFECTS
from cleannet.core.order_terms import ORDER_STATES as ORDER_STATES
from cleannet.core.order_terms import PLACES as PLACES
from cleannet.core.route_terms import LISTINGS as LISTINGS
from cleannet.core.route_terms import REACHES as REACHES
from cleannet.core.route_terms import ROUTE_TABLES as ROUTE_TABLES
from cleannet.core.route_terms import ROUTES as ROUTES
from cleannet.core.route_terms import UNROUTED as UNROUTED
from cleannet.core.term import EntryKind as EntryKind
from cleannet.core.term import Term as Term
from cleannet.core.term import keyed


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


GRADES = keyed(
    [
        Term("I", "特别重大", "Especially grave"),
        Term("II", "重大", "Grave"),
        Term("III", "较大", "Significant"),
        Term("IV", "一般", "Ordinary"),
    ]
)

ROLES = keyed(
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
PROVINCES = keyed(
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

RECIPIENTS = keyed(
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

RESOURCES = keyed(
    [
        Term("control", "控制服务器", "Control server"),
        Term("distribution", "传播服务器", "Distribution server"),
        Term("domain", "恶意域名", "Malicious domain"),
    ]
)

# What malware does, in the order of the official description of mobile malware, which is also the order of precedence.
BEHAVIOURS = keyed(
    [
        Term("payment", "恶意扣费", "Charges without consent"),
        Term("privacy", "信息窃取", "Steals information"),
        Term("remote", "远程控制", "Is controlled remotely"),
        Term("spread", "恶意传播", "Spreads itself or others"),
        Term("expense", "资费消耗", "Uses up the subscriber's tariff"),
        Term("system", "系统破坏", "Damages the system"),
        Term("fraud", "诱骗欺诈", "Deceives the user"),
        Term("rogue", "流氓行为", "Misbehaves otherwise"),
    ]
)

COUNTED = keyed([Term("infected", "受感染", "Infected"), Term("exposed", "疑似接触", "Exposed")])

# Facts that laws grade on; money in fen.
FACTS = keyed(
    [
        Term("infected_24h", "24小时内受感染号码", "infected numbers in 24 h"),
        Term("loss_fen", "通信费用损失", "charges lost"),
        Term("provincial_portal_down_min", "省级以上门户网站不可访问（分钟）", "provincial portal down (minutes)"),
        Term("city_portal_down_min", "地市级以上门户网站不可访问（分钟）", "municipal portal down (minutes)"),
        Term("cii_down_min", "关键信息基础设施整体中断（分钟）", "critical infrastructure down (minutes)"),
        Term("cii_main_function_down_min", "关基主要功能中断（分钟）", "its main function down (minutes)"),
        Term("province_share_pct", "受影响省级人口（%）", "share of a province affected (%)"),
        Term("city_share_pct", "受影响地市人口（%）", "share of a city affected (%)"),
        Term("people_affected", "受影响人数", "people affected"),
        Term("people_leaked", "泄露个人信息的人数", "people whose data leaked"),
        Term("harmful_home_page_min", "有害信息在主页传播（分钟）", "harmful content on a home page (minutes)"),
        Term("harmful_other_page_min", "有害信息在其他页传播（分钟）", "harmful content on another page (minutes)"),
        Term("harmful_reposts", "有害信息转发次数", "reposts of harmful content"),
        Term("harmful_views", "有害信息浏览次数", "views of harmful content"),
        Term("direct_loss_fen", "直接经济损失", "direct loss"),
        Term("especially_grave_by_quality", "定性为特别严重（填1）", "especially serious by quality (write 1)"),
        Term("grave_by_quality", "定性为严重（填1）", "serious by quality (write 1)"),
        Term("significant_by_quality", "定性为较严重（填1）", "fairly serious by quality (write 1)"),
    ]
)

MEDIA = keyed(
    [
        Term("paper", "书面材料", "Paper"),
        Term("system", "系统", "System"),
        Term("phone", "电话", "Telephone"),
        Term("mail", "电子邮件", "E-mail"),
        Term("sheet", "电子表格", "Spreadsheet"),
    ]
)

VERDICTS = keyed(
    [
        Term("gone", "已消除", "Gone"),
        Term("still_there", "仍存在", "Still there"),
        Term("unknown", "未知", "Unknown"),
    ]
)

VANTAGES = keyed(
    [
        Term("resolver", "解析服务器", "Resolver"),
        Term("rule", "响应策略区", "Policy zone"),
        Term("authority", "域名权威侧", "Authoritative side"),
        Term("connect", "端口连接", "Connection"),
        Term("tls", "TLS 握手", "TLS handshake"),
        Term("http", "网页访问", "HTTP"),
        Term("registry", "域名注册状态", "Registry status"),
        Term("tally", "后续感染规模", "Later tallies"),
        Term("inside", "企业自测", "Probe by the operator"),
    ]
)

LEADS = keyed(
    [
        Term("late", "迟报", "Reported late"),
        Term("omitted", "漏报", "Omitted"),
        Term("concealed", "疑似瞒报", "Possibly concealed"),
        Term("false", "疑似谎报", "Possibly false"),
    ]
)

# What a lead is once it is upheld, in the words of 十九.
BREACHES = keyed(
    [
        Term("late", "迟报", "Late"),
        Term("omitted", "漏报", "Omitted"),
        Term("concealed", "瞒报", "Concealed"),
        Term("false", "谎报", "False"),
    ]
)

LEAD_STATES = keyed(
    [
        Term("open", "未询问", "Not asked about"),
        Term("asked", "已询问，待答复", "Asked, waits for the answer"),
        Term("answered", "已答复，待认定", "Answered, to be decided"),
        Term("upheld", "认定属实", "Upheld"),
        Term("not_upheld", "认定不属实", "Not upheld"),
    ]
)

SILENCES = keyed(
    [
        Term("no_heartbeat", "没有心跳", "No heartbeat"),
        Term("tallies_missing", "上报未收到", "Tallies have not come in"),
        Term("old_rows", "日志停止更新", "No recent row in the logs"),
        Term("revoked", "密钥已吊销", "Revoked"),
    ]
)

RIGHTS = keyed(
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

CONTACTS = keyed(
    [
        Term("leader", "主管领导", "Leader in charge"),
        Term("head", "责任部门负责人", "Head of the responsible department"),
        Term("contact", "联系人", "Contact"),
    ]
)

CASE_STATES = keyed(
    [
        Term("open", "处理中", "Open"),
        Term("closed", "已结案", "Closed"),
        Term("annulled", "已撤销", "Annulled"),
    ]
)
