/* The feed of events, the newest last, as an auditor reads it: all of it, or of one case, or
 * of some kinds; and as a file.  What is void, or dated as nobody could have, is loud. */
import { html, useState } from "./vendor.js";
import { get } from "./api.js";
import { Author } from "./author.js";
import { ASKED, Export } from "./export.js";
import { text, useRun } from "./form.js";
import { number, t, word } from "./lang.js";
import { Chip, Field, Loading, Said, Sentence, Short, Trouble, When, useApi } from "./parts.js";
import { go, href, place } from "./route.js";

const PAGE = 200;
const LOOKS = 20; /* requests until one of the kind is found: for each the node looks at some thousands */
const COLUMNS = ["col_entry", "col_time", "col_party", "col_peer", "col_event", "col_author", "col_case"];
/* What a log is about, each the beginning of its events' types. */
const KINDS = ["notice", "case", "item", "message", "dispute", "order", "dns", "objection", "evidence", "erase", "hold", "receipt", "contact", "channel", "policy", "identity"];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param {any} query */
const asked = ({ kind, case: id }) => ({ ...(kind ? { types: `${kind}.*` } : {}), ...(id ? { case: id } : {}) });

const head = () => ["id", ...COLUMNS.map((k) => t(k)), t("event_void"), t("case_id")];
const cells = (e) => [e.id, e.seq, e.at, word("party", e.party), e.peer, e.type, e.author, e.ref || "", e.void ? e.why : "", e.case || ""];

async function rowsOf(filter, after = 0) {
	const page = await get("/v1/events", { ...filter, after, limit: ASKED });
	return { rows: page.events.map(cells), next: page.more ? page.next : null };
}

/* Of some kinds there may be none among so many that it takes several requests to find one. */
async function shown(filter, after) {
	let page = { events: [], next: after, more: true };
	for (let n = 0; n < LOOKS && page.more && page.events.length === 0; n++)
		page = await get("/v1/events", { ...filter, after: page.next, limit: PAGE });
	return page;
}

function Filter({ query }) {
	const [f, set] = useState({ kind: query.kind || "", case: query.ref || query.case || "" });
	const [unknown, setUnknown] = useState(null);
	const [run, trouble] = useRun();
	/* Two channels may have one number: then both are shown to choose from. */
	const find = async (said) => {
		if (query.ref && said === query.ref) return go("log", { ...query, kind: f.kind });
		if (said === "" || UUID.test(said)) return go("log", { kind: f.kind, case: said });
		const { cases } = await get("/v1/search", { q: said });
		if (cases.length > 1) return go("search", { q: said });
		return cases.length === 0 ? setUnknown(said) : go("log", { kind: f.kind, case: cases[0].case, ref: cases[0].ref || said });
	};
	const show = (event) => {
		event.preventDefault();
		setUnknown(null);
		run(() => find(f.case.trim()));
	};
	return html`<form onSubmit=${show}>
		<div class="beside">
			<${Field} label=${t("log_kind")}>${(a) => html`<select ...${a} value=${f.kind} onChange=${(e) => set({ ...f, kind: e.target.value })}><option value="">${t("all")}</option>${KINDS.map((k) => html`<option key=${k} value=${k}>${t(`log_kind_${k}`)}</option>`)}</select>`}<//>
			<${Field} label=${t("log_case")} hint=${t("log_case_hint")} error=${unknown && t("log_case_unknown", unknown)}>${text(f, set, "case", { maxlength: 100, autocapitalize: "none", spellcheck: "false", autocomplete: "off" })}<//>
		</div>
		${trouble}
		<div class="bar start wrap"><button type="submit">${t("filter_show")}</button><a href=${href("log")}>${t("clear_filter")}</a></div>
	</form>`;
}

/* A chain that does not hold is an alarm of the node; it stays above the log. */
function Broken() {
	const state = useApi(() => get("/v1/alarms"), [], (e, reload) => reload());
	const trouble = state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`;
	return html`${trouble}${(state.data?.alarms || [])
		.filter((a) => /zone_old|fraud|recovery|peer_refused/.test(a.kind))
		.map((a) => html`<div key=${a.key} class="problem" role="alert"><p><${Chip} look="bad">${t("log_broken")}<//> <${When} at=${a.raised} /></p><${Sentence} text=${a.text} /></div>`)}`;
}

function Rows({ events }) {
	return html`<table role="table">
		<caption>${t("log_caption")}</caption>
		<thead role="rowgroup"><tr role="row">${COLUMNS.map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
		<tbody role="rowgroup">${events.map(
			(e) => html`<tr key=${e.id} role="row">
				<td role="cell" data-label=${t("col_entry")}><div>#${number(e.seq)}</div></td>
				<td role="cell" data-label=${t("col_time")}><div><${When} at=${e.at} /></div></td>
				<td role="cell" data-label=${t("col_party")}><div>${word("party", e.party)}</div></td>
				<td role="cell" data-label=${t("col_peer")}><div><${Said}>${e.peer}<//></div></td>
				<td role="cell" data-label=${t("col_event")}><div>${word("event", e.type)}${e.void ? html`<p class="why late">${t("event_void")}: <${Short} text=${e.why} /></p>` : ""}</div></td>
				<td role="cell" data-label=${t("col_author")}><div><${Author} of=${e.author} /></div></td>
				<td role="cell" data-label=${t("col_case")}><div>${e.case ? html`<a href=${href(`case/${e.case}`)}>${e.ref || html`<code>${e.case.slice(0, 13)}…</code>`}</a>` : html`<span class="none">–</span>`}</div></td>
			</tr>`,
		)}</tbody>
	</table>`;
}

export function Log() {
	const { query } = place.value;
	const here = JSON.stringify(query);
	const [at, setAt] = useState({ here, after: 0 });
	const after = at.here === here ? at.after : 0; /* another filter begins anew */
	const setAfter = (to) => setAt({ here, after: to });
	const filter = asked(query);
	const state = useApi(() => shown(filter, after), [after, here]);
	const events = state.data?.events || [];
	const more = state.data?.more;
	return html`
		<h1>${t("nav_log")}</h1>
		<p class="lead">${t("log_lead")}</p>
		<${Broken} />
		<${Filter} key=${here} query=${query} />
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${events.length > 0 && html`<${Rows} events=${events} />`}
		${state.data && events.length === 0 && html`<p class="empty">${t(more ? "log_none_so_far" : after > 0 || !(filter.types || filter.case) ? "log_end" : "log_none_match")}</p>`}
		<nav class="pager" aria-label=${t("pages")}>
			${after > 0 && html`<button type="button" class="quiet" onClick=${() => setAfter(0)}>${t("first_page")}</button>`}
			${more && html`<button type="button" class="quiet" onClick=${() => setAfter(state.data.next)}>${t(events.length > 0 ? "next_page" : "log_look_on")}</button>`}
			${(events.length > 0 || more) && html`<${Export} key=${here} name=${t("nav_log")} head=${head()} page=${(from) => rowsOf(filter, from)} />`}
		</nav>
	`;
}
