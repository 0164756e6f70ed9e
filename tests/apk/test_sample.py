import pytest
from tests.apk.made_apk import write_apk
from tests.apk.made_zip import Member
from tests.apk.test_assessing import assessed

from cleannet.apk import sample


def test_what_is_unpacked_in_all_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MOST_UNPACKED", 100)
    _, not_read = assessed(write_apk(more=[Member("a", b"x" * 200), Member("b", b"y" * 10)]))
    assert any(reason.startswith("b: more than 100 bytes were unpacked") for reason in not_read)


def test_a_large_entry_is_left_out_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MOST_ENTRY", 3000)
    told, not_read = assessed(write_apk(more=[Member("a", bytes(4000))]))
    assert not_read == ["a has more than 3000 bytes"]
    assert told.manifest is not None
