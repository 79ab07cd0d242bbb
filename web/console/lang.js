/* Texts of the two languages, and numbers and times as people of each write them. */
import { signal } from "./vendor.js";
import { nodeNow } from "./api.js";

const KEPT = "saluran.lang";
const LOCALES = { id: "id-ID", en: "en-GB" };
/** @type {[string, number][]} */
const SPANS = [
	["span_days", 86400],
	["span_hours", 3600],
	["span_minutes", 60],
	["span_seconds", 1],
];

export const lang = signal("id");
const tables = {};

async function load(code) {
	tables[code] ??= await (await fetch(new URL(`../${code}.json`, import.meta.url))).json();
}

const known = (code) => (code in LOCALES ? code : null);

/* Of the address, of last time, of the page as the node chose it. */
export async function begin() {
	const first =
		known(new URLSearchParams(location.search).get("lang")) ||
		known(localStorage.getItem(KEPT)) ||
		known(document.documentElement.lang) ||
		"id";
	await choose(first);
}

export async function choose(code) {
	await load(code);
	lang.value = code;
	document.documentElement.lang = code;
	localStorage.setItem(KEPT, code);
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

/* A formatter is dear to make, and a table needs one some hundred times. */
const formats = new Map();

function formatOf(kind, options) {
	const name = `${kind.name} ${lang.value} ${JSON.stringify(options)}`;
	if (!formats.has(name)) formats.set(name, new kind(LOCALES[lang.value], options));
	return formats.get(name);
}

export const number = (n) => formatOf(Intl.NumberFormat).format(n);

/* Of a whole that is 1. */
export const percent = (n) => formatOf(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 1 }).format(n);

const zoned = (date, options) => formatOf(Intl.DateTimeFormat, options).format(date);

const clock = (d) => zoned(d, { hour: "2-digit", minute: "2-digit" });
const sameDay = (a, b) => a.toDateString() === b.toDateString();

/* The time of day today, else the date with it. */
export function when(iso) {
	const d = new Date(iso);
	return sameDay(d, new Date(nodeNow()))
		? clock(d)
		: `${zoned(d, { day: "numeric", month: "short", year: "numeric" })} ${clock(d)}`;
}

/* With seconds and the name of the zone, for what is evidence. */
export function exactly(iso) {
	return zoned(new Date(iso), {
		day: "numeric",
		month: "short",
		year: "numeric",
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit",
		timeZoneName: "short",
	});
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
