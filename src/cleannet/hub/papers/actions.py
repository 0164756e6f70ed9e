"""Render a form once, keep its bytes, and issue it as a paper."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from cleannet.core.clock import BEIJING, kept_until
from cleannet.core.form import Filled, fill
from cleannet.core.policy import Policy
from cleannet.core.refusal import Refusal
from cleannet.formats import canonical, docx, pdf
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.papers.models import Counter, Paper


class PaperRefused(Refusal):
    """Say why a paper is not issued: `paper.unknown_form`, `paper.version_taken`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Hold a rendered form whose bytes are kept already; `blobs` are what the entry names."""

    policy: Policy
    filled: Filled
    at: datetime
    content: str
    pdf: str
    docx: str
    made_with: Mapping[str, str]

    @property
    def blobs(self) -> tuple[str, ...]:
        return (self.content, self.pdf, self.docx)

    @property
    def missing(self) -> list[str]:
        return [field.key for field in self.filled.missing]


def prepare(
    *,
    policy: Policy,
    form: str,
    values: Mapping[str, str],
    at: datetime,
    lines: Sequence[Mapping[str, str]] = (),
) -> Prepared:
    """Fill and render a form of a law and keep its bytes, outside any transaction.

    An empty field prints 待查 and is named in `missing`; it never blocks. Raises PaperRefused, core.form.UnknownField,
    formats.pdf.GlyphMissing or FontMissing.
    """
    if form not in policy.forms:
        raise PaperRefused("paper.unknown_form", form=form, policy=policy.id)
    filled = fill(policy.forms[form], values, lines)
    font = pdf.find_font(pdf.font_folders())
    stated = canonical.encode(
        {
            "policy": policy.id,
            "digest": policy.digest,
            "form": form,
            "at": at.astimezone(BEIJING).isoformat(),
            "values": dict(filled.values),
            "lines": [dict(line) for line in filled.lines],
        }
    )
    until = kept_until(at, max((rule.days for rule in policy.retention if "papers" in rule.of), default=0))
    rendered = (
        ("paper.content", stated),
        ("paper.pdf", pdf.render(filled, font, at)),
        ("paper.docx", docx.render(filled, at)),
    )
    content, as_pdf, as_docx = (blobs.put(made, kind=kind, now=at, keep_until=until).ref for kind, made in rendered)
    return Prepared(policy, filled, at, content, as_pdf, as_docx, pdf.digests(font))


def issue(*, prepared: Prepared, number: str, case: str, party: str, recipients: Collection[str], entry: str) -> Paper:
    """Record a prepared form as an issued paper, in the transaction of the entry that issues it; a known number gets
    the next version.
    """
    last = Paper.objects.filter(number=number).order_by("-version").first()
    try:
        with transaction.atomic():
            return Paper.objects.create(
                number=number,
                version=last.version + 1 if last else 1,
                form=prepared.filled.form.id,
                policy=prepared.policy.id,
                digest=prepared.policy.digest,
                case=case,
                party=party,
                recipients=sorted(recipients),
                issued_at=prepared.at,
                missing=prepared.missing,
                content=prepared.content,
                pdf=prepared.pdf,
                docx=prepared.docx,
                made_with=dict(prepared.made_with),
                entry=entry,
            )
    except IntegrityError as error:
        raise PaperRefused("paper.version_taken", number=number) from error


def next_number(name: str) -> int:
    """Return the next number of a series, gapless in committed transactions; call it inside one."""
    Counter.objects.get_or_create(name=name, defaults={"last": 0})
    Counter.objects.filter(name=name).update(last=F("last") + 1)
    return Counter.objects.get(name=name).last
