"""Every route of the hub, page or operation, and every role: nobody gets in who does not hold the right."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.hub.web.conftest import MORE, PASSWORD, ClientOf, Objects
from tests.hub.web.routes import BODY, OPERATIONS, PAGES, SEEN_BY
from tests.hub.world import PARTIES, World

from cleannet.hub.api.operations import api
from cleannet.hub.ledger import sealing
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.rights import HELD_BY
from cleannet.hub.web import urls

EVERYBODY = {**{code: role for code, (_zh, role, _province, _also) in PARTIES.items()}, **MORE}


def patterns(found: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for one in found:
        if isinstance(one, URLResolver):
            if one.namespace != "api":
                yield from patterns(one.url_patterns)
        else:
            yield one


def address(name: str, objects: Objects | None = None) -> str:
    """Return the address of a page, of an object of op1 or of none that exists."""
    (pattern,) = [one for one in urls.urlpatterns if one.name == name]
    given = {"number": 999_999 if name in ("paper", "end_delegation") else "nothing", "kind": "pdf"}
    given["place"] = 0
    given |= {"id": str(uuid.UUID(int=0)), "code": "op1" if objects else "nothing"}
    if objects:
        about = {"paper": objects.paper, "record_receipt": objects.notice, "feed_back": objects.notice}
        about |= {"acknowledge": objects.order, "verify": objects.feedback, "supply_verification": objects.feedback}
        about |= {"supply_notice": objects.notice, "supply_feedback": objects.feedback, "warn_users": objects.notice}
        about |= {"batch": objects.batch, "appeal": objects.appeal, "appeal_material": objects.appeal}
        about |= {"batch_of_notice": objects.notice, "lead": objects.lead}
        about |= dict.fromkeys(("circular", "circular_sheet"), objects.month)
        about |= {"record_feedback": objects.notice, "record_paper": objects.feedback, "end_delegation": 999_999}
        given |= {
            "number": about.get(name, objects.case),
            "id": objects.first if name == "confirm_first" else objects.entry,
        }
    return reverse(name, kwargs={key: given[key] for key in pattern.pattern.converters})


def place(name: str, objects: Objects | None = None) -> str:
    """Return the address of an operation, on an object of op1 or on none that exists."""
    path = name.split(" ", 1)[1]
    number, entry, code = "0", "nothing", "nothing"
    if objects:
        about = {"papers": objects.paper, "orders": objects.order, "notices": objects.notice}
        about |= {"batches": objects.batch, "appeals": objects.appeal}
        about |= {"leads": objects.lead, "circulars": objects.month}
        about |= {"feedbacks": objects.feedback}
        number = str(about.get(path.split("/")[1], objects.case))
        entry, code = objects.first if "confirm" in path else objects.entry, "op1"
    if path.startswith("/delegations"):
        number = "999999"
    filled = path.replace("{number}", number).replace("{kind}", "pdf").replace("{entry}", entry)
    filled = filled.replace("{code}", code).replace("{place}", "0")
    return f"/api/v1{filled}?first=0&month=2026-11&edge=none"


def operations() -> Iterator[tuple[str, object]]:
    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield f"{method} {path}", operation.view_func


def test_every_page_says_which_right_it_asks_for_and_the_table_knows_it() -> None:
    found = {
        str(one.name): (
            vars(one.callback).get("right"),
            " ".join(m for m in vars(one.callback)["methods"] if m != "HEAD"),
        )
        for one in patterns(get_resolver("cleannet.hub.urls").url_patterns)
    }
    assert found == {name: (right, methods) for name, (right, methods, _status) in PAGES.items()}


def test_every_operation_says_which_right_it_asks_for_and_the_table_knows_it() -> None:
    assert {name: vars(view).get("right") for name, view in operations()} == OPERATIONS


def test_pages_for_everybody_are_few() -> None:
    public = {name for name, (right, _methods, _status) in PAGES.items() if not right}
    assert public == {"sign_in", "sign_out", "language", "healthz", "readyz"}


def test_nobody_opens_a_page_without_its_right(everyone: World, client_of: ClientOf) -> None:
    clients = {code: client_of(code) for code in EVERYBODY}
    got, expected = {}, {}
    for name, (right, methods, statuses) in PAGES.items():
        for method, status in zip(methods.split(), statuses.split(), strict=True):
            for code, role in EVERYBODY.items():
                if name in ("sign_in", "sign_out", "language"):
                    continue
                may = not right or right in HELD_BY.get(role, ())
                expected[name, method, code] = int(status) if may else 403
                got[name, method, code] = clients[code].generic(method, address(name)).status_code
    assert got == expected


def test_nobody_signed_in_is_sent_to_sign_in_and_a_stranger_is_told(everyone: World) -> None:
    stranger = Client()
    stranger.force_login(get_user_model().objects.create_user("stranger", password=PASSWORD))
    for name, (right, methods, statuses) in PAGES.items():
        for method, status in zip(methods.split(), statuses.split(), strict=True):
            answer = Client().generic(method, address(name))
            if not right:
                assert answer.status_code in (int(status), 403), name
                continue
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("sign_in")), name
            assert stranger.generic(method, address(name)).status_code == 403, name


def test_a_page_takes_only_its_methods(world: World, client_of: ClientOf) -> None:
    client = client_of("cncert")
    for name, (_right, methods, _status) in PAGES.items():
        for method in ("GET", "POST", "PUT", "DELETE"):
            if method not in methods.split():
                assert client.generic(method, address(name)).status_code == 405, (name, method)


def tokens_of_all(now: datetime) -> dict[str, str]:
    return {
        code: parties.make_token(party=code, label="all", held=HELD_BY.get(role, ()), now=now)
        for code, role in EVERYBODY.items()
    }


def may(name: str, code: str) -> int:
    """Return what a party gets that asks for the object of op1: 200, 403 without the right, 404 where it sees none."""
    right = PAGES[name][0] if name in PAGES else OPERATIONS[name]
    if right not in HELD_BY.get(EVERYBODY[code], ()):
        return 403
    return 200 if code in SEEN_BY[name] else 404


def test_the_table_knows_every_page_and_operation_about_an_object() -> None:
    pages = {str(one.name) for one in urls.urlpatterns if one.pattern.converters}
    assert set(SEEN_BY) == pages | {name for name in OPERATIONS if "{" in name}


def leaked(objects: Objects, code: str, answer: HttpResponse) -> list[str]:
    """Return the figures of op1 in an answer to a party that may not read them."""
    text = answer.content.decode("utf-8", "replace")
    return [] if code in ("miit", "cncert", "op1") else [one for one in objects.figures if one in text]


def test_of_what_is_anothers_nobody_opens_a_page_and_none_tells_a_figure(
    objects: Objects, client_of: ClientOf, now: datetime
) -> None:
    sealing.seal(now=now)
    got, expected, told = {}, {}, []
    for code in EVERYBODY:
        client = client_of(code)
        for name, (_right, methods, _status) in PAGES.items():
            for method in methods.split():
                about = name in SEEN_BY
                if method == "POST" and (not about or may(name, code) == 200):
                    continue
                answer = client.generic(method, address(name, objects))
                told += [(name, code, figure) for figure in leaked(objects, code, answer)]
                if about:
                    got[name, method, code], expected[name, method, code] = answer.status_code, may(name, code)
    assert got == expected
    assert told == []


def test_of_what_is_anothers_nothing_is_carried_out_and_none_tells_a_figure(objects: Objects, now: datetime) -> None:
    sealing.seal(now=now)
    got, expected, told = {}, {}, []
    for code, token in tokens_of_all(now).items():
        for name in OPERATIONS:
            method, about = name.split(" ", 1)[0], name in SEEN_BY
            writes = method in ("POST", "PUT")
            if writes and (not about or may(name, code) == 200):
                continue
            headers, body = {"authorization": f"Bearer {token}"}, json.dumps(BODY if writes else None)
            answer = Client().generic(method, place(name, objects), body, "application/json", headers=headers)
            told += [(name, code, figure) for figure in leaked(objects, code, answer)]
            if about:
                got[name, code], expected[name, code] = answer.status_code, may(name, code)
    assert got == expected
    assert told == []


def test_nobody_carries_out_an_operation_without_its_right(everyone: World, now: datetime) -> None:
    tokens = tokens_of_all(now)
    for name, right in OPERATIONS.items():
        method = name.split(" ", 1)[0]
        assert Client().generic(method, place(name)).status_code == 401, name
        for code, role in EVERYBODY.items():
            headers = {"authorization": f"Bearer {tokens[code]}"}
            body = json.dumps(BODY).encode()
            answer = Client().generic(method, place(name), body, "application/json", headers=headers)
            assert (answer.status_code == 403) == (right not in HELD_BY.get(role, ())), (name, code, answer.content)
            assert answer.status_code < 500, (name, code)


def test_the_description_of_the_api_is_for_everybody_and_tells_nothing_of_this_hub(objects: Objects) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert objects.case not in answer.content.decode()
    assert Client().post("/api/v1/openapi.json").status_code == 405


@pytest.mark.parametrize("path", ["/cases/", "/admin", "/static/../settings.py"])
def test_nothing_is_at_other_addresses(path: str) -> None:
    assert Client().get(path).status_code == 404
