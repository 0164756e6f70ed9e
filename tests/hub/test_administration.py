import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.utils.translation import override
from tests.hub.commandline import parse

from cleannet.core.policy_file import shipped
from cleannet.formats import envelope
from cleannet.hub import administration
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.papers import actions as papers
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties import queries as register
from cleannet.hub.programs import actions
from cleannet.hub.programs import queries as programs
from cleannet.hub.watch import queries as watch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CENTRE = Viewer("cncert", "cncert")
Run = Callable[..., int]


@pytest.fixture(autouse=True)
def own_party() -> None:
    actor = Actor("cncert", "cncert")
    parties.adopt(policy=shipped()["mobile_malware_2011"], actor=actor, now=NOW)
    parties.register(code="cncert", zh="中心", en="Centre", role="cncert", actor=actor, now=NOW)


def run(*arguments: str) -> int:
    options = parse("hub", *arguments)
    command: Run = getattr(administration, arguments[0].replace("-", "_"))
    return command(options)


def register_operator() -> None:
    assert run("party", "op1", "--zh", "甲", "--en", "A", "--role", "operator", "--province", "32") == 0


def test_a_party_its_person_and_its_token(capsys: pytest.CaptureFixture[str]) -> None:
    register_operator()
    assert run("person", "op1", "li", "--name", "李") == 0
    password = re.search(r"password: (\S+)", capsys.readouterr().out)
    assert password is not None
    found = register.viewer_of(authenticate(username="li", password=password[1]))
    assert found is not None
    assert found.party == "op1"
    assert run("token", "op1", "--label", "edge", "--right", "submit") == 0
    token = capsys.readouterr().out.strip()
    acting = register.viewer_of_token(token, now=datetime.now(UTC))
    assert acting is not None
    assert set(acting.rights) == {"submit"}


def test_access_is_changed_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    register_operator()
    run("person", "op1", "li")
    run("token", "op1", "--label", "edge", "--right", "submit")
    capsys.readouterr()
    assert run("password", "li") == 0
    password = re.search(r"password: (\S+)", capsys.readouterr().out)
    assert password is not None
    assert authenticate(username="li", password=password[1]) is not None
    assert run("deactivate", "li") == 0
    assert authenticate(username="li", password=password[1]) is None
    assert run("tokens") == run("tokens", "op1") == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert len(set(rows)) == 1
    assert "op1  edge  submit" in rows[0]
    assert run("revoke-token", rows[0].split()[0]) == 0
    capsys.readouterr()
    assert run("tokens") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["party", "op1", "--zh", "甲", "--en", "A", "--role", "operator"], "registered already"),
        (["party", "op2", "--zh", "甲", "--en", "A", "--role", "king"], "no role"),
        (["person", "nobody", "li"], "no party"),
        (["token", "op1", "--label", "x", "--right", "verify"], "cannot hold"),
        (["revoke-edge", "nothing"], "not enrolled"),
        (["password", "nobody"], "no living account"),
        (["deactivate", "nobody"], "no living account"),
        (["revoke-token", "nothing"], "no such token"),
    ],
)
def test_a_refusal_is_told_with_status_1(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    register_operator()
    with override("en"):
        assert run(*arguments) == 1
    assert said in capsys.readouterr().err


def test_an_edge_is_enrolled_by_its_key_and_revoked(tmp_path: Path) -> None:
    register_operator()
    key = tmp_path / "edge.pub"
    assert run("edge", "edge-1", "op1", "--province", "32", "--key", str(key)) == 2
    key.write_text(envelope.write_public(envelope.new_key().public_key()), encoding="ascii")
    assert run("edge", "edge-1", "op1", "--province", "32", "--key", str(key)) == 0
    assert [edge.id for edge in watch.edges(CENTRE)] == ["edge-1"]
    assert run("revoke-edge", "edge-1") == 0


def test_a_law_is_adopted_by_id_or_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("adopt", "incident_reporting_2025") == 0
    assert {law.id for law in register.laws(now=datetime.now(UTC))} == {
        "mobile_malware_2011",
        "incident_reporting_2025",
    }
    assert run("adopt", str(tmp_path / "absent.toml")) == 2
    assert "absent.toml" in capsys.readouterr().err


def test_lists_are_taken_with_the_decision_and_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "android_family.txt").write_text("# a list\nevil-one.example\nordinary.example.org\n*.com\n", "utf-8")
    allow = tmp_path / "allow.txt"
    allow.write_text("ordinary.example.org\n", "utf-8")
    arguments = ["watchlist", str(tmp_path / "android_family.txt"), "--allow", str(allow)]
    assert run(*arguments) == 0
    said = capsys.readouterr().out
    assert re.search(r"1 taken", said)
    assert re.search(r"1 held", said)
    assert re.search(r"1 not understood", said)
    assert run(*arguments) == 0
    assert "2 known already" in capsys.readouterr().out
    assert run("release") == 0
    assert "Release 1 with 1 indicators" in capsys.readouterr().out
    assert len(programs.programs(CENTRE)) == 1
    assert run("withdraw", "family", "evil-one.example", "--reason", "sold") == 0
    assert run("withdraw", "family", "evil-one.example", "--reason", "sold") == 1
    assert run("release") == 0
    assert "Release 2 with 0 indicators" in capsys.readouterr().out


def test_a_program_is_merged_and_a_release_made_for_one_party(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"android_{name}.txt").write_text(f"{name}.example\n", "utf-8")
    assert run("watchlist", str(tmp_path)) == 0
    assert run("merge", "one", "two") == 0
    assert "one counts as two" in capsys.readouterr().out
    assert run("merge", "one", "nobody") == 1
    assert run("release", "--audience", "nobody") == 1
    register_operator()
    assert run("release", "--audience", "op1") == 0
    newest = programs.latest_release(Viewer("op1", "operator"), now=datetime.now(UTC))
    assert newest is not None
    assert newest.audience == "op1"


def test_files_of_a_folder_that_are_no_lists_are_named_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("lists/android_family.txt", "lists/README.md", "lists/LICENSE", "allow/a.conf", "allow/a.hosts"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("evil-one.example\n", "utf-8")
    assert run("watchlist", str(tmp_path / "lists"), "--allow", str(tmp_path / "allow")) == 0
    printed = capsys.readouterr()
    assert "3 files passed over" in printed.out
    assert [line.split(":")[0].rpartition("/")[2] for line in printed.err.splitlines()] == [
        "a.hosts",
        "LICENSE",
        "README.md",
    ]


def test_a_program_is_given_its_official_name(capsys: pytest.CaptureFixture[str]) -> None:
    actions.add_program(code="new", now=NOW)
    said = ("--zh", "窃取", "--behaviour", "窃取短信", "--harm", "信息泄露", "--systems", "Android")
    assert run("program", "new", *said) == 0
    assert "new is 窃取." in capsys.readouterr().out
    assert not programs.unnamed(CENTRE).exists()
    assert run("program", "nobody", *said) == 1
    assert "nobody" in capsys.readouterr().err


def test_papers_are_rendered_once_more_and_a_forged_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    law = shipped()["mobile_malware_2011"]
    made = papers.prepare(policy=law, form="annex5", values={"author": "李"}, at=NOW)
    forged = papers.prepare(policy=law, form="annex5", values={"author": "王"}, at=NOW)
    kept = {"party": "op1", "recipients": ["cncert"], "entry": "e"}
    papers.issue(prepared=made, number="N-1", case="C1", **kept)
    assert run("papers") == 0
    assert "2 files are what their content gives, 0 are not" in capsys.readouterr().out
    papers.issue(prepared=replace(made, docx=forged.docx), number="N-2", case="C2", **kept)
    assert run("papers") == 1
    assert "N-2 version 1: the docx is not what its content gives." in capsys.readouterr().out
    assert run("papers", "--case", "C1") == 0
