/* The story of a case, by people at browsers alone: a list is imported and sent, accepted and
 * decided, nobody answers another, which is warned of, ordered, approved, blocked, lifted. */
import { readFileSync, writeFileSync } from "node:fs";
import { Failure, Person, must, open, passed } from "./browser.mjs";

const stage = JSON.parse(readFileSync(process.argv[2], "utf8"));
const browser = await open();
const at = (side) => `https://127.0.0.1:${stage[side]}`;
const person = (side, name, options) => new Person(browser, at(side), name, stage.password, options);

async function importList(rina, file, reference, subject) {
	await rina.section("Import");
	await rina.page.setInputFiles("input[type=file]", file);
	await rina.see("rows:");
	await rina.check("import");
	await rina.fill("Reference", reference);
	await rina.fill("Subject", subject);
	await rina.fill("Legal basis", "Invented example: Regulation 19/2014");
	await rina.press("Send ");
	await rina.page.waitForURL(/\/case\//);
	await rina.see(subject, "h1");
	return rina.page.url().split("/").pop();
}

async function answered(rina, dewi, subject) {
	await dewi.section("Cases");
	/* What comes while one looks is counted, and shown on demand. */
	if (!(await dewi.page.locator("a.title", { hasText: subject }).count())) {
		await dewi.see("update");
		await dewi.press("Show");
	}
	await dewi.check("queue");
	await dewi.page.locator("a.title", { hasText: subject }).click();
	await dewi.press("Accept the notice");
	await dewi.step("Accept the notice");
	await dewi.stepped();
	await dewi.see("recorded #", ".said-last");
	await dewi.see("In progress");
	for (const i of [1, 2]) await dewi.page.getByLabel(`Decision on item ${i}`).selectOption("removed");
	await dewi.page.getByLabel("Decision on item 3").focus();
	await dewi.page.keyboard.press("3");
	await dewi.see("3 decisions are chosen and not sent");
	await dewi.page.reload();
	await dewi.see("3 decisions are chosen and not sent");
	await dewi.check("decide");
	await dewi.press("Removed: review 2");
	await dewi.step("Check before sending");
	await dewi.step("Send the decision on 2 items");
	await dewi.stepped();
	await dewi.press("Refused: kept: review 1");
	await dewi.step("Check before sending", { Reason: "A public tool that breaks no rule." });
	await dewi.step("Send the decision on 1 items");
	await dewi.stepped();
	await dewi.see("decided 3 + open 0");
	await conversation(rina, dewi);
	await rina.page.reload();
	await rina.see("decided 3 + open 0");
	await rina.press("Close the case");
	await rina.step("Close the case");
	await rina.stepped();
	await rina.see("Closed");
}

/* The keyboard alone: along the rows, into the first case, to its parts, and back. */
async function keyboard(rina) {
	await rina.page.keyboard.press("g");
	await rina.page.keyboard.press("q");
	await rina.page.waitForSelector("a.title");
	await rina.page.keyboard.press("j");
	await rina.page.waitForFunction(() => document.activeElement.dataset.row === "0");
	await rina.page.keyboard.press("x");
	await rina.see("1 selected");
	await rina.page.keyboard.press("Enter");
	await rina.page.waitForSelector("#conversation");
	await rina.page.keyboard.press("r");
	await rina.page.waitForFunction(() => document.activeElement.id === "composer");
	/* Letters are text in a field, and no keys. */
	await rina.page.keyboard.type("gq?jx");
	must((await rina.page.inputValue("#composer")) === "gq?jx", "what is typed is text");
	await rina.page.fill("#composer", "");
	await rina.page.keyboard.press("Escape");
	await rina.page.keyboard.press("Escape");
	await rina.page.waitForSelector("a.title");
	await rina.page.keyboard.press("?");
	await rina.see("Keys", "h2");
}

/* A session that ends while somebody types: the text is still there after logging in. */
async function endedSession(rina) {
	await rina.page.goBack();
	await rina.page.locator("a.title").first().click();
	await rina.page.fill("#composer", "Half a sentence");
	rina.expected.add(401);
	await rina.context.clearCookies();
	await rina.press("Send");
	const box = rina.page.locator("dialog[open]");
	await box.getByLabel("Password").fill(rina.password);
	await box.getByRole("button", { name: "Log in" }).click();
	await rina.stepped();
	must((await rina.page.inputValue("#composer")) === "Half a sentence", "the draft is kept");
	await rina.page.fill("#composer", "");
	rina.expected.delete(401);
}

async function conversation(rina, dewi) {
	await dewi.page.fill("#composer", "All three are decided. <b>Not bold</b>");
	await dewi.press("Send");
	await dewi.see("<b>Not bold</b>", ".messages");
	await rina.page.bringToFront();
	await rina.see("All three are decided", ".messages");
	await rina.see("Read ", ".messages");
	await dewi.page.bringToFront();
	await dewi.see("✓✓ Read", ".ticks");
	await rina.page.bringToFront();
	await rina.page.getByLabel("Internal note").check();
	await rina.page.fill("#composer", "Nobody else reads this.");
	await rina.press("Keep the note");
	await rina.see("Nobody else reads this.", ".messages");
	must(!(await dewi.page.content()).includes("Nobody else reads this."), "a note stays with its side");
	await rina.check("case");
	await dewi.check("case-platform");
}

async function ladder(rina) {
	for (const rung of ["Send a reminder", ...Array(3).fill("Send the formal warning")]) {
		const button = rina.page.getByRole("button", { name: rung });
		await button.waitFor();
		/* The step is refused until its time has come: the node says so, nothing is lost. */
		rina.expected.add(409);
		await button.click();
		for (;;) {
			await rina.step(rung);
			const closed = rina.page.locator("dialog[open]").waitFor({ state: "detached", timeout: 2000 });
			if (await closed.then(() => true, () => false)) break;
		}
		rina.expected.delete(409);
	}
	await rina.see("Formal warning");
}

async function order(rina, name, subject) {
	await rina.section("Orders");
	await rina.page.click('text="Draft an order"');
	await rina.fill("Names to block", name);
	await rina.page.getByLabel(subject).check();
	await rina.fill("Reasons", "Notices were received and not answered (invented example).");
	await rina.fill("Legal basis", "Invented example: Regulation 19/2014");
	await rina.fill("Proportionality", "Every step of the ladder was taken.");
	await rina.fill("What else goes dark", "Looked at: nothing else.");
	await rina.fill("In force for so many days", "7");
	await rina.page.getByLabel("Yes").check();
	await rina.fill("How, or why not", "Wrote to the registrant (invented example).");
	await rina.press("Compute the guards");
	await rina.see("is a ground");
	await rina.check("draft");
	await rina.press("Submit for approval");
	await rina.page.waitForURL(/\/order\//);
	await rina.see("The text above has this hash");
	await rina.check("order");
	return rina.page.url().split("/").pop();
}

async function sign(who, id) {
	await who.page.goto(`${who.base}/console/order/${id}`);
	await who.see("The text above has this hash");
	await who.press("Approve the block");
	await who.check("approve");
	await who.step("Approve the block");
	await who.stepped();
	await who.see("recorded #", ".said-last");
}

async function main() {
	const rina = await (await person("authority", "rina").arrive()).logIn();
	const dewi = await (await person("platform", "dewi").arrive()).logIn();
	const adi = await (await person("authority", "adi").arrive()).logIn();
	const budi = await (await person("authority", "budi").arrive()).logIn();
	await importList(rina, stage.first, "W-1", "First list <i>invented</i>");
	await answered(rina, dewi, "First list <i>invented</i>");
	await keyboard(rina);
	await endedSession(rina);
	await importList(rina, stage.second, "W-2", "Second list");
	await ladder(rina);
	const id = await order(rina, stage.name, "Second list");
	must(await rina.page.getByRole("button", { name: "Approve the block" }).count() === 0, "who drafts does not approve");
	await sign(adi, id);
	await adi.see("1 of 2 approvals");
	await sign(budi, id);
	await budi.see("In force");
	await rina.see("In force"); /* by itself */
	await rina.see("Blocked", "#matrix ~ *, section:has(#matrix)");
	await rina.check("matrix");
	writeFileSync(`${process.argv[2]}.blocked`, id);
	await rina.press("Lift the block");
	await rina.step("Lift the block", { Reason: "The platform has answered." });
	await rina.stepped();
	await rina.see("Lifted");
	await rina.see("Normalised");
	const umi = await (await person("authority", "umi").arrive("id")).logIn();
	await umi.see("Log", "h1");
	await umi.check("log");
	await umi.section("Akses");
	await umi.press("Periksa keutuhan catatan");
	await umi.see("Utuh");
	await umi.check("access");
	for (const who of [rina, dewi, adi, budi, umi]) who.clean("at the end");
	console.log(`${passed()} checks held`);
}

try {
	await main();
} catch (e) {
	for (const context of browser.contexts())
		for (const [i, page] of context.pages().entries())
			if (process.env.SALURAN_SCREENS) await page.screenshot({ path: `${process.env.SALURAN_SCREENS}/failed-${i}-${Date.now() % 10000}.png`, fullPage: true }).catch(() => {});
	console.error(e instanceof Failure ? e.message : e.stack);
	process.exitCode = 1;
} finally {
	await browser.close();
}
