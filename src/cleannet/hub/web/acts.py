"""登记: record what began, what a duty asks for in words, and facts for other laws."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cleannet.hub.incidents import actions, acts, queries
from cleannet.hub.ledger import queries as entries
from cleannet.hub.parties import queries as register
from cleannet.hub.web import stepping, typed
from cleannet.hub.web.access import FORM, Asked, allowed


@allowed("record", *FORM)
def begin(request: Asked) -> HttpResponse:
    """Record that something began: a complaint, a suspicion, a consultation, a change of the own mechanism."""
    viewer, now = request.viewer, request.now
    case = request.POST.get("case", request.GET.get("case", "")).strip()
    return stepping.step(
        request,
        "web/begin.html",
        lambda: acts.begin(
            viewer=viewer,
            kind=request.POST.get("kind", ""),
            said=request.POST.get("said", ""),
            happened_at=typed.moment(request.POST.get("happened_at", "")),
            now=now,
            case=case,
        ),
        lambda: {"kinds": acts.beginnings(viewer), "case": case},
        done=_("It is recorded; what the law asks for stands on the desk."),
        to="desk",
    )


@allowed("record", *FORM)
def fulfil(request: Asked) -> HttpResponse:
    """Record in words that what a duty asks for was done."""
    viewer, now, key = request.viewer, request.now, request.GET.get("duty", "")
    why = entries.why(viewer, key)

    def context() -> Mapping[str, object]:
        told = {*why.duty.to, *why.duty.cc}
        others = [party for party in register.parties(viewer) if party.code not in told | {viewer.party}]
        return {"why": why, "others": [] if why.duty.to else others, "also": request.POST.getlist("also")}

    return stepping.step(
        request,
        "web/fulfil.html",
        lambda: acts.fulfil(
            viewer=viewer,
            duty=key,
            said=request.POST.get("said", ""),
            happened_at=typed.moment(request.POST.get("happened_at", "")),
            now=now,
            also=request.POST.getlist("also"),
        ),
        context,
        done=_("It is recorded."),
        to="desk",
    )


@allowed("report", *FORM)
def state_facts(request: Asked, number: str) -> HttpResponse:
    """State the facts a law grades on that no edge counts."""
    viewer, now = request.viewer, request.now
    case = queries.open_case(viewer, number)
    laws = [law for law in (queries.law_of(case, policy) for policy in case.laws) if "infected_24h" not in law.facts()]
    law = next((law for law in laws if law.id == request.GET.get("policy")), laws[0] if laws else None)
    party = register.party(viewer.party)
    typed_in = {fact: request.POST.get(f"fact-{fact}", "") for fact in sorted(law.facts())} if law else {}

    def act() -> None:
        facts = {
            fact: typed.figure(text, money=fact.endswith("_fen")) for fact, text in typed_in.items() if text.strip()
        }
        actions.state_facts(
            viewer=viewer,
            case=number,
            policy=law.id if law else "",
            facts=facts,
            role=request.POST.get("role", ""),
            found_at=typed.moment(request.POST.get("found_at", "")),
            now=now,
        )

    return stepping.step(
        request,
        "web/state_facts.html",
        act,
        lambda: {
            "number": number,
            "law": law,
            "facts": [(fact, text, law.thresholds(fact)[0]) for fact, text in typed_in.items()] if law else [],
            "roles": [party.role, *party.also],
        },
        done=_("The facts are stated and graded."),
        number=number,
    )
