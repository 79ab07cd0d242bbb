#include "store/store_identity.h"

#include "store/store_sql.h"

struct reading {
	struct store *s;
	struct arena *a;
	struct identity_log *l;
};

static enum rc
on_entry(void *arg, const struct db_row *row, struct err *e)
{
	struct reading *r = arg;
	size_t len;
	const char *wire = r->s->drv->col_text(row, 0, &len);

	if ((uint64_t)r->s->drv->col_int(row, 1) != r->l->n)
		return err_set(e, RC_CORRUPT, "the store lacks identity entry %zu",
			       r->l->n);
	return identity_log_add_seen(r->a, r->l, &r->s->seen, wire, len, e);
}

static enum rc
on_turn(void *arg, const struct db_row *row, struct err *e)
{
	struct reading *r = arg;
	const struct db_driver *drv = r->s->drv;
	const struct identity_turn t = {.n = (uint64_t)drv->col_int(row, 0),
					.seq = (uint64_t)drv->col_int(row, 1),
					.had = (uint64_t)drv->col_int(row, 2)};

	if (t.n >= r->l->n)
		return err_set(e, RC_CORRUPT,
			       "the store lacks an identity entry that one of its logs "
			       "is signed under");
	return identity_log_turn(r->l, &t, e);
}

enum rc
store_identity_log(struct store *s, struct arena *a, const char *org,
		   struct identity_log *ret, struct err *e)
{
	struct reading r = {s, a, ret};

	*ret = (struct identity_log){.n = 0};
	return store_run(s, &SQL_IDENTITY_ALL, (struct db_param[]){DB_P_TEXT(org)},
			 on_entry, &r, e);
}

enum rc
store_identity_of_party(struct store *s, struct arena *a, int64_t channel,
			enum party party, struct identity_log *ret, struct err *e)
{
	const struct db_param of_party[] = {DB_P_INT(channel), DB_P_INT(party)};
	struct reading r = {s, a, ret};

	*ret = (struct identity_log){.n = 0};
	enum rc rc = store_run(s, &SQL_IDENTITY_ALL_OF_PARTY, of_party, on_entry, &r, e);
	return rc == RC_OK ? store_run(s, &SQL_V_REKEY_OF, of_party, on_turn, &r, e) : rc;
}

enum rc
store_identity_put(struct store *s, const struct identity_log *l, size_t from,
		   int64_t now_us, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t n = from; rc == RC_OK && n < l->n; n++)
		rc = store_run(s, &SQL_IDENTITY_PUT,
			       (struct db_param[]){
				       DB_P_TEXT(l->entry[n]->org), DB_P_INT((int64_t)n),
				       DB_P_TEXT(l->entry[n]->wire), DB_P_INT(now_us)},
			       NULL, NULL, e);
	return rc;
}
