/* What is being written, kept in this browser until it is in the log: it outlives a reload,
 * a lost session, a stopped node and the back button.  Each person has their own, and says
 * at the end of a session whether it stays on this machine. */
import { me, newKey } from "./api.js";
import { forget, keptNames } from "./keep.js";

const prefix = (person) => `saluran.draft.${person}.`;
const GONE = "saluran.gone";
let forgotten = null; /* the person whose drafts are gone: nothing of theirs comes back */
/* Another tab has forgotten them. */
addEventListener("storage", (e) => {
	if (e.key === GONE && e.newValue) forgotten = e.newValue.split(" ")[0];
});

export const draftOf = (name, person = me.value.pseudonym) => localStorage.getItem(prefix(person) + name) || "";

export function keepDraft(name, text, person = me.value.pseudonym) {
	if (text && person !== forgotten) localStorage.setItem(prefix(person) + name, text);
	else localStorage.removeItem(prefix(person) + name);
}

/* `text` has been sent.  What another tab, or the person meanwhile, has written is not that. */
export function sentDraft(name, text) {
	if (draftOf(name) === text) keepDraft(name, "");
}

/* fn(text): another tab has sent the draft, and so removed it. */
export function onSent(name, fn) {
	const of = prefix(me.value.pseudonym) + name;
	const hear = (e) => e.key === of && e.newValue === null && fn(e.oldValue);
	addEventListener("storage", hear);
	return () => removeEventListener("storage", hear);
}

const written = () => Object.keys(localStorage).filter((k) => k.startsWith(prefix(me.value.pseudonym)));

/* How many there are of whoever is logged in; a list on its way counts as one. */
export const countDrafts = async () => written().length + ((await keptNames()).length > 0 ? 1 : 0);

export async function forgetDrafts() {
	forgotten = me.value.pseudonym;
	localStorage.setItem(GONE, `${forgotten} ${newKey()}`);
	localStorage.removeItem(GONE);
	for (const k of written()) localStorage.removeItem(k);
	await Promise.all((await keptNames()).map(forget));
}
