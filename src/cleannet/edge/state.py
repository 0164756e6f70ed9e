"""The edge's own folder: who it is, the hub's key, the last release, the spool and the hub's receipts.

    identity.json  edge id, party, province                  (written once by enrol)
    identity.pem   the edge's signing key, mode 600          (written by enrol, replaced by rotate)
    next.pem       the key that the hub is being told about  (only while rotate has no answer)
    hub.pub        the hub's public keys, one a line         (pinned by enrol)
    release        the newest accepted release, as received
    coverage.json  what the runs of the last days covered
    batches.json   each batch's last revision, and the sha256 of the logs it counted
    looked.json    which requests to look were answered, until they are over, and when which host was asked
    counted.db     what `follow` counted and how far it read each log (edge.kept); follow.lock lets one follow at a time
    spool/N        signed tally messages not yet receipted, N the sequence number in 12 digits
    sent/N         what the hub answered, with its signed ledger head

Every file is written whole under another name and then renamed, so a reader never sees half of one.
"""

import fcntl
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cleannet.edge import coverage
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import canonical, delta, envelope, release
from cleannet.formats.messages import CoveredSource, Heartbeat, Rotation, TallyMessage

DIGITS = 12


@dataclass(frozen=True, slots=True)
class Identity:
    """Say which edge this is, for which party and province it speaks, and which key signs."""

    edge: str
    party: str
    province: str
    key_id: str


class State:
    """Keep one edge's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.release = folder / "release"
        self.counted = folder / "counted.db"
        self._pem, self._next = folder / "identity.pem", folder / "next.pem"
        self._spool, self._sent = folder / "spool", folder / "sent"

    def enrol(self, edge: str, party: str, province: str, hub_keys: Mapping[str, Ed25519PublicKey]) -> Identity:
        """Make the edge's key pair and pin the hub's keys; raise WrongUse when this folder already has an identity."""
        if (self.folder / "identity.json").exists():
            raise WrongUse(
                f"{self.folder} already holds an enrolled edge; a new one needs a folder of its own (--state)"
            )
        for folder in (self.folder, self._spool, self._sent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write(self._pem, envelope.write_private(envelope.new_key()))
        self._write(
            self.folder / "hub.pub", "".join(f"{envelope.write_public(k)}\n" for k in hub_keys.values()).encode()
        )
        self._write(
            self.folder / "identity.json", canonical.encode({"edge": edge, "party": party, "province": province})
        )
        return self.identity()

    def identity(self) -> Identity:
        """Return who this edge is; raise WrongUse when it is not enrolled."""
        try:
            known = canonical.decode((self.folder / "identity.json").read_bytes())
            return Identity(**known, key_id=envelope.key_id(self.key().public_key()))
        except FileNotFoundError:
            raise WrongUse(f"{self.folder} holds no enrolled edge; run: cleannet edge enrol") from None
        except (OSError, canonical.NotCanonical, TypeError):
            raise WrongUse(f"{self.folder / 'identity.json'} cannot be read") from None

    def key(self) -> Ed25519PrivateKey:
        """Return the signing key; raise WrongUse when others may read it or it cannot be read."""
        return self._key(self._pem)

    def public_key(self) -> str:
        """Return the public key, as one line, to be given to the hub."""
        return envelope.write_public(self.key().public_key())

    def rotation(self, clock: datetime) -> bytes:
        """Return the message, signed with the key in use, that names the next one; made where there is none yet."""
        who, key = self.identity(), self.key()
        with self._locked():
            if not self._next.exists():
                self._write(self._next, envelope.write_private(envelope.new_key()))
        public = envelope.write_public(self._key(self._next).public_key())
        return envelope.sign(Rotation(who.edge, who.party, public, clock).write(), key, who.key_id, "rotation")

    def rotate(self) -> None:
        """Sign with the next key from now on; what is spooled stays signed with the one before, which is gone."""
        with self._locked():
            self._next.replace(self._pem)

    def hub_keys(self) -> dict[str, Ed25519PublicKey]:
        """Return the pinned keys of the hub by key id; none when not enrolled."""
        path = self.folder / "hub.pub"
        return read_hub_keys(path) if path.exists() else {}

    def kept_release(self) -> bytes | None:
        """Return the newest accepted release as it was received, or None."""
        return self.release.read_bytes() if self.release.exists() else None

    def release_number(self) -> int:
        """Return the number of the newest accepted release, 0 without any; its expiry does not matter here."""
        data = self.kept_release()
        if data is None:
            return 0
        try:
            return release.read(envelope.verify(data, self.hub_keys(), release.KIND).payload).number
        except envelope.BadEnvelope as error:
            raise WrongUse(f"{self.release}: {error}; pin the hub's key again, or remove the file and pull") from None

    def take_release(self, data: bytes, moment: datetime) -> release.Release:
        """Keep a release, or what a delta makes of the kept one; raise release.Rejected when it is not to be taken.

        Rejected with the code base asks for the whole release: the delta does not start from the one kept here.
        """
        keys, kept = self.hub_keys(), self.kept_release()
        if delta.is_envelope(data):
            if kept is None:
                raise release.Rejected("base", "a delta came, and there is no release to start from")
            data = delta.apply(data, kept, keys)
        taken = release.accept(data, keys, moment, self.release_number())
        if taken.audience not in (release.OPERATORS, self.identity().party):
            raise release.Rejected("audience", f"release {taken.number} is for {taken.audience}, not for this party")
        self._write(self.release, data.strip())
        return taken

    def cover(self, sources: tuple[CoveredSource, ...], moment: datetime) -> None:
        """Remember what a run at `moment` (aware) covered, beside what others did."""
        with self._locked():
            kept = coverage.merged(self._covered(), sources, moment)
            self._write(self.folder / "coverage.json", canonical.encode(coverage.write(kept)))

    def heartbeat(self, clock: datetime) -> bytes:
        """Return a signed heartbeat of what the runs of the last days covered; `clock` is aware."""
        sources = tuple(covered.source for covered in coverage.current(self._covered(), clock))
        who = self.identity()
        beat = Heartbeat(who.edge, who.party, who.province, clock, self._last(), self.release_number() or None, sources)
        return envelope.sign(beat.write(), self.key(), who.key_id, "heartbeat")

    def looked(self) -> dict[str, dict[str, str]]:
        """Return `answered`, the end of each request by its id, and `asked`, the moment by host; both in ISO form."""
        path = self.folder / "looked.json"
        return dict(canonical.decode(path.read_bytes())) if path.exists() else {"answered": {}, "asked": {}}

    def keep_looked(self, looked: Mapping[str, Mapping[str, str]]) -> None:
        """Keep what `looked` is to return."""
        self._write(self.folder / "looked.json", canonical.encode(looked))

    def put(self, document: dict[str, Any], clock: datetime) -> int:
        """Sign a tally and add it to the spool; return its sequence number.

        A tally of a batch that was spooled before is its next revision. Raises WrongUse where a source was counted in
        another batch already, as the hub would add its loss twice.
        """
        with self._locked():
            # Under the lock, so that no rotation comes between: the hub believes a key no longer once its next signed.
            who, key = self.identity(), self.key()
            sequence = self._last() + 1
            batch, batches = document["batch"], self._batches()
            counted = {
                source["sha256"]: source["file"]
                for source in document["sources"]
                if source["rows"] and source["sha256"]
            }
            for other, known in batches.items():
                for twice in sorted(counted.keys() & set(known["sources"]) if other != batch else ()):
                    raise WrongUse(
                        f"{counted[twice]}: was counted in the batch “{other}” already and would be counted twice; "
                        f"leave it out, or count that batch anew together with it: --batch {shlex.quote(other)}"
                    )
            revision = batches[batch]["revision"] + 1 if batch in batches else 1
            message = TallyMessage(who.edge, who.party, sequence, batch, revision, document["release"], clock, document)
            message.tally()
            batches[batch] = {"revision": revision, "sources": sorted(counted)}
            self._write(self.folder / "batches.json", canonical.encode(batches))
            signed = envelope.sign(message.write(), key, who.key_id, "tally")
            self._write(self._spool / f"{sequence:0{DIGITS}}", signed)
        return sequence

    def revision(self, batch: str) -> int:
        """Return the last revision of a batch that was spooled here, 0 for none."""
        return int(self._batches().get(batch, {"revision": 0})["revision"])

    def waiting(self) -> Iterator[tuple[int, bytes]]:
        """Yield the spooled messages, oldest first."""
        for path in sorted(self._numbered(self._spool)):
            yield int(path.name), path.read_bytes()

    def receipted(self, sequence: int, answer: bytes) -> None:
        """Keep the hub's answer to a message, then let the message go."""
        self._write(self._sent / f"{sequence:0{DIGITS}}", answer)
        (self._spool / f"{sequence:0{DIGITS}}").unlink(missing_ok=True)

    def receipts(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the hub's answers, oldest first."""
        for path in sorted(self._numbered(self._sent)):
            yield int(path.name), json.loads(path.read_bytes())

    def _covered(self) -> tuple[coverage.Covered, ...]:
        path = self.folder / "coverage.json"
        return coverage.read(canonical.decode(path.read_bytes())) if path.exists() else ()

    def _last(self) -> int:
        both = [*self._numbered(self._spool), *self._numbered(self._sent)]
        return max((int(path.name) for path in both), default=0)

    def _batches(self) -> dict[str, dict[str, Any]]:
        path = self.folder / "batches.json"
        return dict(canonical.decode(path.read_bytes())) if path.exists() else {}

    @staticmethod
    def _key(path: Path) -> Ed25519PrivateKey:
        try:
            if path.stat().st_mode & 0o077:
                raise WrongUse(f"{path} can be read by others; run: chmod 600 {path}")
            return envelope.read_private(path.read_bytes())
        except (OSError, ValueError):
            raise WrongUse(f"{path} cannot be read as a key") from None

    @staticmethod
    def _numbered(folder: Path) -> list[Path]:
        if not folder.is_dir():
            return []
        return [path for path in folder.iterdir() if len(path.name) == DIGITS and path.name.isdecimal()]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        write_whole(path, data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, mode 600, so that it is there whole or not at all, even through a crash."""
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_hub_keys(path: Path) -> dict[str, Ed25519PublicKey]:
    """Return the public keys in a file, one a line, by key id; raise WrongUse when there is none."""
    try:
        keys = [envelope.read_public(line) for line in path.read_text("ascii").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise WrongUse(f"{path}: {error}") from None
    if not keys:
        raise WrongUse(f"{path}: holds no public key")
    return {envelope.key_id(key): key for key in keys}
