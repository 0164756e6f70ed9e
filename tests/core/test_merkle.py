from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.core.merkle import (
    EMPTY_ROOT,
    Peaks,
    Tree,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

# The leaves that public certificate-transparency logs test themselves with.
VECTOR = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "60" * 16)]


def plain_root(data: list[bytes]) -> bytes:
    """Hash by the words of RFC 9162, 2.1.1, with nothing of the code under test."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    split = 1
    while split * 2 < len(data):
        split *= 2
    return sha256(b"\x01" + plain_root(data[:split]) + plain_root(data[split:])).digest()


def plain_path(index: int, data: list[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    split = 1
    while split * 2 < len(data):
        split *= 2
    if index < split:
        return [*plain_path(index, data[:split]), plain_root(data[split:])]
    return [*plain_path(index - split, data[split:]), plain_root(data[:split])]


def plain_subproof(first: int, data: list[bytes], known: bool) -> list[bytes]:
    if first == len(data):
        return [] if known else [plain_root(data)]
    split = 1
    while split * 2 < len(data):
        split *= 2
    if first <= split:
        return [*plain_subproof(first, data[:split], known), plain_root(data[split:])]
    return [*plain_subproof(first - split, data[split:], False), plain_root(data[:split])]


def hashed(data: list[bytes]) -> list[bytes]:
    return [leaf_hash(one) for one in data]


def test_published_roots() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Tree(hashed([b""])).root().hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("size", range(len(VECTOR) + 1))
def test_vector_equals_the_plain_recursion(size: int) -> None:
    data = VECTOR[:size]
    tree = Tree(hashed(VECTOR))
    assert tree.root(size) == Tree(hashed(data)).root() == Peaks().grown(hashed(data)).root == plain_root(data)
    for index in range(size):
        assert list(tree.inclusion_proof(index, size)) == plain_path(index, data)
    for first in range(1, size):
        assert list(tree.consistency_proof(first, size)) == plain_subproof(first, data, True)


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 100])
def test_every_proof_of_a_size_verifies_and_no_neighbour_does(size: int) -> None:
    leaves = hashed([str(number).encode() for number in range(size)])
    tree = Tree(leaves)
    root = tree.root()
    for index, leaf in enumerate(leaves):
        proof = tree.inclusion_proof(index)
        assert verify_inclusion(leaf, index, size, proof, root)
        assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, root)
        assert not verify_inclusion(leaf, index + 1, size, proof, root)
        assert not verify_inclusion(leaf, index, size, (*proof, root), root)
        assert not verify_inclusion(leaf, index, size, proof, leaf_hash(b"other"))
        if proof:
            assert not verify_inclusion(leaf, index, size, proof[:-1], root)
    for first in range(size + 1):
        proof = tree.consistency_proof(first)
        old = tree.root(first)
        assert verify_consistency(first, size, proof, old, root)
        if 0 < first < size:
            assert not verify_consistency(first, size, proof, leaf_hash(b"other"), root)
            assert not verify_consistency(first, size, proof, old, leaf_hash(b"other"))
            assert not verify_consistency(first, size, proof[:-1], old, root)
            assert not verify_consistency(first, size, (*proof, root), old, root)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=300), st.data())
def test_growing_in_steps_equals_hashing_at_once(data: list[bytes], draw: st.DataObject) -> None:
    leaves = hashed(data)
    cut = draw.draw(st.integers(0, len(leaves)))
    tree = Tree(leaves)
    grown = Peaks().grown(leaves[:cut]).grown(leaves[cut:])
    assert grown.root == tree.root() == plain_root(data)
    assert verify_consistency(
        cut, len(leaves), tree.consistency_proof(cut), Peaks().grown(leaves[:cut]).root, tree.root()
    )
    index = draw.draw(st.integers(0, len(leaves) - 1))
    assert verify_inclusion(leaves[index], index, len(leaves), tree.inclusion_proof(index), tree.root())


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=60), st.data())
def test_a_changed_proof_is_refused(data: list[bytes], draw: st.DataObject) -> None:
    leaves = hashed(data)
    tree = Tree(leaves)
    index = draw.draw(st.integers(0, len(leaves) - 1))
    proof = list(tree.inclusion_proof(index))
    at = draw.draw(st.integers(0, len(proof) - 1))
    byte = draw.draw(st.integers(0, 31))
    changed = bytearray(proof[at])
    changed[byte] ^= draw.draw(st.integers(1, 255))
    proof[at] = bytes(changed)
    assert not verify_inclusion(leaves[index], index, len(leaves), proof, tree.root())


def test_a_rewritten_past_has_no_prefix_proof() -> None:
    before = Tree(hashed([b"a", b"b", b"c"]))
    after = Tree(hashed([b"a", b"B", b"c", b"d", b"e"]))
    assert not verify_consistency(3, 5, after.consistency_proof(3), before.root(), after.root())


@pytest.mark.parametrize(
    ("first", "second", "proof"), [(-1, 2, ()), (3, 2, ()), (1, 2, ()), (2, 4, ()), (0, 2, (EMPTY_ROOT,))]
)
def test_impossible_claims_are_refused(first: int, second: int, proof: tuple[bytes, ...]) -> None:
    assert not verify_consistency(first, second, proof, EMPTY_ROOT, EMPTY_ROOT)


def test_wrong_arguments_are_named() -> None:
    tree = Tree(hashed([b"a", b"b"]))
    with pytest.raises(ValueError, match="leaf 2 is not among the first 2"):
        tree.inclusion_proof(2)
    with pytest.raises(ValueError, match="cannot be a prefix"):
        tree.consistency_proof(2, 1)
    with pytest.raises(ValueError, match="has 2 leaves, not 3"):
        tree.root(3)
    with pytest.raises(ValueError, match="peaks"):
        Peaks(3, (EMPTY_ROOT,))
