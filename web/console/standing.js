/* What stands in the way of everything: a log that takes nothing, until it is brought back
 * from the peer or a person has looked.  Above every screen while it is so. */
import { html } from "./vendor.js";
import { get, me, post } from "./api.js";
import { keepFile, useRun } from "./form.js";
import { number, t } from "./lang.js";
import { Act, Chip, Loading, Said, Sentence, Trouble, When, say, useAgain, useApi } from "./parts.js";
import { href } from "./route.js";
import { Step, Steps } from "./step.js";

const AGAIN_MS = 5000;
const LOOKS = { open: "done", asks: "waiting", pulls: "running", halted: "bad", frozen: "bad" };

/* frozen: the sentences of the status. */
export function Standing({ frozen }) {
	return html`<div class="problem" role="alert">
		<p><strong>${t("frozen", frozen.length)}</strong> ${me.value.role !== "operator" && html`<a href=${href("channel")}>${t("frozen_where")}</a>`}</p>
		${frozen.map((text) => html`<${Sentence} key=${text} text=${text} />`)}
	</div>`;
}

/* What an admin signs; the other side's admin signs it, too. */
function EpochStep({ l, reload, close, ...step }) {
	const send = async () => {
		const got = await post("/v1/channel/epoch", { peer: l.peer });
		say(t(got.begun ? "epoch_begun" : "epoch_signed", got.peer));
		close();
		await reload();
	};
	return html`<${Step} ...${step} close=${close} send=${send} />`;
}

const epochOf = (l, reload) => ({
	act: "epoch", of: EpochStep, l, reload, verb: t("epoch_sign"), why: t("epoch_sign_why", l.peer), draft: `epoch.${l.peer}`,
});

/* What froze the channel, as a file for whoever judges it. */
function Proof({ peer }) {
	const [run, trouble] = useRun();
	const keep = () => run(async () => keepFile(`${peer}.proof.json`, JSON.stringify(await get("/v1/channel/proof", { peer })), "application/json"));
	return html`<p><${Act} quiet run=${keep}>${t("fraud_keep")}<//> <span class="meta">${t("fraud_keep_why")}</span></p>${trouble}`;
}

const Frozen = ({ l, reload }) => html`<p>${l.agreed ? t("epoch_agreed") : t("epoch_how")} ${l.peer_agreed ? t("epoch_peer_agreed") : t("epoch_peer_waits")}</p>
	<${Proof} peer=${l.peer} />
	${me.value.role === "admin" && l.state === "frozen" && html`<${Steps} steps=${[epochOf(l, reload)]} />`}`;

const Log = ({ l, reload }) => html`<li>
	<p><strong><${Said}>${l.peer}<//></strong> <${Chip} look=${LOOKS[l.state] || "unknown"}>${t(`log_is_${l.state}`)}<//> ${l.since && html`<${When} at=${l.since} />`}</p>
	${l.why && html`<${Sentence} text=${l.why} />`}
	${l.frozen && html`<${Frozen} l=${l} reload=${reload} />`}
	${l.epoch > 0 && html`<p class="meta">${t("epoch", number(l.epoch))}</p>`}
	${l.of > 0 && html`<p><progress max=${l.of} value=${l.have} aria-label=${t("log_back", number(l.have), number(l.of))}></progress> ${t("log_back", number(l.have), number(l.of))}</p>`}
</li>`;

/* What was recorded here and is no part of the log: people look at it, and do it again. */
const Aside = ({ rows }) => html`<h3>${t("aside")} (${number(rows.length)})</h3>
	<p class="meta">${t("aside_why")}</p>
	<ul class="plain">${rows.map((e) => html`<li key=${e.peer + e.seq}>#${number(e.seq)} <code>${e.type}</code> · <${Said}>${e.by}<//> · <${When} at=${e.made} /> ${e.case && html`· <a href=${href(`case/${e.case}`)}>${t("to_the_case")}</a>`}</li>`)}</ul>`;

const Fraud = ({ rows }) => html`<h3>${t("alarm_fraud")} (${number(rows.length)})</h3>
	<p class="meta">${t("fraud_why")}</p>
	<ul class="plain">${rows.map((f, i) => html`<li key=${i}><p><${Said}>${f.own ? t("fraud_own") : f.peer}<//> · ${t(`fraud_is_${f.kind}`)} · ${t("fraud_size", number(f.size))}${f.settled && html` · ${t("fraud_settled")}`} · <${When} at=${f.found} /></p><pre class="exact">${f.note}</pre><pre class="exact">${f.other}</pre></li>`)}</ul>`;

/* How each of our logs stands, for the screen of the channel. */
export function Recovery() {
	const state = useApi(() => get("/v1/recovery"), [], (e, reload) => reload());
	const d = state.data;
	useAgain(state.reload, d?.logs.some((l) => l.state !== "open") ? AGAIN_MS : 0);
	if (!d) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	return html`${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${d.logs.length === 0 && html`<p class="empty">${t("no_peers")}</p>`}
		<ul class="plain">${d.logs.map((l) => html`<${Log} key=${l.peer} l=${l} reload=${state.reload} />`)}</ul>
		${d.aside.length > 0 && html`<${Aside} rows=${d.aside} />`}
		${d.fraud.length > 0 && html`<${Fraud} rows=${d.fraud} />`}`;
}
