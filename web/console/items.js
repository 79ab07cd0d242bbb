/* The items of a case, and, for the platform's people, what they decide of each. */
import { html, useRef, useState } from "./vendor.js";
import { get, me } from "./api.js";
import { number, t, word } from "./lang.js";
import { Act, Loading, Outcome, Said, Trouble, When, useApi } from "./parts.js";
import { Choice, Decisions, useDecisions } from "./decide.js";
import { href } from "./route.js";

const PAGE = 200;
const AT_ONCE = 1000; /* what one answer may have */
const FILTERS = ["", "open", "removed", "restricted", "kept", "not_found"];

function Earlier({ e }) {
	if (!e) return null;
	return html`<p class="why">${t("earlier", word("outcome", e.outcome || "open"))} <${When} at=${e.at || e.decided} /></p>`;
}

function Item({ item, decisions }) {
	return html`<tr role="row" id="item-${item.i}">
		<td role="cell" class="number" data-label=${t("col_number")}><div>${number(item.i + 1)}</div></td>
		<td role="cell" data-label=${t("col_target")}>
			<div>
				<code><${Said}>${item.given ?? t("erased")}<//></code>
				${item.normal && item.normal !== item.given && html`<span class="under"><${Said}>${item.normal}<//></span>`}
				${item.description && html`<p class="why"><${Said}>${item.description}<//></p>`}
				<${Earlier} e=${item.earlier} />
			</div>
		</td>
		<td role="cell" data-label=${t("col_category")}><div>${word("category", item.category)}</div></td>
		<td role="cell" data-label=${t("col_outcome")}>
			<div>
				${decisions && !item.outcome
					? html`<${Choice} draft=${decisions} i=${item.i} />`
					: html`<${Outcome} item=${item} /> ${item.decided && html`<${When} at=${item.decided} />`}`}
				${item.reason && html`<p class="why"><${Said}>${item.reason}<//></p>`}
			</div>
		</td>
	</tr>`;
}

/* The first `n`, and where the others go on: they are all of one filter and of now. */
async function firstOf(id, { outcome, n }) {
	const items = [];
	let after;
	do {
		const page = await get(`/v1/cases/${id}/items`, { limit: Math.min(n - items.length, AT_ONCE), outcome, after });
		items.push(...page.items);
		after = page.next;
	} while (after !== null && items.length < n);
	return { items, next: after };
}

export function Items({ c, reload }) {
	const [asked, setAsked] = useState({ outcome: "", n: PAGE });
	const { outcome } = asked;
	const heading = useRef(null);
	const state = useApi(() => firstOf(c.case, asked), [c.case, outcome, asked.n, c.version]);
	const decides = ["agent", "lead"].includes(me.value.role) && ["accepted", "received"].includes(c.state);
	const decisions = useDecisions(c);
	const items = state.data?.items || [];
	const next = state.data?.next;
	/* Pressed twice before they come, it asks for the same. */
	const more = () => setAsked({ outcome, n: items.length + PAGE });
	return html`<section aria-labelledby="items">
		<h2 id="items" tabindex="-1" ref=${heading}>${t("items")} (${number(c.items)})</h2>
		<div class="filters">
			<label for="outcome" class="inline">${t("show")}</label>
			<select id="outcome" value=${outcome} onChange=${(e) => setAsked({ outcome: e.target.value, n: PAGE })}>
				${FILTERS.map((f) => html`<option key=${f} value=${f}>${f === "" ? t("all") : f === "open" ? t("item_open") : word("outcome", f)}</option>`)}
			</select>
		</div>
		${decides && html`<${Decisions} c=${c} decisions=${decisions} reload=${reload} />`}
		${decides && c.state === "accepted" && html`<p><a href=${href(`decide/${c.case}`)}>${t("decide_many")}</a></p>`}
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && items.length === 0 && html`<p class="empty">${t("no_items_match")}</p>`}
		${items.length > 0 &&
		html`<table role="table" class="items">
			<caption>${t("items_caption")}</caption>
			<thead role="rowgroup"><tr role="row">
				${["col_number", "col_target", "col_category", "col_outcome"].map(
					(k) => html`<th key=${k} role="columnheader" scope="col" class=${k === "col_number" ? "number" : ""}>${t(k)}</th>`,
				)}
			</tr></thead>
			<tbody role="rowgroup">
				${items.map((item) => html`<${Item} key=${item.i} item=${item} decisions=${decides && c.state === "accepted" && decisions} />`)}
			</tbody>
		</table>`}
		${next !== null && next !== undefined && html`<p><${Act} quiet run=${more}>${t("show_more")}<//></p>`}
	</section>`;
}
