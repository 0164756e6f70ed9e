from ipaddress import ip_network

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings
from tests.hub.web.conftest import PASSWORD, ClientOf

from cleannet.hub.web.signing_in import MOST_TRIES

pytestmark = pytest.mark.django_db
AT = "2026-11-22T10:00:00+08:00"


def sign_in(client: Client, password: str, username: str = "op1", **given: str) -> int:
    return client.post("/sign-in", {"username": username, "password": password, **given}).status_code


@pytest.fixture(autouse=True)
def person(world: object, client_of: ClientOf) -> None:
    client_of("op1")


def test_the_right_password_opens_the_desk() -> None:
    client = Client()
    answer = client.post("/sign-in", {"username": "op1", "password": PASSWORD, "next": "/cases"})
    assert (answer.status_code, answer["Location"]) == (302, "/cases")
    assert client.get("/").status_code == 200
    assert client.post("/sign-out").status_code == 302
    assert client.get("/").status_code == 302


def test_a_wrong_password_keeps_the_name_and_says_no_more() -> None:
    wrong = Client(headers={"accept-language": "en"}).post("/sign-in", {"username": "op1", "password": "no"})
    nobody = Client(headers={"accept-language": "en"}).post("/sign-in", {"username": "who", "password": "no"})
    assert wrong.status_code == nobody.status_code == 403
    assert 'value="op1"' in wrong.content.decode()
    for answer in (wrong, nobody):
        assert "User name and password do not belong together." in answer.content.decode()


def test_guessing_is_stopped_for_the_name_from_the_address_and_for_a_minute() -> None:
    with time_machine.travel(AT, tick=False) as traveller:
        assert [sign_in(Client(), "no") for _ in range(MOST_TRIES)] == [403] * MOST_TRIES
        assert sign_in(Client(), "no") == 429
        assert sign_in(Client(), PASSWORD) == 429
        assert sign_in(Client(REMOTE_ADDR="127.0.0.9"), PASSWORD) == 302
        assert sign_in(Client(), "no", "somebody") == 403
        traveller.shift(60)
        assert sign_in(Client(), PASSWORD) == 302


def test_behind_a_proxy_nobody_keeps_another_from_signing_in(settings: Settings) -> None:
    settings.CLEANNET_PROXIES = [ip_network("127.0.0.0/8")]
    with time_machine.travel(AT, tick=False):
        bad, good = (Client(headers={"x-forwarded-for": address}) for address in ("198.51.100.1", "198.51.100.2"))
        assert [sign_in(bad, "no") for _ in range(MOST_TRIES + 1)][-1] == 429
        assert sign_in(good, PASSWORD) == 302


def test_signing_in_rightly_uses_up_no_try() -> None:
    with time_machine.travel(AT, tick=False):
        assert [sign_in(Client(), PASSWORD) for _ in range(MOST_TRIES + 1)] == [302] * (MOST_TRIES + 1)


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(address: str) -> None:
    answer = Client().post("/sign-in", {"username": "op1", "password": PASSWORD, "next": address})
    assert answer["Location"] == "/"
    assert Client().post("/language", {"language": "en", "next": address})["Location"] == "/"


def test_the_language_chosen_is_kept() -> None:
    client = Client(headers={"accept-language": "en"})
    assert "Sign in" in client.get("/sign-in").content.decode()
    client.post("/language", {"language": "zh-hans", "next": "/sign-in"})
    assert "登录" in client.get("/sign-in").content.decode()
    client.post("/language", {"language": "xx", "next": "/sign-in"})
    assert "登录" in client.get("/sign-in").content.decode()


def test_chinese_is_what_comes_without_a_choice() -> None:
    page = Client().get("/sign-in").content.decode()
    assert '<html lang="zh-hans">' in page
    assert "登录" in page
