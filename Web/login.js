// @ts-check
// The login page. It stands alone, so that it is there at once and asks the API for nothing but the session.
import { login, session } from "./session.js";

/** @template {Element} E @param {string} selector @param {new () => E} kind @returns {E} */
function element(selector, kind) {
    const found = document.querySelector(selector);
    if (!(found instanceof kind)) throw new Error(`the page has no ${selector}`);
    return found;
}

const form = element("form", HTMLFormElement);
const fields = element(".fields", HTMLElement);
const user = element("#user", HTMLInputElement);
const password = element("#password", HTMLInputElement);
const button = element("button", HTMLButtonElement);
const problem = element("#problem", HTMLElement);

/** Back to the page that was asked for: a query of the console, and nothing that leads elsewhere. */
function goOn() {
    const next = new URLSearchParams(location.search).get("next") ?? "";
    location.replace(`./${next.startsWith("?") ? next : ""}`);
}

/** @param {string} message "" takes it away */
function tell(message) {
    element("#problem span:last-child", HTMLElement).textContent = message;
    problem.hidden = message === "";
}

form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    button.disabled = true;
    try {
        await login(user.value, password.value);
        goOn();
    } catch (error) {
        tell(error instanceof Error ? error.message : String(error));
        password.select();
    } finally {
        button.disabled = false;
    }
});

element("#place", HTMLElement).textContent = location.host;
try {
    const known = await session();
    if (known.open || known.user !== null) goOn();
    else if (!known.passwords) {
        fields.hidden = true;
        tell("Nobody logs in with a password here: come through the proxy that this server trusts, or use a token.");
    }
} catch (error) {
    tell(error instanceof Error ? error.message : String(error));
}
document.documentElement.dataset.ready = "true";
