"""Make one assessment out of what the jailed process wrote, and decide about each address.

Nothing that comes out of the jail is trusted: a line that is not what the worker writes is a reason in `not_read`.
Where the process was ended, it is run once more without the part that ended it, so that one broken reader costs its own
part only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cleannet.apk import jail
from cleannet.apk.assessment import Address, Assessment, NotAnAssessment, NotRead, clean, from_json
from cleannet.apk.jail import Ended, Limits
from cleannet.core.allow import AllowLists
from cleannet.core.indicator import NotUnderstood, parse

PART_SECONDS = 15
MOST_RUNS = 4
MOST_SAMPLES = 6
_NUMBERS = {"phone": ("号码", "a number"), "short_code": ("短号", "a short code")}


@dataclass(slots=True)
class _Parts:
    """Collect what was told of one sample."""

    name: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    not_read: list[NotRead] = field(default_factory=list)


def assess(
    sample: Path,
    allowed: AllowLists,
    moment: datetime,
    *,
    how: str = jail.BWRAP,
    limits: Limits | None = None,
    password: str = "",
) -> Assessment:
    """Return the assessment of a file, read in the jail named `how`; addresses are decided as of `moment` (aware).

    Raises jail.NoJail where that jail does not work here, and OSError where the file cannot be read. Everything else
    that goes wrong is a reason in `not_read`.
    """
    limits = limits or Limits()
    if (size := sample.stat().st_size) > jail.MOST_FILE:
        why = NotRead("file", f"it has {size} bytes; the most that is read is {jail.MOST_FILE}")
        return Assessment(name=clean(sample.name), size=size, not_read=(why,))
    jail.check(how)
    ended_by: list[tuple[int, str, str]] = []
    parts: dict[int, _Parts] = {}
    for _ in range(MOST_RUNS):
        skip = [(number, part) for number, part, _ in ended_by]
        options = {"password": password, "skip": skip, "seconds": PART_SECONDS}
        ended = jail.run(sample, options, jail=how, limits=limits)
        parts, during = _collect(ended)
        if not ended.reason:
            break
        ended_by.append((*during, ended.reason))
        if during in skip or during[1] == "start":
            break
    for number, part, reason in ended_by:
        parts.setdefault(number, _Parts()).not_read.append(NotRead(part, reason))
    made = {number: _assessment(told, allowed, moment) for number, told in sorted(parts.items())}
    whole = made.pop(0, Assessment(not_read=(NotRead("start", "the process said nothing"),)))
    return replace(whole, name=clean(sample.name), inside=tuple(made.values()))


def _collect(ended: Ended) -> tuple[dict[int, _Parts], tuple[int, str]]:
    """Return what was told by sample, and the sample and part that had begun last and did not end ("start": none)."""
    parts: dict[int, _Parts] = {0: _Parts()}
    begun = (0, "start")
    for line in ended.lines:
        try:
            told = json.loads(line)
            number = told["sample"]
            if type(number) is not int or not 0 <= number < MOST_SAMPLES:
                raise ValueError("no such sample")
            one = parts.setdefault(number, _Parts())
            if "begins" in told:
                begun = (number, clean(str(told["begins"])))
                one.name = clean(str(told["name"]))
                continue
            part = clean(str(told["part"]))
            one.fields |= dict(told["fields"])
            one.not_read += [NotRead(part, clean(str(reason))) for reason in list(told["not_read"])[:1000]]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            parts[0].not_read.append(NotRead("answer", f"a line that is none: {clean(str(error))[:200]}"))
    return parts, begun


def _assessment(told: _Parts, allowed: AllowLists, moment: datetime) -> Assessment:
    fields, reasons = told.fields, list(told.not_read)
    try:
        read = from_json(fields)
    except NotAnAssessment:
        read, wrong = _field_by_field(fields)
        reasons += wrong
    addresses = tuple(_decided(address, allowed, moment) for address in read.addresses)
    return replace(read, name=told.name, addresses=addresses, not_read=tuple(reasons))


def _field_by_field(fields: Mapping[str, Any]) -> tuple[Assessment, list[NotRead]]:
    """Return what of the answer has the right shape, and a reason for each field that has not."""
    right: dict[str, Any] = {}
    wrong: list[NotRead] = []
    for name, value in fields.items():
        try:
            from_json({name: value})
            right[name] = value
        except NotAnAssessment as error:
            wrong.append(NotRead("answer", clean(str(error))[:300]))
    return from_json(right), wrong


def _decided(address: Address, allowed: AllowLists, moment: datetime) -> Address:
    """Return an address with the allow-list's decision, or with why there is none to take."""
    if address.kind in _NUMBERS:
        zh, en = _NUMBERS[address.kind]
        return replace(address, reason=address.kind, zh=zh, en=en)
    try:
        pattern = parse(address.text)
    except NotUnderstood as error:
        return replace(address, reason=error.code, zh="不属于互联网上任何单位的地址", en=str(error))
    decision = allowed.decide(pattern, moment)
    term = decision.term
    return replace(
        address,
        verdict=decision.verdict,
        reach=decision.reach,
        reason=decision.reason,
        zh=term.zh,
        en=term.en,
        listed=decision.listed,
        list=f"{decision.list}:{decision.line}" if decision.line else decision.list,
    )
