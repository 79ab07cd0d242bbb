/* A file of rows, as people have them: CSV with commas, semicolons or tabs, or JSON.  It is
 * read here; what is wrong with a row the node says. */
import { t } from "./lang.js";

export const FILE_MAX = 64 << 20;

export class Unreadable extends Error {}

/* UTF-8, UTF-16 with its mark; else what old sheets write. */
function textOf(bytes) {
	if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
	if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return new TextDecoder("windows-1252").decode(bytes);
	}
}

/* What stands most often in the first line, outside quotes. */
function separatorOf(text) {
	const counts = { ",": 0, ";": 0, "\t": 0 };
	let quoted = false;
	for (const c of text.slice(0, 65536)) {
		if (c === '"') quoted = !quoted;
		else if (quoted) continue;
		else if (c === "\n") break;
		else if (c in counts) counts[c]++;
	}
	return Object.keys(counts).reduce((best, c) => (counts[c] > counts[best] ? c : best), ",");
}

/* RFC 4180 with any of the separators: [cells], each with the line that it begins in. */
function readCsv(text, separator) {
	const rows = [];
	const lines = [];
	let cells = [];
	let cell = "";
	let quoted = false;
	let from = 0;
	let line = 1;
	let begun = 1;
	const end = () => {
		cells.push(cell.endsWith("\r") ? cell.slice(0, -1) : cell);
		cell = "";
		if (cells.some((c) => c.trim())) {
			rows.push(cells);
			lines.push(begun);
		}
		cells = [];
		begun = line;
	};
	for (let i = 0; i <= text.length; i++) {
		const c = text[i];
		if (quoted) {
			if (c === undefined) throw new Unreadable(t("import_quote", begun));
			if (c === "\n") line++;
			if (c !== '"') continue;
			cell += text.slice(from, i);
			from = i + 1;
			if (text[i + 1] === '"') {
				cell += '"';
				from = ++i + 1;
			} else quoted = false;
			continue;
		}
		if (c === '"' && cell === "" && from === i) {
			quoted = true;
			from = i + 1;
		} else if (c === separator || c === "\n" || c === undefined) {
			cell += text.slice(from, i);
			from = i + 1;
			if (c === separator) {
				cells.push(cell);
				cell = "";
				continue;
			}
			if (c === "\n") line++;
			end();
		}
	}
	return { rows, lines };
}

const asText = (v) => (v === null || v === undefined ? "" : typeof v === "object" ? JSON.stringify(v) : String(v));

/* A list of objects, or an object in which there is one. */
function readJson(text) {
	/** @type {any} */
	let data = null;
	try {
		data = JSON.parse(text);
	} catch (e) {
		throw new Unreadable(t("import_json", e.message));
	}
	if (!Array.isArray(data)) data = Object.values(data ?? {}).find(Array.isArray);
	if (!data?.length) throw new Unreadable(t("import_no_rows"));
	const objects = data.map((v) => (v !== null && typeof v === "object" ? v : { target: v }));
	const headers = [...new Set(objects.flatMap(Object.keys))];
	return {
		headers,
		rows: objects.map((o) => headers.map((h) => asText(o[h]))),
		lines: objects.map((_, i) => i + 1),
	};
}

async function digest(bytes) {
	const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
	return [...sum].map((b) => b.toString(16).padStart(2, "0")).join("");
}

export const digestOfText = (text) => digest(new TextEncoder().encode(text));

/* {name, sha256, headers, rows, lines} */
export async function readFile(file) {
	if (file.size > FILE_MAX) throw new Unreadable(t("import_too_large", FILE_MAX >> 20));
	const bytes = new Uint8Array(await file.arrayBuffer());
	const text = textOf(bytes).replace(/^\ufeff/, "");
	const sha256 = await digest(bytes);
	if (/^\s*[[{]/.test(text)) return { name: file.name, sha256, ...readJson(text) };
	const { rows, lines } = readCsv(text, separatorOf(text));
	if (rows.length < 2) throw new Unreadable(t("import_no_rows"));
	const headers = rows.shift().map((h) => h.trim());
	lines.shift();
	return { name: file.name, sha256, headers, rows, lines };
}

/* A cell that no sheet takes for a formula; quoted where it must be. */
export function csvCell(value) {
	const text = String(value ?? "");
	const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/* A file made here is saved under this name. */
export function save(name, rows) {
	const text = rows.map((cells) => cells.map(csvCell).join(",")).join("\r\n");
	const url = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv" }));
	const a = document.createElement("a");
	a.href = url;
	a.download = name;
	a.click();
	setTimeout(() => URL.revokeObjectURL(url), 0);
}
