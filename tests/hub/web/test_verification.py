from datetime import datetime, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import strip_tags
from pytest_django import Settings
from tests.hub.web.conftest import ClientOf, issue
from tests.hub.world import NOW, viewer

from cleannet.hub.disposal import network, probes, queries, verification
from cleannet.hub.incidents.queries import Case
from cleannet.probe.answer import Answer

pytestmark = pytest.mark.django_db
HOST, OTHER = "c2.evil-emial.example.com", "dl.evil-emial.example.net"


@pytest.fixture
def issued(case: str, client_of: ClientOf) -> str:
    """Return a notice with two orders to op1, issued through the pages."""
    return issue(client_of, case, [HOST, OTHER], "op1")


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Let every vantage see that a name is gone."""

    def seen(*_: object, **__: object) -> list[network.Seen]:
        return [
            network.Seen(Answer("resolver", "a resolver", "gone", {}), decides=True),
            network.Seen(Answer("authority", "example.", "still_there", {}), decides=False),
        ]

    monkeypatch.setattr(network, "look", seen)
    settings.CLEANNET_DNS_RESOLVERS = "a resolver=127.0.0.1:1"


def test_the_chain_from_receipt_to_verification(
    issued: str, case: str, client_of: ClientOf, gone: None, now: datetime
) -> None:
    op1, centre, second = client_of("op1"), client_of("cncert"), client_of("cncert", "second")
    numbers = [order.number for order in queries.orders(viewer("op1"), case=case)]
    assert op1.post(f"/orders/{numbers[0]}/acknowledge").status_code == 302
    assert op1.post(f"/orders/{numbers[0]}/acknowledge").status_code == 409
    assert client_of("op2").post(f"/orders/{numbers[0]}/acknowledge").status_code == 404

    typed = {f"done-{number}": "no" for number in numbers} | {"users_told": "9,000", "disposed_at": now.isoformat()}
    refused = op1.post(f"/notices/{issued}/feedback", typed)
    assert refused.status_code == 422
    assert "The reason is missing" in refused.content.decode()
    assert 'value="9,000"' in refused.content.decode()
    assert op1.post(f"/notices/{issued}/feedback", {"disposed_at": now.isoformat()}).status_code == 422
    typed |= {f"done-{numbers[0]}": "yes", f"reason-{numbers[1]}": "registered abroad"}
    assert op1.post(f"/notices/{issued}/feedback", typed).status_code == 302
    (feedback,) = queries.feedbacks(viewer("cncert"), case=case)
    assert feedback.users_told == 9000

    unseen = second.post(f"/feedback/{feedback.number}/verification")
    assert unseen.status_code == 409
    assert "Nothing certain was seen" in unseen.content.decode()
    assert centre.post(f"/cases/{case}/look", follow=True).status_code == 200
    pages = (f"/cases/{case}", f"/feedback/{feedback.number}/verification")
    assert ["… looking" in second.get(page).content.decode() for page in pages] == [True, True]
    while probes.probe(now=now + timedelta(minutes=5), lease=timedelta(minutes=1)):
        pass
    for page in pages:
        shown = second.get(page).content.decode()
        assert "… looking" not in shown
        assert "✓ Resolver a resolver" in shown
        assert "· Authoritative side example. Still there" in shown
    assert second.post(f"/feedback/{feedback.number}/verification").status_code == 302
    assert {order.status for order in queries.orders(viewer("op1"), case=case)} == {"verified"}
    assert second.get(f"/feedback/{feedback.number}/verification")["Location"] == f"/cases/{case}"
    assert second.post(f"/feedback/{feedback.number}/verification").status_code == 409
    assert "registered abroad" in op1.get(f"/cases/{case}").content.decode()


def test_looking_without_a_resolver_is_refused_in_words(
    issued: str, case: str, client_of: ClientOf, now: datetime, settings: Settings
) -> None:
    settings.CLEANNET_DNS_RESOLVERS = ""
    assert client_of("cncert").post(f"/cases/{case}/look").status_code == 409


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"kind": "rule", "vantage": "primary (z.)", "verdict": "gone"}, "✓ Policy zone primary (z.) Gone 10:00"),
        ({"kind": "resolver", "vantage": "甲", "verdict": "still_there"}, "✗ Resolver 甲 Still there 10:00"),
        ({"kind": "resolver", "vantage": "甲", "verdict": "unknown"}, "? Resolver 甲 Unknown 10:00"),
        (
            {"kind": "authority", "vantage": "", "verdict": "unknown", "evidence": {"not_set": "CLEANNET_DNS_ROOTS"}},
            "? Authoritative side Unknown 10:00 CLEANNET_DNS_ROOTS is not set",
        ),
        (
            {"kind": "authority", "vantage": "example.", "verdict": "still_there", "decides": False},
            "· Authoritative side example. Still there 10:00 for information only",
        ),
        (
            {"kind": "inside", "vantage": "edge-op1 own", "verdict": "gone", "decides": False},
            "· Probe by the operator edge-op1 own Gone 10:00 by the party itself, no verification",
        ),
        (
            {
                "kind": "http",
                "vantage": "甲",
                "verdict": "unknown",
                "evidence": {"answers": [{"url": "http://a.example/", "why": "it redirects for ever"}]},
            },
            "? HTTP 甲 Unknown 10:00 hxxp://a[.]example/: it redirects for ever",
        ),
    ],
)
def test_what_was_seen_names_its_vantage_and_what_it_counts_for(given: dict[str, object], shown: str) -> None:
    seen = queries.Sighting(**{"decides": True, "evidence": {}, "seen_at": NOW, **given})
    with translation.override("en"):
        text = render_to_string("web/parts/sighting.html", {"seen": seen})
    assert " ".join(strip_tags(text).split()) == shown


def test_what_came_back_is_on_the_desk_and_a_person_decides(
    issued: str, case: str, client_of: ClientOf, now: datetime
) -> None:
    centre, miit = client_of("cncert"), client_of("miit")
    first, second = queries.orders(viewer("cncert"), case=case).order_by("number")
    empty = centre.get(f"/cases/{case}/relapse").content.decode()
    assert "Nothing of this case was seen again." in empty
    queries.Order.objects.filter(case=case).update(status="verified", watched_from=now - timedelta(days=1))
    for order in (first, second):
        queries.Sighting.objects.create(
            order=order, kind="resolver", vantage="甲", decides=True, verdict="still_there", evidence={}, seen_at=now
        )
    for client, decides in ((centre, True), (miit, False)):
        for page in ("/", f"/cases/{case}"):
            shown = client.get(page).content.decode()
            assert "Seen again after verification" in shown
            assert (f'href="/cases/{case}/relapse"' in shown) is decides
    assert "Seen again" not in client_of("op2").get("/").content.decode()
    page = f"/cases/{case}/relapse"
    assert "✗ Resolver 甲" in centre.get(page).content.decode()
    Case.objects.filter(number=case).update(status="closed")
    looked = centre.post(f"/cases/{case}/look", follow=True).content.decode()
    assert "No vantage is set" in looked
    Case.objects.filter(number=case).update(status="open")
    refused = centre.post(page, {"what": "reopen", "reason": ""})
    assert refused.status_code == 422
    dismissed = centre.post(page, {"what": "dismiss", "reason": "a parked page"}, follow=True)
    assert "watched on" in dismissed.content.decode()
    assert queries.relapsed(viewer("cncert")) == []
    queries.Order.objects.filter(case=case).update(watched_from=now - timedelta(days=1))
    reopened = centre.post(page, {"what": "reopen", "reason": "it is back"}, follow=True)
    assert "It is reopened" in reopened.content.decode()
    assert {order.status for order in queries.orders(viewer("cncert"), case=case)} == {"failed"}
    assert "Draft the failed orders again" in centre.get(f"/cases/{case}").content.decode()


def test_a_voluntary_check_says_so_on_its_page(
    issued: str, case: str, client_of: ClientOf, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = queries.orders(viewer("cncert"), case=case)
    given = {f"done-{order.number}": "yes" for order in orders}
    op1 = client_of("op1")
    op1.post(f"/notices/{issued}/feedback", given | {"users_told": "1", "disposed_at": now.isoformat()})
    (made,) = queries.feedbacks(viewer("cncert"), case=case)
    page, second = f"/feedback/{made.number}/verification", client_of("cncert", "second")
    assert "voluntary check" not in second.get(page).content.decode()
    monkeypatch.setattr(verification, "voluntary", lambda viewer, feedback: True)
    assert "voluntary check" in second.get(page).content.decode()
