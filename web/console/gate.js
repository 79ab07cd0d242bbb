/* Orders in force that the zone's last gate keeps out of every zone until a person decides. */
import { html } from "./vendor.js";
import { get, me, node, post } from "./api.js";
import { t, word } from "./lang.js";
import { Chip, Said, Sentence, Trouble, When, recorded, useApi } from "./parts.js";
import { href } from "./route.js";
import { Steps } from "./step.js";

const reason = () => [{ name: "reason", label: t("reason"), kind: "text" }];

function stepsOf(o, held, reload) {
	const send = (act, more) => async (values, key) => {
		const got = await post(`/v1/zone/${act}`, { order: o.order, ...more, ...values }, key);
		recorded(got, href(`signed/${o.order}`, { seq: got.seq }));
		await reload();
	};
	return [
		me.value.role === "approver" && { act: "accept", verb: t("gate_accept"), why: t("gate_accept_why"), draft: `${o.order}.gate.accept`, fields: reason(), send: send("accept", { text_sha256: o.text_sha256, digest: held.digest }) },
		["approver", "officer"].includes(me.value.role) && { act: "refuse", verb: t("gate_refuse"), why: t("gate_refuse_why"), draft: `${o.order}.gate.refuse`, quiet: true, fields: reason(), send: send("refuse") },
	].filter(Boolean);
}

export function Gate({ o, reload }) {
	const ours = node.value?.role === "authority"; /* who has the zones */
	const state = useApi(() => (ours ? get("/v1/zones") : Promise.resolve(null)), [ours, o.order, o.state]);
	const held = state.data?.held.find((h) => h.order === o.order);
	const both = async () => {
		await reload();
		await state.reload();
	};
	/* Nobody takes it for let out because that could not be asked. */
	const trouble = state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`;
	if (!held) return trouble;
	return html`<section aria-labelledby="gate">
		<h2 id="gate">${t("gate")}</h2>
		${trouble}
		<p class="problem">${t("gate_why")} <${When} at=${held.held} /></p>
		<ul class="matches">${held.findings.map((f, i) => html`<li key=${i}><p><${Chip} look="bad">${word("guard", f.guard)}<//> ${f.name && html`<code><${Said}>${f.name}<//></code>`}</p><${Sentence} text=${f.text} /></li>`)}</ul>
		<${Steps} steps=${stepsOf(o, held, both)} />
	</section>`;
}
