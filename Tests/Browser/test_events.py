"""Events: bands and marks on every time chart, their page, and the switch that takes them away."""

import json
import os
import time
import urllib.request

import pytest

from conftest import EMPTY, becomes, fits, needs_empty, picture

CHANGED = os.environ.get("NETMETA_CHANGED_URL", "").rstrip("/")
needs_changed = pytest.mark.skipif(not CHANGED, reason="NETMETA_CHANGED_URL is not set: no server with traffic")


def send(base, method, path, body=None):
    request = urllib.request.Request(f"{base}/api/v1/{path}", None if body is None else json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.fixture
def told():
    """An attack that is over, one that goes on, and a deployment."""
    now = int(time.time())
    events = [
        {"id": "browser-attack", "kind": "attack", "subject": "192.0.2.9", "title": "udp flood on 192.0.2.9", "start": now - 900,
         "end": now - 600, "figures": {"pps": 51600}, "tags": {"direction": "incoming"}, "text": "line one\nline <two> & " + "x" * 3000},
        {"id": "browser-open", "kind": "attack", "subject": "192.0.2.10", "title": "syn flood on 192.0.2.10", "start": now - 120,
         "ongoing": True},
        {"id": "browser-deploy", "kind": "deploy", "subject": "shop", "title": "shop 7.1", "start": now - 1500},
    ]
    for event in events:
        send(CHANGED, "POST", "events", event)
    yield events
    for event in events:
        send(CHANGED, "DELETE", f"events?event={event['id']}")


@needs_changed
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_they_are_bands_on_every_time_chart(console, told, theme):
    console = console(CHANGED, color_scheme=theme)
    for query in ("?from=-1h", "?p=explore&from=-1h&d=SrcAddr", "?p=explore&from=-1h&d=SrcAddr&c=lines", "?p=flows&from=-1h"):
        page = console.open(query)
        chart = page.locator(".chart").first
        chart.locator(".event-band").first.wait_for(state="attached")
        assert chart.locator(".event-band.attack").count() == 2
        assert chart.locator(".event-band.attack.open").count() == 1
        assert chart.locator(".event-band.deploy.point").count() == 1
        # What they are stands beside their marks, one beside the other.
        assert chart.locator(".event-label").all_inner_texts()[:2] == ["shop 7.1", "udp flood on 192.0.2.9"]
        boxes = [label.bounding_box() for label in chart.locator(".event-label").all()]
        assert all(one["x"] + one["width"] <= other["x"] for one, other in zip(boxes, boxes[1:]))
        wide = chart.locator(".event-band.attack:not(.open)").bounding_box()["width"]
        # Five minutes of an hour.
        plot = chart.bounding_box()["width"] - 60
        assert abs(wide - plot / 12) < 4
        picture(page, f"events-{query.split('p=')[-1].split('&')[0].lstrip('?')}-{theme}")
    page = console.open("?from=-1h")
    # What goes on stands above all else, with the ways to look at it.
    going = page.get_by_role("region", name="Attacks that go on")
    # Events are asked for on their own: the page is drawn before they are there.
    going.wait_for()
    assert going.get_by_role("status").count() == 1
    assert going.inner_text().startswith("syn flood on 192.0.2.10")
    assert "f=Addr+=+192.0.2.10" in going.get_by_role("link", name="Show flows").get_attribute("href")
    assert "x=" in going.get_by_role("link", name="Explain").get_attribute("href")
    mark = page.locator(".event-mark.attack").first
    mark.hover()
    assert "udp flood on 192.0.2.9" in page.locator(".event-tag").first.inner_text()
    mark.click()
    console.until(lambda query: query.get("from", ["-1h"])[0].isdigit())


@needs_changed
def test_their_page_has_the_figures_and_the_text(console, told):
    console = console(CHANGED)
    page = console.open("?p=events&from=-1h")
    rows = page.locator("article.event")
    assert rows.count() == 3
    assert "goes on" in rows.nth(0).inner_text() and "syn flood" in rows.nth(0).inner_text()
    flood = rows.nth(1)
    assert "51,600" in flood.inner_text() and "incoming" in flood.inner_text()
    flood.get_by_role("button", name="Details of udp flood on 192.0.2.9").click()
    text = flood.locator(".event-text")
    text.wait_for()
    # All of it, as it came: no markup in it counts.
    becomes(page, "document.querySelector('.event-text').innerText.length > 2900", True)
    assert text.inner_text().startswith("line one\nline <two> & xxx")
    picture(page, "events-page")
    flood.get_by_role("button", name="attack", exact=True).click()
    becomes(page, "document.querySelectorAll('article.event').length", 2)
    flood = page.locator("article.event").nth(1)
    flood.get_by_role("link", name="192.0.2.9").click()
    console.until(lambda query: query.get("f") == ["Addr = 192.0.2.9"] and query.get("p") == ["explore"])


@needs_changed
def test_they_can_be_taken_away(console, told):
    console = console(CHANGED)
    page = console.open("?p=events&from=-1h")
    page.get_by_label("Show on charts").uncheck()
    page = console.open("?from=-1h")
    page.wait_for_timeout(300)
    assert page.locator(".event-band").count() == 0
    page = console.open("?p=events&from=-1h")
    assert not page.get_by_label("Show on charts").is_checked()


@needs_changed
def test_a_phone_has_them_too(console, told):
    page = console(CHANGED, viewport={"width": 390, "height": 844}).open("?p=events&from=-1h")
    assert page.locator("article.event").count() == 3 and fits(page)
    picture(page, "events-phone")


@needs_empty
def test_without_any_it_says_how(console):
    page = console(EMPTY).open("?p=events&from=-1h")
    assert "curl -d" in page.locator("main").inner_text()
