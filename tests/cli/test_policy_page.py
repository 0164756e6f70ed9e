import pytest

from cleannet.cli.policy_page import page
from cleannet.core.policy_file import parse, shipped


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("law", list(shipped()))
def test_every_article_limit_and_field_stands_on_the_page(law: str, language: str) -> None:
    policy = shipped()[law]
    text = page(policy, language)
    for rule in (*policy.duties, *policy.grading):
        assert rule.article in text
        assert (rule.text.zh if language == "zh" else rule.text.en) in text or rule in policy.grading
    for form in policy.forms.values():
        for field in form.fields:
            assert (field.text.zh if language == "zh" else field.text.en) in text


def test_limits_read_as_the_law_writes_them() -> None:
    chinese = page(shipped()["mobile_malware_2011"], "zh")
    assert "| 2小时 (发现) |" in chinese
    assert "| 3个工作日 (变更) |" in chinese
    assert "超过 100,000" in chinese
    assert "待核" in chinese
    assert "以上（含本数） 1,000,000" in page(shipped()["incident_reporting_2025"], "zh")


def test_the_page_says_through_what_and_under_which_condition() -> None:
    law = shipped()["mobile_malware_2011"]
    assert "以电子表格反馈（以电子表格）" in page(law, "zh")
    assert "Incident reported (Mobile operator) · Especially grave, Grave, Significant · with empty fields" in page(
        law, "en"
    )
    assert "Supply the paper after a first report by phone or mail (as Paper, System)" in page(law, "en")


def test_the_english_page_has_no_chinese_but_articles_document_and_flags() -> None:
    english = page(shipped()["mobile_malware_2011"], "en")
    row = next(line for line in english.splitlines() if line.startswith("| 九(一)"))
    assert "3 working days (found)" in row


def test_an_overlay_shows_what_it_changes_of_which_law() -> None:
    overlay = parse(
        'format = 1\nid = "special"\ntitle = {zh = "特殊时期", en = "Special period"}\ndocument = "x"\n'
        'in_force = {from = 2026-11-22, to = 2026-11-23}\noverlays = "mobile_malware_2011"\n'
        '[[change]]\nduty = "10.2.urgent"\narticle = "十六"\nlimit = "1h"\nto = ["miit", "cncert"]\ncc = []\n',
        "special.toml",
    )
    english = page(overlay, "en")
    assert "### Changes to `mobile_malware_2011`" in english
    assert "- 十六 `10.2.urgent`: limit 1 hours; to Ministry of Industry" in english
    assert "CNCERT; copy to nobody" in english
    chinese = page(overlay, "zh")
    assert "- 十六 `10.2.urgent`：时限 1小时；报 工业和信息化部、国家互联网应急中心；抄报 无" in chinese
