/* The items of a case, and, for the platform's people, what they decide of each. */
import { html, useEffect, useRef, useState } from "./vendor.js";
import { get, me } from "./api.js";
import { number, t, word } from "./lang.js";
import { Act, Loading, Outcome, Said, Trouble, When, useApi } from "./parts.js";
import { Choice, Decisions, useDecisions } from "./decide.js";
import { href } from "./route.js";

const PAGE = 200;
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

export function Items({ c, reload }) {
	const [outcome, setOutcome] = useState("");
	const [pages, setPages] = useState([]);
	const heading = useRef(null);
	const state = useApi(
		() => get(`/v1/cases/${c.case}/items`, { limit: PAGE, outcome }),
		[c.case, outcome, c.version],
	);
	useEffect(() => setPages([]), [c.case, outcome, c.version]);
	const decides = ["agent", "lead"].includes(me.value.role) && ["accepted", "received"].includes(c.state);
	const decisions = useDecisions(c);
	const items = [...(state.data?.items || []), ...pages.flatMap((p) => p.items)];
	const next = pages.length > 0 ? pages[pages.length - 1].next : state.data?.next;
	const more = async () => {
		const page = await get(`/v1/cases/${c.case}/items`, { limit: PAGE, outcome, after: next });
		setPages((old) => [...old, page]);
	};
	return html`<section aria-labelledby="items">
		<h2 id="items" tabindex="-1" ref=${heading}>${t("items")} (${number(c.items)})</h2>
		<div class="filters">
			<label for="outcome" class="inline">${t("show")}</label>
			<select id="outcome" value=${outcome} onChange=${(e) => setOutcome(e.target.value)}>
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
