from datetime import UTC, datetime

import pytest
from django.db import transaction
from tests.hub.world import CENTRE, LAW, NOW, World, viewer

from cleannet.core import policy_file
from cleannet.core.clock import kept_until
from cleannet.core.form import UnknownField
from cleannet.core.policy_file import shipped
from cleannet.formats.pdf import GlyphMissing
from cleannet.hub.blobs import queries as blobs
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions, queries
from cleannet.hub.papers.actions import PaperRefused
from cleannet.hub.parties import actions as parties

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


def test_a_paper_is_kept_while_its_case_is_open_and_60_days_from_the_last_act() -> None:
    World().populate()
    prepared = actions.prepare(policy=POLICY, form="annex3", values={}, at=NOW)
    assert {blob.keep_until for blob in blobs.described(prepared.blobs)} == {NOW + actions.DRAFT_KEPT}
    actions.issue(prepared=prepared, number="N-9", case="C9", party="op1", recipients=["miit"], entry="e")
    assert {blob.keep_until for blob in blobs.described(prepared.blobs)} == {None}
    actions.end_keeping(case="C9", laws=[POLICY], last_act=NOW)
    until = {blob.keep_until for blob in blobs.described(prepared.blobs)}
    assert until == {datetime(2027, 1, 21, 16, 0, tzinfo=UTC)}


def test_the_longest_rule_of_the_adopted_laws_wins() -> None:
    World().populate()
    paper = issue()
    longer = policy_file.parse(POLICY.text.replace('limit = "60d"', 'limit = "90d"'), "mobile_malware_2011.toml")
    parties.adopt(policy=longer, actor=CENTRE, now=NOW)
    actions.end_keeping(case="C", laws=[POLICY], last_act=NOW)
    assert {blob.keep_until for blob in blobs.described(paper.blobs)} == {kept_until(NOW, 90)}


@pytest.mark.parametrize(
    ("field", "role", "refused"),
    [
        ("verification", "operator", True),
        ("verification", "cncert", False),
        ("to", "cncert", True),
        ("remarks", "operator", False),
    ],
)
def test_what_the_record_says_or_another_fills_in_stays(field: str, role: str, refused: bool) -> None:
    form = POLICY.forms["annex5"]
    if refused:
        with pytest.raises(PaperRefused, match="fixed_field"):
            actions.changed(form, {"to": "甲"}, {field: "乙"}, role=role)
    else:
        assert actions.changed(form, {"to": "甲"}, {field: "乙", "to": "甲"}, role=role)[field] == "乙"


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
    assert not queries.papers(Viewer("op", "operator")).exists()
    assert not queries.papers(Viewer("OP1", "operator")).exists()


def test_the_papers_of_a_case_that_goes_on_are_kept_on() -> None:
    World().populate()
    paper = issue()
    actions.end_keeping(case="C", laws=[POLICY], last_act=NOW)
    assert None not in {blob.keep_until for blob in blobs.described(paper.blobs)}
    actions.keep_on(case="C")
    assert {blob.keep_until for blob in blobs.described(paper.blobs)} == {None}
