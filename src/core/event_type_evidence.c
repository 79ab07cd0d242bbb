/* Events of evidence files, their erasure and legal holds. */
#include <string.h>

#include "core/event_field.h"

/* clang-format off */
static const struct event_field file_fields[] = {
	{HEX64("ct_sha256")},
	{INT("ct_len", 1, EVENT_FILE_LEN_MAX)},
	{HEX64("pt_commit")},
	{.name = NULL},
};

static const struct event_field evidence_add[] = {
	{OBJECT("files", file_fields), LIST(1, EVENT_FILES_MAX)},
	{.name = NULL},
};

static const char *const reject_words[] = {"length", "recipient", "damaged", "commitment", NULL};

static const struct event_field blob_reject[] = {
	{HEX64("sha256")},
	{WORD("why", reject_words)},
	{.name = NULL},
};

static const char *const erase_words[] = {"texts", "files", "all", NULL};

/* Everything of the case that stands below these places of the two logs. */
static const struct event_field below_fields[] = {
	{INT("authority", 0, IJSON_INT_MAX)},
	{INT("platform", 0, IJSON_INT_MAX)},
	{.name = NULL},
};

static const struct event_field erase_request[] = {
	{UUID7("request")},
	{WORD("what", erase_words)},
	{OBJECT("below", below_fields), OPTIONAL},
	{.name = NULL},
};

static const struct event_field erase_done[] = {
	{UUID7("request"), OPTIONAL},
	{WORD("what", erase_words)},
	{OBJECT("below", below_fields), OPTIONAL},
	{.name = NULL},
};

static const struct event_field hold_fields[] = {
	{UUID7("hold")},
	{.name = NULL},
};
/* clang-format on */

/* Each file of the body is one of `blobs`, in the same order, and has its disclosure. */
static enum rc
add_check(const struct event *ev, struct err *e)
{
	const json_t *files = json_object_get(ev->body, "files"), *file;
	char hex[HASH_HEX_LEN + 1];
	size_t i;

	if (ev->n_blobs != json_array_size(files) || ev->n_sd != json_array_size(files))
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"%s: one blob and one disclosure for each file",
				ev->type);
	json_array_foreach (files, i, file)
		if (strcmp(json_string_value(json_object_get(file, "ct_sha256")),
			   hash_hex(&ev->blobs[i], hex)) != 0)
			return err_rule(e, RC_INVALID, TYPE_RULE,
					"%s: file %zu is not blob %zu", ev->type, i, i);
	return RC_OK;
}

/* Either events, or all up to a point. */
static enum rc
scope_check(const struct event *ev, struct err *e)
{
	if ((ev->n_refs == 0) == (json_object_get(ev->body, "below") == NULL))
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"%s: either re names events, or below says up to where",
				ev->type);
	if (ev->casefile == NULL && ev->n_refs == 0)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"%s: without a case, re names the events", ev->type);
	return RC_OK;
}

/* clang-format off */
const struct event_type event_types_evidence[] = {
	/* name            by    case  clock  sd re body            check */
	{"evidence.add",   BOTH, CASE, false, 1, 0, evidence_add,   add_check},
	{"blob.reject",    BOTH, CASE, false, 0, 1, blob_reject,    NULL},
	{"erase.request",  BOTH, ANY,  false, 1, 0, erase_request,  scope_check},
	{"erase.done",     BOTH, ANY,  false, 0, 0, erase_done,     scope_check},
	{"hold.place",     BOTH, CASE, false, 1, 0, hold_fields,    NULL},
	{"hold.release",   BOTH, CASE, false, 1, 0, hold_fields,    NULL},
	{.name = NULL},
};
/* clang-format on */
