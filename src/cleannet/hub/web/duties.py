"""A duty as it stands on a page: how it stands, what time is left, why it is due, and where to do it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from cleannet.core.replay import LAPSED, LATE, MET, OPEN, VOID, VOID_LATE
from cleannet.hub.incidents import acts
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.web import shown

STATES: Mapping[str, str] = {
    OPEN: _("open"),
    LAPSED: _("overdue"),
    MET: _("done on time"),
    LATE: _("done late"),
    VOID: _("ended"),
    VOID_LATE: _("ended late"),
}
BY_CLAIM = _("done on time by claim")
# Which page makes the entry a duty expects, what of the duty's scope it is about, the right it asks for, the button.
DOING: Mapping[str, tuple[str, str, str, str]] = {
    "incident.reported": ("report", "case", "report", _("Report the incident")),
    "paper.supplied annex3": ("report", "case", "report", _("Supply the paper")),
    "paper.supplied annex4": ("supply_notice", "notice", "notify", _("Supply the paper")),
    "report.supplemented": ("report", "case", "report", _("Supplement the report")),
    "notice.issued": ("issue", "case", "order", _("Draft orders")),
    "disposal.done": ("feed_back", "notice", "feed_back", _("Feed back the disposal")),
    "user.warned": ("warn_users", "notice", "feed_back", _("Record the warning of users")),
    "disposal.fed_back": ("feed_back", "notice", "feed_back", _("Feed back the disposal")),
    "order.confirmed": ("batch_of_notice", "notice", "order", _("Confirm what was issued alone")),
    "contact.reported": ("change_contacts", "", "administer", _("Name and report the contacts")),
    "disposal.verified": ("verify", "feedback", "verify", _("Verify the disposal")),
    "lead.answered": ("lead", "lead", "record", _("Answer the question")),
    "circular.issued": ("circular", "month", "assess", _("Issue the circular")),
}
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one duty for display; `used` is the share of its time that is over, in hundredths, None without a limit."""

    duty: Any
    state: str
    word: str
    left: str
    used: int | None
    href: str
    verb: str

    @property
    def late(self) -> bool:
        """Return whether it is or was overdue."""
        return self.state in (LAPSED, LATE, VOID_LATE)

    @property
    def level(self) -> str:
        """Return late, soon (the last quarter of its time) or calm."""
        if self.late:
            return "late"
        return "soon" if self.state == OPEN and self.used is not None and self.used >= 75 else "calm"


def rows(viewer: Viewer, duties: Iterable[Any], now: datetime) -> list[Row]:
    """Return duties as they stand at `now`, in the order given."""
    return [_row(viewer, duty, now) for duty in duties]


def _row(viewer: Viewer, duty: Any, now: datetime) -> Row:
    standing = duty.state_at(now)
    waits = duty.open and duty.due is not None
    href, verb = _doing(viewer, duty) if duty.open else ("", "")
    return Row(
        duty,
        standing,
        gettext(BY_CLAIM if standing == MET and duty.by_claim else STATES[standing]),
        shown.left(duty.due, now) if waits else "",
        _used(duty.start, duty.due, now) if waits else None,
        href,
        verb,
    )


def _used(start: datetime, due: datetime, now: datetime) -> int:
    whole = (due - start).total_seconds()
    return WHOLE if whole <= 0 else max(0, min(WHOLE, int(WHOLE * (now - start).total_seconds() / whole)))


def _doing(viewer: Viewer, duty: Any) -> tuple[str, str]:
    page, about, right, verb = DOING.get(duty.expects) or DOING.get(f"{duty.expects} {duty.form}", ("", "", "", ""))
    allowed = duty.owes == viewer.party or (duty.delegate and duty.delegate == viewer.role)
    if duty.expects == "disposal.fed_back" and allowed and "month" in duty.scope and viewer.may(right):
        of = urlencode({"month": duty.scope["month"]})
        return f"{reverse('feed_back_month')}?{of}", gettext("Feed back the month")
    if acts.may_fulfil(viewer, duty) and viewer.may("record"):
        return f"{reverse('fulfil')}?{urlencode({'duty': duty.key})}", gettext("Record that it was done")
    if not page or not allowed or not viewer.may(right) or (about and about not in duty.scope):
        return "", ""
    href = reverse(page, kwargs={"number": duty.scope[about]} if about else {})
    return (f"{href}?policy={duty.policy}" if page == "report" else href), gettext(verb)
