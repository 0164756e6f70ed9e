from datetime import timedelta

import pytest
from tests.hub.world import CENTRE, NOW, World, viewer

from cleannet.hub.disposal import tables
from cleannet.hub.disposal.models import Route, RouteTable
from cleannet.hub.disposal.tables import RouteRefused
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties.queries import NoParty

pytestmark = pytest.mark.django_db
TABLE = b"prefix,party,province\n198.51.100.0/24,op1,32\n203.0.113.0/24,op2,33\n"


@pytest.fixture(autouse=True)
def world(db: None) -> World:
    return World().populate()


def take(data: bytes = TABLE, source: str = "apnic", minute: int = 0) -> RouteTable:
    return tables.take(actor=CENTRE, source=source, data=data, now=NOW + timedelta(minutes=minute))


def rows() -> list[tuple[str, str, str]]:
    return sorted(Route.objects.values_list("table__source", "what", "party"))


def test_a_table_replaces_its_source_as_a_whole_and_leaves_others() -> None:
    take()
    take(b"host,party\ngithub.io,op1\n", "hosts")
    made = take(b"prefix,party\n192.0.2.0/24,op2\n", minute=1)
    assert rows() == [("apnic", "192.0.2.0/24", "op2"), ("hosts", "github.io", "op1")]
    assert (made.rows, made.kind, made.current) == (1, "network", True)
    assert [table.source for table in tables.tables(viewer("cncert"))] == ["apnic", "hosts"]
    entered = ledger.entries(viewer("cncert"), kind="routes.imported")
    assert {(entry.facts["source"], entry.facts["rows"]) for entry in entered} == {
        ("apnic", 2),
        ("hosts", 1),
        ("apnic", 1),
    }


def test_every_wrong_line_is_told_and_nothing_is_changed() -> None:
    take()
    with pytest.raises(RouteRefused) as refused:
        take(b"prefix,party,province\nnonsense,op1,\n192.0.2.0/24,nobody,\n192.0.2.0/24,op2,77\n")
    assert refused.value.code == "route.wrong_lines"
    assert refused.value.facts["count"] == 3
    lines = str(refused.value.facts["lines"]).split("; ")
    assert [line.split(":")[0] for line in lines] == ["2", "3", "4"]
    assert lines[1] == "3: no party nobody is registered"
    assert len(rows()) == 2


@pytest.mark.parametrize(
    ("source", "actor", "code"),
    [
        (" ", CENTRE, "route.no_source"),
        ("x" * 101, CENTRE, "route.no_source"),
        ("x", Actor("op1", "operator", "p"), "route.not_yours"),
    ],
)
def test_a_table_has_a_source_and_is_the_hubs_own(source: str, actor: Actor, code: str) -> None:
    with pytest.raises(RouteRefused, match=code):
        tables.take(actor=actor, source=source, data=TABLE, now=NOW)


def test_what_an_import_that_was_killed_left_behind_goes_with_the_next() -> None:
    RouteTable.objects.create(source="apnic", kind="network", digest="", rows=9, imported_at=NOW - timedelta(hours=2))
    running = RouteTable.objects.create(source="apnic", kind="network", digest="", rows=9, imported_at=NOW)
    made = take()
    assert set(RouteTable.objects.values_list("pk", flat=True)) == {made.pk, running.pk}


def say(what: str, party: str, reason: str = "they told us", minute: int = 0) -> tables.Override:
    return tables.override(
        viewer=viewer("cncert"), what=what, party=party, reason=reason, now=NOW + timedelta(minutes=minute)
    )


def test_a_persons_word_is_superseded_and_stays_on_record() -> None:
    say("http://Evil.Example.com/x", "rr")
    say("evil.example.com", "op1", minute=1)
    say("evil.example.com", "", "a mistake", minute=2)
    found = [(one.what, one.party, one.person, one.superseded_at) for one in tables.overrides(viewer("cncert"))]
    assert found == [
        ("evil.example.com", "", "p-cncert", None),
        ("evil.example.com", "op1", "p-cncert", NOW + timedelta(minutes=2)),
        ("evil.example.com", "rr", "p-cncert", NOW + timedelta(minutes=1)),
    ]
    entered = ledger.entries(viewer("cncert"), kind="route.overridden")
    assert [entry.facts["party"] for entry in entered].count("op1") == 1
    assert len(entered) == 3


@pytest.mark.parametrize(
    ("what", "reason", "code"),
    [
        ("com", "x", "route.not_understood"),
        ("10.0.0.1", "x", "route.not_understood"),
        ("/path", "x", "route.not_understood"),
        ("evil.example.com", " ", "route.no_reason"),
    ],
)
def test_what_cannot_be_said_is_refused(what: str, reason: str, code: str) -> None:
    with pytest.raises(RouteRefused, match=code):
        say(what, "op1", reason)


def test_only_a_registered_party_is_named_and_only_what_was_said_is_taken_back() -> None:
    with pytest.raises(NoParty):
        say("evil.example.com", "nobody")
    with pytest.raises(RouteRefused, match="not_overridden"):
        say("evil.example.com", "")
    assert not tables.overrides(viewer("cncert")).exists()
