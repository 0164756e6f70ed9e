"""Change and end access that was given before: passwords, accounts and tokens."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from cleannet.hub.parties.actions import PartyRefused
from cleannet.hub.parties.models import Person, Token

# Fewer digits could be the beginning of a digest by chance.
LEAST_OF_DIGEST = 8


def set_password(*, username: str, password: str) -> None:
    """Give an account another password, which ends every session of it; raise PartyRefused for a weak one."""
    account = _account(username).user
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise PartyRefused("party.weak_password", why=" ".join(error.messages)) from error
    account.set_password(password)
    account.save(update_fields=["password"])


def deactivate(*, username: str, now: datetime) -> int:
    """Let an account in no more, end the tokens that act for its person, and return how many those were."""
    person = _account(username)
    with transaction.atomic():
        get_user_model().objects.filter(pk=person.user.pk).update(is_active=False)
        return Token.objects.filter(person=person, revoked_at=None).update(revoked_at=now)


def tokens(*, now: datetime, party: str = "") -> QuerySet[Token]:
    """Return the tokens that are valid at `now`, of all parties or of one, by party and label."""
    living = Token.objects.filter(revoked_at=None, expires_at__gt=now).order_by("party_id", "label", "digest")
    return living.filter(party=party) if party else living


def end_token(*, named: str, now: datetime) -> Token:
    """End the one valid token that is `named` by its label or by the beginning of its digest.

    Raises PartyRefused for none or several.
    """
    same = Q(label=named)
    if len(named) >= LEAST_OF_DIGEST:
        same |= Q(digest__startswith=named)
    found = tokens(now=now).filter(same)
    if len(found) > 1:
        raise PartyRefused("party.several_tokens", named=named, tokens=[token.digest[:12] for token in found])
    if not found or not Token.objects.filter(digest=found[0].digest, revoked_at=None).update(revoked_at=now):
        raise PartyRefused("party.no_token", named=named)
    return found[0]


def _account(username: str) -> Person:
    found = Person.objects.select_related("user").filter(user__username=username, user__is_active=True).first()
    if found is None:
        raise PartyRefused("party.no_account", username=username)
    return found
