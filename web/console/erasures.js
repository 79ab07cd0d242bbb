/* What was erased of a case, or asked to be, and the legal holds that forbid it. */
import { html } from "./vendor.js";
import { get, me, node, post } from "./api.js";
import { t } from "./lang.js";
import { Chip, Said, Trouble, When, recorded, useApi } from "./parts.js";
import { href } from "./route.js";
import { Steps } from "./step.js";

const MAY = ["admin", "approver", "lead"];

function release(c, h, reload) {
	return {
		act: "release", verb: t("hold_release"), why: t("hold_release_why"), draft: `${h.hold}.release`, quiet: true,
		fields: [{ name: "reason", label: t("reason"), kind: "text" }],
		send: async (values, key) => {
			const got = await post(`/v1/cases/${c.case}/holds/${h.hold}/release`, values, key);
			recorded(got, href(`recorded/${c.case}`, { seq: got.seq }));
			await reload();
		},
	};
}

function follow(c, e, reload) {
	return {
		act: "follow", verb: t("erase_follow"), why: t("erase_follow_why"), draft: `${e.request}.follow`, quiet: true,
		send: async (values, key) => {
			const got = await post(`/v1/cases/${c.case}/erase/${e.request}`, {}, key);
			recorded(got, href(`recorded/${c.case}`, { seq: got.seq }));
			await reload();
		},
	};
}

export function Erasures({ c }) {
	const state = useApi(() => get(`/v1/cases/${c.case}/erasures`), [c.case, c.version], (e, reload) => e.case === c.case && reload());
	const { erasures = [], holds = [] } = state.data || {};
	const may = MAY.includes(me.value.role);
	const done = (r) => erasures.some((e) => e.act === "done" && e.request === r && e.from === node.value?.role);
	if (erasures.length + holds.length === 0 && !state.problem) return null;
	return html`<section aria-labelledby="erasures">
		<h2 id="erasures">${t("erasures")}</h2>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		<ul class="matches">
			${holds.map(
				(h) => html`<li key=${h.from + h.hold}><p><${Chip} look=${h.released ? "done" : "soon"}>${t(h.released ? "hold_released" : "hold_stands")}<//> ${t(`party_${h.from}`)} · <${When} at=${h.released || h.placed} /></p>
					<p class="said"><${Said}>${h.reason ?? t("erased")}<//></p>
					${may && !h.released && h.from === node.value?.role && html`<${Steps} steps=${[release(c, h, state.reload)]} />`}</li>`,
			)}
			${erasures.map(
				(e) => html`<li key=${e.from + e.seq}><p>${t(e.act === "done" ? "erase_done" : "erase_asked")} · ${t(`party_${e.from}`)} · <${When} at=${e.at} /></p>
					${e.reason && html`<p class="said"><${Said}>${e.reason}<//></p>`}
					${may && e.act === "request" && !done(e.request) && html`<${Steps} steps=${[follow(c, e, state.reload)]} />`}</li>`,
			)}
		</ul>
	</section>`;
}
