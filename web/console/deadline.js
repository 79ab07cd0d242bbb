/* How the deadlines of a case came about, step by step, with the events they rest on. */
import { html } from "./vendor.js";
import { get } from "./api.js";
import { exactly, number, t } from "./lang.js";
import { Loading, Short, Trouble, useApi } from "./parts.js";
import { href } from "./route.js";

function Steps({ title, one }) {
	return html`<section>
		<h2>${title}: ${one.due ? exactly(one.due) : "–"}</h2>
		<ol>
			${one.steps.map(
				(s, i) => html`<li key=${i}>
					<${Short} text=${s.text} />
					${s.event && html`<span class="meta"> (${t("entry_of", number(s.event.seq), t(`party_${s.event.party}`))})</span>`}
				</li>`,
			)}
		</ol>
	</section>`;
}

export function Deadline({ word: id }) {
	const state = useApi(() => get(`/v1/cases/${id}/deadline`), [id], (e, reload) => e.case === id && reload());
	const d = state.data;
	if (!d) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	return html`
		<p class="kicker"><a href=${href(`case/${id}`)}>‹ ${t("back_to_case")}</a></p>
		<h1>${t("due_how")}</h1>
		<p class="lead"><${Short} text=${d.now} /></p>
		<p class="meta">${t("policy_is", d.policy.name, d.policy.version)} <code>${d.policy.sha256}</code></p>
		<${Steps} title=${t("accept_due")} one=${d.accept} />
		<${Steps} title=${t("decide_due")} one=${d.decide} />
	`;
}
