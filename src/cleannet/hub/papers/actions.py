"""Render a form once, keep its bytes, and issue it as a paper."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from cleannet.core.clock import BEIJING, kept_until
from cleannet.core.form import Filled, fill
from cleannet.core.policy import Form, Policy
from cleannet.core.refusal import Refusal
from cleannet.formats import canonical, docx, ledger_record, pdf
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.papers.models import Counter, Paper
from cleannet.hub.parties import queries as parties

FIXED = frozenset({"unit", "to", "cc", "task_number", "reported_at", "fed_back_at", "identified_at"})
# What was rendered for an act that was refused is erased after this.
DRAFT_KEPT = timedelta(days=1)
STANDING_UNCONFIRMED = "注：所依据文件的效力待核。"


class PaperRefused(Refusal):
    """Say why a paper is not issued: `paper.unknown_form`, `paper.version_taken`, `paper.fixed_field`."""


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


def changed(form: Form, values: Mapping[str, str], changes: Mapping[str, str], *, role: str) -> dict[str, str]:
    """Return what a form is filled with after a person of `role` changed some fields.

    What the record itself says (who to whom, when, under which task) and what another role fills in stays as it is.
    """
    others = {field.key for field in form.fields if field.filled_by not in ("", role)}
    fixed = sorted(key for key in changes if key in FIXED | others and changes[key] != values.get(key, ""))
    if fixed:
        raise PaperRefused("paper.fixed_field", form=form.id, fields=fixed)
    return {**values, **changes}


def prepare(
    *,
    policy: Policy,
    form: str,
    values: Mapping[str, str],
    at: datetime,
    lines: Sequence[Mapping[str, str]] = (),
) -> Prepared:
    """Fill and render a form of a law and keep its bytes, outside any transaction: for a day, from `issue` on until
    `end_keeping`.

    An empty field prints 待查 and is named in `missing`; it never blocks. Raises PaperRefused, core.form.UnknownField,
    formats.pdf.GlyphMissing or FontMissing.
    """
    if form not in policy.forms:
        raise PaperRefused("paper.unknown_form", form=form, policy=policy.id)
    filled = fill(policy.forms[form], values, lines, STANDING_UNCONFIRMED if policy.unverified else "")
    font = pdf.find_font(pdf.font_folders())
    stated = canonical.encode(
        {
            "policy": policy.id,
            "digest": policy.digest,
            "form": form,
            "at": at.astimezone(BEIJING).isoformat(),
            "note": filled.note,
            "values": dict(filled.values),
            "lines": [dict(line) for line in filled.lines],
        }
    )
    rendered = (
        ("paper.content", stated),
        ("paper.pdf", pdf.render(filled, font, at)),
        ("paper.docx", docx.render(filled, at)),
    )
    content, as_pdf, as_docx = (
        blobs.put(made, kind=kind, now=at, keep_until=at + DRAFT_KEPT).ref for kind, made in rendered
    )
    return Prepared(policy, filled, at, content, as_pdf, as_docx, pdf.digests(font) | docx.digests())


def issue(*, prepared: Prepared, number: str, case: str, party: str, recipients: Collection[str], entry: str) -> Paper:
    """Record a prepared form as an issued paper, in the transaction of the entry that issues it; a known number gets
    the next version. Its bytes are kept from now on.
    """
    for ref in prepared.blobs:
        blobs.keep(ref=ref, until=None)
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
                concerned=ledger_record.addressed(sorted({party, *recipients})),
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


def end_keeping(*, case: str, laws: Collection[Policy], last_act: datetime) -> None:
    """Let the papers of a case that ended be erased when the longest rule of its own and all adopted laws is over."""
    found = Paper.objects.filter(case=case)
    end_keeping_of(refs=[ref for paper in found for ref in paper.blobs], laws=laws, last_act=last_act)


def end_keeping_of(*, refs: Collection[str], laws: Collection[Policy], last_act: datetime) -> None:
    """Let blobs that belong to a case be erased when the longest rule of its own and all adopted laws is over."""
    adopted = [*laws, *parties.laws(now=last_act)]
    days = max((rule.days for law in adopted for rule in law.retention if "papers" in rule.of), default=0)
    if days:
        for ref in refs:
            blobs.end_keeping(ref=ref, until=kept_until(last_act, days))


def keep_on(*, case: str) -> None:
    """Keep the papers of a case that was reopened, those not erased yet, until it ends again."""
    for paper in Paper.objects.filter(case=case, erased_at=None):
        for ref in paper.blobs:
            blobs.keep(ref=ref, until=None)


def next_number(name: str) -> int:
    """Return the next number of a series, gapless in committed transactions; call it inside one."""
    Counter.objects.get_or_create(name=name, defaults={"last": 0})
    Counter.objects.filter(name=name).update(last=F("last") + 1)
    return Counter.objects.get(name=name).last
