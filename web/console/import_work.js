/* The list that is being brought in: what was chosen, mapped, mended and filled in, and the
 * node's last word on it.  All of it outlives a reload; nothing of it is sent. */
import { signal } from "./vendor.js";
import { me, Problem } from "./api.js";
import { forget, keep, kept } from "./keep.js";
import { bring, check, drop, guess, listOf, mendedAs, sentBefore } from "./list.js";
import { readFile } from "./table.js";

const LATER_MS = 300;
const AT_ONCE = 1000; /* mended rows: so few are kept with each change */
const FORM = { reference: "", subject: "", legal_basis: "", letter: "", peer: "", urgent: false, fields: {} };

/** @type {{ value: any }} */
export const work = signal(undefined); /* undefined: not looked for yet; null: none */
/* state: "none", "sending", "checking", "done", "failed" */
/** @type {any} */
const NONE = { state: "none", done: 0, of: 0, result: null, list: null, problem: null };
/** @type {{ value: any }} */
export const checked = signal(NONE);
let whose = null;
let turn = 0;
let timer = 0;
const rows = new Map(); /* row → signal of its version: only what changed is drawn anew */

export function rowOf(i) {
	if (!rows.has(i)) rows.set(i, signal(0));
	return rows.get(i);
}

const touch = (i) => rows.has(i) && rows.get(i).value++;

function later() {
	clearTimeout(timer);
	const { table: _, ...rest } = work.value;
	if (Object.keys(rest.mends).length < AT_ONCE) keep("import.work", rest);
	else timer = setTimeout(() => keep("import.work", rest), LATER_MS);
}

export async function load() {
	if (whose === me.value.pseudonym && work.value !== undefined) return;
	whose = me.value.pseudonym;
	const table = await kept("import.table");
	const rest = await kept("import.work");
	checked.value = NONE;
	rows.clear();
	work.value = table ? { mapping: {}, mends: {}, fills: {}, skip: true, form: FORM, sent: [], ...rest, table } : null;
}

/* A file is chosen: nothing leaves this browser. */
export async function begin(file) {
	const table = await readFile(file);
	turn++;
	rows.clear();
	checked.value = NONE;
	const form = { ...FORM, ...(work.value?.form || {}) };
	work.value = { table, mapping: guess(table.headers), mends: {}, fills: {}, skip: true, form, sent: [] };
	await keep("import.table", table);
	later();
	const sent = await sentBefore(table.sha256);
	if (work.value?.table === table) change({ sent });
}

/* What is another list, or one for somebody else, has not been checked: nothing of it can be sent. */
export function change(patch) {
	const old = work.value;
	work.value = { ...old, ...patch };
	if (old.mapping !== work.value.mapping || old.form.peer !== work.value.form.peer) {
		turn++;
		checked.value = { ...NONE, list: checked.value.list };
	}
	later();
}

export function mend(i, name, value) {
	change({ mends: { ...work.value.mends, [i]: { ...work.value.mends[i], [mendedAs(work.value, name)]: value } } });
	touch(i);
}

export async function end() {
	turn++;
	clearTimeout(timer);
	checked.value = NONE;
	rows.clear();
	work.value = null;
	await forget("import.table");
	await forget("import.work");
}

function told(result) {
	const before = checked.value.result;
	const seen = new Set([...(before?.byRow.keys() || []), ...result.byRow.keys()]);
	return () => {
		for (const i of seen)
			if (JSON.stringify(before?.byRow.get(i)) !== JSON.stringify(result.byRow.get(i))) touch(i);
		for (const i of Object.keys(work.value.mends)) touch(Number(i));
	};
}

/* The list as it is now goes to the node and is looked at there.  What was begun and is no
 * longer the newest stops by itself. */
export async function run() {
	const mine = ++turn;
	const still = () => mine === turn;
	const w = work.value;
	const old = checked.value;
	const { text, rowAt } = listOf(w);
	checked.value = { ...old, state: "sending", done: 0, of: text.length, problem: null };
	try {
		const list = await bring(w.table.name, text, (done, of) => {
			if (still()) checked.value = { ...checked.value, done, of };
		}, still);
		if (!still()) return null;
		checked.value = { ...checked.value, state: "checking", list };
		const result = await check(list, rowAt, { peer: w.form.peer, skip: w.skip }, still);
		if (!still()) return null;
		const tell = told(result);
		checked.value = { ...checked.value, state: "done", result, at: Date.now() };
		tell();
		if (old.list && old.list !== list) await drop(old.list);
		return result;
	} catch (problem) {
		if (!(problem instanceof Problem)) throw problem;
		if (still()) checked.value = { ...checked.value, state: "failed", problem };
		return null;
	}
}
