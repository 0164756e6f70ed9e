"""Name entries by UUIDs that sort by time. RFC 9562, section 5.7."""

import secrets
import uuid
from datetime import datetime


def new(now: datetime) -> str:
    """Return a fresh UUIDv7 as text: 48 bits of milliseconds since 1970, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
