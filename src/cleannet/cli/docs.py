"""Print the pages of docs/ that are made from the product itself."""

import argparse
from collections.abc import Callable, Iterator, Mapping

from cleannet.cli.main import DONE
from cleannet.cli.policy_page import page
from cleannet.core import terms
from cleannet.core.policy_file import shipped
from cleannet.hub import environment

SECTIONS: tuple[tuple[str, str, Mapping[str, terms.Term]], ...] = (
    ("事件等级", "Grades of an incident", terms.GRADES),
    ("角色", "Roles", terms.ROLES),
    ("接收方", "Recipients that the law names by description", terms.RECIPIENTS),
    ("恶意资源", "Malicious resources", terms.RESOURCES),
    ("计数方式", "What a subscriber is counted as", terms.COUNTED),
    ("媒介", "Media of a notice", terms.MEDIA),
    ("验证结果", "Verdicts of a verification", terms.VERDICTS),
    ("台账记录", "Kinds of ledger entry, and who makes them", terms.ENTRY_KINDS),
)


def _makers(kind: terms.EntryKind) -> str:
    known = {**terms.ROLES, terms.CALENDAR.key: terms.CALENDAR}
    return "、".join(known[role].zh for role in sorted(kind.by)) or terms.CALENDAR.zh


def glossary() -> Iterator[str]:
    """Yield the lines of docs/glossary.md: every term of `core.terms` in its group, with its key, zh and en."""
    yield "# 术语表 Glossary"
    yield ""
    yield "Made from `cleannet.core.terms` by `cleannet docs glossary`; change the terms there, then run `script/docs`."
    for zh, en, group in SECTIONS:
        has_makers = any(isinstance(term, terms.EntryKind) for term in group.values())
        yield from ("", f"## {zh} {en}", "")
        yield "| key | 中文 | English |" + (" 由谁作出 made by |" if has_makers else "")
        yield "|---|---|---|" + ("---|" if has_makers else "")
        for term in group.values():
            makers = f" {_makers(term)} |" if isinstance(term, terms.EntryKind) else ""
            yield f"| `{term.key}` | {term.zh} | {term.en} |{makers}"


def policies() -> Iterator[str]:
    """Yield the lines of docs/policies.md: every shipped law as a page to read, in Chinese and in English."""
    yield "# 法规 Policies"
    yield ""
    yield "Made from `cleannet.policies` by `cleannet docs policies`; change the law there, then run `script/docs`."
    for policy in shipped().values():
        for language in ("zh", "en"):
            yield ""
            yield from page(policy, language).rstrip().splitlines()


def settings() -> Iterator[str]:
    """Yield the lines of docs/settings.md: every environment variable that the hub reads."""
    yield "# Settings of the hub"
    yield ""
    yield "Made from `cleannet.hub.environment` by `cleannet docs settings`; change it there, then run `script/docs`."
    yield ""
    yield "Each may instead be put in a file named by its name with `_FILE` after it, which is how secrets should come."
    yield ""
    yield from environment.table().splitlines()


PAGES: Mapping[str, tuple[Callable[[], Iterator[str]], str]] = {
    "glossary": (glossary, "every official term, Chinese and English"),
    "policies": (policies, "every shipped law as a page to read"),
    "settings": (settings, "every environment variable that the hub reads"),
}


def _print(options: argparse.Namespace) -> int:
    make, _ = PAGES[options.page]
    for line in make():
        print(line)
    return DONE


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `cleannet docs` to the command line."""
    parser = programs.add_parser("docs", help="print the pages of docs/ that are made from the product itself")
    pages = parser.add_subparsers(dest="page", metavar="PAGE", required=True)
    for name, (_, what) in PAGES.items():
        pages.add_parser(name, help=f"{what} (docs/{name}.md)").set_defaults(run=_print)
