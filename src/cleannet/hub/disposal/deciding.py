"""Answer a feedback by a policy: where every vantage that decides agreed twice, so many minutes apart."""

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from cleannet.core.refusal import Refusal
from cleannet.hub.disposal import queries, verification
from cleannet.hub.disposal.models import Feedback, Order, Sighting
from cleannet.hub.incidents import queries as cases
from cleannet.hub.ledger.viewer import Viewer
from cleannet.probe.answer import GONE, STILL_THERE

# After so long without agreement it is a person's to decide.
GIVEN_UP_AFTER = timedelta(days=1)


def decide(*, now: datetime) -> int:
    """Ask for the looks that the policy needs, and answer each feedback on which they agree; return how many it was.

    Does nothing where no policy is set. CNCERT's own disposal is a person's to verify. What does not agree within a day
    of the feedback is left to a person, too.
    """
    apart = timedelta(minutes=settings.CLEANNET_VERIFY_MINUTES)
    if not apart:
        return 0
    viewer = Viewer(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE)
    waiting = Feedback.objects.filter(verified_at=None, fed_back_at__gt=now - GIVEN_UP_AFTER)
    answered = 0
    for feedback in waiting.exclude(party=viewer.party).order_by("fed_back_at", "number"):
        # A person or another look was faster, or the case moved on; the next round sees what they left.
        with contextlib.suppress(Refusal):
            if cases.is_open(feedback.case):
                answered += _decided(viewer, feedback, apart, now)
    return answered


def agreed(looks: Sequence[tuple[datetime, str]], apart: timedelta) -> str:
    """Return the verdict on which the last looks agree over at least `apart`, "" where they do not; oldest first."""
    if not looks or looks[-1][1] not in (GONE, STILL_THERE):
        return ""
    last, verdict = looks[-1]
    first = last
    for at, said in reversed(looks):
        if said != verdict:
            break
        first = at
    return verdict if last - first >= apart else ""


def _decided(viewer: Viewer, feedback: Feedback, apart: timedelta, now: datetime) -> int:
    own = verification.named(viewer, feedback)
    since = verification.newest_word(viewer, feedback.case, own)
    looks = {number: _looks(order, since[number]) for number, order in own.items()}
    verdicts = {number: agreed(found, apart) for number, found in looks.items()}
    if own and all(verdicts.values()):
        minutes: int = settings.CLEANNET_VERIFY_MINUTES
        verification.verify(viewer=viewer, feedback=feedback.number, now=now, policy=minutes, agreed=verdicts)
        return 1
    due = [
        order
        for number, order in own.items()
        if not verdicts[number] and (not looks[number] or looks[number][-1][0] <= now - apart)
    ]
    if due:
        verification.ask(due, now=now)
    return 0


def _looks(order: Order, since: datetime) -> list[tuple[datetime, str]]:
    """Return each look at an order since a moment with its verdict, oldest first."""
    seen: dict[datetime, list[Sighting]] = {}
    for one in queries.sightings(order, since=since):
        if one.decides:
            seen.setdefault(one.seen_at, []).append(one)
    return [(at, queries.verdict_of(found)) for at, found in sorted(seen.items())]
