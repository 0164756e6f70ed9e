"""Keep the hub's own keys as files that only it may read: the secret key, the master keys and the signing keys.

`master-N.key` wraps the keys of blobs, `hub-N.pem` signs heads; the highest number is the one in use. The public half
of every signing key stays as `hub-N.pub`, so that what an earlier key signed can still be verified.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cleannet.formats import envelope

_MASTER = re.compile(r"master-(\d{1,6})\.key")
_PRIVATE = re.compile(r"hub-(\d{1,6})\.pem")
_PUBLIC = re.compile(r"hub-(\d{1,6})\.pub")
MASTER_BYTES = 32
T = TypeVar("T")


class NoKey(Exception):
    """Say which key is missing or unreadable, and what to do."""


class Keyring:
    """Read and make the keys in the folder `keys` of the data folder. Every reader raises NoKey with a sentence."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "keys"

    def make_missing(self) -> list[str]:
        """Make each key that is not there yet and return the names of the files made."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = []
        if not (self.folder / "secret_key").exists():
            made.append(self._write("secret_key", secrets.token_urlsafe(50).encode()))
        if not self._numbered(_MASTER):
            made.append(self.add_master())
        if not self._numbered(_PRIVATE):
            made += self.add_signer()
        return made

    def add_master(self) -> str:
        """Make the next master key, which is in use from now on, and return its file name."""
        number = max(self._numbered(_MASTER), default=0) + 1
        return self._write(f"master-{number}.key", secrets.token_bytes(MASTER_BYTES).hex().encode())

    def drop_masters_before(self, number: int) -> list[str]:
        """Destroy every master key older than `number` and return the names of their files."""
        dropped = []
        for old, path in sorted(self._numbered(_MASTER).items()):
            if old < number:
                path.write_bytes(secrets.token_bytes(path.stat().st_size))
                path.unlink()
                dropped.append(path.name)
        return dropped

    def add_signer(self) -> list[str]:
        """Make the next signing key, drop the older private halves, and return the names of the files made."""
        number = max((*self._numbered(_PRIVATE), *self._numbered(_PUBLIC)), default=0) + 1
        key = envelope.new_key()
        made = [self._write(f"hub-{number}.pub", (envelope.write_public(key.public_key()) + "\n").encode())]
        made.append(self._write(f"hub-{number}.pem", envelope.write_private(key)))
        for old, path in self._numbered(_PRIVATE).items():
            if old < number:
                path.unlink()
        return made

    def masters(self) -> Mapping[int, bytes]:
        """Return every master key by its number."""
        return {number: self._read(path, _master) for number, path in self._numbered(_MASTER).items()}

    def master(self) -> tuple[int, bytes]:
        """Return the number and the bytes of the master key in use."""
        masters = self.masters()
        if not masters:
            raise NoKey(f"there is no master key in {self.folder}; run `cleannet hub setup`")
        return max(masters.items())

    def signer(self) -> Ed25519PrivateKey:
        """Return the signing key in use."""
        keys = self._numbered(_PRIVATE)
        if not keys:
            raise NoKey(f"there is no signing key in {self.folder}; run `cleannet hub setup`")
        return self._read(keys[max(keys)], envelope.read_private)

    def verifiers(self) -> Mapping[str, Ed25519PublicKey]:
        """Return the public half of every signing key there ever was, by key id."""
        keys = [
            self._read(path, lambda data: envelope.read_public(data.decode()))
            for _, path in sorted(self._numbered(_PUBLIC).items())
        ]
        return {envelope.key_id(key): key for key in keys}

    def problems(self) -> list[str]:
        """Return a sentence for each key that is missing, unreadable or open to others."""
        found = []
        for read in (self.master, self.signer, self.verifiers):
            try:
                read()
            except NoKey as error:
                found.append(f"{str(error)[0].upper()}{str(error)[1:]}.")
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if path.suffix != ".pub" and path.stat().st_mode & 0o077:
                found.append(f"{path} may be read by others; run `chmod 600 {path}`.")
        return found

    def _numbered(self, pattern: re.Pattern[str]) -> dict[int, Path]:
        if not self.folder.is_dir():
            return {}
        matched = ((pattern.fullmatch(path.name), path) for path in self.folder.iterdir())
        return {int(found[1]): path for found, path in matched if found}

    def _read(self, path: Path, parse: Callable[[bytes], T]) -> T:
        try:
            return parse(path.read_bytes())
        except (OSError, ValueError) as error:
            raise NoKey(f"the key {path} cannot be used: {error}") from error

    def _write(self, name: str, content: bytes) -> str:
        """Write a new file whole or not at all; a name that is taken raises FileExistsError."""
        path, draft = self.folder / name, self.folder / f".{name}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        finally:
            draft.unlink()
        return name


def _master(data: bytes) -> bytes:
    key = bytes.fromhex(data.decode())
    if len(key) != MASTER_BYTES:
        raise ValueError(f"a master key has {MASTER_BYTES} bytes, this one {len(key)}")
    return key
