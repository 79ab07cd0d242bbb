/* Where we are: the path below /console/ and the query.  A link of ours changes it without
 * loading the page anew; the browser's back button works as everywhere. */
import { signal } from "./vendor.js";
import { read } from "./early.js";

const BASE = "/console";

export const place = signal(read());
addEventListener("popstate", () => {
	place.value = read();
});

export function href(path, query) {
	const words = Object.entries(query || {}).filter(([, v]) => v !== undefined && v !== "");
	const search = new URLSearchParams(words).toString();
	return `${BASE}${path ? "/" + path : ""}${search ? "?" + search : ""}`;
}

export function go(path, query, { replace = false } = {}) {
	history[replace ? "replaceState" : "pushState"](null, "", href(path, query));
	place.value = read();
}

/* For the one listener on the document: a plain click on one of our own links. */
export function onClick(event) {
	const a = event.target.closest?.("a[href]");
	if (
		!a ||
		event.defaultPrevented ||
		event.button !== 0 ||
		event.metaKey ||
		event.ctrlKey ||
		event.shiftKey ||
		a.target ||
		a.hasAttribute("download") ||
		a.origin !== location.origin ||
		!a.pathname.startsWith(BASE)
	)
		return;
	if (a.pathname === location.pathname && a.search === location.search && a.hash) return;
	event.preventDefault();
	history.pushState(null, "", a.href);
	place.value = read();
}
