"""Notices (通报, 附件四): who may issue one, what it says, and when each addressee received it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.core.entry import Delegation
from cleannet.core.form import fill
from cleannet.core.terms import Grade
from cleannet.formats import ledger_record
from cleannet.hub.incidents import contents, queries
from cleannet.hub.incidents.first import First, told
from cleannet.hub.incidents.grading import BASE_LAW, IncidentRefused, locked, newest, standing, tell
from cleannet.hub.incidents.models import Case, Notice
from cleannet.hub.incidents.opening import servers_found
from cleannet.hub.incidents.receipts import notice_received
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as ledger_queries
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.papers import queries as papers_queries
from cleannet.hub.papers.actions import Prepared
from cleannet.hub.papers.queries import Paper
from cleannet.hub.parties import queries as parties
from cleannet.hub.parties.queries import Standing

NOTICE_RULE = "10.3.notice"
FORM = "annex4"


class Draft:
    """Hold a notice before it is issued; `rendered` goes before the transaction, as no paper is rendered inside one.

    `servers` are the provinces where servers are of which it orders the disposal: their bureaus are concerned, too.
    """

    def __init__(
        self,
        *,
        viewer: Viewer,
        case: str,
        addressees: Collection[str],
        now: datetime,
        changes: Mapping[str, str],
        behalf: str | None = None,
        servers: Collection[str] = (),
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
        self.servers = servers
        self.grade = Grade(whole.grade)
        self.context: Standing = standing(
            found,
            now,
            relevant=tuple(sorted(addressees)),
            seats=[*(party.province for party in self.parties.values()), *servers],
        )
        self.behalf = behalf if behalf is not None else _behalf(viewer, self.context)
        self.bureaus = self.context["participants"].of("bureau:relevant")
        earlier = queries.notices(viewer, case=case)
        self.task_number = earlier[0].task_number if earlier else f"RW-{case}"
        self.law = queries.law_of(found, BASE_LAW)
        written = contents.annex4(
            viewer, found, whole, self.task_number, to=sorted(addressees), cc=self.bureaus, now=now
        )
        self.values = papers.changed(self.law.forms[FORM], written, changes, role=viewer.role)
        self.filled = fill(self.law.forms[FORM], self.values)
        # A page posts every field: only what says something else than the record is a change.
        self.changed = {key: text for key, text in changes.items() if text.split() != written.get(key, "").split()}

    def rendered(self) -> Prepared:
        """Return the paper, its bytes kept."""
        return papers.prepare(policy=self.law, form=FORM, values=self.values, at=self.now)

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
    first: First | None = None,
) -> Notice:
    """Issue a notice on 附件四 to those who shall dispose: MIIT itself, or CNCERT by MIIT's recorded delegation.

    It is received (接到) the moment it stands in the inbox of a party that has one; a remote party's receipt is
    recorded by hand. A further notice of the same case keeps its task number. In urgency it is told `first` by phone or
    mail: received when each addressee confirms the call, and the paper is still owed. 545号 十(三), 十一, 十五.
    """
    draft = Draft(viewer=viewer, case=case, addressees=addressees, now=now, changes=changes or {})
    prepared = None if first else draft.rendered()
    with transaction.atomic():
        return issue(draft, prepared, first)


def issue(draft: Draft, prepared: Prepared | None, first: First | None = None) -> Notice:
    """Enter a drafted notice, either `prepared` as a paper or told `first`; call it inside a transaction.

    The case's row is locked meanwhile, so that two notices of one case never get the same number.
    """
    case = locked(draft.case.number)
    _behalf(draft.viewer, standing(case, draft.now))
    servers_found(case, draft.servers, draft.now)
    number = f"{draft.task_number}-{Notice.objects.filter(case=draft.case).count() + 1}"
    entry = ledger.enter(
        kind="notice.issued",
        actor=parties.actor_of(draft.viewer),
        now=draft.now,
        refs={"case": draft.case.number, "notice": number},
        grades={BASE_LAW: draft.grade},
        recipients=draft.recipients,
        on_behalf_of=draft.behalf,
        form=FORM if prepared else "",
        facts={"task_number": draft.task_number, "missing": prepared.missing if prepared else []},
        blobs=prepared.blobs if prepared else (),
        **told(first, draft.now),
        **draft.context,
    )
    notice = Notice.objects.create(
        number=number,
        case=draft.case,
        task_number=draft.task_number,
        policy=BASE_LAW,
        grade=draft.grade.value,
        issuer=draft.viewer.party,
        issued_at=first.at if first else draft.now,
        addressees=sorted(draft.parties),
        entry=entry.id,
    )
    concerned = {*ledger_record.codes(case.concerned), *draft.parties}
    Case.objects.filter(pk=draft.case.number).update(concerned=ledger_record.addressed(sorted(concerned)))
    tell(draft.case.number, draft.recipients)
    if prepared:
        papers.issue(
            prepared=prepared,
            number=number,
            case=draft.case.number,
            party=draft.viewer.party,
            recipients=draft.recipients,
            entry=entry.id,
        )
        _stands_in_inboxes(notice, draft, draft.now)
    return notice


def supply(*, viewer: Viewer, notice: str, now: datetime, changes: Mapping[str, str] | None = None) -> Paper:
    """Supply the paper (附件四) after a first notice by phone or mail (545号 十五); it is then in every inbox, too."""
    found = queries.notice(viewer, notice)
    if found.issuer != viewer.party or papers_queries.latest(number=notice) is not None:
        raise IncidentRefused("incident.nothing_owed", case=found.case_id, kind="paper.supplied")
    draft = drafted_again(viewer, found, now, changes or {})
    prepared = draft.rendered()
    with transaction.atomic():
        locked(found.case_id)
        acts = [
            ledger.enter(
                kind=kind,
                actor=parties.actor_of(viewer),
                happened_at=now,
                now=now,
                refs={"case": found.case_id, "notice": notice},
                grades={found.policy: Grade(found.grade)},
                recipients=draft.recipients,
                on_behalf_of=draft.behalf if kind == "notice.issued" else "",
                form=FORM,
                facts={"missing": prepared.missing},
                blobs=prepared.blobs,
                **draft.context,
            )
            # In writing it reaches everybody, also who never confirmed the call.
            for kind in ("paper.supplied", "notice.issued")
        ]
        paper = papers.issue(
            prepared=prepared,
            number=notice,
            case=found.case_id,
            party=viewer.party,
            recipients=draft.recipients,
            entry=acts[0].id,
        )
        _stands_in_inboxes(found, draft, now)
        return paper


def drafted_again(viewer: Viewer, notice: Notice, now: datetime, changes: Mapping[str, str]) -> Draft:
    """Return the paper of a notice that was told first, under the power it was told under; raise IncidentRefused."""
    told_as = ledger_queries.entry(viewer, notice.entry)
    return Draft(
        viewer=viewer,
        case=notice.case_id,
        addressees=notice.addressees,
        now=now,
        changes=changes,
        behalf=told_as.on_behalf_of,
    )


def _stands_in_inboxes(notice: Notice, draft: "Draft", now: datetime) -> None:
    for party in draft.parties.values():
        if not party.remote:
            notice_received(notice, party.code, party.role, medium="system", received_at=now, now=now)


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
