"""Make what a new hub needs before anyone can sign in: its law, its own party and the first account."""

import secrets
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core.policy_file import shipped
from cleannet.core.terms import ENTRY_KINDS, ROLES
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions, queries, rights

# 545号 is adopted by default, and the house's own rule on orders that one person issued alone.
LAW, HOUSE_RULE = "mobile_malware_2011", "two_persons"
USERNAME = "admin"
PASSWORD_BYTES = 15


def take(now: datetime) -> Iterator[str]:
    """Adopt the default law, register the party that runs the hub and give it an account; yield what to print once.

    A hub whose party is registered already is left as it is.
    """
    party, role = settings.CLEANNET_PARTY, settings.CLEANNET_ROLE
    if queries.names([party]):
        return
    if role not in ENTRY_KINDS["party.registered"].by:
        yield f"No party is registered yet: in the role “{role}” a hub takes its register from MIIT or CNCERT."
        return
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    actor = Actor(party, role)
    with transaction.atomic():
        for policy in (LAW, HOUSE_RULE):
            actions.adopt(policy=shipped()[policy], actor=actor, now=now)
        actions.register(code=party, zh=ROLES[role].zh, en=ROLES[role].en, role=role, actor=actor, now=now)
        actions.add_person(
            party=party, username=USERNAME, password=password, name="", held=rights.HELD_BY[role], now=now
        )
    yield f"Registered the party “{party}” ({ROLES[role].zh}) and adopted {shipped()[LAW].document}."
    yield f"First account: {USERNAME}, password: {password} (shown only now)."
