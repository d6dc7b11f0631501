// @ts-check
// Who is logged in, and how to change that.

/** @typedef {import("./types/api.d.ts").Session} Session */

/** @returns {Promise<Session>} */
export const session = () => send("session", "GET");

/** @param {string} user @param {string} password @returns {Promise<Session>} */
export const login = (user, password) => send("login", "POST", { user, password });

/** Ends the session and shows the login page. */
export async function logout() {
    await send("logout", "POST");
    location.assign("./login.html");
}

/** Shows the login page, which comes back here. */
export function toLogin() {
    location.replace(`./login.html${location.search && `?next=${encodeURIComponent(location.search)}`}`);
}

/** @type {Promise<Session>|undefined} */
let known;

/** Who is logged in, asked once for a page. @returns {Promise<Session>} */
export function whoAmI() {
    known ??= session();
    known.catch(() => known = undefined);
    return known;
}

/**
 * A request that changes something, or reads what isn't data of flows.
 * @param {string} route
 * @param {"GET"|"POST"|"PUT"|"DELETE"} method
 * @param {unknown} [body]
 * @returns {Promise<any>} the JSON answer
 * @throws {Error} in the server's words
 */
export async function send(route, method, body) {
    let response;
    try {
        response = await fetch(`./api/v1/${route}`, {
            method,
            headers: body === undefined ? {} : { "Content-Type": "application/json" },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
    } catch {
        throw new Error("The server is not reachable.");
    }
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer;
    throw new Error(sentence(answer?.error?.message ?? `the server answered ${response.status}`));
}

/** @param {string} words */
function sentence(words) {
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
