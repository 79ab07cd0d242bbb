/* A list as a file.  One of more rows than a file may have goes into several, and that is said. */
import { html, useState } from "./vendor.js";
import { t } from "./lang.js";
import { Act } from "./parts.js";
import { save } from "./table.js";

const MOST = 100000; /* rows of one file */
const BEGINNING = { from: undefined, nth: 1, rows: 0 };
export const ASKED = 1000; /* rows of one request */

/* name: of the file.  head: of its columns.  page: of where it goes on (of the first one: undefined) the
 * {rows, next}, and `next` is null when there is no more. */
export function Export({ name, head, page }) {
	const [rest, setRest] = useState(BEGINNING);
	const run = async () => {
		const rows = [];
		let { from } = rest;
		do {
			const got = await page(from);
			rows.push(...got.rows);
			from = got.next;
		} while (from && rows.length < MOST);
		save(`${name}${rest.nth > 1 ? `-${rest.nth}` : ""}.csv`, [head, ...rows]);
		setRest(from ? { from, nth: rest.nth + 1, rows: rest.rows + rows.length } : BEGINNING);
	};
	return html`<${Act} quiet run=${run}>${t(rest.from ? "export_rest" : "export_csv")}<//>
		${rest.from && html`<strong role="status">${t("export_cut", rest.rows)}</strong>`}`;
}
