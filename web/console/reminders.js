/* What was said with a DNS operator, and the reminders that the node has prepared where
 * something overdue is missing: a person sends them, and says so on record. */
import { html } from "./vendor.js";
import { get, me, post } from "./api.js";
import { t, word } from "./lang.js";
import { Chip, Loading, Said, Trouble, When, recorded, useApi } from "./parts.js";
import { Steps } from "./step.js";

const SENDS = ["admin", "officer", "approver"];
const WAYS = ["email", "phone", "letter"];

function stepOf(r, reload) {
	return {
		act: "send", verb: t("reminder_sent"), why: t("reminder_sent_why"), draft: `${r.reminder}.sent`,
		start: { reach: r.reach || "", text: r.text },
		fields: [
			{ name: "channel", label: t("reminder_way"), kind: "choice", options: WAYS.map((w) => [w, t(`channel_${w}`)]) },
			{ name: "reach", label: t("reminder_reach"), kind: "line", optional: true },
			{ name: "text", label: t("text_exact"), kind: "text" },
		],
		send: async (values, key) => {
			recorded(await post(`/v1/reminders/${r.reminder}/send`, { channel: values.channel, text: values.text, ...(values.reach ? { reach: values.reach } : {}) }, key));
			await reload();
		},
	};
}

const Reminder = ({ r, reload }) => html`<li>
	<p><${Chip} look="soon">${t("reminder_ready")}<//> <${Said}>${r.subject}<//> · <${When} at=${r.made} />${r.reach && html` · <${Said}>${r.contact} (${r.reach})<//>`}</p>
	<pre class="exact said"><${Said}>${r.text}<//></pre>
	${SENDS.includes(me.value.role) && html`<${Steps} steps=${[stepOf(r, reload)]} />`}
</li>`;

const Line = ({ s }) => html`<li><p class="meta">${t(`talk_${s.kind}`)} · <${When} at=${s.at} />${s.channel && html` · ${word("channel", s.channel)}`}</p>
	${s.text && html`<p class="said"><${Said}>${s.text}<//></p>`}</li>`;

/* `name`: the operator. */
export function Talk({ name }) {
	const state = useApi(
		async () => {
			const [said, ready] = await Promise.all([get(`/v1/operators/${name}/talk`), get("/v1/reminders", { operator: name })]);
			return { said: said.said, ready: ready.reminders };
		},
		[name],
		(e, reload) => e.type.startsWith("dns.") && reload(),
	);
	const d = state.data;
	if (!d) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	return html`<ul class="matches">${d.ready.map((r) => html`<${Reminder} key=${r.reminder} r=${r} reload=${state.reload} />`)}</ul>
		${d.said.length === 0 ? html`<p class="empty">${t("talk_none")}</p>` : html`<ul class="plain">${d.said.map((s, i) => html`<${Line} key=${i} s=${s} />`)}</ul>`}`;
}
