/* Logging in, also when a session ends in the middle of something: then it lies over the
 * screen, and what was typed there stays. */
import { html, useState } from "./vendor.js";
import { ended, logIn, me, Problem } from "./api.js";
import { t } from "./lang.js";
import { Dialog, Field, Sentence } from "./parts.js";
import { Languages } from "./shell.js";

function Form({ name: known }) {
	const [problem, setProblem] = useState(null);
	const [needsCode, setNeedsCode] = useState(false);
	const send = async (event) => {
		event.preventDefault();
		const f = new FormData(event.target);
		try {
			await logIn(known || f.get("name"), f.get("password"), f.get("code"));
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			if (e.shown.needs === "code") setNeedsCode(true);
			setProblem(e);
		}
	};
	return html`<form onSubmit=${send}>
		${problem &&
		html`<div class="problem" role="alert">
			<p>${t("login_wrong")}</p>
			<${Sentence} text=${problem.message} />
		</div>`}
		${!known &&
		html`<${Field} label=${t("login_name")}>
			${(a) => html`<input ...${a} name="name" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="40" required />`}
		<//>`}
		<${Field} label=${t("login_password")}>
			${(a) => html`<input ...${a} name="password" type="password" autocomplete="current-password" maxlength="512" required />`}
		<//>
		<${Field} label=${t("login_code")}>
			${(a) => html`<input ...${a} name="code" type="text" autocomplete="one-time-code" inputmode="numeric" maxlength="40" required=${needsCode} />`}
		<//>
		<button type="submit">${t("login")}</button>
	</form>`;
}

/* Above what is shown before anybody is at work. */
export const Alone = () => html`<header class="alone"><div class="bar"><p class="whose"><strong class="mark">Saluran</strong></p><${Languages} /></div></header>`;

export function Login() {
	return html`<${Alone} />
		<main id="main"><h1>${t("login")}</h1><p class="lead">${t("login_why")}</p><${Form} /></main>`;
}

export function LoginAgain() {
	if (!ended.value) return null;
	return html`<${Dialog} title=${t("session_ended")} close=${() => {}} stays>
		<p>${t("session_ended_why", me.value.name)}</p>
		<${Form} name=${me.value.name} />
	<//>`;
}

