"""Encrypt and decrypt the bytes of blobs, and keep the ciphertexts as files.

Files, not rows: samples have hundreds of megabytes, a back-up copies only what is new, and an erased file is gone from
the disk at once, while a database keeps deleted pages in its journal. The key stays in the database, so a file alone
says nothing. AES-256-GCM with a fresh key for each blob and the blob's reference as associated data.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE, SALT = 12, 32


class Damaged(Exception):
    """Say that a stored blob is missing or no longer what was put there."""


def reference(content: bytes, salt: bytes) -> str:
    """Return the salted digest of a content, HMAC-SHA-256 in hexadecimal; it tells nothing without the salt."""
    return hmac.new(salt, content, hashlib.sha256).hexdigest()


def new_salt() -> bytes:
    return secrets.token_bytes(SALT)


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def lock(key: bytes, plain: bytes, name: str) -> bytes:
    """Return nonce and ciphertext of `plain`, bound to `name`."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, name.encode())


def unlock(key: bytes, locked: bytes, name: str) -> bytes:
    """Return what was locked; raise Damaged when key, name or a single bit differ."""
    try:
        return AESGCM(key).decrypt(locked[:NONCE], locked[NONCE:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise Damaged(f"the blob {name} cannot be decrypted: its file or its key was changed") from error


class Files:
    """Keep ciphertexts below the folder `blobs` of the data folder, by reference, two levels deep."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "blobs"

    def path(self, ref: str) -> Path:
        return self.folder / ref[:2] / ref

    def write(self, ref: str, locked: bytes) -> None:
        """Put the bytes on the disk for good before returning: whole or not at all."""
        path = self.path(ref)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{ref}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(locked)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync(path.parent)

    def read(self, ref: str) -> bytes:
        """Return the ciphertext; raise Damaged when it is not there."""
        try:
            return self.path(ref).read_bytes()
        except OSError as error:
            raise Damaged(f"the file of the blob {ref} cannot be read: {error.strerror}") from error

    def remove(self, ref: str) -> None:
        """Remove the file; one that is gone already is fine."""
        path = self.path(ref)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            _sync(path.parent)

    def refs(self) -> set[str]:
        """Return the references of all files there are."""
        return {path.name for path in self.folder.glob("??/*") if not path.name.startswith(".")}


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
