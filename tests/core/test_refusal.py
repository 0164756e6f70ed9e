import pytest

from cleannet.core.refusal import Refusal


def test_carries_code_and_facts() -> None:
    refusal = Refusal("entry.in_future", field="happened_at", hours=2)
    assert refusal.code == "entry.in_future"
    assert dict(refusal.facts) == {"field": "happened_at", "hours": 2}
    assert str(refusal) == "entry.in_future (field happened_at, hours 2)"
    assert str(Refusal("entry.repeated")) == "entry.repeated"


def test_facts_cannot_be_changed_afterwards() -> None:
    refusal = Refusal("entry.in_future", field="happened_at")
    with pytest.raises(TypeError):
        refusal.facts["field"] = "x"  # type: ignore[index]  # the test is that this fails
