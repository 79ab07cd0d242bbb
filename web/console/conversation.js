/* The conversation of a case: messages with what is proven of each, notes that never leave,
 * and the place where one writes. */
import { html, useEffect, useRef, useState } from "./vendor.js";
import { get, me, newKey, node, post, Problem } from "./api.js";
import { Author } from "./author.js";
import { draftOf, keepDraft, onSent, sentDraft } from "./drafts.js";
import { t, when, word } from "./lang.js";
import { Act, Said, Trouble, When, recorded, useApi } from "./parts.js";

/* Some write to the other side; more keep notes. */
const WRITES = ["officer", "agent", "lead"];
const NOTES = ["admin", "officer", "approver", "agent", "lead"];
const READ_AFTER_MS = 1000;
const READ_LOOK_MS = 250;
const READ_AGAIN_MS = 10000; /* after the node took none */
const READ_PART = 0.9;
const READ_MAX = 64; /* of one request */

/* A word and a time, always: sent, receipted by the other side's node, read by a person. */
function Ticks({ m, c }) {
	const entry = c.timeline.find((e) => e.party === m.party && e.seq === m.seq);
	if (m.read) return html`<span class="ticks">✓✓ ${t("tick_read", when(m.read))}</span>`;
	if (entry?.level === "received")
		return html`<span class="ticks">✓ ${t("tick_receipted", when(entry.received))}</span>`;
	return html`<span class="ticks">${t("tick_sent", when(m.at))}</span>`;
}

/* Is it on the screen: nearly all of it, or, where it is taller than the window, its end under
 * half a window of it. */
function onScreen(box) {
	const { top, bottom, height } = box.getBoundingClientRect();
	const there = Math.min(bottom, innerHeight) - Math.max(top, 0);
	return (height > 0 && there >= READ_PART * height) || (height > innerHeight && bottom <= innerHeight && there >= innerHeight / 2);
}

/* Read is evidence: only of a message that stays on the screen, in the tab that has the focus,
 * with no dialog over it.  mark(seqs): rising. */
function useRead(list, waits, mark) {
	useEffect(() => {
		if (!waits) return undefined;
		let since = new Map(); /* seq → when it came to be there */
		let marks = false;
		const look = async () => {
			const now = performance.now();
			const sees = document.visibilityState === "visible" && document.hasFocus() && !document.querySelector("dialog[open]");
			const there = sees ? [...list.current.querySelectorAll("[data-unread]")].filter(onScreen).map((box) => Number(box.dataset.unread)) : [];
			since = new Map(there.map((seq) => [seq, since.get(seq) ?? now]));
			const read = there.filter((seq) => now - since.get(seq) >= READ_AFTER_MS);
			if (marks || read.length === 0) return;
			marks = true;
			const done = await mark(read.sort((a, b) => a - b).slice(0, READ_MAX));
			setTimeout(() => (marks = false), done ? 0 : READ_AGAIN_MS);
		};
		const timer = setInterval(look, READ_LOOK_MS);
		return () => clearInterval(timer);
	}, [waits]);
}

function Message({ m, c }) {
	const theirs = c.ourParty !== undefined && m.party !== c.ourParty;
	return html`<li class="message of-${m.party}" data-unread=${theirs && !m.read ? m.seq : undefined}>
		<p class="meta">${word("party", m.party)} · <${Author} of=${m.author} /> · <${When} at=${m.at} /></p>
		<p class="said"><${Said}>${m.text ?? t("erased")}<//></p>
		<p class="meta">
			${theirs ? (m.read ? t("tick_read", when(m.read)) : t("not_read")) : html`<${Ticks} m=${m} c=${c} />`}
		</p>
	</li>`;
}

function Note({ n }) {
	return html`<li class="message note">
		<p class="meta">${t("note_internal")} · <${Said}>${n.author}<//> · <${When} at=${n.at} /></p>
		<p class="said"><${Said}>${n.text}<//></p>
	</li>`;
}

function Composer({ c, reload, notes }) {
	const targets = WRITES.includes(me.value.role) ? ["peer", "note"] : ["note"];
	const [target, setTarget] = useState(targets[0]);
	const name = `${c.case}.${target}`;
	const [text, setText] = useState(() => draftOf(name));
	const [problem, setProblem] = useState(null);
	const [kept, setKept] = useState(null);
	const key = useRef(newKey());
	const now = useRef({ name, text });
	now.current = { name, text };
	/* Tabs have one draft: where another sends its own, that of this one is kept. */
	useEffect(() => onSent(name, (sent) => now.current.text !== sent && keepDraft(name, now.current.text)), [name]);
	const choose = (to) => {
		setTarget(to);
		setText(draftOf(`${c.case}.${to}`));
		setProblem(null);
	};
	const write = (value) => {
		setText(value);
		keepDraft(name, value);
		setKept(new Date().toISOString());
		key.current = newKey();
	};
	const remove = () => {
		write("");
		setKept(null);
		setProblem(null);
	};
	const send = async () => {
		setProblem(null);
		try {
			const path = target === "peer" ? "say" : "notes";
			recorded(await post(`/v1/cases/${c.case}/${path}`, { text }, key.current));
			sentDraft(name, text);
			/* Somebody may have written on while it was sent. */
			if (now.current.name === name && now.current.text === text) {
				setText("");
				setKept(null);
				key.current = newKey();
			}
			await (target === "peer" ? reload() : notes.reload());
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			setProblem(e);
		}
	};
	return html`<form class="composer" onSubmit=${(e) => e.preventDefault()}>
		<fieldset>
			<legend class="hidden">${t("write_to")}</legend>
			${targets.map(
				(to) => html`<label key=${to} class="choice">
					<input type="radio" name="to" checked=${target === to} onChange=${() => choose(to)} />
					${t(to === "peer" ? "to_peer" : "note_internal")}
				</label>`,
			)}
		</fieldset>
		<label for="composer" class="hidden">${t(target === "peer" ? "write_message" : "write_note")}</label>
		<textarea id="composer" rows="4" value=${text} maxlength="20000"
			class=${target === "note" ? "note" : ""}
			placeholder=${t(target === "peer" ? "write_message" : "write_note")}
			onInput=${(e) => write(e.target.value)}></textarea>
		${problem && html`<${Trouble} problem=${problem} retry=${send} />
			<p><button type="button" class="quiet" onClick=${remove}>${t("remove_text")}</button></p>`}
		<div class="bar">
			<span class="meta" role="status">${kept && text && t("draft_kept", when(kept))}</span>
			<${Act} run=${send} off=${!text.trim()}>${t(target === "peer" ? "send" : "keep_note")}<//>
		</div>
	</form>`;
}

export function Conversation({ c, reload }) {
	const notes = useApi(() => get(`/v1/cases/${c.case}/notes`), [c.case]);
	const ours = node.value?.role;
	const list = useRef(null);
	const mark = async (seqs) => {
		try {
			await post(`/v1/cases/${c.case}/read`, { seqs });
			await reload();
			return true;
		} catch (e) {
			if (!(e instanceof Problem)) throw e;
			return false;
		}
	};
	const rows = [
		...c.messages.map((m) => ({ at: m.at, key: m.party + m.seq, m })),
		...(notes.data?.notes || []).map((n) => ({ at: n.at, key: n.note, n })),
	].sort((a, b) => (a.at < b.at ? -1 : 1));
	const unread = c.messages.some((m) => ours && m.party !== ours && !m.read);
	useRead(list, unread && WRITES.includes(me.value.role) && c.case, mark);
	const shown = { ...c, ourParty: ours };
	return html`<section aria-labelledby="conversation">
		<h2 id="conversation">${t("conversation")}</h2>
		${notes.problem && html`<${Trouble} problem=${notes.problem} retry=${notes.reload} />`}
		${rows.length === 0 && !notes.problem && html`<p class="empty">${t("no_messages")}</p>`}
		<ol class="messages" ref=${list}>
			${rows.map((r) =>
				r.m
					? html`<${Message} key=${r.key} m=${r.m} c=${shown} />`
					: html`<${Note} key=${r.key} n=${r.n} />`,
			)}
		</ol>
		${NOTES.includes(me.value.role) && html`<${Composer} c=${c} reload=${reload} notes=${notes} />`}
	</section>`;
}
