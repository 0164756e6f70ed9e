import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.hub.web.conftest import ClientOf, issue
from tests.hub.world import CENTRE, PROGRAM, World, viewer

from cleannet.core.allow import AllowLists, Listed
from cleannet.core.clock import BEIJING
from cleannet.core.policy_file import shipped
from cleannet.hub.disposal import batches, life, queries, routing, tables
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import queries as registered
from cleannet.hub.programs import actions as programs

pytestmark = pytest.mark.django_db
HOST, OTHER = "c2.evil-emial.example.com", "dl.evil-emial.example.net"


def confirm(client_of: ClientOf) -> None:
    """Issue the one batch that waits, as the second person."""
    (batch,) = batches.batches(viewer("cncert"))
    assert client_of("cncert", "second").post(f"/batches/{batch.number}", {"act": "confirm"}).status_code == 302


@pytest.fixture
def drafted(case: str, client_of: ClientOf) -> str:
    """Return the number of a batch of one order."""
    typed = {"target": [HOST], "party": ["op1"], "confirmed": "yes"}
    assert client_of("cncert").post(f"/cases/{case}/orders", typed).status_code == 302
    (batch,) = batches.batches(viewer("cncert"))
    return batch.number


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_a_batch_waits_on_the_desk_and_shows_what_it_reaches_and_changes(drafted: str, client_of: ClientOf) -> None:
    second = client_of("cncert", "second")
    path = f"/batches/{drafted}"
    assert path in text(second, "/")
    for said in (f"+{HOST}.rpz.cleannet. CNAME .", "It blocks:", "Issue 1 order"):
        assert said in text(second, path)
    assert "another person of your party issues it" in text(client_of("cncert"), path)
    assert client_of("miit").get(path).status_code == 404


def test_the_drafter_cannot_issue_and_another_can_once(drafted: str, case: str, client_of: ClientOf) -> None:
    path = f"/batches/{drafted}"
    own = client_of("cncert").post(path, {"act": "confirm"})
    assert own.status_code == 403
    assert "another person issues and confirms it" in own.content.decode()
    second = client_of("cncert", "second")
    assert second.post(path, {"act": "dance"}).status_code == 422
    assert second.post(path, {"act": "confirm"}).status_code == 302
    assert second.post(path, {"act": "confirm"}).status_code == 409
    assert queries.orders(viewer("cncert"), case=case).count() == 1


def test_one_person_alone_issues_and_another_countersigns_from_the_desk(
    drafted: str, client_of: ClientOf, now: datetime
) -> None:
    parties.adopt(policy=shipped()["two_persons"], actor=CENTRE, now=now - timedelta(hours=1))
    path, first, second = f"/batches/{drafted}", client_of("cncert"), client_of("cncert", "second")
    assert first.post(path, {"act": "alone", "reason": ""}).status_code == 422
    assert first.post(path, {"act": "alone", "reason": "nobody else is awake"}).status_code == 302
    (duty,) = ledger.own_duties(viewer("cncert")).filter(expects="order.confirmed")
    link = f"/notices/{duty.scope['notice']}/batch"
    assert link in text(second, "/")
    assert second.get(link)["Location"] == path
    assert "nobody else is awake" in text(second, path)
    assert first.post(path, {"act": "countersign"}).status_code == 403
    assert second.post(path, {"act": "countersign", "reason": "agreed"}).status_code == 302
    assert path not in text(second, "/")


def test_a_draft_is_declined_with_a_reason(drafted: str, case: str, client_of: ClientOf) -> None:
    second = client_of("cncert", "second")
    assert second.post(f"/batches/{drafted}", {"act": "decline", "reason": ""}).status_code == 422
    assert second.post(f"/batches/{drafted}", {"act": "decline", "reason": "a wrong name"}).status_code == 302
    assert "a wrong name" in text(second, f"/batches/{drafted}")
    assert not queries.orders(viewer("cncert"), case=case).exists()


def test_an_exception_is_typed_with_its_reason_and_end(case: str, client_of: ClientOf, now: datetime) -> None:
    held = "statistics.example.com"
    allow = AllowLists([Listed(held, "ordinary", "in use", 3)])
    programs.add_indicator(program=PROGRAM, text=held, role="control", source="t", allow=allow, now=now)
    client = client_of("cncert")
    assert f'name="exempt" value="{held}"' in text(client, f"/cases/{case}/orders")
    chosen = {"exempt": [held], "party": ["op1"]}
    shown = client.post(f"/cases/{case}/orders", chosen).content.decode()
    assert f'name="why-{held}"' in shown
    until = (now + timedelta(hours=6)).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    typed = {"order": [f"op1 {held}"], "exempt": [held], "confirmed": "yes"}
    assert client.post(f"/cases/{case}/orders", typed | {f"until-{held}": until}).status_code == 422
    said = {f"why-{held}": "agreed with its owner", f"until-{held}": until}
    assert client.post(f"/cases/{case}/orders", typed | said).status_code == 302
    (batch,) = batches.batches(viewer("cncert"))
    assert "agreed with its owner" in text(client_of("cncert", "second"), f"/batches/{batch.number}")
    confirm(client_of)
    (order,) = queries.orders(viewer("cncert"), case=case)
    assert (order.target, order.exempt) == (held, "agreed with its owner")


def test_the_paper_follows_the_record_but_for_what_was_changed_and_shows_both(
    case: str, client_of: ClientOf, now: datetime
) -> None:
    first, second = client_of("cncert"), client_of("cncert", "second")
    chosen = {"target": [HOST], "party": ["op1"]}
    shown = first.post(f"/cases/{case}/orders", chosen).content.decode()
    fields = re.findall(r'<textarea id="[a-z_]+" name="(field-[a-z_]+)"[^>]*>([^<]*)</textarea>', shown)
    typed = {name: html.unescape(text).lstrip("\n").replace("\n", "\r\n") for name, text in fields}
    assert "field-terminals" in typed
    typed["field-remarks"] = "of the drafter"
    assert first.post(f"/cases/{case}/orders", chosen | typed | {"confirmed": "yes"}).status_code == 302
    (batch,) = batches.batches(viewer("cncert"))
    assert batch.changes == {"remarks": "of the drafter"}
    page = text(second, f"/batches/{batch.number}")
    assert "of the drafter" in page
    assert page.count("changed by the drafter") == 1
    assert "10,001" in page


def test_figures_that_grew_between_the_page_and_its_answer_are_no_change(
    world: World, case: str, client_of: ClientOf, now: datetime
) -> None:
    client, chosen = client_of("cncert"), {"target": [HOST], "party": ["op1"]}
    shown = client.post(f"/cases/{case}/orders", chosen).content.decode()
    fields = re.findall(r'<textarea id="[a-z_]+" name="(field-[a-z_]+)"[^>]*>([^<]*)</textarea>', shown)
    fields += re.findall(r'<input type="hidden" name="(was-[a-z_]+)" value="([^"]*)"', shown)
    typed = {name: html.unescape(text) for name, text in fields}
    assert "10,001" in typed["was-terminals"]
    world.tally("op1", 60_001, now)
    assert client.post(f"/cases/{case}/orders", chosen | typed | {"confirmed": "yes"}).status_code == 302
    (batch,) = batches.batches(viewer("cncert"))
    assert (batch.grade, batch.changes) == ("II", {})
    assert "60,001" in text(client_of("cncert", "second"), f"/batches/{batch.number}")


def test_a_batch_says_why_no_paper_can_go_out(drafted: str, client_of: ClientOf) -> None:
    (delegation,) = registered.delegations(viewer("cncert"))
    parties.end_delegation(number=delegation.pk, actor=Actor("miit", "miit", "p-miit"), now=datetime.now(UTC))
    page = text(client_of("cncert", "second"), f"/batches/{drafted}")
    assert "no delegation to cncert is recorded" in page


def test_a_batch_names_who_drafted_who_issued_and_who_confirmed_it(
    drafted: str, client_of: ClientOf, now: datetime
) -> None:
    parties.adopt(policy=shipped()["two_persons"], actor=CENTRE, now=now - timedelta(hours=1))
    path, first, second = f"/batches/{drafted}", client_of("cncert", "first"), client_of("cncert", "second")
    drafter = batches.own(viewer("cncert"), drafted).drafted_by
    assert f"<code>{drafter}</code> cncert" in text(first, path)
    assert "confirmed afterwards" not in text(first, path)
    drafting = client_of("cncert")
    assert drafting.post(path, {"act": "alone", "reason": "nobody else is awake"}).status_code == 302
    assert first.post(path, {"act": "alone", "reason": "again"}).status_code == 403
    assert second.post(path, {"act": "countersign"}).status_code == 302
    page = text(first, path)
    after = batches.own(viewer("cncert"), drafted)
    assert page.count(f"<code>{drafter}</code> cncert") == 2
    assert f"<code>{after.countersigned_by}</code> second" in page
    assert "What these orders reach" not in page


def test_what_stands_or_was_lifted_is_not_ticked_and_says_so(case: str, client_of: ClientOf, now: datetime) -> None:
    issue(client_of, case, [HOST], "op1")
    client = client_of("cncert")
    page = text(client, f"/cases/{case}/orders")
    assert boxes(page) == {f"op1 {HOST}": False, f"op1 {OTHER}": True}
    assert "stands already:" in page
    twice = {"order": [f"op1 {HOST}"], "confirmed": "yes"}
    assert client.post(f"/cases/{case}/orders", twice).status_code == 409
    life.lift(
        viewer=viewer("cncert"),
        orders=[one.number for one in queries.orders(viewer("cncert"), case=case)],
        reason="theirs",
        now=now,
    )
    page = text(client, f"/cases/{case}/orders")
    assert boxes(page) == {f"op1 {HOST}": False, f"op1 {OTHER}": True}
    assert "was lifted after an appeal" in page
    assert client.post(f"/cases/{case}/orders", twice).status_code == 302


def test_what_an_allow_list_came_to_hold_is_offered_as_an_exception_only(case: str, client_of: ClientOf) -> None:
    programs.keep_allow_lists(lists={"in use"}, listed=[Listed(HOST, "ordinary", "in use", 3)])
    page = text(client_of("cncert"), f"/cases/{case}/orders")
    assert boxes(page) == {f"op1 {OTHER}": True}
    assert f'name="exempt" value="{HOST}"' in page
    assert f'name="target" value="{HOST}"' not in page


def test_a_target_known_as_two_kinds_is_offered_once_and_issued(case: str, client_of: ClientOf, now: datetime) -> None:
    allow = AllowLists()
    programs.add_indicator(program=PROGRAM, text=f"{HOST}:8443", role="distribution", source="t", allow=allow, now=now)
    assert text(client_of("cncert"), f"/cases/{case}/orders").count(f'value="op1 {HOST}"') == 1
    issue(client_of, case, [HOST], "op1")
    (order,) = queries.orders(viewer("cncert"), case=case)
    assert (order.target, order.kind) == (HOST, "control")


def test_an_order_shows_its_effect_in_numbers_before_it_is_issued(
    case: str, client_of: ClientOf, now: datetime
) -> None:
    add = {"program": PROGRAM, "role": "domain", "source": "test", "allow": AllowLists(), "now": now}
    programs.add_indicator(text=f"below.{HOST}", **add)  # type: ignore[arg-type]  # as given above
    client = client_of("cncert")
    shown = client.post(f"/cases/{case}/orders", {"target": [HOST, OTHER], "party": ["op1", "op2"]})
    page = shown.content.decode()
    assert f"On the case {case}: 4 orders, 2 targets, 2 parties." in page
    assert "1 other known name or URL lives there" in page
    assert f"Draft 4 orders on {case}" in page
    assert not queries.orders(viewer("cncert"), case=case).exists()
    issue(client_of, case, [HOST, OTHER], "op1", "op2")
    assert queries.orders(viewer("cncert"), case=case).count() == 4


def boxes(page: str) -> dict[str, bool]:
    """Return what each box of an order says and whether it is ticked."""
    return {value: bool(ticked) for value, ticked in re.findall(r'name="order" value="([^"]+)"( checked)?', page)}


def test_what_is_proposed_is_ticked_and_a_person_may_choose_otherwise(
    case: str, client_of: ClientOf, now: datetime
) -> None:
    tables.override(viewer=viewer("cncert"), what="example.net", party="rr", reason="told", now=now)
    client = client_of("cncert")
    page = client.get(f"/cases/{case}/orders").content.decode()
    assert boxes(page) == {f"op1 {HOST}": True, f"rr {OTHER}": True, f"op1 {OTHER}": True}
    assert "has infected subscribers: blocks the name" in page
    assert "named by hand" in page
    assert "its registration was not looked up" in page
    typed = {"order": [f"rr {OTHER}"], "target": [HOST], "party": ["op2"]}
    shown = client.post(f"/cases/{case}/orders", typed).content.decode()
    assert "2 orders, 2 targets, 2 parties" in shown
    hidden = re.findall(r'type="hidden" name="order" value="([^"]+)"', shown)
    assert client.post(f"/cases/{case}/orders", {"order": hidden, "confirmed": "yes"}).status_code == 302
    confirm(client_of)
    made = {one.party: one for one in queries.orders(viewer("cncert"), case=case)}
    kept = routing.decisions(viewer("cncert"), [one.number for one in made.values()])
    assert {code: (one.target, kept[one.number].why) for code, one in made.items()} == {
        "rr": (OTHER, "by_hand"),
        "op2": (HOST, "chosen"),
    }


def test_what_was_ticked_is_ticked_again_when_it_is_refused(case: str, client_of: ClientOf) -> None:
    typed = {"order": [f"op1 {HOST}", "op1 nothing.example"], "confirmed": "yes"}
    refused = client_of("cncert").post(f"/cases/{case}/orders", typed)
    assert refused.status_code == 422
    assert "nothing.example" in refused.content.decode()


def test_nothing_chosen_is_refused_and_what_was_chosen_is_kept(case: str, client_of: ClientOf) -> None:
    refused = client_of("cncert").post(f"/cases/{case}/orders", {"target": [HOST]})
    assert refused.status_code == 422
    assert f'value="{HOST}" checked' in refused.content.decode()


def test_what_an_allow_list_holds_cannot_be_chosen_and_says_why(case: str, client_of: ClientOf, now: datetime) -> None:
    allow = AllowLists([Listed("statistics.example.com", "ordinary", "in use", 3)])
    programs.add_indicator(
        program=PROGRAM, text="statistics.example.com", role="control", source="t", allow=allow, now=now
    )
    page = client_of("cncert").get(f"/cases/{case}/orders").content.decode()
    assert "statistics[.]example[.]com" in page
    assert 'name="target" value="statistics.example.com"' not in page
    assert 'name="exempt" value="statistics.example.com"' in page
    assert "held by an allow-list:" in page
    assert "a service in ordinary use: a person decides" in page
    assert "A URL there can be ordered" not in page
    text = "http://statistics.example.com/x.apk"
    programs.add_indicator(program=PROGRAM, text=text, role="control", source="t", allow=allow, now=now)
    page = client_of("cncert").get(f"/cases/{case}/orders").content.decode()
    assert "A URL there can be ordered: <code>statistics[.]example[.]com/x[.]apk</code>" in page
    typed = {"target": ["statistics.example.com"], "party": ["op1"], "confirmed": "yes"}
    assert client_of("cncert").post(f"/cases/{case}/orders", typed).status_code == 409


def test_what_was_not_done_is_drafted_again(case: str, client_of: ClientOf, now: datetime) -> None:
    issued = issue(client_of, case, [HOST, OTHER], "op1")
    centre = client_of("cncert")
    assert centre.post(f"/cases/{case}/orders/again").status_code == 409
    typed = {"disposed_at": now.isoformat()}
    for order in queries.orders(viewer("op1"), case=case):
        typed |= {f"done-{order.number}": "no", f"reason-{order.number}": "not ours"}
    client_of("op1").post(f"/notices/{issued}/feedback", typed)
    page = centre.get(f"/cases/{case}/orders/again").content.decode()
    assert f"Draft 2 orders on {case} again" in page
    assert centre.post(f"/cases/{case}/orders/again").status_code == 302
    confirm(client_of)
    assert len(cases.notices(viewer("cncert"), case=case)) == 2
