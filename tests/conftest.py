"""What every test may rely on: programs by name, the real data beside the project, and no network but loopback."""

import ipaddress
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
IN_CI = os.environ.get("CI") == "true"
NOT_RUN = "not run: "
SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")

settings.register_profile("quick", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("all", settings.get_profile("quick"), max_examples=1000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="also run the long tests (marker “all”)")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("all" if config.getoption("--all") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--all"):
        return
    long = [item for item in items if item.get_closest_marker("all")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("all")]


def find_program(name: str) -> str | None:
    """Return where `name` is, also in the folders that only root has in its path and in PostgreSQL's own."""
    postgres = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    folders = [*os.environ.get("PATH", os.defpath).split(os.pathsep), *SYSTEM_FOLDERS, *map(str, postgres)]
    return shutil.which(name, path=os.pathsep.join(folders))


def not_run(what: str) -> None:
    """End this test as not run because `what` is missing; in CI that is a failure."""
    if IN_CI:
        pytest.fail(f"{NOT_RUN}{what} missing, and CI must have it", pytrace=False)
    pytest.skip(f"{NOT_RUN}{what} missing")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            if find_program(name) is None:
                not_run(name)


def _skipped(reporter: pytest.TerminalReporter) -> dict[str, list[str]]:
    by_reason: dict[str, list[str]] = {}
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        by_reason.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
    return by_reason


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    not_run_here = {reason: names for reason, names in _skipped(terminalreporter).items() if reason.startswith(NOT_RUN)}
    if not not_run_here:
        return
    terminalreporter.section("not run")
    for reason, names in sorted(not_run_here.items()):
        for name in names:
            terminalreporter.line(f"{reason}: {name}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter is not None and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line("\nSkipped tests fail in CI.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Return a function from the name of a system program to its path; the test is not run where it is missing."""

    def path_of(name: str) -> str:
        found = find_program(name)
        if found is None:
            not_run(name)
        return str(found)

    return path_of


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real lists and logs beside the project; the test is not run where it is missing."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        not_run("../shared/data")
    return folder


def is_loopback(address: object) -> bool:
    """Say whether a socket address stays on this machine: a Unix socket, 127.0.0.0/8, ::1 or localhost."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0]).split("%")[0]
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class NetworkRefusedError(AssertionError):
    """A test tried to reach an address outside this machine."""


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Refuse every connection, datagram and name look-up that would leave this machine."""
    connect, connect_ex, sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
    look_up = socket.getaddrinfo

    def check(address: object) -> None:
        if not is_loopback(address):
            raise NetworkRefusedError(f"a test may only talk to loopback, not to {address!r}")

    def guarded_connect(self: socket.socket, address: object) -> None:
        check(address)
        connect(self, address)  # type: ignore[arg-type]  # whatever the caller gave goes on unchanged

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        check(address)
        return connect_ex(self, address)  # type: ignore[arg-type]  # as above

    def guarded_sendto(self: socket.socket, data: bytes, *rest: object) -> int:
        check(rest[-1])
        return sendto(self, data, *rest)  # type: ignore[call-overload,no-any-return]  # two signatures in one

    def guarded_look_up(host: object, *rest: object, **options: object) -> object:
        if host is not None:
            check((host.decode() if isinstance(host, bytes) else host,))
        return look_up(host, *rest, **options)  # type: ignore[arg-type]  # as above

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket.socket, "sendto", guarded_sendto)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield
