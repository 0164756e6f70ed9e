import stat
from pathlib import Path
from typing import Any


def test_set_up_twice_makes_things_once_and_leaves_nothing_to_complain_about(own_hub: Any) -> None:
    data = Path(own_hub.environ["CLEANNET_DATA"])
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    before = {path.name: path.read_bytes() for path in (data / "keys").iterdir()}
    again = own_hub.cleannet("hub", "setup")
    assert (again.returncode, "Made the key" in again.stdout) == (0, False)
    assert {path.name: path.read_bytes() for path in (data / "keys").iterdir()} == before
    checked = own_hub.cleannet("hub", "check")
    assert (checked.returncode, checked.stdout) == (0, "Everything is as it should be.\n"), checked.stderr


def test_a_hub_that_was_not_set_up_is_told_so_and_does_not_serve(own_hub: Any, tmp_path: Path) -> None:
    own_hub.environ["CLEANNET_DATA"] = str(tmp_path / "nothing")
    checked = own_hub.cleannet("hub", "check")
    assert checked.returncode == 1
    assert "run `cleannet hub setup`" in checked.stdout
    served = own_hub.cleannet("hub", "serve")
    assert served.returncode == 1
    assert "run `cleannet hub setup`" in served.stderr


def test_keys_are_rotated_and_the_ledger_stays_verifiable(own_hub: Any) -> None:
    own_hub.work("write", "a", "0.1")
    assert own_hub.cleannet("hub", "tick", "--once").returncode == 0
    assert "destroyed master-1.key" in own_hub.cleannet("hub", "rotate-master").stdout
    assert "hub-2.pub" in own_hub.cleannet("hub", "rotate-signer").stdout
    assert "Tick brings rpz up to everything that stands." in own_hub.cleannet("hub", "redeliver").stdout
    own_hub.work("write", "b", "0.1")
    assert own_hub.cleannet("hub", "tick", "--once").returncode == 0
    verified = own_hub.cleannet("ledger", "verify")
    assert verified.returncode == 0, verified.stdout
    assert "2 heads" in verified.stdout
