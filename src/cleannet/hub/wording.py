"""Refusals in words: what, why it is so, and what to do, with the HTTP status that tells the truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from cleannet.core.clock import BEIJING
from cleannet.core.refusal import Refusal
from cleannet.hub.case_words import CASE_WORDS
from cleannet.hub.disposal_words import DISPOSAL_WORDS
from cleannet.hub.interface_words import INTERFACE_WORDS
from cleannet.hub.lead_words import LEAD_WORDS
from cleannet.hub.life_words import LIFE_WORDS
from cleannet.hub.message_words import MESSAGE_WORDS
from cleannet.hub.route_words import ROUTE_WORDS


@dataclass(frozen=True, slots=True)
class Told:
    """Hold a refusal as people read it, in the language of the moment."""

    status: int
    what: str
    remedy: str


def told(refusal: Refusal) -> Told:
    """Return a refusal in words; raise KeyError for a code nobody worded, which a test forbids."""
    status, what, remedy = WORDS[refusal.code]
    facts = {name: _shown(value) for name, value in refusal.facts.items()}
    return Told(status, gettext(what) % facts, gettext(remedy))


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(item) for item in value)
    return str(value)


WORDS: Mapping[str, tuple[int, str, str]] = {
    **CASE_WORDS,
    **DISPOSAL_WORDS,
    **LIFE_WORDS,
    **INTERFACE_WORDS,
    **LEAD_WORDS,
    **MESSAGE_WORDS,
    **ROUTE_WORDS,
    "entry.unknown_kind": (400, _("There is no kind of entry “%(kind)s”."), _("Use a kind of the glossary.")),
    "entry.not_your_role": (403, _("An entry “%(kind)s” is not made by this role."), _("Ask the party that owes it.")),
    "entry.unknown_medium": (400, _("“%(medium)s” is no medium."), _("Use paper, system, phone, mail or sheet.")),
    "entry.in_future": (422, _("The time %(at)s lies in the future."), _("Correct the time or the clock.")),
    "entry.unknown_blob": (422, _("An attachment is not in the store."), _("Attach it again.")),
    "entry.lacks": (422, _("The entry lacks what the law needs: %(why)s"), _("Add it and try again.")),
    "party.bad_code": (422, _("“%(code)s” is no party code."), _("Use small letters, digits and hyphens.")),
    "party.unknown_role": (422, _("“%(role)s” is no role."), _("Use a role of the glossary.")),
    "party.no_group": (
        422,
        _("“%(group)s” is no group of the role %(role)s."),
        _("Name a registered party of the same role that is no branch itself."),
    ),
    "party.known": (409, _("The party %(code)s is registered already."), _("Change the registered one instead.")),
    "party.unknown": (404, _("There is no party “%(code)s”."), _("Look it up in the list of parties.")),
    "party.right_not_held": (
        422,
        _("A party of the role %(role)s cannot hold these rights: %(rights)s."),
        _("Leave them out."),
    ),
    "party.username_taken": (409, _("The user name %(username)s is taken."), _("Choose another.")),
    "party.overlay_wrong": (422, _("The overlay does not fit its law: %(why)s"), _("Correct the file.")),
    "party.weak_password": (422, _("The password is too weak: %(why)s"), _("Choose a longer one.")),
    "party.no_person": (404, _("%(person)s is no person of %(party)s."), _("Look it up in the list of people.")),
    "party.no_account": (404, _("There is no living account “%(username)s”."), _("Look it up in the list of people.")),
    "party.several_tokens": (
        409,
        _("Several tokens are called “%(named)s”: %(tokens)s."),
        _("Name one by the beginning of its digest."),
    ),
    "party.no_token": (404, _("There is no such token to revoke."), _("Look it up in the list of tokens.")),
    "party.no_law": (404, _("The hub does not hold that text of a law."), _("Adopt it first.")),
    "party.not_delegable": (422, _("The law lets nobody act for another in %(rule)s."), _("Act yourself.")),
    "party.wrong_delegate": (
        422,
        _("%(delegate)s is not of the role %(role)s that may be delegated to."),
        _("Name a party of that role."),
    ),
    "program.bad_code": (
        422,
        _("“%(code)s” is no name of a program."),
        _("Use up to 100 printable characters without a blank at either end."),
    ),
    "program.not_yours": (403, _("%(party)s does not describe programs here."), _("Ask the hub's own party.")),
    "program.not_described": (
        422,
        _("These are missing or too long: %(fields)s."),
        _("State name, behaviour, harm and systems; name and systems in up to 100 characters."),
    ),
    "program.not_understood": (
        422,
        _("“%(text)s” cannot be looked for: %(why)s"),
        _("Write a domain, an address, a network or a URL."),
    ),
    "program.unknown_resource": (
        422,
        _("“%(role)s” is no kind of resource."),
        _("Use control, distribution or domain."),
    ),
    "program.unknown": (404, _("There is no program “%(program)s”."), _("Add it first.")),
    "program.indicator_known": (409, _("“%(text)s” is known of %(program)s already."), _("Nothing needs to be done.")),
    "program.no_reason": (422, _("“%(text)s” is not withdrawn without a reason."), _("State the reason.")),
    "program.no_indicator": (
        404,
        _("“%(text)s” is no indicator of %(program)s, or was withdrawn."),
        _("Look it up in the newest release."),
    ),
    "program.no_unit": (
        409,
        _("No program can be merged into “%(program)s”: it is the same, or is merged itself."),
        _("Name the program it counts as."),
    ),
    "ledger.no_entry": (404, _("There is no such entry that you may see."), _("Look it up in the case.")),
    "ledger.no_duty": (404, _("There is no such duty that you may see."), _("Look it up on the desk.")),
    "ledger.not_sealed": (409, _("The entry is not sealed yet."), _("Try again in a minute.")),
    "ledger.no_head": (404, _("There is no such head of the ledger."), _("Ask for one that was signed.")),
    "blob.too_large": (413, _("The file is larger than the hub keeps."), _("Send a smaller one.")),
    "blob.unknown": (404, _("There is no such file."), _("Look it up in the case.")),
    "blob.erased": (410, _("The file was erased when its time was over."), _("Only its digest remains in the ledger.")),
    "blob.nothing_to_hold": (
        404,
        _("The case %(case)s has no paper left to hold."),
        _("Look it up in the list of cases."),
    ),
    "blob.kept": (409, _("The file must be kept still."), _("Wait until its time is over.")),
    "blob.held": (409, _("The file is held and cannot be erased."), _("Lift the hold first.")),
    "party.no_such_contact": (
        422,
        _("These are no parts of a contact: %(parts)s."),
        _("Use leader, head or contact."),
    ),
    "party.contact_incomplete": (
        422,
        _("Name, and phone or e-mail, are missing for: %(parts)s."),
        _("The law asks for the leader, the head and the contact, each with how to reach them."),
    ),
    "party.nothing_changed": (
        409,
        _("These contacts are known like this already: %(parts)s."),
        _("Change what is different now; what is named the same is not reported again."),
    ),
    "party.text_too_long": (422, _("“%(text)s” is longer than %(most)s characters."), _("Write it shorter.")),
    "party.nothing_owed": (409, _("%(party)s owes no such report."), _("Look at the desk.")),
    "party.not_yours_to_delegate": (
        403,
        _("%(rule)s is not asked of %(party)s, which cannot delegate it."),
        _("Ask the party the law asks."),
    ),
    "party.no_delegation": (404, _("There is no such delegation of yours."), _("Look at the list of delegations.")),
}
