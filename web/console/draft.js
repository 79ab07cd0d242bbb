/* Drafting an order: a list of tasks; the guards are computed before anybody signs. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor.js";
import { get, newKey, nodeNow, post, Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { bind } from "./keys.js";
import { number, t, utc, when, word } from "./lang.js";
import { Act, Asked, Chip, Dialog, Field, Said, Sentence, Short, Trouble, recorded, useApi } from "./parts.js";
import { go, href, place } from "./route.js";

/* Of one that takes the place of another, its own: neither overwrites the other. */
/** @param {{previous?: string}} of */
const nameOf = ({ previous }) => (previous ? `order.${previous}` : "order");
/** @type {{names: string, cites: string[], [field: string]: any}} */
const EMPTY = {
	names: "", cites: [], reasons: "", legal_basis: "", proportionality: "", collateral: "", days: "30", told: "no", channel: "email", owner: "",
	action: "nxdomain", landing: "", territories: "", source: "person", previous: "",
	emergency: false, emergency_reason: "", who: "", when: "", outcome: "",
};
const DAY_MS = 86400000;
const DAYS_MAX = 3650;
const ACTIONS = ["nxdomain", "nodata", "landing"];
const CHANNELS = ["email", "phone", "letter", "none"];

/* What was being written; a case that led here is cited. */
function read() {
	const { cite } = place.value.query;
	let kept = EMPTY;
	try {
		kept = { ...EMPTY, ...JSON.parse(draftOf(nameOf(place.value.query)) || "{}") };
	} catch {
		/* What this browser kept is no draft. */
	}
	return cite && !kept.cites.includes(cite) ? { ...kept, cites: [...kept.cites, cite] } : kept;
}

/* A draft that was returned is where the next one begins. */
async function again(id) {
	const o = await get(`/v1/orders/${id}`);
	const text = (k) => o[k] ?? "";
	return {
		...EMPTY, previous: id, names: o.names.map((n) => (n.wildcard ? `*.${n.name}` : n.name)).join("\n"), cites: o.cites.map((c) => c.case),
		reasons: text("reasons"), legal_basis: text("legal_basis"), proportionality: text("proportionality"), collateral: text("collateral"),
		action: o.action, source: o.source, emergency: o.emergency,
		...(o.ends && !o.emergency ? { days: String(Math.max(1, Math.round((new Date(o.ends).getTime() - new Date(o.drafted).getTime()) / DAY_MS))) } : {}),
		emergency_reason: text("emergency_reason"),
	};
}

const listOf = (text) => text.split(/[\s,]+/).filter(Boolean);
const namesOf = (f) => listOf(f.names);
const daysHold = (f) => f.emergency || (Number.isInteger(Number(f.days)) && Number(f.days) >= 1 && Number(f.days) <= DAYS_MAX);
const calledOf = (f) => f.who.trim() && f.when && { who: f.who, when: utc(f.when), outcome: f.outcome };

/* What the guards look at: they are computed anew when it changes. */
function bodyOf(f) {
	return {
		names: namesOf(f),
		cites: f.cites,
		...(f.source === "feed" ? { source: "feed" } : {}),
		...(f.emergency ? { emergency: true, ...(calledOf(f) ? { contact_called: calledOf(f) } : {}) } : {}),
		...(f.owner ? { owner: { told: f.told === "yes", channel: f.channel, text: f.owner } } : {}),
	};
}

/* What goes out, and what is read before it does. */
function orderOf(f) {
	return {
		...bodyOf(f),
		reasons: f.reasons,
		legal_basis: f.legal_basis,
		proportionality: f.proportionality,
		collateral: f.collateral,
		...(f.action !== "nxdomain" ? { action: f.action } : {}),
		...(f.action === "landing" ? { landing: f.landing } : {}),
		...(f.emergency ? { emergency_reason: f.emergency_reason } : { ends: new Date(nodeNow() + Number(f.days) * DAY_MS).toISOString().replace("Z", "000Z") }),
		...(listOf(f.territories).length > 0 ? { territories: listOf(f.territories) } : {}),
		...(f.previous ? { previous: f.previous } : {}),
	};
}

function Cites({ chosen, toggle }) {
	const state = useApi(() => get("/v1/cases", { queue: "overdue", limit: 50 }), []);
	const cases = state.data?.cases || [];
	if (!state.data) return html`<${Asked} of=${state} />`;
	if (cases.length === 0) return html`<p class="empty">${t("draft_no_cites")}</p>`;
	return html`<ul class="plain">${cases.map(
		(c) => html`<li key=${c.case}><label class="choice"><input type="checkbox" checked=${chosen.includes(c.case)} onChange=${() => toggle(c.case)} /> <${Said}>${c.subject || c.case}<//>${c.ref && html` <span class="meta">${t("case_n", c.ref)}</span>`}</label></li>`,
	)}</ul>`;
}

/* Every member of what goes out, with what it is where it is left out. */
function said(b, check) {
	const subject = (id) => check.grounds.find((g) => g.case === id)?.subject;
	const called = b.contact_called;
	return [
		["col_names", b.names.join("\n")],
		["cites", b.cites.map((id) => [subject(id), id].filter(Boolean).join(": ")).join("\n") || "–"],
		["reasons", b.reasons], ["legal_basis", b.legal_basis], ["proportionality", b.proportionality], ["collateral", b.collateral],
		["draft_owner", `${t(b.owner.told ? "told_yes" : "told_no")}: ${b.owner.text}`],
		["owner_channel", t(`channel_${b.owner.channel}`)],
		["action", word("action", b.action || "nxdomain")],
		b.action === "landing" && ["draft_landing", b.landing],
		["draft_territories", b.territories?.join("\n") || t("draft_everywhere")],
		["draft_source", t(b.source === "feed" ? "draft_source_feed" : "draft_source_person")],
		["ends_at", b.ends ? when(b.ends) : t("draft_ends_latest")],
		...(b.emergency ? [["emergency_reason", b.emergency_reason], ["called_who", called ? called.who : "–"]] : []),
		...(called ? [["called_when", when(called.when)], ["called_outcome", called.outcome || "–"]] : []),
		b.previous && ["draft_previous", b.previous],
	].filter(Boolean);
}

/* What is submitted, as others will read and sign it. */
function Review({ body, check, problem, send, close }) {
	return html`<${Dialog} title=${t("draft_submit")} close=${close} read>
		<p>${t("draft_submit_why")} ${t("draft_approvals", check.approvals_needed)}</p>
		${said(body, check).map(([k, v]) => html`<div class="part" key=${k}><p class="meta">${t(k)}</p><pre class="exact said"><${Said}>${v}<//></pre></div>`)}
		${problem && html`<${Trouble} problem=${problem} />`}
		<div class="bar start">
			<${Act} run=${send}>${t("draft_submit")}<//>
			<button type="button" class="quiet" onClick=${close}>${t("step_change")}</button>
		</div>
	<//>`;
}

function Checked({ check }) {
	const looks = { note: "sent", override: "soon", refuse: "bad" };
	return html`<section aria-labelledby="guards">
		<h2 id="guards">${t("guards")}</h2>
		<ul class="matches">
			${check.findings.map(
				(f, i) => html`<li key=${i}><p><${Chip} look=${looks[f.level] || "unknown"}>${word("level_guard", f.level)}<//> <strong>${word("guard", f.guard)}</strong> ${f.name && html`<code><${Said}>${f.name}<//></code>`}</p><${Sentence} text=${f.text} /></li>`,
			)}
		</ul>
		${check.findings.length === 0 && html`<p class="empty">${t("no_findings")}</p>`}
		<h3>${t("draft_grounds")}</h3>
		<ul>${check.grounds.map((g) => html`<li key=${g.case}><${Said}>${g.subject || g.case}<//>: ${g.ground ? t("is_ground") : html`<span class="late"><${Short} text=${g.why} /></span>`}</li>`)}</ul>
		<p class="meta">${t("draft_approvals", check.approvals_needed)}</p>
	</section>`;
}

function Emergency({ f, set }) {
	const line = (name, type) => (a) => html`<input ...${a} type=${type} maxlength=${type === "text" ? 500 : undefined} value=${f[name]} onInput=${(e) => set(name, e.target.value)} />`;
	return html`<fieldset>
		<legend>${t("emergency")}</legend>
		<label class="choice"><input type="checkbox" checked=${f.emergency} onChange=${(e) => set("emergency", e.target.checked)} /> ${t("draft_emergency")}</label>
		${f.emergency &&
		html`<${Field} label=${t("emergency_reason")}>${(a) => html`<textarea ...${a} rows="2" maxlength="20000" value=${f.emergency_reason} onInput=${(e) => set("emergency_reason", e.target.value)}></textarea>`}<//>
			<${Field} label=${t("called_who")}>${line("who", "text")}<//>
			<${Field} label=${t("called_when")}>${line("when", "datetime-local")}<//>
			<${Field} label=${t("called_outcome")}>${line("outcome", "text")}<//>`}
	</fieldset>`;
}

/* What resolvers answer, where it stands, and where its names come from. */
function Kind({ f, set }) {
	return html`<${Field} label=${t("action")}>${(a) => html`<select ...${a} value=${f.action} onChange=${(e) => set("action", e.target.value)}>${ACTIONS.map((x) => html`<option key=${x} value=${x}>${word("action", x)}</option>`)}</select>`}<//>
		${f.action === "landing" && html`<${Field} label=${t("draft_landing")}>${(a) => html`<input ...${a} type="text" maxlength="253" value=${f.landing} onInput=${(e) => set("landing", e.target.value)} />`}<//>`}
		<${Field} label=${t("draft_territories")} hint=${t("draft_territories_hint")}>${(a) => html`<input ...${a} type="text" maxlength="500" value=${f.territories} onInput=${(e) => set("territories", e.target.value)} />`}<//>
		<p><label class="choice"><input type="checkbox" checked=${f.source === "feed"} onChange=${(e) => set("source", e.target.checked ? "feed" : "person")} /> ${t("draft_feed")}</label></p>`;
}

export function Draft() {
	const [name] = useState(() => nameOf(place.value.query));
	const [f, setF] = useState(read);
	const [reads, setReads] = useState(null); /* {of, check, body, key} of what is read */
	const [got, setGot] = useState(null);
	const [problem, setProblem] = useState(null);
	const asked = JSON.stringify(bodyOf(f));
	const check = got?.of === asked ? got : null;
	const now = useRef(asked);
	now.current = asked;
	useEffect(() => keepDraft(name, JSON.stringify(f) === JSON.stringify(EMPTY) ? "" : JSON.stringify(f)), [f]);
	useEffect(() => {
		const { previous } = place.value.query;
		if (previous && previous !== f.previous) run(async () => setF(await again(previous)));
	}, []);
	const set = (name, value) => setF((old) => ({ ...old, [name]: value }));
	const toggle = (id) => set("cites", f.cites.includes(id) ? f.cites.filter((c) => c !== id) : [...f.cites, id]);
	const run = async (fn) => {
		setProblem(null);
		try {
			await fn();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	/* What was changed meanwhile was not looked at. */
	const look = () =>
		run(async () => {
			const answer = await post("/v1/orders/check", bodyOf(f));
			if (now.current === asked) setGot({ ...answer, of: asked });
		});
	/* One text has one key, however often it is read before it goes. */
	const last = useRef(null);
	const open = () => {
		if (last.current?.of !== f) last.current = { of: f, body: orderOf(f), key: newKey() };
		setReads({ ...last.current, check });
	};
	const send = () =>
		run(async () => {
			const sent = await post("/v1/orders", reads.body, reads.key);
			keepDraft(name, "");
			recorded(sent, href(`order/${sent.order}`));
			go(`order/${sent.order}`);
		});
	const area = (name, rows = 3, look = "") => (a) =>
		html`<textarea ...${a} class=${look} rows=${rows} maxlength="20000" value=${f[name]} onInput=${(e) => set(name, e.target.value)}></textarea>`;
	const written = ["reasons", "legal_basis", "proportionality", "collateral", "owner", ...(f.emergency ? ["emergency_reason"] : [])].every((k) => f[k].trim());
	const tasks = [
		["task_scope", namesOf(f).length > 0],
		["task_cites", f.cites.length > 0 || f.emergency],
		["task_texts", written],
		["task_guards", check !== null && !check.refused],
	];
	const ready = tasks.every(([, done]) => done) && daysHold(f);
	useLayoutEffect(() => bind({ "Ctrl Enter": () => ready && open() }));
	return html`
		<p class="kicker"><a href=${href("orders")}>‹ ${t("nav_orders")}</a></p>
		<h1>${t("order_draft_new")}</h1>
		<ol class="tasks">${tasks.map(([k, done]) => html`<li key=${k}>${t(k)} ${done ? html`<${Chip} look="done">${t("done")}<//>` : html`<${Chip} look="waiting">${t("not_yet")}<//>`}</li>`)}</ol>
		<${Field} label=${t("draft_names")} hint=${t("draft_names_hint")}>${area("names", 4, "mono")}<//>
		<fieldset><legend>${t("cites")}</legend><${Cites} chosen=${f.cites} toggle=${toggle} /></fieldset>
		<${Field} label=${t("reasons")}>${area("reasons")}<//>
		<${Field} label=${t("legal_basis")}>${area("legal_basis", 2)}<//>
		<${Field} label=${t("proportionality")}>${area("proportionality")}<//>
		<${Field} label=${t("collateral")} hint=${t("collateral_hint")}>${area("collateral")}<//>
		${!f.emergency && html`<${Field} label=${t("draft_days")} error=${!daysHold(f) && t("draft_days_wrong", number(DAYS_MAX))}>
			${(a) => html`<input ...${a} type="number" min="1" max=${DAYS_MAX} value=${f.days} onInput=${(e) => set("days", e.target.value)} />`}
		<//>`}
		<fieldset>
			<legend>${t("draft_owner")}</legend>
			${["yes", "no"].map((v) => html`<label key=${v} class="choice"><input type="radio" name="told" checked=${f.told === v} onChange=${() => set("told", v)} /> ${t(`told_${v}`)}</label>`)}
			<${Field} label=${t("owner_channel")}>${(a) => html`<select ...${a} value=${f.channel} onChange=${(e) => set("channel", e.target.value)}>${CHANNELS.map((c) => html`<option key=${c} value=${c}>${t(`channel_${c}`)}</option>`)}</select>`}<//>
			<${Field} label=${t("draft_owner_text")}>${area("owner", 2)}<//>
		</fieldset>
		<${Kind} f=${f} set=${set} />
		<${Emergency} f=${f} set=${set} />
		${problem && html`<${Trouble} problem=${problem} />`}
		${check && html`<${Checked} check=${check} />`}
		<div class="bar start">
			<${Act} run=${look} quiet off=${namesOf(f).length === 0}>${t("draft_check")}<//>
			<button type="button" disabled=${!ready} onClick=${open}>${t("draft_submit")}…</button>
			${reads && html`<${Review} body=${reads.body} check=${reads.check} problem=${problem} send=${send} close=${() => setReads(null)} />`}
		</div>
	`;
}
