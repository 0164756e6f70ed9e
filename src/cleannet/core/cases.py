"""Cases beside a law: what its rows must come to, as data that a lawyer reads and writes.

A file `LAW.cases.toml` holds `[[grade]]` (figures and the grade they come to), `[[owed]]` (one per row of the law, see
core.owed), `[[due]]` (one entry and all duties it opens) and `[[story]]` (entries in order and how each duty then
stands). Times without a zone are Beijing's.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cleannet.core import owed
from cleannet.core.clock import Calendar, moment
from cleannet.core.duty import Duty, arising
from cleannet.core.entry import ANYBODY, ANYTHING, Delegation, Facts
from cleannet.core.grading import NotApplicable, grade
from cleannet.core.policy import Policy
from cleannet.core.policy_file import parse
from cleannet.core.replay import Standing, replay
from cleannet.core.terms import Grade


def run(policy: Policy, text: str, calendar: Calendar) -> Iterator[tuple[str, str]]:
    """Yield the name of each case and what it found wrong (empty where the law comes to what the case says).

    Raises TOMLDecodeError, KeyError, TypeError or ValueError for a case that cannot be read.
    """
    data = tomllib.loads(text)
    overlays = {item["name"]: parse(item["text"], f"{item['name']}.toml") for item in data.get("overlay", [])}
    for case in data.get("grade", []):
        yield _grade_case(policy, case)
    for item in data.get("owed", []):
        one = owed.read(item, data.get("moments", {}))
        yield f"owed: {one.rule}", "; ".join(owed.wrong(policy, one, calendar))
    for number, case in enumerate(data.get("due", []), 1):
        yield _due_case(policy, case, number, calendar)
    for case in data.get("story", []):
        yield (
            case["name"],
            "; ".join(_story(policy, case, calendar, [overlays[name] for name in case.get("overlays", [])])),
        )


def facts(data: Mapping[str, Any]) -> Facts:
    """Read one entry of a case; `at` stands for every moment the entry does not give."""
    given = dict(data)
    at = given.pop("at", None)
    times: dict[str, Any] = {
        name: moment(given.pop(name)) if name in given else at and moment(at) for name in owed.MOMENTS
    }
    grades = {law: Grade(value) for law, value in given.pop("grades", {}).items()}
    given.setdefault("party", given["role"])
    return Facts(**given, **times, grades=grades)


def _grade_case(policy: Policy, case: Mapping[str, Any]) -> tuple[str, str]:
    wanted = case["is"]
    figures = {
        key.removesuffix("_yuan") + "_fen" if key.endswith("_yuan") else key: value * 100
        if key.endswith("_yuan")
        else value
        for key, value in case.items()
        if key != "is"
    }
    name = ", ".join(f"{key} {value:,}" for key, value in case.items() if key != "is")
    try:
        found = grade(policy, figures).grade.value
    except NotApplicable:
        found = "not applicable"
    return f"grade: {name}", "" if found == wanted else f"comes to {found}, not {wanted}"


def _due_case(policy: Policy, case: Mapping[str, Any], number: int, calendar: Calendar) -> tuple[str, str]:
    grades = {policy.id: case["grade"]} if "grade" in case else {}
    entry = facts({"grades": grades, "refs": ANYTHING, **case["entry"]})
    found = [_told(duty) for duty in arising(policy, entry, ANYBODY, calendar)]
    wanted = [_wanted(item) for item in case["owes"]]
    only = set().union(*(item.keys() for item in wanted)) if wanted else set()
    shown = [{key: duty[key] for key in only} for duty in found]
    wrong = [f"{item} is not owed" for item in wanted if item not in [_only(duty, item) for duty in shown]]
    if len(found) != len(wanted):
        wrong.append(f"{len(found)} duties arise, not {len(wanted)}: {', '.join(duty['rule'] for duty in found)}")
    return f"due {number}: {entry.kind} by {entry.role}", "; ".join(wrong)


def _only(duty: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    return {key: duty[key] for key in keys}


def _wanted(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: moment(value) if key == "due" and value else value or None for key, value in item.items()}


def _told(duty: Duty) -> dict[str, Any]:
    return {
        "rule": duty.rule,
        "article": duty.article,
        "owes": duty.owes,
        "expects": duty.expects,
        "due": duty.due,
        "to": list(duty.to) or None,
        "cc": list(duty.cc) or None,
        "form": duty.form or None,
        "provisional": duty.provisional or None,
    }


def _story(policy: Policy, case: Mapping[str, Any], calendar: Calendar, overlays: Sequence[Policy]) -> Iterator[str]:
    delegations = [Delegation(policy=policy.id, **item) for item in case.get("delegations", [])]
    entries = [facts(item) for item in case["entries"]]
    standing = replay([policy], entries, case["roles"], calendar, overlays, delegations)
    at = moment(case["at"])
    found: dict[tuple[str, str], list[Standing]] = {}
    for one in standing:
        found.setdefault((one.duty.rule, one.duty.owes), []).append(one)
    for item in case["duties"]:
        here = found.get((item["rule"], item["owes"]), [])
        states = [one.state(at) for one in here]
        if states != (item["state"] if isinstance(item["state"], list) else [item["state"]]):
            yield f"{item['rule']} of {item['owes']} is {states}, not {item['state']}"
        elif "due" in item and here[0].duty.due != moment(item["due"]):
            yield f"{item['rule']} of {item['owes']} is due {here[0].duty.due}, not {item['due']}"
    if case.get("no_more"):
        extra = found.keys() - {(item["rule"], item["owes"]) for item in case["duties"]}
        if extra:
            yield f"there are more duties: {sorted(extra)}"
