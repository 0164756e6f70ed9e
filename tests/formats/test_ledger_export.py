from datetime import UTC, datetime

import pytest

from cleannet.formats import canonical, envelope, ledger_export

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
KEY = envelope.new_key()
KEYS = {envelope.key_id(KEY.public_key()): KEY.public_key()}
ROOT = bytes(range(32))


def signed(payload: bytes) -> bytes:
    return envelope.sign(payload, KEY, envelope.key_id(KEY.public_key()), "head")


def test_a_head_is_read_back() -> None:
    head = ledger_export.read_head(signed(ledger_export.head_payload("cn", 7, ROOT, NOON)), KEYS)
    assert (head.hub, head.size, head.root, head.at) == ("cn", 7, ROOT, NOON)


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"v": 1, "hub": "cn", "size": 7, "root": "zz", "at": "2026-11-20T04:00:00.000000Z"},
        {"v": 2, "hub": "cn", "size": 7, "root": "00", "at": "2026-11-20T04:00:00.000000Z"},
        {"v": 1, "hub": "cn", "size": 7, "root": "00", "at": "today"},
        {"v": 1, "hub": "cn", "size": 7, "root": "00", "at": "2026-11-20T04:00:00.000000Z", "more": 1},
        {"v": 1, "hub": "cn", "size": "7", "root": 0, "at": "2026-11-20T04:00:00.000000Z"},
    ],
)
def test_another_payload_is_refused_although_it_is_signed(value: object) -> None:
    with pytest.raises(envelope.BadEnvelope) as error:
        ledger_export.read_head(signed(canonical.encode(value)), KEYS)
    assert error.value.code == "malformed"


def test_an_export_is_read_back() -> None:
    records = [("seal", {"number": "0", "entry": "e", "leaf": "00"}), ("entry", {"id": "e"})]
    export = ledger_export.read(ledger_export.lines("cn", KEYS, records, complete=False))
    assert export.records == records
    assert (export.complete, export.findings, list(export.keys)) == (False, [], list(KEYS))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [], "1"),
        (lambda lines: lines[1:], "1"),
        (lambda lines: [lines[0].replace(b'"version":1', b'"version":9'), *lines[1:]], "1"),
        (lambda lines: [lines[0].replace(b"ed25519:", b"ed25519;"), *lines[1:]], "1"),
        (lambda lines: [lines[0], b"{ }\n"], "2"),
        (lambda lines: [lines[0], b"[1]\n"], "2"),
        (lambda lines: [lines[0], b'{"record":"gossip"}\n'], "2"),
        (lambda lines: [lines[0], b"\xff\n"], "2"),
        (lambda lines: [lines[0], lines[1][:-1]], "2"),
    ],
)
def test_lines_that_cannot_be_read_are_named(change: object, line: str) -> None:
    lines = list(ledger_export.lines("cn", KEYS, [("entry", {"id": "e"})]))
    assert callable(change)
    assert [finding.name for finding in ledger_export.read(change(lines)).findings][:1] == [line]


@pytest.mark.parametrize("data", [b"", b"abc", "恶意程序".encode(), b"\xff\x00", b"a\xc3"])
def test_stored_bytes_pass_through_text(data: bytes) -> None:
    assert ledger_export.as_bytes(ledger_export.as_text(data)) == data


def test_a_finding_reads_as_a_sentence() -> None:
    finding = ledger_export.Finding("entry", "e", "body", "it was changed")
    assert str(finding) == "entry e, body: it was changed"
    assert finding.as_json()["field"] == "body"
