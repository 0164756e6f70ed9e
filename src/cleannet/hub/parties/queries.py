"""Read the register: who a person or token is, which parties stand behind the law's names, which laws apply."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypedDict

from django.db.models import Q, QuerySet

from cleannet.core.clock import Calendar, shipped_calendar
from cleannet.core.entry import Delegation as Delegated
from cleannet.core.entry import Participants
from cleannet.core.policy import Policy
from cleannet.core.policy_file import parse
from cleannet.core.refusal import Refusal
from cleannet.core.terms import ROLES
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import rights
from cleannet.hub.parties.models import Adoption, Delegation, Person, Token
from cleannet.hub.parties.models import Party as Party


class NoParty(Refusal):
    """Say that there is no such party, or that an account belongs to none: `party.unknown`."""


class Standing(TypedDict):
    """Hold what `ledger.enter` needs to know about the law and about who takes part."""

    participants: Participants
    calendar: Calendar
    policies: list[Policy]
    overlays: list[Policy]


def party(code: str) -> Party:
    """Return a party by its code; raise NoParty."""
    found = Party.objects.filter(code=code).first()
    if found is None:
        raise NoParty("party.unknown", code=code)
    return found


def parties(viewer: Viewer) -> QuerySet[Party]:
    """Return the parties a viewer may see: all for MIIT, CNCERT and bureaus, else its own and the public bodies.

    A group sees its branches, too; a branch its group, and none of the others.
    """
    found = Party.objects.order_by("role", "code")
    if viewer.sees_all or viewer.role == "bureau":
        return found
    related = Q(code__in=family(viewer.party)) | Q(branches=viewer.party)
    return found.filter(related | Q(role__in=("miit", "cncert", "bureau"))).distinct()


def seen(viewer: Viewer, code: str) -> Party:
    """Return a party the viewer may see; raise NoParty."""
    found = parties(viewer).filter(code=code).first()
    if found is None:
        raise NoParty("party.unknown", code=code)
    return found


def names(codes: Collection[str]) -> Mapping[str, Party]:
    """Return the parties of these codes, by code; a code nobody has is left out."""
    return {found.code: found for found in Party.objects.filter(code__in=set(codes))}


def family(code: str) -> list[str]:
    """Return a party with its branches: whose figures and orders it may see, and whose counts are its own."""
    return [code, *Party.objects.filter(group=code).order_by("code").values_list("code", flat=True)]


def heads(codes: Collection[str]) -> dict[str, str]:
    """Return by code the group each party is a branch of, itself where it is none."""
    groups = dict(Party.objects.filter(code__in=set(codes)).exclude(group=None).values_list("code", "group_id"))
    return {code: groups.get(code, code) for code in codes}


def seated(province: str) -> list[str]:
    """Return the codes of the parties of a province; none for no province."""
    return list(Party.objects.filter(province=province).values_list("code", flat=True)) if province else []


def unserved(provinces: Collection[str]) -> list[str]:
    """Return those of the provinces whose bureau is not registered, sorted."""
    wanted = set(provinces) - {""}
    served = Party.objects.filter(role="bureau", province__in=wanted).values_list("province", flat=True)
    return sorted(wanted - set(served))


def delegations(viewer: Viewer) -> QuerySet[Delegation]:
    """Return the delegations that stand now: all for MIIT, CNCERT and bureaus, else those of or to the viewer's own."""
    found = Delegation.objects.filter(ended_at=None).order_by("pk")
    if viewer.sees_all or viewer.role == "bureau":
        return found
    return found.filter(Q(delegator=viewer.party) | Q(delegate=viewer.party))


def viewer_of(user: Any) -> Viewer | None:
    """Return who an account is, with the rights its role allows; None for a stranger."""
    if not user.is_authenticated or not user.is_active:
        return None
    person = Person.objects.select_related("party").filter(user_id=user.pk).first()
    if person is None:
        return None
    held = rights.allowed(person.party.role, person.rights)
    return Viewer(person.party_id, person.party.role, person.party.province, person.code, held)


def person(viewer: Viewer) -> Person | None:
    """Return the viewer's own person, None for a program."""
    return Person.objects.filter(code=viewer.person).first() if viewer.person else None


def people(viewer: Viewer, codes: Collection[str]) -> dict[str, str]:
    """Return by code the names of people of the viewer's own party; who is of another, or erased, is left out."""
    found = Person.objects.filter(code__in=set(codes), party=viewer.party)
    return dict(found.values_list("code", "name"))


def viewer_of_token(token: str, *, now: datetime) -> Viewer | None:
    """Return who a token acts for, None when it is unknown, expired or revoked."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = Token.objects.select_related("party").filter(digest=digest, revoked_at=None, expires_at__gt=now).first()
    if found is None:
        return None
    held = rights.allowed(found.party.role, found.rights)
    return Viewer(found.party_id, found.party.role, found.party.province, found.person_id or "", held)


def actor_of(viewer: Viewer) -> Actor:
    """Return the viewer as the one who acts."""
    return Actor(viewer.party, viewer.role, viewer.person)


def laws(*, now: datetime) -> list[Policy]:
    """Return the laws adopted at `now` that are in force, in the order of their adoption; overlays apart."""
    return [law for law in _adopted(now) if not law.overlays and law.in_force(now)]


def overlays(*, now: datetime) -> list[Policy]:
    """Return the overlays that were adopted at `now`, in the order of their adoption, whether in force or not."""
    return [found for found in _adopted(now) if found.overlays]


def adopted_since(*, now: datetime) -> dict[str, datetime]:
    """Return from when each law and overlay that is adopted at `now` is, by id."""
    return {row.policy: row.adopted_at for row in _adoptions(now)}


def law(digest: str) -> Policy:
    """Return a law by the digest of the text that was adopted."""
    adoption = Adoption.objects.filter(digest=digest).first()
    if adoption is None:
        raise NoParty("party.no_law", digest=digest)
    return _parsed(adoption.policy, adoption.text)


def standing(
    *,
    now: datetime,
    started: datetime | None = None,
    digests: Collection[str] | None = None,
    case: str = "",
    seat: str = "",
    provinces: Collection[str] = (),
    added: Collection[str] = (),
    relevant: Collection[str] = (),
    disposer: str = "",
    reporter: str = "",
) -> Standing:
    """Return what `ledger.enter` needs: the adopted laws (or a case's own, by digest), overlays, who takes part.

    Overlays are those adopted when the duties of the act start (`started`, else `now`). `seat` is the actor's own
    province (属地), `provinces` are those whose bureaus are concerned, `added` those found later, `relevant` the
    parties concerned (相关单位). A province without a registered bureau is lacking.
    """
    policies = laws(now=now) if digests is None else [law(digest) for digest in digests]
    return Standing(
        participants=Participants(
            _roles(seat, provinces, added, relevant, disposer, reporter),
            [
                Delegated(row.policy, row.rule, row.delegator, row.delegate, row.case)
                for row in _delegated(started or now).filter(case__in=["", case])
            ],
            {
                name: unserved(wanted)
                for name, wanted in (
                    ("bureau:relevant", provinces),
                    ("bureau:local", provinces),
                    ("bureau:added", added),
                )
            },
        ),
        calendar=shipped_calendar(),
        policies=policies,
        overlays=overlays(now=started or now),
    )


def _roles(
    seat: str,
    provinces: Collection[str],
    added: Collection[str],
    relevant: Collection[str],
    disposer: str,
    reporter: str,
) -> dict[str, tuple[str, ...]]:
    everyone = list(Party.objects.all())
    roles = {
        role: tuple(found.code for found in everyone if found.role == role or role in found.also) for role in ROLES
    }
    bureaus = tuple(found.code for found in everyone if found.role == "bureau" and found.province in provinces)
    return {
        **roles,
        "bureau:relevant": bureaus,
        "bureau:added": tuple(found.code for found in everyone if found.role == "bureau" and found.province in added),
        "bureau:local": bureaus,
        "party:relevant": tuple(relevant),
        "party:all": tuple(found.code for found in everyone),
        "disposer": (disposer,) if disposer else (),
        "reporter": (reporter,) if reporter else (),
        "cac:provincial": tuple(
            found.code for found in everyone if found.role == "cac" and seat and found.province == seat
        ),
        "cac:national": tuple(found.code for found in everyone if found.role == "cac" and not found.province),
    }


def _delegated(at: datetime) -> QuerySet[Delegation]:
    """Return what was delegated at a moment: what was done under a delegation that ended since stays."""
    return Delegation.objects.filter(Q(ended_at=None) | Q(ended_at__gt=at), recorded_at__lte=at)


def _adopted(now: datetime) -> list[Policy]:
    return [_parsed(row.policy, row.text) for row in _adoptions(now)]


def _adoptions(now: datetime) -> QuerySet[Adoption]:
    adopted = Adoption.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now), adopted_at__lte=now)
    return adopted.order_by("adopted_at", "pk")


@lru_cache(maxsize=64)
def _parsed(policy: str, text: str) -> Policy:
    return parse(text, f"{policy}.toml")
