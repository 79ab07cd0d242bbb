/* Cases by deadline: the work of officers and agents.  Rows never move by themselves; what
 * is new is counted, and shown when the person asks for it. */
import { html, useEffect, useState } from "./vendor.js";
import { get, me, post, Problem } from "./api.js";
import { arrived, CASES, PAGE } from "./early.js";
import { Bodies, useSame } from "./groups.js";
import { bind } from "./keys.js";
import { number, t, when } from "./lang.js";
import { CaseState, Chip, Left, Loading, Trouble, say, useApi } from "./parts.js";
import { go, href, place } from "./route.js";

const QUEUES = ["all", "overdue", "soon", "mine", "unclaimed", "unread", "undelivered"];
const WORKERS = ["officer", "approver", "agent", "lead"];

const touches = (event) => event.case !== null;

function Filters({ query }) {
	return html`<nav class="filters" aria-label=${t("filter")}>
		${QUEUES.map(
			(q) => html`<a
				key=${q}
				href=${href("cases", { ...query, queue: q === "all" ? undefined : q, after: undefined })}
				aria-current=${(query.queue || "all") === q ? "page" : undefined}
			>${t(`queue_${q}`)}</a>`,
		)}
	</nav>`;
}

function Empty({ query }) {
	const filtered = Object.keys(query).some((k) => k !== "after");
	return html`<p class="empty">
		${t(filtered ? "no_cases_match" : "no_cases")}
		${filtered && html`${" "}<a href=${href("cases")}>${t("clear_filter")}</a>`}
	</p>`;
}

/* Plain elements alone: two hundred of them are drawn at once. */
const rowOf = (toggle) => (c, at, picked) => {
	const subject = c.subject || t("no_subject");
	const on = picked.includes(c.case);
	return html`<tr key=${at} role="row" class=${on ? "selected" : ""}>
		<td role="cell" data-label=${t("select")}>
			<div><input type="checkbox" checked=${on} onChange=${() => toggle(c.case)}
				aria-label=${t("select_case", subject)} /></div>
		</td>
		<td role="cell" data-label=${t("col_case")}>
			<div>
				<a class="title" href=${href(`case/${c.case}`)} data-row=${at}><bdi>${subject}</bdi></a>
				<span class="id">${c.case}</span>
			</div>
		</td>
		<td role="cell" data-label=${t("col_peer")}><div><bdi>${c.peer}</bdi></div></td>
		<td role="cell" class="number" data-label=${t("col_items")}><div>${number(c.items)}</div></td>
		<td role="cell" class="number" data-label=${t("col_decided")}><div>${number(c.counts.decided)}</div></td>
		<td role="cell" data-label=${t("col_status")}><div>${CaseState({ state: c.state })}${c.test && html` <${Chip} look="soon">${t("test_mark")}<//>`}</div></td>
		<td role="cell" data-label=${t("col_left")}><div>${Left({ due: c.due })}</div></td>
		<td role="cell" data-label=${t("col_owner")}>
			<div>${c.owner ? html`<bdi>${c.owner.name}</bdi>` : html`<span class="none">–</span>`}</div>
		</td>
	</tr>`;
};

const NUMBERS = ["col_items", "col_decided"];
const COLUMNS = ["select", "col_case", "col_peer", "col_items", "col_decided", "col_status", "col_left", "col_owner"];

export function Queue() {
	const { query } = place.value;
	const asked = JSON.stringify(query);
	const [news, setNews] = useState(0);
	const [at, setAt] = useState(-1);
	const [selected, setSelected] = useState(() => new Set());
	const state = useApi(
		() => get(CASES, { limit: PAGE, ...query }),
		[asked],
		(event) => touches(event) && setNews((n) => n + 1),
		arrived(CASES, { limit: PAGE, ...query }),
	);
	const cases = useSame(() => state.data?.cases || [], [state.data]);
	const show = async () => {
		setNews(0);
		await state.reload();
	};
	const toggle = (id) =>
		setSelected((old) => {
			const s = new Set(old);
			if (!s.delete(id)) s.add(id);
			return s;
		});
	const take = async (ids) => {
		let taken = 0;
		for (const id of ids) {
			try {
				await post(`/v1/cases/${id}/claim`);
				taken++;
			} catch (e) {
				if (!(e instanceof Problem)) throw e;
				say(e.message);
			}
		}
		if (taken > 0) say(t("taken", taken));
		setSelected(new Set());
		await show();
	};
	/* Where the next press leads is fetched while nobody waits for it. */
	useEffect(() => {
		if (state.data) (globalThis.requestIdleCallback || setTimeout)(() => import("./case.js"));
	}, [state.data !== null]);
	const row = useSame(() => rowOf(toggle), []);
	const picked = (group) => group.map((c) => c.case).filter((id) => selected.has(id)).join(" ");
	useEffect(() => {
		/** @type {HTMLElement | null} */ (document.querySelector(`a[data-row="${at}"]`))?.focus();
	}, [at]);
	const works = WORKERS.includes(me.value.role);
	useEffect(
		() =>
			bind({
				j: () => setAt((n) => Math.min(n + 1, cases.length - 1)),
				k: () => setAt((n) => Math.max(n - 1, 0)),
				Enter: (e) => (at >= 0 && !e.target.closest("a, button") ? go(`case/${cases[at].case}`) : e.target.click()),
				x: () => at >= 0 && toggle(cases[at].case),
				a: () => works && at >= 0 && take([cases[at].case]),
			}),
		[at, cases, works],
	);
	return html`
		<div class="heading">
			<h1>${t("cases_title")}</h1>
			${state.at && html`<p class="meta">${t("as_of", when(state.at.toISOString()))}</p>`}
		</div>
		<${Filters} query=${query} />
		<p class="news" role="status">
			${news > 0 &&
			html`${t("updates", news)} <button type="button" class="quiet" onClick=${show}>${t("show_them")}</button>`}
		</p>
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
			${selected.size > 0 &&
			works &&
			html`<div class="bulk wrap">
				<span>${t("selected", selected.size)}</span>
				<button type="button" onClick=${() => take([...selected])}>${t("take")}</button>
				${selected.size < cases.length && html`<button type="button" class="quiet" onClick=${() => setSelected(new Set(cases.map((c) => c.case)))}>${t("select_page", cases.length)}</button>`}
				<button type="button" class="quiet" onClick=${() => setSelected(new Set())}>${t("select_none")}</button>
			</div>`}
			<nav class="pager" aria-label=${t("pages")}>
				${query.after && html`<a href=${href("cases", { ...query, after: undefined })}>${t("first_page")}</a>`}
				${state.data.next && html`<a href=${href("cases", { ...query, after: state.data.next })}>${t("next_page")}</a>`}
			</nav>`}
	`;
}

