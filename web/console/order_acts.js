/* What an order's state and the person's role allow.  Who signs signs the hash of the text
 * that was read; when it changes meanwhile nothing can be signed.  There is no approval in
 * bulk. */
import { html } from "./vendor.js";
import { get, me, post } from "./api.js";
import { t, word } from "./lang.js";
import { recorded } from "./parts.js";
import { go, href } from "./route.js";
import { Stages, stagesRead, stagesSaid } from "./stages.js";
import { Step, Steps } from "./step.js";

const APPROVER = ["approver"];
const OFFICER = ["officer"];
const EITHER = ["officer", "approver"];
const CHANNELS = ["email", "phone", "letter", "none"];

const draft = (o) => o.state === "draft";
const inForce = (o) => o.state === "in_force";
const took = (o) => o.in_force !== null;
const mine = (o) => o.drafter === me.value.pseudonym;
const task = (o, name) => o.tasks.find((x) => x.task === name);
const reason = (label = "reason") => ({ name: "reason", label: t(label), kind: "text" });
const names = (o) => ({
	name: "names", label: t("lift_names"), kind: "checks", optional: true, hint: t("lift_names_hint"),
	options: o.names.filter((n) => !n.lifted).map((n) => [n.wildcard ? `*.${n.name}` : n.name, n.wildcard ? `*.${n.name}` : n.name]),
});
const operators = async () => (await get("/v1/operators")).operators.map((o) => [o.name, o.name]);
const where = () => ({ name: "operators", label: t("lift_operators"), kind: "checks", optional: true, hint: t("lift_operators_hint"), options: operators });
const choice = (name, label, family, tokens) => ({ name, label: t(label), kind: "choice", options: tokens.map((v) => [v, t(`${family}_${v}`)]) });

/* hash: what is signed is the text.  hands: nobody who has a hand in it. */
const ACTS = [
	{ act: "approve", by: APPROVER, when: draft, hash: true, hands: true },
	{ act: "override", by: APPROVER, when: (o) => draft(o) && o.overrides_needed.length > 0, hash: true, hands: true, fields: () => [reason()],
		body: (o) => ({ guards: o.overrides_needed }) },
	{ act: "return", by: APPROVER, when: (o) => draft(o) && !mine(o), hash: true, quiet: true, fields: () => [reason()] },
	{ act: "withdraw", by: OFFICER, when: (o) => draft(o) && mine(o), quiet: true, fields: () => [{ ...reason("reason_optional"), optional: true }] },
	{ act: "lift", by: EITHER, when: inForce, fields: (o) => [reason(), names(o), where()] },
	{ act: "plan", by: EITHER, when: inForce, quiet: true, fields: (o) => [reason(),
		{ name: "stages", label: t("plan_stages"), kind: "own", of: Stages, names: names(o).options, says: stagesSaid }],
		body: (o, v) => ({ stages: stagesRead(v.stages) }) },
	{ act: "review", by: EITHER, when: (o) => task(o, "review") && !mine(o), quiet: true, fields: () => [choice("outcome", "review_outcome", "review", ["kept", "lifted"]), reason()] },
	{ act: "judge", path: "review", by: EITHER, when: (o) => task(o, "review_lift") && task(o, "review_lift").author !== me.value.pseudonym, quiet: true,
		fields: () => [choice("outcome", "review_outcome", "review", ["right", "wrong"]), reason()],
		body: (o) => ({ lift: task(o, "review_lift").lift }) },
	{ act: "owner", by: EITHER, when: (o) => task(o, "owner") || took(o), quiet: true, fields: () => [
		choice("told", "draft_owner", "told", ["yes", "no"]),
		{ name: "channel", label: t("owner_channel"), kind: "select", options: CHANNELS.map((c) => [c, t(`channel_${c}`)]) },
		{ name: "text", label: t("draft_owner_text"), kind: "text" }],
		body: (o, v) => ({ told: v.told === "yes" }) },
];

function bodyOf(a, o, seen, values) {
	const body = Object.fromEntries(Object.entries(values).filter(([, v]) => v !== "" && v !== undefined && !(Array.isArray(v) && v.length === 0)));
	return { ...body, ...(a.hash ? { text_sha256: seen } : {}), ...(a.body?.(o, values) || {}) };
}

function OrderStep({ a, o, seen, close, reload, ...step }) {
	const changed = a.hash && seen !== o.text_sha256;
	const send = async (values, key) => {
		const got = await post(`/v1/orders/${o.order}/${a.path || a.act}`, bodyOf(a, o, seen, values), key);
		recorded(got, href(`signed/${o.order}`, { seq: got.seq }));
		close();
		await reload();
	};
	return html`<${Step} ...${step} close=${close} send=${send} stops=${changed && t("order_changed")}>
		${a.hash && html`<p class="hash"><code>${seen}</code></p>`}
		${a.act === "override" && html`<ul>${o.overrides_needed.map((g) => html`<li key=${g}>${word("guard", g)}</li>`)}</ul>`}
	<//>`;
}

export function OrderActs({ o, reload, agrees, seen }) {
	const signed = o.acts.some((x) => x.author === me.value.pseudonym && ["draft", "approve", "override"].includes(x.act));
	const can = ACTS.filter((a) => a.by.includes(me.value.role) && a.when(o));
	const own = signed && can.some((a) => a.hands);
	const steps = can.map((a) => ({
		act: a.act, of: OrderStep, a, o, seen, reload, quiet: a.quiet,
		off: (a.hash && !agrees) || (a.hands && signed),
		verb: t(`order_${a.act}`), why: t(`order_${a.act}_why`), fields: a.fields ? a.fields(o) : [], draft: `${o.order}.${a.act}`,
	}));
	return html`<${Steps} steps=${steps}>
		${own && html`<span class="meta">${t("own_hand")}</span>`}
		${o.state === "returned" && mine(o) && html`<button type="button" onClick=${() => go("draft", { previous: o.order })}>${t("order_again")}</button>`}
	<//>`;
}
