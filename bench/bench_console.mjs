/* The browser's part of bench_console.py. */
import { readFileSync } from "node:fs";
import { Person, open } from "../tests/web/browser.mjs";

const SLOWER = 6; /* times */
const LAN = { offline: false, latency: 1, downloadThroughput: 12.5e6, uploadThroughput: 12.5e6 }; /* 100 Mbit/s */
const ROWS = 200;
const LIMITS = { interactive_ms: 700, script_gzip_kb: 30, rows_ms: 650 };

const stage = JSON.parse(readFileSync(process.argv[2], "utf8"));
const median = (of) => [...of].sort((a, b) => a - b)[of.length >> 1];

/* Runs in the page: when the first rows are there, drawn, and the browser has time for keys. */
function watch() {
	const rows = () => document.querySelectorAll("a.title").length;
	const idle = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	globalThis.drawn = async (there) => {
		while (!there()) await new Promise((done) => setTimeout(done, 1));
		await idle();
		return performance.now();
	};
	globalThis.interactive = globalThis.drawn(() => rows() > 0);
}

async function throttled(page) {
	const to = await page.context().newCDPSession(page);
	await to.send("Network.enable");
	await to.send("Network.emulateNetworkConditions", LAN);
	await to.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
	return to;
}

/* What was sent as script until then, in the page. */
const scriptsUntil = (ms) =>
	performance
		.getEntriesByType("resource")
		.filter((e) => e.name.endsWith(".js") && e.responseEnd <= ms)
		.reduce((sum, e) => sum + e.encodedBodySize, 0);

async function turn(who) {
	const page = await who.context.newPage();
	await page.addInitScript(watch);
	const to = await throttled(page);
	await to.send("Network.setCacheDisabled", { cacheDisabled: true });
	await page.goto(`${stage.base}/console/cases?limit=50&lang=en`);
	const interactive = await page.evaluate(() => globalThis.interactive);
	const kb = (await page.evaluate(scriptsUntil, interactive)) / 1024;
	await page.goto(`${stage.base}/console/cases?lang=en`);
	await page.waitForFunction((n) => document.querySelectorAll("a.title").length === n, ROWS);
	await page.waitForLoadState("networkidle");
	const rows = await page.evaluate(async (n) => {
		const first = document.querySelector("a.title").href;
		const began = performance.now();
		[...document.querySelectorAll(".pager a")].pop().click();
		const end = await globalThis.drawn(() => document.querySelectorAll("a.title").length === n && document.querySelector("a.title").href !== first);
		return end - began;
	}, ROWS);
	await page.close();
	return { interactive_ms: interactive, script_gzip_kb: kb, rows_ms: rows };
}

const browser = await open();
const who = await (await new Person(browser, stage.base, stage.name, stage.password).arrive()).logIn();
const turns = [];
for (let i = 0; i < stage.turns; i++) turns.push(await turn(who));
await browser.close();
const got = Object.fromEntries(Object.keys(LIMITS).map((k) => [k, median(turns.map((x) => x[k]))]));
const ratio = Math.min(...Object.entries(LIMITS).map(([k, limit]) => limit / got[k]));
console.log(`console interactive_ms=${got.interactive_ms.toFixed(0)} script_gzip_kb=${got.script_gzip_kb.toFixed(1)} rows_ms=${got.rows_ms.toFixed(0)} ratio=${ratio.toFixed(2)}`);
