/* A person at a browser: Debian's Chromium, watched.  Whatever the console writes as an
 * error, whatever its security policy stops, whatever it asks of elsewhere, and whatever
 * axe-core finds on a screen is a failure. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { chromium } from "../../web/node_modules/playwright-core/index.mjs";

import { keys, mouse, takeMouse } from "./hands.mjs";

const AXE = readFileSync(new URL("../../web/node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const FLAGS = [
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
];
export const STEP_MS = Number(process.env.SALURAN_STEP_MS || 30000);
const PASSES = [];

/* The keyboard alone: every step of every person is taken with keys. */
export const keysAlone = process.env.SALURAN_KEYS === "alone";
const hands = keysAlone ? keys : mouse;

export class Failure extends Error {}

export async function open() {
	return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium-headless-shell", args: FLAGS });
}

export function must(truth, what) {
	if (!truth) throw new Failure(what);
	PASSES.push(what);
	if (process.env.SALURAN_STEPS) console.error(what);
}

/* Whole, or as much of it as SALURAN_SCREENS_HEIGHT says; under a dialog only the window is. */
async function picture(page, path) {
	if (await page.evaluate(() => document.querySelector("dialog[open]") !== null)) return page.screenshot({ path });
	const most = Number(process.env.SALURAN_SCREENS_HEIGHT || Infinity);
	const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }));
	await page.screenshot(height > most ? { path, fullPage: true, clip: { x: 0, y: 0, width, height: most } } : { path, fullPage: true });
}

export const passed = () => PASSES.length;

/* What axe-core finds on a page, and a picture of it when somebody wants one.  It is read once
 * by each page; no page of ours has another within it. */
export async function axeOn(page, screen) {
	if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
	const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"], iframes: false }));
	if (process.env.SALURAN_SCREENS) {
		mkdirSync(process.env.SALURAN_SCREENS, { recursive: true });
		await picture(page, `${process.env.SALURAN_SCREENS}/${screen}.png`);
	}
	return found.violations.map((v) => `axe on ${screen}: ${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`);
}

/* What a telephone reads in the QR code that is shown there. */
export async function scanned(locator) {
	const picture = await locator.first().screenshot();
	const done = spawnSync("zbarimg", ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-"], { input: picture, encoding: "utf8" });
	must(done.status === 0, `a QR code is read: ${done.error || done.stderr || "zbarimg finds none"}`);
	return done.stdout.trim();
}

export class Person {
	constructor(browser, base, name, password, options = {}) {
		Object.assign(this, { browser, base, name, password, options, faults: [], asked: new Set() });
		this.expected = new Set(); /* statuses that a step asks for */
		this.mayRefuse = new Map(); /* those of the step that asked last, by address */
	}

	async arrive(lang = "en", before = null) {
		this.context = await this.browser.newContext({
			ignoreHTTPSErrors: true,
			viewport: { width: this.options.width || 1280, height: 900 },
			colorScheme: this.options.scheme || "light",
		});
		this.page = await this.context.newPage();
		this.page.setDefaultTimeout(STEP_MS);
		this.page.on("pageerror", (e) => this.faults.push(`script: ${e.message}`));
		this.page.on("console", (m) => {
			if (this.offline && m.text().includes("net::ERR_")) return;
			/* The console may tell of a refusal when the step that asked for it is done. */
			const refused = [...this.expected, ...(this.mayRefuse.get(m.location().url) || [])].some((s) => m.text().includes(`status of ${s}`));
			if (["error", "warning"].includes(m.type()) && !refused) this.faults.push(`console: ${m.text()}`);
		});
		this.page.on("request", (r) => {
			const url = new URL(r.url());
			if (!url.pathname.endsWith("/stream")) this.asked.add(r);
			this.mayRefuse.set(r.url(), new Set(this.expected));
			if (url.origin !== this.base && !["data:", "blob:"].includes(url.protocol))
				this.faults.push(`asked elsewhere: ${r.url()}`);
		});
		for (const end of ["requestfinished", "requestfailed"]) this.page.on(end, (r) => this.asked.delete(r));
		await before?.(this.page);
		if (keysAlone) takeMouse(this.page);
		await this.page.goto(`${this.base}${this.options.path || "/console"}?lang=${lang}`);
		if (!this.options.path) await this.page.waitForSelector("input[name=name]");
		return this;
	}

	async logIn() {
		await this.write(this.page.locator("input[name=name]"), this.name);
		await this.write(this.page.locator("input[name=password]"), this.password);
		await this.page.keyboard.press("Enter");
		await this.page.waitForSelector("header nav.sections");
		await this.page.waitForSelector(".connection.live");
		return this;
	}

	/* All that the screen asks for has come, and is drawn; what is told as it happens never ends. */
	async settled() {
		const calm = () => !document.querySelector("main p.none[role=status]");
		do {
			await this.page.waitForFunction(calm);
			await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
		} while (this.asked.size > 0 || !(await this.page.evaluate(calm)));
	}

	async see(text, within = "main") {
		await this.page.locator(within, { hasText: text }).first().waitFor();
	}

	/* That exactly so many of these come to be there. */
	async shows(many, these, what) {
		const all = typeof these === "string" ? this.page.locator(these) : these;
		const last = many === 0 || all.nth(many - 1).waitFor({ state: "attached" });
		const came = await Promise.all([last, all.nth(many).waitFor({ state: "detached" })]).then(() => true, () => false);
		must(came, came ? what : `${what}: ${await all.count()} of ${many}`);
	}

	/* ---- what a hand does ---- */

	press = (to) => hands.press(typeof to === "string" ? this.button(to) : to);
	write = (to, text) => hands.write(typeof to === "string" ? this.field(to) : to, text);
	tick = (to) => hands.tick(typeof to === "string" ? this.field(to) : to);
	choose = (to, value) => hands.choose(typeof to === "string" ? this.field(to) : to, value);
	attach = (to, file) => hands.attach(to, file);
	key = (...names) => names.reduce((done, name) => done.then(() => this.page.keyboard.press(name)), Promise.resolve());

	button = (name) => this.page.getByRole("button", { name, exact: false }).first();
	link = (name) => this.page.getByRole("link", { name, exact: false }).first();
	field = (label) => this.page.getByLabel(label, { exact: false }).first();
	section = (title) => this.press(this.page.locator("nav.sections").getByRole("link", { name: title, exact: true }));

	/* In the open dialog: what is asked for is written, then read, then sent.  A field that is
	 * true is ticked. */
	async step(verb, fields = {}) {
		const box = this.page.locator("dialog[open]");
		await box.waitFor();
		for (const [label, said] of Object.entries(fields)) {
			const to = box.getByLabel(label, { exact: false }).first();
			await (said === true ? this.tick(to) : said.value ? this.choose(to, said.value) : this.write(to, said));
		}
		const review = box.getByRole("button", { name: "Review", exact: true });
		if (await review.count()) {
			await this.press(review);
			await this.see("these words will stand in the log", "dialog[open]");
		}
		await this.press(box.getByRole("button", { name: verb, exact: true }));
	}

	/* A button, its step, and the log's word for it. */
	async act(verb, fields = {}, done = true) {
		await this.press(this.button(`${verb}…`));
		await this.step(verb, fields);
		if (done) await this.stepped();
	}

	async stepped() {
		await this.page.locator("dialog[open]").waitFor({ state: "detached" });
	}

	async check(screen) {
		this.faults.push(...(await axeOn(this.page, screen)));
		this.clean(screen);
	}

	clean(when) {
		must(this.faults.length === 0, `${this.name}, ${when}: ${this.faults.join("; ") || "nothing is wrong"}`);
	}

	leave = () => this.context.close();
}
