/* A one-time link, opened in the console: a password is chosen, and the work begins. */
import { html, useState } from "./vendor.js";
import { begun, post } from "./api.js";
import { text, useRun } from "./form.js";
import { t, word } from "./lang.js";
import { Alone } from "./login.js";
import { Act, Field, Loading, Trouble, useApi } from "./parts.js";
import { go, place } from "./route.js";

export function Welcome() {
	const [token] = useState(place.value.query.link || "");
	const state = useApi(() => post("/v1/welcome/check", { token }), [token]);
	const [f, set] = useState({ password: "", again: "", code: "" });
	const [run, trouble] = useRun();
	const differ = f.again !== "" && f.again !== f.password;
	const send = () =>
		run(async () => {
			await begun(await post("/v1/welcome", { token, password: f.password, ...(f.code ? { code: f.code } : {}) }));
			go(state.data.role === "admin" ? "setup" : "", {}, { replace: true });
		});
	const password = { type: "password", maxlength: 512, autocomplete: "new-password" };
	return html`<${Alone} /><main id="main"><h1>${t("welcome_title")}</h1>
		${state.problem && html`<p>${t("welcome_bad")}</p><${Trouble} problem=${state.problem} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && html`<p class="lead">${t("welcome_for", state.data.name, word("role", state.data.role))}</p>
			<input type="hidden" name="name" autocomplete="username" value=${state.data.name} />
			<${Field} label=${t("welcome_password")} hint=${t("welcome_hint")}>${text(f, set, "password", password)}<//>
			<${Field} label=${t("welcome_again")} error=${differ ? t("welcome_differ") : null}>${text(f, set, "again", password)}<//>
			${state.data.code && html`<${Field} label=${t("welcome_code")}>${text(f, set, "code", { inputmode: "numeric", autocomplete: "one-time-code", maxlength: 40 })}<//>`}
			${trouble}
			<div class="bar start"><${Act} run=${send} off=${!f.password || f.password !== f.again}>${t("welcome_button")}<//></div>`}
	</main>`;
}
