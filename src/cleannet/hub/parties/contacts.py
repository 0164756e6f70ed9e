"""Contacts (545号 十七): who leads, who is responsible, who is to be called; every change is owed to MIIT."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cleannet.core.terms import CONTACTS
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as duties
from cleannet.hub.ledger.queries import Entry
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries
from cleannet.hub.parties.actions import PartyRefused, check_lengths
from cleannet.hub.parties.models import Contact as Contact


@dataclass(frozen=True, slots=True)
class Reached:
    """Name one contact and how to reach it: by phone or mail, at least one of them."""

    name: str
    phone: str = ""
    mail: str = ""


def contacts(viewer: Viewer, party: str) -> Mapping[str, Contact]:
    """Return a party's contacts by their part: its own, all for MIIT and CNCERT, a bureau's own province's.

    Raises NoParty for a party the viewer does not see at all.
    """
    found = queries.seen(viewer, party)
    near = viewer.role == "bureau" and found.province == viewer.province != ""
    if not (near or party == viewer.party or viewer.sees_all):
        return {}
    return {row.part: row for row in Contact.objects.filter(party=found)}


def change(*, viewer: Viewer, given: Mapping[str, Reached], changed_at: datetime, now: datetime) -> Entry:
    """Name the viewer's own contacts anew, by part, as they are since `changed_at`; the change is owed to MIIT then.

    A part that is given as it is known already does not change. The ledger says which parts changed, never the names.
    Raises PartyRefused.
    """
    if not given or not given.keys() <= CONTACTS.keys():
        raise PartyRefused("party.no_such_contact", parts=sorted(given), known=sorted(CONTACTS))
    lacking = sorted(part for part, one in given.items() if not one.name.strip() or not (one.phone or one.mail).strip())
    if lacking:
        raise PartyRefused("party.contact_incomplete", parts=lacking)
    named = {
        part: {"name": one.name.strip(), "phone": one.phone.strip(), "mail": one.mail.strip()}
        for part, one in given.items()
    }
    for values in named.values():
        check_lengths(Contact, values)
    party = queries.party(viewer.party)
    with transaction.atomic():
        known = {
            row["part"]: row for row in Contact.objects.filter(party=party).values("part", "name", "phone", "mail")
        }
        changed = {part: values for part, values in named.items() if known.get(part) != {"part": part, **values}}
        if not changed:
            raise PartyRefused("party.nothing_changed", parts=sorted(given))
        for part, values in changed.items():
            Contact.objects.update_or_create(party=party, part=part, defaults=values)
        earlier = duties.entries(viewer, kind="contact.changed").filter(party=party.code).count()
        return ledger.enter(
            kind="contact.changed",
            actor=queries.actor_of(viewer),
            happened_at=changed_at,
            now=now,
            changed_at=changed_at,
            refs={"change": f"{party.code}-contacts-{earlier + 1}"},
            province=party.province,
            facts={"parts": sorted(changed)},
            **queries.standing(now=now, started=changed_at),
        )


def report(*, viewer: Viewer, now: datetime) -> int:
    """Report the viewer's own contacts, all of them, to whom it is owed; return how many duties that meets.

    Raises PartyRefused where a part is not named yet or nothing is owed.
    """
    known = contacts(viewer, viewer.party)
    unnamed = sorted(CONTACTS.keys() - known.keys())
    if unnamed:
        raise PartyRefused("party.contact_incomplete", parts=unnamed)
    owed = [duty for duty in duties.own_duties(viewer) if duty.expects == "contact.reported" and duty.to]
    if not owed:
        raise PartyRefused("party.nothing_owed", party=viewer.party)
    party = queries.party(viewer.party)
    with transaction.atomic():
        for duty in owed:
            ledger.enter(
                kind="contact.reported",
                actor=queries.actor_of(viewer),
                happened_at=now,
                now=now,
                refs=duty.scope,
                recipients=[*duty.to, *duty.cc],
                province=party.province,
                facts={"parts": sorted(known)},
                **queries.standing(now=now),
            )
    return len(owed)
