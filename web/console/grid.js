/* A table of very many rows: pages of 200, or all of them in groups that the browser lays
 * out when they are near, so that finding and printing still reach every row.  Rows are
 * drawn once; what changes in one is a signal that it reads. */
import { html, useState } from "./vendor.js";
import { slices, useSame } from "./groups.js";
import { lang, number, t } from "./lang.js";

const PAGE = 200;
const GROUP = 100;
const NUMBERS = ["col_line", "col_number"];

function Group({ rows, row }) {
	return useSame(() => html`<div role="rowgroup" class="group">${rows.map(row)}</div>`, [rows, row, lang.value]);
}

/* `name`: the class that says how wide its columns are.  `row`: a function that stays the
 * same, of an entry of `rows`.  `rows` is another array only when other rows are shown. */
export function Grid({ name, caption, columns, rows, row }) {
	const [at, setAt] = useState(0);
	const [all, setAll] = useState(false);
	const pages = useSame(() => slices(rows, PAGE), [rows]);
	const page = Math.min(at, Math.max(0, pages.length - 1));
	const shown = all ? rows : pages[page] || [];
	const groups = useSame(() => slices(shown, GROUP), [shown]);
	const turn = (to) => () => setAt(to);
	return html`<p class="meta">${caption}</p>
		<div role="table" class="grid ${name}" aria-rowcount=${rows.length + 1} aria-label=${caption}>
			<div role="rowgroup" class="grid-head"><div role="row" class="grid-row">
				${columns.map((c) => html`<div key=${c} role="columnheader" class=${NUMBERS.includes(c) ? "number" : ""}>${t(c)}</div>`)}
			</div></div>
			${groups.map((g, k) => html`<${Group} key=${k} rows=${g} row=${row} />`)}
		</div>
		${rows.length > PAGE &&
		html`<nav class="pager" aria-label=${t("pages")}>
			${!all && page > 0 && html`<button type="button" class="quiet" onClick=${turn(page - 1)}>${t("previous_page")}</button>`}
			${!all && html`<span class="count">${t("page_of", number(page + 1), number(pages.length))}</span>`}
			${!all && page + 1 < pages.length && html`<button type="button" class="quiet" onClick=${turn(page + 1)}>${t("next_page")}</button>`}
			<button type="button" class="quiet" onClick=${() => setAll(!all)}>${all ? t("show_pages") : t("show_all", number(rows.length))}</button>
		</nav>`}`;
}

/** @type {any} */
let last = null; /* the row that had the focus: a field that is left leads nowhere else */

const focusable = "input:not([type=checkbox]), select, button, a";

/* To the next row or the one before, in those that are drawn; `wanted` says which count. */
export function moveRow(step, wanted = "[data-row]") {
	/** @type {any[]} */
	const rows = [...document.querySelectorAll(`.grid ${wanted}`)];
	const focused = document.activeElement?.closest?.("[data-row]");
	const here = focused || (last?.isConnected && document.activeElement === document.body ? last : null);
	const at = here ? rows.findIndex((r) => r === here || (step > 0 && (here.compareDocumentPosition(r) & 4) !== 0)) : -1;
	let to = rows[0];
	if (at >= 0) to = rows[at] === here ? rows[at + step] : rows[step > 0 ? at : at - 1];
	else if (here && step < 0) to = rows.at(-1);
	if (!to) return;
	last = to;
	(to.querySelector(focusable) || to).focus();
	to.scrollIntoView({ block: "nearest" });
}
