/* The public pages and the letters, as anybody's browser shows them without a script: in
 * both languages and colour schemes, wide, at 200 % and at 320 px (in short: in one look,
 * wide and narrow).  axe-core finds nothing, html-validate finds nothing in what C wrote,
 * nothing is wider than the window and nothing is asked of elsewhere; a letter prints on A4
 * with its number and hash on each sheet. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { HtmlValidate } from "../../web/node_modules/html-validate/dist/es/index.js";
import { Failure, axeOn, must, open, passed, scanned } from "./browser.mjs";

const stage = JSON.parse(readFileSync(process.argv[2], "utf8"));
const full = process.env.SALURAN_WEB === "full";
/* SALURAN_MATRIX=once: as most people have it, for pictures. */
const once = process.env.SALURAN_MATRIX === "once";
const WIDTHS = once ? [1280] : full ? [1280, 640, 320] : [1280, 320];
const LOOKS = once ? [["id", "light"]] : full
	? ["id", "en"].flatMap((lang) => ["light", "dark"].map((scheme) => [lang, scheme]))
	: [["id", "dark"]];
const A4_POINTS = [594.96, 841.92];
const POINT_ROOM = 2;

/* html-validate's own idea of HTML, but for what is a matter of taste: roles that cards on
 * a narrow screen need, and entities, which C writes as numbers. */
const validator = new HtmlValidate({
	extends: ["html-validate:standard"],
	rules: {
		"no-redundant-role": "off",
		"prefer-native-element": "off",
		"long-title": "off",
		"no-inline-style": "error",
		"require-sri": "off",
		"doctype-style": "off",
		"attr-quotes": "error",
	},
});

async function validate(name, text) {
	const report = await validator.validateString(text, name);
	const faults = report.results.flatMap((r) => r.messages).map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
	must(faults.length === 0, `${name}: html-validate: ${faults.slice(0, 5).join("; ") || "nothing is wrong"}`);
}

/* The words of each sheet. */
function words(pdf) {
	const done = spawnSync("pdftotext", ["-layout", "-", "-"], { input: pdf, encoding: "utf8" });
	must(done.status === 0, `pdftotext: ${done.error || done.stderr}`);
	return done.stdout.split("\f").slice(0, -1);
}

/* Sheets and their size, of what Chromium makes. */
function sheets(pdf) {
	const text = pdf.toString("latin1");
	const boxes = [...text.matchAll(/\/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]/g)];
	return boxes.map((m) => [Number(m[1]), Number(m[2])]);
}

async function print(page, name) {
	const folder = process.env.SALURAN_SCREENS;
	if (folder) mkdirSync(folder, { recursive: true });
	const pdf = await page.pdf({ preferCSSPageSize: true, ...(folder ? { path: `${folder}/${name}.pdf` } : {}) });
	const found = sheets(pdf);
	must(found.length > 0, `${name} prints`);
	for (const size of found)
		must(size.every((v, i) => Math.abs(v - A4_POINTS[i]) < POINT_ROOM), `${name} is A4: ${size}`);
	const hash = await page.textContent("footer code");
	words(pdf).forEach((text, i, all) => {
		must(text.includes(hash), `sheet ${i + 1} of ${name} has the hash of the record`);
		must(new RegExp(`${i + 1}\\s*/\\s*${all.length}\\s*$`).test(text), `sheet ${i + 1} of ${name} has its number`);
	});
}

async function look(context, base, [name, path, status, letter], lang, scheme) {
	const page = await context.newPage();
	const faults = [];
	page.on("console", (m) => {
		const told = status >= 400 && m.text().includes(`status of ${status}`);
		if (["error", "warning"].includes(m.type()) && !told) faults.push(`console: ${m.text()}`);
	});
	page.on("request", (r) => {
		if (new URL(r.url()).origin !== base) faults.push(`asked elsewhere: ${r.url()}`);
	});
	const got = await page.goto(`${base}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
	must(got.status() === status, `${name}: ${got.status()} instead of ${status}`);
	await validate(name, await got.text());
	for (const width of WIDTHS) {
		await page.setViewportSize({ width, height: 900 });
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		must(wide <= 0, `${name} at ${width}: ${wide} px wider than the window`);
		const as = `public-${name}-${lang}-${scheme}-${width}`;
		faults.push(...(await axeOn(page, as)));
	}
	if (letter) {
		/* Its address, or the record's hash, as it is printed beside it. */
		const told = (await scanned(page.locator("svg.qr"))).split("\n").at(-1);
		must((await page.textContent("main")).includes(told), `${name}: its QR code says ${told}`);
	}
	if (letter && scheme === "light") await print(page, `letter-${name}-${lang}`);
	must(faults.length === 0, `${name} ${lang} ${scheme}: ${faults.join("; ") || "nothing is wrong"}`);
	await page.close();
}

const browser = await open();
try {
	for (const [lang, scheme] of LOOKS)
		for (const [base, cookie, pages] of stage.places) {
			const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: true, colorScheme: scheme });
			if (cookie) await context.addCookies([{ ...cookie, url: base }]);
			for (const one of pages) await look(context, base, one, lang, scheme);
			await context.close();
		}
	console.log(`${passed()} checks held`);
} catch (e) {
	console.error(e instanceof Failure ? e.message : e.stack);
	process.exitCode = 1;
} finally {
	await browser.close();
}
