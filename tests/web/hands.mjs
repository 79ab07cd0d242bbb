/* How a person presses, writes and chooses: with a mouse, or with the keyboard alone.  Whoever
 * has the keyboard has nothing else: what only a mouse can do throws. */
import { Failure } from "./browser.mjs";

const TABS_MAX = 1500;

export const mouse = {
	press: (to) => to.click(),
	write: (to, text) => to.fill(text),
	tick: (to) => to.check(),
	choose: (to, value) => to.selectOption(value),
	attach: (to, file) => to.setInputFiles(file),
};

const isOn = (el) => el.evaluate((e) => document.activeElement === e);

/* Of radio buttons Tab reaches one; arrows lead to the others. */
const isBeside = (el) =>
	el.evaluate((e) => e.type === "radio" && document.activeElement?.type === "radio" && document.activeElement.name === e.name);

async function reach(to) {
	await to.waitFor();
	const el = await to.elementHandle();
	await el.waitForElementState("enabled");
	const { keyboard } = to.page();
	for (let n = 0; n < TABS_MAX; n++) {
		if (await isOn(el)) return el;
		await keyboard.press((await isBeside(el)) ? "ArrowDown" : "Tab");
	}
	throw new Failure(`no key leads to ${to}`);
}

export const keys = {
	async press(to) {
		await reach(to);
		await to.page().keyboard.press("Enter");
	},
	async write(to, text) {
		await reach(to);
		await to.page().keyboard.press("Control+A");
		await to.page().keyboard.press("Delete");
		await to.page().keyboard.type(text);
	},
	async tick(to) {
		const el = await reach(to);
		if (!(await el.isChecked())) await to.page().keyboard.press("Space");
	},
	/* The first letters of an option choose it. */
	async choose(to, value) {
		const el = await reach(to);
		const words = await el.evaluate((e, v) => [...e.options].find((o) => o.value === v || o.text === v)?.text, value);
		await to.page().keyboard.type(words);
		if ((await el.evaluate((e) => e.selectedOptions[0].text)) !== words) throw new Failure(`no key chooses ${words}`);
	},
	async attach(to, file) {
		await reach(to);
		const asked = to.page().waitForEvent("filechooser");
		await to.page().keyboard.press("Enter");
		await (await asked).setFiles(file);
	},
};

const OF_A_MOUSE = ["click", "dblclick", "tap", "hover", "check", "uncheck", "setChecked", "fill", "clear", "selectOption", "setInputFiles", "focus", "press", "dragTo"];

/* From here on there is no mouse. */
export function takeMouse(page) {
	/* While somebody listens a chooser is never the system's own. */
	page.on("filechooser", () => {});
	const throws = (what, name) => {
		what[name] = () => {
			throw new Failure(`${name} is done with a mouse`);
		};
	};
	for (const what of [page, Object.getPrototypeOf(page.locator("html"))])
		for (const name of OF_A_MOUSE) if (what[name]) throws(what, name);
	for (const name of ["click", "dblclick", "down", "move", "up", "wheel"]) throws(page.mouse, name);
}
