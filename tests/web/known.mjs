/* What the console is not told it does not say: a refusal is shown where it was asked for, what
 * could not be asked is not taken for nothing, and what was so some time ago is not now. */
import { readFileSync } from "node:fs";
import { must } from "./browser.mjs";
import { openCase } from "./steps.mjs";

const WHY = "It is not to be had now (invented).";
const refusal = (status) => ({ status, contentType: "application/problem+json", body: JSON.stringify({ status, detail: WHY }) });

/* While the node refuses what is asked at `paths`. */
async function refusing(who, status, paths, method, look) {
	const { page } = who;
	const refuse = (route) => (route.request().method() === method ? route.fulfill(refusal(status)) : route.fallback());
	who.expected.add(status);
	for (const path of paths) await page.route(path, refuse);
	await look();
	for (const path of paths) await page.unroute(path, refuse);
}

/* What the button of an act asks for is refused: that is said beside it. */
export async function acts(rina, umi) {
	const beside = (who, name) => who.page.locator(".problem", { hasText: WHY }).and(who.page.getByRole("button", { name, exact: true }).locator("xpath=following-sibling::*[1]"));
	await rina.section("Channel");
	await refusing(rina, 423, ["**/v1/channel/tests"], "POST", async () => {
		await rina.press("Send a test");
		await rina.shows(1, beside(rina, "Send a test"), "a test that is refused");
		await rina.check("act-refused");
	});
	await rina.press("Send a test");
	await rina.see("recorded #", ".said-last");
	await rina.shows(0, ".problem", "what is done is refused no more");
	rina.expected.delete(423);
	await umi.section("Who saw what");
	await refusing(umi, 503, ["**/v1/access/check", "**/v1/access?*limit=1000*"], "GET", async () => {
		await umi.press("Check that the record is whole");
		await umi.shows(1, beside(umi, "Check that the record is whole"), "a check that cannot be had");
		await umi.press(umi.page.locator("nav.pager").last().getByRole("button", { name: "CSV" }));
		await umi.shows(2, umi.page.locator(".problem", { hasText: WHY }), "a file that cannot be had");
		await umi.check("export-refused");
	});
	umi.expected.delete(503);
}

/* These are not there: nothing is shown as if there were none, and they are asked for again. */
async function lacking(who, paths, many, none, as) {
	await refusing(who, 503, paths, "GET", async () => {
		await who.page.reload();
		await who.shows(many, who.page.locator(".problem", { hasText: WHY }), `${as}: what is not there is said`);
		await who.shows(0, who.page.locator("main p.none[role=status]"), `${as}: nothing is awaited`);
		for (const text of none) await who.shows(0, who.page.locator("main .empty", { hasText: text }), `${as}: it does not say: ${text}`);
		await who.check(as);
	});
	for (let n = many; n > 0; n--) {
		await who.press(who.page.locator(".problem", { hasText: WHY }).getByRole("button", { name: "Try again" }).first());
		await who.shows(n - 1, who.page.locator(".problem", { hasText: WHY }), `${as}: they are asked for again`);
	}
	who.expected.delete(503);
}

export async function screens(rina, umi, subject, order) {
	await rina.section("Channel");
	await lacking(rina, ["**/v1/peers", "**/v1/channel/tests", "**/v1/contacts"], 4, ["No other side"], "channel-lacking");
	await openCase(rina, subject);
	await lacking(rina, ["**/v1/cases/*/notes", "**/v1/cases/*/erasures"], 2, ["Nobody has written"], "case-lacking");
	await rina.page.goto(`${rina.base}/console/order/${order}`);
	await lacking(rina, ["**/v1/zones"], 1, [], "gate-lacking");
	await rina.page.goto(`${rina.base}/console/draft`);
	await lacking(rina, ["**/v1/cases?*queue=overdue*"], 1, ["No case is overdue"], "cites-lacking");
	await umi.section("Audit log");
	await lacking(umi, ["**/v1/alarms"], 1, [], "alarms-lacking");
	/* Whom to choose from. */
	await openCase(rina, subject);
	await refusing(rina, 503, ["**/v1/colleagues"], "GET", async () => {
		await rina.press("Assign…");
		await rina.see(WHY, "dialog[open] .problem");
	});
	await rina.press(rina.page.locator("dialog[open]").getByRole("button", { name: "Try again" }));
	await rina.page.locator("dialog[open] option", { hasText: "adi" }).waitFor({ state: "attached" });
	await rina.key("Escape");
	await rina.stepped();
	rina.expected.delete(503);
}

/* That nothing failed is not that something came. */
export async function never(tono) {
	const { page } = tono;
	const hook = { webhook: "01980000-0000-7000-8000-000000000001", url: "https://hook.example/", types: "*", active: true, failing_since: null, reason: null, delivered: 0 };
	await page.route("**/v1/webhooks", (route) => route.fulfill({ json: { webhooks: [hook] } }));
	await page.route("**/v1/webhooks/*/deliveries?*", (route) => route.fulfill(refusal(503)));
	await page.route("**/v1/peers", async (route) => {
		const answer = await (await route.fetch()).json();
		const [first] = answer.peers;
		const others = [{ ...first, peer: "new.example", delivered: null }, { ...first, peer: "stranger.example", introduced: false, delivered: null }];
		await route.fulfill({ json: { ...answer, peers: [{ ...first, failing_since: null }, ...others] } });
	});
	tono.expected.add(503);
	await tono.section("Cases");
	await tono.section("Channel");
	const looks = (name) => page.locator("main li", { hasText: name }).locator(".chip").first();
	await tono.shows(1, looks("vidgo.example").and(page.locator(".done")), "a peer whose receipt is here");
	await tono.shows(1, looks("new.example").and(page.locator(".unknown", { hasText: "Nothing delivered yet" })), "a peer without one");
	await tono.shows(1, looks("stranger.example").and(page.locator(".waiting", { hasText: "Not introduced yet" })), "one that is not introduced");
	await tono.shows(1, looks("hook.example").and(page.locator(".unknown")), "a webhook that was never tried");
	await tono.see(WHY, "li:has-text('hook.example') .problem");
	await tono.check("never-delivered");
	for (const path of ["**/v1/webhooks", "**/v1/webhooks/*/deliveries?*", "**/v1/peers"]) await page.unroute(path);
	tono.expected.delete(503);
}

const clockOf = (ms) => new Date(ms).toTimeString().slice(0, 5);

/* `who` has a browser whose clock is two hours fast, and that can be put on. */
export async function times(who) {
	const { page } = who;
	const about = () => [clockOf(Date.now() - 60000), clockOf(Date.now())];
	await who.section("Cases");
	await page.waitForSelector("a.title");
	const said = await page.locator(".heading .meta").innerText();
	must(about().some((c) => said === `As of ${c}`), `the node's time is shown: ${said}`);
	/* What is left goes by, though nothing is heard. */
	const soon = (route) =>
		route.fetch().then(async (got) => {
			const answer = await got.json();
			answer.cases[0].due = new Date(Date.now() + 90000).toISOString();
			await route.fulfill({ response: got, json: answer });
		});
	await page.route("**/v1/cases?*", soon);
	await who.section("Channel");
	await who.section("Cases");
	const first = page.locator("tbody tr").first();
	await first.getByText(" left").waitFor();
	who.offline = true;
	await page.route("**/v1/**", (route) => route.abort());
	await page.clock.fastForward(120000);
	await first.getByText(" late").waitFor();
	/* And a line on which nothing comes is not live. */
	await who.see(/Not connected – data as of \d\d:\d\d [A-Z]/, ".connection");
	await who.check("line-silent");
	await page.unroute("**/v1/**");
	await page.unroute("**/v1/cases?*");
	await page.waitForSelector(".connection.live");
	who.offline = false;
	who.clean("where time passes");
}

/* A list of more than a page is walked to its end; the node gives two a page here. */
async function walked(who, section, what, rows) {
	const { page } = who;
	const short = (route) => {
		const url = new URL(route.request().url());
		const at = rows.findIndex((r) => r.id === url.searchParams.get("after")) + 1;
		const some = rows.slice(at, at + 2);
		return route.fulfill({ json: { [what]: some.map((r) => r.row), next: some.length === 2 ? some[1].id : null } });
	};
	await page.route(`**/v1/${what}*`, short);
	await who.section(section);
	await who.shows(2, "main ul.matches > li", `${section}: the first page`);
	await who.press(who.link("Next page"));
	await who.see(rows[2].says, "main ul.matches");
	await who.shows(2, "main ul.matches > li", `${section}: the next page`);
	await who.check(`${what}-page`);
	await who.press(who.link("Next page"));
	await who.see("There is nothing more from here on.");
	await who.shows(0, who.page.getByRole("link", { name: "Next page" }), `${section}: the end`);
	await who.press(who.link("First page"));
	await who.see(rows[0].says, "main ul.matches");
	await page.unroute(`**/v1/${what}*`);
}

const idOf = (n) => `01980000-0000-7000-8000-00000000000${n}`;
const NOW = new Date().toISOString();

export async function ends(rina, lia) {
	const made = (of) => [1, 2, 3, 4].map((n) => ({ id: of === "prepared" ? String(n) : idOf(n), ...rowsOf[of](n) }));
	const rowsOf = {
		objections: (n) => ({ says: `Objection ${n}`, row: { objection: idOf(n), order: idOf(9), state: "queued", text: `Objection ${n}`, received: NOW, answer_due: NOW, rule_due: NOW } }),
		prepared: (n) => ({ says: `Text ${n}`, row: { prepared: idOf(n), case: idOf(9), step: "warn", level: n, text: `Text ${n}`, due: NOW, made: NOW, ref: null } }),
		held: (n) => ({ says: `because of ${n}`, row: { held: idOf(n), case: idOf(9), decision: { outcome: "removed" }, items: n, reason: `because of ${n}`, by: "dewi", made: NOW, effect: NOW, state: "held", act: "item.decide", ref: null } }),
	};
	await walked(rina, "Objections", "objections", made("objections"));
	await walked(rina, "Prepared", "prepared", made("prepared"));
	await walked(lia, "Waiting decisions", "held", made("held"));
}

const csvOf = async (who, name) => {
	const [saved] = await Promise.all([who.page.waitForEvent("download"), who.page.locator("nav.pager").last().getByRole("button", { name }).click()]);
	return { name: saved.suggestedFilename(), rows: readFileSync(await saved.path(), "utf8").trim().split("\r\n").length - 1 };
};

/* Of a kind that is rare the node finds none among the first thousands; and a file has an end. */
export async function rare(umi) {
	const { page } = umi;
	const event = { id: 1, seq: 1, at: NOW, party: "authority", peer: "vidgo.example", type: "hold.place", author: "x", case: null, ref: null, void: false, why: null };
	let found = Infinity; /* from this event on */
	await page.route("**/v1/events?*", (route) => {
		const query = new URL(route.request().url()).searchParams;
		const next = Number(query.get("after")) + 5000;
		const events = next > found ? [{ ...event, id: next }] : [];
		return query.has("types") ? route.fulfill({ json: { events, next, more: events.length === 0, newest: 1e9 } }) : route.fallback();
	});
	await umi.section("Cases");
	await umi.page.goto(`${umi.base}/console/log?kind=hold`);
	await umi.see("None among the events that were looked at so far");
	await umi.shows(0, umi.page.locator("main", { hasText: "No event matches" }), "there may be some");
	await umi.shows(1, umi.page.locator("nav.pager").getByRole("button", { name: "CSV" }), "and a file of them");
	await umi.check("log-look-on");
	found = 130000;
	await umi.press("Look on");
	await umi.shows(1, "main tbody tr", "the first of its kind is found");
	/* Another filter begins at the beginning. */
	await umi.choose(page.getByLabel("About", { exact: true }), "");
	await umi.press("Show these");
	await page.locator("main tbody tr", { hasText: "Notice sent" }).first().waitFor();
	await page.unroute("**/v1/events?*");

	const row = { seq: 1, at: NOW, who: "x", name: "x", method: "GET", route: "/v1/x", object: null, outcome: "ok", via: "session", address: "192.0.2.1" };
	const json = (next) => JSON.stringify({ access: Array(1000).fill(row), next });
	const [more, last] = [json(5), json(null)];
	let asked = 0;
	await page.route("**/v1/access?*limit=1000*", (route) => route.fulfill({ contentType: "application/json", body: ++asked < 102 ? more : last }));
	await umi.section("Who saw what");
	await page.locator("main tbody tr").first().waitFor();
	const first = await csvOf(umi, "Download all");
	must(first.rows === 100000, `a file has an end: ${first.rows}`);
	await umi.see("The files have the first 100,000 rows; there are more.");
	await umi.check("export-cut");
	const second = await csvOf(umi, "Download the rest");
	must(second.rows === 2000 && second.name !== first.name, `the rest is in another: ${second.rows}, ${second.name}`);
	await umi.shows(0, umi.page.locator("main", { hasText: "there are more" }), "and that is all");
	await page.unroute("**/v1/access?*limit=1000*");
}
