"""Register parties, people and machines; adopt laws; record delegations."""

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField, Model

from cleannet.core.overlay import check_overlay
from cleannet.core.policy import Policy
from cleannet.core.refusal import Refusal
from cleannet.core.terms import RIGHTS, ROLES
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import queries, rights
from cleannet.hub.parties.models import Adoption, Delegation, Party, Person, Token

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")


class PartyRefused(Refusal):
    """Say why a party, person, token, law or delegation is not recorded: `party.*`."""


def check_lengths(model: type[Model], texts: Mapping[str, str]) -> None:
    """Raise PartyRefused where a text is longer than the column of that name."""
    for name, text in texts.items():
        column = model._meta.get_field(name)
        if isinstance(column, CharField) and column.max_length and len(text) > column.max_length:
            raise PartyRefused("party.text_too_long", text=text, most=column.max_length)


def register(
    *,
    code: str,
    zh: str,
    en: str,
    role: str,
    actor: Actor,
    now: datetime,
    province: str = "",
    also: Collection[str] = (),
    remote: bool = False,
    group: str = "",
) -> Party:
    """Register a party; it then owes its contacts and, if it disposes, its own mechanism (545号 七, 十七).

    A branch names its `group`, a party of the same role that is no branch itself.
    """
    if not _CODE.fullmatch(code):
        raise PartyRefused("party.bad_code", code=code)
    if role not in ROLES or not set(also) <= set(ROLES):
        raise PartyRefused("party.unknown_role", role=role, also=sorted(also))
    if group and not Party.objects.filter(code=group, role=role, group=None).exists():
        raise PartyRefused("party.no_group", group=group, role=role)
    with transaction.atomic():
        try:
            with transaction.atomic():
                party = Party.objects.create(
                    code=code,
                    zh=zh,
                    en=en,
                    role=role,
                    also=sorted(also),
                    province=province,
                    remote=remote,
                    group_id=group or None,
                    registered_at=now,
                )
        except IntegrityError as error:
            raise PartyRefused("party.known", code=code) from error
        ledger.enter(
            kind="party.registered",
            actor=actor,
            happened_at=now,
            now=now,
            recipients=(code,),
            province=province,
            facts={"code": code, "role": role, "also": sorted(also), "province": province, "group": group},
            **queries.standing(now=now),
        )
    return party


def add_person(*, party: str, username: str, password: str, name: str, held: Collection[str], now: datetime) -> Person:
    """Give a person of a party an account with the rights its role may hold; the password is never a default one."""
    owner = queries.party(party)
    extra = set(held) - rights.HELD_BY.get(owner.role, frozenset())
    if extra or not set(held) <= set(RIGHTS):
        raise PartyRefused("party.right_not_held", role=owner.role, rights=sorted(extra))
    users = get_user_model()
    with transaction.atomic():
        if users.objects.filter(username=username).exists():
            raise PartyRefused("party.username_taken", username=username)
        try:
            validate_password(password, users(username=username))
        except ValidationError as error:
            raise PartyRefused("party.weak_password", why=" ".join(error.messages)) from error
        user = users.objects.create_user(username=username, password=password)
        code = f"p-{secrets.token_hex(6)}"
        return Person.objects.create(code=code, user=user, party=owner, name=name, rights=sorted(held))


def set_details(*, person: str, phone: str, mail: str) -> None:
    """Keep how a person is reached; the forms that he fills in print it. Raises PartyRefused for a program,
    or what is longer than is kept.
    """
    details = {"phone": phone.strip(), "mail": mail.strip()}
    check_lengths(Person, details)
    if not person or not Person.objects.filter(code=person).update(**details):
        raise PartyRefused("party.no_person", person=person, party="")


def make_token(
    *, party: str, label: str, held: Collection[str], now: datetime, days: int = 365, person: str = ""
) -> str:
    """Return a new token of a party, or of one of its people; it is shown once and only its digest is kept."""
    owner = queries.party(party)
    extra = set(held) - rights.HELD_BY.get(owner.role, frozenset())
    if extra:
        raise PartyRefused("party.right_not_held", role=owner.role, rights=sorted(extra))
    owned = Person.objects.filter(code=person, party=owner).first() if person else None
    if person and owned is None:
        raise PartyRefused("party.no_person", person=person, party=party)
    token = f"cn_{secrets.token_urlsafe(32)}"
    Token.objects.create(
        digest=hashlib.sha256(token.encode()).hexdigest(),
        party=owner,
        person=owned,
        label=label,
        rights=sorted(held),
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token


def revoke_token(*, digest: str, now: datetime) -> None:
    """End a token; raise PartyRefused when there is none to end."""
    if not Token.objects.filter(digest=digest, revoked_at=None).update(revoked_at=now):
        raise PartyRefused("party.no_token", digest=digest)


def adopt(*, policy: Policy, actor: Actor, now: datetime) -> Adoption:
    """Let the hub go by a law or overlay from now on; an earlier text of the same law ends, its duties stay.

    Raises PartyRefused for an overlay that does not fit the law below it, which has to be adopted first.
    """
    wrong = check_overlay(policy, {law.id: law for law in (*queries.laws(now=now), *queries.overlays(now=now))})
    if wrong:
        raise PartyRefused("party.overlay_wrong", why=" ".join(problem.message for problem in wrong))
    with transaction.atomic():
        Adoption.objects.filter(policy=policy.id, ended_at=None).exclude(digest=policy.digest).update(ended_at=now)
        adoption, made = Adoption.objects.get_or_create(
            policy=policy.id,
            digest=policy.digest,
            ended_at=None,
            defaults={"text": policy.text, "adopted_at": now},
        )
        if made:
            ledger.enter(
                kind="policy.adopted",
                actor=actor,
                happened_at=now,
                now=now,
                refs={"policy": policy.id},
                adopts=policy,
                facts={"digest": policy.digest, "unverified": policy.unverified},
                **queries.standing(now=now),
            )
    return adoption


def delegate(*, policy: str, rule: str, delegate: str, actor: Actor, now: datetime, case: str = "") -> Delegation:
    """Record that `delegate` may do what a rule asks of the actor's party, for a case or standing (545号 十(三))."""
    law = next((law for law in queries.laws(now=now) if law.id == policy), None)
    named = next((row for row in law.duties if row.id == rule), None) if law else None
    if named is None or not named.delegate:
        raise PartyRefused("party.not_delegable", policy=policy, rule=rule)
    if named.owes != f"role:{actor.role}":
        raise PartyRefused("party.not_yours_to_delegate", rule=rule, party=actor.party)
    check_lengths(Delegation, {"case": case})
    if queries.party(delegate).role != named.delegate:
        raise PartyRefused("party.wrong_delegate", delegate=delegate, role=named.delegate)
    with transaction.atomic():
        found, made = Delegation.objects.get_or_create(
            policy=policy,
            rule=rule,
            delegator=actor.party,
            delegate=delegate,
            case=case,
            ended_at=None,
            defaults={"recorded_at": now},
        )
        if made:
            ledger.enter(
                kind="delegation.recorded",
                actor=actor,
                happened_at=now,
                now=now,
                refs={"case": case} if case else {},
                recipients=(delegate,),
                facts={"policy": policy, "rule": rule},
                **queries.standing(now=now),
            )
    return found


def end_delegation(*, number: int, actor: Actor, now: datetime) -> None:
    """End a delegation that the actor's party recorded; what was done under it stays. Raises PartyRefused."""
    with transaction.atomic():
        found = Delegation.objects.filter(pk=number, delegator=actor.party, ended_at=None).first()
        if found is None or Delegation.objects.filter(pk=number, ended_at=None).update(ended_at=now) != 1:
            raise PartyRefused("party.no_delegation", number=number)
        ledger.enter(
            kind="delegation.ended",
            actor=actor,
            happened_at=now,
            now=now,
            refs={"case": found.case} if found.case else {},
            recipients=(found.delegate,),
            facts={"policy": found.policy, "rule": found.rule},
            **queries.standing(now=now),
        )
