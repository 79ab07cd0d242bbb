/* Who saw and did what on this node, and whether that record is whole. */
import { html, useState } from "./vendor.js";
import { get } from "./api.js";
import { number, t } from "./lang.js";
import { Pairs, Reveals } from "./reveals.js";
import { Act, Chip, Loading, Said, Trouble, When, useApi } from "./parts.js";

export function Access() {
	const [before, setBefore] = useState(undefined);
	const [check, setCheck] = useState(null);
	const state = useApi(() => get("/v1/access", { before }), [before]);
	const rows = state.data?.access || [];
	const node = useApi(() => get("/v1/status"), []).data;
	return html`
		<h1>${t("nav_access")}</h1>
		<${Reveals} />
		${node?.role === "authority" && html`<${Pairs} />`}
		<h2>${t("access_record")}</h2>
		<p class="lead">${t("access_lead")}</p>
		<div class="bar start">
			<${Act} quiet run=${async () => setCheck(await get("/v1/access/check"))}>${t("access_check")}<//>
			${check && (check.whole ? html`<${Chip} look="done">${t("access_whole", number(check.rows))}<//>` : html`<p class="problem" role="alert">${t("access_broken", number(check.broken_at))}</p>`)}
		</div>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${rows.length > 0 &&
		html`<table role="table">
			<caption>${t("access_caption")}</caption>
			<thead role="rowgroup"><tr role="row">${["col_time", "col_who", "col_did", "col_object", "col_outcome"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
			<tbody role="rowgroup">${rows.map(
				(r) => html`<tr key=${r.seq} role="row">
					<td role="cell" data-label=${t("col_time")}><div><${When} at=${r.at} /></div></td>
					<td role="cell" data-label=${t("col_who")}><div><${Said}>${r.name || r.who}<//> <span class="meta">${r.via}</span></div></td>
					<td role="cell" data-label=${t("col_did")}><div><code>${r.method} ${r.route}</code></div></td>
					<td role="cell" data-label=${t("col_object")}><div><code>${r.object || "–"}</code></div></td>
					<td role="cell" data-label=${t("col_outcome")}><div>${r.outcome}</div></td>
				</tr>`,
			)}</tbody>
		</table>`}
		<nav class="pager" aria-label=${`${t("pages")}: ${t("access_record")}`}>
			${before && html`<button type="button" class="quiet" onClick=${() => setBefore(undefined)}>${t("first_page")}</button>`}
			${state.data?.next && html`<button type="button" class="quiet" onClick=${() => setBefore(state.data.next)}>${t("next_page")}</button>`}
		</nav>
	`;
}
