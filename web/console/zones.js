/* The zones as they are given out, who is behind, and what an admin does when a store is not
 * what resolvers have. */
import { html } from "./vendor.js";
import { get, me, post } from "./api.js";
import { number, t } from "./lang.js";
import { Chip, Loading, Said, Sentence, Trouble, When, say, useApi } from "./parts.js";
import { Steps } from "./step.js";

async function load() {
	const [zones, { alarms }] = await Promise.all([get("/v1/zones"), me.value.role === "admin" ? get("/v1/alarms") : { alarms: [] }]);
	const told = alarms.filter((a) => a.kind === "zone_shrunk");
	return { ...zones, told, shrunk: told.map((a) => a.subject) };
}

function stepsOf(d, reload) {
	if (me.value.role !== "admin") return [];
	const send = (act, said) => async (values, key) => {
		const got = await post(`/v1/zone/${act}`, values, key);
		say(said(got));
		await reload();
	};
	return [
		!d.given_out && { act: "resume", verb: t("zone_resume"), why: t("zone_resume_why"), draft: "zone.resume", fields: [{ name: "reason", label: t("reason"), kind: "text" }], send: send("resume", () => t("zone_resumed")) },
		...d.zones.filter((z) => d.shrunk.includes(z.name)).map((z) => ({ act: `shrink.${z.name}`, verb: t("zone_shrink", z.name), why: t("zone_shrink_why", z.name), draft: `zone.shrink.${z.name}`, send: (_, key) => send("shrink", () => t("zone_shrunk_done", z.name))({ zone: z.name, serial: z.serial }, key) })),
		{ act: "renew", quiet: true, verb: t("zone_renew"), why: t("zone_renew_why"), draft: "zone.renew", send: send("renew", (got) => t("zone_renewed", String(Math.max(...got.zones.map((z) => z.serial))))) },
	].filter(Boolean);
}

const COLUMNS = ["zone_name", "zone_serial", "zone_names", "zone_hot", "zone_ttl", "zone_folded"];

function Row({ z }) {
	return html`<tr role="row">
		<td role="cell" data-label=${t("zone_name")}><div><code>${z.origin}</code></div></td>
		<td role="cell" data-label=${t("zone_serial")}><div>${String(z.serial)}</div></td>
		<td role="cell" data-label=${t("zone_names")}><div>${number(z.rows)}</div></td>
		<td role="cell" data-label=${t("zone_hot")}><div>${number(z.hot_rows)} <span class="meta">${String(z.hot_serial)}</span></div></td>
		<td role="cell" data-label=${t("zone_ttl")}><div>${t("zone_seconds", number(z.ttl_s))}</div></td>
		<td role="cell" data-label=${t("zone_folded")}><div><${When} at=${z.folded} /></div></td>
	</tr>`;
}

export function Zones() {
	const state = useApi(load, []);
	const d = state.data;
	if (!d) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	return html`<section aria-labelledby="zones"><h2 id="zones">${t("zones")}</h2>
		${!d.given_out && html`<p class="problem">${t("zone_not_given")}</p>`}
		<table role="table"><caption>${t("zone_ttl_why")}</caption>
			<thead role="rowgroup"><tr role="row">${COLUMNS.map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
			<tbody role="rowgroup">${d.zones.map((z) => html`<${Row} key=${z.name} z=${z} />`)}</tbody></table>
		<ul class="matches">${d.zones.flatMap((z) => z.behind.map((b) => html`<li key=${z.name + b.operator + b.address}><${Chip} look="soon">${t("zone_behind")}<//> <${Said}>${b.operator}<//> <${Said}>${b.address}<//> · ${String(b.serial)} · <${When} at=${b.at} /></li>`))}</ul>
		${d.told.map((a) => html`<div key=${a.key} class="problem"><${Sentence} text=${a.text} /></div>`)}
		<${Steps} key=${`${d.given_out} ${d.shrunk} ${d.zones.map((z) => z.serial)}`} steps=${stepsOf(d, state.reload)} />
	</section>`;
}
