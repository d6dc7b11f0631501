// Sets the theme before the first paint. A classic script on purpose: a module would run after it and flash.
(() => {
    /** @returns {string} the remembered choice; storage may be forbidden */
    const remembered = () => {
        try {
            return localStorage.getItem("netmeta.theme") ?? "system";
        } catch {
            return "system";
        }
    };
    const light = matchMedia("(prefers-color-scheme: light)");
    const apply = () => {
        const choice = remembered();
        const theme = choice === "light" || choice === "dark" ? choice : light.matches ? "light" : "dark";
        document.documentElement.dataset.theme = theme;
        dispatchEvent(new Event("netmeta-theme"));
    };
    light.addEventListener("change", apply);
    addEventListener("netmeta-theme-choice", apply);
    apply();
})();
