from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cleannet.core import merkle
from cleannet.core.clock import shipped_calendar
from cleannet.core.duty import arising
from cleannet.core.entry import Facts, Participants
from cleannet.core.policy_file import shipped
from cleannet.core.terms import Grade
from cleannet.formats import envelope, ledger_export, ledger_record
from cleannet.formats.ledger_verification import verify

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LAW = shipped()["mobile_malware_2011"]
WHO = Participants({"miit": {"miit"}, "cncert": {"cncert"}, "bureau:relevant": {"gd"}})
KEY = envelope.new_key()
KEYS = {envelope.key_id(KEY.public_key()): KEY.public_key()}
Records = list[tuple[str, dict[str, Any]]]


def ledger(count: int = 4) -> Records:
    """Return the records of a small ledger, built without the hub: `count` graded cases, a head after every two."""
    records: Records = [("policy", {"digest": LAW.digest, "policy": LAW.id, "text": LAW.text})]
    leaves: list[bytes] = []
    for number in range(count):
        now = NOON + timedelta(minutes=number)
        act = Facts(
            kind="incident.graded",
            role="operator",
            party="cmcc",
            happened_at=now,
            refs={"case": f"c-{number}"},
            grades={LAW.id: Grade.I},
            found_at=now,
        )
        follows = arising(LAW, act, WHO, shipped_calendar())
        data = ledger_record.body(
            act,
            id=f"e-{number}",
            person="",
            entered_at=now,
            claimed=(),
            key="",
            salt="00",
            text="",
            facts={},
            blobs=(),
            arises=follows,
            meets=(),
            voids=(),
        )
        records.append(("entry", {**ledger_record.projected(data), "body": data.decode()}))
        leaves.append(merkle.leaf_hash(data))
        records.append(("seal", {"number": str(number), "entry": f"e-{number}", "leaf": leaves[-1].hex()}))
        for duty in follows:
            ends = {"opened_by": f"e-{number}", "met_by": None, "void_by": None}
            records.append(("duty", ledger_record.duty_record(duty) | ends))
        if number % 2:
            records.append(head(leaves, now))
    return records


def head(leaves: list[bytes], at: datetime) -> tuple[str, dict[str, Any]]:
    peaks = merkle.Peaks().grown(leaves)
    payload = ledger_export.head_payload("cn", peaks.size, peaks.root, at)
    signed = envelope.sign(payload, KEY, envelope.key_id(KEY.public_key()), "head")
    fields = {"size": str(peaks.size), "root": peaks.root.hex(), "peaks": b"".join(peaks.hashes).hex()}
    return "head", fields | {"at": ledger_record.stamp(at), "envelope": signed.decode()}


def the(records: Records, record: str, nth: int = 0) -> dict[str, Any]:
    return [fields for kind, fields in records if kind == record][nth]


def test_a_whole_ledger_has_no_findings() -> None:
    verdict = verify(ledger(5), KEYS)
    assert verdict.findings[0].sentence == "the last seals are under no signed head"
    verdict = verify(ledger(4), KEYS)
    assert verdict.whole
    assert (verdict.entries, verdict.sealed, verdict.unsealed, verdict.heads) == (4, 4, (), 2)
    assert verdict.last is not None
    assert verdict.last.size == 4
    assert verdict.as_json()["whole"] is True
    assert verify(reversed(ledger(4)), KEYS).whole
    assert verify([], KEYS).whole


def changed(record: str, nth: int, /, **fields: Any) -> Callable[[Records], None]:
    return lambda records: the(records, record, nth).update(fields)


def dropped(record: str, nth: int) -> Callable[[Records], None]:
    return lambda records: records.remove((record, the(records, record, nth)))


def tampered_body(records: Records) -> None:
    the(records, "entry", 1)["body"] = the(records, "entry", 1)["body"].replace('"urgent":false', '"urgent":true')


def rewritten(records: Records) -> None:
    tampered_body(records)
    data = the(records, "entry", 1)["body"].encode()
    the(records, "entry", 1)["digest"] = ledger_record.digest_of(data)
    the(records, "seal", 1)["leaf"] = merkle.leaf_hash(data).hex()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (changed("entry", 1, party="ctcc"), ("entry", "e-1", "party")),
        (changed("entry", 1, happened_at="2026-11-20 04:01:00"), ("entry", "e-1", "happened_at")),
        (changed("entry", 1, key="x"), ("entry", "e-1", "key")),
        (changed("entry", 1, id="e-x"), ("entry", "e-x", "id")),
        (changed("entry", 1, digest="00"), ("entry", "e-1", "digest")),
        (changed("entry", 1, body="{}"), ("entry", "e-1", "body")),
        (changed("entry", 1, body="hex:ff"), ("entry", "e-1", "body")),
        (tampered_body, ("entry", "e-1", "body")),
        (rewritten, ("head", "2", "root")),
        (dropped("entry", 1), ("seal", "1", "entry")),
        (changed("seal", 1, leaf="00" * 32), ("seal", "1", "leaf")),
        (changed("seal", 1, leaf="zz"), ("seal", "1", "number or leaf")),
        (changed("seal", 1, entry="e-0"), ("seal", "1", "entry")),
        (changed("seal", 1, number="9"), ("seal", "1", "number")),
        (changed("seal", 1, number="0"), ("seal", "0", "number")),
        (dropped("seal", 3), ("head", "4", "seals")),
        (changed("head", 0, size="3"), ("head", "3", "size")),
        (changed("head", 0, root="00"), ("head", "2", "root")),
        (changed("head", 0, peaks="00"), ("head", "2", "peaks")),
        (changed("head", 0, at="2026-11-20T04:01:00.000001Z"), ("head", "2", "at")),
        (changed("head", 0, envelope="{}"), ("head", "2", "envelope")),
        (dropped("head", 1), ("head", "", "size")),
        (changed("duty", 0, due=None), ("duty", "KEY", "due")),
        (changed("duty", 0, opened_by="e-3"), ("duty", "KEY", "opened_by")),
        (changed("duty", 0, met_by="e-3"), ("duty", "KEY", "met_by")),
        (dropped("duty", 0), ("duty", "KEY", "key")),
        (changed("policy", 0, text="x"), ("policy", LAW.digest, "text or digest")),
        (dropped("policy", 0), ("duty", "KEY", "digest")),
    ],
)
def test_every_change_is_named(change: Callable[[Records], None], expected: tuple[str, str, str]) -> None:
    records = ledger()
    key = the(records, "duty")["key"]
    change(records)
    verdict = verify(records, KEYS)
    named = [(found.record, found.name.replace(key, "KEY"), found.field) for found in verdict.findings]
    assert expected in named
    assert not verdict.whole


def test_a_missing_field_is_named_and_does_not_stop_the_rest() -> None:
    records = ledger()
    del the(records, "seal", 0)["leaf"]
    the(records, "entry", 3)["party"] = "x"
    named = {(found.record, found.field) for found in verify(records, KEYS).findings}
    assert {("seal", "'leaf'"), ("entry", "party")} <= named


def test_a_head_of_another_key_is_refused() -> None:
    assert [found.field for found in verify(ledger(), {}).findings] == ["envelope", "envelope", "size"]


def test_a_part_lives_by_its_proofs() -> None:
    records = ledger(6)
    tree = merkle.Tree([bytes.fromhex(fields["leaf"]) for kind, fields in records if kind == "seal"])
    part: Records = [("policy", the(records, "policy")), ("head", the(records, "head", 2))]
    part.append(("entry", the(records, "entry", 3)))
    proof = {"size": 6, "hashes": [step.hex() for step in tree.inclusion_proof(3)]}
    part.append(("seal", the(records, "seal", 3) | {"proof": proof}))
    part += [("duty", fields) for kind, fields in records if kind == "duty" and fields["opened_by"] == "e-3"]
    verdict = verify(part, KEYS, complete=False)
    assert verdict.whole
    assert verdict.entries == 1
    for wrong in ({"size": 4, "hashes": proof["hashes"]}, {"size": 6, "hashes": []}, {"size": "x"}, None):
        the(part, "seal")["proof"] = wrong
        assert [found.field for found in verify(part, KEYS, complete=False).findings] == ["proof"]
    del the(part, "seal")["proof"]
    assert [found.field for found in verify(part, KEYS, complete=False).findings] == ["proof"]
