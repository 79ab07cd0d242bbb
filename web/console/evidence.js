/* Files of a case.  Nothing of a file is fetched before a person presses; a picture comes
 * grey and blurred first, clear after a second press, and each press is on record.  While
 * the settings of that protection are not known, nothing can be pressed. */
import { html, signal, useEffect, useState } from "./vendor.js";
import { FileField } from "./form.js";
import { get, me, post, Problem } from "./api.js";
import { number, t, when, word } from "./lang.js";
import { Act, Chip, Field, Loading, Said, Short, Trouble, When, useAgain, useApi } from "./parts.js";
import { cancel, chooseAgain, give, goOn, uploads } from "./upload.js";

const PICTURES = ["image/jpeg", "image/png", "image/webp"];
const REASONS = ["decide", "dispute", "quality", "other"];
const GIVERS = ["officer", "agent", "lead"];
const AGAIN_MS = 3000;
const FILE_MAX = 2 ** 31;

/* Chosen once, for the pictures that follow. */
const reason = signal("decide");
const words = signal("");

export const size = (bytes) =>
	bytes < 1000 ? t("size_bytes", bytes) : bytes < 1e6 ? t("size_kb", number(Math.round(bytes / 1e3))) : t("size_mb", number(Math.round(bytes / 1e5) / 10));

function Why({ of }) {
	if (!of.reason_needed) return null;
	return html`<label class="inline" for="why-seen">${t("reveal_why")}</label>
		<select id="why-seen" value=${reason.value} onChange=${(e) => { reason.value = e.target.value; }}>
			${REASONS.map((r) => html`<option key=${r} value=${r}>${t(`reveal_${r}`)}</option>`)}
		</select>
		${reason.value === "other" && html`<input type="text" maxlength="200" aria-label=${t("reveal_words")} value=${words.value} onInput=${(e) => { words.value = e.target.value; }} />`}`;
}

const said = () => (reason.value === "other" ? words.value.trim() : t(`reveal_${reason.value}`));

/* Covered, grey, clear: never further than the last press. */
function Picture({ file, shield, reload }) {
	const [shown, setShown] = useState(null);
	const [problem, setProblem] = useState(null);
	const press = async (stage) => {
		setProblem(null);
		try {
			setShown(await post(`/v1/evidence/${file.sha256}/reveal`, { stage, ...(stage === "clear" && said() ? { reason: said() } : {}) }));
			if (stage === "clear") await reload();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	/* Who leaves does not come back to an open picture. */
	useEffect(() => {
		const cover = () => document.visibilityState === "hidden" && setShown(null);
		document.addEventListener("visibilitychange", cover);
		return () => document.removeEventListener("visibilitychange", cover);
	}, []);
	const clear = shown?.stage === "clear";
	return html`<div class="shielded">
		${!shown && html`<p class="cover"><span aria-hidden="true">▢</span> ${t("shield_covered")}</p>`}
		${shown &&
		html`<div class="frame"><img key=${shown.reveal} class=${clear ? "clear" : "grey"} src=${shown.view} alt=${t(clear ? "picture_clear" : "picture_grey", file.name)} onError=${() => setShown(null)} /></div>`}
		${problem && html`<${Trouble} problem=${problem} />`}
		<div class="bar start">
			${!shown && html`<${Act} quiet run=${() => press("grey")}>${t("show_grey")}<//>`}
			${shown && !clear && html`<${Why} of=${shield} /><${Act} off=${shield.left === 0 || (shield.reason_needed && !said())} run=${() => press("clear")}>${t("show_clear")}<//>`}
			${shown && html`<button type="button" class="quiet" onClick=${() => setShown(null)}>${t("cover_again")}</button>`}
		</div>
		${shown && !clear && html`<p class="meta">${shield.left === 0 ? t("shift_over", when(shield.next)) : t("shift_left", number(shield.left), number(shield.per_shift))}</p>`}
	</div>`;
}

const STANDS = { whole: "done", part: "running", erased: "unknown", missing: "bad" };

function File({ file, never, shield, reload }) {
	const whole = file.here === "whole" && !file.rejected;
	const picture = PICTURES.includes(file.media_type);
	return html`<li class="file">
		<p><strong><${Said}>${file.name || t("erased")}<//></strong> <span class="meta">${file.media_type} · ${size(file.sealed_bytes)}</span>
			${" "}<${Chip} look=${file.rejected ? "bad" : STANDS[file.here]}>${file.rejected ? t("file_rejected") : word("file", file.here)}<//></p>
		${file.description && html`<p><${Said}>${file.description}<//></p>`}
		<p class="meta">${word("party", file.from)}, <${When} at=${file.given} /> · <code class="hash">${file.sha256}</code></p>
		${file.rejected && html`<p class="late"><${Short} text=${file.rejected} /></p>`}
		${never && html`<p class="cover"><span aria-hidden="true">▢</span> ${t("shield_never")}</p>`}
		${whole && !never && picture && (shield && shield.pictures === "staged" ? html`<${Picture} file=${file} shield=${shield} reload=${reload} />` : html`<p class="cover">${t(shield ? "shield_own" : "shield_unknown")}</p>`)}
		${whole && !never && !picture && html`<p><a download href="/v1/evidence/${file.sha256}">${t("file_download")}</a> <span class="meta">${t("file_download_why")}</span></p>`}
	</li>`;
}

function Upload({ row, reload }) {
	const u = uploads.value[row.upload];
	const mine = row.author === me.value.pseudonym;
	useEffect(() => {
		if (mine && row.state === "receiving") goOn(row, reload);
	}, [row.upload]);
	const done = u?.done ?? row.offset ?? 0;
	return html`<li class="file">
		<p><strong><${Said}>${row.name}<//></strong> <span class="meta">${size(row.bytes)} · ${word("upload", row.state)}</span></p>
		${row.state === "receiving" &&
		html`<p><progress max=${row.bytes} value=${done} aria-label=${row.name}></progress> ${t("upload_done", size(done), size(row.bytes))} ${u?.state === "waits" && html`<span class="late">${t("upload_waits")}</span>`}</p>`}
		${u?.state === "lost" && html`<p>${t("upload_lost")} <${FileField} aria-label=${t("upload_again", row.name)} onChange=${(e) => e.target.files[0] && chooseAgain(row, e.target.files[0], reload)} /></p>`}
		${u?.state === "failed" && html`<${Trouble} problem=${u.problem} />`}
		${row.reason && html`<p class="late"><${Short} text=${row.reason} /></p>`}
		${mine && ["receiving", "waiting", "failed"].includes(row.state) && html`<${Act} quiet run=${() => cancel(row.upload, reload)}>${t("upload_cancel")}<//>`}
	</li>`;
}

function Give({ c, reload }) {
	const [file, setFile] = useState(null);
	const [description, setDescription] = useState("");
	const [problem, setProblem] = useState(null);
	const large = file && file.size > FILE_MAX;
	const send = async (event) => {
		event.preventDefault();
		if (!file) return;
		setProblem(null);
		const form = event.target;
		const [chosen, said] = [file, description];
		setFile(null);
		try {
			const sending = give(c.case, chosen, said, reload);
			form.reset();
			setDescription("");
			await sending;
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
			setFile(chosen);
			setDescription(said);
		}
	};
	return html`<form onSubmit=${send}>
		<${Field} label=${t("evidence_file")} hint=${t("evidence_file_hint")} error=${large && t("evidence_too_large")}>
			${(a) => html`<${FileField} a=${a} chosen=${file?.name} onChange=${(e) => setFile(e.target.files[0] || null)} />`}
		<//>
		<${Field} label=${t("evidence_description")}>
			${(a) => html`<input ...${a} type="text" maxlength="1000" value=${description} onInput=${(e) => setDescription(e.target.value)} />`}
		<//>
		${problem && html`<${Trouble} problem=${problem} />`}
		<button type="submit" disabled=${!file || large}>${t("evidence_give")}</button>
	</form>`;
}

export function Evidence({ c }) {
	const state = useApi(() => get(`/v1/cases/${c.case}/evidence`), [c.case, c.version], (event, reload) => event.case === c.case && reload());
	const shield = useApi(() => get("/v1/me/shield"), []);
	const rows = state.data?.uploads || [];
	useAgain(state.reload, rows.length > 0 ? AGAIN_MS : 0);
	const files = state.data?.files || [];
	const gives = GIVERS.includes(me.value.role) && !["closed", "refused"].includes(c.state);
	return html`<section aria-labelledby="evidence">
		<h2 id="evidence" tabindex="-1">${t("evidence")} (${number(files.length)})</h2>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${shield.problem && html`<${Trouble} problem=${shield.problem} retry=${shield.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && files.length === 0 && rows.length === 0 && html`<p class="empty">${t("no_evidence")}</p>`}
		<ul class="plain">
			${files.map((f) => html`<${File} key=${f.from + f.seq + f.sha256} file=${f} never=${state.data.never} shield=${shield.problem ? null : shield.data} reload=${shield.reload} />`)}
			${rows.map((r) => html`<${Upload} key=${r.upload} row=${r} reload=${state.reload} />`)}
		</ul>
		${gives && html`<${Give} c=${c} reload=${state.reload} />`}
	</section>`;
}
