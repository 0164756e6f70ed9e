"""Who takes part in the demonstration: parties, their people with generated passwords, the programs they fight."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cleannet.cli import demo_data as data
from cleannet.core.allow import ORDINARY, AllowLists, Listed
from cleannet.core.policy_file import shipped
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import queries as register
from cleannet.hub.parties.rights import HELD_BY
from cleannet.hub.programs import actions as programs

LAW, NOTICE_RULE = "mobile_malware_2011", "10.3.notice"
PASSWORD_BYTES = 12
CENTRE = Actor("cncert", "cncert")
# code: zh, en, role, province
PARTIES = {
    "miit": ("工业和信息化部", "Ministry of Industry and Information Technology", "miit", ""),
    "cncert": ("国家互联网应急中心", "CNCERT", "cncert", ""),
    "js-ca": ("江苏省通信管理局", "Jiangsu communications administration", "bureau", data.PROVINCE),
    "op-a": ("移动通信运营企业甲", "Mobile operator A", "operator", data.PROVINCE),
    "op-b": ("移动通信运营企业乙", "Mobile operator B", "operator", data.PROVINCE),
    "registrar": ("域名注册服务机构丙", "Domain registrar C", "registrar", ""),
}
# username: party, name
PEOPLE = {
    "miit": ("miit", "部值班员"),
    "cncert": ("cncert", "处置值班员"),
    "cncert-2": ("cncert", "验证值班员"),
    "js-ca": ("js-ca", "局值班员"),
    "op-a": ("op-a", "甲企业值班员"),
    "op-b": ("op-b", "乙企业值班员"),
    "registrar": ("registrar", "丙机构值班员"),
}
PROGRAMS = {
    data.BIG: ("蓝雨", "接收远程指令，窃取短信并群发", "用户终端被远程控制"),
    data.PAID: ("短花", "在用户不知情时发送扣费短信", "用户话费损失"),
    data.SMALL: ("悬浮", "频繁弹出广告", "影响正常使用"),
}
INDICATORS = (
    (data.BIG, data.CONTROL, "control"),
    (data.BIG, data.DISTRIBUTION, "distribution"),
    (data.BIG, data.ORDINARY, "control"),
    (data.PAID, data.PAY, "control"),
    (data.SMALL, data.SMALL_CONTROL, "control"),
)
_SOURCE = "demonstration"
_ALLOWED = AllowLists([Listed(data.ALLOWED, ORDINARY, "ordinary.txt", 3)])


@dataclass
class Cast:
    """Hold everybody by username, as who they look and act, with the password that is shown once."""

    viewers: dict[str, Viewer] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)

    def enter(self, now: datetime) -> None:
        """Adopt the law, register everybody and record MIIT's standing delegation of the notice, over a few minutes."""
        parties.adopt(policy=shipped()[LAW], actor=CENTRE, now=now)
        for minute, (code, (zh, en, role, province)) in enumerate(PARTIES.items(), 1):
            moment = now + timedelta(seconds=20 * minute)
            parties.register(code=code, zh=zh, en=en, role=role, province=province, actor=CENTRE, now=moment)
        for username, (party, name) in PEOPLE.items():
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            held = HELD_BY[PARTIES[party][2]]
            person = parties.add_person(
                party=party, username=username, password=password, name=name, held=held, now=now
            )
            viewer = register.viewer_of(person.user)
            if viewer is None:
                raise RuntimeError(f"the person {username} was added and is a stranger")
            self.viewers[username], self.passwords[username] = viewer, password
        ministry = self.viewers["miit"]
        parties.delegate(
            policy=LAW,
            rule=NOTICE_RULE,
            delegate="cncert",
            actor=register.actor_of(ministry),
            now=now + timedelta(minutes=3),
        )


def add_programs(now: datetime) -> Mapping[str, str]:
    """Add the programs with what betrays them; return the held indicators with the reason why."""
    for code, (zh, behaviour, harm) in PROGRAMS.items():
        programs.add_program(code=code, zh=zh, behaviour=behaviour, harm=harm, systems="Android", now=now)
    return {text: reason for program, text, role in INDICATORS if (reason := _add(program, text, role, now))}


def add_backup(now: datetime) -> None:
    """Add the big program's second control server, which became known later."""
    _add(data.BIG, data.BACKUP, "control", now)


def _add(program: str, text: str, role: str, now: datetime) -> str:
    decision = programs.add_indicator(program=program, text=text, role=role, source=_SOURCE, allow=_ALLOWED, now=now)
    return decision.reason if decision.holds else ""
