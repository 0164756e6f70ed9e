from datetime import UTC, datetime

import pytest

from cleannet.core.policy_file import shipped
from cleannet.formats import ledger_record
from cleannet.hub.ledger import many, queries, sealing
from cleannet.hub.ledger.actions import Actor, EntryRefused
from cleannet.hub.ledger.many import Act
from cleannet.hub.ledger.models import Unsealed
from cleannet.hub.ledger.viewer import Viewer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
LAWS = list(shipped().values())


def act(number: int, role: str = "operator") -> Act:
    return Act(Actor("op1", role), {"case": "C"}, {"order": f"N-{number}"}, f"delivered:{number}", NOW)


def test_each_act_is_entered_once_and_sealed_as_any_other(django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(12):  # type: ignore[operator]  # pytest-django's fixture is not typed
        acts = [act(number) for number in range(300)]
        assert many.enter_many(kind="order.delivered", acts=acts, now=NOW, laws=LAWS) == 300
    again = [act(number) for number in range(298, 302)]
    assert many.enter_many(kind="order.delivered", acts=again, now=NOW, laws=LAWS) == 2
    found = list(queries.entries(Viewer("op1", "operator"), case="C"))
    assert sorted(entry.facts["order"] for entry in found) == sorted(f"N-{number}" for number in range(302))
    assert Unsealed.objects.count() == 302
    sealing.seal_all(now=NOW)
    assert not Unsealed.objects.exists()
    one = found[0]
    assert (one.digest, one.happened_at) == (ledger_record.digest_of(bytes(one.body)), NOW)


def test_what_a_law_speaks_of_goes_through_the_other_door() -> None:
    for kind in ("disposal.fed_back", "incident.noted"):
        with pytest.raises(ValueError, match="not entered many at once"):
            many.enter_many(kind=kind, acts=[act(1)], now=NOW, laws=LAWS)


def test_nobody_acts_out_of_his_role() -> None:
    with pytest.raises(EntryRefused, match="not_your_role"):
        many.enter_many(kind="order.delivered", acts=[act(1, "miit")], now=NOW, laws=LAWS)
    assert not Unsealed.objects.exists()
