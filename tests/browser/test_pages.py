"""The first screens in a real browser: at a desk and on a phone, in Chinese and in English."""

from collections.abc import Callable

import pytest
from tests.browser.conftest import SIZES, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium")]
Come = Callable[[str, str], Visitor]
WORDS = {"zh-CN": ("登录", "工作台", "为什么"), "en-US": ("Sign in", "Desk", "Why")}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", WORDS)
def test_login_desk_and_case(served: tuple[str, str], visitor: Come, language: str, size: str) -> None:
    sign_in, desk, why = WORDS[language]
    visit = visitor(language, size)
    width = SIZES[size][0]
    visit.open("/sign-in")
    assert visit.page.text_content("h1") == sign_in
    visit.sign_in("cncert")
    assert visit.page.text_content("h1") == desk
    assert visit.page.text_content("#why-title") == why
    case = served[1]
    for path in (
        "/",
        "/cases",
        f"/cases/{case}",
        f"/cases/{case}/report",
        f"/cases/{case}/annulment",
        "/orders",
        "/papers",
        "/watch",
        "/ledger",
        "/parties",
        "/parties/op1",
        "/contacts",
        "/acts",
        "/leads",
        "/observations",
        "/circulars/2026-01",
        "/me",
        "/routes",
        "/routes/import",
        f"/cases/{case}/orders",
        f"/cases/{case}/facts",
        f"/cases/{case}/first-report",
    ):
        visit.open(path)
        assert visit.width() <= width, f"{path} scrolls sideways"
    assert visit.complaints == []


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_is_drawn_once_for_each_screen(served: tuple[str, str], visitor: Come, size: str) -> None:
    visit = visitor("zh-CN", size)
    visit.sign_in("op1")
    visit.open(f"/cases/{served[1]}")
    pictures = visit.page.locator("svg.chart")
    assert [picture.is_visible() for picture in pictures.all()] == [size == "desktop", size == "phone"]
    shown = pictures.nth(0 if size == "desktop" else 1)
    assert shown.locator("line.line").count() == 3
    assert shown.locator("circle.dot").count() == 2


def test_everything_is_reached_with_the_keyboard(served: tuple[str, str], visitor: Come) -> None:
    visit = visitor("en-US", "desktop")
    visit.open("/sign-in")
    visit.page.wait_for_function("document.activeElement.id == 'username'")
    visit.page.keyboard.type("op1")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.type("a long word of the test 7")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url(served[0] + "/")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.className") == "skip"
    visit.page.keyboard.press("Enter")
    reached = set()
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        reached.add(visit.page.evaluate("document.activeElement.textContent.trim()"))
    assert "Report the incident" in reached
    assert any(text.startswith("Why: ") for text in reached)
    outline = visit.page.evaluate(
        "(document.querySelector('.duty .button').focus(), getComputedStyle(document.activeElement).outlineStyle)"
    )
    assert outline == "solid"


def test_the_menu_folds_on_the_phone(served: tuple[str, str], visitor: Come) -> None:
    visit = visitor("zh-CN", "phone")
    visit.sign_in("op1")
    assert not visit.page.locator("nav.side").is_visible()
    link = visit.page.locator(".fold a", has_text="台账")
    assert not link.is_visible()
    visit.page.click(".fold summary")
    link.click()
    assert visit.page.text_content("h1") == "台账"


def test_the_report_is_issued_from_the_desk(served: tuple[str, str], visitor: Come) -> None:
    visit = visitor("zh-CN", "phone")
    visit.sign_in("op1")
    visit.page.click(".duty .button >> nth=0")
    assert "还差" in str(visit.page.text_content("main form"))
    visit.page.click("main form button")
    assert "事件已报送" in str(visit.page.text_content(".said"))
    assert visit.complaints == []


def test_the_pages_are_readable_in_the_dark(served: tuple[str, str], visitor: Come) -> None:
    visit = visitor("zh-CN", "desktop")
    visit.page.emulate_media(color_scheme="dark")
    visit.sign_in("op1")
    dark = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    visit.page.emulate_media(color_scheme="light")
    assert dark != visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
