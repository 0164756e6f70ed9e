from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings
from tests.hub.api.conftest import Machine
from tests.hub.world import NOW, World

from cleannet.hub.api import claims
from cleannet.hub.incidents.queries import Case
from cleannet.hub.ledger.queries import Entry
from cleannet.hub.papers.queries import Paper
from cleannet.hub.parties import actions as parties

Machines = dict[str, Machine]


def test_without_a_valid_token_nobody_is_let_in(world: World, standing_clock: time_machine.Traveller) -> None:
    token = parties.make_token(party="op1", label="t", held=["read"], now=NOW, days=1)
    assert Machine(token).get("/cases").status_code == 200
    for headers in ({}, {"authorization": "Bearer no"}, {"authorization": f"Basic {token}"}):
        answer = Client(headers=headers).get("/api/v1/cases")
        assert answer.status_code == 401
        assert answer["content-type"] == "application/problem+json"
    standing_clock.shift(timedelta(days=2))
    assert Machine(token).get("/cases").status_code == 401


def test_a_token_holds_only_the_rights_it_was_given(world: World) -> None:
    token = parties.make_token(party="op1", label="t", held=["submit"], now=NOW)
    answer = Machine(token).get("/cases")
    assert (answer.status_code, answer.json()["code"]) == (403, "api.right_missing")


def report(machines: Machines, case: str, key: str, body: Any = None) -> Any:
    return machines["op1"].post(f"/cases/{case}/report", body, key=key)


def test_a_request_with_a_key_is_carried_out_once(world: World, machines: Machines) -> None:
    (case,) = world.tally("op1", 60_000, NOW).cases
    first, again = report(machines, case, "k1"), report(machines, case, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Paper.objects.count() == 1
    other = report(machines, case, "k1", {"changes": {"harm": "大"}})
    assert (other.status_code, other.json()["code"]) == (422, "api.key_reused")
    assert report(machines, case, "k2").json()["version"] == 2
    assert Paper.objects.count() == 2


def test_a_refused_request_is_not_remembered(world: World, machines: Machines) -> None:
    (case,) = world.tally("op1", 5, NOW).cases
    assert report(machines, case, "k").status_code == 409
    world.tally("op1", 60_000, NOW)
    assert report(machines, case, "k").status_code == 201


def test_a_malformed_request_is_a_problem(world: World, machines: Machines) -> None:
    (case,) = world.tally("op1", 60_000, NOW).cases
    answer = report(machines, case, "", {"changes": 5})
    assert (answer.status_code, answer.json()["code"]) == (422, "api.bad_request")
    assert "changes" in answer.json()["detail"]


def test_an_unknown_field_of_a_form_is_a_problem(world: World, machines: Machines) -> None:
    (case,) = world.tally("op1", 60_000, NOW).cases
    answer = report(machines, case, "", {"changes": {"phon": "1"}})
    assert answer.status_code == 422
    assert Case.objects.count() == 1


@pytest.mark.parametrize("limit", [-5, 0, 10**9])
def test_a_page_has_at_least_one_row_and_never_too_many(world: World, machines: Machines, limit: int) -> None:
    world.tally("op1", 60_000, NOW)
    assert len(machines["cncert"].get("/cases", limit=limit).json()["items"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "code", "allow"),
    [
        ("GET", "/api/v1/nothing", "api.unknown", None),
        ("GET", "/api/v1/", "api.unknown", None),
        ("POST", "/api/v2/cases", "api.unknown", None),
        ("DELETE", "/api/v1/cases", "api.wrong_method", "GET"),
        ("GET", "/api/v1/tallies", "api.wrong_method", "POST"),
    ],
)
def test_an_unknown_address_and_a_wrong_method_are_problems(
    machines: Machines, method: str, path: str, code: str, allow: str | None
) -> None:
    for headers in ({}, {"accept-language": "en"}):
        answer = Client().generic(method, path, headers=headers)
        assert answer["content-type"] == "application/problem+json"
        assert (answer.json()["code"], answer.get("Allow")) == (code, allow)
        assert answer.json()["status"] == answer.status_code


def test_a_page_that_is_not_there_stays_a_page(db: None) -> None:
    assert Client().get("/nothing")["content-type"].startswith("text/html")


def test_a_list_goes_on_where_its_cursor_says(world: World, machines: Machines) -> None:
    (case,) = world.tally("op1", 60_000, NOW).cases
    numbers = [report(machines, case, f"k{n}").json()["id"] for n in range(3)]
    first = machines["op1"].get(f"/cases/{case}/papers", limit=2).json()
    rest = machines["op1"].get(f"/cases/{case}/papers", limit=2, after=first["next"]).json()
    assert [row["id"] for row in first["items"] + rest["items"]] == numbers
    assert rest["next"] is None
    bad = machines["op1"].get(f"/cases/{case}/papers", after="x")
    assert (bad.status_code, bad.json()["code"]) == (422, "api.bad_request")


def test_a_key_is_kept_whole(world: World, machines: Machines) -> None:
    (case,) = world.tally("op1", 60_000, NOW).cases
    assert report(machines, case, "k" * 101).json()["code"] == "api.key_too_long"
    assert report(machines, case, "k" * 100).status_code == 201


def test_a_process_that_dies_before_its_answer_is_kept_has_done_it_once(
    world: World, machines: Machines, standing_clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = world.tally("op1", 60_000, NOW).cases

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(claims, "answer", die)
        with pytest.raises(KeyboardInterrupt):
            report(machines, case, "k")
    made = Entry.objects.get(kind="incident.reported", party="op1")
    for minutes in (0, 11, 60 * 24):
        standing_clock.shift(timedelta(minutes=minutes))
        again = report(machines, case, "k")
        assert (again.status_code, again.json()["code"]) == (409, "api.done_unanswered")
        assert made.pk in again.json()["detail"]
    assert Paper.objects.count() == 1
    assert Entry.objects.filter(kind="incident.reported", party="op1").count() == 1


def test_a_process_that_dies_before_it_enters_has_done_nothing(
    world: World, machines: Machines, standing_clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = world.tally("op1", 60_000, NOW).cases

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        # The mark is written in the transaction of the entry: where it fails, there is no entry either.
        patch.setattr(claims, "mark", die)
        patch.setattr(claims, "release", lambda _claim: None)
        with pytest.raises(KeyboardInterrupt):
            report(machines, case, "k")
    assert not Paper.objects.exists()
    assert report(machines, case, "k").json()["code"] == "api.in_progress"
    standing_clock.shift(timedelta(minutes=11))
    assert report(machines, case, "k").status_code == 201
    assert Paper.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/cases/C/first-report", {"medium": "phone", "said": "x", "happened_at": "2026-01-01T00:00:00"}),
        ("/notices/N/feedback", {"items": [], "users_told": -1, "disposed_at": "2026-01-01T00:00:00Z"}),
    ],
)
def test_a_moment_without_a_zone_or_fewer_than_nobody_is_a_problem(
    machines: Machines, path: str, body: dict[str, object]
) -> None:
    assert machines["op1"].post(path, body).json()["code"] == "api.bad_request"


NUL, HALF = "\\u0000", "\\ud800"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/appeals", '{"target": "a%s", "grounds": "", "applicant": "", "contact": "", "received_at": "%s"}'),
        ("/cases/0/report", '{"changes": {"a%s": "b", "c": "%s"}}'),
        ("/routes/overrides", '{"what": "%s", "party": "%s", "reason": "r"}'),
        ("/acts", '{"kind": "k%s", "facts": {"a": ["%s"]}}'),
        ("/routes/tables", '{"source": "a%s", "text": "%s"}'),
    ],
)
@pytest.mark.parametrize("bad", [NUL, HALF])
def test_what_no_database_can_store_is_a_problem(machines: Machines, path: str, body: str, bad: str) -> None:
    answer = machines["cncert"].post(path, (body % (bad, bad)).encode())
    assert (answer.status_code, answer.json()["code"]) == (422, "api.not_storable")


@pytest.mark.parametrize(
    "path", ["/cases?after=%00", "/cases/a%00", "/appeals?case=a%00", "/months?month=%00", "/orders?case=%00&x=1"]
)
def test_an_address_no_database_can_look_up_is_a_problem(machines: Machines, path: str) -> None:
    answer = machines["cncert"].get(path.partition("?")[0], **dict(parse_qsl(path.partition("?")[2])))
    assert (answer.status_code, answer.json()["code"]) == (422, "api.not_storable")


def test_a_body_that_is_no_json_is_a_problem(machines: Machines) -> None:
    answer = machines["cncert"].post("/appeals", b"{")
    assert (answer.status_code, answer.json()["code"]) == (422, "api.bad_request")


def test_more_than_djangos_own_limit_is_taken_and_what_is_too_large_is_a_problem(
    world: World, machines: Machines, settings: Settings
) -> None:
    body = {"source": "geoip", "text": "x" * 3 * 2**20}
    assert machines["cncert"].post("/routes/tables", body).status_code != 413
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
    for path, sent in (("/routes/tables", body), ("/months/sheet?month=2026-11", b"x" * 3 * 2**20)):
        answer = machines["cncert"].post(path, sent)
        assert (answer.status_code, answer.json()["code"]) == (413, "api.too_large"), path
        assert "2 MiB" in answer.json()["detail"]
