/* Cases by deadline: the work of officers and agents.  Rows never move by themselves; what
 * is new is counted, and shown when the person asks for it. */
import { html, useEffect, useLayoutEffect, useState } from "./vendor.js";
import { get, me, post, Problem } from "./api.js";
import { arrived, awaited, BEGINNING, begins, CASES, idle, PAGE } from "./early.js";
import { Bodies, useSame } from "./groups.js";
import { bind } from "./keys.js";
import { number, t, when, withTexts } from "./lang.js";
import { CaseState, Chip, Left, Loading, News, Said, Trouble, lacks, say, useAgain, useApi } from "./parts.js";
import { go, href, place } from "./route.js";

const QUEUES = ["all", "overdue", "soon", "mine", "unclaimed", "unread", "undelivered"];
const WORKERS = ["officer", "approver", "agent", "lead"];

/* What only some need is fetched when it is: {Part}. */
function useLater(load, wanted) {
	const [part, set] = useState(null);
	useEffect(() => {
		if (wanted && !part) withTexts(load).then((m) => set(() => m));
	}, [wanted]);
	return wanted ? part : null;
}

const touches = (event) => event.case !== null;

/** A page of cases, or all of them.
 * @param {Record<string, any>} query */
async function ask({ all, ...query }) {
	if (!all) return get(CASES, { limit: PAGE, ...query });
	const { matching } = await withTexts(() => import("./queue_bulk.js"));
	return matching(query);
}

const OWN = ["text", "state", "urgent", "category", "class", "peer"];
const ownIn = (query) => OWN.some((k) => Boolean(query[k]));

const COUNTS_MS = 15000;

/* at: when the rows were read; what the lists have is asked for after them. */
function Filters({ query, at }) {
	const [open, setOpen] = useState(false);
	const counts = useApi(() => (at ? idle().then(() => get("/v1/queues")) : Promise.resolve(null)), [at]);
	useAgain(counts.reload, COUNTS_MS);
	const many = (q) => counts.data && ` ${number(counts.data[q])}${counts.data[q] === counts.data.most ? "+" : ""}`;
	useEffect(() => {
		if (ownIn(query)) setOpen(true);
	}, [ownIn(query)]);
	const has = open || localStorage.getItem(`saluran.filters.${me.value.pseudonym}`) !== null;
	const own = useLater(() => import("./queue_filter.js"), has);
	return html`<nav class="filters" aria-label=${t("filter")}>
		${QUEUES.map(
			(q) => html`<a
				key=${q}
				href=${href("cases", { ...query, queue: q === "all" ? undefined : q, after: undefined, all: undefined })}
				aria-current=${(query.queue || (ownIn(query) ? "" : "all")) === q ? "page" : undefined}
			>${t(`queue_${q}`)}${many(q)}</a>`,
		)}
		${own && html`<${own.Kept} query=${query} />`}
	</nav>
	<details open=${open} onToggle=${(e) => setOpen(e.target.open)}><summary>${t("filter_own")}</summary>${open && own && html`<${own.OwnFilter} key=${JSON.stringify(query)} query=${query} />`}</details>`;
}

/* Nothing is left of a list of what is to be done: what comes next is said. */
const DONE = ["overdue", "soon", "unclaimed", "unread", "mine"];

function Handled() {
	const next = useApi(() => get(CASES, { limit: 1 }), []).data?.cases[0];
	return html`<p class="empty">${t("all_handled")} ${next?.due && html`${t("next_deadline")} <a href=${href(`case/${next.case}`)}><${Said}>${next.subject || next.case}<//></a>, <${Left} due=${next.due} />`}</p>`;
}

function Empty({ query }) {
	const filtered = Object.keys(query).some((k) => k !== "after" && k !== "all");
	if (DONE.includes(query.queue) && !ownIn(query)) return html`<${Handled} />`;
	return html`<p class="empty">
		${t(filtered ? "no_cases_match" : "no_cases")}
		${filtered && html`${" "}<a href=${href("cases")}>${t("clear_filter")}</a>`}
	</p>`;
}

/* Plain elements alone, and few: two hundred rows are drawn at once.  A cell of several parts
 * has them in one, which a narrow screen puts beside its label. */
const rowOf = (toggle) => (c, at, picked) => {
	const subject = c.subject || t("no_subject");
	const on = picked.includes(c.case);
	return html`<tr key=${at} role="row" class=${on ? "selected" : ""}>
		<td role="cell" data-label=${t("select")}>
			<input type="checkbox" checked=${on} onChange=${() => toggle(c)} aria-label=${t("select_case", subject)} />
		</td>
		<td role="cell" data-label=${t("col_case")}>
			<div>
				<a class="title" href=${href(`case/${c.case}`)} data-row=${at}><bdi>${subject}</bdi></a>
				${c.unread > 0 && Chip({ look: "soon", children: t("unread_n", c.unread) })}
				<span class="id">${c.ref || c.case}</span>
			</div>
		</td>
		<td role="cell" data-label=${t("col_peer")}><bdi>${c.peer}</bdi></td>
		<td role="cell" class="number" data-label=${t("col_items")}>${number(c.items)}</td>
		<td role="cell" class="number" data-label=${t("col_decided")}>${number(c.counts.decided)}</td>
		<td role="cell" data-label=${t("col_status")}><div>${CaseState({ state: c.state })}${c.test && html` <${Chip} look="soon">${t("test_mark")}<//>`}</div></td>
		<td role="cell" data-label=${t("col_left")}><div>${Left({ due: c.due })}</div></td>
		<td role="cell" data-label=${t("col_owner")}>${c.owner ? html`<bdi>${c.owner.name}</bdi>` : html`<span class="none">–</span>`}</td>
	</tr>`;
};

/* Of the first page only the beginning came with it: null, or what follows when nobody waits. */
function useRest(data, query) {
	const [rest, set] = useState(null);
	useEffect(() => {
		if (!begins(data) || !data.next) return;
		const after = { limit: PAGE - BEGINNING, ...query, after: data.next };
		const none = { cases: [], next: data.next };
		idle().then(() => get(CASES, after)).then((got) => set({ ...got, of: data }), () => set({ ...none, of: data }));
	}, [data]);
	return rest?.of === data ? rest : null;
}

/* The row that has the focus, or -1, and a way to one. */
const rowHere = () => Number(document.activeElement?.closest("tr")?.querySelector("[data-row]")?.getAttribute("data-row") ?? -1);
const toRow = (at) => /** @type {HTMLElement | null} */ (document.querySelector(`a[data-row="${at}"]`))?.focus();

const filterOf = (query) => JSON.stringify({ ...query, after: undefined, all: undefined });

const NUMBERS = ["col_items", "col_decided"];
const COLUMNS = ["select", "col_case", "col_peer", "col_items", "col_decided", "col_status", "col_left", "col_owner"];

export function Queue() {
	const { query } = place.value;
	const asked = JSON.stringify(query);
	const [news, setNews] = useState(0);
	const [selected, setSelected] = useState(() => new Map());
	const bulk = useLater(() => import("./queue_bulk.js"), selected.size > 0);
	const beginning = { limit: BEGINNING, ...query };
	const state = useApi(
		() => (awaited(CASES, beginning) ? get(CASES, beginning) : ask(query)),
		[asked],
		(event) => touches(event) && setNews((n) => n + 1),
		arrived(CASES, beginning),
	);
	const refused = useLater(() => idle().then(() => import("./refused.js")), state.data !== null);
	const rest = useRest(state.data, query);
	const cases = useSame(() => [...(state.data?.cases || []), ...(rest?.cases || [])], [state.data, rest]);
	const page = rest || state.data;
	const show = async () => {
		setNews(0);
		await state.reload();
	};
	const toggle = (c) =>
		setSelected((old) => {
			const s = new Map(old);
			if (!s.delete(c.case)) s.set(c.case, c);
			return s;
		});
	const take = async (id) => {
		try {
			await post(`/v1/cases/${id}/claim`);
			say(t("taken", 1));
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			say(lacks(e) || e.message);
		}
		await show();
	};
	const done = async () => {
		setSelected(new Map());
		await show();
	};
	/* What is chosen of one filter is not chosen of another. */
	useEffect(() => setSelected((old) => (old.size > 0 ? new Map() : old)), [filterOf(query)]);
	/* Where the next press leads is fetched while nobody waits for it. */
	useEffect(() => {
		if (state.data) idle().then(() => import("./case.js"));
	}, [state.data !== null]);
	const row = useSame(() => rowOf(toggle), []);
	const picked = (group) => group.map((c) => c.case).filter((id) => selected.has(id)).join(" ");
	const works = WORKERS.includes(me.value.role);
	useLayoutEffect(
		() =>
			bind({
				j: () => toRow(Math.min(rowHere() + 1, cases.length - 1)),
				k: () => toRow(Math.max(rowHere() - 1, 0)),
				Enter: (e) => (rowHere() >= 0 && !e.target.closest("a, button") ? go(`case/${cases[rowHere()].case}`) : e.target.click()),
				x: () => rowHere() >= 0 && toggle(cases[rowHere()]),
				a: () => works && rowHere() >= 0 && take(cases[rowHere()].case),
			}),
		[cases, works],
	);
	return html`
		<div class="heading">
			<h1>${t("cases_title")}</h1>
			${state.at && html`<p class="meta">${t("as_of", when(state.at.toISOString()))}</p>`}
		</div>
		<${Filters} query=${query} at=${state.at} />
		<${News} n=${news} show=${show} />
		${state.problem && html`<${Trouble} problem=${state.problem} retry=${show} />`}
		${!state.data && !state.problem && html`<${Loading} />`}
		${state.data && cases.length === 0 && html`<${Empty} query=${query} />`}
		${cases.length > 0 &&
		html`<table role="table" class="paged cases">
				<caption>${t("cases_caption")}</caption>
				<thead role="rowgroup"><tr role="row">
					${COLUMNS.map((c) => html`<th key=${c} role="columnheader" scope="col" class=${NUMBERS.includes(c) ? "number" : ""}>${t(c)}</th>`)}
				</tr></thead>
				<${Bodies} rows=${cases} row=${row} tell=${picked} />
			</table>
			${selected.size > 0 && bulk && html`<${bulk.Bulk} query=${{ ...query, all: undefined }} page=${cases} selected=${selected} select=${setSelected} works=${works} done=${done} />`}
			<nav class="pager" aria-label=${t("pages")}>
				${query.after && html`<a href=${href("cases", { ...query, after: undefined })}>${t("first_page")}</a>`}
				${page.next && (rest || !begins(page)) && html`<a href=${href("cases", { ...query, after: page.next })}>${t("next_page")}</a>`}
				${(page.next || query.after) && html`<a href=${href("cases", { ...query, after: undefined, all: "yes" })}>${t("show_all_cases")}</a>`}
				${query.all && html`<span class="count">${t(state.data.more ? "all_cases_more" : "all_cases", cases.length)}</span> <a href=${href("cases", { ...query, all: undefined })}>${t("show_pages")}</a>`}
			</nav>`}
		${refused && html`<${refused.Refused} stuck=${selected.size === 0} />`}
	`;
}

