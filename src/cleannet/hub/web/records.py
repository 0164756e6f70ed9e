"""What was written down: papers, the ledger with its proofs, what the edges cover, and the parties."""

import json

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from cleannet.core.refusal import Refusal
from cleannet.core.terms import ENTRY_KINDS
from cleannet.hub.ledger import queries as entries
from cleannet.hub.ledger import sealing
from cleannet.hub.papers import queries as kept
from cleannet.hub.parties import queries as register
from cleannet.hub.programs import queries as programs
from cleannet.hub.watch import queries as counts
from cleannet.hub.web.access import Asked, allowed
from cleannet.hub.wording import Told, told

PER_PAGE = 50


@allowed("read")
def papers(request: Asked) -> HttpResponse:
    """List the papers the viewer made, received or may see, newest first."""
    page = Paginator(kept.papers(request.viewer), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/papers.html", {"page": page})


@allowed("read")
def paper(request: Asked, number: int, kind: str) -> HttpResponse:
    """Download a paper as it was issued, as pdf or docx."""
    found = kept.paper(request.viewer, number)
    name = f"{found.number}-v{found.version}.{kind}"
    response = HttpResponse(kept.content(found, kind), content_type=kept.FILES[kind])
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@allowed("read")
def ledger(request: Asked) -> HttpResponse:
    """List the entries the viewer may see, newest first, of one case, kind or party; and show the newest head."""
    asked = {name: request.GET.get(name, "").strip() for name in ("case", "kind", "party")}
    found = entries.entries(request.viewer, case=asked["case"] or None, kind=asked["kind"] or None)
    if asked["party"]:
        found = found.filter(party=asked["party"])
    page = Paginator(found.order_by("-entered_at", "-id"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "asked": asked,
        "head": sealing.last_head(),
        "kinds": ENTRY_KINDS,
        "parties": register.parties(request.viewer),
    }
    return render(request, "web/ledger.html", context)


@allowed("read")
def entry(request: Asked, id: str) -> HttpResponse:
    """Show one entry as the viewer may see it, with the proof that it is in the ledger, or why there is none yet."""
    found = entries.entry(request.viewer, id)
    proof: sealing.Inclusion | None = None
    unproven: Told | None = None
    try:
        proof = sealing.prove_entry(found)
    except Refusal as refusal:
        unproven = told(refusal)
    shown = entries.record(request.viewer, found)
    context = {
        "entry": found,
        "body": json.dumps(shown.record, ensure_ascii=False, indent=2, sort_keys=True),
        "withheld": shown.withheld,
        "proof": proof,
        "unproven": unproven,
    }
    return render(request, "web/entry.html", context)


@allowed("read")
def watch(request: Asked) -> HttpResponse:
    """Show what each edge covers, where there is no data, and the newest release of the watchlist."""
    coverage = counts.coverage(request.viewer, now=request.now)
    context = {
        "coverage": coverage,
        "silent": sum(one.silent for one in coverage),
        "release": programs.latest_release(request.viewer, now=request.now),
    }
    return render(request, "web/watch.html", context)
