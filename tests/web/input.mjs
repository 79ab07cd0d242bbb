/* What people type, press twice, lose and get wrong: it is stored and shown as it was typed, or
 * refused with it still there; nothing happens twice, and nothing is lost. */
import { readFileSync } from "node:fs";
import { Person, must } from "./browser.mjs";
import { ask, browser, importList, openCase, person, play, stage } from "./steps.mjs";

const CHUNK = 6000; /* characters of one message */
const TEXT_MAX = 20000;
const READ_MS = 1600; /* longer than it takes to be read */

const composer = (who) => who.page.locator("#composer");
const shown = (who) => who.page.locator(".messages .said").allTextContents();
const send = (who) => who.page.getByRole("button", { name: "Send", exact: true });
const keep = (who) => who.page.getByRole("button", { name: "Keep the note" });

async function write(who, text) {
	await composer(who).fill(text);
	return composer(who).inputValue();
}

/* Written, sent by `button`, and shown as it was written; or refused and still there. */
async function round(who, text, button, what) {
	const typed = await write(who, text);
	await button(who).click();
	await who.page.waitForFunction(() => !document.querySelector("#composer").value || document.querySelector(".composer .problem"));
	if (await who.page.locator(".composer .problem").count()) {
		must((await composer(who).inputValue()) === typed, `${what}: what was refused is still there`);
		return false;
	}
	await who.page.waitForFunction((t) => [...document.querySelectorAll(".messages .said")].some((x) => x.textContent === t), typed);
	return true;
}

function chunks(strings) {
	const out = [""];
	for (const s of strings) {
		if (out.at(-1).length + s.length > CHUNK) out.push("");
		out[out.length - 1] += `${s}\n`;
	}
	return out;
}

/* No characters (RFC 7493, 2.1): what has one is refused, and says so. */
const NONE = /[\ufdd0-\ufdef\ufffe\uffff]/;

async function naughty(rina, dewi) {
	const strings = JSON.parse(readFileSync(stage.blns, "utf8")).filter((s) => s.trim());
	const [odd, plain] = [strings.filter((s) => NONE.test(s)), strings.filter((s) => !NONE.test(s))];
	for (const [i, text] of chunks(plain).entries()) must(await round(rina, text, send, `naughty message ${i}`), `naughty strings ${i} are said`);
	for (const text of chunks(plain)) await dewi.page.waitForFunction((t) => [...document.querySelectorAll(".messages .said")].some((x) => x.textContent === t), text);
	rina.expected.add(400);
	for (const [i, text] of odd.entries()) {
		must(!(await round(rina, text, send, `no characters ${i}`)), `no characters ${i} are refused`);
		await write(rina, "");
	}
	rina.expected.delete(400);
	await rina.page.getByLabel("Internal note").check();
	const sharp = plain.filter((s) => /[<>"'`{}\\\u0590-\u06ff\u200b-\u206f\ufe00-\ufeff]/.test(s));
	for (const [i, text] of sharp.filter((_, k) => k % 12 === 0).entries()) must(await round(rina, text, keep, `note ${i}`), `note ${i} is kept as it was written`);
	/* A reason, read once more before it is sent. */
	const reason = sharp.slice(0, 20).join("\n");
	await rina.act("Place a legal hold", { Reason: reason });
	await rina.page.waitForFunction((t) => [...document.querySelectorAll("#erasures ~ * .said")].some((x) => x.textContent === t), reason);
	must(true, "a reason is shown as it was written");
	for (const who of [rina, dewi]) {
		const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		must(wide <= 0, `nothing is wider than the window: ${wide}`);
	}
	rina.clean("naughty strings");
	dewi.clean("naughty strings");
	await rina.page.getByLabel("To the other side").check();
}

async function limits(rina) {
	must(await send(rina).isDisabled(), "nothing is sent of nothing");
	await write(rina, " \n\t ");
	must(await send(rina).isDisabled(), "nothing is sent of spaces");
	rina.expected.add(400).add(413);
	must(!(await round(rina, "a".repeat(TEXT_MAX + 1), send, "a huge text")), "a text that is too long is refused");
	rina.expected.clear();
	await write(rina, "");
}

async function twice(rina) {
	const text = "Pressed twice.";
	await write(rina, text);
	await send(rina).dblclick();
	await rina.see(text, ".messages");
	await rina.page.waitForFunction(() => !document.querySelector("#composer").value);
	must((await shown(rina)).filter((s) => s === text).length === 1, "what is pressed twice is said once");
}

/* Of two messages that are taller than the window, the one whose end was on the screen. */
async function readWhenSeen(rina, dewi, subject) {
	await dewi.section("Cases");
	for (const n of [1, 2]) must(await round(rina, `Long ${n}\n`.repeat(60), send, `long ${n}`), `long ${n} is said`);
	await openCase(dewi, subject);
	const box = (n) => dewi.page.locator(".message", { hasText: `Long ${n}` });
	const isRead = async (n) => (await box(n).textContent()).includes("Read ");
	const toEnd = (n) => box(n).evaluate((b) => b.scrollIntoView({ block: "end", behavior: "instant" }));
	await box(2).waitFor();
	await dewi.page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
	await dewi.press(dewi.button("Refuse the notice…"));
	await dewi.page.locator("dialog[open]").waitFor();
	await toEnd(2);
	await dewi.page.waitForTimeout(READ_MS);
	must(!(await isRead(2)), "what a dialog lies over is not read");
	await dewi.key("Escape");
	await dewi.stepped();
	await toEnd(2);
	await dewi.page.locator(".message", { hasText: "Long 2" }).filter({ hasText: /Read \w/ }).waitFor();
	must(!(await isRead(1)), "what stands above the window is not read");
	await dewi.page.waitForTimeout(READ_MS);
	must(!(await isRead(1)), "nor is it later");
	await toEnd(1);
	await dewi.page.locator(".message", { hasText: "Long 1" }).filter({ hasText: /Read \w/ }).waitFor();
	await rina.page.locator(".message", { hasText: "Long 1" }).filter({ hasText: /Read \w/ }).waitFor();
}

async function backAndTabs(rina) {
	await write(rina, "Half a thought");
	await rina.page.goBack();
	await rina.page.waitForSelector("a.title");
	await rina.page.goForward();
	await composer(rina).waitFor();
	must((await composer(rina).inputValue()) === "Half a thought", "the draft outlives the back button");
	const tab = await rina.context.newPage();
	await tab.goto(rina.page.url());
	await tab.locator("#composer").fill("From the other tab");
	await tab.getByRole("button", { name: "Send", exact: true }).click();
	await rina.see("From the other tab", ".messages");
	must((await composer(rina).inputValue()) === "Half a thought", "another tab leaves alone what is typed here");
	await tab.close();
	await rina.page.reload();
	await composer(rina).waitFor();
	must((await composer(rina).inputValue()) === "Half a thought", "and what is typed here outlives a reload");
	/* Written on while it is sent. */
	let go = () => {};
	const held = new Promise((done) => (go = done));
	await rina.page.route("**/say", (route) => held.then(() => route.continue()));
	await write(rina, "First thought");
	await send(rina).click();
	await write(rina, "First thought, and more");
	go();
	await rina.page.waitForFunction(() => [...document.querySelectorAll(".messages .said")].some((x) => x.textContent === "First thought"));
	must((await composer(rina).inputValue()) === "First thought, and more", "what is written while it is sent stays");
	await rina.page.unroute("**/say");
	await write(rina, "");
}

/* Each tab shows what another has chosen, and puts back nothing that was taken back there. */
async function chosenInTabs(dewi) {
	const choice = (page) => page.getByLabel("Decision on item 1");
	const is = (page, outcome) => page.waitForFunction((o) => document.querySelector("[aria-label='Decision on item 1']")?.value === o, outcome);
	const kept = (page) => page.evaluate(() => Object.keys(localStorage).filter((k) => k.endsWith(".decisions")).length);
	await choice(dewi.page).selectOption("removed");
	const tab = await dewi.context.newPage();
	await tab.goto(dewi.page.url());
	await is(tab, "removed");
	await choice(dewi.page).selectOption("");
	await is(tab, "");
	must(true, "what is taken back in one tab is in another");
	await choice(dewi.page).selectOption("removed");
	await is(tab, "removed");
	await tab.evaluate(() => {
		for (const k of Object.keys(localStorage)) if (k.endsWith(".decisions")) localStorage.removeItem(k);
	});
	await tab.reload();
	must((await kept(tab)) === 0, "a tab that chose nothing keeps nothing when it goes");
	/* Removed at the end of the session: no other tab brings it back. */
	await choice(tab).selectOption("removed");
	await is(dewi.page, "removed");
	await dewi.page.goto(`${dewi.base}/console/settings`);
	await dewi.press("Log out");
	await dewi.press("Log out and remove them");
	for (const page of [dewi.page, tab]) await page.waitForSelector("input[name=name]");
	must((await kept(tab)) === 0, "drafts that are removed stay removed");
	await tab.close();
}

async function sessionEnded(rina) {
	await write(rina, "Half a sentence");
	rina.expected.add(401);
	await rina.context.clearCookies();
	/* Whatever is asked next, by the person or by the screen, says so. */
	await send(rina).dispatchEvent("click"); /* the screen may have asked first */
	const box = rina.page.locator("dialog[open]");
	await box.getByLabel("Password").fill(rina.password);
	await box.getByRole("button", { name: "Log in" }).click();
	await rina.stepped();
	must((await composer(rina).inputValue()) === "Half a sentence", "the draft outlives the session");
	must(await round(rina, "Half a sentence, ended", send, "after the session"), "after logging in it is sent");
	/* In the middle of a step the login lies over it, and what it asks for stays. */
	const reason = "Half a reason";
	await rina.press(rina.button("Move to another class…"));
	const step = rina.page.locator("dialog[open]", { hasText: "Class of deadlines" });
	await step.getByLabel("Reason").fill(reason);
	await rina.context.clearCookies();
	/* As the screen itself asks now and then. */
	await rina.page.evaluate(async () => {
		const { src } = document.querySelector("script[type=module]");
		const { api_get: get = (await import(src.replace(/[^/]+$/, "api.js"))).get } = await import(src);
		await get("/v1/me/shield").catch(() => {});
	});
	const login = rina.page.locator("dialog[open]", { has: rina.page.getByLabel("Password") });
	await login.getByLabel("Password").fill(rina.password);
	await login.getByRole("button", { name: "Log in" }).click();
	await login.waitFor({ state: "detached" });
	must((await step.getByLabel("Reason").inputValue()) === reason, "what a step asks for outlives the session");
	await step.getByLabel("Reason").fill("");
	await rina.key("Escape");
	await rina.stepped();
	rina.expected.delete(401);
}

async function restarted(rina) {
	await write(rina, "Said while the node was away");
	rina.offline = true;
	await ask("stop authority");
	await rina.page.waitForSelector(".connection.lost");
	await send(rina).click();
	await rina.see("cannot be reached", ".composer");
	must((await composer(rina).inputValue()) === "Said while the node was away", "nothing is lost when the node is away");
	await ask("start authority");
	await rina.page.waitForSelector(".connection.live");
	await rina.page.locator(".composer").getByRole("button", { name: "Try again" }).click();
	await rina.see("Said while the node was away", ".messages");
	rina.offline = false;
}

/* A browser that is days ahead: what is left is by the node's clock. */
async function wrongClock(rina) {
	const who = new Person(browser, rina.base, "rina", rina.password);
	await who.arrive("en", async (page) => page.clock.install({ time: Date.now() + 3 * 86400_000 }));
	await who.logIn();
	await who.page.goto(rina.page.url());
	await who.see("left");
	must(!(await who.page.locator("main .late").count()), "what is not late is not shown as late");
	await who.leave();
}

async function denied(rina) {
	const here = rina.page.url();
	rina.expected.add(403);
	await rina.page.goto(`${rina.base}/console/access`);
	await rina.see("could not be done by you");
	await rina.see("auditor");
	rina.clean("what the role does not allow");
	rina.expected.delete(403);
	await rina.page.goto(here);
	await composer(rina).waitFor();
}

/* While one writes, the other side has moved the case on: both are shown, then one goes on. */
async function overtaken(rina, dewi) {
	await rina.page.getByRole("button", { name: "Move to another class…" }).click();
	const box = rina.page.locator("dialog[open]");
	await box.getByLabel("Class of deadlines").selectOption("urgent");
	await box.getByLabel("Reason").fill("It cannot wait.");
	await dewi.act("Accept the notice");
	await rina.page.waitForFunction(() => document.querySelector(".chips").textContent.includes("In progress"));
	rina.expected.add(409);
	/* Ctrl+Enter leads to what is read once more, and sends nothing. */
	await box.getByLabel("Reason").press("Control+Enter");
	await rina.see("these words will stand in the log", "dialog[open]");
	await box.getByRole("button", { name: "Move to another class", exact: true }).click();
	await rina.see("Case accepted", ".clash");
	await rina.see("It cannot wait.", ".clash");
	await rina.check("clash");
	await box.getByRole("button", { name: "I have seen it" }).click();
	await box.getByRole("button", { name: "Move to another class", exact: true }).click();
	await rina.stepped();
	await rina.see("Moved to another class");
	rina.expected.delete(409);
}

/* What others do takes no step from whoever writes in it; it cannot be sent any more. */
async function tooLate(who, label, said, verb) {
	const box = who.page.locator("dialog[open]");
	await box.getByText("This cannot be done any more").waitFor();
	must((await box.getByLabel(label, { exact: false }).first().inputValue()) === said, "what is written stays, though it is too late");
	must(await box.getByRole("button", { name: "Review" }).isDisabled(), `too late to ${verb}`);
	await who.check(`too-late-${verb}`);
	await who.key("Escape");
	await who.stepped();
}

async function refuses(subject) {
	const lia = await person("platform", "lia");
	await openCase(lia, subject);
	await lia.press(lia.button("Refuse the notice…"));
	await lia.page.locator("dialog[open]").getByLabel("Reason").fill("It is not ours.");
	return lia;
}

/* Here the row stays until somebody asks for what is new: the node says that it is too late. */
async function ruledMeanwhile(rina, dewi) {
	const here = rina.page.url();
	await dewi.act("Dispute", { "The exact text": "It is satire." });
	const adi = await person("authority", "adi");
	for (const who of [rina, adi]) {
		await who.page.goto(`${who.base}/console/disputes?state=open`);
		await who.see("It is satire.");
	}
	await rina.press(rina.button("Answer the dispute…"));
	await rina.page.locator("dialog[open] textarea").fill("We have read it.");
	await adi.act("Rule on the dispute", { Rejected: true, Reason: "It is not." });
	await rina.see("1 update", ".news");
	rina.expected.add(409);
	const box = rina.page.locator("dialog[open]");
	await box.getByRole("button", { name: "Review" }).click();
	await box.getByRole("button", { name: "Answer the dispute", exact: true }).click();
	await box.locator("[role=alert]").first().waitFor();
	must((await box.innerText()).includes("We have read it."), "what is written stays, though it is too late");
	await rina.check("too-late-answer");
	await rina.key("Escape");
	await rina.stepped();
	rina.expected.delete(409);
	await adi.leave();
	await rina.page.goto(here);
	await composer(rina).waitFor();
}

async function main() {
	const rina = await person("authority", "rina");
	const subject = stage.subject;
	await importList(rina, stage.list, { reference: stage.reference, subject, basis: "‮Invented‬ \u{1F9FE} قانون" });
	await rina.see("xn--80ak6aa92e.com");
	const dewi = await person("platform", "dewi");
	for (const who of [rina, dewi]) {
		await openCase(who, subject);
		await composer(who).waitFor();
	}
	await naughty(rina, dewi);
	await limits(rina);
	await twice(rina);
	await readWhenSeen(rina, dewi, subject);
	await backAndTabs(rina);
	await sessionEnded(rina);
	await wrongClock(rina);
	const lia = await refuses(subject);
	await overtaken(rina, dewi);
	await lia.see("Case accepted", "dialog[open] .clash");
	await tooLate(lia, "Reason", "It is not ours.", "refuse");
	await lia.leave();
	await ruledMeanwhile(rina, dewi);
	await denied(rina);
	await restarted(rina);
	for (const who of [rina, dewi]) who.clean("at the end");
	await chosenInTabs(dewi);
}

play(main, "input");
