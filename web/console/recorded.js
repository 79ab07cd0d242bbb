/* An act that the log has: its entry, at an address that can be kept. */
import { html } from "./vendor.js";
import { get, node } from "./api.js";
import { Author } from "./author.js";
import { exactly, number, t, word } from "./lang.js";
import { Chip, Facts, Loading, Said, Trouble, useAgain, useApi } from "./parts.js";
import { href, place } from "./route.js";

const RECEIPT_MS = 2000;

function Entry({ seq, name, at, author, said, level, back, what }) {
	return html`
		<p class="kicker"><a href=${back}>‹ ${what}</a></p>
		<div class="heading"><h1>${t("recorded", number(seq))}</h1><p class="chips"><${Chip} look="done">${name}<//></p></div>
		<p class="lead">${t("recorded_why")}</p>
		<${Facts} rows=${[
			["col_time", exactly(at)],
			["col_author", html`<${Author} of=${author} />`],
			level && ["col_level", level],
		]} />
		${said && html`<h2>${t("text_exact")}</h2><pre class="exact said"><${Said}>${said}<//></pre>`}
	`;
}

function None({ state }) {
	if (state.problem) return html`<${Trouble} problem=${state.problem} retry=${state.reload} />`;
	if (!state.data) return html`<${Loading} />`;
	return html`<h1>${t("error_missing")}</h1><p>${t("recorded_none")}</p>`;
}

/* Of a case: our own entry of that number. */
export function Recorded({ word: id }) {
	const { seq } = place.value.query;
	const state = useApi(() => get(`/v1/cases/${id}`), [id], (event, reload) => event.case === id && reload());
	const e = node.value && state.data?.timeline.find((x) => String(x.seq) === seq && x.party === node.value.role);
	useAgain(state.reload, e && e.level !== "received" ? RECEIPT_MS : 0);
	if (!e) return html`<${None} state=${state} />`;
	const said = e.text ?? state.data.messages.find((m) => m.party === e.party && m.seq === e.seq)?.text;
	return html`<${Entry} seq=${e.seq} name=${word("event", e.type)} at=${e.at} author=${e.author} said=${said}
		level=${e.level === "received" ? `${t("level_received")} ${exactly(e.received)}` : t("level_appended")}
		back=${href(`case/${id}`)} what=${t("back_to_case")} />`;
}

/* Of an objection: what it was answered, or how it was ruled on. */
export function Objected({ word: id }) {
	const { seq, act } = place.value.query;
	const state = useApi(() => get("/v1/objections", { objection: id }), [id]);
	const o = state.data?.objections[0];
	const rule = act === "rule";
	const at = o && (rule ? o.ruled : o.answered);
	if (!at) return html`<${None} state=${state} />`;
	return html`<${Entry} seq=${Number(seq)} name=${rule ? `${t("ruling")}: ${t(`ruling_${o.ruling}`)}` : t("objection_answered")} at=${at}
		author=${rule ? o.ruled_by : o.answered_by} said=${(rule ? o.reason : o.answer) ?? t("erased")}
		back=${href("objections", { objection: id })} what=${t("nav_objections")} />`;
}

/* Of an order. */
export function Signed({ word: id }) {
	const { seq } = place.value.query;
	const state = useApi(() => get(`/v1/orders/${id}`), [id]);
	const a = state.data?.acts.find((x) => String(x.seq) === seq);
	if (!a) return html`<${None} state=${state} />`;
	return html`<${Entry} seq=${a.seq} name=${word("act", a.act)} at=${a.at} author=${a.author} said=${a.reason}
		back=${href(`order/${id}`)} what=${t("order_n", id)} />`;
}
