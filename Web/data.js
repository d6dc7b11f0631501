// @ts-check
// Reads data for a view: one request at a time, the last answer stays until the next, failures are retried.
import { useEffect, useRef, useState } from "./preact.js";
import { ApiError } from "./api.js";
import { drawn } from "./charts/engine.js";
import { newQuestion } from "./questions.js";

/**
 * @template T
 * @typedef {object} Loaded
 * @property {T|undefined} data the newest answer; of the query before it while `stale`
 * @property {ApiError|undefined} error
 * @property {boolean} stale whether `data` answers another query than the one asked for
 * @property {boolean} slow whether the wait, for the answer or for what is to be asked, is over 300 ms and a skeleton is due
 * @property {{id: string, since: number}|undefined} long the question, when the wait is over a second
 * @property {() => void} cancel ends the wait; then the error is "cancelled" until a retry
 * @property {() => void} retry
 */

/** A server that went away is asked again after this many milliseconds. */
const RETRY = 2000;
/** Milliseconds of waiting after which how far it is, and a way out, are due. */
const LONG = 1000;

/** @type {Set<string>} */
const unreachable = new Set();

/** @param {string} id @param {boolean} gone */
function mark(id, gone) {
    const before = unreachable.size > 0;
    if (gone) unreachable.add(id);
    else unreachable.delete(id);
    if (before !== unreachable.size > 0) dispatchEvent(new Event("netmeta-connection"));
}

/** Whether the last reads got no answer at all. @returns {boolean} */
export function useUnreachable() {
    const [gone, setGone] = useState(unreachable.size > 0);
    useEffect(() => {
        const listener = () => setGone(unreachable.size > 0);
        addEventListener("netmeta-connection", listener);
        return () => removeEventListener("netmeta-connection", listener);
    }, []);
    return gone;
}

let nextReader = 0;

/**
 * @template T
 * @param {string} key what is asked for; a change cancels the read under way. "" asks for nothing.
 * @param {(signal: AbortSignal, id: string) => Promise<T>} read the id is that of a question to the store
 * @param {number} refresh seconds between reads, 0 = once
 * @returns {Loaded<T>}
 */
export function useData(key, read, refresh) {
    const [answer, setAnswer] = useState(
        /** @type {{key: string, data?: T, of: string, error?: ApiError}} */ ({ key: "", of: "" }),
    );
    const [slowKey, setSlowKey] = useState(/** @type {string|undefined} */ (undefined));
    const [long, setLong] = useState(/** @type {{key: string, id: string, since: number}|undefined} */ (undefined));
    const [attempt, setAttempt] = useState(0);
    const leave = useRef(() => {});
    const reader = useRef("");
    reader.current ||= String(nextReader++);

    useEffect(() => {
        if (key === "") {
            // What must be known before it can be asked may be long in coming, too.
            const skeleton = setTimeout(() => setSlowKey(""), 300);
            return () => clearTimeout(skeleton);
        }
        const abort = new AbortController();
        let timer = 0;
        const skeleton = setTimeout(() => setSlowKey(key), 300);
        const id = newQuestion();
        const since = performance.now();
        const impatience = setTimeout(() => setLong({ key, id, since }), LONG);
        const settle = () => {
            clearTimeout(skeleton);
            clearTimeout(impatience);
            setLong(undefined);
        };
        leave.current = () => {
            abort.abort();
            settle();
            setAnswer((old) => ({ ...old, key, error: new ApiError("cancelled", "Cancelled.") }));
        };
        let [answered, missed] = [false, false];
        const round = async () => {
            let pause = refresh;
            const started = performance.now();
            try {
                // A hidden page asks for nothing more; what it missed is asked when it is seen again.
                missed = document.hidden && answered;
                if (!missed) {
                    const data = await read(abort.signal, answered ? newQuestion() : id);
                    mark(reader.current, false);
                    answered = true;
                    setAnswer({ key, data, of: key });
                }
            } catch (error) {
                if (abort.signal.aborted) return;
                const failure = error instanceof ApiError ? error : new ApiError("console", String(error));
                mark(reader.current, failure.code === "network");
                // What was read before still stands while the server is away.
                setAnswer((old) => ({ ...old, key, error: failure }));
                if (failure.code === "network") pause = RETRY / 1000;
            } finally {
                if (!abort.signal.aborted) settle();
            }
            // A query that takes long is not asked as often as a quick one.
            const took = (performance.now() - started) / 1000;
            if (pause > 0 && !abort.signal.aborted) timer = setTimeout(round, Math.max(pause, took * 3) * 1000);
        };
        const seen = () => {
            if (document.hidden || !missed) return;
            clearTimeout(timer);
            round();
        };
        document.addEventListener("visibilitychange", seen);
        round();
        return () => {
            document.removeEventListener("visibilitychange", seen);
            abort.abort();
            clearTimeout(timer);
            settle();
            mark(reader.current, false);
        };
    }, [key, refresh, attempt]);

    const waiting = answer.key !== key;
    return {
        data: answer.data,
        error: waiting ? undefined : answer.error,
        stale: answer.of !== key,
        slow: (waiting || key === "") && slowKey === key,
        long: waiting && long?.key === key ? long : undefined,
        cancel: () => leave.current(),
        retry: () => {
            // Waits anew, so that a second try is seen to go on.
            setAnswer((old) => ({ ...old, key: "", error: undefined }));
            setAttempt((count) => count + 1);
        },
    };
}

/**
 * Says that the page is drawn, for tests and screenshots: data-ready on <html>, after the frame that drew it.
 * @param {boolean} done
 * @param {string} key what is drawn
 */
export function useReady(done, key) {
    useEffect(() => {
        if (!done) return;
        let frame = 0;
        let left = false;
        const say = () => {
            frame = requestAnimationFrame(() => void (document.documentElement.dataset.ready = "true"));
        };
        frame = requestAnimationFrame(() => {
            const charts = drawn();
            if (charts) charts.then(() => left || requestAnimationFrame(say));
            else say();
        });
        return () => {
            left = true;
            cancelAnimationFrame(frame);
        };
    }, [done, key]);
}
