/* The screens: where they are, what they are called, and whose work they are.  Only those
 * of the first minute come with the first load. */
import { Queue } from "./queue.js";

const later = (load, name) => ({ load, name });

/* path: {component}, or {load, name} of the module that has it */
export const screens = {
	cases: { component: Queue },
	case: later(() => import("./case.js"), "CaseScreen"),
	recorded: later(() => import("./recorded.js"), "Recorded"),
	signed: later(() => import("./recorded.js"), "Signed"),
	objected: later(() => import("./recorded.js"), "Objected"),
	disputes: later(() => import("./disputes.js"), "Disputes"),
	prepared: later(() => import("./prepared.js"), "Prepared"),
	held: later(() => import("./held.js"), "Held"),
	deadline: later(() => import("./deadline.js"), "Deadline"),
	decide: later(() => import("./decide_grid.js"), "Decide"),
	import: later(() => import("./import.js"), "Import"),
	orders: later(() => import("./orders.js"), "Orders"),
	order: later(() => import("./order.js"), "Order"),
	draft: later(() => import("./draft.js"), "Draft"),
	operators: later(() => import("./operators.js"), "Operators"),
	objections: later(() => import("./objections.js"), "Objections"),
	stats: later(() => import("./stats.js"), "Stats"),
	channel: later(() => import("./channel.js"), "Channel"),
	log: later(() => import("./log.js"), "Log"),
	access: later(() => import("./access.js"), "Access"),
	setup: later(() => import("./setup.js"), "Setup"),
	people: later(() => import("./people.js"), "People"),
	policies: later(() => import("./policies.js"), "Policies"),
	templates: later(() => import("./templates.js"), "Templates"),
	mail: later(() => import("./mail.js"), "Mails"),
	letter: later(() => import("./mail.js"), "Mail"),
	verify: later(() => import("./verify.js"), "Verify"),
	dns: later(() => import("./dns.js"), "Dns"),
	search: later(() => import("./search.js"), "Search"),
	settings: later(() => import("./settings.js"), "Settings"),
};

const staff = ["officer", "approver", "agent", "lead", "auditor", "admin"];
const sections = [
	{ path: "cases", title: "nav_cases", key: "q", also: ["case", "deadline", "decide", "recorded"], roles: staff },
	{ path: "prepared", title: "nav_prepared", key: "w", roles: ["officer"], party: "authority" },
	{ path: "held", title: "nav_held", key: "h", roles: ["agent", "lead"], party: "platform" },
	{ path: "disputes", title: "nav_disputes", key: "p", roles: ["officer", "approver", "agent", "lead"] },
	{ path: "import", title: "nav_import", key: "i", roles: ["officer"], party: "authority" },
	{ path: "mail", title: "nav_mail", key: "e", also: ["letter"], roles: ["officer", "approver", "auditor"], party: "authority" },
	{ path: "orders", title: "nav_orders", key: "o", also: ["order", "draft", "signed"], roles: staff },
	{ path: "objections", title: "nav_objections", key: "b", also: ["objected"], roles: ["officer", "approver", "auditor"], party: "authority" },
	{ path: "stats", title: "nav_stats", key: "t", roles: staff },
	{ path: "channel", title: "nav_channel", key: "c", roles: staff },
	{ path: "log", title: "nav_log", key: "l", roles: ["auditor", "admin"] },
	{ path: "access", title: "nav_access", key: "a", roles: ["auditor", "admin"] },
	{ path: "templates", title: "nav_templates", key: "m", roles: staff },
	{ path: "policies", title: "nav_policies", key: "y", roles: staff },
	{ path: "people", title: "nav_people", key: "u", roles: ["admin", "auditor"] },
	{ path: "verify", title: "nav_verify", key: "v", roles: staff },
	{ path: "dns", title: "nav_dns", key: "r", roles: ["operator"], party: "authority" },
	{ path: "setup", title: "nav_setup", key: "f", roles: ["admin"] },
	{ path: "operators", title: "nav_operators", key: "d", roles: [...staff, "operator"], party: "authority" },
	{ path: "settings", title: "nav_settings", key: "s", roles: [...staff, "operator"] },
];

/* What a person of this role sees on a node of this party; it is known when `party` is. */
export function sectionsOf(role, party) {
	return sections.filter((s) => s.roles.includes(role) && (!s.party || s.party === party));
}
