"""A law as a page to read, in Chinese or English (Markdown)."""

from collections.abc import Iterator

from cleannet.core import terms
from cleannet.core.clock import Limit
from cleannet.core.policy import Change, DutyRule, GradeRule, Policy, Text, Threshold

_WORDS = {
    "zh": {
        "document": "文号",
        "force": "施行",
        "until": "至",
        "to_check": "效力或读法待核",
        "grading": "分级",
        "duties": "时限事项",
        "changes": "对 {law} 的修改",
        "retention": "留存",
        "forms": "表格",
        "over": "超过",
        "at_least": "以上（含本数）",
        "rest": "其余",
        "or": "，或",
        "colon": "：",
        "join": "、",
        "head": "| 条款 | 何时 | 谁 | 应作 | 时限（自） | 报 | 抄报 | 表格 |",
        "none": "无规定时限",
        "days": "至少保存 {days} 日",
        "note": "注",
        "limit": "时限",
        "to": "报",
        "cc": "抄报",
        "nobody": "无",
        "missing": "有待查内容",
        "through": "（以{}）",
        "semicolon": "；",
    },
    "en": {
        "document": "Document",
        "force": "In force from",
        "until": "to",
        "to_check": "standing or reading to be confirmed",
        "grading": "Grading",
        "duties": "Duties",
        "changes": "Changes to {law}",
        "retention": "Retention",
        "forms": "Forms",
        "over": "more than",
        "at_least": "at least",
        "rest": "all others",
        "or": ", or ",
        "colon": ": ",
        "join": ", ",
        "head": "| Article | When | Who owes | What | Limit (from) | To | Copy | Form |",
        "none": "no limit in the law",
        "days": "kept at least {days} days",
        "note": "Note",
        "limit": "limit",
        "to": "to",
        "cc": "copy to",
        "nobody": "nobody",
        "missing": "with empty fields",
        "through": " (as {})",
        "semicolon": "; ",
    },
}
_LIMITS = {
    "zh": {"min": "{}分钟", "h": "{}小时", "d": "{}日", "wd": "{}个工作日", "month_end": "当月底前"},
    "en": {
        "min": "{} minutes",
        "h": "{} hours",
        "d": "{} days",
        "wd": "{} working days",
        "month_end": "end of the month",
    },
}
_STARTS = {
    "found_at": Text("发现", "found"),
    "received_at": Text("接到", "received"),
    "happened_at": Text("发生", "happened"),
    "changed_at": Text("变更", "changed"),
    "month": Text("月", "the month"),
}
_OWING = {
    "actor": Text("作出记录的单位", "whoever made the entry"),
    "each_addressee": Text("各收文单位", "each addressee"),
    "each_reporter": Text("各报送单位", "each reporter"),
}


def page(policy: Policy, language: str) -> str:
    """Return the law as Markdown in `language`, zh or en: grading, duties with article and limit, retention, forms."""
    return "\n".join(_page(policy, language)) + "\n"


def _page(policy: Policy, language: str) -> Iterator[str]:
    word = _WORDS[language]
    yield f"## {_say(policy.title, language)}"
    yield ""
    until = f" {word['until']} {policy.until}" if policy.until else ""
    yield f"`{policy.id}` · {word['document']} {policy.document} · {word['force']} {policy.since}{until}"
    if policy.unverified:
        yield f"· **{word['to_check']}**"
    yield ""
    if policy.grading:
        yield f"### {word['grading']}"
        yield ""
        for rule in policy.grading:
            yield f"- **{_term(terms.GRADES[rule.grade.value], language)}** ({rule.article}) {_figures(rule, language)}"
        yield ""
    if policy.changes:
        yield f"### {word['changes'].format(law=f'`{policy.overlays}`')}"
        yield ""
        for change in policy.changes:
            parts = word["semicolon"].join(_changes(change, language))
            yield f"- {change.article} `{change.duty}`{word['colon']}{parts}"
        yield ""
    if policy.duties:
        yield f"### {word['duties']}"
        yield ""
        yield word["head"]
        yield "|---|---|---|---|---|---|---|---|"
        for duty in policy.duties:
            yield _duty(policy, duty, language)
        yield ""
        for duty in policy.duties:
            if duty.unverified:
                yield f"- {word['note']} {duty.article} (`{duty.id}`){word['colon']}{duty.note}"
        yield ""
    if policy.retention:
        yield f"### {word['retention']}"
        yield ""
        for kept in policy.retention:
            yield f"- {kept.article}{word['colon']}{_say(kept.text, language)}; {word['days'].format(days=kept.days)}"
        yield ""
    if policy.forms:
        yield f"### {word['forms']}"
        yield ""
        for form in policy.forms.values():
            fields = word["join"].join(_say(field.text, language) for field in form.fields)
            yield f"- {form.article} **{_say(form.title, language)}** (`{form.id}`){word['colon']}{fields}"


def _duty(policy: Policy, rule: DutyRule, language: str) -> str:
    word = _WORDS[language]
    kind = terms.ENTRY_KINDS[rule.when]
    by = word["join"].join(_name(role, language) for role in sorted(rule.by))
    grades = word["join"].join(_term(terms.GRADES[grade], language) for grade in sorted(rule.grades))
    media = word["join"].join(_term(terms.MEDIA[medium], language) for medium in sorted(rule.medium))
    conditions = (grades, media, word["missing"] if rule.if_missing else "")
    when = _term(kind, language) + (f" ({by})" if by else "") + "".join(f" · {said}" for said in conditions if said)
    through = word["join"].join(_term(terms.MEDIA[medium], language) for medium in rule.through)
    owes = rule.owes.removeprefix("role:")
    owing = _say(_OWING[owes], language) if owes in _OWING else _name(owes, language)
    limit = _limit(rule.limit, language)
    start = f" ({_say(_STARTS[rule.start], language)})" if rule.limit.unit != "none" else ""
    cells = [
        rule.article + (" 待核" if rule.unverified else ""),
        when,
        owing,
        _say(rule.text, language) + (word["through"].format(through) if through else ""),
        limit + start,
        word["join"].join(_name(name, language) for name in rule.to),
        word["join"].join(_name(name, language) for name in rule.cc),
        policy.forms[rule.form].article if rule.form in policy.forms else rule.form,
    ]
    return f"| {' | '.join(cells)} |"


def _changes(change: Change, language: str) -> Iterator[str]:
    word = _WORDS[language]
    if change.limit is not None:
        yield f"{word['limit']} {_limit(change.limit, language)}"
    for key, names in (("to", change.to), ("cc", change.cc)):
        if names is not None:
            yield f"{word[key]} {word['join'].join(_name(name, language) for name in names) or word['nobody']}"


def _figures(rule: GradeRule, language: str) -> str:
    word = _WORDS[language]
    if not rule.thresholds:
        return word["rest"]
    return word["or"].join(_figure(threshold, language) for threshold in rule.thresholds)


def _figure(threshold: Threshold, language: str) -> str:
    word = _WORDS[language]["over" if threshold.strictly else "at_least"]
    name, figure = threshold.fact, threshold.figure
    if name.endswith("_fen"):
        name, figure = name.removesuffix("_fen") + "_yuan", figure // 100
    return f"`{name}` {word} {figure:,}"


def _limit(limit: Limit, language: str) -> str:
    if limit.unit == "none":
        return _WORDS[language]["none"]
    return _LIMITS[language][limit.unit].format(limit.count)


def _name(name: str, language: str) -> str:
    return _term(terms.ROLES.get(name) or terms.RECIPIENTS[name], language)


def _term(term: terms.Term, language: str) -> str:
    return term.zh if language == "zh" else term.en


def _say(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en
