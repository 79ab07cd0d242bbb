/* A step that a person takes: what it asks for is written, then the very words that will
 * stand in the log are read, then the button that is named by the act sends them. */
import { html, signal, useEffect, useRef, useState } from "./vendor.js";
import { newKey, Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { t } from "./lang.js";
import { Act, Dialog, Field, overlay, Said, Trouble } from "./parts.js";

const TEXT_MAX = 20000;

/* One of what a step asks for: {name, label, kind, options?, optional?, hint?, max?}.
 * kind: "text" (lines), "line", "choice" (one of few), "checks" (some), "select", "time", "own"
 * (drawn by its `of`; `says` is what it comes to).
 * options: [value, text], or a function that gives them later. */
function useOptions(fields) {
	const [got, set] = useState({});
	const [problem, setProblem] = useState(null);
	const ask = () => {
		setProblem(null);
		for (const f of fields)
			if (typeof f.options === "function") f.options().then((options) => set((old) => ({ ...old, [f.name]: options })), setProblem);
	};
	useEffect(ask, []);
	const filled = fields.map((f) => (typeof f.options === "function" ? { ...f, options: got[f.name] || [] } : f));
	return { fields: filled, lacking: problem && html`<${Trouble} problem=${problem} retry=${ask} />` };
}

function Choices({ f, value, set, many }) {
	const has = (v) => (many ? (value || []).includes(v) : value === v);
	const turn = (v) => set(!many ? v : has(v) ? value.filter((x) => x !== v) : [...(value || []), v]);
	return html`<fieldset><legend>${f.label}</legend>${f.hint && html`<p class="meta">${f.hint}</p>`}
		${f.options.map(
			([v, text]) => html`<label key=${v} class="choice"><input type=${many ? "checkbox" : "radio"} name=${f.name} value=${v} checked=${has(v)} onChange=${() => turn(v)} /> <${Said}>${text}<//></label>`,
		)}</fieldset>`;
}

function Select({ f, value, set, attributes }) {
	return html`<select ...${attributes} value=${value || ""} onChange=${(e) => set(e.target.value)}>
		<option value=""></option>${f.options.map(([v, text]) => html`<option key=${v} value=${v}>${text}</option>`)}
	</select>`;
}

function Input({ f, value, set }) {
	if (f.kind === "own") return html`<${f.of} f=${f} value=${value} set=${set} />`;
	if (f.kind === "choice" || f.kind === "checks")
		return html`<${Choices} f=${f} value=${value} set=${set} many=${f.kind === "checks"} />`;
	const onInput = (e) => set(e.target.value);
	return html`<${Field} label=${f.label} hint=${f.hint}>
		${(a) =>
			f.kind === "text"
				? html`<textarea ...${a} rows="5" maxlength=${f.max || TEXT_MAX} value=${value || ""} onInput=${onInput}></textarea>`
				: f.kind === "select"
					? html`<${Select} f=${f} value=${value} set=${set} attributes=${a} />`
					: html`<input ...${a} type=${f.kind === "time" ? "datetime-local" : "text"} maxlength=${f.kind === "time" ? undefined : f.max || 500} value=${value || ""} onInput=${onInput} autocomplete="off" />`}
	<//>`;
}

const empty = (v, f) =>
	f?.says ? !f.says(v) : v === undefined || v === null || (Array.isArray(v) ? v.length === 0 : !String(v).trim());

function shown(f, value) {
	if (f.says) return f.says(value);
	if (empty(value)) return "–";
	if (!Array.isArray(f.options)) return [].concat(value).join(", ");
	return [].concat(value).map((v) => f.options.find(([o]) => o === v)?.[1] ?? v).join(", ");
}

/* What was asked for, as it will stand. */
function Exactly({ fields, values }) {
	return fields.map(
		(f) => html`<div class="part" key=${f.name}>
			<p class="meta">${f.label}</p>
			${["text", "own"].includes(f.kind) ? html`<pre class="exact said"><${Said}>${shown(f, values[f.name])}<//></pre>` : html`<p class="said"><${Said}>${shown(f, values[f.name])}<//></p>`}
		</div>`,
	);
}

function kept(draft) {
	try {
		return JSON.parse(draftOf(draft) || "{}");
	} catch {
		return {};
	}
}

/* verb: the words of the button.  send(values, key): the act; it throws what the node
 * refuses.  review: false for what is no act on the record.  clash(problem): what is shown
 * when somebody else was first.  stops: a sentence why it cannot be sent now.  gone: it cannot be
 * done any more; what is written stays. */
export function Step({ verb, why, fields: asked = [], draft, review = true, send, close, clash, stops, gone, start, children }) {
	const { fields, lacking } = useOptions(asked);
	const [values, setValues] = useState(() => ({ ...start, ...kept(draft) }));
	const [looks, setLooks] = useState(!review);
	const [problem, setProblem] = useState(null);
	const [key, setKey] = useState(newKey);
	const [sends, setSends] = useState(false);
	const halts = !sends && (gone ? t("step_gone") : stops); /* one's own act ends it, too */
	const ready = fields.every((f) => f.optional || !empty(values[f.name], f));
	const set = (name, value) => {
		const next = { ...values, [name]: value };
		setValues(next);
		keepDraft(draft, JSON.stringify(next));
		setKey(newKey());
	};
	const act = async () => {
		setProblem(null);
		setSends(true);
		try {
			await send(values, key);
			keepDraft(draft, "");
			close();
		} catch (e) {
			setSends(false);
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	const reads = looks && review && fields.length > 0;
	return html`<${Dialog} title=${verb} close=${close} review=${() => ready && !(gone && !sends) && setLooks(true)}>
		<p>${why}</p>
		${children}
		${lacking}
		${reads
			? html`<p><strong>${t("step_reads")}</strong></p><${Exactly} fields=${fields} values=${values} />`
			: fields.map((f) => html`<${Input} key=${f.name} f=${f} value=${values[f.name]} set=${(v) => set(f.name, v)} />`)}
		${halts && html`<p class="problem" role="alert">${halts}</p>`}
		${problem && html`<${Trouble} problem=${problem} />`}
		${problem?.status === 409 && !gone && clash?.(problem, values)}
		<div class="bar start">
			${looks || fields.length === 0
				? html`<${Act} key="act" run=${act} off=${!ready || halts}>${verb}<//>`
				: html`<button key="look" type="button" disabled=${!ready || (gone && !sends)} onClick=${() => setLooks(true)}>${t("step_review")}</button>`}
			${reads && html`<button type="button" class="quiet" onClick=${() => setLooks(false)}>${t("step_change")}</button>`}
			<button type="button" class="quiet" onClick=${close}>${t("cancel")}</button>
		</div>
	<//>`;
}

/* The step that is open.  It stays while somebody writes in it, whatever becomes of the row and
 * the state that it is of: those change with what others do. */
/** @type {import("@preact/signals").Signal<any>} */
const opened = signal(null); /* {by, step, gone} */

function Opened() {
	useEffect(() => () => void (opened.value = null), []);
	if (!opened.value) return null;
	const { step, gone } = opened.value;
	return html`<${step.of || Step} key=${step.act} ...${step} gone=${gone} close=${() => (opened.value = null)} />`;
}

overlay.value = Opened;

/* The buttons of what may be done, each with its step.  steps: [{act, verb, quiet?, small?, off?, …
 * of a Step}].  fresh: what a step is told though it is among them no more. */
export function Steps({ steps, fresh = {}, children = null }) {
	const by = useRef(null);
	const of = () => (opened.peek()?.by === by ? opened.peek() : null);
	useEffect(() => {
		const now = of();
		const step = now && steps.find((s) => s.act === now.step.act);
		if (now) opened.value = { by, step: step || { ...now.step, ...fresh }, gone: !step };
	});
	useEffect(
		() => () => {
			if (of()) opened.value = { ...of(), gone: true };
		},
		[],
	);
	if (steps.length === 0) return children;
	return html`<div class="bar start acts">
		${steps.map(
			(s) => html`<button key=${s.act} type="button" class=${[s.quiet && "quiet", s.small && "small"].filter(Boolean).join(" ")} disabled=${s.off} onClick=${() => (opened.value = { by, step: s, gone: false })}>${s.verb}…</button>`,
		)}
		${children}
	</div>`;
}
