"""The keyboard alone: where the focus is can be seen, and what it opens closes again and gives it back."""

import pytest

from conftest import EMPTY, becomes, needs_empty, needs_seeded

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
    ("", "Theme"), ("", "Views"), ("", "Keys"), ("?p=explore&d=SrcAddr", "Export"), ("?p=explore&d=SrcAddr", "10.99.0.2"),
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


# Escape the moment that the menu is there: what an effect after the next frame would do has not been done.
AT_ONCE = """async name => {
    const button = [...document.querySelectorAll("button")].find(one => one.innerText.startsWith(name));
    button.focus();
    button.click();
    while (!document.querySelector(".value-menu")) await Promise.resolve();
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    while (document.querySelector(".value-menu")) await Promise.resolve();
    return document.activeElement === button;
}"""


@needs_seeded
@pytest.mark.parametrize("query, opener", [
    ("?p=explore&d=SrcAddr", "10.99.0.2"), ("?p=explore&d=SrcAddr,DstAddr&c=sankey", "10.99.0.1")])
def test_a_menu_that_closes_before_a_frame_is_drawn_gives_the_focus_back(console, query, opener):
    page = console().open(query)
    assert all(page.evaluate(AT_ONCE, opener) for _ in range(5))


@needs_seeded
@pytest.mark.parametrize("query, name", [("?l=1", "Account of losses"), ("?e=127.0.0.9", "127.0.0.9")])
def test_a_dialog_stays_above_all_else_when_the_page_is_drawn_anew(console, query, name):
    page = console().open(query)
    dialog = page.get_by_role("dialog", name=name)
    dialog.wait_for()
    # As the view library may do it: the dialog, or what it is in, is put elsewhere among its neighbours.
    moved = """async dialog => {
        for (const one of [dialog, dialog.closest("main") ?? dialog]) one.parentNode.append(one);
        const was = dialog.matches(":modal");
        await Promise.resolve();
        return [was, dialog.matches(":modal")];
    }"""
    assert dialog.evaluate(moved) == [False, True]
    page.keyboard.press("Escape")
    becomes(page, "document.querySelectorAll('dialog[open]').length", 0)


@needs_empty
def test_a_dialog_stays_above_a_page_that_turns_into_the_first_run(console):
    page = console(EMPTY).open("?l=1")
    page.get_by_text("Waiting for the first flow").wait_for(state="attached")
    assert page.get_by_role("dialog", name="Account of losses").evaluate("dialog => dialog.matches(':modal')")
