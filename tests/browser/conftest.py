"""A hub that serves, with cases on it, and a real browser that looks at it and notes every complaint."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from tests.hub.world import World, viewer

from cleannet.hub.disposal import actions as disposal
from cleannet.hub.disposal.actions import Wanted
from cleannet.hub.keyring import Keyring
from cleannet.hub.ledger import sealing, triggers
from cleannet.hub.parties import actions as parties
from cleannet.hub.parties.rights import HELD_BY

PASSWORD = "a long word of the test 7"
LAUNCH = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@dataclass
class Visitor:
    """Look at pages of one hub in one window, and keep what the browser complains of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in(self, username: str) -> None:
        self.open("/sign-in")
        self.page.fill("#username", username)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_url(self.address + "/")

    def width(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Settings) -> Path:
    folder = tmp_path / "data"
    settings.CLEANNET_DATA = folder
    Keyring(folder).make_missing()
    return folder


@pytest.fixture(autouse=True)
def tables_that_can_be_emptied(browser: Browser, transactional_db: None) -> Iterator[None]:
    """Lift the triggers of the ledger while the tables are emptied after the test."""
    triggers.install(connection)
    yield
    triggers.remove(connection)


@pytest.fixture
def served(live_server: LiveServer) -> tuple[str, str]:
    """Serve a hub with a case on which orders wait; return its address and the case."""
    now = datetime.now(UTC)
    world = World().populate()
    (case,) = world.tally("op1", 60_001, now - timedelta(hours=1, minutes=45)).cases
    wanted = [Wanted("op1", "control", "c2.evil-emial.example.com")]
    disposal.issue(viewer=viewer("miit"), case=case, wanted=wanted, now=now - timedelta(minutes=50))
    sealing.seal(now=now)
    for party in ("cncert", "op1"):
        held = HELD_BY["cncert" if party == "cncert" else "operator"]
        parties.add_person(party=party, username=party, password=PASSWORD, name=party, held=held, now=now)
    return live_server.url, case


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    """Start one browser; its loop runs in this thread, where Django would refuse every query."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=program("chromium"), args=LAUNCH)
        yield started
        started.close()


@pytest.fixture
def visitor(browser: Browser, served: tuple[str, str]) -> Iterator[Callable[[str, str], Visitor]]:
    """Return a function from a language and a size of screen to a visitor."""
    opened = []

    def come(language: str, size: str) -> Visitor:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
        opened.append(context)
        made = Visitor(context.new_page(), served[0])
        made.page.on("console", made.note)
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        return made

    yield come
    for context in opened:
        context.close()
