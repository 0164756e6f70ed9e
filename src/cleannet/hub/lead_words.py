"""How refusals on leads, what CNCERT saw and the circular are worded. See wording.WORDS."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

LEAD_WORDS: Mapping[str, tuple[int, str, str]] = {
    "lead.unknown": (404, _("There is no such lead that you may see."), _("Look it up in the list of leads.")),
    "lead.out_of_turn": (
        409,
        _("The lead %(lead)s does not wait for this step: MIIT asks, the party answers, MIIT decides, once each."),
        _("Look at the lead as it stands."),
    ),
    "lead.own": (409, _("The lead %(lead)s is on your own party, which does not judge itself."), _("Leave it open.")),
    "lead.anothers": (
        403,
        _("The question on the lead %(lead)s was put to %(party)s."),
        _("Let that party answer it."),
    ),
    "lead.words_missing": (422, _("The words of the question, answer or reason are missing."), _("Write them.")),
    "lead.day_past": (422, _("The day %(day)s is past."), _("Name a day that is still to come, or none.")),
    "lead.wrong_medium": (
        422,
        _("“%(medium)s” is not how this answer comes in."),
        _(
            "A party with an account answers here itself. For one without, MIIT names paper, mail or phone and when it "
            "came."
        ),
    ),
    "lead.before_the_question": (
        422,
        _("The question was not put yet at %(received_at)s."),
        _("Correct the time."),
    ),
    "lead.too_many_entries": (422, _("An answer names at most %(most)s entries."), _("Name the ones that matter.")),
    "circular.unknown": (
        404,
        _("No circular on %(month)s has reached you."),
        _("Look it up in the list of circulars."),
    ),
    "circular.not_owed": (
        409,
        _("Your party owes no circular on %(month)s: the month is not over, or it is issued."),
        _("Look at the desk."),
    ),
    "circular.words_missing": (422, _("The words of the circular are missing."), _("Write what it says.")),
    "incident.no_operator": (422, _("%(party)s is no mobile operator."), _("Choose a registered operator.")),
    "incident.source_missing": (422, _("By what source it was seen is missing."), _("Name the source.")),
    "incident.not_within_a_day": (
        422,
        _("From %(began_at)s to %(ended_at)s is no period of at most 24 hours, in which the law counts (八)."),
        _("State each 24 hours by themselves."),
    ),
}
