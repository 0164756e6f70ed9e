"""Check how well samples are identified, on a labelled set of one's own: `cleannet apk evaluate INDEX.csv`."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from cleannet.apk.signing import PUBLIC_KEYS
from cleannet.identity.cascade import Figures, Sample, replay
from cleannet.identity.similarity import Digests, NoDigest

COLUMNS = ("sha256", "tlsh", "package", "cert", "first_seen", "family", "class")
LAGS = (0, 1, 7, 30)
_SHOWN = 20
_EARLIEST = 2000


class BadIndex(ValueError):
    """Say all that is wrong with an index, a line each."""


def read(path: Path) -> list[Sample]:
    """Return the samples of an index (CSV, UTF-8, the columns of COLUMNS in any order); raise BadIndex, OSError."""
    samples: dict[str, Sample] = {}
    wrong = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise BadIndex(f"{path}: without the columns {', '.join(missing)}; an index has {', '.join(COLUMNS)}")
            for row in reader:
                try:
                    sample = _sample(row)
                    if sample.sha256 in samples:
                        raise ValueError("the same sha256 as in a line before")
                    samples[sample.sha256] = sample
                except ValueError as error:
                    wrong.append(f"{path}:{reader.line_num}: {error}")
        except (csv.Error, UnicodeDecodeError) as error:
            wrong.append(f"{path}:{reader.line_num + 1}: not CSV in UTF-8: {error}")
    if wrong:
        more = [f"… and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise BadIndex("\n".join([*wrong[:_SHOWN], *more]))
    return list(samples.values())


def evaluate(samples: Sequence[Sample]) -> dict[str, Any]:
    """Return coverage and precision of the family by lag in days, and of the class without one, as values for JSON."""
    lags = {
        str(days): _told(replay(samples, lambda sample: sample.family, timedelta(days=days), PUBLIC_KEYS))
        for days in LAGS
    }
    return {"lag_days": lags, "class": _told(replay(samples, lambda sample: sample.kind, public=PUBLIC_KEYS))}


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the same for a terminal."""
    yield "what is asked for    samples  answered  of those right"
    for days, figures in found["lag_days"].items():
        yield _line(f"family, {days} days" if days != "0" else "family, at once", figures)
    yield _line("class, at once", found["class"])


def _line(name: str, figures: Mapping[str, Any]) -> str:
    return f"{name:20} {figures['samples']:8}  {figures['coverage']:8.1%}  {figures['precision']:14.1%}"


def _told(figures: Figures) -> dict[str, Any]:
    return {
        "samples": figures.samples,
        "coverage": round(figures.coverage, 4),
        "precision": round(figures.precision, 4),
    }


def _sample(row: Mapping[str, str | None]) -> Sample:
    if None in row or None in row.values():
        raise ValueError("more or fewer fields than columns")
    told = {name: (row[name] or "").strip() for name in COLUMNS}
    digest = told["sha256"].lower()
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("sha256: 64 hexadecimal digits were expected")
    try:
        Digests([told["tlsh"]])
    except NoDigest as error:
        raise ValueError(f"tlsh: {error}") from None
    certificate = told["cert"].lower().replace(":", "")
    seen = _moment(told["first_seen"])
    return Sample(digest, told["tlsh"], told["package"], certificate, seen, told["family"], told["class"])


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-11-27"):
            moment = datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise ValueError("first_seen: a day (2026-11-27) or a moment with its offset was expected") from None
    if moment.tzinfo is None:
        raise ValueError("first_seen: a moment without its offset")
    if moment.year < _EARLIEST:
        raise ValueError(f"first_seen: lies before {_EARLIEST}, when there were no such samples")
    return moment
