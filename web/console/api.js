/* The API of docs/api.md: JSON in, JSON out.  What it refuses is a Problem with the node's
 * own words.  Who is logged in stands in `me`; the session itself is in a cookie that no
 * script reads. */
import { signal } from "./vendor.js";
import { early, exchange, forget, know, known, urlOf, WANTED } from "./early.js";

export const me = signal(null); /* as of GET /v1/me; null: nobody */
export const node = signal(null); /* as of GET /v1/status, once it is known */
export const ended = signal(false); /* the session is over, what was typed is still there */

export class Problem extends Error {
	constructor(status, shown) {
		super(shown.detail || `HTTP ${status}`);
		this.status = status; /* 0: the node was not reached */
		this.title = shown.title || "";
		this.rule = shown.rule || null;
		this.shown = shown;
	}
}

/* The clock of this browser may be wrong: what is left is counted by the node's, whose
 * answers say its time to the second.  A difference that a second and the way explain is none. */
export const skew = signal(0);
const SKEW_MIN_MS = 3000;
export const nodeNow = () => Date.now() + skew.value;

function clockFrom({ date, at }) {
	if (!date) return;
	const off = new Date(date).getTime() + 500 - at;
	if (!Number.isFinite(off)) return;
	const now = Math.abs(off) < SKEW_MIN_MS ? 0 : off;
	if (Math.abs(now - skew.value) > SKEW_MIN_MS / 2) skew.value = now;
}

/* Another tab of this browser, or a change of the password, has begun another session: true when
 * it is the same person's. */
async function another(csrf) {
	const who = me.value.csrf !== csrf ? me.value : await ask("GET", "/v1/me", null, undefined, null, false).catch(() => null);
	if (!who || who.csrf === csrf) return false;
	if (who.pseudonym !== me.value.pseudonym) {
		away();
		return false;
	}
	me.value = who;
	return true;
}

/* again: false when it is asked for the second time, under another session. */
async function ask(method, path, query, body, key, again = true) {
	const url = urlOf(path, query);
	const csrf = me.value?.csrf;
	/** @type {Record<string, string>} */
	const headers = { ...WANTED };
	if (method !== "GET" && me.value) headers["X-CSRF-Token"] = me.value.csrf;
	const raw = body instanceof Blob;
	if (body !== undefined) headers["Content-Type"] = raw ? "application/octet-stream" : "application/json";
	if (key) headers["Idempotency-Key"] = key;
	let answer;
	try {
		answer = await ((method === "GET" && early(url)) ||
			exchange(url, { method, headers, body: body === undefined || raw ? body : JSON.stringify(body) }));
	} catch {
		throw new Problem(0, { title: "unreachable" });
	}
	clockFrom(answer);
	const { shown } = answer;
	if (answer.ok) return shown;
	if (csrf && me.value && again) {
		const mine = answer.status === 401 || (answer.status === 403 && method !== "GET" && !shown.roles && !shown.needs);
		if (mine && (await another(csrf))) return ask(method, path, query, body, key, false);
	}
	if (answer.status === 401 && me.value) ended.value = true;
	throw new Problem(answer.status, shown);
}

/* The body as it is, no JSON: a piece of a file. */
export const putBytes = (path, query, bytes) => ask("PUT", path, query, bytes);

export const get = (path, query) => ask("GET", path, query);

/* `key`: an act that is sent twice under the same key is done once. */
export const post = (path, body = {}, key) => ask("POST", path, null, body, key);

export const newKey = () => crypto.randomUUID();

/* A person who must first set up a second factor may ask for nothing else. */
function be(who) {
	if (!who || who.totp === "required") forget();
	know(who && (who.totp === "required" ? "yes" : who.role));
	me.value = who;
}

export async function whoAmI() {
	if (!known()) return;
	try {
		be(await get("/v1/me"));
		ended.value = false;
	} catch (e) {
		if (e.status !== 401) throw e;
		be(null);
	}
}

export async function logIn(name, password, code) {
	const body = { name, password };
	if (code) body.code = code;
	const got = await ask("POST", "/v1/login", null, body);
	await begun(got);
}

/* A session has begun, as `got` says. */
export async function begun(got) {
	be({ ...(await get("/v1/me")), csrf: got.csrf });
	ended.value = false;
}

/* Nothing of the person stays in the memory of this tab, or of another. */
const LEFT = "saluran.left";
const away = () => location.replace("/console");
addEventListener("storage", (e) => e.key === LEFT && me.value && away());

export async function logOut() {
	await post("/v1/logout");
	forget();
	know(null);
	localStorage.setItem(LEFT, newKey());
	away();
}
