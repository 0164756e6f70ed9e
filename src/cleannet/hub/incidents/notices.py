"""Notices (通报, 附件四): who may issue one, what it says, and when each addressee received it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core.entry import Delegation
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.incidents import contents, queries
from cleannet.hub.incidents.grading import BASE_LAW, IncidentRefused, newest, province_of, standing
from cleannet.hub.incidents.models import Case, Notice
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.papers.actions import Prepared
from cleannet.hub.parties import queries as parties
from cleannet.hub.parties.queries import Standing

NOTICE_RULE = "10.3.notice"


class Draft:
    """Hold a notice that is rendered and not yet issued, so that no paper is rendered inside a transaction."""

    def __init__(
        self, *, viewer: Viewer, case: str, addressees: Collection[str], now: datetime, changes: Mapping[str, str]
    ) -> None:
        found = queries.open_case(viewer, case)
        if not addressees:
            raise IncidentRefused("incident.no_addressee", case=case)
        self.parties = parties.names(addressees)
        if set(self.parties) != set(addressees):
            unknown = sorted(set(addressees) - set(self.parties))
            raise IncidentRefused("incident.unknown_party", parties=unknown)
        whole = newest(found, BASE_LAW, settings.CLEANNET_PARTY)
        if whole is None:
            raise IncidentRefused("incident.not_graded", case=case)
        if whole.grade == Grade.IV:
            raise IncidentRefused("incident.ordinary_has_no_notice", case=case)
        self.viewer, self.case, self.now = viewer, found, now
        self.grade = Grade(whole.grade)
        self.context: Standing = standing(
            found, now, relevant=tuple(sorted(addressees)), seats=[party.province for party in self.parties.values()]
        )
        self.behalf = _behalf(viewer, self.context)
        self.bureaus = self.context["participants"].of("bureau:relevant")
        earlier = queries.notices(viewer, case=case)
        self.task_number = earlier[0].task_number if earlier else f"RW-{case}"
        written = contents.annex4(
            viewer, found, whole, self.task_number, to=sorted(addressees), cc=self.bureaus, now=now
        )
        law = queries.law_of(found, BASE_LAW)
        values = papers.changed(law.forms["annex4"], written, changes, role=viewer.role)
        self.prepared: Prepared = papers.prepare(policy=law, form="annex4", values=values, at=now)

    @property
    def recipients(self) -> list[str]:
        return sorted({*self.parties, *self.bureaus})


def notify(
    *,
    viewer: Viewer,
    case: str,
    addressees: Collection[str],
    now: datetime,
    changes: Mapping[str, str] | None = None,
) -> Notice:
    """Issue a notice on 附件四 to those who shall dispose: MIIT itself, or CNCERT by MIIT's recorded delegation.

    It is received (接到) the moment it stands in the inbox of a party that has one; a remote party's receipt is
    recorded by hand. A further notice of the same case keeps its task number. 545号 十(三), 十一.
    """
    draft = Draft(viewer=viewer, case=case, addressees=addressees, now=now, changes=changes or {})
    with transaction.atomic():
        return issue(draft)


def issue(draft: Draft) -> Notice:
    """Enter a drafted notice and its receipt by every party with an inbox; call it inside a transaction.

    The case's row is locked meanwhile, so that two notices of one case never get the same number.
    """
    if Case.objects.select_for_update().filter(pk=draft.case.number, status="open").first() is None:
        raise IncidentRefused("incident.not_open", case=draft.case.number)
    number = f"{draft.task_number}-{Notice.objects.filter(case=draft.case).count() + 1}"
    entry = ledger.enter(
        kind="notice.issued",
        actor=parties.actor_of(draft.viewer),
        happened_at=draft.now,
        now=draft.now,
        refs={"case": draft.case.number, "notice": number},
        grades={BASE_LAW: draft.grade},
        recipients=draft.recipients,
        on_behalf_of=draft.behalf,
        form="annex4",
        facts={"task_number": draft.task_number, "missing": draft.prepared.missing},
        blobs=draft.prepared.blobs,
        **draft.context,
    )
    notice = Notice.objects.create(
        number=number,
        case=draft.case,
        task_number=draft.task_number,
        policy=BASE_LAW,
        grade=draft.grade.value,
        issuer=draft.viewer.party,
        issued_at=draft.now,
        addressees=sorted(draft.parties),
        entry=entry.id,
    )
    concerned = {*ledger_record.codes(draft.case.concerned), *draft.parties}
    Case.objects.filter(pk=draft.case.number).update(concerned=ledger_record.addressed(sorted(concerned)))
    papers.issue(
        prepared=draft.prepared,
        number=number,
        case=draft.case.number,
        party=draft.viewer.party,
        recipients=draft.recipients,
        entry=entry.id,
    )
    for party in draft.parties.values():
        if not party.remote:
            _received(notice, party.code, party.role, medium="system", received_at=draft.now, now=draft.now)
    return notice


def record_receipt(
    *, viewer: Viewer, notice: str, party: str, medium: str, received_at: datetime, now: datetime
) -> None:
    """Record by hand, as the issuer, that a remote party received a notice; that moment starts its clock."""
    found = queries.notice(viewer, notice)
    addressee = parties.names([party]).get(party)
    if party not in found.addressees or found.issuer != viewer.party or addressee is None or not addressee.remote:
        raise IncidentRefused("incident.not_addressed", notice=notice, party=party)
    queries.open_case(viewer, found.case_id)
    if received_at < found.issued_at:
        raise IncidentRefused("incident.before_the_notice", notice=notice, received_at=received_at)
    receipts = ledger_queries.entries(viewer, case=found.case_id, kind="notice.received").filter(party=party)
    if any(row.refs.get("notice") == notice for row in receipts):
        raise IncidentRefused("incident.received_already", notice=notice, party=party)
    _received(found, party, addressee.role, medium=medium, received_at=received_at, now=now)


def _behalf(viewer: Viewer, context: Standing) -> str:
    """Return on whose behalf the viewer notifies: nobody's for MIIT itself, MIIT's by delegation."""
    if viewer.role == "miit":
        return ""
    participants = context["participants"]
    ministry = participants.of("miit")
    mine = (row for row in participants.delegations if _lets(row, viewer) and row.delegator in ministry)
    found = next(mine, None)
    if found is None:
        raise IncidentRefused("incident.no_delegation", party=viewer.party)
    return found.delegator


def _lets(row: Delegation, viewer: Viewer) -> bool:
    return (row.policy, row.rule, row.delegate) == (BASE_LAW, NOTICE_RULE, viewer.party)


def _received(notice: Notice, party: str, role: str, *, medium: str, received_at: datetime, now: datetime) -> None:
    ledger.enter(
        kind="notice.received",
        actor=Actor(party, role),
        happened_at=received_at,
        now=now,
        received_at=received_at,
        refs={"case": notice.case_id, "notice": notice.number},
        grades={notice.policy: Grade(notice.grade)},
        medium=medium,
        province=province_of(notice.case, party),
        key=f"received:{notice.number}:{party}",
        **standing(notice.case, now, disposer=party),
    )
