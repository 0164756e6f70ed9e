from datetime import timedelta
from pathlib import Path

import pytest
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.core.allow import ORDINARY, AllowLists, Listed
from cleannet.formats import canonical, release
from cleannet.hub.keyring import Keyring
from cleannet.hub.programs import actions, queries
from cleannet.hub.programs.actions import ProgramRefused

pytestmark = pytest.mark.django_db


def add(text: str, role: str = "control", program: str = PROGRAM, allow: AllowLists | None = None) -> None:
    actions.add_indicator(program=program, text=text, role=role, source="test", allow=allow or AllowLists(), now=NOW)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"text": "*.com"}, "program.not_understood"),
        ({"text": "10.0.0.1"}, "program.not_understood"),
        ({"text": "evil.example.org", "role": "mirror"}, "program.unknown_resource"),
        ({"text": "evil.example.org", "program": "nobody"}, "program.unknown"),
        ({"text": "C2.Evil-Emial.example.com."}, "program.indicator_known"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(given: dict[str, str], code: str) -> None:
    World().populate()
    with pytest.raises(ProgramRefused) as refused:
        add(**given)  # type: ignore[arg-type] - a table of arguments
    assert refused.value.code == code


def test_a_name_on_an_allow_list_is_kept_held_and_not_published() -> None:
    World().populate()
    allow = AllowLists([Listed("alog.umeng.com", ORDINARY, "ordinary services")])
    add("alog.umeng.com", allow=allow)
    held = [one for one in queries.resources(viewer("op1"), PROGRAM) if one.held]
    assert [(one.text, one.reason) for one in held] == [("alog.umeng.com", "ordinary")]
    published = release.read(_payload(actions.publish(now=NOW).envelope))
    assert "alog.umeng.com" not in {one.pattern.text for one in published.indicators}
    assert len(published.indicators) == 2


def _payload(envelope: bytes) -> bytes:
    return bytes(canonical.decode(bytes(envelope))["payload"].encode())


def test_releases_are_numbered_signed_and_end(data_folder: Path) -> None:
    World().populate()
    assert queries.latest_release(after=0, now=NOW) is None
    first, second = actions.publish(now=NOW), actions.publish(now=NOW + timedelta(hours=1))
    assert (first.number, second.number) == (1, 2)
    keys = Keyring(data_folder).verifiers()
    assert release.accept(bytes(second.envelope), keys, NOW + timedelta(hours=1)).number == 2
    assert queries.latest_release(after=1, now=NOW + timedelta(hours=2)) == second
    assert queries.latest_release(after=2, now=NOW + timedelta(hours=2)) is None
    assert queries.latest_release(after=0, now=NOW + timedelta(days=60)) is None


def test_a_program_keeps_its_first_description() -> None:
    World().populate()
    assert actions.add_program(code=PROGRAM, zh="另一个", now=NOW).zh == "窃取"
    with pytest.raises(ProgramRefused, match="bad_code"):
        actions.add_program(code="a b", now=NOW)
