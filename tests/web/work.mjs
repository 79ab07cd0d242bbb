/* The daily work of officers and agents: a list with every kind of slip is brought in,
 * interrupted, mended and sent; ten thousand items are decided in one table; pictures are
 * given and seen, covered until somebody presses. */
import { readFileSync, writeFileSync } from "node:fs";
import { Failure, Person, must, open, passed } from "./browser.mjs";

const stage = JSON.parse(readFileSync(process.argv[2], "utf8"));
const browser = await open();
const person = (side, name) => new Person(browser, `https://127.0.0.1:${stage[side]}`, name, stage.password);
const MANY = 10000;

function written(name, text) {
	const path = `${process.argv[2]}.${name}`;
	writeFileSync(path, text);
	return path;
}

/* What the API says to this person. */
const ask = (who, path) => who.page.evaluate(async (p) => (await fetch(p)).json(), path);

async function choose(rina, path) {
	await rina.section("Import");
	await rina.page.setInputFiles("input[type=file]", path);
	await rina.page.waitForURL(/step=columns/);
}

async function about(rina, reference, subject) {
	await rina.press("Review ");
	await rina.write("Reference", reference);
	await rina.write("Subject", subject);
	await rina.write("Legal basis", "Invented example: Regulation 19/2014");
}

async function sent(rina, exactly) {
	await rina.page.getByRole("button", { name: exactly, exact: true }).click();
	await rina.page.waitForURL(/\/case\//);
	return rina.page.url().split("/").pop();
}

const SLIPS = [
	"Tautan;Kategori;Keterangan",
	"https://t.me/saluran1/1;perjudian;=SUM(A1)",
	"contoh.example/halaman;perjudian;two",
	"http//contoh.example/lagi;perjudian;three",
	"https://t.me/saluran2/1;;four",
	"https://t.me/saluran3/1;;five",
	"https://t.me/saluran4/1;perjudain;six",
	"https://t.me/saluran1/1;perjudian;again",
	"=HYPERLINK(1);perjudian;seven",
];

/* Every kind of slip, mended where it stands; what is sent is what the button says. */
async function slips(rina) {
	await choose(rina, written("slips.csv", SLIPS.join("\r\n")));
	must((await rina.page.locator("#map-target").inputValue()) === "0", "the columns are guessed from their names");
	must((await rina.page.locator("#map-description").inputValue()) === "2", "and so is the description");
	await rina.press("Check ");
	await rina.see("6 of 8 rows have problems");
	await rina.see("2 There is no category");
	await rina.check("import-slips");
	const [saved] = await Promise.all([rina.page.waitForEvent("download"), rina.press("Download a report")]);
	const report = readFileSync(await saved.path(), "utf8");
	must(report.includes(",'=HYPERLINK(1),") && !report.includes(",=HYPERLINK"), "no sheet runs what a report says");
	await rina.page.keyboard.press("Escape");
	await rina.page.keyboard.press("n");
	must(await rina.page.evaluate(() => Boolean(document.activeElement.closest("[data-problem]"))), "n leads to a problem");
	await rina.page.locator("#row-1").getByRole("button", { name: "Take" }).click();
	await rina.page.locator("#row-1", { hasText: "Mended, ready" }).waitFor();
	await rina.page.locator("#row-2").getByRole("button", { name: "Take" }).click();
	await rina.page.locator("#row-5").getByRole("button", { name: "Take" }).click();
	await rina.page.locator("#fill-category").selectOption("gambling");
	await rina.page.getByRole("button", { name: "Fill", exact: true }).click();
	await rina.see("1 of 8 rows have problems");
	/* Mended rows stay where they are, and outlive a reload. */
	await rina.shows(7, ".grid [data-row]", "no row moves by itself");
	await rina.page.reload();
	await rina.see("1 of 8 rows have problems");
	await rina.page.locator("#row-7").getByRole("button", { name: "Change" }).click();
	await rina.page.getByLabel("Link or other target of row 9").fill("https://t.me/saluran9/1");
	await rina.page.getByRole("button", { name: "Keep" }).click();
	await rina.see("7 rows are ready");
	await about(rina, "S-1", "Slips");
	await rina.check("import-review");
	const id = await sent(rina, "Send 7 items");
	await choose(rina, written("slips.csv", SLIPS.join("\r\n")));
	await rina.see("This very file was sent already");
	await rina.press("Check ");
	await rina.see("Sent before in another case");
	/* A row that was sent leads to its case. */
	await rina.page.locator(`.grid a[href$="${id}"]`).first().waitFor();
	await rina.check("import-again");
	return id;
}

/* What a web page asks for stands still until it is let go. */
async function holdBack(page, url) {
	let go;
	const gone = new Promise((done) => (go = done));
	await page.route(url, async (route) => {
		await gone;
		await route.continue();
	});
	return async () => {
		go();
		await page.unrouteAll({ behavior: "wait" });
	};
}

const CHANGED = [
	"Tautan;Cermin;Kategori",
	"https://t.me/kolom1/1;https://t.me/cermin1/1;perjudian",
	"http//contoh.example/kolom;https://t.me/cermin2/1;perjudian",
	"https://t.me/kolom3/1;https://t.me/cermin3/1;perjudain",
];

/* What is sent is what was checked: with other columns the list is checked anew, and what was
 * mended of a column stays with it. */
async function columns(rina) {
	const toSend = rina.page.locator('.steps a[href*="step=send"]');
	await choose(rina, written("changed.csv", CHANGED.join("\r\n")));
	await rina.press("Check ");
	await rina.see("2 of 3 rows have problems");
	await toSend.waitFor();
	const letGo = await holdBack(rina.page, "**/batches/check");
	await rina.page.locator("#row-1").getByRole("button", { name: "Take" }).click();
	await rina.shows(0, toSend, "what is not checked yet is not sent");
	await letGo();
	await rina.page.locator("#row-2").getByRole("button", { name: "Take" }).click();
	await rina.see("3 rows are ready");
	await toSend.waitFor();
	await rina.page.locator('.steps a[href*="step=columns"]').click();
	await rina.page.locator("#map-target").selectOption("1");
	await rina.shows(0, toSend, "a list with other columns is checked first");
	await rina.press("Check ");
	await rina.see("3 rows are ready");
	await about(rina, "C-1", "Other columns");
	const id = await sent(rina, "Send 3 items");
	const { items } = await ask(rina, `/v1/cases/${id}/items`);
	must(items.map((i) => i.given).join() === [1, 2, 3].map((n) => `https://t.me/cermin${n}/1`).join(), `the rows that were checked are sent: ${items.map((i) => i.given)}`);
	must(items.every((i) => i.category === "gambling"), "with what was mended of the other column");
}

/* Cut in the middle of its parts, it goes on where it was, after a reload. */
async function interrupted(rina) {
	const rows = Array.from({ length: MANY }, (_, i) => `https://t.me/banyak${i}/${i + 1},gambling,Invented row number ${i}`);
	await choose(rina, written("many.csv", ["target,category,description", ...rows].join("\n")));
	const offsets = [];
	let cut = true;
	await rina.page.route("**/parts", async (route) => {
		const { offset } = route.request().postDataJSON();
		if (offset > 0 && cut) {
			cut = false;
			await route.abort();
			return;
		}
		offsets.push(offset);
		await route.continue();
	});
	rina.offline = true;
	await rina.press("Check ");
	await rina.see("cannot be reached");
	await rina.page.reload();
	await rina.see("10,000 rows are ready");
	rina.offline = false;
	must(offsets.filter((o) => o === 0).length === 1 && offsets.length > 2, `no part goes twice: ${offsets}`);
	await rina.page.unroute("**/parts");
	await rina.shows(200, ".grid [data-row]", "a page has rows");
	await rina.press("Show all 10,000");
	await rina.page.waitForFunction(() => document.querySelectorAll(".grid [data-row]").length === 10000);
	await rina.press("Show in pages");
	await about(rina, "M-1", "Many");
	return sent(rina, "Send 10,000 items");
}

/* More of the items come once however often it is asked for, stay when something happens to the
 * case, and are those of the filter. */
async function pages(rina, id) {
	const items = "#items ~ table tbody tr";
	const more = rina.page.getByRole("button", { name: "Show more" });
	await rina.page.goto(`${rina.base}/console/case/${id}`);
	await rina.shows(200, items, "a page has rows");
	let letGo = await holdBack(rina.page, "**/v1/cases/*/items?*");
	await more.dblclick();
	await letGo();
	await rina.settled();
	await rina.shows(400, items, "pressed twice, the next page comes once");
	const numbers = await rina.page.locator(`${items} td:first-child`).allInnerTexts();
	must(new Set(numbers).size === 400, "each row is there once");
	const before = await rina.page.locator("#timeline ~ table tbody tr").count();
	await rina.write(rina.page.locator("#composer"), "Is it all there?");
	await rina.press(rina.page.locator(".composer").getByRole("button", { name: "Send", exact: true }));
	await rina.shows(before + 1, "#timeline ~ table tbody tr", "what was said is in the timeline");
	await rina.settled();
	await rina.shows(400, items, "what was shown stays");
	letGo = await holdBack(rina.page, "**/v1/cases/*/items?*");
	await more.click();
	await rina.page.getByLabel("Show", { exact: true }).selectOption("removed");
	await letGo();
	await rina.see("No item matches the filter");
	await rina.settled();
	await rina.shows(0, items, "what comes late of another filter is not shown");
}

/* What comes into a list that somebody reads is counted, until they ask for it. */
async function news(rina, dewi, id) {
	await dewi.section("Disputes");
	await dewi.see("There are no such disputes");
	await rina.page.goto(`${rina.base}/console/case/${id}`);
	await rina.act("Dispute", { "exact text": "It sells accounts.", Items: "1" });
	await dewi.see("1 update", ".news");
	await dewi.shows(0, ".matches li", "nothing comes in by itself");
	await dewi.check("news");
	await dewi.press(dewi.page.locator(".news").getByRole("button", { name: "Show" }));
	await dewi.shows(1, ".matches > li", "it comes when it is asked for");
	await dewi.act("Answer the dispute", { "exact text": "We look at it again." });
	await dewi.see("We look at it again.", ".matches");
	await dewi.shows(0, ".news button", "one's own act is no news");
}

/* A large notice is on its way for a while: until it is whole there is nothing to accept. */
async function here(dewi, id) {
	dewi.expected.add(404);
	for (;;) {
		await dewi.page.goto(`${dewi.base}/console/case/${id}`);
		const button = dewi.page.getByRole("button", { name: "Accept the notice" });
		if (await button.waitFor({ timeout: 15000 }).then(() => true, () => false)) break;
	}
	dewi.expected.delete(404);
}

/* One by one by keys, then all the rest at once, confirmed by typing, and taken back. */
async function decided(dewi, id) {
	await here(dewi, id);
	await dewi.act("Accept the notice");
	await dewi.page.click('text="Decide many in one table"');
	await dewi.see("10,000 of 10,000 items");
	await dewi.page.keyboard.press("j");
	await dewi.page.keyboard.press("3");
	await dewi.see("1 decision is chosen and not sent");
	await dewi.page.getByLabel("Reason for item 1", { exact: true }).fill("1 public tool");
	await dewi.page.keyboard.press("Escape");
	await dewi.page.keyboard.press("j");
	await dewi.page.keyboard.press("1");
	await dewi.see("2 decisions are chosen and not sent");
	await dewi.page.reload();
	await dewi.see("2 decisions are chosen and not sent");
	must((await dewi.page.getByLabel("Reason for item 1", { exact: true }).inputValue()) === "1 public tool", "the reason is kept");
	await dewi.page.getByLabel("Show", { exact: true }).selectOption("unchosen");
	await dewi.press("Select all 9,998 open items that match the filter");
	await dewi.page.locator(".bulk select").selectOption("removed");
	await dewi.press("Apply to 9,998 items");
	await dewi.see("10,000 decisions are chosen and not sent");
	await dewi.check("decide-grid");
	await dewi.press("Refused: kept: review 1");
	await dewi.step("Check before sending");
	await dewi.step("Send the decision on 1 item");
	await dewi.stepped();
	await dewi.see("9,999 decisions are chosen and not sent");
	await dewi.press("Removed: review 9,999");
	await dewi.step("Check before sending");
	const label = dewi.page.locator("dialog[open] label", { hasText: "need your confirmation" });
	await label.waitFor();
	const phrase = (await label.innerText()).split("type ")[1];
	must(await dewi.page.locator("dialog[open]").getByRole("button", { name: "Send the decision" }).isDisabled(), "many are typed first");
	await dewi.step("Send the decision on 9,999 items", { "need your confirmation": phrase });
	await dewi.stepped();
	await dewi.see("have no effect yet");
	await dewi.check("decide-held");
	await dewi.press("Undo");
	await dewi.page.locator("main", { hasText: "have no effect yet" }).waitFor({ state: "detached" });
}

/* One item, decided on the case's own screen. */
async function decideOne(who, n, outcome, reason) {
	await who.page.getByLabel(`Decision on item ${n}`, { exact: true }).selectOption(outcome);
	await who.page.getByRole("button", { name: ": review 1" }).click();
	const box = who.page.locator("dialog[open]");
	await box.locator("textarea").fill(reason);
	await who.step("Check before sending");
	await who.step("Send the decision on 1 item");
	await who.stepped();
}

/* Two decide at once: no row moves under the other, no word is lost, and what one has decided
 * holds up nothing of the other's. */
async function together(dewi, lia, id) {
	const told = (within) => dewi.see("1 item that you had chosen has been decided meanwhile", within);
	const row = (n) => dewi.page.locator(`.grid [data-row="${n - 1}"]`);
	await here(dewi, id);
	await dewi.act("Accept the notice");
	await dewi.page.click('text="Decide many in one table"');
	for (const n of [1, 2, 4, 5]) await dewi.page.getByLabel(`Decision on item ${n}`, { exact: true }).selectOption("removed");
	await dewi.see("4 decisions are chosen and not sent");
	await dewi.page.getByLabel("Reason for item 3", { exact: true }).focus();
	await dewi.page.keyboard.type("a half");
	await lia.page.goto(`${lia.base}/console/case/${id}`);
	await decideOne(lia, 1, "kept", "Of a colleague");
	await row(1).filter({ hasText: "Of a colleague" }).waitFor();
	await dewi.page.keyboard.type(" and a half");
	must((await dewi.page.getByLabel("Reason for item 3", { exact: true }).inputValue()) === "a half and a half", "whoever writes goes on writing");
	await dewi.shows(7, ".grid [data-row]", "no row moves by itself");
	await told("main");
	await dewi.see("You had chosen Removed");
	await dewi.see("3 decisions are chosen and not sent");
	await dewi.check("decide-meanwhile");
	await dewi.press(dewi.page.locator(".news").getByRole("button", { name: "Show" }));
	await dewi.shows(6, ".grid [data-row]", "until it is asked for");
	await dewi.press("Close");
	/* Another while they are reviewed. */
	await dewi.press("Removed: review 3");
	await decideOne(lia, 2, "restricted", "Of a colleague, too");
	await dewi.step("Check before sending");
	await told("dialog[open]");
	await dewi.see("2 open items would be decided", "dialog[open]");
	await dewi.check("decide-meanwhile-review");
	await dewi.step("Send the decision on 2 items");
	await dewi.stepped();
	const { items } = await ask(dewi, `/v1/cases/${id}/items`);
	must(items.map((i) => i.outcome).join() === "kept,restricted,,removed,removed,,", `the others are decided: ${items.map((i) => i.outcome)}`);
}

/* Nothing of a file is asked for before a press; grey, then clear; each on record. */
async function pictures(rina, dewi, id) {
	await rina.page.goto(`${rina.base}/console/case/${id}`);
	await rina.page.waitForSelector("#items");
	await rina.settled();
	await rina.page.getByLabel("Give a file").setInputFiles(stage.picture);
	await rina.write("What it shows", "An invented picture");
	await rina.press("Give it as evidence");
	await rina.page.locator(".file", { hasText: "Protected media" }).waitFor();
	const asked = [];
	dewi.page.on("request", (r) => r.url().includes("/v1/evidence/") && asked.push(`${r.method()} ${r.url().split("?")[0].split("/").pop()}`));
	await dewi.page.goto(`${dewi.base}/console/case/${id}`);
	await dewi.page.locator(".file", { hasText: "Protected media" }).waitFor();
	await dewi.page.locator(".file .cover").hover();
	await dewi.check("evidence-covered");
	must(asked.length === 0, `nothing is fetched before a press: ${asked}`);
	await dewi.press("Show blurred");
	await dewi.page.waitForFunction(() => document.querySelector(".frame img.grey")?.naturalWidth > 0);
	must((await dewi.page.locator(".frame img").evaluate((i) => getComputedStyle(i).filter)) !== "none", "the first is blurred");
	must(asked.join() === "POST reveal,GET picture", `one press, one picture: ${asked}`);
	await dewi.check("evidence-grey");
	await dewi.press("Show clear");
	await dewi.page.waitForFunction(() => document.querySelector(".frame img.clear")?.naturalWidth > 0);
	must((await dewi.page.locator(".frame img").evaluate((i) => getComputedStyle(i).filter)) === "none", "the second is clear");
	await dewi.check("evidence-clear");
	await dewi.press("Cover");
	await dewi.shows(0, ".frame img", "and it is covered again");
	/* Without the settings of the protection nothing can be pressed. */
	dewi.expected.add(503);
	await dewi.page.route("**/v1/me/shield", (r) => r.fulfill({ status: 503, contentType: "application/problem+json", body: '{"title":"unavailable","detail":"away"}' }));
	await dewi.page.reload();
	await dewi.see("could not be loaded: nothing is shown");
	await dewi.shows(0, dewi.page.getByRole("button", { name: "Show blurred" }), "it fails closed");
	await dewi.page.unroute("**/v1/me/shield");
	dewi.expected.delete(503);
}

/* An upload that is cut goes on after a reload, and one can be cancelled. */
async function uploads(rina, id) {
	await rina.page.goto(`${rina.base}/console/case/${id}`);
	const offsets = [];
	let cut = true;
	await rina.page.route("**/v1/uploads/*?offset=*", async (route) => {
		const offset = Number(new URL(route.request().url()).searchParams.get("offset"));
		if (offset > 0 && cut) {
			await route.abort();
			return;
		}
		offsets.push(offset);
		await route.continue();
	});
	rina.offline = true;
	await rina.page.getByLabel("Give a file").setInputFiles(written("large.bin", Buffer.alloc(3 << 20, "saluran ")));
	await rina.press("Give it as evidence");
	await rina.see("it goes on by itself");
	await rina.check("evidence-waits");
	cut = false;
	await rina.page.reload();
	await rina.page.locator(".file", { hasText: "large.bin" }).getByText("Here", { exact: true }).waitFor();
	rina.offline = false;
	must(offsets.filter((o) => o === 0).length === 1, `no piece goes twice: ${offsets}`);
	await rina.page.unroute("**/v1/uploads/*?offset=*");
	cut = true;
	await rina.page.route("**/v1/uploads/*?offset=*", (route) => route.abort());
	rina.offline = true;
	await rina.page.getByLabel("Give a file").setInputFiles(written("never.bin", Buffer.alloc(1000, "x")));
	await rina.press("Give it as evidence");
	await rina.press("Do not give it");
	await rina.page.locator(".file", { hasText: "never.bin" }).waitFor({ state: "detached" });
	await rina.page.unroute("**/v1/uploads/*?offset=*");
	rina.offline = false;
}

async function main() {
	const rina = await (await person("authority", "rina").arrive()).logIn();
	const dewi = await (await person("platform", "dewi").arrive()).logIn();
	const few = await slips(rina);
	await columns(rina);
	await pictures(rina, dewi, few);
	await uploads(rina, few);
	const lia = await (await person("platform", "lia").arrive()).logIn();
	await together(dewi, lia, few);
	await news(rina, dewi, few);
	const many = await interrupted(rina);
	await pages(rina, many);
	await decided(dewi, many);
	const wira = await (await person("platform", "wira").arrive()).logIn();
	await wira.section("Who saw what");
	await wira.see("Needed to decide");
	/* A grey press counts as having had the picture: both records have it (adr 0054). */
	await wira.see("grey and blurred", "section:has(#reveals)");
	const had = await wira.page.evaluate(async () => {
		const { access } = await (await fetch("/v1/access?person=dewi&limit=1000")).json();
		return access.filter((r) => r.route.endsWith("/picture") && r.outcome === "ok").length;
	});
	must(had === 2, `each picture that was sent is in the access record, the grey one too: ${had}`);
	await wira.check("reveals");
	for (const who of [rina, dewi, lia, wira]) who.clean("at the end");
	console.log(`${passed()} checks held`);
}

try {
	await main();
} catch (e) {
	for (const context of browser.contexts())
		for (const [i, page] of context.pages().entries())
			if (process.env.SALURAN_SCREENS) await page.screenshot({ path: `${process.env.SALURAN_SCREENS}/work-failed-${i}-${Date.now() % 10000}.png`, fullPage: true }).catch(() => {});
	console.error(e instanceof Failure ? e.message : e.stack);
	process.exitCode = 1;
} finally {
	await browser.close();
}
