/* A filter of one's own: words, status, urgency, category; kept under a name in this browser,
 * for this person. */
import { html, signal, useState } from "./vendor.js";
import { me } from "./api.js";
import { t, word } from "./lang.js";
import { Field } from "./parts.js";
import { go, href } from "./route.js";

const STATES = ["sent", "received", "accepted", "refused", "closed", "none"];
const CATEGORIES = ["terrorism", "violent_extremism", "incitement", "child_abuse", "violence", "hate", "fraud", "gambling", "illegal_goods", "privacy", "public_disorder", "other"];
const OWN = ["text", "state", "urgent", "category"];
const MOST = 12;

const place = () => `saluran.filters.${me.value.pseudonym}`;
/** @type {{ value: {name: string, query: any}[] | null }} */
const kept = signal(null);

function mine() {
	if (kept.value === null) {
		try {
			kept.value = JSON.parse(localStorage.getItem(place()) || "[]");
		} catch {
			kept.value = [];
		}
	}
	return kept.value || [];
}

function keep(filters) {
	kept.value = filters;
	localStorage.setItem(place(), JSON.stringify(filters));
}

const same = (query, other) => OWN.every((k) => (query[k] || "") === (other[k] || ""));

/* Those that were kept, beside the lists that there always are. */
export function Kept({ query }) {
	return mine().map(
		(f) => html`<a key=${f.name} href=${href("cases", f.query)} aria-current=${same(query, f.query) ? "page" : undefined}><bdi>${f.name}</bdi></a>`,
	);
}

const select = (label, value, set, values, name) => html`<${Field} label=${t(label)}>${(a) => html`<select ...${a} value=${value} onChange=${(e) => set(e.target.value)}>
	<option value="">${t("all")}</option>${values.map((v) => html`<option key=${v} value=${v}>${name(v)}</option>`)}</select>`}<//>`;

export function OwnFilter({ query }) {
	const [f, setF] = useState(() => Object.fromEntries(OWN.map((k) => [k, query[k] || ""])));
	const [name, setName] = useState("");
	const set = (k) => (v) => setF({ ...f, [k]: v });
	const now = () => Object.fromEntries(OWN.map((k) => [k, f[k].trim()]).filter(([, v]) => v));
	const apply = (event) => {
		event.preventDefault();
		go("cases", { ...(query.queue ? { queue: query.queue } : {}), ...now() });
	};
	const here = mine().find((x) => same(query, x.query));
	const keepIt = () => {
		keep([...mine().filter((x) => x.name !== name.trim()), { name: name.trim(), query: now() }].slice(-MOST));
		setName("");
	};
	return html`<form onSubmit=${apply}>
		<div class="beside">
			<${Field} label=${t("filter_text")} hint=${t("filter_text_hint")}>${(a) => html`<input ...${a} type="text" maxlength="200" value=${f.text} onInput=${(e) => set("text")(e.target.value)} autocomplete="off" />`}<//>
			${select("col_status", f.state, set("state"), STATES, (s) => word("state", s))}
			${select("col_category", f.category, set("category"), CATEGORIES, (k) => word("category", k))}
			${select("urgent", f.urgent, set("urgent"), ["yes", "no"], t)}
		</div>
		<div class="bar start wrap"><button type="submit">${t("filter_show")}</button><a href=${href("cases")}>${t("clear_filter")}</a></div>
		<div class="bar start wrap">
			<label class="inline" for="filter-name">${t("filter_name")}</label>
			<input id="filter-name" type="text" maxlength="30" value=${name} onInput=${(e) => setName(e.target.value)} autocomplete="off" />
			<button type="button" class="quiet" disabled=${!name.trim() || Object.keys(now()).length === 0} onClick=${keepIt}>${t("filter_keep")}</button>
			${here && html`<button type="button" class="quiet" onClick=${() => keep(mine().filter((x) => x !== here))}>${t("filter_forget", here.name)}</button>`}
		</div>
	</form>`;
}
