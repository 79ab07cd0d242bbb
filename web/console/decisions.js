/* Decisions that are chosen and not sent: a draft of this browser for each case.  Each row
 * reads its own, so that choosing one of ten thousand draws one row. */
import { signal } from "./vendor.js";
import { draftOf, keepDraft } from "./drafts.js";

export const OUTCOMES = ["removed", "restricted", "kept", "not_found", "already_removed"];
const LATER_MS = 300;
const AT_ONCE = 200; /* a draft of fewer is kept with each choice */

/* [0, 1, 2, 7] as "0-2,7" and back. */
export function ranges(items) {
	const out = [];
	for (let k = 0; k < items.length; k++) {
		const from = items[k];
		while (items[k + 1] === items[k] + 1) k++;
		out.push(items[k] === from ? `${from}` : `${from}-${items[k]}`);
	}
	return out.join(",");
}

function numbers(text) {
	return text.split(",").flatMap((part) => {
		const [from, to = from] = part.split("-").map(Number);
		return Array.from({ length: to - from + 1 }, (_, k) => from + k);
	});
}

class Draft {
	constructor(person, id) {
		this.person = person;
		this.name = `${id}.decisions`;
		this.rows = new Map();
		this.seen = new Map(); /* item → signal of what is chosen */
		this.version = signal(0);
		/** @type {{ value: any[] }} */
		this.lost = signal([]); /* {item, chosen}: decided meanwhile, and not told enough yet */
		this.timer = 0;
		this.mine = new Set(); /* items chosen here that are not kept yet */
		try {
			this.rows = this.stored();
		} catch {
			keepDraft(this.name, "", person);
		}
		addEventListener("pagehide", () => this.mine.size > 0 && this.keep());
		addEventListener("storage", (e) => e.key?.endsWith(`${person}.${this.name}`) && this.merge());
	}

	stored() {
		const rows = new Map();
		for (const g of JSON.parse(draftOf(this.name, this.person) || "[]"))
			for (const i of numbers(g.items)) rows.set(i, { outcome: g.outcome, reason: g.reason });
		return rows;
	}

	/* What another tab has chosen meanwhile counts, but for what was chosen here since. */
	merge() {
		const theirs = this.stored();
		for (const i of this.mine)
			if (this.rows.has(i)) theirs.set(i, this.rows.get(i));
			else theirs.delete(i);
		this.rows = theirs;
		for (const [i, row] of this.seen) {
			const now = theirs.get(i);
			if (row.peek()?.outcome !== now?.outcome || row.peek()?.reason !== now?.reason) row.value = now;
		}
		this.version.value++;
	}

	of(i) {
		if (!this.seen.has(i)) this.seen.set(i, signal(this.rows.get(i)));
		return this.seen.get(i);
	}

	put(items, value) {
		for (const i of items) {
			if (value) this.rows.set(i, value);
			else this.rows.delete(i);
			this.mine.add(i);
			if (this.seen.has(i)) this.seen.get(i).value = value;
		}
		this.version.value++;
		clearTimeout(this.timer);
		if (this.rows.size <= AT_ONCE) this.keep();
		else this.timer = setTimeout(() => this.keep(), LATER_MS);
	}

	choose(i, outcome) {
		const reason = this.rows.get(i)?.reason || "";
		this.put([i], outcome || reason ? { outcome, reason } : undefined);
	}

	say(i, reason) {
		const outcome = this.rows.get(i)?.outcome || "";
		this.put([i], outcome || reason ? { outcome, reason } : undefined);
	}

	/* What is decided by now is not chosen any more: these are told beside what was chosen. */
	lose(decided) {
		const lost = decided.filter((item) => this.rows.has(item.i)).map((item) => ({ item, chosen: this.rows.get(item.i) }));
		if (lost.length === 0) return false;
		this.put(lost.map(({ item }) => item.i), undefined);
		this.lost.value = [...this.lost.value, ...lost];
		return true;
	}

	/* Those with an outcome, by what is decided of them: one decision each. */
	groups() {
		const by = new Map();
		for (const [i, { outcome, reason }] of this.rows) {
			if (!outcome) continue;
			const key = `${outcome} ${reason}`;
			if (!by.has(key)) by.set(key, { outcome, reason, items: [] });
			by.get(key).items.push(i);
		}
		const order = (g) => OUTCOMES.indexOf(g.outcome);
		for (const g of by.values()) g.items.sort((a, b) => a - b);
		return [...by.values()].sort((a, b) => order(a) - order(b) || a.items[0] - b.items[0]);
	}

	keep() {
		clearTimeout(this.timer);
		this.mine.clear();
		const by = new Map();
		for (const [i, { outcome, reason }] of [...this.rows].sort(([a], [b]) => a - b)) {
			const key = `${outcome} ${reason}`;
			if (!by.has(key)) by.set(key, { outcome, reason, items: [] });
			by.get(key).items.push(i);
		}
		const groups = [...by.values()].map((g) => ({ ...g, items: ranges(g.items) }));
		keepDraft(this.name, groups.length ? JSON.stringify(groups) : "", this.person);
	}
}

const drafts = new Map();
export function draftFor(person, id) {
	const key = `${person} ${id}`;
	if (!drafts.has(key)) drafts.set(key, new Draft(person, id));
	return drafts.get(key);
}
