"""The keyboard alone: where the focus is can be seen, and what it opens closes again and gives it back."""

import pytest

from conftest import becomes, needs_seeded

# What has the focus, whether that can be seen, and whether it is in the window and under nothing else.
FOCUS = """(() => {
    const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
    const at = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + box.height / 2);
    return { name: element.tagName, shown: element === document.body || style.outlineStyle !== "none" || style.boxShadow !== "none",
        seen: element === document.body || at !== null && (element.contains(at) || at.contains(element)) };
})()"""
NAME = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"


@needs_seeded
@pytest.mark.parametrize("query", ["", "?p=explore&d=SrcAddr", "?p=flows", "?p=events", "?p=docs", "?p=audit"])
def test_tab_shows_where_it_is(console, query):
    page = console().open(query)
    for step in range(24):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["shown"] and focus["seen"], (step, focus)


@needs_seeded
def test_menus_close_when_the_keyboard_leaves_them(console):
    page = console().open()
    page.get_by_role("button", name="Theme").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menu", name="Theme").wait_for()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.get_by_role("menu", name="Theme").wait_for(state="detached")
    # Where it went it stays.
    assert page.evaluate(NAME) != "Theme"


@needs_seeded
@pytest.mark.parametrize("query, opener", [
    ("", "Theme"), ("", "Views"), ("", "Keys"), ("?p=explore&d=SrcAddr", "Export"),
    ("?p=explore&d=SrcAddr", "Add a dimension"), ("?p=explore&d=SrcAddr,DstAddr&c=sankey", "10.99.0.1")])
def test_escape_closes_and_gives_the_focus_back(console, query, opener):
    page = console().open(query)
    button = page.get_by_role("button", name=opener).first
    button.focus()
    before = page.evaluate(NAME)
    page.keyboard.press("Enter")
    floating = "document.querySelectorAll('.float, dialog[open]').length"
    becomes(page, floating, 1)
    becomes(page, "document.activeElement.closest('.float, dialog[open]') !== null", True)
    page.keyboard.press("Escape")
    becomes(page, floating, 0)
    becomes(page, NAME, before)
