/* Who is reached on our side, in the order in which they are called: published to the other
 * side as it stands here. */
import { html, useState } from "./vendor.js";
import { get, post } from "./api.js";
import { text, useRun } from "./form.js";
import { number, t } from "./lang.js";
import { Act, Field, Loading, say, useApi } from "./parts.js";

const EMPTY = { name: "", reach: "", role: "", note: "" };
const MOST = 64;

const bare = (c) => Object.fromEntries(Object.entries(c).filter(([k, v]) => ["name", "reach", "role", "languages", "hours", "note"].includes(k) && v !== null && v !== ""));

function Form({ first, done }) {
	const [rows, setRows] = useState(first.length ? first : [EMPTY]);
	const [run, trouble] = useRun();
	const set = (i) => (row) => setRows(rows.map((r, k) => (k === i ? row : r)));
	const publish = () =>
		run(async () => {
			const contacts = rows.filter((r) => r.name.trim() && r.reach.trim()).map((r, i) => ({ ...bare(r), order: i + 1 }));
			const got = await post("/v1/contacts", { contacts });
			say(t("contacts_published", number(got.contacts)));
			await done?.();
		});
	return html`
		${rows.map(
			(r, i) => html`<fieldset key=${i} class="rows"><legend>${t("contact_nth", i + 1)}</legend>
				<${Field} label=${t("contact_name")}>${text(r, set(i), "name", { maxlength: 200 })}<//>
				<${Field} label=${t("contact_reach")} hint=${t("contact_reach_hint")}>${text(r, set(i), "reach", { maxlength: 200 })}<//>
				${rows.length > 1 && html`<button type="button" class="quiet" onClick=${() => setRows(rows.filter((_, k) => k !== i))}>${t("contact_remove", i + 1)}</button>`}
			</fieldset>`,
		)}
		${trouble}
		<div class="bar start">
			<button type="button" class="quiet" disabled=${rows.length >= MOST} onClick=${() => setRows([...rows, EMPTY])}>${t("contact_more")}</button>
			<${Act} run=${publish} off=${!rows.some((r) => r.name.trim() && r.reach.trim())}>${t("contacts_publish")}<//>
		</div>`;
}

export function ContactsForm({ done }) {
	const state = useApi(() => get("/v1/contacts"), []);
	if (!state.data) return html`<${Loading} />`;
	const channels = state.data.channels;
	if (channels.length === 0) return html`<p class="empty">${t("no_peers")}</p>`;
	return html`<${Form} first=${channels[0].ours.contacts} done=${done} />`;
}
