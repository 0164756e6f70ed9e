"""A small world for tests: MIIT, two bureaus, CNCERT, two operators with an edge each, a registrar, one program."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cleannet.core.allow import AllowLists
from cleannet.core.policy_file import shipped
from cleannet.core.tally import SLOT, Count, Loss, Slot, to_micros
from cleannet.formats import envelope, messages, tally
from cleannet.formats.moments import write_moment
from cleannet.hub.incidents import actions as incidents
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.ledger.viewer import Viewer
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.rights import HELD_BY
from cleannet.hub.programs import actions as programs
from cleannet.hub.watch import actions as watch

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
LAW = "mobile_malware_2011"
PROGRAM = "a.privacy.emial.d"
CENTRE = Actor("cncert", "cncert", "p-centre")
PARTIES = {
    "miit": ("工业和信息化部", "miit", "", ()),
    "cncert": ("国家互联网应急中心", "cncert", "", ()),
    "js": ("江苏省通信管理局", "bureau", "32", ()),
    "zj": ("浙江省通信管理局", "bureau", "33", ()),
    "op1": ("移动运营企业甲", "operator", "32", ("network",)),
    "op2": ("移动运营企业乙", "operator", "32", ()),
    "rr": ("域名注册服务机构丙", "registrar", "", ()),
    "cac-js": ("江苏省网信办", "cac", "32", ()),
}
# Branches of op1, registered by `World.branch_out`.
BRANCHES = {"op1-js": ("甲江苏公司", "operator", "32", ()), "op1-zj": ("甲浙江公司", "operator", "33", ())}


def viewer(code: str, person: str = "") -> Viewer:
    """Return a person of a party, with every right the role may hold."""
    _, role, province, _ = (PARTIES | BRANCHES)[code]
    return Viewer(code, role, province, person or f"p-{code}", HELD_BY.get(role, frozenset()))


@dataclass
class World:
    """Register everybody and let the operators' edges send tallies."""

    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)

    def populate(self, *, known: Collection[str] = ()) -> "World":
        """Register everybody but those who are `known` to the hub already."""
        parties.adopt(policy=shipped()[LAW], actor=CENTRE, now=NOW - timedelta(days=30))
        for code, (zh, role, province, also) in PARTIES.items():
            if code in known:
                continue
            parties.register(
                code=code,
                zh=zh,
                en=code,
                role=role,
                province=province,
                also=also,
                actor=CENTRE,
                now=NOW - timedelta(days=20),
            )
        programs.add_program(code=PROGRAM, zh="窃取", behaviour="窃取短信", harm="信息泄露", systems="Android", now=NOW)
        for text, role in (("c2.evil-emial.example.com", "control"), ("dl.evil-emial.example.net", "distribution")):
            programs.add_indicator(program=PROGRAM, text=text, role=role, source="test", allow=AllowLists(), now=NOW)
        for code in ("op1", "op2"):
            self.keys[code] = envelope.new_key()
            watch.enrol(
                edge=f"edge-{code}",
                party=code,
                province="32",
                public_key=envelope.write_public(self.keys[code].public_key()),
                now=NOW,
            )
        return self

    def branch_out(self) -> "World":
        """Register two branches of op1, each with an edge."""
        for code, (zh, role, province, _) in BRANCHES.items():
            parties.register(
                code=code, zh=zh, en=code, role=role, province=province, group="op1", actor=CENTRE, now=NOW
            )
            self.keys[code] = envelope.new_key()
            public = envelope.write_public(self.keys[code].public_key())
            watch.enrol(edge=f"edge-{code}", party=code, province=province, public_key=public, now=NOW)
        return self

    def message(self, party: str, infected: int, now: datetime, **given: object) -> bytes:
        """Return a signed tally of `infected` numbers seen in the hour before `now`, next in the edge's sequence."""
        sequence = int(str(given.get("sequence", self.sequences.get(party, 0) + 1)))
        self.sequences[party] = max(sequence, self.sequences.get(party, 0))
        document = tally_document(infected, now, **given)
        message = messages.TallyMessage(
            f"edge-{party}",
            party,
            sequence,
            str(document["batch"]),
            int(str(given.get("revision", sequence))),
            None,
            now,
            dict(document),
        )
        key = self.keys[party]
        return envelope.sign(message.write(), key, envelope.key_id(key.public_key()), "tally")

    def tally(self, party: str, infected: int, now: datetime, **given: object) -> incidents.Receipt:
        """Send such a tally to the hub."""
        return incidents.receive_tally(data=self.message(party, infected, now, **given), viewer=viewer(party), now=now)

    def beat(self, party: str, now: datetime, *, rows: datetime | None, sequence: int | None = None) -> None:
        """Send a heartbeat that covers one log up to `rows`, with all tallies sent unless `sequence` says otherwise."""
        last = self.sequences.get(party, 0) if sequence is None else sequence
        source = messages.CoveredSource("dns.log", 1, rows)
        made = messages.Heartbeat(f"edge-{party}", party, "32", now, last, None, (source,))
        key = self.keys[party]
        data = envelope.sign(made.write(), key, envelope.key_id(key.public_key()), "heartbeat")
        watch.take_heartbeat(data=data, party=party, now=now)


def tally_document(
    infected: int,
    now: datetime,
    *,
    loss_fen: int = 0,
    program: str = PROGRAM,
    batch: str = "day",
    subscribers: str = "numbers",
    found_at: datetime | None = None,
    province: str = "32",
    shares: Mapping[str, int] | None = None,
    thresholds: Iterable[int] = (10_000, 50_000, 100_000),
    also: Iterable[str] = (),
    joined: int = 0,
    unchanged: Sequence[str] = (),
    **_: object,
) -> Mapping[str, object]:
    """Return a tally of `infected` numbers of one province, or of as many of each province as `shares` says.

    The programs `also` are counted just so. At `now` another `joined` numbers were seen.
    """
    count = _count(infected, now - timedelta(hours=1), thresholds, now if joined else None, joined)
    counts = {code: _count(share, now - timedelta(hours=1), thresholds) for code, share in (shares or {}).items()}
    loss = Loss()
    if loss_fen:
        loss.add(b"record", loss_fen)
    counted = tally.ProgramTally(
        program,
        count.subscribers,
        tally.scale_of(count, counts or {province: count}),
        tally.Scale(),
        loss.total,
        loss.records,
    )
    return {
        "schema": tally.SCHEMA,
        "subscribers": subscribers,
        "window": "24h",
        "found_at": write_moment(found_at or now),
        "batch": batch,
        "release": None,
        "sources": [],
        "programs": [tally.write_program(replace(counted, program=code)) for code in (program, *also)],
        "unchanged": list(unchanged),
    }


def _count(
    infected: int, start: datetime, thresholds: Iterable[int], later: datetime | None = None, joined: int = 0
) -> Count:
    """Return the count of `infected` numbers that were all seen at once, and of those `joined` later."""
    if not infected:
        return Count(0, 0, None, {}, ())
    at = to_micros(start)
    slot = at - at % SLOT
    curve = [Slot(slot, 0, infected), Slot(slot + SLOT, infected, infected)]
    if later is not None:
        at = to_micros(later)
        curve.append(Slot(at - at % SLOT, infected, infected + joined))
    most = infected + joined
    return Count(most, most, at, {over: at for over in thresholds if most > over}, curve)
