"""How refusals on a case are worded: incidents and papers. See wording.WORDS."""

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
}
