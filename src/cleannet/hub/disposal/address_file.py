"""Read an address database that the hub's owner installed: ip2region (.xdb) or IPIP (.ipdb).

It names country, province and operator of an address in words of its own; which party an operator's name means is said
by an imported table, never guessed.
"""

import ipaddress
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import ip2region.searcher as xdb
import ip2region.util as xdb_format
from django.conf import settings
from ipdb import BaseStation
from ipdb.exceptions import DatabaseError, IPNotFound

from cleannet.core.terms import PROVINCES

MOST_BYTES = 512 << 20
_CHINA = frozenset({"中国", "china", "cn"})
_lock = threading.Lock()
_opened: dict[str, tuple[tuple[int, int], "AddressFile"]] = {}


class BadAddressFile(ValueError):
    """Say in a sentence why a file cannot be read as an address database."""


@dataclass(frozen=True, slots=True)
class Place:
    """Hold where an address is: in China or not, the province's code ("" unknown), the operator in the file's words."""

    domestic: bool
    province: str
    carrier: str


class AddressFile(Protocol):
    """Say where an address is, None where the file does not know."""

    def place(self, address: str) -> Place | None: ...


class Xdb:
    """Read ip2region's format: one text of columns for each range of addresses."""

    def __init__(self, data: bytes) -> None:
        version = xdb_format.version_from_header(xdb_format.Header(data))
        if version is None:
            raise BadAddressFile("it holds neither IPv4 nor IPv6 addresses")
        self._bits = version.byte_num * 8
        self._searcher = xdb.new_with_buffer(version, data)

    def place(self, address: str) -> Place | None:
        if ipaddress.ip_address(address).max_prefixlen != self._bits:
            return None
        columns = [part if part != "0" else "" for part in self._searcher.search(address).split("|")]
        if len(columns) < 5:
            return None
        # Since version 3 the country's code comes last; before, a region that is always empty came second.
        last = columns[4]
        newer = len(last) == 2 and last.isascii() and last.isupper()
        province, carrier = (columns[1], columns[3]) if newer else (columns[2], columns[4])
        return _place(columns[0], province, carrier)


class Ipdb:
    """Read IPIP's format: named columns for each network."""

    def __init__(self, path: str) -> None:
        self._database = BaseStation(path)

    def place(self, address: str) -> Place | None:
        if not (self._database.is_ipv4() if ipaddress.ip_address(address).version == 4 else self._database.is_ipv6()):
            return None
        try:
            found = self._database.find_map(address, "CN")
        except IPNotFound:
            return None
        if not found:
            return None
        carrier = found.get("isp_domain") or found.get("owner_domain") or ""
        return _place(found.get("country_name", ""), found.get("region_name", ""), carrier)


def place(address: str) -> Place | None:
    """Return where an address is by the first file of the settings that knows it, or None; raise BadAddressFile."""
    try:
        places = (file.place(address) for file in opened(settings.CLEANNET_ADDRESS_FILES))
        return next((found for found in places if found is not None), None)
    except (IndexError, UnicodeDecodeError, DatabaseError) as error:
        raise BadAddressFile(f"it is damaged: {error}") from error


def opened(paths: str) -> list[AddressFile]:
    """Return the files at paths with commas between, each read once until it changes; raise BadAddressFile."""
    return [_opened_one(path.strip()) for path in paths.split(",") if path.strip()]


def _opened_one(path: str) -> AddressFile:
    try:
        found = Path(path).stat()
    except OSError as error:
        raise BadAddressFile(str(error)) from error
    state = (found.st_mtime_ns, found.st_size)
    with _lock:
        if path not in _opened or _opened[path][0] != state:
            _opened[path] = state, _read(path, found.st_size)
        return _opened[path][1]


def _read(path: str, size: int) -> AddressFile:
    if size > MOST_BYTES:
        raise BadAddressFile(f"{path} is larger than {MOST_BYTES >> 20} MiB")
    try:
        return Ipdb(path) if path.endswith(".ipdb") else Xdb(Path(path).read_bytes())
    except (OSError, ValueError, KeyError, IndexError, TypeError, DatabaseError) as error:
        raise BadAddressFile(f"{path} is no address database: {error}") from error


def _place(country: str, province: str, carrier: str) -> Place | None:
    if not country.strip():
        return None
    code = next((term.key for term in PROVINCES.values() if province.startswith(term.zh)), "")
    return Place(country.strip().casefold() in _CHINA, code, carrier.strip())
