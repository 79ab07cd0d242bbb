/*
 * Policies: which one holds for what.
 */
#include <inttypes.h>
#include <string.h>

#include "service/use.h"
#include "store/store_sql.h"

enum rc
policy_by_digest(struct store *s, struct arena *a, const struct hash *sha256,
		 const struct policy **ret, struct err *e)
{
	const char *text;
	enum rc rc =
		store_text(s, a, &SQL_POLICY_GET,
			   (struct db_param[]){DB_P_BLOB(sha256->b, HASH_LEN)}, &text, e);

	if (rc == RC_OK && text == NULL)
		rc = err_set(e, RC_NOT_FOUND, "that policy is not in the store");
	return rc == RC_OK ? policy_parse(a, text, strlen(text), ret, e) : rc;
}

enum rc
policy_of_channel(struct store *s, struct arena *a, const struct channel_row *c,
		  const struct policy **ret, struct err *e)
{
	return policy_by_digest(s, a, &c->policy_sha256, ret, e);
}

enum rc
policy_of_case(struct store *s, struct arena *a, const struct case_row *c,
	       const struct policy **ret, const struct policy_class **ret_class,
	       struct err *e)
{
	if (!c->manifest)
		return err_set(e, RC_CONFLICT,
			       "case %s has no manifest yet, so no policy", c->casefile);
	enum rc rc = policy_by_digest(s, a, &c->policy_sha256, ret, e);
	if (rc != RC_OK)
		return rc;
	*ret_class = policy_class_find(*ret, c->class_code);
	if (*ret_class == NULL)
		rc = err_set(e, RC_CORRUPT, "the policy %s has no class %s", (*ret)->name,
			     c->class_code);
	return rc;
}

enum rc
policy_named_receipt(struct store *s, struct arena *a, const struct channel_row *c,
		     const struct policy *p, struct log_receipt *ret, struct err *e)
{
	(void)p;
	return store_receipt_covering(s, a, c->channel, PARTY_AUTHORITY, 0, ret, e);
}
