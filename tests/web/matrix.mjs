/* Every screen of every role, in both languages and colour schemes, wide, at 320 px and at
 * 200 %: axe-core finds nothing, also in what is folded, and nothing is wider than the window. */
import { readFileSync } from "node:fs";
import { Failure, Person, must, open, passed } from "./browser.mjs";

const stage = JSON.parse(readFileSync(process.argv[2], "utf8"));
/* SALURAN_MATRIX=once: as most people have it, for pictures.  640: a window of 1280 at 200 %. */
const once = process.env.SALURAN_MATRIX === "once";
const WIDTHS = once ? [1280] : [1280, 640, 320];
const LANGS = once ? ["id"] : ["id", "en"];
const SCHEMES = once ? ["light"] : ["light", "dark"];
const ROLES = [
	["authority", "rina", ["cases", "prepared", "disputes", "import", "orders", "draft", "objections", "stats", "channel", "operators", "settings", "mail", "templates", "policies?policy=id-2020", "verify", "search?q=list", "CASE", "DEADLINE", "ORDER", "RECORDED", "SIGNED", "OBJECTED", "nowhere"]],
	["authority", "adi", ["orders", "ORDER", "SIGNED"]],
	["authority", "umi", ["log", "access", "people", "channel"]],
	["authority", "oki", ["dns", "operators", "settings"]],
	["platform", "dewi", ["cases", "CASE", "DECIDE", "held", "disputes", "channel", "stats", "policies"]],
];
const PLACES = {
	CASE: `case/${stage.case}`, DECIDE: `decide/${stage.case}`, DEADLINE: `deadline/${stage.case}`, ORDER: `order/${stage.order}`,
	RECORDED: `recorded/${stage.case}?seq=${stage.entry}`, SIGNED: `signed/${stage.order}?seq=${stage.signed}`,
	OBJECTED: `objected/${stage.objection}?act=rule&seq=${stage.ruled}`,
};
const TOGETHER = 2; /* roles at one time */

const browser = await open();

/* One screen in every way that it can be looked at; nothing of it is asked for anew. */
async function everyWay(who, as) {
	const { page } = who;
	if (!once) await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
	for (const lang of LANGS) {
		if (await page.locator(`.languages button[lang=${lang}]`).count()) await who.press(page.locator(`.languages button[lang=${lang}]`));
		else if ((await page.getAttribute("html", "lang")) !== lang) await page.goto(`${page.url().split("?")[0]}?lang=${lang}`);
		await page.waitForFunction((l) => document.documentElement.lang === l, lang);
		for (const scheme of SCHEMES) {
			await page.emulateMedia({ colorScheme: scheme });
			for (const width of WIDTHS) {
				await page.setViewportSize({ width, height: 900 });
				const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
				must(wide <= 0, `${as} in ${lang} at ${width}: ${wide} px wider than the window`);
				await who.check(`${as}-${lang}-${scheme}-${width}`);
			}
		}
	}
}

async function look(who, path, as) {
	await who.page.evaluate((to) => {
		history.pushState(null, "", `/console/${to}`);
		dispatchEvent(new PopStateEvent("popstate"));
	}, path);
	await who.page.waitForSelector("main h1");
	await who.settled();
	await everyWay(who, as);
}

async function role([side, name, paths], first) {
	const who = new Person(browser, `https://127.0.0.1:${stage[side]}`, name, stage.password);
	await who.arrive(LANGS[0]);
	if (first) await everyWay(who, "login");
	await who.logIn();
	/* A DNS operator's own work is what such a person sees first. */
	if (name === "oki") {
		await who.see(stage.operator, "h2");
		await who.see(/B-\d{4}-\d{3}/, "td");
		await who.key("m");
		must(await who.page.evaluate(() => document.activeElement.matches("table")), "m leads to the table");
	}
	for (const path of paths) await look(who, PLACES[path] || path, `${name}-${path.toLowerCase().split("?")[0]}`);
	await who.leave();
}

try {
	const waiting = ROLES.map((r, i) => [r, i === 0]);
	const next = async () => {
		for (let one = waiting.shift(); one; one = waiting.shift()) await role(...one);
	};
	await Promise.all(Array.from({ length: TOGETHER }, next));
	console.log(`${passed()} checks held`);
} catch (e) {
	console.error(e instanceof Failure ? e.message : e.stack);
	process.exitCode = 1;
} finally {
	await browser.close();
}
