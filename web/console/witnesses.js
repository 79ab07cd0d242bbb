/* Names by which orders for addresses are measured: nobody can list what is answered by an
 * address, so a person who knows such a name says it. */
import { html, useState } from "./vendor.js";
import { get, me, newKey, post } from "./api.js";
import { text, useRun } from "./form.js";
import { t } from "./lang.js";
import { Act, Field, Loading, Said, Trouble, When, say, useApi } from "./parts.js";

const SAYS = ["admin", "officer", "approver"];
const EMPTY = { address: "", name: "" };

function Add({ reload }) {
	const [f, set] = useState(EMPTY);
	const [run, trouble] = useRun();
	const add = () =>
		run(async () => {
			const got = await post("/v1/witnesses", { address: f.address.trim(), name: f.name.trim() }, newKey());
			say(t("witness_added", got.address, got.name));
			set(EMPTY);
			await reload();
		});
	return html`<details><summary>${t("witness_new")}</summary>
		<${Field} label=${t("witness_address")} hint=${t("witness_address_hint")}>${text(f, set, "address", { maxlength: 60, autocapitalize: "none", spellcheck: "false" })}<//>
		<${Field} label=${t("witness_name")} hint=${t("witness_name_hint")}>${text(f, set, "name", { maxlength: 253, autocapitalize: "none", spellcheck: "false" })}<//>
		${trouble}<div class="bar start"><${Act} run=${add} off=${!f.address.trim() || !f.name.trim()}>${t("witness_add")}<//></div>
	</details>`;
}

export function Witnesses() {
	const state = useApi(() => get("/v1/witnesses"), []);
	const [run, trouble] = useRun();
	const can = SAYS.includes(me.value.role);
	if (!state.data) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	const remove = (w) => () =>
		run(async () => {
			await post("/v1/witnesses/remove", { address: w.address }, newKey());
			say(t("witness_removed", w.address));
			await state.reload();
		});
	const rows = state.data.witnesses;
	return html`<section aria-labelledby="witnesses"><h2 id="witnesses">${t("witnesses")}</h2>
		<p class="meta">${t("witnesses_lead")}</p>
		${rows.length === 0 && html`<p class="empty">${t("no_witnesses")}</p>`}
		<ul class="matches">${rows.map((w) => html`<li key=${w.address}><code>${w.address}</code> ${t("witness_by")} <code><${Said}>${w.name}<//></code> <span class="meta"><${Said}>${w.by}<//> <${When} at=${w.at} /></span>
			${can && html` <${Act} quiet run=${remove(w)}>${t("witness_remove", w.address)}<//>`}</li>`)}</ul>
		${trouble}
		${can && html`<${Add} reload=${state.reload} />`}
	</section>`;
}
