"""Print the pages of docs/ that are made from the product itself."""

import argparse
from collections.abc import Iterator, Mapping

from cleannet.cli.main import DONE
from cleannet.core import terms

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


def _print_glossary(_: argparse.Namespace) -> int:
    for line in glossary():
        print(line)
    return DONE


def register(programs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `cleannet docs` to the command line."""
    parser = programs.add_parser("docs", help="print the pages of docs/ that are made from the product itself")
    pages = parser.add_subparsers(dest="page", metavar="PAGE", required=True)
    page = pages.add_parser("glossary", help="every official term, Chinese and English (docs/glossary.md)")
    page.set_defaults(run=_print_glossary)
