// @ts-check
// Who is logged in, in the top bar. Where nobody has to log in there is nothing to show.
import { markup, useEffect, useState } from "../preact.js";
import { logout, whoAmI } from "../session.js";
import { Dropdown, Icon, Menu } from "./parts.js";

/** @typedef {import("../types/api.d.ts").Session} Session */

/** @returns {Session|undefined} who is logged in, once that is known */
export function useSession() {
    const [session, setSession] = useState(/** @type {Session|undefined} */ (undefined));
    useEffect(() => void whoAmI().then(setSession, () => {}), []);
    return session;
}

/** What the session is for, in words. @param {Session} session */
export function accountWords(session) {
    return `${session.user ?? ""}, ${session.role ?? ""}`;
}

export function Account() {
    const session = useSession();
    if (!session || session.open || session.user === null) return null;
    const label = markup`<${Icon} name="user" /><span class="account-name cut">${session.user}</span>`;
    return markup`<${Dropdown} label=${label} class="quiet" align="right" name=${`Account ${session.user}`} title=${accountWords(session)}>
        ${() => markup`<div class="menu-head"><div class="cut">${session.user}</div><div>Role ${session.role}</div></div>
            ${session.by === "session"
                ? markup`<${Menu} label="Account" items=${[{ key: "out", label: "Log out", act: logout }]} />`
                : markup`<div class="menu-head">Logged in by the proxy</div>`}`}<//>`;
}
