from datetime import datetime
from ipaddress import ip_network

import pytest
from django.test import Client, RequestFactory
from django.utils import translation
from pytest_django import Settings
from tests.hub.web.conftest import ClientOf
from tests.hub.world import World

from cleannet.core.refusal import Refusal
from cleannet.hub.ledger import sealing
from cleannet.hub.web import access
from cleannet.hub.wording import Told

pytestmark = pytest.mark.django_db


def test_a_right_that_is_none_is_a_mistake_at_once() -> None:
    with pytest.raises(ValueError, match="is no right"):
        access.allowed("everything")


def test_a_form_without_its_token_is_refused_in_words(case: str, client_of: ClientOf) -> None:
    client = client_of("op1", enforce_csrf_checks=True)
    answer = client.post(f"/cases/{case}/report")
    assert answer.status_code == 403
    assert "The form is too old" in answer.content.decode()


def test_a_refusal_is_a_page_that_says_what_and_what_now(case: str, client_of: ClientOf) -> None:
    answer = client_of("op2").get(f"/cases/{case}")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "There is no such case or notice that you may see." in page
    assert "Look it up in the list of cases." in page


def test_who_lacks_the_right_is_told_who_may(case: str, client_of: ClientOf) -> None:
    page = client_of("op1").get(f"/cases/{case}/orders").content.decode()
    assert "Issue orders" in page
    assert "CNCERT" in page
    assert "Mobile operator" not in page.split("<main")[1]


def test_after_signing_in_one_goes_on_where_one_wanted(case: str) -> None:
    assert Client().get(f"/cases/{case}")["Location"] == f"/sign-in?next=/cases/{case}"
    assert Client().post(f"/cases/{case}/report")["Location"] == "/sign-in?next=/"


def test_no_page_is_kept_by_a_cache(world: object, client_of: ClientOf) -> None:
    assert "no-store" in client_of("op1").get("/")["Cache-Control"]


def test_what_is_no_refusal_is_not_caught() -> None:
    def breaks() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        access.attempt(RequestFactory().post("/"), breaks, done="", to="desk")


def test_a_refused_attempt_is_told() -> None:
    def refuses() -> None:
        raise Refusal("incident.reason_missing", case="x")

    answer = access.attempt(RequestFactory().post("/"), refuses, done="", to="desk")
    assert isinstance(answer, Told)
    assert answer.status == 422


def test_an_unknown_party_shows_its_code(world: object) -> None:
    names = access.Names()
    assert names["nobody"] == "nobody"
    with translation.override("zh-hans"):
        assert names["op1"] == "移动运营企业甲"


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        ("", "203.0.113.9", "", "203.0.113.9"),
        ("", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("", "", "198.51.100.1", ""),
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.0.0.0/8", "10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.0/8", "10.0.0.1", "unknown", "unknown"),
        ("10.0.0.0/8", "", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_an_address_is_believed_of_a_trusted_proxy_alone(
    proxies: str, remote: str, forwarded: str, address: str, settings: Settings
) -> None:
    settings.CLEANNET_PROXIES = [ip_network(proxies)] if proxies else []
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert access.address_of(RequestFactory(REMOTE_ADDR=remote, headers=headers).get("/")) == address


def test_the_foot_of_a_printed_case_names_the_head_of_the_ledger(case: str, client_of: ClientOf, now: datetime) -> None:
    client = client_of("op1")
    assert "Ledger of" not in client.get(f"/cases/{case}").content.decode()
    head = sealing.seal(now=now)
    assert head is not None
    foot = client.get(f"/cases/{case}").content.decode().split('<p class="foot">')[1]
    assert f"Ledger of {head.size:,} entries, root {bytes(head.root).hex()[:12]}…" in foot


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/sign-in", {"username": "a\x00", "password": "b"}),
        ("/appeals", {"target": "a\x00", "grounds": "b", "name": "c", "contact": "d"}),
        ("/appeals", {"a\x00": "b"}),
        ("/cases?status=a%00", None),
        ("/orders?page=%00", None),
        ("/cases/a%00", None),
        ("/ledger/a%00", None),
        ("/appeals/a%00/material/0", None),
    ],
)
def test_what_no_database_can_store_is_refused_in_words(
    world: World, client_of: ClientOf, path: str, typed: dict[str, str] | None
) -> None:
    client = client_of("cncert")
    answer = client.get(path) if typed is None else client.post(path, typed)
    assert answer.status_code == 422
    assert "cannot be stored" in answer.content.decode()


def test_a_file_name_that_cannot_be_stored_does_no_harm(world: World, client_of: ClientOf) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="material"; filename="a\x00\xed\xa0\x80.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF\r\n--x--\r\n"
    )
    answer = client_of("op1").post("/appeals", body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 422


@pytest.mark.parametrize("size", [access.MOST_TYPED + 1, 10**12])
def test_a_form_that_is_too_large_is_refused_before_it_is_read(db: None, size: int) -> None:
    class Unread:
        def read(self, *_: object) -> bytes:
            pytest.fail("it was read")

        readline = read

    answer = Client(headers={"accept-language": "en"}).post(
        "/sign-in",
        b"",
        content_type="application/x-www-form-urlencoded",
        CONTENT_LENGTH=str(size),
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert "larger" in answer.content.decode()


@pytest.mark.parametrize(
    ("setting", "status"), [("DATA_UPLOAD_MAX_NUMBER_FIELDS", 413), ("DATA_UPLOAD_MAX_MEMORY_SIZE", 413)]
)
def test_what_django_itself_refuses_to_read_is_a_page(
    world: World, client_of: ClientOf, settings: Settings, setting: str, status: int
) -> None:
    client = client_of("cncert")
    setattr(settings, setting, 3)
    answer = client.post("/appeals", "a=1&b=2&c=3&d=4", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == status
    assert "<h1>Not done" in answer.content.decode()


def test_a_strange_host_is_told_nothing(db: None) -> None:
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400
