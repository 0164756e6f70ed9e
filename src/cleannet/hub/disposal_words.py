"""How refusals on disposal are worded: orders, batches, feedback, verification. See wording.WORDS."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop as _

DISPOSAL_WORDS: Mapping[str, tuple[int, str, str]] = {
    "appeal.anothers": (
        403,
        _("The appeal %(appeal)s was taken by %(party)s, which answers it."),
        _("Leave the answer to it."),
    ),
    "appeal.had_a_part": (
        403,
        _("You drafted, issued or confirmed these orders, or took the appeal %(appeal)s."),
        _("Another person has to review it."),
    ),
    "appeal.lacking": (422, _("The appeal lacks: %(fields)s."), _("Fill in every field.")),
    "appeal.not_shown": (
        403,
        _("What came with the appeal %(appeal)s is shown to those only who review or answer appeals."),
        _("Ask for the right “order” or “record”."),
    ),
    "appeal.not_taken_here": (
        403,
        _("A party of this role takes no appeals."),
        _("Send the applicant to the operator, registry or registrar that carries the order out, or to CNCERT."),
    ),
    "appeal.nothing_stands": (
        422,
        _("No order that you may see stands on %(target)s."),
        _("Write the target as the order names it; what was withdrawn or lifted needs no appeal."),
    ),
    "appeal.out_of_turn": (409, _("The appeal %(appeal)s is “%(status)s” already or yet."), _("Look at it again.")),
    "appeal.reason_missing": (
        422,
        _("The reason or the remedy to be told is missing."),
        _("Write both; the applicant is told them."),
    ),
    "appeal.too_much": (
        422,
        _("An appeal takes at most %(files)s files of %(mebibytes)s MiB each, together %(together)s MiB."),
        _("Send what matters most."),
    ),
    "appeal.unknown": (404, _("There is no such appeal that you may see, or it is erased."), _("Look at the list.")),
    "feedback.answered_before_it": (
        422,
        _("The feedback %(feedback)s came at %(at)s; its answer cannot have been told before."),
        _("Correct the time."),
    ),
    "feedback.bad_rows": (
        422,
        _("Rows of the sheet that cannot be taken: %(rows)s."),
        _("Write 已处置 or 未处置, and for 未处置 the reason."),
    ),
    "feedback.given_already": (
        409,
        _("%(party)s fed back on the notice %(notice)s already."),
        _("Look at its feedback."),
    ),
    "feedback.in_future": (422, _("The time %(at)s lies in the future."), _("Correct the time.")),
    "feedback.no_medium": (422, _("Feedback does not come by “%(medium)s”."), _("Choose paper, phone or mail.")),
    "feedback.no_month": (422, _("“%(month)s” is no month."), _("Write it as 2026-11.")),
    "feedback.no_month_given": (
        404,
        _("There is no feedback of %(party)s on %(month)s that you may see."),
        _("Look at the list of the month."),
    ),
    "feedback.no_month_owed": (
        409,
        _("%(party)s owes no feedback on the ordinary incidents of %(month)s."),
        _("It is owed from the end of the month until it is given."),
    ),
    "feedback.no_person": (
        403,
        _("A program of %(party)s cannot feed back: another of its people has to verify."),
        _("Let a person feed back."),
    ),
    "feedback.no_sheet": (422, _("The file is not taken: %(why)s."), _("Fill in the sheet of the hub and send that.")),
    "feedback.no_users": (422, _("%(party)s serves no users to be told."), _("Leave the number of users out.")),
    "feedback.not_addressed": (
        403,
        _("%(party)s is no addressee of the notice %(notice)s."),
        _("Feed back on a notice of your own."),
    ),
    "feedback.not_every_order": (
        422,
        _("The feedback does not name every order of the notice once."),
        _("Say of each order whether it was done, or why not."),
    ),
    "feedback.not_every_resource": (
        422,
        _("Not every resource is named once: lacking %(lacking)s; not listed %(strange)s; twice %(twice)s."),
        _("Fill in the sheet as it stands now."),
    ),
    "feedback.not_received_yet": (
        409,
        _("%(party)s had not received the notice %(notice)s at %(at)s."),
        _("Confirm or record its receipt first, or correct the time."),
    ),
    "feedback.not_remote": (
        409,
        _("%(party)s owes no feedback on %(notice)s that is recorded by hand."),
        _("A party with a system feeds back itself."),
    ),
    "feedback.paper_before_it": (
        422,
        _("The feedback %(feedback)s was told at %(at)s; its paper cannot have come before."),
        _("Correct the time."),
    ),
    "feedback.reason_missing": (
        422,
        _("The reason is missing for what was not done: %(orders)s."),
        _("Write why it was not done."),
    ),
    "feedback.unprintable": (
        422,
        _("A reason holds characters that cannot be printed: %(orders)s."),
        _("Type the reason again without them."),
    ),
    "feedback.users_told_already": (
        409,
        _("%(party)s owes no warning of users under the notice %(notice)s any more."),
        _("Look at the entries of the case."),
    ),
    "feedback.verified_already": (409, _("The feedback %(feedback)s was verified already."), _("Look at the result.")),
    "order.alone_without_reason": (422, _("Why the batch %(batch)s cannot wait is missing."), _("Write the reason.")),
    "order.alone_without_rule": (
        409,
        _("No adopted rule makes it a duty to confirm what one person issued alone."),
        _("Adopt one first: `cleannet hub adopt two_persons`."),
    ),
    "order.another_kind": (422, _("%(target)s is a resource of another kind: %(kind)s."), _("Order it as what it is.")),
    "order.batch_decided": (
        409,
        _("The batch %(batch)s is “%(status)s” already."),
        _("Look at the case."),
    ),
    "order.batch_outdated": (
        409,
        _("Since the batch %(batch)s was drafted the grade or what failed has changed, or a target was lifted."),
        _("Decline it and draft it again."),
    ),
    "order.cannot_block": (422, _("%(target)s cannot be blocked: %(why)s"), _("Have the registry hold it.")),
    "order.cannot_dispose": (
        422,
        _("These parties are not ordered to dispose by the law: %(parties)s."),
        _("Choose operators, registries, registrars, access and IDC providers or CNCERT."),
    ),
    "order.declined_without_reason": (
        422,
        _("Why the batch %(batch)s is declined is missing."),
        _("Write the reason."),
    ),
    "order.exempt_for_nothing": (
        422,
        _("The exception for %(target)s is for no order of this batch on a resource of the program."),
        _("Name a host of the program that is ordered."),
    ),
    "order.exempt_without_reason": (
        422,
        _("The exception for %(target)s has no reason."),
        _("Write why and until when."),
    ),
    "order.held_by_allow_list": (
        409,
        _("%(target)s is on an allow-list (%(reason)s) and is not blocked by name."),
        _("Order the URL at the host, or ask for an exception."),
    ),
    "order.no_batch": (404, _("There is no such batch of your party."), _("Look at the desk.")),
    "order.no_paper_owed": (
        409,
        _("No paper is owed on the feedback %(feedback)s."),
        _("Look at the papers of the case."),
    ),
    "order.no_person": (
        403,
        _("A program of %(party)s is nobody: orders need two people."),
        _("Use a token made for a person (`cleannet hub token --person`)."),
    ),
    "order.not_the_drafter": (
        403,
        _("Another person drafted the batch %(batch)s."),
        _("Issue it as the second person: confirm it."),
    ),
    "order.no_relapse": (
        409,
        _("Nothing of the case %(case)s was seen again since it was verified."),
        _("Look at its orders."),
    ),
    "order.no_vantage": (
        409,
        _("No vantage is set from which the orders of this case are judged."),
        _(
            "Set CLEANNET_DNS_RESOLVERS for names at operators, CLEANNET_DNS_ROOTS for names at all others, "
            "CLEANNET_PROBE_EGRESS for addresses and URLs."
        ),
    ),
    "order.not_a_resource": (
        422,
        _("%(target)s is no known resource of %(program)s."),
        _("Add it as an indicator first."),
    ),
    "order.not_verified": (
        409,
        _("Not verified as gone yet: %(targets)s."),
        _("Verify them, or issue the orders again."),
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
    "order.nothing_wanted": (422, _("No order was chosen."), _("Choose at least one resource and party.")),
    "order.out_of_turn": (
        409,
        _("The order %(order)s is “%(status)s” and this step cannot be taken."),
        _("Look at the order again."),
    ),
    "order.relapse_reason_missing": (
        422,
        _("A person reopens what came back, or says why it is no relapse, with a reason."),
        _("Write why."),
    ),
    "order.second_person": (
        403,
        _("You drafted the batch %(batch)s; another person issues and confirms it."),
        _("Ask a second person of your party. With nobody else on duty, issue it alone, with the reason."),
    ),
    "order.seen_anew": (409, _("More was seen on %(feedback)s meanwhile."), _("Look at it and answer again.")),
    "order.stands_already": (
        409,
        _("%(party)s has the order %(order)s on %(target)s already, and it stands."),
        _("Leave it out. What failed is issued again, what shall end is withdrawn."),
    ),
    "order.two_persons": (409, _("The one who fed it back cannot verify it."), _("Another person has to verify.")),
    "order.unknown": (404, _("There is no such order or feedback that you may see."), _("Look it up in the case.")),
    "order.unknown_yet": (
        409,
        _("Nothing certain was seen of %(targets)s since the feedback."),
        _("Look again, or write why it is answered although it is not certain; no answer never means gone."),
    ),
    "order.wanted_twice": (422, _("The same name is ordered twice of one party."), _("Order it once.")),
}
