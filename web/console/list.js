/* The list that the node gets: columns of a file under the names that it knows, with what a
 * person mended and filled in.  Sent in parts; what arrived stays, whatever happens to the
 * line, this page or the node. */
import { get, post, Problem } from "./api.js";
import { digestOfText } from "./table.js";

/* The node's columns, each with what people call it. */
export const FIELDS = {
	target: ["target", "sasaran", "tautan", "url", "link", "alamat", "uri", "konten", "content", "address"],
	category: ["category", "kategori", "jenis", "type"],
	legal_basis: ["legal_basis", "dasar_hukum", "dasar", "basis"],
	urgency: ["urgency", "urgensi", "kemendesakan"],
	description: ["description", "uraian", "keterangan", "deskripsi", "catatan", "notes", "note"],
	found_at: ["found_at", "ditemukan", "ditemukan_pada", "waktu_temuan", "tanggal", "date", "time"],
	evidence: ["evidence", "bukti"],
	reference: ["reference", "referensi", "rujukan", "nomor_referensi", "ref", "no", "id"],
};
export const NAMES = Object.keys(FIELDS);
export const NEEDED = ["target", "category"];

const KEPT = "saluran.columns";
const PART_CHARS = 256 << 10;

const folded = (header) => header.toLowerCase().replace(/[\s_-]+/g, "_");
const signature = (headers) => headers.map(folded).join("|");

/* Which column is which field: as last time for such a file, else by its name. */
export function guess(headers) {
	try {
		const known = JSON.parse(localStorage.getItem(KEPT) || "{}")[signature(headers)];
		if (known) return known;
	} catch {
		localStorage.removeItem(KEPT);
	}
	const taken = new Set();
	const mapping = {};
	for (const name of NAMES)
		for (const word of FIELDS[name]) {
			const at = headers.findIndex((h, i) => !taken.has(i) && folded(h) === word);
			if (at < 0 || mapping[name] !== undefined) continue;
			mapping[name] = at;
			taken.add(at);
		}
	return mapping;
}

export function remember(headers, mapping) {
	let known = {};
	try {
		known = JSON.parse(localStorage.getItem(KEPT) || "{}");
	} catch {
		known = {};
	}
	const newest = Object.entries({ ...known, [signature(headers)]: mapping }).slice(-20);
	localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(newest)));
}

/* A mend is of what the column says: with another column it waits until that one is back. */
export const mendedAs = (work, name) => `${name}:${work.mapping[name] ?? ""}`;

export const isMended = (work, i) => NAMES.some((n) => work.mends[i]?.[mendedAs(work, n)] !== undefined);

/* What row `i` has in a field: mended, else of the file, else what all are filled with. */
export function valueOf(work, i, name) {
	const mended = work.mends[i]?.[mendedAs(work, name)];
	if (mended !== undefined) return mended;
	const at = work.mapping[name];
	const given = at === undefined ? "" : (work.table.rows[i][at] ?? "");
	return given.trim() ? given : (work.fills[name] ?? "");
}

const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/* {text, rowAt: line → row}.  A row of the file is a record of the list. */
export function listOf(work) {
	const used = NAMES.filter(
		(n) => NEEDED.includes(n) || work.mapping[n] !== undefined || work.fills[n] || Object.values(work.mends).some((m) => mendedAs(work, n) in m),
	);
	const rowAt = new Map();
	const records = [used.join(",")];
	let line = 2;
	for (let i = 0; i < work.table.rows.length; i++) {
		const record = used.map((n) => cell(valueOf(work, i, n).trim())).join(",");
		/* A row without anything is a row that lacks its target. */
		records.push(/^,*$/.test(record) ? `""${record.slice(0)}` : record);
		rowAt.set(line, i);
		line += 1 + (record.match(/\n/g)?.length || 0);
	}
	return { text: records.join("\n") + "\n", rowAt };
}

/* Up to the end of a character, so that each part is text. */
function cut(text, from) {
	const to = Math.min(from + PART_CHARS, text.length);
	const half = to < text.length && /[\ud800-\udbff]/.test(text[to - 1]);
	return half ? to - 1 : to;
}

/* How many characters the first `bytes` bytes of the text are. */
function charsOf(text, bytes) {
	const encoder = new TextEncoder();
	let at = 0;
	let sum = 0;
	while (sum < bytes && at < text.length) {
		const to = cut(text, at);
		const more = encoder.encode(text.slice(at, to)).length;
		if (sum + more > bytes) break;
		sum += more;
		at = to;
	}
	return sum === bytes ? at : null;
}

/* The list's id once it is whole there.  Announced again, it goes on where it stopped. */
export async function bring(name, text, progress, still) {
	const bytes = new TextEncoder().encode(text).length;
	const announced = { name, bytes, sha256: await digestOfText(text) };
	let got = await post("/v1/lists", announced);
	let at = charsOf(text, got.offset);
	if (at === null) {
		await post(`/v1/lists/${got.list}/drop`);
		got = await post("/v1/lists", announced);
		at = 0;
	}
	while (got.offset < bytes) {
		if (!still()) return null;
		progress(got.offset, bytes);
		const to = cut(text, at);
		got = await post(`/v1/lists/${got.list}/parts`, { offset: got.offset, text: text.slice(at, to) });
		at = to;
	}
	progress(bytes, bytes);
	return got.list;
}

export async function drop(list) {
	try {
		await post(`/v1/lists/${list}/drop`);
	} catch (e) {
		/* It was sent, or has gone by itself. */
		if (!(e instanceof Problem)) throw e;
	}
}

const PAGE = 1000;
export const PROBLEMS_MAX = 20000; /* rows that are shown one by one */

/* The node's word on each row: {rows, ok, …, groups, byRow}. */
export async function check(list, rowAt, { peer, skip }, still) {
	const byRow = new Map();
	let answer;
	let after = 0;
	do {
		answer = await post("/v1/batches/check", {
			list,
			limit: PAGE,
			after,
			...(skip ? { skip_earlier: true } : {}),
			...(peer ? { peer } : {}),
		});
		for (const p of answer.problems) byRow.set(rowAt.get(p.line), { ...p, first: rowAt.get(p.duplicate_of) });
		after = answer.problems.at(-1)?.line;
	} while (answer.more_problems && byRow.size < PROBLEMS_MAX && still());
	for (const g of answer.groups) g.rows = g.lines.map((l) => rowAt.get(l));
	return { ...answer, problems: undefined, byRow };
}

export const sentBefore = async (sha256) => (await get("/v1/lists", { file: sha256 })).sent;
