/* Objections of the public to orders: answered by the authority, ruled on by somebody who had
 * no hand in the order. */
import { html } from "./vendor.js";
import { get, me, post } from "./api.js";
import { t } from "./lang.js";
import { Chip, Facts, Left, Loading, Nothing, Pager, Said, Trouble, When, recorded, useList } from "./parts.js";
import { href, place } from "./route.js";
import { Steps } from "./step.js";

const STATES = ["", "queued", "open", "answered", "ruled"];
const LOOKS = { queued: "waiting", open: "waiting", answered: "running", ruled: "done" };
const EITHER = ["officer", "approver"];
const text = (name, label) => ({ name, label: t(label), kind: "text" });

/* The names are asked for where only some of them are freed. */
const ruling = (names) => [
	{ name: "ruling", label: t("ruling"), kind: "choice", options: ["upheld", "partly", "rejected"].map((r) => [r, t(`ruling_${r}`)]) },
	{ name: "names", label: t("ruling_names"), kind: "checks", optional: true, hint: t("ruling_names_hint"), options: names },
	text("reason", "reason"),
];

function stepsOf(o, reload) {
	const names = async () => (await get(`/v1/orders/${o.order}`)).names.filter((n) => !n.lifted).map((n) => [n.name, n.name]);
	const send = (act) => async (values, key) => {
		const { names: freed, ...rest } = values;
		const got = await post(`/v1/objections/${o.objection}/${act}`, { ...rest, ...(rest.ruling === "partly" ? { names: freed || [] } : {}) }, key);
		recorded(got, ["answer", "rule"].includes(act) && href(`objected/${o.objection}`, { act, seq: got.seq }));
		await reload();
	};
	const step = (act, by, states, fields) =>
		by.includes(me.value.role) && states.includes(o.state) &&
		{ act, fields, send: send(act), quiet: act !== "rule", verb: t(`objection_${act}`), why: t(`objection_${act}_why`), draft: `${o.objection}.${act}` };
	return [
		step("admit", EITHER, ["queued"], []),
		step("answer", EITHER, ["open"], [text("text", "text_exact")]),
		step("rule", ["approver"], ["open", "answered"], ruling(names)),
		step("erase", ["admin", "approver"], ["ruled"], [text("reason", "reason")]),
	].filter(Boolean);
}

function One({ o, reload }) {
	return html`<li>
		<p><${Chip} look=${LOOKS[o.state] || "unknown"}>${t(`objection_state_${o.state}`)}<//> <a href=${href(`order/${o.order}`)}>${t("order_n", o.ref || o.order)}</a></p>
		<p class="said"><${Said}>${o.text ?? t("erased")}<//></p>
		<${Facts} rows=${[
			["objection_received", html`<${When} at=${o.received} />`],
			o.state !== "ruled" && ["col_left", html`<${Left} due=${o.state === "answered" ? o.rule_due : o.answer_due} />`],
			o.contact && ["objection_contact", html`<${Said}>${o.contact}<//>`],
			o.names?.length > 0 && ["col_names", html`<${Said}>${o.names.join(", ")}<//>`],
			o.answer && ["objection_answered", html`<${Said}>${o.answer}<//>`],
			o.ruling && ["ruling", html`${t(`ruling_${o.ruling}`)}: <${Said}>${o.reason}<//>`],
		]} />
		<${Steps} steps=${stepsOf(o, reload)} />
	</li>`;
}

export function Objections() {
	const { query } = place.value;
	const state = useList(() => get("/v1/objections", query), [JSON.stringify(query)], (e) => e.type.startsWith("objection."));
	const rows = state.data?.objections || [];
	return html`
		<h1>${t("nav_objections")}</h1>
		<nav class="filters" aria-label=${t("filter_objections")}>${STATES.map((s) => html`<a key=${s} href=${href("objections", { state: s || undefined })} aria-current=${(query.state || "") === s ? "page" : undefined}>${s ? t(`objection_state_${s}`) : t("all")}</a>`)}</nav>
		${state.news}
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<${Nothing} said="no_objections" filtered=${Object.keys(query).length > 0} clear=${href("objections")} after=${query.after} />`}
		<ul class="matches">${rows.map((o) => html`<${One} key=${o.objection} o=${o} reload=${state.reload} />`)}</ul>
		<${Pager} path="objections" query=${query} next=${state.data?.next} />
	`;
}
