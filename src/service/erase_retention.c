/*
 * What the policy keeps no longer: texts and files of cases that have ended, objections
 * that are ruled on and contacts that were replaced are erased by the node itself, each
 * on its own, unless somebody holds them.
 */
#include <string.h>

#include "service/erase.h"
#include "service/evidence.h"
#include "service/tick.h"
#include "store/store_sql.h"

enum { RETENTION_PAGE = 64 };

/* Ended cases are looked through this often: a retention is a matter of months. */
#define RETENTION_EVERY_US (INT64_C(3600) * 1000000)

struct ended {
	const char *casefile;
	int64_t ended_us;
	struct hash policy;
	bool texts_done, files_done;
};

static enum rc
on_ended(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const struct db_driver *drv = l->s->drv;
	struct ended *c = store_list_next(l, sizeof(*c));
	size_t len;
	const uint8_t *p = drv->col_blob(row, 2, &len);

	c->casefile = store_col_text(l->s, l->a, row, 0);
	c->ended_us = drv->col_int(row, 1);
	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes", len);
	memcpy(c->policy.b, p, HASH_LEN);
	c->texts_done = drv->col_int(row, 3) != 0;
	c->files_done = drv->col_int(row, 4) != 0;
	return RC_OK;
}

static bool
is_over(int64_t kept_us, int64_t ended_us, int64_t now_us)
{
	return kept_us != 0 && now_us - ended_us > kept_us;
}

/* What of a case is to go now: NULL, or a word of erase.done. */
static enum rc
over_of(struct store *s, struct arena *a, const struct ended *c, int64_t now_us,
	const char **ret, struct err *e)
{
	const struct policy *p;
	const char *text;
	enum rc rc = store_text(s, a, &SQL_POLICY_GET,
				(struct db_param[]){DB_P_BLOB(c->policy.b, HASH_LEN)},
				&text, e);

	*ret = NULL;
	if (rc != RC_OK || text == NULL)
		return rc;
	rc = policy_parse(a, text, strlen(text), &p, e);
	if (rc != RC_OK)
		return rc;
	int64_t from_us = c->ended_us;
	if ((!c->texts_done &&
	     is_over(p->retention.disclosures_us, c->ended_us, now_us)) ||
	    (!c->files_done && is_over(p->retention.evidence_us, c->ended_us, now_us)))
		rc = erase_kept_from(s, c->casefile, c->ended_us, &from_us, e);
	bool texts =
		!c->texts_done && is_over(p->retention.disclosures_us, from_us, now_us);
	bool files = !c->files_done && is_over(p->retention.evidence_us, from_us, now_us);
	*ret = texts && files ? "all" : texts ? "texts" : files ? "files" : NULL;
	return rc;
}

static enum rc
erase_one(struct node *nd, const char *casefile, const char *what, struct err *e)
{
	struct erase_job j = {.casefile = casefile, .by = "node", .what = what};
	enum rc rc = writer_run(nd, erase_work, &j, e);

	/* Held, or to be preserved for longer: the next look asks again. */
	if (rc == RC_CONFLICT)
		return RC_OK;
	return rc == RC_OK ? erase_finish(nd, e) : rc;
}

/* A page of ended cases after `*after`. */
static enum rc
page_look(struct node *nd, int64_t now_us, const char **after, struct arena *keep,
	  struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);
	struct store_list l = {.s = s, .a = a};

	if (rc == RC_OK)
		rc = store_run(
			s, &SQL_CASE_ENDED,
			(struct db_param[]){DB_P_TEXT(*after), DB_P_INT(RETENTION_PAGE)},
			on_ended, &l, e);
	const struct ended *rows = l.rows;
	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const char *what;
		rc = over_of(s, a, &rows[i], now_us, &what, e);
		if (rc == RC_OK && what != NULL)
			rc = erase_one(nd, rows[i].casefile, what, e);
	}
	*after =
		l.n == RETENTION_PAGE ? arena_strdup(keep, rows[l.n - 1].casefile) : NULL;
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

enum rc
tick_retention(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	const char *after = "";
	enum rc rc = RC_OK;

	*next_us = nd->retention_us;
	/* A clock that was set back does not put it off. */
	if (nd->retention_us <= now_us ||
	    nd->retention_us - now_us > RETENTION_EVERY_US) {
		while (rc == RC_OK && after != NULL)
			rc = page_look(nd, now_us, &after, a, e);
		if (rc == RC_OK)
			rc = erase_alone_over(nd, now_us, e);
		*next_us = nd->retention_us = now_us + RETENTION_EVERY_US;
	}
	arena_free(a);
	return rc;
}
