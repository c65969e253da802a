"""Pages by the keyboard alone: everything is reached, in order, and seen to be reached."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.portal.chromium import served, visiting
from tests.portal.gallery import Gallery, gallery
from tests.small_ledger import CODE

__all__ = ["gallery"]

FIRM: Final = f"/enterprise/{CODE}"

TABS_MAX: Final = 400
"""More than any page has stops."""

STOPS: Final = """() => {
  const wanted = "a[href], button:not(:disabled), input:not([type=hidden]):not(:disabled)," +
    "select:not(:disabled), textarea:not(:disabled), summary";
  const seen = new Set();
  return [...document.querySelectorAll(wanted)].filter((one) => {
    if (!one.checkVisibility()) return false;
    // The arrows go on within a group of choices, of which the first or the chosen one is a stop.
    if (one.type !== "radio") return true;
    const group = [...document.getElementsByName(one.name)];
    return one === (group.find((each) => each.checked) ?? group[0]);
  }).map((one, index) => { one.dataset.stop = index; return one.outerHTML.slice(0, 120); });
}"""

HERE: Final = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  return {
    stop: one.dataset.stop ?? "",
    isBody: one === document.body,
    isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isShown: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0,
    html: one.outerHTML.slice(0, 120),
  };
}"""


@pytest.fixture
def address(gallery: Gallery) -> Iterator[str]:
    """Yield the address of the furnished office's portal."""
    with served(gallery.lobby.shell) as found:
        yield found


def forms(gallery: Gallery) -> dict[str, list[str]]:
    """Return the forms of each person."""
    shown = gallery.shown
    return {
        "": ["/sign-in", "/verify", gallery.lobby.invite("authority-2")],
        "firm-1": [
            f"{FIRM}/claims/new",
            *(f"{FIRM}/claims/{shown.draft}/{one}" for one in ("invoices", "papers", "check")),
            f"{FIRM}/papers/new/contract",
            f"{FIRM}/papers/own/account",
            f"{FIRM}/papers/upload",
            f"{FIRM}/statements/{shown.statement}",
            "/account",
        ],
        "task-1": [
            "/claims",
            f"/claims/{shown.submitted}/return",
            f"/claims/{shown.submitted}/cut",
            f"/claims/{shown.submitted}/review",
        ],
        "authority-1": ["/desk/notices/draw/hubei", f"/claims/{shown.objected}/settle"],
        "finance-1": ["/desk/payments/order/hubei", "/desk/payments/answer"],
        "admin-1": ["/people"],
    }


def test_every_stop_of_a_form_is_reached_in_order_and_seen(
    gallery: Gallery, address: str, chromium: Browser
) -> None:
    wrong: list[object] = []
    for person, paths in forms(gallery).items():
        secret = gallery.lobby.open_session(person) if person else ""
        with visiting(chromium, address, secret) as visitor:
            for path in paths:
                visitor.open(path)
                wrong += ((gallery.name(path), one) for one in _walk(visitor.page))
    assert not wrong, "\n".join(map(str, wrong))


def _walk(page: Page) -> Iterator[str]:
    """Yield what is wrong with going through a page by the tabulator."""
    stops: list[str] = page.evaluate(STOPS)
    reached: list[int] = []
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        here: dict[str, Any] = page.evaluate(HERE)
        stop = int(here["stop"] or -1)
        # Day, month and year of a date are stops within one field.
        if here["isBody"] or stop in reached[:-1]:
            break
        if not here["isSeen"] or not here["isShown"]:
            yield f"is reached and not seen: {here['html']}"
        if stop >= 0 and stop not in reached:
            reached.append(stop)
    if reached != sorted(reached):
        yield f"out of order: {reached}"
    for missed in sorted(set(range(len(stops))) - set(reached)):
        yield f"never reached: {stops[missed]}"


def test_the_first_stop_skips_to_the_content(
    gallery: Gallery, address: str, chromium: Browser
) -> None:
    secret = gallery.lobby.open_session("task-1")
    with visiting(chromium, address, secret) as visitor:
        visitor.open("/claims")
        visitor.page.keyboard.press("Tab")
        assert "跳到正文" in visitor.page.evaluate("document.activeElement.innerText")
        visitor.page.keyboard.press("Enter")
        visitor.page.keyboard.press("Tab")
        assert visitor.page.evaluate("document.activeElement.closest('main') !== null"), (
            "the next stop is in the content"
        )


def test_a_claim_is_sent_back_without_a_mouse(
    gallery: Gallery, address: str, chromium: Browser
) -> None:
    secret = gallery.lobby.open_session("task-1")
    with visiting(chromium, address, secret) as visitor:
        visitor.open(f"/claims/{gallery.shown.submitted}")
        _press_on(visitor.page, "开始初审")
        _press_on(visitor.page, "回到申请")
        _press_on(visitor.page, "退回补正")
        _go_to(visitor.page, "[name='items.payee']")
        visitor.page.keyboard.type("户名不符")
        _press_on(visitor.page, "确认退回补正")
        said = visitor.page.inner_text("main")
        assert "户名不符" in said
        assert "已退回" in said


def _press_on(page: Page, words: str) -> None:
    """Go on by the tabulator to a link or a button of some words, and press it."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.innerText ?? ''"):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    pytest.fail(f"{words} is never reached")


def _go_to(page: Page, selector: str) -> None:
    """Go on by the tabulator to a field."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    pytest.fail(f"{selector} is never reached")
