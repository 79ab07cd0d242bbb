/* Who is reached on our side, in the order in which they are called: published as it stands
 * here, to the peers that a person has chosen. */
import { html, useState } from "./vendor.js";
import { get, post } from "./api.js";
import { text, useRun } from "./form.js";
import { allOf, number, t } from "./lang.js";
import { Act, Field, Loading, Said, Trouble, say, useApi } from "./parts.js";

const EMPTY = { name: "", reach: "", role: "", note: "" };
const MOST = 64;

const bare = (c) => Object.fromEntries(Object.entries(c).filter(([k, v]) => ["name", "reach", "role", "languages", "hours", "note"].includes(k) && v !== null && v !== ""));
const filled = (r) => r.name.trim() && r.reach.trim();

/* To whom it goes.  What each has now is said: these take its place. */
function Peers({ channels, chosen, toggle }) {
	if (channels.length === 1) return html`<p>${t("contacts_to_one")} <strong><${Said}>${channels[0].peer}<//></strong>. ${t("contacts_now", channels[0].ours.contacts.length)}</p>`;
	return html`<fieldset><legend>${t("contacts_to")}</legend>${channels.map(
		(c) => html`<label key=${c.peer} class="choice"><input type="checkbox" checked=${chosen.includes(c.peer)} onChange=${() => toggle(c.peer)} /> <${Said}>${c.peer}<//> <span class="meta">${t("contacts_now", c.ours.contacts.length)}</span></label>`,
	)}</fieldset>`;
}

function Contact({ r, i, set, remove }) {
	return html`<fieldset class="rows"><legend>${t("contact_nth", i + 1)}</legend>
		<${Field} label=${t("contact_name")}>${text(r, set, "name", { maxlength: 200 })}<//>
		<${Field} label=${t("contact_reach")} hint=${t("contact_reach_hint")}>${text(r, set, "reach", { maxlength: 200 })}<//>
		${remove && html`<button type="button" class="quiet" onClick=${remove}>${t("contact_remove", i + 1)}</button>`}
	</fieldset>`;
}

/* One request for all of them, so that it is all or none; else one for each. */
async function publish(peers, all, contacts) {
	const asked = all ? [undefined] : peers;
	const entries = [];
	for (const peer of asked) entries.push(...(await post("/v1/contacts", { contacts, ...(peer ? { peer } : {}) })).entries);
	return entries;
}

const rowsOf = (c) => (c.ours.contacts.length > 0 ? c.ours.contacts : [EMPTY]);

function Form({ channels, done }) {
	const only = channels.length === 1;
	const [chosen, setChosen] = useState(only ? [channels[0].peer] : []);
	const [rows, setRows] = useState(rowsOf(channels[0]));
	const [touched, setTouched] = useState(false);
	const [run, trouble] = useRun();
	const change = (next) => {
		setRows(next);
		setTouched(true);
	};
	/* Until somebody writes, what stands here is what the first one chosen has. */
	const toggle = (peer) => {
		const next = chosen.includes(peer) ? chosen.filter((p) => p !== peer) : [...chosen, peer];
		setChosen(next);
		const first = channels.find((c) => c.peer === next[0]);
		if (!touched && first) setRows(rowsOf(first));
	};
	const send = () =>
		run(async () => {
			const contacts = rows.filter(filled).map((r, i) => ({ ...bare(r), order: i + 1 }));
			const entries = await publish(chosen, chosen.length === channels.length, contacts);
			say(t("contacts_published", contacts.length, allOf(entries.map((e) => `${e.peer} (${t("recorded", number(e.seq))})`))));
			setTouched(false);
			await done?.();
		});
	return html`
		<${Peers} channels=${channels} chosen=${chosen} toggle=${toggle} />
		${rows.map((r, i) => html`<${Contact} key=${i} r=${r} i=${i} set=${(row) => change(rows.map((x, k) => (k === i ? row : x)))} remove=${rows.length > 1 && (() => change(rows.filter((_, k) => k !== i)))} />`)}
		${trouble}
		<div class="bar start">
			<button type="button" class="quiet" disabled=${rows.length >= MOST} onClick=${() => change([...rows, EMPTY])}>${t("contact_more")}</button>
			<${Act} run=${send} off=${chosen.length === 0 || !rows.some(filled)}>${chosen.length > 0 ? t("contacts_publish", allOf(chosen)) : t("contacts_publish_none")}<//>
		</div>`;
}

export function ContactsForm({ done }) {
	const state = useApi(() => get("/v1/contacts"), []);
	if (!state.data) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	if (state.data.channels.length === 0) return html`<p class="empty">${t("no_peers")}</p>`;
	const published = async () => {
		await state.reload();
		await done?.();
	};
	return html`<${Form} channels=${state.data.channels} done=${published} />`;
}
