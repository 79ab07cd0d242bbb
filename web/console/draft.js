/* Drafting an order: a list of tasks; the guards are computed before anybody signs. */
import { html, useEffect, useState } from "./vendor.js";
import { get, newKey, nodeNow, post, Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { t, utc, word } from "./lang.js";
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
const ACTIONS = ["nxdomain", "nodata", "landing"];

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
const calledOf = (f) => f.who.trim() && f.when && { who: f.who, when: utc(f.when), outcome: f.outcome };

function bodyOf(f) {
	return {
		names: namesOf(f),
		cites: f.cites,
		...(f.source === "feed" ? { source: "feed" } : {}),
		...(f.emergency ? { emergency: true, ...(calledOf(f) ? { contact_called: calledOf(f) } : {}) } : {}),
		...(f.owner ? { owner: { told: f.told === "yes", channel: f.channel, text: f.owner } } : {}),
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

/* What is submitted, as others will read and sign it. */
function Review({ f, check, problem, send, close }) {
	const said = [["col_names", namesOf(f).join("\n")], ["reasons", f.reasons], ["legal_basis", f.legal_basis], ["proportionality", f.proportionality], ["collateral", f.collateral],
		["draft_owner", `${t(`told_${f.told}`)}: ${f.owner}`], ...(f.emergency ? [["emergency_reason", f.emergency_reason]] : [])];
	return html`<${Dialog} title=${t("draft_submit")} close=${close}>
		<p>${t("draft_submit_why")} ${t("draft_approvals", check.approvals_needed)}</p>
		${said.map(([k, v]) => html`<div class="part" key=${k}><p class="meta">${t(k)}</p><pre class="exact said"><${Said}>${v}<//></pre></div>`)}
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

/* What the guards look at: they are computed anew when it changes. */
const LOOKED_AT = ["names", "cites", "owner", "told", "channel", "source", "emergency", "who", "when", "outcome"];

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
	const [reads, setReads] = useState(false);
	const [check, setCheck] = useState(null);
	const [problem, setProblem] = useState(null);
	const [key] = useState(newKey);
	useEffect(() => keepDraft(name, JSON.stringify(f) === JSON.stringify(EMPTY) ? "" : JSON.stringify(f)), [f]);
	useEffect(() => {
		const { previous } = place.value.query;
		if (previous && previous !== f.previous) run(async () => setF(await again(previous)));
	}, []);
	const set = (name, value) => {
		setF((old) => ({ ...old, [name]: value }));
		if (LOOKED_AT.includes(name)) setCheck(null);
	};
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
	const look = () => run(async () => setCheck(await post("/v1/orders/check", bodyOf(f))));
	const send = () =>
		run(async () => {
			const got = await post("/v1/orders", {
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
			}, key);
			keepDraft(name, "");
			recorded(got, href(`order/${got.order}`));
			go(`order/${got.order}`);
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
		<${Field} label=${t("draft_days")}>
			${(a) => html`<input ...${a} type="number" min="1" max="3650" value=${f.days} onInput=${(e) => set("days", e.target.value)} />`}
		<//>
		<fieldset>
			<legend>${t("draft_owner")}</legend>
			${["yes", "no"].map((v) => html`<label key=${v} class="choice"><input type="radio" name="told" checked=${f.told === v} onChange=${() => set("told", v)} /> ${t(`told_${v}`)}</label>`)}
			<${Field} label=${t("draft_owner_text")}>${area("owner", 2)}<//>
		</fieldset>
		<${Kind} f=${f} set=${set} />
		<${Emergency} f=${f} set=${set} />
		${problem && html`<${Trouble} problem=${problem} />`}
		${check && html`<${Checked} check=${check} />`}
		<div class="bar start">
			<${Act} run=${look} quiet off=${namesOf(f).length === 0}>${t("draft_check")}<//>
			<button type="button" disabled=${!tasks.every(([, done]) => done)} onClick=${() => setReads(true)}>${t("draft_submit")}…</button>
			${reads && html`<${Review} f=${f} check=${check} problem=${problem} send=${send} close=${() => setReads(false)} />`}
		</div>
	`;
}
