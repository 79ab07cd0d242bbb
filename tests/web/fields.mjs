/* The fields of every screen: what nobody means is stored and shown as it was written, or
 * refused and still there; what is far too long is refused and still there; of nothing, nothing
 * is sent. */
import { Person, must } from "./browser.mjs";
import { browser, codeOf, importList, openCase, person, play, stage, stranger } from "./steps.mjs";

/* From right to left and around, another script, what looks Latin, a drawing, HTML, a formula,
 * a template, SQL. */
const ODD = "=1+1 \u202elive\u202c \u05d0\u05d1 \u5217\u8868 \u0430\u0440\u0440le \u{1F9FE} <img src=x onerror=alert(1)> {{7*7}} '; DROP";
const HUGE = "x".repeat(70000);

const label = (who, name) => who.page.locator("main").getByLabel(name, { exact: true }).first();
const press = (who, name) => who.page.locator("main").getByRole("button", { name, exact: true });

/* Where the field is, what is written, and what is pressed then. */
async function go(who, { at, open }) {
	await who.page.goto(`${who.base}/console/${at}`);
	await who.page.waitForSelector("main h1");
	if (open) await who.page.locator("main summary", { hasText: open }).first().click();
}

async function write(who, row, what) {
	for (const [name, text] of Object.entries(row.beside || {})) await label(who, name).fill(text);
	if (row.file) await who.page.locator("main input[type=file]").first().setInputFiles(row.file);
	for (const name of row.fields) {
		/* What a browser would cut comes from somebody who has another one. */
		await label(who, name).evaluate((e) => e.removeAttribute("maxlength"));
		await label(who, name).fill(what);
	}
}

const kept = async (who, row, what) => {
	for (const name of row.fields) must((await label(who, name).inputValue()) === what, `${row.at}, ${name}: what was typed is still there`);
};

const whole = async (who, row) => {
	const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	must(wide <= 0, `${row.at}: nothing is wider than the window: ${wide}`);
	who.clean(`${row.at} ${row.fields.join()}`);
};

/* row.shown: where it stands as it was written, on the screen row.there; row.again: what opens
 * it again; without them it is refused. */
async function odd(who, row) {
	await go(who, row);
	await write(who, row, ODD);
	await press(who, row.press).first().click();
	if (row.there) {
		await who.page.locator(".said-last").waitFor();
		await go(who, { at: row.there });
	}
	if (row.shown) {
		await who.page.waitForFunction(
			([where, text]) => [...document.querySelectorAll(where)].some((e) => e.textContent.includes(text)),
			[row.shown, ODD],
		);
		must(true, `${row.at}, ${row.fields}: shown as it was written`);
	} else if (row.again) {
		await who.see("is kept", ".said-last");
		await go(who, row);
		await press(who, row.again).click();
		await kept(who, row, ODD);
	} else {
		await who.page.locator(row.filters ? "main .problem, main .empty, main .wrong" : "main .problem").first().waitFor();
		await kept(who, row, ODD);
	}
	await whole(who, row);
}

async function huge(who, row) {
	await go(who, row);
	await write(who, row, HUGE);
	await press(who, row.press).first().click();
	await who.page.locator("main .problem").first().waitFor();
	await kept(who, row, HUGE);
	await whole(who, row);
}

async function nothing(who, row) {
	await go(who, row);
	await write(who, row, " \t ");
	must(await press(who, row.press).first().isDisabled(), `${row.at}: of nothing, nothing is sent`);
}

const REFUSALS = [400, 404, 409, 413, 414, 422, 431];

async function all(who, rows) {
	for (const s of REFUSALS) who.expected.add(s);
	for (const row of rows) {
		if (!row.filters && !row.may) await nothing(who, row);
		if (!row.filters) await huge(who, row);
		await odd(who, row);
	}
	who.expected.clear();
}

/* A stranger's: no script, and no session. */
async function strangers() {
	const who = new Person(browser, stage.pages, "the public", "", { path: "/object" });
	await who.arrive("en");
	for (const s of REFUSALS) who.expected.add(s);
	const fields = { "Name that is blocked, or reference in the register": ODD, "What you object to, and why": ODD, "How to reach you, if you want that": ODD };
	for (const [field, text] of Object.entries(fields)) await who.page.getByLabel(field).fill(text);
	await who.press("Send the objection");
	await who.see("What you wrote is still here");
	for (const field of Object.keys(fields)) must((await who.page.getByLabel(field).inputValue()) === ODD, `${field}: still there`);
	await who.page.goto(`${who.base}/lookup?lang=en`);
	/* What turns the text around it is in no address of a page. */
	const asked = ODD.replace(/[\u202c\u202e]/g, "");
	await who.page.locator("main input").first().fill(asked);
	await who.key("Enter");
	await who.page.waitForSelector(".problem");
	const given = await who.page.locator("main input").first().inputValue();
	must(given === asked, `a name that is none is still there: ${given}`);
	who.clean("fields of the public");
	await who.leave();

	const stranger = await new Person(browser, `https://127.0.0.1:${stage.authority}`, ODD, HUGE.slice(0, 512)).arrive();
	stranger.expected.add(400).add(401).add(413);
	const name = stranger.page.locator("input[name=name]");
	await name.fill(ODD);
	const typed = await name.inputValue();
	await stranger.page.locator("input[name=password]").fill(HUGE);
	await stranger.key("Enter");
	await stranger.page.locator("main .problem").waitFor();
	must((await name.inputValue()) === typed && typed !== "", "who is nobody is still there");
	stranger.clean("login");
	await stranger.leave();
}

/* An admin, whose first act is a second factor. */
async function admin(name) {
	const who = await stranger("authority", name).arrive();
	await who.page.locator("input[name=name]").fill(name);
	await who.page.locator("input[name=password]").fill(stage.password);
	await who.key("Enter");
	await who.see("Your second factor", "h1");
	for (const s of REFUSALS) who.expected.add(s);
	await press(who, "Set up a second factor").click();
	const code = who.page.getByLabel("Code of your device").first();
	await code.evaluate((e) => e.removeAttribute("maxlength"));
	await code.fill(ODD);
	await press(who, "Confirm the code").click();
	await who.page.locator("main .problem").waitFor();
	must((await code.inputValue()) === ODD, "a code that is none is still there");
	await code.fill(codeOf(await who.page.locator(".meta code").textContent()));
	await press(who, "Confirm the code").click();
	await press(who, "I have kept the codes: go on").click();
	await who.page.waitForSelector("header nav.sections");
	who.expected.clear();
	return who;
}

const TEXTS = ["Reasons", "Legal basis", "Proportionality", "What else goes dark", "How, or why not", "Why it is an emergency", "Which contact was called", "What came of it"];

async function sendDraft(who) {
	await press(who, "Submit for approval…").click();
	await who.page.locator("dialog[open]").getByRole("button", { name: "Submit for approval", exact: true }).click();
}

/* The draft of an order: each text is kept while it is written, read once more as it is, and
 * shown so to who signs; a text that is far too long stays until it is shorter. */
async function drafted(who, adi) {
	await who.page.goto(`${who.base}/console/draft`);
	await label(who, "Names to block").fill("fields.example");
	await who.page.locator("main").getByLabel("It cannot wait for the ladder").check();
	for (const name of TEXTS) await label(who, name).fill(ODD);
	await label(who, "When").fill(new Date(Date.now() - 600000).toISOString().slice(0, 16));
	await who.page.reload();
	for (const name of TEXTS) must((await label(who, name).inputValue()) === ODD, `draft, ${name}: kept over a reload`);
	await press(who, "Compute the guards").click();
	await who.page.waitForSelector("#guards");
	for (const s of REFUSALS) who.expected.add(s);
	await label(who, "Reasons").evaluate((e) => e.removeAttribute("maxlength"));
	await label(who, "Reasons").fill(HUGE);
	await sendDraft(who);
	await who.page.locator("dialog[open] .problem").waitFor();
	await who.page.locator("dialog[open]").getByRole("button", { name: "Back, change it" }).click();
	must((await label(who, "Reasons").inputValue()) === HUGE, "draft: what is too long is still there");
	who.expected.clear();
	await label(who, "Reasons").fill(ODD);
	await sendDraft(who);
	await who.page.waitForURL(/\/order\/[0-9a-f]/);
	await adi.page.goto(who.page.url().replace(who.base, adi.base));
	for (const one of [who, adi]) {
		await one.page.waitForFunction((text) => [...document.querySelectorAll("main bdi")].filter((e) => e.textContent.includes(text)).length > 3, ODD);
		await whole(one, { at: "order", fields: TEXTS });
	}
}

/* A message that was brought in, and what is written to send it on. */
async function brought(who) {
	await who.page.goto(`${who.base}/console/mail`);
	await who.page.locator("main input[type=file]").setInputFiles(stage.mail);
	await who.page.waitForURL(/\/letter\//);
	await label(who, "Category").selectOption("other");
	await Promise.all([who.page.waitForResponse((r) => r.url().endsWith("/decide-proposals")), press(who, "Keep").click()]);
	await all(who, [
		{ at: who.page.url().split("/console/")[1], beside: { Reference: "fields-mail", "Legal basis": "Invented example" }, fields: ["Subject"], press: "Send as a notice", shown: "main h1 bdi" },
	]);
}

const OF_ADMINS = [
	{ at: "people", fields: ["Name"], press: "Add a person" },
	{ at: "setup?step=peer", fields: ["Their organisation's id"], press: "Make the file" },
	{ at: "setup?step=peer", file: stage.list, fields: ["The words that they read out"], press: "Add the other side" },
	{ at: "policies", open: "A policy of your own", fields: ["The policy's text (JSON)"], press: "Check the text" },
	{ at: "channel", open: "Add a webhook", fields: ["URL"], press: "Add a webhook" },
	{ at: "channel", open: "Add a webhook", beside: { URL: "https://hook.example/" }, fields: ["Types of events"], press: "Add a webhook", may: true },
	{ at: "operators", open: "Say a name", beside: { "Address or network": "198.51.100.7" }, fields: ["Name that is answered by it"], press: "Measure it by this name" },
	{ at: "operators", open: "Say a name", beside: { "Name that is answered by it": "shop.example" }, fields: ["Address or network"], press: "Measure it by this name" },
];

async function main() {
	const [rina, umi, oki] = [await person("authority", "rina"), await person("authority", "umi"), await person("authority", "oki")];
	const [dewi, lia] = [await person("platform", "dewi"), await person("platform", "lia")];
	const id = await importList(rina, stage.list, { reference: "fields", subject: `Fields ${ODD}` });
	const at = `case/${id}`;
	await openCase(dewi, "Fields");
	await all(rina, [
		{ at: "cases", open: "Filter", fields: ["Words of the subject or the legal basis"], press: "Show these", filters: true },
		{ at: "templates", beside: { Text: "An invented text." }, fields: ["Name"], press: "Keep as the next version" },
		{ at: "templates", beside: { Name: "fields" }, fields: ["Text"], press: "Keep as the next version", again: "fields" },
		{ at: "draft", fields: ["Names to block"], press: "Compute the guards" },
		{ at: "settings", open: "Make a token", fields: ["What it is for"], press: "Make the token", shown: "main strong bdi" },
		{ at, fields: ["What it shows"], file: stage.list, press: "Give it as evidence", may: true, shown: "section[aria-labelledby=evidence] bdi" },
		{ at: "verify", fields: ["Fingerprint of the authority", "Fingerprint of the platform"], file: stage.list, press: "Check", filters: true },
	]);
	await all(lia, [
		{ at: "channel", open: "Change our contacts", fields: ["Post or desk", "How it is reached"], press: `Publish to ${stage.org}`, shown: "main li bdi" },
	]);
	await all(umi, [
		{ at: "log", fields: ["Case"], press: "Show these", filters: true },
		{ at: "access", fields: ["Who", "Object"], press: "Show these", filters: true },
	]);
	await all(oki, [
		{ at: "dns", open: "Report a problem", fields: ["What stands in the way"], press: "Send the report", there: "operators", shown: "main li bdi" },
	]);
	const [wati, adi] = [await admin("wati"), await person("authority", "adi")];
	await all(wati, OF_ADMINS);
	await drafted(rina, adi);
	await brought(rina);
	await strangers();
	/* The other side has them as they were written. */
	for (const [who, where, what] of [[rina, "channel", ODD], [dewi, at, ODD]]) {
		await who.page.goto(`${who.base}/console/${where}`);
		await who.page.waitForFunction((text) => [...document.querySelectorAll("main bdi")].some((e) => e.textContent === text), what);
		must(true, `${where}: shown there as it was written here`);
	}
	for (const who of [rina, umi, oki, dewi, lia, wati, adi]) who.clean("at the end");
}

play(main, "fields");
