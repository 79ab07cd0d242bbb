/* One's own account, and what one sets: the password changes and every other session ends; a
 * second factor, its recovery codes, and new ones; the zone of all times; contacts that go to
 * one of two peers, then to both.  What the node refuses is said in the reader's language. */
import { must } from "./browser.mjs";
import { ask, back, codeOf, person, play, stage, stranger } from "./steps.mjs";

const NEXT = "quite another passphrase of five words";
const EASTERN = "Asia/Jayapura";

const fold = (who, words) => who.press(who.page.locator("summary", { hasText: words }));
const logInAgain = async (who, password) => {
	const box = who.page.locator("dialog[open]");
	await box.getByLabel("Password").fill(password);
	await box.getByRole("button", { name: "Log in" }).click();
	await who.stepped();
};

/* A question that is on its way while the session is replaced: the node answers it by the old
 * one.  Gives what makes the answer come, and tells what the console made of it. */
async function answeredLate(adi) {
	const { page } = adi;
	process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
	const [{ name, value }] = await adi.context.cookies();
	let answer;
	const goes = new Promise((done) => (answer = done));
	await page.route(
		"**/v1/me/shield",
		async (route) => {
			await goes;
			const refused = await fetch(route.request().url(), { headers: { Cookie: `${name}=${value}` } });
			must(refused.status === 401, "the old session has ended");
			await route.fulfill({ status: 401, contentType: "application/problem+json", body: await refused.text() });
		},
		{ times: 1 },
	);
	const sent = page.waitForRequest("**/v1/me/shield");
	const asked = page.evaluate(async () => {
		const { src } = document.querySelector("script[type=module]");
		/* One script, or each module by itself (--web-dir). */
		const { api_get: get = (await import(src.replace(/[^/]+$/, "api.js"))).get } = await import(src);
		return get("/v1/me/shield").then(() => "answered", (e) => e.message);
	});
	await sent;
	return () => {
		answer();
		return asked;
	};
}

async function password(adi, other) {
	await adi.section("Settings");
	await fold(adi, "Change the password");
	const change = async (old, next) => {
		await adi.write("The password until now", old);
		await adi.write("New password", next);
		await adi.write("The same password again", next);
		await adi.press(adi.page.getByRole("button", { name: "Change the password" }));
	};
	adi.expected.add(400).add(401).add(403);
	await change("not that one at all", NEXT);
	await adi.see("the old password is not that");
	await change(adi.password, "aaaaaaaaaaaaaaaaaaaa");
	await adi.see("several words that do not belong together");
	adi.expected.clear();
	await adi.write("The same password again", "something else");
	must(await adi.page.getByRole("button", { name: "Change the password" }).isDisabled(), "two that differ are not sent");
	const tab = await adi.context.newPage();
	await tab.goto(`${adi.base}/console/settings`);
	await tab.getByRole("button", { name: "Keep" }).waitFor();
	adi.expected.add(401);
	const late = await answeredLate(adi);
	await change(adi.password, NEXT);
	await adi.see("The password is changed.", ".said-last");
	must((await late()) === "answered", "what was asked under the old session is asked again under the new one");
	await adi.shows(0, "dialog[open]", "and nobody logs in again");
	/* The other tab has the new session in its cookie, and the old one's word for its acts. */
	adi.expected.add(403);
	await tab.getByRole("button", { name: "Keep" }).click();
	await tab.locator(".said-last", { hasText: "Done" }).waitFor();
	must(!(await tab.locator(".problem, dialog[open]").count()), "another tab acts under the new session");
	await tab.close();
	adi.expected.delete(403);
	/* The session that asked goes on; the other one has ended, and takes the new one alone. */
	await adi.page.reload();
	await adi.see("Settings", "h1");
	other.expected.add(401);
	/* Whatever is asked next, by the person or by the screen, says so. */
	await other.page.locator("nav.sections a[href$='/policies']").dispatchEvent("click");
	await other.page.locator("dialog[open]").waitFor();
	await other.page.locator("dialog[open]").getByLabel("Password").fill(adi.password);
	await other.page.locator("dialog[open]").getByRole("button", { name: "Log in" }).click();
	await other.see("name, password or code is wrong", "dialog[open]");
	await logInAgain(other, NEXT);
	other.expected.clear();
	await other.see("Policies", "h1");
	adi.password = NEXT;
}

/* What the node says in English stands in Indonesian, with its own words below. */
async function inIndonesian(adi) {
	await adi.press(adi.page.locator(".languages button[lang=id]"));
	await adi.see("Setelan", "h1");
	await fold(adi, "Ganti kata sandi");
	await adi.write("Kata sandi sekarang", "bukan yang ini");
	await adi.write("Kata sandi baru", NEXT);
	await adi.write("Kata sandi yang sama sekali lagi", NEXT);
	adi.expected.add(400).add(401).add(403);
	await adi.press(adi.page.getByRole("button", { name: "Ganti kata sandi" }));
	await adi.see("kata sandi lama bukan itu");
	await fold(adi, "Dalam kata-kata node");
	await adi.see("the old password is not that");
	await adi.check("refused-id");
	adi.expected.clear();
	await adi.press(adi.page.locator(".languages button[lang=en]"));
}

async function recoveryCodes(adi) {
	adi.expected.add(401);
	await adi.page.reload();
	await adi.press("Set up a second factor");
	const secret = await adi.page.locator(".meta code").last().textContent();
	await adi.write("Code of your device", codeOf(secret));
	await adi.press("Confirm the code");
	const codes = async () => (await adi.page.locator(".once code").textContent()).trim().split(/\s+/);
	await adi.page.locator(".once code").waitFor();
	const first = await codes();
	must(new Set(first).size === 10, `ten codes, each another one: ${first.length}`);
	await adi.check("recovery-codes");
	/* One of them makes new ones, and those before are void. */
	await fold(adi, "New recovery codes");
	await adi.see("10 are left");
	await adi.write("Code of your device", first[0]);
	await adi.press(adi.page.locator("details[open]").getByRole("button", { name: "New recovery codes" }));
	await adi.page.waitForFunction((old) => !document.querySelector(".once code")?.textContent.includes(old), first[1]);
	const second = await codes();
	must(second.every((c) => !first.includes(c)) && second.length === 10, "new ones are others");
	await adi.page.reload();
	await adi.shows(0, ".once", "they are shown once");
	/* The telephone is lost: a code of the paper lets in, once. */
	const lost = await stranger("authority", "adi").arrive();
	lost.expected.add(401);
	const enter = async (code) => {
		await lost.write(lost.page.locator("input[name=name]"), "adi");
		await lost.write(lost.page.locator("input[name=password]"), NEXT);
		await lost.write(lost.page.locator("input[name=code]"), code);
		await lost.key("Enter");
	};
	await enter(first[2]);
	await lost.see("the code is wrong, too old, or was used already");
	await enter(second[0]);
	await lost.page.waitForSelector("header nav.sections");
	lost.expected.clear();
	await lost.section("Settings");
	await fold(lost, "New recovery codes");
	await lost.see("9 are left");
	await lost.leave();
}

/* As the browser itself writes it in that zone. */
async function zone(adi) {
	const shown = () =>
		adi.page.evaluate((z) => {
			const at = document.querySelector("main time[datetime]");
			const [h, m] = new Intl.DateTimeFormat("en-GB", { timeZone: z, hour: "2-digit", minute: "2-digit" }).format(new Date(at.dateTime)).split(":");
			return { as: at.textContent, wanted: `${h}:${m}` };
		}, EASTERN);
	await adi.page.locator("main time[datetime]").first().waitFor();
	const before = await shown();
	must(!before.as.endsWith(before.wanted), "this machine is in another zone");
	await adi.choose("Time zone", EASTERN);
	await adi.page.waitForFunction((was) => document.querySelector("main time[datetime]").textContent !== was, before.as);
	const after = await shown();
	must(after.as.endsWith(after.wanted), `${after.as} ends with ${after.wanted}`);
	await adi.page.reload();
	await adi.page.locator("main time[datetime]").first().waitFor();
	const kept = await shown();
	must(kept.as.endsWith(kept.wanted), "the zone is kept");
	await adi.check("zone");
}

/* The names of our contacts, by the peer that has them. */
const published = (adi) =>
	adi.page.evaluate(async () => {
		const { channels } = await (await fetch("/v1/contacts")).json();
		return Object.fromEntries(channels.map((c) => [c.peer, c.ours.contacts.map((x) => x.name).join()]));
	});

/* Nobody is chosen until somebody chooses; who is not chosen keeps what it has. */
async function contacts(adi) {
	const theirs = () => published(adi);
	const publish = (name) => adi.page.getByRole("button", { name, exact: true });
	await adi.section("Channel");
	await fold(adi, "Change our contacts");
	await adi.see("They have 0 contacts of ours now");
	await adi.write("Post or desk", "Duty desk");
	await adi.write("How it is reached", "+62 21 000 000");
	must(await publish("Publish").isDisabled(), "to nobody nothing is published");
	await adi.tick(stage.peers[0]);
	await adi.check("contacts-two");
	await adi.press(publish(`Publish to ${stage.peers[0]}`));
	await adi.see("1 contact is published to", ".said-last");
	let now = await theirs();
	must(now[stage.peers[0]] === "Duty desk" && now[stage.peers[1]] === "", `one of two has them: ${JSON.stringify(now)}`);
	await adi.tick(stage.peers[1]);
	await adi.press("One more");
	await adi.page.getByLabel("Post or desk").nth(1).fill("Night desk");
	await adi.page.getByLabel("How it is reached").nth(1).fill("+62 21 000 001");
	await adi.press(publish(`Publish to ${stage.peers[0]} and ${stage.peers[1]}`));
	await adi.see(`${stage.peers[1]} (recorded #`, ".said-last");
	now = await theirs();
	must(stage.peers.every((p) => now[p] === "Duty desk,Night desk"), `both have both: ${JSON.stringify(now)}`);
}

/* A node whose store was put back from an old copy, while one of its peers is away: above every
 * screen what takes nothing, until that peer has said what it has and given it back. */
async function standing(adi) {
	const { page } = adi;
	const [peer] = stage.peers;
	const again = async (what) => {
		await ask(what);
		await page.waitForSelector(".connection.live");
	};
	adi.offline = true;
	await ask(`stop ${peer}`);
	await again("restore authority");
	await page.reload();
	await page.waitForSelector(".connection.live");
	adi.offline = false;
	await adi.see("1 log of this node takes nothing.", "header");
	await adi.press(adi.link("How far it is"));
	const log = (state) => page.locator("main li", { hasText: peer }).filter({ hasText: state });
	await log("Asks the other side what it has").waitFor();
	await adi.check("standing");
	await adi.press(page.locator(".languages button[lang=id]"));
	await adi.see("1 log node ini tidak menerima apa pun", "header");
	await adi.see(`untuk ${peer}, padahal`, "header");
	await adi.check("standing-id");
	await adi.press(page.locator(".languages button[lang=en]"));
	await ask(`start ${peer}`);
	await log("Takes events").waitFor();
	await page.locator("header .problem").waitFor({ state: "detached" });
	must(true, "what is over is not said any more");
	const got = await published(adi);
	must(stage.peers.every((p) => got[p] === "Duty desk,Night desk"), `what the copy lacked is back: ${JSON.stringify(got)}`);
}

play(async () => {
	const adi = await person("authority", "adi");
	const other = await person("authority", "adi");
	await password(adi, other);
	await inIndonesian(adi);
	await zone(adi);
	other.clean("after the password was changed");
	await other.leave();
	adi.offline = true;
	await ask("keep authority");
	await back(adi);
	await contacts(adi);
	await standing(adi);
	await adi.section("Settings");
	await recoveryCodes(adi);
	adi.clean("at the end");
}, "account");
