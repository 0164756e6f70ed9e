from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from pytest_django import Settings
from tests.hub.disposal.registries import Web, web, whois
from tests.hub.world import NOW

from cleannet.hub.disposal import lookups
from cleannet.hub.disposal.models import Registration

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=30)
COM, NET = "example.com", "example.net"


@pytest.fixture
def server(settings: Settings) -> Iterator[Web]:
    with web() as answering:
        settings.CLEANNET_RDAP = answering.serve_suffixes("com")
        settings.CLEANNET_REGISTRY_SECONDS = 1
        yield answering


def look_up(at: timedelta = timedelta()) -> int:
    done = 0
    while lookups.look_up(now=NOW + at, lease=LEASE):
        done += 1
    return done


def found(domain: str) -> Registration:
    return Registration.objects.get(key=domain)


def test_nobody_is_asked_where_no_registry_is_set(case: str) -> None:
    assert look_up() == 0
    assert not Registration.objects.exists()


def test_the_domains_of_open_cases_are_asked_about_once_and_kept(case: str, server: Web) -> None:
    server.register(COM)
    assert look_up() > 0
    asked = len(server.asked)
    row = found(COM)
    assert (row.registered, row.registrar_id, row.registrar) == (True, "1234", "Example Registrar, Ltd.")
    assert (row.source, row.looked_at, row.expires_at) == ("rdap", NOW, NOW + lookups.KEPT)
    assert look_up(timedelta(days=6)) == 1, "only what nobody could be asked about is tried again"
    assert len(server.asked) == asked
    look_up(timedelta(days=7))
    assert len(server.asked) == asked + 1


def test_what_nobody_can_be_asked_about_says_so_and_is_tried_again(case: str, server: Web) -> None:
    look_up()
    row = found(NET)
    assert (row.source, row.registered, row.expires_at) == ("", None, NOW + lookups.NONE_KEPT)


def test_where_rdap_has_no_registry_whois_is_asked(case: str, server: Web, settings: Settings) -> None:
    with whois(lambda line: b"Domain Name: example.net\r\nRegistrar: R\r\n") as port:
        settings.CLEANNET_WHOIS = f"net=127.0.0.1:{port}"
        look_up()
    row = found(NET)
    assert (row.source, row.registrar, row.registered) == ("whois", "R", True)


def test_where_the_list_of_registries_fails_whois_is_asked_all_the_same(
    case: str, server: Web, settings: Settings
) -> None:
    settings.CLEANNET_RDAP = f"{server.url}/elsewhere.json"
    with whois(lambda line: f"Domain Name: {line}\r\nRegistrar: R\r\n".encode()) as port:
        settings.CLEANNET_WHOIS = f"net=127.0.0.1:{port}"
        look_up()
    assert (found(NET).source, found(NET).failure) == ("whois", "")
    assert (found(COM).done_at, found(COM).failure) == (
        None,
        f"{server.url}/elsewhere.json answers with the status 404",
    )


def test_a_domain_nobody_registered(case: str, server: Web) -> None:
    look_up()
    row = found(COM)
    assert (row.source, row.registered, row.expires_at) == ("rdap", False, NOW + lookups.NONE_KEPT)


def test_a_registry_that_fails_is_asked_again_ever_later_and_says_why(case: str, server: Web) -> None:
    server.pages[f"/rdap/domain/{COM}"] = 503, b""
    look_up()
    waits = []
    for _ in range(12):
        row = found(COM)
        assert row.failure.endswith("answers with the status 503")
        waits.append(row.ready_at)
        lookups.look_up(now=row.ready_at, lease=LEASE)
    gaps = [later - earlier for earlier, later in pairwise(waits)]
    assert gaps[:3] == [timedelta(seconds=60), timedelta(seconds=120), timedelta(seconds=240)]
    assert gaps[-1] == lookups.MOST_DELAY
    server.register(COM)
    lookups.look_up(now=waits[-1] + lookups.MOST_DELAY, lease=LEASE)
    row = found(COM)
    assert (row.failure, row.registered) == ("", True)


def test_what_cannot_be_kept_is_not_in_the_failure(case: str, server: Web) -> None:
    server.pages[f"/rdap/domain/{COM}"] = 200, b'{"ldhName": "a\\u0000\\ud800b"}'
    look_up()
    assert found(COM).failure.endswith("about another domain: “a b”")


def test_an_answer_that_is_asked_for_anew_still_counts_until_the_next(case: str, server: Web) -> None:
    server.register(COM)
    look_up()
    server.pages[f"/rdap/domain/{COM}"] = 503, b""
    look_up(lookups.KEPT)
    row = found(COM)
    assert (row.registered, row.registrar_id, row.done_at) == (True, "1234", None)


def test_the_part_of_a_host_that_is_registered() -> None:
    assert lookups.domains({"a.example.com", "198.51.100.7"}) == {"a.example.com": COM}
