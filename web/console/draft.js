/* Drafting an order: a list of tasks; the guards are computed before anybody signs. */
import { html, useEffect, useState } from "./vendor.js";
import { get, newKey, post, Problem } from "./api.js";
import { draftOf, keepDraft } from "./drafts.js";
import { number, t, word } from "./lang.js";
import { Act, Chip, Field, Said, Trouble, recorded, useApi } from "./parts.js";
import { go, href } from "./route.js";

const NAME = "order";
const EMPTY = { names: "", cites: [], reasons: "", legal_basis: "", proportionality: "", collateral: "", days: "30", told: "no", channel: "email", owner: "" };
const DAY_MS = 86400000;

function read() {
	try {
		return { ...EMPTY, ...JSON.parse(draftOf(NAME) || "{}") };
	} catch {
		return EMPTY;
	}
}

const namesOf = (f) => f.names.split(/[\s,]+/).filter(Boolean);

function bodyOf(f) {
	return {
		names: namesOf(f),
		cites: f.cites,
		...(f.owner ? { owner: { told: f.told === "yes", channel: f.channel, text: f.owner } } : {}),
	};
}

function Cites({ chosen, toggle }) {
	const state = useApi(() => get("/v1/cases", { queue: "overdue", limit: 50 }), []);
	const cases = state.data?.cases || [];
	if (state.data && cases.length === 0) return html`<p class="empty">${t("draft_no_cites")}</p>`;
	return html`<ul class="plain">${cases.map(
		(c) => html`<li key=${c.case}><label class="choice"><input type="checkbox" checked=${chosen.includes(c.case)} onChange=${() => toggle(c.case)} /> <${Said}>${c.subject || c.case}<//></label></li>`,
	)}</ul>`;
}

function Checked({ check }) {
	const looks = { note: "sent", override: "soon", refuse: "bad" };
	return html`<section aria-labelledby="guards">
		<h2 id="guards">${t("guards")}</h2>
		<ul class="matches">
			${check.findings.map(
				(f, i) => html`<li key=${i}><p><${Chip} look=${looks[f.level] || "unknown"}>${word("level_guard", f.level)}<//> <strong>${word("guard", f.guard)}</strong> ${f.name && html`<code><${Said}>${f.name}<//></code>`}</p><p><bdi lang="en">${f.text}</bdi></p></li>`,
			)}
		</ul>
		${check.findings.length === 0 && html`<p class="empty">${t("no_findings")}</p>`}
		<h3>${t("draft_grounds")}</h3>
		<ul>${check.grounds.map((g) => html`<li key=${g.case}><${Said}>${g.subject || g.case}<//>: ${g.ground ? t("is_ground") : html`<span class="late"><bdi lang="en">${g.why}</bdi></span>`}</li>`)}</ul>
		<p class="meta">${t("draft_approvals", number(check.approvals_needed))}</p>
	</section>`;
}

export function Draft() {
	const [f, setF] = useState(read);
	const [check, setCheck] = useState(null);
	const [problem, setProblem] = useState(null);
	const [key] = useState(newKey);
	useEffect(() => keepDraft(NAME, JSON.stringify(f)), [f]);
	const set = (name, value) => {
		setF((old) => ({ ...old, [name]: value }));
		if (["names", "cites", "owner", "told", "channel"].includes(name)) setCheck(null);
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
				ends: new Date(Date.now() + Number(f.days) * DAY_MS).toISOString().replace("Z", "000Z"),
			}, key);
			keepDraft(NAME, "");
			recorded(got);
			go(`order/${got.order}`);
		});
	const area = (name, rows = 3) => (a) =>
		html`<textarea ...${a} rows=${rows} maxlength="20000" value=${f[name]} onInput=${(e) => set(name, e.target.value)}></textarea>`;
	const written = ["reasons", "legal_basis", "proportionality", "collateral", "owner"].every((k) => f[k].trim());
	const tasks = [
		["task_scope", namesOf(f).length > 0],
		["task_cites", f.cites.length > 0],
		["task_texts", written],
		["task_guards", check !== null && !check.refused],
	];
	return html`
		<p class="kicker"><a href=${href("orders")}>‹ ${t("nav_orders")}</a></p>
		<h1>${t("order_draft_new")}</h1>
		<ol class="tasks">${tasks.map(([k, done]) => html`<li key=${k}>${t(k)} ${done ? html`<${Chip} look="done">${t("done")}<//>` : html`<${Chip} look="waiting">${t("not_yet")}<//>`}</li>`)}</ol>
		<${Field} label=${t("draft_names")} hint=${t("draft_names_hint")}>${area("names", 4)}<//>
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
		${problem && html`<${Trouble} problem=${problem} />`}
		${check && html`<${Checked} check=${check} />`}
		<div class="bar start">
			<${Act} run=${look} quiet off=${namesOf(f).length === 0}>${t("draft_check")}<//>
			<${Act} run=${send} off=${!tasks.every(([, done]) => done)}>${t("draft_submit")}<//>
		</div>
	`;
}
