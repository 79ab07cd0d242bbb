/* What the node says in English, in the reader's language: sentences.json has the sentences
 * that people meet daily, each with places such as {n} or {role} for what stands in it.  What
 * is not among them stays as the node said it. */
import { exactly, lang, number, span, t, when, word } from "./lang.js";
import { exchange } from "./early.js";

const FAMILIES = ["role", "party", "state", "order", "event", "outcome", "ground", "category", "class", "target", "guard", "rung"];
const SHAPES = { n: "-?\\d+", time: "[-\\dT:.]+Z" };
const UNITS = { h: 3600, min: 60, s: 1 };
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const PLACE = /\{([a-z]+)\d?\}/g;
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/* A place of a kind is written as people of the language write it; "said" is a sentence, a
 * time or a length of time, within one; "time" is evidence, with its seconds. */
function shown(kind, value, rules) {
	if (kind === "n") return number(Number(value));
	if (kind === "said") return within(value, rules);
	if (kind === "time") return exactly(value);
	if (TIME.test(value)) return when(value);
	if (kind === "event") return word("event", value);
	return FAMILIES.includes(kind) ? word(kind, value) : value;
}

function within(value, rules) {
	if (TIME.test(value)) return exactly(value);
	for (const one of rules) {
		const said = one(value, rules);
		if (said) return said;
	}
	const [, n, unit] = /^(\d+) (h|min|s)$/.exec(value) || [];
	return unit ? span(Number(n) * UNITS[unit]) : value;
}

/** @param {[string, string]} row */
function rule([english, own]) {
	const kinds = [...english.matchAll(PLACE)];
	let shape = "";
	let at = 0;
	for (const k of kinds) {
		shape += `${escaped(english.slice(at, k.index))}(${SHAPES[k[1]] || ".+?"})`;
		at = (k.index ?? 0) + k[0].length;
	}
	const is = new RegExp(`^${shape}${escaped(english.slice(at))}$`, "s");
	return (text, rules) => {
		const got = is.exec(text);
		if (!got) return null;
		const values = new Map(kinds.map((k, i) => [k[0], shown(k[1], got[i + 1], rules)]));
		return own.replace(PLACE, (place) => values.get(place) ?? place);
	};
}

let rules = null;

async function load() {
	const came = await exchange(new URL("../sentences.json", import.meta.url));
	if (!came.ok) throw new Error(`HTTP ${came.status}`);
	return Object.entries(came.shown).map(rule);
}

/* The broken norm stands first, "protocol 6: …", and stays. */
const NORM = /^((?:protocol|dns|RFC) [\d. ,§-]+: )(.*)$/s;

/* null: there is none in this language. */
export async function own(text) {
	if (lang.value !== "id" || !text) return null;
	rules ??= load().catch(() => (rules = null));
	const all = (await rules) || [];
	const [, norm, rest] = NORM.exec(text) || [null, "", text];
	for (const one of all) {
		const said = one(rest, all);
		if (said) return norm ? t("by_norm", said, norm.replace(/: $/, "")) : said;
	}
	return null;
}
