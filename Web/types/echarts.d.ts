// What the console calls of ECharts, which is a global of a classic script.

declare interface EChartsInstance {
    setOption(option: object, how?: { notMerge?: boolean; lazyUpdate?: boolean }): void;
    resize(): void;
    dispose(): void;
    dispatchAction(action: { type: string; seriesIndex?: number | number[] }): void;
    convertFromPixel(finder: object, point: number[]): number[];
    convertToPixel(finder: object, point: number[]): number[];
    getZr(): { flush(): void };
}

declare namespace echarts {
    function init(element: HTMLElement, theme?: null, how?: { renderer?: "canvas" | "svg" }): EChartsInstance;
}
