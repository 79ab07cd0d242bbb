/* What the first screen needs: who it is, the node, the first cases.  The node puts its answers
 * into the page when the session comes with the request for it; else they are asked for as soon as
 * this file is there.  Whoever asks for the same later gets that answer, once.  Only a browser that
 * has logged in asks: for a stranger there is nothing to ask about. */
const BASE = "/console";
const KNOWN = "saluran.known"; /* the role of who logged in last, once that person may act */
const LANG = "saluran.lang";
const FRESH_MS = 10000;
const asked = new Map(); /* url: promise of what came */
const here = new Map(); /* url: what has come */

export const CASES = "/v1/cases";
export const PAGE = 200;
export const BEGINNING = 25; /* rows of the first page that come with it; the others follow */
export const LANGS = ["id", "en"];
const ROLES = ["officer", "approver", "agent", "lead", "auditor", "admin", "operator"];
const HOMES = { approver: "orders", operator: "dns", auditor: "log", admin: "setup" };
export const home = (role) => HOMES[role] || "cases";

/* {date, answers: {path: what GET answered}}, or null; it is not left lying in the page. */
function taken() {
	const put = document.getElementById("first");
	put?.remove();
	return put && JSON.parse(put.textContent || "null");
}
const put = taken();

export const known = () => localStorage.getItem(KNOWN) || (put && "yes");
/* What is kept already is not written: other tabs would be told. */
export const keepWord = (name, word) => localStorage.getItem(name) !== word && localStorage.setItem(name, word);
export const know = (role) => (role ? keepWord(KNOWN, role) : localStorage.removeItem(KNOWN));
export const keepLang = (code) => keepWord(LANG, code);

/* The path below /console/ and the query. */
export const read = () => ({
	path: location.pathname.slice(BASE.length).replace(/^\//, ""),
	query: Object.fromEntries([...new URLSearchParams(location.search)].filter(([k]) => k !== "lang")),
});

/* Of the address, of last time, of the page as the node chose it. */
export function firstLang() {
	const said = [new URLSearchParams(location.search).get("lang"), localStorage.getItem(LANG), document.documentElement.lang];
	return said.find((l) => l && LANGS.includes(l)) || "id";
}

export const textsOf = (code) => new URL(`../${code}.json`, import.meta.url);

export function urlOf(path, query) {
	const url = new URL(path, location.origin);
	for (const [name, value] of Object.entries(query || {}))
		if (value !== undefined && value !== null && value !== "")
			url.searchParams.set(name, value);
	return url;
}

/* {ok, status, date, at, shown}: `date` is the node's time when ours was `at`.  Throws when the
 * node is not reached. */
export async function exchange(url, init) {
	const sent = Date.now();
	const answer = await fetch(url, { credentials: "same-origin", ...init });
	const at = (sent + Date.now()) / 2;
	const shown = await answer.json().catch(() => ({}));
	return { ok: answer.ok, status: answer.status, date: answer.headers.get("Date"), at, shown };
}

export const WANTED = { Accept: "application/json" };

/* The answer that is in the page, as if it had been asked for. */
function had(path) {
	const shown = put?.answers[path];
	if (!shown) return null;
	const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
	const since = page ? performance.now() - page.responseStart : 0; /* not every browser tells */
	return { ok: true, status: 200, date: put.date, at: Date.now() - since, shown };
}

function ask(path, query) {
	const url = urlOf(path, query);
	const it = had(path);
	const came = it ? Promise.resolve(it) : exchange(url, { headers: WANTED });
	asked.set(url.href, came);
	if (it) here.set(url.href, it);
	else came.then((late) => asked.has(url.href) && here.set(url.href, late), () => {});
	return came;
}

/* What was asked for early, once, and not when it is old by now. */
export function early(url) {
	const came = asked.get(url.href);
	asked.delete(url.href);
	here.delete(url.href);
	return performance.now() < FRESH_MS ? came : undefined;
}

/* What it is, if it has come and is no refusal: then a screen need not be drawn without. */
export const arrived = (path, query) => {
	const came = here.get(urlOf(path, query).href);
	return came?.ok ? came.shown : null;
};

/* What comes within this time is drawn at once, and not in two steps. */
const STEP_MS = 200;
export const soon = () =>
	Promise.race([Promise.allSettled([...asked.values()]), new Promise((done) => setTimeout(done, STEP_MS))]);

/* Once what is asked of the browser is done: what nobody waits for is begun then. */
const IDLE_MAX_MS = 1000;
export const idle = () =>
	new Promise((done) =>
		"requestIdleCallback" in globalThis ? requestIdleCallback(done, { timeout: IDLE_MAX_MS }) : setTimeout(done));

/* Is it asked for, and not yet taken? */
export const awaited = (path, query) => performance.now() < FRESH_MS && asked.has(urlOf(path, query).href);

let beginning = null;
/* Is this the beginning of the first page? */
export const begins = (shown) => shown !== null && shown === beginning;

/* What was answered to somebody else. */
export function forget() {
	asked.clear();
	here.clear();
	rows = null;
	beginning = null;
}

/** @type {Promise<any> | null} */
let rows = null;

/* The newest event when the first rows were read: the feed goes on from there and misses none. */
export async function newest() {
	const came = await rows?.catch(() => null);
	rows = null;
	return came?.shown.newest;
}

function first() {
	const { path, query } = read();
	const me = put?.answers["/v1/me"];
	const role = me && me.totp !== "required" ? me.role : known();
	if (!role || path === "welcome") return;
	ask("/v1/me");
	if (!ROLES.includes(role)) return;
	ask("/v1/status");
	if (role === "operator" || (path || home(role)) !== "cases" || query.all) return;
	rows = ask(CASES, { limit: BEGINNING, ...query });
	rows.then((came) => (beginning = came.shown), () => {});
}

first();
