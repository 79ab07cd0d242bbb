/* Keys: `j`, `k`, `Enter`, `x`, `/`, `g` and a letter, `?`, `Esc`.  They move and open; none
 * of them sends anything.  A person can switch them off (WCAG 2.1.4). */
import { effect, signal } from "./vendor.js";
import { keepWord } from "./early.js";

const KEPT = "saluran.keys";
const GO_MS = 1500;

export const keysOn = signal(localStorage.getItem(KEPT) !== "off");
effect(() => void keepWord(KEPT, keysOn.value ? "on" : "off"));

const layers = []; /* the newest first: maps of key to function */
let goSince = 0;

/* Until the returned function is called; a name "g q" is `g`, then `q`.  Within a layout effect:
 * who sees a screen has its keys. */
export function bind(map) {
	layers.unshift(map);
	return () => {
		const at = layers.indexOf(map);
		if (at >= 0) layers.splice(at, 1);
	};
}

const typing = (el) => el.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

const ROWS = "main tbody > tr, main ul.matches > li";
const PRESSED = "a[href], button:not(:disabled), summary, input, select";

/* Where a screen has no rows of its own to move in: to what can be pressed in the next row of its
 * tables and lists, or the one before.  False: there is none. */
function toRow(step) {
	const rows = [...document.querySelectorAll(ROWS)].filter((r) => r.querySelector(PRESSED));
	const here = rows.findIndex((r) => r.contains(document.activeElement));
	const to = rows[here < 0 ? 0 : Math.min(Math.max(here + step, 0), rows.length - 1)];
	/** @type {HTMLElement | null} */ (to?.querySelector(PRESSED))?.focus();
	return Boolean(to);
}

/* Leads to what is read before it is sent, also out of a field. */
export const leads = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.isComposing;

function press(name, event) {
	const fn = layers.find((map) => map[name])?.[name];
	if (!fn) return false;
	event.preventDefault();
	fn(event);
	return true;
}

export function onKey(event) {
	if (leads(event) && !document.querySelector("dialog[open]")) press("Ctrl Enter", event);
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
	if (press(name, event)) return;
	if (name === "j" || name === "k") {
		if (toRow(name === "j" ? 1 : -1)) event.preventDefault();
		return;
	}
	/* Where a screen says what is above it, Esc leads there. */
	if (name === "Escape") /** @type {HTMLElement | null} */ (document.querySelector("main .kicker a"))?.click();
}
