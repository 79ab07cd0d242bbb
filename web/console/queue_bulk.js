/* What is done with many cases at once: all of a page, or all that match the filter, are
 * chosen, taken, handed to a colleague, or saved as a table.  None of it is on record. */
import { html, useState } from "./vendor.js";
import { get, post, Problem } from "./api.js";
import { whoWorks } from "./author.js";
import { number, t, word } from "./lang.js";
import { Act, Trouble, lacks, say } from "./parts.js";
import { Steps } from "./step.js";
import { save } from "./table.js";

const ASKED = 1000; /* cases of one request */
export const MOST = 10000; /* cases that are chosen at one time */

/**
 * All that match, page by page, and whether there are more.
 * @returns {Promise<{cases: any[], more: boolean}>}
 */
export async function matching(query) {
	const rows = [];
	let after;
	do {
		const page = await get("/v1/cases", { ...query, limit: ASKED, after });
		rows.push(...page.cases);
		after = page.next;
	} while (after && rows.length < MOST);
	return { cases: rows, more: Boolean(after) };
}

const COLUMNS = ["case_ref", "case_id", "subject", "col_peer", "col_items", "col_decided", "col_status", "urgent", "col_due", "col_owner"];
const cells = (c) => [c.ref || "", c.case, c.subject || "", c.peer, c.items, c.counts.decided, word("state", c.state), c.urgent ? t("yes") : t("no"), c.due || "", c.owner?.name || ""];

/* One after the other; what one refuses does not stop the others. */
async function each(cases, act) {
	const refused = [];
	for (const c of cases) {
		try {
			await act(c);
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			if (e.status === 0) throw e;
			refused.push(e);
		}
	}
	const why = refused.length > 0 ? ` ${t("bulk_refused", refused.length, lacks(refused[0]) || refused[0].message)}` : "";
	return [cases.length - refused.length, why];
}

/* selected: a Map of id to case.  works: may this person take cases? */
export function Bulk({ query, page, selected, select, works, done }) {
	const [problem, setProblem] = useState(null);
	const all = [...selected.values()];
	const run = async (fn) => {
		setProblem(null);
		try {
			await fn();
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	const pick = (cases) => select(new Map(cases.map((c) => [c.case, c])));
	const every = () =>
		run(async () => {
			const { after: _, ...filter } = query;
			const { cases, more } = await matching(filter);
			pick(cases);
			if (more) say(t("bulk_most", number(cases.length)));
		});
	const take = () =>
		run(async () => {
			const [n, why] = await each(all, (c) => post(`/v1/cases/${c.case}/claim`));
			say(`${t("taken", n)}${why}`);
			await done();
		});
	const assign = {
		act: "assign", verb: t("do_assign"), why: t("bulk_assign_why", all.length), draft: "queue.assign", review: false, quiet: true, small: true,
		fields: [{ name: "person", label: t("assign_to"), kind: "select", options: whoWorks }],
		send: async ({ person }) => {
			const [n, why] = await each(all, (c) => post(`/v1/cases/${c.case}/assign`, { person }));
			say(`${t("assigned", n, person)}${why}`);
			await done();
		},
	};
	const table = () => save(`${t("nav_cases")}.csv`, [COLUMNS.map((k) => t(k)), ...all.map(cells)]);
	return html`${problem && html`<${Trouble} problem=${problem} />`}
		<div class="bulk wrap">
			<span role="status">${t("selected", all.length)}</span>
			${works && html`<button type="button" class="small" onClick=${take}>${t("take")}</button><${Steps} steps=${[assign]} />`}
			<button type="button" class="quiet small" onClick=${table}>${t("export_selected", all.length)}</button>
			${all.length < page.length && html`<button type="button" class="quiet small" onClick=${() => pick(page)}>${t("select_page", page.length)}</button>`}
			<${Act} quiet class="quiet small" run=${every}>${t("select_all_match")}<//>
			<button type="button" class="quiet small" onClick=${() => select(new Map())}>${t("select_none")}</button>
		</div>`;
}
