/* Policies: which is in effect on each channel, which side has adopted which, the text of
 * each, and adopting one. */
import { html, useState } from "./vendor.js";
import { get, me, post } from "./api.js";
import { area, useRun } from "./form.js";
import { lang, number, span, t, word } from "./lang.js";
import { Act, Chip, Field, Loading, Said, Trouble, When, recorded, say, useApi } from "./parts.js";
import { go, href, place } from "./route.js";

const limit = (c, k) => (c[`${k}_days`] !== undefined ? t("span_days", c[`${k}_days`]) : span(c[`${k}_s`]));

/* What a policy says, for people; the file itself below it. */
function Read({ text }) {
	const p = JSON.parse(text);
	return html`
		<p>${p.test ? html`<${Chip} look="soon">${t("test_mark")}<//> ${t("test_why")}` : ""}</p>
		<p><${Said}>${p.title[lang.value]}<//></p>
		<p class="meta"><bdi lang="en">${p.source}</bdi></p>
		<table role="table"><caption>${t("policy_limits")}</caption>
			<thead role="rowgroup"><tr role="row">${["col_class", "col_accept", "col_decide"].map((k) => html`<th key=${k} role="columnheader" scope="col">${t(k)}</th>`)}</tr></thead>
			<tbody role="rowgroup">${p.classes.map(
				(c) => html`<tr key=${c.code} role="row"><td role="cell" data-label=${t("col_class")}><div>${word("class", c.code)}</div></td><td role="cell" data-label=${t("col_accept")}><div>${limit(c, "accept")}</div></td><td role="cell" data-label=${t("col_decide")}><div>${limit(c, "decide")}</div></td></tr>`,
			)}</tbody>
		</table>
		<h3>${t("policy_ladder")}</h3>
		<ol>${p.ladder.map((s, i) => html`<li key=${i}>${s.act === "warn" ? t("policy_warn", s.level) : t("policy_remind")}: ${t("policy_after", span(s.after_s))}</li>`)}</ol>
		<dl class="facts">${[[t("policy_approvals"), number(p.order.approvals)], [t("policy_steps"), number(p.order.ladder_steps)], [t("policy_longest"), span(p.order.max_duration_s)], [t("policy_names"), number(p.order.max_names)]].map(([k, v]) => html`<div key=${k}><dt>${k}</dt><dd>${v}</dd></div>`)}</dl>
		<details><summary>${t("policy_file")}</summary><pre tabindex="0" role="region" aria-label=${t("policy_file")}>${text}</pre></details>`;
}

function Adopt({ name, digest, reload }) {
	const [run, trouble] = useRun();
	const [seen, setSeen] = useState(null);
	const state = useApi(() => get("/v1/policies", { policy: digest || name }), [name, digest]);
	if (!state.data) return state.problem ? html`<${Trouble} problem=${state.problem} retry=${state.reload} />` : html`<${Loading} />`;
	const adopt = () =>
		run(async () => {
			const got = await post("/v1/policies", { policy: digest || name });
			if (got.seq !== undefined) recorded(got);
			else say(t("policy_again"));
			setSeen(got);
			await reload();
		});
	const channels = state.data.channels.length > 0;
	return html`<section aria-labelledby="policy"><h2 id="policy"><${Said}>${name}<//></h2>
		<${Read} text=${state.data.text} />
		${trouble}
		${seen && html`<p role="status">${t(seen.in_effect ? "policy_now" : "policy_waits")}</p>`}
		${me.value.role === "admin" && channels && html`<p>${t("policy_adopt_why")}</p><div class="bar start"><${Act} run=${adopt}>${t("policy_adopt", name)}<//></div>`}
	</section>`;
}

/* A file of one's own is read before it is adopted. */
function Own({ reload }) {
	const [f, set] = useState({ text: "" });
	const [read, setRead] = useState(null);
	const [run, trouble] = useRun();
	const check = () => run(async () => setRead(await post("/v1/policies", { policy: f.text, check: true })));
	const adopt = () =>
		run(async () => {
			recorded(await post("/v1/policies", { policy: f.text }));
			await reload();
		});
	const change = (next) => {
		set(next);
		setRead(null);
	};
	return html`<details><summary>${t("policy_own")}</summary>
		<${Field} label=${t("policy_text")}>${area(f, change, "text", 8, 262144)}<//>
		${trouble}
		${read && html`<p role="status"><${Chip} look="done">${t("policy_reads")}<//> <${Said}>${read.name}<//> ${number(read.version)}, <${Said}>${read.title[lang.value]}<//></p><${Read} text=${f.text} />`}
		<div class="bar start"><${Act} quiet run=${check} off=${!f.text.trim()}>${t("policy_check")}<//><${Act} run=${adopt} off=${!read}>${t("policy_adopt", read?.name || "")}<//></div>
	</details>`;
}

function Channel({ c }) {
	const ours = c.adopted.slice(-20);
	return html`<li>
		<p><strong><${Said}>${c.peer}<//></strong> ${t("policy_in_effect")} <a href=${href("policies", { policy: c.in_effect.name, digest: c.in_effect.sha256 })}>${c.in_effect.name} ${number(c.in_effect.version)}</a></p>
		${ours.length === 0 && html`<p class="meta">${t("policy_no_votes")}</p>`}
		<ul>${ours.map((a) => html`<li key=${a.party + a.seq}>${word("party", a.party)}: <a href=${href("policies", { policy: a.name, digest: a.sha256 })}>${a.name} ${number(a.version)}</a> · #${number(a.seq)} <${When} at=${a.at} />${a.sha256 === c.in_effect.sha256 ? "" : html` · <span class="meta">${t("policy_not_now")}</span>`}</li>`)}</ul>
	</li>`;
}

export function Policies() {
	const { query } = place.value;
	const state = useApi(() => get("/v1/policies"), [], (e, reload) => e.type.startsWith("policy.") && reload());
	const d = state.data;
	const known = d ? [...new Set([...d.builtin, ...d.kept.map((k) => k.name)])] : [];
	return html`
		<h1>${t("nav_policies")}</h1>
		<p class="lead">${t("policies_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!d && !state.problem && html`<${Loading} />`}
		${d && d.channels.length === 0 && html`<p class="empty">${t("no_peers")}</p>`}
		${d && html`<ul class="matches">${d.channels.map((c) => html`<${Channel} key=${c.peer} c=${c} />`)}</ul>
			<${Field} label=${t("policy_read")}>${(a) => html`<select ...${a} value=${query.policy || ""} onChange=${(e) => go("policies", { policy: e.target.value, digest: d.kept.find((k) => k.name === e.target.value && !d.builtin.includes(k.name))?.sha256 })}>
				<option value="">–</option>${known.map((n) => html`<option key=${n} value=${n}>${n}</option>`)}</select>`}<//>`}
		${d && query.policy && html`<${Adopt} key=${query.policy + query.digest} name=${query.policy} digest=${query.digest} reload=${state.reload} />`}
		${d && me.value.role === "admin" && d.channels.length > 0 && html`<${Own} reload=${state.reload} />`}
	`;
}
