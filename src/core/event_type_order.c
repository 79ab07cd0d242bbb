/* Events of an order: its draft, who put a hand to it, its end. */
#include "core/event_field.h"

/* clang-format off */
static const struct event_field name_fields[] = {
	{TEXT("name", 1, EVENT_ORDER_NAME_MAX)},
	{BOOL("wildcard")},
	{.name = NULL},
};
static const char *const actions[] = {"nxdomain", "nodata", NULL};

/* `text` is the SHA-256 of the exact order text whose disclosure travels beside it: whoever
 * approves signs that hash.  `cites` may be empty: a guard judges that, not the form.  `approvals` is how
 * many others must approve, `guards` what must be overridden before they can. */
static const struct event_field order_draft[] = {
	{UUID7("order")},
	{OBJECT("names", name_fields), LIST(1, EVENT_ORDER_NAMES_MAX)},
	{UUID7("cites"), LIST(0, EVENT_ORDER_CITES_MAX)},
	{WORD("action", actions)},
	{INT("ends", 1, US_MAX)},
	{INT("review", 1, US_MAX)},
	{BOOL("emergency")},
	{HEX64("text")},
	{INT("approvals", 1, EVENT_ORDER_APPROVALS_MAX)},
	{TOKEN("guards"), LIST(0, EVENT_ORDER_GUARDS_MAX)},
	{.name = NULL},
};

static const struct event_field order_override[] = {
	{UUID7("order")},
	{HEX64("text")},
	{TOKEN("guards"), LIST(1, EVENT_ORDER_GUARDS_MAX)},
	{.name = NULL},
};

static const struct event_field order_approve[] = {
	{UUID7("order")},
	{HEX64("text")},
	{.name = NULL},
};

static const struct event_field order_lift[] = {
	{UUID7("order")},
	{TEXT("names", 1, EVENT_ORDER_NAME_MAX), LIST(1, EVENT_ORDER_NAMES_MAX), OPTIONAL},
	{.name = NULL},
};

static const struct event_field order_expire[] = {
	{UUID7("order")},
	{.name = NULL},
};

const struct event_type event_types_order[] = {
	/* name            by    case  clock  sd re body            check */
	{"order.draft",    AUTH, NONE, false, 1, 0, order_draft,    NULL},
	{"order.override", AUTH, NONE, false, 1, 0, order_override, NULL},
	{"order.approve",  AUTH, NONE, false, 0, 0, order_approve,  NULL},
	{"order.lift",     AUTH, NONE, false, 1, 0, order_lift,     NULL},
	{"order.expire",   AUTH, NONE, false, 0, 0, order_expire,   NULL},
	{.name = NULL},
};
/* clang-format on */
