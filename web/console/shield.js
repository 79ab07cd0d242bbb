/* How much of what is hard to look at a person wants to be shown: as little as they like,
 * never more than their organisation lets. */
import { html, useState } from "./vendor.js";
import { get, post, Problem } from "./api.js";
import { number, span, t, when } from "./lang.js";
import { Act, Field, Loading, Trouble, say, useApi } from "./parts.js";

function Form({ shield, reload }) {
	const [pictures, setPictures] = useState(shield.pictures);
	const [most, setMost] = useState(String(shield.own_per_shift || shield.floor.per_shift));
	const [problem, setProblem] = useState(null);
	const n = Number(most);
	const wrong = !(Number.isInteger(n) && n >= 1 && n <= shield.floor.per_shift);
	const save = async () => {
		setProblem(null);
		try {
			await post("/v1/me/shield", { pictures, per_shift: n === shield.floor.per_shift ? 0 : n });
			await reload();
			say(t("done"));
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	return html`
		<p>${t("shield_used", number(shield.used), number(shield.per_shift), span(shield.shift_s))} ${shield.left === 0 && t("shift_over", when(shield.next))}</p>
		<fieldset>
			<legend class="hidden">${t("shield")}</legend>
			${["staged", "never"].map((v) => html`<label key=${v} class="choice"><input type="radio" name="pictures" checked=${pictures === v} onChange=${() => setPictures(v)} /> ${t(`pictures_${v}`)}</label>`)}
		</fieldset>
		<${Field} label=${t("shield_most", number(shield.floor.per_shift))} error=${wrong && t("shield_wrong", number(shield.floor.per_shift))}>
			${(a) => html`<input ...${a} type="number" min="1" max=${shield.floor.per_shift} value=${most} onInput=${(e) => setMost(e.target.value)} />`}
		<//>
		${problem && html`<${Trouble} problem=${problem} />`}
		<div class="bar start"><${Act} off=${wrong} run=${save}>${t("shield_save")}<//></div>
	`;
}

export function Shield() {
	const state = useApi(() => get("/v1/me/shield"), []);
	return html`<section aria-labelledby="shield">
		<h2 id="shield">${t("shield")}</h2>
		<p class="lead">${t("shield_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && html`<${Form} key=${state.data.own_per_shift + state.data.pictures} shield=${state.data} reload=${state.reload} />`}
	</section>`;
}
