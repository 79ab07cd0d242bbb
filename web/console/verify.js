/* A file that somebody brings: checked step by step, the first that fails is named.  What
 * this node knows takes no part in it. */
import { html, useState } from "./vendor.js";
import { post } from "./api.js";
import { FileField, keepFile, text, useRun } from "./form.js";
import { number, t, word } from "./lang.js";
import { Act, Chip, Facts, Field, Said, Sentence, Short, When } from "./parts.js";

const FILE_MAX = 32 << 20;
const CHUNK = 0x8000;

function base64(bytes) {
	let out = "";
	for (let i = 0; i < bytes.length; i += CHUNK) out += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
	return btoa(out);
}

function Steps({ r }) {
	return html`<ol class="tasks">${r.steps.map((s) => html`<li key=${s.step}><strong>${word("step", s.step)}</strong> ${s.ok ? html`<${Chip} look="done">${t("step_held")}<//>` : html`<${Chip} look="bad">${t("step_failed")}<//>`} <span class="meta"><${Short} text=${s.what} /></span></li>`)}</ol>`;
}

const Words = ({ title, rows }) => rows?.length > 0 && html`<h3>${title}</h3><ul>${rows.map((w, i) => html`<li key=${i}><${Short} text=${w} /></li>`)}</ul>`;

const fingerprint = (of) => html`<code>${of.fingerprint}</code> ${of.compared ? html`<${Chip} look="done">${t("compared")}<//>` : html`<${Chip} look="unknown">${t("not_compared")}<//>`}`;

function Result({ r }) {
	return html`<section aria-labelledby="result"><h2 id="result">${t("verify_result")}</h2>
		<p role="status">${r.ok ? html`<${Chip} look="done">${t("verify_ok")}<//>` : html`<${Chip} look="bad">${t("verify_failed", word("step", r.step))}<//>`}</p>
		${!r.ok && html`<div class="problem"><${Sentence} text=${r.what} />${r.where && html`<p class="meta"><code>${r.where}</code></p>`}</div>`}
		<${Steps} r=${r} />
		${r.ok && r.kind === "bundle" && html`${r.policy.test && html`<p><${Chip} look="soon">${t("test_mark")}<//> ${t("test_why")}</p>`}
			<${Facts} rows=${[["col_case", html`<code>${r.case}</code>`], ["verify_made", html`<${When} at=${r.made} /> <${Said}>${r.made_by}<//>`], ["policy", html`${r.policy.name} ${number(r.policy.version)}`], ["verify_events", number(r.events_total)],
				...["authority", "platform"].map((p) => [`fingerprint_${p}`, fingerprint(r[p])])]} />
			<${Words} title=${t("verify_proven")} rows=${r.proven} /><${Words} title=${t("verify_claimed")} rows=${r.claimed} /><${Words} title=${t("verify_missing")} rows=${r.missing} />`}
		${r.ok && r.kind === "proof" && html`<${Facts} rows=${[["col_order", html`<code>${r.ref}</code>`], ["verify_made", html`<${Said}>${r.made_by}<//>`], ["fingerprint_authority", fingerprint(r)]]} />`}
		${r.ok && r.kind === "fraud" && html`<${Facts} rows=${[["fraud_org", html`<${Said}>${r.org}<//>`], ["fraud_what", t(`fraud_is_${r.proves}`)], ...(r.log ? [["col_log", html`<code>${r.log}</code>`]] : []), ["fraud_at", r.most > r.at ? t("fraud_between", number(r.at), number(r.most)) : html`#${number(r.at)}`], ["fraud_fingerprint", fingerprint(r)]]} /><p class="meta">${t("fraud_not_proven")}</p>`}
		<button type="button" class="quiet" onClick=${() => keepFile("verification.json", JSON.stringify(r, null, 2), "application/json")}>${t("verify_keep")}</button>
	</section>`;
}

export function Verify() {
	const [f, set] = useState({ authority: "", platform: "" });
	const [file, setFile] = useState(null);
	const [result, setResult] = useState(null);
	const [over, setOver] = useState(false);
	const [run, trouble] = useRun();
	const take = (given) => {
		setResult(null);
		setFile(given || null);
	};
	const drop = (event) => {
		event.preventDefault();
		setOver(false);
		take(event.dataTransfer.files[0]);
	};
	const large = file && file.size > FILE_MAX;
	const check = () =>
		run(async () => {
			const body = { file: base64(new Uint8Array(await file.arrayBuffer())) };
			for (const p of ["authority", "platform"]) if (f[p].trim()) body[p] = f[p].trim();
			setResult(await post("/v1/verify", body));
		});
	const words = { maxlength: 100, autocapitalize: "none", spellcheck: "false", autocomplete: "off" };
	return html`
		<h1>${t("nav_verify")}</h1>
		<p class="lead">${t("verify_lead")}</p>
		<div class=${over ? "drop over" : "drop"} onDragOver=${(e) => { e.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
			<${Field} label=${t("verify_file")} hint=${t("verify_file_hint")} error=${large ? t("file_too_large") : null}>${(a) => html`<${FileField} a=${a} chosen=${file?.name} onChange=${(e) => take(e.target.files[0])} />`}<//>
		</div>
		<${Field} label=${t("fingerprint_authority")} hint=${t("verify_words_hint")}>${text(f, set, "authority", words)}<//>
		<${Field} label=${t("fingerprint_platform")}>${text(f, set, "platform", words)}<//>
		${trouble}
		<div class="bar start"><${Act} run=${check} off=${!file || large}>${t("verify_start")}<//></div>
		${result && html`<${Result} r=${result} />`}
	`;
}
