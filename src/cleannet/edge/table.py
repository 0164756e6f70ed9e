"""Lay a watchlist out in the arrays that the kernel looks things up in."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cleannet.core.addresses import Network, address_or_none
from cleannet.core.indicator import CIDR, DOMAIN, PATH, parents
from cleannet.edge.hashing import Texts
from cleannet.edge.kernel import Names, enter
from cleannet.edge.matching import Found, Watched, first_segment
from cleannet.edge.ranges import NONE, Ranges

_V4, _V6 = 4, 6
_HALF = (1 << 64) - 1
_BITS_A_NAME = 16


class Table:
    """Hold a watchlist's names and addresses for the kernel.

    `sets[n]` is what set n means: every indicator that a host meets by itself or would meet with the right port or
    target. `segments` are the first segments of the paths that match on any host, as a table of names, or None.
    """

    def __init__(self, watched: Iterable[Watched]) -> None:
        self.sets: list[Found] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        names: dict[str, list[Watched]] = {}
        networks: dict[Network, list[Watched]] = {}
        segments: dict[str, list[Watched]] = {}
        for entry in watched:
            pattern = entry.indicator.pattern
            if pattern.kind == PATH:
                segments.setdefault(first_segment(pattern.target), []).append(entry)
            elif pattern.kind == CIDR or address_or_none(pattern.host) is not None:
                networks.setdefault(ipaddress.ip_network(pattern.host), []).append(entry)
            else:
                names.setdefault(pattern.host, []).append(entry)
        self.names = self._names(names)
        self.ranges = self._ranges(networks)
        self.segments = frozenset(segments)

    def _number(self, found: Sequence[Watched]) -> int:
        if not found:
            return NONE
        key = tuple(map(id, found))
        number = self._numbers.setdefault(key, len(self.sets))
        if number == len(self.sets):
            self.sets.append(tuple(found))
        return number

    def _names(self, listed: Mapping[str, Sequence[Watched]]) -> Names:
        exact = np.empty(len(listed), np.int32)
        below = np.empty(len(listed), np.int32)
        for position, (name, entries) in enumerate(listed.items()):
            above = [entry for parent in parents(name) for entry in _of_domains(listed.get(parent, ()))]
            exact[position] = self._number([*(e for e in entries if e.indicator.pattern.apex), *above])
            below[position] = self._number([*_of_domains(entries), *above])
        blob = texts_of(listed)
        slots = 1 << (2 * len(listed)).bit_length()
        endings, gate = (np.zeros(1 << (_BITS_A_NAME * len(listed) // 64).bit_length(), np.uint64) for _ in range(2))
        names = Names(endings, gate, np.zeros(slots, np.uint64), np.zeros(slots, np.int32), *blob, exact, below)
        enter(*blob, names.endings, names.gate, names.hashes, names.slots)
        return names

    def _ranges(self, listed: Mapping[Network, Sequence[Watched]]) -> Ranges:
        pieces: dict[int, list[tuple[int, int, int]]] = {_V4: [], _V6: []}
        # Networks nest or lie apart: an outer one comes first and stays open while inner ones come and go.
        ordered = sorted(listed, key=lambda net: (net.version, int(net.network_address), net.prefixlen))
        open_: list[tuple[Network, list[Watched]]] = []
        begun = 0

        def close_before(version: int, address: int | None) -> None:
            nonlocal begun
            while open_ and (open_[-1][0].version != version or address is None or _last(open_[-1][0]) < address):
                network, found = open_.pop()
                if begun <= _last(network):
                    pieces[network.version].append((begun, _last(network), self._number(found)))
                begun = _last(network) + 1

        for network in ordered:
            first = int(network.network_address)
            close_before(network.version, first)
            if open_ and begun < first:
                pieces[network.version].append((begun, first - 1, self._number(open_[-1][1])))
            open_.append((network, [*listed[network], *(open_[-1][1] if open_ else ())]))
            begun = first
        close_before(_V4, None)
        return _arrays(pieces[_V4], pieces[_V6])


def texts_of(texts: Iterable[str]) -> Texts:
    """Return texts as the kernel takes them."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int32) if encoded else np.empty(0, np.int32)
    starts = np.concatenate((np.zeros(1, np.int32), ends[:-1])) if encoded else ends
    return Texts(np.frombuffer(b"".join(encoded) or b"\0", np.uint8), starts, ends)


def _of_domains(entries: Iterable[Watched]) -> list[Watched]:
    return [entry for entry in entries if entry.indicator.pattern.kind == DOMAIN]


def _last(network: Network) -> int:
    return int(network.network_address) + network.num_addresses - 1


def _arrays(v4: Sequence[tuple[int, int, int]], v6: Sequence[tuple[int, int, int]]) -> Ranges:
    low = np.array([piece[0] for piece in v4], np.uint32)
    first = np.searchsorted(low, np.arange(1 << 16, dtype=np.uint64) << np.uint64(16)).astype(np.int32)
    return Ranges(
        np.append(first, np.int32(len(v4))),
        low,
        np.array([piece[1] for piece in v4], np.uint32),
        np.array([piece[2] for piece in v4], np.int32),
        np.array([half for piece in v6 for half in (piece[0] >> 64, piece[0] & _HALF)], np.uint64),
        np.array([half for piece in v6 for half in (piece[1] >> 64, piece[1] & _HALF)], np.uint64),
        np.array([piece[2] for piece in v6], np.int32),
    )
