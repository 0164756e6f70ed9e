import csv
import io
import json

import pytest

from cleannet.formats import order_feed
from cleannet.formats.order_feed import Row

ONE = Row("N-2", "N", "control", "url", 'https://host.example/a,"b"', "2026-11-22T02:00:00Z", "")
TWO = Row("N-1", "N", "domain", "name", "evil.example", "2026-11-22T02:00:00Z", "2026-12-01T00:00:00Z")


@pytest.mark.parametrize("form", list(order_feed.MEDIA_TYPES))
def test_the_same_orders_give_the_same_bytes_in_any_order(form: str) -> None:
    first = order_feed.write(form, party="op1", revision=3, orders=[ONE, TWO])
    assert first == order_feed.write(form, party="op1", revision=3, orders=[TWO, ONE])


def test_every_column_is_in_json_and_csv() -> None:
    given = json.loads(order_feed.write("json", party="op1", revision=3, orders=[ONE]))
    assert (given["schema"], given["party"], given["revision"]) == (1, "op1", 3)
    (row,) = csv.DictReader(io.StringIO(order_feed.write("csv", party="", revision=3, orders=[ONE]).decode()))
    assert given["orders"] == [row]
    assert row == {name: getattr(ONE, name) for name in order_feed.COLUMNS}


def test_plain_text_names_each_target_once() -> None:
    assert order_feed.write("plain", party="", revision=1, orders=[ONE, TWO, TWO]) == (
        b'evil.example\nhttps://host.example/a,"b"\n'
    )


def test_there_is_no_other_form() -> None:
    with pytest.raises(KeyError):
        order_feed.write("xml", party="", revision=1, orders=[])
