from tests.edge.test_kernel import watched

from cleannet.edge.kernel import match
from cleannet.edge.ranges import NONE
from cleannet.edge.table import Table, texts_of


def test_a_set_holds_what_needs_a_port_or_a_target_too() -> None:
    table = Table(watched("evil.example", "evil.example:8080", "http://evil.example/a", "192.0.2.8:443"))
    exact, below, address = match(texts_of(["evil.example", "x.evil.example", "192.0.2.8"]), table.names, table.ranges)
    assert [entry.indicator.pattern.kind for entry in table.sets[exact]] == ["domain", "endpoint", "url"]
    assert [entry.indicator.pattern.kind for entry in table.sets[below]] == ["domain"]
    assert [entry.indicator.pattern.text for entry in table.sets[address]] == ["192.0.2.8:443"]


def test_the_first_segments_of_paths_are_told() -> None:
    assert Table(watched("/panel/login.php", "/?id=1", "/panel?x")).segments == {"panel", ""}


def test_equal_sets_are_one() -> None:
    table = Table(watched("*.evil.example", "b.evil.example"))
    assert len(table.sets) == 2


def test_nothing_is_met_without_a_watchlist() -> None:
    table = Table([])
    assert (
        match(texts_of(["evil.example", "192.0.2.1", "2001:db8::1"]), table.names, table.ranges).tolist() == [NONE] * 3
    )
