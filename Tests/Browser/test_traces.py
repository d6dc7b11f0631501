"""The page of traceroutes: the list of pairs, and one pair with its times, hops, labels, ways and changes.

Scripts/test-browser.py has imported what warts.measured makes into the server with the hour in which something changed.
"""

import os

import pytest

from conftest import EMPTY, fits, needs_empty, picture
from warts import DIAMOND, FAR, TARGET

CHANGED = os.environ.get("NETMETA_CHANGED_URL", "").rstrip("/")
needs_changed = pytest.mark.skipif(not CHANGED, reason="NETMETA_CHANGED_URL is not set: no server with traces")


@needs_changed
def test_pairs_are_listed_and_open(console):
    console = console(CHANGED)
    page = console.open("?p=traces&from=-2h")
    rows = page.locator("table.traces tbody tr")
    texts = {row.split("\t")[1]: row.split("\t") for row in rows.all_inner_texts()}
    assert set(texts) == {TARGET, FAR, DIAMOND}
    # Only tracelb looked at the third, and found two ways beside each other.
    assert texts[DIAMOND][0] == "vm" and texts[DIAMOND][5:7] == ["–", "2"] and texts[TARGET][6] == "–"
    # 80 traces of which 2 didn't arrive, by two ways and, where the last hop is missing, two more.
    assert texts[TARGET][0] == "ams-1" and texts[TARGET][2] == "80" and texts[TARGET][3] == "97.5 %"
    assert texts[FAR][3] == "100.0 %" and texts[FAR][4] == "2.10 ms" and texts[FAR][5] == "1"
    picture(page, "traces-list")
    page.get_by_role("link", name=TARGET).click()
    console.until(lambda query: query.get("t") == [TARGET] and query.get("mon") == ["ams-1"])
    page.locator('section[aria-label="Hops"]').wait_for()
    page.go_back()
    console.until(lambda query: "t" not in query)
    assert page.title() == "Traces · NetMeta"


@needs_changed
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_pair_shows_loss_labels_and_changes(console, theme):
    console = console(CHANGED, color_scheme=theme)
    page = console.open(f"?p=traces&from=-2h&t={TARGET}&mon=ams-1")
    hops = page.locator('section[aria-label="Hops"] tbody tr').all_inner_texts()
    by_ttl = {row.split("\t")[0]: row for row in hops if row.split("\t")[0]}
    assert "no answer" in by_ttl["3"] and "100.0 %" in by_ttl["3"]
    assert "203.0.113.3" in by_ttl["2"] and "\t0.0 %" in by_ttl["2"]
    assert any("203.0.113.7" in row and "24001 16" in row for row in hops)
    # TTL 5 was asked by all, and 2 of 80 had no answer there.
    assert "2.5 %" in by_ttl["5"]
    ways = page.locator('section[aria-label="Ways"]').inner_text()
    assert "203.0.113.3 › 203.0.113.20" in ways and "203.0.113.7 › 203.0.113.20" in ways
    # A trace that was lost is no way of its own.
    assert "1 change" in ways
    # The canvas has been drawn on.
    painted = page.evaluate("""() => {
        const canvas = document.querySelector('.rtt-space canvas');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return data.some((value, place) => place % 4 === 3 && value > 0);
    }""")
    assert painted
    box = page.locator(".rtt-space .canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    page.locator(".tip").wait_for()
    assert "way" in page.locator(".tip").inner_text()
    picture(page, f"traces-pair-{theme}")


@needs_changed
@pytest.mark.parametrize("theme, width", [("dark", 1440), ("light", 1440), ("light", 390)])
def test_parallel_ways_are_drawn_as_scamper_found_them(console, theme, width):
    page = console(CHANGED, color_scheme=theme, viewport={"width": width, "height": 900}).open(
        f"?p=traces&from=-2h&t={DIAMOND}&mon=vm")
    panel = page.locator('section[aria-label="Parallel ways"]')
    panel.locator(".vertex").first.wait_for()
    assert "2 ways beside each other" in panel.inner_text()
    names = [name.split("\n")[0] for name in panel.locator(".vertex").all_inner_texts()]
    assert sorted(names) == ["10.77.1.2", "10.77.2.2", "10.77.3.2", "10.77.4.2", DIAMOND]
    assert panel.locator("svg path").count() == 5
    # 5 and 6 of 11 probes.
    assert sorted(panel.locator(".share").all_inner_texts()) == ["45 %", "55 %"]
    left = {name: box["x"] for name, box in zip(names, (item.bounding_box() for item in panel.locator(".vertex").all()))}
    assert left["10.77.1.2"] < left["10.77.2.2"] == left["10.77.3.2"] < left["10.77.4.2"] == left[DIAMOND]
    panel.get_by_text("10.77.2.2", exact=True).first.hover()
    panel.locator("svg path.lit").first.wait_for(state="attached")
    assert panel.locator("svg path.lit").count() == 2 and panel.locator("svg path.unlit").count() == 3
    picture(page, f"traces-parallel-{theme}-{width}")
    panel.get_by_text("4 rows as a table").click()
    rows = [row.split("\t") for row in panel.locator("table tbody tr").all_inner_texts()]
    assert [row[:4] for row in rows[:2]] == [["2", "10.77.1.2", "1", "10.77.3.2"], ["2", "10.77.1.2", "1", "10.77.2.2"]]
    assert rows[0][5:7] == ["6", "54.5 %"]
    assert fits(page)


@needs_changed
def test_a_phone_has_it_too(console):
    page = console(CHANGED, viewport={"width": 390, "height": 844}).open(f"?p=traces&from=-2h&t={TARGET}&mon=ams-1")
    page.locator('section[aria-label="Hops"]').wait_for()
    assert fits(page)
    picture(page, "traces-phone")


@needs_empty
def test_without_measurements_it_says_how(console):
    page = console(EMPTY).open("?p=traces&from=-1h")
    assert "netmeta import warts" in page.locator("main").inner_text()
