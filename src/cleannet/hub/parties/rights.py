"""Which rights a role may hold at all. Whoever is not in the table may not."""

from collections.abc import Collection, Mapping

_EVERYBODY = frozenset({"read", "record", "administer"})
_DISPOSER = _EVERYBODY | {"feed_back"}
HELD_BY: Mapping[str, frozenset[str]] = {
    "miit": _EVERYBODY | {"assess", "notify", "order"},
    "bureau": _EVERYBODY,
    "cncert": _DISPOSER | {"report", "notify", "order", "verify"},
    "operator": _DISPOSER | {"submit", "report"},
    "registry": _DISPOSER,
    "registrar": _DISPOSER,
    "access": _DISPOSER,
    "idc": _DISPOSER,
    "police": _EVERYBODY,
}


def allowed(role: str, rights: Collection[str]) -> frozenset[str]:
    """Return those of `rights` that a role may hold."""
    return HELD_BY.get(role, frozenset()) & frozenset(rights)
