/* Somebody else was first: what stands now beside what was written here, and what happened
 * in between.  Nothing is sent again before the person has seen it. */
import { html, useEffect, useState } from "./vendor.js";
import { number, t, word } from "./lang.js";
import { Facts, Said, When } from "./parts.js";

const isNew = (seen) => {
	const before = new Set(seen.timeline.map((e) => e.party + e.seq));
	return (e) => !before.has(e.party + e.seq);
};

/* Has anything happened that a person who saw `seen` has not seen?  A receipt is no act. */
export const unseen = (seen, now) => now.timeline.some(isNew(seen));

function Theirs({ stands, news }) {
	return html`<div>
		<h3>${t("clash_stands")}</h3>
		${stands.state && html`<${Facts} rows=${[
			["col_status", word("state", stands.state)],
			["col_decided", stands.decided !== undefined && number(stands.decided)],
		]} />`}
		<ul>${news.map((e) => html`<li key=${e.party + e.seq}>${word("event", e.type)} · ${word("party", e.party)} · <${When} at=${e.at} />${e.text ? html`<p class="why"><${Said}>${e.text}<//></p>` : ""}</li>`)}</ul>
		${news.length === 0 && html`<p class="meta">${t("clash_no_news")}</p>`}
	</div>`;
}

/* What came of a case since somebody saw it. */
export const Since = ({ seen, now }) => html`<section class="clash" aria-label=${t("clash")}><${Theirs} stands=${now} news=${now.timeline.filter(isNew(seen))} /></section>`;

/* agree(case): the person goes on from what stands now. */
export function Clash({ problem, seen, yours, reload, agree }) {
	const [now, setNow] = useState(null);
	const stands = problem.shown.stands;
	useEffect(() => {
		if (stands) reload().then(setNow);
	}, [problem]);
	if (!stands || Array.isArray(stands)) return null;
	const rows = Object.entries(yours).filter(([, v]) => v);
	return html`<section class="clash" aria-label=${t("clash")}>
		<p>${t("stale", word("state", stands.state))}</p>
		<div class="beside">
			<div><h3>${t("clash_yours")}</h3>${rows.length === 0 ? html`<p class="meta">–</p>` : rows.map(([k, v]) => html`<p key=${k} class="said"><${Said}>${String(v)}<//></p>`)}</div>
			<${Theirs} stands=${stands} news=${now ? now.timeline.filter(isNew(seen)) : []} />
		</div>
		${now && html`<button type="button" class="quiet" onClick=${() => agree(now)}>${t("clash_go_on")}</button>`}
	</section>`;
}
