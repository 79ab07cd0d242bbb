/* The first day of two nodes, from the links that `saluran init` printed: the first admins
 * choose their passwords, each step is done in the console, and the node tells what is. */
import { readFileSync } from "node:fs";
import { must, scanned } from "./browser.mjs";
import { codeOf, play, stage, stranger } from "./steps.mjs";

/* A link is opened, a password chosen: then one is at work, without a second login. */
async function welcome(side, name, link) {
	const who = stranger(side, name);
	await who.arrive();
	await who.page.goto(`${who.base}/console/welcome?link=${link}&lang=en`);
	await who.see("Choose a password", "h1");
	await who.press(who.page.locator(".languages button[lang=id]"));
	await who.see("Pilih kata sandi", "h1");
	if (name !== "rina") await who.check(`welcome-${side}`);
	await who.press(who.page.locator(".languages button[lang=en]"));
	await who.see("Choose a password", "h1");
	await who.page.getByLabel("Password", { exact: false }).first().fill(stage.password);
	await who.page.getByLabel("again", { exact: false }).first().fill(stage.password);
	await who.page.locator("main button").last().click();
	/* Of admins a second factor is asked for. */
	if (name !== "rina") {
		await who.see("Your second factor", "h1");
		await device(who, side);
	}
	await who.page.waitForSelector("header nav.sections");
	return who;
}

const step = async (who, name) => {
	await who.page.locator(".tasks button", { hasText: name }).click();
	await who.see(name, "#step");
};

const done = (who, name) =>
	who.page.locator(".tasks li", { hasText: name }).locator(".chip.done").waitFor();

/* Where it is asked for, nothing else is shown before. */
async function device(who, side) {
	await who.press("Set up a second factor");
	await who.page.waitForSelector("main svg.qr");
	await who.check(`device-${side}`);
	who.secret = await who.page.locator(".meta code").textContent();
	must((await scanned(who.page.locator("main svg.qr"))).includes(`secret=${who.secret}`), "the QR code has the secret");
	await who.page.getByLabel("Code of your device").first().fill(codeOf(who.secret));
	await who.press("Confirm the code");
	await who.see("Recovery codes");
	await who.press("I have kept the codes");
}

/* Our file, as it is kept by the browser, and the words beside it. */
async function give(who, org) {
	await step(who, "The first other side");
	await who.write("Their organisation's id", org);
	await who.page.getByLabel("Policy", { exact: true }).selectOption("sandbox");
	const [file] = await Promise.all([who.page.waitForEvent("download"), who.press("Make the file")]);
	await who.see("is made");
	await who.check(`setup-peer-${org}`);
	const words = (await who.page.locator(".words code").first().textContent()).trim();
	must((await scanned(who.page.locator("main svg.qr"))) === words, "the QR code has the words of the fingerprint");
	return { path: await file.path(), words };
}

async function take(who, given, wrong) {
	await step(who, "The first other side");
	await who.page.getByLabel("Introduction file").setInputFiles(given.path);
	if (wrong) {
		who.expected.add(403);
		await who.write("The words that they read out", wrong);
		await who.press("Add the other side");
		await who.see("not the one you gave");
		who.expected.delete(403);
	}
	await who.write("The words that they read out", given.words.replaceAll("-", " "));
	await who.press("Add the other side");
	await who.see("Introduced");
	await done(who, "The first other side");
}

async function people(who, name, role) {
	await step(who, "The first people");
	await who.write("Name", name);
	await who.page.getByLabel("Role").selectOption(role);
	await who.press("Add a person");
	await who.see("One-time link of");
	await who.check(`setup-people-${name}`);
	await done(who, "The first people");
	return new URL(await who.page.locator(".once code").first().textContent()).searchParams.get("link");
}

async function contacts(who) {
	await step(who, "Contacts");
	await who.write("Post or desk", "Duty desk");
	await who.write("How it is reached", "+62 21 000 000");
	await who.press("Publish to ");
	await done(who, "Contacts");
}

async function main() {
	const ani = await welcome("authority", "ani", stage.links.authority);
	await ani.see("First steps", "h1");
	await ani.check("setup");
	await done(ani, "The organisation");
	const pasha = await welcome("platform", "pasha", stage.links.platform);
	await done(ani, "Your second factor");
	const ours = await give(ani, stage.orgs.platform);
	await take(pasha, ours, "lusab-babad-lusab-babad-lusab-babad-lusab-babad");
	const theirs = await give(pasha, stage.orgs.authority);
	await take(ani, theirs);
	/* The mark is above everything, on both nodes. */
	for (const who of [ani, pasha]) {
		await who.page.reload();
		await who.see("TEST", ".test-mark");
	}
	const link = await people(ani, "rina", "officer");
	await people(pasha, "dewi", "agent");
	await contacts(ani);
	await contacts(pasha);
	await step(ani, "Test of the channel");
	await ani.press("Send a test");
	await pasha.section("Channel");
	await pasha.press("I have seen it");
	await step(pasha, "Test of the channel").catch(() => {});
	await done(ani, "Test of the channel");
	await ani.check("setup-done");
	/* Left and resumed: what is done is told by the node. */
	await ani.section("Policies");
	await ani.see("sandbox");
	await ani.page.getByLabel("Read a policy").selectOption("id-2020");
	await ani.see("Time limits");
	await ani.check("policies");
	await ani.page.goBack();
	await ani.section("First steps");
	await done(ani, "Contacts");

	const rina = await welcome("authority", "rina", link);
	await rina.see("Cases", "h1");
	await rina.section("Import");
	await rina.attach(rina.page.locator("input[type=file]"), stage.list);
	await rina.page.waitForURL(/step=columns/);
	await rina.press("Check ");
	await rina.page.waitForSelector(".grid.check");
	await rina.press("Review ");
	await rina.see("Nothing has been sent yet.");
	await rina.write("Reference", "T-1");
	await rina.write("Subject", "A try");
	await rina.write("Legal basis", "Invented example");
	await rina.press("Send ");
	await rina.page.waitForURL(/\/case\//);
	await rina.see("TEST", ".heading .chip");
	await rina.check("case-test");
	await rina.section("Cases");
	await rina.see("TEST", "tbody .chip");

	await verified(ani);
	await template(ani);
	await narrow(ani, ["setup", "people", "policies?policy=sandbox", "channel", "templates", "verify", "settings"]);
	await narrow(rina, ["mail"]);
	await locked(ani, rina);
	await zones(ani);
	for (const who of [ani, pasha, rina]) who.clean("at the end");
}

/* What a bundle proves is told whole in the other language. */
async function inIndonesian(ani) {
	const result = ani.page.locator("section[aria-labelledby=result]");
	await ani.press(ani.page.locator(".languages button[lang=id]"));
	await result.getByText("tanda tangannya sendiri menyatakannya").waitFor();
	const left = await result.locator("bdi[lang=en]").allInnerTexts();
	must(left.length === 0, `nothing of a verification is left in English: ${left.join("; ")}`);
	await ani.press(ani.page.locator(".languages button[lang=en]"));
	await ani.see("Every step held");
}

/* A file holds at every step, and one with a byte changed fails at a step that is named. */
async function verified(ani) {
	await ani.section("Verification");
	await ani.see("Verification", "h1");
	const bytes = readFileSync(stage.bundle);
	const drop = (buffer) => ani.page.setInputFiles("input[type=file]", { name: "case.bundle", mimeType: "application/octet-stream", buffer });
	await drop(bytes);
	await ani.press(ani.page.locator("main").getByRole("button", { name: "Check", exact: true }));
	await ani.see("Every step held");
	await ani.check("verify-holds");
	await inIndonesian(ani);
	bytes[600] ^= 1;
	await drop(bytes);
	await ani.press(ani.page.locator("main").getByRole("button", { name: "Check", exact: true }));
	await ani.see("It fails at: Members");
	await ani.check("verify-fails");
}

/* A place that nothing fills is told before anything is sent. */
async function template(ani) {
	await ani.section("Templates");
	await ani.see("Templates", "h1");
	await ani.write("Name", "reminder");
	await ani.page.getByLabel("Text").last().fill("About {subject}, please answer {nobody_knows}, {{so}} {Said}.");
	await ani.see("Places: {subject}, {nobody_knows}");
	await ani.see("no place (a-z, 0-9, _): sent as it stands {Said}");
	await ani.press("Keep as the next version");
	await ani.page.getByRole("button", { name: "reminder", exact: true }).click();
	await ani.press("Fill in");
	await ani.see("open: blocks sending");
	await ani.write("Case", "No such subject");
	await ani.press("Fill in");
	await ani.see("Nothing");
	await ani.check("template");
}

/* At the width of a telephone and in the dark nothing is wider than the window. */
async function narrow(who, paths) {
	await who.page.emulateMedia({ colorScheme: "dark" });
	await who.page.setViewportSize({ width: 320, height: 900 });
	for (const path of paths) {
		await who.page.goto(`${who.base}/console/${path}`);
		await who.page.waitForSelector("main h1");
		await who.shows(0, "main .none[role=status]", `${path} has loaded`);
		const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		must(wide <= 0, `${path}: ${wide} px wider than the window`);
		await who.check(`narrow-${path.split("?")[0]}`);
	}
	await who.page.setViewportSize({ width: 1280, height: 900 });
	await who.page.emulateMedia({ colorScheme: "light" });
	await who.page.goto(`${who.base}/console/cases`);
	await who.page.waitForSelector("a.title");
}

/* An admin locks a person, who is out at once, and lets them in again. */
async function locked(ani, rina) {
	await ani.section("People");
	await ani.page.locator("tbody button", { hasText: "rina" }).click();
	await ani.check("person");
	await ani.page.locator("dialog[open]").getByRole("button", { name: "Lock", exact: true }).click();
	await ani.page.locator("dialog[open] .chip", { hasText: "Locked" }).waitFor();
	rina.expected.add(401);
	await rina.page.locator("a.title").first().click();
	await rina.page.locator("dialog[open]").waitFor();
	await ani.page.locator("dialog[open]").getByRole("button", { name: "Unlock" }).click();
	await ani.page.locator("dialog[open] .chip", { hasText: "Active" }).waitFor();
	const box = rina.page.locator("dialog[open]");
	await box.getByLabel("Password").fill(stage.password);
	await box.getByRole("button", { name: "Log in" }).click();
	await rina.stepped();
	rina.expected.delete(401);
	await ani.page.locator("dialog[open]").getByRole("button", { name: "Close" }).click();
	await ani.check("people");
}

/* Zones that resolvers are ahead of are given anew, by an admin. */
async function zones(ani) {
	await ani.section("Operators");
	const serial = async () => Number((await ani.page.locator("section[aria-labelledby=zones] tbody td").nth(1).textContent()).trim());
	await ani.see("Changed lately");
	const before = await serial();
	await ani.act("Give each zone anew");
	await ani.see("are fetched whole", ".said-last");
	must((await serial()) > before, "the serial is past what it was");
	await ani.check("zones");
}

play(main, "first");
