/* The DNS operators: what each has pulled, and what it says it has applied; the zones that
 * they fetch; and the names by which addresses are measured. */
import { html, useState } from "./vendor.js";
import { get, me, newKey, post, Problem } from "./api.js";
import { t } from "./lang.js";
import { Talk } from "./reminders.js";
import { Witnesses } from "./witnesses.js";
import { Zones } from "./zones.js";
import { href, place } from "./route.js";
import { Act, Field, Loading, Said, Trouble, When, recorded, useApi } from "./parts.js";

const CONFIRMS = ["admin", "officer", "operator"];

function Confirm({ name, reload }) {
	const [serial, setSerial] = useState("");
	const [problem, setProblem] = useState(null);
	const send = async () => {
		setProblem(null);
		try {
			recorded(await post(`/v1/operators/${name}/confirm`, { serial: Number(serial) }, newKey()), null, t("confirmed", serial));
			setSerial("");
			await reload();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	return html`<div>
		<${Field} label=${t(me.value.role === "operator" ? "confirm_serial" : "confirm_serial_theirs")} hint=${t("confirm_hint")}>
			${(a) => html`<input ...${a} type="text" inputmode="numeric" pattern="[0-9]+" maxlength="10" value=${serial} onInput=${(e) => setSerial(e.target.value)} />`}
		<//>
		${problem && html`<${Trouble} problem=${problem} />`}
		<${Act} quiet run=${send} off=${!/^[0-9]+$/.test(serial)}>${t("confirm")}<//>
	</div>`;
}

export function Operators() {
	const state = useApi(() => get("/v1/operators"), []);
	const { operator } = place.value.query;
	const rows = (state.data?.operators || []).filter((o) => !operator || o.name === operator);
	return html`
		<h1>${t("nav_operators")}</h1>
		<p class="lead">${t("operators_lead")}</p>
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${state.reload} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${operator && html`<p><a href=${href("operators")}>${t("all_operators")}</a></p>`}
		${state.data && rows.length === 0 && html`<p class="empty">${t("no_operators")}</p>`}
		<ul class="matches">
			${rows.map(
				(o) => html`<li key=${o.name}>
					<h2><${Said}>${o.name}<//></h2>
					<p class="meta"><${Said}>${o.resolver}<//> · <${Said}>${o.addresses.join(", ")}<//></p>
					<ul>
						${o.pulled.map((p) => html`<li key=${p.origin}>${t("col_pulled")}: <code>${p.origin}</code> ${String(p.serial)} <${When} at=${p.at} /></li>`)}
						${o.pulled.length === 0 && html`<li>${t("col_pulled")}: <span class="none">${t("not_yet")}</span></li>`}
						<li>${t("col_applied")}: ${o.applied ? html`${String(o.applied.serial)} <${When} at=${o.applied.at} />` : html`<span class="none">${t("not_yet")}</span>`}</li>
					</ul>
					${CONFIRMS.includes(me.value.role) && html`<${Confirm} name=${o.name} reload=${state.reload} />`}
					<h3>${t("talk")}</h3><${Talk} name=${o.name} />
				</li>`,
			)}
		</ul>
		${!operator && html`<${Zones} />${me.value.role !== "operator" && html`<${Witnesses} />`}`}
	`;
}
