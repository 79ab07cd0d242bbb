/* The channel to each peer: delivery, contacts of both sides, tests, and what stands as an
 * alarm. */
import { html } from "./vendor.js";
import { get, me, post } from "./api.js";
import { ContactsForm } from "./contacts.js";
import { Give, OwnWords, Take } from "./introduce.js";
import { number, t, when, word } from "./lang.js";
import { href } from "./route.js";
import { Webhooks } from "./webhooks.js";
import { Act, Asked, Chip, Said, Sentence, When, recorded, useApi } from "./parts.js";
import { Recovery } from "./standing.js";

const LEADS = ["admin", "approver", "lead"];
const TESTERS = ["admin", "officer", "approver", "agent", "lead"];

/* Where the work is that an alarm asks for, by its kind and what it is about. */
const OF_CASES = ["prepared_step", "held_decision", "erase", "scrutiny"];
const OF_ORDERS = ["order_ends", "order_review", "lift_waits", "still_blocked", "zone_held"];
const OF_OPERATORS = ["operator_key", "operator_reminder", "zone_base"];

function About({ a }) {
	if (!a.subject) return null;
	if (OF_CASES.includes(a.kind)) return html`<p><a href=${href(`case/${a.subject}`)}>${t("to_the_case")}</a></p>`;
	if (OF_ORDERS.includes(a.kind)) return html`<p><a href=${href(`order/${a.subject}`)}>${t("to_the_order")}</a></p>`;
	if (OF_OPERATORS.includes(a.kind)) return html`<p><a href=${href("operators", { operator: a.subject })}>${t("nav_operators")}: <${Said}>${a.subject}<//></a></p>`;
	return a.kind === "objection" ? html`<p><a href=${href("objections")}>${t("nav_objections")}</a></p>` : null;
}

function Alarms() {
	const state = useApi(() => get("/v1/alarms"), [], (e, reload) => reload());
	const alarms = state.data?.alarms || [];
	return html`<${Asked} of=${state} />
		${state.data && alarms.length === 0 && html`<p class="empty">${t("no_alarms")}</p>`}
		<ul class="matches">${alarms.map((a) => html`<li key=${a.key}><p><${Chip} look="bad">${word("alarm", a.kind)}<//> <${When} at=${a.raised} /></p><${Sentence} text=${a.text} /><${About} a=${a} /></li>`)}</ul>`;
}

/* That nothing has failed is no delivery. */
function Delivery({ p }) {
	if (p.failing_since) return html`<${Chip} look="bad">${t("peer_failing_since")} <${When} at=${p.failing_since} /><//>`;
	if (!p.introduced) return html`<${Chip} look="waiting">${t("peer_not_introduced")}<//>`;
	return p.delivered ? html`<${Chip} look="done">${t("peer_ok")}<//>` : html`<${Chip} look="unknown">${t("peer_never")}<//>`;
}

function Peers() {
	const state = useApi(() => get("/v1/peers"), [], (e, reload) => reload());
	const peers = state.data?.peers || [];
	return html`<${Asked} of=${state} />
		${state.data && peers.length === 0 && html`<p class="empty">${t("no_peers")}</p>`}
		<ul class="matches">${peers.map(
		(p) => html`<li key=${p.peer}>
			<p><strong><${Said}>${p.peer}<//></strong> <${Delivery} p=${p} /> ${p.test && html`<${Chip} look="soon">${t("test_mark")}<//>`}</p>
			<p class="meta">${t("peer_last", p.delivered ? when(p.delivered) : "–", p.heard ? when(p.heard) : "–")}</p>
			<p class="meta">${t("peer_counts", number(p.sent), number(p.receipted), number(p.received))}</p>
			${p.reason && html`<div class="why"><${Sentence} text=${p.reason} /></div>`}
		</li>`,
	)}</ul>`;
}

function Tests() {
	const state = useApi(() => get("/v1/channel/tests"), [], (e, reload) => e.type.startsWith("channel.") && reload());
	const tests = state.data?.tests || [];
	const can = TESTERS.includes(me.value.role);
	return html`<${Asked} of=${state} />
		${can && html`<div class="bar start"><${Act} run=${async () => { recorded((await post("/v1/channel/tests")).tests[0] || {}); await state.reload(); }}>${t("test_send")}<//></div>`}
		${tests.length === 0 && state.data && html`<p class="empty">${t("no_tests")}</p>`}
		<ul class="plain">${tests.map(
			(x) => html`<li key=${x.test}>
				<${Said}>${x.peer}<//> · <${When} at=${x.sent} /> · <${Chip} look=${x.state === "acked" ? "done" : x.state === "waiting" ? "waiting" : "bad"}>${t(`test_${x.state}`)}<//>
				${!x.ours && !x.acked && can && html`${" "}<${Act} quiet run=${async () => { recorded(await post(`/v1/channel/tests/${x.test}/ack`)); await state.reload(); }}>${t("test_ack")}<//>`}
			</li>`,
		)}</ul>`;
}

function Directory({ title, d }) {
	return html`<h3>${title}</h3>
		${!d || d.contacts.length === 0
			? html`<p class="empty">${t("no_contacts")}</p>`
			: html`<ul class="plain">${d.contacts.map((c, i) => html`<li key=${i}><${Said}>${c.name}<//> · <${Said}>${c.reach}<//> ${c.on_duty ? html`<${Chip} look="done">${t("on_duty")}<//>` : html`<span class="meta">${t("off_duty")} <${When} at=${c.from} /></span>`}</li>`)}</ul>`}`;
}

function Contacts() {
	const state = useApi(() => get("/v1/contacts"), [], (e, reload) => e.type === "contact.set" && reload());
	return html`<${Asked} of=${state} />${(state.data?.channels || []).map(
		(c) => html`<div key=${c.peer}><${Directory} title=${t("contacts_theirs", c.peer)} d=${c.theirs} /><${Directory} title=${t("contacts_ours")} d=${c.ours} /></div>`,
	)}`;
}

function Keys() {
	const state = useApi(() => get("/v1/peers"), []);
	if (!state.data) return html`<${Asked} of=${state} />`;
	return html`<p class="meta">${t("keys_why")}</p><${OwnWords} own=${state.data.own} />
		${me.value.role === "admin" && html`<details><summary>${t("peer_new")}</summary><${Give} done=${state.reload} /><${Take} done=${state.reload} /></details>`}`;
}

export function Channel() {
	return html`
		<h1>${t("nav_channel")}</h1>
		<h2>${t("alarms")}</h2><${Alarms} />
		<h2>${t("peers")}</h2><${Peers} />
		<h2>${t("our_logs")}</h2><${Recovery} />
		<h2>${t("tests")}</h2><${Tests} />
		<h2>${t("contacts")}</h2><${Contacts} />
		${LEADS.includes(me.value.role) && html`<details><summary>${t("contacts_edit")}</summary><${ContactsForm} /></details>`}
		<h2>${t("keys_ours")}</h2><${Keys} />
		${["admin", "auditor"].includes(me.value.role) && html`<h2>${t("webhooks")}</h2><${Webhooks} />`}
	`;
}
