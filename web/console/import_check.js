/* The third step: what the node says of each row, mended in place.  Rows that are mended
 * stay where they are until somebody asks for the others. */
import { html, useEffect, useLayoutEffect, useState } from "./vendor.js";
import { get } from "./api.js";
import { Grid, moveRow } from "./grid.js";
import { useSame } from "./groups.js";
import { change, checked, mend, rowOf, run, work } from "./import_work.js";
import { bind } from "./keys.js";
import { lang, number, t, word } from "./lang.js";
import { isMended, PROBLEMS_MAX, valueOf } from "./list.js";
import { Act, Chip, Said, Short, Trouble, When, useApi } from "./parts.js";
import { go, href } from "./route.js";
import { save } from "./table.js";

const FILTERS = ["problems", "ready", "all"];
const FILLABLE = { category_empty: "category" };
const COLUMNS = ["col_line", "col_target", "col_category", "col_legal_basis", "col_problem"];

/* The very same file was sent: when, by whom, and what became of it. */
export function SentBefore({ sent }) {
	if (!sent.length) return null;
	return html`<div class="warned" role="status">
		${sent.map(
			(s) => html`<p key=${s.case}>
				${t("import_sent_before")} <${When} at=${s.sent} /> (<${Said}>${s.by}<//>):
				${" "}<a href=${href(`case/${s.case}`)}>${t("import_see_case")}</a>
			</p>`,
		)}
	</div>`;
}

/* What kinds of items the policy in effect with this peer has. */
export function usePolicy(peer) {
	return useApi(async () => {
		const { channels } = await get("/v1/policies");
		const channel = channels.find((c) => !peer || c.peer === peer);
		if (!channel?.in_effect) return null;
		return JSON.parse((await get("/v1/policies", { policy: channel.in_effect.sha256 })).text);
	}, [peer]);
}

const nameOf = (c) => c.name?.[lang.value] || word("category", c.code);

/* The words of a problem: the same in the summary and beside the row. */
export const kindOf = (p) => word("row", p.code);

function Value({ p, name, i, done, categories }) {
	const [text, setText] = useState(p.fix ?? valueOf(work.value, i, name));
	const put = (event) => {
		event.preventDefault();
		done(text);
	};
	return html`<form class="mend" onSubmit=${put}>
		${name === "category" && categories
			? html`<select aria-label=${t("mend_field", t(`field_${name}`), number(work.value.table.lines[i]))} value=${text} onChange=${(e) => setText(e.target.value)}>
				<option value=""></option>
				${categories.map((c) => html`<option key=${c.code} value=${c.code}>${nameOf(c)}</option>`)}
			</select>`
			: html`<input type="text" aria-label=${t("mend_field", t(`field_${name}`), number(work.value.table.lines[i]))} value=${text} onInput=${(e) => setText(e.target.value)} autocomplete="off" />`}
		<button type="submit">${t("mend_keep")}</button>
	</form>`;
}

function Earlier({ e }) {
	return html`<p>${t("earlier", word("outcome", e.outcome || "open"))} <a href=${href(`case/${e.case}`)}>${t("import_see_case")}</a></p>`;
}

function Row({ i, policy }) {
	rowOf(i).value; /* drawn anew when this row changes */
	const [open, setOpen] = useState(false);
	const w = work.value;
	const p = checked.value.result?.byRow.get(i);
	const name = p?.column || (p?.code === "target_empty" ? "target" : null);
	const mended = isMended(w, i);
	const apply = (value) => {
		mend(i, name, value);
		setOpen(false);
		run();
	};
	const can = p && name && !["duplicate", "earlier"].includes(p.code);
	return html`<div role="row" class="grid-row" id="row-${i}" data-row=${i} data-problem=${p ? "yes" : undefined} tabindex="-1">
		<div role="cell" class="number" data-label=${t("col_line")}>${number(w.table.lines[i])}</div>
		<div role="cell" data-label=${t("col_target")}><code><${Said}>${valueOf(w, i, "target") || "–"}<//></code></div>
		<div role="cell" data-label=${t("col_category")}><${Said}>${valueOf(w, i, "category") || "–"}<//></div>
		<div role="cell" data-label=${t("col_legal_basis")}><${Said}>${valueOf(w, i, "legal_basis") || "–"}<//></div>
		<div role="cell" data-label=${t("col_problem")}>
			${!p && html`<${Chip} look="done">${mended ? t("row_mended") : t("row_ready")}<//>`}
			${p &&
			html`<p><strong>${kindOf(p)}</strong></p>
				${p.earlier && html`<${Earlier} e=${p.earlier} />`}
				${p.first !== undefined && html`<p class="why">${t("row_same", number(w.table.lines[p.first]))}</p>`}
				${!p.earlier && p.first === undefined && html`<p class="why"><${Short} text=${p.problem} /></p>`}
				${can && p.fix && html`<button type="button" class="small" onClick=${() => apply(p.fix)}>${t("mend_apply")} <code><${Said}>${p.fix}<//></code></button>`}
				${can && html`<button type="button" class="quiet small" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>${t("mend")}</button>`}
				${open && can && html`<${Value} p=${p} name=${name} i=${i} done=${apply} categories=${policy?.categories} />`}`}
		</div>
	</div>`;
}

/* One value for all rows that have none. */
function Fill({ group, policy, result }) {
	/* What the policy asks for is the column that the rows lack. */
	const name = FILLABLE[group.code] || (group.code === "field" && result.byRow.get(group.rows[0])?.column);
	const [value, setValue] = useState("");
	if (!name) return null;
	const put = () => {
		change({ fills: { ...work.value.fills, [name]: value } });
		return run();
	};
	return html`<span class="fill">
		<label class="inline" for="fill-${name}">${t("fill_rows", group.n)}</label>
		${name === "category"
			? html`<select id="fill-${name}" value=${value} onChange=${(e) => setValue(e.target.value)}>
				<option value=""></option>
				${(policy?.categories || []).map((c) => html`<option key=${c.code} value=${c.code}>${nameOf(c)}</option>`)}
			</select>`
			: html`<input id="fill-${name}" type="text" value=${value} onInput=${(e) => setValue(e.target.value)} />`}
		<${Act} quiet off=${!value} run=${put}>${t("fill")}<//>
	</span>`;
}

function toRow(i) {
	document.getElementById(`row-${i}`)?.focus();
}

function Summary({ result, policy, show, w }) {
	const problems = result.groups.filter((g) => g.code !== "earlier" && g.code !== "duplicate");
	const passed = result.groups.filter((g) => g.code === "earlier" || g.code === "duplicate");
	const link = async (i) => {
		await show("problems");
		toRow(i);
	};
	const line = (g) => html`<li key=${g.code}>
		<strong>${number(g.n)}</strong> ${kindOf(g)}:
		${g.rows.map((i) => html` <button type="button" class="plain" onClick=${() => link(i)}>${t("row_n", number(w.table.lines[i]))}</button>`)}
		${g.n > g.rows.length && " …"}
		${g.code === "earlier" && html` <button type="button" class="quiet small" onClick=${() => { change({ skip: false }); run(); }}>${t("send_earlier_too")}</button>`}
		<${Fill} group=${g} policy=${policy} result=${result} />
	</li>`;
	return html`<div class=${problems.length > 0 ? "problem" : "unsent"} role="status">
		<p>${problems.length > 0 ? t("import_problems", number(result.bad), number(result.rows)) : t("import_no_problems", result.ok)}</p>
		${problems.length > 0 && html`<ul>${problems.map(line)}</ul>`}
		${passed.length > 0 && html`<p>${t("import_passed_over", result.duplicates)}</p><ul>${passed.map(line)}</ul>`}
		${!w.skip && html`<p>${t("earlier_sent_too")} <button type="button" class="quiet small" onClick=${() => { change({ skip: true }); run(); }}>${t("earlier_skip")}</button></p>`}
	</div>`;
}

export function Progress() {
	const { state, done, of, problem } = checked.value;
	if (state === "failed") return html`<${Trouble} problem=${problem} retry=${run} />`;
	return html`<p class="meta progress" role="status">
		${state === "sending" && html`<progress max=${of || 1} value=${done} aria-label=${t("import_bringing")}></progress> ${t("import_bringing")}`}
		${state === "checking" && t("import_checking")}
	</p>`;
}

function report(w, result) {
	const rows = [[t("col_line"), t("field_target"), t("field_category"), t("col_problem"), t("col_detail"), t("col_suggestion")]];
	for (const [i, p] of [...result.byRow].sort(([a], [b]) => a - b))
		rows.push([w.table.lines[i], valueOf(w, i, "target"), valueOf(w, i, "category"), kindOf(p), p.problem, p.fix || ""]);
	save(`${w.table.name.replace(/\.\w+$/, "")}-${t("report_name")}.csv`, rows);
}

const wanted = {
	problems: (result) => [...result.byRow.keys()].sort((a, b) => a - b),
	ready: (result, n) => Array.from({ length: n }, (_, i) => i).filter((i) => !result.byRow.has(i)),
	all: (_, n) => Array.from({ length: n }, (_, i) => i),
};

export function CheckStep({ w }) {
	const { result, state } = checked.value;
	const policy = usePolicy(w.form.peer).data;
	const [filter, setFilter] = useState("problems");
	const [rows, setRows] = useState(null);
	const show = async (f, of = checked.value.result) => {
		setFilter(f);
		setRows(wanted[f](of, w.table.rows.length));
		await new Promise((done) => setTimeout(done));
	};
	useEffect(() => {
		if (result) show(result.byRow.size > 0 ? "problems" : "all", result);
		else run();
	}, []);
	useEffect(() => {
		if (result && rows === null) show(result.byRow.size > 0 ? "problems" : "all", result);
	}, [result]);
	useLayoutEffect(() => bind({ n: () => moveRow(1, "[data-problem]"), j: () => moveRow(1), k: () => moveRow(-1) }), []);
	const row = useSame(() => (i) => html`<${Row} key=${i} i=${i} policy=${policy} />`, [policy]);
	const counts = result && { problems: result.bad + result.duplicates, ready: result.ok, all: result.rows };
	return html`
		<${SentBefore} sent=${w.sent} />
		<${Progress} />
		${result && html`<${Summary} result=${result} policy=${policy} show=${show} w=${w} />`}
		${Object.entries(w.fills).map(([name, value]) => html`<p key=${name} class="meta">${t("filled_with", t(`field_${name}`))} <${Said}>${value}<//> <button type="button" class="plain" onClick=${() => { change({ fills: {} }); run(); }}>${t("fill_undo")}</button></p>`)}
		${result &&
		html`<div class="filters" role="group" aria-label=${t("filter")}>
				${FILTERS.map((f) => html`<button key=${f} type="button" class="quiet small" aria-pressed=${f === filter ? "true" : "false"} onClick=${() => show(f)}>${t(`rows_${f}`)} ${number(counts[f])}</button>`)}
			</div>
			${result.byRow.size >= PROBLEMS_MAX && html`<p class="meta">${t("import_many_problems", number(PROBLEMS_MAX))}</p>`}`}
		${rows && (rows.length > 0 ? html`<${Grid} name="check" caption=${t("import_grid", rows.length)} columns=${COLUMNS} rows=${rows} row=${row} />` : html`<p class="empty">${t("no_rows_match")}</p>`)}
		<p>${t("import_nothing_sent")}</p>
		<div class="bar start">
			<${Act} off=${state !== "done" || !result || result.ok === 0} run=${() => go("import", { step: "send" })}>${t("import_review", result ? result.ok : 0)}<//>
			<button type="button" class="quiet" disabled=${!result} onClick=${() => report(w, result)}>${t("import_report")}</button>
			<a href=${href("import", { step: "file" })}>${t("import_other_file")}</a>
		</div>
	`;
}
