/* What each person sets for this browser. */
import { html } from "./vendor.js";
import { Device } from "./device.js";
import { keysOn } from "./keys.js";
import { me } from "./api.js";
import { t } from "./lang.js";
import { Shield } from "./shield.js";

const KEYS = [
	["j / k", "key_move"], ["Enter", "key_open"], ["x", "key_select"], ["a", "key_take"], ["/", "key_search"],
	["g q", "key_queue"], ["?", "key_settings"], ["i / r / t", "key_case"], ["Ctrl Enter", "key_review"], ["Esc", "key_back"],
];

export function Settings() {
	return html`
		<h1>${t("nav_settings")}</h1>
		<label class="choice">
			<input type="checkbox" checked=${keysOn.value} onChange=${(e) => { keysOn.value = e.target.checked; }} />
			${t("keys_on")}
		</label>
		<h2>${t("setup_device")}</h2>
		<${Device} />
		${me.value.role !== "operator" && html`<${Shield} />`}
		<h2>${t("keys")}</h2>
		<dl class="facts">${KEYS.map(([k, what]) => html`<div key=${k}><dt><kbd>${k}</kbd></dt><dd>${t(what)}</dd></div>`)}</dl>
	`;
}
