import struct
import zlib

import pytest

from cleannet.apk.broken import BROKEN, TookTooLong


@pytest.mark.parametrize(
    "error",
    [struct.error("x"), zlib.error("x"), KeyError(1), UnicodeDecodeError("utf-8", b"", 0, 1, ""), RecursionError()],
)
def test_what_readers_raise_is_among_it(error: Exception) -> None:
    assert isinstance(error, BROKEN)


def test_the_alarm_is_not_swallowed_by_a_reader() -> None:
    assert not issubclass(TookTooLong, Exception)
    assert not issubclass(TookTooLong, BROKEN)
