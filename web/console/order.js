/* One order: its exact text and the hash that is signed, its guards with their evidence, who
 * put a hand to it, and what is still to do.  There is no approval in bulk. */
import { html, useEffect, useState } from "./vendor.js";
import { get, me, newKey, post, Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { bind } from "./keys.js";
import { number, t, word } from "./lang.js";
import { Matrix } from "./matrix.js";
import { OrderState } from "./orders.js";
import { Act, Chip, Dialog, Facts, Field, Loading, Said, Trouble, When, recorded, useApi } from "./parts.js";
import { go, href } from "./route.js";

const ACTS = [
	{ act: "approve", roles: ["approver"], when: (o) => o.state === "draft", hash: true },
	{ act: "override", roles: ["approver", "officer"], when: (o) => o.state === "draft" && o.overrides_needed.length > 0, hash: true, text: "reason", guards: true },
	{ act: "return", roles: ["approver"], when: (o) => o.state === "draft", hash: true, text: "reason", quiet: true },
	{ act: "withdraw", roles: ["officer", "approver"], when: (o) => o.state === "draft" && o.drafter === me.value.pseudonym, text: "reason", optional: true, quiet: true },
	{ act: "lift", roles: ["officer", "approver"], when: (o) => o.state === "in_force", text: "reason" },
];

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

function Step({ o, a, seen, close, reload }) {
	const name = `${o.order}.${a.act}`;
	const [text, setText] = useState(() => draftOf(name));
	const [problem, setProblem] = useState(null);
	const [key] = useState(newKey);
	const changed = seen !== o.text_sha256;
	const send = async () => {
		setProblem(null);
		const body = {};
		if (a.hash) body.text_sha256 = seen;
		if (a.guards) body.guards = o.overrides_needed;
		if (text) body[a.text] = text;
		try {
			await post(`/v1/orders/${o.order}/${a.act}`, body, key);
			keepDraft(name, "");
			close();
			const own = (await reload())?.acts.filter((x) => x.author === me.value.pseudonym);
			recorded({ seq: own?.pop()?.seq });
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	return html`<${Dialog} title=${t(`order_${a.act}`)} close=${close}>
		<p>${t(`order_${a.act}_why`)}</p>
		${a.hash && html`<p class="hash"><code>${seen}</code></p>`}
		${changed && html`<p class="problem" role="alert">${t("order_changed")}</p>`}
		${a.guards && html`<ul>${o.overrides_needed.map((g) => html`<li key=${g}>${word("guard", g)}</li>`)}</ul>`}
		${a.text &&
		html`<${Field} label=${t(a.optional ? "text_optional" : "reason")}>
			${(x) => html`<textarea ...${x} rows="4" maxlength="20000" value=${text} onInput=${(e) => { setText(e.target.value); keepDraft(name, e.target.value); }}></textarea>`}
		<//>`}
		${problem && html`<${Trouble} problem=${problem} />`}
		<div class="bar">
			<${Act} run=${send} off=${(a.hash && changed) || (a.text && !a.optional && !text.trim())}>${t(`order_${a.act}`)}<//>
			<button type="button" class="quiet" onClick=${close}>${t("cancel")}</button>
		</div>
	<//>`;
}

function Findings({ o }) {
	if (o.findings.length === 0) return html`<p class="empty">${t("no_findings")}</p>`;
	const looks = { note: "sent", override: "soon", refuse: "bad" };
	return html`<ul class="matches">
		${o.findings.map(
			(f, i) => html`<li key=${i}>
				<p><${Chip} look=${looks[f.level] || "unknown"}>${word("level_guard", f.level)}<//> <strong>${word("guard", f.guard)}</strong> ${f.name && html`<code><${Said}>${f.name}<//></code>`}</p>
				<p><bdi lang="en">${f.text}</bdi></p>
				${f.evidence && html`<details><summary>${t("evidence_of_guard")}</summary><pre class="exact">${JSON.stringify(f.evidence, null, 1)}</pre></details>`}
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
				<td role="cell" data-label=${t("col_author")}><div><code>${a.author}</code></div></td>
				<td role="cell" data-label=${t("col_time")}><div><${When} at=${a.at} /></div></td>
				<td role="cell" data-label=${t("col_reason")}><div>${a.reason ? html`<${Said}>${a.reason}<//>` : html`<span class="none">–</span>`}</div></td>
			</tr>`,
		)}</tbody>
	</table>`;
}

function Acts({ o, reload, agrees, seen }) {
	const [at, setAt] = useState(null);
	const hands = o.acts.some((a) => a.author === me.value.pseudonym);
	const can = ACTS.filter((a) => a.roles.includes(me.value.role) && a.when(o));
	if (can.length === 0) return null;
	const own = o.state === "draft" && hands && me.value.role === "approver";
	return html`<div class="bar start acts">
		${can.map(
			(a) => html`<button key=${a.act} type="button" class=${a.quiet ? "quiet" : ""}
				disabled=${(a.hash && !agrees) || (own && a.act !== "withdraw")}
				onClick=${() => setAt(a)}>${t(`order_${a.act}`)}…</button>`,
		)}
		${own && html`<span class="meta">${t("own_hand")}</span>`}
		${at && html`<${Step} o=${o} a=${at} seen=${seen} reload=${reload} close=${() => setAt(null)} />`}
	</div>`;
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
	useEffect(() => bind({ Escape: () => go("orders") }), []);
	const o = state.data;
	if (!o) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	return html`
		<p class="kicker"><a href=${href("orders")}>‹ ${t("nav_orders")}</a></p>
		<div class="heading">
			<h1 class="long">${t("order_n", o.order)}</h1>
			<p class="chips"><${OrderState} state=${o.state} />${o.emergency && html`<${Chip} look="bad">${t("emergency")}<//>`}</p>
		</div>
		<p>${t("approvals", number(o.approvals), number(o.approvals_needed))}</p>
		${o.overrides_needed.length > 0 && html`<p class="late">${t("overrides_needed", o.overrides_needed.map((g) => word("guard", g)).join(", "))}</p>`}
		<${Acts} o=${o} reload=${state.reload} agrees=${agrees} seen=${seen} />
		<div class="columns">
			<div>
				<section aria-labelledby="names">
					<h2 id="names">${t("col_names")} (${number(o.names.length)})</h2>
					<ul>${o.names.map((n) => html`<li key=${n.name}><code><${Said}>${n.wildcard ? "*." : ""}${n.name}<//></code> ${n.lifted ? html`<${Chip} look="done">${t("name_lifted")}<//> <${When} at=${n.lifted} />` : ""}</li>`)}</ul>
				</section>
				<${ExactText} o=${o} onHash=${setAgrees} />
				<section aria-labelledby="guards"><h2 id="guards">${t("guards")}</h2><${Findings} o=${o} /></section>
				<section aria-labelledby="matrix"><h2 id="matrix">${t("matrix")}</h2><${Matrix} id=${o.order} /></section>
			</div>
			<div>
				<${Facts} rows=${[
					["reasons", html`<${Said}>${o.reasons ?? t("erased")}<//>`],
					["legal_basis", html`<${Said}>${o.legal_basis ?? t("erased")}<//>`],
					["collateral", html`<${Said}>${o.collateral ?? t("erased")}<//>`],
					["action", word("action", o.action)],
					["in_force_since", html`<${When} at=${o.in_force} />`],
					["ends_at", html`<${When} at=${o.ends} />`],
					["review_at", html`<${When} at=${o.review} />`],
					["ended_at", html`<${When} at=${o.ended} />`],
				]} />
				<section aria-labelledby="hands"><h2 id="hands">${t("hands")}</h2><${Hands} o=${o} /></section>
				<section aria-labelledby="cites"><h2 id="cites">${t("cites")}</h2>
					<ul>${o.cites.map((c) => html`<li key=${c.case}><a href=${href(`case/${c.case}`)}><${Said}>${c.subject || c.case}<//></a></li>`)}</ul>
				</section>
			</div>
		</div>
	`;
}
