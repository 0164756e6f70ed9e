"""The feed of a party's own orders, for its own platform."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router

from cleannet.hub.api.conventions import PROBLEMS, allowed, now, viewer_of
from cleannet.hub.api.description import FEED
from cleannet.hub.disposal import feed as orders

router = Router()


@router.get("/feed", response=PROBLEMS, openapi_extra=FEED)
@allowed("read")
def feed(request: HttpRequest, format: Literal["json", "csv", "plain"] = "json") -> HttpResponse:
    """Return your party's standing orders, signed; 304 where If-None-Match names what you have.

    JSON is the payload of a signed envelope of the kind `feed`. Of CSV and plain text the headers CleanNet-Key and
    CleanNet-Signature make the same envelope.
    """
    viewer = viewer_of(request)
    found = orders.feed(viewer, format)
    orders.fetched(viewer, found.revision, now=now())
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    same = found.etag in known or "*" in known
    answer = HttpResponse(status=304) if same else HttpResponse(found.body, content_type=found.media_type)
    answer["ETag"] = found.etag
    answer["Cache-Control"] = "private, no-cache"
    answer["CleanNet-Revision"] = str(found.revision)
    if format != "json":
        answer["CleanNet-Key"], answer["CleanNet-Signature"] = found.key, found.signature
    return answer
