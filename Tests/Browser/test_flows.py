"""The page of raw flows: lists, columns, the drawer of a row, downloads, and what arrives live.

The servers are those of test_console.py; the overloaded one has many rows of all protocols, and gets a few more here.
"""

import csv
import json
import os
import re
import socket
import struct
import time
import urllib.request
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from conftest import OVERLOADED, SEEDED, fits, needs_overloaded, needs_seeded


def api(base, path):
    with urllib.request.urlopen(f"{base}/api/v1/{path}") as answer:
        return json.load(answer)


def places(page):
    return page.locator("[data-place]").evaluate_all("rows => rows.map(row => row.dataset.place)")


def rows(page):
    return page.locator('section[aria-label="Rows"] tbody tr')


def picture(page, name):
    if folder := os.environ.get("NETMETA_SCREENSHOTS"):
        page.screenshot(path=os.path.join(folder, f"flows-{name}.png"))


@needs_seeded
def test_rows_are_listed_and_counted(console):
    page = console().open("?p=flows")
    texts = rows(page).all_inner_texts()
    assert len(texts) == 2
    assert any("10.99.0.2" in text and "114,000" in text for text in texts)
    assert any("fd99::1" in text and "314,400" in text for text in texts)
    page.get_by_text("2 in range").wait_for()
    assert page.locator("th[aria-sort=descending]").inner_text() == "Received"
    assert page.title() == "Flows · NetMeta"
    page.get_by_role("button", name="SQL").click()
    assert "FROM netmeta.flows_raw" in page.locator('section[aria-label="SQL"]').inner_text()


@needs_seeded
def test_keys_go_to_the_page_and_through_it(console):
    console = console()
    page = console.open("?from=-1h")
    page.keyboard.press("g")
    page.keyboard.press("f")
    console.until(lambda query: query.get("p") == ["flows"])
    assert console.query()["from"] == "-1h"
    page.keyboard.press("/")
    page.wait_for_selector("#filter:focus")
    page.keyboard.press("Escape")
    first, second = places(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == first
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    console.until(lambda query: query.get("row") == [second])
    drawer = page.get_by_role("dialog", name="Flow")
    drawer.get_by_text("Addresses", exact=True).wait_for()
    page.keyboard.press("ArrowUp")
    console.until(lambda query: query.get("row") == [first])
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == first
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached")
    console.until(lambda query: "row" not in query)
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == first
    # To a value of the row, whose menu opens by Enter too.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    value = page.evaluate("document.activeElement.innerText").strip()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Exclude it").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    console.until(lambda query: query.get("f") == [f"SrcAddr != {value}"])
    assert rows(page).count() == 1


@needs_seeded
def test_a_row_tells_every_field_and_where_it_came_from(console):
    console = console()
    page = console.open("?p=flows&f=SrcAddr+=+10.99.0.2")
    rows(page).locator("a").click()
    drawer = page.get_by_role("dialog", name="Flow")
    field = drawer.locator(".flow-field", has=page.locator("dt", has_text=re.compile(r"^SrcAddr$")))
    assert "IPFIX 8 sourceIPv4Address" in field.inner_text()
    assert field.locator("dt").get_attribute("title") == "The source address."
    size = drawer.locator(".flow-field", has=page.locator("dt", has_text=re.compile(r"^Bytes$")))
    assert "114,000 bytes" in size.inner_text()
    drawer.get_by_role("button", name="Meanings").click()
    assert "Packets as reported." in drawer.inner_text()
    drawer.locator("summary", has_text="0, or not sent").click()
    every = {column["name"] for column in api(SEEDED, "schema")["columns"]}
    assert set(drawer.locator("dt").evaluate_all("names => names.map(name => name.textContent)")) == every
    for words in ("This host", "This AS", "This exporter"):
        # The lab's exporter tells no AS.
        assert drawer.get_by_role("link", name=words).count() == {"This host": 2, "This AS": 0}.get(words, 1)
    picture(page, "drawer-1440")
    link = page.url
    field.hover()
    field.get_by_role("button", name="Exclude SrcAddr 10.99.0.2").click()
    console.until(lambda query: "SrcAddr != 10.99.0.2" in query["f"][0])
    page.goto(link)
    console.ready()
    drawer.get_by_role("link", name="This host").first.click()
    console.until(lambda query: query.get("p") == ["explore"])
    assert console.query()["f"] == "Addr = 10.99.0.2"


@needs_seeded
def test_a_row_that_is_gone_says_so(console):
    make = console
    make.allowed.append("status of 404")
    page = make().open("?p=flows&row=1700000000-1f")
    page.get_by_role("dialog", name="Flow").get_by_text("not there any more").wait_for()


@needs_seeded
def test_explore_and_flows_lead_to_each_other(console):
    console = console()
    page = console.open("?p=explore&from=-1h&d=SrcAddr&f=Proto+=+17&dir=in")
    page.locator(".title-buttons").get_by_role("link", name="Flows").click()
    console.until(lambda query: query.get("p") == ["flows"])
    assert console.query() == {"p": "flows", "from": "-1h", "f": 'Proto = 17 and Incoming = "yes"'}
    console.open("?p=flows&from=-1h&f=Proto+=+17")
    page.locator(".title-buttons").get_by_role("link", name="Explore").click()
    console.until(lambda query: query.get("p") == ["explore"])
    assert console.query()["f"] == "Proto = 17" and console.query()["from"] == "-1h"
    page.get_by_role("button", name="10.99.0.1", exact=True).click()
    page.get_by_role("menuitem", name="Open its flows").click()
    console.until(lambda query: query.get("p") == ["flows"])
    assert console.query()["f"] == "Proto = 17 and DstAddr = 10.99.0.1"
    assert rows(page).count() == 1
    page.get_by_role("button", name="5001", exact=True).click()
    page.get_by_role("menuitem", name="Split by DstPort in Explore").click()
    console.until(lambda query: query.get("d") == ["DstPort"])


@needs_seeded
def test_columns_are_found_and_chosen(console):
    console = console()
    page = console.open("?p=flows")
    page.get_by_role("button", name="Columns:").click()
    page.get_by_label("Find a column").fill("ttl")
    page.keyboard.press("Enter")
    console.until(lambda query: "IPTTL" in query.get("cols", [""])[0])
    page.wait_for_selector("th:has-text('IPTTL')")
    page.get_by_label("Find a column").fill("packets")
    page.get_by_role("checkbox", name=re.compile("^Packets")).uncheck()
    console.until(lambda query: "Packets" not in query["cols"][0].split(","))
    page.get_by_role("button", name="The usual ones").click()
    console.until(lambda query: "cols" not in query)


@needs_seeded
def test_what_matches_nothing_or_is_not_understood_says_so(console):
    make = console
    make.allowed.append("status of 400")
    console = make()
    page = console.open("?p=flows&f=SrcAddr+=+203.0.113.77")
    page.get_by_text("No flow matches in this range.").wait_for()
    page.fill("#filter", "SrcProt = 1")
    page.press("#filter", "Enter")
    page.get_by_text("The filter is not understood.").wait_for()
    assert page.locator("#filter-error mark").inner_text().startswith("SrcProt")
    page.get_by_role("button", name="Show without filter").click()
    console.until(lambda query: "f" not in query)
    assert rows(page).count() == 2


@needs_overloaded
def test_pages_have_each_row_once(console):
    console = console(OVERLOADED)
    page = console.open("?p=flows&from=-1h")
    seen = [places(page)]
    for _ in range(3):
        page.get_by_role("button", name="Next page").click()
        console.until(lambda query: query.get("at", [""])[0].startswith(f"{100 * len(seen)}@"))
        page.get_by_text(f"Rows {100 * len(seen) + 1} to ").wait_for()
        seen.append(places(page))
    query = console.query()
    listed = api(OVERLOADED, f"flows?limit=400&from={query['from']}&to={query['to']}&columns=Bytes")["places"]
    assert [place for places in seen for place in places] == listed
    page.get_by_role("button", name="Page before").click()
    console.until(lambda query: query["at"][0].startswith("200@"))
    page.get_by_text("Rows 201 to ").wait_for()
    assert places(page) == seen[2]
    page.get_by_role("button", name="First page").click()
    console.until(lambda query: "at" not in query)
    assert places(page) == seen[0]


@needs_overloaded
def test_rows_are_sorted_by_the_server(console):
    console = console(OVERLOADED)
    page = console.open("?p=flows&from=-1h")
    page.get_by_role("button", name="Bytes", exact=True).click()
    console.until(lambda query: query.get("o") == ["-Bytes"])
    page.locator("th[aria-sort=descending]", has_text="Bytes").wait_for()
    page.get_by_text("by Bytes, largest first, exact").wait_for()
    expected = api(OVERLOADED, "flows?from=-1h&sort=-Bytes&columns=Bytes")
    bytes_column = rows(page).evaluate_all("rows => rows.map(row => row.cells[9].innerText.trim())")
    assert bytes_column == [f"{row['Bytes']:,}" for row in expected["rows"]]
    page.get_by_role("button", name="Next page").click()
    console.until(lambda query: "at" in query)
    page.get_by_text("Rows 101 to 200").wait_for()
    assert not set(places(page)) & set(expected["places"])


@needs_overloaded
@pytest.mark.parametrize("form", ["CSV", "JSON"])
def test_files_come_from_the_server(console, form):
    page = console(OVERLOADED).open("?p=flows&from=-1h&f=DstPort+=+53&cols=TimeReceived,SrcAddr,DstPort")
    page.get_by_role("button", name="Download").click()
    page.get_by_text(re.compile(r"^all [\d,]+ rows, the columns shown$")).wait_for()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=form).click()
    assert re.fullmatch(rf"netmeta-flows-\d+-\d+\.{form.lower()}", download.value.suggested_filename)
    with open(download.value.path(), newline="") as file:
        content = list(csv.DictReader(file)) if form == "CSV" else json.load(file)["rows"]
    total = api(OVERLOADED, f"top?from=-1h&filter={quote('DstPort = 53')}")["total"]["flows"]
    assert len(content) == total > 0
    assert all(int(row["DstPort"]) == 53 for row in content)
    assert list(content[0]) == ["TimeReceived", "SrcAddr", "DstPort"]


def send(base, first, count):
    """Sends NetFlow v5 records from 198.51.100.77 to `count` ports from the first on, 30 a datagram."""
    listener = next(one for one in api(base, "health")["listeners"] if one["protocol"] == "udp")
    target = ("127.0.0.1", int(listener["address"].rsplit(":", 1)[1]))
    ports = list(range(first, first + count))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.77", 0))
        while ports:
            some, ports = ports[:30], ports[30:]
            records = b"".join(struct.pack(
                "!4s4s4sHHIIIIHHBBBBHHBBH", socket.inet_aton("198.51.100.77"), socket.inet_aton("203.0.113.1"), bytes(4),
                1, 2, 3, 300, 0, 0, 4000, port, 0, 16, 6, 0, 0, 0, 0, 0, 0) for port in some)
            header = struct.pack("!HHIIIIBBH", 5, len(some), 1000, int(time.time()), 0, first, 0, 0, 0)
            sender.sendto(header + records, target)


@needs_overloaded
def test_what_arrives_is_shown_live_and_waits_while_somebody_looks(console):
    console = console(OVERLOADED)
    page = console.page
    page.goto(f"{OVERLOADED}/?p=flows&from=-1h&f=SrcAddr+=+198.51.100.77")
    page.get_by_role("button", name="Live tail").click()
    console.until(lambda query: query.get("live") == ["1"])
    page.get_by_text(re.compile("^showing all 0 a second|that matches arrived yet")).first.wait_for()
    send(OVERLOADED, 7000, 60)
    page.get_by_text(re.compile(r"showing \d+ of \d+ a second")).wait_for()
    rows(page).first.wait_for()
    # More than 50 came in one look or in two; what isn't shown is told.
    assert 50 <= rows(page).count() <= 60
    picture(page, "live-1440")
    before = rows(page).count()
    rows(page).nth(2).hover()
    send(OVERLOADED, 8000, 5)
    page.get_by_text(re.compile(r"Held, 5 rows wait")).wait_for()
    assert rows(page).count() == before
    page.mouse.move(5, 5)
    page.get_by_role("button", name="8000", exact=True).wait_for()
    assert rows(page).count() == before + 5
    rows(page).first.locator("a").click()
    page.get_by_role("dialog", name="Flow").get_by_text("NetFlow v5 has no field for it").first.wait_for(state="attached")
    page.keyboard.press("g")
    page.keyboard.press("o")
    console.until(lambda query: "p" not in query)


@needs_overloaded
def test_too_many_live_tails_are_refused_in_words(console):
    make = console
    make.allowed.append("status of 429")
    console = make(OVERLOADED)
    page = console.page
    page.route("**/api/v1/flows/tail?**", lambda route: route.fulfill(status=429, json={
        "error": {"code": "too_many", "message": "8 live tails are watched, which is as many as the server serves"}}))
    page.goto(f"{OVERLOADED}/?p=flows&live=1")
    page.get_by_text("8 live tails are watched").wait_for()


@needs_overloaded
@pytest.mark.parametrize("width, height", [(390, 844), (1280, 800), (3840, 2160)])
def test_nothing_sticks_out(console, width, height):
    console = console(OVERLOADED, viewport={"width": width, "height": height}, color_scheme="light")
    page = console.open("?p=flows&from=-1h")
    assert fits(page)
    picture(page, f"list-{width}")
    page.locator("[data-place]").first.click(position={"x": 20, "y": 10})
    console.until(lambda query: "row" in query)
    drawer = page.get_by_role("dialog", name="Flow")
    drawer.get_by_text("Addresses", exact=True).wait_for()
    assert fits(page)
    assert drawer.locator(".drawer-body").evaluate("body => body.scrollWidth <= body.clientWidth")
    picture(page, f"drawer-{width}")
    drawer.get_by_role("button", name="Close").click()
    drawer.wait_for(state="detached")


@needs_overloaded
def test_waiting_shows_a_skeleton_and_failing_a_way_on(console):
    make = console
    make.allowed.append("status of 504")
    console = make(OVERLOADED)
    page = console.page
    asked = []
    page.route("**/api/v1/flows?**", lambda route: asked.append(route))
    page.goto(f"{OVERLOADED}/?p=flows&from=-1h")
    page.locator('section[aria-label="Rows"]').get_by_role("status", name="Loading").wait_for()
    asked[0].fulfill(status=504, json={"error": {"code": "timeout", "message": "the question took too long"}})
    page.get_by_text("the question took too long").wait_for()
    page.unroute("**/api/v1/flows?**")
    page.get_by_role("button", name="Try again").click()
    rows(page).first.wait_for()


@needs_overloaded
def test_every_column_can_be_seen_beside_an_open_row(console):
    console = console(OVERLOADED)
    page = console.open("?p=flows&from=-1h")
    last = page.locator("[data-place]").nth(30)
    place = last.get_attribute("data-place")
    last.click(position={"x": 20, "y": 10})
    drawer = page.get_by_role("dialog", name="Flow")
    drawer.get_by_text("Addresses", exact=True).wait_for()
    # The list has a bar of its own, in sight, and its heads stay.
    box, aside = page.locator(".flows-scroll").bounding_box(), drawer.bounding_box()
    assert box["y"] + box["height"] <= 900 and box["x"] + box["width"] <= aside["x"]
    for name in ("Received", "Rate 1:n"):
        head = page.get_by_role("columnheader", name=name)
        head.scroll_into_view_if_needed()
        seen = head.bounding_box()
        # Half a pixel more or less is rounding.
        assert box["x"] - 1 < seen["x"] and seen["x"] + seen["width"] < box["x"] + box["width"] + 1 and seen["y"] >= box["y"]
    row = page.locator(f'[data-place="{place}"]')
    expect(row).to_be_in_viewport()
    drawer.get_by_role("button", name="Close").click()
    drawer.wait_for(state="detached")
    expect(row).to_be_in_viewport()
