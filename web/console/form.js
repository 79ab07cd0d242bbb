/* What forms have in common: one act at a time, its problem beside it, and a file that the
 * browser keeps. */
import { html, useState } from "./vendor.js";
import { Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { t } from "./lang.js";
import { Said, Trouble } from "./parts.js";

/* [run(fn), what went wrong last]: true when nothing did. */
export function useRun() {
	const [problem, setProblem] = useState(null);
	const run = async (fn) => {
		setProblem(null);
		try {
			await fn();
			return true;
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
			return false;
		}
	};
	return [run, problem && html`<${Trouble} problem=${problem} />`];
}

/* A form's state that is a draft of this browser: [state, set, the end of the draft]. */
export function useDraft(name, first) {
	const [f, setF] = useState(() => {
		try {
			return { ...first, ...JSON.parse(draftOf(name) || "{}") };
		} catch {
			return first;
		}
	});
	const set = (next) => {
		const said = JSON.stringify(next);
		setF(next);
		keepDraft(name, said === JSON.stringify(first) ? "" : said);
	};
	return [f, set, () => keepDraft(name, "")];
}

/* Input and select for a member of a form's state. */
export const text = (f, set, name, extra) => (a) =>
	html`<input ...${a} type="text" value=${f[name]} onInput=${(e) => set({ ...f, [name]: e.target.value })} ...${extra} />`;

export const area = (f, set, name, rows = 4, max = 20000) => (a) =>
	html`<textarea ...${a} rows=${rows} maxlength=${max} value=${f[name]} onInput=${(e) => set({ ...f, [name]: e.target.value })}></textarea>`;

export const choice = (f, set, name, values, name_of) => (a) =>
	html`<select ...${a} value=${f[name]} onChange=${(e) => set({ ...f, [name]: e.target.value })}>
		${values.map((v) => html`<option key=${v} value=${v}>${name_of ? name_of(v) : v}</option>`)}
	</select>`;

/* A field for a file, in the words of the console and not of the browser.  chosen: its name. */
export function FileField({ a, chosen, ...rest }) {
	return html`<span class="pick"><span aria-hidden="true"><span class="as-button">${t("choose_file")}</span> ${chosen ? html`<${Said}>${chosen}<//>` : html`<span class="none">${t("no_file")}</span>`}</span><input ...${a} type="file" ...${rest} /></span>`;
}

/* A text as a file, made here: nothing is asked of anybody. */
export function keepFile(name, content, type = "text/plain") {
	const url = URL.createObjectURL(new Blob([content], { type }));
	const a = document.createElement("a");
	a.href = url;
	a.download = name;
	a.click();
	URL.revokeObjectURL(url);
}

/* What is shown once: a link, a credential, recovery codes. */
export function Once({ label, children }) {
	return html`<div class="once" role="status"><p><strong>${label}</strong> <span class="meta">${t("shown_once")}</span></p><p><code>${children}</code></p></div>`;
}
