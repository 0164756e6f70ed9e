"""Print the pages of docs/ that are made from the product itself."""

import argparse
from collections.abc import Callable, Iterator, Mapping

from cleannet.cli.main import DONE, build_parser
from cleannet.cli.policy_page import page
from cleannet.core import terms
from cleannet.core.policy_file import shipped
from cleannet.hub import boot, environment

# The groups of `core.terms` by their names, with their headings; a group not named here is headed by its own name.
HEADINGS: Mapping[str, str] = {
    "GRADES": "事件等级 Grades of an incident",
    "ROLES": "角色 Roles",
    "RECIPIENTS": "接收方 Recipients that the law names by description",
    "RESOURCES": "恶意资源 Malicious resources",
    "BEHAVIOURS": "恶意行为 Behaviours of malware, in their official order",
    "COUNTED": "计数方式 What a subscriber is counted as",
    "MEDIA": "媒介 Media of a notice",
    "VERDICTS": "验证结果 Verdicts of a verification",
    "VANTAGES": "观察点 Where a verification looks from",
    "REACHES": "处置范围 How far an order reaches",
    "LISTINGS": "白名单类别 What an allow-list says",
    "ROUTE_TABLES": "归属表 Tables of who holds what",
    "ROUTES": "派发理由 Why a party is proposed",
    "UNROUTED": "归属不明的原因 Why nobody is known to hold a resource",
    "LEADS": "信息报送线索 Leads on reporting",
    "BREACHES": "认定属实的情形 What an upheld lead is",
    "LEAD_STATES": "线索状态 States of a lead",
    "SILENCES": "无数据的原因 Why an edge sends no data",
    "RIGHTS": "权限 Rights",
    "CONTACTS": "联系人 Contacts a party names",
    "FACTS": "分级事实 Facts that laws grade on",
    "PROVINCES": "省份 Provinces, by the code of GB/T 2260",
    "CASE_STATES": "案卷状态 States of a case",
    "ORDER_STATES": "处置任务状态 States of an order",
    "BATCH_STATES": "批次状态 States of a batch of drafted orders",
    "APPEAL_STATES": "申诉状态 States of an appeal",
    "EFFECTS": "处置任务在网络上的效力 Effect of an order on the network",
    "PLACES": "处置任务送达之处 Places an order is brought to",
    "ENTRY_KINDS": "台账记录 Kinds of ledger entry, and who makes them",
}


def groups() -> Iterator[tuple[str, Mapping[str, terms.Term]]]:
    """Yield each group of terms with its name, in the order in which `core.terms` has them."""
    for name, value in vars(terms).items():
        if name.isupper() and isinstance(value, Mapping) and all(isinstance(t, terms.Term) for t in value.values()):
            yield name, value


def _makers(kind: terms.EntryKind) -> str:
    known = {**terms.ROLES, terms.CALENDAR.key: terms.CALENDAR}
    return "、".join(known[role].zh for role in sorted(kind.by)) or terms.CALENDAR.zh


def glossary() -> Iterator[str]:
    """Yield the lines of docs/glossary.md: every term of `core.terms` in its group, with its key, zh and en."""
    yield "# 术语表 Glossary"
    yield ""
    yield "Made from `cleannet.core.terms` by `cleannet docs glossary`; change the terms there, then run `script/docs`."
    for name, group in groups():
        has_makers = any(isinstance(term, terms.EntryKind) for term in group.values())
        yield from ("", f"## {HEADINGS.get(name, name)}", "")
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


def api() -> Iterator[str]:
    """Yield the lines of docs/api.md: the API's conventions, and every operation with its right and its answers."""
    described, operations = (
        boot.found("cleannet.hub.api.description:page"),
        boot.found("cleannet.hub.api.operations:api"),
    )
    yield from described(operations)


def _commands(parser: argparse.ArgumentParser, what: str) -> Iterator[tuple[str, str]]:
    """Yield every full command, as `cleannet policy check`, with its one line of help."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser.prog, what
    for action in below:
        told = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, inner in action.choices.items():
            yield from _commands(inner, told.get(name, ""))


def commands() -> Iterator[str]:
    """Yield the lines of docs/commands.md: every command of every installed program, with its one line of help."""
    yield "# Commands"
    yield ""
    yield "Made by `cleannet docs commands`. Every command has `--help`."
    yield "Exit status: 0 done, 1 the rules say no, 2 wrong use."
    yield ""
    yield "| command | what it does |"
    yield "|---|---|"
    parser, _ = build_parser()
    for command, what in _commands(parser, ""):
        yield f"| `{command}` | {what} |"


PAGES: Mapping[str, tuple[Callable[[], Iterator[str]], str]] = {
    "api": (api, "the API's conventions, and every operation"),
    "commands": (commands, "every command with its one line of help"),
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
