/* What each person sets for this browser. */
import { html } from "./vendor.js";
import { Account } from "./account.js";
import { Device } from "./device.js";
import { keysOn } from "./keys.js";
import { me, node } from "./api.js";
import { ZONES, choose, chooseZone, lang, t, zone } from "./lang.js";
import { Field } from "./parts.js";
import { sectionsOf } from "./screens.js";
import { Shield } from "./shield.js";

const KEYS = [
	["j / k", "key_move"], ["Enter", "key_open"], ["x", "key_select"], ["a", "key_take"], ["/", "key_search"],
	["?", "key_settings"], ["i / r / t", "key_case"], ["m", "key_matrix"], ["1 – 5", "key_decide"], ["n", "key_problem"], ["Ctrl Enter", "key_review"], ["Esc", "key_back"],
];

const NAMES = { "": "zone_machine", "Asia/Jakarta": "zone_wib", "Asia/Makassar": "zone_wita", "Asia/Jayapura": "zone_wit" };
const nameOf = (z) => (NAMES[z] ? t(NAMES[z]) : z);

export function Settings() {
	const keys = [...KEYS.map(([k, what]) => [k, t(what)]), ...sectionsOf(me.value.role, node.value?.role).map((s) => [`g ${s.key}`, t("key_go", t(s.title))])];
	return html`
		<h1>${t("nav_settings")}</h1>
		<fieldset><legend>${t("language")}</legend>${["id", "en"].map((code) => html`<label key=${code} class="choice" lang=${code}><input type="radio" name="lang" checked=${lang.value === code} onChange=${() => choose(code)} /> ${t(`language_${code}`)}</label>`)}</fieldset>
		<${Field} label=${t("zone")} hint=${t("zone_hint")}>${(a) => html`<select ...${a} value=${zone.value} onChange=${(e) => chooseZone(e.target.value)}>${ZONES.map((z) => html`<option key=${z} value=${z}>${nameOf(z)}</option>`)}</select>`}<//>
		<label class="choice">
			<input type="checkbox" checked=${keysOn.value} onChange=${(e) => { keysOn.value = e.target.checked; }} />
			${t("keys_on")}
		</label>
		<h2>${t("setup_device")}</h2>
		<${Device} />
		<${Account} />
		${me.value.role !== "operator" && html`<${Shield} />`}
		<h2>${t("keys")}</h2>
		<dl class="facts">${keys.map(([k, what]) => html`<div key=${k}><dt><kbd>${k}</kbd></dt><dd>${what}</dd></div>`)}</dl>
	`;
}
