import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleannet.formats import stix

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def bundle(*objects: dict[str, object]) -> str:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}, indent=1)


def indicator(pattern: object, number: int = 1, **more: object) -> dict[str, object]:
    return {"type": "indicator", "id": f"indicator--{number}", "pattern_type": "stix", "pattern": pattern, **more}


def relationship(kind: str, source: str, target: str) -> dict[str, object]:
    return {"type": "relationship", "relationship_type": kind, "source_ref": source, "target_ref": target}


@pytest.mark.parametrize(
    ("pattern", "understood", "left_out"),
    [
        ("[domain-name:value='Evil.example']", ["evil.example"], []),
        ("[domain-name:value = 'a.example' OR domain-name:value = 'b.example']", ["a.example", "b.example"], []),
        ("[domain-name:value = 'a.example'] OR [url:value = 'http://b.example/x']", ["a.example", "b.example/x"], []),
        ("[domain-name:value IN ('a.example', 'b.example')]", ["a.example", "b.example"], []),
        ("([(ipv4-addr:value = '192.0.2.7')])", ["192.0.2.7"], []),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", ["198.51.100.0/24"], []),
        ("[ipv6-addr:value='2001:db8::1']", ["2001:db8::1"], []),
        ("[domain-name:value = 'a.example' OR file:name = 'x']", ["a.example"], ["not_network"]),
        ("[domain-name:value = 'a.example' AND domain-name:value = 'b.example']", [], ["comparison"]),
        ("[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']", [], ["comparison"]),
        ("[domain-name:value = 'a.example'] WITHIN 5 SECONDS", [], ["comparison"]),
        ("[domain-name:value != 'a.example']", [], ["comparison"]),
        ("[domain-name:value NOT = 'a.example']", [], ["comparison"]),
        ("[domain-name:value LIKE '%.example']", [], ["comparison"]),
        ("[domain-name:value MATCHES 'a']", [], ["comparison"]),
        ("[domain-name:value ISSUBSET 'a.example']", [], ["comparison"]),
        ("[domain-name:value = 1]", [], ["comparison"]),
        ("[file:hashes.sha256='ab']", [], ["not_network"]),
        ("[file:hashes.'SHA-256'='ab']", [], ["not_network"]),
        ("[domain-name:value='com']", [], ["too_wide"]),
        ("[url:value='evil.example/x']", [], ["malformed"]),
        ("[domain-name:value='it\\'s']", [], ["malformed"]),
        ("[domain-name:value=", [], ["malformed"]),
        ("(" * 5000, [], ["malformed"]),
        ("x" * 30_000, [], ["malformed"]),
        (None, [], ["malformed"]),
    ],
)
def test_patterns(pattern: object, understood: list[str], left_out: list[str]) -> None:
    contents = stix.read(bundle(indicator(pattern, name="Evil")), "a.stix2", NOW)
    assert [found.pattern.text for found in contents.indicators] == understood
    assert [left.code for left in contents.left_out] == left_out
    assert all(found.program == "Evil" and found.line > 1 for found in contents.indicators)
    assert all(left.line > 1 for left in contents.left_out)


def test_the_program_is_what_is_indicated() -> None:
    text = bundle(
        {"type": "malware", "id": "malware--1", "name": "Family"},
        {
            "type": "infrastructure",
            "id": "infrastructure--1",
            "name": "Host",
            "infrastructure_types": ["hosting-malware"],
        },
        indicator("[domain-name:value='a.example']", 1, name="own name"),
        indicator("[domain-name:value='b.example']", 2, name="own name"),
        indicator("[domain-name:value='c.example']", 3, kill_chain_phases=[{"phase_name": "delivery"}]),
        indicator("[domain-name:value='d.example']", 4),
        relationship("indicates", "indicator--1", "malware--1"),
        relationship("related-to", "indicator--2", "malware--1"),
        relationship("indicates", "indicator--4", "infrastructure--1"),
    )
    contents = stix.read(text, "a.stix2", NOW)
    assert [(found.program, found.role, found.counts_as) for found in contents.indicators] == [
        ("Family", "control", "infected"),
        ("own name", "control", "infected"),
        ("indicator--3", "distribution", "exposed"),
        ("Host", "distribution", "exposed"),
    ]
    lines = text.split("\n")
    assert all(f"indicator--{number}" in lines[found.line - 1] for number, found in enumerate(contents.indicators, 1))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"revoked": True}, "revoked"),
        ({"valid_until": "2026-11-22T00:00:00Z"}, "expired"),
        ({"pattern_type": "yara"}, "language"),
        ({"valid_until": "2026-11-22T00:00:01Z"}, ""),
        ({"valid_until": "whenever"}, ""),
    ],
)
def test_what_no_longer_holds(more: dict[str, object], code: str) -> None:
    contents = stix.read(bundle(indicator("[domain-name:value='a.example']", 1, **more)), "a.stix2", NOW)
    assert [left.code for left in contents.left_out] == ([code] if code else [])
    assert len(contents.indicators) == (0 if code else 1)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["indicator", "bundle", "relationship"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "id", "objects", "pattern", "name", "source_ref"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4) | JSON)
def test_nothing_raises(objects: object) -> None:
    stix.read(json.dumps({"type": "bundle", "objects": objects}), "a.stix2", NOW)
    stix.read(json.dumps(objects), "a.stix2", NOW)
