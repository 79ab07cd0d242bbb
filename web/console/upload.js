/* A file on its way into a case: announced, then sent in pieces.  What arrived stays; a
 * reload, a lost line or a restarted node goes on from there. */
import { signal } from "./vendor.js";
import { get, me, post, Problem, putBytes } from "./api.js";
import { forget, keep, kept } from "./keep.js";

const PIECE = 1 << 20;
const AGAIN_MS = 1000;
const AGAIN_MAX_MS = 15000;

/* upload id → {case, name, bytes, done, state: "sending" | "waits" | "lost" | "failed", problem} */
export const uploads = signal({});
const files = new Map();
const stopped = new Set();

const place = (id) => `upload.${id}`;

function set(id, patch) {
	uploads.value = { ...uploads.value, [id]: { ...uploads.value[id], ...patch } };
}

const without = (id) => Object.fromEntries(Object.entries(uploads.value).filter(([k]) => k !== id));

function gone(id) {
	uploads.value = without(id);
	files.delete(id);
	return forget(place(id));
}

/* Where to go on: the node says so when a piece was lost or came twice. */
async function piece(id, file, offset) {
	try {
		return await putBytes(`/v1/uploads/${id}`, { offset }, file.slice(offset, offset + PIECE));
	} catch (e) {
		if (!(e instanceof Problem) || e.status !== 409 || e.shown.offset === undefined) throw e;
		return { state: "receiving", offset: e.shown.offset };
	}
}

async function send(id, offset, whole) {
	const file = files.get(id);
	let wait = AGAIN_MS;
	let at = offset;
	set(id, { state: "sending", done: at, problem: null });
	while (!stopped.has(id)) {
		try {
			const got = await piece(id, file, at);
			wait = AGAIN_MS;
			at = got.offset;
			set(id, { state: "sending", done: at, problem: null });
			if (got.state === "receiving") continue;
			await gone(id);
			await whole();
			return;
		} catch (problem) {
			if (!(problem instanceof Problem)) throw problem;
			/* The line or the node is away: it comes again.  Anything else is an answer. */
			if (problem.status !== 0 && problem.status < 500 && problem.status !== 429) {
				set(id, { state: "failed", problem });
				return;
			}
			set(id, { state: "waits", problem });
			await new Promise((done) => setTimeout(done, wait));
			wait = Math.min(2 * wait, AGAIN_MAX_MS);
		}
	}
}

export async function give(c, file, description, whole) {
	const got = await post(`/v1/cases/${c}/evidence`, {
		name: file.name,
		bytes: file.size,
		...(file.type ? { media_type: file.type } : {}),
		...(description ? { description } : {}),
	});
	files.set(got.upload, file);
	set(got.upload, { case: c, name: file.name, bytes: file.size, done: 0 });
	await keep(place(got.upload), file);
	await whole();
	return send(got.upload, 0, whole);
}

/* Of those that the node has begun of mine: go on with the file that this browser kept, or
 * that is chosen again. */
export async function goOn(row, whole, chosen) {
	if (uploads.value[row.upload] || row.author !== me.value.pseudonym) return;
	const file = chosen || (await kept(place(row.upload)));
	if (!file || file.size !== row.bytes) {
		set(row.upload, { case: row.case, name: row.name, bytes: row.bytes, done: 0, state: "lost" });
		return;
	}
	files.set(row.upload, file);
	set(row.upload, { case: row.case, name: row.name, bytes: row.bytes, done: 0 });
	const { offset } = await get(`/v1/uploads/${row.upload}`);
	await send(row.upload, offset, whole);
}

export async function chooseAgain(row, file, whole) {
	uploads.value = without(row.upload);
	await goOn(row, whole, file);
}

export async function cancel(id, whole) {
	stopped.add(id);
	await post(`/v1/uploads/${id}/drop`);
	await gone(id);
	await whole();
}
