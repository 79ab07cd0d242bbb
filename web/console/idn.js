/* A name whose letters are not ASCII: it is kept as its punycode (RFC 3492), which says what
 * is meant, and shown in its letters beside it, which may look like others. */
import { html } from "./vendor.js";
import { t } from "./lang.js";
import { Said } from "./parts.js";

const BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128;
const CODE_MAX = 0x10ffff;

function adapt(delta, points, first) {
	let d = first ? Math.floor(delta / DAMP) : delta >> 1;
	let k = 0;
	d += Math.floor(d / points);
	for (; d > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) d = Math.floor(d / (BASE - T_MIN));
	return k + Math.floor(((BASE - T_MIN + 1) * d) / (d + SKEW));
}

const digitOf = (c) => (c >= 48 && c <= 57 ? c - 22 : c >= 97 && c <= 122 ? c - 97 : BASE);

/* One label behind its "xn--"; null: it is none. */
function decode(label) {
	const cut = label.lastIndexOf("-");
	const out = [...label.slice(0, Math.max(0, cut))].map((c) => c.codePointAt(0));
	let n = FIRST, i = 0, bias = BIAS;
	for (let at = cut + 1; at < label.length; ) {
		const old = i;
		for (let w = 1, k = BASE; ; k += BASE) {
			const digit = at < label.length ? digitOf(label.charCodeAt(at++)) : BASE;
			if (digit >= BASE) return null;
			i += digit * w;
			const limit = Math.min(T_MAX, Math.max(T_MIN, k - bias));
			if (digit < limit) break;
			w *= BASE - limit;
		}
		bias = adapt(i - old, out.length + 1, old === 0);
		n += Math.floor(i / (out.length + 1));
		i %= out.length + 1;
		if (n > CODE_MAX) return null;
		out.splice(i++, 0, n);
	}
	return String.fromCodePoint(...out);
}

export const lettersOf = (name) => name.split(".").map((l) => (l.startsWith("xn--") ? (decode(l.slice(4).toLowerCase()) ?? l) : l)).join(".");

/* Beside a name that stands as punycode; nothing beside another. */
export function Punycode({ name }) {
	if (!name || !/(^|\.)xn--/i.test(name)) return null;
	return html`<span class="under">${t("idn_letters")} <${Said}>${lettersOf(name)}<//></span>`;
}
