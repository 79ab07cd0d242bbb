/* The story of a case, by people at browsers alone: a list is imported and sent, accepted and
 * decided, talked about and disputed; nobody answers another, which is warned of, ordered,
 * approved, blocked, objected to and lifted.  With SALURAN_KEYS=alone nobody has a mouse. */
import { writeFileSync } from "node:fs";
import { Person, keysAlone, must } from "./browser.mjs";
import { browser, entry, importList, openCase, openOrder, person, play, sign, stage } from "./steps.mjs";

const TRIES_MAX = 20;

/* What a person sends there from now on. */
function sends(who, path) {
	const all = [];
	who.page.on("request", (r) => r.method() === "POST" && r.url().endsWith(path) && all.push(r));
	return all;
}

/* On the very button that sends, Ctrl+Enter presses nothing. */
async function noFurther(who, verb, sent) {
	const button = who.page.locator("dialog[open]").getByRole("button", { name: verb, exact: true });
	await button.waitFor();
	await button.evaluate((e) => e.focus());
	await who.key("Control+Enter");
	await who.settled();
	must(sent.length === 0 && (await button.count()) === 1, `Ctrl+Enter does not press "${verb}"`);
}

async function accepted(dewi) {
	await dewi.act("Accept the notice");
	await dewi.see("recorded #", ".said-last");
	await dewi.see("In progress");
}

async function decided(dewi) {
	for (const i of [1, 2]) await dewi.choose(`Decision on item ${i}`, "removed");
	await dewi.choose("Decision on item 3", "kept");
	await dewi.see("3 decisions are chosen and not sent");
	await dewi.page.reload();
	await dewi.see("3 decisions are chosen and not sent");
	await dewi.check("decide");
	/* Ctrl+Enter leads to the review, and to what the node says of it; it sends nothing. */
	const sent = sends(dewi, "/decide");
	await dewi.key("Control+Enter");
	await dewi.see("Removed", "dialog[open] h2");
	await dewi.key("Control+Enter");
	await noFurther(dewi, "Send the decision on 2 items", sent);
	await dewi.step("Send the decision on 2 items");
	await dewi.stepped();
	await dewi.press("Refused: kept: review 1");
	await dewi.step("Check before sending", { Reason: "A public tool that breaks no rule." });
	await dewi.step("Send the decision on 1 item");
	await dewi.stepped();
	await dewi.see("decided 3 + open 0");
}

/* A question stops the clock, and both sides see it; the answer lets it run. */
async function clarified(rina, dewi) {
	await dewi.act("Ask for clarification", { "exact text": "Which of the two channels is meant?" });
	await dewi.see("The clock is paused");
	await rina.see("The clock is paused");
	await rina.check("paused");
	await rina.act("Answer the question", { "exact text": "The one with the number." });
	await dewi.see("The one with the number.");
	await rina.page.waitForFunction(() => !document.body.innerText.includes("The clock is paused"));
}

/* What was decided is contested, answered, ruled on by somebody else, and decided anew. */
async function disputed(rina, dewi, lia, subject) {
	await rina.act("Dispute", { "exact text": "Item 3 sells accounts.", Items: "3" });
	await rina.see("By the authority");
	await dewi.see("Item 3 sells accounts.");
	await dewi.act("Answer the dispute", { "exact text": "We look at it again." });
	await openCase(lia, subject);
	await lia.see("We look at it again.");
	await lia.act("Rule on the dispute", { "Upheld": true, Reason: "It does sell accounts." });
	await lia.see("Items to decide anew");
	await lia.check("dispute");
	await dewi.see("It does sell accounts.");
	await dewi.act("Decide otherwise", { Items: "3", Outcome: { value: "removed" }, Reason: "The ruling." });
	await rina.see("Decided otherwise");
}

async function conversation(rina, dewi) {
	await dewi.write(dewi.page.locator("#composer"), "All three are decided. <b>Not bold</b>");
	await dewi.press(dewi.page.getByRole("button", { name: "Send", exact: true }));
	await dewi.see("<b>Not bold</b>", ".messages");
	await rina.page.bringToFront();
	await rina.see("All three are decided", ".messages");
	if (keysAlone) await rina.key("r");
	await rina.page.locator(".message", { hasText: "All three are decided" }).scrollIntoViewIfNeeded();
	await rina.see("Read ", ".messages");
	await dewi.page.bringToFront();
	await dewi.see("✓✓ Read", ".ticks");
	await rina.page.bringToFront();
	await rina.tick("Internal note");
	await rina.write(rina.page.locator("#composer"), "Nobody else reads this.");
	await rina.press("Keep the note");
	await rina.see("Nobody else reads this.", ".messages");
	must(!(await dewi.page.content()).includes("Nobody else reads this."), "a note stays with its side");
	await rina.check("case");
	await dewi.check("case-platform");
}

/* Another screen begins at its heading. */
async function onHeading(who) {
	await who.settled();
	const on = await who.page.evaluate(() => document.activeElement.outerHTML.slice(0, 60));
	must(on.startsWith("<h1"), `the focus is on the heading: ${on}`);
}

/* A dialog that is left leads back to what opened it. */
async function givenBack(who, verb) {
	await who.press(who.button(verb));
	await who.press(who.page.locator("dialog[open]").getByRole("button", { name: "Cancel" }));
	await who.stepped();
	must(await who.button(verb).evaluate((e) => e === document.activeElement), `"${verb}" has the focus again`);
}

/* A key is about what has the focus, and about no row that had it before. */
async function ofTheFocus(who) {
	const filter = who.page.locator("summary", { hasText: "Filter" });
	await filter.evaluate((e) => e.focus());
	await who.key("Enter");
	await who.page.locator("details[open] summary", { hasText: "Filter" }).waitFor();
	must(!who.page.url().includes("/case/"), "Enter opens what it is pressed on");
	await who.key("Enter");
	const mine = who.page.locator("nav.filters a", { hasText: "Mine" });
	await who.press(mine);
	await who.page.waitForURL(/queue=mine/);
	await who.settled();
	must(await mine.evaluate((e) => e === document.activeElement), "a filter that is chosen keeps the focus");
	await who.key("x", "a");
	await who.settled();
	await who.shows(0, who.page.locator("main", { hasText: "1 selected" }), "no row is chosen that nobody is on");
	must(!((await who.page.locator(".said-last").textContent()) || "").includes("taken"), "no case is taken that nobody is on");
	await who.press(who.page.locator("nav.filters a", { hasText: "All" }));
	await who.page.locator("a.title").first().waitFor();
}

/* Along the rows, into the first case, to its parts, and back. */
async function keyboard(rina) {
	await rina.key("Escape", "g", "q");
	await rina.page.waitForSelector("a.title");
	await rina.key("j");
	await rina.page.waitForFunction(() => document.activeElement.dataset.row === "0");
	await rina.key("x");
	await rina.see("1 selected");
	await ofTheFocus(rina);
	await rina.key("j", "j", "k", "Enter");
	await rina.page.waitForSelector("#conversation");
	await onHeading(rina);
	await givenBack(rina, "Place a legal hold…");
	for (const [key, id] of [["i", "items"], ["t", "timeline"]]) {
		await rina.key(key);
		await rina.page.waitForFunction((to) => document.activeElement.id === to, id);
	}
	await rina.key("r");
	await rina.page.waitForFunction(() => document.activeElement.id === "composer");
	/* Letters are text in a field, and no keys. */
	await rina.page.keyboard.type("gq?jx");
	must((await rina.page.inputValue("#composer")) === "gq?jx", "what is typed is text");
	await rina.write(rina.page.locator("#composer"), "");
	await rina.key("Escape", "Escape");
	await rina.page.waitForSelector("a.title");
	await rina.key("/");
	await rina.page.waitForFunction(() => document.activeElement.id === "search");
	await rina.key("Escape", "?");
	await rina.see("Keys", "h2");
	await onHeading(rina);
	await rina.see("Go to: Orders", "dl:has(kbd)");
	/* Whoever is disturbed by them switches them off. */
	const letters = rina.page.getByLabel("Single keys move and open", { exact: false });
	await rina.tick(letters);
	await letters.evaluate((e) => e.focus());
	await rina.key("Space", "g", "q");
	must(rina.page.url().endsWith("/settings"), "keys that are switched off lead nowhere");
	await rina.key("Space", "g", "q");
	await rina.page.waitForSelector("a.title");
	await rina.key("g", "s");
	await rina.see("Settings", "h1");
}

/* A colleague takes over, and a hold keeps what is there. */
async function amongColleagues(rina, adi, subject) {
	await rina.section("Cases");
	await rina.page.locator("tr", { hasText: subject }).waitFor();
	/* Other plays' cases may stand before it. */
	const before = (await rina.page.locator("a.title").allTextContents()).indexOf(subject);
	for (let n = 0; n <= before; n++) await rina.key("j");
	await rina.page.waitForFunction((s) => document.activeElement.textContent === s, subject);
	await rina.key("a");
	await rina.see("1 case", ".said-last");
	await openCase(rina, subject);
	await rina.act("Assign", { Colleague: { value: "adi" } });
	await rina.see("adi");
	await rina.act("Place a legal hold", { Reason: "A court asked for it." });
	await rina.see("A court asked for it.");
	await openCase(adi, subject);
	await adi.act("Release the hold", { Reason: "The court is done." });
	await adi.see("Released");
}

/* The node has prepared what is due; a person sends it. */
async function prepared(rina, id) {
	await rina.section("Prepared");
	const row = rina.page.locator(".matches li", { has: rina.page.locator(`a[href$="${id}"]`) });
	await row.waitFor();
	await rina.check("prepared");
	await rina.press(row.getByRole("button"));
	await rina.step("Send: Reminder", { "exact text": "An invented reminder." });
	await rina.stepped();
	await rina.see("recorded #", ".said-last");
}

async function ladder(rina) {
	for (const rung of Array(3).fill("Send the formal warning")) {
		await rina.button(`${rung}…`).waitFor();
		/* The step is refused until its time has come: the node says so, nothing is lost. */
		rina.expected.add(409);
		await rina.press(rina.button(`${rung}…`));
		const box = rina.page.locator("dialog[open]");
		await rina.step(rung, { Text: `${rung}: an invented text.` });
		for (let tries = 0; ; tries++) {
			must(tries < TRIES_MAX, `${rung} is taken in the end`);
			const closed = box.waitFor({ state: "detached", timeout: 1500 });
			if (await closed.then(() => true, () => false)) break;
			/* What happened meanwhile is seen before one goes on. */
			const seen = box.getByRole("button", { name: "I have seen it" });
			if (await seen.count()) await rina.press(seen);
			/* It may have been done just now. */
			await rina.press(box.getByRole("button", { name: rung, exact: true })).catch(async (e) => {
				if (await box.count()) throw e;
			});
		}
		rina.expected.delete(409);
	}
	await rina.see("Formal warning");
	await entry(rina, "Send the formal warning: an invented text.");
	await rina.see("Received at");
	await rina.check("recorded");
}

async function order(rina, name, subject) {
	await openCase(rina, subject);
	await rina.press("Draft an order");
	await rina.write("Names to block", name);
	await rina.page.waitForSelector("fieldset input[type=checkbox]:checked");
	await rina.write("Reasons", "Notices were received and not answered (invented example).");
	await rina.write("Legal basis", "Invented example: Regulation 19/2014");
	await rina.write("Proportionality", "Every step of the ladder was taken.");
	await rina.write("What else goes dark", "Looked at: nothing else.");
	await rina.write("In force for so many days", "7");
	await rina.tick("Yes");
	await rina.write("How, or why not", "Wrote to the registrant (invented example).");
	await lateAnswer(rina, name);
	await rina.press("Compute the guards");
	await rina.see("is a ground");
	await rina.check("draft");
	const submit = rina.page.getByRole("button", { name: "Submit for approval…" });
	await rina.write("In force for so many days", "999999999999");
	await rina.see("a whole number of days, from 1 to 3,650");
	must(await submit.isDisabled(), "days beyond any calendar lead nowhere");
	await rina.write("In force for so many days", "7");
	const sent = sends(rina, "/v1/orders");
	await rina.key("Control+Enter");
	await rina.check("draft-review");
	const top = await rina.page.locator("dialog[open]").evaluate((e) => e.scrollTop === 0 && e.contains(document.activeElement) && document.activeElement.matches("h2"));
	must(top, "what is to be read begins at its top");
	await noFurther(rina, "Submit for approval", sent);
	await rina.step("Submit for approval");
	await rina.page.waitForURL(/\/order\//);
	await rina.see("The text above has this hash");
	await rina.check("order");
	return rina.page.url().split("/").pop();
}

/* Guards that were computed for other names say nothing of these. */
async function lateAnswer(rina, name) {
	const task = rina.page.locator(".tasks li", { hasText: "Guards computed" });
	let answer;
	const goes = new Promise((done) => (answer = done));
	await rina.page.route("**/v1/orders/check", (route) => goes.then(() => route.continue()), { times: 1 });
	const came = rina.page.waitForResponse("**/v1/orders/check");
	await rina.press("Compute the guards");
	await rina.write("Names to block", `other.${name}`);
	answer();
	await (await came).finished();
	await rina.settled();
	must((await task.textContent()).includes("not yet"), "an answer that came late is not about these names");
	await rina.write("Names to block", name);
}

/* Whatever goes out is read before it does: what is chosen, and what is left out. */
async function everyMember(rina, subject) {
	await openCase(rina, subject);
	await rina.press("Draft an order");
	await rina.write("Names to block", "anggota.example");
	await rina.page.waitForSelector("fieldset input[type=checkbox]:checked");
	for (const field of ["Reasons", "Legal basis", "Proportionality", "What else goes dark", "How, or why not"]) await rina.write(field, `${field}: invented.`);
	await rina.choose("By which way", "letter");
	const review = async (...all) => {
		await rina.press("Compute the guards");
		await rina.see("Needs", "section:has(#guards)");
		await rina.press("Submit for approval");
		const box = rina.page.locator("dialog[open]");
		await box.waitFor();
		const said = await box.locator(".part").evaluateAll((parts) => parts.map((p) => [p.querySelector(".meta").textContent, p.querySelector(".said").textContent]));
		for (const [label, text] of all) must(said.some(([l, v]) => l === label && v.includes(text)), `"${label}: ${text}" is among ${JSON.stringify(said)}`);
		await rina.press(box.getByRole("button", { name: "Back, change it" }));
		await rina.stepped();
	};
	await review(["Cases that it rests on", subject], ["By which way", "Letter"], ["What resolvers answer", "NXDOMAIN"], ["Only in these territories", "Everywhere"],
		["Where the names come from", "A person"], ["In force until", String(new Date(Date.now() + 30 * 86400000).getFullYear())]);
	await rina.choose("What resolvers answer", "landing");
	await rina.write("Name of the page that it leads to", "page.example");
	await rina.write("Only in these territories", "AA BB");
	await rina.tick("The names come from a feed");
	await rina.tick("It cannot wait for the ladder");
	await rina.write("Why it is an emergency", "Invented.");
	await rina.write("Which contact was called", "Duty desk");
	await rina.page.getByLabel("When", { exact: true }).evaluate((e) => {
		e.value = "2026-01-02T03:04";
		e.dispatchEvent(new InputEvent("input", { bubbles: true }));
	});
	await rina.write("What came of it", "Nobody answered.");
	await review(["What resolvers answer", "A page that says why"], ["Name of the page that it leads to", "page.example"], ["Only in these territories", "AA\nBB"],
		["Where the names come from", "A feed"], ["Which contact was called", "Duty desk"], ["When", "2026"], ["What came of it", "Nobody answered."],
		["In force until", "The latest that the policy allows"]);
	await rina.section("Orders");
	await rina.page.evaluate(() => Object.keys(localStorage).filter((k) => /draft.*order$/.test(k)).forEach((k) => localStorage.removeItem(k)));
}

/* A draft goes back with a reason; the next one begins where it ended. */
async function returned(rina, adi, id) {
	await openOrder(adi, id);
	await adi.act("Return the draft", { Reason: "Say who was told." });
	await adi.see("Returned");
	await rina.see("Returned");
	await rina.press("Draft another in its place");
	await rina.page.waitForFunction(() => [...document.querySelectorAll("textarea")].some((x) => x.value.includes("not answered")));
	await rina.tick("Yes");
	must((await rina.field("In force for so many days").inputValue()) === "7", "it is for as long as the one before");
	await rina.write("How, or why not", "Wrote to the registrant on 2 March (invented example).");
	await rina.press("Compute the guards");
	await rina.see("is a ground");
	await rina.press("Submit for approval");
	await rina.step("Submit for approval");
	await rina.page.waitForURL((url) => url.pathname.includes("/order/") && !url.pathname.includes(id));
	await rina.see("What differs from the draft before");
	await rina.see("Say who was told.");
	return rina.page.url().split("/").pop();
}

/* What guards stop is looked at by a third person; a draft is its drafter's to withdraw. */
async function overridden(rina, siti, subject) {
	await openCase(rina, subject);
	await rina.press("Draft an order");
	await rina.write("Names to block", "*.lain.example");
	await rina.page.waitForSelector("fieldset input[type=checkbox]:checked");
	for (const field of ["Reasons", "Legal basis", "Proportionality", "What else goes dark", "How, or why not"]) await rina.write(field, "An invented text.");
	await rina.tick("The names come from a feed");
	await rina.press("Compute the guards");
	await rina.see("every name below it too");
	await rina.press("Submit for approval");
	await rina.step("Submit for approval");
	await rina.page.waitForURL(/\/order\//);
	await rina.see("Needs an override by a third person");
	const id = rina.page.url().split("/").pop();
	await openOrder(siti, id);
	await siti.act("Override the guards", { Reason: "I have looked at every name below it." });
	await siti.see("Overrode a guard");
	await siti.check("override");
	await openOrder(rina, id);
	await rina.act("Withdraw the draft", { Reason: "An example." });
	await rina.see("Withdrawn");
}

/* Somebody of the public, without a script, and what becomes of it. */
async function objected(rina, adi, siti, id) {
	await rina.section("Objections");
	await rina.see("I sell shoes there.");
	await rina.act("Answer", { "exact text": "We look at it." });
	await rina.see("We look at it.");
	/* Who signed the order does not rule on it. */
	await adi.section("Objections");
	await adi.see("We look at it.");
	adi.expected.add(403);
	await adi.act("Rule", { Rejected: true, Reason: "I signed it." }, false);
	await adi.see("This could not be done by you", "dialog[open]");
	await adi.key("Escape");
	await adi.stepped();
	adi.expected.delete(403);
	await siti.section("Objections");
	await siti.act("Rule", { Rejected: true, Reason: "The shoes are at another name." });
	await siti.press(siti.link("Ruled"));
	await siti.see("The shoes are at another name.");
	await siti.check("objections");
	await openOrder(rina, id);
}

async function lifted(rina, adi, id) {
	await rina.act("Lift the block", { Reason: "The platform has answered." });
	await rina.see("Lifted");
	await rina.see("Normalised");
	await rina.check("lifted");
	await openOrder(adi, id);
	await adi.act("Review the lift", { "The lift was right": true, Reason: "It answered." });
	await adi.see("Reviewed");
}

async function main() {
	const rina = await person("authority", "rina");
	const dewi = await person("platform", "dewi");
	const lia = await person("platform", "lia");
	const [adi, budi, siti] = [await person("authority", "adi"), await person("authority", "budi"), await person("authority", "siti")];
	const first = `First list <i>${stage.title}</i>`;
	const second = `Second list ${stage.title}`;
	await importList(rina, stage.first, { reference: `${stage.title} 1`, subject: first, looks: true });
	await openCase(dewi, first);
	await accepted(dewi);
	await clarified(rina, dewi);
	await decided(dewi);
	await conversation(rina, dewi);
	await disputed(rina, dewi, lia, first);
	await rina.act("Close the case");
	await rina.see("Closed");
	await keyboard(rina);
	const late = await importList(rina, stage.second, { reference: `${stage.title} 2`, subject: second, urgent: true });
	await amongColleagues(rina, adi, second);
	await prepared(rina, late);
	await openCase(rina, second);
	await ladder(rina);
	const back = await order(rina, stage.name, second);
	must(await rina.page.getByRole("button", { name: "Approve the block" }).count() === 0, "who drafts does not approve");
	const id = await returned(rina, adi, back);
	await sign(adi, id, "approve");
	await adi.see("1 of 2 approvals");
	await sign(budi, id);
	await budi.see("In force");
	await rina.see("In force"); /* by itself */
	/* The operator has two, and each is measured by itself. */
	await rina.see("Measured at 2 of 2", ".way");
	for (const resolver of stage.resolvers) await rina.see("Blocked", `section:has(#matrix) li:has-text("${resolver}")`);
	await rina.see("Order B-", "h1");
	await rina.see("budi", "section:has(#hands)"); /* a colleague has a name */
	must((await rina.page.title()).startsWith("Orders · "), "a tab says what it shows");
	await rina.check("matrix");
	writeFileSync(`${process.argv[2]}.blocked`, id);
	await objects();
	await objected(rina, adi, siti, id);
	await lifted(rina, adi, id);
	await everyMember(rina, second);
	await overridden(rina, siti, second);
	const umi = await person("authority", "umi", "id");
	await umi.see("Log audit", "h1");
	await umi.check("log");
	await umi.section("Akses");
	await umi.press("Periksa keutuhan catatan");
	await umi.see("Utuh");
	await umi.check("access");
	for (const who of [rina, dewi, lia, adi, budi, siti, umi]) who.clean("at the end");
	return keysAlone ? ", by keys alone" : "";
}

/* The public: what a name's page says, and the form below it. */
async function objects() {
	const who = new Person(browser, stage.pages, "the public", "", { path: `/lookup` });
	await who.arrive("en");
	await who.write(who.page.locator("main input").first(), stage.name);
	await who.key("Enter");
	await who.see("Blocked by an order in force");
	await who.check("lookup");
	await who.page.goto(`${who.base}/object?lang=en`);
	await who.write("Name that is blocked", stage.name);
	await who.write("What you object to", "I sell shoes there. <script>alert(1)</script>");
	await who.press("Send the objection");
	await who.see("Your code is");
	await who.check("objected");
	await who.leave();
}

play(main, keysAlone ? "keys" : "story");
