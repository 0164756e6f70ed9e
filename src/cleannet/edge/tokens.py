"""Count the subscribers of several operators together, exactly, by tokens that only the operators can make.

A token is one AES-256 block of a number, under a key that is derived from the one the operators share, from the request
and from the program: so operators give the same token for the same number, and the tokens of two requests have nothing
in common. Whoever holds tokens but not the shared key learns how many there are, and when each was seen, but no number;
whoever holds both can try all numbers. So the operators give their tokens to whoever asked, and never to one another.
"""

import base64
import binascii
import hashlib
import hmac
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cleannet.core.terms import COUNTED, PROVINCES
from cleannet.edge.contacts import NOBODY, Counter, counted
from cleannet.edge.days import DAY, number_of, start_of
from cleannet.edge.spans import BYTES, Spans, from_bytes, regrouped, subscribers, to_bytes, union, with_subscribers
from cleannet.edge.subscribers import renew
from cleannet.edge.wrong_use import WrongUse
from cleannet.formats import canonical, envelope, tally
from cleannet.formats.tally import Scale, scale_of

KIND, SCHEMA = "tokens", 1
LONGEST = 3650


@dataclass(frozen=True, slots=True)
class Tokens:
    """Hold what one operator answered to a request: spans whose subscribers are tokens, and what their counters are.

    `check` tells shared keys apart; `without_rows` are the days, from `first` to `last`, of which it has no log.
    """

    request: str
    program: str
    party: str
    edge: str
    first: date
    last: date
    without_rows: tuple[date, ...]
    check: str
    counters: tuple[Counter, ...]
    spans: Spans


@dataclass(frozen=True, slots=True)
class Together:
    """Hold what operators count together: of each kind (terms.COUNTED) everybody once, and how many are at several."""

    scales: Mapping[str, Scale]
    several: Mapping[str, int]


def derived(shared: bytes, request: str, program: str) -> bytes:
    """Return the key of the tokens of a request about a program."""
    return hmac.digest(shared, canonical.encode({"program": program, "request": request}), hashlib.sha256)


def turned(spans: Spans, key: bytes, into: bytes) -> Spans:
    """Return spans with tokens under the key `into` in place of pseudonyms under `key`."""
    return with_subscribers(spans, lambda pseudonyms: renew(pseudonyms, key, into))


def write(tokens: Tokens) -> bytes:
    """Return the payload of a signed message of kind tokens (docs/formats.md)."""
    return canonical.encode(
        {
            "schema": SCHEMA,
            "request": tokens.request,
            "program": tokens.program,
            "party": tokens.party,
            "edge": tokens.edge,
            "from": tokens.first.isoformat(),
            "to": tokens.last.isoformat(),
            "without_rows": [day.isoformat() for day in tokens.without_rows],
            "check": tokens.check,
            "counters": [[counter.kind, counter.province] for counter in tokens.counters],
            "spans": base64.b64encode(to_bytes(tokens.spans)).decode(),
        }
    )


def read(data: bytes, keys: Mapping[str, Ed25519PublicKey]) -> Tokens:
    """Return what an edge that holds one of `keys` signed; raise WrongUse for anything else."""
    try:
        told = canonical.decode(envelope.verify(data.strip(), keys, KIND).payload)
        if told["schema"] != SCHEMA:
            raise WrongUse(f"tokens of schema {told['schema']}; this program reads schema {SCHEMA}")
        raw = base64.b64decode(told["spans"], validate=True)
        counters = tuple(Counter(str(told["program"]), kind, province) for kind, province in told["counters"])
        spans = from_bytes(raw)
        tokens = Tokens(
            str(told["request"]),
            str(told["program"]),
            str(told["party"]),
            str(told["edge"]),
            date.fromisoformat(told["from"]),
            date.fromisoformat(told["to"]),
            tuple(map(date.fromisoformat, told["without_rows"])),
            str(told["check"]),
            counters,
            spans,
        )
        if len(raw) % BYTES or not _is_sound(tokens):
            raise ValueError
        return tokens
    except envelope.BadEnvelope as error:
        raise WrongUse(str(error)) from None
    except (canonical.NotCanonical, binascii.Error, KeyError, TypeError, ValueError):
        raise WrongUse("not tokens: a member is missing or no such thing") from None


def together(answers: Sequence[Tokens], thresholds: Sequence[int] = ()) -> Together:
    """Count what operators answered to one request; raise WrongUse where they do not belong together."""
    first, *others = answers
    if len({(one.party, one.edge) for one in answers}) < len(answers):
        raise WrongUse("an edge answers twice: give each answer once")
    for other in others:
        for name in ("request", "program", "first", "last"):
            if getattr(other, name) != getattr(first, name):
                raise WrongUse(
                    f"{other.party}: answers another {_SAID[name]} than {first.party}: "
                    f"{getattr(other, name)}, not {getattr(first, name)}"
                )
        if other.check != first.check:
            raise WrongUse(f"{other.party}: made its tokens with another shared key than {first.party}")
    every = dict.fromkeys(counter for one in answers for counter in one.counters)
    numbers = {counter: place for place, counter in enumerate(every)}
    parts = [
        regrouped(one.spans, np.array([numbers[counter] for counter in one.counters], np.int32)) for one in answers
    ]
    counts = counted(tuple(numbers), union(parts), thresholds)
    scales, several = {}, {}
    for kind in COUNTED:
        own = [place for counter, place in numbers.items() if counter.kind == kind]
        people: dict[str, set[bytes]] = {}
        for one, part in zip(answers, parts, strict=True):
            people.setdefault(one.party, set()).update(subscribers(part, own))
        operators = Tally(token for tokens in people.values() for token in tokens)
        several[kind] = sum(count > 1 for count in operators.values())
        whole, shares = counts.get((first.program, kind), NOBODY)
        scales[kind] = scale_of(whole, shares if list(shares) != [""] else {})
    return Together(scales, several)


def document(answers: Sequence[Tokens], found: Together) -> dict[str, Any]:
    """Return what was counted together as values for JSON (docs/formats.md)."""
    first = answers[0]
    return {
        "schema": SCHEMA,
        "request": first.request,
        "program": first.program,
        "from": first.first.isoformat(),
        "to": first.last.isoformat(),
        "operators": [
            {
                "party": one.party,
                "edge": one.edge,
                "subscribers": len(subscribers(one.spans, range(len(one.counters)))),
                "without_rows": [day.isoformat() for day in one.without_rows],
            }
            for one in answers
        ],
    } | {kind: tally.write_scale(scale) | {"at_several": found.several[kind]} for kind, scale in found.scales.items()}


_SAID = {"request": "request", "program": "program", "first": "first day", "last": "last day"}


def _is_sound(tokens: Tokens) -> bool:
    """Say whether the spans lie in the days, so that no curve is longer than they are, and name their counters."""
    spans, counters = tokens.spans, tokens.counters
    if any(counter.kind not in COUNTED or counter.province not in ("", *PROVINCES) for counter in counters):
        return False
    if not len(spans.start):
        return True
    first, last = start_of(number_of(tokens.first)), start_of(number_of(tokens.last)) + DAY
    return bool(
        spans.counter.min() >= 0
        and spans.counter.max() < len(counters)
        and spans.start.min() >= first
        and spans.end.max() <= last
        and last - first <= LONGEST * DAY
        and (spans.start < spans.end).all()
    )
