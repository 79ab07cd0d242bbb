/* The stages of a lift by date: each lifts the names that are chosen, or all. */
import { html } from "./vendor.js";
import { t, utc, when } from "./lang.js";
import { Field, Said } from "./parts.js";

const STAGES_MAX = 16;

export const stagesRead = (stages) =>
	(stages || []).filter((s) => s.at).map((s) => ({ at: utc(s.at), ...(s.names?.length ? { names: s.names } : {}) }));

export const stagesSaid = (stages) =>
	(stages || []).filter((s) => s.at).map((s) => `${when(utc(s.at))}: ${s.names?.length ? s.names.join(", ") : t("all_names")}`).join("\n");

export function Stages({ f, value, set }) {
	const stages = value?.length ? value : [{ at: "", names: [] }];
	const put = (i, more) => set(stages.map((s, k) => (k === i ? { ...s, ...more } : s)));
	const turn = (s, n) => (s.names.includes(n) ? s.names.filter((x) => x !== n) : [...s.names, n]);
	return html`<fieldset><legend>${f.label}</legend>
		${stages.map(
			(s, i) => html`<div class="part" key=${i}>
				<${Field} label=${t("stage_at", i + 1)}>${(a) => html`<input ...${a} type="datetime-local" value=${s.at} onInput=${(e) => put(i, { at: e.target.value })} />`}<//>
				${f.names.map(([n]) => html`<label key=${n} class="choice"><input type="checkbox" checked=${s.names.includes(n)} onChange=${() => put(i, { names: turn(s, n) })} /> <code><${Said}>${n}<//></code></label>`)}
			</div>`,
		)}
		<p class="meta">${t("lift_names_hint")}</p>
		${stages.length < STAGES_MAX && html`<button type="button" class="quiet" onClick=${() => set([...stages, { at: "", names: [] }])}>${t("stage_add")}</button>`}
	</fieldset>`;
}
