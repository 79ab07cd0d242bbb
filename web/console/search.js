/* What a link, a host, a word or an id leads to. */
import { html } from "./vendor.js";
import { get } from "./api.js";
import { t, word } from "./lang.js";
import { CaseState, Loading, Said, Trouble, useApi } from "./parts.js";
import { href, place } from "./route.js";

export function Search() {
	const { q = "" } = place.value.query;
	const state = useApi(() => get("/v1/search", { q }), [q]);
	const { cases = [], items = [], orders = [] } = state.data || {};
	return html`
		<h1>${t("search_for", q)}</h1>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && cases.length + items.length + orders.length === 0 && html`<p class="empty">${t("search_nothing")}</p>`}
		${cases.length > 0 && html`<h2>${t("nav_cases")}</h2><ul>${cases.map((c) => html`<li key=${c.case}><a href=${href(`case/${c.case}`)}><${Said}>${c.subject || c.case}<//></a> <span class="meta">${c.ref} · <${Said}>${c.peer}<//></span> <${CaseState} state=${c.state} /></li>`)}</ul>`}
		${items.length > 0 && html`<h2>${t("items")}</h2><ul>${items.map((i) => html`<li key=${i.case + i.i}><a href=${href(`case/${i.case}`)}><code><${Said}>${i.normal}<//></code></a> ${i.outcome ? word("outcome", i.outcome) : t("item_open")}</li>`)}</ul>`}
		${orders.length > 0 && html`<h2>${t("nav_orders")}</h2><ul>${orders.map((o) => html`<li key=${o.order}><a href=${href(`order/${o.order}`)}>${t("order_n", o.ref || o.order)}</a> (${word("order", o.state)})</li>`)}</ul>`}
	`;
}
