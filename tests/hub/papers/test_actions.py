from datetime import timedelta

import pytest
from django.db import transaction
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.core.form import UnknownField
from cleannet.core.policy_file import shipped
from cleannet.formats.pdf import GlyphMissing
from cleannet.hub.blobs import queries as blobs
from cleannet.hub.papers import actions, queries
from cleannet.hub.papers.actions import PaperRefused

pytestmark = pytest.mark.django_db
POLICY = shipped()[LAW]


def issue(number: str = "N-1", **values: str) -> queries.Paper:
    prepared = actions.prepare(policy=POLICY, form="annex3", values=values, at=NOW)
    return actions.issue(prepared=prepared, number=number, case="C", party="op1", recipients={"miit", "js"}, entry="e")


def test_a_missing_field_is_named_and_never_blocks() -> None:
    World().populate()
    paper = issue(program="a.privacy.emial.d")
    assert "harm" in paper.missing
    assert "program" not in paper.missing
    assert queries.content(paper, "pdf").startswith(b"%PDF")


def test_a_missing_glyph_is_an_error_and_issues_nothing() -> None:
    World().populate()
    with pytest.raises(GlyphMissing, match="备注"):
        issue(remarks="𓂀")
    assert queries.latest(number="N-1") is None


def test_a_known_number_gets_the_next_version_and_the_first_stays() -> None:
    World().populate()
    first, second = issue(remarks="一"), issue(remarks="二")
    assert (first.version, second.version) == (1, 2)
    assert queries.values(first) == {"remarks": "一"}
    assert queries.latest(number="N-1") == second


def test_what_no_form_has_is_refused() -> None:
    World().populate()
    with pytest.raises(PaperRefused, match="unknown_form"):
        actions.prepare(policy=POLICY, form="annex9", values={}, at=NOW)
    with pytest.raises(UnknownField):
        issue(phon="1")


def test_a_paper_is_kept_60_days_at_least() -> None:
    World().populate()
    prepared = actions.prepare(policy=POLICY, form="annex3", values={}, at=NOW)
    rows = {blob.kind: blob.keep_until for blob in blobs.described(prepared.blobs)}
    assert set(rows) == {"paper.content", "paper.pdf", "paper.docx"}
    assert all(until is not None and until >= NOW + timedelta(days=60) for until in rows.values())


def test_numbers_of_a_series_have_no_gap_after_a_rollback() -> None:
    assert actions.next_number("case:2026") == 1

    def fail() -> None:
        with transaction.atomic():
            actions.next_number("case:2026")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert actions.next_number("case:2026") == 2
    assert actions.next_number("case:2027") == 1


def test_who_sees_a_paper() -> None:
    World().populate()
    paper = issue()
    assert [paper] == list(queries.papers(viewer("op1"), case="C")) == list(queries.papers(viewer("js"), case="C"))
    assert [paper] == list(queries.papers(viewer("cncert"), case="C"))
    assert not queries.papers(viewer("op2"), case="C").exists()
