"""Find which indicators a log row matches: one narrow function over tables built once."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cleannet.core.allow import Decision
from cleannet.core.indicator import CIDR, DOMAIN, ENDPOINT, IP, PATH, URL, Indicator, covers, host_of, target_of

_END_OF_PATH = re.compile("[?&;]")
_REMEMBERED = 200_000
_LONGEST_HOST = 1000


# Each is itself: to compare them by what they hold would cost more than all else that is done about a matched row.
@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """Hold an indicator with the allow-list decision about it."""

    indicator: Indicator
    decision: Decision


Found = tuple[Watched, ...]


class Index:
    """Hold a watchlist so that a row is matched in time that does not grow with it."""

    def __init__(self, watched: Iterable[Watched]) -> None:
        self._names: dict[str, list[Watched]] = {}
        self._addresses: dict[str, list[Watched]] = {}
        self._endpoints: dict[tuple[str, int], list[Watched]] = {}
        self._networks: dict[tuple[int, int], dict[int, list[Watched]]] = {}
        self._urls: dict[str, list[Watched]] = {}
        self._paths: dict[str, list[Watched]] = {}
        self._hosts: dict[str, tuple[str, Found]] = {}
        for entry in watched:
            self._add(entry)

    def _add(self, entry: Watched) -> None:
        pattern = entry.indicator.pattern
        if pattern.kind == DOMAIN:
            self._names.setdefault(pattern.host, []).append(entry)
        elif pattern.kind == IP:
            self._addresses.setdefault(pattern.host, []).append(entry)
        elif pattern.kind == ENDPOINT:
            self._endpoints.setdefault((pattern.host, pattern.port), []).append(entry)
        elif pattern.kind == CIDR:
            network = ipaddress.ip_network(pattern.host)
            by_base = self._networks.setdefault((network.version, network.prefixlen), {})
            by_base.setdefault(int(network.network_address), []).append(entry)
        elif pattern.kind == URL:
            self._urls.setdefault(pattern.host, []).append(entry)
        elif pattern.kind == PATH:
            self._paths.setdefault(first_segment(pattern.target), []).append(entry)

    def find(self, host: str, address: str = "", port: int = 0, target: str = "") -> Found:
        """Return every indicator a row matches; host as the log wrote it, port 0 and the others "" where not told."""
        name, found = self._of_host(host) if host else ("", ())
        place = ""
        if address:
            place, by_address = self._of_host(address)
            if by_address and place != name:
                found += by_address
        if port and self._endpoints:
            found += tuple(self._endpoints.get((name, port), ()))
            if place != name:
                found += tuple(self._endpoints.get((place, port), ()))
        if target and (name in self._urls or self._paths):
            found += self._of_target(name, port, target)
        return found

    def _of_host(self, text: str) -> tuple[str, Found]:
        if len(text) > _LONGEST_HOST:
            # No name is longer than 253 octets; a megabyte would take idna minutes and fill what is remembered.
            return "", ()
        known = self._hosts.get(text)
        if known is None:
            if len(self._hosts) >= _REMEMBERED:
                self._hosts.clear()
            name = host_of(text)
            known = self._hosts[text] = name, self._lookup(name) if name else ()
        return known

    def _lookup(self, name: str) -> Found:
        if ":" in name or name.replace(".", "").isdecimal():
            return tuple(self._addresses.get(name, ())) + self._in_networks(name)
        found = [entry for entry in self._names.get(name, ()) if entry.indicator.pattern.apex]
        dot = name.find(".")
        while dot >= 0:
            found += self._names.get(name[dot + 1 :], ())
            dot = name.find(".", dot + 1)
        return tuple(found)

    def _in_networks(self, text: str) -> Found:
        if not self._networks:
            return ()
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return ()
        found: Found = ()
        for (version, length), by_base in self._networks.items():
            if version == address.version:
                shift = address.max_prefixlen - length
                found += tuple(by_base.get(int(address) >> shift << shift, ()))
        return found

    def _of_target(self, name: str, port: int, target: str) -> Found:
        target = target_of(target)
        candidates = [
            entry for entry in self._urls.get(name, ()) if entry.indicator.pattern.port in (0, port)
        ] + self._paths.get(first_segment(target), [])
        return tuple(entry for entry in candidates if covers(entry.indicator.pattern.target, target))


def first_segment(target: str) -> str:
    """Return the first segment of a target in normal form, without query."""
    return _END_OF_PATH.split(target, maxsplit=1)[0].split("/", 2)[1]
