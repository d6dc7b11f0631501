#!/usr/bin/env python3
"""Photographs every page of the console in every state, for people to look at: contact-sheets.py --full URL --small URL
--empty URL [--login URL] --out DIR [PAGE...]

The states are empty (a server that never received a flow), loading (the
server doesn't answer), error (it answers 500), small (a server with some
flows) and full (one with much traffic, such as the demo's), in this order.
Each page makes a picture of the desk (1440 px) in dark, one in light, and one
of the phone (390 px) with dark above light. Needs Chromium and the packages
of Scripts/requirements-test.txt.
"""

import argparse
import base64
import contextlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Browser"))

from conftest import CHROMIUM, FLAGS, READY  # noqa: E402

# Of the window, and pixels that are shown of its width.
DESK, PHONE = ((1440, 900), 776), ((390, 1100), 306)
THEMES = ("dark", "light")
STATES = ("empty", "loading", "error", "small", "full")
API = re.compile(r"/api/v1/(?!session|account)")
REFUSED = json.dumps({"error": {"code": "internal", "message": "the store ended unexpectedly: see the server's log"}})
# Milliseconds after which a page that gets no answer says so.
PATIENCE = 1300


def flow(page):
    page.locator("a.row-link, button.flow-card").first.click()
    page.get_by_role("dialog", name="Flow").get_by_text("Addresses", exact=True).wait_for()


def wrong(page):
    page.get_by_label("User").fill("eve")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    page.wait_for_timeout(800)


def pressed(name):
    return lambda page: page.get_by_role("button", name=re.compile(name)).first.click()


# Name, query, and what is opened when there is something to open.
PAGES = {
    "overview": ("", None),
    "explore": ("?p=explore&d=SrcAS", None),
    "sankey": ("?p=explore&d=SrcAS,InIf,DstAS&c=sankey", None),
    "flows": ("?p=flows", None),
    "drawer": ("?p=flows", flow),
    "relations": ("?p=relations", None),
    "exporter": ("?e={exporter}", None),
    "losses": ("?l=1", None),
    "traces": ("?p=traces", None),
    "events": ("?p=events", None),
    "docs": ("?p=docs", None),
    "views": ("?p=explore&d=SrcAS", pressed("^Views")),
    "help": ("", lambda page: page.keyboard.press("?")),
    "audit": ("?p=audit", None),
    "login": ("login.html", None),
}


def photograph(context, servers, name, state):
    from playwright.sync_api import Error
    query, opened = PAGES[name]
    base = servers[state]
    if name == "login":
        base, opened = servers["login"], {"error": wrong, "loading": wrong}.get(state)
    page = context.new_page()
    page.set_default_timeout(12_000)
    if "{exporter}" in query:
        listed = context.request.get(f"{base}/api/v1/exporters").json()["exporters"]
        query = query.format(exporter=listed[0]["address"] if listed else "192.0.2.1")
    waiting = []
    if state == "loading":
        page.route(re.compile("/api/v1/login") if name == "login" else API, waiting.append)
    elif state == "error" and name != "login":
        page.route(API, lambda route: route.fulfill(status=500, content_type="application/json", body=REFUSED))
    # What can't be opened in this state is not opened.
    with contextlib.suppress(Error):
        page.goto(f"{base}/{query}")
        if state == "loading":
            page.wait_for_timeout(PATIENCE)
        elif name != "login":
            page.wait_for_selector(READY, state="attached")
        page.wait_for_timeout(300)
        if opened and (state in ("small", "full") or name != "drawer"):
            opened(page)
            page.wait_for_timeout(200)
    picture = page.screenshot()
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        print(f"{name} {state}: wider than the window")
    for route in waiting:
        with contextlib.suppress(Error):
            route.abort()
    page.close()
    return picture


def sheet(browser, pictures, width, path):
    images = "".join(f'<img src="data:image/png;base64,{base64.b64encode(picture).decode()}">' for picture in pictures)
    page = browser.new_page(viewport={"width": 1564, "height": 100})
    page.set_content(f"<style>body{{margin:0;background:#c0c;display:flex;flex-wrap:wrap}}img{{width:{width}px;margin:3px}}</style>{images}")
    page.screenshot(path=path, full_page=True)
    page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("full", "small", "empty"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--login")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("pages", nargs="*")
    chosen = parser.parse_args()
    servers = {"empty": chosen.empty, "small": chosen.small, "full": chosen.full, "loading": chosen.full,
               "error": chosen.full, "login": chosen.login or chosen.empty}
    chosen.out.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        contexts = {(theme, size): browser.new_context(viewport=dict(zip(("width", "height"), size[0])), color_scheme=theme)
                    for theme in THEMES for size in (DESK, PHONE)}
        for name in chosen.pages or PAGES:
            def all_states(theme, size):
                return [photograph(contexts[theme, size], servers, name, state) for state in STATES]
            for theme in THEMES:
                sheet(browser, all_states(theme, DESK), DESK[1], chosen.out / f"{name}-{theme}.png")
            sheet(browser, all_states("dark", PHONE) + all_states("light", PHONE), PHONE[1], chosen.out / f"{name}-phone.png")
            print(name, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
