/* Events of the channel itself: its start, its keys and epochs, its receipts, refusals.
 */
#include <string.h>

#include "core/epoch.h"
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

static const struct event_field channel_epoch[] = {
	{INT("epoch", 1, EPOCH_MAX)},
	{TEXT("statements", 1, EPOCH_WIRE_MAX), LIST(PARTY_COUNT, PARTY_COUNT)},
	{.name = NULL},
};
/* clang-format on */

/* One of each side about one epoch of one channel.  Their signatures are not asked for:
 * who reads it has the keys. */
static enum rc
epoch_check(const struct event *ev, struct err *e)
{
	const json_t *both = json_object_get(ev->body, "statements");
	const struct epoch *s[PARTY_COUNT] = {NULL, NULL};
	struct arena *a = arena_create();
	struct err why = ERR_INIT;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < PARTY_COUNT; i++) {
		const char *wire = json_string_value(json_array_get(both, i));
		rc = epoch_read(a, wire, strlen(wire), &s[i], &why);
	}
	if (rc != RC_OK)
		rc = err_rule(e, RC_INVALID, TYPE_RULE, "%s", why.text);
	else if (strcmp(s[0]->channel, s[1]->channel) != 0 ||
		 s[0]->epoch != s[1]->epoch || strcmp(s[0]->org, s[1]->peer) != 0 ||
		 strcmp(s[1]->org, s[0]->peer) != 0 ||
		 json_integer_value(json_object_get(ev->body, "epoch")) !=
			 (json_int_t)s[0]->epoch)
		rc = err_rule(e, RC_INVALID, TYPE_RULE,
			      "the statements are not one of each side about that epoch "
			      "of one channel");
	arena_free(a);
	return rc;
}

/* clang-format off */
const struct event_type event_types_channel[] = {
	/* name            by    case  clock  sd re body            check */
	{"channel.open",   BOTH, NONE, false, 0, 0, channel_open,   NULL},
	{"channel.rekey",  BOTH, NONE, false, 0, 0, channel_rekey,  NULL},
	{"channel.epoch",  BOTH, NONE, false, 0, 0, channel_epoch,  epoch_check},
	{"receipt.adopt",  BOTH, NONE, false, 0, 0, receipt_adopt,  NULL},
	{"policy.adopt",   BOTH, NONE, false, 1, 0, event_policy_fields, NULL},
	{"event.refuse",   BOTH, ANY,  false, 0, 1, event_refuse,   NULL},
	{.name = NULL},
};
/* clang-format on */
