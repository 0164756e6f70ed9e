"""Verify a ledger from its stored records alone.

Everything that follows from an entry's bytes is derived again, the Merkle tree (RFC 9162) is built again, every
signature is checked and every duty is held against the entries that opened and ended it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cleannet.core import merkle
from cleannet.formats import envelope, ledger_record
from cleannet.formats.ledger_export import Finding, SignedHead, Stored, as_bytes, read_head


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold the outcome of a verification; the ledger is whole when there are no findings."""

    findings: tuple[Finding, ...]
    entries: int
    sealed: int
    unsealed: tuple[str, ...]
    heads: int
    duties: int
    last: SignedHead | None

    @property
    def whole(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as plain values."""
        last = self.last and {
            "hub": self.last.hub,
            "size": self.last.size,
            "root": self.last.root.hex(),
            "at": ledger_record.stamp(self.last.at),
        }
        return {
            "whole": self.whole,
            "entries": self.entries,
            "sealed": self.sealed,
            "unsealed": list(self.unsealed),
            "heads": self.heads,
            "duties": self.duties,
            "last_head": last,
            "findings": [found.as_json() for found in self.findings],
        }


def verify(
    records: Iterable[tuple[str, Stored]], keys: Mapping[str, Ed25519PublicKey], *, complete: bool = True
) -> Verdict:
    """Return everything that is wrong with a ledger, given as (record, stored fields) in any order.

    One that is not complete is verified by the proof each of its seals must then carry.

    Fields are text as stored: bytes in hexadecimal, an entry's `body` as its text (or `hex:…` where it is not UTF-8),
    moments as `ledger_record.stamp` writes them. `keys` are the trusted signing keys by id.
    """
    return _Verification(keys, complete).run(records)


class _Verification:
    """Collect what the records say, then hold one against the other."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey], complete: bool) -> None:
        self.keys = keys
        self.complete = complete
        self.proofs: dict[int, Mapping[str, Any]] = {}
        self.roots: dict[int, bytes] = {}
        self.findings: list[Finding] = []
        self.entries: dict[str, bytes] = {}
        self.bad_bodies: dict[str, str] = {}
        self.doubtful: set[str] = set()
        self.entered: dict[str, str] = {}
        self.arises: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self.ends: dict[tuple[str, str], str] = {}
        self.seals: dict[int, tuple[str, bytes]] = {}
        self.heads: list[Stored] = []
        self.duties: dict[str, Stored] = {}
        self.policies: set[str] = set()

    def run(self, records: Iterable[tuple[str, Stored]]) -> Verdict:
        take = {"entry": self._entry, "seal": self._seal, "head": self.heads.append, "duty": self._duty}
        take["policy"] = self._policy
        for record, fields in records:
            try:
                take[record](fields)
            except KeyError as error:
                self._found(record, str(fields), str(error), "the field is missing")
        sealed = self._check_seals()
        last = self._check_heads()
        self._check_proofs()
        self._check_duties()
        unsealed = sorted(set(self.entered) - sealed, key=lambda name: (self.entered[name], name))
        return Verdict(
            tuple(self.findings),
            len(self.entered),
            len(self.seals),
            tuple(unsealed),
            len(self.heads),
            len(self.duties),
            last,
        )

    def _found(self, record: str, name: object, field: str, sentence: str) -> None:
        self.findings.append(Finding(record, str(name), field, sentence))

    def _entry(self, fields: Stored) -> None:
        name, text = str(fields["id"]), str(fields["body"])
        data = as_bytes(text)
        self.entered[name] = str(fields["entered_at"])
        self.entries[name] = merkle.leaf_hash(data)
        if ledger_record.digest_of(data) != fields["digest"]:
            # Which of the two was changed is known from the seal.
            self.bad_bodies[name] = "body or digest"
        try:
            derived = ledger_record.projected(data)
            value = ledger_record.parse(data)
            if name not in self.bad_bodies:
                self._follow(name, value)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            self.bad_bodies.setdefault(name, f"it is not the body of an entry: {error}")
            return
        for column in ledger_record.COLUMNS:
            # Where the body itself is in doubt, what follows from it proves nothing about the columns.
            if column != "digest" and fields[column] != derived[column] and name not in self.bad_bodies:
                self._found("entry", name, column, f"stored is “{fields[column]}”, the body says “{derived[column]}”")

    def _follow(self, name: str, value: Mapping[str, Any]) -> None:
        for duty in value["arises"]:
            self.arises.setdefault(duty["key"], []).append((name, dict(duty)))
        for how in ("meets", "voids"):
            for key in value[how]:
                self.ends[(how, key)] = name

    def _seal(self, fields: Stored) -> None:
        try:
            number, leaf = int(fields["number"]), bytes.fromhex(str(fields["leaf"]))
        except ValueError:
            self._found("seal", fields["number"], "number or leaf", "it is not what a seal holds")
            return
        if number in self.seals:
            self._found("seal", number, "number", "two seals bear this number")
        self.seals[number] = (str(fields["entry"]), leaf)
        if "proof" in fields:
            self.proofs[number] = fields["proof"]

    def _policy(self, fields: Stored) -> None:
        name = str(fields["digest"])
        self.policies.add(name)
        if ledger_record.digest_of(as_bytes(str(fields["text"]))) != name:
            self._found("policy", name, "text or digest", "the text of the law is not the one with this SHA-256")

    def _duty(self, fields: Stored) -> None:
        self.duties[str(fields["key"])] = fields

    def _check_seals(self) -> set[str]:
        sealed: set[str] = set()
        expected = set(range(len(self.seals))) if self.complete else set(self.seals)
        for number in sorted(expected - set(self.seals)):
            self._found("seal", number, "number", "there is no seal with this number")
        for number in sorted(self.seals):
            name, leaf = self.seals[number]
            if number not in expected:
                self._found("seal", number, "number", "the numbers before it are not all there")
            if name in sealed:
                self._found("seal", number, "entry", f"the entry {name} has two seals")
            sealed.add(name)
            if name not in self.entries:
                self._found("seal", number, "entry", f"there is no entry {name}")
            elif name in self.bad_bodies:
                field = "digest" if self.entries[name] == leaf else "body"
                self._bad_body(name, field)
            elif self.entries[name] != leaf:
                self._found("seal", number, "leaf", f"it is not the hash of the entry {name}")
        for name in sorted(set(self.bad_bodies)):
            self._bad_body(name, "body")
        return sealed

    def _bad_body(self, name: str, field: str) -> None:
        why = self.bad_bodies.pop(name)
        self.doubtful.add(name)
        sentence = "the bytes are not those with the entry's SHA-256" if why == "body or digest" else why
        self._found("entry", name, field, sentence)

    def _check_heads(self) -> SignedHead | None:
        leaves: list[bytes] = []
        for number in range(len(self.seals)):
            if number not in self.seals:
                break
            leaves.append(self.seals[number][1])
        last: SignedHead | None = None
        peaks = merkle.Peaks()
        for fields in sorted(self.heads, key=lambda head: (len(str(head["size"])), str(head["size"]))):
            name = fields["size"]
            try:
                signed = read_head(as_bytes(str(fields["envelope"])), self.keys)
            except envelope.BadEnvelope as error:
                self._found("head", name, "envelope", str(error))
                continue
            stored = {"size": str(signed.size), "root": signed.root.hex(), "at": ledger_record.stamp(signed.at)}
            for column, value in stored.items():
                if fields[column] != value:
                    self._found("head", name, column, f"stored is “{fields[column]}”, signed was “{value}”")
            self.roots[signed.size] = signed.root
            last = signed if last is None or signed.size > last.size else last
            if not self.complete:
                continue
            if signed.size > len(leaves):
                self._found("head", name, "seals", f"it was signed over {signed.size} entries, of which some are gone")
                continue
            before = peaks.size
            peaks = (
                peaks.grown(leaves[before : signed.size])
                if signed.size >= before
                else merkle.Peaks().grown(leaves[: signed.size])
            )
            if peaks.root != signed.root:
                self._found(
                    "head", name, "root", f"the entries numbered {before} to {signed.size - 1} are not those signed"
                )
            elif fields["peaks"] != b"".join(peaks.hashes).hex():
                self._found("head", name, "peaks", "they are not those of the tree")
        if self.complete and (last.size if last else 0) < len(self.seals):
            self._found("head", "", "size", "the last seals are under no signed head")
        return last

    def _check_proofs(self) -> None:
        for number in sorted(self.seals):
            proof = self.proofs.get(number)
            if proof is None:
                if not self.complete:
                    self._found("seal", number, "proof", "without one nothing shows that the entry is in the ledger")
                continue
            leaf = self.seals[number][1]
            try:
                size, hashes = int(proof["size"]), [bytes.fromhex(step) for step in proof["hashes"]]
            except (ValueError, TypeError, KeyError):
                self._found("seal", number, "proof", "it is not a proof")
                continue
            if not merkle.verify_inclusion(leaf, number, size, hashes, self.roots.get(size, b"")):
                self._found("seal", number, "proof", "it does not lead to a signed head")

    def _check_duties(self) -> None:
        for key, fields in sorted(self.duties.items()):
            origins = dict(self.arises.get(key, ()))
            origin = origins.get(str(fields["opened_by"]))
            if fields["opened_by"] in self.doubtful:
                pass  # What that entry says proves nothing; it is named already.
            elif origin is None:
                self._found("duty", key, "opened_by", "the entry named does not give rise to this duty")
            else:
                for column, value in origin.items():
                    if fields.get(column) != value:
                        self._found("duty", key, column, f"stored is “{fields.get(column)}”, the entry says “{value}”")
            for column, how in (("met_by", "meets"), ("void_by", "voids")):
                if fields[column] != self.ends.get((how, key)) and fields[column] not in self.doubtful:
                    self._found("duty", key, column, f"stored is “{fields[column]}”, which the entries do not bear out")
            if fields["digest"] not in self.policies:
                self._found("duty", key, "digest", "the text of its law is not kept")
        for key in sorted(set(self.arises) - set(self.duties)) if self.complete else ():
            self._found("duty", key, "key", "an entry gives rise to this duty, but it is gone")
