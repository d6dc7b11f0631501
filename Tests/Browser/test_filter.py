"""The filter box: what the server suggests, by keyboard and mouse, and where an error is."""

import pytest
from conftest import SLOW_FRAMES, becomes, needs_seeded

TEXT = "document.getElementById('filter').value"
OPTION = "#filter-list [role=option]"


def first(page, name):
    """Waits until the likeliest way to go on is this one: between two letters that are slow, there is a list for the first."""
    page.locator("#filter-list-0 .name").get_by_text(name, exact=True).wait_for()


def marked(page):
    return page.locator(f"{OPTION}[aria-selected=true] .name")


@needs_seeded
def test_a_filter_is_written_with_the_keyboard_alone(console):
    console = console()
    console.page.add_init_script(SLOW_FRAMES)
    page = console.open("?p=explore&d=SrcAddr")
    page.press("body", "/")
    page.keyboard.type("dstp")
    first(page, "DstPort")
    assert page.get_attribute("#filter", "aria-activedescendant") == "filter-list-0"
    page.keyboard.press("Tab")
    # The column's operators follow; nothing of them is marked, so Tab would leave the field.
    page.locator(f"{OPTION}:has-text('!=')").wait_for()
    assert page.input_value("#filter") == "DstPort "
    assert marked(page).count() == 0
    page.keyboard.press("ArrowDown")
    assert marked(page).inner_text() == "="
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    # Ports that were seen lately come first, with their share of the traffic.
    seen = page.locator(f"{OPTION}:has(.share:not(:empty))").first
    seen.wait_for()
    assert page.input_value("#filter") == "DstPort = "
    assert seen.inner_text().split()[0] == "5002"
    page.keyboard.type("50")
    page.locator(f"{OPTION}[aria-selected=true]:has-text('5002')").wait_for()
    page.keyboard.press("Tab")
    page.locator(f"{OPTION}:has-text('and')").wait_for()
    assert page.input_value("#filter") == "DstPort = 5002 "
    page.keyboard.press("Escape")
    page.wait_for_selector("#filter-list", state="detached")
    # The list took that key: the text is as it was, and the field has the focus.
    assert page.input_value("#filter") == "DstPort = 5002 "
    page.keyboard.press("Enter")
    console.until(lambda query: query.get("f") == ["DstPort = 5002"])
    page.get_by_role("button", name="fd99::2", exact=True).wait_for()


@needs_seeded
def test_enter_applies_what_is_written_unless_another_was_marked(console):
    # What is applied is wrong, and the browser notes the answer.
    console.allowed.append(r"status of 400")
    console = console()
    page = console.open("?p=explore&d=SrcAddr")
    page.locator("#filter").press_sequentially("Proto = ud")
    page.locator(f"{OPTION}[aria-selected=true]:has-text('UDP')").first.wait_for()
    page.press("#filter", "Enter")
    console.until(lambda query: query.get("f") == ["Proto = ud"])
    error = page.locator("#filter-error")
    error.wait_for()
    assert error.locator("mark").inner_text() == "ud"
    assert "did you mean UDP?" in error.inner_text()


@needs_seeded
def test_the_mouse_chooses_and_keeps_the_focus(console):
    page = console().open("?p=explore&d=SrcAddr&f=Proto+%3D+UDP")
    page.locator("#filter").click()
    page.keyboard.press("End")
    page.keyboard.press("Control+Space")
    page.locator(f"{OPTION}:has-text('UDP')").first.wait_for()
    page.keyboard.type(" an")
    page.locator(f"{OPTION}:has-text('and')").click()
    page.locator(f"{OPTION}:has-text('SrcAddr')").first.click()
    page.locator(f"{OPTION}:has-text('<<')").first.wait_for()
    assert page.input_value("#filter") == "Proto = UDP and SrcAddr "
    assert page.evaluate("document.activeElement.id") == "filter"
    # What is elsewhere closes the list.
    page.get_by_role("heading", level=1).click()
    page.wait_for_selector("#filter-list", state="detached")


@needs_seeded
def test_a_word_in_the_middle_is_replaced_as_a_whole(console):
    console = console()
    console.page.add_init_script(SLOW_FRAMES)
    page = console.open("?p=explore&d=SrcAddr")
    page.fill("#filter", "srcPrt = 1 and Proto = UDP")
    page.evaluate("document.getElementById('filter').setSelectionRange(4, 4)")
    page.keyboard.press("Control+Space")
    page.locator(f"{OPTION}[aria-selected=true]:has-text('SrcPort')").wait_for()
    page.keyboard.press("Tab")
    becomes(page, TEXT, "SrcPort = 1 and Proto = UDP")
    assert page.evaluate("document.getElementById('filter').selectionStart") == len("SrcPort ")


@needs_seeded
def test_what_is_typed_right_behind_the_slash_arrives(console):
    """From a page that has no filter: Explore has to be drawn first."""
    page = console().open()
    page.keyboard.type("/dstp")
    first(page, "DstPort")
    assert page.input_value("#filter") == "dstp"
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.type("Proto = udp")
    assert page.input_value("#filter") == "Proto = udp"


@needs_seeded
def test_a_list_that_is_behind_what_is_typed_is_not_taken_from(console):
    """Tab comes before the answer to the last letter does."""
    page = console().open("?p=explore&d=SrcAddr")
    page.locator("#filter").press_sequentially("dst")
    page.locator(f"{OPTION}[aria-selected=true]:has-text('DstAddr')").wait_for()
    page.keyboard.type("p")
    page.keyboard.press("Tab")
    becomes(page, TEXT, "DstPort ")
    assert page.evaluate("document.activeElement.id") == "filter"


@needs_seeded
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_suggestions_fit_a_phone(console, scheme):
    page = console(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme=scheme).open("?p=explore&d=SrcAddr")
    page.locator(".fold").tap()
    page.locator("#filter").tap()
    page.keyboard.type("Src")
    box = page.locator(".suggestions")
    box.wait_for()
    edges = box.evaluate("element => { const box = element.getBoundingClientRect(); return [box.left, box.right] }")
    assert edges[0] >= 0 and edges[1] <= 390
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(f"{OPTION}:has-text('SrcAS')").first.tap()
    becomes(page, TEXT, "SrcAS ")
