"""Find addresses in the texts and bytes of a sample: plain, as Base64 and written backwards, each with its place.

What is found is a candidate, no more: a text may never be used. A name without a scheme counts only where it is the
whole text and does not look like a class, a file or a property; `rules/addresses.toml` says what does.
"""

import base64
import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from cleannet.core.indicator import DOMAIN, ENDPOINT, IP, URL, NotUnderstood, Pattern, parse, registry_suffixes

PLAIN, BASE64, REVERSED = "plain", "base64", "reversed"
UNFIT, PHONE, SHORT_CODE = "unfit", "phone", "short_code"
MOST_FOUND, MOST_LOOKS, MOST_PLACES = 5_000, 50_000, 3
_RULES = Path(__file__).with_name("rules") / "addresses.toml"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,9}\Z")
_REST = re.compile(r"://[^\s\"'<>\\^`{|}\x00-\x20\x7f-\uffff]{1,1500}")
_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}+\.)+[A-Za-z0-9-]{1,24}(?::[0-9]{1,5})?(?:/[!-~]{0,200}+)?")
_FOUR = re.compile(r"([0-9]{1,3}\.){3}[0-9]{1,3}(:[0-9]{1,5})?(/[!-~]*)?")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# What Base64 of printable ASCII is made of: each place of four holds some of the letters only, and few words pass.
_FIRST = "".join(letter for value, letter in enumerate(_ALPHABET) if 8 <= value < 32)
_SECOND = "".join(letter for value, letter in enumerate(_ALPHABET) if 2 <= value & 15 < 8)
_THIRD = "".join(letter for value, letter in enumerate(_ALPHABET) if value & 3 < 2) + "_-"
_LAST = f"[{_FIRST}](?:[AQgw](?:==)?|[{_SECOND}][{_THIRD}]=?)"
_QUADS = f"(?:[{_FIRST}][{_SECOND}][{_THIRD}][A-Za-z0-9+/_-]){{3,500}}(?:{_LAST})?"
_CODED = re.compile(_QUADS)
# A text between zero bytes that is a host, a number or Base64 as a whole; labels are not tried twice.
_WHOLE = re.compile(
    rf"""\0(?:
    (?P<bare>{_NAME.pattern})
    |(?P<number>\+?[0-9]{{5,20}}+)
    |(?P<coded>{_QUADS})
    )(?=\0)""".encode(),
    re.VERBOSE,
)
# How Base64 of a URL begins, and how it ends when it is written backwards.
_CODED_URL, _CODED_URL_BACKWARDS = b"aHR0c", b"c0RHa"
_DIALLED = re.compile(r"(?:tel|sms|smsto|mms|mmsto):(?://)?(\+?[0-9*#-]{3,20})")
_DIALLING = (b"tel:", b"sms:", b"smsto:", b"mms:", b"mmsto:")
_WIDE = ":\0/\0/".encode("latin-1")
_TRAILING = ".,;:!?)]}'\""
_BEFORE_WIDE, _AFTER_WIDE, _LONGEST_CODED = 20, 3000, 2010


@dataclass(frozen=True, slots=True)
class Found:
    """Hold one address: its kind, canonical text, the form it was written in, and the first places it stands at.

    `kind` is url, domain, ip or endpoint (core.indicator), phone, short_code, or unfit: an address that belongs to
    nobody on the Internet. `count` is how often it stands in the sample.
    """

    kind: str
    text: str
    form: str
    places: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class _Rules:
    schemes: tuple[str, ...]
    packages: frozenset[str]
    endings: frozenset[str]
    backwards: tuple[str, ...]
    namespaces: tuple[str, ...]
    object_identifiers: tuple[str, ...]
    short_codes: "re.Pattern[str]"
    mobiles: "re.Pattern[str]"


@lru_cache(1)
def rules() -> _Rules:
    """Return the rules of addresses.toml."""
    told = tomllib.loads(_RULES.read_text())
    return _Rules(
        tuple(sorted(told["schemes"], key=len, reverse=True)),
        frozenset(told["packages"]),
        frozenset(told["endings"]),
        tuple(told["reversed"]),
        tuple(told["namespaces"]),
        tuple(told["object_identifiers"]),
        re.compile("|".join(told["short_codes"])),
        re.compile("|".join(told["mobiles"])),
    )


@dataclass(slots=True)
class Finder:
    """Collect the addresses of one sample."""

    _found: dict[tuple[str, str, str], tuple[list[str], int]] = field(default_factory=dict)
    full: bool = False

    def found(self) -> tuple[Found, ...]:
        """Return what was found: by kind, text and form."""
        return tuple(
            Found(kind, text, form, tuple(places), count)
            for (kind, text, form), (places, count) in sorted(self._found.items())
        )

    def look_in_texts(self, texts: Sequence[bytes], place: str) -> None:
        """Look at each text (UTF-8) of a file; a text's place is its position."""
        joined = b"\0".join((b"", *texts, b""))
        starts = list(accumulate((len(text) + 1 for text in texts), initial=1))

        def where(at: int) -> int:
            return bisect_right(starts, at) - 1

        for whole in _WHOLE.finditer(joined):
            text = whole[0][1:].decode()
            # Most are names of classes and properties, whose place nobody asks for.
            if whole.lastgroup == "bare" and not _is_host(text):
                continue
            there = f"{place} string {where(whole.start() + 1)}"
            if whole.lastgroup == "number":
                self._number(text, there)
            elif whole.lastgroup == "coded":
                self._coded(text, BASE64, there)
            elif text.startswith(rules().backwards):
                self._bare(text[::-1], REVERSED, there)
            else:
                self._bare(text, PLAIN, there)
        looks: list[tuple[bytes, Callable[[str, str], None]]] = [
            (b"://", self._urls),
            (b"//:", self._urls_backwards),
            (_CODED_URL, self._coded_inside),
            (_CODED_URL_BACKWARDS, self._coded_backwards),
            *((sign, self._dialled) for sign in _DIALLING),
        ]
        for sign, look in looks:
            last = -1
            for at in _occurrences(joined, sign):
                if (position := where(at)) != last:
                    look(texts[position].decode("utf-8", "replace"), f"{place} string {position}")
                last = position

    def look_in_bytes(self, data: bytes, place: str) -> None:
        """Look for URLs anywhere in a file, in texts of one or two bytes a character; a place is a byte."""
        for form, sign in ((PLAIN, b"://"), (REVERSED, b"//:")):
            for at in _occurrences(data, sign):
                around = data[max(at - 20, 0) : at + 1600] if form == PLAIN else data[max(at - 1600, 0) : at + 20]
                text = around.decode("latin-1")
                self._urls(text if form == PLAIN else text[::-1], f"{place} byte {at}", form, once=True)
        for at in _occurrences(data, _CODED_URL):
            if coded := _CODED.match(data[at : at + _LONGEST_CODED].decode("latin-1")):
                self._coded(coded[0], BASE64, f"{place} byte {at}")
        for at in _occurrences(data, _CODED_URL_BACKWARDS):
            back = data[max(at + len(_CODED_URL) - _LONGEST_CODED, 0) : at + len(_CODED_URL)]
            if coded := _CODED.match(back.decode("latin-1")[::-1]):
                self._coded(coded[0], f"{REVERSED} {BASE64}", f"{place} byte {at}")
        for at in _occurrences(data, _WIDE):
            start = max(at - _BEFORE_WIDE, at % 2)
            text = data[start : at + _AFTER_WIDE].decode("utf-16-le", "replace")
            self._urls(text, f"{place} byte {at}", once=True)

    def _urls_backwards(self, text: str, place: str) -> None:
        self._urls(text[::-1], place, REVERSED)

    def _urls(self, text: str, place: str, form: str = PLAIN, *, once: bool = False) -> None:
        for rest in _REST.finditer(text):
            scheme = _SCHEME.search(text, max(rest.start() - 10, 0), rest.start())
            # What stands right before a scheme, without a space, is not part of it.
            known = scheme and next((one for one in rules().schemes if scheme[0].lower().endswith(one)), "")
            if known:
                self._address(known, rest[0][3:].rstrip(_TRAILING), form, place)
            if once:
                return

    def _address(self, scheme: str, rest: str, form: str, place: str) -> None:
        if scheme in ("http", "https"):
            if not rest.startswith(rules().namespaces):
                self._add(f"{scheme}://{rest}", form, place)
        else:
            self._add(re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2], form, place)

    def _bare(self, text: str, form: str, place: str) -> None:
        if _is_host(text) and not text.startswith(rules().object_identifiers):
            self._add(text, form, place)

    def _number(self, text: str, place: str) -> None:
        if rules().mobiles.fullmatch(text):
            self._note(PHONE, text, PLAIN, place)
        elif rules().short_codes.fullmatch(text):
            self._note(SHORT_CODE, text, PLAIN, place)

    def _dialled(self, text: str, place: str) -> None:
        for dialled in _DIALLED.finditer(text):
            number = dialled[1].replace("-", "")
            self._note(SHORT_CODE if len(number) < 11 else PHONE, number, PLAIN, place)

    def _coded_inside(self, text: str, place: str) -> None:
        if not _CODED.fullmatch(text):
            self._coded_urls(text, place, BASE64)

    def _coded_backwards(self, text: str, place: str) -> None:
        self._coded_urls(text[::-1], place, f"{REVERSED} {BASE64}")

    def _coded_urls(self, text: str, place: str, form: str) -> None:
        begins = _CODED_URL.decode()
        at = text.find(begins)
        while at >= 0:
            if coded := _CODED.match(text, at):
                self._coded(coded[0], form, place)
            at = text.find(begins, coded.end() if coded else at + 1)

    def _coded(self, text: str, form: str, place: str) -> None:
        plain = _decoded(text)
        if "://" in plain:
            self._urls(plain, place, form)
        elif _NAME.fullmatch(plain):
            self._bare(plain, form, place)

    def _add(self, text: str, form: str, place: str) -> None:
        try:
            pattern = parse(text)
        except NotUnderstood as error:
            if error.code == UNFIT:
                self._note(UNFIT, text, form, place)
            return
        if pattern.kind in (URL, DOMAIN, IP, ENDPOINT):
            self._note(pattern.kind, _shown(pattern, text), form, place)

    def _note(self, kind: str, text: str, form: str, place: str) -> None:
        key = (kind, text, form)
        if key not in self._found:
            if len(self._found) >= MOST_FOUND:
                self.full = True
                return
            self._found[key] = ([], 0)
        places, count = self._found[key]
        if len(places) < MOST_PLACES:
            places.append(place)
        self._found[key] = (places, count + 1)


def _shown(pattern: Pattern, text: str) -> str:
    """Return the canonical text, for URLs with the scheme they were written with."""
    return (
        f"{text.partition('://')[0].lower()}://{pattern.text}"
        if pattern.kind == URL and "://" in text
        else pattern.text
    )


def _is_host(text: str) -> bool:
    """Say whether a text without a scheme is written like a host, also backwards, not like a class or a property."""
    first = text.partition(".")[0]
    if first in rules().packages:
        return False
    if text.startswith(rules().backwards) or first.isdecimal():
        return bool(_FOUR.fullmatch(text)) or _is_name(text) or _is_name(text[::-1])
    return _is_name(text)


def _is_name(text: str) -> bool:
    host = text.partition("/")[0].partition(":")[0]
    labels = host.split(".")
    if host != host.lower() or "_" in host or labels[0] in rules().packages:
        return False
    if len(labels) == 2 and labels[-1] in rules().endings:
        return False
    if any(label.startswith("-") or label.endswith("-") or not label for label in labels):
        return False
    suffix = registry_suffixes().publicsuffix(host, accept_unknown=False)
    return suffix is not None and suffix != host


def _decoded(text: str) -> str:
    """Return what Base64 says where that is printable ASCII, or ""."""
    if not _CODED.fullmatch(text):
        return ""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("ascii").strip()
    except ValueError:
        return ""
    return decoded if decoded.isprintable() else ""


def _occurrences(data: bytes, sign: bytes) -> Iterator[int]:
    at = data.find(sign)
    seen = 0
    while at >= 0 and seen < MOST_LOOKS:
        yield at
        seen += 1
        at = data.find(sign, at + len(sign))
