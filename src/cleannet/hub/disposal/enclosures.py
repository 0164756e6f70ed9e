"""What came with an appeal: who appeals, why, and his files, encrypted, apart from the record, and erased in time."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from cleannet.hub.blobs import actions as blobs
from cleannet.hub.blobs import queries as kept
from cleannet.hub.disposal.models import Appeal
from cleannet.hub.disposal.steps import OrderRefused
from cleannet.hub.ledger import actions as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers.actions import DRAFT_KEPT
from cleannet.hub.parties import queries as parties

MOST_FILES, MOST_BYTES, MOST_TOGETHER = 10, 20 * 2**20, 64 * 2**20
MOST_ERASED = 100
KIND = "appeal"
READERS = ("order", "record")


@dataclass(frozen=True, slots=True)
class Material:
    """Hold one file that came with an appeal, by the name it came under."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Applicant:
    """Say who appeals and how the answer reaches him."""

    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class Said:
    """Hold what came with an appeal: its grounds, who appeals, and the names of the files."""

    grounds: str
    applicant: Applicant
    files: list[str]


def words(grounds: str, applicant: Applicant) -> Mapping[str, str]:
    """Return what is kept of the words of an appeal; raise OrderRefused where one is missing."""
    said = {"grounds": grounds.strip(), "applicant": applicant.name.strip(), "contact": applicant.contact.strip()}
    lacking = [name for name, text in said.items() if not text]
    if lacking:
        raise OrderRefused("appeal.lacking", fields=lacking)
    return said


def put(said: Mapping[str, str], materials: Collection[Material], *, now: datetime) -> list[str]:
    """Keep words and files for as long as a draft, outside any transaction, and return the references, that of the
    words first. What is kept of two appeals is never one blob, for each is erased in its own time.

    Raises OrderRefused where the files are too much.
    """
    check_size([len(one.content) for one in materials])
    own, until = secrets.token_hex(8), now + DRAFT_KEPT
    whole = {**said, "files": [one.name for one in materials], "id": own}
    parts = [(KIND, json.dumps(whole, ensure_ascii=False).encode())]
    parts += [(f"{KIND}.{own}", one.content) for one in materials]
    return [blobs.put(content, kind=kind, now=now, keep_until=until).ref for kind, content in parts]


def check_size(sizes: Collection[int]) -> None:
    """Raise OrderRefused where files of these sizes are more than an appeal takes."""
    if len(sizes) > MOST_FILES or max(sizes, default=0) > MOST_BYTES or sum(sizes) > MOST_TOGETHER:
        limits = (MOST_BYTES // 2**20, MOST_TOGETHER // 2**20)
        raise OrderRefused("appeal.too_much", files=MOST_FILES, mebibytes=limits[0], together=limits[1])


def said(viewer: Viewer, appeal: Appeal) -> Said | None:
    """Return what the applicant said and who he is, to those who review or answer; None to others and once erased."""
    if not _reads(viewer):
        return None
    try:
        whole = json.loads(kept.get(appeal.said))
    except kept.BlobGone:
        return None
    return Said(whole["grounds"], Applicant(whole["applicant"], whole["contact"]), whole["files"])


def material(viewer: Viewer, appeal: Appeal, place: int) -> Material:
    """Return one file of an appeal to those who review or answer; raise OrderRefused, or BlobGone where there is none
    any more.
    """
    if not _reads(viewer):
        raise OrderRefused("appeal.not_shown", appeal=appeal.number)
    told = said(viewer, appeal)
    if told is None or not 0 <= place < len(appeal.materials):
        raise kept.BlobGone("blob.unknown", appeal=appeal.number, place=place)
    return Material(told.files[place], kept.get(appeal.materials[place]))


def erase_expired(*, now: datetime) -> int:
    """Erase what came with appeals whose time is over, each whole and with its entry, and what came with none that
    was taken; return how many of both.
    """
    ripe = kept.erasable(now, kinds=[KIND])
    if not ripe:
        return 0
    living = list(Appeal.objects.filter(erased_at=None).order_by("number"))
    strays = set(ripe).difference(*((appeal.said, *appeal.materials) for appeal in living))
    for ref in sorted(strays)[:MOST_ERASED]:
        blobs.erase(ref=ref, now=now)
    over = [appeal for appeal in living if {appeal.said, *appeal.materials}.issubset(ripe)][:MOST_ERASED]
    for appeal in over:
        refs = (appeal.said, *appeal.materials)
        with transaction.atomic():
            for ref in refs:
                blobs.erase(ref=ref, now=now)
            Appeal.objects.filter(pk=appeal.pk).update(erased_at=now)
            ledger.enter(
                kind="blob.erased",
                actor=Actor(settings.CLEANNET_PARTY, settings.CLEANNET_ROLE),
                happened_at=now,
                now=now,
                refs={"case": appeal.case, "complaint": appeal.number},
                blobs=refs,
                key=f"erased:{appeal.number}",
                **parties.standing(now=now, case=appeal.case),
            )
    return len(over) + min(len(strays), MOST_ERASED)


def _reads(viewer: Viewer) -> bool:
    return any(viewer.may(right) for right in READERS)
