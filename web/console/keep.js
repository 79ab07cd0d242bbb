/* What is too large for a draft, kept in this browser: a list with its mended rows, a file
 * on its way.  Each person has their own; what cannot be kept is only not there after a
 * reload. */
import { me } from "./api.js";

const NAME = "saluran";
const STORE = "kept";

function opened() {
	return new Promise((done, failed) => {
		const ask = indexedDB.open(NAME, 1);
		ask.onupgradeneeded = () => ask.result.createObjectStore(STORE);
		ask.onsuccess = () => done(ask.result);
		ask.onerror = () => failed(ask.error);
	});
}

async function run(mode, work) {
	try {
		const db = await opened();
		return await new Promise((done, failed) => {
			const ask = work(db.transaction(STORE, mode).objectStore(STORE));
			ask.onsuccess = () => done(ask.result);
			ask.onerror = () => failed(ask.error);
		}).finally(() => db.close());
	} catch (e) {
		if (e instanceof DOMException) return undefined;
		throw e;
	}
}

const place = (name) => `${me.value.pseudonym}.${name}`;

export const keep = (name, value) => run("readwrite", (s) => s.put(value, place(name)));
export const kept = (name) => run("readonly", (s) => s.get(place(name)));
/* Names of what is kept of whoever is logged in. */
export async function keptNames() {
	const all = (await run("readonly", (s) => s.getAllKeys())) || [];
	return all.filter((k) => k.startsWith(place(""))).map((k) => k.slice(place("").length));
}
export const forget = (name) => run("readwrite", (s) => s.delete(place(name)));
