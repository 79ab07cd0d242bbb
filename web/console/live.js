/* What happens, as it happens.  One tab of a browser holds the stream of events and tells
 * the others (HTTP/1.1 stalls at the sixth connection); when it closes, the next one takes
 * over.  `id` of an event is its place in the feed, so nothing is missed in between. */
import { signal } from "./vendor.js";
import { get, nodeNow } from "./api.js";
import { newest } from "./early.js";

const LOCK = "saluran.stream";
const CHANNEL = "saluran.events";
const ASK_MS = 10000;
const SILENT_MS = 45000; /* the node says something every 15 seconds: a line that does not is dead */
/* state: "connecting", "live", "lost"; since: when it last was live */
/** @type {import("@preact/signals").Signal<{state: string, since: Date | null}>} */
export const live = signal({ state: "connecting", since: null });
const listeners = new Set();
let last = null;
let stop = null;

/* Called with each event; gives the function that ends it. */
export function onEvent(fn) {
	listeners.add(fn);
	return () => listeners.delete(fn);
}

function hear(event) {
	if (last !== null && event.id <= last) return;
	last = event.id;
	for (const fn of listeners) fn(event);
}

function be(state) {
	const now = new Date(nodeNow());
	if (live.value.state !== state)
		live.value = { state, since: state === "live" ? now : live.value.since };
	else if (state === "live") live.value.since = now;
}

/* The feed's events arrive under their own names, which EventSource wants to know ahead. */
async function* lines(url, abort) {
	const headers = { Accept: "text/event-stream" };
	if (last !== null) headers["Last-Event-ID"] = String(last);
	const line = new AbortController();
	const cut = () => line.abort();
	abort.addEventListener("abort", cut);
	let silence = setTimeout(cut, SILENT_MS);
	try {
		const answer = await fetch(url, { headers, signal: line.signal, cache: "no-store" });
		if (!answer.ok || !answer.body) throw new Error(`HTTP ${answer.status}`);
		const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
		let rest = "";
		for (;;) {
			const { value, done } = await reader.read();
			if (done) return;
			clearTimeout(silence);
			silence = setTimeout(cut, SILENT_MS);
			const parts = (rest + value).split("\n");
			rest = parts.pop() ?? "";
			yield* parts;
		}
	} finally {
		clearTimeout(silence);
		abort.removeEventListener("abort", cut);
		cut();
	}
}

async function hold(channel, abort) {
	const RETRY_MS = 1000, RETRY_MAX_MS = 15000;
	for (let wait = RETRY_MS; !abort.aborted; wait = Math.min(2 * wait, RETRY_MAX_MS)) {
		try {
			last ??= (await newest()) ?? (await get("/v1/events", { limit: 1 })).newest;
			for await (const line of lines("/v1/events/stream", abort)) {
				wait = RETRY_MS;
				be("live");
				channel.postMessage({ state: "live" });
				if (!line.startsWith("data: ")) continue;
				const event = JSON.parse(line.slice(6));
				channel.postMessage({ event });
				hear(event);
			}
		} catch {
			if (abort.aborted) return;
		}
		be("lost");
		channel.postMessage({ state: "lost" });
		await new Promise((done) => setTimeout(done, wait));
	}
}

/* Who is told nothing of cases has no stream: whether the node answers is asked. */
async function ask(abort) {
	while (!abort.aborted) {
		const late = new Promise((done) => setTimeout(() => done("lost"), SILENT_MS));
		const state = document.hidden ? null : await Promise.race([get("/v1/me").then(() => "live", () => "lost"), late]);
		if (state && !abort.aborted) be(state);
		await new Promise((done) => setTimeout(done, ASK_MS));
	}
}

/* hears: may this person read the feed? */
export function begin(hears) {
	if (stop) return;
	const ending = new AbortController();
	if (!hears) {
		ask(ending.signal);
		stop = () => ending.abort();
		return;
	}
	const channel = new BroadcastChannel(CHANNEL);
	let leader = false;
	/* What tabs tell each other: {event}, {state}, or {asks: true} of one that is new. */
	channel.addEventListener("message", ({ data }) => {
		if (data.event) hear(data.event);
		if (data.state) be(data.state);
		if (data.asks && leader) channel.postMessage({ state: live.value.state });
	});
	channel.postMessage({ asks: true });
	navigator.locks
		.request(LOCK, { signal: ending.signal }, () => {
			leader = true;
			return hold(channel, ending.signal);
		})
		.catch(() => {});
	stop = () => {
		ending.abort();
		channel.close();
	};
}

export function end() {
	stop?.();
	stop = null;
	last = null;
	live.value = { state: "connecting", since: null };
}
