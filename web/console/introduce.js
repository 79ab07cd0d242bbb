/* Introducing the other side: our file and our words to them, theirs to us.  The words go
 * by another way than the file. */
import { html, useState } from "./vendor.js";
import { get, post } from "./api.js";
import { area, choice, FileField, keepFile, text, useRun } from "./form.js";
import { t } from "./lang.js";
import { Act, Field, say, useApi } from "./parts.js";
import { Fingerprint } from "./qr.js";

const FILE_MAX = 65536;

export function OwnWords({ own }) {
	return html`<div class="part"><p>${t("fingerprint_why")}</p><${Fingerprint} words=${own.fingerprint} /></div>`;
}

/* Our file for them, under the policy that is proposed with it. */
export function Give({ done }) {
	const policies = useApi(() => get("/v1/policies"), []);
	const [f, set] = useState({ peer: "", policy: "id-2020" });
	const [made, setMade] = useState(null);
	const [run, trouble] = useRun();
	const make = () =>
		run(async () => {
			const got = await post("/v1/peers/introduce", { peer: f.peer.trim(), policy: f.policy });
			setMade(got);
			keepFile(`${got.peer}.introduction`, got.file);
			await done?.();
		});
	return html`<h3>${t("peer_give")}</h3>
		<p>${t("peer_give_why")}</p>
		<${Field} label=${t("peer_org")} hint=${t("peer_org_hint")}>${text(f, set, "peer", { maxlength: 100, autocapitalize: "none", spellcheck: "false" })}<//>
		<${Field} label=${t("policy")} hint=${t("peer_policy_hint")}>${choice(f, set, "policy", policies.data?.builtin || [f.policy])}<//>
		${trouble}
		${made && html`<p role="status">${t("peer_made", made.peer)} <button type="button" class="quiet" onClick=${() => keepFile(`${made.peer}.introduction`, made.file)}>${t("download_again")}</button></p>`}
		<div class="bar start"><${Act} run=${make} off=${!f.peer.trim()}>${t("peer_make")}<//></div>`;
}

/* Their file, and the words that they read out. */
export function Take({ done }) {
	const [f, set] = useState({ file: "", words: "", policy: "" });
	const [name, setName] = useState("");
	const [run, trouble] = useRun();
	const choose = async (event) => {
		const file = event.target.files[0];
		if (!file) return;
		setName(file.name);
		const read = file.size > FILE_MAX ? "" : await file.text();
		set((old) => ({ ...old, file: read })); /* what was typed meanwhile stays */
	};
	const add = () =>
		run(async () => {
			const body = { file: f.file, fingerprint: f.words.trim().toLowerCase().replace(/\s+/g, "-") };
			if (f.policy.trim()) body.policy = f.policy;
			const got = await post("/v1/peers", body);
			say(t("peer_added", got.name));
			await done?.();
		});
	return html`<h3>${t("peer_take")}</h3>
		<${Field} label=${t("peer_file")} error=${name && !f.file ? t("file_too_large") : null}>${(a) => html`<${FileField} a=${a} chosen=${name} onChange=${choose} />`}<//>
		<${Field} label=${t("peer_words")} hint=${t("peer_words_hint")}>${text(f, set, "words", { maxlength: 100, autocapitalize: "none", spellcheck: "false", autocomplete: "off" })}<//>
		<details><summary>${t("peer_policy_own")}</summary><${Field} label=${t("policy_text")}>${area(f, set, "policy", 4, 262144)}<//></details>
		${trouble}
		<div class="bar start"><${Act} run=${add} off=${!f.file || !f.words.trim()}>${t("peer_add")}<//></div>`;
}
