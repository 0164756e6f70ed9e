from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from cleannet.core import merkle
from cleannet.formats import ledger_export
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import queries, sealing
from cleannet.hub.ledger.models import Entry, Head, Seal, Unsealed


def test_seals_what_waits_and_signs_the_head(world: Any) -> None:
    assert sealing.seal(now=world.now) is None
    entries = [world.grade(case=f"c-{number}") for number in range(5)]
    head = sealing.seal(now=world.now)
    assert head is not None
    signed = ledger_export.read_head(bytes(head.envelope), Keyring(settings.CLEANNET_DATA).verifiers())
    leaves = [merkle.leaf_hash(bytes(entry.body)) for entry in Entry.objects.order_by("entered_at", "id")]
    assert (signed.hub, signed.size, signed.root, signed.at) == ("hub", 5, merkle.Tree(leaves).root(), world.now)
    assert not Unsealed.objects.exists()
    assert sealing.seal(now=world.now) is None
    assert sorted(Seal.objects.values_list("entry", flat=True)) == sorted(entry.pk for entry in entries)


def test_an_entry_made_earlier_but_committed_late_is_sealed_later(world: Any) -> None:
    world.grade(case="c-1")
    sealing.seal(now=world.now)
    world.now -= timedelta(minutes=3)
    late = world.grade(case="c-2")
    world.later(minutes=4)
    head = sealing.seal(now=world.now)
    assert head is not None
    assert Seal.objects.get(entry=late).number == 1
    assert head.size == 2


def test_proofs_hold_between_every_two_heads(world: Any) -> None:
    for batch in (1, 2, 4, 1, 3):
        for number in range(batch):
            world.grade(case=f"c-{world.now.timestamp()}-{number}")
        sealing.seal(now=world.later(minutes=1))
    heads = list(Head.objects.order_by("size"))
    for first in heads:
        for second in heads:
            if first.size <= second.size:
                head, proof = sealing.prove_prefix(first.size, second.size)
                roots = bytes(first.root), bytes(second.root)
                assert head == second
                assert merkle.verify_consistency(first.size, second.size, proof, *roots)
    for entry in Entry.objects.all():
        proof = sealing.prove_entry(entry)
        assert merkle.verify_inclusion(
            merkle.leaf_hash(bytes(entry.body)), proof.index, proof.size, proof.hashes, bytes(heads[-1].root)
        )


def test_what_is_not_sealed_has_no_proof(world: Any) -> None:
    entry = world.grade()
    with pytest.raises(sealing.NotSealed) as refused:
        sealing.prove_entry(entry)
    assert refused.value.code == "ledger.no_head"
    sealing.seal(now=world.now)
    with pytest.raises(sealing.NotSealed) as refused:
        sealing.prove_entry(world.grade(case="c-2"))
    assert refused.value.code == "ledger.not_sealed"
    with pytest.raises(sealing.NotSealed):
        sealing.prove_prefix(2)


def test_nothing_is_built_on_a_head_that_was_changed(world: Any, unguarded: None) -> None:
    world.grade()
    head = sealing.seal(now=world.now)
    assert head is not None
    Head.objects.filter(pk=head.pk).update(peaks=bytes(32))
    world.grade(case="c-2")
    with pytest.raises(sealing.SealBroken):
        sealing.seal(now=world.now)
    assert Unsealed.objects.count() == 1


def test_a_new_signing_key_keeps_older_heads_verifiable(world: Any) -> None:
    keys = Keyring(settings.CLEANNET_DATA)
    world.grade()
    sealing.seal(now=world.now)
    keys.add_signer()
    world.grade(case="c-2")
    assert sealing.seal(now=world.now) is not None
    for head in Head.objects.all():
        ledger_export.read_head(bytes(head.envelope), keys.verifiers())
    assert len(keys.verifiers()) == 2


def test_an_entry_left_unsealed_raises_the_alarm(world: Any) -> None:
    world.grade()
    assert not [alarm for alarm in queries.health(now=world.later(seconds=60)).alarms if "unsealed" in alarm]
    assert [alarm for alarm in queries.health(now=world.later(seconds=1)).alarms if "unsealed for 61 s" in alarm]


def test_all_that_waits_is_sealed_in_as_many_rounds_as_it_takes(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    for case in range(5):
        world.grade(case=f"c-{case}")
    head = sealing.seal_all(now=world.now)
    assert head.size == 5
    assert sealing.seal_all(now=world.now) == head


def test_a_faster_sealer_is_waited_for_and_one_that_never_comes_is_told(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.grade()
    real, lost = sealing.seal, [1, 2]
    monkeypatch.setattr(sealing, "seal", lambda *, now: lost.pop() and None if lost else real(now=now))
    assert sealing.seal_all(now=world.now).size == 1
    assert lost == []
    world.grade(case="c-2")
    monkeypatch.setattr(sealing, "seal", lambda *, now: None)
    with pytest.raises(sealing.NotSealed):
        sealing.seal_all(now=world.now)
