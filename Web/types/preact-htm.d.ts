// What the console calls of Preact and htm. Hand-written: the vendored module carries no types.

export type Node = unknown;
type Cleanup = void | (() => void);

export function h(type: unknown, props?: Record<string, unknown> | null, ...children: Node[]): Node;
// deno-lint-ignore no-explicit-any
export function html(strings: TemplateStringsArray, ...values: any[]): Node;
export function render(node: Node, parent: Element): void;
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((old: T) => T)) => void];
export function useRef<T>(initial: T): { current: T };
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useCallback<T>(callback: T, inputs: readonly unknown[]): T;
export function useEffect(effect: () => Cleanup, inputs?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => Cleanup, inputs?: readonly unknown[]): void;
export function useErrorBoundary(callback?: (error: unknown) => void): [unknown, () => void];
