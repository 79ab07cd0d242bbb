/* Disputes: what one side contests, what the other answers, and the ruling.  A ruling changes
 * no outcome: what is owed after it is said until somebody decides anew. */
import { html } from "./vendor.js";
import { get, me, node, post } from "./api.js";
import { number, t } from "./lang.js";
import { Chip, Facts, Loading, Nothing, Said, Trouble, When, caseName, recorded, useList } from "./parts.js";
import { href, place } from "./route.js";
import { Steps } from "./step.js";

const ANSWERS = ["officer", "agent", "lead"];
const RULES = ["officer", "approver", "lead"];
const RULINGS = ["upheld", "partly", "rejected"];
const LOOKS = { open: "waiting", answered: "running", ruled: "done" };
const STATES = ["", "open", "answered", "ruled"];

function stepsOf(d, reload) {
	const theirs = node.value && d.party !== node.value.role;
	const send = (act) => async (values, key) => {
		const got = await post(`/v1/disputes/${d.dispute}/${act}`, { ...values, case: d.case }, key);
		recorded(got, href(`recorded/${d.case}`, { seq: got.seq }));
		await reload();
	};
	const step = (act, fields) => ({
		act, fields, verb: t(`dispute_${act}`), why: t(`dispute_${act}_why`), draft: `${d.dispute}.${act}`, send: send(act), quiet: act === "answer",
	});
	if (!theirs || d.state === "ruled") return [];
	return [
		d.state === "open" && ANSWERS.includes(me.value.role) && step("answer", [{ name: "text", label: t("text_exact"), kind: "text" }]),
		RULES.includes(me.value.role) && step("rule", [
			{ name: "ruling", label: t("ruling"), kind: "choice", options: RULINGS.map((r) => [r, t(`ruling_${r}`)]) },
			{ name: "reason", label: t("reason"), kind: "text" },
		]),
	].filter(Boolean);
}

const about = (d) => (d.items && d.items.length > 0 ? t(d.items.length === 1 ? "dispute_item" : "dispute_items", d.items.map((i) => number(i + 1)).join(", ")) : t("dispute_all"));

export function Dispute({ d, reload, linked }) {
	return html`<li>
		<p><${Chip} look=${LOOKS[d.state] || "unknown"}>${t(`dispute_state_${d.state}`)}<//> ${t(`dispute_by_${d.party}`)} · <${When} at=${d.at} />
			${linked && html` · <a href=${href(`case/${d.case}`)}>${caseName(d)}</a>`}</p>
		<p class="said"><${Said}>${d.text ?? t("erased")}<//></p>
		<${Facts} rows=${[
			["dispute_about", `${t(`about_${d.about || "decision"}`)}; ${about(d)}`],
			d.answered && ["dispute_answered", html`<${Said}>${d.answer ?? t("erased")}<//> (<${When} at=${d.answered} />)`],
			d.ruling && ["ruling", html`${t(`ruling_${d.ruling}`)}: <${Said}>${d.reason ?? t("erased")}<//> (<${When} at=${d.ruled} />)`],
			d.owed > 0 && ["dispute_owed", html`<span class="late">${number(d.owed)}</span>`],
		]} />
		<${Steps} steps=${stepsOf(d, reload)} />
	</li>`;
}

/* Of one case; nothing where there is none. */
export function CaseDisputes({ c, reload }) {
	if (c.disputes.length === 0) return null;
	return html`<section aria-labelledby="disputes">
		<h2 id="disputes">${t("nav_disputes")} (${number(c.disputes.length)})</h2>
		<ul class="matches">${c.disputes.map((d) => html`<${Dispute} key=${d.party + d.dispute} d=${{ case: c.case, ...d }} reload=${reload} />`)}</ul>
	</section>`;
}

export function Disputes() {
	const { query } = place.value;
	const state = useList(() => get("/v1/disputes", query), [JSON.stringify(query)], (e) => e.type.startsWith("dispute."));
	const rows = state.data?.disputes || [];
	return html`
		<h1>${t("nav_disputes")}</h1>
		<p class="lead">${t("disputes_lead")}</p>
		<nav class="filters" aria-label=${t("filter_disputes")}>${STATES.map((s) => html`<a key=${s} href=${href("disputes", { state: s || undefined })} aria-current=${(query.state || "") === s ? "page" : undefined}>${s ? t(`dispute_state_${s}`) : t("dispute_not_ruled")}</a>`)}</nav>
		${state.news}
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<${Nothing} said="no_disputes" filtered=${query.state} clear=${href("disputes")} />`}
		<ul class="matches">${rows.map((d) => html`<${Dispute} key=${d.case + d.party + d.dispute} d=${d} reload=${state.reload} linked />`)}</ul>
		${state.data?.next && html`<nav class="pager"><a href=${href("disputes", { ...query, after: state.data.next })}>${t("next_page")}</a></nav>`}
	`;
}
