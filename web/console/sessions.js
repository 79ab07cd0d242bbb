/* Where a person is logged in. */
import { html } from "./vendor.js";
import { get, post } from "./api.js";
import { useRun } from "./form.js";
import { t } from "./lang.js";
import { Act, Chip, Loading, Said, Trouble, When, say, useApi } from "./parts.js";

/* ends: called after the sessions of somebody else were ended all at once; without it they
 * are one's own, and end one by one. */
export function Sessions({ person, ends }) {
	const state = useApi(() => get("/v1/sessions", { person }), [person]);
	const [run, trouble] = useRun();
	const rows = state.data?.sessions || [];
	const all = () =>
		run(async () => {
			say(t("sessions_ended", (await post(`/v1/persons/${person}/end`)).ended));
			await Promise.all([state.reload(), ends()]);
		});
	const one = (s) =>
		run(async () => {
			await post(`/v1/sessions/${s.id}/revoke`);
			say(t("sessions_ended", 1));
			await state.reload();
		});
	return html`${trouble}${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<p class="empty">${t("no_sessions")}</p>`}
		<ul class="plain">${rows.map(
			(s) => html`<li key=${s.id}><${Said}>${s.address}<//> · <${When} at=${s.made} /> · ${t("seen")} <${When} at=${s.seen} />
				${s.this ? html` <${Chip} look="done">${t("session_this")}<//>` : !ends && html` <${Act} class="quiet small" run=${() => one(s)}>${t("session_end")}<//>`}</li>`,
		)}</ul>
		${ends && rows.length > 0 && html`<${Act} quiet run=${all}>${t("sessions_end")}<//>`}`;
}
