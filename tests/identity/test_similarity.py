import random
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import not_run

from cleannet.identity import similarity
from cleannet.identity.similarity import Digests, NoDigest

# What TLSH 5.0.0 gives for pairs of these.
ONE = "T1A5517DEBA05D26999FA71E48E07F0B3E84CEF8BDE3925C050CDEB7874682405D64207B"
NEARBY = "T1A5517DEBA05D26999FA71E48E07F0B3E84CEF8BDE3925C050CDEB7874682405D64207A"
HEX = st.text("0123456789ABCDEF", min_size=70, max_size=70)


def distance(one: str, other: str) -> int | None:
    found = Digests([one]).near(Digests([other]), 0, 1, 1 << 30)
    return found[1] if found else None


def plain(one: str, other: str) -> int:
    """Compare two digests as the paper describes, byte by byte."""
    left, right = bytes.fromhex(one), bytes.fromhex(other)

    def nibbles(byte: int) -> tuple[int, int]:
        return byte >> 4, byte & 15

    def around(a: int, b: int, count: int) -> int:
        return min(abs(a - b), count - abs(a - b))

    length = around(*(high | low << 4 for high, low in (nibbles(left[1]), nibbles(right[1]))), 256)
    total = length if length < 2 else 12 * length
    for a, b in zip(nibbles(left[2]), nibbles(right[2]), strict=True):
        steps = around(a, b, 16)
        total += steps if steps < 2 else 12 * (steps - 1)
    total += left[0] != right[0]
    for a, b in zip(left[3:], right[3:], strict=True):
        for shift in (0, 2, 4, 6):
            steps = abs((a >> shift & 3) - (b >> shift & 3))
            total += 6 if steps == 3 else steps
    return total


@given(HEX, HEX)
def test_the_distance_is_what_the_paper_says(one: str, other: str) -> None:
    assert distance(one, other) == distance(f"T1{other.lower()}", one) == plain(one, other)


def test_golden_distances() -> None:
    assert (distance(ONE, ONE), distance(ONE, NEARBY)) == (0, 1)


def test_the_distance_is_that_of_tlsh_itself() -> None:
    if find_spec("tlsh") is None:
        not_run("py-tlsh")
    import tlsh  # noqa: PLC0415 - it comes as source, and is not everywhere

    chosen = random.Random(545)
    base, texts = bytearray(chosen.randbytes(6000)), []
    for number in range(90):
        data = bytearray(base) if number % 3 else bytearray(chosen.randbytes(chosen.randrange(300, 9000)))
        for _ in range(chosen.randrange(900)):
            data[chosen.randrange(len(data))] = chosen.randrange(256)
        texts.append(tlsh.hash(bytes(data)))
    digests = Digests(texts)
    for place in range(1, len(texts)):
        distances = [tlsh.diff(texts[place], other) for other in texts[:place]]
        least = min(distances)
        last = max(number for number, one in enumerate(distances) if one == least)
        assert digests.near(digests, place, place, 1 << 30) == (last, least)


@given(st.lists(HEX, min_size=1, max_size=6), st.integers(0, 2000), st.sampled_from([1, 2, 1 << 14]))
def test_the_nearest_is_found_among_those_before(texts: list[str], most: int, at_once: int) -> None:
    digests = Digests([*texts, texts[0]])
    texts = [*texts, texts[0]]
    for until in range(len(texts) + 1):
        known = [(plain(text, texts[-1]), -place) for place, text in enumerate(texts[:until])]
        least = min((one for one in known if one[0] <= most), default=None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(similarity, "_AT_ONCE", at_once)
            found = digests.near(digests, len(texts) - 1, until, most)
        assert found == (None if least is None else (-least[1], least[0]))


def test_what_has_no_digest_is_like_nothing() -> None:
    digests = Digests(["", "TNULL", ONE])
    assert len(digests) == 3
    assert digests.near(digests, 0, 3, 1 << 30) is None
    assert digests.near(digests, 2, 2, 1 << 30) is None


@pytest.mark.parametrize("text", ["T1", "T1" + "0" * 69, "T1" + "0" * 71, "T2" + "0" * 70, "T1" + "G" * 70, " "])
def test_what_is_no_digest(text: str) -> None:
    with pytest.raises(NoDigest, match="no TLSH digest"):
        Digests([text])
