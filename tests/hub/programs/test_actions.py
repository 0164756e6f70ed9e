from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.hub.world import NOW, PROGRAM, World, viewer

from cleannet.core.allow import ORDINARY, AllowLists, Listed
from cleannet.core.refusal import Refusal
from cleannet.formats import canonical, delta, release
from cleannet.hub.keyring import Keyring
from cleannet.hub.programs import actions, queries
from cleannet.hub.programs.actions import ProgramRefused
from cleannet.hub.programs.models import Indicator, Release
from cleannet.hub.programs.queries import NoProgram

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


def after(number: int, now: datetime, party: str = "op1") -> bytes | None:
    return queries.release_after(viewer(party), after=number, now=now)


def test_who_has_a_release_is_sent_the_way_to_the_newest(data_folder: Path) -> None:
    World().populate()
    for number in range(200):
        add(f"n{number}.evil.example")
    first = actions.publish(now=NOW)
    add("new.evil.example")
    later = NOW + timedelta(hours=1)
    second = actions.publish(now=later)
    way = after(1, later)
    assert way is not None
    assert len(way) < 2_500 < len(second.envelope)
    assert delta.apply(way, bytes(first.envelope), Keyring(data_folder).verifiers()) == bytes(second.envelope)
    assert after(7, later) is None
    Release.objects.filter(number=1).delete()
    assert after(1, later) == bytes(second.envelope)


def test_a_party_with_releases_of_its_own_gets_those(data_folder: Path) -> None:
    World().populate()
    for number in range(50):
        add(f"n{number}.evil.example")
    actions.publish(now=NOW)
    own = actions.publish(now=NOW, audience="op2")
    third = actions.publish(now=NOW)
    assert after(0, NOW, "op2") == bytes(own.envelope)
    assert after(1, NOW, "op2") == bytes(own.envelope)
    assert after(2, NOW, "op2") is None
    assert after(0, NOW) == bytes(third.envelope)
    assert after(2, NOW) == bytes(third.envelope)
    assert len(after(1, NOW) or b"") < len(third.envelope)
    with pytest.raises(Refusal):
        actions.publish(now=NOW, audience="nobody")


def test_a_release_names_the_list_and_no_folder_of_this_machine() -> None:
    World().populate()
    source = "/srv/lists/android_x.txt"
    actions.add_indicator(
        program=PROGRAM, text="x.evil.example", role="control", source=source, line=9, allow=AllowLists(), now=NOW
    )
    found = release.read(_payload(actions.publish(now=NOW).envelope)).indicators
    assert ("android_x.txt", 9) in {(one.list, one.line) for one in found}


def test_a_withdrawn_indicator_leaves_the_next_release_and_stays_on_record() -> None:
    World().populate()
    add("x.evil.example")
    add("x.evil.example", role="distribution")
    later = NOW + timedelta(hours=1)
    assert actions.withdraw_indicator(program=PROGRAM, text="X.evil.example.", reason=" sold ", now=later) == 2
    published = release.read(_payload(actions.publish(now=later).envelope))
    assert "x.evil.example" not in {one.pattern.text for one in published.indicators}
    kept = Indicator.objects.filter(pattern="x.evil.example")
    assert {(one.withdrawn_at, one.withdrawn_because) for one in kept} == {(later, "sold")}
    assert "x.evil.example" not in {one.text for one in queries.resources(viewer("op1"), PROGRAM)}
    for given, code in (
        ({}, "program.no_indicator"),
        ({"program": "nobody"}, "program.no_indicator"),
        ({"text": "*.com"}, "program.not_understood"),
        ({"reason": " "}, "program.no_reason"),
    ):
        arguments = {"program": PROGRAM, "text": "x.evil.example", "reason": "again", **given}
        with pytest.raises(ProgramRefused) as refused:
            actions.withdraw_indicator(**arguments, now=later)
        assert refused.value.code == code
    add("x.evil.example")


def test_a_merged_program_counts_as_its_unit_in_the_next_release() -> None:
    World().populate()
    for code in ("one", "two", "three"):
        actions.add_program(code=code, now=NOW)
    actions.merge(alias="one", into="two")
    actions.merge(alias="two", into="three")
    published = release.read(_payload(actions.publish(now=NOW).envelope))
    assert published.aliases == {"one": "three", "two": "three"}
    for alias, into, code in (
        ("three", "one", "program.no_unit"),
        ("three", "three", "program.no_unit"),
        ("three", "nobody", "program.unknown"),
        ("nobody", "three", "program.unknown"),
    ):
        with pytest.raises(ProgramRefused) as refused:
            actions.merge(alias=alias, into=into)
        assert refused.value.code == code


def test_releases_are_numbered_signed_and_end(data_folder: Path) -> None:
    World().populate()
    assert after(0, NOW) is None
    first, second = actions.publish(now=NOW), actions.publish(now=NOW + timedelta(hours=1))
    assert (first.number, second.number) == (1, 2)
    keys = Keyring(data_folder).verifiers()
    assert release.accept(bytes(second.envelope), keys, NOW + timedelta(hours=1)).number == 2
    assert after(0, NOW + timedelta(hours=2)) == second.envelope
    assert after(2, NOW + timedelta(hours=2)) is None
    assert after(0, NOW + timedelta(days=60)) is None


def test_a_program_keeps_its_first_description() -> None:
    World().populate()
    assert actions.add_program(code=PROGRAM, zh="另一个", now=NOW).zh == "窃取"


@pytest.mark.parametrize("code", ["a.privacy.Emial.d", "某 变种 2", "x/y?z", "x" * 100])
def test_any_printable_text_is_a_name(code: str) -> None:
    assert actions.add_program(code=code, now=NOW).provisional


@pytest.mark.parametrize("code", ["", " a", "a ", "a\nb", "a\x00", "a\u200b", "x" * 101])
def test_blank_ends_control_characters_and_101_characters_are_none(code: str) -> None:
    with pytest.raises(ProgramRefused, match="bad_code"):
        actions.add_program(code=code, now=NOW)


DESCRIBED = {"zh": "窃取", "behaviour": "窃取短信", "harm": "信息泄露", "systems": "Android"}


def test_a_described_program_is_provisional_no_more() -> None:
    actions.add_program(code="new", now=NOW)
    assert [found.code for found in queries.unnamed(viewer("miit"))] == ["new"]
    made = actions.describe(viewer=viewer("cncert"), code="new", **DESCRIBED)
    assert (made.zh, made.harm, made.provisional) == ("窃取", "信息泄露", False)
    assert not queries.unnamed(viewer("miit")).exists()
    with pytest.raises(NoProgram):
        actions.describe(viewer=viewer("cncert"), code="nobody", **DESCRIBED)


@pytest.mark.parametrize(
    ("party", "given", "code"),
    [
        ("op1", {}, "program.not_yours"),
        ("miit", {}, "program.not_yours"),
        ("cncert", {"zh": " "}, "program.not_described"),
        ("cncert", {"harm": ""}, "program.not_described"),
        ("cncert", {"systems": "x" * 101}, "program.not_described"),
    ],
)
def test_what_is_not_described_stays_provisional(party: str, given: dict[str, str], code: str) -> None:
    actions.add_program(code="new", now=NOW)
    with pytest.raises(ProgramRefused) as refused:
        actions.describe(viewer=viewer(party), code="new", **{**DESCRIBED, **given})
    assert refused.value.code == code
    assert queries.unnamed(viewer("miit")).exists()


def test_allow_lists_are_kept_by_name_each_in_the_place_of_what_it_said_before() -> None:
    one, other = Listed("a.example.com", "ordinary", "one", 1), Listed("b.example.com", "popular", "other", 2)
    assert actions.keep_allow_lists(lists=["one", "other"], listed=[one, other]) == 2
    changed = Listed("c.example.com", "ordinary", "one", 1)
    assert actions.keep_allow_lists(lists=["one"], listed=[changed, Listed("x" * 300, "ordinary", "one", 2)]) == 1
    assert set(queries.allowed_around(viewer("cncert"), ["example.com"])["example.com"]) == {changed, other}
    assert actions.keep_allow_lists(lists=["one"], listed=[]) == 0
    assert queries.allowed_around(viewer("cncert"), ["example.com"])["example.com"] == [other]
