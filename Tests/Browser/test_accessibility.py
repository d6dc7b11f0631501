"""axe finds nothing to complain about: every page, light and wide, dark and narrow."""

import pytest

from conftest import EMPTY, OVERLOADED, SEEDED

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

# Server, query of the page, what is opened on it.
STATES = [
    (SEEDED, "", None), (SEEDED, "?e=127.0.0.9", None), (SEEDED, "?l=1", None), (SEEDED, "?p=explore&d=SrcAddr,Proto", None),
    (SEEDED, "?p=explore&f=Proto+%3D", None), (SEEDED, "", "keys"), (SEEDED, "?p=docs", None),
    (SEEDED, "?p=docs&doc=names", None), (SEEDED, "?p=flows", None), (SEEDED, "?p=relations", None), (SEEDED, "?p=audit", None), (EMPTY, "", None), (OVERLOADED, "?l=1", None),
    (SEEDED, "?p=flows", "row"), (SEEDED, "?p=events", None), (SEEDED, "?p=traces", None), (SEEDED, "", "range"),
    (SEEDED, "?p=docs", "refused"),
]


@pytest.mark.skipif(not (SEEDED and EMPTY and OVERLOADED), reason="NETMETA_URL and its like are not set")
@pytest.mark.parametrize("scheme, width", [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing(console, scheme, width):
    console.allowed += ["400", "503"]
    pages, found = {}, []
    for base, query, opened in STATES:
        if base not in pages:
            pages[base] = console(base, viewport={"width": width, "height": 844}, color_scheme=scheme)
        if opened == "refused":
            pages[base].page.route("**/api/v1/**", lambda route: route.fulfill(status=503))
        page = pages[base].open(query)
        if opened == "row":
            page.locator("a.row-link, .flow-card").first.click()
            page.get_by_role("dialog", name="Flow").get_by_text("Addresses", exact=True).wait_for()
        if opened == "range":
            page.keyboard.press("r")
            page.get_by_role("menu", name="Ranges").wait_for()
        if opened == "keys":
            page.keyboard.press("?")
            page.get_by_role("dialog", name="Keys").wait_for()
        # Only what a fade may have left half transparent is waited for.
        page.evaluate("Promise.all(document.getAnimations().filter(a => a.effect.getTiming().iterations === 1)"
                      ".map(animation => animation.finished))")
        for violation in axe.Axe().run(page).response["violations"]:
            places = [" ".join(map(str, node["target"])) + ": " + node["failureSummary"] for node in violation["nodes"]]
            found.append(f"{query or 'overview'} {violation['id']}: {violation['help']}\n  " + "\n  ".join(places[:4]))
    assert found == [], "\n".join(found)
