/* Keys: `j`, `k`, `Enter`, `x`, `/`, `g` and a letter, `?`, `Esc`.  They move and open; none
 * of them sends anything.  A person can switch them off (WCAG 2.1.4). */
import { effect, signal } from "./vendor.js";

const KEPT = "saluran.keys";
const GO_MS = 1500;

export const keysOn = signal(localStorage.getItem(KEPT) !== "off");
effect(() => localStorage.setItem(KEPT, keysOn.value ? "on" : "off"));

const layers = []; /* the newest first: maps of key to function */
let goSince = 0;

/* Until the returned function is called; a name "g q" is `g`, then `q`. */
export function bind(map) {
	layers.unshift(map);
	return () => {
		const at = layers.indexOf(map);
		if (at >= 0) layers.splice(at, 1);
	};
}

const typing = (el) => el.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

export function onKey(event) {
	if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
	/* An open dialog is the browser's own; out of a field Esc leads first. */
	if (document.querySelector("dialog[open]")) return;
	if (typing(event.target)) {
		if (event.key === "Escape") event.target.blur();
		return;
	}
	if (!keysOn.value && event.key !== "Escape") return;
	const second = goSince > 0 && event.timeStamp - goSince < GO_MS;
	goSince = 0;
	if (event.key === "g" && !second) {
		goSince = event.timeStamp;
		return;
	}
	const name = second ? `g ${event.key}` : event.key;
	for (const map of layers) {
		const fn = map[name];
		if (!fn) continue;
		event.preventDefault();
		fn(event);
		return;
	}
	/* Where a screen says what is above it, Esc leads there. */
	if (name === "Escape") /** @type {HTMLElement | null} */ (document.querySelector("main .kicker a"))?.click();
}
