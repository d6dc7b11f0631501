"""What changed, asked in the console.

NETMETA_CHANGED_URL  base URL of a server that stored 20 minutes of flows, in the last ten of which 198.51.100.7 asked
                     100.64.0.50 for one port after the other, ten a second beside 20 other flows
NETMETA_CHANGED_AT   when that began, in Unix seconds
NETMETA_SCREENSHOTS  a folder that takes pictures, for people to look at; none when unset
"""

import os
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from conftest import SLOW_FRAMES, SMALL

CHANGED = os.environ.get("NETMETA_CHANGED_URL", "").rstrip("/")
BORDER = int(os.environ.get("NETMETA_CHANGED_AT", "0"))

pytestmark = pytest.mark.skipif(not CHANGED, reason="NETMETA_CHANGED_URL is not set: no server with a planted change")

WHOLE = f"?p=explore&from={BORDER - 600}&to={BORDER + 600}&d=Proto&u=flow/s"


def picture(page, name):
    if folder := os.environ.get("NETMETA_SCREENSHOTS"):
        page.screenshot(path=os.path.join(folder, f"{name}.png"))


def brush(page, start, end):
    """Drags over a part of the chart's plot, 0 to 1, and leaves the button up."""
    held = page.get_by_role("group", name="Selection")
    # A chart that is drawn anew in this moment forgets the brush: people drag again.
    for _ in range(5):
        box = page.locator(".chart").bounding_box()
        # The axis takes 46 px on the left, and 14 are left free on the right.
        left, width = box["x"] + 46, box["width"] - 60
        page.mouse.move(left + width * start, box["y"] + 100)
        page.mouse.down()
        page.mouse.move(left + width * end, box["y"] + 110, steps=5)
        page.mouse.up()
        try:
            held.wait_for(timeout=2000)
            return
        except Exception:
            continue
    raise AssertionError("no selection stays")


def test_a_brushed_change_is_explained(console):
    console = console(CHANGED)
    page = console.open(WHOLE)
    brush(page, 0.52, 0.98)
    tag = page.get_by_role("group", name="Selection")
    tag.get_by_role("button", name="Explain").click()
    console.until(lambda query: "x" in query)
    panel = page.get_by_role("region", name="Explain")
    first = panel.locator(".causes li").first
    first.get_by_role("button", name="198.51.100.7").wait_for()
    assert "Source address" in first.inner_text()
    # It is told what kind of traffic it is: one target, thousands of ports.
    assert re.search(r"destination ports \d+ → \d,\d{3}", first.inner_text())
    assert "Exact" in panel.inner_text()
    # Beside the chart, not over it.
    chart, beside = page.locator(".chart").bounding_box(), panel.bounding_box()
    assert chart["x"] + chart["width"] <= beside["x"]
    picture(page, "explain-dark-1440")
    # A click filters to it, and the link shows the same.
    link = page.url
    first.get_by_role("button", name="198.51.100.7").click()
    console.until(lambda query: query.get("f") == ["SrcAddr = 198.51.100.7"])
    page.go_back()
    console.until(lambda query: "f" not in query)
    assert page.url == link
    panel.get_by_role("button", name="Close the explanation").click()
    console.until(lambda query: "x" not in query)
    assert panel.count() == 0


def test_keys_explain_the_range_and_the_brush(console):
    console = console(CHANGED)
    console.page.add_init_script(SLOW_FRAMES)
    page = console.open(f"?p=explore&from={BORDER}&to={BORDER + 600}&d=Proto&u=flow/s")
    page.keyboard.press("e")
    console.until(lambda query: query.get("x") == [f"{BORDER}-{BORDER + 600}"])
    panel = page.get_by_role("region", name="Explain")
    panel.locator(".causes li").first.get_by_role("button", name="198.51.100.7").wait_for()
    # A brush has the same key, and Enter zooms into it.
    console.open(WHOLE)
    brush(page, 0.3, 0.42)
    page.keyboard.press("e")
    console.until(lambda query: "x" in query)
    panel.get_by_text("No cause stands out.").wait_for()
    # A second one beside what is explained.
    brush(page, 0.5, 0.7)
    page.keyboard.press("Enter")
    console.until(lambda query: int(query["to"][0]) - int(query["from"][0]) < 400)
    # Escape drops it.
    brush(page, 0.2, 0.4)
    page.keyboard.press("Escape")
    page.get_by_role("group", name="Selection").wait_for(state="detached")


def test_a_change_that_shows_better_elsewhere_is_pointed_at(console):
    make = console
    make.allowed.append(r"status of 400")
    console = make(CHANGED)
    page = console.open(f"?p=explore&from={BORDER}&to={BORDER + 600}&d=Proto&x={BORDER}-{BORDER + 600}")
    panel = page.get_by_role("region", name="Explain")
    panel.get_by_role("button", name="flow/s").click()
    console.until(lambda query: query.get("u") == ["flow/s"])
    panel.locator(".causes li").first.get_by_role("button", name="198.51.100.7").wait_for()
    # A day before, nothing is stored.
    with page.expect_response(lambda answer: "/api/v1/explain" in answer.url) as asked:
        panel.get_by_role("combobox").select_option("day")
    assert parse_qs(urlsplit(asked.value.url).query)["referenceFrom"] == [str(BORDER - 86400)]
    panel.get_by_text("nothing is stored of the time to compare with").wait_for()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_fits_a_phone(console, theme):
    console = console(CHANGED, viewport={"width": 390, "height": 844}, color_scheme=theme)
    page = console.open(f"{WHOLE}&x={BORDER}-{BORDER + 600}")
    first = page.locator(".causes li").first
    first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALL) == []
    first.scroll_into_view_if_needed()
    picture(page, f"explain-{theme}-390")


def test_a_failed_explanation_says_so_and_is_tried_again(console):
    make = console
    make.allowed.append(r"status of 504")
    console = make(CHANGED)
    broken = {"status": 504, "content_type": "application/json",
              "body": '{"error": {"code": "timeout", "message": "the question took too long"}}'}
    console.page.route("**/api/v1/explain?**", lambda route: route.fulfill(**broken))
    page = console.open(f"{WHOLE}&x={BORDER}-{BORDER + 600}")
    panel = page.get_by_role("region", name="Explain")
    panel.get_by_role("alert").wait_for()
    page.unroute("**/api/v1/explain?**")
    panel.get_by_role("button", name="Try again").click()
    panel.locator(".causes li").first.wait_for()
