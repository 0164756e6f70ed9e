"""Erase papers whose time is over: kept for inspection, then destroyed (545号 十二)."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from cleannet.hub.blobs import actions as blobs
from cleannet.hub.blobs import queries as kept
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.papers.models import Paper
from cleannet.hub.parties import queries as parties

KINDS = ("paper.content", "paper.pdf", "paper.docx")
BATCH = 100


def erase_expired(*, now: datetime) -> int:
    """Erase papers whose time is over and that nothing holds, and drafts nobody issued; return how many of both.

    That a paper is erased is entered in the same transaction; its files go when that is committed, and a process that
    is killed before leaves them to the sweep. No entry names a draft, so none is made when it goes.
    """
    ripe = kept.erasable(now, kinds=KINDS)
    whole, done = set(ripe), 0
    for batch in (ripe[at : at + BATCH] for at in range(0, len(ripe), BATCH)):
        named = Q(content__in=batch) | Q(pdf__in=batch) | Q(docx__in=batch)
        papers = list(Paper.objects.filter(named, erased_at=None).order_by("pk"))
        done += sum(_erase(paper, whole, now) for paper in papers)
        for ref in set(batch).difference(*(paper.blobs for paper in papers)):
            done += blobs.erase(ref=ref, now=now)
        if done >= BATCH:
            # The lane comes round again at once, and is seen to.
            break
    return done


def _erase(paper: Paper, ripe: set[str], now: datetime) -> bool:
    """Erase a paper as a whole; one of which a part is still kept waits for it."""
    if not ripe.issuperset(paper.blobs):
        return False
    with transaction.atomic():
        for ref in paper.blobs:
            blobs.erase(ref=ref, now=now)
        Paper.objects.filter(pk=paper.pk).update(erased_at=now)
        ledger.enter(
            kind="blob.erased",
            actor=Actor(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE),
            happened_at=now,
            now=now,
            refs={"case": paper.case} if paper.case else {},
            facts={"paper": paper.number, "version": paper.version},
            blobs=paper.blobs,
            key=f"erased:{paper.pk}",
            **parties.standing(now=now, case=paper.case),
        )
    return True
