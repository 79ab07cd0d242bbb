/* One case: its items, its conversation, its timeline, and what may be done next. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor.js";
import { get, me, node, post, Problem } from "./api.js";
import { Author } from "./author.js";
import { Acts } from "./acts.js";
import { Conversation } from "./conversation.js";
import { CaseDisputes } from "./disputes.js";
import { Erasures } from "./erasures.js";
import { Evidence } from "./evidence.js";
import { Items } from "./items.js";
import { bind } from "./keys.js";
import { exactly, lang, number, t, word } from "./lang.js";
import { Act, CaseState, Chip, Counts, Facts, Left, Loading, Said, Sentence, Short, Trouble, When, useAgain, useApi } from "./parts.js";
import { go, href } from "./route.js";

const WORKS = ["admin", "officer", "approver", "agent", "lead"];
const PRESENCE_MS = 20000;
const RECEIPT_MS = 2000; /* while one is waited for */
const CLOCK_MS = 30000;
const SWARM_MS = 200;

/* Who else looks at it: a word among colleagues, no lock. */
function usePresence(id) {
	const [here, setHere] = useState([]);
	useEffect(() => {
		const tell = async () => {
			if (document.visibilityState !== "visible") return;
			try {
				setHere((await post(`/v1/cases/${id}/presence`)).here);
			} catch (e) {
				if (!(e instanceof Problem)) throw e;
			}
		};
		tell();
		const timer = setInterval(tell, PRESENCE_MS);
		return () => clearInterval(timer);
	}, [id]);
	return here;
}

function Head({ c, here }) {
	return html`
		<p class="kicker"><a href=${href("cases")}>‹ ${t("back_to_cases")}</a>${c.ref && html` · ${t("case_n", c.ref)}`} · <${Said}>${c.peer}<//></p>
		<div class="heading">
			<h1 class=${(c.subject || "").length > 60 ? "long" : ""}><${Said}>${c.subject || t("no_subject")}<//></h1>
			<p class="chips">
				<${CaseState} state=${c.state} />
				${node.value?.role === "platform" && c.receipt && html`<${Chip} look="done">${t("signature_verified")}<//>`}
				${c.test && html`<${Chip} look="soon">${t("test_mark")}<//>`}
				${c.urgent && html`<${Chip} look="soon">${t("urgent")}<//>`}
				${!c.receipt && html`<${Chip} look="bad">${t("state_undelivered")}<//>`}
			</p>
		</div>
		<p>
			${c.due
				? html`${t("due_at", exactly(c.due))} · <${Left} due=${c.due} /> · <a href=${href(`deadline/${c.case}`)}>${t("due_why")}</a>`
				: t(c.receipt || c.closed || c.refused ? "no_more_due" : "no_deadline")}
		</p>
		${c.paused && html`<p class="problem">${t("clock_paused")} <${When} at=${c.paused_until} /></p>`}
		<${Undelivered} c=${c} />
		<${NextStep} c=${c} />
		<p class="meta" role="status">
			${here.length > 0 && t("looks_too", here.map((h) => h.name).join(", "))}
		</p>
		<${Counts} counts=${c.counts} />
	`;
}

/* What of ours has not come there: why, when it is tried again, and by whom now. */
function Undelivered({ c }) {
	const waits = c.timeline.some((e) => e.party === node.value?.role && e.level !== "received");
	const state = useApi(() => (waits ? get("/v1/peers") : Promise.resolve(null)), [waits]);
	useAgain(state.reload, waits ? RECEIPT_MS : 0);
	const p = waits && state.data?.peers.find((x) => x.peer === c.peer);
	if (!p?.failing_since) return null;
	const again = async () => {
		await post(`/v1/peers/${p.peer}/retry`);
		await state.reload();
	};
	return html`<div class="problem">
		<p><strong>${t("undelivered_since", p.peer)} <${When} at=${p.failing_since} /></strong></p>
		<${Sentence} text=${p.reason} />
		<p>${t("undelivered_again")} ${p.next_try && html`<${When} at=${p.next_try} />`}</p>
		${WORKS.includes(me.value.role) && html`<p><${Act} quiet run=${again}>${t("try_now")}<//></p>`}
	</div>`;
}

function Questions({ c }) {
	if (c.questions.length === 0) return null;
	return html`<section aria-labelledby="questions">
		<h2 id="questions">${t("questions")}</h2>
		<ul class="matches">${c.questions.map(
			(q) => html`<li key=${q.question}>
				<p><${Chip} look=${q.answered ? "done" : "soon"}>${t(q.answered ? "question_answered" : "question_open")}<//> <${When} at=${q.at} /></p>
				<p class="said"><${Said}>${q.text ?? t("erased")}<//></p>
				${q.answered && html`<p class="said answer"><${Said}>${q.answer ?? t("erased")}<//> <span class="meta"><${When} at=${q.answered} /></span></p>`}
			</li>`,
		)}</ul>
	</section>`;
}

/* The next step of the ladder: when it may be taken, and what it still waits for. */
function NextStep({ c }) {
	const n = c.next_step;
	if (!n) return null;
	return html`<p class="meta">${t("next_step")}: ${n.step === "warn" ? t("rung_warn", number(n.level)) : t("rung_remind")}
		${n.not_before && html` · ${t("not_before")} <${When} at=${n.not_before} />`}
		${n.waits_for_receipt && html` · ${t("after_receipt")}`}</p>`;
}

function Timeline({ c }) {
	return html`<section aria-labelledby="timeline">
		<h2 id="timeline" tabindex="-1">${t("timeline")}</h2>
		<table role="table">
			<caption>${t("timeline_caption")}</caption>
			<thead role="rowgroup"><tr role="row">
				${["col_entry", "col_time", "col_party", "col_event", "col_author", "col_level"].map(
					(k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`,
				)}
			</tr></thead>
			<tbody role="rowgroup">
				${c.timeline.map(
					(e) => html`<tr key=${e.party + e.seq} role="row">
						<td role="cell" data-label=${t("col_entry")}><div>#${number(e.seq)}</div></td>
						<td role="cell" data-label=${t("col_time")}><div>
							<${When} at=${e.at} />
							${e.dated && html`<p class="why">${t("event_clock")}: <${Short} text=${e.dated} /></p>`}
						</div></td>
						<td role="cell" data-label=${t("col_party")}><div>${word("party", e.party)}</div></td>
						<td role="cell" data-label=${t("col_event")}>
							<div>
								${word("event", e.type)}
								${e.text && html`<p class="why"><${Said}>${e.text}<//></p>`}
								${e.void && html`<p class="why late">${t("event_void")}: <${Short} text=${e.void} /></p>`}
							</div>
						</td>
						<td role="cell" data-label=${t("col_author")}><div><${Author} of=${e.author} /></div></td>
						<td role="cell" data-label=${t("col_level")}>
							<div>${e.level === "received" ? html`${t("level_received")} <${When} at=${e.received} />` : t("level_appended")}</div>
						</td>
					</tr>`,
				)}
			</tbody>
		</table>
	</section>`;
}

/* Pages without script, to print on A4. */
function Letters({ c }) {
	const rows = [
		{ kind: "notice", name: t("letter_notice") },
		{ kind: "removal", name: t("letter_removal") },
		...c.ladder.filter((r) => r.level > 0).map((r) => ({ kind: `warning&level=${r.level}`, name: t("letter_warning", number(r.level)) })),
	];
	return html`<h3>${t("letters_print")}</h3>
		<ul>${rows.map(({ kind, name }) => html`<li key=${kind}><a href="/letter/case/${c.case}?kind=${kind}&lang=${lang.value}">${name}</a></li>`)}</ul>`;
}

function Proofs({ c }) {
	return html`<section aria-labelledby="proofs">
		<h2 id="proofs">${t("proofs")}</h2>
		<p>${t("proofs_why")}</p>
		<p><a download href="/v1/cases/${c.case}/bundle">${t("bundle_download")}</a></p>
		<${Letters} c=${c} />
		${c.orders.length > 0 &&
		html`<ul>${c.orders.map((o) => html`<li key=${o.order}><a href=${href(`order/${o.order}`)}>${t("order_n", o.ref || o.order)}</a> (${word("order", o.state)})</li>`)}</ul>`}
	</section>`;
}

export function CaseScreen({ word: id }) {
	const here = usePresence(id);
	const receipted = useRef(0);
	useEffect(() => () => clearTimeout(receipted.current), [id]);
	const state = useApi(
		() => get(`/v1/cases/${id}`),
		[id],
		(event, reload) => {
			if (event.case === id) reload();
			if (event.type !== "receipt.adopt") return;
			/* A clock stands still, and runs, from a receipt on; receipts come in swarms. */
			clearTimeout(receipted.current);
			receipted.current = setTimeout(reload, SWARM_MS);
		},
	);
	useLayoutEffect(
		() =>
			bind({
				Escape: () => go("cases"),
				i: () => document.getElementById("items")?.focus(),
				r: () => document.getElementById("composer")?.focus(),
				t: () => document.getElementById("timeline")?.focus(),
			}),
		[],
	);
	const c = state.data;
	const ours = c?.timeline.filter((e) => e.level !== "received") || [];
	useAgain(state.reload, ours.length > 0 || (c && !c.receipt) ? RECEIPT_MS : CLOCK_MS);
	if (!c) return html`<h1>${t("col_case")}</h1>${state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`}`;
	return html`
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		<${Head} c=${c} here=${here} />
		<${Acts} c=${c} reload=${state.reload} />
		<div class="columns">
			<div>
				<${Items} c=${c} reload=${state.reload} />
				<${CaseDisputes} c=${c} reload=${state.reload} />
				<${Questions} c=${c} />
				<${Evidence} c=${c} />
				<${Timeline} c=${c} />
				<${Erasures} c=${c} />
			</div>
			<div>
				<${Conversation} c=${c} reload=${state.reload} />
				<${Proofs} c=${c} />
				<section aria-labelledby="facts">
					<h2 id="facts">${t("facts")}</h2>
					<${Facts}
						rows=${[
							["case_ref", c.ref],
							["case_id", html`<code>${c.case}</code>`],
							["col_peer", html`<${Said}>${c.peer}<//>`],
							["class", word("class", c.class)],
							["legal_basis", c.legal_basis && html`<${Said}>${c.legal_basis}<//>`],
							["sent_at", html`<${When} at=${c.sent} />`],
							["notice_receipt", c.receipt ? html`<${When} at=${c.receipt} />` : t("no_receipt")],
							["accepted_at", html`<${When} at=${c.accepted} />`],
							["col_owner", c.owner && html`<${Said}>${c.owner.name}<//>`],
							["author", html`<${Author} of=${c.author} />`],
						]}
					/>
				</section>
			</div>
		</div>
	`;
}

