"""How refusals to end or prolong an order are worded. See wording.WORDS."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

LIFE_WORDS: Mapping[str, tuple[int, str, str]] = {
    "order.reason_missing": (422, _("A reason is missing."), _("Write why the orders are withdrawn.")),
    "order.until_past": (
        422,
        _("The order would be over already: %(until)s is past."),
        _("Choose a moment that is still to come, or none."),
    ),
    "order.exempt_fixed": (
        409,
        _("The order %(order)s is an exception and ends at %(until)s at the latest."),
        _("Let it end earlier, or draft a new exception when it is over."),
    ),
    "order.stands_no_longer": (
        409,
        _("The order %(order)s is “%(status)s” and stands no longer."),
        _("Issue it anew where it is needed."),
    ),
    "order.issued_by_another": (
        403,
        _("The orders under the notice %(notice)s were issued by %(party)s."),
        _("Ask who issued them, or MIIT."),
    ),
}
