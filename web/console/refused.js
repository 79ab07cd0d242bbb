/* What the other side brought and this node did not take: nothing of it is among the cases,
 * so it is said with them, at the foot of the window, where it moves no row. */
import { html } from "./vendor.js";
import { get } from "./api.js";
import { t } from "./lang.js";
import { Sentence, When, useAgain, useApi } from "./parts.js";
import { href } from "./route.js";

const AGAIN_MS = 20000; /* no event tells of it */

/* stuck: nothing else has the foot of the window. */
export function Refused({ stuck }) {
	const state = useApi(() => get("/v1/alarms"), []);
	useAgain(state.reload, AGAIN_MS);
	const rows = (state.data?.alarms || []).filter((a) => a.kind === "peer_refused");
	if (rows.length === 0) return null;
	return html`<details class=${stuck ? "problem foot" : "problem"}>
		<summary><strong role="status">${t("peer_refused", rows.length)}</strong></summary>
		<p><a href=${href("channel")}>${t("peer_refused_where")}</a></p>
		${rows.map((a) => html`<div key=${a.key}><p class="meta"><${When} at=${a.raised} /></p><${Sentence} text=${a.text} /></div>`)}
	</details>`;
}
