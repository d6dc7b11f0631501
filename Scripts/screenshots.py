#!/usr/bin/env python3
"""Takes the manual's pictures of the console (Docs/images): screenshots.py [--minutes N] [--url URL]

It starts a server with an empty data folder, sends it the demo's traffic for
N minutes (15), some traceroutes and events, and photographs the pages. The
demo sends to the usual ports, so nothing else may listen there; `unshare -n`
with lo up is a place where that holds. With --url it photographs a server
that runs, as it is. Needs the program (NETMETA_BINARY), Chromium and the
packages of Scripts/requirements-test.txt.
"""

import argparse
import base64
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "Tests/Browser"), str(ROOT / "Tests/Lab")]

import warts  # noqa: E402
from collector import BINARY, Collector  # noqa: E402
from conftest import CHROMIUM, FLAGS, READY  # noqa: E402

IMAGES = ROOT / "Docs/images"
# All pictures together, so that a clone stays small.
MOST_BYTES = 3_000_000
DESK, PHONE = (1440, 900), (390, 844)
# As many as stand beside an open row.
COLUMNS = "TimeReceived,SamplerAddress,SrcAddr,DstAddr,Proto,DstPort,Bytes"


def api(base, path, body=None):
    request = urllib.request.Request(f"{base}/api/v1/{path}", None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def peak(base):
    """The range of the largest traffic, as people would brush it: from where it exceeds half of its height to where it ends."""
    graph = api(base, "graph?" + urllib.parse.urlencode({"from": "-15m", "to": "now", "bucket": 5}))
    values = [sum(column) for column in zip(*(series["values"] for series in graph["series"]))]
    # The newest seconds are still filling, and what comes before the peak is compared with it.
    usable = values[:-4]
    top = usable.index(max(usable[len(usable) // 5:]))
    start = end = top
    while start > 0 and usable[start - 1] > usable[top] / 2:
        start -= 1
    while end + 1 < len(usable) and usable[end + 1] > usable[top] / 2:
        end += 1
    return graph["times"][start], graph["times"][end] + 5


def told(base):
    """The attack that the traffic has, as FastNetMon would have told of it, and a deployment well before it."""
    start, end = peak(base)
    query = urllib.parse.urlencode({"from": start, "to": end, "dimensions": "DstAddr", "limit": 1})
    victim = api(base, f"top?{query}")["rows"][0]
    address, seconds = victim["key"][0], end - start
    for event in (
        {"kind": "attack", "subject": address, "title": f"Amplification on {address}", "start": start, "end": end,
         "figures": {"pps": victim["packets"] // seconds, "mbps": victim["bytes"] * 8 // seconds // 10**6}, "tags": {"direction": "incoming", "protocol": "udp"}},
        {"kind": "deploy", "subject": "shop", "title": "shop 7.1", "start": start - 150},
    ):
        api(base, "events", event)


def pictures(base):
    """Name, query, size, theme and what is opened on the page."""
    start, end = peak(base)
    pair = (api(base, "traces?from=-1h")["traces"] or [{"destination": "", "monitor": ""}])[0]
    trace = urllib.parse.urlencode({"t": pair["destination"], "mon": pair["monitor"]})
    range_ = f"from={start - 300}&to={end + 120}"
    return [
        ("overview", "", DESK, "dark", None), ("overview-light", "", DESK, "light", None),
        ("overview-phone", "", PHONE, "dark", None), ("explore", "?p=explore&d=SrcAS", DESK, "light", None),
        ("explain", f"?p=explore&{range_}&d=DstAddr&x={start}-{end}", DESK, "light", None),
        ("sankey", "?p=explore&d=SrcAS,InIf,DstAS&c=sankey&n=30", DESK, "light", None),
        ("values", "?p=explore&c=values&v=PacketSize", DESK, "dark", None), ("flows", f"?p=flows&cols={COLUMNS}", DESK, "dark", "row"),
        ("traces", f"?p=traces&from=-20m&{trace}", DESK, "light", None), ("losses", "?l=1", DESK, "light", None),
    ]


def photograph(base):
    from playwright.sync_api import TimeoutError, sync_playwright
    IMAGES.mkdir(exist_ok=True)
    total = 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, query, (width, height), theme, opened in pictures(base):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.goto(f"{base}/{query}")
            page.wait_for_selector(READY, state="attached")
            if opened == "row":
                page.locator("a.row-link").nth(4).click()
                page.get_by_role("dialog", name="Flow").get_by_text("Addresses", exact=True).wait_for()
            # A request that the page has ended itself may count as under way for good.
            with contextlib.suppress(TimeoutError):
                page.wait_for_load_state("networkidle", timeout=10_000)
            # Chromium writes WebP, Playwright's own way doesn't.
            session = context.new_cdp_session(page)
            shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": 80})
            picture = base64.b64decode(shot["data"])
            (IMAGES / f"{name}.webp").write_bytes(picture)
            total += len(picture)
            print(f"{name}: {len(picture):,} bytes")
            context.close()
        browser.close()
    assert total < MOST_BYTES, f"{total:,} bytes of pictures are more than {MOST_BYTES:,}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=15)
    arguments.add_argument("--url")
    chosen = arguments.parse_args()
    if chosen.url:
        return photograph(chosen.url.rstrip("/"))
    with tempfile.TemporaryDirectory(prefix="netmeta-pictures-") as folder:
        server = Collector(folder).start()
        demo = subprocess.Popen([BINARY, "demo", "--data", str(server.data), "--rate", "300"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(chosen.minutes * 60)
            now = int(time.time())
            measured = pathlib.Path(folder, "paths.warts")
            measured.write_bytes(warts.measured(now))
            subprocess.run([BINARY, "import", "warts", "--data", str(server.data), str(measured)], check=True,
                           stdout=subprocess.DEVNULL)
            told(server.url)
            photograph(server.url)
        finally:
            demo.terminate()
            demo.wait()
            server.kill()


if __name__ == "__main__":
    os.umask(0o022)
    main()
