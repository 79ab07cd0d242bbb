/* Who had which picture shown, how clear, and why. */
import { html, useState } from "./vendor.js";
import { get } from "./api.js";
import { ASKED, Export } from "./export.js";
import { number, t, word } from "./lang.js";
import { Loading, Said, Trouble, When, useApi } from "./parts.js";
import { href } from "./route.js";

const COLUMNS = ["col_time", "col_who", "col_stage", "col_case", "col_file", "col_reason"];

async function rowsOf(before) {
	const page = await get("/v1/reveals", { before, limit: ASKED });
	return { rows: page.reveals.map((r) => [r.at, r.name || r.who, r.stage, r.case, r.sha256, r.reason || ""]), next: page.next };
}

const PAIRS = ["col_drafter", "col_approver", "col_orders", "col_last"];

/* Two people sign; that it is always the same two is for an auditor to see. */
export function Pairs() {
	const state = useApi(() => get("/v1/approvals", { limit: 1000 }), []);
	const pairs = state.data?.pairs || [];
	return html`<section aria-labelledby="pairs">
		<h2 id="pairs">${t("pairs")}</h2>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${state.data && pairs.length === 0 && html`<p class="empty">${t("no_pairs")}</p>`}
		${pairs.length > 0 &&
		html`<table role="table">
			<caption>${t("pairs_caption")}</caption>
			<thead role="rowgroup"><tr role="row">${PAIRS.map((k) => html`<th key=${k} role="columnheader" scope="col" class=${k === "col_orders" ? "number" : ""}>${t(k)}</th>`)}</tr></thead>
			<tbody role="rowgroup">${pairs.map(
				(p) => html`<tr key=${p.drafter + p.approver} role="row">
					<td role="cell" data-label=${t("col_drafter")}><div><${Said}>${p.drafter_name || p.drafter}<//></div></td>
					<td role="cell" data-label=${t("col_approver")}><div><${Said}>${p.approver_name || p.approver}<//></div></td>
					<td role="cell" class="number" data-label=${t("col_orders")}><div>${number(p.orders)}</div></td>
					<td role="cell" data-label=${t("col_last")}><div><${When} at=${p.last} /></div></td>
				</tr>`,
			)}</tbody>
		</table>`}
	</section>`;
}

export function Reveals() {
	const [before, setBefore] = useState(undefined);
	const state = useApi(() => get("/v1/reveals", { before }), [before]);
	const rows = state.data?.reveals || [];
	return html`<section aria-labelledby="reveals">
		<h2 id="reveals">${t("reveals")}</h2>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<p class="empty">${t("no_reveals")}</p>`}
		${rows.length > 0 &&
		html`<table role="table">
			<caption>${t("reveals_caption", rows.length)}</caption>
			<thead role="rowgroup"><tr role="row">${COLUMNS.map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
			<tbody role="rowgroup">${rows.map(
				(r) => html`<tr key=${r.reveal} role="row">
					<td role="cell" data-label=${t("col_time")}><div><${When} at=${r.at} /></div></td>
					<td role="cell" data-label=${t("col_who")}><div><${Said}>${r.name || r.who}<//></div></td>
					<td role="cell" data-label=${t("col_stage")}><div>${word("stage", r.stage)}</div></td>
					<td role="cell" data-label=${t("col_case")}><div><a href=${href(`case/${r.case}`)}><code>${r.case.slice(0, 13)}</code></a></div></td>
					<td role="cell" data-label=${t("col_file")}><div><code class="hash">${r.sha256.slice(0, 16)}…</code></div></td>
					<td role="cell" data-label=${t("col_reason")}><div>${r.reason ? html`<${Said}>${r.reason}<//>` : "–"}</div></td>
				</tr>`,
			)}</tbody>
		</table>`}
		<nav class="pager" aria-label=${t("pages")}>
			${before && html`<button type="button" class="quiet" onClick=${() => setBefore(undefined)}>${t("first_page")}</button>`}
			${state.data?.next && html`<button type="button" class="quiet" onClick=${() => setBefore(state.data.next)}>${t("next_page")}</button>`}
			${rows.length > 0 && html`<${Export} name=${t("reveals_name")} head=${COLUMNS.map((c) => t(c))} page=${rowsOf} />`}
		</nav>
	</section>`;
}
