/*
 * The proofs of equivocation of a channel, for the bundles of its cases (protocol 12).
 */
#include <string.h>

#include "core/fraud.h"
#include "service/export_int.h"
#include "store/store_identity.h"
#include "store/store_sql.h"

struct gathering {
	struct export *g;
	const struct identity_log *ids;
	const char *proof[BUNDLE_FRAUDS_MAX];
	size_t n;
};

/* Keys that were replaced since may no longer stand for what they had signed. */
static enum rc
on_proof(void *arg, const struct db_row *row, struct err *e)
{
	struct gathering *x = arg;
	struct arena *a = x->g->a;
	const char *text = store_col_text(x->g->s, a, row, 0);
	struct fraud_said said;
	struct err why = ERR_INIT;
	struct fraud f;
	json_t *body;
	enum rc rc = fraud_parse(a, text, strlen(text), &f, &body, e);

	if (rc == RC_OK && fraud_verify(a, &f, x->ids, &said, &why) == RC_OK)
		x->proof[x->n++] = text;
	return rc;
}

enum rc
export_frauds(struct export *g, struct err *e)
{
	enum rc rc = RC_OK;

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		struct identity_log *ids = ARENA_NEW(g->a, struct identity_log);
		struct gathering *x = ARENA_NEW(g->a, struct gathering);
		*x = (struct gathering){.g = g, .ids = ids};
		rc = store_identity_of_party(g->s, g->a, g->channel.channel,
					     (enum party)p, ids, e);
		if (rc == RC_OK)
			rc = store_run(g->s, &SQL_FRAUD_OF,
				       (struct db_param[]){DB_P_INT(g->channel.channel),
							   DB_P_INT(p),
							   DB_P_INT(BUNDLE_FRAUDS_MAX)},
				       on_proof, x, e);
		g->out.frauds[p] = x->proof;
		g->out.n_frauds[p] = x->n;
	}
	return rc;
}
