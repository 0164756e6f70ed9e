from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from tests.hub.disposal.address_files import write_xdb
from tests.hub.disposal.conftest import HOST
from tests.hub.world import CENTRE, NOW, PROGRAM, viewer

from cleannet.core.allow import AllowLists, Listed
from cleannet.hub.disposal import actions, routing, tables
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.models import Registration
from cleannet.hub.disposal.routing import Routed
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import actions as parties
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
OTHER = "dl.evil-emial.example.net"


def know(*texts: str, allow: AllowLists | None = None) -> None:
    for text in texts:
        programs.add_indicator(
            program=PROGRAM, text=text, role="domain", source="t", allow=allow or AllowLists(), now=NOW
        )


def table(header: str, *rows: str) -> None:
    data = "\n".join([header, *rows]).encode()
    tables.take(actor=CENTRE, source=header, data=data, now=NOW)


def registered(domain: str, number: str = "", name: str = "", registered: bool | None = True, **more: object) -> None:
    given = {"source": "rdap", "looked_at": NOW, "done_at": NOW, "expires_at": NOW + timedelta(days=7), **more}
    Registration.objects.create(
        key=domain, ready_at=NOW, registered=registered, registrar_id=number, registrar=name, **given
    )


def routed(case: str, target: str) -> Routed:
    (found,) = [one for one in routing.routes(viewer("cncert"), case, now=NOW) if one.resource.target == target]
    return found


def holder(case: str, target: str) -> tuple[str, str] | str:
    """Return party and reason of the one that holds a target, or why nobody does."""
    found = routed(case, target)
    held = [(one.party, one.why) for one in found.proposals if one.part == "holder"]
    return held[0] if held else found.lacking


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("198.51.100.7", ("op1", "network_table")),
        ("198.51.100.200", ("op2", "network_table")),
        ("203.0.113.7", "network_unknown"),
        ("2001:db8:5::1", ("op2", "network_table")),
        ("198.51.100.192/26", ("op2", "network_table")),
    ],
)
def test_an_address_goes_to_whose_network_it_is_by_the_longest_match(
    case: str, address: str, expected: tuple[str, str] | str
) -> None:
    table("prefix,party,province", "198.51.100.0/24,op1,32", "198.51.100.128/25,op2,33", "2001:db8::/32,op2,")
    know(address)
    assert holder(case, address) == expected


def test_a_network_of_several_holders_is_proposed_to_each(case: str) -> None:
    table("prefix,party", "198.51.100.0/24,op1", "198.51.100.128/25,op2")
    know("198.51.100.0/24")
    assert {one.party for one in routed(case, "198.51.100.0/24").proposals} == {"op1", "op2"}


XDB = {
    "61.160.0.0/24": "中国|0|江苏省|南京市|电信",
    "61.170.0.0/24": "中国|0|浙江省|杭州市|电信",
    "61.180.0.0/24": "中国|0|浙江省|杭州市|移动",
    "8.8.8.0/24": "美国|0|加利福尼亚|0|谷歌",
}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("61.160.0.1", ("op2", "address_file")),
        ("61.170.0.1", ("op1", "address_file")),
        ("61.180.0.1", "carrier_unknown"),
        ("8.8.8.8", ("cncert", "address_abroad")),
        ("9.9.9.9", "network_unknown"),
    ],
)
def test_what_no_table_holds_the_address_file_names_in_the_owners_words(
    case: str, settings: Settings, tmp_path: Path, address: str, expected: tuple[str, str] | str
) -> None:
    settings.CLEANNET_ADDRESS_FILES = str(write_xdb(tmp_path / "a.xdb", XDB))
    table("carrier,party,province", "电信,op1,", "电信,op2,32")
    know(address)
    assert holder(case, address) == expected
    if expected == "carrier_unknown":
        assert routed(case, address).said == "移动"


def test_an_address_file_that_cannot_be_read_is_said(case: str, settings: Settings, tmp_path: Path) -> None:
    settings.CLEANNET_ADDRESS_FILES = str(tmp_path / "none.xdb")
    know("61.160.0.1")
    found = routed(case, "61.160.0.1")
    assert (found.lacking, "none.xdb" in found.said) == ("file_unreadable", True)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"number": "1234"}, ("rr", "registrar")),
        ({"name": "EXAMPLE  Registrar"}, ("rr", "registrar")),
        ({"number": "999", "name": "Overseas Inc."}, ("cncert", "abroad")),
        ({"registered": False}, "not_registered"),
        ({"registered": None, "source": ""}, "nobody_to_ask"),
        ({"registered": None, "done_at": None, "looked_at": None, "failure": "it hangs"}, "asked"),
        (None, "never_asked"),
    ],
)
def test_a_name_goes_to_its_registrar_or_abroad_to_cncert(
    case: str, said: dict[str, object] | None, expected: tuple[str, str] | str
) -> None:
    table("registrar,party", "1234,rr", "Example Registrar,rr")
    if said is not None:
        registered("example.com", **said)  # type: ignore[arg-type]  # as a case says
    assert holder(case, HOST) == expected
    assert routed(case, HOST).said == {"asked": "it hangs", "not_registered": "example.com"}.get(str(expected), "")


def test_where_no_registrar_is_a_party_the_registry_of_the_suffix_is(case: str) -> None:
    table("suffix,party", "com,rr")
    assert holder(case, HOST) == ("rr", "registry")
    registered("example.com", "999", "Overseas Inc.")
    assert holder(case, HOST) == ("rr", "registry")


def test_operators_with_infected_subscribers_are_proposed_for_a_name_and_nothing_else(case: str) -> None:
    table("prefix,party", "198.51.100.0/24,op2")
    know("198.51.100.7", "http://files.example.org/a.apk")
    assert [(one.party, one.part, one.why) for one in routed(case, HOST).proposals] == [("op1", "blocking", "infected")]
    assert [one.party for one in routed(case, "198.51.100.7").proposals] == ["op2"]
    assert routed(case, "files.example.org/a.apk").proposals == ()


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("http://files.example.org/a.apk", "files.example.org/a.apk", ("idc", "host_table")),
        ("http://a.files.example.org/a.apk", "a.files.example.org/a.apk", ("idc", "host_table")),
        ("http://198.51.100.7/a.apk", "198.51.100.7/a.apk", ("idc", "host_table")),
        ("http://elsewhere.example/a.apk", "elsewhere.example/a.apk", "host_unknown"),
        ("someone.github.io", "someone.github.io", ("idc", "host_table")),
        ("files.example.org", "files.example.org", "never_asked"),
    ],
)
def test_a_url_or_a_name_below_a_shared_suffix_goes_to_the_host(
    case: str, text: str, target: str, expected: tuple[str, str] | str
) -> None:
    parties.register(code="idc", zh="机房", en="I", role="idc", actor=CENTRE, now=NOW)
    table("host,party", "files.example.org,idc", "198.51.100.0/24,idc", "github.io,idc")
    know(text)
    assert holder(case, target) == expected


def test_a_persons_word_comes_first_the_nearest_one_until_it_is_taken_back(case: str) -> None:
    table("domain,party", "example.com,rr")
    assert holder(case, HOST) == ("rr", "domain_table")
    cncert = viewer("cncert")
    tables.override(viewer=cncert, what="example.com", party="op2", reason="x", now=NOW)
    tables.override(viewer=cncert, what=HOST, party="op1", reason="y", now=NOW)
    (first, *_) = routed(case, HOST).proposals
    assert (first.party, first.why, dict(first.evidence)) == (
        "op1",
        "by_hand",
        {"what": HOST, "reason": "y", "person": "p-cncert"},
    )
    tables.override(viewer=cncert, what=HOST, party="", reason="z", now=NOW + MINUTE)
    assert holder(case, HOST) == ("rr", "domain_table")


def unrouted() -> dict[str, str]:
    return {one.routed.resource.target: one.routed.lacking for one in routing.unrouted(viewer("cncert"))}


def test_what_nobody_holds_waits_until_data_a_person_or_an_order_says_more(case: str) -> None:
    allow = AllowLists([Listed("held.example.org", "ordinary", "in use", 1)])
    know("held.example.org", "198.51.100.7", "203.0.113.7", allow=allow)
    assert unrouted() == {
        HOST: "never_asked",
        OTHER: "never_asked",
        "198.51.100.7": "network_unknown",
        "203.0.113.7": "network_unknown",
    }
    table("prefix,party", "198.51.100.0/24,op2")
    tables.override(viewer=viewer("cncert"), what="203.0.113.0/24", party="op1", reason="told", now=NOW)
    actions.issue(viewer=viewer("cncert"), case=case, wanted=[Wanted("op1", "control", HOST)], now=NOW + MINUTE)
    assert unrouted() == {OTHER: "never_asked"}


def test_why_an_order_went_to_its_party_is_kept_and_entered(case: str) -> None:
    table("registrar,party", "1234,rr")
    registered("example.com", "1234", "Example")
    wanted = [Wanted(code, "control", HOST) for code in ("rr", "op1", "op2")]
    made = actions.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=NOW + MINUTE)
    kept = routing.decisions(viewer("cncert"), [one.number for one in made])
    found = {one.party: kept[one.number] for one in made}
    assert {code: (row.proposed, row.why) for code, row in found.items()} == {
        "rr": (True, "registrar"),
        "op1": (True, "infected"),
        "op2": (False, "chosen"),
    }
    assert (found["rr"].evidence["registrar"], found["rr"].evidence["table"]) == ("Example", "registrar,party")
    assert found["op2"].others == [["rr", "registrar"], ["op1", "infected"]]
    assert {row.person for row in found.values()} == {"p-cncert"}
    entered = ledger.entries(viewer("cncert"), kind="order.issued")
    routes = {number: why for entry in entered for number, why in entry.facts["routes"].items()}
    assert routes == {one.number: kept[one.number].why for one in made}


def test_only_the_cases_a_viewer_may_see_are_told(case: str) -> None:
    assert routing.unrouted(viewer("op2")) == []
