/* Every item of a case, to be decided one by one or many at a time: item, basis, decision,
 * reason.  What is chosen stays a draft until its group is reviewed and sent. */
import { html, signal, useEffect, useLayoutEffect, useState } from "./vendor.js";
import { get, me } from "./api.js";
import { Choice, Decisions, onDigit, useDecisions } from "./decide.js";
import { OUTCOMES } from "./decisions.js";
import { Grid, moveRow } from "./grid.js";
import { useSame } from "./groups.js";
import { bind } from "./keys.js";
import { number, t, word } from "./lang.js";
import { CaseState, Left, Loading, News, Outcome, Said, Trouble, useApi } from "./parts.js";
import { go, href } from "./route.js";

const PAGE = 1000;
const COLUMNS = ["col_select", "col_number", "col_target", "col_category", "col_decision", "col_reason"];
const SHOW = ["open", "unchosen", "chosen", "decided", "all"];

/* All items, a page at a time: the first are there while the others come.  What became of one
 * meanwhile is told to the row that is there; news: how many rows since somebody chose what is
 * shown. */
function useItems(c, changed) {
	const [state, setState] = useState({ items: [], whole: false, problem: null, news: 0 });
	const known = useSame(() => new Map(), []);
	useEffect(() => {
		let over = false;
		const merged = (page) => {
			const added = page.filter((item) => !known.has(item.i));
			const other = page.filter((item) => known.has(item.i) && JSON.stringify(item) !== JSON.stringify(known.get(item.i)));
			for (const item of added) known.set(item.i, item);
			for (const item of other) changed(Object.assign(known.get(item.i), item));
			return { added, other };
		};
		(async () => {
			let after;
			try {
				do {
					const page = await get(`/v1/cases/${c.case}/items`, { limit: PAGE, after });
					if (over) return;
					after = page.next;
					const { added, other } = merged(page.items);
					setState((old) => ({
						items: added.length > 0 ? [...old.items, ...added] : old.items,
						whole: old.whole || after === null,
						problem: null,
						news: old.news + other.length,
					}));
				} while (after !== null);
			} catch (problem) {
				if (!over) setState((old) => ({ ...old, problem }));
			}
		})();
		return () => {
			over = true;
		};
	}, [c.case, c.version]);
	return { ...state, seen: () => setState((old) => ({ ...old, news: 0 })) };
}

/* How often each row changed: its own signal. */
function versions() {
	const rows = new Map();
	const of = (i) => {
		if (!rows.has(i)) rows.set(i, signal(0));
		return rows.get(i);
	};
	return { of, touch: (i) => of(i).value++ };
}

/* Which rows are ticked: each its own signal, and how many in all. */
function selection() {
	const rows = new Map();
	const count = signal(0);
	const of = (i) => {
		if (!rows.has(i)) rows.set(i, signal(false));
		return rows.get(i);
	};
	const set = (i, on) => {
		if (of(i).value === on) return;
		of(i).value = on;
		count.value += on ? 1 : -1;
	};
	const all = () => [...rows].filter(([, s]) => s.value).map(([i]) => i).sort((a, b) => a - b);
	return { of, set, count, all };
}

function Reason({ draft, i }) {
	const chosen = draft.of(i).value;
	return html`<input type="text" maxlength="2000" aria-label=${t("reason_of", number(i + 1))} value=${chosen?.reason || ""} onInput=${(e) => draft.say(i, e.target.value)} />`;
}

function Tick({ ticks, item }) {
	return html`<input type="checkbox" aria-label=${t("select_item", number(item.i + 1))} checked=${ticks.of(item.i).value} onChange=${(e) => ticks.set(item.i, e.target.checked)} />`;
}

function Row({ item, draft, ticks, drawn }) {
	drawn.of(item.i).value; /* drawn anew when something became of it */
	const open = !item.outcome;
	return html`<div role="row" class="grid-row" data-row=${item.i} tabindex="-1" onKeyDown=${open ? onDigit(draft, item.i) : undefined}>
		<div role="cell" data-label=${t("col_select")}>${open && html`<${Tick} ticks=${ticks} item=${item} />`}</div>
		<div role="cell" class="number" data-label=${t("col_number")}>${number(item.i + 1)}</div>
		<div role="cell" data-label=${t("col_target")}><code><${Said}>${item.given ?? t("erased")}<//></code>${item.description && html`<p class="why"><${Said}>${item.description}<//></p>`}</div>
		<div role="cell" data-label=${t("col_category")}>${word("category", item.category)}</div>
		<div role="cell" data-label=${t("col_decision")}>${open ? html`<${Choice} draft=${draft} i=${item.i} />` : html`<${Outcome} item=${item} />`}</div>
		<div role="cell" data-label=${t("col_reason")}>${open ? html`<${Reason} draft=${draft} i=${item.i} />` : html`<${Said}>${item.reason || "–"}<//>`}</div>
	</div>`;
}

function Bulk({ ticks, draft }) {
	const [outcome, setOutcome] = useState("");
	const [reason, setReason] = useState("");
	const n = ticks.count.value;
	if (n === 0) return null;
	const none = () => ticks.all().forEach((i) => ticks.set(i, false));
	const apply = () => {
		draft.put(ticks.all(), { outcome, reason });
		none();
	};
	return html`<div class="bulk wrap">
		<span>${t("selected", n)}</span>
		<select aria-label=${t("col_decision")} value=${outcome} onChange=${(e) => setOutcome(e.target.value)}>
			<option value=""></option>
			${OUTCOMES.map((o) => html`<option key=${o} value=${o}>${word("outcome", o)}</option>`)}
		</select>
		<input type="text" maxlength="2000" aria-label=${t("col_reason")} placeholder=${t("col_reason")} value=${reason} onInput=${(e) => setReason(e.target.value)} />
		<button type="button" class="small" disabled=${!outcome} onClick=${apply}>${t("apply_to", n)}</button>
		<button type="button" class="quiet small" onClick=${none}>${t("select_none")}</button>
	</div>`;
}

function matching(items, draft, { show, category, text }) {
	const chosen = (i) => Boolean(draft.rows.get(i.i)?.outcome);
	const tests = {
		open: (i) => !i.outcome,
		unchosen: (i) => !i.outcome && !chosen(i),
		chosen: (i) => !i.outcome && chosen(i),
		decided: (i) => i.outcome,
		all: () => true,
	};
	const wanted = text.trim().toLowerCase();
	return items.filter(
		(i) => tests[show](i) && (!category || i.category === category) && (!wanted || `${i.given} ${i.normal} ${i.description}`.toLowerCase().includes(wanted)),
	);
}

function Filters({ items, filter, set }) {
	const categories = [...new Set(items.map((i) => i.category))].sort();
	return html`<div class="filters" role="group" aria-label=${t("filter_items")}>
		<label class="inline" for="show-items">${t("show")}</label>
		<select id="show-items" value=${filter.show} onChange=${(e) => set({ show: e.target.value })}>${SHOW.map((s) => html`<option key=${s} value=${s}>${t(`items_${s}`)}</option>`)}</select>
		<label class="inline" for="of-category">${t("col_category")}</label>
		<select id="of-category" value=${filter.category} onChange=${(e) => set({ category: e.target.value })}><option value="">${t("all")}</option>${categories.map((k) => html`<option key=${k} value=${k}>${word("category", k)}</option>`)}</select>
		<label class="inline" for="of-text">${t("containing")}</label>
		<input id="of-text" type="text" value=${filter.text} onInput=${(e) => set({ text: e.target.value })} />
	</div>`;
}

function Items({ c, reload }) {
	const draft = useDecisions(c);
	const ticks = useSame(selection, []);
	const drawn = useSame(versions, []);
	const state = useItems(c, (item) => {
		if (item.outcome) ticks.set(item.i, false);
		drawn.touch(item.i);
	});
	const [filter, setFilter] = useState({ show: "open", category: "", text: "" });
	/* Rows stay where they are while one decides, whatever others do meanwhile: the filter is
	 * applied when it is set. */
	const show = (patch) => {
		setFilter({ ...filter, ...patch });
		state.seen();
	};
	const rows = useSame(() => matching(state.items, draft, filter), [state.items, filter]);
	const row = useSame(() => (item) => html`<${Row} key=${item.i} item=${item} draft=${draft} ticks=${ticks} drawn=${drawn} />`, [draft, ticks, drawn]);
	const open = rows.filter((i) => !i.outcome);
	useLayoutEffect(() => bind({ j: () => moveRow(1), k: () => moveRow(-1), x: () => {
		const row = document.activeElement?.closest?.("[data-row]");
		const i = row?.querySelector("input[type=checkbox]") && row.getAttribute("data-row");
		if (i) ticks.set(Number(i), !ticks.of(Number(i)).value);
	} }), [ticks]);
	return html`<${Decisions} c=${c} decisions=${draft} reload=${reload} />
		<${Filters} items=${state.items} filter=${filter} set=${show} />
		<${News} n=${state.news} show=${() => show({})} />
		<p><button type="button" class="quiet small" disabled=${!state.whole || open.length === 0} onClick=${() => open.forEach((i) => ticks.set(i.i, true))}>${t("select_matching", open.length)}</button></p>
		${state.problem && html`<${Trouble} problem=${state.problem} />`}
		${!state.whole && !state.problem && html`<${Loading} />`}
		${state.whole && rows.length === 0 && html`<p class="empty">${t("no_items_match")}</p>`}
		${rows.length > 0 && html`<${Grid} name="decide" caption=${t("decide_caption", number(rows.length), number(c.items))} columns=${COLUMNS} rows=${rows} row=${row} />`}
		<${Bulk} ticks=${ticks} draft=${draft} />`;
}

export function Decide({ word: id }) {
	const state = useApi(() => get(`/v1/cases/${id}`), [id], (event, reload) => event.case === id && reload());
	useLayoutEffect(() => bind({ Escape: () => go(`case/${id}`) }), [id]);
	const c = state.data;
	if (!c) return html`<h1>${t("col_case")}</h1>${state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`}`;
	const decides = ["agent", "lead"].includes(me.value.role);
	return html`
		<p class="kicker"><a href=${href(`case/${id}`)}>‹ ${t("back_to_case")}</a></p>
		<div class="heading"><h1><${Said}>${c.subject || t("no_subject")}<//></h1><p class="chips"><${CaseState} state=${c.state} /></p></div>
		<p>${c.due ? html`<${Left} due=${c.due} />` : t("no_deadline")} · ${c.legal_basis && html`<${Said}>${c.legal_basis}<//>`}</p>
		${decides ? html`<${Items} key=${c.case} c=${c} reload=${state.reload} />` : html`<p class="problem">${t("trouble_denied")} (${word("role", "agent")})</p>`}
	`;
}
