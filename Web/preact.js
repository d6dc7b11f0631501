// @ts-check
// The one door to the vendored view library, so that its types are named in one place.
// @ts-types="./types/preact-htm.d.ts"
export * from "./vendor/preact-htm.js";
// @ts-types="./types/preact-htm.d.ts"
import { html } from "./vendor/preact-htm.js";

/** htm's tag under a name that the formatter doesn't take for text to break anew: white space matters in it. */
export const markup = html;
