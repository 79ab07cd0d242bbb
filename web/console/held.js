/* Decisions in bulk that wait before they take effect: until then anybody of this side stops
 * one. */
import { html } from "./vendor.js";
import { get, me, post } from "./api.js";
import { t } from "./lang.js";
import { Chip, Left, Loading, Nothing, Pager, Said, Trouble, caseName, recorded, useApi } from "./parts.js";
import { href, place } from "./route.js";
import { Steps } from "./step.js";

const CANCELS = ["admin", "officer", "approver", "agent", "lead"];

function stepOf(h, reload) {
	return {
		act: "cancel", verb: t("held_cancel"), why: t("held_cancel_why"), draft: `${h.held}.cancel`, quiet: true,
		fields: [{ name: "reason", label: t("reason_optional"), kind: "text", optional: true }],
		send: async (values, key) => {
			recorded(await post(`/v1/held/${h.held}/cancel`, values.reason ? values : {}, key));
			await reload();
		},
	};
}

export function Held() {
	const { after } = place.value.query;
	const state = useApi(() => get("/v1/held", { after }), [after], (e, reload) => e.type.startsWith("item.") && reload());
	const rows = state.data?.held || [];
	return html`
		<h1>${t("nav_held")}</h1>
		<p class="lead">${t("held_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<${Nothing} said="no_held" after=${after} />`}
		<ul class="matches">${rows.map(
			(h) => html`<li key=${h.held}>
				<p><${Chip} look=${h.state === "conflict" ? "bad" : "waiting"}>${t(`held_state_${h.state}`)}<//> ${t("held_what", h.items, h.by)} · <${Left} due=${h.effect} /> · <a href=${href(`case/${h.case}`)}>${caseName(h)}</a></p>
				${h.reason && html`<p class="said"><${Said}>${h.reason}<//></p>`}
				${h.why && html`<p class="problem"><bdi lang="en">${h.why}</bdi></p>`}
				${CANCELS.includes(me.value.role) && html`<${Steps} steps=${[stepOf(h, state.reload)]} />`}
			</li>`,
		)}</ul>
		<${Pager} path="held" query=${{ after }} next=${state.data?.next} />
	`;
}
