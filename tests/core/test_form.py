import pytest

from cleannet.core.form import TO_BE_CHECKED, UnknownField, fill
from cleannet.core.policy_file import shipped

FORMS = shipped()["mobile_malware_2011"].forms


def test_an_empty_field_is_named_and_prints_to_be_checked() -> None:
    filled = fill(FORMS["annex3"], {"program": "a.privacy.emial.d", "harm": "  "})
    assert "potential harm" in {field.text.en.lower() for field in filled.missing}
    by_key = {field.key: field for field in filled.form.fields}
    assert filled.shown(by_key["program"]) == "a.privacy.emial.d"
    assert filled.shown(by_key["harm"]) == TO_BE_CHECKED


def test_what_cncert_fills_later_is_not_missing() -> None:
    filled = fill(FORMS["annex5"], {})
    by_key = {field.key: field for field in filled.form.fields}
    assert filled.shown(by_key["verification"]) == ""
    assert "verification" not in {field.key for field in filled.missing}


def test_a_list_has_its_columns_per_line() -> None:
    complete = {field.key: "x" for field in FORMS["annex1"].fields if field.place == "column"}
    filled = fill(FORMS["annex1"], {"unit": "甲"}, [complete, {**complete, "md5": ""}])
    assert [field.key for field in filled.missing] == ["author", "reported_at", "md5"]
    assert len(filled.lines) == 2


@pytest.mark.parametrize(("values", "lines"), [({"phon": "1"}, []), ({}, [{"sha1": "1"}])])
def test_nothing_given_is_lost(values: dict[str, str], lines: list[dict[str, str]]) -> None:
    with pytest.raises(UnknownField):
        fill(FORMS["annex1"], values, lines)


SERVERS = "控制服务器IP地址及其使用的域名、端口 传播服务器IP地址及其使用的域名、端口"
WHO = "填报人 联系电话 E-Mail"
END = "受感染移动智能终端数量 主要行为特征 潜在危害 备注"
SERVERS_DONE = "已处置的控制服务器IP地址及其使用的域名、端口 已处置的传播服务器IP地址及其使用的域名、端口"
SERVERS_LEFT = "未处置的控制服务器IP地址及其使用的域名、端口 未处置的传播服务器IP地址及其使用的域名、端口"
PRINTED = {
    "annex1": "填报单位 填报人 填报时间 序号 首次获取样本时间 恶意程序建议名称 恶意程序建议中文名称 建议危害等级"
    " 典型行为 MD5值",
    "annex2": "编号 认定人 认定时间 序号 首次获取样本时间 恶意程序规范名称 恶意程序中文名称 危害等级 典型行为 MD5值"
    " 控制域名 恶意程序请求URL 样本来源 处置建议 备注",
    "annex3": f"报送单位 报 抄报 {WHO} 发生时间 报送时间 恶意程序名称 事件简要描述 {SERVERS} {END}",
    "annex4": f"报 抄报 任务编号 {WHO} 发生时间 报送时间 恶意程序名称 所属移动通信运营企业"
    f" 影响的移动智能终端系统类型、版本 事件简要描述 {SERVERS} {END}",
    "annex5": f"报送单位 报 抄报 任务编号 {WHO} 处置时间 反馈时间 恶意程序名称 {SERVERS_DONE} 已直接提示的用户数量"
    f" {SERVERS_LEFT} 未处置的原因 备注 验证结果（由CNCERT填写）",
}


@pytest.mark.parametrize(("form", "printed"), PRINTED.items())
def test_every_field_of_an_annex_stands_in_the_printed_order(form: str, printed: str) -> None:
    assert [field.text.zh for field in FORMS[form].fields] == printed.split()
