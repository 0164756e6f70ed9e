"""迟报、漏报、瞒报、谎报: what the record points to (545号 十九). A person decides, after the answer.

What an entry's facts must say for it: `figures` (what was counted or is stated, by fact), `seen_at` (the parties at
which CNCERT itself saw what it graded), `items` (what a feedback says of each order) and `verdicts` (of each order).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cleannet.core.clock import BEIJING
from cleannet.core.policy import DutyRule, Policy, Text
from cleannet.core.replay import LAPSED, LATE, VOID_LATE, state
from cleannet.core.terms import Grade

_GRADED, _REPORTED, _ANNULLED = "incident.graded", "incident.reported", "incident.annulled"
_FED_BACK, _VERIFIED = "disposal.fed_back", "disposal.verified"


class Act(Protocol):
    """Say what a lead needs of an entry; a ledger row satisfies it as it is."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def party(self) -> str: ...
    @property
    def refs(self) -> Mapping[str, str]: ...
    @property
    def grades(self) -> Mapping[str, Grade]: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


class Owed(Protocol):
    """Say what a lead needs of a duty and of what opened and ended it; a ledger row satisfies it as it is."""

    @property
    def key(self) -> str: ...
    @property
    def policy(self) -> str: ...
    @property
    def article(self) -> str: ...
    @property
    def owes(self) -> str: ...
    @property
    def expects(self) -> str: ...
    @property
    def due(self) -> datetime | None: ...
    @property
    def scope(self) -> Mapping[str, str]: ...
    @property
    def opened_by(self) -> Act: ...
    @property
    def met_by(self) -> Act | None: ...
    @property
    def void_by(self) -> Act | None: ...


@dataclass(frozen=True, slots=True)
class Lead:
    """Point to one breach: `kind` is a key of terms.LEADS, `evidence` the ids of entries and keys of duties.

    `article` is the one breached, "" where no row of the law names it. `said` gives the moments or figures.
    """

    kind: str
    party: str
    policy: str
    article: str
    case: str
    evidence: tuple[str, ...]
    said: Text


def leads(laws: Sequence[Policy], duties: Iterable[Owed], entries: Iterable[Act], now: datetime) -> tuple[Lead, ...]:
    """Return what duties and entries point to at the aware moment `now`; pass all entries of every case in question.

    Late: an act after `due`, or none yet. Possible concealment instead: no report at all on what the party's own
    figures passed. Omitted: CNCERT saw it at a party that sent neither report nor count. Possible falsity: a report
    stating less than the party had counted by then, or a feedback “done” that verification found still there.
    """
    acts = sorted(entries, key=lambda act: (act.happened_at, act.id))
    return (
        *_late_or_concealed(duties, acts, now),
        *_omitted(laws, acts),
        *_understated(laws, acts),
        *_undone(laws, acts),
    )


def _late_or_concealed(duties: Iterable[Owed], acts: Sequence[Act], now: datetime) -> Iterator[Lead]:
    for duty in duties:
        met, void = duty.met_by, duty.void_by
        standing = state(duty.due, met.happened_at if met else None, void.happened_at if void else None, now)
        if not duty.owes or duty.due is None or standing not in (LATE, LAPSED, VOID_LATE):
            continue
        due = _moment(duty.due)
        kind, said = "late", Text(f"时限{due}，未作出", f"Due {due}, not done")
        if met:
            done = _moment(met.happened_at)
            said = Text(f"时限{due}，于{done}作出", f"Due {due}, done {done}")
        elif standing == LAPSED and _is_concealed(duty, acts):
            kind = "concealed"
            said = Text(f"自行统计已达级，时限{due}，未报送", f"Its own figures passed; due {due}, not reported")
        evidence = (duty.key, duty.opened_by.id, *(end.id for end in (met, void) if end))
        yield Lead(kind, duty.owes, duty.policy, duty.article, duty.scope.get("case", ""), evidence, said)


def _is_concealed(duty: Owed, acts: Sequence[Act]) -> bool:
    """Return whether nothing was reported on what the party itself counted and graded."""
    opened = duty.opened_by
    own = opened.kind == _GRADED and opened.party == duty.owes and bool(opened.facts.get("figures"))
    return (
        own
        and duty.expects == _REPORTED
        and not any(
            act.kind == _REPORTED
            and act.party == duty.owes
            and act.refs.get("case") == duty.scope.get("case")
            and act.happened_at >= opened.happened_at
            for act in acts
        )
    )


def _omitted(laws: Sequence[Policy], acts: Sequence[Act]) -> Iterator[Lead]:
    annulled = {act.refs.get("case") for act in acts if act.kind == _ANNULLED}
    told = {(act.refs.get("case"), act.party) for act in acts if act.kind in (_GRADED, _REPORTED)}
    for act in acts:
        case = act.refs.get("case", "")
        if act.kind != _GRADED or act.role != "cncert" or case in annulled:
            continue
        silent = [party for party in sorted(act.facts.get("seen_at", ())) if (case, party) not in told]
        # One lead a party, from where CNCERT first saw it.
        told |= {(case, party) for party in silent}
        seen = _moment(act.happened_at)
        said = Text(
            f"CNCERT于{seen}监测到，该单位未报送也未上报统计",
            f"CNCERT saw it there {seen}; neither report nor count came",
        )
        for law, grade in _graded(laws, act):
            asking = (rule for rule in _asking(law, _REPORTED, grade) if rule.when == act.kind)
            article = next((rule.article for rule in asking if act.role not in rule.by), "")
            for party in silent:
                yield Lead("omitted", party, law.id, article, case, (act.id,), said)


def _understated(laws: Sequence[Policy], acts: Sequence[Act]) -> Iterator[Lead]:
    """Yield reports that state less than their party had counted: a maximum and a sum never fall.

    More than was counted is no contradiction: not every count is a new grade, and only grades are entries.
    """
    counted: dict[tuple[str, str], dict[str, tuple[int, str]]] = {}
    for act in acts:
        case, figures = act.refs.get("case", ""), act.facts.get("figures", {})
        own = counted.setdefault((case, act.party), {})
        if act.kind == _GRADED:
            own.update({fact: (figure, act.id) for fact, figure in figures.items()})
        if act.kind != _REPORTED:
            continue
        less = sorted(fact for fact in figures if fact in own and figures[fact] < own[fact][0])
        if not less:
            continue
        pairs = [(_figure(fact, figures[fact]), _figure(fact, own[fact][0])) for fact in less]
        said = Text(
            "；".join(f"报送{stated}，自行统计{graded}" for stated, graded in pairs),
            "; ".join(f"{stated} stated, {graded} counted" for stated, graded in pairs),
        )
        evidence = (act.id, *sorted({own[fact][1] for fact in less}))
        for law, grade in _graded(laws, act):
            yield Lead("false", act.party, law.id, _article(law, act, grade), case, evidence, said)


def _undone(laws: Sequence[Policy], acts: Sequence[Act]) -> Iterator[Lead]:
    fed_back = {act.refs["feedback"]: act for act in acts if act.kind == _FED_BACK and "feedback" in act.refs}
    for act in acts:
        told = fed_back.get(act.refs.get("feedback", ""))
        if act.kind != _VERIFIED or told is None:
            continue
        verdicts = act.facts.get("verdicts", {})
        done = {item["order"] for item in told.facts.get("items", ()) if item["done"]}
        there = ", ".join(sorted(order for order in done if verdicts.get(order) == "still_there"))
        said = Text(f"反馈已处置，验证仍存在：{there}", f"Fed back as done, verified as still there: {there}")
        for law, grade in _graded(laws, told) if there else ():
            article, case = _article(law, told, grade), told.refs.get("case", "")
            yield Lead("false", told.party, law.id, article, case, (told.id, act.id), said)


def _graded(laws: Sequence[Policy], act: Act) -> list[tuple[Policy, Grade]]:
    return [(law, act.grades[law.id]) for law in laws if law.id in act.grades]


def _article(law: Policy, act: Act, grade: Grade) -> str:
    """Return the article that asks for such an act of such a party at this grade."""
    return next((rule.article for rule in _asking(law, act.kind, grade) if act.role in rule.by), "")


def _asking(law: Policy, kind: str, grade: Grade) -> Iterator[DutyRule]:
    return (rule for rule in law.duties if rule.expects == kind and grade in rule.grades)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def _figure(fact: str, figure: int) -> str:
    """Return a fact with its figure; money in yuan, as everywhere at the edges."""
    if fact.endswith("_fen"):
        return f"{fact.removesuffix('_fen')}_yuan {figure // 100:,}.{figure % 100:02}"
    return f"{fact} {figure:,}"
