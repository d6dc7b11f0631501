"""The console in a real browser against a real server; conftest.py says which."""

import json
import os
import re
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from conftest import (EMPTY, OVERLOADED, SEEDED, fits, needs_empty, needs_overloaded, needs_seeded, picture, resized)


def body_rows(page, panel):
    return page.locator(f'section[aria-label="{panel}"] tbody tr')


def title_of_total(page, value):
    row = page.locator(".legend-table tbody tr", has=page.get_by_role("button", name=value, exact=True))
    return row.locator("td.c-total").get_attribute("title")


@needs_seeded
def test_overview_shows_figures_and_tables(console):
    page = console().open()
    keys = page.locator('section[aria-label="Key figures"]')
    keys.get_by_text("Source hosts").wait_for()
    assert "Waiting for the first flow" not in page.inner_text("body")
    health = page.locator('.health')
    for word in ("Received", "stored", "in flight", "lost", "lag"):
        assert word in health.inner_text()
    body_rows(page, "Hosts").first.wait_for()
    hosts = body_rows(page, "Hosts").all_inner_texts()
    assert any("10.99.0.1" in row for row in hosts) and any("fd99::1" in row for row in hosts)
    body_rows(page, "Ports").first.wait_for()
    assert any("4001" in row and "UDP" in row for row in body_rows(page, "Ports").all_inner_texts())
    assert body_rows(page, "Exporters").count() >= 1
    assert page.locator('section[aria-label="Throughput"] canvas').count() == 1


@needs_seeded
def test_figures_are_exact_on_hover(console):
    page = console().open()
    row = body_rows(page, "Hosts").filter(has_text="10.99.0.1")
    row.wait_for()
    assert "114,000 bytes" in row.locator("td.c-bits").get_attribute("title")
    assert "500 packets" in row.locator("td.c-packets").get_attribute("title")


@needs_seeded
def test_tables_sort_and_turn(console):
    console = console()
    page = console.open()
    hosts = page.locator('section[aria-label="Hosts"]')
    hosts.locator("tbody tr").first.wait_for()
    hosts.get_by_role("button", name="Address").click()
    assert hosts.locator("th[aria-sort=ascending]").inner_text().strip() == "Address"
    hosts.get_by_role("button", name="Source").click()
    hosts.locator("tbody tr", has_text="10.99.0.2").wait_for()
    assert console.query()["m"] == "hosts"


@needs_seeded
def test_a_row_links_into_explore(console):
    console = console()
    page = console.open()
    body_rows(page, "Hosts").filter(has_text="10.99.0.1").get_by_role("link").click()
    console.ready()
    page.wait_for_selector(".legend-table tbody tr")
    assert console.query()["p"] == "explore"
    assert console.query()["f"] == "DstAddr = 10.99.0.1"
    assert page.input_value("#filter") == "DstAddr = 10.99.0.1"


@needs_seeded
def test_ports_and_interfaces_are_told_apart(console):
    console = console()
    page = console.open()
    interfaces = body_rows(page, "Interfaces").first
    interfaces.wait_for()
    assert "SamplerAddress " in interfaces.get_by_role("link").get_attribute("title")
    body_rows(page, "Ports").filter(has_text="4001").get_by_role("link").click()
    console.ready()
    assert console.query()["f"] in ("SrcPort = 4001 and Proto = 17", 'SrcPort = 4001 and Proto = "UDP"')
    assert page.locator(".legend-table tbody tr").count() == 1


@needs_seeded
def test_a_young_server_shows_all_it_has(console):
    console = console()
    page = console.open("?p=explore&d=SrcAddr")
    assert page.locator(".range-name").inner_text() in ("Since the first flow", "Last 1 min", "Last hour")
    console.open("?p=explore&d=SrcAddr&from=-6h")
    page.get_by_text("nothing is stored from before").wait_for()


@needs_seeded
def test_a_hidden_page_asks_for_nothing(console):
    console = console()
    page = console.open("?p=explore&d=SrcAddr")
    # A headless page is never hidden by the system, so it is told so.
    page.evaluate("""() => { Object.defineProperty(document, "hidden", { value: true, configurable: true }) }""")
    page.get_by_role("button", name="Refresh 10 s").click()
    page.get_by_role("menuitemradio", name="Every 1 s").click()
    page.wait_for_timeout(1500)
    asked = len(console.requests)
    page.wait_for_timeout(1600)
    assert len(console.requests) == asked
    with page.expect_request("**/api/v1/graph**"):
        page.evaluate("""() => {
            delete document.hidden
            document.dispatchEvent(new Event("visibilitychange"))
        }""")


@needs_seeded
@pytest.mark.parametrize("width, query, panel", [
    (1440, "?p=explore&d=SrcAddr", ".result"), (390, "?p=explore&d=SrcAddr", ".result"),
    (390, "", 'section[aria-label="Throughput"]')])
def test_a_long_question_shows_its_progress_and_can_be_cancelled(console, width, query, panel):
    console = console(viewport={"width": width, "height": 844})
    page = console.page
    asked, cancelled = [], []

    def question(address):
        return parse_qs(urlsplit(address).query)["id"][0]

    def progress(route):
        questions = [{"id": identity, "path": "/api/v1/graph", "seconds": 1, "rowsRead": 33_500_000,
                      "rowsTotal": 98_000_000, "memory": 1} for identity in asked if identity not in cancelled]
        route.fulfill(json={"questions": questions})

    def cancel(route):
        assert route.request.method == "POST"
        cancelled.append(question(route.request.url))
        route.fulfill(json={"cancelled": cancelled[-1]})

    # A graph that isn't answered; the rest of the page is.
    page.route("**/api/v1/graph?**", lambda route: asked.append(question(route.request.url)))
    page.route("**/api/v1/questions", progress)
    page.route("**/api/v1/questions/cancel?**", cancel)
    page.goto(f"{console.base}/{query}")
    place = page.locator(panel)
    place.get_by_text(re.compile(r"^Reading 34 % of 98\.0 M rows · \d+\.\d s$")).wait_for()
    assert fits(page)
    if folder := os.environ.get("NETMETA_SCREENSHOTS"):
        page.screenshot(path=os.path.join(folder, f"long-{width}-{panel[1:7]}.png"))
    place.get_by_role("button", name="Cancel").click()
    place.get_by_text("Cancelled.", exact=True).wait_for()
    assert place.get_by_role("button", name="Cancel").count() == 0
    for _ in range(100):
        if cancelled:
            break
        page.wait_for_timeout(50)
    assert cancelled[0] in asked
    page.unroute("**/api/v1/graph?**")
    place.get_by_role("button", name="Retry").click()
    place.locator("canvas").wait_for()
    assert place.get_by_text("Cancelled.").count() == 0


@needs_seeded
def test_an_answer_that_nobody_waits_for_is_cancelled(console):
    console = console()
    page = console.open("?p=explore&d=SrcAddr")
    # The server has never heard of the question, so what it lists is made up.
    asked = []

    def hold(route):
        query = parse_qs(urlsplit(route.request.url).query)
        # The page may be asking anew by itself, for what it shows.
        if query["unit"] != ["packet/s"]:
            return route.continue_()
        asked.append(query["id"][0])

    page.route("**/api/v1/graph?**", hold)
    page.route("**/api/v1/questions", lambda route: route.fulfill(json={"questions": [
        {"id": identity, "path": "", "seconds": 1, "rowsRead": 0, "rowsTotal": None, "memory": 0}
        for identity in asked]}))
    page.route("**/api/v1/questions/cancel?**", lambda route: route.fulfill(json={}))
    with page.expect_request(lambda request: "/graph?" in request.url and "unit=packet%2Fs" in request.url):
        page.get_by_role("group", name="Unit").get_by_role("button", name="packet/s").click()
    with page.expect_request("**/api/v1/questions/cancel?**") as request:
        page.get_by_role("group", name="Unit").get_by_role("button", name="bit/s").click()
    assert parse_qs(urlsplit(request.value.url).query)["id"][0] in asked
    console.ready()


@needs_seeded
def test_explore_by_source_address_is_exact(console):
    page = console().open("?p=explore&d=SrcAddr")
    assert title_of_total(page, "10.99.0.2").startswith("114,000 bytes")
    assert title_of_total(page, "fd99::2").startswith("314,400 bytes")
    summary = page.locator(".summary").inner_text()
    assert re.search(r"top (\d+) of \1, exact", summary)
    if "assumed 1:1" in summary:
        assert "≥" in page.locator(".legend-table").inner_text()


@needs_seeded
@pytest.mark.parametrize("unit, words", [("packet/s", "500 packets"), ("flow/s", "1 flow")])
def test_explore_in_other_units(console, unit, words):
    page = console().open(f"?p=explore&d=SrcAddr&u={unit}")
    assert title_of_total(page, "10.99.0.2").startswith(words)


@needs_seeded
def test_two_dimensions_lines_and_directions(console):
    page = console().open("?p=explore&d=SrcAddr,DstPort&c=lines&dir=split")
    heads = page.locator(".legend-table th.c-name, .legend-table th.c-direction").all_inner_texts()
    assert [head.strip() for head in heads] == ["Source address", "Destination port", "Direction"]
    assert page.locator(".legend-table tbody tr").count() >= 2


@needs_seeded
def test_value_menu_filters_excludes_and_back_undoes(console):
    console = console()
    page = console.open("?p=explore&d=SrcAddr")
    page.get_by_role("button", name="10.99.0.2", exact=True).click()
    page.get_by_role("menuitem", name="Filter to this value").click()
    console.ready()
    assert console.query()["f"] == "SrcAddr = 10.99.0.2"
    assert page.locator(".legend-table tbody tr").count() == 1
    page.go_back()
    console.ready()
    assert "f" not in console.query()
    assert page.locator(".legend-table tbody tr").count() >= 2
    page.go_forward()
    console.ready()
    assert page.locator(".legend-table tbody tr").count() == 1
    page.get_by_role("button", name="Undo").click()
    console.until(lambda query: "f" not in query)
    console.ready()
    page.get_by_role("button", name="10.99.0.2", exact=True).click()
    page.get_by_role("menuitem", name="Exclude it").click()
    console.ready()
    assert console.query()["f"] == "SrcAddr != 10.99.0.2"
    rest = page.locator(".legend-table tbody").inner_text()
    assert "fd99::2" in rest and "10.99.0.2" not in rest


@needs_seeded
def test_dimensions_are_added_reordered_and_removed(console):
    console = console()
    page = console.open("?p=explore&d=SrcAddr")
    page.get_by_role("button", name="Add a dimension").click()
    page.get_by_label("Find a dimension").fill("proto")
    page.keyboard.press("Enter")
    console.ready()
    assert console.query()["d"] == "SrcAddr,Proto"
    page.get_by_role("button", name="Proto, place 2").press("ArrowLeft")
    console.ready()
    assert console.query()["d"] == "Proto,SrcAddr"
    page.get_by_role("button", name="Remove SrcAddr").click()
    console.ready()
    assert console.query()["d"] == "Proto"


@needs_seeded
def test_a_wrong_filter_is_shown_at_its_place(console):
    make = console
    make.allowed.append(r"status of 400")
    console = make()
    page = console.open("?p=explore&d=SrcAddr")
    page.fill("#filter", "SrcAddr = 10.99.0.2 and SrcProt = 1")
    page.press("#filter", "Enter")
    console.ready()
    error = page.locator("#filter-error")
    error.wait_for()
    assert error.locator("mark").inner_text().startswith("SrcProt")
    assert page.get_attribute("#filter", "aria-invalid") == "true"
    page.fill("#filter", "SrcAddr = 10.99.0.2")
    page.press("#filter", "Enter")
    console.ready()
    assert error.count() == 0
    assert page.locator(".legend-table tbody tr").count() == 1


@needs_seeded
def test_brushing_zooms_and_undo_comes_back(console):
    console = console()
    page = console.open("?p=explore&from=-1h&d=SrcAddr")
    box = page.locator(".chart").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 120, steps=5)
    assert "min" in page.locator(".brush-tag").inner_text()
    page.mouse.up()
    page.get_by_role("group", name="Selection").get_by_role("button", name="Zoom in").click()
    console.until(lambda query: "to" in query)
    length = int(console.query()["to"]) - int(console.query()["from"])
    assert 600 < length < 900
    page.go_back()
    console.ready()
    assert console.query()["from"] == "-1h"


@needs_seeded
def test_keys(console):
    console = console()
    page = console.open("?from=-1h")
    page.keyboard.press("g")
    page.keyboard.press("e")
    console.until(lambda query: query.get("p") == ["explore"])
    page.keyboard.press("/")
    page.wait_for_selector("#filter:focus")
    page.keyboard.type("g?")
    assert page.input_value("#filter") == "g?"
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    console.until(lambda query: "to" in query)
    assert int(console.query()["to"]) - int(console.query()["from"]) == 3600
    page.keyboard.press("ArrowRight")
    console.until(lambda query: "to" not in query)
    page.keyboard.press("r")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    console.until(lambda query: query.get("from") == ["-15m"])
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keys").wait_for(state="detached")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    # The list that closes takes the next one with it no more.
    page.locator("dialog button").evaluate("""button => {
        button.closest("dialog").close();
        button.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true, cancelable: true }));
    }""")
    page.get_by_role("dialog", name="Keys").wait_for()
    # A closed dialog keeps the focus until the next frame; a fast hand's next key goes there.
    page.locator("dialog button").evaluate("""button => {
        button.closest("dialog").close();
        button.dispatchEvent(new KeyboardEvent("keydown", { key: "g", bubbles: true, cancelable: true }));
    }""")
    page.keyboard.press("o")
    console.until(lambda query: "p" not in query)


@needs_seeded
def test_theme_is_chosen_and_remembered(console):
    console = console(color_scheme="light")
    page = console.open()
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "light"
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-theme=dark]", state="attached")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Light").click()
    assert page.evaluate(theme) == "light"
    page.reload()
    console.ready()
    assert page.evaluate(theme) == "light"


@needs_seeded
def test_zone_switches_between_local_and_utc(console):
    console = console(timezone_id="Asia/Kolkata")
    page = console.open()
    page.get_by_role("button", name="Time zone UTC+5:30").click()
    page.get_by_role("button", name="Time zone UTC", exact=True).wait_for()
    page.reload()
    console.ready()
    page.get_by_role("button", name="Time zone UTC", exact=True).wait_for()


@needs_seeded
@pytest.mark.parametrize("query", ["", "?p=explore&d=SrcAddr,DstPort"])
def test_nothing_sticks_out(console, query):
    page = console(viewport={"width": 3840, "height": 2160}).open(query)
    for width, height in ((3840, 2160), (1280, 800), (768, 1024), (390, 844)):
        assert fits(resized(page, width, height)), width


@needs_seeded
def test_phone_has_all_of_it(console):
    console = console(viewport={"width": 390, "height": 844}, has_touch=True)
    page = console.open()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitemradio", name="Explore").click()
    console.ready()
    page.locator(".fold").click()
    page.locator("#filter").wait_for()
    assert fits(page)


@needs_seeded
def test_a_range_without_flows_says_so(console):
    page = console().open("?from=1000000000&to=1000003600")
    page.get_by_text("Nothing was received in this range.").wait_for()
    page.get_by_role("link", name="Show the hour before it").click()
    body_rows(page, "Hosts").filter(has_text="10.99.0.1").wait_for()


@needs_seeded
def test_a_server_that_goes_away_is_announced(console):
    make = console
    make.allowed.append(r"ERR_FAILED|Failed to load")
    console = make()
    page = console.open()
    page.route("**/api/v1/**", lambda route: route.abort())
    page.get_by_role("button", name="Refresh 10 s").click()
    page.get_by_role("menuitemradio", name="Every 1 s").click()
    page.get_by_text("Server not reachable, retrying.").wait_for()
    banner = page.get_by_role("alert").bounding_box()
    assert banner["y"] < 150 and banner["height"] < 80
    assert body_rows(page, "Exporters").count() >= 1
    page.unroute("**/api/v1/**")
    page.get_by_text("Server not reachable, retrying.").wait_for(state="detached")


@needs_seeded
def test_export_and_sql(console):
    page = console().open("?p=explore&d=SrcAddr")
    page.get_by_role("button", name="SQL").click()
    assert "flows_raw" in page.locator('section[aria-label="SQL"] code').inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
        page.get_by_role("menuitem", name="Table as CSV").click()
    with open(download.value.path(), encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines[0].startswith("SrcAddr,last (bit/s)")
    assert any(line.startswith("10.99.0.2,") and ",114000," in line for line in lines)


@needs_seeded
def test_what_is_doubtful_about_an_exporter(console):
    console = console()
    page = console.open()
    row = body_rows(page, "Exporters").filter(has_text="127.0.0.9")
    row.wait_for()
    # The rate that nobody told is marked, in words.
    assert row.locator("td.c-sampling .flag").inner_text() == "unknown"
    row.get_by_role("button", name="Details of 127.0.0.9").click()
    console.until(lambda query: query.get("e") == ["127.0.0.9"])
    drawer = page.get_by_role("dialog", name="Exporter 127.0.0.9")
    for doubt in ("Sampling rate unknown", "1 template missing", "Clock 2 h behind"):
        drawer.get_by_text(doubt, exact=True).first.wait_for()
    facts = drawer.locator('section[aria-label="Received since the server started"]').inner_text().split("\n")
    assert facts[facts.index("Options records") + 1] == "30"
    assert "1 datagram not believed" in drawer.inner_text()

    drawer.get_by_text("30 named").click()
    drawer.get_by_label("Find in Interfaces").fill("/17")
    assert drawer.locator("details dl > div").all_inner_texts() == ["17\nxe-0/0/17"]
    drawer.get_by_role("link", name="xe-0/0/17").click()
    console.until(lambda query: query.get("f") == ["SamplerAddress = 127.0.0.9 and If = 17"])
    assert "e" not in console.query() and drawer.count() == 0
    page.go_back()
    console.until(lambda query: query.get("e") == ["127.0.0.9"])
    drawer.get_by_text("Sampling rate unknown", exact=True).wait_for()
    page.keyboard.press("Escape")
    console.until(lambda query: "e" not in query)
    assert drawer.count() == 0


@needs_seeded
def test_details_of_an_exporter_in_a_link(console):
    page = console().open("?e=198.51.100.1")
    page.get_by_text("Nothing was heard of 198.51.100.1 since the server started.").wait_for()
    page = console(viewport={"width": 390, "height": 844}).open("?e=127.0.0.9")
    page.get_by_text("Sampling rate unknown", exact=True).wait_for()
    assert fits(page)
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] >= 0 and box["width"] <= 390 and box["height"] <= 844


@needs_seeded
def test_a_tap_on_a_phone_opens_an_exporters_details(console):
    console = console(viewport={"width": 390, "height": 844})
    page = console.open()
    page.locator('section[aria-label="Exporters"] .phone-row', has_text="127.0.0.9").click()
    console.until(lambda query: query.get("e") == ["127.0.0.9"])
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("Sampling rate unknown", exact=True).wait_for()
    drawer.get_by_role("button", name="Close").click()
    console.until(lambda query: "e" not in query)


@needs_empty
def test_first_run_tells_how_to_begin(console):
    page = console(EMPTY).open()
    page.get_by_role("heading", name="Waiting for the first flow").wait_for()
    assert "netmeta demo" in page.inner_text("main")
    page.get_by_role("tab", name="Cisco IOS XE").click()
    page.get_by_label("this collector is").fill("192.0.2.50")
    lines = page.locator(".code-box code").first.inner_text()
    assert "destination 192.0.2.50" in lines and re.search(r"transport udp \d+", lines)
    assert "not tested on hardware" in page.inner_text("main")
    assert fits(page)


@needs_empty
def test_first_run_fits_a_phone(console):
    page = console(EMPTY, viewport={"width": 390, "height": 844}).open()
    page.get_by_role("heading", name="Waiting for the first flow").wait_for()
    assert fits(page)


def account(base):
    with urllib.request.urlopen(f"{base}/api/v1/health/losses", timeout=30) as answer:
        return json.load(answer)


@needs_overloaded
@pytest.mark.parametrize("query", ["", "?p=explore&d=SrcAddr"])
def test_drops_are_visible_on_every_page(console, query):
    page = console(OVERLOADED).open(query)
    losses = account(OVERLOADED)
    drops = losses["datagrams"]["lost"]["reasons"]["kernel_drop"]
    assert drops > 1000
    strip = page.locator(".health")
    strip.get_by_role("button", name="What to do", exact=True).wait_for()
    for width in (1440, 1280, 1000):
        resized(page, width)
        words = re.sub(r"\s+", " ", strip.inner_text())
        assert f"Received {losses['rows']['written']:,} = stored {losses['rows']['stored']:,}" in words
        if width >= 1280:
            assert f"kernel drop {drops:,} datagrams" in words
        # It stands between the top bar and the page, and nothing of it is cut off at the edge.
        places = [page.locator(name).bounding_box()["y"] for name in ("header.top", ".health", "main")]
        assert places == sorted(places) and places[0] == 0
        assert strip.evaluate("strip => strip.scrollWidth <= strip.clientWidth")
        assert fits(page)
        picture(page, f"overload-{'explore' if query else 'overview'}-{width}")


@needs_overloaded
def test_the_account_says_what_was_lost_where_and_what_to_do(console):
    console = console(OVERLOADED)
    page = console.open()
    page.locator(".health").get_by_role("button", name="What to do", exact=True).click()
    console.until(lambda query: query.get("l") == ["1"])
    drawer = page.get_by_role("dialog", name="Account of losses")
    losses = account(OVERLOADED)
    drops = losses["datagrams"]["lost"]["reasons"]["kernel_drop"]
    drawer.get_by_text(f"kernel drop: {drops:,} datagrams").wait_for()
    advice = drawer.locator('section[aria-label="What to do"]').inner_text()
    assert "listeners.receiveBuffer" in advice and "Malformed: 3 datagrams" in advice
    assert "3 of no known protocol" in advice
    sums = re.sub(r"\s+", " ", drawer.locator('section[aria-label="Sums"]').inner_text())
    datagrams, rows = losses["datagrams"], losses["rows"]
    assert (f"arrived {datagrams['arrived']:,} = decoded {datagrams['decoded']:,} + lost {datagrams['lost']['total']:,}"
            in sums)
    assert f"received {rows['written']:,} = stored {rows['stored']:,} + in flight 0 + lost 0" in sums
    stages = drawer.locator('section[aria-label="Stages"] tbody')
    assert stages.count() == len(losses["stages"])
    assert f"{drops:,}" in stages.first.inner_text()
    assert f"{drops:,}" in drawer.locator('section[aria-label="Sockets"]').inner_text()
    assert "≈" in drawer.locator('section[aria-label="Estimates"]').inner_text()
    picture(page, "overload-account")
    drawer.locator('section[aria-label="Exporters"] tbody a').first.click()
    console.until(lambda query: "e" in query and "l" not in query)
    page.go_back()
    console.until(lambda query: query.get("l") == ["1"])
    page.keyboard.press("Escape")
    console.until(lambda query: "l" not in query)
    assert drawer.count() == 0


@needs_overloaded
def test_the_account_on_a_phone(console):
    console = console(OVERLOADED, viewport={"width": 390, "height": 844})
    page = console.open()
    strip = page.locator(".health")
    assert "kernel drop" in strip.inner_text()
    strip.locator(".health-line").click()
    picture(page, "overload-phone-strip")
    strip.get_by_role("button", name="What to do", exact=True).click()
    drawer = page.get_by_role("dialog", name="Account of losses")
    drawer.get_by_text("kernel drop:").first.wait_for()
    assert fits(page)
    assert drawer.locator(".drawer-body").evaluate("body => body.scrollWidth <= body.clientWidth")
    picture(page, "overload-phone-account")


@needs_empty
def test_a_server_that_lost_nothing_says_so(console):
    console = console(EMPTY)
    page = console.open()
    page.locator(".health").get_by_role("button", name="Account").click()
    page.get_by_text("Nothing was lost on the way from the socket to the store.").wait_for()
