"""Refusals in words: what, why it is so, and what to do, with the HTTP status that tells the truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from cleannet.core.clock import BEIJING
from cleannet.core.refusal import Refusal
from cleannet.hub.interface_words import INTERFACE_WORDS


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
    **INTERFACE_WORDS,
    "entry.unknown_kind": (400, _("There is no kind of entry “%(kind)s”."), _("Use a kind of the glossary.")),
    "entry.not_your_role": (403, _("An entry “%(kind)s” is not made by this role."), _("Ask the party that owes it.")),
    "entry.unknown_medium": (400, _("“%(medium)s” is no medium."), _("Use paper, system, phone, mail or sheet.")),
    "entry.in_future": (422, _("The time %(at)s lies in the future."), _("Correct the time or the clock.")),
    "entry.unknown_blob": (422, _("An attachment is not in the store."), _("Attach it again.")),
    "entry.lacks": (422, _("The entry lacks what the law needs: %(why)s"), _("Add it and try again.")),
    "party.bad_code": (422, _("“%(code)s” is no party code."), _("Use small letters, digits and hyphens.")),
    "party.unknown_role": (422, _("“%(role)s” is no role."), _("Use a role of the glossary.")),
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
    "paper.fixed_field": (
        422,
        _("What the record says itself cannot be changed on the form: %(fields)s."),
        _("Leave these fields as they are."),
    ),
    "incident.ordinary_has_no_notice": (
        409,
        _("The case %(case)s is ordinary; a notice on 附件四 is for significant incidents and above."),
        _("Sum it up with the month's ordinary incidents."),
    ),
    "incident.before_the_notice": (
        422,
        _("The notice %(notice)s was not issued yet at %(received_at)s."),
        _("Correct the time."),
    ),
    "incident.received_already": (
        409,
        _("The receipt of %(notice)s by %(party)s is recorded already."),
        _("Look at the entries of the case."),
    ),
    "incident.not_a_first_report": (
        409,
        _("This entry is no first report that waits for you."),
        _("Look at the case."),
    ),
    "incident.not_told": (403, _("%(party)s was not told by this report."), _("Ask one of its recipients.")),
    "order.another_kind": (422, _("%(host)s is a resource of another kind: %(kind)s."), _("Order it as what it is.")),
    "order.wanted_twice": (422, _("The same name is ordered twice of one party."), _("Order it once.")),
    "feedback.not_addressed": (
        403,
        _("%(party)s is no addressee of the notice %(notice)s."),
        _("Feed back on a notice of your own."),
    ),
    "feedback.no_users": (422, _("%(party)s serves no users to be told."), _("Leave the number of users out.")),
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
        _("Use letters, digits, dots, hyphens and underlines."),
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
    "message.unknown_program": (
        422,
        _("The hub does not know these programs: %(programs)s."),
        _("Add them to the hub, then send again; nothing is lost."),
    ),
    "message.edge_known": (409, _("An edge named %(edge)s is enrolled already."), _("Choose another name.")),
    "incident.unknown": (
        404,
        _("There is no such case or notice that you may see."),
        _("Look it up in the list of cases."),
    ),
    "incident.not_open": (409, _("The case %(case)s is not open any more."), _("Look at its entries.")),
    "incident.not_your_role": (
        403,
        _("%(party)s does not take the part “%(role)s”."),
        _("Act in a role your party has."),
    ),
    "incident.not_under_this_law": (
        422,
        _("The case %(case)s was not opened under %(policy)s."),
        _("Choose one of its laws."),
    ),
    "incident.not_graver": (
        409,
        _("The grade %(grade)s is not graver than %(before)s, which stands."),
        _("A lower figure is a correction; leave the grade."),
    ),
    "incident.reason_missing": (422, _("A reason is missing."), _("Write why.")),
    "incident.not_graded": (
        409,
        _("The case %(case)s has no grade of this party yet."),
        _("Wait for a tally, or state the facts."),
    ),
    "incident.reported_by_tally": (
        409,
        _("The case %(case)s is ordinary: the tally itself reports it."),
        _("Nothing needs to be done."),
    ),
    "incident.nothing_owed": (
        409,
        _("Your party owes no such act on the case %(case)s."),
        _("Look at the duties of the case."),
    ),
    "incident.not_a_first_notice": (
        422,
        _("A first notice is made by phone or mail, not by %(medium)s."),
        _("Choose phone or mail."),
    ),
    "incident.no_addressee": (422, _("The notice names no addressee."), _("Choose the parties that shall dispose.")),
    "incident.unknown_party": (422, _("These parties are not registered: %(parties)s."), _("Register them first.")),
    "incident.no_delegation": (
        403,
        _("A notice is MIIT's, and no delegation to %(party)s is recorded."),
        _("Ask MIIT to notify or to record a delegation."),
    ),
    "incident.not_addressed": (
        422,
        _("%(party)s is no addressee of the notice %(notice)s of yours."),
        _("Choose one of its addressees."),
    ),
    "incident.not_proposed": (
        409,
        _("Nobody proposed to annul the case %(case)s."),
        _("Propose it first; another person confirms."),
    ),
    "incident.two_persons": (409, _("The one who proposed it cannot confirm it."), _("Another person has to confirm.")),
    "incident.duties_open": (
        409,
        _("The case %(case)s still owes acts within limits of the law."),
        _("Look at its open duties."),
    ),
    "order.unknown": (404, _("There is no such order or feedback that you may see."), _("Look it up in the case.")),
    "order.nothing_wanted": (422, _("No order was chosen."), _("Choose at least one resource and party.")),
    "order.not_a_resource": (
        422,
        _("%(host)s is no known resource of %(program)s."),
        _("Add it as an indicator first."),
    ),
    "order.held_by_allow_list": (
        409,
        _("%(host)s is on an allow-list (%(reason)s) and is not blocked by name."),
        _("Order the URL at the host, or ask for an exception."),
    ),
    "order.cannot_block": (422, _("%(host)s cannot be blocked: %(why)s"), _("Have the registry hold it.")),
    "order.out_of_turn": (
        409,
        _("The order %(order)s is “%(status)s” and this step cannot be taken."),
        _("Look at the order again."),
    ),
    "order.nothing_failed": (
        409,
        _("No order of the case %(case)s needs to be issued again."),
        _("Look at its orders."),
    ),
    "order.nothing_to_look_at": (
        409,
        _("No order of the case %(case)s waits to be looked at."),
        _("Wait for feedback."),
    ),
    "order.no_vantage": (409, _("No resolver is set to look from."), _("Set CLEANNET_DNS_RESOLVERS.")),
    "order.unknown_yet": (
        409,
        _("Nothing certain was seen of %(hosts)s since the feedback."),
        _("Look again; no answer never means gone."),
    ),
    "order.two_persons": (409, _("The one who fed it back cannot verify it."), _("Another person has to verify.")),
    "order.not_verified": (
        409,
        _("Not verified as gone yet: %(hosts)s."),
        _("Verify them, or issue the orders again."),
    ),
    "feedback.given_already": (
        409,
        _("%(party)s fed back on the notice %(notice)s already."),
        _("Look at its feedback."),
    ),
    "feedback.not_every_order": (
        422,
        _("The feedback does not name every order of the notice once."),
        _("Say of each order whether it was done, or why not."),
    ),
    "feedback.reason_missing": (
        422,
        _("The reason is missing for what was not done: %(orders)s."),
        _("Write why it was not done."),
    ),
    "feedback.verified_already": (409, _("The feedback %(feedback)s was verified already."), _("Look at the result.")),
    "paper.unknown": (404, _("There is no such paper that you may see."), _("Look it up in the case.")),
    "paper.unknown_form": (422, _("%(policy)s has no form “%(form)s”."), _("Choose one of its forms.")),
    "paper.version_taken": (
        409,
        _("The paper %(number)s was just issued by somebody else."),
        _("Look at it before issuing another version."),
    ),
    "form.unknown_field": (
        422,
        _("The form %(form)s has no field “%(field)s”."),
        _("Use one of the fields the form has."),
    ),
    "form.glyph_missing": (
        422,
        _("The font %(font)s cannot print: %(missing)s"),
        _("Write these characters otherwise, or install a font that has them."),
    ),
    "grading.not_applicable": (
        422,
        _("%(policy)s does not grade on these figures."),
        _("State one of the facts it grades on."),
    ),
    "grading.no_grade": (
        422,
        _("%(policy)s gives no grade for these figures."),
        _("Report a defect in the law's file."),
    ),
    "ledger.no_entry": (404, _("There is no such entry that you may see."), _("Look it up in the case.")),
    "ledger.no_duty": (404, _("There is no such duty that you may see."), _("Look it up on the desk.")),
    "ledger.not_sealed": (409, _("The entry is not sealed yet."), _("Try again in a minute.")),
    "ledger.no_head": (404, _("There is no such head of the ledger."), _("Ask for one that was signed.")),
    "blob.too_large": (413, _("The file is larger than the hub keeps."), _("Send a smaller one.")),
    "blob.unknown": (404, _("There is no such file."), _("Look it up in the case.")),
    "blob.erased": (410, _("The file was erased when its time was over."), _("Only its digest remains in the ledger.")),
    "blob.kept": (409, _("The file must be kept still."), _("Wait until its time is over.")),
    "blob.held": (409, _("The file is held and cannot be erased."), _("Lift the hold first.")),
}
