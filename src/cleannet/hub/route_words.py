"""How refusals on routing are worded. See wording.WORDS."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

ROUTE_WORDS: Mapping[str, tuple[int, str, str]] = {
    "route.no_source": (
        422,
        _("The table names no source, or one longer than %(most)s characters."),
        _("Say where it comes from; the next one of the same source takes its place."),
    ),
    "route.not_yours": (403, _("%(party)s does not import tables here."), _("Ask the hub's own party.")),
    "route.wrong_lines": (
        422,
        _("%(count)s lines are wrong, and nothing was taken in: %(lines)s"),
        _("Correct these lines and import the whole table again."),
    ),
    "route.just_imported": (
        409,
        _("Another table of %(source)s was just taken in."),
        _("Look at it before you import yours."),
    ),
    "route.not_understood": (
        422,
        _("“%(what)s” is nothing that can be routed: %(why)s"),
        _("Write a domain, an address or a network."),
    ),
    "route.no_reason": (422, _("A reason is missing for %(what)s."), _("Write why.")),
    "route.not_overridden": (
        409,
        _("Nobody said who disposes of %(what)s; the tables decide already."),
        _("Name a party, or leave it."),
    ),
    "route.just_overridden": (
        409,
        _("Somebody else just said who disposes of %(what)s."),
        _("Look at it before you say otherwise."),
    ),
}
