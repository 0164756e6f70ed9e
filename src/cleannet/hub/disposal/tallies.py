"""Look at what the edges counted since a disposal: of a program as a whole, never of one target."""

from datetime import datetime

from cleannet.hub.watch import queries as watch
from cleannet.probe.answer import GONE, STILL_THERE, TALLY, Answer

# A phone that asks for a blocked name is counted, too: the edge sees the question, not whether it was answered.
SCOPE = "the program as a whole, not this target; a phone that only tries is counted, too"


def look(program: str, *, party: str | None, since: datetime) -> Answer | None:
    """Say whether numbers not counted before `since` were counted after it, at one operator or anywhere.

    Still there means that new numbers were; gone, that a later tally has none; None, that no tally came in since. No
    figure is told, as whoever sees the order may not see those of others.
    """
    newest = watch.newest_reading(program, party=party)
    if newest is None or newest <= since:
        return None
    counted = watch.scale(program, party=party, since=since)
    verdict = STILL_THERE if counted.infected_upper else GONE
    why = "new numbers were counted since" if counted.infected_upper else "no new number was counted since"
    evidence = {"why": why, "scope": SCOPE, "since": since.isoformat(), "newest": newest.isoformat()}
    return Answer(TALLY, party or "", verdict, evidence)
