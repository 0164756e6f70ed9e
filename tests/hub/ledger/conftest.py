"""A small world under 545号: the parties, the law, and how to enter the acts most tests need."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from cleannet.core.clock import shipped_calendar
from cleannet.core.entry import Participants
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade
from cleannet.hub.ledger import actions, triggers
from cleannet.hub.ledger.models import Entry

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LAW = "mobile_malware_2011"


@dataclass
class World:
    """Enter acts at a clock that the test moves."""

    now: datetime = NOON
    participants: Participants = field(
        default_factory=lambda: Participants(
            {
                "miit": {"miit"},
                "cncert": {"cncert"},
                "operator": {"cmcc", "ctcc"},
                "bureau:relevant": {"gd"},
                "bureau:local": {"gd"},
            }
        )
    )

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def enter(self, kind: str, party: str, role: str, **rest: Any) -> Entry:
        rest.setdefault("happened_at", self.now)
        return actions.enter(
            kind=kind,
            actor=actions.Actor(party=party, role=role, person="p-1"),
            now=self.now,
            participants=self.participants,
            calendar=shipped_calendar(),
            policies=[shipped()[LAW]],
            **rest,
        )

    def grade(self, case: str = "c-1", grade: Grade = Grade.I, party: str = "cmcc", **rest: Any) -> Entry:
        return self.enter(
            "incident.graded", party, "operator", refs={"case": case}, grades={LAW: grade}, found_at=self.now, **rest
        )

    def report(self, case: str = "c-1", grade: Grade = Grade.I, party: str = "cmcc", **rest: Any) -> Entry:
        rest.setdefault("recipients", ["miit", "gd", "cncert"])
        return self.enter("incident.reported", party, "operator", refs={"case": case}, grades={LAW: grade}, **rest)


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def make_world() -> Callable[[], World]:
    return World


@pytest.fixture
def unguarded(db: None) -> None:
    """Take the triggers away, as one who wants to change the ledger unseen would."""
    triggers.remove(connection)
