/* What several plays have people do. */
import { Failure, Person, STEP_MS, open, passed } from "./browser.mjs";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

export const stage = JSON.parse(readFileSync(process.argv[2], "utf8"));
export const browser = await open();
export const at = (side) => `https://127.0.0.1:${stage[side]}`;
export const stranger = (side, name, options) => new Person(browser, at(side), name, stage.password, options);
export const person = async (side, name, lang) => (await stranger(side, name).arrive(lang)).logIn();

/* Whoever started this script does something for it: "stop authority". */
const asked = [];
export function ask(what) {
	if (asked.length === 0) process.stdin.once("data", () => asked.shift()());
	return new Promise((done) => {
		asked.push(done);
		console.log(`!${what}`);
	});
}

/* RFC 6238, as the authenticator of a telephone. */
export function codeOf(secret) {
	const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
	const mac = createHmac("sha1", key).update(counter).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, "0");
}

/* A list is brought in and sent; the case's id.  looks: a name for each screen on the way,
 * which is looked at. */
export async function importList(who, file, { reference, subject, basis = "Invented example: Regulation 19/2014", urgent, looks }) {
	const look = async (name) => looks && who.check(name);
	await who.section("Import");
	await who.attach(who.page.locator("input[type=file]"), file);
	await who.page.waitForURL(/step=columns/);
	await look("import-columns");
	await who.press("Check ");
	await who.page.waitForSelector(".grid.check");
	await look("import-check");
	await who.press("Review ");
	await who.see("Nothing has been sent yet.");
	await who.write("Reference", reference);
	await who.write("Subject", subject);
	await who.write("Legal basis", basis);
	if (urgent) await who.tick("Urgent");
	await look("import-send");
	await who.press("Send ");
	await who.page.waitForURL(/\/case\//);
	await who.see(subject, "h1");
	return who.page.url().split("/").pop();
}

/* The node was away: of a page that is loaded anew no request from before is left. */
export async function back(...all) {
	for (const who of all) {
		await who.page.reload();
		await who.page.waitForSelector(".connection.live");
		who.offline = false;
	}
}

/* What comes while one looks is counted, and shown on demand. */
export async function openCase(who, subject) {
	await who.section("Cases");
	await who.see("Cases by deadline", "h1");
	const row = who.page.locator("a.title", { hasText: subject });
	const news = who.page.locator(".news button");
	const until = Date.now() + STEP_MS;
	while (!(await row.count())) {
		if (Date.now() > until) throw new Failure(`${subject} is not among the cases`);
		await row.or(news).first().waitFor();
		if (await row.count()) break;
		await Promise.all([who.page.waitForResponse((r) => r.url().includes("/v1/cases?")), who.press(news)]);
	}
	await who.press(row);
	await who.see(subject, "h1");
}

export async function openOrder(who, id) {
	await who.page.goto(`${who.base}/console/order/${id}`);
	await who.see("The text above has this hash");
}

/* A block is approved as it stands there. */
export async function sign(who, id, looks) {
	await openOrder(who, id);
	await who.press("Approve the block…");
	if (looks) await who.check(looks);
	await who.step("Approve the block");
	await who.stepped();
	await who.see("recorded #", ".said-last");
}

/* The entry has an address of its own: it is opened, and says what was said. */
export async function entry(who, said, screen) {
	await who.press(who.page.locator(".said-last a"));
	await who.see("recorded #", "h1");
	await who.see(said);
	if (screen) await who.check(screen);
}

/* The play, and a picture of where everybody is when it breaks. */
export async function play(main, name) {
	try {
		const more = await main();
		console.log(`${passed()} checks held${more || ""}`);
	} catch (e) {
		for (const context of browser.contexts())
			for (const [i, page] of context.pages().entries())
				if (process.env.SALURAN_SCREENS)
					await page.screenshot({ path: `${process.env.SALURAN_SCREENS}/${name}-failed-${i}-${Date.now() % 10000}.png`, fullPage: true }).catch(() => {});
		console.error(e instanceof Failure ? e.message : e.stack);
		process.exitCode = 1;
	} finally {
		await browser.close();
		process.stdin.destroy();
	}
}
