/* E-mail that was brought in: what each proposes, kept or dropped by a person, and sent as a
 * notice in the end.  Nothing is sent by itself. */
import { html, useState } from "./vendor.js";
import { get, me, newKey, post } from "./api.js";
import { area, choice, FileField, text, useDraft, useRun } from "./form.js";
import { number, t, word } from "./lang.js";
import { Act, Chip, Facts, Field, Loading, Nothing, Said, Short, Trouble, When, recorded, say, useApi } from "./parts.js";
import { go, href, place } from "./route.js";

const FILE_MAX = 32 << 20;
const CHUNK = 0x8000;
const STATES = ["", "new", "sent", "joined", "dropped"];
const LOOKS = { new: "waiting", joined: "running", sent: "done", dropped: "refused" };

function base64(bytes) {
	let out = "";
	for (let i = 0; i < bytes.length; i += CHUNK) out += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
	return btoa(out);
}

function Bring({ reload }) {
	const [run, trouble] = useRun();
	const [large, setLarge] = useState(false);
	const take = (event) => {
		const file = event.target.files[0];
		setLarge(file && file.size > FILE_MAX);
		if (!file || file.size > FILE_MAX) return undefined;
		return run(async () => {
			const got = await post("/v1/mail", { raw: base64(new Uint8Array(await file.arrayBuffer())), source: file.name.slice(0, 200) });
			say(t("mail_brought", number(got.proposals)));
			await reload();
			go(`letter/${got.mail}`);
		});
	};
	return html`<${Field} label=${t("mail_bring")} hint=${t("mail_bring_hint")} error=${large ? t("file_too_large") : null}>${(a) => html`<${FileField} a=${a} accept=".eml,message/rfc822,.json" onChange=${take} />`}<//>${trouble}`;
}

export function Mails() {
	const { query } = place.value;
	const state = useApi(() => get("/v1/mail", query), [JSON.stringify(query)]);
	const rows = state.data?.mails || [];
	return html`
		<h1>${t("nav_mail")}</h1><p class="lead">${t("mail_lead")}</p>
		${me.value.role === "officer" && html`<${Bring} reload=${state.reload} />`}
		<nav class="filters" aria-label=${t("filter_mail")}>${STATES.map((s) => html`<a key=${s} href=${href("mail", { state: s || undefined })} aria-current=${(query.state || "") === s ? "page" : undefined}>${s ? word("mail", s) : t("all")}</a>`)}</nav>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<${Nothing} said="no_mail" filtered=${query.state} clear=${href("mail")} />`}
		<ul class="matches">${rows.map((m) => html`<li key=${m.mail}><p><a href=${href(`letter/${m.mail}`)}><${Said}>${m.subject || t("no_subject")}<//></a> <${Chip} look=${LOOKS[m.state] || "unknown"}>${word("mail", m.state)}<//></p>
			<p class="meta"><${Said}>${m.from}<//> · <${When} at=${m.date} /> · ${t("mail_proposed", number(m.proposed), number(m.proposals))}</p></li>`)}</ul>
		${state.data?.next && html`<nav class="pager"><a href=${href("mail", { ...query, after: state.data.next })}>${t("next_page")}</a></nav>`}
	`;
}

function Proposal({ p, categories, decide }) {
	const [f, set] = useState({ category: p.category || "" });
	const can = me.value.role === "officer" && ["proposed", "aside", "dropped"].includes(p.state);
	return html`<li>
		<p><code><${Said}>${p.given}<//></code> <${Chip} look=${p.state === "sent" ? "done" : p.state === "proposed" ? "waiting" : "refused"}>${word("proposal", p.state)}<//></p>
		<p class="meta">${p.description && html`<${Said}>${p.description}<//>`}</p>
		${p.earlier?.length > 0 && html`<p class="why">${t("mail_earlier", p.earlier.length)} ${p.earlier.map((x) => html`<a key=${x.case + x.i} href=${href(`case/${x.case}`)}>${x.outcome ? word("outcome", x.outcome) : t("item_open")}</a> `)}</p>`}
		${can && html`<${Field} label=${t("col_category")}>${choice(f, set, "category", ["", ...categories])}<//>
			<div class="bar start"><${Act} quiet run=${() => decide({ n: p.n, do: "keep", ...(f.category ? { category: f.category } : {}) })}>${t("mail_keep")}<//>
				<${Act} quiet run=${() => decide({ n: p.n, do: "drop" })}>${t("mail_drop_item")}<//></div>`}
	</li>`;
}

function Send({ mail, legal }) {
	const [f, set, sent] = useDraft(`${mail.mail}.mail`, { reference: "", subject: mail.subject || "", legal_basis: legal || "", letter: "" });
	const [key] = useState(newKey);
	const [run, trouble] = useRun();
	const send = () =>
		run(async () => {
			const got = await post("/v1/mail/send", { mails: [mail.mail], reference: f.reference, subject: f.subject, legal_basis: f.legal_basis, ...(f.letter ? { letter: f.letter } : {}) }, key);
			sent();
			recorded(got, href(`recorded/${got.case}`, { seq: got.seq }), t("import_sent", got.items));
			go(`case/${got.case}`);
		});
	return html`<h2>${t("import_about")}</h2>
		<${Field} label=${t("notice_reference")} hint=${t("reference_hint")}>${text(f, set, "reference", { maxlength: 200 })}<//>
		<${Field} label=${t("subject")}>${text(f, set, "subject", { maxlength: 500 })}<//>
		<${Field} label=${t("notice_legal_basis")}>${text(f, set, "legal_basis", { maxlength: 2000 })}<//>
		<${Field} label=${t("letter")}>${area(f, set, "letter", 4)}<//>
		<p>${t("import_nothing_sent")}</p>${trouble}
		<div class="bar start"><${Act} run=${send} off=${!f.reference.trim() || !f.subject.trim() || !f.legal_basis.trim()}>${t("mail_send")}<//></div>`;
}

export function Mail({ word: id }) {
	const state = useApi(() => get(`/v1/mail/${id}`), [id]);
	const policies = useApi(async () => {
		const all = await get("/v1/policies");
		const digest = all.channels[0]?.in_effect.sha256;
		return digest ? JSON.parse((await get("/v1/policies", { policy: digest })).text).categories.map((c) => c.code) : [];
	}, []);
	const [run, trouble] = useRun();
	const m = state.data;
	if (!m) return state.problem ? html`<h1>${t("nav_mail")}</h1><${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<h1>${t("nav_mail")}</h1><${Loading} />`;
	const decide = (item) => run(async () => { await post(`/v1/mail/${id}/decide-proposals`, { items: [item] }); await state.reload(); });
	const drop = () => run(async () => { await post(`/v1/mail/${id}/drop`); await state.reload(); });
	const officer = me.value.role === "officer";
	return html`
		<p class="kicker"><a href=${href("mail")}>‹ ${t("nav_mail")}</a></p>
		<h1 class="long"><${Said}>${m.subject || t("no_subject")}<//></h1>
		<p><${Chip} look=${LOOKS[m.state] || "unknown"}>${word("mail", m.state)}<//> ${m.case && html`<a href=${href(`case/${m.case}`)}>${t("col_case")}</a>`}</p>
		<${Facts} rows=${[["mail_from", html`<${Said}>${m.from}<//>`], ["col_time", html`<${When} at=${m.date} />`], ["legal_basis", m.legal_basis && html`<${Said}>${m.legal_basis}<//>`], ["mail_hash", html`<code>${m.sha256}</code>`]]} />
		${m.notes?.length > 0 && html`<ul>${m.notes.map((n, i) => html`<li key=${i}><${Short} text=${n} /></li>`)}</ul>`}
		<h2>${t("mail_proposals")}</h2>${trouble}
		${m.proposals.length === 0 && html`<p class="empty">${t("mail_no_proposals")}</p>`}
		<ul class="matches">${m.proposals.map((p) => html`<${Proposal} key=${p.n} p=${p} categories=${policies.data || []} decide=${decide} />`)}</ul>
		${officer && m.state === "new" && html`<${Send} mail=${m} legal=${m.legal_basis} /><${Act} quiet run=${drop}>${t("mail_drop")}<//>`}
	`;
}
