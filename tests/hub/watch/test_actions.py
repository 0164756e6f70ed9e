import hashlib
from datetime import timedelta
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.formats import envelope, messages
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger.queries import Entry
from cleannet.hub.programs.actions import ProgramRefused
from cleannet.hub.watch import actions, queries
from cleannet.hub.watch.actions import MessageRefused
from cleannet.hub.watch.models import Key, Message, Reading

pytestmark = pytest.mark.django_db


def beat(world: World, party: str, clock_ahead: timedelta = timedelta(), edge: str = "", sequence: int = 0) -> bytes:
    key = world.keys[party]
    made = messages.Heartbeat(
        edge or f"edge-{party}",
        party,
        "32",
        NOW + clock_ahead,
        sequence,
        1,
        (messages.CoveredSource("dns.log", 10, NOW), messages.CoveredSource("http.log", 0, None)),
    )
    return envelope.sign(made.write(), key, envelope.key_id(key.public_key()), "heartbeat")


def refused(world: World, data: bytes, party: str = "op1") -> str:
    before = len(ledger.entries(viewer("cncert")))
    with pytest.raises(MessageRefused) as told:
        incidents.receive_tally(data=data, viewer=viewer(party), now=NOW)
    assert len(ledger.entries(viewer("cncert"))) == before
    return told.value.code


def test_what_is_unsigned_or_changed_is_refused() -> None:
    world = World().populate()
    good = world.message("op1", 5, NOW)
    assert refused(world, b"{}") == "message.unsigned"
    assert refused(world, good.replace(b'\\"hits\\":5', b'\\"hits\\":6')) == "message.unsigned"
    assert refused(world, beat(world, "op1")) == "message.unsigned"


def test_an_edge_speaks_for_its_own_party_only() -> None:
    world = World().populate()
    assert refused(world, world.message("op1", 5, NOW), party="op2") == "message.unknown_edge"
    world.keys["op1"], world.keys["op2"] = world.keys["op2"], world.keys["op1"]
    assert refused(world, world.message("op1", 5, NOW)) == "message.unknown_edge"
    assert refused(world, world.message("op2", 5, NOW), party="op1") == "message.not_yours"


def test_a_revoked_edge_is_not_believed() -> None:
    world = World().populate()
    actions.revoke(edge="edge-op1", now=NOW)
    assert refused(world, world.message("op1", 5, NOW)) == "message.revoked"
    with pytest.raises(MessageRefused, match="unknown_edge"):
        actions.revoke(edge="edge-op1", now=NOW)


def test_an_edge_that_is_revoked_while_its_message_waits_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World().populate()
    revoking = partial(actions.revoke, edge="edge-op1", now=NOW)
    monkeypatch.setattr(actions, "_check_sender", lambda *_: revoking())
    assert refused(world, world.message("op1", 5, NOW)) == "message.revoked"
    with pytest.raises(MessageRefused, match=r"message\.revoked"):
        actions.take_rotation(data=rotation(world, envelope.new_key()), party="op1", now=NOW)


def test_a_repeated_message_is_answered_and_changes_nothing() -> None:
    world = World().populate()
    data = world.message("op1", 12_000, NOW)
    first = incidents.receive_tally(data=data, viewer=viewer("op1"), now=NOW)
    before = len(ledger.entries(viewer("cncert")))
    again = incidents.receive_tally(data=data, viewer=viewer("op1"), now=NOW + timedelta(hours=1))
    assert (first.again, again.again, again.cases) == (False, True, first.cases)
    assert len(ledger.entries(viewer("cncert"))) == before


def test_another_message_under_a_used_number_is_refused() -> None:
    world = World().populate()
    world.tally("op1", 5, NOW)
    assert refused(world, world.message("op1", 6, NOW, sequence=1)) == "message.replayed"


def test_a_gap_is_refused_and_the_missing_message_heals_it() -> None:
    world = World().populate()
    first, second = world.message("op1", 5, NOW), world.message("op1", 6, NOW)
    assert refused(world, second) == "message.gap"
    incidents.receive_tally(data=first, viewer=viewer("op1"), now=NOW)
    incidents.receive_tally(data=second, viewer=viewer("op1"), now=NOW)
    assert queries.scale(PROGRAM, party="op1").infected == 6


def test_a_program_nobody_knows_is_counted_and_named_later() -> None:
    world = World().populate()
    data = world.message("op1", 100_001, NOW, program="某 变种")
    first = incidents.receive_tally(data=data, viewer=viewer("op1"), now=NOW)
    assert (first.provisional, len(first.cases)) == (("某 变种",), 1)
    assert incidents.receive_tally(data=data, viewer=viewer("op1"), now=NOW).provisional == ("某 变种",)
    assert world.tally("op1", 100_002, NOW, program="某 变种").provisional == ()
    assert [found.code for found in queries.unnamed(viewer("miit"))] == ["某 变种"]
    assert queries.scale("某 变种").infected == 100_002


@pytest.mark.parametrize(("more", "code"), [(0, ""), (1, "message.too_many_programs")])
def test_names_do_not_fill_the_hub(more: int, code: str) -> None:
    world = World().populate()
    names = [f"new.{number}" for number in range(actions.NEW_PROGRAMS + more)]
    data = world.message("op1", 5, NOW, also=names)
    if code:
        assert refused(world, data) == code
        assert not queries.unnamed(viewer("miit")).exists()
    else:
        assert len(incidents.receive_tally(data=data, viewer=viewer("op1"), now=NOW).provisional) == len(names)


def test_a_name_that_is_none_is_refused() -> None:
    world = World().populate()
    with pytest.raises(ProgramRefused, match="bad_code"):
        world.tally("op1", 5, NOW, program="a\tb")


def test_a_clock_ahead_of_the_hubs_is_refused() -> None:
    world = World().populate()
    assert refused(world, world.message("op1", 5, NOW, found_at=NOW + timedelta(minutes=5))) == "message.clock_ahead"


def test_a_revision_replaces_all_but_what_it_leaves_unchanged_and_an_older_one_is_refused() -> None:
    world = World().populate()
    world.tally("op1", 50, NOW, revision=5, also=["new.one", "new.two"])
    world.tally("op1", 60, NOW + timedelta(hours=1), revision=6, unchanged=["new.one"])
    assert {one.found_at for one in Reading.objects.all()} == {NOW + timedelta(hours=1)}
    assert [queries.scale(name, party="op1").infected for name in (PROGRAM, "new.one", "new.two")] == [60, 50, 0]
    assert refused(world, world.message("op1", 70, NOW, revision=6)) == "message.old_revision"
    assert (
        refused(world, world.message("op1", 70, NOW, revision=7, sequence=3, unchanged=["new.two"]))
        == "message.not_whole"
    )


def test_a_tally_that_is_none_is_refused() -> None:
    world = World().populate()
    key = world.keys["op1"]
    data = envelope.sign(b'{"schema":1}', key, envelope.key_id(key.public_key()), "tally")
    assert refused(world, data) == "message.malformed"


def test_a_heartbeat_says_what_is_covered_and_an_older_one_changes_nothing() -> None:
    world = World().populate()
    actions.take_heartbeat(data=beat(world, "op1"), party="op1", now=NOW)
    actions.take_heartbeat(data=beat(world, "op1", -timedelta(hours=1)), party="op1", now=NOW)
    (covered,) = queries.coverage(viewer("op1"), now=NOW)
    assert (covered.clock, covered.silent, len(covered.sources)) == (NOW, False, 2)
    for data, code in (
        (beat(world, "op1", timedelta(hours=1)), "message.clock_ahead"),
        (beat(world, "op1", edge="edge-op2"), "message.not_yours"),
        (world.message("op1", 5, NOW), "message.unsigned"),
    ):
        with pytest.raises(MessageRefused) as told:
            actions.take_heartbeat(data=data, party="op1", now=NOW)
        assert told.value.code == code


def test_an_edge_is_enrolled_once_with_a_key() -> None:
    world = World().populate()
    key = envelope.write_public(world.keys["op1"].public_key())
    with pytest.raises(MessageRefused, match="edge_known"):
        actions.enrol(edge="edge-op1", party="op1", province="32", public_key=key, now=NOW)
    with pytest.raises(MessageRefused, match="edge_known"):
        actions.enrol(edge="edge-3", party="op1", province="32", public_key=key, now=NOW)
    with pytest.raises(MessageRefused, match="malformed"):
        actions.enrol(edge="edge-3", party="op1", province="32", public_key="no key", now=NOW)


def rotation(world: World, new: Ed25519PrivateKey, **given: object) -> bytes:
    signer = world.keys["op1"]
    values = {"edge": "edge-op1", "party": "op1", "clock": NOW} | given
    made = messages.Rotation(public_key=envelope.write_public(new.public_key()), **values)  # type: ignore[arg-type] - a table of values
    return envelope.sign(made.write(), signer, envelope.key_id(signer.public_key()), "rotation")


def test_two_keys_are_believed_until_the_first_tally_under_the_new() -> None:
    world = World().populate()
    old, new = world.keys["op1"], envelope.new_key()
    waiting = world.message("op1", 5, NOW)
    for _ in range(2):
        actions.take_rotation(data=rotation(world, new), party="op1", now=NOW)
    incidents.receive_tally(data=waiting, viewer=viewer("op1"), now=NOW)
    world.keys["op1"] = new
    actions.take_heartbeat(data=beat(world, "op1"), party="op1", now=NOW)
    world.keys["op1"] = old
    world.tally("op1", 6, NOW)
    world.keys["op1"] = new
    world.tally("op1", 7, NOW)
    assert queries.scale(PROGRAM, party="op1").infected == 7
    world.keys["op1"] = old
    assert refused(world, world.message("op1", 8, NOW)) == "message.key_superseded"
    assert [(key.number, key.until) for key in Key.objects.filter(edge="edge-op1").order_by("number")] == [
        (1, NOW),
        (2, None),
    ]


def test_only_the_newest_key_names_the_next() -> None:
    world = World().populate()
    new, third = envelope.new_key(), envelope.new_key()
    told = actions.take_rotation(data=rotation(world, new), party="op1", now=NOW)
    assert told.id == envelope.key_id(new.public_key())
    for data, party, code in (
        (rotation(world, third), "op1", "message.key_superseded"),
        (rotation(world, third), "op2", "message.unknown_edge"),
        (rotation(world, third).replace(b"edge-op1", b"edge-op2"), "op1", "message.unsigned"),
        (beat(world, "op1"), "op1", "message.unsigned"),
    ):
        with pytest.raises(MessageRefused) as why:
            actions.take_rotation(data=data, party=party, now=NOW)
        assert why.value.code == code
    world.keys["op1"] = new
    for given, code in (
        ({"edge": "edge-op2"}, "message.not_yours"),
        ({"party": "op2"}, "message.not_yours"),
        ({"clock": NOW + timedelta(minutes=5)}, "message.clock_ahead"),
    ):
        with pytest.raises(MessageRefused) as why:
            actions.take_rotation(data=rotation(world, third, **given), party="op1", now=NOW)
        assert why.value.code == code
    with pytest.raises(MessageRefused, match="edge_known"):
        actions.take_rotation(data=rotation(world, world.keys["op2"]), party="op1", now=NOW)
    key_id = envelope.key_id(new.public_key())
    with pytest.raises(MessageRefused, match="malformed"):
        actions.take_rotation(data=envelope.sign(b"{}", new, key_id, "rotation"), party="op1", now=NOW)
    assert Key.objects.filter(edge="edge-op1").count() == 2


def test_revoking_an_edge_ends_both_keys() -> None:
    world = World().populate()
    new = envelope.new_key()
    actions.take_rotation(data=rotation(world, new), party="op1", now=NOW)
    actions.revoke(edge="edge-op1", now=NOW)
    assert set(Key.objects.filter(edge="edge-op1").values_list("until", flat=True)) == {NOW}
    for key in (world.keys["op1"], new):
        world.keys["op1"] = key
        assert refused(world, world.message("op1", 5, NOW, sequence=1)) == "message.revoked"
        with pytest.raises(MessageRefused, match="revoked"):
            actions.take_rotation(data=rotation(world, envelope.new_key()), party="op1", now=NOW)


def digested() -> list[Entry]:
    return list(ledger.entries(viewer("cncert"), kind="readings.digested"))


def test_readings_are_digested_once_an_hour() -> None:
    world = World().populate()
    world.tally("op1", 5, NOW)
    assert actions.digest_readings(now=NOW + queries.HOUR) == 0
    for made in (1, 0):
        assert actions.digest_readings(now=NOW + queries.HOUR + actions.COMMITTED_WITHIN) == made
    (entry,) = digested()
    assert entry.facts["messages"] == 1
    assert actions.digest_readings(now=NOW + 5 * queries.HOUR) == 0
    assert len(digested()) == 1


def test_a_hub_that_was_down_catches_up_hour_by_hour() -> None:
    world = World().populate()
    world.tally("op1", 5, NOW)
    actions.digest_readings(now=NOW + 2 * queries.HOUR)
    for hour, count in ((3, 2), (4, 1), (9, 1)):
        for n in range(count):
            world.tally("op1", 5, NOW + hour * queries.HOUR + timedelta(minutes=n))
    assert actions.digest_readings(now=NOW + 30 * queries.HOUR) == 3
    assert [(entry.happened_at - NOW, entry.facts["messages"]) for entry in digested()] == [
        (1 * queries.HOUR, 1),
        (4 * queries.HOUR, 2),
        (5 * queries.HOUR, 1),
        (10 * queries.HOUR, 1),
    ]


def test_a_message_that_is_taken_away_is_missed() -> None:
    world = World().populate()
    for party in ("op1", "op2", "op1"):
        world.tally(party, 5, NOW)
    actions.digest_readings(now=NOW + 2 * queries.HOUR)
    (entry,) = digested()

    def proven() -> bool:
        (digests,) = queries.hours_received(after=NOW, before=NOW + queries.HOUR).values()
        return entry.facts["digest"] == hashlib.sha256("\n".join(digests).encode()).hexdigest()

    assert proven()
    Message.objects.filter(edge="edge-op1", sequence=1).delete()
    assert not proven()
