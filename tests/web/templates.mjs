/* Each template of the console says the same as calls (tools/web_templates.mjs) as htm makes of
 * it.  Without a browser. */
import { readFileSync, readdirSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import htm from "../../web/node_modules/htm/dist/htm.mjs";
import { Templates, templatesOf } from "../../tools/web_templates.mjs";

const here = new URL("../../web/", import.meta.url);
const plain = await templatesOf(new URL("node_modules/htm", here).pathname);
const h = (tag, props, ...children) => ({ tag, props, children });
let seen = 0;
let module = "";

function same(statics, as) {
	/* What stands at each place is another text, and no place is taken for another. */
	const values = statics.slice(1).map((_, i) => `<${i}>`);
	const calls = plain.calls(statics, values.map((_, i) => `v[${i}]`));
	const got = new Function("$h", "v", `return ${calls};`)(h, values);
	const strings = statics.map((raw) => new Function(`return \`${raw}\`;`)());
	const want = htm.call(h, strings, ...values);
	/* Compared as data: what htm makes has no prototype here and there. */
	const data = (x) => JSON.parse(JSON.stringify(x ?? null));
	if (!isDeepStrictEqual(data(got), data(want))) throw new Error(`${module}: ${as}\n${calls}\n${JSON.stringify(want)}`);
	seen++;
}

class Compared extends Templates {
	calls(statics, values) {
		same(statics, statics.join("${}"));
		return super.calls(statics, values);
	}
}

const compared = new Compared(plain.htm);
for (const name of readdirSync(new URL("console/", here)).filter((n) => n.endsWith(".js"))) {
	module = name;
	const text = readFileSync(new URL(`console/${name}`, here), "utf8");
	const out = compared.module(text);
	/* It is read to its end: no template is left, but for what comments say. */
	if (/[^\w]html`/.test(out.replace(/\/\*[\s\S]*?\*\//g, ""))) throw new Error(`${name}: a template is left`);
	new Function(out.replace(/^import [^;]*;$/gm, "").replace(/^export /gm, "").replace(/import\.meta/g, "({})"));
}

const given = [
	["html`<p>${a}</p>`", '$h("p", null, a)'],
	["html`<p a=${1} ...${b} c>${d}x</p>`", "...(b)"],
	["html`<${C} k=${x ? 1 : 2}-y />`", '(x ? 1 : 2) + (("-y") + "")'],
	["/html`/.test(x) ? html`<b>${html`<i />`}</b>` : 'html`'", '/html`/.test(x) ? ($h("b", null, ($h("i", null)))) : \'html`\''],
	["other`<p>${1}</p>`", "other`<p>${1}</p>`"],
	["a / html`<p />` / b", 'a / ($h("p", null)) / b'],
	["// html`<p>\nx", "// html`<p>\nx"],
];
for (const [text, want] of given) {
	const { out } = plain.code(text, 0);
	if (!out.includes(want)) throw new Error(`${text}: ${out}`);
}
for (const broken of ["html`<p>", "html`${a`"]) {
	try {
		plain.code(broken, 0);
	} catch {
		continue;
	}
	throw new Error(`${broken} is taken`);
}
if (seen < 500) throw new Error(`${seen} templates`);
console.log(`${seen} templates say the same`);
