"""Refusals of what an edge sends, in words: see wording."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

MESSAGE_WORDS: Mapping[str, tuple[int, str, str]] = {
    "message.unsigned": (
        401,
        _("The message is not signed as it should be: %(why)s"),
        _("Send it as the edge made it."),
    ),
    "message.unknown_edge": (
        401,
        _("The message is signed by a key that is not enrolled for this party."),
        _("Enrol the edge first."),
    ),
    "message.revoked": (403, _("The edge %(edge)s was revoked and is not believed."), _("Enrol a new key.")),
    "message.not_yours": (
        403,
        _("The message speaks for the edge %(edge)s of %(party)s, but another key signed it."),
        _("Send it from that edge."),
    ),
    "message.malformed": (422, _("The message cannot be read: %(why)s"), _("Update the edge, or report a defect.")),
    "message.not_asked": (404, _("Nobody asked the edge %(edge)s to look at this."), _("Ask for the requests again.")),
    "message.request_over": (
        409,
        _("The request to the edge %(edge)s is over; what it saw comes too late."),
        _("Answer within a day; a new look asks again."),
    ),
    "message.clock_ahead": (
        422,
        _("The clock of the edge (%(clock)s) is ahead of the hub (%(now)s)."),
        _("Set the clock of the edge, then send again."),
    ),
    "message.replayed": (
        409,
        _("Another message with the number %(sequence)s of the edge %(edge)s was received before."),
        _("Look for a copy of the edge that runs elsewhere."),
    ),
    "message.gap": (
        409,
        _("The edge %(edge)s sent the message %(sequence)s, but %(expected)s comes next."),
        _("Send the missing message first; nothing is lost."),
    ),
    "message.old_revision": (
        409,
        _("A newer revision of %(batch)s than %(revision)s was received before."),
        _("Nothing needs to be done."),
    ),
    "message.not_whole": (
        409,
        _("The revision %(revision)s of %(batch)s names as unchanged what the hub has no figures of."),
        _("Have the edge follow anew with a state folder of its own, and look for what the hub lost."),
    ),
    "message.too_many_programs": (
        422,
        _("The tally names %(count)s programs that the hub does not know; it takes %(most)s new ones at once."),
        _("Add them to the hub's watchlist, then send again; nothing is lost."),
    ),
    "message.edge_known": (
        409,
        _("An edge named %(edge)s, or with this key, is enrolled already."),
        _("Choose another name and a new key."),
    ),
    "message.key_superseded": (
        409,
        _("The edge %(edge)s has a newer key than the one that signed this."),
        _("Sign with the newest key; if nobody of yours made it, have the edge revoked."),
    ),
}
