/* Where events are handed to: how far each has got, its last success, its secret. */
import { html, useState } from "./vendor.js";
import { get, me, post } from "./api.js";
import { Once, text, useRun } from "./form.js";
import { t } from "./lang.js";
import { Act, Asked, Chip, Field, Said, Short, When, say, useAgain, useApi } from "./parts.js";

const AGAIN_MS = 15000;

function Deliveries({ id }) {
	const state = useApi(() => get(`/v1/webhooks/${id}/deliveries`, { limit: 20 }), [id]);
	const rows = state.data?.deliveries || [];
	const ok = rows.find((d) => d.status >= 200 && d.status < 300);
	if (!state.data || state.problem) return html`<${Asked} of=${state} />`;
	return html`<p>${t("last_success")} ${ok ? html`<${When} at=${ok.at} />` : html`<span class="none">${t("not_yet")}</span>`}</p>
		<details><summary>${t("hook_attempts", rows.length)}</summary><ul class="plain">${rows.map((d) => html`<li key=${d.delivery}><${Chip} look=${d.status >= 200 && d.status < 300 ? "done" : "bad"}>${d.status || t("hook_no_answer")}<//> <code>${d.type}</code> <${When} at=${d.at} /> ${d.reason && html`<${Short} text=${d.reason} />`}</li>`)}</ul></details>`;
}

function Hook({ h, reload }) {
	const [made, setMade] = useState(null);
	const [run, trouble] = useRun();
	const act = (path, body, text) => () =>
		run(async () => {
			const got = await post(`/v1/webhooks/${h.webhook}/${path}`, body);
			if (got.secret) setMade(got.secret);
			else say(text);
			await reload();
		});
	return html`<li>
		<p><strong><${Said}>${h.url}<//></strong> ${h.active ? (h.failing_since ? html`<${Chip} look="bad">${t("peer_failing_since")} <${When} at=${h.failing_since} /><//>` : h.delivered > 0 ? html`<${Chip} look="done">${t("peer_ok")}<//>` : html`<${Chip} look="unknown">${t("peer_never")}<//>`) : html`<${Chip} look="refused">${t("hook_off")}<//>`}</p>
		<p class="meta"><code>${[].concat(h.types).join(", ")}</code> ${h.reason && html`<${Short} text=${h.reason} />`}</p>
		<${Deliveries} id=${h.webhook} />
		${trouble}${made && html`<${Once} label=${t("hook_secret")}>${made}<//>`}
		${me.value.role === "admin" && html`<div class="bar start">
			<${Act} quiet run=${act("rotate", {}, "")}>${t("hook_rotate")}<//>
			<${Act} quiet run=${act("resume", {}, t("hook_resumed"))}>${t("hook_resume")}<//>
			<${Act} quiet run=${act("remove", {}, t("hook_removed"))}>${t("hook_remove")}<//></div>`}
	</li>`;
}

export function Webhooks() {
	const state = useApi(() => get("/v1/webhooks"), []);
	const [f, set] = useState({ url: "", types: "*" });
	const [made, setMade] = useState(null);
	const [run, trouble] = useRun();
	useAgain(state.reload, AGAIN_MS);
	const rows = state.data?.webhooks || [];
	const add = () =>
		run(async () => {
			setMade((await post("/v1/webhooks", { url: f.url.trim(), types: f.types.trim() || "*" })).secret);
			set({ url: "", types: "*" });
			await state.reload();
		});
	return html`<${Asked} of=${state} />
		${state.data && rows.length === 0 && html`<p class="empty">${t("no_hooks")}</p>`}
		<ul class="matches">${rows.map((h) => html`<${Hook} key=${h.webhook} h=${h} reload=${state.reload} />`)}</ul>
		${me.value.role === "admin" && html`<details><summary>${t("hook_add")}</summary>
			<${Field} label=${t("hook_url")} hint=${t("hook_url_hint")}>${text(f, set, "url", { maxlength: 1000, inputmode: "url", autocapitalize: "none" })}<//>
			<${Field} label=${t("hook_types")} hint=${t("hook_types_hint")}>${text(f, set, "types", { maxlength: 1000, autocapitalize: "none" })}<//>
			${trouble}<${Act} run=${add} off=${!f.url.trim()}>${t("hook_add")}<//></details>`}
		${made && html`<${Once} label=${t("hook_secret")}>${made}<//>`}`;
}
