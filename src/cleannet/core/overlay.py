"""细则, 特殊时期: what an overlay gets wrong about the law below it, which its own file cannot tell."""

from collections.abc import Iterator, Mapping

from cleannet.core.policy import Policy
from cleannet.core.terms import ENTRY_KINDS
from cleannet.core.toml_table import Problem, lines


def check_overlay(overlay: Policy, laws: Mapping[str, Policy]) -> tuple[Problem, ...]:
    """Return what `overlay` gets wrong about the law of `laws` (by id) that it lies over, each with its line.

    Wrong are a law below that is unknown or an overlay itself, a change to a duty the law does not have, an added duty
    with the id of one it has or that another overlay of `laws` adds, a duty of the calendar in one province, and a form
    neither has. A law that is no overlay has nothing wrong here.
    """
    return tuple(sorted(_problems(overlay, laws))) if overlay.overlays else ()


def _problems(overlay: Policy, laws: Mapping[str, Policy]) -> Iterator[Problem]:
    line = dict(lines(overlay.text))
    law = laws.get(overlay.overlays)
    if law is None:
        known = ", ".join(sorted(law.id for law in laws.values() if not law.overlays))
        yield Problem(line.get("/overlays", 1), f"there is no law “{overlay.overlays}” to lie over; known are {known}")
        return
    if law.overlays:
        yield Problem(
            line.get("/overlays", 1), f"“{law.id}” is an overlay itself; name the law below, “{law.overlays}”"
        )
        return
    known_duties = {rule.id for rule in law.duties}
    for index, change in enumerate(overlay.changes):
        if change.duty not in known_duties:
            known = ", ".join(rule.id for rule in law.duties)
            message = f"[[change]]: “{law.id}” has no duty “{change.duty}”; it has {known}"
            yield Problem(line.get(f"change[{index}]/duty", 1), message)
    for index, rule in enumerate(overlay.duties):
        if overlay.province and not ENTRY_KINDS[rule.when].by:
            message = f"[[duty]] {rule.id}: the calendar is the whole country's; a province adds duties to acts only"
            yield Problem(line.get(f"duty[{index}]/when", 1), message)
        if rule.id in known_duties:
            message = f"[[duty]]: “{rule.id}” is a duty of “{law.id}”; change it with [[change]] or take another id"
            yield Problem(line.get(f"duty[{index}]/id", 1), message)
        for other in _beside(overlay, laws):
            if rule.id in {added.id for added in other.duties}:
                message = f"[[duty]]: “{rule.id}” is added by “{other.id}” already; take another id"
                yield Problem(line.get(f"duty[{index}]/id", 1), message)
        if rule.form and rule.form not in law.forms and rule.form not in overlay.forms:
            message = f"[[duty]] {rule.id}: the form “{rule.form}” is in neither this file nor “{law.id}”"
            yield Problem(line.get(f"duty[{index}]/form", 1), message)


def _beside(overlay: Policy, laws: Mapping[str, Policy]) -> list[Policy]:
    """Return the other overlays on the same law."""
    return [law for law in laws.values() if law.overlays == overlay.overlays and law.id != overlay.id]
