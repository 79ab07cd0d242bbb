/* Parts of which screens are made. */
import { html, signal, useEffect, useRef, useState } from "./vendor.js";
import { me, nodeNow, Problem } from "./api.js";
import { leads } from "./keys.js";
import { anyOf, lang, number, span, t, when, whenThere, withTexts, word } from "./lang.js";
import { onEvent } from "./live.js";
import { href } from "./route.js";

/* On a grid of 16, drawn as lines of the text's colour; as the pages draw them. */
const DRAWINGS = {
	waiting: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z",
	sent: "M2.5 8h11M9 3.5L13.5 8L9 12.5",
	running: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11zM8 2.5v11M5.5 3.3v9.4",
	done: "M2.5 8.5L6.5 12.5L13.5 4",
	soon: "M8 2L14.5 13.5H1.5zM8 6.2v3.6M8 11.3v.7",
	refused: "M3.5 3.5l9 9M12.5 3.5l-9 9",
	bad: "M8 2v8M8 12.5v1.5",
	blocked: "M3.5 3.5h9v9h-9z",
	unknown: "M5 5.5a3 3 0 1 1 4.5 2.6Q8 9 8 10.5M8 12.7v.8",
};

export function Chip({ look, children }) {
	return html`<span class="chip ${look}"
		><svg viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${DRAWINGS[look]} /></svg
		>${children}</span
	>`;
}

export function When({ at }) {
	if (!at) return html`<span class="none">–</span>`;
	return html`<time datetime=${at}>${when(at)}</time>`;
}

/* What somebody wrote: it turns no text around it and runs nothing. */
export const Said = ({ children }) => html`<bdi>${children}</bdi>`;

/* What the node said, in English; where the reader's language has the same sentence it stands
 * first, and the node's own can be had. */
export function useOwn(text) {
	const [own, set] = useState({ of: null, said: null });
	useEffect(() => {
		if (lang.value === "id" && text) withTexts(() => import("./sentences.js")).then((m) => m.own(text)).then((said) => set({ of: text, said }), () => {});
	}, [text, lang.value]);
	return lang.value === "id" && own.of === text ? own.said : null;
}

export function Sentence({ text }) {
	const own = useOwn(text);
	if (!own) return html`<p><bdi lang="en">${text}</bdi></p>`;
	return html`<p><bdi>${own}</bdi></p><details class="original"><summary>${t("in_english")}</summary><p><bdi lang="en">${text}</bdi></p></details>`;
}

/* The same within a line. */
export function Short({ text }) {
	const own = useOwn(text);
	return own ? html`<bdi title=${text}>${own}</bdi>` : html`<bdi lang="en">${text}</bdi>`;
}

/* ---- states of a screen ---- */

const LATE_MS = 1000;

export function Loading() {
	const [late, setLate] = useState(false);
	useEffect(() => {
		const timer = setTimeout(() => setLate(true), LATE_MS);
		return () => clearTimeout(timer);
	}, []);
	return html`<p class="none" role="status">${late ? t("loading") : ""}</p>`;
}

/* What is lacking, in words: a role, a second factor; null: the node's sentence says it. */
export function lacks({ status, shown }) {
	if (status !== 403) return null;
	if (shown.roles?.length > 0) return t("trouble_roles", anyOf(shown.roles.map((r) => word("role", r))), word("role", me.value?.role));
	return shown.needs === "totp" ? t("trouble_totp") : null;
}

const leadOf = ({ status }) => t(status === 0 ? "trouble_unreachable" : status === 403 ? "trouble_denied" : "trouble");

export function Trouble({ problem, retry }) {
	const why = lacks(problem);
	return html`<div class="problem" role="alert">
		${problem.since && html`<p><strong>${t("trouble_since", whenThere(problem.since.toISOString()))}</strong></p>`}
		<p>${leadOf(problem)}${why && html` <strong>${why}</strong>`}</p>
		${problem.status !== 0 && !why && html`<${Sentence} text=${problem.message} />`}
		${retry && html`<p><button type="button" class="quiet" onClick=${retry}>${t("try_again")}</button></p>`}
	</div>`;
}

/**
 * What is asked of the API, now and after each event that touches it: after a problem the last
 * data stays, with its time.
 * @param {() => Promise<any>} ask
 * @param {unknown[]} deps
 * @param {(event: any, reload: () => Promise<any>) => void} [touched]
 * @param {any} [first] what is known already, when it is drawn for the first time
 * @returns {{data: any, problem: Problem | null, at: Date | null, reload: () => Promise<any>}}
 */
export function useApi(ask, deps, touched, first = null) {
	const [state, setState] = useState({ data: first, problem: null, at: first && new Date(nodeNow()) });
	const turn = useRef(0);
	const reload = async () => {
		const mine = ++turn.current;
		try {
			const data = await ask();
			/* What was known already is not drawn again. */
			if (mine === turn.current) setState((old) => (old.data === data && !old.problem ? old : { data, problem: null, at: new Date(nodeNow()) }));
			return data;
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			/* What stands there is as of then. */
			if (mine === turn.current) setState((old) => ({ ...old, problem: Object.assign(e, { since: old.data && old.at }) }));
			return null;
		}
	};
	useEffect(() => {
		setState((old) => (old.problem ? { ...old, problem: null } : old));
		reload();
		return () => {
			turn.current++;
		};
	}, deps);
	useEffect(() => (touched ? onEvent((event) => touched(event, reload)) : undefined), deps);
	return { ...state, reload };
}

/* Of something that was asked for: what went wrong, or, until it is there, that it comes. */
export function Asked({ of }) {
	if (of.problem) return html`<${Trouble} problem=${of.problem} retry=${of.reload} />`;
	return of.data ? null : html`<${Loading} />`;
}

/* What no event tells: a receipt that came, a time that has come.  Asked again every `ms`
 * while somebody looks; 0: not. */
export function useAgain(reload, ms) {
	const fn = useRef(reload);
	fn.current = reload;
	useEffect(() => {
		if (!ms) return undefined;
		const timer = setInterval(() => {
			if (document.visibilityState === "visible") fn.current();
		}, ms);
		return () => clearInterval(timer);
	}, [ms]);
}

/* Rows never move by themselves: what is new is counted, and shown when somebody asks for it. */
export function News({ n, show }) {
	return html`<p class="news" role="status">
		${n > 0 && html`${t("updates", n)} <button type="button" class="quiet" onClick=${show}>${t("show_them")}</button>`}
	</p>`;
}

/**
 * A list that somebody reads: what touches it is counted until it is asked for.  What one did
 * oneself is there at once.
 * @param {() => Promise<any>} ask
 * @param {unknown[]} deps
 * @param {(event: any) => boolean} touches
 */
export function useList(ask, deps, touches) {
	const [news, setNews] = useState(0);
	const state = useApi(ask, deps, (event) => {
		if (!touches(event)) return;
		if (event.author === me.value.pseudonym) reload();
		else setNews((n) => n + 1);
	});
	const reload = () => {
		setNews(0);
		return state.reload();
	};
	useEffect(() => setNews(0), deps);
	return { ...state, reload, news: html`<${News} n=${news} show=${reload} />` };
}

/* A list in pages: the address says from where on. */
export function Pager({ path, query, next }) {
	if (!query.after && !next) return null;
	return html`<nav class="pager" aria-label=${t("pages")}>
		${query.after && html`<a href=${href(path, { ...query, after: undefined })}>${t("first_page")}</a>`}
		${next && html`<a href=${href(path, { ...query, after: next })}>${t("next_page")}</a>`}
	</nav>`;
}

/* There is nothing: none yet, none after those of the page before, or none of those that were
 * asked for. */
export function Nothing({ said, filtered, clear, after }) {
	if (after) return html`<p class="empty">${t("list_end")}</p>`;
	if (!filtered) return html`<p class="empty">${t(said)}</p>`;
	return html`<p class="empty">${t("none_match")} <a href=${clear}>${t("clear_filter")}</a></p>`;
}

/* ---- words of the API ---- */

const CASE_LOOKS = {
	none: "unknown", sent: "sent", received: "waiting", accepted: "running", refused: "refused",
	closed: "done",
};

export function CaseState({ state }) {
	return Chip({ look: CASE_LOOKS[state] || "unknown", children: word("state", state) });
}

/* What people call a case by, of whatever has its `case` and `ref`. */
export const caseName = (c) => (c.ref ? t("case_n", c.ref) : t("case_n", `${c.case.slice(0, 13)}…`));

export function Outcome({ item }) {
	if (!item.outcome) return html`<${Chip} look="waiting">${t("item_open")}<//>`;
	const look = item.outcome === "kept" ? "refused" : "done";
	return html`<${Chip} look=${look}>${word("outcome", item.outcome)}<//>`;
}

/* Time passes on a screen where nothing else happens, too: what is left is drawn anew by it. */
const minute = signal(0);
setInterval(() => minute.value++, 60000);

export function Left({ due, soonS = 4 * 3600 }) {
	minute.value; /* also of rows that are the same */
	if (!due) return html`<span class="none">–</span>`;
	const left = (new Date(due).getTime() - nodeNow()) / 1000;
	if (left < 0)
		return html`<span class="late">${Chip({ look: "bad", children: t("late_by", span(-left)) })}</span>`;
	const text = html`${t("left", span(left))} <span class="meta">(${When({ at: due })})</span>`;
	return left < soonS ? Chip({ look: "soon", children: text }) : text;
}

export function Counts({ counts }) {
	return html`<p class="meta count">
		${t("sum_submitted", ...["submitted", "accepted", "refused", "duplicate", "waiting"].map((k) => number(counts[k])))}
		${" · "}${t("sum_accepted", ...["accepted", "decided", "open"].map((k) => number(counts[k])))}
	</p>`;
}

export function Facts({ rows }) {
	return html`<dl class="facts">
		${rows.filter(Boolean).map(
			([key, value]) => html`<div key=${key}>
				<dt>${t(key)}</dt>
				<dd>${value ?? html`<span class="none">–</span>`}</dd>
			</div>`,
		)}
	</dl>`;
}

/* ---- forms ---- */

let ids = 0;
export function useId(prefix) {
	const id = useRef(null);
	id.current ??= `${prefix}-${++ids}`;
	return id.current;
}

export function Field({ label, hint, error, children }) {
	const id = useId("f");
	const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
	return html`<div class="part ${error ? "wrong" : ""}">
		<label for=${id}>${label}</label>
		${hint && html`<p class="meta" id="${id}-hint">${hint}</p>`}
		${error && html`<p class="late" id="${id}-error">${error}</p>`}
		${children({ id, "aria-describedby": about || undefined, "aria-invalid": error ? "true" : undefined })}
	</div>`;
}

/* A button that does one thing once: it is off until the node has answered, and what the node
 * refuses is said beside it. */
export function Act({ run, children, quiet, type = "button", off, ...rest }) {
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState(null);
	const press = async () => {
		if (busy) return;
		setBusy(true);
		setProblem(null);
		try {
			await run();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		} finally {
			setBusy(false);
		}
	};
	return html`<button
		type=${type}
		class=${quiet ? "quiet" : ""}
		disabled=${busy || off}
		aria-busy=${busy ? "true" : undefined}
		onClick=${press}
		...${rest}
	>${children}</button>${problem && html`<${Trouble} problem=${problem} />`}`;
}

/* A dialog of the browser's own, so that focus stays in it and Esc leaves it.  review(): leads to
 * what is read before it is sent; Ctrl+Enter does no more, on whatever button it is pressed.  read:
 * all of it is to be read, so that it begins at the top and not on its first button. */
export function Dialog({ title, close, stays, review, read, children }) {
	const box = useRef(null);
	const gone = useRef(false);
	const id = useId("d");
	useEffect(() => {
		const dialog = box.current;
		dialog.showModal();
		/* Closed and not only taken away: the focus goes back to where it was. */
		return () => {
			gone.current = true;
			dialog.close();
		};
	}, []);
	const onKeyDown = (event) => {
		if (!leads(event)) return;
		event.preventDefault();
		review?.();
	};
	return html`<dialog ref=${box} aria-labelledby=${id} onKeyDown=${onKeyDown} onClose=${() => gone.current || close()}
		onCancel=${(event) => stays && event.preventDefault()}>
		<h2 id=${id} tabindex=${read && "-1"} autofocus=${read}>${title}</h2>
		${children}
	</dialog>`;
}

/* What draws a dialog over the screen, whatever becomes of the part of it that opened it. */
export const overlay = signal(null);

/* ---- a status line that screen readers hear ---- */

export const notice = signal(null);
const SAID_MS = 4000;
let said = 0;

export function say(text) {
	notice.value = text;
	said = Date.now();
}

/* Another screen: what was said of the one before goes, unless it has just been said. */
export function sayNoMore() {
	if (Date.now() - said > SAID_MS) notice.value = null;
}

/* "recorded #4711": said when the log has it, not before; it leads to the entry at `at`.
 * what: words for what was done. */
export function recorded(answer, at, what) {
	const more = what ? html` · ${what}` : "";
	if (answer.on_record === false) return say(t("not_on_record"));
	if (answer.seq === undefined) return say(what || t("done"));
	const text = t("recorded", number(answer.seq));
	return say(html`${at ? html`<a href=${at}>${text}</a>` : text}${more}`);
}

