"""Say what a reader of another's may raise on bytes that were made to break it."""

import struct
import zlib


class TookTooLong(BaseException):
    """Say that one part of an assessment took its time; not an Exception, so that no reader swallows it."""


# Whatever foreign readers raise on odd bytes. Wrong use of our own code raises none of them on purpose.
BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
