/* One order: its exact text and the hash that is signed, its guards with their evidence, who
 * put a hand to it, and what is still to do.  There is no approval in bulk. */
import { html, useEffect, useLayoutEffect, useState } from "./vendor.js";
import { get } from "./api.js";
import { Author } from "./author.js";
import { Gate } from "./gate.js";
import { bind } from "./keys.js";
import { lang, number, t, word } from "./lang.js";
import { Matrix } from "./matrix.js";
import { Punycode } from "./idn.js";
import { OrderActs } from "./order_acts.js";
import { OrderState } from "./orders.js";
import { Chip, Facts, Loading, Said, Sentence, Trouble, When, useApi } from "./parts.js";
import { go, href } from "./route.js";

async function sha256(text) {
	const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/* The hash is computed here, over the very text that is on the screen. */
function ExactText({ o, onHash }) {
	const [hash, setHash] = useState(null);
	useEffect(() => {
		sha256(o.text).then((h) => {
			setHash(h);
			onHash(h === o.text_sha256);
		});
	}, [o.text, o.text_sha256]);
	return html`<section aria-labelledby="text">
		<h2 id="text">${t("exact_text")}</h2>
		<pre class="exact"><${Said}>${o.text}<//></pre>
		<p class="hash">${t("sha256_of_text")} <code>${o.text_sha256}</code></p>
		${hash !== null &&
		(hash === o.text_sha256
			? html`<p><${Chip} look="done">${t("hash_agrees")}<//></p>`
			: html`<p class="problem" role="alert">${t("hash_differs")}</p>`)}
	</section>`;
}

function Findings({ o }) {
	if (o.findings.length === 0) return html`<p class="empty">${t("no_findings")}</p>`;
	const looks = { note: "sent", override: "soon", refuse: "bad" };
	return html`<ul class="matches">
		${o.findings.map(
			(f, i) => html`<li key=${i}>
				<p><${Chip} look=${looks[f.level] || "unknown"}>${word("level_guard", f.level)}<//> <strong>${word("guard", f.guard)}</strong> ${f.name && html`<code><${Said}>${f.name}<//></code>`}</p>
				<${Sentence} text=${f.text} />
				${f.evidence && html`<details><summary>${t("evidence_of_guard")}</summary><pre class="exact" tabindex="0" role="region" aria-label=${`${t("evidence_of_guard")}: ${word("guard", f.guard)} ${f.name || ""}`}>${JSON.stringify(f.evidence, null, 1)}</pre></details>`}
			</li>`,
		)}
	</ul>`;
}

function Hands({ o }) {
	return html`<table role="table">
		<caption>${t("hands_caption")}</caption>
		<thead role="rowgroup"><tr role="row">${["col_act", "col_author", "col_time", "col_reason"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
		<tbody role="rowgroup">${o.acts.map(
			(a) => html`<tr key=${a.seq} role="row">
				<td role="cell" data-label=${t("col_act")}><div>${word("act", a.act)}</div></td>
				<td role="cell" data-label=${t("col_author")}><div><${Author} of=${a.author} /></div></td>
				<td role="cell" data-label=${t("col_time")}><div><${When} at=${a.at} /></div></td>
				<td role="cell" data-label=${t("col_reason")}><div>${a.reason ? html`<${Said}>${a.reason}<//>` : html`<span class="none">–</span>`}</div></td>
			</tr>`,
		)}</tbody>
	</table>`;
}

/* What is still to do, each with who may. */
function Tasks({ o }) {
	if (o.tasks.length === 0) return null;
	return html`<ol class="tasks">${o.tasks.map(
		(x, i) => html`<li key=${i}>${t(`order_task_${x.task}`)} ${x.due ? html`<${When} at=${x.due} />` : ""} <${Chip} look="waiting">${t("not_yet")}<//></li>`,
	)}</ol>`;
}

/* A draft that takes the place of one that was returned: what differs, line by line. */
function Changes({ p }) {
	if (!p) return null;
	return html`<section aria-labelledby="changes">
		<h2 id="changes">${t("changes")}</h2>
		<p><a href=${href(`order/${p.order}`)}>${t("order_n", p.order)}</a> (${word("order", p.state)})</p>
		${p.returned && html`<p class="said"><${Said}>${p.returned}<//></p>`}
		<ul class="changes">${p.changes.map((c, i) => html`<li key=${i} class=${c.is}>${t(`change_${c.is}`)}: <code><${Said}>${c.line}<//></code></li>`)}</ul>
	</section>`;
}

export function Order({ word: id }) {
	const [agrees, setAgrees] = useState(false);
	const [seen, setSeen] = useState(null);
	const state = useApi(
		async () => {
			const o = await get(`/v1/orders/${id}`);
			setSeen((old) => old ?? o.text_sha256);
			return o;
		},
		[id],
		(e, reload) => e.type.startsWith("order.") && reload(),
	);
	useLayoutEffect(() => bind({ Escape: () => go("orders"), m: () => document.getElementById("matrix")?.focus() }), []);
	const o = state.data;
	if (!o) return html`<h1>${t("col_order")}</h1>${state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`}`;
	/* What became of an order comes before how it came about. */
	const resolvers = html`<section aria-labelledby="matrix"><h2 id="matrix" tabindex="-1">${t("matrix")}</h2><${Matrix} o=${o} ended=${o.ended !== null} /></section>`;
	return html`
		<p class="kicker"><a href=${href("orders")}>‹ ${t("nav_orders")}</a></p>
		<div class="heading">
			<h1 class=${o.ref ? "" : "long"}>${t("order_n", o.ref || o.order)}</h1>
			<p class="chips"><${OrderState} state=${o.state} />${o.emergency && html`<${Chip} look="bad">${t("emergency")}<//>`}</p>
		</div>
		${o.ref && html`<p class="id">${o.order}</p>`}
		<p>${t("approvals", number(o.approvals), number(o.approvals_needed))}</p>
		${o.overrides_needed.length > 0 && html`<p class="late">${t("overrides_needed", o.overrides_needed.map((g) => word("guard", g)).join(", "))}</p>`}
		<${OrderActs} o=${o} reload=${state.reload} agrees=${agrees} seen=${seen} />
		<div class="columns">
			<div>
				<${Tasks} o=${o} />
				<${Gate} o=${o} reload=${state.reload} />
				${o.in_force !== null && resolvers}
				<${Changes} p=${o.previous_draft} />
				<section aria-labelledby="names">
					<h2 id="names">${t("col_names")} (${number(o.names.length)})</h2>
					<ul>${o.names.map((n) => html`<li key=${n.name}><code><${Said}>${n.wildcard ? "*." : ""}${n.name}<//></code> ${n.lifted ? html`<${Chip} look="done">${t("name_lifted")}<//> <${When} at=${n.lifted} />` : n.stage ? html`<span class="meta">${t("name_stage")} <${When} at=${n.stage} /></span>` : ""}<${Punycode} name=${n.name} /></li>`)}</ul>
				</section>
				<${ExactText} o=${o} onHash=${setAgrees} />
				<section aria-labelledby="guards"><h2 id="guards">${t("guards")}</h2><${Findings} o=${o} /></section>
				${o.state === "draft" && resolvers}
			</div>
			<div>
				<section aria-labelledby="facts"><h2 id="facts">${t("order_facts")}</h2>
				<${Facts} rows=${[
					["reasons", html`<${Said}>${o.reasons ?? t("erased")}<//>`],
					["legal_basis", html`<${Said}>${o.legal_basis ?? t("erased")}<//>`],
					["proportionality", html`<${Said}>${o.proportionality ?? t("erased")}<//>`],
					o.emergency && ["emergency_reason", html`<${Said}>${o.emergency_reason ?? t("erased")}<//>`],
					["collateral", html`<${Said}>${o.collateral ?? t("erased")}<//>`],
					["action", word("action", o.action)],
					["in_force_since", html`<${When} at=${o.in_force} />`],
					["ends_at", html`<${When} at=${o.ends} />`],
					["review_at", html`<${When} at=${o.review} />`],
					["ended_at", html`<${When} at=${o.ended} />`],
				]} />
				</section>
				<section aria-labelledby="hands"><h2 id="hands">${t("hands")}</h2><${Hands} o=${o} /></section>
				${["in_force", "lifted", "expired"].includes(o.state) &&
				html`<section aria-labelledby="letters"><h2 id="letters">${t("letters_print")}</h2>
					<ul>
						<li><a href="/letter/order/${o.order}?kind=block&lang=${lang.value}">${t("block_order")}</a></li>
						${(o.state !== "in_force" || o.names.some((n) => n.lifted)) && html`<li><a href="/letter/order/${o.order}?kind=lift&lang=${lang.value}">${t("letter_lift")}</a></li>`}
					</ul>
				</section>`}
				<section aria-labelledby="cites"><h2 id="cites">${t("cites")}</h2>
					<ul>${o.cites.map((c) => html`<li key=${c.case}><a href=${href(`case/${c.case}`)}><${Said}>${c.subject || c.case}<//></a>${c.ref && html` <span class="meta">${t("case_n", c.ref)}</span>`}</li>`)}</ul>
				</section>
			</div>
		</div>
	`;
}
