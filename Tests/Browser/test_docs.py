"""The manual in the console; that every page and link of it is right is tested without a browser (Tests/Web)."""

import json
import re
import urllib.request

from conftest import SEEDED, fits, needs_seeded, resized


def scrolled_to(page, name):
    # Its name goes on with that of the link beside it.
    heading = page.get_by_role("heading", name=re.compile("^" + re.escape(name))).first
    heading.wait_for()
    return abs(heading.bounding_box()["y"]) < 20


@needs_seeded
def test_the_manual_by_keys_links_and_search(console):
    console = console()
    page = console.open()
    page.keyboard.press("g")
    page.keyboard.press("d")
    console.until(lambda query: query.get("p") == ["docs"])
    with urllib.request.urlopen(f"{SEEDED}/api/v1/docs", timeout=30) as answer:
        pages = json.load(answer)["pages"]
    contents = page.get_by_role("navigation", name="Manual", exact=True)
    assert contents.get_by_role("link").count() == len(pages) >= 20

    contents.get_by_role("link", name="Names, classes, direction, anonymisation").click()
    console.until(lambda query: query.get("doc") == ["names"])
    assert page.title() == "Names, classes, direction, anonymisation · NetMeta"
    sections = page.get_by_role("navigation", name="On this page")
    sections.get_by_role("link", name="Lists of names").click()
    console.until(lambda query: query.get("doc") == ["names/lists-of-names"])
    assert scrolled_to(page, "Lists of names")
    assert page.locator("article table").count() >= 3 and page.locator("article pre").count() >= 8
    # To another page and back, where the reader was.
    page.locator("article").get_by_role("link", name="asmap.md").first.click()
    console.until(lambda query: query.get("doc") == ["asmap"])
    page.get_by_role("heading", name="The map from addresses to ASes and places").wait_for()
    page.go_back()
    console.until(lambda query: query.get("doc") == ["names/lists-of-names"])
    assert scrolled_to(page, "Lists of names")

    page.keyboard.press("/")
    page.keyboard.type("anonymized host bits")
    found = page.get_by_role("region", name="Search results")
    found.get_by_text("Nothing in the manual").wait_for()
    page.get_by_label("Search the manual").fill("host bits zero")
    found.get_by_role("link", name="Anonymisation").first.wait_for()
    page.keyboard.press("Enter")
    console.until(lambda query: query.get("doc") == ["names/anonymisation"])


@needs_seeded
def test_the_manual_from_an_address_and_from_a_figure(console):
    console = console()
    page = console.page
    page.goto(f"{SEEDED}/docs/filter")
    console.ready()
    assert console.query() == {"p": "docs", "doc": "filter"}
    page.get_by_role("heading", name="filter", exact=False).first.wait_for()
    page.goto(f"{SEEDED}/")
    console.ready()
    page.get_by_role("link", name="Manual: what the figures mean").click()
    console.until(lambda query: query.get("doc") == ["console/what-the-figures-mean"])
    assert scrolled_to(page, "What the figures mean")


@needs_seeded
def test_the_manual_fits(console):
    console = console()
    for doc in ("", "configuration", "exporters", "schema"):
        page = console.open(f"?p=docs&doc={doc}" if doc else "?p=docs")
        page.locator("article h1").wait_for()
        for width in (1440, 1024, 390):
            assert fits(resized(page, width)), (doc, width)


@needs_seeded
def test_a_page_that_is_not_there(console):
    console.allowed.append("404")
    page = console().open("?p=docs&doc=nothing")
    page.get_by_text("The manual has no page “nothing”.").wait_for()
