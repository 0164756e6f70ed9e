"""起草, 复核: put orders together on a case, look at what they would do, and let another person issue them."""

from collections.abc import Collection, Mapping

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cleannet.core.refusal import Refusal
from cleannet.hub.disposal import actions, batch_steps, batches, dry_run, orderable, radius, routing
from cleannet.hub.disposal import queries as orders
from cleannet.hub.disposal.orderable import Exemption, Target, Wanted
from cleannet.hub.disposal.routing import Proposal, Routed
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.incidents import notices, queries
from cleannet.hub.parties import queries as parties
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, Asked, WebRefused, allowed
from cleannet.hub.web.notices import disposers
from cleannet.hub.wording import told

WAS = "was-"


@allowed("order", *FORM)
def issue(request: Asked, number: str) -> HttpResponse:
    """Choose resources and parties, show what the orders will do and the paper, and draft them as one batch."""
    viewer, now = request.viewer, request.now
    case = queries.open_case(viewer, number)
    targets, codes, held = (request.POST.getlist(name) for name in ("target", "party", "exempt"))
    known = orderable.targets(viewer, case.program, now=now)
    whole = orderable.hosts(known)
    kinds = {target: one.kinds[0] for target, one in (whole | known).items()}
    pairs = [tuple(one.partition(" ")[::2]) for one in request.POST.getlist("order")]
    chosen = dict.fromkeys([*pairs, *((code, target) for target in (*targets, *held) for code in codes)])
    wanted = [Wanted(code, kinds.get(target, ""), target) for code, target in chosen]
    draft = batches.drafted(request.viewer, number, wanted, request.now, {}) if wanted else None

    def act() -> None:
        if not wanted:
            raise OrderRefused("order.nothing_wanted", case=number)
        batches.draft(
            viewer=viewer,
            case=number,
            wanted=wanted,
            now=now,
            changes=_changes(request, draft) if draft else {},
            until=typed.moment_or_none(request.POST.get("until", "")),
            exempt=[
                Exemption(one, request.POST.get(f"why-{one}", ""), typed.moment(request.POST.get(f"until-{one}", "")))
                for one in dict.fromkeys(held)
            ],
        )

    def context() -> Mapping[str, object]:
        shown = stepping.fields(request, draft.law.forms[notices.FORM], draft.values) if draft else {}
        return {
            "number": number,
            "case": case,
            "offers": _offers(request, number),
            "exemptible": sorted((host, one.held) for host, one in whole.items() if one.held),
            "disposers": disposers(viewer),
            "targets": targets,
            "codes": codes,
            "held": _held(known.values()),
            "exempting": [
                (one, request.POST.get(f"why-{one}", ""), request.POST.get(f"until-{one}", ""))
                for one in dict.fromkeys(held)
            ],
            "exempted": held,
            "wanted": wanted,
            "reached": {
                "targets": len({one.target for one in wanted}),
                "parties": len({one.party for one in wanted}),
                "radii": radius.radii(viewer, number, [one.target for one in wanted], now=now),
            },
            "confirming": draft is not None,
            "was": _was(request, draft) if draft else {},
            **shown,
        }

    if request.method == "POST" and wanted and "confirmed" not in request.POST:
        return render(request, "web/issue.html", context())
    return stepping.step(
        request,
        "web/issue.html",
        act,
        context,
        done=_("%(count)s orders are drafted; another person issues them.") % {"count": len(wanted)},
        number=number,
    )


@allowed("order", *FORM)
def issue_again(request: Asked, number: str) -> HttpResponse:
    """Show which orders failed and draft them for a further notice."""
    viewer, now = request.viewer, request.now
    queries.open_case(viewer, number)
    return stepping.step(
        request,
        "web/issue_again.html",
        lambda: batches.draft_again(viewer=viewer, case=number, now=now),
        lambda: {"number": number, "failed": actions.failed_orders(viewer, number)},
        done=_("The failed orders are drafted; another person issues them."),
        number=number,
    )


@allowed("order", *FORM)
def batch(request: Asked, number: str) -> HttpResponse:
    """Show a batch with what it reaches and changes, and issue, countersign or decline it."""
    viewer, now = request.viewer, request.now
    found = batches.own(viewer, number)
    wanted = batches.wanted(found)
    reason = request.POST.get("reason", "")

    def act() -> None:
        match request.POST.get("act", ""):
            case "confirm":
                batches.confirm(viewer=viewer, batch=number, now=now, first=stepping.first(request))
            case "alone":
                first = stepping.first(request)
                batches.issue_alone(viewer=viewer, batch=number, reason=reason, now=now, first=first)
            case "countersign":
                batches.countersign(viewer=viewer, batch=number, now=now, remark=reason)
            case "decline":
                batches.decline(viewer=viewer, batch=number, reason=reason, now=now)
            case other:
                raise WebRefused("web.bad_choice", text=other)

    def context() -> Mapping[str, object]:
        shown = {
            "batch": found,
            "wanted": wanted,
            "exempt": batches.exempt(found),
            "mine": found.drafted_by == viewer.person,
            "people": parties.people(viewer, {found.drafted_by, found.decided_by, found.countersigned_by}),
            "reason": reason,
        }
        if found.status != batch_steps.WAITING:
            return shown
        return shown | {
            "radii": radius.radii(viewer, found.case, [one.target for one in wanted], now=now),
            "differences": dry_run.differences(wanted, batches.reaches(viewer, found)),
            **_paper(request, found),
        }

    done = {
        "confirm": _("The orders are issued."),
        "alone": _("The orders are issued; another person has to confirm them."),
        "countersign": _("The orders are confirmed."),
        "decline": _("The draft is declined."),
    }.get(request.POST.get("act", ""), "")
    return stepping.step(request, "web/batch.html", act, context, done=done, number=found.case)


@allowed("order")
def batch_of_notice(request: Asked, number: str) -> HttpResponse:
    """Go to the batch that a notice issued."""
    found = batches.of_notice(request.viewer, number)
    return HttpResponseRedirect(reverse("batch", kwargs={"number": found.number}))


def _paper(request: Asked, batch: batches.Batch) -> dict[str, object]:
    """Return the paper of a batch as it would go out now, or why none can."""
    try:
        return {"paper": batches.paper(request.viewer, batch, request.now)}
    except Refusal as refusal:
        return {"unpapered": told(refusal)}


def _was(request: Asked, draft: notices.Draft) -> dict[str, str]:
    """Return what the fields of the paper said when they were first shown: figures may grow until it is sent."""
    keys = [field.key for field in draft.filled.form.fields]
    return {key: request.POST.get(WAS + key, draft.values.get(key, "")) for key in keys}


def _changes(request: Asked, draft: notices.Draft) -> dict[str, str]:
    """Return the fields of the paper that a person changed; what was only shown follows the record."""
    was, typed_in = _was(request, draft), stepping.changes(request, draft.filled.form)
    return {key: text for key, text in typed_in.items() if text.split() != was[key].split()}


def _held(known: Collection[Target]) -> list[tuple[Target, list[str]]]:
    """Return what cannot be ordered, with the URLs on the same host that can."""
    urls = [one.resource for one in known if one.resource.reach == "url" and not one.held]
    return [
        (one, sorted({less.target for less in urls if less.host == one.resource.host})) for one in known if one.held
    ]


def _offers(request: Asked, case: str) -> list[tuple[Routed, list[tuple[Proposal, str, bool, str]]]]:
    """Return what is proposed for each target that nothing holds: with what a box of the form says, whether it is
    ticked, and the state of an order that stands there already or was lifted.
    """
    ticked, given = request.POST.getlist("order"), _given(request, case)

    def offered(to: Proposal, target: str) -> tuple[Proposal, str, bool, str]:
        value, state = f"{to.party} {target}", given.get((to.party, target), given.get(("", target), ""))
        return to, value, value in ticked if request.method == "POST" else not state, state

    return [
        (routed, [offered(to, routed.resource.target) for to in routed.proposals])
        for routed in routing.routes(request.viewer, case, now=request.now)
    ]


def _given(request: Asked, case: str) -> dict[tuple[str, str], str]:
    """Return the state of the order of each party on each target that stands; and, of no party, of what was lifted."""
    found = orders.orders(request.viewer, case=case)
    lifted = {("", target): "lifted" for target in found.filter(status="lifted").values_list("target", flat=True)}
    standing = found.filter(leaves=None).values_list("party", "target", "status")
    return lifted | {(party, target): status for party, target, status in standing}
