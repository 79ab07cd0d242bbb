/* The browser's part of bench_console.py. */
import { readFileSync } from "node:fs";
import { Person, open } from "../tests/web/browser.mjs";

const SLOWER = 6; /* times */
const LAN = { offline: false, latency: 1, downloadThroughput: 12.5e6, uploadThroughput: 12.5e6 }; /* 100 Mbit/s */
const ROWS = 200;
const LIMITS = { interactive_ms: 700, script_gzip_kb: 30, rows_ms: 650 };

const stage = JSON.parse(readFileSync(process.argv[2], "utf8"));
const median = (of) => [...of].sort((a, b) => a - b)[of.length >> 1];

/* Runs in the page: when what is looked for is there, drawn, and the browser has time for keys. */
function watch({ selector, key }) {
	globalThis.drawn = async (there) => {
		await new Promise((done) => {
			const look = () => there() && done(eye.disconnect());
			const eye = new MutationObserver(look);
			eye.observe(document, { childList: true, subtree: true, attributeFilter: ["href"] });
			look();
		});
		await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
		return performance.now();
	};
	/* A key is taken when somebody has a use for it. */
	const takes = () => !document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
	globalThis.interactive = globalThis.drawn(() => document.querySelector(selector)).then(async (ms) => {
		if (!key || takes()) return ms;
		while (!takes()) await new Promise((done) => setTimeout(done));
		return performance.now();
	});
}

const SCREENS = {
	console: { path: "/console/cases?lang=en", selector: "a.title", key: "j" },
	/* The reference: a page of the same node under the same policy, without a script. */
	page: { path: "/lookup?lang=en", selector: "main h1" },
};

/* A new tab, in a process of its own, of a browser `slower` times slower than this machine. */
async function opened(who, { path, ...there }, slower, kept = false) {
	const page = await who.context.newPage();
	await page.addInitScript(watch, there);
	const to = await page.context().newCDPSession(page);
	await to.send("Network.enable");
	await to.send("Network.emulateNetworkConditions", LAN);
	await to.send("Network.setCacheDisabled", { cacheDisabled: !kept });
	await to.send("Emulation.setCPUThrottlingRate", { rate: slower });
	await to.send("Performance.enable", { timeDomain: "threadTicks" });
	const cpu = async () => (await to.send("Performance.getMetrics")).metrics.find((m) => m.name === "ThreadTime").value;
	const began = await cpu();
	await page.goto(`${stage.base}${path}`, { waitUntil: "commit" });
	const ms = await page.evaluate(() => globalThis.interactive);
	return { page, ms, cpu: 1000 * ((await cpu()) - began) };
}

async function seen(who, screen, slower, kept) {
	const { page, ...times } = await opened(who, screen, slower, kept);
	await page.close();
	return times;
}

/* What was sent as script until then, in the page. */
const scriptsUntil = (ms) =>
	performance
		.getEntriesByType("resource")
		.filter((e) => e.name.endsWith(".js") && e.responseEnd <= ms)
		.reduce((sum, e) => sum + e.encodedBodySize, 0);

/* In the page: from the press on "Next page" to other rows, drawn. */
async function nextPage(n) {
	const titles = () => document.querySelectorAll("a.title");
	const first = titles()[0].href;
	const began = performance.now();
	document.querySelector(`.pager a[href*="after="]`).click();
	return (await globalThis.drawn(() => titles().length === n && titles()[0].href !== first)) - began;
}

/* The reference: the same rows, made already, take the place of those that are there. */
async function swapRows() {
	const table = document.querySelector("table");
	const copy = table.cloneNode(true);
	const began = performance.now();
	table.replaceWith(copy);
	return (await globalThis.drawn(() => true)) - began;
}

async function turn(who) {
	const reference = await seen(who, SCREENS.page, SLOWER);
	const fast = { page: await seen(who, SCREENS.page, 1), console: await seen(who, SCREENS.console, 1) };
	await seen(who, SCREENS.console, 1, true);
	const warm = await seen(who, SCREENS.console, SLOWER, true);
	const { page, ms } = await opened(who, SCREENS.console, SLOWER);
	const kb = (await page.evaluate(scriptsUntil, ms)) / 1024;
	await page.waitForFunction((n) => document.querySelectorAll("a.title").length === n, ROWS);
	await page.waitForLoadState("networkidle");
	const rows = await page.evaluate(nextPage, ROWS);
	await page.waitForLoadState("networkidle");
	const swap = await page.evaluate(swapRows);
	await page.close();
	return {
		interactive_ms: ms, warm_ms: warm.ms, page_ms: reference.ms, script_gzip_kb: kb, rows_ms: rows, swap_ms: swap,
		cpu_ms: fast.console.cpu, page_cpu_ms: fast.page.cpu,
	};
}

const browser = await open();
const who = await (await new Person(browser, stage.base, stage.name, stage.password).arrive()).logIn();
const turns = [];
for (let i = 0; i < stage.turns; i++) turns.push(await turn(who));
await browser.close();
const got = Object.fromEntries(Object.keys(turns[0]).map((k) => [k, median(turns.map((x) => x[k]))]));
const ratio = Math.min(...Object.entries(LIMITS).map(([k, limit]) => limit / got[k]));
const shown = Object.entries(got).map(([k, v]) => `${k}=${v.toFixed(k === "script_gzip_kb" ? 1 : 0)}`);
console.log(`console ${shown.join(" ")} times_page=${(got.interactive_ms / got.page_ms).toFixed(2)} times_swap=${(got.rows_ms / got.swap_ms).toFixed(2)} ratio=${ratio.toFixed(2)}`);
