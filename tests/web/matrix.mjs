/* Every screen of every role, in both languages and colour schemes, wide, at 320 px and at
 * 200 %: axe-core finds nothing, and nothing is wider than the window. */
import { readFileSync } from "node:fs";
import { Failure, Person, must, open, passed } from "./browser.mjs";

const stage = JSON.parse(readFileSync(process.argv[2], "utf8"));
/* SALURAN_MATRIX=once: as most people have it, for pictures.  640: a window of 1280 at 200 %. */
const once = process.env.SALURAN_MATRIX === "once";
const WIDTHS = once ? [1280] : [1280, 640, 320];
const LANGS = once ? ["id"] : ["id", "en"];
const SCHEMES = once ? ["light"] : ["light", "dark"];
const ROLES = [
	["authority", "rina", ["cases", "prepared", "disputes", "import", "orders", "draft", "objections", "stats", "channel", "operators", "settings", "mail", "templates", "policies?policy=id-2020", "verify", "search?q=contoh", "CASE", "DEADLINE", "ORDER", "RECORDED", "SIGNED", "OBJECTED", "nowhere"]],
	["authority", "adi", ["orders", "ORDER", "SIGNED"]],
	["authority", "umi", ["log", "access", "people", "channel"]],
	["authority", "oki", ["dns", "operators", "settings"]],
	["platform", "dewi", ["cases", "CASE", "DECIDE", "held", "disputes", "channel", "stats", "policies"]],
];

const browser = await open();

async function look(who, path, as) {
	await who.page.evaluate((to) => {
		history.pushState(null, "", `/console/${to}`);
		dispatchEvent(new PopStateEvent("popstate"));
	}, path);
	await who.page.waitForSelector("main h1");
	await who.page.waitForLoadState("networkidle").catch(() => {});
	for (const width of WIDTHS) {
		await who.page.setViewportSize({ width, height: 900 });
		const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		must(wide <= 0, `${as} at ${width}: ${wide} px wider than the window`);
		await who.check(`${as}-${width}`);
	}
}

try {
	for (const lang of LANGS)
		for (const scheme of SCHEMES)
			for (const [side, name, paths] of ROLES) {
				const who = new Person(browser, `https://127.0.0.1:${stage[side]}`, name, stage.password, { scheme });
				await who.arrive(lang);
				await who.check(`login-${lang}-${scheme}`);
				await who.logIn();
				/* A DNS operator's own work is what such a person sees first. */
				if (name === "oki") await who.see(stage.operator, "h2");
				for (const path of paths) {
					const real = path.replace("CASE", `case/${stage.case}`).replace("DECIDE", `decide/${stage.case}`).replace("DEADLINE", `deadline/${stage.case}`).replace("ORDER", `order/${stage.order}`)
						.replace("RECORDED", `recorded/${stage.case}?seq=${stage.entry}`).replace("SIGNED", `signed/${stage.order}?seq=${stage.signed}`)
						.replace("OBJECTED", `objected/${stage.objection}?act=rule&seq=${stage.ruled}`);
					await look(who, real, `${name}-${path.toLowerCase().split("?")[0]}-${lang}-${scheme}`);
				}
				await who.leave();
			}
	console.log(`${passed()} checks held`);
} catch (e) {
	console.error(e instanceof Failure ? e.message : e.stack);
	process.exitCode = 1;
} finally {
	await browser.close();
}
