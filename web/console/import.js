/* A list becomes a notice: file, check row by row, review, send.  Nothing is sent before the
 * last step; what was chosen stays when the node cannot be reached. */
import { html, useState } from "./vendor.js";
import { get, newKey, post, Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { number, t } from "./lang.js";
import { Act, Field, Said, Trouble, say, useApi } from "./parts.js";
import { go } from "./route.js";

const NAME = "import";
const CSV_MAX = 64 << 20;

function read() {
	try {
		return JSON.parse(draftOf(NAME) || "{}");
	} catch {
		return {};
	}
}

function Problems({ batch }) {
	return html`<table role="table">
		<caption>${t("import_problems", number(batch.bad), number(batch.rows))}</caption>
		<thead role="rowgroup"><tr role="row">
			${["col_line", "col_column", "col_problem"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}
		</tr></thead>
		<tbody role="rowgroup">
			${batch.problems.map(
				(p) => html`<tr key=${p.line + (p.column || "")} role="row">
					<td role="cell" class="number" data-label=${t("col_line")}><div>${number(p.line)}</div></td>
					<td role="cell" data-label=${t("col_column")}><div><code>${p.column || "–"}</code></div></td>
					<td role="cell" data-label=${t("col_problem")}><div><bdi lang="en">${p.problem}</bdi></div></td>
				</tr>`,
			)}
		</tbody>
	</table>`;
}

export function Import() {
	const kept = read();
	const [csv, setCsv] = useState(null);
	const [file, setFile] = useState(null);
	const [batch, setBatch] = useState(null);
	const [problem, setProblem] = useState(null);
	const [form, setForm] = useState({ reference: "", subject: "", legal_basis: "", letter: "", peer: "", urgent: false, ...kept });
	const [key] = useState(newKey);
	const peers = useApi(() => get("/v1/peers"), []);
	const set = (name, value) => {
		const next = { ...form, [name]: value };
		setForm(next);
		keepDraft(NAME, JSON.stringify(next));
	};
	const choose = async (event) => {
		const f = event.target.files[0];
		setProblem(null);
		setBatch(null);
		if (!f) return;
		if (f.size > CSV_MAX) {
			setProblem(new Problem(413, { detail: t("import_too_large", number(CSV_MAX >> 20)) }));
			return;
		}
		setFile(f.name);
		const text = await f.text();
		setCsv(text);
		try {
			setBatch(await post("/v1/batches/check", { csv: text, ...(form.peer ? { peer: form.peer } : {}) }));
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	const send = async () => {
		setProblem(null);
		const body = { csv, reference: form.reference, subject: form.subject, legal_basis: form.legal_basis, urgent: form.urgent, partial: batch.bad > 0 };
		if (form.letter) body.letter = form.letter;
		if (form.peer) body.peer = form.peer;
		try {
			const got = await post("/v1/notices", body, key);
			keepDraft(NAME, "");
			say(got.again ? t("import_again", number(got.items)) : t("import_sent", number(got.items)));
			go(`case/${got.case}`);
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	const input = (name, extra) => (a) =>
		html`<input ...${a} type="text" value=${form[name]} onInput=${(e) => set(name, e.target.value)} ...${extra} />`;
	const ready = batch && batch.ok > 0 && form.reference.trim() && form.subject.trim() && form.legal_basis.trim();
	const several = (peers.data?.peers || []).length > 1;
	return html`
		<h1>${t("import_title")}</h1>
		<p class="lead">${t("import_lead")}</p>
		${several &&
		html`<${Field} label=${t("col_peer")}>
			${(a) => html`<select ...${a} value=${form.peer} onChange=${(e) => set("peer", e.target.value)}>
				<option value=""></option>
				${peers.data.peers.map((p) => html`<option key=${p.peer} value=${p.peer}>${p.peer}</option>`)}
			</select>`}
		<//>`}
		<${Field} label=${t("import_file")} hint=${t("import_file_hint")}>
			${(a) => html`<input ...${a} type="file" accept=".csv,text/csv" onChange=${choose} />`}
		<//>
		${file && batch && html`<p class="sums" role="status"><${Said}>${file}<//>: ${t("import_counts", number(batch.rows), number(batch.ok), number(batch.duplicates), number(batch.bad))}</p>`}
		${batch?.ignored.length > 0 && html`<p class="meta">${t("import_ignored", batch.ignored.join(", "))}</p>`}
		${batch?.problems.length > 0 && html`<${Problems} batch=${batch} />`}
		${problem && html`<${Trouble} problem=${problem} />`}
		${batch &&
		html`<h2>${t("import_about")}</h2>
			<${Field} label=${t("reference")} hint=${t("reference_hint")}>${input("reference", { maxlength: 200, required: true })}<//>
			<${Field} label=${t("subject")}>${input("subject", { maxlength: 500, required: true })}<//>
			<${Field} label=${t("legal_basis")}>${input("legal_basis", { maxlength: 2000, required: true })}<//>
			<${Field} label=${t("letter")}>
				${(a) => html`<textarea ...${a} rows="5" maxlength="20000" value=${form.letter} onInput=${(e) => set("letter", e.target.value)}></textarea>`}
			<//>
			<p><label class="choice"><input type="checkbox" checked=${form.urgent} onChange=${(e) => set("urgent", e.target.checked)} /> ${t("urgent")}</label></p>
			<p>${t("import_nothing_sent")}</p>
			<div class="bar start">
				<${Act} run=${send} off=${!ready}>${t("import_send", number(batch.ok))}<//>
			</div>`}
	`;
}
