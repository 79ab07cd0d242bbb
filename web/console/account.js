/* One's own account: the password, where one is logged in, tokens for programs. */
import { html, useState } from "./vendor.js";
import { begun, me, post } from "./api.js";
import { useRun } from "./form.js";
import { t } from "./lang.js";
import { Act, Field, say } from "./parts.js";
import { Sessions } from "./sessions.js";
import { Tokens } from "./tokens.js";

const secret = (f, set, name, autocomplete) => (a) =>
	html`<input ...${a} type="password" autocomplete=${autocomplete} maxlength="512" value=${f[name]} onInput=${(e) => set({ ...f, [name]: e.target.value })} />`;

const EMPTY = { old: "", password: "", again: "" };

/* All sessions end with the old password; this one goes on under a new one. */
function Password() {
	const [f, set] = useState(EMPTY);
	const [run, trouble] = useRun();
	const differs = f.again !== "" && f.again !== f.password;
	const change = () =>
		run(async () => {
			await begun(await post("/v1/me/password", { password: f.password, ...(f.old ? { old: f.old } : {}) }));
			set(EMPTY);
			say(t("password_changed"));
		});
	return html`<details><summary>${t("password_change")}</summary>
		<p class="meta">${t("password_change_why")}</p>
		${me.value.password && html`<${Field} label=${t("password_old")}>${secret(f, set, "old", "current-password")}<//>`}
		<${Field} label=${t("welcome_password")} hint=${t("welcome_hint")}>${secret(f, set, "password", "new-password")}<//>
		<${Field} label=${t("welcome_again")} error=${differs ? t("welcome_differ") : null}>${secret(f, set, "again", "new-password")}<//>
		${trouble}
		<div class="bar start"><${Act} run=${change} off=${!f.password || f.again !== f.password}>${t("password_change")}<//></div>
	</details>`;
}

export function Account() {
	return html`<section aria-labelledby="account"><h2 id="account">${t("account")}</h2>
		<${Password} />
		<h3>${t("sessions")}</h3><${Sessions} person=${me.value.name} />
		<h3>${t("tokens")}</h3><p class="meta">${t("tokens_why")}</p><${Tokens} person=${me.value.name} />
	</section>`;
}
