/* What the console is not told it does not say: a refusal is shown where it was asked for, and
 * what could not be asked is not taken for nothing. */
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
