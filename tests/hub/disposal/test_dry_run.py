from datetime import timedelta

import pytest
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import actions, dry_run
from cleannet.hub.disposal.actions import Wanted

pytestmark = pytest.mark.django_db
OTHER = "dl.evil-emial.example.net"
REACHES = {HOST: "name", OTHER: "name", "203.0.113.9": "address"}


def shown(wanted: list[Wanted]) -> dict[str, list[str]]:
    found = dry_run.differences(wanted, REACHES)
    return {one.party or one.place: [line for line in one.lines if line[0] in "+-"] for one in found}


def rules(host: str) -> list[str]:
    return [f"+*.{host}.rpz.cleannet. CNAME .", f"+{host}.rpz.cleannet. CNAME ."]


def test_what_an_order_would_change_is_shown_place_by_place(case: str) -> None:
    wanted = [Wanted("op1", "control", HOST), Wanted("rr", "control", HOST)]
    found = shown(wanted)
    assert sorted(found["rpz"]) == rules(HOST)
    assert found["op1"] == found["rr"] == [f"+{HOST}"]


def test_what_is_served_already_is_no_difference(case: str) -> None:
    wanted = [Wanted("op1", "control", HOST)]
    actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + timedelta(minutes=1))
    assert shown(wanted) == {"rpz": [], "op1": []}
    both = shown([*wanted, Wanted("op2", "control", OTHER)])
    assert sorted(both["rpz"]) == rules(OTHER)
    assert (both["op1"], both["op2"]) == ([], [f"+{OTHER}"])


def test_an_address_and_a_registrar_change_no_zone(case: str) -> None:
    assert set(shown([Wanted("op1", "control", "203.0.113.9"), Wanted("rr", "control", HOST)])) == {"op1", "rr"}
