/*
 * What people wrote with an act on a case: the reason of a refusal, the text of a
 * reminder.
 */
#include <string.h>

#include "core/event.h"
#include "service/cases.h"

static bool
has_text(const char *type)
{
	static const char *const types[] = {"case.refuse", "case.remind", "case.warn",
					    "case.transfer", "case.close"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

enum rc
case_act_text(struct store *s, struct arena *a, int64_t channel, enum party party,
	      uint64_t seq, const char *type, json_t *into, struct err *e)
{
	const struct event_claim *claim;
	struct log_leaf *leaf;
	const char *text = NULL, *name;
	json_t *value = NULL;

	if (!has_text(type))
		return RC_OK;
	enum rc rc = store_leaves(s, a, channel, party, seq, seq + 1, &leaf, e);
	if (rc == RC_OK)
		rc = event_parse(a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	const struct event *ev = event_trusted(claim);
	if (ev->n_sd != 0)
		rc = store_disclosure_get(s, a, &ev->sd[0], &text, e);
	if (rc == RC_OK && text != NULL)
		rc = event_disclosure_parse(a, text, strlen(text), &name, &value, e);
	if (rc == RC_OK)
		json_object_set_new(into, "text",
				    json_is_string(value) ? json_incref(value)
							  : json_null());
	return rc;
}
