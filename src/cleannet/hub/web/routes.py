"""归属: whom resources are routed to, what nobody is known to hold, the tables and people's words it rests on."""

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.translation import gettext as _

from cleannet.hub.disposal import routing, tables
from cleannet.hub.disposal.orderable import DISPOSERS
from cleannet.hub.parties import queries as parties
from cleannet.hub.web import stepping
from cleannet.hub.web.access import FORM, Asked, WebRefused, allowed

MOST = 200
MOST_BYTES = 64 << 20


@allowed("order", *FORM)
def routes(request: Asked) -> HttpResponse:
    """Show what waits to be routed and what routing rests on; say who disposes of a name, address or network."""
    viewer = request.viewer
    given = {name: request.POST.get(name, request.GET.get(name, "")) for name in ("what", "party", "reason")}
    unrouted = routing.unrouted(viewer)
    return stepping.step(
        request,
        "web/routes.html",
        lambda: tables.override(viewer=viewer, now=request.now, **given),
        lambda: {
            "unrouted": unrouted[:MOST],
            "count": len(unrouted),
            "given": given,
            "parties": [one for one in parties.parties(viewer) if one.role in DISPOSERS],
            "tables": tables.tables(viewer),
            "overrides": tables.overrides(viewer)[:MOST],
        },
        done=_("It is recorded; whatever lies there is routed so from now on."),
        to="routes",
    )


@allowed("administer", *FORM)
def import_table(request: Asked) -> HttpResponse:
    """Take a table of holders in; it takes the place of the one its source gave before."""

    def act() -> None:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile) or not file.size or file.size > MOST_BYTES:
            raise WebRefused("web.no_file", most=MOST_BYTES >> 20)
        actor = parties.actor_of(request.viewer)
        tables.take(actor=actor, source=request.POST.get("source", ""), data=file.read(), now=request.now)

    return stepping.step(
        request,
        "web/import_table.html",
        act,
        lambda: {"source": request.POST.get("source", "")},
        done=_("The table is taken in and gone by from now on."),
        to="desk",
    )
