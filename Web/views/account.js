// @ts-check
// Who is logged in, in the top bar. Where nobody has to log in there is nothing to show.
import { markup, useEffect, useState } from "../preact.js";
import { logout, whoAmI } from "../session.js";
import { navigate } from "../store.js";
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

/** @param {{audit: import("../state.js").State}} props where the audit log is, for admins */
export function Account({ audit }) {
    const session = useSession();
    if (!session || session.open || session.user === null) return null;
    const label = markup`<${Icon} name="user" /><span class="account-name cut">${session.user}</span>`;
    return markup`<${Dropdown} label=${label} class="quiet" align="right" name=${`Account ${session.user}`} title=${accountWords(session)}>
        ${(/** @type {() => void} */ close) =>
        markup`<div class="menu-head"><div class="cut">${session.user}</div><div>Role ${session.role}</div></div>
            ${session.by !== "session" && markup`<div class="menu-head">Logged in by the proxy</div>`}
            ${offered(session, audit, close)}`}<//>`;
}

/** @param {Session} session @param {import("../state.js").State} audit @param {() => void} close */
function offered(session, audit, close) {
    const log = {
        key: "audit",
        label: "Audit log",
        act: () => {
            navigate(audit);
            close();
        },
    };
    const items = session.role === "admin" ? [log] : [];
    if (session.by === "session") items.push({ key: "out", label: "Log out", act: logout });
    return items.length > 0 && markup`<${Menu} label="Account" items=${items} />`;
}
