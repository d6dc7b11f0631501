"""Login and saved views in a real browser: one server that asks who people are, of its own, and the
servers of conftest.py, where nobody has to log in.
"""

import json
import pathlib
import re
import socket
import subprocess
import sys
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from conftest import EMPTY, READY, fits, needs_empty

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Lab"))

from collector import BINARY, Collector  # noqa: E402

PASSWORD = "correct horse"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server with an admin, an editor and a viewer."""
    if not EMPTY:
        pytest.skip("NETMETA_EMPTY_URL is not set: no servers")
    folder = tmp_path_factory.mktemp("login")
    running = Collector(folder, netflow="off", ipfix="off", sflow="off", console=free_port())
    lines = ["auth:", "  users:"]
    for name, role in (("ada", "admin"), ("eve", "editor"), ("vic", "viewer")):
        line = subprocess.run([BINARY, "user", "hash", name, "--role", role], input=PASSWORD + "\n", text=True,
                              check=True, capture_output=True).stdout
        lines.append(f"    {line.strip()}")
    with running.configuration.open("a") as file:
        file.write("\n".join(lines) + "\n")
    running.start()
    yield running
    running.stop()


def log_in(page, name, password=PASSWORD):
    page.get_by_label("User").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("theme, width", [("dark", 1440), ("light", 390)])
def test_login_leads_where_one_wanted_to_go(console, guarded, theme, width):
    console.allowed.append("401")
    tab = console(guarded.url, color_scheme=theme, viewport={"width": width, "height": 800})
    page = tab.page
    page.goto(f"{guarded.url}/?p=explore&d=SrcAS")
    page.wait_for_selector(READY, state="attached")
    assert urlsplit(page.url).path == "/login.html"
    assert fits(page)
    assert page.evaluate("document.activeElement.id") == "user"
    log_in(page, "eve", "wrong horse")
    page.get_by_role("alert").filter(has_text="don't belong together").wait_for()
    log_in(page, "eve")
    page.wait_for_url(re.compile("p=explore"))
    tab.ready()
    assert tab.query() == {"p": "explore", "d": "SrcAS"}
    assert fits(page)
    cookie = [cookie for cookie in tab.context.cookies() if cookie["name"].startswith("netmeta_")]
    assert [(one["httpOnly"], one["sameSite"]) for one in cookie] == [(True, "Strict")]
    # Who is logged in, and out again; Back shows nothing that was.
    page.get_by_role("button", name="Menu" if width == 390 else "Account eve").click()
    page.get_by_role("menuitem", name="Log out").click()
    page.wait_for_url(re.compile("login.html"))
    page.goto(f"{guarded.url}/?p=explore")
    page.wait_for_url(re.compile("login.html"))


def test_a_session_that_ended_leads_to_the_login(console, guarded):
    console.allowed.append("401")
    tab = console(guarded.url)
    tab.page.goto(f"{guarded.url}/login.html")
    log_in(tab.page, "vic")
    tab.page.wait_for_url(f"{guarded.url}/")
    tab.page.add_init_script("localStorage.setItem('netmeta.refresh', '1')")
    tab.page.goto(f"{guarded.url}/?p=explore&d=DstAS")
    tab.ready()
    tab.context.clear_cookies()
    # The page asks anew by itself, and comes back to where it was.
    tab.page.wait_for_url(re.compile("login.html"))
    assert parse_qs(urlsplit(tab.page.url).query) == {"next": ["?p=explore&d=DstAS"]}


@pytest.mark.parametrize("theme, width", [("light", 1440), ("dark", 390)])
def test_admins_read_what_people_did(console, guarded, theme, width):
    console.allowed += ["401", "403"]
    tab = console(guarded.url, color_scheme=theme, viewport={"width": width, "height": 800})
    page = tab.page
    page.goto(f"{guarded.url}/login.html")
    log_in(page, "vic")
    page.wait_for_url(f"{guarded.url}/")
    page.goto(f"{guarded.url}/?p=audit")
    tab.ready()
    refused = page.get_by_role("alert")
    refused.filter(has_text="ask an admin").wait_for()
    assert page.locator("table.audit").count() == 0

    tab.context.clear_cookies()
    page.goto(f"{guarded.url}/login.html")
    log_in(page, "ada", "wrong horse")
    page.get_by_role("alert").filter(has_text="don't belong together").wait_for()
    log_in(page, "ada")
    page.wait_for_url(f"{guarded.url}/")
    tab.ready()
    page.get_by_role("button", name="Menu" if width == 390 else "Account ada").click()
    page.get_by_role("menuitem" if width > 390 else "menuitemradio", name="Audit log").click()
    tab.until(lambda query: query.get("p") == ["audit"])
    lines = page.locator("table.audit tbody tr")
    first = lines.first
    first.wait_for()
    assert first.locator("td").nth(1).inner_text() == "Logged in"
    assert first.locator("td").nth(2).inner_text().split() == ["ada", "admin"]
    assert first.locator("td").nth(3).inner_text() == "127.0.0.1"
    refusals = lines.filter(has=page.locator("td.warn-text", has_text="Refused"))
    # One line stands for all of one address within some seconds, so which of them it names is a matter of time.
    assert "GET /api/v1/" in refusals.first.inner_text()
    assert fits(page)
    page.get_by_label("Kind").select_option(label="Login failed")
    assert set(lines.locator("td:nth-child(2)").all_inner_texts()) == {"Login failed"}
    page.get_by_label("Find").fill("no such thing")
    page.get_by_text("Nothing fits.").wait_for()


def test_viewers_open_views_and_save_none(console, guarded):
    tabs = {}
    for name in ("eve", "vic"):
        tab = tabs[name] = console(guarded.url)
        tab.page.goto(f"{guarded.url}/login.html?next=%3Fp%3Dexplore%26d%3DSrcAS")
        log_in(tab.page, name)
        tab.page.wait_for_url(re.compile("p=explore"))
        tab.ready()
        tab.page.get_by_role("button", name="Views").click()
    save(tabs["eve"].page, "By AS")
    tabs["vic"].page.keyboard.press("Escape")
    tabs["vic"].page.get_by_role("button", name="Views").click()
    panel = tabs["vic"].page.get_by_role("dialog", name="Views")
    panel.get_by_role("link", name="By AS").wait_for()
    assert "eve" in panel.inner_text()
    assert panel.get_by_role("textbox").count() == 0
    assert panel.get_by_role("button", name="Rename By AS").count() == 0


def save(page, name):
    panel = page.get_by_role("dialog", name="Views")
    panel.get_by_label("Name of a new view").fill(name)
    page.keyboard.press("Enter")
    panel.get_by_role("link", name=name).wait_for()
    return panel


@needs_empty
@pytest.mark.parametrize("width", [1440, 390])
def test_views_are_saved_opened_renamed_and_deleted(console, width):
    console.allowed.append("404")
    tab = console(EMPTY, viewport={"width": width, "height": 800})
    page = tab.open("?p=explore&d=SrcAS,DstPort&u=packet/s&from=-6h")
    page.get_by_role("button", name="Views").click()
    panel = save(page, "Ports by AS")
    assert fits(page)
    page.keyboard.press("Escape")
    assert panel.count() == 0
    tab.open()
    page.get_by_role("button", name="Views").click()
    panel.get_by_role("link", name="Ports by AS").click()
    tab.until(lambda query: query.get("d") == ["SrcAS,DstPort"])
    assert tab.query() == {"p": "explore", "d": "SrcAS,DstPort", "u": "packet/s", "from": "-6h"}

    # By its link, whatever it is called.
    view = views(EMPTY)[-1]
    page.goto(f"{EMPTY}/?view={view['id']}")
    tab.until(lambda query: query.get("d") == ["SrcAS,DstPort"] and "view" not in query)

    page.get_by_role("button", name="Views").click()
    panel.get_by_role("button", name="Rename Ports by AS").click()
    panel.get_by_label("New name of Ports by AS").fill("Services")
    page.keyboard.press("Enter")
    panel.get_by_role("link", name="Services").wait_for()
    panel.get_by_role("button", name="Delete Services").click()
    panel.get_by_role("button", name="Keep").click()
    panel.get_by_role("button", name="Delete Services").click()
    panel.get_by_role("button", name="Delete", exact=True).click()
    panel.get_by_text("Nothing is saved yet.").wait_for()
    assert views(EMPTY) == []
    page.goto(f"{EMPTY}/?view={view['id']}")
    page.get_by_role("alert").filter(has_text="no such view").wait_for()


def views(base):
    with urllib.request.urlopen(f"{base}/api/v1/views", timeout=30) as answer:
        return json.load(answer)["views"]
