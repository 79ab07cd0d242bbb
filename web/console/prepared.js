/* Reminders and warnings that are due: the node has prepared them, a person sends them. */
import { html } from "./vendor.js";
import { get, me, post } from "./api.js";
import { number, t } from "./lang.js";
import { Chip, Loading, Nothing, Pager, Said, Trouble, When, caseName, recorded, useAgain, useApi } from "./parts.js";
import { href, place } from "./route.js";
import { Steps } from "./step.js";

const AGAIN_MS = 5000;

const nameOf = (p) => (p.step === "warn" ? t("rung_warn", number(p.level)) : t("rung_remind"));

function stepOf(p, reload) {
	return {
		act: "send", verb: t("prepared_send", nameOf(p)), why: t(p.step === "warn" ? "do_warn_why" : "do_remind_why"), draft: `${p.case}.${p.prepared}`,
		start: { text: p.text || "" },
		fields: [{ name: "text", label: t("text_exact"), kind: "text", optional: true }],
		send: async (values, key) => {
			const got = await post(`/v1/prepared/${p.prepared}/send`, values.text ? { text: values.text } : {}, key);
			recorded(got, href(`recorded/${p.case}`, { seq: got.seq }));
			await reload();
		},
	};
}

export function Prepared() {
	const { after } = place.value.query;
	const state = useApi(() => get("/v1/prepared", { after }), [after], (e, reload) => e.type.startsWith("case.") && reload());
	useAgain(state.reload, AGAIN_MS);
	const rows = state.data?.prepared || [];
	return html`
		<h1>${t("nav_prepared")}</h1>
		<p class="lead">${t("prepared_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<${Nothing} said="no_prepared" after=${after} />`}
		<ul class="matches">${rows.map(
			(p) => html`<li key=${p.prepared}>
				<p><${Chip} look="soon">${nameOf(p)}<//> ${t("due_since")} <${When} at=${p.due} /> · <a href=${href(`case/${p.case}`)}>${caseName(p)}</a></p>
				${p.text && html`<p class="said"><${Said}>${p.text}<//></p>`}
				${me.value.role === "officer" && html`<${Steps} steps=${[stepOf(p, state.reload)]} />`}
			</li>`,
		)}</ul>
		<${Pager} path="prepared" query=${{ after }} next=${state.data?.next} />
	`;
}
