"""Gather evidence for the eight official behaviours, by rules that are data. A rule never decides; a person does.

A rule names the behaviour it is evidence for and what it needs; each need is met by any of the facts it lists. What met
it is shown with its place.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from cleannet.apk.assessment import Behaviour, Evidence, Piece
from cleannet.apk.dex import Dex, Reference
from cleannet.core.terms import BEHAVIOURS

FACT_KINDS = frozenset("permission action guard method field string part payload sign address".split())
MOST_PLACES = 3
_BEGIN = 8
_FOLDER = Path(__file__).with_name("rules")


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold one rule: a stable key, the behaviour it is evidence for, its words, and groups of facts by kind."""

    key: str
    behaviour: str
    zh: str
    en: str
    needs: tuple[Mapping[str, tuple[str, ...]], ...]


class BadRule(ValueError):
    """Say what is wrong in a file of rules, and at which rule."""


@dataclass(slots=True)
class Facts:
    """Collect what a sample has, by kind and text, with the first places of each."""

    _places: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, kind: str, text: str, place: str) -> None:
        """Note one fact."""
        places = self._places.setdefault((kind, text), [])
        if len(places) < MOST_PLACES and place not in places:
            places.append(place)

    def piece(self, kind: str, text: str) -> Piece | None:
        """Return the fact, or None where the sample does not have it."""
        places = self._places.get((kind, text))
        return None if places is None else Piece(kind, text, tuple(places))

    def add_dex(self, dex: Dex, place: str) -> None:
        """Note what the rules ask for among the references and texts of one DEX file."""
        asked = wanted()
        known = asked.any
        names: set[int] = set()
        inherited: set[int] = set()
        classes: set[int] = set()
        for position, raw in enumerate(dex.strings):
            if raw in known:
                if raw in asked.texts:
                    self.add("string", raw.decode(), f"{place} string {position}")
                for among, places in ((asked.names, names), (asked.inherited, inherited), (asked.classes, classes)):
                    if raw in among:
                        places.add(position)
        for kind, references in (("method", dex.methods), ("field", dex.fields)):
            for position in references.named(names, classes):
                if (reference := references[position]) in asked.references[kind]:
                    self.add(kind, "->".join(reference), f"{place} {kind} {position}")
            for position in references.named(inherited):
                of, name = references[position]
                if ("", name) in asked.references[kind]:
                    self.add(kind, f"->{name}", f"{place} {kind} {position} {of}")
        self.add_parts(dex.strings, place)

    def add_parts(self, texts: Sequence[bytes], place: str) -> None:
        """Note where the parts of texts (UTF-8) that rules ask for stand."""
        joined = b"\0".join(texts)
        starts: list[int] = []
        for begin, parts in wanted().parts.items():
            at = joined.find(begin)
            while at >= 0:
                starts = starts or list(accumulate((len(text) + 1 for text in texts), initial=0))
                for part, raw in parts:
                    if joined.startswith(raw, at):
                        self.add("part", part, f"{place} string {bisect_right(starts, at) - 1}")
                at = joined.find(begin, at + len(begin))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hold what rules ask for: references, the texts they are made of, whole texts, and parts by how they begin."""

    references: Mapping[str, frozenset[Reference]]
    names: frozenset[bytes]
    inherited: frozenset[bytes]
    classes: frozenset[bytes]
    texts: frozenset[bytes]
    parts: Mapping[bytes, Sequence[tuple[str, bytes]]]

    @property
    def any(self) -> frozenset[bytes]:
        return self.names | self.inherited | self.classes | self.texts


@lru_cache(1)
def shipped() -> tuple[Rule, ...]:
    """Return the rules that come with the product."""
    return load((_FOLDER / "behaviours.toml").read_text())


def load(text: str) -> tuple[Rule, ...]:
    """Return the rules of a TOML text; raise BadRule for an unknown behaviour or kind, or a rule that needs nothing."""
    rules = tuple(_rule(table) for table in tomllib.loads(text).get("rule", ()))
    keys = [rule.key for rule in rules]
    if repeated := {key for key in keys if keys.count(key) > 1}:
        raise BadRule(f"these keys stand twice: {', '.join(sorted(repeated))}")
    return rules


def _rule(table: Mapping[str, Any]) -> Rule:
    key = str(table.get("key", "?"))
    if missing := {"key", "behaviour", "zh", "en", "needs"} - table.keys():
        raise BadRule(f"{key}: without {', '.join(sorted(missing))}")
    if table["behaviour"] not in BEHAVIOURS:
        raise BadRule(f"{key}: no such behaviour; they are {', '.join(BEHAVIOURS)}")
    needs = tuple({kind: tuple(texts) for kind, texts in need.items()} for need in table["needs"])
    if not needs or not all(need and all(need.values()) for need in needs):
        raise BadRule(f"{key}: a rule needs at least one fact, and so does each of its needs")
    if unknown := {kind for need in needs for kind in need} - FACT_KINDS:
        raise BadRule(f"{key}: no such kind of fact: {', '.join(sorted(unknown))}")
    return Rule(key, table["behaviour"], table["zh"], table["en"], needs)


@lru_cache(1)
def wanted() -> Wanted:
    """Return what the shipped rules ask of a DEX file, so that nothing else need be looked at."""
    asked: dict[str, set[str]] = {kind: set() for kind in FACT_KINDS}
    for rule in shipped():
        for need in rule.needs:
            for kind, texts in need.items():
                asked[kind].update(texts)
    references = {
        kind: frozenset((of, name) for of, _, name in (text.partition("->") for text in asked[kind]))
        for kind in ("method", "field")
    }
    parts: dict[bytes, list[tuple[str, bytes]]] = {}
    for part in sorted(asked["part"]):
        # Those that begin alike are looked for at once.
        parts.setdefault(part.encode()[:_BEGIN], []).append((part, part.encode()))
    return Wanted(
        references,
        frozenset(name.encode() for listed in references.values() for of, name in listed if of),
        frozenset(name.encode() for listed in references.values() for of, name in listed if not of),
        frozenset(of.encode() for listed in references.values() for of, _ in listed if of),
        frozenset(text.encode() for text in asked["string"]),
        parts,
    )


def behaviours(facts: Facts, rules: Iterable[Rule] | None = None) -> tuple[Behaviour, ...]:
    """Return all eight behaviours in their official order, each with what the rules found for it."""
    met: dict[str, list[Evidence]] = {key: [] for key in BEHAVIOURS}
    for rule in shipped() if rules is None else rules:
        pieces: dict[tuple[str, str], Piece] = {}
        for need in rule.needs:
            found = [piece for kind, texts in need.items() for text in texts if (piece := facts.piece(kind, text))]
            if not found:
                break
            pieces |= {(piece.kind, piece.text): piece for piece in found}
        else:
            met[rule.behaviour].append(Evidence(rule.key, rule.zh, rule.en, tuple(pieces.values())))
    return tuple(Behaviour(key, term.zh, term.en, tuple(met[key])) for key, term in BEHAVIOURS.items())
