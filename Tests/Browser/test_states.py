"""What the pages say when the server refuses, hangs, or has nothing; and that they stay readable from a phone to 4K."""

import json
import re

import pytest
from playwright.sync_api import expect

from conftest import EMPTY, SEEDED, SMALL, fits, needs_empty, needs_seeded, resized

HEALTH = re.compile(r"/api/v1/health(\?|$)")
READS = re.compile(r"/api/v1/(graph|top|values)\?")
ANY = re.compile(r"/api/v1/(?!session|account)")
PAGES = ["", "?p=explore&d=SrcAS", "?p=flows", "?p=relations", "?p=traces", "?p=events", "?p=audit", "?p=docs", "?l=1"]


def refuse(status):
    error = {"error": {"code": f"http_{status}", "message": f"refused with {status}"}}
    return lambda route: route.fulfill(status=status, content_type="application/json", body=json.dumps(error))


@needs_seeded
def test_every_page_says_that_the_server_fails_and_offers_another_try(console):
    console.allowed.append("50[03]")
    page = console(color_scheme="dark").page
    for index, query in enumerate(PAGES):
        page.unroute_all()
        page.route(ANY, refuse((500, 503)[index % 2]))
        page.goto(f"{SEEDED}/{query}")
        page.wait_for_selector("html[data-ready=true]", state="attached")
        alert = page.get_by_role("alert").first
        expect(alert).to_contain_text("refused with 50")
        expect(alert.get_by_role("button", name="Try again")).to_be_visible()
        expect(page.get_by_role("status", name="Health")).to_contain_text("Health unknown")
        assert page.get_by_role("status", name="Loading").count() == 0, query
    # The way out works: the page is there as soon as the server is.
    page.goto(f"{SEEDED}/?p=explore&d=SrcAddr")
    again = page.get_by_role("alert").get_by_role("button", name="Try again")
    again.wait_for()
    page.unroute_all()
    again.click()
    expect(page.get_by_role("region", name="Legend").locator("tbody tr").first).to_be_visible()


@needs_seeded
@pytest.mark.parametrize("query, panels", [("", 6), ("?p=relations", 4)])
def test_what_all_panels_fail_with_is_said_once(console, query, panels):
    console.allowed.append("500")
    opened = console(viewport={"width": 1440, "height": 2000})
    opened.page.route(READS, refuse(500))
    page = opened.open(query)
    quiet = page.get_by_text("Not read: see the top of the page.")
    expect(quiet.nth(panels - 1)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(1)
    # One way to try again is that of all; what one panel fails with alone it says itself.
    page.unroute_all()
    page.route(re.compile(r"/api/v1/top\?.*dimensions=DstAddr(&|$)"), refuse(500))
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(quiet).to_have_count(0)
    if query == "":
        expect(page.get_by_role("region", name="Ports").locator("tbody tr").first).to_be_visible()
        expect(page.get_by_role("region", name="Hosts").get_by_role("alert")).to_contain_text("refused with 500")
    else:
        expect(page.get_by_role("region", name="Host to host", exact=True).locator("svg.ribbons")).to_be_visible()


@needs_seeded
def test_overview_does_not_wait_for_health_that_fails(console):
    console.allowed.append("500")
    opened = console()
    opened.page.add_init_script("localStorage.setItem('netmeta.refresh', '1')")
    opened.page.route(HEALTH, refuse(500))
    page = opened.open()
    strip = page.get_by_role("status", name="Health")
    expect(strip).to_contain_text("Health unknown")
    expect(page.get_by_role("region", name="Hosts").locator("tbody tr").first).to_be_visible()
    expect(strip.get_by_role("button", name="Try again")).to_be_visible()
    # Figures that were read before say nothing about now; with the next answer, of a second later, they are back.
    opened.page.unroute_all()
    expect(strip).to_contain_text("Received")
    opened.page.route(HEALTH, refuse(500))
    expect(strip).to_contain_text("Health unknown")
    # Of a range that has ended nothing is "now".
    expect(page.get_by_text("Flows, now")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("Flows, at the end")).to_be_visible()


@needs_seeded
def test_a_range_with_nothing_before_it_is_not_explained_and_says_why(console):
    console.allowed.append("400")
    page = console().open("?p=explore&d=SrcAddr")
    page.keyboard.press("e")
    panel = page.get_by_role("region", name="Explain")
    expect(panel.get_by_role("alert")).to_contain_text("Drag over a later part of the chart")
    assert "referenceFrom" not in panel.inner_text()


@needs_seeded
def test_a_server_that_does_not_answer_is_waited_for_in_words(console):
    page = console().page
    page.route(ANY, lambda route: None)
    page.goto(f"{SEEDED}/?p=explore&d=SrcAS")
    expect(page.get_by_role("status", name="Health")).to_have_text("Waiting for the server to answer …")
    expect(page.get_by_role("status", name="Loading").first).to_be_visible()
    page.unroute(ANY)
    page.wait_for_selector("html[data-ready=true]", state="attached")
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)


@needs_empty
def test_a_server_without_flows_advises_no_other_range(console):
    page = console(EMPTY).open("?p=explore&d=SrcAS")
    expect(page.locator(".over-chart")).to_contain_text("stored no flow yet")
    page.goto(f"{EMPTY}/?p=flows")
    expect(page.get_by_role("region", name="Rows")).to_contain_text("stored no flow yet")


@needs_seeded
def test_text_grows_on_4k_and_no_figure_is_cut(console):
    page = console(color_scheme="dark", viewport={"width": 3840, "height": 2160}).open()
    for table in ("Autonomous systems", "Hosts", "Ports", "Interfaces"):
        page.get_by_role("region", name=table).locator("tbody tr").first.wait_for()
    size = "parseFloat(getComputedStyle(document.querySelector('.top-table td')).fontSize)"
    assert page.evaluate(size) == 15
    # Where room is short whole words give way, never a part of a figure.
    cut = """[...document.querySelectorAll('.key-value, .key-sub > span, .top-table td:not(.c-name), .top-table .id')]
        .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"""
    assert page.evaluate(cut) == []
    for width in (2560, 1440, 1280, 390):
        resized(page, width)
        assert fits(page), width
        assert page.evaluate(cut) == [], width
    assert page.evaluate(size) == 12


@needs_seeded
def test_a_phone_shows_the_figures_of_long_names(console):
    page = console(viewport={"width": 390, "height": 844}).open("?p=explore&d=SrcAddr,DstAddr")
    legend = page.get_by_role("region", name="Legend")
    total = legend.locator("tbody tr").first.locator("td").last.bounding_box()
    assert total["x"] + total["width"] <= 390


@needs_seeded
def test_what_is_pressed_on_a_phone_is_large_enough_and_nothing_is_beside_the_window(console):
    # Not is_mobile: what is too wide would be drawn smaller, and seem to fit.
    opened = console(viewport={"width": 390, "height": 844}, has_touch=True)
    page = opened.page
    views = lambda: page.get_by_role("button", name="Views").click()  # noqa: E731
    for query, act in (("?l=1", None), ("?p=docs", None), ("?p=docs&doc=configuration", None), ("?p=audit", None),
                       ("?p=explore&d=SrcAddr", views), ("", lambda: page.keyboard.press("?"))):
        opened.open(query)
        if act:
            act()
            page.locator("dialog[open], .float").wait_for()
        assert page.evaluate(SMALL) == [], query
        assert fits(page), query
    # Tables of the manual are read downwards: none has to be pushed aside.
    opened.open("?p=docs&doc=configuration")
    assert page.evaluate("[...document.querySelectorAll('.doc-table')].filter(one => one.scrollWidth > one.clientWidth).length") == 0
