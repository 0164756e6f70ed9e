import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from tests.hub.world import CENTRE, LAW, NOW, World, viewer

from cleannet.core.policy_file import parse, shipped
from cleannet.formats.ledger_verification import verify
from cleannet.hub.jobs.lanes import turn_calendar
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.ledger import sealing, stored
from cleannet.hub.ledger.actions import Actor
from cleannet.hub.parties import actions, queries
from cleannet.hub.parties.actions import PartyRefused

pytestmark = pytest.mark.django_db
MIIT = Actor("miit", "miit", "p-miit")


def test_a_registered_party_owes_its_contacts_and_its_mechanism() -> None:
    World().populate()
    owed = {
        (duty.owes, duty.article) for duty in ledger.open_duties(viewer("cncert")) if duty.expects != "circular.issued"
    }
    assert {("op1", "七"), ("op1", "十七"), ("rr", "七"), ("js", "十七")} <= owed
    assert not {("miit", "七"), ("miit", "十七"), ("js", "七")} & owed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": "Bad Code"}, "party.bad_code"),
        ({"code": "op1"}, "party.known"),
        ({"role": "king"}, "party.unknown_role"),
        ({"also": ("king",)}, "party.unknown_role"),
    ],
)
def test_what_cannot_be_registered_is_refused_and_leaves_nothing(change: dict[str, object], code: str) -> None:
    World().populate()
    before = len(ledger.entries(viewer("cncert")))
    given = {"code": "new", "zh": "新", "en": "New", "role": "operator", "actor": CENTRE, "now": NOW, **change}
    with pytest.raises(PartyRefused) as refused:
        actions.register(**given)  # type: ignore[arg-type] - a table of changes to any argument
    assert refused.value.code == code
    assert len(ledger.entries(viewer("cncert"))) == before


def test_a_person_logs_in_with_the_password_given_and_holds_only_the_rights_of_the_role() -> None:
    World().populate()
    actions.add_person(party="op1", username="li", password="a long and odd one 7", name="李", held=["report"], now=NOW)
    found = queries.viewer_of(authenticate(username="li", password="a long and odd one 7"))
    assert found is not None
    assert (found.party, found.role, found.province, set(found.rights)) == ("op1", "operator", "32", {"report"})
    assert authenticate(username="li", password="guess") is None
    for change, code in (
        ({"username": "li"}, "party.username_taken"),
        ({"held": ["verify"]}, "party.right_not_held"),
        ({"party": "nobody"}, "party.unknown"),
        ({"password": "short"}, "party.weak_password"),
    ):
        given = {
            "party": "op1",
            "username": "wu",
            "password": "another odd one 8",
            "name": "吴",
            "held": ["report"],
            "now": NOW,
        }
        with pytest.raises(Exception, match=code):
            actions.add_person(**{**given, **change})  # type: ignore[arg-type] - a table of changes


def test_a_token_is_shown_once_expires_and_can_be_revoked() -> None:
    World().populate()
    token = actions.make_token(party="op1", label="edge", held=["submit"], now=NOW, days=2)
    found = queries.viewer_of_token(token, now=NOW)
    assert found is not None
    assert (found.party, found.person, set(found.rights)) == ("op1", "", {"submit"})
    assert queries.viewer_of_token(token + "x", now=NOW) is None
    assert queries.viewer_of_token(token, now=NOW + timedelta(days=2)) is None
    with pytest.raises(PartyRefused, match="right_not_held"):
        actions.make_token(party="op1", label="edge", held=["verify"], now=NOW)
    digest = hashlib.sha256(token.encode()).hexdigest()

    actions.revoke_token(digest=digest, now=NOW)
    assert queries.viewer_of_token(token, now=NOW) is None
    with pytest.raises(PartyRefused, match="no_token"):
        actions.revoke_token(digest=digest, now=NOW)


def test_a_corrected_law_is_another_adoption_and_moves_no_duty() -> None:
    World().populate()
    before = {duty.key: duty.digest for duty in ledger.duties(viewer("cncert"))}
    corrected = parse(shipped()[LAW].text + "\n# corrected\n", f"{LAW}.toml")
    later = NOW + timedelta(days=1)
    actions.adopt(policy=corrected, actor=CENTRE, now=later)
    actions.adopt(policy=corrected, actor=CENTRE, now=later)
    assert [law.digest for law in queries.laws(now=later)] == [corrected.digest]
    assert {duty.key: duty.digest for duty in ledger.duties(viewer("cncert"))} == before
    assert queries.law(shipped()[LAW].digest).id == LAW
    assert len(ledger.entries(viewer("cncert"), kind="policy.adopted")) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rule": "10.2.urgent"}, "party.not_delegable"),
        ({"rule": "no.rule"}, "party.not_delegable"),
        ({"policy": "no_law"}, "party.not_delegable"),
        ({"delegate": "op1"}, "party.wrong_delegate"),
        ({"case": "C" * 65}, "party.text_too_long"),
    ],
)
def test_only_what_the_law_lets_be_delegated_is(change: dict[str, str], code: str) -> None:
    World().populate()
    given = {"policy": LAW, "rule": "10.3.notice", "delegate": "cncert", **change}
    with pytest.raises(PartyRefused) as refused:
        actions.delegate(actor=MIIT, now=NOW, **given)
    assert refused.value.code == code


def test_a_delegation_is_recorded_once() -> None:
    World().populate()
    for _ in range(2):
        actions.delegate(policy=LAW, rule="10.3.notice", delegate="cncert", actor=MIIT, now=NOW)
    assert len(ledger.entries(viewer("cncert"), kind="delegation.recorded")) == 1
    (row,) = queries.standing(now=NOW)["participants"].delegations
    assert (row.delegator, row.delegate, row.case) == ("miit", "cncert", "")


def test_an_overlay_that_does_not_fit_its_law_is_not_adopted() -> None:
    World().populate()
    text = (
        'format = 1\nid = "rules"\ntitle = {zh = "细则", en = "Rules"}\ndocument = "x"\n'
        f'in_force = {{from = 2026-11-01}}\noverlays = "{LAW}"\n[[change]]\nduty = "no.duty"\narticle = "一"\n'
    )
    with pytest.raises(PartyRefused, match="overlay_wrong"):
        actions.adopt(policy=parse(text, "rules.toml"), actor=CENTRE, now=NOW)
    fitting = parse(text.replace("no.duty", "11.4.urgent") + 'limit = "1h"\n', "rules.toml")
    actions.adopt(policy=fitting, actor=CENTRE, now=NOW)
    assert [overlay.id for overlay in queries.standing(now=NOW)["overlays"]] == ["rules"]


def special(identity: str, extra: str, limit: str = "1h") -> str:
    return f"""format = 1
id = "{identity}"
title = {{zh = "特殊时期要求", en = "Requirements of a special period"}}
document = "案例"
in_force = {{from = 2026-11-20, to = 2026-11-25}}
overlays = "{LAW}"
special_period = true
{extra}
[[change]]
duty = "10.2.urgent"
article = "十六"
limit = "{limit}"
"""


DAILY = """
[[duty]]
id = "daily.{0}"
article = "十六"
text = {{zh = "每日报告", en = "Report every day"}}
when = "period.day"
owes = "role:operator"
start = "month"
limit = "24h"
to = ["miit"]
expects = "incident.reported"
per = "party+day"
"""


@pytest.mark.parametrize(("extra", "restated"), [("", False), ("retroactive = true", True)])
def test_only_a_retroactive_overlay_reaches_a_running_duty_and_the_record_bears_it_out(
    extra: str, restated: bool
) -> None:
    (case,) = World().populate().tally("op1", 60_000, NOW).cases
    (before,) = [duty for duty in ledger.duties(viewer("op1"), case=case) if duty.rule == "10.2.urgent"]
    later = NOW + timedelta(minutes=20)
    actions.adopt(policy=parse(special("s2026", extra), "s2026.toml"), actor=CENTRE, now=later)
    rows = [duty for duty in ledger.duties(viewer("op1"), case=case) if duty.rule == "10.2.urgent"]
    running = [duty for duty in rows if duty.open]
    assert [duty.due for duty in running] == [NOW + timedelta(hours=1 if restated else 2)]
    assert [duty.article for duty in running] == ["十六" if restated else "十(二)"]
    assert [duty.key == before.key for duty in running] == [not restated]
    keys = Keyring(settings.CLEANNET_DATA).verifiers()
    assert verify(stored.records(), keys).whole
    sealing.seal(now=later)
    export = stored.proven(case)
    assert verify(export, keys, complete=False).whole


def test_the_days_of_a_special_period_open_daily_duties_once_each() -> None:
    World().populate()
    actions.adopt(policy=parse(special("s2026", "") + DAILY.format("s"), "s2026.toml"), actor=CENTRE, now=NOW)
    for later in (timedelta(hours=1), timedelta(days=1), timedelta(days=1), timedelta(days=9)):
        turn_calendar(NOW + later)
    daily = [duty for duty in ledger.duties(viewer("op1")) if duty.rule == "daily.s" and duty.owes == "op1"]
    assert sorted(duty.scope["day"] for duty in daily) == ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]
    assert {duty.due for duty in daily if duty.scope["day"] == "2026-11-22"} == {datetime(2026, 11, 22, 16, tzinfo=UTC)}


def test_two_overlays_adding_a_duty_of_one_id_are_not_both_adopted() -> None:
    World().populate()
    for identity, refused in (("s2026", ""), ("t2026", "is added by “s2026” already")):
        policy = parse(special(identity, "") + DAILY.format("s"), f"{identity}.toml")
        if refused:
            with pytest.raises(PartyRefused, match=refused):
                actions.adopt(policy=policy, actor=CENTRE, now=NOW)
        else:
            actions.adopt(policy=policy, actor=CENTRE, now=NOW)


def test_a_delegation_is_the_owing_partys_and_ends_when_it_says_so() -> None:
    World().populate()
    given = {"policy": LAW, "rule": "10.3.notice", "delegate": "cncert", "now": NOW}
    with pytest.raises(PartyRefused, match="not_yours_to_delegate"):
        actions.delegate(actor=CENTRE, **given)
    made = actions.delegate(actor=MIIT, **given)
    assert [row.pk for row in queries.delegations(viewer("cncert"))] == [made.pk]
    assert list(queries.delegations(viewer("op1"))) == []
    with pytest.raises(PartyRefused, match="no_delegation"):
        actions.end_delegation(number=made.pk, actor=CENTRE, now=NOW)
    actions.end_delegation(number=made.pk, actor=MIIT, now=NOW)
    assert list(queries.delegations(viewer("miit"))) == []
    assert [entry.recipients for entry in ledger.entries(viewer("miit"), kind="delegation.ended")] == [("cncert",)]
    with pytest.raises(PartyRefused, match="no_delegation"):
        actions.end_delegation(number=made.pk, actor=MIIT, now=NOW)


def test_a_person_says_how_to_be_reached_and_a_program_does_not() -> None:
    World().populate()
    person = actions.add_person(
        party="op1", username="li", password="a long and odd one 7", name="李", held=["report"], now=NOW
    )
    actions.set_details(person=person.code, phone=" 025-1 ", mail="li@op1.example")
    person.refresh_from_db()
    assert (person.phone, person.mail) == ("025-1", "li@op1.example")
    with pytest.raises(PartyRefused, match="no_person"):
        actions.set_details(person="", phone="1", mail="")
    for given in ({"phone": "1" * 41, "mail": ""}, {"phone": "", "mail": "m" * 201}):
        with pytest.raises(PartyRefused, match="text_too_long"):
            actions.set_details(person=person.code, **given)


def test_a_branch_names_a_group_of_its_role_that_is_no_branch() -> None:
    World().populate().branch_out()
    assert queries.party("op1-js").group_id == "op1"
    assert (queries.family("op1"), queries.family("op1-js")) == (["op1", "op1-js", "op1-zj"], ["op1-js"])
    assert queries.heads(["op1-js", "op1", "rr"]) == {"op1-js": "op1", "op1": "op1", "rr": "rr"}
    for code, role, group in (("x1", "operator", "op1-js"), ("x2", "registrar", "op1"), ("x3", "operator", "nobody")):
        with pytest.raises(PartyRefused, match="no_group"):
            actions.register(code=code, zh=code, en=code, role=role, group=group, actor=CENTRE, now=NOW)
    seen = {code: {party.code for party in queries.parties(viewer(code))} for code in ("op1", "op1-js", "op2")}
    assert {"op1", "op1-js", "op1-zj"} <= seen["op1"]
    assert {"op1", "op1-js"} <= seen["op1-js"]
    assert "op1-zj" not in seen["op1-js"]
    assert not {"op1", "op1-js"} & seen["op2"]
