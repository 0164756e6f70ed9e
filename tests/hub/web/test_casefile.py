from datetime import datetime, timedelta

import pytest
from django.test import RequestFactory
from django.utils import translation
from tests.hub.world import World, viewer

from cleannet.core.terms import Grade
from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal import life
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.disposal.effects import Effect
from cleannet.hub.disposal.queries import Order, Sighting
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.incidents import queries as cases
from cleannet.hub.web import casefile

pytestmark = pytest.mark.django_db
HOST = "c2.evil-emial.example.com"
RECORD = "Record something on this case"


def gathered(party: str, case: str, now: datetime) -> dict[str, object]:
    request = RequestFactory().get("/")
    vars(request).update(viewer=viewer(party), now=now)
    with translation.override("en"):
        return casefile.gather(request, case)  # type: ignore[arg-type]  # made an Asked above


def verbs(party: str, case: str, now: datetime) -> list[str]:
    return [step.verb for step in gathered(party, case, now)["steps"]]  # type: ignore[attr-defined]  # list of Step


def test_each_is_offered_only_the_steps_open_to_it(world: World, case: str, now: datetime) -> None:
    assert verbs("op1", case, now) == ["Report the incident", "Record a first report by phone", RECORD]
    assert verbs("miit", case, now) == [
        "Draft orders",
        "Issue a notice without orders",
        "Raise the grade",
        "Propose to annul",
        RECORD,
    ]
    assert verbs("js", case, now) == [RECORD]
    (issued,) = disposal.issue(viewer=viewer("cncert"), case=case, wanted=[Wanted("rr", "control", HOST)], now=now)
    assert verbs("rr", case, now) == [f"Feed back on {issued.notice}", RECORD]
    incidents.propose_annulment(viewer=viewer("cncert"), case=case, reason="a test", now=now)
    assert "Confirm the annulment" in verbs("miit", case, now)
    life.annul(viewer=viewer("miit"), case=case, now=now)
    assert verbs("cncert", case, now) == []


def test_why_an_order_went_to_its_party_is_shown_to_those_who_issue(world: World, case: str, now: datetime) -> None:
    disposal.issue(viewer=viewer("cncert"), case=case, wanted=[Wanted("op1", "control", HOST)], now=now)
    for party, shown in (("miit", "infected"), ("op1", None)):
        (strip,) = gathered(party, case, now)["strips"]  # type: ignore[misc]  # list of one Strip
        assert (strip.routing.why if strip.routing else None) == shown


def test_the_proof_names_figure_and_threshold(world: World, case: str, now: datetime) -> None:
    (proof,) = gathered("op1", case, now)["proofs"]  # type: ignore[misc]  # list of one Proof
    assert proof.standing.grade == Grade.III
    assert dict((fact, (figure, line, passed)) for fact, figure, line, passed in proof.measured) == {
        "infected_24h": (10_001, 10_000, True),
        "loss_fen": (0, 100_000_000, False),
    }


def test_the_last_look_is_shown_and_earlier_ones_are_folded(now: datetime) -> None:
    looks = [Sighting(seen_at=now + timedelta(hours=hour), vantage=str(hour)) for hour in (1, 2, 2)]
    strip = casefile.Strip(Order(), Effect("active", ()), looks, False, False, None)
    assert [one.vantage for one in strip.latest] == ["2", "2"]
    assert [one.vantage for one in strip.earlier] == ["1"]
    assert casefile.Strip(Order(), Effect("active", ()), [], False, False, None).latest == []


def test_a_party_with_an_inbox_has_received_its_notice(world: World, case: str, now: datetime) -> None:
    disposal.issue(viewer=viewer("cncert"), case=case, wanted=[Wanted("rr", "control", HOST)], now=now)
    (notice,) = cases.notices(viewer("cncert"), case=case)
    assert casefile.received_by(viewer("cncert"), notice) == {"rr"}


def test_a_bureau_sees_those_of_its_province_and_an_operator_only_its_own(
    world: World, case: str, now: datetime
) -> None:
    wanted = [Wanted("rr", "control", HOST), Wanted("op1", "control", HOST)]
    disposal.issue(viewer=viewer("cncert"), case=case, wanted=wanted, now=now + timedelta(seconds=1))
    later = now + timedelta(minutes=1)
    (seated,) = gathered("js", case, later)["strips"]  # type: ignore[misc]  # list of Strip
    assert seated.order.party == "op1"
    assert len(gathered("cncert", case, later)["strips"]) == 2  # type: ignore[arg-type]  # list of Strip
    (own,) = gathered("op1", case, later)["strips"]  # type: ignore[misc]  # list of Strip
    assert (own.mine, own.order.party, own.effect.state) == (True, "op1", "waiting")
