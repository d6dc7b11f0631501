"""What the first page weighs and how long it takes. Bytes are asserted, times are printed: they hang on the machine."""

import json

import pytest
from conftest import becomes, fits, needs_seeded

FIRST_PAGE = 400_000
CHARTS = "echarts"


@needs_seeded
def test_the_first_page_is_light(console, capsys):
    page = console().open()
    entries = json.loads(page.evaluate("""JSON.stringify({
        files: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .map(({name, startTime, responseEnd, encodedBodySize, decodedBodySize}) =>
                ({name, startTime, responseEnd, size: encodedBodySize, whole: decodedBodySize})),
        paints: performance.getEntriesByType("paint").map(({name, startTime}) => [name, startTime]),
    })"""))
    paint = dict(entries["paints"])["first-contentful-paint"]
    files = entries["files"]
    charts = [file for file in files if CHARTS in file["name"]]
    first = [file for file in files if file not in charts]
    size, late = sum(file["size"] for file in first), sum(file["size"] for file in charts)
    drawn = page.evaluate("performance.now()")
    with capsys.disabled():
        print(f"\nfirst page: {size:,} bytes in {len(first)} files, charts {late:,} bytes; "
              f"first paint after {paint:.0f} ms, all drawn after {drawn:.0f} ms")
    # Deflated, and all of the page's own; the chart library is asked for behind them.
    assert size < FIRST_PAGE
    assert len(charts) == 1
    assert charts[0]["startTime"] > max(file["startTime"] for file in first if file["name"].endswith((".js", ".css")))
    scripts = [file for file in files if file["name"].endswith((".js", ".css")) and file["whole"] > 2_000]
    # One script and one sheet of styles, the view library and the charts.
    assert len(scripts) == 4 and all(file["size"] < file["whole"] / 1.5 for file in scripts)

    # The second time nothing but the page itself is asked for: the rest has an address that changes with it.
    asked = []
    page.on("response", lambda response: asked.append(response))
    page.reload()
    page.wait_for_selector("html[data-ready=true]", state="attached")
    fetched = [response for response in asked if response.url.endswith((".js", ".css"))]
    assert fetched and all(page.evaluate(
        "url => performance.getEntriesByName(url)[0]?.transferSize", response.url) == 0 for response in fetched)


@needs_seeded
@pytest.mark.parametrize("width", [390, 1440])
def test_the_shell_is_there_before_the_script(console, width):
    """What the page itself says, without its script, is what the script draws then."""
    console = console(viewport={"width": width, "height": 844})
    page = console.page
    held = []
    page.route("**/app.js", lambda route: held.append(route))
    page.goto(console.base, wait_until="commit")
    page.locator("#app .health").get_by_text("Reading health").wait_for()
    links = "[...document.querySelectorAll('nav a')].filter(link => link.checkVisibility()).map(link => [link.innerText, link.href])"
    drawn = page.evaluate(links)
    assert len(drawn) == (7 if width > 1179 else 0)
    assert fits(page)
    becomes(page, "performance.getEntriesByName('first-contentful-paint').length", 1)
    held[0].continue_()
    console.ready()
    assert page.evaluate(links) == drawn
    # Drawn over, not beside.
    assert page.locator("header").count() == page.locator(".health").count() == page.locator(".logo").count() == 1


@needs_seeded
def test_hovering_many_points_is_cheap(console, capsys):
    """50 series of 1,000 points, made from a real answer."""
    console = console()
    page = console.page

    def many(route):
        answer = route.fetch()
        graph = answer.json()
        series, count, bucket = graph["series"][0], 1_000, 1
        graph["from"] = graph["from"] // bucket * bucket
        graph["to"] = graph["from"] + count * bucket
        graph["bucket"], graph["times"] = bucket, [graph["from"] + index * bucket for index in range(count)]
        graph["series"] = [{**series, "key": [str(number)], "labels": [f"10.0.0.{number}"], "kind": "value",
                            "values": [(number * 7919 + index * 104729) % 1_000_003 for index in range(count)]}
                           for number in range(50)]
        graph["shown"] = graph["groups"] = 50
        route.fulfill(response=answer, json=graph)

    page.route("**/api/v1/graph?*", many)
    page.goto(f"{console.base}/?p=explore&d=SrcAddr&n=50&c=lines")
    console.ready()
    box = page.locator(".chart").first.bounding_box()
    session = console.context.new_cdp_session(page)
    session.send("Performance.enable")

    def script():
        metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
        return metrics["ScriptDuration"]

    def move(step):
        page.mouse.move(box["x"] + 90 + step * (box["width"] - 200) / moves, box["y"] + 60 + step % 90)

    moves = 60
    move(0)
    page.locator(".tip").wait_for()
    before = script()
    for step in range(moves):
        move(step)
    spent = (script() - before) / moves * 1000
    with capsys.disabled():
        print(f"\nhover over 50 series of 1,000 points: {spent:.2f} ms of script each")
    # A move is answered: another second, and the values of that second.
    heads = []
    for step in range(0, moves, 12):
        move(step)
        heads.append(page.locator(".tip").inner_text())
    assert len(set(heads)) == len(heads)
