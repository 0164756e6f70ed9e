import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cleannet.formats.rpz import CannotBlock, owners, write

ZONE = "rpz.cleannet."


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        ("evil.example", "evil.example.rpz.cleannet."),
        ("xn--fiqs8s.example", "xn--fiqs8s.example.rpz.cleannet."),
        ("a.b.c.d.e.example", "a.b.c.d.e.example.rpz.cleannet."),
        ("_tcp.evil.example", "_tcp.evil.example.rpz.cleannet."),
    ],
)
def test_a_rule_stands_at_the_name_and_below_it(host: str, rule: str) -> None:
    assert owners(host, ZONE) == (rule, f"*.{rule}")


def test_a_name_that_does_not_fit_is_refused_in_a_sentence() -> None:
    longest = ".".join(["a" * 63] * 3) + "." + "b" * 46
    owners(longest, ZONE)
    with pytest.raises(CannotBlock, match="at most 255 octets"):
        owners(longest + "b", ZONE)
    with pytest.raises(CannotBlock):
        owners("a" * 64 + ".example", ZONE)


def test_a_zone_is_sorted_without_duplicates_and_the_same_again() -> None:
    one = write(["b.example", "a.example", "b.example"], ZONE, 7)
    assert one == write(["a.example", "b.example"], ZONE, 7)
    assert one.count("a.example.rpz") == 2
    assert " 7 300 60 604800 60" in one


@pytest.mark.needs("named-checkzone")
def test_bind_accepts_the_zone(tmp_path: Path, program: Callable[[str], str]) -> None:
    path = tmp_path / "zone"
    path.write_text(write(["evil.example", "xn--fiqs8s.example", "_x.a-b.example"], ZONE, 7), encoding="ascii")
    done = subprocess.run([program("named-checkzone"), ZONE, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
