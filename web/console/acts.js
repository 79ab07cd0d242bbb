/* What the case's state and the person's role allow.  Each act opens its own step; it takes
 * the version of the case that the person saw, so that nobody acts on what has changed. */
import { html, useState } from "./vendor.js";
import { get, me, nodeNow, post, Problem } from "./api.js";
import { whoWorks } from "./author.js";
import { Clash, Since, unseen } from "./clash.js";
import { number, t, word } from "./lang.js";
import { Said, recorded } from "./parts.js";
import { go, href } from "./route.js";
import { Step, Steps } from "./step.js";

const AGENT = ["agent", "lead"];
const OFFICER = ["officer"];
const WORKS = ["officer", "approver", "agent", "lead"];
const BOTH = ["officer", "agent", "lead"];
const HOLDS = ["admin", "officer", "approver", "agent", "lead"];
const ERASES = ["admin", "approver", "lead"];
const OUTCOMES = ["removed", "restricted", "account_suspended", "kept", "not_found", "already_removed", "impossible"];
const GROUNDS = ["force_majeure", "manifest_error", "insufficient_information"];

const open = (c) => !["closed", "refused", "none"].includes(c.state);
const waits = (c) => ["sent", "received"].includes(c.state);
const asks = (c) => c.questions.filter((q) => !q.answered);
const whole = (c) => c.counts.open === 0 && c.counts.waiting === 0;

/* A step of the ladder before its time: the node refuses it, so it is not what is pressed first. */
const early = (c) => c.next_step && (c.next_step.waits_for_receipt || (c.next_step.not_before && new Date(c.next_step.not_before).getTime() > nodeNow()));

const text = (name, label, more) => ({ name, label: t(label), kind: "text", ...more });
const reason = () => text("reason", "reason");
const items = (hint) => ({ name: "items", label: t("act_items"), kind: "line", optional: true, hint: t(hint) });

/* "1-3, 7", as people count, is "0-2,6" for the node. */
export function numbersOf(typed) {
	return typed.replace(/\s/g, "").replace(/\d+/g, (n) => String(Math.max(0, Number(n) - 1)));
}

async function classes(c) {
	const { policy } = await get(`/v1/cases/${c.case}/deadline`);
	const { text: file } = await get("/v1/policies", { policy: policy.sha256 });
	return JSON.parse(file).classes.map((k) => [k.code, word("class", k.code)]).filter(([code]) => code !== c.class);
}

/* The last member of a path is the act; `by` whose it is. */
const ACTS = [
	{ act: "accept", by: AGENT, when: (c) => waits(c) || c.state === "refused" },
	{ act: "refuse", by: AGENT, when: waits, quiet: true, fields: () => [reason()] },
	{ act: "answer", by: OFFICER, when: (c) => asks(c).length > 0, fields: (c) => [
		...(asks(c).length > 1 ? [{ name: "question", label: t("question"), kind: "select", options: asks(c).map((q) => [String(q.question), q.text || number(q.question)]) }] : []),
		text("text", "text_exact")] },
	{ act: "remind", by: OFFICER, when: (c) => c.next_step?.step === "remind", fields: () => [text("text", "text_optional", { optional: true })] },
	{ act: "warn", by: OFFICER, when: (c) => c.next_step?.step === "warn", fields: () => [text("text", "text_optional", { optional: true })] },
	{ act: "close", by: BOTH, when: (c) => c.state === "accepted" && whole(c) },
	{ act: "clarify", by: AGENT, when: (c) => open(c), quiet: true, fields: () => [text("text", "text_exact"), items("act_items_case")] },
	{ act: "dispute", by: BOTH, when: (c) => open(c) || c.state === "refused", quiet: true, fields: () => [text("text", "text_exact"), items("act_items_all")] },
	{ act: "reverse", by: AGENT, when: (c) => c.state === "accepted" && c.counts.decided > 0, quiet: true, fields: () => [
		{ ...items("act_items_decided"), optional: false },
		{ name: "outcome", label: t("col_outcome"), kind: "select", options: OUTCOMES.map((o) => [o, word("outcome", o)]) },
		{ name: "ground", label: t("ground"), kind: "select", optional: true, hint: t("ground_hint"), options: GROUNDS.map((g) => [g, word("ground", g)]) },
		reason()] },
	{ act: "transfer", by: OFFICER, when: open, quiet: true, fields: (c) => [
		{ name: "class", label: t("class"), kind: "select", options: () => classes(c) }, reason()] },
	{ act: "withdraw", path: "close", by: OFFICER, when: (c) => open(c) && !whole(c), quiet: true, fields: () => [reason()] },
	{ act: "reopen", by: BOTH, when: (c) => c.state === "closed", quiet: true },
	{ act: "claim", by: WORKS, when: (c) => open(c) && c.owner?.person !== me.value.pseudonym, quiet: true, private: true },
	{ act: "release", by: WORKS, when: (c) => c.owner !== null, quiet: true, private: true },
	{ act: "assign", by: WORKS, when: open, quiet: true, private: true, fields: () => [
		{ name: "person", label: t("assign_to"), kind: "select", options: whoWorks }] },
	{ act: "hold", path: "holds", by: HOLDS, when: () => true, quiet: true, fields: () => [reason()] },
	{ act: "erase", by: ERASES, when: (c) => ["closed", "refused"].includes(c.state), quiet: true, fields: () => [
		{ name: "what", label: t("erase_what"), kind: "choice", options: ["texts", "files", "all"].map((w) => [w, t(`erase_${w}`)]) }, reason()] },
];

/* Those that take no version: they change nothing that another would miss. */
const UNVERSIONED = ["claim", "release", "assign", "hold", "erase"];

function bodyOf(a, c, seen, values) {
	const body = Object.fromEntries(Object.entries(values).filter(([, v]) => v !== "" && v !== undefined));
	if (body.items) body.items = numbersOf(body.items);
	if (body.question) body.question = Number(body.question);
	if (a.act === "warn") body.level = c.next_step.level;
	if (a.act === "withdraw") body.withdraw = true;
	if (["claim", "release"].includes(a.act) && c.owner && c.owner.person !== me.value.pseudonym) body.take = true;
	if (!UNVERSIONED.includes(a.act)) body.version = seen.version;
	return body;
}

/* What it changes, beside the sentence that every such act has. */
function About({ a, c }) {
	if (a.act === "answer" && asks(c).length === 1) return html`<blockquote><${Said}>${asks(c)[0].text ?? t("erased")}<//></blockquote>`;
	if (a.act === "warn") return html`<p><strong>${t("rung_warn", number(c.next_step.level))}</strong></p>`;
	if (["claim", "release"].includes(a.act) && c.owner && c.owner.person !== me.value.pseudonym)
		return html`<p class="problem">${t("taken_from", c.owner.name)}</p>`;
	return null;
}

function CaseStep({ a, c, close, reload, ...step }) {
	const [seen, setSeen] = useState(c);
	const ask = (version, values, key) => post(`/v1/cases/${c.case}/${a.path || a.act}`, bodyOf(a, c, version, values), key);
	/* A receipt moves the version on and changes nothing that anybody sees: nobody is asked. */
	const again = async (problem, values, key) => {
		if (!(problem instanceof Problem) || problem.status !== 409 || !problem.shown.stands) throw problem;
		const now = await get(`/v1/cases/${c.case}`);
		if (unseen(seen, now)) throw problem;
		return ask(now, values, key);
	};
	const send = async (values, key) => {
		const got = await ask(seen, values, key).catch((problem) => again(problem, values, key));
		recorded(got, a.private ? null : href(`recorded/${c.case}`, { seq: got.seq }));
		close();
		await reload();
	};
	const clash = (problem, values) => html`<${Clash} problem=${problem} seen=${seen} yours=${values} reload=${reload}
		agree=${(now) => setSeen(now)} />`;
	return html`<${Step} ...${step} send=${send} close=${close} clash=${clash}>
		<${About} a=${a} c=${step.gone ? seen : c} />${step.gone && html`<${Since} seen=${seen} now=${c} />`}
	<//>`;
}

export function Acts({ c, reload }) {
	const can = ACTS.filter((a) => a.by.includes(me.value.role) && a.when(c));
	const steps = can.map((a) => ({
		act: a.act, of: CaseStep, a, c, reload, quiet: a.quiet || (["remind", "warn"].includes(a.act) && early(c)), review: !a.private,
		verb: t(`do_${a.act}`), why: t(`do_${a.act}_why`), fields: a.fields ? a.fields(c) : [],
		draft: `${c.case}.${a.act}`,
	}));
	/* The ladder is climbed: what is left is an order. */
	const climbed = me.value.role === "officer" && open(c) && c.next_step === null && c.ladder.length > 0;
	return html`<${Steps} steps=${steps} fresh=${{ c }}>
		${climbed && html`<button type="button" onClick=${() => go("draft", { cite: c.case })}>${t("order_draft_new")}…</button>`}
	<//>`;
}
