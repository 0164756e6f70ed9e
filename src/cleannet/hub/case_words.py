"""How refusals on a case are worded: incidents, orders, feedback, papers. See wording.WORDS."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

CASE_WORDS: Mapping[str, tuple[int, str, str]] = {
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
        _("This entry is nothing told by phone or mail that waits for you."),
        _("Look at the case."),
    ),
    "incident.not_told": (403, _("%(party)s was not told by this call."), _("Ask one of its recipients.")),
    "incident.no_person": (
        403,
        _("A program cannot propose to annul the case %(case)s."),
        _("A person has to propose it, another one to confirm it."),
    ),
    "feedback.in_future": (422, _("The time %(at)s lies in the future."), _("Correct the time.")),
    "feedback.users_told_already": (
        409,
        _("%(party)s owes no warning of users under the notice %(notice)s any more."),
        _("Look at the entries of the case."),
    ),
    "order.no_paper_owed": (
        409,
        _("No paper is owed on the feedback %(feedback)s."),
        _("Look at the papers of the case."),
    ),
    "order.another_kind": (422, _("%(target)s is a resource of another kind: %(kind)s."), _("Order it as what it is.")),
    "order.wanted_twice": (422, _("The same name is ordered twice of one party."), _("Order it once.")),
    "feedback.not_addressed": (
        403,
        _("%(party)s is no addressee of the notice %(notice)s."),
        _("Feed back on a notice of your own."),
    ),
    "feedback.no_users": (422, _("%(party)s serves no users to be told."), _("Leave the number of users out.")),
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
    "incident.not_stated_by_hand": (
        422,
        _("%(policy)s grades on what the edges count, which nobody states by hand."),
        _("Let the edge count it and send its tally."),
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
        _("%(target)s is no known resource of %(program)s."),
        _("Add it as an indicator first."),
    ),
    "order.held_by_allow_list": (
        409,
        _("%(target)s is on an allow-list (%(reason)s) and is not blocked by name."),
        _("Order the URL at the host, or ask for an exception."),
    ),
    "order.cannot_block": (422, _("%(target)s cannot be blocked: %(why)s"), _("Have the registry hold it.")),
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
    "order.no_vantage": (
        409,
        _("No vantage is set from which the orders of this case are judged."),
        _(
            "Set CLEANNET_DNS_RESOLVERS for names at operators, CLEANNET_DNS_ROOTS for names at all others, "
            "CLEANNET_PROBE_EGRESS for addresses and URLs."
        ),
    ),
    "order.unknown_yet": (
        409,
        _("Nothing certain was seen of %(targets)s since the feedback."),
        _("Look again, or write why it is answered although it is not certain; no answer never means gone."),
    ),
    "order.two_persons": (409, _("The one who fed it back cannot verify it."), _("Another person has to verify.")),
    "order.not_verified": (
        409,
        _("Not verified as gone yet: %(targets)s."),
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
    "incident.cannot_begin": (
        422,
        _("A party of the role %(role)s does not begin with “%(kind)s”."),
        _("Choose from what your role may record."),
    ),
    "incident.newer_case": (
        409,
        _("The case %(case)s cannot be reopened: its program has the newer case %(newer)s."),
        _("Order it in the newer case."),
    ),
    "incident.not_closed": (409, _("The case %(case)s is not closed."), _("Look at its entries.")),
    "order.no_relapse": (
        409,
        _("Nothing of the case %(case)s was seen again since it was verified."),
        _("Look at its orders."),
    ),
    "order.relapse_reason_missing": (
        422,
        _("A person reopens what came back, or says why it is no relapse, with a reason."),
        _("Write why."),
    ),
    "incident.words_missing": (422, _("What happened is missing."), _("Write what it is and what was done.")),
    "incident.case_missing": (422, _("“%(kind)s” is about a case."), _("Name the case.")),
    "incident.no_case_wanted": (422, _("“%(kind)s” belongs to no case."), _("Leave the case out.")),
    "incident.not_to_be_recorded": (
        409,
        _("Your party does not owe “%(kind)s” as a record in words."),
        _("Take the step that the duty's button names."),
    ),
    "incident.before_the_duty": (
        422,
        _("It was not owed yet at %(happened_at)s."),
        _("Correct the time; the duty started at the time shown."),
    ),
    "incident.no_month": (422, _("“%(month)s” is no month."), _("Write it as 2026-01.")),
    "feedback.not_remote": (
        409,
        _("%(party)s owes no feedback on %(notice)s that is recorded by hand."),
        _("A party with a system feeds back itself."),
    ),
    "feedback.no_medium": (422, _("Feedback does not come by “%(medium)s”."), _("Choose paper, phone or mail.")),
    "feedback.not_received_yet": (
        409,
        _("%(party)s had not received the notice %(notice)s at %(at)s."),
        _("Confirm or record its receipt first, or correct the time."),
    ),
    "feedback.no_person": (
        403,
        _("A program of %(party)s cannot feed back: another of its people has to verify."),
        _("Let a person feed back."),
    ),
    "feedback.paper_before_it": (
        422,
        _("The feedback %(feedback)s was told at %(at)s; its paper cannot have come before."),
        _("Correct the time."),
    ),
    "feedback.answered_before_it": (
        422,
        _("The feedback %(feedback)s came at %(at)s; its answer cannot have been told before."),
        _("Correct the time."),
    ),
    "order.seen_anew": (409, _("More was seen on %(feedback)s meanwhile."), _("Look at it and answer again.")),
    "order.cannot_dispose": (
        422,
        _("These parties are not ordered to dispose by the law: %(parties)s."),
        _("Choose operators, registries, registrars or CNCERT."),
    ),
}
