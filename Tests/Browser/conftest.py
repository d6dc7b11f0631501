"""What the browser tests share: the servers that Scripts/test-browser.py started, and pages that may complain of nothing.

NETMETA_URL        base URL of a server that stored, within the last hour, the lab's two flows:
                   10.99.0.2:4001 > 10.99.0.1:5001 with 500 packets and 114,000 bytes, and
                   fd99::2:4002 > fd99::1:5002 with 300 packets and 314,400 bytes,
                   and the options data of 127.0.0.9, about which all is doubtful
NETMETA_EMPTY_URL  base URL of a server that never received a flow
NETMETA_OVERLOADED_URL
                   base URL of a server whose kernel dropped thousands of datagrams, and that got 3 of no protocol
NETMETA_SCREENSHOTS
                   a folder that takes pictures of the overload, for people to look at; none when unset
NETMETA_CHROMIUM   the browser, /usr/bin/chromium when unset

A page says when it is drawn (data-ready on <html>), so nothing here sleeps.
"""

import os
import re
from urllib.parse import parse_qs, urlsplit

import pytest

SEEDED = os.environ.get("NETMETA_URL", "").rstrip("/")
EMPTY = os.environ.get("NETMETA_EMPTY_URL", "").rstrip("/")
OVERLOADED = os.environ.get("NETMETA_OVERLOADED_URL", "").rstrip("/")
CHROMIUM = os.environ.get("NETMETA_CHROMIUM", "/usr/bin/chromium")
READY = "html[data-ready=true]"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]

# A browser that is busy draws late: nothing that is typed meanwhile may be lost, or go elsewhere.
SLOW_FRAMES = "window.requestAnimationFrame = draw => setTimeout(() => draw(performance.now()), 400)"

# What is pressed and isn't 40 px high and wide, with what enlarges it: a label, or a frame that is not seen.
SMALL = """[...(document.querySelector("dialog[open], .float") ?? document.body)
    .querySelectorAll("button, select, summary, input, a.manual, .doc-side a, .doc-start a, .views li > a")]
    .filter(one => one.checkVisibility({ visibilityProperty: true })).map(one => {
        const box = (one.closest("label") ?? one).getBoundingClientRect(), frame = getComputedStyle(one, "::after");
        const size = side => Math.max(box[side], frame.position === "absolute" ? parseFloat(frame[side]) : 0);
        return { what: one.outerHTML.slice(0, 120), width: size("width"), height: size("height") };
    }).filter(({ width, height }) => width < 39.5 || height < 39.5)"""

needs_seeded = pytest.mark.skipif(not SEEDED, reason="NETMETA_URL is not set: no server with the lab's flows")
needs_empty = pytest.mark.skipif(not EMPTY, reason="NETMETA_EMPTY_URL is not set: no server without flows")

needs_overloaded = pytest.mark.skipif(
    not OVERLOADED, reason="NETMETA_OVERLOADED_URL is not set: no server that was overloaded")


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="the playwright wheel is not installed")
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"{CHROMIUM} is missing (apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Console:
    """One page, with all that the browser complained about and asked for."""

    def __init__(self, browser, base, **options):
        self.base = base
        self.context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints = []
        self.requests = []
        self.page.on("console", lambda message: message.type in ("error", "warning")
                     and not self.came_late(message) and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    @staticmethod
    def came_late(message):
        """A question was answered a moment before the page cancelled it: the server says 404, and the browser notes it."""
        return "/api/v1/questions/cancel" in message.location.get("url", "") and "404" in message.text

    def open(self, query=""):
        self.page.goto(f"{self.base}/{query}")
        return self.ready()

    def ready(self):
        self.page.wait_for_selector(READY, state="attached")
        return self.page

    def until(self, condition):
        """Waits for a step: a URL whose query fulfils the condition, drawn."""
        # Looked at again and again: a step within the page has no load to wait for.
        for _ in range(300):
            if condition(parse_qs(urlsplit(self.page.url).query)):
                return self.ready()
            self.page.wait_for_timeout(50)
        raise AssertionError(f"still at {self.page.url}")

    def query(self):
        return {key: values[0] for key, values in parse_qs(urlsplit(self.page.url).query).items()}


@pytest.fixture
def console(browser):
    """Makes pages; afterwards none of them may have complained or asked another host."""
    pages = []

    def make(base=SEEDED, **options):
        pages.append(Console(browser, base, **options))
        return pages[-1]

    make.allowed = []
    yield make
    for console in pages:
        left = [text for text in console.complaints if not any(re.search(form, text) for form in make.allowed)]
        hosts = {urlsplit(url).netloc for url in console.requests if not url.startswith(("data:", "blob:"))}
        console.context.close()
        assert left == []
        assert hosts <= {urlsplit(console.base).netloc}


def becomes(page, script, value):
    """Waits until a script has that value. The page's CSP keeps Playwright from doing so within the page."""
    for _ in range(300):
        if page.evaluate(script) == value:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{script} is {page.evaluate(script)!r}, not {value!r}")


def resized(page, width, height=900):
    """The same page in another window, drawn: cheaper than another page."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    page.wait_for_selector(READY, state="attached")
    return page


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def picture(page, name):
    folder = os.environ.get("NETMETA_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")
