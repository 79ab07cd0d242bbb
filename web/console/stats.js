/* The figures of a period.  What nobody measured is said so, never 0. */
import { html, useState } from "./vendor.js";
import { get } from "./api.js";
import { lang, number, percent, span, t, when, word } from "./lang.js";
import { Loading, Trouble, useApi } from "./parts.js";

/* Groups of the answer, in their order, and the family of words of their figures. */
const GROUPS = [
	["notices", "figure"], ["items", "figure"], ["by_category", "category"], ["by_kind", "target"], ["outcomes", "outcome"],
	["inability", "ground"], ["acceptance", "figure"], ["decision", "figure"], ["orders", "figure"], ["objections", "figure"],
	["authority", "figure"], ["platform", "figure"], ["errors", "figure"], ["eu_tco", "figure"],
];
const none = () => html`<span class="none">${t("no_data")}</span>`;

function Value({ name, v }) {
	if (v === null) return none();
	return name.endsWith("_permille") ? percent(v / 1000) : number(v);
}

/* Figures within figures stand below them, each by both names. */
function rowsOf(group, family) {
	return Object.entries(group).flatMap(([name, v]) =>
		v !== null && typeof v === "object"
			? rowsOf(v, name === "inability" ? "ground" : family).map(([sub, x]) => [`${word(family, name)}: ${sub}`, x])
			: [[word(family, name), html`<${Value} name=${name} v=${v} />`]],
	);
}

function Figures({ title, rows }) {
	return html`<table role="table">
		<caption>${title}</caption>
		<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">${t("col_figure")}</th><th role="columnheader" scope="col" class="number">${t("col_value")}</th></tr></thead>
		<tbody role="rowgroup">${rows.map(
			([name, value]) => html`<tr key=${name} role="row"><td role="cell" data-label=${t("col_figure")}><div>${name}</div></td><td role="cell" class="number" data-label=${t("col_value")}><div>${value}</div></td></tr>`,
		)}</tbody>
	</table>`;
}

export function Stats() {
	const [period, setPeriod] = useState({ from: "", to: "" });
	const state = useApi(() => get("/v1/statistics", period), [period.from, period.to]);
	const s = state.data?.total;
	return html`
		<div class="heading"><h1>${t("nav_stats")}</h1>${state.data && html`<p class="meta">${t("as_of", when(state.data.as_of))}</p>`}</div>
		<div class="bar start">
			${["from", "to"].map(
				(k) => html`<label key=${k}>${t(`period_${k}`)} <input type="month" value=${period[k]} onChange=${(e) => setPeriod((p) => ({ ...p, [k]: e.target.value }))} /></label>`,
			)}
			<a download href="/v1/statistics?format=csv${period.from ? `&from=${period.from}` : ""}${period.to ? `&to=${period.to}` : ""}">${t("csv")}</a>
			<a href="/transparency?lang=${lang.value}">${t("stats_public")}</a>
			<button type="button" class="quiet small" onClick=${() => print()}>${t("print")}</button>
		</div>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${s &&
		html`<div class="figures">
			${GROUPS.filter(([g]) => s[g] && Object.keys(s[g]).length > 0).map(
				([g, family]) => html`<${Figures} key=${g} title=${t(`stats_${g}`)} rows=${rowsOf(s[g], family)} />`,
			)}
			<${Figures} title=${t("stats_seconds")} rows=${Object.entries(s.seconds).map(([k, v]) => [
				word("figure", k),
				v && v.n > 0 ? t("median_p90", span(v.median), span(v.p90), number(v.n)) : none(),
			])} />
		</div>`}
	`;
}
