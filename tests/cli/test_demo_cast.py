from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate

from cleannet.cli import demo_cast, demo_data
from cleannet.cli.demo_cast import PEOPLE, Cast
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import queries as register
from cleannet.hub.programs import queries as programs

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    made = Cast()
    made.enter(NOW)
    return made


def test_everybody_can_sign_in_with_a_password_of_this_run_only(cast: Cast) -> None:
    other = len({*cast.passwords.values()})
    assert other == len(PEOPLE) == len(cast.viewers)
    for username, password in cast.passwords.items():
        user = authenticate(username=username, password=password)
        assert user is not None
        assert register.viewer_of(user) == cast.viewers[username]


def test_two_people_of_cncert_can_verify_each_others_work(cast: Cast) -> None:
    first, second = cast.viewers["cncert"], cast.viewers["cncert-2"]
    assert first.party == second.party == "cncert"
    assert first.person != second.person
    assert second.may("verify")


def test_the_ledger_says_who_is_registered_and_that_the_notice_is_delegated(cast: Cast) -> None:
    kinds = [entry.kind for entry in ledger.entries(cast.viewers["miit"])]
    assert kinds.count("party.registered") == len(demo_cast.PARTIES)
    assert kinds[0] == "policy.adopted"
    assert kinds[-1] == "delegation.recorded"


def test_the_allow_listed_name_is_held_and_every_other_can_be_ordered(cast: Cast) -> None:
    held = demo_cast.add_programs(NOW + timedelta(minutes=5))
    assert held == {demo_data.ORDINARY: "ordinary_below"}
    demo_cast.add_backup(NOW + timedelta(hours=13))
    found = programs.resources(cast.viewers["cncert"], demo_data.BIG)
    assert {one.host: one.held for one in found} == {
        demo_data.CONTROL: False,
        demo_data.BACKUP: False,
        demo_data.DISTRIBUTION: False,
        demo_data.ORDINARY: True,
    }
