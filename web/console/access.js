/* Who saw and did what on this node, and whether that record is whole. */
import { html, useState } from "./vendor.js";
import { get } from "./api.js";
import { ASKED, Export } from "./export.js";
import { text } from "./form.js";
import { number, t, utc, word } from "./lang.js";
import { Pairs, Reveals } from "./reveals.js";
import { Act, Chip, Field, Loading, Said, Trouble, When, useApi } from "./parts.js";
import { go, href, place } from "./route.js";

const COLUMNS = ["col_time", "col_who", "col_did", "col_object", "col_result"];

const head = () => [t("col_entry"), ...COLUMNS.map((k) => t(k)), t("access_via"), t("access_address")];
const cells = (r) => [r.seq, r.at, r.name || r.who, `${r.method} ${r.route}`, r.object, word("rc", r.outcome), r.via, r.address];

async function rowsOf(filter, before) {
	const page = await get("/v1/access", { ...filter, before, limit: ASKED });
	return { rows: page.access.map(cells), next: page.next };
}

/* By whom, about what, since when; acts alone, or whatever was looked at, too. */
function Filter({ query }) {
	const [f, set] = useState({ person: query.person || "", object: query.object || "", since: query.since || "", acts: query.acts || "" });
	const show = (event) => {
		event.preventDefault();
		go("access", Object.fromEntries(Object.entries(f).map(([k, v]) => [k, v.trim()])));
	};
	const words = { maxlength: 100, autocapitalize: "none", spellcheck: "false", autocomplete: "off" };
	return html`<form onSubmit=${show}>
		<div class="beside">
			<${Field} label=${t("col_who")} hint=${t("access_who_hint")}>${text(f, set, "person", words)}<//>
			<${Field} label=${t("col_object")} hint=${t("access_object_hint")}>${text(f, set, "object", words)}<//>
			<${Field} label=${t("access_since")}>${text(f, set, "since", { type: "date" })}<//>
		</div>
		<p><label class="choice"><input type="checkbox" checked=${f.acts === "yes"} onChange=${(e) => set({ ...f, acts: e.target.checked ? "yes" : "" })} /> ${t("access_acts")}</label></p>
		<div class="bar start wrap"><button type="submit">${t("filter_show")}</button><a href=${href("access")}>${t("clear_filter")}</a></div>
	</form>`;
}

/* A day is from its beginning, where the reader is. */
/** @param {any} query */
const asked = ({ since, ...rest }) => ({ ...rest, ...(since ? { since: utc(`${since}T00:00`) } : {}) });

function Rows({ rows }) {
	return html`<table role="table">
		<caption>${t("access_caption")}</caption>
		<thead role="rowgroup"><tr role="row">${COLUMNS.map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
		<tbody role="rowgroup">${rows.map(
			(r) => html`<tr key=${r.seq} role="row">
				<td role="cell" data-label=${t("col_time")}><div><${When} at=${r.at} /></div></td>
				<td role="cell" data-label=${t("col_who")}><div><${Said}>${r.name || r.who}<//> <span class="meta">${word("via", r.via)}</span></div></td>
				<td role="cell" data-label=${t("col_did")}><div><code>${r.method} ${r.route}</code></div></td>
				<td role="cell" data-label=${t("col_object")}><div><code>${r.object || "–"}</code></div></td>
				<td role="cell" data-label=${t("col_result")}><div>${word("rc", r.outcome)}</div></td>
			</tr>`,
		)}</tbody>
	</table>`;
}

export function Access() {
	const { query } = place.value;
	const here = JSON.stringify(query);
	const [at, setAt] = useState({ here, before: undefined });
	const before = at.here === here ? at.before : undefined; /* another filter begins anew */
	const setBefore = (to) => setAt({ here, before: to });
	const [check, setCheck] = useState(null);
	const filter = asked(query);
	const state = useApi(() => get("/v1/access", { ...filter, before }), [before, here]);
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
			${check && (check.whole ? html`<${Chip} look="done">${t("access_whole", check.rows)}<//>` : html`<p class="problem" role="alert">${t("access_broken", number(check.broken_at))}</p>`)}
		</div>
		<${Filter} key=${here} query=${query} />
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<p class="empty">${t("access_none")}</p>`}
		${rows.length > 0 && html`<${Rows} rows=${rows} />`}
		<nav class="pager" aria-label=${`${t("pages")}: ${t("access_record")}`}>
			${before && html`<button type="button" class="quiet" onClick=${() => setBefore(undefined)}>${t("first_page")}</button>`}
			${state.data?.next && html`<button type="button" class="quiet" onClick=${() => setBefore(state.data.next)}>${t("next_page")}</button>`}
			${rows.length > 0 && html`<${Export} key=${here} name=${t("access_record")} head=${head()} page=${(from) => rowsOf(filter, from)} />`}
		</nav>
	`;
}
