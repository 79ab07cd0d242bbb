/* A DNS operator's own work: what there is to apply, since which serial, until when; taking
 * the list, saying that it is applied, reporting what stands in the way.  What one says is
 * kept apart from what was measured. */
import { html, useLayoutEffect, useState } from "./vendor.js";
import { get, me, newKey, post } from "./api.js";
import { area, keepFile, useDraft, useRun } from "./form.js";
import { bind } from "./keys.js";
import { t } from "./lang.js";
import { Measured, Resolvers } from "./matrix.js";
import { Act, Chip, Field, Left, Loading, Said, Trouble, When, recorded, useAgain, useApi } from "./parts.js";

const AGAIN_MS = 10000;

async function load() {
	const [operators, zones] = await Promise.all(["operators", "zones"].map((p) => get(`/v1/${p}`)));
	const mine = operators.operators.filter((o) => me.value.role !== "operator" || o.contact?.person === me.value.name || o.contact?.person === me.value.pseudonym);
	return { mine, zones: zones.zones };
}

/* The first pages of what an operator has to apply: what is waited for, then the newest. */
async function ordersOf(name, pages) {
	const rows = new Map();
	let next;
	for (let i = 0; i < pages && next !== null; i++) {
		const page = await get(`/v1/operators/${name}/orders`, { after: next });
		for (const r of page.orders) if (!rows.has(r.order)) rows.set(r.order, r);
		next = page.next;
	}
	return { rows: [...rows.values()], more: next !== null };
}

function Orders({ o, serial }) {
	const [pages, setPages] = useState(1);
	const state = useApi(() => ordersOf(o.name, pages), [o.name, pages, serial]);
	useAgain(state.reload, AGAIN_MS);
	if (!state.data) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	const { rows, more } = state.data;
	if (rows.length === 0) return html`<p class="empty">${t("dns_no_orders")}</p>`;
	return html`<table role="table" tabindex="-1"><caption>${t("dns_orders")}</caption>
		<thead role="rowgroup"><tr role="row">${["col_order", "col_expected", "col_until", "col_pulled", "col_applied", "col_measured"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
		<tbody role="rowgroup">${rows.map(({ order: id, ref, at: x }) => html`<tr key=${id} role="row">
			<td role="cell" data-label=${t("col_order")}><div>${ref ? t("order_n", ref) : html`<code>${id.slice(0, 13)}…</code>`}</div></td>
			<td role="cell" data-label=${t("col_expected")}><div>${x.expected === "blocked" ? html`<${Chip} look="blocked">${t("expect_blocked")}<//>` : html`<${Chip} look="done">${t("expect_free")}<//>`} <span class="meta">${String(x.serial)}</span></div></td>
			<td role="cell" data-label=${t("col_until")}><div>${x.lacks ? html`<${Left} due=${x.due} />` : html`<${When} at=${x.due} />`}</div></td>
			<td role="cell" data-label=${t("col_pulled")}><div>${x.pulled ? html`✓ <${When} at=${x.pulled_at} />` : html`<span class="none">${t("not_yet")}</span>`}</div></td>
			<td role="cell" data-label=${t("col_applied")}><div>${x.applied ? html`✓ <${When} at=${x.applied_at} />` : html`<span class="none">${t("not_yet")}</span>`}</div></td>
			<td role="cell" data-label=${t("col_measured")}><div><${Measured} m=${x.measured} /><${Resolvers} m=${x.measured} /></div></td>
		</tr>`)}</tbody></table>${more && html`<p><button type="button" class="quiet" onClick=${() => setPages(pages + 1)}>${t("show_more")}</button></p>`}<p class="meta">${t("matrix_claim")}</p>`;
}

function Report({ o, done }) {
	const [f, set] = useDraft(`${o.name}.report`, { text: "" });
	const [run, trouble] = useRun();
	const send = () =>
		run(async () => {
			recorded(await post(`/v1/operators/${o.name}/answer`, { text: f.text.trim() }, newKey()), null, t("dns_reported"));
			set({ text: "" });
			await done();
		});
	return html`<details><summary>${t("dns_report")}</summary><${Field} label=${t("dns_report_text")}>${area(f, set, "text", 4, 4000)}<//>${trouble}<${Act} run=${send} off=${!f.text.trim()}>${t("dns_report_send")}<//></details>`;
}

function Mine({ o, d, reload }) {
	const [run, trouble] = useRun();
	const zone = d.zones.find((z) => z.name === o.zone) || d.zones[0];
	const pulled = Math.max(0, ...o.pulled.map((p) => p.serial));
	const behind = pulled < zone.serial;
	const take = () =>
		run(async () => {
			const diff = await get("/v1/zone/diff", { zone: zone.origin, ...(pulled && behind ? { from: pulled } : {}) });
			keepFile(`${zone.origin}-${zone.serial}.txt`, diff.rpz);
		});
	const confirm = () =>
		run(async () => {
			recorded(await post(`/v1/operators/${o.name}/confirm`, { serial: zone.serial }, newKey()), null, t("confirmed", String(zone.serial)));
			await reload();
		});
	const applied = o.applied?.serial >= zone.serial;
	return html`<section aria-labelledby=${`o-${o.name}`}><h2 id=${`o-${o.name}`}><${Said}>${o.name}<//></h2>
		<p>${t("dns_serial", String(zone.serial))} ${behind ? html`<${Chip} look="soon">${t("dns_behind", String(pulled))}<//>` : html`<${Chip} look="done">${t("dns_no_change", String(pulled))}<//>`}</p>
		<p class="meta">${t("last_success")} ${o.pulled.length > 0 ? o.pulled.map((p) => html`<span key=${p.origin}><code>${p.origin}</code> ${String(p.serial)} <${When} at=${p.at} /> </span>`) : html`<span class="none">${t("not_yet")}</span>`}</p>
		<${Orders} o=${o} serial=${zone.serial} />
		${trouble}
		<div class="bar start"><${Act} quiet run=${take}>${t("dns_take")}<//><${Act} run=${confirm} off=${applied}>${applied ? t("dns_applied", String(zone.serial)) : t("dns_confirm", String(zone.serial))}<//></div>
		<${Report} o=${o} done=${reload} />
	</section>`;
}

export function Dns() {
	const state = useApi(load, []);
	useAgain(state.reload, AGAIN_MS);
	useLayoutEffect(() => bind({ m: () => /** @type {HTMLElement | null} */ (document.querySelector("main table"))?.focus() }), []);
	const d = state.data;
	return html`<h1>${t("nav_dns")}</h1><p class="lead">${t("dns_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!d && !state.problem && html`<${Loading} />`}
		${d && d.mine.length === 0 && html`<p class="empty">${t("dns_nobody")}</p>`}
		${d && d.mine.map((o) => html`<${Mine} key=${o.name} o=${o} d=${d} reload=${state.reload} />`)}`;
}
