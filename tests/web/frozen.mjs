/* What the other side brings and is refused is seen; then one node runs twice: the channel is
 * frozen, people are told why, every act says it, and an admin of each side lets it go on. */
import { readFileSync } from "node:fs";
import { must } from "./browser.mjs";
import { ask, back, importList, openCase, person, play, stage } from "./steps.mjs";

const SUBJECT = "A list before two histories";
const HELLO = "Is anybody there?";

const say = async (who, text) => {
	await who.write(who.page.locator("#composer"), text);
	await who.press(who.page.locator(".composer").getByRole("button", { name: "Send", exact: true }));
};

/* Nothing of it is among the cases; that it came and why it was refused is at their foot. */
async function refused(rina, dewi) {
	await ask("garbage platform");
	await dewi.page.goto(`${dewi.base}/console/cases`);
	await dewi.see("The other side brought 1 thing that is not taken.");
	await dewi.press(dewi.page.locator("summary", { hasText: "The other side brought" }));
	await dewi.see("biro.example brings what this node does not take (add-checkpoint)");
	await dewi.check("peer-refused");
	await dewi.section("Channel");
	await dewi.see("Refused from the other side", ".chip");
	await dewi.check("peer-refused-channel");
	/* It ends when that is taken again. */
	await openCase(rina, SUBJECT);
	await say(rina, "This one is in order.");
	await rina.see("recorded #", ".said-last");
	await openCase(dewi, SUBJECT);
	await dewi.see("This one is in order.", ".messages");
	await dewi.section("Channel");
	await dewi.shows(0, dewi.page.locator(".chip", { hasText: "Refused from the other side" }), "the alarm has ended");
}

async function narrow(who, as) {
	await who.page.emulateMedia({ colorScheme: "dark" });
	await who.page.setViewportSize({ width: 320, height: 900 });
	await who.press(who.page.locator(".languages button[lang=id]"));
	await who.see("Kanal", "h1");
	await who.settled();
	must((await who.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${as}: not wider than the window`);
	await who.check(`${as}-id-dark-320`);
	await who.page.setViewportSize({ width: 1280, height: 900 });
	await who.page.emulateMedia({ colorScheme: "light" });
	await who.press(who.page.locator(".languages button[lang=en]"));
}

/* What somebody writes is refused with the reason, and kept. */
async function stopped(rina, dewi) {
	for (const who of [rina, dewi]) {
		await who.page.goto(`${who.base}/console/cases`);
		await who.see("1 log of this node takes nothing.", "header");
		await who.see("the channel with", "header");
		who.expected.add(423);
	}
	await openCase(rina, SUBJECT);
	await say(rina, HELLO);
	await rina.see("has signed two histories of its log", ".composer");
	must((await rina.page.inputValue("#composer")) === HELLO, "what was written is kept");
	await rina.check("frozen-case");
	await openCase(dewi, SUBJECT);
	await dewi.press("Accept the notice…");
	await dewi.step("Accept the notice");
	await dewi.see("has signed two histories of its log", "dialog[open]");
	await dewi.check("frozen-step");
	await dewi.key("Escape");
	await dewi.stepped();
	for (const who of [rina, dewi]) {
		await who.section("Channel");
		await who.see("Frozen: nothing enters either log");
		await who.see("an admin of each lets it go on");
		await who.shows(0, who.page.getByRole("button", { name: "Let the channel go on" }), "that is for an admin");
	}
	await rina.check("frozen-channel");
	await narrow(rina, "frozen-channel");
	const [file] = await Promise.all([rina.page.waitForEvent("download"), rina.press("Download the proof")]);
	const proof = readFileSync(await file.path());
	must(JSON.parse(proof.toString()).proof.kind === "heads", "the proof is a file for others");
	await rina.section("Verification");
	await rina.page.setInputFiles("input[type=file]", { name: "proof.json", mimeType: "application/json", buffer: proof });
	await rina.press(rina.page.locator("main").getByRole("button", { name: "Check", exact: true }));
	await rina.see("Every step held");
	await rina.see("two histories of one log");
	await rina.check("verify-fraud");
}

/* One signature alone opens nothing. */
async function signed(tono, tari) {
	for (const who of [tono, tari]) {
		await who.section("Channel");
		await who.see("The other side has not signed that yet.");
	}
	await tono.act("Let the channel go on");
	await tono.see("as soon as the other side has signed, too", ".said-last");
	await tono.see("An admin here has signed that it goes on.");
	await tono.check("frozen-signed");
	await tari.see("The other side has signed that it goes on.");
	await tari.act("Let the channel go on");
	await tari.see("Both sides have signed", ".said-last");
	for (const who of [tono, tari]) {
		await who.see("Takes events");
		await who.see("Epoch 1 of the channel");
		await who.see("settled");
	}
	await tari.check("frozen-ended");
}

play(async () => {
	const [rina, tono] = [await person("authority", "rina"), await person("authority", "tono")];
	const [dewi, tari] = [await person("platform", "dewi"), await person("platform", "tari")];
	await importList(rina, stage.list, { reference: "F-1", subject: SUBJECT });
	await openCase(dewi, SUBJECT);
	await refused(rina, dewi);
	for (const who of [rina, tono]) who.offline = true;
	await ask("twin authority");
	await back(rina, tono);
	await stopped(rina, dewi);
	await signed(tono, tari);
	for (const who of [rina, dewi]) who.expected.delete(423);
	/* What was kept is sent now. */
	await openCase(rina, SUBJECT);
	must((await rina.page.inputValue("#composer")) === HELLO, "the draft is still there");
	await rina.press(rina.page.locator(".composer").getByRole("button", { name: "Send", exact: true }));
	await rina.see("recorded #", ".said-last");
	await openCase(dewi, SUBJECT);
	await dewi.see(HELLO, ".messages");
	await dewi.act("Accept the notice");
	await dewi.see("In progress");
	await rina.page.locator("header", { hasText: "takes nothing" }).waitFor({ state: "detached" });
	for (const who of [rina, tono, dewi, tari]) who.clean("at the end");
}, "frozen");
