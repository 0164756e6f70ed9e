from datetime import timedelta

import pytest
from tests.hub.world import NOW, World, viewer

from cleannet.hub.api import answers
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger import queries as ledger


@pytest.mark.django_db
def test_a_duty_stands_as_its_clock_says() -> None:
    (case,) = World().populate().tally("op1", 60_000, NOW).cases
    duty = ledger.own_duties(viewer("op1")).get(case=case)
    assert answers.duty(duty, NOW)["state"] == "open"
    assert answers.duty(duty, NOW + timedelta(hours=2))["state"] == "open"
    assert answers.duty(duty, NOW + timedelta(hours=2, seconds=1))["state"] == "lapsed"
    assert answers.duty(duty, NOW)["form"] == "annex3"


@pytest.mark.django_db
def test_a_case_shows_the_grade_with_its_article() -> None:
    (number,) = World().populate().tally("op1", 60_000, NOW).cases
    shown = answers.case(viewer("op1"), cases.case(viewer("op1"), number))
    assert shown["grade"] == "II"
    assert [(grade["article"], grade["figures"]["infected_24h"]) for grade in shown["grades"]] == [("八", 60_000)]
