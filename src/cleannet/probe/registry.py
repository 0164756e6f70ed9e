"""Look at the status a registry gives a domain, by RDAP (RFC 9083); it says who holds it, not what answers."""

import json
from urllib.parse import urlsplit

from cleannet.core.space import registered_name
from cleannet.probe.answer import GONE, REGISTRY, STILL_THERE, Answer, unknown
from cleannet.probe.egress import Egress
from cleannet.probe.target import PORTS, Place
from cleannet.probe.web import NotFetched, fetch

MOST_BYTES = 1 << 20
# RFC 8056: how RDAP writes the statuses of EPP that take a domain out of the zone, or are about to end it.
HELD = frozenset({"client hold", "server hold", "redemption period", "pending delete", "inactive"})
MOST_STATUSES = 30


def look(egress: Egress, base: str, host: str) -> Answer:
    """Ask the RDAP server at `base` for the domain a name lies in.

    Gone means it is held, about to be deleted, or not registered; still there, that it has none of these statuses.
    """
    domain = registered_name(host)
    if not domain:
        return unknown(REGISTRY, base, f"{host} lies in no domain that is registered")
    parts = urlsplit(f"{base.rstrip('/')}/domain/{domain}")
    place = Place(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme], parts.path)
    try:
        page = fetch(egress, place, most=MOST_BYTES, accept="application/rdap+json")
    except NotFetched as error:
        return unknown(REGISTRY, base, str(error), domain=domain)
    if page.status == 404:
        return Answer(REGISTRY, base, GONE, {"domain": domain, "why": "it is not registered"})
    try:
        found = json.loads(page.body) if page.status == 200 and page.whole else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or str(found.get("ldhName", "")).lower().rstrip(".") != domain:
        return unknown(REGISTRY, base, f"the registry answers {page.status} with nothing about it", domain=domain)
    said = found.get("status")
    statuses = [str(one).lower()[:100] for one in said[:MOST_STATUSES]] if isinstance(said, list) else []
    held = sorted(HELD & set(statuses))
    why = f"the registry holds it: {', '.join(held)}" if held else "it is registered and not held"
    evidence = {"domain": domain, "statuses": statuses, "why": why}
    return Answer(REGISTRY, base, GONE if held else STILL_THERE, evidence)
