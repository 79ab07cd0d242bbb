/* The first day of a node, step by step.  What is done is told by the node, not by what was
 * pressed here: one can leave, and come back, also years later. */
import { html, useState } from "./vendor.js";
import { get, me, post } from "./api.js";
import { ContactsForm } from "./contacts.js";
import { Device } from "./device.js";
import { Give, OwnWords, Take } from "./introduce.js";
import { choose, lang, number, t, word } from "./lang.js";
import { Act, Chip, Facts, Loading, Said, Trouble, recorded, useAgain, useApi } from "./parts.js";
import { AddPerson } from "./people.js";
import { href, place } from "./route.js";

const AGAIN_MS = 4000; /* what the other side does is seen without asking */

function all() {
	const paths = ["peers", "persons", "policies", "contacts", "channel/tests", "me"];
	return Promise.all(paths.map((p) => get(`/v1/${p}`))).then(([peers, persons, policies, contacts, tests, mine]) => ({
		own: peers.own, peers: peers.peers, persons: persons.persons, policies, channels: contacts.channels, tests, mine,
	}));
}

function Organisation({ d }) {
	return html`<${Facts} rows=${[["org_name", html`<${Said}>${d.own.name}<//>`], ["org_id", html`<code>${d.own.org}</code>`], ["org_role", word("party", d.own.role)]]} />
		<p class="meta">${t("org_fixed")}</p>
		<fieldset><legend>${t("language")}</legend>${["id", "en"].map((code) => html`<label key=${code} class="choice" lang=${code}><input type="radio" name="lang" checked=${lang.value === code} onChange=${() => choose(code)} /> ${t(`language_${code}`)}</label>`)}</fieldset>
		<${OwnWords} own=${d.own} />`;
}

function Policy({ d }) {
	return html`<p>${t("setup_policy_why")}</p>
		<ul class="plain">${d.policies.builtin.map((n) => html`<li key=${n}><a href=${href("policies", { policy: n })}>${n}</a></li>`)}</ul>
		${d.policies.channels.map((c) => html`<p key=${c.peer}><${Said}>${c.peer}<//>: ${t("policy_in_effect")} <a href=${href("policies", { policy: c.in_effect.name, digest: c.in_effect.sha256 })}>${c.in_effect.name}</a></p>`)}`;
}

function Peer({ d, reload }) {
	return html`<${OwnWords} own=${d.own} />
		<ul class="plain">${d.peers.map((p) => html`<li key=${p.peer}><${Said}>${p.peer}<//> ${p.introduced ? html`<${Chip} look="done">${t("peer_introduced")}<//>` : html`<${Chip} look="waiting">${t("peer_not_introduced")}<//>`} ${p.test && html`<${Chip} look="soon">${t("test_mark")}<//>`}</li>`)}</ul>
		<${Give} done=${reload} /><${Take} done=${reload} />`;
}

const People = ({ d, reload }) => html`<p>${t("setup_people_why")}</p>
	<ul class="plain">${d.persons.filter((p) => p.active).map((p) => html`<li key=${p.name}>${p.name} (${word("role", p.role)})</li>`)}</ul>
	<${AddPerson} party=${d.own.role} done=${reload} />`;

function Test({ d, reload }) {
	const last = d.tests.channels.filter((c) => c.last_test);
	const send = async () => {
		recorded((await post("/v1/channel/tests")).tests[0] || {}, null, t("test_sent"));
		await reload();
	};
	return html`<p>${t("setup_test_why")}</p>
		<ul class="plain">${last.map((c) => html`<li key=${c.peer}><${Said}>${c.peer}<//> ${c.last_acked ? html`<${Chip} look="done">${t("test_acked")}<//>` : html`<${Chip} look="waiting">${t("test_waiting")}<//>`}</li>`)}</ul>
		<div class="bar start"><${Act} run=${send} off=${!d.peers.some((p) => p.introduced)}>${t("test_send")}<//></div>`;
}

const active = (d) => d.persons.filter((p) => p.active);
/** Its name, when it is done, and what is shown.
 * @type {[string, (d: any) => boolean, any][]} */
const STEPS = [
	["organisation", () => true, Organisation],
	["device", (d) => d.mine.totp === "enrolled", ({ reload }) => html`<${Device} done=${reload} />`],
	["policy", (d) => d.policies.channels.length > 0, Policy],
	["peer", (d) => d.peers.some((p) => p.introduced), Peer],
	["people", (d) => active(d).some((p) => p.role !== "admin"), People],
	["contacts", (d) => d.channels.length > 0 && d.channels.every((c) => c.ours.version !== null), ({ reload }) => html`<${ContactsForm} done=${reload} />`],
	["test", (d) => d.tests.channels.length > 0 && d.tests.channels.every((c) => c.last_acked), Test],
];

export function Setup() {
	const state = useApi(all, [], (e, reload) => reload());
	useAgain(state.reload, AGAIN_MS);
	const [shown, show] = useState(null);
	const d = state.data;
	if (!d) return html`<h1>${t("nav_setup")}</h1>${state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`}`;
	const first = STEPS.find(([, done]) => !done(d))?.[0] || "organisation";
	const at = shown || place.value.query.step || first;
	const done = STEPS.filter(([, is]) => is(d)).length;
	const [name, , Body] = STEPS.find(([n]) => n === at) || STEPS[0];
	return html`
		<h1>${t("nav_setup")}</h1>
		<p class="lead">${t("setup_lead", me.value.name)}</p>
		<p role="status">${t("setup_done", number(done), number(STEPS.length))}</p>
		<ol class="tasks">${STEPS.map(
			([n, is]) => html`<li key=${n}><button type="button" class="plain" aria-current=${n === name ? "step" : undefined} onClick=${() => show(n)}>${t(`setup_${n}`)}</button> ${is(d) ? html`<${Chip} look="done">${t("done")}<//>` : html`<${Chip} look="waiting">${t("not_yet")}<//>`}</li>`,
		)}</ol>
		<section aria-labelledby="step"><h2 id="step">${t(`setup_${name}`)}</h2><${Body} key=${name} d=${d} reload=${state.reload} /></section>
		${done === STEPS.length && html`<p>${t("setup_all")}</p>`}
	`;
}
