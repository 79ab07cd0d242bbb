/* The frame of every screen: skip link, who and where, sections, search, connection. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor.js";
import { get, me, node } from "./api.js";
import { home } from "./early.js";
import { choose, lang, t, whenThere, withTexts, word } from "./lang.js";
import { live, onEvent } from "./live.js";
import { Act, notice, overlay, sayNoMore, useAgain } from "./parts.js";
import { go, href, place } from "./route.js";
import { bind } from "./keys.js";
import { sectionsOf } from "./screens.js";

function Connection() {
	const { state, since } = live.value;
	if (state === "live") return html`<p class="connection live"><span aria-hidden="true">●</span> ${t("live")}</p>`;
	if (state === "connecting") return html`<p class="connection">${t("connecting")}</p>`;
	return html`<p class="connection lost" role="status">
		<span aria-hidden="true">○</span> ${since ? t("lost_since", whenThere(since.toISOString())) : t("lost")}
	</p>`;
}

/* A channel that is a TEST says so above everything that is shown. */
function TestMark({ peers }) {
	const of = (peers || []).filter((p) => p.test).map((p) => p.peer);
	if (of.length === 0) return null;
	return html`<p class="test-mark"><strong>${t("test_mark")}</strong> ${t("test_channel", of.join(", "))}</p>`;
}

export function Languages() {
	return html`<nav class="languages" aria-label=${t("language")}>
		${["id", "en"].map(
			(code) => html`<button
				key=${code}
				type="button"
				class="plain"
				lang=${code}
				aria-pressed=${lang.value === code ? "true" : "false"}
				onClick=${() => choose(code)}
			>${code.toUpperCase()}</button>`,
		)}
	</nav>`;
}

function Search() {
	const box = useRef(null);
	useLayoutEffect(() => bind({ "/": () => box.current?.focus() }), []);
	const submit = (event) => {
		event.preventDefault();
		const q = box.current.value.trim();
		if (q) go("search", { q });
	};
	return html`<form role="search" class="search" onSubmit=${submit}>
		<label class="hidden" for="search">${t("search")}</label>
		<input id="search" type="search" ref=${box} placeholder="/ ${t("search")}" autocomplete="off" />
	</form>`;
}

/* What it asks before the end is fetched when somebody wants to go. */
function LogOut() {
	const [Leave, set] = useState(null);
	const press = async () => {
		const part = await withTexts(() => import("./leave.js"));
		set(() => part.Leave);
	};
	return Leave ? html`<${Leave} />` : html`<${Act} class="plain" run=${press}>${t("logout")}<//>`;
}

const STATUS_MS = 20000; /* a log that is closed tells no event */

function useStanding() {
	const frozen = node.value?.frozen || [];
	const [Standing, set] = useState(null);
	useEffect(() => {
		if (frozen.length > 0 && !Standing) withTexts(() => import("./standing.js")).then((m) => set(() => m.Standing), () => {});
	}, [frozen.length]);
	return frozen.length > 0 && Standing ? html`<${Standing} frozen=${frozen} />` : null;
}

/* Another screen begins at its heading, for who hears it and for the next Tab: unless it has put
 * the focus itself, or a person has pressed something meanwhile. */
function useArrival(main, path) {
	const from = useRef(path);
	useEffect(() => {
		if (from.current === path) return undefined;
		from.current = path;
		const { current: on } = main;
		if (on.contains(document.activeElement) && document.activeElement !== on) return undefined;
		const arrive = () => {
			const to = on.querySelector("h1") || on;
			if (to === document.activeElement) return;
			to.tabIndex = -1;
			to.focus({ preventScroll: true });
		};
		arrive();
		/* Its parts come later than it does. */
		const seen = new MutationObserver(() => [on, document.body].includes(document.activeElement) && arrive());
		seen.observe(on, { childList: true, subtree: true });
		const stay = () => seen.disconnect();
		for (const what of ["keydown", "pointerdown"]) addEventListener(what, stay, { capture: true, once: true });
		return () => {
			stay();
			for (const what of ["keydown", "pointerdown"]) removeEventListener(what, stay, { capture: true });
		};
	}, [path]);
}

export function Shell({ children }) {
	const main = useRef(null);
	useArrival(main, place.value.path);
	const standing = useStanding();
	const ask = () => get("/v1/status").then((s) => (node.value = s), () => {});
	useAgain(ask, STATUS_MS);
	useEffect(() => {
		ask();
		return onEvent((e) => /^(policy|channel)\./.test(e.type) && ask());
	}, []);
	const here = place.value.path.split("/")[0] || home(me.value.role);
	const sections = sectionsOf(me.value.role, node.value?.role);
	useEffect(sayNoMore, [place.value.path]);
	/* Of several tabs each says what it shows. */
	const shown = sections.find((s) => here === s.path || s.also?.includes(here));
	useEffect(() => {
		document.title = [shown && t(shown.title), node.value?.name, "Saluran"].filter(Boolean).join(" · ");
	}, [shown, lang.value, node.value?.name]);
	useLayoutEffect(() => bind({ "?": () => go("settings") }), []);
	useLayoutEffect(
		() => bind(Object.fromEntries(sections.map((s) => [`g ${s.key}`, () => go(s.path)]))),
		[me.value.role, node.value?.role],
	);
	return html`
		<a class="skip" href="#main">${t("skip")}</a>
		<header>
			<div class="bar">
				<p class="whose">
					<strong class="mark">Saluran</strong> <bdi>${node.value?.name}</bdi>
					<span class="role"> <bdi>${me.value.name}</bdi> (${word("role", me.value.role)})</span>
				</p>
				${me.value.role !== "operator" && html`<${Search} />`}
				<${Connection} />
				<${Languages} />
				<${LogOut} />
			</div>
			<div class="bar">
				<nav class="sections" aria-label=${t("nav")}>
					${sections.map(
						(s) => html`<a
							key=${s.path}
							href=${href(s.path)}
							aria-current=${here === s.path || s.also?.includes(here) ? "page" : undefined}
						>${t(s.title)}</a>`,
					)}
				</nav>
			</div>
			<${TestMark} peers=${node.value?.peers} />
			${standing}
		</header>
		<main id="main" tabindex="-1" ref=${main}>${children}${overlay.value && html`<${overlay.value} key=${place.value.path} />`}</main>
		<p class="said-last" role="status" aria-live="polite">${notice.value}</p>
	`;
}
