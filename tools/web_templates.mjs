/* The templates of the console's modules as calls, so that no browser reads them:
 *
 *     web_templates.mjs HTM FOLDER
 *
 * html`<p class="a">${x}</p>` of each module in FOLDER becomes $h("p", { "class": "a" }, x), by
 * the parser of htm itself (HTM is its folder); what a module does stays the same. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const TAG = /(^|[^\w$.])html$/;
/* What stands before a slash that begins no regular expression: the end of a value. */
const VALUE = /[\w$)\]}"'`]$/;
const WORDS = /(^|[^\w$])(return|typeof|case|of|in|do|else)$/;

/* The end of what begins at `at` and is closed by `mark`, one escaped aside. */
function closed(text, at, mark) {
	let i = at + 1;
	for (let within = false; i < text.length && (within || text[i] !== mark); i++) {
		if (text[i] === "\\") i++;
		else if (mark === "/" && text[i] === "[") within = true;
		else if (text[i] === "]") within = false;
	}
	return i + 1;
}

/* What a browser would give the tag of it. */
const cooked = (raw) => new Function(`return \`${raw}\`;`)();

export class Templates {
	/** @param {{build: Function, treeify: Function}} htm */
	constructor(htm) {
		this.htm = htm;
	}

	/* {statics, values} of the template that begins at `at`, and where it ends. */
	read(text, at) {
		const statics = [], values = [];
		let from = at + 1;
		for (let i = from; ; ) {
			if (i >= text.length) throw new Error("a template has no end");
			if (text[i] === "\\") i += 2;
			else if (text[i] === "`") return { statics: [...statics, text.slice(from, i)], values, end: i + 1 };
			else if (text.startsWith("${", i)) {
				const value = this.code(text, i + 2, true);
				statics.push(text.slice(from, i));
				values.push(value.out);
				i = from = value.end + 1;
			} else i++;
		}
	}

	/* As calls; `values` are the expressions. */
	calls(statics, values) {
		const fields = values.map((source) => ({ source }));
		const tree = this.htm.treeify(this.htm.build.apply(null, [statics.map(cooked), ...fields]), fields);
		const one = (v) => (v?.source !== undefined ? v.source : typeof v === "object" && v !== null ? element(v) : JSON.stringify(v));
		const value = ([first, ...more]) => more.reduce((sum, v) => `${sum} + ((${one(v)}) + "")`, more.length > 0 ? `(${one(first)})` : one(first));
		const props = (all) => (all.length === 0 ? "null" : `{ ${all.map((p) => (p.source !== undefined ? `...(${p.source})` : Object.entries(p).map(([k, v]) => `${JSON.stringify(k)}: ${value(v)}`).join(", "))).join(", ")} }`);
		const element = ({ tag, props: all, children }) => `$h(${[one(tag), props(all), ...children.map(one)].join(", ")})`;
		return Array.isArray(tree) ? `[${tree.map(one).join(", ")}]` : `(${one(tree)})`;
	}

	/* What a module says from `at` on, to its end or to the brace that closes a value. */
	code(text, at, inValue = false) {
		let out = "", depth = 0, i = at;
		const copy = (end) => {
			out += text.slice(i, end);
			i = end;
		};
		while (i < text.length) {
			const c = text[i];
			if (text.startsWith("//", i)) copy(Math.max(text.indexOf("\n", i), i + 2));
			else if (text.startsWith("/*", i)) copy(text.indexOf("*/", i) + 2);
			else if (c === '"' || c === "'") copy(closed(text, i, c));
			else if (c === "/" && (!VALUE.test(out.trimEnd()) || WORDS.test(out.trimEnd()))) copy(closed(text, i, c));
			else if (c === "`") {
				const { statics, values, end } = this.read(text, i);
				if (TAG.test(out)) out = out.slice(0, -4) + this.calls(statics, values);
				else out += `\`${statics.map((s, k) => (k === 0 ? s : `\${${values[k - 1]}}${s}`)).join("")}\``;
				i = end;
			} else if (c === "}" && inValue && depth === 0) return { out, end: i };
			else {
				depth += c === "{" ? 1 : c === "}" ? -1 : 0;
				copy(i + 1);
			}
		}
		if (inValue) throw new Error("a value of a template has no end");
		return { out, end: i };
	}

	module(text) {
		const { out } = this.code(text, 0);
		return out === text ? text : `import { h as $h } from "./vendor.js";\n${out}`;
	}
}

export const templatesOf = async (folder) => new Templates(await import(pathToFileURL(resolve(folder, "src", "build.mjs")).href));

async function main([htm, folder]) {
	const templates = await templatesOf(htm);
	for (const name of readdirSync(folder).filter((n) => n.endsWith(".js") && n !== "vendor.js")) {
		const path = join(folder, name);
		writeFileSync(path, templates.module(readFileSync(path, "utf8")));
	}
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
