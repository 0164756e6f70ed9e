from cleannet.hub import environment
from cleannet.hub.looking_settings import LOOKING


def test_nothing_goes_out_and_nothing_is_decided_unless_set() -> None:
    values = environment.read({})
    assert (values["PROBE_EGRESS"], values["PROBE_RDAP"], values["PROBE_CLOSED_NETWORKS"]) == ("", "", "")
    assert values["VERIFY_MINUTES"] == 0


def test_every_setting_of_looking_is_one_of_the_hubs_and_accepts_its_own_default() -> None:
    assert set(LOOKING) <= set(environment.SETTINGS)
    assert [one.name for one in LOOKING if isinstance(one.default, str) and one.accepts(one.default)] == []
