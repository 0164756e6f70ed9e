"""Hash a growing list of leaves so that membership and growth can be proved. RFC 9162, section 2.1, with SHA-256.

Everywhere `leaves` are leaf hashes (32 bytes each, from `leaf_hash`), in order, and a proof is a tuple of hashes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY_ROOT = sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one leaf's exact bytes. RFC 9162, 2.1.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node from its children's hashes. RFC 9162, 2.1.1."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Peaks:
    """Hold what is needed to go on growing a tree: the roots of its full subtrees, largest first.

    A tree of `size` leaves has one peak for each bit set in `size`.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has not {len(self.hashes)} peaks")

    def grown(self, leaves: Sequence[bytes]) -> "Peaks":
        """Return the peaks after appending `leaves`."""
        hashes, size = list(self.hashes), self.size
        for leaf in leaves:
            carried, bit = leaf, size
            while bit & 1:
                carried = node_hash(hashes.pop(), carried)
                bit >>= 1
            hashes.append(carried)
            size += 1
        return Peaks(size, tuple(hashes))

    @property
    def root(self) -> bytes:
        """Return the Merkle tree hash of all leaves."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, root = self.hashes
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root


class Tree:
    """Answer for a fixed list of leaves, hashing each subtree once however many proofs are asked."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels: list[list[bytes]] = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            self._levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])

    def root(self, size: int | None = None) -> bytes:
        """Return the Merkle tree hash of the first `size` leaves (default all)."""
        size = self._checked(self.size if size is None else size)
        return self._hash(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that leaf `index` is among the first `size` leaves. RFC 9162, 2.1.3.1.

        Raises ValueError when there is no such leaf.
        """
        size = self._checked(self.size if size is None else size)
        if not 0 <= index < size:
            raise ValueError(f"leaf {index} is not among the first {size}")
        return tuple(self._path(index, 0, size))

    def consistency_proof(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of `first` leaves is a prefix of that of `second`. RFC 9162, 2.1.4.1.

        Raises ValueError unless 0 <= first <= second <= size. Equal or empty trees need no hashes.
        """
        second = self._checked(self.size if second is None else second)
        if not 0 <= first <= second:
            raise ValueError(f"a tree of {first} leaves cannot be a prefix of one of {second}")
        return () if first in (0, second) else tuple(self._subproof(first, 0, second, known=True))

    def _checked(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise ValueError(f"the tree has {self.size} leaves, not {size}")
        return size

    def _hash(self, low: int, high: int) -> bytes:
        width = high - low
        if width & (width - 1) == 0:
            return self._levels[width.bit_length() - 1][low // width]
        middle = low + _split(width)
        return node_hash(self._hash(low, middle), self._hash(middle, high))

    def _path(self, index: int, low: int, high: int) -> Iterator[bytes]:
        if high - low == 1:
            return
        middle = low + _split(high - low)
        if index < middle:
            yield from self._path(index, low, middle)
            yield self._hash(middle, high)
        else:
            yield from self._path(index, middle, high)
            yield self._hash(low, middle)

    def _subproof(self, first: int, low: int, high: int, *, known: bool) -> Iterator[bytes]:
        if first == high:
            if not known:
                yield self._hash(low, high)
            return
        middle = low + _split(high - low)
        if first <= middle:
            yield from self._subproof(first, low, middle, known=known)
            yield self._hash(middle, high)
        else:
            yield from self._subproof(first, middle, high, known=False)
            yield self._hash(low, middle)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether `proof` shows that `leaf` is leaf `index` of the tree of `size` leaves. RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            found = node_hash(found, step)
        at >>= 1
        last >>= 1
    return last == 0 and found == root


def verify_consistency(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Tell whether `proof` shows that the tree of `first` leaves is a prefix of that of `second`. RFC 9162, 2.1.4.2."""
    if not 0 <= first <= second:
        return False
    if first == 0:
        return not proof and first_root == EMPTY_ROOT and (second > 0 or second_root == EMPTY_ROOT)
    if first == second:
        return not proof and first_root == second_root
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at >>= 1
        last >>= 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        at >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root


def _split(width: int) -> int:
    """Return the largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)
