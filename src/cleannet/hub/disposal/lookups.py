"""Look up who registered the domains of open cases: work of its own lane, kept until it expires."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cleannet.core.space import registered_name
from cleannet.hub.disposal import outside, registration
from cleannet.hub.disposal.models import Registration
from cleannet.hub.disposal.outside import Unanswered
from cleannet.hub.disposal.registration import Register, Registered
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import work
from cleannet.hub.programs import queries as programs

KEPT = timedelta(days=7)
# What nobody registered, or nobody can be asked about, may be otherwise tomorrow.
NONE_KEPT = timedelta(days=1)
LEAST_DELAY, MOST_DELAY = timedelta(seconds=30), timedelta(hours=6)


def look_up(*, now: datetime, lease: timedelta) -> int:
    """Ask about the domain that has waited longest, after asking for those of open cases; return what was done.

    A registry that refuses, hangs or answers nonsense leaves the look-up waiting with its sentence, tried again ever
    later. Nothing is asked where no registry is set.
    """
    registers = registration.registers()
    if not registers:
        return 0
    asked_for = _ask_for(now)
    # The list of registries, its redirects and the answer, each within the time allowed.
    longest = timedelta(seconds=6 * settings.CLEANNET_REGISTRY_SECONDS)
    row = work.claim(Registration.objects.all(), now=now, lease=max(lease, longest))
    if row is None:
        return asked_for
    source, found, failures = _ask(row.key, registers)
    if failures and not source:
        delay = min(MOST_DELAY, LEAST_DELAY * 2 ** min(row.attempts - 1, 10))
        work.postpone(row, until=now + delay, failure=outside.printable("; ".join(failures)))
        return 1
    with transaction.atomic():
        work.finish(row, now=now, **_outcome(source, found, now))
    return 1


def domains(hosts: Collection[str]) -> dict[str, str]:
    """Return by host the domain that is registered, for those that have one."""
    found = {host: registered_name(host) for host in hosts}
    return {host: domain for host, domain in found.items() if domain}


def _ask(domain: str, registers: Sequence[Register]) -> tuple[str, Registered | None, list[str]]:
    """Return which register answered about a domain, "" where none did, what it said, and why others did not."""
    failures: list[str] = []
    for register in registers:
        try:
            if register.serves(domain):
                return register.name, register.look(domain), failures
        except Unanswered as failure:
            failures.append(str(failure))
    return "", None, failures


def _outcome(source: str, found: Registered | None, now: datetime) -> dict[str, object]:
    return {
        "source": source,
        "registered": found is not None if source else None,
        "registrar_id": found.registrar_id if found else "",
        "registrar": found.registrar if found else "",
        "evidence": dict(found.evidence) if found else {},
        "looked_at": now,
        "expires_at": now + (KEPT if found else NONE_KEPT),
    }


def _ask_for(now: datetime) -> int:
    """Let the domains of open cases be asked about, those never asked about and those whose answer expired."""
    hosts = {
        one.host
        for found in programs.resources_of(cases.programs_at_work()).values()
        for one in found
        if one.reach in ("name", "url") and not one.held
    }
    wanted = set(domains(hosts).values())
    known = set(Registration.objects.filter(key__in=wanted).values_list("key", flat=True))
    Registration.objects.bulk_create(
        [Registration(key=domain, ready_at=now) for domain in sorted(wanted - known)], ignore_conflicts=True
    )
    expired = Registration.objects.filter(key__in=wanted, expires_at__lte=now).exclude(done_at=None)
    return len(wanted - known) + expired.update(done_at=None, ready_at=now, attempts=0)
