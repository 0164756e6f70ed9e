"""Leads of 十九 from this hub's own record: what it points to in a month; MIIT decides after the party's answer."""

import re
from datetime import datetime

from cleannet.core.clock import BEIJING
from cleannet.core.leads import Lead
from cleannet.core.leads import leads as found_in
from cleannet.hub.incidents.grading import IncidentRefused
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger import turning
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import queries as parties

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def leads(viewer: Viewer, *, month: str, now: datetime) -> list[Lead]:
    """Return what the duties that started in a month (YYYY-MM, Beijing's) and their cases point to at `now`.

    MIIT and CNCERT see all, everyone else its own. Raises IncidentRefused for what is no month.
    """
    read = _MONTH.fullmatch(month)
    if read is None:
        raise IncidentRefused("incident.no_month", month=month)
    began = datetime(int(read[1]), int(read[2]), 1, tzinfo=BEIJING)
    duties = list(ledger.duties(viewer).filter(start__gte=began, start__lt=turning.following(began)))
    cases = {duty.case for duty in duties} - {""}
    entries = [entry for case in sorted(cases) for entry in ledger.entries(viewer, case=case)]
    found = found_in(parties.laws(now=now), duties, entries, now)
    return [one for one in found if viewer.sees_all or one.party == viewer.party]
