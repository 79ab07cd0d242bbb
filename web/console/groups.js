/* Rows in groups that the browser lays out when they are near, so that finding and printing
 * still reach every row.  A group is drawn anew only when one of its properties is another, or a
 * signal that its rows read. */
import { html, useEffect, useRef, useState } from "./vendor.js";

const GROUP = 25;
const ABOVE_PX = 340; /* what is above the rows, */
const ROW_PX = 53, CARD_PX = 250; /* a row, and what it is on a narrow screen */
const NARROW_PX = 800;
const FRAMES = 40; /* in which all of them are drawn */

/* The same value until one of `deps` is another. */
export function useSame(make, deps) {
	const ref = useRef(null);
	if (ref.current === null || deps.some((d, k) => d !== ref.current.deps[k])) ref.current = { deps, value: make() };
	return ref.current.value;
}

export function slices(rows, size) {
	const out = [];
	for (let i = 0; i < rows.length; i += size) out.push(rows.slice(i, i + size));
	return out;
}

/* The first is in sight, so that the browser need not find that out. */
function Body({ rows, from, row, told }) {
	return html`<tbody role="rowgroup" class=${from > 0 ? "later" : undefined}>${rows.map((one, i) => row(one, from + i, told))}</tbody>`;
}

/* How many groups are there: of a table that comes up the first one, then, frame by frame, the
 * others, so that nobody waits for rows that are out of sight. */
function useFrames(all) {
	const [n, setN] = useState(1);
	useEffect(() => {
		if (n >= all) return undefined;
		const frame = requestAnimationFrame(() => setN(n + Math.ceil(all / FRAMES)));
		return () => cancelAnimationFrame(frame);
	}, [n, all]);
	return n;
}

/* Rows that the window has room for. */
function seenFirst() {
	const n = Math.ceil((innerHeight - ABOVE_PX) / (innerWidth > NARROW_PX ? ROW_PX : CARD_PX));
	return Math.min(GROUP, Math.max(1, n));
}

/* {from, rows} of each group. */
function grouped(rows) {
	const first = seenFirst();
	const out = rows.length > 0 ? [{ from: 0, rows: rows.slice(0, first) }] : [];
	for (let from = first; from < rows.length; from += GROUP) out.push({ from, rows: rows.slice(from, from + GROUP) });
	return out;
}

/**
 * The bodies of a table with the class "paged".  `row`: a function that stays the same, of an entry,
 * its place, and what `tell` says of its group in one word.
 * @param {{rows: any[], row: Function, tell?: Function}} of
 */
export function Bodies({ rows, row, tell }) {
	const groups = useSame(() => grouped(rows), [rows]);
	const n = useFrames(groups.length);
	return groups.slice(0, n).map((g) => html`<${Body} key=${g.from} rows=${g.rows} from=${g.from} row=${row} told=${tell?.(g.rows)} />`);
}
