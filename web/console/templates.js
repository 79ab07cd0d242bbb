/* Texts with places to fill in: each edit is the next version, and what is open in a case
 * blocks sending until somebody fills it. */
import { html, useState } from "./vendor.js";
import { get, me, post } from "./api.js";
import { area, choice, text, useDraft, useRun } from "./form.js";
import { number, t, word } from "./lang.js";
import { Act, Chip, Field, Loading, Said, Trouble, When, say, useApi } from "./parts.js";

const KINDS = ["letter", "reminder", "warning", "message", "reason", "clarify"];
const EMPTY = { name: "", kind: "letter", language: "id", text: "" };
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/* As the node reads it: "{subject}" is a place, "{{subject}}" the text "{subject}".  What else
 * stands in braces, as "{Subject}" does, is sent as it is. */
const PIECE = /\{(\{[a-z][a-z0-9_]{0,39}\})\}|\{([a-z][a-z0-9_]{0,39})\}|(\{[^{}\n]{1,80}\})/g;
function piecesOf(text) {
	const all = [...text.matchAll(PIECE)];
	return [2, 3].map((i) => [...new Set(all.map((m) => m[i]).filter(Boolean))]);
}

function Try({ name }) {
	const [f, set] = useState({ case: "" });
	const [got, setGot] = useState(null);
	const [found, setFound] = useState(null);
	const [run, trouble] = useRun();
	const fill = async (id) => {
		setFound(null);
		setGot(await post(`/v1/templates/${name}/render`, id ? { case: id } : {}));
	};
	const render = () =>
		run(async () => {
			const q = f.case.trim();
			if (!q || ID.test(q)) return await fill(q);
			const { cases } = await get("/v1/search", { q });
			if (cases.length === 1) return await fill(cases[0].case);
			setGot(null);
			setFound(cases);
		});
	return html`<h2>${t("template_try")}</h2>
		<${Field} label=${t("template_case")} hint=${t("template_case_hint")}>${text(f, set, "case", { maxlength: 200, spellcheck: "false" })}<//>
		${found && html`<p role="status">${t(found.length > 0 ? "template_which" : "search_nothing")}</p><ul class="matches">${found.map((c) => html`<li key=${c.case}><button type="button" class="plain" onClick=${() => run(() => fill(c.case))}><${Said}>${c.subject || c.case}<//></button> <span class="meta">${c.ref} · <${Said}>${c.peer}<//></span></li>`)}</ul>`}
		${trouble}<${Act} quiet run=${render}>${t("template_render")}<//>
		${got && html`<p role="status">${got.open.length > 0 ? html`<${Chip} look="bad">${t("template_open", number(got.open.length))}<//> ${got.open.map((w) => html`<code key=${w}>{${w}}</code> `)}` : html`<${Chip} look="done">${t("template_whole")}<//>`}</p><blockquote><${Said}>${got.text}<//></blockquote>`}`;
}

function Edit({ first, isNew, reload }) {
	const [f, set, sent] = useDraft(`template.${first.name}`, first);
	const [run, trouble] = useRun();
	const [places, others] = piecesOf(f.text);
	const keep = () =>
		run(async () => {
			const got = await post("/v1/templates", { ...f, name: f.name.trim() });
			sent();
			say(t("template_kept", got.template, number(got.version)));
			await reload();
		});
	return html`
		${isNew && html`<${Field} label=${t("template_name")} hint=${t("template_name_hint")}>${text(f, set, "name", { maxlength: 40, autocapitalize: "none", spellcheck: "false" })}<//>`}
		<${Field} label=${t("template_kind")}>${choice(f, set, "kind", KINDS, (k) => word("kind", k))}<//>
		<${Field} label=${t("template_language")}>${choice(f, set, "language", ["id", "en"], (l) => t(`language_${l}`))}<//>
		<${Field} label=${t("template_text")} hint=${t("template_hint")}>${area(f, set, "text", 8)}<//>
		<p class="meta" role="status">${places.length > 0 ? t("template_places", places.map((p) => `{${p}}`).join(", ")) : t("template_no_places")}</p>
		${others.length > 0 && html`<p role="status"><${Chip} look="bad">${t("template_not_places")}<//> ${others.map((w) => html`<code key=${w}>${w}</code> `)}</p>`}
		${trouble}
		<div class="bar start"><${Act} run=${keep} off=${!f.name.trim() || !f.text.trim()}>${t("template_keep")}<//></div>
		${!isNew && html`<${Try} name=${f.name} />`}`;
}

export function Templates() {
	const state = useApi(() => get("/v1/templates", { limit: 200 }), []);
	const [open, setOpen] = useState(null);
	const rows = state.data?.templates || [];
	const row = rows.find((r) => r.template === open);
	const can = me.value.role !== "auditor";
	return html`
		<h1>${t("nav_templates")}</h1>
		<p class="lead">${t("templates_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && rows.length === 0 && html`<p class="empty">${t("no_templates")}</p>`}
		<ul class="matches">${rows.map((r) => html`<li key=${r.template}>
			<p><button type="button" class="plain" aria-expanded=${open === r.template ? "true" : "false"} onClick=${() => setOpen(open === r.template ? null : r.template)}>${r.template}</button> ${word("kind", r.kind)} · ${t(`language_${r.language}`)} · ${t("version_n", number(r.version))} · <${When} at=${r.at} /> <code class="meta">${r.author}</code></p>
			${row === r && (can ? html`<${Edit} key=${r.template + r.version} first=${{ name: r.template, kind: r.kind, language: r.language, text: r.text }} reload=${state.reload} />` : html`<blockquote><${Said}>${r.text}<//></blockquote><${Try} name=${r.template} />`)}
		</li>`)}</ul>
		${can && html`<h2>${t("template_new")}</h2><${Edit} key=${rows.length} first=${EMPTY} isNew reload=${state.reload} />`}
	`;
}
