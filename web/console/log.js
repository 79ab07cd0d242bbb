/* The feed of events, the newest last, as an auditor reads it. */
import { html, useState } from "./vendor.js";
import { get } from "./api.js";
import { Author } from "./author.js";
import { number, t, word } from "./lang.js";
import { Loading, Said, Trouble, When, useApi } from "./parts.js";
import { href } from "./route.js";

const PAGE = 200;

export function Log() {
	const [after, setAfter] = useState(0);
	const state = useApi(() => get("/v1/events", { after, limit: PAGE }), [after]);
	const events = state.data?.events || [];
	return html`
		<h1>${t("nav_log")}</h1>
		<p class="lead">${t("log_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${events.length > 0 &&
		html`<table role="table">
			<caption>${t("log_caption")}</caption>
			<thead role="rowgroup"><tr role="row">${["col_entry", "col_time", "col_party", "col_peer", "col_event", "col_author", "col_case"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
			<tbody role="rowgroup">${events.map(
				(e) => html`<tr key=${e.id} role="row">
					<td role="cell" data-label=${t("col_entry")}><div>#${number(e.seq)}</div></td>
					<td role="cell" data-label=${t("col_time")}><div><${When} at=${e.at} /></div></td>
					<td role="cell" data-label=${t("col_party")}><div>${word("party", e.party)}</div></td>
					<td role="cell" data-label=${t("col_peer")}><div><${Said}>${e.peer}<//></div></td>
					<td role="cell" data-label=${t("col_event")}><div>${word("event", e.type)}${e.void ? html`<p class="why late">${t("event_void")}</p>` : ""}</div></td>
					<td role="cell" data-label=${t("col_author")}><div><${Author} of=${e.author} /></div></td>
					<td role="cell" data-label=${t("col_case")}><div>${e.case ? html`<a href=${href(`case/${e.case}`)}><code>${e.case.slice(0, 13)}…</code></a>` : html`<span class="none">–</span>`}</div></td>
				</tr>`,
			)}</tbody>
		</table>`}
		${state.data && events.length === 0 && html`<p class="empty">${t("log_end")}</p>`}
		<nav class="pager" aria-label=${t("pages")}>
			${after > 0 && html`<button type="button" class="quiet" onClick=${() => setAfter(0)}>${t("first_page")}</button>`}
			${state.data?.more && html`<button type="button" class="quiet" onClick=${() => setAfter(state.data.next)}>${t("next_page")}</button>`}
		</nav>
	`;
}
