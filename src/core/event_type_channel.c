/* Events of the channel itself: its start, its receipts, refusals. */
#include "core/event_field.h"
#include "core/identity_log.h"

/* clang-format off */
const struct event_field event_no_members[] = {{.name = NULL}};

const struct event_field event_policy_fields[] = {
	{TOKEN("name")},
	{INT("version", 1, IJSON_INT_MAX)},
	{HEX64("sha256")},
	{.name = NULL},
};

static const struct event_field channel_open[] = {
	{.name = "channel", .kind = FIELD_TOKEN, .max = CHANNEL_MAX},
	{.name = "org", .kind = FIELD_TOKEN, .max = ORG_MAX},
	{.name = "peer", .kind = FIELD_TOKEN, .max = ORG_MAX},
	{HEX64("identity")},
	{HEX64("peer_identity")},
	{OBJECT("policy", event_policy_fields)},
	{.name = NULL},
};

static const struct event_field receipt_adopt[] = {
	{TEXT("log", 1, NOTE_NAME_MAX)},
	{INT("size", 1, IJSON_INT_MAX)},
	{HEX64("root")},
	{INT("time", 1, S_MAX)},
	{TEXT("sig", EVENT_RECEIPT_SIG_LEN, EVENT_RECEIPT_SIG_LEN)},
	{.name = NULL},
};

static const struct event_field channel_rekey[] = {
	{INT("n", 1, IDENTITY_ENTRIES_MAX - 1)},
	{TEXT("entries", 1, IDENTITY_ENTRY_MAX), LIST(1, IDENTITY_REKEY_MAX)},
	{.name = NULL},
};

static const struct event_field event_refuse[] = {
	{TEXT("rule", 1, EVENT_REFUSE_RULE_MAX)},
	{.name = NULL},
};

const struct event_type event_types_channel[] = {
	/* name            by    case  clock  sd re body            check */
	{"channel.open",   BOTH, NONE, false, 0, 0, channel_open,   NULL},
	{"channel.rekey",  BOTH, NONE, false, 0, 0, channel_rekey,  NULL},
	{"receipt.adopt",  BOTH, NONE, false, 0, 0, receipt_adopt,  NULL},
	{"policy.adopt",   BOTH, NONE, false, 1, 0, event_policy_fields, NULL},
	{"event.refuse",   BOTH, ANY,  false, 0, 1, event_refuse,   NULL},
	{.name = NULL},
};
/* clang-format on */
