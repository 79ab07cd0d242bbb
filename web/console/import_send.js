/* The last step: what is said with the list, exactly how much of it is sent, and sending.
 * The reference is the notice's own key: the same again is sent once. */
import { html, useState } from "./vendor.js";
import { post, Problem } from "./api.js";
import { Progress, SentBefore, kindOf, usePolicy } from "./import_check.js";
import { change, checked, end, run } from "./import_work.js";
import { lang, number, t, word } from "./lang.js";
import { Act, Facts, Field, Said, Trouble, recorded, say } from "./parts.js";
import { go, href } from "./route.js";

const TEXTS = [["reference", 100], ["subject", 500], ["legal_basis", 2000]];

function PolicyField({ f, value, set }) {
	const label = `${f.name?.[lang.value] || f.code}${f.required === false ? "" : " *"}`;
	return html`<${Field} label=${label}>
		${(a) => f.words
			? html`<select ...${a} value=${value} onChange=${(e) => set(e.target.value)}><option value=""></option>${f.words.map((v) => html`<option key=${v} value=${v}>${v}</option>`)}</select>`
			: html`<input ...${a} type="text" maxlength="1000" value=${value} onInput=${(e) => set(e.target.value)} />`}
	<//>`;
}

/* What is not sent, and why: every row is accounted for. */
function Left({ result }) {
	if (result.groups.length === 0) return null;
	return html`<ul>${result.groups.map((g) => html`<li key=${g.code}>${number(g.n)} ${kindOf(g)}</li>`)}</ul>`;
}

function body(w, list) {
	const f = w.form;
	const fields = Object.fromEntries(Object.entries(f.fields).filter(([, v]) => v.trim()));
	return {
		list,
		reference: f.reference.trim(),
		subject: f.subject,
		legal_basis: f.legal_basis,
		urgent: f.urgent,
		partial: true,
		file: { name: w.table.name, sha256: w.table.sha256 },
		...(w.skip ? { skip_earlier: true } : {}),
		...(f.letter ? { letter: f.letter } : {}),
		...(f.peer ? { peer: f.peer } : {}),
		...(Object.keys(fields).length ? { fields } : {}),
	};
}

export function SendStep({ w, peers }) {
	const { result, list, state } = checked.value;
	const [problem, setProblem] = useState(null);
	const policy = usePolicy(w.form.peer).data;
	const f = w.form;
	const set = (name, value) => change({ form: { ...f, [name]: value } });
	const asked = (policy?.fields || []).filter((x) => x.on === "notice");
	const send = async () => {
		setProblem(null);
		try {
			const got = await post("/v1/notices", body(w, list));
			await end();
			if (got.again) say(t("import_again", got.items));
			else recorded(got, href(`recorded/${got.case}`, { seq: got.seq }), t("import_sent", got.items));
			go(`case/${got.case}`);
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
			/* The list went by itself, after days: it is brought again. */
			if (e.status === 404) await run();
		}
	};
	const ready = TEXTS.every(([n]) => f[n].trim()) && asked.every((x) => x.required === false || f.fields[x.code]?.trim());
	return html`
		<${SentBefore} sent=${w.sent} />
		<h2>${t("import_about")}</h2>
		${TEXTS.map(
			([n, max]) => html`<${Field} key=${n} label=${t(`notice_${n}`)} hint=${n === "reference" ? t("reference_hint") : undefined}>
				${(a) => html`<input ...${a} type="text" required maxlength=${max} value=${f[n]} onInput=${(e) => set(n, e.target.value)} />`}
			<//>`,
		)}
		<${Field} label=${t("letter")}>
			${(a) => html`<textarea ...${a} rows="5" maxlength="12000" value=${f.letter} onInput=${(e) => set("letter", e.target.value)}></textarea>`}
		<//>
		${asked.map((x) => html`<${PolicyField} key=${x.code} f=${x} value=${f.fields[x.code] || ""} set=${(v) => set("fields", { ...f.fields, [x.code]: v })} />`)}
		<p><label class="choice"><input type="checkbox" checked=${f.urgent} onChange=${(e) => set("urgent", e.target.checked)} /> ${t("urgent")}</label></p>
		<h2>${t("import_what_is_sent")}</h2>
		<${Facts}
			rows=${[
				["import_file_name", html`<${Said}>${w.table.name}<//>`],
				["items", html`<strong>${t("import_of_rows", number(result.ok), number(result.rows))}</strong>`],
				["col_peer", html`<${Said}>${f.peer || peers[0]?.peer || "–"}<//>`],
				["class", f.urgent ? t("urgent") : word("class", "normal")],
			]}
		/>
		<${Left} result=${result} />
		<p>${t("import_nothing_sent")}</p>
		<${Progress} />
		${problem && html`<${Trouble} problem=${problem} />`}
		<div class="bar start">
			<${Act} run=${send} off=${!ready || state !== "done"}>${t("import_send", result.ok)}<//>
			<a href=${href("import", { step: "check" })}>${t("import_back_to_check")}</a>
		</div>
	`;
}
