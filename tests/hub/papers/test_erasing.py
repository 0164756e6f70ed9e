from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.hub.world import LAW, NOW, World, viewer

from cleannet.core.clock import kept_until
from cleannet.core.policy_file import shipped
from cleannet.hub.blobs import actions as blobs
from cleannet.hub.blobs import queries as kept
from cleannet.hub.blobs import store
from cleannet.hub.blobs.actions import BlobRefused
from cleannet.hub.incidents import acts, reports
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.papers import actions, erasing, queries

pytestmark = pytest.mark.django_db
Committed = Callable[..., AbstractContextManager[object]]
OVER = kept_until(NOW, 60)


def issue(number: str) -> queries.Paper:
    prepared = actions.prepare(policy=shipped()[LAW], form="annex3", values={"remarks": number}, at=NOW)
    return actions.issue(prepared=prepared, number=number, case="C", party="op1", recipients=["miit"], entry="e")


@pytest.fixture
def paper(db: None) -> queries.Paper:
    World().populate()
    made = issue("N-1")
    actions.end_keeping(case="C", laws=[], last_act=NOW)
    return made


def test_a_paper_is_erased_when_its_time_is_over_and_the_ledger_says_so(
    paper: queries.Paper, data_folder: Path, django_capture_on_commit_callbacks: Committed
) -> None:
    living = issue("N-2")
    files = store.Files(data_folder)
    assert erasing.erase_expired(now=OVER - timedelta(seconds=1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert erasing.erase_expired(now=OVER) == 1
        assert files.refs() == {*paper.blobs, *living.blobs}
    assert files.refs() == set(living.blobs)
    (entry,) = ledger.entries(viewer("cncert"), kind="blob.erased")
    assert (entry.case, entry.party, set(entry.blobs)) == ("C", "cncert", set(paper.blobs))
    assert entry.facts == {"paper": "N-1", "version": 1}
    assert queries.paper(viewer("op1"), paper.pk).erased_at == OVER
    with pytest.raises(kept.BlobGone, match="erased"):
        queries.content(paper, "pdf")
    assert erasing.erase_expired(now=OVER) == 0
    assert queries.content(living, "pdf")


def test_a_process_killed_before_its_commit_erased_nothing(
    paper: queries.Paper, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing.ledger, "enter", die)
        with pytest.raises(KeyboardInterrupt):
            erasing.erase_expired(now=OVER)
    assert queries.content(paper, "pdf")
    assert queries.paper(viewer("op1"), paper.pk).erased_at is None
    assert erasing.erase_expired(now=OVER) == 1


def test_a_process_killed_after_its_commit_leaves_the_files_to_the_sweep(paper: queries.Paper) -> None:
    assert erasing.erase_expired(now=OVER) == 1
    assert sorted(blobs.sweep()) == sorted(paper.blobs)


def test_a_paper_of_which_a_part_is_held_stays_whole(paper: queries.Paper) -> None:
    blobs.hold(ref=paper.docx, held=True)
    assert erasing.erase_expired(now=OVER) == 0
    assert queries.content(paper, "pdf")
    blobs.hold(ref=paper.docx, held=False)
    assert erasing.erase_expired(now=OVER) == 1


def test_what_was_rendered_for_a_refused_act_is_erased_after_a_day_without_an_entry(
    db: None, data_folder: Path, django_capture_on_commit_callbacks: Committed
) -> None:
    World().populate()
    actions.prepare(policy=shipped()[LAW], form="annex3", values={}, at=NOW)
    assert erasing.erase_expired(now=NOW + timedelta(hours=23)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert erasing.erase_expired(now=NOW + actions.DRAFT_KEPT) == 3
    assert not store.Files(data_folder).refs()
    assert not ledger.entries(viewer("cncert"), kind="blob.erased").exists()


def test_many_papers_at_once_are_all_erased(paper: queries.Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2, 6):
        issue(f"N-{number}")
    actions.end_keeping(case="C", laws=[], last_act=NOW)
    monkeypatch.setattr(erasing, "BATCH", 2)
    rounds = [erasing.erase_expired(now=OVER) for _ in range(6)]
    assert sum(rounds) == 5
    assert rounds[-1] == 0
    assert len(ledger.entries(viewer("cncert"), kind="blob.erased")) == 5


def test_a_legal_hold_keeps_the_papers_of_a_case_until_it_is_lifted(paper: queries.Paper) -> None:
    centre = Actor("cncert", "cncert")
    given = {"case": "C", "reason": "公安机关要求", "actor": centre}
    assert erasing.hold(held=True, now=NOW, **given) == 1
    assert erasing.erase_expired(now=OVER) == 0
    assert erasing.hold(held=False, now=OVER, **given) == 1
    assert erasing.erase_expired(now=OVER) == 1
    kinds = [entry.kind for entry in ledger.entries(viewer("cncert"), case="C")]
    assert kinds == ["hold.set", "hold.lifted", "blob.erased"]
    with pytest.raises(BlobRefused, match="nothing_to_hold"):
        erasing.hold(held=True, now=OVER, **given)


def test_an_open_complaint_on_a_case_keeps_its_papers_until_it_is_settled(db: None) -> None:
    (case,) = World().populate().tally("op1", 10_001, NOW).cases
    reports.report(viewer=viewer("op1"), case=case, now=NOW)
    acts.begin(viewer=viewer("op1"), kind="complaint.received", said="误封", happened_at=NOW, now=NOW, case=case)
    actions.end_keeping(case=case, laws=[], last_act=NOW)
    assert erasing.erase_expired(now=OVER) == 0
    (duty,) = [row for row in ledger.own_duties(viewer("op1")) if row.expects == "complaint.settled"]
    acts.fulfil(viewer=viewer("op1"), duty=duty.key, said="已解封", happened_at=OVER, now=OVER)
    assert erasing.erase_expired(now=OVER) == 1
