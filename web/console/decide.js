/* What a platform's agent decides, item by item: chosen here, reviewed, then sent.  What is
 * chosen and not sent yet is a draft of this browser. */
import { html, useState } from "./vendor.js";
import { newKey, post, Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { number, t, word } from "./lang.js";
import { Act, Dialog, Field, Trouble, recorded } from "./parts.js";

const OUTCOMES = ["removed", "restricted", "kept", "not_found", "already_removed"];

function read(name) {
	try {
		return JSON.parse(draftOf(name) || "{}");
	} catch {
		return {};
	}
}

export function useDecisions(c, reload) {
	const name = `${c.case}.decisions`;
	const [chosen, setChosen] = useState(() => read(name));
	const keep = (next) => {
		setChosen(next);
		keepDraft(name, Object.keys(next).length ? JSON.stringify(next) : "");
	};
	const choose = (i, outcome) => {
		const next = { ...chosen };
		if (outcome) next[i] = outcome;
		else delete next[i];
		keep(next);
	};
	/* `1` to `5` on a row whose choice has the focus. */
	const onKey = (item) => (event) => {
		const outcome = OUTCOMES[Number(event.key) - 1];
		if (outcome) choose(item.i, outcome);
	};
	const cell = (item) => html`<select
		aria-label=${t("decision_of", number(item.i + 1))}
		value=${chosen[item.i] || ""}
		onChange=${(e) => choose(item.i, e.target.value)}
		onKeyDown=${onKey(item)}
	>
		<option value="">${t("item_open")}</option>
		${OUTCOMES.map((o, n) => html`<option key=${o} value=${o}>${n + 1} ${word("outcome", o)}</option>`)}
	</select>`;
	return { chosen, keep, cell, reload };
}

function Review({ c, outcome, items, done, close }) {
	const [reason, setReason] = useState("");
	const [typed, setTyped] = useState("");
	const [preview, setPreview] = useState(null);
	const [problem, setProblem] = useState(null);
	const [key] = useState(newKey);
	const body = { items, outcome, version: c.version, ...(reason ? { reason } : {}) };
	const needsReason = outcome !== "removed";
	const look = async () => {
		setProblem(null);
		try {
			setPreview(await post(`/v1/cases/${c.case}/decide/preview`, body));
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	const send = async () => {
		setProblem(null);
		try {
			const confirmed = preview.confirm ? { selection: preview.selection, confirm: typed } : {};
			recorded(await post(`/v1/cases/${c.case}/decide`, { ...body, ...confirmed }, key));
			done(items);
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	return html`<${Dialog} title=${t("decide_review", word("outcome", outcome), number(items.length))} close=${close}>
		<p>${t("decide_items", items.slice(0, 20).map((i) => number(i + 1)).join(", "), items.length > 20 ? "…" : "")}</p>
		<${Field} label=${t(needsReason ? "reason_needed" : "reason")}>
			${(a) => html`<textarea ...${a} rows="3" maxlength="20000" value=${reason} onInput=${(e) => { setReason(e.target.value); setPreview(null); }}></textarea>`}
		<//>
		${problem && html`<${Trouble} problem=${problem} />`}
		${preview &&
		html`<div class="part">
			<p>${t("decide_takes", number(preview.count))}</p>
			${preview.refused.length > 0 && html`<ul class="late">${preview.refused.map((r) => html`<li key=${r}><bdi lang="en">${r}</bdi></li>`)}</ul>`}
			${preview.hold_s > 0 && html`<p>${t("decide_hold", number(preview.hold_s))}</p>`}
			${preview.confirm &&
			html`<${Field} label=${t("decide_type", preview.confirm)}>
				${(a) => html`<input ...${a} type="text" value=${typed} onInput=${(e) => setTyped(e.target.value)} autocomplete="off" />`}
			<//>`}
		</div>`}
		<div class="bar">
			${preview && preview.refused.length === 0
				? html`<${Act} run=${send} off=${preview.confirm && typed !== preview.confirm}>${t("decide_send", number(preview.count))}<//>`
				: html`<${Act} run=${look} off=${needsReason && !reason.trim()}>${t("decide_look")}<//>`}
			<button type="button" class="quiet" onClick=${close}>${t("cancel")}</button>
		</div>
	<//>`;
}

/* How many are chosen and not sent, by outcome, each with the step that sends them. */
export function Decisions({ c, decisions }) {
	const [open, setOpen] = useState(null);
	const { chosen, keep, reload } = decisions;
	const groups = OUTCOMES.map((o) => [o, Object.keys(chosen).filter((i) => chosen[i] === o).map(Number)]).filter(
		([, items]) => items.length > 0,
	);
	const done = async (items) => {
		const next = { ...chosen };
		for (const i of items) delete next[i];
		keep(next);
		setOpen(null);
		await reload();
	};
	if (c.state !== "accepted") return html`<p class="meta">${t("decide_after_accept")}</p>`;
	return html`<div class="unsent" role="status">
		<p>${groups.length === 0 ? t("decide_how") : t("decide_unsent", Object.keys(chosen).length)}</p>
		<div class="bar start">
			${groups.map(
				([o, items]) => html`<button key=${o} type="button" onClick=${() => setOpen(o)}>
					${t("decide_group", word("outcome", o), number(items.length))}
				</button>`,
			)}
		</div>
		${open &&
		html`<${Review} c=${c} outcome=${open} items=${groups.find(([o]) => o === open)?.[1] || []} done=${done} close=${() => setOpen(null)} />`}
	</div>`;
}

