/* The console: who is logged in, where they are, the screen that goes with it. */
import { html, render, useEffect, useState } from "./vendor.js";
import { ended, me, node, whoAmI } from "./api.js";
import { arrived, home, idle, soon } from "./early.js";
import { onKey } from "./keys.js";
import * as words from "./lang.js";
import * as stream from "./live.js";
import { Login, LoginAgain } from "./login.js";
import { Loading, Trouble } from "./parts.js";
import { onClick, place } from "./route.js";
import { screens } from "./screens.js";
import { Shell } from "./shell.js";

const deviceFirst = { load: () => import("./device.js"), name: "DeviceFirst" };
const welcome = { load: () => import("./welcome.js"), name: "Welcome" };

function Later({ screen, ...rest }) {
	const [Component, set] = useState(null);
	useEffect(() => {
		words.withTexts(screen.load).then((m) => set(() => m[screen.name]));
	}, [screen]);
	return Component ? html`<${Component} ...${rest} />` : html`<${Loading} />`;
}

function Screen() {
	const [name, word] = (place.value.path || home(me.value.role)).split("/");
	const screen = screens[name];
	if (!screen) return html`<h1>${words.t("error_missing")}</h1><p>${words.t("error_missing_how")}</p>`;
	const C = screen.component;
	return C ? html`<${C} key=${name + word} word=${word} />` : html`<${Later} key=${name + word} screen=${screen} word=${word} />`;
}

function Console() {
	const [first, setFirst] = useState(false);
	useEffect(() => {
		let begins = me.value && !first && !ended.value;
		/* Operators are told nothing of cases. */
		if (begins) idle().then(() => begins && stream.begin(me.value.role !== "operator"));
		else stream.end();
		return () => {
			begins = false;
		};
	}, [me.value?.pseudonym, ended.value, first]);
	words.lang.value; /* every text depends on it */
	if (me.value?.totp === "required" && !first) setFirst(true);
	if (place.value.path === "welcome") return html`<${Later} screen=${welcome} />`;
	if (!me.value) return html`<${Login} />`;
	if (first) return html`<${Later} screen=${deviceFirst} go_on=${() => setFirst(false)} />`;
	return html`<${Shell}><${Screen} /><//><${LoginAgain} />`;
}

async function start() {
	const root = /** @type {HTMLElement} */ (document.getElementById("console"));
	root.replaceChildren();
	document.addEventListener("click", onClick);
	document.addEventListener("keydown", onKey);
	document.addEventListener("pointerover", words.onPoint);
	const asked = whoAmI().then(() => null, (problem) => problem);
	await words.begin();
	const problem = await asked;
	await soon();
	node.value = arrived("/v1/status");
	if (problem) {
		render(html`<main><h1>Saluran</h1><${Trouble} problem=${problem} retry=${() => location.reload()} /></main>`, root);
		return;
	}
	render(html`<${Console} />`, root);
	await idle();
	words.whole().catch(() => {}); /* who needs them asks again */
}

start();
