"""Add programs and what betrays them, and publish releases of the watchlist."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import PurePath

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from cleannet.core import space
from cleannet.core.allow import AllowLists, Decision, Listed
from cleannet.core.indicator import Indicator as Betrays
from cleannet.core.indicator import NotUnderstood, counted_as, parse
from cleannet.core.refusal import Refusal
from cleannet.core.terms import RESOURCES
from cleannet.formats import envelope, release
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties
from cleannet.hub.programs import queries
from cleannet.hub.programs.models import Allowed, Indicator, Program, Release

LONGEST = 100
VALID_DAYS = 30
BATCH = 2000
LONGEST_LIST, LONGEST_NAME = 200, 255


class ProgramRefused(Refusal):
    """Say why a program or indicator is not taken: `program.*`."""


def add_program(
    *, code: str, now: datetime, zh: str = "", behaviour: str = "", harm: str = "", systems: str = ""
) -> Program:
    """Add a counting unit; without an official name it is provisional. Known already, it is returned as it is."""
    if not code.isprintable() or code != code.strip() or not 0 < len(code) <= LONGEST:
        raise ProgramRefused("program.bad_code", code=code)
    said = {"zh": zh, "behaviour": behaviour, "harm": harm, "systems": systems, "provisional": not zh}
    found, _ = Program.objects.get_or_create(code=code, defaults={**said, "added_at": now})
    return found


def describe(*, viewer: Viewer, code: str, zh: str, behaviour: str, harm: str, systems: str) -> Program:
    """Give a program its official name and what the forms say of it; it is provisional no more.

    The hub's own party does it (CNCERT, on CNCERT's hub). Raises ProgramRefused, and NoProgram for an unknown program.
    """
    found = queries.program(viewer, code)
    if viewer.party != settings.CLEANNET_PARTY:
        raise ProgramRefused("program.not_yours", party=viewer.party)
    said = {name: text.strip() for name, text in (("zh", zh), ("behaviour", behaviour), ("harm", harm))}
    said["systems"] = systems.strip()
    wrong = [name for name, text in said.items() if not text or (name in ("zh", "systems") and len(text) > LONGEST)]
    if wrong:
        raise ProgramRefused("program.not_described", fields=wrong)
    Program.objects.filter(code=code).update(**said, provisional=False)
    found.refresh_from_db()
    return found


def hold(*, code: str) -> None:
    """Hold a program until the transaction ends, so that what is counted of it is graded one tally after another."""
    list(Program.objects.select_for_update(no_key=True).filter(code=code))


def add_indicator(
    *, program: str, text: str, role: str, source: str, allow: AllowLists, now: datetime, line: int = 0
) -> Decision:
    """Bind an indicator to a program and return the allow-list's decision; a held one is kept and never published.

    Raises ProgramRefused for what cannot be looked for, a kind that is none or an unknown program.
    """
    try:
        pattern = parse(text)
    except NotUnderstood as error:
        raise ProgramRefused("program.not_understood", text=text, why=str(error)) from error
    if role not in RESOURCES:
        raise ProgramRefused("program.unknown_resource", role=role)
    if not Program.objects.filter(code=program).exists():
        raise ProgramRefused("program.unknown", program=program)
    decision = allow.decide(pattern, now)
    try:
        with transaction.atomic():
            Indicator.objects.create(
                program_id=program,
                pattern=pattern.text,
                key=space.key(pattern.host) if pattern.host else b"",
                role=role,
                counts_as=counted_as(role),
                source=source,
                line=line,
                verdict=decision.verdict,
                reach=decision.reach,
                reason=decision.reason,
                added_at=now,
            )
    except IntegrityError as error:
        raise ProgramRefused("program.indicator_known", program=program, text=pattern.text) from error
    return decision


def keep_allow_lists(*, lists: Collection[str], listed: Iterable[Listed]) -> int:
    """Keep allow-lists by name, each in the place of what it said before, and return how many entries they have."""
    kept = 0
    named = Allowed.objects.filter(list__in=[name[:LONGEST_LIST] for name in lists])
    newest = named.order_by("-pk").values_list("pk", flat=True).first()
    rows = (one for one in listed if len(one.text) <= LONGEST_NAME)
    # The old entries go last, and never in one long transaction: meanwhile both are heard.
    while batch := list(islice(rows, BATCH)):
        Allowed.objects.bulk_create(
            Allowed(list=one.list[:LONGEST_LIST], line=one.line, kind=one.kind, text=one.text, key=space.key(one.text))
            for one in batch
        )
        kept += len(batch)
    named.filter(pk__lte=newest or 0).delete()
    return kept


def withdraw_indicator(*, program: str, text: str, reason: str, now: datetime) -> int:
    """End an indicator, in each role it has, for a stated reason, and return how many there were.

    It leaves the next release; what was matched by it before stays counted. Raises ProgramRefused.
    """
    if not reason.strip():
        raise ProgramRefused("program.no_reason", text=text)
    try:
        pattern = parse(text).text
    except NotUnderstood as error:
        raise ProgramRefused("program.not_understood", text=text, why=str(error)) from error
    standing = Indicator.objects.filter(program_id=program, pattern=pattern, withdrawn_at=None)
    ended = standing.update(withdrawn_at=now, withdrawn_because=reason.strip())
    if not ended:
        raise ProgramRefused("program.no_indicator", program=program, text=text)
    return ended


def merge(*, alias: str, into: str) -> None:
    """Let a program count as another from the next release on, with all that counted as it; raise ProgramRefused.

    Logs counted again under their batch's name then replace what was counted apart.
    """
    with transaction.atomic():
        found = {row.code: row for row in Program.objects.select_for_update().filter(code__in=(alias, into))}
        for code in (alias, into):
            if code not in found:
                raise ProgramRefused("program.unknown", program=code)
        if alias == into or found[into].unit_id is not None:
            raise ProgramRefused("program.no_unit", program=into)
        Program.objects.filter(Q(code=alias) | Q(unit_id=alias)).update(unit_id=into)


def publish(*, now: datetime, audience: str = release.OPERATORS) -> Release:
    """Sign and number a release of every indicator that is not held; it is valid for 30 days.

    `audience` is all operators or one party; a party that has releases of its own is given no others.
    """
    if audience != release.OPERATORS:
        parties.party(audience)
    key = Keyring(settings.CLEANNET_DATA).signer()
    with transaction.atomic():
        last = Release.objects.select_for_update().order_by("-number").first()
        number = last.number + 1 if last else 1
        found = Indicator.objects.filter(withdrawn_at=None).exclude(verdict="hold")
        betraying = tuple(
            Betrays(parse(row.pattern), row.program_id, row.role, row.counts_as, PurePath(row.source).name, row.line)
            for row in found.order_by("pattern", "program_id", "role")
        )
        until = now + timedelta(days=VALID_DAYS)
        aliases = dict(Program.objects.exclude(unit=None).values_list("code", "unit_id"))
        made = release.Release(number, settings.CLEANNET_PARTY, audience, now, until, "name", betraying, aliases)
        signed = release.sign(made, key, envelope.key_id(key.public_key()))
        return Release.objects.create(
            number=number,
            audience=audience,
            issued_at=now,
            expires_at=until,
            indicators=len(betraying),
            envelope=signed,
        )
