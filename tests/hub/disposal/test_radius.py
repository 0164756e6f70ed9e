from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.hub.disposal.conftest import HOST
from tests.hub.world import NOW, PROGRAM, viewer

from cleannet.core.allow import ORDINARY, AllowLists, Listed
from cleannet.hub.disposal import actions, radius
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.models import Order, Sighting
from cleannet.hub.disposal.radius import Radius
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def know(*texts: str, program: str = PROGRAM, allow: AllowLists | None = None) -> None:
    programs.add_program(code=program, now=NOW)
    for text in texts:
        programs.add_indicator(
            program=program, text=text, role="control", source="t", allow=allow or AllowLists(), now=NOW
        )


def keep(*listed: Listed) -> None:
    programs.keep_allow_lists(lists={one.list for one in listed}, listed=listed)


def reach(case: str, target: str) -> Radius:
    (found,) = radius.radii(viewer("cncert"), case, [target], now=NOW)
    return found


@pytest.mark.parametrize(
    ("text", "target", "blocks"),
    [
        (HOST, HOST, "name"),
        ("198.51.100.7", "198.51.100.7", "address"),
        ("198.51.100.7:8080", "198.51.100.7", "address"),
        ("198.51.100.0/24", "198.51.100.0/24", "network"),
        ("http://files.example.org/a", "files.example.org/a", "url"),
    ],
)
def test_what_an_order_blocks(case: str, text: str, target: str, blocks: str) -> None:
    if text != HOST:
        know(text)
    found = reach(case, target)
    assert (found.blocks, found.warns, found.decision.holds) == (blocks, False, False)


def test_what_is_known_at_or_below_of_any_program(case: str) -> None:
    know(f"a.{HOST}", f"http://{HOST}/x", f"{HOST}:8080")
    know(f"b.{HOST}", f"not-{HOST}", program="other")
    know("example.com", program="above")
    found = reach(case, HOST)
    assert [(one.program, one.resource.text) for one in found.known] == [
        (PROGRAM, f"{HOST}/x"),
        (PROGRAM, f"a.{HOST}"),
        ("other", f"b.{HOST}"),
    ]
    assert found.warns
    assert [one.target for one in found.smaller] == [f"{HOST}/x", f"a.{HOST}"]
    programs.withdraw_indicator(program="other", text=f"b.{HOST}", reason="gone", now=NOW)
    assert [one.program for one in reach(case, HOST).known] == [PROGRAM, PROGRAM]


def test_a_url_reaches_only_what_is_below_it(case: str) -> None:
    know(*(f"http://files.example.org/{path}" for path in ("a", "a/b", "ab", "c")), "files.example.org")
    found = reach(case, "files.example.org/a")
    assert [one.resource.text for one in found.known] == ["files.example.org/a/b"]
    assert found.smaller == ()


def test_what_allow_lists_name_around_at_and_below(case: str) -> None:
    keep(
        Listed("example.com", "popular", "top million", 5),
        Listed(f"pay.{HOST}", "ordinary", "in use", 7),
        Listed("other.example.org", "ordinary", "in use", 8),
    )
    found = reach(case, HOST)
    assert [(one.text, one.list, one.line) for one in found.listed] == [
        ("example.com", "top million", 5),
        (f"pay.{HOST}", "in use", 7),
    ]
    assert (found.decision.holds, found.decision.reason, found.decision.listed) == (True, "covers", f"pay.{HOST}")
    assert found.warns
    keep(Listed("unrelated.example.org", "ordinary", "in use", 1))
    found = reach(case, HOST)
    assert (found.decision.holds, found.decision.reason) == (False, "popular_below")


def test_a_network_reaches_listed_and_known_addresses(case: str) -> None:
    know("198.51.100.0/24", "198.51.100.7", "198.51.101.7")
    keep(Listed("198.51.100.53", "resolver", "resolvers", 1), Listed("198.51.0.0/16", "cloud", "clouds", 2))
    found = reach(case, "198.51.100.0/24")
    assert [one.text for one in found.listed] == ["198.51.0.0/16", "198.51.100.53"]
    assert (found.decision.holds, found.decision.reason) == (True, "covers")
    assert [one.target for one in found.smaller] == ["198.51.100.7"]


@pytest.mark.parametrize(
    ("text", "target", "shared"),
    [
        ("someone.github.io", "someone.github.io", "github.io"),
        ("x.dyn.example.org", "x.dyn.example.org", "dyn.example.org"),
        (HOST, HOST, ""),
        ("http://github.io/x", "github.io/x", "github.io"),
        ("198.51.100.7", "198.51.100.7", ""),
    ],
)
def test_a_suffix_that_unrelated_people_share_is_named(case: str, text: str, target: str, shared: str) -> None:
    keep(Listed("dyn.example.org", "shared", "dynamic", 1))
    if text != HOST:
        know(text)
    assert reach(case, target).shared == shared


def see(order: Order, *said: str) -> None:
    answers = [{"name": f"{order.target}.", "said": " ".join(said)}]
    Sighting.objects.create(
        order=order,
        kind="resolver",
        vantage="甲",
        decides=True,
        verdict="still_there",
        evidence={"server": "192.0.2.53:53", "answers": answers},
        seen_at=NOW,
    )


def test_names_seen_at_the_same_address_are_told(case: str) -> None:
    know("neighbour.example.org", "far.example.org", "198.51.100.7:8080", "198.51.100.70")
    targets = (HOST, "neighbour.example.org", "far.example.org")
    made = actions.issue(
        viewer=viewer("cncert"), case=case, wanted=[Wanted("op1", "control", one) for one in targets], now=NOW + MINUTE
    )
    orders = {one.target: one for one in made}
    see(orders[HOST], "198.51.100.7")
    see(orders["neighbour.example.org"], "CNAME", "x.example.", "198.51.100.7", "198.51.100.9")
    see(orders["far.example.org"], "198.51.100.70")
    assert reach(case, HOST).neighbours == ("198.51.100.7:8080", "neighbour.example.org")
    assert reach(case, "198.51.100.7").neighbours == (HOST, "neighbour.example.org")


def test_orders_that_stand_there_already(case: str) -> None:
    know(f"a.{HOST}", "http://files.example.org/a", "files.example.org")
    know("evil-emial.example.com", "far.example.org")
    wanted = [Wanted("op1", "control", one) for one in (HOST, f"a.{HOST}", "evil-emial.example.com", "far.example.org")]
    made = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    assert {one.target for one in reach(case, HOST).orders} == {HOST, f"a.{HOST}", "evil-emial.example.com"}
    assert reach(case, "files.example.org/a").orders == ()
    Order.objects.filter(number=made[0].number).update(status="withdrawn", leaves=9)
    standing = {one.target: one for one in reach(case, HOST).orders}
    assert made[0].target not in standing
    assert len(standing) == 2


def test_what_is_no_resource_of_the_case_is_left_out(case: str) -> None:
    assert radius.radii(viewer("cncert"), case, ["elsewhere.example", HOST, HOST], now=NOW)[0].target == HOST
    assert len(radius.radii(viewer("cncert"), case, ["elsewhere.example", HOST, HOST], now=NOW)) == 1


def test_the_reach_of_many_targets_takes_no_more_questions_than_of_one(case: str) -> None:
    hosts = [f"c{number}.evil-emial.example.org" for number in range(150)]
    know(*hosts)
    keep(Listed(f"pay.{hosts[-1]}", "ordinary", "in use", 7))
    asked = []
    for some in (hosts[:1], hosts):
        with CaptureQueriesContext(connection) as captured:
            found = radius.radii(viewer("cncert"), case, some, now=NOW)
        asked.append(len(captured))
    assert [one.target for one in found if one.decision.holds] == hosts[-1:]
    assert asked[1] == asked[0]


def test_of_a_held_host_the_whole_is_told_which_an_exception_would_block(case: str) -> None:
    allow = AllowLists([Listed("files.example.org", ORDINARY, "ordinary")])
    programs.add_indicator(program=PROGRAM, text="files.example.org", role="control", source="t", allow=allow, now=NOW)
    assert (reach(case, "files.example.org").blocks, reach(case, "files.example.org").reach) == ("name", "name")
