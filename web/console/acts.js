/* What the case's state and the person's role allow: each opens its own step, with the exact
 * words that will stand in the log. */
import { html, useState } from "./vendor.js";
import { me, newKey, post, Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { t, word } from "./lang.js";
import { Act, Dialog, Field, Trouble, recorded } from "./parts.js";

const AGENT = ["agent", "lead"];
const OFFICER = ["officer", "approver"];
const open = (c) => !["closed", "refused"].includes(c.state);

/* act, whose, when, and what it asks; `path` of the API below the case. */
const ACTS = [
	{ act: "claim", who: [...AGENT, ...OFFICER], when: (c) => open(c) && !c.owner, quiet: true },
	{ act: "release", who: [...AGENT, ...OFFICER], when: (c) => c.owner?.person === me.value.pseudonym, quiet: true },
	{ act: "accept", who: AGENT, when: (c) => c.state === "received", version: true },
	{ act: "refuse", who: AGENT, when: (c) => c.state === "received", text: "reason", version: true },
	{ act: "clarify", who: AGENT, when: (c) => c.state === "accepted", text: "text" },
	{ act: "answer", who: OFFICER, when: (c) => c.questions.some((q) => !q.answered), text: "text" },
	{ act: "dispute", who: [...AGENT, ...OFFICER], when: (c) => open(c) && c.state === "accepted", text: "text", quiet: true },
	{ act: "remind", who: OFFICER, when: (c) => c.next_step?.step === "remind", text: "text", optional: true },
	{ act: "warn", who: OFFICER, when: (c) => c.next_step?.step === "warn", text: "text", optional: true,
		body: (c) => ({ level: c.next_step.level }) },
	{ act: "close", who: [...OFFICER], when: (c) => c.state === "accepted" && c.counts.open === 0 && c.counts.waiting === 0 },
	{ act: "reopen", who: OFFICER, when: (c) => c.state === "closed", quiet: true },
];

function Step({ c, a, close, reload }) {
	const name = `${c.case}.${a.act}`;
	const [text, setText] = useState(() => draftOf(name));
	const [problem, setProblem] = useState(null);
	const [key] = useState(newKey);
	const write = (value) => {
		setText(value);
		keepDraft(name, value);
	};
	const send = async () => {
		setProblem(null);
		const body = { ...(a.version ? { version: c.version } : {}), ...(a.body?.(c) || {}) };
		if (text) body[a.text] = text;
		try {
			recorded(await post(`/v1/cases/${c.case}/${a.act}`, body, key));
			keepDraft(name, "");
			close();
			await reload();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	return html`<${Dialog} title=${t(`do_${a.act}`)} close=${close}>
		<p>${t(`do_${a.act}_why`)}</p>
		${a.text &&
		html`<${Field} label=${t(a.optional ? "text_optional" : "text_exact")}>
			${(x) => html`<textarea ...${x} rows="5" maxlength="20000" value=${text} onInput=${(e) => write(e.target.value)}></textarea>`}
		<//>`}
		${problem && html`<${Trouble} problem=${problem} />`}
		${problem?.shown.stands &&
		html`<p class="problem">${t("stale", word("state", problem.shown.stands.state))}
			<button type="button" class="quiet" onClick=${reload}>${t("show_them")}</button></p>`}
		<div class="bar">
			<${Act} run=${send} off=${a.text && !a.optional && !text.trim()}>${t(`do_${a.act}`)}<//>
			<button type="button" class="quiet" onClick=${close}>${t("cancel")}</button>
		</div>
	<//>`;
}

export function Acts({ c, reload }) {
	const [at, setAt] = useState(null);
	const can = ACTS.filter((a) => a.who.includes(me.value.role) && a.when(c));
	if (can.length === 0) return null;
	return html`<div class="bar start acts">
		${can.map(
			(a) => html`<button key=${a.act} type="button" class=${a.quiet ? "quiet" : ""} onClick=${() => setAt(a)}>${t(`do_${a.act}`)}…</button>`,
		)}
		${at && html`<${Step} c=${c} a=${at} reload=${reload} close=${() => setAt(null)} />`}
	</div>`;
}
