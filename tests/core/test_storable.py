import pytest

from cleannet.core.storable import storable


@pytest.mark.parametrize("bad", ["a\x00", "\ud800", "\udfffb"])
@pytest.mark.parametrize(
    "put", [lambda bad: bad, lambda bad: [1, bad], lambda bad: {"a": [{"b": bad}]}, lambda bad: {"a": {bad: None}}]
)
def test_a_text_that_cannot_be_stored_is_found_however_deep(bad: str, put: object) -> None:
    assert not storable(put(bad))  # type: ignore[operator]  # a lambda


@pytest.mark.parametrize("good", ["", "清网 😀\n\x0b", [1, None, True, 1.5, b"\x00"], {"a": [{"b": "c"}]}])
def test_every_other_can_be_stored(good: object) -> None:
    assert storable(good)


def test_no_depth_is_too_deep() -> None:
    deep: list[object] = ["\x00"]
    for _ in range(100_000):
        deep = [deep]
    assert not storable(deep)
