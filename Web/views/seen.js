// @ts-check
// Whether something was scrolled to: what is far down a page asks for nothing until then.
import { useEffect, useRef, useState } from "../preact.js";

/** @returns {[{current: HTMLElement|null}, boolean]} for the element's ref, and whether it was in view once */
export function useSeen() {
    const element = useRef(/** @type {HTMLElement|null} */ (null));
    const [seen, setSeen] = useState(false);
    useEffect(() => {
        if (seen || !element.current) return;
        const observer = new IntersectionObserver((entries) => {
            if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
        }, { rootMargin: "200px" });
        observer.observe(element.current);
        return () => observer.disconnect();
    }, [seen]);
    return [element, seen];
}
