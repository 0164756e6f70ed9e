from pathlib import Path

import pytest

from cleannet.core.policy import shipped_files
from cleannet.core.policy_file import PolicyError, load, parse, shipped

GOOD = shipped_files()["mobile_malware_2011.toml"]


def broken(before: str, after: str) -> PolicyError:
    assert before in GOOD
    with pytest.raises(PolicyError) as refused:
        parse(GOOD.replace(before, after, 1), "mobile_malware_2011.toml")
    return refused.value


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('limit = "3wd"', 'limit = "3 days"', "is not a time limit"),
        ('start = "found_at"', 'start = "noticed_at"', "not a known start"),
        ('expects = "sample.reported"', 'expects = "sample.sent"', "not a known expects"),
        ('when = "sample.found"', 'when = "sample.lost"', "not a known when"),
        ('by = "operator"', 'by = "registry"', "is never made by registry"),
        ('by = "operator"\n', "", "“by” is missing"),
        ('owes = "actor"', 'owes = "nobody"', "is nobody"),
        ('owes = "actor"', 'owes = "role:nobody"', "is nobody"),
        ('to = ["cncert"]', 'to = ["cncret"]', "“cncret” is not known in to"),
        ('form = "annex1"', 'form = "annex9"', "the form “annex9” is not in this file"),
        ('per = "sample+party"', 'per = "sample+week"', "makes nothing one"),
        ('id = "9.1.sample"', 'id = "7.mechanism"', "stands twice"),
        ('article = "九(一)"', 'articel = "九(一)"', "the field “articel” is unknown"),
        ('article = "九(一)"\n', "", "“article” is missing"),
        ('article = "九(一)"', "article = 9", "has the wrong kind of value"),
        ('article = "九(一)"', 'article = ""', "is empty"),
        ("infected_24h = 50_000", "infected_24h = 200_000", "not below the figure of the graver grade"),
        ("infected_24h = 50_000", "infected_24h = -1", "must give a whole number"),
        ("infected_24h = 50_000", "infected_24h = 0.5", "must give a whole number"),
        ('grade = "II"', 'grade = "V"', "not a known grade"),
        ('grade_of = "own"\n', "", "go together"),
        ('limit = "60d"', 'limit = "60h"', "natural days"),
        ("from = 2012-01-01", "from = 2012-01-01, to = 2011-01-01", "not before"),
        ("from = 2012-01-01", 'from = "2012"', "needs a day"),
        ("format = 1", "format = 2", "format 2 is not known"),
        ('id = "mobile_malware_2011"', 'id = "other"', "must be the file's own name"),
        ('zh = "通信费用损失累计', 'cn = "通信费用损失累计', "“zh” is missing"),
        ('place = "above"', 'place = "beside"', "not a known place"),
        ('unit = "name"', 'unit = "brand"', "not a known unit"),
        ("unverified = true\nnote", "unverified = true\nremark", "the field “remark” is unknown"),
    ],
)
def test_a_mistake_is_told_with_its_line(before: str, after: str, said: str) -> None:
    wrong = broken(before, after)
    problem = next(problem for problem in wrong.problems if said in problem.message)
    place = GOOD[: GOOD.index(before)].count("\n") + 1
    header = GOOD[: GOOD.index(before)].rfind("\n[")
    assert (GOOD[:header].count("\n") + 2 if header > 0 else 1) <= problem.line <= place + 2
    assert f"mobile_malware_2011.toml:{problem.line}: " in str(wrong)


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = GOOD.replace('limit = "3wd"', 'limit = "soon"').replace('limit = "5wd"', 'limit = "later"')
    text = text.replace('unit = "name"', 'unit = "brand"')
    with pytest.raises(PolicyError) as refused:
        parse(text, "mobile_malware_2011.toml")
    lines = text.splitlines()
    told = {lines[problem.line - 1] for problem in refused.value.problems}
    assert told == {'limit = "soon"', 'limit = "later"', 'unit = "brand"'}


def test_what_is_not_toml_is_told_with_its_line() -> None:
    with pytest.raises(PolicyError) as refused:
        parse("format = 1\nid = \n", "x.toml")
    assert refused.value.problems[0].line == 2


def test_a_duplicate_key_is_refused() -> None:
    with pytest.raises(PolicyError, match="is not TOML"):
        parse(GOOD.replace('limit = "3wd"', 'limit = "3wd"\nlimit = "4wd"'), "mobile_malware_2011.toml")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "law.toml"
    path.write_bytes("title = '机制'".encode("gb18030"))
    with pytest.raises(PolicyError, match="UTF-8"):
        load(path)


def test_only_an_overlay_changes_duties() -> None:
    change = '\n[[change]]\nduty = "10.2.urgent"\narticle = "十六"\nlimit = "1h"\n'
    with pytest.raises(PolicyError, match="only an overlay"):
        parse(GOOD + change, "mobile_malware_2011.toml")


def test_every_shipped_law_reads() -> None:
    assert set(shipped()) == {"mobile_malware_2011", "incident_reporting_2025", "two_persons"}


@pytest.mark.parametrize(
    "article",
    ["七", "八", "九(一)", "九(二)", "十(二)", "十(三)", "十一(一)", "十一(二)", "十一(三)", "十一(四)", "十一(五)"],
)
def test_every_article_has_its_row(article: str) -> None:
    assert article in articles()


@pytest.mark.parametrize("article", ["十二", "十三", "十四", "十五", "十七", "十八", "十九"])
def test_every_later_article_has_its_row(article: str) -> None:
    assert article in articles()


def articles() -> set[str]:
    law = shipped()["mobile_malware_2011"]
    return {rule.article for rows in (law.duties, law.grading, law.retention) for rule in rows}


def test_money_is_whole_fen_inside() -> None:
    law = shipped()["mobile_malware_2011"]
    assert law.thresholds("loss_fen") == (100_000_000, 500_000_000, 1_000_000_000)
    assert law.thresholds("infected_24h") == (10_000, 50_000, 100_000)


def test_the_digest_is_of_the_text() -> None:
    changed = parse(GOOD + "\n", "mobile_malware_2011.toml")
    assert changed.digest != shipped()["mobile_malware_2011"].digest
