import io
import json
import logging
import logging.config
import subprocess
import sys

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from cleannet.hub import logs
from cleannet.hub.logs import HIDDEN, NUMBER, redact


@pytest.mark.parametrize(
    "number",
    [
        "13800138000",
        "+8613800138000",
        "+86 138 0013 8000",
        "86-138-0013-8000",
        "008613800138000",
        "138 0013 8000",
        "138-0013-8000",
        "1064812345678",
        "1440012345678",
        "１３８００１３８０００",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "number {} called", "tel:{};", "“{}”", "x={}&y=1"])
def test_numbers_are_taken_out(number: str, frame: str) -> None:
    cleaned = redact(frame.format(number))
    assert cleaned == frame.format(NUMBER)


@pytest.mark.parametrize(
    "text",
    ["12345", "2026-11-20T04:00:00.000000Z", "1763606400", "192.168.138.13", "案号 2026-000138", "100001", "a" * 64],
)
def test_other_figures_stay(text: str) -> None:
    assert redact(text) == text


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(max_size=8), st.text(max_size=8))
def test_no_number_survives_between_anything_but_digits(number: str, before: str, after: str) -> None:
    if before[-1:].isdecimal() or after[:1].isdecimal():
        return
    assert number not in redact(before + number + after)


@pytest.fixture
def written() -> io.StringIO:
    stream = io.StringIO()
    configuration = logs.configuration("INFO")
    formatter = configuration["formatters"]["json"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=formatter["foreign_pre_chain"], processors=formatter["processors"]
        )
    )
    logger = logging.getLogger("cleannet.test")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel("INFO")
    return stream


def test_lines_are_json_without_numbers_and_secrets(written: io.StringIO) -> None:
    log = structlog.get_logger("cleannet.test")
    log.info("下发", caller="13800138000", token="abc", at={"password": "x", "n": [13800138000, 5]}, ok=True)
    logging.getLogger("cleannet.test").warning("call %s", "+86 138 0013 8000")
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert first["event"] == "下发"
    assert (first["caller"], first["token"], first["ok"], first["level"]) == (NUMBER, HIDDEN, True, "info")
    assert first["at"] == {"password": HIDDEN, "n": [NUMBER, 5]}
    assert second["event"] == f"call {NUMBER}"
    assert second["timestamp"].endswith("Z")


def test_a_traceback_tells_no_number(written: io.StringIO) -> None:
    try:
        raise ValueError("row 7: 13800138000 is too long")
    except ValueError:
        structlog.get_logger("cleannet.test").exception("failed")
    assert "13800138000" not in written.getvalue()
    assert "row 7" in written.getvalue()


def test_what_nothing_catches_is_a_line_too() -> None:
    code = (
        "import logging.config, sys, threading, warnings; from cleannet.hub import logs; "
        "logging.config.dictConfig(logs.configuration('INFO')); logs.catch_uncaught(); "
        "thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join(); "
        "warnings.warn('13800138000 is old'); raise ValueError('call 13800138000')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["logger"] for line in lines] == ["cleannet.uncaught", "py.warnings", "cleannet.uncaught"]
    assert "ZeroDivisionError" in lines[0]["exception"]
    assert "ValueError: call [number]" in lines[2]["exception"]
    assert "13800138000" not in done.stderr


def test_the_standard_library_accepts_the_configuration() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logging.config.dictConfig(logs.configuration("WARNING"))
        assert root.level == logging.WARNING
    finally:
        root.handlers, root.level = before[0], before[1]
