/* Texts of the two languages, and numbers and times as people of each write them. */
import { signal } from "./vendor.js";
import { nodeNow } from "./api.js";
import { exchange, firstLang, keepLang, textsOf } from "./early.js";
import { FIRST } from "./texts.js";

const LOCALES = { id: "id-ID", en: "en-GB" };
/** @type {[string, number][]} */
const SPANS = [
	["span_days", 86400],
	["span_hours", 3600],
	["span_minutes", 60],
	["span_seconds", 1],
];

/* Zones to choose; "": that of this machine. */
export const ZONES = ["", "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC"];
const ZONE = "saluran.zone";
const zoneKept = localStorage.getItem(ZONE) || "";

export const lang = signal("id");
export const zone = signal(ZONES.includes(zoneKept) ? zoneKept : "");

export function chooseZone(name) {
	zone.value = name;
	localStorage.setItem(ZONE, name);
}

const tables = {}; /* language: its texts, or those of the first screen */
/** @type {Record<string, Promise<void> | undefined>} */
const wholes = {}; /* language: all of its texts are coming, or there */

async function fetched(code) {
	const came = await exchange(textsOf(code));
	if (!came.ok) throw new Error(`the texts of ${code} are not there: HTTP ${came.status}`);
	tables[code] = came.shown;
}

/* All texts of the language, which every screen but the first one needs. */
export function whole(code = lang.value) {
	wholes[code] ??= fetched(code).catch((e) => {
		wholes[code] = undefined;
		throw e;
	});
	return wholes[code];
}

/* A part that is fetched later, once its texts are there. */
export async function withTexts(load) {
	const [part] = await Promise.all([load(), whole()]);
	return part;
}

function speak(code) {
	lang.value = code;
	document.documentElement.lang = code;
	keepLang(code);
}

export async function begin() {
	const code = firstLang();
	if (FIRST) tables[code] = FIRST[code]();
	else await whole(code);
	speak(code);
}

export async function choose(code) {
	await whole(code);
	speak(code);
}

function fill(text, args) {
	return text.replace(/\{(\d)\}/g, (_, n) => args[n - 1] ?? "");
}

export function has(key) {
	return key in tables[lang.value];
}

/* The text of a key, with {1} … filled.  One that depends on a number is chosen by `args[0]`. */
export function t(key, ...args) {
	const text = tables[lang.value][key];
	if (text === undefined) throw new Error(`no text has the key ${key}`);
	if (typeof text === "string") return fill(text, args);
	return fill(args[0] === 1 ? text.one : text.other, [number(args[0]), ...args.slice(1)]);
}

/* A token of the API as a word; one that is newer than this console stands as it is. */
export function word(family, token) {
	const key = `${family}_${token}`.replace(/[.-]/g, "_");
	return has(key) ? t(key) : token;
}

/* What the browser has for numbers and times takes it long to make: one of each a language, and
 * none for what a screen full of rows is made of. */
const MARKS = { id: { thousands: ".", clock: "." }, en: { thousands: ",", clock: ":" } };
const EXACT = /** @type {Intl.DateTimeFormatOptions} */ ({
	day: "numeric", month: "short", year: "numeric",
	hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
const makes = {
	number: (locale) => new Intl.NumberFormat(locale),
	percent: (locale) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }),
	exact: (locale) => new Intl.DateTimeFormat(locale, { ...EXACT, timeZone: zone.value || undefined }),
	wall: () => new Intl.DateTimeFormat("sv-SE", { timeZone: zone.value, dateStyle: "short", timeStyle: "medium" }),
	any: (locale) => new Intl.ListFormat(locale, { type: "disjunction" }),
	all: (locale) => new Intl.ListFormat(locale, { type: "conjunction" }),
};
const writers = { id: {}, en: {} };

function writer(kind) {
	const code = lang.value;
	return (writers[code][`${kind} ${zone.value}`] ??= makes[kind](LOCALES[code]));
}

const write = (kind, value) => writer(kind).format(value);

export function number(n) {
	if (!Number.isSafeInteger(n) || n < 0) return write("number", n);
	return String(n).replace(/\B(?=(\d{3})+$)/g, MARKS[lang.value].thousands);
}

/* Of a whole that is 1. */
export const percent = (n) => write("percent", n);

/* "officer or approver", "a and b" */
export const anyOf = (words) => write("any", words);
export const allOf = (words) => write("all", words);

/* The same time as this machine would show it, were it in the zone that is chosen. */
const inZone = (d) => (zone.value ? new Date(write("wall", d).replace(" ", "T")) : d);

/* What a field for a date and a time has, of the zone that is shown, as the node wants it. */
export function utc(local) {
	const wanted = new Date(local).getTime();
	const off = (at) => inZone(new Date(at)).getTime() - Math.floor(at / 1000) * 1000;
	const near = wanted - off(wanted);
	return new Date(wanted - off(near)).toISOString().replace("Z", "000Z");
}

const pad = (n) => String(n).padStart(2, "0");
const clock = (d) => `${pad(d.getHours())}${MARKS[lang.value].clock}${pad(d.getMinutes())}`;
const month = (d) => t("months").split(" ")[d.getMonth()];
const sameDay = (a, b) =>
	a.getDate() === b.getDate() && a.getMonth() === b.getMonth() && a.getFullYear() === b.getFullYear();

/* The time of day today, else the date with it. */
export function when(iso) {
	const d = inZone(new Date(iso));
	return sameDay(d, inZone(new Date(nodeNow()))) ? clock(d) : `${d.getDate()} ${month(d)} ${d.getFullYear()} ${clock(d)}`;
}

/* With the name of the zone, for what was so then. */
export const whenThere = (iso) => `${when(iso)} ${writer("exact").formatToParts(new Date(iso)).find((p) => p.type === "timeZoneName").value}`;

/* With seconds and the name of the zone, for what is evidence. */
export const exactly = (iso) => write("exact", new Date(iso));

/* A time that is pointed at says exactly when. */
export function onPoint(event) {
	const time = event.target.closest?.("time[datetime]");
	if (time) time.title = exactly(time.dateTime);
}

/* The two largest units of a duration. */
export function span(seconds) {
	let rest = Math.max(0, Math.floor(seconds));
	const out = [];
	for (const [key, size] of SPANS) {
		const n = Math.floor(rest / size);
		if (n > 0 || (out.length === 0 && size === 1)) out.push(t(key, n));
		rest -= n * size;
		if (out.length === 2) break;
	}
	return out.join(" ");
}
