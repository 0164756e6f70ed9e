"""A significant incident of one operator in two provinces, and the duties that it opens."""

from collections.abc import Mapping
from datetime import datetime

from cleannet.core.clock import BEIJING, shipped_calendar
from cleannet.core.duty import Duty, arising
from cleannet.core.entry import Facts, Participants
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade

LAW = shipped()["mobile_malware_2011"]
REPORTING = shipped()["incident_reporting_2025"]
AT = datetime(2026, 11, 22, 10, tzinfo=BEIJING)
ROLES: Mapping[str, tuple[str, ...]] = {
    "miit": ("miit",),
    "cncert": ("cncert",),
    "operator": ("op1",),
    "bureau:relevant": ("js", "zj"),
    "network": ("op1",),
    "cac:provincial": ("cac-js",),
}
GRADED = Facts(
    kind="incident.graded",
    role="operator",
    party="op1",
    happened_at=AT,
    found_at=AT,
    refs={"case": "C1"},
    grades={LAW.id: Grade.II},
)


def opened(entry: Facts = GRADED, roles: Mapping[str, tuple[str, ...]] = ROLES) -> list[Duty]:
    return list(arising(LAW, entry, Participants(roles), shipped_calendar()))
