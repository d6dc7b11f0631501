"""Explore's charts, the relations and Overview's further panels: they draw, they tell exact figures, and all of them are
those of plain SQL on the raw rows."""

import json
import re
import urllib.request
from urllib.parse import parse_qsl, urlsplit

import panels
import pytest

from conftest import OVERLOADED, fits, needs_overloaded

pytestmark = needs_overloaded

@pytest.fixture(scope="module")
def hours():
    """Two whole hours that hold all that the server stored, so that rollups can answer too."""
    with urllib.request.urlopen(f"{OVERLOADED}/api/v1/health") as answer:
        oldest = json.load(answer)["store"]["oldest"]
    start = oldest // 3600 * 3600
    return f"from={start}&to={start + 7200}"


@pytest.fixture(scope="module")
def seconds():
    """A minute, in buckets of a second."""
    with urllib.request.urlopen(f"{OVERLOADED}/api/v1/health") as answer:
        oldest = json.load(answer)["store"]["oldest"]
    return f"from={oldest - 20}&to={oldest + 40}"


def colours(page, selector="section[aria-label=Chart] canvas"):
    """How many colours the chart's canvases have; one that drew nothing has one or two."""
    return page.evaluate("""selector => {
        const seen = new Set();
        for (const canvas of document.querySelectorAll(selector)) {
            if (canvas.width === 0) continue;
            // A copy, since the browser complains of reading a canvas that is drawn on.
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
            for (let place = 0; place < data.length; place += 4 * 7) {
                seen.add((data[place] << 24) | (data[place + 1] << 16) | (data[place + 2] << 8) | data[place + 3]);
            }
        }
        return seen.size;
    }""", selector)


# Pixels around the plot, as in Web/charts/axis.js; rows of names need more room, rows of bins a little.
FRAME = {"left": 46, "right": 14, "top": 8, "bottom": 22}
LEFT = {"heat": 190, "values": 56}


def hover(page, answer, time, down, left=46):
    """Points at a time, so far down the plot (0 to 1), in the first chart; gives the tooltip."""
    plot = page.locator(".chart").first
    box = plot.bounding_box()
    x = left + (time - answer["from"]) / (answer["to"] - answer["from"]) * (box["width"] - left - FRAME["right"])
    y = FRAME["top"] + down * (box["height"] - FRAME["top"] - FRAME["bottom"])
    plot.hover(position={"x": x, "y": y})
    tip = page.locator(".tip").first
    tip.wait_for()
    return tip


@pytest.mark.parametrize("name, chart", [
    ("Area", "area"), ("100 %", "share"), ("Lines", "lines"), ("Bars", "bars"), ("Grid", "grid"), ("Heat", "heat")])
def test_each_time_chart_draws_and_tells_exact_figures(console, seconds, name, chart):
    console = console(OVERLOADED)
    with console.page.expect_response("**/api/v1/graph?**") as response:
        page = console.open(f"?p=explore&{seconds}&d=SamplerAddress&n=5")
    answer = response.value.json()
    page.get_by_role("group", name="Chart").get_by_role("button", name=name).click()
    console.ready()
    assert console.query().get("c", "area") == chart
    for _ in range(60):
        if colours(page) > 8:
            break
        page.wait_for_timeout(50)
    assert colours(page) > 8
    if chart == "grid":
        assert page.locator(".small").count() == page.locator(".legend-table tbody tr").count()
    largest = max((line for line in answer["series"] if line["kind"] == "value"), key=lambda line: line["total"])
    place = max(range(len(answer["times"])), key=lambda place: largest["values"][place])
    tip = hover(page, answer, answer["times"][place] + 0.3, 0.01, LEFT.get(chart, FRAME["left"]))
    wanted = largest["key"][0] if largest["labels"][0].endswith(largest["key"][0]) else largest["labels"][0]
    # To the end, since 127.1.0.3 is in 127.1.0.38 as well.
    name = page.locator("span", has_text=re.compile(re.escape(wanted) + "$"))
    row = tip.locator(".tip-row", has=name).locator("b")
    told = row.get_attribute("title") or row.inner_text()
    assert abs(float(told.replace(",", "")) - largest["values"][place]) < 0.01
    assert fits(page)


def test_charts_are_steps_that_back_undoes(console, hours):
    console = console(OVERLOADED)
    page = console.open(f"?p=explore&{hours}&d=Proto")
    for name, chart in (("Bars", "bars"), ("Values", "values"), ("Heat", "heat")):
        page.get_by_role("group", name="Chart").get_by_role("button", name=name).click()
        console.until(lambda query, chart=chart: query.get("c") == [chart])
    page.go_back()
    console.until(lambda query: query.get("c") == ["values"])
    page.get_by_label("Values of").select_option("IPTTL")
    console.until(lambda query: query.get("v") == ["IPTTL"])
    page.get_by_role("button", name="Undo").click()
    console.until(lambda query: "v" not in query)
    page.get_by_role("button", name="Undo").click()
    console.until(lambda query: query.get("c") == ["bars"])


def test_a_distribution_tells_exact_figures_and_filters(console, seconds):
    console = console(OVERLOADED)
    with console.page.expect_response("**/api/v1/values?**") as response:
        page = console.open(f"?p=explore&{seconds}&c=values&v=DstPort&u=flows")
    with urllib.request.urlopen(response.value.url) as again:
        body = again.read()
    answer = json.loads(body)
    assert len(body) < 300_000
    assert colours(page) > 4
    time, place, amount = answer["cells"][0]
    middle = (len(answer["bins"]) - place - 0.5) / len(answer["bins"])
    tip = hover(page, answer, answer["times"][time] + 0.5, middle, LEFT["values"]).inner_text()
    low = answer["bins"][place]["from"]
    assert f"{low:,}" in tip and re.search(rf"(^|\D){amount:,}($|\D)", tip)
    page.locator(".bins .value-button").first.click()
    console.until(lambda query: "f" in query)
    assert re.fullmatch(r"DstPort between \d+ and \d+", console.query()["f"])
    page.locator(".bins tbody tr").first.wait_for()
    assert page.locator(".bins tbody tr").count() == 1


def test_a_sankey_shows_sums_and_its_values_filter(console, hours):
    console = console(OVERLOADED)
    with console.page.expect_response("**/api/v1/top?**") as response:
        page = console.open(f"?p=explore&{hours}&d=SamplerAddress,Proto&c=sankey&n=20")
    # Asked again: the browser doesn't keep the body for long.
    with urllib.request.urlopen(response.value.url) as again:
        answer = json.load(again)
    total = sum(row["bytes"] for row in answer["rows"])
    page.locator(".ribbons .node").first.wait_for()
    titles = page.evaluate("[...document.querySelectorAll('.ribbons .node title')].map(title => title.textContent)")
    shares = [float(re.search(r"([\d.]+) %$", title).group(1)) for title in titles]
    # Both stages have all of it.
    assert abs(sum(shares) - 200) < 0.1 * len(shares)
    assert total == answer["total"]["bytes"]
    node = page.locator(".ribbons g.choice").first
    node.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Filter to this value").click()
    console.until(lambda query: "f" in query)
    assert console.query()["f"].startswith("SamplerAddress = ")
    page.go_back()
    console.until(lambda query: "f" not in query)
    page.locator(".ribbons path.link").first.click()
    page.get_by_role("menuitem", name="Filter to this path").click()
    console.until(lambda query: "f" in query)
    assert " and Proto = " in console.query()["f"]
    assert page.locator(".path-table tbody tr").count() == 1


def test_a_sankey_wants_two_dimensions(console, hours):
    console = console(OVERLOADED)
    page = console.open(f"?p=explore&{hours}&d=Proto&c=sankey")
    page.get_by_role("button", name="source AS → destination AS").click()
    console.until(lambda query: query.get("d") == ["SrcAS,DstAS"])
    page.locator(".ribbons").wait_for()


def test_interfaces_of_a_sankey_are_told_apart_by_their_exporter(console, hours):
    console = console(OVERLOADED)
    with console.page.expect_response("**/api/v1/top?**") as response:
        page = console.open(f"?p=explore&{hours}&d=InIf,Proto&c=sankey")
    assert "dimensions=InIf%2CSamplerAddress%2CProto" in response.value.url
    # Two stages, the first of which is of two columns.
    assert page.locator(".ribbons .stage-head").all_text_contents() == ["Ingress interface", "Protocol"]
    assert re.search(r" · 127\.1\.0\.\d+: ", page.locator(".ribbons .node title").first.text_content())
    page.locator(".ribbons g.choice").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Filter to the whole row").click()
    console.until(lambda query: "f" in query)
    assert re.search(r"InIf = \d+ and SamplerAddress = 127\.1\.0\.", console.query()["f"])


def test_comparisons_and_spreading(console, seconds):
    console = console(OVERLOADED)
    page = console.open(f"?p=explore&{seconds}&d=SrcAS&n=3")
    spread = page.get_by_label("Spread long flows")
    assert spread.is_checked()
    with page.expect_response("**/api/v1/graph?**") as response:
        spread.uncheck()
    console.ready()
    plain = response.value.json()
    assert console.query()["sp"] == "off" and plain["spread"] is None
    assert panels.compare_graph(OVERLOADED, {}, plain) > 0
    with page.expect_response("**/api/v1/graph?**") as response:
        page.get_by_label("Both directions").check()
    console.until(lambda query: query.get("bi") == ["1"])
    both = response.value.json()
    assert both["reverse"]["dimensions"] == ["DstAS"]
    lines = {tuple(line["key"]): line["total"] for line in both["reverse"]["series"] if line["kind"] != "other"}
    where = f"TimeReceived >= {both['from']} AND TimeReceived < {both['to']}"
    for key, total in lines.items():
        assert total == int(panels.rows(OVERLOADED, f"SELECT sum(Bytes * SamplingRate) AS b FROM flows_raw"
                                                    f" WHERE {where} AND DstAS = {int(key[0])}")[0][0])
    assert page.locator("th.c-reverse").count() == 1
    with page.expect_response("**/api/v1/graph?**") as response:
        page.get_by_label("Compare with").select_option("period")
    console.until(lambda query: query.get("pp") == ["period"])
    previous = response.value.json()["previous"]
    # The minute before, though flows are stored of 40 s of this one only.
    assert previous["seconds"] == 60 and previous["to"] == both["to"] - 60
    page.get_by_text("Nothing is stored of").wait_for()


def test_spread_flows_are_all_there(seconds):
    """What is in the range and what its flows have outside of it are the flows, to the last byte."""
    ends = dict(parse_qsl(seconds))
    wide = {"from": int(ends["from"]) - 7200, "to": int(ends["to"]) + 7200, "bucket": 60, "limit": 5, "dimensions": "Proto"}
    spread = panels.ask(OVERLOADED, "graph", {**wide, "spread": "on"})
    plain = panels.ask(OVERLOADED, "graph", {**wide, "spread": "off"})
    sums = [sum(line["total"] for line in answer["series"]) for answer in (spread, plain)]
    assert sums[0] == sums[1] > 0
    assert spread["spread"] | {"apart": 0} == {"timeout": 60, "before": 0, "after": 0, "apart": 0}


def test_pictures_are_saved(console, hours):
    console = console(OVERLOADED)
    for query in ("d=Proto&c=bars", "d=SamplerAddress,Proto&c=sankey"):
        page = console.open(f"?p=explore&{hours}&{query}")
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Chart as picture").click()
        assert download.value.suggested_filename.endswith(".png")
        with open(download.value.path(), "rb") as picture:
            content = picture.read()
        assert content.startswith(b"\x89PNG") and len(content) > 10_000


def scrolled(console, page, selector):
    """Scrolls down until all panels have drawn, and gives the answers that they read: (path, asked, answer)."""
    panels_there = page.locator(selector)
    for place in range(panels_there.count()):
        panels_there.nth(place).scroll_into_view_if_needed()
        panels_there.nth(place).and_(page.locator("[data-drawn=true]")).wait_for()
    return panels_there.count()


def record(page, paths):
    answers = []
    page.on("response", lambda response: urlsplit(response.url).path.split("/")[-1] in paths
            and "/api/v1/" in response.url and answers.append(response))
    return answers


def told(responses):
    for response in responses:
        address = urlsplit(response.url)
        yield address.path.split("/")[-1], dict(parse_qsl(address.query)), response.json()


def test_every_panel_of_overview_has_the_figures_of_plain_sql(console, hours):
    console = console(OVERLOADED)
    answers = record(console.page, {"top", "graph", "values"})
    page = console.open(f"?{hours}")
    assert scrolled(console, page, "[data-panel]") == 23
    sources, compared = set(), 0
    for path, asked, answer in told(answers):
        if not asked.get("limit") and path == "top" or path == "graph" and not asked.get("dimensions"):
            continue
        panels.COMPARE[path](OVERLOADED, asked, answer)
        sources.add(answer["statistics"]["source"])
        compared += 1
    assert compared >= 23
    # Some are raw rows and some are sums.
    assert "flows_raw" in sources and len(sources) > 1


def test_every_relation_has_the_figures_of_plain_sql_and_opens_in_explore(console, hours):
    console = console(OVERLOADED)
    answers = record(console.page, {"top"})
    page = console.open(f"?p=relations&{hours}")
    assert scrolled(console, page, ".relations > section") == 8
    assert len(answers) == 8
    for path, asked, answer in told(answers):
        assert panels.COMPARE[path](OVERLOADED, asked, answer) > 0
    page.get_by_role("link", name="Open AS to AS, inbound in Explore").click()
    console.until(lambda query: query.get("c") == ["sankey"] and query.get("p") == ["explore"])
    assert console.query()["f"] == "Incoming != no" and console.query()["n"] == "20"
    page.locator(".ribbons").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("r")
    console.until(lambda query: query.get("p") == ["relations"])


@pytest.mark.parametrize(("query", "path"), [
    ("?p=relations", "top"), ("?p=explore&d=SrcAS,DstAS&c=sankey", "top"), ("?p=explore&d=SrcAS", "graph"),
    ("?p=explore&c=values&v=IPTTL", "values"), ("?p=flows", "graph")])
def test_what_is_stored_is_known_before_anything_is_asked(console, hours, query, path):
    # From long before the first flow, whatever the minute in which that came.
    start, end = (int(part.split("=")[1]) for part in hours.split("&"))
    begin = start - 3600
    console = console(OVERLOADED)
    console.page.route("**/api/v1/health", lambda route: None)
    questions = [f"/api/v1/{question}?" for question in ("top", "graph", "values", "flows")]
    asked = []
    console.page.on("request", lambda request: any(part in request.url for part in questions) and asked.append(request.url))
    console.page.goto(f"{console.base}/{query}&from={begin}&to={end}")
    console.page.locator("main .skeleton").first.wait_for()
    assert asked == []
    # What is held goes on, and so does what comes later.
    console.page.unroute("**/api/v1/health")
    console.ready()
    console.page.locator("main .skeleton").first.wait_for(state="detached")
    # Of the part with flows, and each but once.
    begins = {int(dict(parse_qsl(urlsplit(url).query))["from"]) for url in asked if f"/{path}?" in url}
    assert len(begins) == 1 and begins.pop() > begin
    unnamed = [re.sub("&id=[0-9a-f]+", "", url) for url in asked]
    assert len(unnamed) == len(set(unnamed))


@pytest.mark.parametrize(("query", "path"), [
    ("?p=explore&d=SrcAS&sp=off", "graph"), ("?p=explore&c=values&v=IPTTL", "values"),
    ("?p=explore&d=SrcAS,DstAS&c=sankey", "top")])
def test_seconds_of_flows_are_not_averaged_with_the_time_before_them(console, seconds, query, path):
    begin = int(seconds.split("&")[0].split("=")[1])
    console = console(OVERLOADED)
    asked = []
    console.page.on("request", lambda request: f"/api/v1/{path}?" in request.url and asked.append(request.url))
    console.open(f"{query}&{seconds}")
    # The first flow came 20 s after the range's begin and 40 s before its end.
    assert {dict(parse_qsl(urlsplit(url).query))["from"] for url in asked} == {str(begin + 20)}


@pytest.mark.parametrize("query", ["?p=relations", "?p=explore&c=values&v=IPTTL", "?p=explore&d=SrcAS&c=heat&bi=1"])
def test_charts_fit_on_a_phone(console, hours, query):
    page = console(OVERLOADED, viewport={"width": 390, "height": 844}).open(f"{query}&{hours}")
    if "relations" in query:
        page.locator(".path-table tbody tr").first.wait_for()
        assert page.locator(".ribbons").count() == 0
    assert fits(page)
