"""Refusals of the interface itself in words: of the API's conventions and of what is typed on a page."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

INTERFACE_WORDS: Mapping[str, tuple[int, str, str]] = {
    "api.key_too_long": (422, _("The idempotency key is longer than %(most)s characters."), _("Use a shorter one.")),
    "api.in_progress": (409, _("The same request is being carried out."), _("Ask again in a moment.")),
    "api.done_unanswered": (
        409,
        _("The request was carried out as the entry %(entry)s, but its answer was lost."),
        _("Look at the entry; do not send the request again."),
    ),
    "api.not_authenticated": (
        401,
        _("The token is missing, unknown, expired or revoked."),
        _("Send “Authorization: Bearer …” with a valid token."),
    ),
    "api.right_missing": (
        403,
        _("Your party or token does not hold the right “%(right)s”."),
        _("Ask your hub's administrator."),
    ),
    "api.key_reused": (422, _("The idempotency key was used for another request."), _("Use a fresh key.")),
    "api.bad_request": (
        422,
        _("The request is not as it should be: %(why)s"),
        _("Correct it as the API description says."),
    ),
    "api.not_storable": (
        422,
        _("A text of the request holds a NUL character or half of a surrogate pair, which cannot be stored."),
        _("Send it without them."),
    ),
    "api.too_large": (413, _("The request is larger than %(mebibytes)s MiB."), _("Send less at once.")),
    "api.wrong_method": (
        405,
        _("This address does not take %(method)s."),
        _("Look at the API description."),
    ),
    "api.unknown": (404, _("There is nothing at this address."), _("Look at the API description.")),
    "web.no_file": (422, _("No file was sent, or it is larger than %(most)s MiB."), _("Choose a CSV file.")),
    "web.not_storable": (
        422,
        _("What was typed or sent holds a character that cannot be stored."),
        _("Type it again without it."),
    ),
    "web.too_large": (
        413,
        _("The form is larger, or has more fields or files, than the hub takes."),
        _("Send less at once."),
    ),
    "web.bad_request": (400, _("The browser sent what the hub cannot read."), _("Open the page again.")),
    "web.right_missing": (403, _("You do not hold the right “%(right)s”."), _("Ask for it, or ask who holds it.")),
    "web.wrong_password": (403, _("User name and password do not belong together."), _("Type both again.")),
    "web.too_many_tries": (429, _("There were too many wrong passwords."), _("Wait a minute and try again.")),
    "web.form_expired": (
        403,
        _("The form is too old, or did not come from a page of this hub."),
        _("Open the page again and send it once more."),
    ),
    "web.bad_time": (422, _("“%(text)s” is no time."), _("Write the time as 2026-01-31 14:05, in Beijing time.")),
    "web.bad_number": (422, _("“%(text)s” is no number of people."), _("Write digits only, or leave it empty.")),
    "web.bad_figure": (422, _("“%(text)s” is no whole figure."), _("Write digits only; money in whole yuan.")),
    "web.bad_choice": (422, _("“%(text)s” cannot be chosen here."), _("Choose from what the page shows.")),
}
