/* The orders, the newest first; for an approver what waits for a signature comes first. */
import { html } from "./vendor.js";
import { get, me, nodeNow } from "./api.js";
import { Author } from "./author.js";
import { number, span, t, word } from "./lang.js";
import { Chip, Loading, Nothing, Said, Trouble, When, useList } from "./parts.js";
import { href, place } from "./route.js";

const STATES = ["", "draft", "in_force", "lifted", "expired", "returned"];
const LOOKS = { draft: "waiting", in_force: "blocked", lifted: "done", expired: "done", returned: "refused", withdrawn: "refused" };

export const OrderState = ({ state }) => html`<${Chip} look=${LOOKS[state] || "unknown"}>${word("order", state)}<//>`;

/* Who has a hand in it does not sign it: why, or null. */
function notMine(o) {
	if (o.state !== "draft" || me.value.role !== "approver") return null;
	const hands = o.acts.filter((a) => a.author === me.value.pseudonym).map((a) => a.act);
	if (o.drafter === me.value.pseudonym) return t("own_draft");
	return hands.some((act) => ["approve", "override"].includes(act)) ? t("signed_by_you") : null;
}

/* When, by whom, and of what waits how long. */
function Drafted({ o }) {
	const mine = o.drafter === me.value.pseudonym;
	const why = notMine(o);
	return html`<${When} at=${o.drafted} /> ${o.state === "draft" && html`<span class="meta">(${t("waits_for", span((nodeNow() - new Date(o.drafted).getTime()) / 1000))})</span>`}
		<p class="why"><${Author} of=${o.drafter} />${why ? html` · ${why}` : mine ? html` · ${t("drafted_by_you")}` : ""}</p>`;
}

export function Orders() {
	const { query } = place.value;
	/* Of an approver nothing is asked first but what waits for a signature. */
	const shown = query.state ?? (me.value.role === "approver" ? "draft" : "");
	const asked = { ...query, state: STATES.includes(shown) ? shown : "" };
	const state = useList(() => get("/v1/orders", asked), [JSON.stringify(asked)], (e) => e.type.startsWith("order."));
	/* What one may not sign comes after what waits for one. */
	const rows = state.data?.orders || [];
	const orders = [...rows.filter((o) => !notMine(o)), ...rows.filter(notMine)];
	return html`
		<div class="heading">
			<h1>${t("orders_title")}</h1>
			${me.value.role === "officer" && html`<p><a href=${href("draft")}>${t("order_draft_new")}</a></p>`}
		</div>
		<nav class="filters" aria-label=${t("filter_orders")}>
			${STATES.map(
				(s) => html`<a key=${s} href=${href("orders", { state: s || "all" })} aria-current=${asked.state === s ? "page" : undefined}>
					${s ? word("order", s) : t("all")}</a>`,
			)}
		</nav>
		${state.news}
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && orders.length === 0 && html`<${Nothing} said=${asked.state === "draft" ? "no_drafts" : "no_orders"} filtered=${asked.state && asked.state !== "draft"} clear=${href("orders", { state: "all" })} />`}
		${orders.length > 0 &&
		html`<table role="table">
			<caption>${t("orders_caption")}</caption>
			<thead role="rowgroup"><tr role="row">
				${["col_order", "col_names", "col_status", "col_drafted", "col_since", "col_until"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}
			</tr></thead>
			<tbody role="rowgroup">
				${orders.map(
					(o) => html`<tr key=${o.order} role="row" class=${notMine(o) ? "own" : ""}>
						<td role="cell" data-label=${t("col_order")}><div><a href=${href(`order/${o.order}`)}>${o.ref || html`<code>${o.order}</code>`}</a></div></td>
						<td role="cell" data-label=${t("col_names")}><div>${o.names && (Array.isArray(o.names) ? html`<${Said}>${o.names.slice(0, 3).map((n) => n.name || n).join(", ")}<//>${o.names.length > 3 ? ` +${number(o.names.length - 3)}` : ""}` : number(o.names))}</div></td>
						<td role="cell" data-label=${t("col_status")}><div><${OrderState} state=${o.state} /></div></td>
						<td role="cell" data-label=${t("col_drafted")}><div><${Drafted} o=${o} /></div></td>
						<td role="cell" data-label=${t("col_since")}><div><${When} at=${o.in_force} /></div></td>
						<td role="cell" data-label=${t("col_until")}><div><${When} at=${o.ended || o.ends} /></div></td>
					</tr>`,
				)}
			</tbody>
		</table>`}
		${state.data?.next && html`<nav class="pager"><a href=${href("orders", { ...query, after: state.data.next })}>${t("next_page")}</a></nav>`}
	`;
}
