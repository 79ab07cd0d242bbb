/* A second factor: its secret as QR code and as letters, the first code, the recovery
 * codes; and without it again. */
import { html, useState } from "./vendor.js";
import { me, post, whoAmI } from "./api.js";
import { Once, text, useRun } from "./form.js";
import { t } from "./lang.js";
import { Alone } from "./login.js";
import { Act, Chip, Field, say } from "./parts.js";
import { Qr } from "./qr.js";

/* Where the node asks for a second factor before anything else. */
export function DeviceFirst({ go_on }) {
	return html`<${Alone} /><main id="main"><h1>${t("setup_device")}</h1>
		<p class="lead">${t("totp_first")}</p>
		<${Device} />
		${me.value.totp === "enrolled" && html`<div class="bar start"><button type="button" onClick=${go_on}>${t("totp_go_on")}</button></div>`}
	</main>`;
}

export function Device({ done }) {
	const [made, setMade] = useState(null);
	const [codes, setCodes] = useState(null);
	const [f, set] = useState({ code: "" });
	const [run, trouble] = useRun();
	const enrolled = me.value.totp === "enrolled";
	const begin = () => run(async () => setMade(await post("/v1/me/totp")));
	const ended = async (got) => {
		setMade(null);
		set({ code: "" });
		setCodes(got.recovery_codes || null);
		await whoAmI();
		await done?.();
	};
	const confirm = () => run(async () => ended(await post("/v1/me/totp/confirm", { code: f.code })));
	const again = () => run(async () => ended(await post("/v1/me/recovery", { code: f.code })));
	const off = () =>
		run(async () => {
			await ended(await post("/v1/me/totp/off", { code: f.code }));
			say(t("totp_is_off"));
		});
	const code = html`<${Field} label=${t("login_code")}>${text(f, set, "code", { inputmode: "numeric", autocomplete: "one-time-code", maxlength: 40 })}<//>`;
	return html`
		<p>${enrolled ? html`<${Chip} look="done">${t("totp_on")}<//>` : html`<${Chip} look="waiting">${t("totp_none")}<//>`} ${t("totp_why")}</p>
		${codes && html`<${Once} label=${t("totp_codes")}>${codes.join(" ")}<//>`}
		${trouble}
		${!enrolled && !made && html`<div class="bar start"><${Act} run=${begin}>${t("totp_begin")}<//></div>`}
		${made &&
		html`<p>${t("totp_scan")}</p>
			<${Qr} text=${made.uri} label=${t("totp_qr")} />
			<p class="meta">${t("totp_letters")} <code>${made.secret}</code></p>
			${code}
			<div class="bar start"><${Act} run=${confirm} off=${!f.code.trim()}>${t("totp_confirm")}<//></div>`}
		${enrolled && html`<details><summary>${t("totp_again")}</summary><p class="meta">${t("totp_again_why", me.value.recovery_codes)}</p>${code}<${Act} quiet run=${again} off=${!f.code.trim()}>${t("totp_again")}<//></details>
			<details><summary>${t("totp_off")}</summary>${code}<${Act} quiet run=${off} off=${!f.code.trim()}>${t("totp_off")}<//></details>`}
	`;
}
