"""Normalise phone numbers and turn them into pseudonyms; nothing here logs, stores or shows a number.

A Chinese number is written with or without +86, 86 or 0086 and has 11 digits, an Internet-of-Things number 13 digits
that begin with 1. Any other number must carry + or 00 and its country code. The pseudonym is one AES-256 block of the
normalised number under the operator's key: the same number gives the same pseudonym, and without the key it tells
nothing.
"""

import os
import re
import secrets
from functools import lru_cache
from pathlib import Path

import phonenumbers
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from cleannet.edge.wrong_use import WrongUse

KEY_BYTES = 32
BLOCK = 16
_FORM = b"\x01"
_WIDTH = 15
_PLAIN = re.compile(_FORM + rb"\0*([1-9][0-9]*)")
_CHECKED = 4
_MOBILE = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")
_THINGS = re.compile(r"(?:\+86|0086|86)?(1[0-9]{12})")
_ABROAD = re.compile(r"(?:\+|00)[1-9][0-9]{6,14}")
_BETWEEN = str.maketrans("", "", " -\u00a0()")


def normalise(text: str) -> str:
    """Return the country code and number as digits, or "" when this is no subscriber number."""
    found = _MOBILE.fullmatch(text)
    if not found:
        text = text.translate(_BETWEEN)
        if not text.isascii():
            return ""
        found = _MOBILE.fullmatch(text) or _THINGS.fullmatch(text)
    if found:
        return f"86{found[1]}"
    return _abroad(text) if _ABROAD.fullmatch(text) else ""


@lru_cache(maxsize=4096)
def _abroad(text: str) -> str:
    try:
        number = phonenumbers.parse(f"+{text.removeprefix('+').removeprefix('00')}")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


class Pseudonyms:
    """Turn normalised numbers into pseudonyms under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._encrypt = _cipher(key).encryptor().update

    def of(self, number: str) -> bytes:
        """Return the pseudonym, 16 bytes, of a number of at most 15 digits."""
        return self._encrypt(_FORM + number.encode().rjust(_WIDTH, b"\0"))

    def of_digest(self, digest: bytes) -> bytes:
        """Return the pseudonym of 16 bytes that stand for an address or a record and could be guessed."""
        return self._encrypt(digest)


def check_value(key: bytes) -> str:
    """Return what tells keys apart and nothing of a key: the beginning of a block that is no number's pseudonym."""
    return _cipher(key).encryptor().update(bytes(KEY_BYTES))[:_CHECKED].hex()


def renew(pseudonyms: bytes, old: bytes, new: bytes) -> bytes:
    """Return pseudonyms, 16 bytes each, that were made under `old`, as they are under `new`."""
    return _cipher(new).encryptor().update(_cipher(old).decryptor().update(pseudonyms))


def numbers(pseudonyms: bytes, key: bytes) -> list[str]:
    """Return the normalised numbers of pseudonyms, 16 bytes each, leaving out what is none under `key`."""
    plain = _cipher(key).decryptor().update(pseudonyms)
    blocks = [plain[at : at + BLOCK] for at in range(0, len(plain), BLOCK)]
    return [found[1].decode() for found in map(_PLAIN.fullmatch, blocks) if found]


def _cipher(key: bytes) -> "Cipher[modes.ECB]":
    # Single blocks, never a message: with them ECB is the plain permutation that is wanted here.
    return Cipher(algorithms.AES256(key), modes.ECB())


def write_key(path: Path) -> None:
    """Make a new key file that only its owner can read; raise WrongUse when the file is already there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise WrongUse(
            f"{path} is already there; a key is never overwritten, as old pseudonyms would be lost"
        ) from None
    except OSError as error:
        raise WrongUse(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")


def read_key(path: Path) -> bytes:
    """Return the key of a key file; raise WrongUse when others may read it or it holds no key."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise WrongUse(f"{path} cannot be read as a key; make one with: cleannet edge key {path}") from None
    if mode & 0o077:
        raise WrongUse(f"{path} can be read by others; run: chmod 600 {path}")
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise WrongUse(f"{path} holds no key: 64 hexadecimal digits were expected")
    return bytes.fromhex(text)
