"""Which rights a role may hold at all. Whoever is not in the table may not."""

from collections.abc import Collection, Mapping

_DISPOSER = frozenset({"read", "feed_back"})
HELD_BY: Mapping[str, frozenset[str]] = {
    "miit": frozenset({"read", "assess", "notify", "order"}),
    "bureau": frozenset({"read"}),
    "cncert": frozenset({"read", "submit", "report", "notify", "order", "feed_back", "verify", "administer"}),
    "operator": frozenset({"read", "submit", "report", "feed_back"}),
    "registry": _DISPOSER,
    "registrar": _DISPOSER,
    "access": frozenset({"read"}),
    "idc": frozenset({"read"}),
    "police": frozenset({"read"}),
}


def allowed(role: str, rights: Collection[str]) -> frozenset[str]:
    """Return those of `rights` that a role may hold."""
    return HELD_BY.get(role, frozenset()) & frozenset(rights)
