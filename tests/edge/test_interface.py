from collections.abc import Callable
from pathlib import Path

import pytest

Written = Callable[[str, str | bytes], Path]
Edge = Callable[..., int]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "com", "--watchlist", "{w}"], "public suffix"),
        (["explain", "a.example"], "no watchlist"),
        (["explain", "a.example", "--watchlist", "{missing}"], "cannot be read"),
        (["detect", "{log}", "--watchlist", "{w}", "--policy", "nonsense"], "no law “nonsense”"),
        (
            ["detect", "{log}", "--watchlist", "{w}", "--policy", "incident_reporting_2025"],
            "does not grade on infected",
        ),
        (["detect", "{log}", "--watchlist", "{w}", "--key", "{missing}"], "edge key"),
        (["detect", "{log}", "--watchlist", "{w}", "--mapping", "{missing}"], "cannot be read"),
        (["detect", "{log}", "--watchlist", "{w}", "--spool"], "edge enrol"),
        (["detect", "{log}", "--watchlist", "{w}", "--time-zone", "Mars"], "“Mars” is not the name"),
        (["detect", "{log}", "--watchlist", "{w}", "--time-zone", "../x"], "is not the name of a time zone"),
        (["detect", "{log}", "--watchlist", "{w}", "--out", "{missing}/x"], "cannot be written"),
        (["detect", "{log}", "--watchlist", "{w}", "--assignments", "{w}"], "give the operator's key with --key"),
        (
            ["detect", "{log}", "--watchlist", "{w}", "--assignments", "{w}", "--key", "{key}"],
            'no --mapping of kind = "assignments" fits this file',
        ),
        (
            "detect {log} --watchlist {w} --assignments {w} --key {key} --assignment-slack -1".split(),
            "between 0 and 86400 seconds",
        ),
        (["heartbeat", "--hub", "http://127.0.0.1:9", "--token-file", "{w}"], "edge enrol"),
    ],
)
def test_wrong_use_has_its_sentence(
    edge: Edge, written: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    places = {
        "w": written("w.txt", "evil.example\n"),
        "log": written("dns.log", "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\n"),
        "missing": tmp_path / "missing",
        "key": written("key", "ab" * 32),
    }
    (tmp_path / "key").chmod(0o600)
    assert edge(*(word.format(**places) for word in arguments)) == 2
    assert words in capsys.readouterr().err
