/* Objections of the public to orders: answered by the authority, ruled on by somebody who had
 * no hand in the order. */
import { html, useState } from "./vendor.js";
import { get, me, post, Problem } from "./api.js";
import { t } from "./lang.js";
import { Act, Chip, Dialog, Facts, Field, Left, Loading, Said, Trouble, When, recorded, useApi } from "./parts.js";
import { href, place } from "./route.js";

const STATES = ["", "queued", "open", "answered", "ruled"];
const LOOKS = { queued: "waiting", open: "waiting", answered: "running", ruled: "done" };
const ACTS = {
	queued: [{ act: "admit" }],
	open: [{ act: "answer", text: "text" }, { act: "rule", text: "reason", ruling: true }],
	answered: [{ act: "rule", text: "reason", ruling: true }],
};

function Step({ o, a, close, reload }) {
	const [text, setText] = useState("");
	const [ruling, setRuling] = useState("");
	const [problem, setProblem] = useState(null);
	const send = async () => {
		setProblem(null);
		try {
			recorded(await post(`/v1/objections/${o.objection}/${a.act}`, { ...(a.text ? { [a.text]: text } : {}), ...(a.ruling ? { ruling } : {}) }));
			close();
			await reload();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	return html`<${Dialog} title=${t(`objection_${a.act}`)} close=${close}>
		<p>${t(`objection_${a.act}_why`)}</p>
		${a.ruling && html`<fieldset><legend>${t("ruling")}</legend>${["upheld", "rejected"].map((r) => html`<label key=${r} class="choice"><input type="radio" name="ruling" checked=${ruling === r} onChange=${() => setRuling(r)} /> ${t(`ruling_${r}`)}</label>`)}</fieldset>`}
		${a.text && html`<${Field} label=${t("text_exact")}>${(x) => html`<textarea ...${x} rows="5" maxlength="20000" value=${text} onInput=${(e) => setText(e.target.value)}></textarea>`}<//>`}
		${problem && html`<${Trouble} problem=${problem} />`}
		<div class="bar"><${Act} run=${send} off=${(a.text && !text.trim()) || (a.ruling && !ruling)}>${t(`objection_${a.act}`)}<//><button type="button" class="quiet" onClick=${close}>${t("cancel")}</button></div>
	<//>`;
}

function One({ o, reload }) {
	const [at, setAt] = useState(null);
	const can = ["officer", "approver"].includes(me.value.role) ? ACTS[o.state] || [] : [];
	return html`<li>
		<p><${Chip} look=${LOOKS[o.state] || "unknown"}>${t(`objection_state_${o.state}`)}<//> <a href=${href(`order/${o.order}`)}>${t("order_n", o.ref || o.order)}</a></p>
		<p class="said"><${Said}>${o.text ?? t("erased")}<//></p>
		<${Facts} rows=${[
			["objection_received", html`<${When} at=${o.received} />`],
			o.state !== "ruled" && ["col_left", html`<${Left} due=${o.state === "answered" ? o.rule_due : o.answer_due} />`],
			o.answer && ["objection_answered", html`<${Said}>${o.answer}<//>`],
			o.ruling && ["ruling", html`${t(`ruling_${o.ruling}`)}: <${Said}>${o.reason}<//>`],
		]} />
		<div class="bar start">${can.map((a) => html`<button key=${a.act} type="button" class="quiet" onClick=${() => setAt(a)}>${t(`objection_${a.act}`)}…</button>`)}</div>
		${at && html`<${Step} o=${o} a=${at} reload=${reload} close=${() => setAt(null)} />`}
	</li>`;
}

export function Objections() {
	const { query } = place.value;
	const state = useApi(() => get("/v1/objections", query), [JSON.stringify(query)], (e, reload) => e.type.startsWith("objection.") && reload());
	const rows = state.data?.objections || [];
	return html`
		<h1>${t("nav_objections")}</h1>
		<nav class="filters" aria-label=${t("filter_objections")}>${STATES.map((s) => html`<a key=${s} href=${href("objections", { state: s || undefined })} aria-current=${(query.state || "") === s ? "page" : undefined}>${s ? t(`objection_state_${s}`) : t("all")}</a>`)}</nav>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<p class="empty">${t("no_objections")}</p>`}
		<ul class="matches">${rows.map((o) => html`<${One} key=${o.objection} o=${o} reload=${state.reload} />`)}</ul>
	`;
}
