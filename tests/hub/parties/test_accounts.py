from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from tests.hub.world import NOW, World

from cleannet.hub.parties import accounts, actions, queries
from cleannet.hub.parties.actions import PartyRefused
from cleannet.hub.parties.models import Person

pytestmark = pytest.mark.django_db
OLD, NEW = "an old long word 1", "a new long word 2"


@pytest.fixture
def person(db: None) -> Person:
    World().populate()
    return actions.add_person(party="op1", username="li", password=OLD, name="李", held=["read"], now=NOW)


def refused(code: str, **given: str) -> None:
    with pytest.raises(PartyRefused) as refusal:
        accounts.set_password(**given)
    assert refusal.value.code == code


def test_another_password_ends_the_old_one_and_every_session(person: Person) -> None:
    client = Client()
    client.force_login(person.user)
    assert client.get("/").status_code == 200
    accounts.set_password(username="li", password=NEW)
    assert client.get("/").status_code == 302
    assert authenticate(username="li", password=OLD) is None
    assert authenticate(username="li", password=NEW) == person.user


def test_a_weak_password_and_nobodys_are_refused(person: Person) -> None:
    refused("party.weak_password", username="li", password="short")
    refused("party.no_account", username="nobody", password=NEW)
    assert authenticate(username="li", password=OLD) == person.user


def test_a_deactivated_account_is_let_in_no_more_nor_are_its_tokens(person: Person) -> None:
    client = Client()
    client.force_login(person.user)
    own = actions.make_token(party="op1", label="own", held=["read"], person=person.code, now=NOW)
    party = actions.make_token(party="op1", label="party", held=["read"], now=NOW)
    assert accounts.deactivate(username="li", now=NOW) == 1
    assert client.get("/").status_code == 302
    assert authenticate(username="li", password=OLD) is None
    assert queries.viewer_of_token(own, now=NOW) is None
    assert queries.viewer_of_token(party, now=NOW) is not None
    refused("party.no_account", username="li", password=NEW)


def test_tokens_are_listed_while_they_are_valid_and_ended_by_label_or_digest(person: Person) -> None:
    made = {
        label: actions.make_token(party=party, label=label, held=["read"], now=NOW, days=days)
        for label, party, days in (("a", "op1", 1), ("b", "op1", 9), ("c", "op2", 9))
    }
    assert [token.label for token in accounts.tokens(now=NOW)] == ["a", "b", "c"]
    assert [token.label for token in accounts.tokens(now=NOW, party="op1")] == ["a", "b"]
    assert [token.label for token in accounts.tokens(now=NOW + timedelta(days=2))] == ["b", "c"]
    by_digest = accounts.tokens(now=NOW)[2].digest[:12]
    assert accounts.end_token(named="b", now=NOW).label == "b"
    assert accounts.end_token(named=by_digest, now=NOW).label == "c"
    assert queries.viewer_of_token(made["b"], now=NOW) is None
    assert queries.viewer_of_token(made["a"], now=NOW) is not None


@pytest.mark.parametrize(("named", "code"), [("same", "several_tokens"), ("", "no_token"), ("x", "no_token")])
def test_no_token_is_ended_by_a_guess(person: Person, named: str, code: str) -> None:
    for _ in range(2):
        actions.make_token(party="op1", label="same", held=["read"], now=NOW)
    with pytest.raises(PartyRefused, match=code):
        accounts.end_token(named=named, now=NOW)
    assert len(accounts.tokens(now=NOW)) == 2
