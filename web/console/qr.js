/* A QR code beside the words that it says, drawn from the path that the node computes. */
import { html } from "./vendor.js";
import { post } from "./api.js";
import { t } from "./lang.js";
import { useApi } from "./parts.js";

export function Qr({ text, label }) {
	const state = useApi(() => post("/v1/qr", { text }), [text]);
	if (!state.data) return null;
	const { size, path } = state.data;
	return html`<svg class="qr" role="img" aria-label=${label} viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">
		<path d=${path} />
	</svg>`;
}

/* Eight words, in two lines as they are read out. */
export function Fingerprint({ words }) {
	const all = words.split("-");
	const half = Math.ceil(all.length / 2);
	return html`<p class="words"><code>${all.slice(0, half).join("-")}-<wbr />${all.slice(half).join("-")}</code></p>
		<${Qr} text=${words} label=${t("qr_of", words)} />`;
}
