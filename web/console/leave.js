/* The end of a session.  What was written and not sent stays for the next time, unless the
 * person has it removed: on a machine that others use, too, that is theirs to say. */
import { html, useEffect, useState } from "./vendor.js";
import { logOut, Problem } from "./api.js";
import { countDrafts, forgetDrafts } from "./drafts.js";
import { t } from "./lang.js";
import { Act, Dialog, Trouble } from "./parts.js";

/* It is there once somebody pressed the button, and goes on from there. */
export function Leave() {
	const [drafts, setDrafts] = useState(0);
	const [problem, setProblem] = useState(null);
	const run = async (fn) => {
		setProblem(null);
		try {
			await fn();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	const stay = () => {
		setDrafts(0);
		setProblem(null);
	};
	const begin = () =>
		run(async () => {
			const n = await countDrafts();
			if (n > 0) setDrafts(n);
			else await logOut();
		});
	useEffect(() => void begin(), []);
	const remove = () =>
		run(async () => {
			await forgetDrafts();
			await logOut();
		});
	return html`<${Act} class="plain" run=${begin}>${t("logout")}<//>
		${(drafts > 0 || problem) && html`<${Dialog} title=${t("logout")} close=${stay}>
			${drafts > 0 && html`<p>${t("logout_drafts", drafts)}</p><p class="meta">${t("logout_drafts_why")}</p>`}
			${problem && html`<${Trouble} problem=${problem} />`}
			<div class="bar start wrap">
				<${Act} run=${() => run(logOut)}>${t(drafts > 0 ? "logout_keep" : "logout")}<//>
				${drafts > 0 && html`<${Act} quiet run=${remove}>${t("logout_remove")}<//>`}
				<button type="button" class="quiet" onClick=${stay}>${t("cancel")}</button>
			</div>
		<//>`}`;
}
