/* A person at a browser: Debian's Chromium, watched.  Whatever the console writes as an
 * error, whatever its security policy stops, whatever it asks of elsewhere, and whatever
 * axe-core finds on a screen is a failure. */
import { mkdirSync } from "node:fs";
import { chromium } from "../../web/node_modules/playwright-core/index.mjs";
import axe from "../../web/node_modules/@axe-core/playwright/dist/index.mjs";

const AxeBuilder = axe.AxeBuilder || axe.default || axe;
const FLAGS = [
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
];
export const STEP_MS = 30000;
const PASSES = [];

export class Failure extends Error {}

export async function open() {
	return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
}

export function must(truth, what) {
	if (!truth) throw new Failure(what);
	PASSES.push(what);
}

export const passed = () => PASSES.length;

export class Person {
	constructor(browser, base, name, password, options = {}) {
		Object.assign(this, { browser, base, name, password, options, faults: [] });
		this.expected = new Set(); /* statuses that a step asks for */
	}

	async arrive(lang = "en") {
		this.context = await this.browser.newContext({
			ignoreHTTPSErrors: true,
			viewport: { width: this.options.width || 1280, height: 900 },
			colorScheme: this.options.scheme || "light",
		});
		this.page = await this.context.newPage();
		this.page.setDefaultTimeout(STEP_MS);
		this.page.on("pageerror", (e) => this.faults.push(`script: ${e.message}`));
		this.page.on("console", (m) => {
			const refused = [...this.expected].some((s) => m.text().includes(`status of ${s}`));
			if (["error", "warning"].includes(m.type()) && !refused) this.faults.push(`console: ${m.text()}`);
		});
		this.page.on("request", (r) => {
			const url = new URL(r.url());
			if (url.origin !== this.base && !["data:", "blob:"].includes(url.protocol))
				this.faults.push(`asked elsewhere: ${r.url()}`);
		});
		await this.page.goto(`${this.base}/console?lang=${lang}`);
		await this.page.waitForSelector("input[name=name]");
		return this;
	}

	async logIn() {
		await this.page.fill("input[name=name]", this.name);
		await this.page.fill("input[name=password]", this.password);
		await this.page.press("input[name=password]", "Enter");
		await this.page.waitForSelector("header nav.sections");
		await this.page.waitForSelector(".connection.live");
		return this;
	}

	section = (title) => this.page.click(`nav.sections >> text="${title}"`);

	async see(text, within = "main") {
		await this.page.locator(within, { hasText: text }).first().waitFor();
	}

	press = (name) => this.page.getByRole("button", { name, exact: false }).first().click();

	fill = (label, text) => this.page.getByLabel(label, { exact: false }).first().fill(text);

	/* In the open dialog. */
	async step(button, fields = {}) {
		const box = this.page.locator("dialog[open]");
		await box.waitFor();
		for (const [label, text] of Object.entries(fields)) await box.getByLabel(label, { exact: false }).fill(text);
		await box.getByRole("button", { name: button, exact: true }).click();
	}

	async stepped() {
		await this.page.locator("dialog[open]").waitFor({ state: "detached" });
	}

	async check(screen) {
		const found = await new AxeBuilder({ page: this.page }).analyze();
		for (const v of found.violations)
			this.faults.push(`axe on ${screen}: ${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`);
		if (process.env.SALURAN_SCREENS) {
			mkdirSync(process.env.SALURAN_SCREENS, { recursive: true });
			await this.page.screenshot({ path: `${process.env.SALURAN_SCREENS}/${screen}.png`, fullPage: true });
		}
		this.clean(screen);
	}

	clean(when) {
		must(this.faults.length === 0, `${this.name}, ${when}: ${this.faults.join("; ") || "nothing is wrong"}`);
	}

	leave = () => this.context.close();
}
