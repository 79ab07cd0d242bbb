/* Who put a hand to something.  Events carry pseudonyms; the people of this node read the names
 * of their colleagues, while those of the other side stay as they are. */
import { html, signal, useEffect } from "./vendor.js";
import { get } from "./api.js";
import { t, word } from "./lang.js";

const names = signal(new Map());
let asked = null;

async function ask() {
	const { colleagues } = await get("/v1/colleagues");
	names.value = new Map(colleagues.map((c) => [c.pseudonym, c.name]));
	return colleagues;
}

export function Author({ of }) {
	useEffect(() => {
		asked ??= ask().catch(() => (asked = null));
	}, []);
	const name = names.value.get(of);
	return name === undefined ? html`<code>${of}</code>` : html`<bdi title=${of}>${name}</bdi>`;
}

/* Those to whom work can be given, for a choice. */
const WORKING = ["officer", "approver", "agent", "lead"];

export async function whoWorks() {
	return (await ask())
		.filter((c) => c.active && WORKING.includes(c.role))
		.map((c) => [c.name, t("colleague_as", c.name, word("role", c.role))]);
}
