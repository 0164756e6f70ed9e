"""Read logs that are JSON, one object a line."""

import json
from collections.abc import Iterator
from typing import Any

from cleannet.edge.files import LogFile
from cleannet.edge.rows import TOO_LONG, Source

NO_OBJECT = "not a JSON object"


def is_json(start: bytes) -> bool:
    """Say whether a file begins like JSON lines."""
    return start.lstrip()[:1] == b"{"


def objects(file: LogFile, source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each object with the number of its line, numbers with a point as text; break in `source` what is none."""
    for number, line in enumerate(file.lines(), 1):
        if line is None:
            source.break_row(number, TOO_LONG)
            continue
        if not line.strip():
            continue
        data = parsed(line)
        if data is None:
            source.break_row(number, NO_OBJECT)
        else:
            yield number, data


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line, or None."""
    try:
        data = json.loads(line, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def text_of(value: object) -> str:
    """Return a text or a whole number as text, "" for all else."""
    if isinstance(value, str):
        return value
    return str(value) if type(value) is int else ""
