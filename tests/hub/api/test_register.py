from datetime import timedelta

from tests.hub.api.conftest import Machine
from tests.hub.world import CENTRE, LAW, NOW, World, viewer

from cleannet.core.policy_file import shipped
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.parties import actions as parties

Machines = dict[str, Machine]
AT = NOW.isoformat()
SECOND = "incident_reporting_2025"


def test_contacts_are_changed_and_reported(machines: Machines) -> None:
    given = [{"part": part, "name": part, "phone": "025-1"} for part in ("leader", "head", "contact")]
    assert machines["op1"].post("/contacts", {"contacts": given, "changed_at": AT}).status_code == 201
    assert machines["op1"].post("/contacts/report").json() == {"duties": 2}
    assert machines["op1"].post("/contacts/report").status_code == 409
    assert [one["part"] for one in machines["miit"].get("/parties/op1/contacts").json()] == [
        "leader",
        "head",
        "contact",
    ]
    assert machines["zj"].get("/parties/op1/contacts").json() == []
    assert machines["op2"].get("/parties/op1/contacts").status_code == 404


def test_a_delegation_is_recorded_listed_and_ended(machines: Machines) -> None:
    body = {"policy": LAW, "rule": "10.3.notice", "delegate": "cncert"}
    assert machines["op1"].post("/delegations", body).status_code == 403
    made = machines["miit"].post("/delegations", body)
    assert made.status_code == 201
    assert [one["id"] for one in machines["cncert"].get("/delegations").json()] == [made.json()["id"]]
    assert machines["cncert"].post(f"/delegations/{made.json()['id']}/end").status_code == 404
    assert machines["miit"].post(f"/delegations/{made.json()['id']}/end").status_code == 200
    assert machines["miit"].get("/delegations").json() == []


def test_what_began_is_recorded_and_what_it_asks_for_fulfilled(machines: Machines) -> None:
    body = {"kind": "complaint.received", "said": "误封", "happened_at": AT}
    assert machines["op1"].post("/acts", body).status_code == 201
    assert machines["op1"].post("/acts", body | {"kind": "order.issued"}).status_code == 422
    (duty,) = [row for row in ledger.own_duties(viewer("op1")) if row.expects == "complaint.settled"]
    assert machines["op1"].post("/acts", body | {"happened_at": "0001-01-01T00:00:00+08:00"}).status_code == 422
    body = {"duty": duty.key, "said": "已解封", "happened_at": AT}
    assert machines["op2"].post("/duties/fulfil", body).status_code == 404
    assert machines["op1"].post("/duties/fulfil", body).status_code == 201
    assert machines["op1"].post("/duties/fulfil", body).status_code == 409


def test_facts_are_stated_a_grade_raised_and_a_case_annulled_by_two_persons(world: World, machines: Machines) -> None:
    parties.adopt(policy=shipped()[SECOND], actor=CENTRE, now=NOW - timedelta(hours=1))
    (case,) = world.tally("op1", 10_001, NOW).cases
    facts = {"policy": SECOND, "role": "network", "facts": {"people_leaked": 1_000_000}, "found_at": AT}
    (row,) = machines["op1"].post(f"/cases/{case}/facts", facts).json()
    assert (row["policy"], row["grade"], row["grader"]) == (SECOND, "III", "op1")
    assert machines["op1"].post(f"/cases/{case}/facts", facts).status_code == 409
    endless = facts | {"facts": {"people_leaked": 2**53}}
    assert machines["op1"].post(f"/cases/{case}/facts", endless).status_code == 422
    counted = facts | {"policy": LAW, "role": "operator", "facts": {"infected_24h": 200_000}}
    assert machines["op1"].post(f"/cases/{case}/facts", counted).json()["code"] == "incident.not_stated_by_hand"
    raised = machines["miit"].post(f"/cases/{case}/grade", {"grade": "II", "reason": "银行"})
    assert (raised.status_code, raised.json()["grade"]) == (201, "II")
    assert machines["miit"].post(f"/cases/{case}/grade", {"grade": "V", "reason": "x"}).status_code == 422
    assert machines["miit"].post(f"/cases/{case}/annulment", {"reason": "误报"}).status_code == 403
    people = []
    for name in ("one", "two"):
        person = parties.add_person(
            party="miit", username=name, password="a long and odd one 7", name=name, held=["notify"], now=NOW
        )
        people.append(
            Machine(parties.make_token(party="miit", label=name, held=["notify"], now=NOW, person=person.code))
        )
    assert people[0].post(f"/cases/{case}/annulment", {"reason": "误报"}).status_code == 200
    assert people[0].post(f"/cases/{case}/annulment/confirm").status_code == 409
    assert people[1].post(f"/cases/{case}/annulment/confirm").status_code == 200
    assert machines["op1"].get(f"/cases/{case}").json()["status"] == "annulled"
