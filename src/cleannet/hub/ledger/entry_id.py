"""Name entries by UUIDs that sort by time, and within one process by the order they were made. RFC 9562, 5.7, 6.2."""

import secrets
import threading
import uuid
from datetime import datetime

_RANDOM_BITS = 74
_lock = threading.Lock()
_last = {"milliseconds": -1, "random": 0}


def new(now: datetime) -> str:
    """Return a fresh UUIDv7 as text: 48 bits of milliseconds since 1970, then 74 random bits.

    Asked again for the same millisecond, the random bits grow by a random step, so that the order is kept.
    """
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    with _lock:
        if _last["milliseconds"] == milliseconds:
            random = _last["random"] + 1 + secrets.randbits(32)
        else:
            random = secrets.randbits(_RANDOM_BITS - 1)
        _last.update(milliseconds=milliseconds, random=random)
    high, low = random >> 62 & 0xFFF, random & (1 << 62) - 1
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low))
