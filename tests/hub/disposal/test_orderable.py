from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, PROGRAM, viewer

from cleannet.core.allow import ORDINARY, POPULAR, RESOLVER, AllowLists, Listed
from cleannet.hub.disposal import orderable
from cleannet.hub.disposal.orderable import Exemption, Wanted
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import queries as cases
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
CENTRE = viewer("cncert")


def know(*texts: str, role: str = "control", allow: AllowLists | None = None) -> None:
    for text in texts:
        programs.add_indicator(program=PROGRAM, text=text, role=role, source="t", allow=allow or AllowLists(), now=NOW)


def keep(*listed: Listed) -> None:
    programs.keep_allow_lists(lists={one.list for one in listed}, listed=listed)


def held() -> dict[str, str]:
    return {target: one.held for target, one in orderable.targets(CENTRE, PROGRAM, now=NOW).items() if one.held}


@pytest.mark.parametrize(
    ("text", "target", "listed", "why"),
    [
        ("", HOST, Listed(HOST, ORDINARY, "l"), "ordinary"),
        ("", HOST, Listed("evil-emial.example.com", ORDINARY, "l"), "ordinary_below"),
        ("", HOST, Listed(f"pay.{HOST}", ORDINARY, "l"), "covers"),
        ("", HOST, Listed("evil-emial.example.com", POPULAR, "l"), ""),
        ("", HOST, Listed("other.example.com", ORDINARY, "l"), ""),
        (f"http://{HOST}/x", f"{HOST}/x", Listed(HOST, ORDINARY, "l"), ""),
        ("198.51.100.0/24", "198.51.100.0/24", Listed("198.51.100.53", RESOLVER, "l"), "covers"),
        ("198.51.100.7", "198.51.100.7", Listed("198.51.100.0/24", RESOLVER, "l"), "resolver"),
    ],
)
def test_what_a_list_says_now_counts_as_what_it_said_at_intake(
    case: str, text: str, target: str, listed: Listed, why: str
) -> None:
    know(*([text] if text else []))
    assert target not in held()
    keep(listed)
    assert held().get(target, "") == why
    wanted, found = [Wanted("op1", "control", target)], cases.case(CENTRE, case)
    if not why:
        assert target in orderable.check(CENTRE, found, wanted, NOW)
        return
    with pytest.raises(OrderRefused, match="held_by_allow_list"):
        orderable.check(CENTRE, found, wanted, NOW)
    exempt = [Exemption(target, "agreed", NOW + timedelta(hours=1))]
    assert orderable.check(CENTRE, found, wanted, NOW, None, exempt)[target].target == target


def test_a_whole_host_needs_an_exception_where_it_is_held_or_only_a_part_of_it_is_known(case: str) -> None:
    know("http://files.example.org/a", "198.51.100.7")
    know("statistics.example.com", allow=AllowLists([Listed("statistics.example.com", ORDINARY, "l")]))
    whole = orderable.hosts(orderable.targets(CENTRE, PROGRAM, now=NOW))
    assert {host: (one.resource.reach, one.held) for host, one in whole.items() if one.held or host == HOST} == {
        HOST: ("name", ""),
        "files.example.org": ("name", "not_listed"),
        "statistics.example.com": ("name", "ordinary"),
    }
    assert whole["198.51.100.7"].resource.reach == "address"


def test_a_target_is_ordered_as_any_kind_it_is_known_as(case: str) -> None:
    know(f"{HOST}:8443", role="distribution")
    found = cases.case(CENTRE, case)
    assert orderable.targets(CENTRE, PROGRAM, now=NOW)[HOST].kinds == ("control", "distribution")
    for kind in ("control", "distribution"):
        assert orderable.check(CENTRE, found, [Wanted("op1", kind, HOST)], NOW)[HOST].host == HOST
    with pytest.raises(OrderRefused, match="another_kind"):
        orderable.check(CENTRE, found, [Wanted("op1", "domain", HOST)], NOW)


def test_many_targets_take_no_more_questions_than_one(case: str) -> None:
    hosts = [f"c{number}.evil-emial.example.org" for number in range(150)]
    know(*hosts)
    asked = []
    for some in (hosts[:1], hosts):
        with CaptureQueriesContext(connection) as captured:
            orderable.check(CENTRE, cases.case(CENTRE, case), [Wanted("op1", "control", one) for one in some], NOW)
        asked.append(len(captured))
    assert asked[1] == asked[0]
