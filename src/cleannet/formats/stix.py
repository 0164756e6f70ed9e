"""Read the indicators of a STIX 2 bundle (OASIS STIX 2.1, sections 4.7 and 9).

Understood are =, IN and (for addresses) ISSUBSET on domain-name:value, ipv4-addr:value, ipv6-addr:value and url:value,
and OR between them. Everything else is left out, each part with its reason. The program is what the indicator
`indicates`, otherwise its own name. The role is control, but distribution where the kill chain phase is delivery or the
infrastructure that is indicated hosts malware.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from stix2.pattern_visitor import ParseException, create_pattern_object
from stix2.patterns import (
    EqualityComparisonExpression,
    InComparisonExpression,
    IsSubsetComparisonExpression,
    ListConstant,
    ObservationExpression,
    OrBooleanExpression,
    OrObservationExpression,
    ParentheticalExpression,
    StringConstant,
)

from cleannet.formats.contents import Collector, Contents

_PATHS = frozenset({"domain-name:value", "ipv4-addr:value", "ipv6-addr:value", "url:value"})
_ONE_EQUALITY = re.compile(r"\[\s*([a-z0-9-]+:[^\s=!<>()\[\]]+)\s*=\s*'([^'\\]*)'\s*\]")
_ID = re.compile(r'"id"\s*:\s*"(indicator--[^"]*)"')
_LONGEST = 20_000

Part = tuple[str, str, str]


def read(text: str, path: str, moment: datetime) -> Contents:
    """Return what the bundle holds at `moment` (aware); nothing raises: the unreadable is left out with its reason."""
    collector = Collector(path)
    try:
        bundle = json.loads(text)
    except (ValueError, RecursionError) as error:
        collector.leave_out(getattr(error, "lineno", 0), "malformed", "not JSON")
        return collector.contents("json")
    objects = bundle.get("objects") if isinstance(bundle, dict) else None
    if not isinstance(objects, list) or bundle.get("type") != "bundle":
        collector.leave_out(0, "shape", "this JSON is neither a STIX bundle nor a release")
        return collector.contents("json")
    found = [item for item in objects if isinstance(item, dict)]
    by_id = {item["id"]: item for item in found if isinstance(item.get("id"), str)}
    indicated = {
        item.get("source_ref"): by_id.get(item.get("target_ref"))
        for item in found
        if item.get("type") == "relationship" and item.get("relationship_type") == "indicates"
    }
    lines = _lines_of_ids(text)
    for item in found:
        if item.get("type") == "indicator":
            identity = str(item.get("id", ""))
            _take(collector, item, indicated.get(identity) or {}, lines.get(identity, 0), moment)
    return collector.contents("stix")


def _take(collector: Collector, item: dict[str, Any], target: dict[str, Any], line: int, moment: datetime) -> None:
    pattern = item.get("pattern")
    if item.get("revoked") is True:
        collector.leave_out(line, "revoked", "the indicator was revoked by who made it")
    elif _expired(item.get("valid_until"), moment):
        collector.leave_out(line, "expired", "the indicator is no longer valid")
    elif item.get("pattern_type", "stix") != "stix":
        collector.leave_out(line, "language", "a pattern of another language than STIX")
    elif not isinstance(pattern, str) or len(pattern) > _LONGEST:
        collector.leave_out(line, "malformed", "no pattern, or one too long")
    else:
        program = str(target.get("name") or item.get("name") or "").strip() or str(item.get("id"))
        role = "distribution" if _hands_out(item, target) else "control"
        for value, code, reason in _parts(pattern):
            if code:
                collector.leave_out(line, code, reason)
            else:
                collector.take(value, line, program, lambda _: role)


def _hands_out(item: dict[str, Any], target: dict[str, Any]) -> bool:
    phases = item.get("kill_chain_phases")
    delivery = isinstance(phases, list) and any(
        isinstance(phase, dict) and phase.get("phase_name") == "delivery" for phase in phases
    )
    types = target.get("infrastructure_types")
    return delivery or (isinstance(types, list) and "hosting-malware" in types)


def _expired(valid_until: object, moment: datetime) -> bool:
    if not isinstance(valid_until, str):
        return False
    try:
        until = datetime.fromisoformat(valid_until)
    except ValueError:
        return False
    return until.tzinfo is not None and until <= moment


def _parts(pattern: str) -> Iterator[Part]:
    """Yield each part of a pattern as a value to parse, or as a code and reason why it is not understood."""
    one = _ONE_EQUALITY.fullmatch(pattern.strip())
    if one:
        yield _value(one[1], one[2])
        return
    try:
        tree = create_pattern_object(pattern, version="2.1")
    except (ParseException, ValueError, RecursionError):
        yield "", "malformed", "not a STIX pattern"
        return
    yield from _walk(tree)


def _walk(node: Any) -> Iterator[Part]:
    if isinstance(node, ParentheticalExpression):
        yield from _walk(node.expression)
    elif isinstance(node, ObservationExpression):
        yield from _walk(node.operand)
    elif isinstance(node, OrObservationExpression | OrBooleanExpression):
        for operand in node.operands:
            yield from _walk(operand)
    elif isinstance(node, EqualityComparisonExpression | InComparisonExpression | IsSubsetComparisonExpression):
        yield from _comparison(node)
    else:
        yield "", "comparison", "only =, IN and ISSUBSET, joined by OR, are understood"


def _comparison(node: Any) -> Iterator[Part]:
    subset_of_names = isinstance(node, IsSubsetComparisonExpression) and "addr" not in str(node.lhs)
    if node.negated or node.operator not in ("=", "IN", "ISSUBSET") or subset_of_names:
        yield "", "comparison", "only =, IN and ISSUBSET, joined by OR, are understood"
        return
    for constant in node.rhs.value if isinstance(node.rhs, ListConstant) else [node.rhs]:
        if isinstance(constant, StringConstant):
            yield _value(str(node.lhs), constant.value.replace("\\'", "'").replace("\\\\", "\\"))
        else:
            yield "", "comparison", "a text was expected on the right of the comparison"


def _value(path: str, value: str) -> Part:
    if path not in _PATHS:
        return "", "not_network", f"{path.partition(':')[0]} is not seen in network logs"
    if path == "url:value" and "://" not in value:
        return "", "malformed", "not a URL"
    return value, "", ""


def _lines_of_ids(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    line, at = 1, 0
    for found in _ID.finditer(text):
        line += text.count("\n", at, found.start())
        at = found.start()
        lines.setdefault(found[1], line)
    return lines
