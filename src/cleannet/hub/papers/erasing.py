"""Erase papers whose time is over: kept for inspection, then destroyed (545号 十二); or hold them meanwhile."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from cleannet.hub.blobs import actions as blobs
from cleannet.hub.blobs import queries as kept
from cleannet.hub.blobs.actions import BlobRefused
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger import queries as duties
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


def hold(*, case: str, held: bool, reason: str, actor: Actor, now: datetime) -> int:
    """Set or lift a legal hold on the papers of a case and return how many; a held one is not erased.

    Raises BlobRefused where the case has no paper left to hold.
    """
    papers = list(Paper.objects.filter(case=case, erased_at=None))
    if not papers:
        raise BlobRefused("blob.nothing_to_hold", case=case)
    with transaction.atomic():
        for paper in papers:
            for ref in paper.blobs:
                blobs.hold(ref=ref, held=held)
        ledger.enter(
            kind="hold.set" if held else "hold.lifted",
            actor=actor,
            happened_at=now,
            now=now,
            refs={"case": case},
            text=reason,
            facts={"papers": len(papers)},
            **parties.standing(now=now, case=case),
        )
    return len(papers)


def _erase(paper: Paper, ripe: set[str], now: datetime) -> bool:
    """Erase a paper as a whole; one of which a part is still kept, or whose case has an open complaint, waits."""
    if not ripe.issuperset(paper.blobs) or (paper.case and duties.complained_of(paper.case)):
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
