/* Operator by operator: what it pulled, what it says it applied, and what was measured at each of
 * its resolvers.  A claim is never shown as a measurement, and no data is never shown as well. */
import { html, useState } from "./vendor.js";
import { get, me, post } from "./api.js";
import { number, t } from "./lang.js";
import { Chip, Loading, Said, Trouble, When, recorded, useApi } from "./parts.js";
import { href } from "./route.js";
import { Steps } from "./step.js";

const MEASURED = {
	none: ["unknown", "measured_none"],
	unknown: ["unknown", "measured_unknown"],
	blocked: ["blocked", "measured_blocked"],
	partly: ["bad", "measured_partly"],
	free: ["done", "measured_free"],
	held: ["unknown", "measured_held"],
};

/* What is claimed and what is measured are two things, and may differ. */
const DIFFERS = { blocked: ["free", "partly"], free: ["blocked", "partly"] };
const differs = (o) => o.applied && DIFFERS[o.expected]?.includes(o.measured.state);

export function Measured({ m }) {
	const [look, key] = MEASURED[m.state] || MEASURED.unknown;
	return html`<${Chip} look=${look}>${t(key)}<//> ${m.at && html`<${When} at=${m.at} />`}`;
}

/* Of an operator's resolvers each by itself; where there is one, only which it is. */
export function Resolvers({ m }) {
	if (m.resolvers.length === 0) return null;
	return html`<ul class="plain">${m.resolvers.map((r) => html`<li key=${r.resolver}><code><${Said}>${r.resolver}<//></code> ${m.resolvers.length > 1 && html`<${Measured} m=${r} />`}</li>`)}</ul>`;
}

function Step({ at, done, serial }) {
	if (!done) return html`<span class="none">${t("not_yet")}</span>${serial ? html` <span class="meta">${serial}</span>` : ""}`;
	return html`✓ ${serial} <${When} at=${at} />`;
}

const WAIVES = ["officer", "approver"];
const REMINDS = ["admin", "officer", "approver"];

function waive(id, o, reload) {
	return {
		act: "waive", verb: t("waive"), why: t("waive_why", o.operator), draft: `${id}.waive.${o.operator}`, quiet: true,
		fields: [{ name: "reason", label: t("reason"), kind: "text" }],
		send: async (values, key) => {
			recorded(await post(`/v1/orders/${id}/waive`, { operator: o.operator, ...values }, key));
			await reload();
		},
	};
}

/* How far it has come: from the draft to what is measured, and after a lift to normal again. */
function Way({ o, m }) {
	const rows = m.operators.filter((r) => r.expected !== "nothing");
	/* Of an operator whose resolvers nobody has named nothing is known. */
	const seen = rows.flatMap((r) => (r.measured.resolvers.length > 0 ? r.measured.resolvers : [r.measured]).map((m) => m.state === r.expected || (m.state === "held" && r.expected === "blocked")));
	const right = seen.filter(Boolean).length;
	const acts = [["way_drafted", o.drafted], ["way_approved", o.in_force]];
	if (o.ended) acts.push(["way_ended", o.ended]);
	const steps = acts.map(([key, at]) => [t(key), at !== null, at]);
	const serial = o.ended ? o.serial_off : o.serial_on;
	if (serial) steps.push([t("way_published", String(serial)), true, null]);
	if (seen.length > 0) steps.push([t("way_measured", number(right), number(seen.length)), right === seen.length, null]);
	if (o.ended) steps.push([t("normalised"), m.normalised, m.closed?.at ?? null]);
	return html`<ol class="way">${steps.map(
		([what, done, at]) => html`<li key=${what} class=${done ? "done" : ""}><span aria-hidden="true">${done ? "✓" : "○"}</span> ${what}${done ? "" : ` (${t("not_yet")})`} ${at && html`<${When} at=${at} />`}</li>`,
	)}</ol>`;
}

export function Matrix({ o: order, ended }) {
	const id = order.order;
	const [waiting, setWaiting] = useState(false);
	const state = useApi(() => get(`/v1/orders/${id}/matrix`), [id], (e, reload) => (e.type.startsWith("dns.") || e.type.startsWith("order.")) && reload());
	const m = state.data;
	if (!m) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	if (m.operators.length === 0) return html`<p class="empty">${t("no_operators")}</p>`;
	const rows = waiting ? m.operators.filter((o) => o.waits) : m.operators;
	return html`
		<${Way} o=${order} m=${m} />
		<p class="bar start">
			<label class="choice"><input type="checkbox" checked=${waiting} onChange=${() => setWaiting(!waiting)} /> ${t("matrix_only_waiting")}</label>
			<a download href="/v1/orders/${id}/matrix?format=csv">${t("csv")}</a>
			<button type="button" class="quiet small" onClick=${() => print()}>${t("print")}</button>
		</p>
		${rows.length === 0 ? html`<p class="empty">${t("matrix_none_waits")}</p>` : html`<table role="table">
			<caption>${t("matrix_caption")}</caption>
			<thead role="rowgroup"><tr role="row">
				${["col_operator", "col_pulled", "col_applied", "col_measured"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}
			</tr></thead>
			<tbody role="rowgroup">
				${rows.map(
					(o) => html`<tr key=${o.operator} role="row">
						<td role="cell" data-label=${t("col_operator")}><div><${Said}>${o.operator}<//>${o.operator === m.slowest ? html` <span class="meta">${t("slowest")}</span>` : ""}</div></td>
						<td role="cell" data-label=${t("col_pulled")}><div><${Step} at=${o.pulled_at} done=${o.pulled} serial=${o.pulled_serial} /></div></td>
						<td role="cell" data-label=${t("col_applied")}><div><${Step} at=${o.applied_at} done=${o.applied} serial=${o.applied_serial} /></div></td>
						<td role="cell" data-label=${t("col_measured")}><div><${Measured} m=${o.measured} /><${Resolvers} m=${o.measured} />${differs(o) ? html`<p class="late">${t("claim_differs")}</p>` : ""}${o.waived ? html`<p class="why">${t("waived")}</p>` : ""}
							${(o.waits || differs(o)) && html`<p><a href=${href("operators", { operator: o.operator })}>${t(REMINDS.includes(me.value.role) ? "matrix_remind" : "talk")}</a></p>`}
							${ended && o.waits && WAIVES.includes(me.value.role) && html`<${Steps} steps=${[waive(id, o, state.reload)]} />`}</div></td>
					</tr>`,
				)}
			</tbody>
		</table>`}
		<p class="meta">${t("matrix_claim")} ${t("matrix_floor", number(m.floor_s))}</p>
		${m.waiting > 0 && html`<p>${t("matrix_waiting", m.waiting)}</p>`}
		${m.normalised && html`<p><${Chip} look="done">${t("normalised")}<//></p>`}
	`;
}
