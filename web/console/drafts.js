/* What is being written, kept in this browser until it is in the log: it outlives a reload,
 * a lost session, a stopped node and the back button.  Each person has their own. */
import { me } from "./api.js";

const place = (name) => `saluran.draft.${me.value.pseudonym}.${name}`;

export const draftOf = (name) => localStorage.getItem(place(name)) || "";

export function keepDraft(name, text) {
	if (text) localStorage.setItem(place(name), text);
	else localStorage.removeItem(place(name));
}
