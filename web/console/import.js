/* A list becomes a notice, in four steps: the file, its columns, the check of its rows,
 * review and sending.  Nothing is sent before the last. */
import { html, useEffect, useState } from "./vendor.js";
import { get } from "./api.js";
import { FileField } from "./form.js";
import { CheckStep, SentBefore } from "./import_check.js";
import { SendStep } from "./import_send.js";
import { begin, change, checked, end, load, work } from "./import_work.js";
import { number, t } from "./lang.js";
import { FIELDS, NAMES, NEEDED, remember } from "./list.js";
import { Act, Field, Loading, Said, Trouble, useApi } from "./parts.js";
import { go, href, place } from "./route.js";
import { Unreadable } from "./table.js";

const STEPS = ["file", "columns", "check", "send"];
const SAMPLE = 3;

function Steps({ at, may }) {
	return html`<ol class="steps" aria-label=${t("import_steps")}>
		${STEPS.map(
			(s, i) => html`<li key=${s}>
				${may(s) ? html`<a href=${href("import", { step: s })} aria-current=${s === at ? "step" : undefined}>${i + 1} ${t(`step_${s}`)}</a>` : html`<span>${i + 1} ${t(`step_${s}`)}</span>`}
			</li>`,
		)}
	</ol>`;
}

function FileStep({ w }) {
	const [problem, setProblem] = useState(null);
	const [reading, setReading] = useState(false);
	const choose = async (event) => {
		const file = event.target.files[0];
		if (!file) return;
		setProblem(null);
		setReading(true);
		try {
			await begin(file);
			go("import", { step: "columns" });
		} catch (e) {
			if (!(e instanceof Unreadable)) throw e;
			setProblem(e.message);
		} finally {
			setReading(false);
		}
	};
	return html`
		<p class="lead">${t("import_lead")}</p>
		<${Field} label=${t("import_file")} hint=${t("import_file_hint")} error=${problem}>
			${(a) => html`<${FileField} a=${a} chosen=${w?.table.name} accept=".csv,.tsv,.txt,.json,text/csv,application/json" onChange=${choose} />`}
		<//>
		${reading && html`<${Loading} />`}
		${w &&
		html`<p><${Said}>${w.table.name}<//>: ${t("import_rows", w.table.rows.length)}</p>
			<div class="bar start">
				<a href=${href("import", { step: "columns" })}>${t("import_go_on")}</a>
				<button type="button" class="quiet" onClick=${end}>${t("import_forget")}</button>
			</div>`}
	`;
}

function Sample({ w, at }) {
	const rows = w.table.rows.slice(0, SAMPLE).map((r) => r[at] || "");
	return html`<ul class="plain sample">${rows.map((r, i) => html`<li key=${i}><code><${Said}>${r || "–"}<//></code></li>`)}</ul>`;
}

function Column({ w, name }) {
	const at = w.mapping[name];
	const set = (event) => {
		const to = event.target.value === "" ? undefined : Number(event.target.value);
		const mapping = { ...w.mapping, [name]: to };
		for (const other of NAMES) if (other !== name && to !== undefined && mapping[other] === to) mapping[other] = undefined;
		change({ mapping });
		remember(w.table.headers, mapping);
	};
	return html`<tr role="row">
		<td role="cell" data-label=${t("col_field")}><div><label for="map-${name}">${t(`field_${name}`)}${NEEDED.includes(name) && html` <span class="meta">${t("needed")}</span>`}</label></div></td>
		<td role="cell" data-label=${t("col_column")}><div>
			<select id="map-${name}" value=${at ?? ""} onChange=${set}>
				<option value="">${t("no_column")}</option>
				${w.table.headers.map((h, i) => html`<option key=${i} value=${i}>${h || t("column_n", number(i + 1))}</option>`)}
			</select>
			${at === undefined && name === "category" && html`<p class="why">${t("import_one_category")}</p>`}
		</div></td>
		<td role="cell" data-label=${t("col_sample")}><div>${at !== undefined && html`<${Sample} w=${w} at=${at} />`}</div></td>
	</tr>`;
}

function ColumnsStep({ w, peers }) {
	const several = peers.length > 1;
	const unused = w.table.headers.filter((_, i) => !NAMES.some((n) => w.mapping[n] === i));
	const ready = w.mapping.target !== undefined && (!several || w.form.peer);
	return html`
		<p><${Said}>${w.table.name}<//>: ${t("import_rows", w.table.rows.length)}</p>
		<${SentBefore} sent=${w.sent} />
		${several &&
		html`<${Field} label=${t("col_peer")}>
			${(a) => html`<select ...${a} value=${w.form.peer} onChange=${(e) => change({ form: { ...w.form, peer: e.target.value } })}>
				<option value=""></option>
				${peers.map((p) => html`<option key=${p.peer} value=${p.peer}>${p.peer}</option>`)}
			</select>`}
		<//>`}
		<table role="table">
			<caption>${t("import_columns_caption")}</caption>
			<thead role="rowgroup"><tr role="row">
				${["col_field", "col_column", "col_sample"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}
			</tr></thead>
			<tbody role="rowgroup">${Object.keys(FIELDS).map((n) => html`<${Column} key=${n} w=${w} name=${n} />`)}</tbody>
		</table>
		${unused.length > 0 && html`<p class="meta">${t("import_ignored", unused.join(", "))}</p>`}
		${!ready && html`<p class="late">${t(w.mapping.target === undefined ? "import_no_target" : "import_no_peer")}</p>`}
		<p>${t("import_nothing_sent")}</p>
		<div class="bar start">
			<${Act} off=${!ready} run=${() => go("import", { step: "check" })}>${t("import_check", w.table.rows.length)}<//>
		</div>
	`;
}

export function Import() {
	const w = work.value;
	const peers = useApi(() => get("/v1/peers"), []);
	useEffect(() => {
		load();
	}, []);
	if (w === undefined) return html`<h1>${t("import_title")}</h1><${Loading} />`;
	const may = (s) => s === "file" || (w !== null && (s === "columns" || w.mapping.target !== undefined) && (s !== "send" || checked.value.state === "done"));
	const asked = place.value.query.step || "file";
	/* Whoever reviews stays there while the list is brought once more. */
	const stays = asked === "send" && checked.value.result !== null;
	const step = STEPS.includes(asked) && (may(asked) || stays) ? asked : w && asked === "send" && may("check") ? "check" : "file";
	return html`
		<h1>${t("import_title")}</h1>
		<${Steps} at=${step} may=${may} />
		${peers.problem && html`<${Trouble} problem=${peers.problem} retry=${peers.reload} />`}
		${step === "file" && html`<${FileStep} w=${w} />`}
		${step === "columns" && html`<${ColumnsStep} w=${w} peers=${peers.data?.peers || []} />`}
		${step === "check" && html`<${CheckStep} w=${w} />`}
		${step === "send" && html`<${SendStep} w=${w} peers=${peers.data?.peers || []} />`}
	`;
}
