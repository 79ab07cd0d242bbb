/* console/vendor.js is made from vendor.mjs when the program is built; this is what it has.
 * What begins as null is filled later, by an answer of the API: its members are not checked. */
import type { Signal } from "@preact/signals";

type Later<T> = null extends T ? any : undefined extends T ? any : T extends never[] ? any[] : T;

export { Fragment, h, render } from "preact";
export { useEffect, useLayoutEffect } from "preact/hooks";
export { batch, computed, effect, untracked } from "@preact/signals";
export function useState<T>(first?: T | (() => T)): [Later<T>, (next: any) => void];
export function useRef<T>(first: T): { current: Later<T> };
export function signal<T>(first: T): Signal<Later<T>>;
/** What htm makes of a template is a tree of preact; its props are not checked. */
export function html(strings: TemplateStringsArray, ...values: unknown[]): any;
