/* The people of this node: who may act, as what, and what an admin does about them.  Who did
 * it stands beside it, and in the access record. */
import { html, useState } from "./vendor.js";
import { get, me, post } from "./api.js";
import { Once, choice, text, useRun } from "./form.js";
import { number, t, word } from "./lang.js";
import { Act, Chip, Dialog, Field, Loading, Trouble, When, say, useApi } from "./parts.js";
import { Sessions } from "./sessions.js";
import { Tokens } from "./tokens.js";

const ROLES = ["officer", "approver", "agent", "lead", "operator", "auditor", "admin"];
export const rolesOf = (party) => ROLES.filter((r) => !(party === "authority" ? ["agent", "lead"] : party === "platform" ? ["officer", "approver", "operator"] : []).includes(r));
const role = (r) => `${word("role", r)}`;

/* The link goes to the person by another way than their name. */
function Link({ made }) {
	return html`<${Once} label=${t("link_of", made.name)}>${location.origin}/console/welcome?link=${made.link}<//><p class="meta">${t("link_why")}</p>`;
}

export function AddPerson({ done, party }) {
	const roles = rolesOf(party);
	const [f, set] = useState({ name: "", role: "" });
	const [made, setMade] = useState(null);
	const [run, trouble] = useRun();
	const chosen = f.role || roles[0];
	const add = () =>
		run(async () => {
			setMade(await post("/v1/persons", { name: f.name.trim(), role: chosen, link: true }));
			set({ name: "", role: "" });
			await done?.();
		});
	return html`
		<${Field} label=${t("person_name")} hint=${t("person_name_hint")}>${text(f, set, "name", { maxlength: 40, autocapitalize: "none", spellcheck: "false", autocomplete: "off" })}<//>
		<${Field} label=${t("person_role")} hint=${t(`role_${chosen}_why`)}>${choice({ role: chosen }, (next) => set({ ...f, role: next.role }), "role", roles, role)}<//>
		${trouble}
		${made && html`<${Link} made=${made} />`}
		<div class="bar start"><${Act} run=${add} off=${!f.name.trim()}>${t("person_add")}<//></div>`;
}

function Acts({ person, reload, party }) {
	const [made, setMade] = useState(null);
	const [sure, setSure] = useState(false);
	const [f, set] = useState({ role: person.role });
	const [run, trouble] = useRun();
	const act = (path, body, text) => () =>
		run(async () => {
			const got = await post(`/v1/persons/${person.name}/${path}`, body);
			if (got.link) setMade(got);
			else say(text);
			await reload();
		});
	const own = person.name === me.value.name;
	if (!person.active && !person.locked) return html`<p>${t("person_is_withdrawn")}</p>`;
	return html`${trouble}${made && html`<${Link} made=${made} />`}
		<div class="bar start">
			${person.locked
				? html`<${Act} run=${act("unlock", {}, t("person_unlocked", person.name))}>${t("person_unlock")}<//>`
				: html`<${Act} quiet run=${act("link", {}, "")}>${t("person_link")}<//>
					<${Act} quiet run=${act("link", { forget_device: true }, "")}>${t("person_link_device")}<//>
					${!own && html`<${Act} quiet run=${act("lock", {}, t("person_locked", person.name))}>${t("person_lock")}<//>`}`}
		</div>
		${person.active && !own && html`<${Field} label=${t("person_role")} hint=${t("person_role_hint")}>${choice(f, set, "role", [...new Set([...rolesOf(party), person.role])], role)}<//>
			<${Act} quiet off=${f.role === person.role} run=${act("role", { role: f.role }, t("person_role_set", person.name))}>${t("person_role_give")}<//>`}
		${!own && html`<details><summary>${t("person_withdraw")}</summary><p>${t("person_withdraw_why")}</p>
			<label class="choice"><input type="checkbox" checked=${sure} onChange=${(e) => setSure(e.target.checked)} /> ${t("person_withdraw_sure", person.name)}</label>
			<${Act} off=${!sure} run=${act("withdraw", {}, t("person_withdrawn", person.name))}>${t("person_withdraw")}<//></details>`}`;
}

function State({ p }) {
	if (p.locked) return html`<${Chip} look="bad">${t("is_locked")}<//>`;
	if (!p.active) return html`<${Chip} look="refused">${t("is_withdrawn")}<//>`;
	if (!p.password && p.tokens === 0) return html`<${Chip} look="waiting">${t("is_invited")}<//>`;
	return html`<${Chip} look="done">${t("is_active")}<//>`;
}

const COLUMNS = ["col_person", "col_role", "col_status", "col_device", "col_sessions", "col_changed"];

export function People() {
	const state = useApi(() => get("/v1/persons"), []);
	const node = useApi(() => get("/v1/status"), []);
	const [open, setOpen] = useState(null);
	const rows = state.data?.persons || [];
	const person = rows.find((p) => p.name === open);
	const admin = me.value.role === "admin";
	return html`
		<h1>${t("nav_people")}</h1>
		<p class="lead">${t("people_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${rows.length > 0 && html`<table role="table"><caption>${t("people_caption")}</caption>
			<thead role="rowgroup"><tr role="row">${COLUMNS.map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
			<tbody role="rowgroup">${rows.map((p) => html`<tr key=${p.name} role="row">
				<td role="cell" data-label=${t("col_person")}><div>${admin ? html`<button type="button" class="plain" onClick=${() => setOpen(p.name)}>${p.name}</button>` : p.name} <code class="meta">${p.pseudonym}</code></div></td>
				<td role="cell" data-label=${t("col_role")}><div>${role(p.role)}</div></td>
				<td role="cell" data-label=${t("col_status")}><div><${State} p=${p} /></div></td>
				<td role="cell" data-label=${t("col_device")}><div>${p.totp ? t("totp_on") : html`<span class="none">${t("totp_none")}</span>`}</div></td>
				<td role="cell" data-label=${t("col_sessions")}><div>${number(p.sessions)}</div></td>
				<td role="cell" data-label=${t("col_changed")}><div>${p.changed ? html`<${When} at=${p.changed} /> ${p.changed_by}` : html`<${When} at=${p.added} /> ${p.added_by}`}</div></td>
			</tr>`)}</tbody></table>`}
		${admin && html`<h2>${t("person_add")}</h2><${AddPerson} party=${node.data?.role} done=${state.reload} />`}
		${person && html`<${Dialog} title=${t("person_of", person.name)} close=${() => setOpen(null)}>
			<p><${State} p=${person} /> ${role(person.role)}</p>
			<${Acts} person=${person} reload=${state.reload} party=${node.data?.role} />
			<h3>${t("sessions")}</h3><${Sessions} person=${person.name} ends=${person.name !== me.value.name && state.reload} />
			<h3>${t("tokens")}</h3><${Tokens} person=${person.name} />
			<div class="bar"><button type="button" class="quiet" onClick=${() => setOpen(null)}>${t("close")}</button></div>
		<//>`}
	`;
}
