/* Acts that the story has no place for: a notice is refused, another withdrawn; many
 * decisions are stopped before they take effect; what cannot wait is ordered, lifted in
 * stages, and an operator who does not follow is waited for no more; the last gate holds an
 * order until a person decides; texts are erased on both sides; an auditor sees who did it
 * all; an admin sees to zones that are not what orders say; and what is not known is not said. */
import { readFileSync } from "node:fs";
import { must } from "./browser.mjs";
import * as known from "./known.mjs";
import { ask, back, entry, importList, openCase, openOrder, person, play, sign, stage, stranger } from "./steps.mjs";

const STAGE_AFTER_MS = 8000;

const send = (rina, n, subject) => importList(rina, stage.lists[n - 1], { reference: `ACTS-${n}`, subject });

/* The whole notice, with a reason that both sides read. */
async function refused(rina, dewi, subject) {
	await openCase(dewi, subject);
	await dewi.act("Refuse the notice", { Reason: "We are not the service that is meant." });
	await entry(dewi, "We are not the service that is meant.", "refused-recorded");
	await openCase(rina, subject);
	await rina.see("Refused", ".heading");
	await rina.see("We are not the service that is meant.");
	await rina.check("refused");
	must((await rina.page.getByRole("button", { name: "Withdraw the notice" }).count()) === 0, "what is refused is not withdrawn");
}

async function withdrawn(rina, dewi, subject) {
	await send(rina, 2, subject);
	await openCase(dewi, subject);
	/* Its receipt may come in between: nobody is asked about that. */
	rina.expected.add(409);
	await rina.act("Withdraw the notice", { Reason: "It was sent by mistake." });
	rina.expected.delete(409);
	await rina.see("recorded #", ".said-last");
	await dewi.see("Closed", ".heading");
	await dewi.see("It was sent by mistake.");
	await dewi.check("withdrawn");
	must((await dewi.page.getByRole("button", { name: "Accept the notice" }).count()) === 0, "what is withdrawn is not accepted");
}

/* More than the policy lets pass at once: it waits, and a colleague stops it. */
async function stopped(rina, dewi, lia, subject) {
	const id = await send(rina, 3, subject);
	await openCase(dewi, subject);
	await dewi.act("Accept the notice");
	for (const i of [1, 2, 3]) await dewi.choose(`Decision on item ${i}`, "removed");
	await dewi.press("Removed: review 3");
	await dewi.step("Check before sending");
	const label = dewi.page.locator("dialog[open] label", { hasText: "need your confirmation" });
	await label.waitFor();
	await dewi.step("Send the decision on 3 items", { "need your confirmation": (await label.innerText()).split("type ")[1] });
	await dewi.stepped();
	await dewi.see("have no effect yet");
	await lia.section("Waiting decisions");
	await lia.see("3 items, decided by dewi");
	await lia.check("held");
	await lia.act("Stop this decision", { Reason: "Item 2 needs a second look." });
	await lia.see("No decision waits");
	await dewi.page.locator("main", { hasText: "have no effect yet" }).waitFor({ state: "detached" });
	await dewi.see("decided 0 + open 3");
	return id;
}

/* What cannot wait for the ladder, with who was called. */
async function emergency(rina, names) {
	await rina.section("Orders");
	await rina.press(rina.link("Draft an order"));
	await rina.see("Draft an order", "h1");
	await rina.write("Names to block", names.join("\n"));
	for (const field of ["Reasons", "Legal basis", "Proportionality", "What else goes dark"]) await rina.write(field, `${field}: an invented text.`);
	await rina.tick("Yes");
	await rina.write("How, or why not", "Wrote to the registrant (invented example).");
	await rina.tick("It cannot wait for the ladder");
	await rina.write("Why it is an emergency", "Lives are at risk (invented example).");
	await rina.write("Which contact was called", "Duty desk of the platform");
	await rina.write("When", new Date(Date.now() - 600000).toISOString().slice(0, 16));
	await rina.write("What came of it", "Nobody answered.");
	await rina.press("Compute the guards");
	await rina.page.waitForSelector("#guards");
	return rina;
}

async function submit(rina) {
	await rina.press("Submit for approval");
	await rina.step("Submit for approval");
	await rina.page.waitForURL(/\/order\/[0-9a-f]/);
	await rina.see("recorded #", ".said-last");
	await rina.see("The text above has this hash");
	return rina.page.url().split("/").pop();
}

async function ordered(rina, adi, budi) {
	await emergency(rina, ["darurat.example", "lain.example"]);
	await rina.check("emergency-draft");
	const id = await submit(rina);
	await rina.see("Emergency", ".heading");
	for (const who of [adi, budi]) await sign(who, id);
	await budi.see("In force", ".heading");
	await rina.see("In force", ".heading");
	await rina.see("Lives are at risk");
	await rina.check("emergency");
	return id;
}

/* The other side's node is away: the case says since when and why; nothing is lost. */
async function away(rina, others, subject) {
	for (const who of others) who.offline = true;
	await ask("stop platform");
	await openCase(rina, subject);
	await rina.write(rina.page.locator("#composer"), "Are you there?");
	await rina.press(rina.page.locator(".composer").getByRole("button", { name: "Send" }));
	await rina.see("Nothing reaches vidgo.example since");
	await rina.check("undelivered");
	await ask("start platform");
	await rina.press("Try now");
	await rina.page.locator("main", { hasText: "Nothing reaches" }).waitFor({ state: "detached" });
	await back(...others);
}

async function told(rina) {
	await rina.act("Record that the owner was told", { Yes: true, "By which way": { value: "letter" }, How: "Registered letter of today." });
	await entry(rina, "Registered letter of today.", "owner-recorded");
	await rina.page.goBack();
	await rina.see("Registered letter of today.", "section:has(#hands)");
}

/* One name at its time, by itself; the other stays. */
async function inStages(rina, id) {
	const soon = new Date(Date.now() + STAGE_AFTER_MS);
	const local = new Date(soon - soon.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
	await rina.press("Plan a lift in stages…");
	await rina.write(rina.page.locator("dialog[open]").getByLabel("Stage 1"), local);
	await rina.check("plan");
	await rina.step("Plan a lift in stages", { Reason: "The first name answers again.", "darurat.example": true });
	await rina.stepped();
	await rina.see("recorded #", ".said-last");
	await rina.see("darurat.example Lifted");
	await rina.see("In force", ".heading");
	await rina.shows(1, "section:has(#names) .chip", "one of the two names is lifted");
	await rina.check("staged");
	return id;
}

/* After the end everybody is waited for; with a reason, one of them no more. */
async function waived(rina, adi, id) {
	await openOrder(adi, id);
	await adi.act("Lift the block", { Reason: "It is over." });
	await entry(adi, "It is over.");
	await openOrder(rina, id);
	const row = rina.page.locator("section:has(#matrix) tr", { hasText: stage.operator });
	await row.getByRole("button").waitFor();
	await rina.see("1 operator", "section:has(#matrix)");
	await rina.press(row.getByRole("button"));
	await rina.step("Wait for it no more", { Reason: "The provider has closed down." });
	await rina.stepped();
	await rina.see("recorded #", ".said-last");
	await rina.see("not waited for", "section:has(#matrix)");
	await rina.see("Normalised", "section:has(#matrix)");
	await rina.check("waived");
}

/* Lists change between the draft and the last signature: then a person decides. */
async function gate(rina, adi, budi, siti) {
	const out = [];
	for (const name of ["besar.example", "raya.example"]) {
		await emergency(rina, [name]);
		out.push(await submit(rina));
	}
	const all = [rina, adi, budi, siti];
	for (const who of all) who.offline = true;
	await ask("lists authority");
	for (const who of all) {
		await who.page.waitForSelector(".connection.live");
		who.offline = false;
	}
	for (const id of out) for (const who of [adi, budi]) await sign(who, id);
	const [lets, ends] = out;
	/* Not by somebody who has signed it. */
	await openOrder(adi, lets);
	await adi.see("Held by the last gate");
	adi.expected.add(409);
	await adi.act("Let it out", { Reason: "I have signed it." }, false);
	await adi.see("has a hand", "dialog[open]");
	await adi.key("Escape");
	await adi.stepped();
	adi.expected.delete(409);
	await openOrder(siti, lets);
	await siti.see("Held by the last gate");
	await siti.check("gate");
	await siti.act("Let it out", { Reason: "The whole service is meant." });
	await siti.page.locator("#gate").waitFor({ state: "detached" });
	await entry(siti, "The whole service is meant.", "gate-recorded");
	await openOrder(rina, ends);
	await rina.see("Held by the last gate");
	await rina.act("End the order", { Reason: "Too much goes dark." });
	await rina.see("Lifted", ".heading");
	return lets;
}

/* Here with a reason, there because it was asked for; that it happened stays. */
async function erased(adi, lia, subject) {
	await openCase(adi, subject);
	await adi.see("We are not the service that is meant.");
	await adi.act("Erase texts or files", { Texts: true, Reason: "The time for keeping it is over." });
	await adi.see("recorded #", ".said-last");
	await adi.see("Erased", "section:has(#erasures)");
	await adi.page.locator("main", { hasText: "We are not the service that is meant." }).waitFor({ state: "detached" });
	await adi.check("erased");
	await lia.page.goto(adi.page.url().replace(adi.base, lia.base));
	await lia.see("The time for keeping it is over.");
	await lia.see("We are not the service that is meant.");
	await lia.act("Erase it here, too");
	await lia.page.locator("main", { hasText: "We are not the service that is meant." }).waitFor({ state: "detached" });
	await lia.check("erased-platform");
}

/* Who saw and did what is there for an auditor, refusals too. */
async function looked(umi) {
	await umi.section("Who saw what");
	await umi.press("Check that the record is whole");
	await umi.see("Whole:");
	const row = (did, what) => umi.page.locator("tr", { hasText: did }).filter({ hasText: what }).first();
	await umi.tick("Only acts");
	await umi.press("Show these");
	await umi.page.waitForURL(/acts=yes/);
	await row("/v1/zone/accept", "siti").waitFor();
	await row("/v1/zone/accept", "conflict").waitFor();
	await umi.shows(0, umi.page.locator("tr", { hasText: "GET /v1/" }), "only acts are shown");
	await umi.write(umi.page.getByLabel("Who", { exact: true }), "adi");
	await umi.press("Show these");
	await row("/v1/cases/{case}/erase", "adi").waitFor();
	await umi.shows(0, umi.page.locator("tr", { hasText: "siti" }), "of one person");
	await umi.check("access-acts");
	const [saved] = await Promise.all([umi.page.waitForEvent("download"), umi.page.locator("nav.pager").last().getByRole("button", { name: "CSV" }).click()]);
	const csv = readFileSync(await saved.path(), "utf8");
	must(csv.includes("/v1/cases/{case}/erase") && !csv.includes("GET /v1/"), "and saved so");
	await umi.section("Audit log");
	await umi.choose(umi.page.getByLabel("About", { exact: true }), "dns");
	await umi.press("Show these");
	await umi.see("Operator waited for no more");
	await umi.shows(0, umi.page.locator("tbody tr", { hasText: "Notice sent" }), "the log of one kind");
	await umi.check("log-filtered");
}

/* An address is measured by a name that somebody knows; a slip is said where it was made. */
async function witnesses(rina) {
	await rina.section("Operators");
	await rina.press(rina.page.locator("summary", { hasText: "Say a name" }));
	await rina.write("Address or network", "198.51.100.0/99");
	await rina.write("Name that is answered by it", "shop.example");
	rina.expected.add(400);
	await rina.press("Measure it by this name");
	await rina.see("198.51.100.0/99", "[role=alert]");
	rina.expected.delete(400);
	await rina.check("witness-wrong");
	await rina.write("Address or network", "198.51.100.0/28");
	await rina.press("Measure it by this name");
	await rina.see("198.51.100.0/28 is measured by shop.example", ".said-last");
	await rina.check("witness");
	await rina.press("Measure 198.51.100.0/28 by the serial alone");
	await rina.see("No address has such a name.");
	must((await rina.page.getByRole("button", { name: "Give each zone anew…" }).count()) === 0, "an officer does not give zones anew");
}

/* Of many cases: all that match, whatever the page; handed over, saved, filtered, kept. */
async function queue(rina, subject) {
	const { page } = rina;
	await rina.section("Cases");
	await page.waitForSelector("a.title");
	await page.route("**/v1/cases?*", (route) => route.continue({ url: route.request().url().replace("limit=200", "limit=1").replace("limit=1000", "limit=2") }));
	await rina.section("Operators");
	await rina.section("Cases");
	await page.waitForSelector("a.title");
	await rina.shows(1, "tbody tr", "a page is shorter than the list");
	await rina.tick(page.locator("tbody input[type=checkbox]").first());
	await rina.see("1 selected");
	await rina.press("Select all that match the filter");
	await rina.see("3 selected");
	await rina.check("queue-bulk");
	const [saved] = await Promise.all([page.waitForEvent("download"), page.locator(".bulk").getByRole("button", { name: "CSV" }).click()]);
	must(readFileSync(await saved.path(), "utf8").trim().split("\r\n").length === 4, "all that were selected are saved");
	await page.unroute("**/v1/cases?*");
	await rina.act("Assign", { Colleague: { value: "adi" } });
	await rina.see("with adi now", ".said-last");
	await page.locator("td", { hasText: "adi" }).first().waitFor();
	await rina.press(page.locator("summary", { hasText: "Filter" }));
	await rina.write("Words of the subject", subject.split(" ").pop());
	await rina.choose(page.getByLabel("Status", { exact: true }), "closed");
	await rina.press("Show these");
	await rina.see("No case matches the filter");
	await rina.choose(page.getByLabel("Status", { exact: true }), "");
	await rina.press("Show these");
	await page.waitForSelector("a.title");
	await rina.write("Keep it as", "Lists <b>");
	await rina.press("Keep this filter");
	await rina.check("queue-filter");
	await page.goto(`${rina.base}/console/cases?queue=overdue`);
	await rina.see("All of these are handled");
	await rina.see("The next deadline:");
	await rina.check("queue-handled");
	await rina.press(rina.link("Lists <b>"));
	await page.waitForURL(/text=/);
	await rina.press("Forget");
	await rina.shows(0, page.locator("nav.filters a", { hasText: "Lists" }), "a filter is forgotten");
}

/* A machine that several use: what one has written waits for that one alone, or goes. */
async function shared(lia, id) {
	const { page } = lia;
	const kept = () => page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith("saluran.draft.")).length);
	const logOut = async (how) => {
		await lia.press("Log out");
		if (how) {
			await lia.see("not sent", "dialog[open]");
			await lia.check(`logout-${how.length}`);
			await page.locator("dialog[open]").getByRole("button", { name: how, exact: true }).click();
		}
		await page.waitForSelector("input[name=name]");
	};
	const logIn = async (name) => {
		lia.name = name;
		await lia.logIn();
		await page.goto(`${lia.base}/console/case/${id}`);
		await page.locator("#composer").waitFor();
		return page.inputValue("#composer");
	};
	await page.goto(`${lia.base}/console/case/${id}`);
	await lia.write(page.locator("#composer"), "Half a thought of lia");
	await lia.choose("Decision on item 1", "removed");
	const tab = await lia.context.newPage();
	await tab.goto(`${lia.base}/console/cases`);
	await tab.waitForSelector("header nav.sections");
	await logOut("Log out, keep them for me");
	await tab.waitForSelector("input[name=name]");
	await tab.close();
	must((await kept()) === 2, "what was written is kept");
	must((await logIn("dewi")) === "", "and not shown to somebody else");
	must((await page.inputValue("select[aria-label='Decision on item 1']")) === "", "nor what was chosen");
	await logOut();
	must((await logIn("lia")) === "Half a thought of lia", "who wrote it has it again");
	must((await page.inputValue("select[aria-label='Decision on item 1']")) === "removed", "and what was chosen");
	await logOut("Log out and remove them");
	must((await kept()) === 0, "or it is gone");
	must((await logIn("lia")) === "", "for good");
}

/* A program's token: made for some of it, shown once, taken back. */
async function tokens(rina) {
	await rina.section("Settings");
	await rina.press(rina.page.locator("summary", { hasText: "Make a token" }));
	await rina.write("What it is for", "Nightly report");
	await rina.tick("Only some of it");
	await rina.tick(rina.page.getByLabel("statistics:read", { exact: true }).or(rina.page.getByLabel("cases:read", { exact: true })).first());
	await rina.check("token-new");
	await rina.press("Make the token");
	const secret = await rina.page.locator(".once code").textContent();
	const asked = (path) => fetch(`${rina.base}${path}`, { headers: { Authorization: `Bearer ${secret}` } }).then((r) => r.status);
	process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
	must((await asked("/v1/cases")) === 200, "it opens what it is for");
	must((await asked("/v1/orders")) === 403, "and nothing else");
	await rina.check("token-made");
	await rina.page.reload();
	await rina.see("Nightly report");
	await rina.shows(0, ".once", "it is shown once");
	await rina.press("Take Nightly report back");
	await rina.see("opens nothing any more", ".said-last");
	must((await asked("/v1/cases")) === 401, "what is taken back opens nothing");
}

/* Words that several cases have: which one fills the places is asked, and what is read is of it. */
async function chosen(rina, subject) {
	await rina.section("Templates");
	await rina.write("Name", "about");
	await rina.write(rina.page.getByLabel("Text", { exact: true }).last(), "This is about: {subject}");
	await rina.press("Keep as the next version");
	await rina.press(rina.page.getByRole("button", { name: "about", exact: true }));
	await rina.write("Case", "list");
	await rina.press("Fill in");
	await rina.see("Several cases have that");
	const found = rina.page.locator("main .matches .matches button");
	must((await found.count()) > 1, "there are several");
	await rina.check("template-which");
	await rina.press(found.filter({ hasText: subject }).first());
	await rina.see(`This is about: ${subject}`, "main blockquote");
	await rina.see("Nothing is open", "main");
	await rina.shows(0, "main .matches .matches", "the choice is made");
}

/* 403 names the role that is needed, in the reader's language. */
async function roles(rina) {
	rina.expected.add(403);
	await rina.page.goto(`${rina.base}/console/people`);
	await rina.see(/It needs a person who is (auditor or administrator|administrator or auditor); you are officer\./);
	await rina.page.goto(`${rina.base}/console/people?lang=id`);
	await rina.see("peran Anda petugas");
	await rina.check("denied-id");
	await rina.page.goto(`${rina.base}/console/cases?lang=en`);
	await rina.page.waitForSelector("h1");
	rina.expected.delete(403);
}

/* A row that no order holds stays until an admin takes it out. */
async function shrunk(tono, rina) {
	const verb = "Take rows that no order holds out of main";
	await tono.section("Operators");
	await tono.see("rpz.saluran", "section:has(#zones)");
	await tono.shows(0, tono.page.getByRole("button", { name: verb }), "nothing is to be taken out");
	await ask("ghost authority");
	for (const who of [tono, rina]) {
		await who.section("Cases");
		await who.section("Operators");
		await who.see("rpz.saluran", "section:has(#zones)");
	}
	await tono.button(`${verb}…`).waitFor();
	await tono.see("holds 1 of the rows of the zone rpz.saluran (ghost.example)");
	await tono.check("zone-ghost");
	await rina.shows(0, rina.page.getByRole("button", { name: verb }), "an officer takes no row out");
	await tono.act(verb);
	await tono.see("main has what orders in force hold, and nothing else.", ".said-last");
	await tono.shows(0, tono.page.getByRole("button", { name: verb }), "what is out is not taken out again");
	await tono.act("Give each zone anew");
	await tono.see("The zones have serial", ".said-last");
	await tono.check("zone-renewed");
}

/* An old copy of the store gives its zones to nobody, until an admin who has looked says so. */
async function resumed(tono, rina, siti, others, order) {
	const verb = "Give the zones out";
	const old = "The store is an old copy";
	for (const who of [tono, rina, siti, ...others]) who.offline = true;
	await ask("keep authority");
	await back(siti);
	await openOrder(siti, order);
	await siti.act("Lift the block", { Reason: "It is over." });
	await siti.see("Lifted", ".heading");
	siti.offline = true;
	await ask("receipts authority");
	await ask("stop platform");
	await ask("restore authority");
	await back(tono, rina);
	for (const who of [rina, tono]) {
		await who.section("Cases");
		await who.section("Operators");
		await who.see(old);
	}
	await rina.shows(0, rina.page.getByRole("button", { name: verb }), "an officer does not give them out");
	await tono.check("zone-old");
	await tono.act(verb, { Reason: "Every order in force was looked at." });
	await tono.see("The zones are given out again.", ".said-last");
	await tono.shows(0, tono.page.locator("main", { hasText: old }), "the zones are given out");
	await tono.shows(0, tono.page.getByRole("button", { name: verb }), "and not once more");
	await tono.check("zone-resumed");
	await ask("start platform");
	await ask("back authority");
	await back(siti);
	await openOrder(siti, order);
	await siti.see("Lifted", ".heading");
}

play(async () => {
	const [rina, adi, budi, siti] = [await person("authority", "rina"), await person("authority", "adi"), await person("authority", "budi"), await person("authority", "siti")];
	const [dewi, lia] = [await person("platform", "dewi"), await person("platform", "lia")];
	const subject = "A list for somebody else";
	await send(rina, 1, subject);
	await refused(rina, dewi, subject);
	await withdrawn(rina, dewi, "A list sent by mistake");
	const many = await stopped(rina, dewi, lia, "A list in bulk");
	await away(rina, [dewi, lia], "A list in bulk");
	await shared(lia, many);
	await queue(rina, "A list in bulk");
	await roles(rina);
	await tokens(rina);
	await chosen(rina, subject);
	const id = await ordered(rina, adi, budi);
	await told(rina);
	await inStages(rina, id);
	await waived(rina, adi, id);
	const held = await gate(rina, adi, budi, siti);
	await erased(adi, lia, subject);
	const umi = await person("authority", "umi");
	await looked(umi);
	await witnesses(rina);
	const fresh = "A list that nobody has looked at";
	await send(rina, 4, fresh);
	await known.acts(rina, umi);
	await known.screens(rina, umi, fresh, held);
	await known.ends(rina, lia);
	await known.rare(umi);
	const tono = await person("authority", "tono");
	await known.never(tono);
	const fast = stranger("authority", "adi");
	await fast.arrive("en", (page) => page.clock.install({ time: Date.now() + 7200000 }));
	await fast.logIn();
	await known.times(fast);
	await fast.leave();
	await shrunk(tono, rina);
	await resumed(tono, rina, siti, [adi, budi, umi, dewi, lia], held);
	for (const who of [rina, adi, budi, siti, dewi, lia, umi, tono]) who.clean("at the end");
}, "acts");
