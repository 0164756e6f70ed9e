"""Read papers as they were issued, and prove that the same content gives the same bytes."""

import json
from collections.abc import Callable
from datetime import datetime

from django.db.models import QuerySet

from cleannet.core.form import fill
from cleannet.core.refusal import Refusal
from cleannet.formats import docx, pdf
from cleannet.hub.blobs import queries as blobs
from cleannet.hub.ledger.queries import naming
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers.models import Paper as Paper
from cleannet.hub.parties import queries as parties


class NoPaper(Refusal):
    """Say that there is no such paper for this viewer, or no such kind of file: `paper.unknown`."""


FILES = {"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}


def papers(viewer: Viewer, *, case: str | None = None) -> QuerySet[Paper]:
    """Return the papers a viewer made, received or (MIIT, CNCERT) may see, newest first."""
    found = Paper.objects.order_by("-issued_at", "-pk")
    if case is not None:
        found = found.filter(case=case)
    if viewer.sees_all:
        return found
    return found.filter(naming("concerned", viewer.party))


def paper(viewer: Viewer, pk: int) -> Paper:
    """Return one paper; raise NoPaper."""
    found = papers(viewer).filter(pk=pk).first()
    if found is None:
        raise NoPaper("paper.unknown", paper=pk)
    return found


def latest(*, number: str) -> Paper | None:
    """Return the newest version of a paper by its number."""
    return Paper.objects.filter(number=number).order_by("-version").first()


def content(paper: Paper, kind: str) -> bytes:
    """Return the bytes of a paper as they were issued, as pdf or docx; raise NoPaper for another kind."""
    if kind not in FILES:
        raise NoPaper("paper.unknown", paper=paper.pk, kind=kind)
    return blobs.get(paper.pdf if kind == "pdf" else paper.docx)


def values(paper: Paper) -> dict[str, str]:
    """Return what was written into the fields of a paper."""
    return dict(json.loads(blobs.get(paper.content))["values"])


def rendered_again(paper: Paper) -> dict[str, bool | None]:
    """Render a paper's content once more and say, per kind, whether the bytes are the same.

    None where template, layout, font, typst or python-docx are not the ones it was made with, so that nothing can be
    said. Raises formats.pdf.FontMissing.
    """
    stated = json.loads(blobs.get(paper.content))
    filled = fill(parties.law(paper.digest).forms[paper.form], stated["values"], stated["lines"], stated["note"])
    at = datetime.fromisoformat(stated["at"])
    font = pdf.find_font(pdf.font_folders())
    made: dict[str, tuple[dict[str, str], Callable[[], bytes]]] = {
        "docx": (docx.digests(), lambda: docx.render(filled, at)),
        "pdf": (pdf.digests(font), lambda: pdf.render(filled, font, at)),
    }
    return {
        kind: render() == content(paper, kind) if digests.items() <= paper.made_with.items() else None
        for kind, (digests, render) in made.items()
    }


def kept() -> QuerySet[Paper]:
    """Return every paper whose bytes are not erased yet, in the order they were issued."""
    return Paper.objects.filter(erased_at=None).order_by("issued_at", "pk")
