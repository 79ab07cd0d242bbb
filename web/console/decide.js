/* What a platform's agent decides, item by item: chosen in rows, reviewed by outcome and
 * reason, then sent.  What is chosen and not sent yet is a draft of this browser; what was
 * sent and has no effect yet can be taken back. */
import { html, useEffect, useLayoutEffect, useState } from "./vendor.js";
import { get, me, newKey, post, Problem } from "./api.js";
import { draftFor, OUTCOMES, ranges } from "./decisions.js";
import { draftOf, keepDraft } from "./drafts.js";
import { bind } from "./keys.js";
import { number, span, t, word } from "./lang.js";
import { href } from "./route.js";
import { Act, Chip, Dialog, Field, Left, Outcome, Said, Short, Trouble, recorded, say, useAgain, useApi } from "./parts.js";

const GROUPS_SHOWN = 12;
const AGAIN_MS = 5000;
const LOST_SHOWN = 20;
const PAGE = 1000;

export const useDecisions = (c) => draftFor(me.value.pseudonym, c.case);

/* `1` to `5` on a row choose, `0` takes back; in a text they are text. */
export const onDigit = (draft, i) => (event) => {
	if (event.target.matches("input[type=text], textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
	const n = Number(event.key);
	if (event.key === " " || !Number.isInteger(n) || n > OUTCOMES.length) return;
	event.preventDefault();
	event.stopPropagation();
	draft.choose(i, n === 0 ? "" : OUTCOMES[n - 1]);
};

export function Choice({ draft, i }) {
	const chosen = draft.of(i).value;
	return html`<select
		aria-label=${t("decision_of", number(i + 1))}
		value=${chosen?.outcome || ""}
		onChange=${(e) => draft.choose(i, e.target.value)}
		onKeyDown=${onDigit(draft, i)}
	>
		<option value="">${t("item_open")}</option>
		${OUTCOMES.map((o, n) => html`<option key=${o} value=${o}>${n + 1} ${word("outcome", o)}</option>`)}
	</select>`;
}

/* A colleague may have decided what is chosen here: one such item would hold up all that are
 * to be sent with it.  True: there were some. */
async function prune(c, draft) {
	const chosen = [...draft.rows.keys()];
	if (chosen.length === 0) return false;
	const decided = [];
	const last = Math.max(...chosen);
	let after = Math.min(...chosen) - 1;
	do {
		const page = await get(`/v1/cases/${c.case}/items`, { limit: PAGE, outcome: "decided", after });
		decided.push(...page.items);
		after = page.next;
	} while (after !== null && after < last);
	return draft.lose(decided);
}

function Lost({ draft }) {
	const lost = draft.lost.value;
	if (lost.length === 0) return null;
	return html`<div class="warned" role="status">
		<p>${t("decide_lost", lost.length)}</p>
		<ul>
			${lost.slice(0, LOST_SHOWN).map(
				({ item, chosen }) => html`<li key=${item.i}>
					${number(item.i + 1)} <code><${Said}>${item.given ?? t("erased")}<//></code> <${Outcome} item=${item} /> ${item.reason && html`<${Said}>${item.reason}<//>`}
					${" "}<span class="meta">${t("decide_lost_yours", [chosen.outcome && word("outcome", chosen.outcome), chosen.reason].filter(Boolean).join(": "))}</span>
				</li>`,
			)}
			${lost.length > LOST_SHOWN && html`<li>…</li>`}
		</ul>
		<div class="bar start"><button type="button" class="quiet" onClick=${() => (draft.lost.value = [])}>${t("close")}</button></div>
	</div>`;
}

function Largest({ name, rows, of }) {
	if (rows.length < 2) return null;
	return html`<p class="meta">${name}: ${rows.slice(0, 5).map((r) => html`<span class="pair"><${Said}>${r[of] || "–"}<//> ${number(r.n)}</span> `)}</p>`;
}

function Preview({ preview, typed, setTyped }) {
	return html`<div class="part">
		<p>${t("decide_takes", number(preview.count))}</p>
		<${Largest} name=${t("col_category")} rows=${preview.categories} of="category" />
		<${Largest} name=${t("col_host")} rows=${preview.hosts} of="host" />
		${preview.refused.length > 0 && html`<ul class="late">${preview.refused.map((r) => html`<li key=${r}><${Short} text=${r} /></li>`)}</ul>`}
		${preview.hold_s > 0 && html`<p>${t("decide_hold", span(preview.hold_s))}</p>`}
		${preview.confirm &&
		html`<${Field} label=${t("decide_type", preview.confirm)}>
			${(a) => html`<input ...${a} type="text" value=${typed} onInput=${(e) => setTyped(e.target.value)} autocomplete="off" />`}
		<//>`}
	</div>`;
}

function Review({ c, draft, group, done, close }) {
	const { outcome } = group;
	const left = () => group.items.filter((i) => draft.rows.has(i));
	const items = left();
	const name = `${c.case}.review.${outcome}.${group.items[0]}`;
	const [reason, setReason] = useState(() => draftOf(name) || group.reason);
	const [typed, setTyped] = useState("");
	const [preview, setPreview] = useState(null);
	const [problem, setProblem] = useState(null);
	const [key] = useState(newKey);
	const body = () => ({ items: ranges(left()), outcome, version: c.version, ...(reason ? { reason } : {}) });
	const needsReason = outcome !== "removed";
	const run = async (fn) => {
		setProblem(null);
		try {
			await fn();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
			/* Something came between: it is looked at anew. */
			if (e.status === 409) setPreview(null);
		}
	};
	const lacksReason = needsReason && !reason.trim();
	const looked = preview && preview.refused.length === 0;
	const look = () =>
		run(async () => {
			let got = await post(`/v1/cases/${c.case}/decide/preview`, body());
			if (got.decided_already > 0 && (await prune(c, draft))) {
				if (left().length === 0) return close();
				got = await post(`/v1/cases/${c.case}/decide/preview`, body());
			}
			return setPreview(got);
		});
	const send = () =>
		run(async () => {
			const confirmed = preview.confirm ? { selection: preview.selection, confirm: typed } : {};
			const got = await post(`/v1/cases/${c.case}/decide`, { ...body(), ...confirmed }, key);
			if (got.held) say(t("decide_held", got.items));
			else recorded(got, href(`recorded/${c.case}`, { seq: got.seq }));
			keepDraft(name, "");
			done(items);
		});
	return html`<${Dialog} title=${t("decide_review", items.length, word("outcome", outcome))} close=${close} review=${() => !looked && !lacksReason && look()}>
		<p>${t("decide_items", items.slice(0, 20).map((i) => number(i + 1)).join(", "), items.length > 20 ? "…" : "")}</p>
		<${Field} label=${t(needsReason ? "reason_needed" : "reason")}>
			${(a) => html`<textarea ...${a} rows="3" maxlength="20000" value=${reason} onInput=${(e) => { setReason(e.target.value); keepDraft(name, e.target.value); setPreview(null); }}></textarea>`}
		<//>
		${problem && html`<${Trouble} problem=${problem} />`}
		<${Lost} draft=${draft} />
		${preview && html`<${Preview} preview=${preview} typed=${typed} setTyped=${setTyped} />`}
		<div class="bar">
			${looked
				? html`<${Act} run=${send} off=${preview.confirm && typed !== preview.confirm}>${t("decide_send", preview.count)}<//>`
				: html`<${Act} run=${look} off=${lacksReason}>${t("decide_look")}<//>`}
			<button type="button" class="quiet" onClick=${close}>${t("cancel")}</button>
		</div>
	<//>`;
}

/* Sent, and without effect until its time: whoever is of this side may take it back. */
function Held({ c, sent, reload }) {
	const state = useApi(() => get("/v1/held", { limit: 1000 }), [c.case, c.version, sent]);
	const held = (state.data?.held || []).filter((h) => h.case === c.case);
	const [problem, setProblem] = useState(null);
	useAgain(async () => {
		const had = held.length;
		const now = await state.reload();
		if (now && now.held.filter((h) => h.case === c.case).length !== had) await reload();
	}, held.length > 0 ? AGAIN_MS : 0);
	const undo = async (h) => {
		setProblem(null);
		try {
			await post(`/v1/held/${h.held}/cancel`);
			say(t("decide_held_cancelled", h.items));
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
		await state.reload();
		await reload();
	};
	return html`${problem && html`<${Trouble} problem=${problem} />`}
		${held.map(
			(h) => html`<div key=${h.held} class="warned" role="status">
				<p><${Chip} look="soon">${t("decide_held_waits")}<//> ${t("decide_held_what", h.items, word("outcome", h.decision.outcome))} (<${Said}>${h.by}<//>) · <${Left} due=${h.effect} /></p>
				<div class="bar start"><${Act} quiet run=${() => undo(h)}>${t("decide_held_undo")}<//></div>
			</div>`,
		)}`;
}

/* How many are chosen and not sent, each group with the step that sends it. */
export function Decisions({ c, decisions: draft, reload }) {
	draft.version.value; /* drawn anew with each choice */
	const [open, setOpen] = useState(null);
	const [sent, setSent] = useState(0); /* what is held changes no version of the case */
	/* What is under review is looked at there. */
	useEffect(() => {
		if (open) return;
		prune(c, draft).catch((e) => {
			if (!(e instanceof Problem)) throw e;
		});
	}, [c.case, c.counts.decided, open === null]);
	const groups = draft.groups();
	const unsent = groups.reduce((n, g) => n + g.items.length, 0);
	const done = async (items) => {
		draft.put(items, undefined);
		setOpen(null);
		setSent((n) => n + 1);
		await reload();
	};
	useLayoutEffect(() => bind({ "Ctrl Enter": (e) => c.state === "accepted" && groups.length > 0 && e.target.id !== "composer" && setOpen(groups[0]) }));
	if (c.state !== "accepted" && !open) return html`<p class="meta">${t("decide_after_accept")}</p>`;
	return html`<${Held} c=${c} sent=${sent} reload=${reload} />
		${!open && html`<${Lost} draft=${draft} />`}
		<div class="unsent" role="status">
			<p>${unsent === 0 ? t("decide_how") : t("decide_unsent", unsent)}</p>
			<div class="bar start wrap">
				${groups.slice(0, GROUPS_SHOWN).map(
					(g) => html`<button key=${g.outcome + g.reason} type="button" onClick=${() => setOpen(g)}>
						${t("decide_group", word("outcome", g.outcome), number(g.items.length))}
					</button>`,
				)}
				${groups.length > GROUPS_SHOWN && html`<span class="meta">${t("decide_more_groups", number(groups.length - GROUPS_SHOWN))}</span>`}
			</div>
			${open && html`<${Review} c=${c} draft=${draft} group=${open} done=${done} close=${() => setOpen(null)} />`}
		</div>`;
}
