"""`cleannet policy`: check the law's files, explain them, grade figures and count deadlines."""

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cleannet.cli.policy_figures import figures, shown
from cleannet.cli.policy_page import page
from cleannet.core import cases, terms
from cleannet.core.clock import BEIJING, moment, shipped_calendar
from cleannet.core.duty import Duty, arising
from cleannet.core.entry import ANYBODY, ANYTHING, Facts
from cleannet.core.grading import NotApplicable, grade
from cleannet.core.overlay import check_overlay
from cleannet.core.policy import CASES, Policy, shipped_files
from cleannet.core.policy_file import PolicyError, load, parse, shipped
from cleannet.core.terms import Grade
from cleannet.core.toml_table import Problem

DONE, REFUSED, WRONG_USE = 0, 1, 2
_YEARS = range(1900, 9000)


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `policy check | explain | grade | due`."""
    commands = programs.add_parser("policy", help="the law as data").add_subparsers(metavar="COMMAND", required=True)

    check = commands.add_parser("check", help="check policy files and run the cases beside them")
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="policy files; the shipped laws by default")
    check.add_argument("--json", action="store_true", help="answer as JSON")
    check.set_defaults(run=_check)

    explain = commands.add_parser("explain", help="print a law as a page to read")
    explain.add_argument("policy", nargs="*", help="ids of shipped laws, or files; all shipped laws by default")
    explain.add_argument("--lang", choices=("zh", "en", "both"), default="both")
    explain.set_defaults(run=_explain)

    grading = commands.add_parser("grade", help="grade figures under a law")
    grading.add_argument("--policy", required=True, help="id of a shipped law, or a file")
    grading.add_argument("--infected", type=int, metavar="N", help="distinct phone numbers infected within 24 hours")
    grading.add_argument("--loss", metavar="YUAN", help="cumulative charges lost, in yuan")
    grading.add_argument("--fact", action="append", default=[], metavar="NAME=N", help="another fact the law grades on")
    grading.add_argument("--json", action="store_true", help="answer as JSON")
    grading.set_defaults(run=_grade)

    due = commands.add_parser("due", help="list the duties that one entry opens, with their deadlines")
    due.add_argument("--policy", required=True, help="id of a shipped law, or a file")
    due.add_argument("--entry", required=True, metavar="KIND", help="kind of the entry, as incident.graded")
    due.add_argument("--role", required=True, help="who made it; for the calendar's entries, whose duties to list")
    due.add_argument("--grade", choices=list(terms.GRADES))
    due.add_argument("--medium", choices=list(terms.MEDIA), default="system", help="how it was made; system by default")
    due.add_argument("--at", required=True, metavar="TIME", help="ISO 8601; Beijing time where no zone is given")
    due.add_argument("--overlay", action="append", default=[], type=Path, metavar="FILE", help="an overlay in force")
    due.add_argument("--json", action="store_true", help="answer as JSON")
    due.set_defaults(run=_due)


def _wrong(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return WRONG_USE


def _policy(name: str) -> Policy | None:
    """Return a shipped law by id or a law in a file; say what is wrong and return none otherwise."""
    try:
        if name in shipped():
            return shipped()[name]
        if name.endswith(".toml"):
            return load(Path(name))
    except (PolicyError, OSError) as wrong:
        _wrong(str(wrong))
        return None
    _wrong(
        f"There is no law “{name}”. Shipped are {', '.join(shipped())}; a law of your own is named by its .toml file."
    )
    return None


def _check(options: argparse.Namespace) -> int:
    found = list(_checked(options.files))
    wrong = [item for item in found if item["wrong"]]
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for item in wrong:
            print(item["wrong"], file=sys.stderr)
        for item in found:
            if not item["wrong"]:
                print(f"{item['file']}: {item['duties']} duties, {item['cases']} cases, all come out as written")
    return REFUSED if wrong else DONE


def _checked(paths: list[Path]) -> Iterator[dict[str, object]]:
    beside = dict(shipped_files(cases=True))
    texts = dict(shipped_files())
    if paths:
        texts, beside = {}, {}
    for path in paths:
        try:
            texts[str(path)] = path.read_text(encoding="utf-8")
            cased = path.with_name(path.name.removesuffix(".toml") + CASES)
            if cased.exists():
                beside[str(cased)] = cased.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as wrong:
            yield {"file": str(path), "wrong": f"{path}: {wrong}"}
    read: dict[str, Policy] = {}
    for name, text in texts.items():
        try:
            read[name] = parse(text, Path(name).name)
        except PolicyError as wrong:
            yield {"file": name, "wrong": str(wrong)}
    laws = {**shipped(), **{policy.id: policy for policy in read.values()}}
    for name, policy in read.items():
        if problems := check_overlay(policy, laws):
            yield {"file": name, "wrong": str(PolicyError(Path(name).name, problems))}
            continue
        written = beside.get(name.removesuffix(".toml") + CASES, "")
        try:
            results = list(cases.run(policy, written, shipped_calendar()))
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, PolicyError) as wrong:
            yield {"file": name, "wrong": f"{name.removesuffix('.toml')}{CASES}: cannot be read: {wrong!r}"}
            continue
        failed = [f"{name.removesuffix('.toml')}{CASES}: {case}: {why}" for case, why in results if why]
        yield {"file": name, "duties": len(policy.duties), "cases": len(results), "wrong": "\n".join(failed)}


def _explain(options: argparse.Namespace) -> int:
    languages = ("zh", "en") if options.lang == "both" else (options.lang,)
    for name in options.policy or shipped():
        policy = _policy(name)
        if policy is None:
            return WRONG_USE
        for language in languages:
            print(page(policy, language))
    return DONE


def _grade(options: argparse.Namespace) -> int:
    policy = _policy(options.policy)
    if policy is None:
        return WRONG_USE
    known = {fact for law in shipped().values() for fact in law.facts()}
    try:
        given = figures(policy, known, options.infected, options.loss, options.fact)
    except ValueError as wrong:
        return _wrong(str(wrong))
    if not given:
        return _wrong("Say at least one figure: --infected N, --loss YUAN or --fact NAME=N.")
    idle = ", ".join(shown(fact) for fact in given if fact not in policy.facts())
    try:
        graded = grade(policy, given)
    except NotApplicable:
        graded_on = ", ".join(sorted(shown(fact) for fact in policy.facts())) or "nothing"
        sentence = (
            f"Not applicable: {policy.id} does not grade on {idle}. A person states what it grades on: {graded_on}."
        )
        print(sentence, file=sys.stderr)
        if options.json:
            print(json.dumps({"policy": policy.id, "grade": None, "article": None}, ensure_ascii=False))
        return REFUSED
    if idle:
        print(f"Not applicable here: {idle}; {policy.id} does not grade on it.", file=sys.stderr)
    if options.json:
        answer = {"policy": policy.id, "grade": graded.grade.value, "article": graded.article}
        print(json.dumps(answer, ensure_ascii=False))
    else:
        term = graded.grade.term
        print(f"{graded.grade.value} {term.zh} {term.en} · {policy.id} {graded.article}")
    return DONE


def _due(options: argparse.Namespace) -> int:
    policy = _policy(options.policy)
    if policy is None:
        return WRONG_USE
    kind = terms.ENTRY_KINDS.get(options.entry)
    if kind is None:
        return _wrong(f"There is no kind of entry “{options.entry}”. Known are {', '.join(terms.ENTRY_KINDS)}.")
    if options.role not in (*terms.ROLES, terms.CALENDAR.key):
        return _wrong(f"There is no role “{options.role}”. Known are {', '.join(terms.ROLES)}, {terms.CALENDAR.key}.")
    if kind.by and options.role not in kind.by:
        print(
            f"{kind.key} is never made by {options.role}; it is made by {', '.join(sorted(kind.by))}.", file=sys.stderr
        )
        return REFUSED
    try:
        overlays = [_overlay(path, policy) for path in options.overlay]
    except (PolicyError, OSError) as wrong:
        return _wrong(str(wrong))
    rules = [rule for law in (policy, *overlays) for rule in law.duties]
    graded = any(rule.grades and rule.when == kind.key and options.role in rule.by for rule in rules)
    if graded and options.grade is None:
        return _wrong(f"What {kind.key} opens depends on the grade; add --grade {'|'.join(terms.GRADES)}.")
    try:
        at = moment(options.at)
    except ValueError:
        return _wrong(f"--at “{options.at}” is not an ISO 8601 time, as 2026-09-29T10:00+08:00.")
    if at.year not in _YEARS:
        return _wrong(f"--at “{options.at}” is outside the years {_YEARS[0]} to {_YEARS[-1]}, which limits count in.")
    entry = Facts(
        kind=kind.key,
        role=options.role if kind.by else terms.CALENDAR.key,
        party=options.role if kind.by else terms.CALENDAR.key,
        happened_at=at,
        found_at=at,
        received_at=at,
        changed_at=at,
        grades={policy.id: Grade(options.grade)} if options.grade else {},
        recipients=() if kind.key.endswith(".received") else tuple(terms.ROLES),
        refs=ANYTHING,
        medium=options.medium,
    )
    duties = [
        duty
        for duty in arising(policy, entry, ANYBODY, shipped_calendar(), overlays)
        if kind.by or options.role in (duty.role, terms.CALENDAR.key)
    ]
    if options.json:
        print(json.dumps([_told(duty) for duty in duties], ensure_ascii=False, indent=2))
    elif not duties:
        print(f"{policy.id}: {kind.key} by {options.role} opens no duty.")
    else:
        for duty in duties:
            print(_line(duty))
    return DONE


def _overlay(path: Path, law: Policy) -> Policy:
    """Return the overlay in a file; raise PolicyError when it is none on `law`, and OSError when it cannot be read."""
    overlay = load(path)
    problems = check_overlay(overlay, {law.id: law})
    if not overlay.overlays:
        problems = (Problem(1, "is a law of its own; an overlay names the law below in “overlays”"),)
    if problems:
        raise PolicyError(path.name, problems)
    return overlay


def _told(duty: Duty) -> dict[str, object]:
    return {
        "policy": duty.policy,
        "article": duty.article,
        "owes": duty.owes,
        "expects": duty.expects,
        "due": duty.due.astimezone(BEIJING).isoformat() if duty.due else None,
        "to": list(duty.to),
        "cc": list(duty.cc),
        "form": duty.form or None,
        "provisional": duty.provisional,
    }


def _line(duty: Duty) -> str:
    when = f"due {duty.due.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" if duty.due else "no limit in the law"
    provisional = " (provisional: the year's notice on working days is not published)" if duty.provisional else ""
    unverified = " 待核" if duty.unverified else ""
    whom = f" to {', '.join(duty.to)}" if duty.to else ""
    copies = f", copied to {', '.join(duty.cc)}" if duty.cc else ""
    form = f", on {duty.form}" if duty.form else ""
    return f"{duty.article}{unverified}: {duty.owes} owes {duty.expects}{whom}{copies}{form}: {when}{provisional}"
