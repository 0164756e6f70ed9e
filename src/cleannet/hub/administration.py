"""Carry out the commands by which an administrator fills the hub: parties, people, edges, programs, laws."""

import argparse
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from cleannet.core.allow import AllowLists
from cleannet.core.policy import Policy
from cleannet.core.policy_file import PolicyError, load, shipped
from cleannet.core.refusal import Refusal
from cleannet.formats import allowlists, lists
from cleannet.formats.contents import told_apart
from cleannet.hub.incidents import opening
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import erasing
from cleannet.hub.papers import queries as archive
from cleannet.hub.parties import accounts, rights
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import queries as register
from cleannet.hub.programs import actions as programs
from cleannet.hub.watch import actions as watch
from cleannet.hub.wording import told

DONE, REFUSED, WRONG_USE = 0, 1, 2
PASSWORD_BYTES = 15
Command = Callable[[argparse.Namespace], int]


def worded(command: Command) -> Command:
    """Let a command end in the words of a refusal and status 1 instead of a traceback."""

    def run(options: argparse.Namespace) -> int:
        try:
            return command(options)
        except Refusal as refusal:
            words = told(refusal)
            print(f"{words.what} {words.remedy}", file=sys.stderr)
            return REFUSED

    return run


@worded
def party(options: argparse.Namespace) -> int:
    """Register a party."""
    now = _now()
    with transaction.atomic():
        parties.register(
            code=options.code,
            zh=options.zh,
            en=options.en,
            role=options.role,
            province=options.province,
            also=options.also,
            remote=options.remote,
            group=options.group,
            actor=_actor(),
            now=now,
        )
        if options.role == "bureau":
            opening.serve(province=options.province, now=now)
    print(f"Registered {options.code}.")
    return DONE


@worded
def person(options: argparse.Namespace) -> int:
    """Give a person of a party an account and print its password once."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    held = options.right or rights.HELD_BY.get(register.party(options.party).role, frozenset())
    made = parties.add_person(
        party=options.party, username=options.username, password=password, name=options.name, held=held, now=_now()
    )
    print(f"Account {options.username} ({made.code}), password: {password} (shown only now).")
    return DONE


@worded
def token(options: argparse.Namespace) -> int:
    """Make a token for a program of a party and print it once."""
    made = parties.make_token(
        party=options.party,
        label=options.label,
        held=options.right,
        days=options.days,
        person=options.person,
        now=_now(),
    )
    print(made)
    return DONE


@worded
def password(options: argparse.Namespace) -> int:
    """Give an account another password and print it once."""
    made = secrets.token_urlsafe(PASSWORD_BYTES)
    accounts.set_password(username=options.username, password=made)
    print(f"Account {options.username}, password: {made} (shown only now). Its sessions are ended.")
    return DONE


@worded
def deactivate(options: argparse.Namespace) -> int:
    """Let an account in no more."""
    ended = accounts.deactivate(username=options.username, now=_now())
    print(f"Account {options.username} is let in no more; {ended} tokens of its person are ended.")
    return DONE


def tokens(options: argparse.Namespace) -> int:
    """List the valid tokens."""
    for found in accounts.tokens(now=_now(), party=options.party):
        held = " ".join(found.rights)
        print(f"{found.digest[:12]}  {found.party_id}  {found.label}  {held}  until {found.expires_at:%Y-%m-%d}")
    return DONE


@worded
def revoke_token(options: argparse.Namespace) -> int:
    """End a token."""
    ended = accounts.end_token(named=options.named, now=_now())
    print(f"Ended the token {ended.digest[:12]} “{ended.label}” of {ended.party_id}.")
    return DONE


@worded
def hold(options: argparse.Namespace) -> int:
    """Set or lift a legal hold on the papers of a case."""
    count = erasing.hold(case=options.case, held=not options.lift, reason=options.reason, actor=_actor(), now=_now())
    print(f"{'Lifted the hold on' if options.lift else 'Held'} {count} papers of {options.case}.")
    return DONE


@worded
def papers(options: argparse.Namespace) -> int:
    """Render the papers that are kept once more and name each whose bytes are not the ones that were issued."""
    found = archive.kept().filter(case=options.case) if options.case else archive.kept()
    said: Counter[bool | None] = Counter()
    for paper in found.iterator():
        again = archive.rendered_again(paper)
        said.update(again.values())
        for kind in (kind for kind, same in again.items() if same is False):
            print(f"{paper.number} version {paper.version}: the {kind} is not what its content gives.")
    print(f"{said[True]} files are what their content gives, {said[False]} are not; {said[None]} were made by another")
    print("template, font or version of the software, so that nothing can be said of them.")
    return REFUSED if said[False] else DONE


@worded
def edge(options: argparse.Namespace) -> int:
    """Enrol an edge by its public key."""
    try:
        key = Path(options.key).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{options.key}: cannot be read as a public key: {error}", file=sys.stderr)
        return WRONG_USE
    watch.enrol(edge=options.name, party=options.party, province=options.province, public_key=key, now=_now())
    print(f"Enrolled {options.name} of {options.party}.")
    return DONE


@worded
def revoke_edge(options: argparse.Namespace) -> int:
    """Stop believing an edge."""
    watch.revoke(edge=options.name, now=_now())
    print(f"Revoked {options.name}.")
    return DONE


@worded
def adopt(options: argparse.Namespace) -> int:
    """Let the hub go by a law or an overlay from now on."""
    try:
        policy: Policy = shipped().get(options.policy) or load(Path(options.policy))
    except (PolicyError, OSError) as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    parties.adopt(policy=policy, actor=_actor(), now=_now())
    print(f"Adopted {policy.title.zh} {policy.document}, digest {policy.digest[:12]}.")
    return DONE


@worded
def watchlist(options: argparse.Namespace) -> int:
    """Take programs and indicators out of lists, each with the allow-list's decision; say what was not taken."""
    now = _now()
    counts: Counter[str] = Counter()
    allowed = allow_lists(options.allow, counts)
    for path, data in _files(options.lists, lists.SUFFIXES, counts):
        contents = lists.read(data, str(path), now)
        counts["not understood"] += len(contents.left_out)
        for found in contents.indicators:
            programs.add_program(code=found.program, now=now)
            counts[_take(found.program, found.pattern.text, found.role, found.list, found.line, allowed, now)] += 1
    for outcome, count in sorted(counts.items()):
        print(f"{count:>9,} {outcome}")
    return DONE


@worded
def program(options: argparse.Namespace) -> int:
    """Give a program its official name."""
    said = {name: getattr(options, name) for name in ("code", "zh", "behaviour", "harm", "systems")}
    programs.describe(viewer=Viewer(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE), **said)
    print(f"{options.code} is {options.zh}.")
    return DONE


@worded
def withdraw(options: argparse.Namespace) -> int:
    """End an indicator; it leaves the next release."""
    ended = programs.withdraw_indicator(
        program=options.program, text=options.indicator, reason=options.reason, now=_now()
    )
    print(f"Withdrew {options.indicator} of {options.program} ({ended}); it leaves the next release.")
    return DONE


@worded
def merge(options: argparse.Namespace) -> int:
    """Let a program count as another from the next release on."""
    programs.merge(alias=options.alias, into=options.program)
    print(f"{options.alias} counts as {options.program} from the next release on.")
    return DONE


@worded
def release(options: argparse.Namespace) -> int:
    """Sign and publish a release of the watchlist."""
    made = programs.publish(now=_now(), audience=options.audience)
    print(f"Release {made.number} with {made.indicators:,} indicators, valid until {made.expires_at:%Y-%m-%d}.")
    return DONE


def _take(program: str, text: str, role: str, source: str, line: int, allowed: AllowLists, now: datetime) -> str:
    try:
        decision = programs.add_indicator(
            program=program, text=text, role=role, source=source, line=line, allow=allowed, now=now
        )
    except programs.ProgramRefused as refusal:
        if refusal.code != "program.indicator_known":
            raise
        return "known already"
    return f"held ({decision.term.zh})" if decision.holds else "taken"


def allow_lists(paths: Iterable[str], counts: Counter[str]) -> AllowLists:
    """Return allow-lists as files say them; the hub keeps them, so that they are asked before orders go, too."""
    read = [allowlists.read(data, str(path)) for path, data in _files(paths, allowlists.SUFFIXES, counts)]
    counts["entries of allow-lists kept"] += programs.keep_allow_lists(
        lists=[contents.name for contents in read], listed=(entry for contents in read for entry in contents.listed)
    )
    counts["entries of allow-lists not understood"] += sum(len(contents.left_out) for contents in read)
    return AllowLists(
        (entry for contents in read for entry in contents.listed),
        (waiver for contents in read for waiver in contents.waivers),
    )


def _files(paths: Iterable[str], suffixes: frozenset[str], counts: Counter[str]) -> Iterator[tuple[Path, bytes]]:
    for name in paths:
        path, found = Path(name), [Path(name)]
        if path.is_dir():
            found, others = told_apart((file for file in path.rglob("*") if file.is_file()), suffixes)
            for other in others:
                counts["files passed over"] += 1
                print(f"{other}: passed over, as no list is named so", file=sys.stderr)
        for file in found:
            yield file, file.read_bytes()


def _actor() -> Actor:
    return Actor(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - this is the interface
