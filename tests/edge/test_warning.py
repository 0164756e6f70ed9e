from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.edge import subscribers
from cleannet.edge.warning import STATES, Reached, reached, write_list
from cleannet.edge.wrong_use import WrongUse

NUMBERS = [f"86138{number:08}" for number in range(8)]
COLUMNS = ("number", "status")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    assert write_list(path, reversed(NUMBERS), "恶意", "delete it,\nthen start again") == 8
    return path


def test_the_list_is_for_its_owner_only_and_is_never_written_over(listed: Path) -> None:
    assert listed.stat().st_mode & 0o777 == 0o600
    text = listed.read_bytes()
    first = f'number,program,advice\r\n+{NUMBERS[0]},恶意,"delete it,\nthen start again"\r\n'
    assert text.startswith(first.encode())
    with pytest.raises(WrongUse, match="new file"):
        write_list(listed, [], "P", "")
    assert listed.read_bytes() == text


def receipts(tmp_path: Path, *rows: tuple[str, str], head: str = "id,number,status") -> Path:
    path = tmp_path / f"receipts-{len(list(tmp_path.iterdir()))}.csv"
    path.write_text(f"{head}\n" + "".join(f"1,{number},{state}\n" for number, state in rows))
    return path


def test_each_number_counts_once_with_the_best_that_became_of_it(tmp_path: Path, listed: Path) -> None:
    first = receipts(
        tmp_path,
        (NUMBERS[0], "UNDELIV"),
        ("+86 138-0000-0001", "DELIVRD"),
        (NUMBERS[2].removeprefix("86"), "REJECTD"),
        (NUMBERS[3], "accepted"),
        (NUMBERS[4], "EXPIRED"),
        ("8613900000000", "DELIVRD"),
        ("x", "DELIVRD"),
        (NUMBERS[5], "?"),
    )
    second = receipts(tmp_path, (NUMBERS[0], "delivrd "), (NUMBERS[0], "UNDELIV"), (NUMBERS[4], "REJECTD"))
    found = reached(listed, [first, second], COLUMNS, STATES | {"ACCEPTED": "sent"})
    assert found == Reached(told=2, sent=1, failed=1, refused=1, without=3, strange=1, unread=2)


@given(st.lists(st.tuples(st.sampled_from(NUMBERS[:4]), st.sampled_from(sorted(STATES))), max_size=12))
def test_nobody_is_told_twice(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    folder = tmp_path_factory.mktemp("told")
    write_list(folder / "list", NUMBERS[:3], "P", "")
    found = reached(folder / "list", [receipts(folder, *rows)], COLUMNS, STATES)
    on_list = {number for number, _ in rows} & set(NUMBERS[:3])
    assert found.told == len({number for number, state in rows if STATES[state] == "told"} & on_list)
    assert found.told + found.sent + found.failed + found.refused == len(on_list)
    assert found.without == 3 - len(on_list)


@pytest.mark.parametrize(
    ("head", "sentence"), [("id,phone,status", "“number”"), ("id,number,state", "“status”"), ("", "“number”")]
)
def test_a_column_that_is_missing_is_named(tmp_path: Path, listed: Path, head: str, sentence: str) -> None:
    with pytest.raises(WrongUse, match=sentence):
        reached(listed, [receipts(tmp_path, head=head)], COLUMNS, STATES)


def test_a_file_that_is_not_there_or_no_csv(tmp_path: Path, listed: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        reached(listed, [tmp_path / "gone"], COLUMNS, STATES)
    long = receipts(tmp_path, ("x" * 200_000, "DELIVRD"))
    with pytest.raises(WrongUse, match="not CSV"):
        reached(listed, [long], COLUMNS, STATES)


def test_pseudonyms_are_turned_back_under_their_key_only() -> None:
    key = bytes(32)
    pseudonyms = b"".join(map(subscribers.Pseudonyms(key).of, NUMBERS))
    assert subscribers.numbers(pseudonyms, key) == NUMBERS
    assert subscribers.numbers(pseudonyms, b"x" * 32) == []
