/* API tokens: what programs act with in a person's name, never with more than the person
 * may.  Each is shown once, when it is made; anybody takes their own back, an admin all. */
import { html, useState } from "./vendor.js";
import { get, me, nodeNow, post } from "./api.js";
import { Once, choice, text, useRun } from "./form.js";
import { t } from "./lang.js";
import { Act, Chip, Field, Loading, Said, Trouble, When, say, useApi } from "./parts.js";

const DAY_MS = 86400000;
const DAYS = ["30", "90", "365", "never"];
const KINDS = ["read", "all", "some"];
const EMPTY = { name: "", kind: "read", some: [], days: "90" };

const scopesOf = (f) => ({ read: ["*:read"], all: ["*"], some: f.some })[f.kind];
const expires = (days) => (days === "never" ? {} : { expires: new Date(nodeNow() + Number(days) * DAY_MS).toISOString() });

/* What it opens: everything to read, everything, or a choice of what the role has. */
function Scopes({ f, set, may }) {
	const turn = (s) => set({ ...f, some: f.some.includes(s) ? f.some.filter((x) => x !== s) : [...f.some, s] });
	return html`<fieldset><legend>${t("token_scopes")}</legend>
		${KINDS.map((k) => html`<label key=${k} class="choice"><input type="radio" name="scopes" checked=${f.kind === k} onChange=${() => set({ ...f, kind: k })} /> ${t(`token_kind_${k}`)}</label>`)}
		${f.kind === "some" && html`<div class="rows wrap">${may.map((s) => html`<label key=${s} class="choice"><input type="checkbox" checked=${f.some.includes(s)} onChange=${() => turn(s)} /> <code>${s}</code></label>`)}</div>`}
	</fieldset>`;
}

function Make({ may, reload }) {
	const [f, set] = useState(EMPTY);
	const [made, setMade] = useState(null);
	const [run, trouble] = useRun();
	const make = () =>
		run(async () => {
			setMade(await post("/v1/tokens", { name: f.name.trim(), scopes: scopesOf(f), ...expires(f.days) }));
			set(EMPTY);
			await reload();
		});
	return html`<details><summary>${t("token_new")}</summary>
		<${Field} label=${t("token_name")} hint=${t("token_name_hint")}>${text(f, set, "name", { maxlength: 100, autocomplete: "off" })}<//>
		<${Scopes} f=${f} set=${set} may=${may} />
		<${Field} label=${t("token_until")}>${choice(f, set, "days", DAYS, (d) => (d === "never" ? t("token_never") : t("span_days", Number(d))))}<//>
		${trouble}
		<div class="bar start"><${Act} run=${make} off=${!f.name.trim() || scopesOf(f).length === 0}>${t("token_make")}<//></div>
	</details>
	${made && html`<${Once} label=${t("token_of", made.name)}>${made.credential}<//><p class="meta">${t("token_why")}</p>`}`;
}

const over = (x) => x.expires !== null && new Date(x.expires).getTime() <= nodeNow();

function Token({ x, revoke }) {
	return html`<li>
		<p><strong><${Said}>${x.name}<//></strong> <code>${x.scopes.join(" ")}</code> ${over(x) && html`<${Chip} look="refused">${t("token_over")}<//>`}</p>
		<p class="meta">${t("token_added")} <${When} at=${x.added} /> · ${t("token_used")} <${When} at=${x.used} /> · ${t("token_expires")} ${x.expires ? html`<${When} at=${x.expires} />` : t("token_never")}
			<${Act} quiet run=${() => revoke(x)}>${t("token_revoke", x.name)}<//></p>
	</li>`;
}

/* Of a person, by their name. */
export function Tokens({ person }) {
	const state = useApi(() => get("/v1/tokens", { person }), [person]);
	const [run, trouble] = useRun();
	const rows = (state.data?.tokens || []).filter((x) => !x.revoked);
	const revoke = (x) =>
		run(async () => {
			await post(`/v1/tokens/${x.id}/revoke`);
			say(t("token_revoked", x.name));
			await state.reload();
		});
	return html`${trouble}${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<p class="empty">${t("no_tokens")}</p>`}
		<ul class="plain">${rows.map((x) => html`<${Token} key=${x.id} x=${x} revoke=${revoke} />`)}</ul>
		${state.data && person === me.value.name && html`<${Make} may=${state.data.may} reload=${state.reload} />`}`;
}
