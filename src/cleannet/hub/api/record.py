"""Proofs that the ledger only grew and holds an entry."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from cleannet.hub.api import schemas
from cleannet.hub.api.conventions import PROBLEMS, allowed, viewer_of
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger import sealing

router = Router()


@router.get("/ledger/consistency", response={200: schemas.ConsistencyOut, **PROBLEMS})
@allowed("read")
def consistency(request: HttpRequest, first: int) -> dict[str, Any]:
    """Prove that the ledger still begins with the `first` entries it once had."""
    head, proof = sealing.prove_prefix(first)
    return {"head": bytes(head.envelope).decode(), "proof": [step.hex() for step in proof]}


@router.get("/ledger/entries/{entry}/proof", response={200: schemas.ProofOut, **PROBLEMS})
@allowed("read")
def inclusion(request: HttpRequest, entry: str) -> dict[str, Any]:
    """Prove that an entry is in the ledger."""
    found = sealing.prove_entry(ledger.entry(viewer_of(request), entry))
    return {
        "index": found.index,
        "size": found.size,
        "leaf": found.leaf.hex(),
        "proof": [step.hex() for step in found.hashes],
        "head": found.head.decode(),
    }
