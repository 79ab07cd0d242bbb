/*
 * The fold of questions and disputes.
 *
 * What answers or rules names what its author must have seen, else it is void: so each
 * stands before its answer in every order of arrival, and both nodes see the same.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_sql.h"
#include "store/view_int.h"

static void
text_free(void *p)
{
	free(p);
}

const char *
fold_items(struct fold *f, const struct case_row *c)
{
	const json_t *items = json_object_get(f->ev->body, "items"), *item;
	size_t i;

	if (items == NULL)
		return NULL;
	json_array_foreach (items, i, item)
		if ((uint64_t)json_integer_value(item) >= c->items) {
			fold_void(f, "the case has no item %" JSON_INTEGER_FORMAT,
				  json_integer_value(item));
			return NULL;
		}
	char *text = json_dumps(items, JSON_COMPACT);
	if (text == NULL)
		abort();
	arena_defer(f->a, text_free, text);
	return text;
}

/* What each fold here begins with: the case, what else must hold, what its author wrote.
 */
struct said {
	struct case_row c;
	const char *items; /* JSON, NULL: all of the case */
	const char *text;
};
typedef enum rc said_check(struct fold *f, struct said *s, struct err *e);

/* *ret_done: the case has taken it. */
static enum rc
said_take(struct fold *f, const char *member, said_check *check, struct said *ret,
	  bool *ret_done, struct err *e)
{
	*ret = (struct said){.text = NULL};
	*ret_done = false;
	enum rc rc = fold_case_of(f, &ret->c, e);
	if (rc == RC_OK && f->void_why == NULL && check != NULL)
		rc = check(f, ret, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = fold_disclosed(f, member, &ret->text, e);
	return rc == RC_OK ? fold_case_taken(f, &ret->c, ret_done, e) : rc;
}

static enum rc
check_items(struct fold *f, struct said *s, struct err *e)
{
	(void)e;
	s->items = fold_items(f, &s->c);
	return RC_OK;
}

/* ---- questions ------------------------------------------------------------------------
 */

enum rc
fold_clarify_put(struct fold *f, const struct case_row *c, const char *items,
		 const char *text, struct err *e)
{
	return store_run(f->s, &SQL_V_CLARIFY_INSERT,
			 (struct db_param[]){
				 DB_P_TEXT(c->casefile),
				 DB_P_INT(f->ev->seq),
				 DB_P_TEXT(f->ev->type),
				 DB_P_TEXT(f->ev->by),
				 DB_P_TEXT(text),
				 DB_P_TEXT(items),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

enum rc
fold_clarify_ask(struct fold *f, struct err *e)
{
	struct said s;
	bool done;
	enum rc rc = said_take(f, "text", check_items, &s, &done, e);

	return rc == RC_OK && done ? fold_clarify_put(f, &s.c, s.items, s.text, e) : rc;
}

enum rc
fold_clarify_answer(struct fold *f, struct err *e)
{
	struct said s;
	bool done;
	enum rc rc = said_take(f, "text", NULL, &s, &done, e);

	if (rc != RC_OK || !done)
		return rc;
	return store_run(f->s, &SQL_V_CLARIFY_ANSWER,
			 (struct db_param[]){
				 DB_P_TEXT(s.c.casefile),
				 DB_P_INT(f->ev->refs[0].seq),
				 DB_P_INT(f->ev->seq),
				 DB_P_TEXT(f->ev->by),
				 DB_P_TEXT(s.text),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

/* ---- disputes -------------------------------------------------------------------------
 */

enum rc
fold_dispute_open(struct fold *f, struct err *e)
{
	struct said s;
	bool done;
	enum rc rc = said_take(f, "text", check_items, &s, &done, e);

	if (rc != RC_OK || !done)
		return rc;
	rc = store_run(f->s, &SQL_V_DISPUTE_INSERT,
		       (struct db_param[]){
			       DB_P_TEXT(s.c.casefile),
			       DB_P_INT(f->from),
			       DB_P_TEXT(fold_text(f, "dispute")),
			       DB_P_INT(f->channel),
			       DB_P_INT(f->ev->seq),
			       DB_P_TEXT(fold_text(f, "about")),
			       DB_P_TEXT(s.items),
			       DB_P_TEXT(f->ev->by),
			       DB_P_TEXT(s.text),
			       DB_P_INT(f->ev->iat_us),
		       },
		       NULL, NULL, e);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "there is a dispute of that id in the case already");
	return rc;
}

struct standing {
	struct fold *f;
	bool there, open, ruled;
	uint64_t seq;
};

static enum rc
on_standing(void *arg, const struct db_row *row, struct err *e)
{
	struct standing *s = arg;
	const char *state = store_col_text(s->f->s, s->f->a, row, 1);

	(void)e;
	s->there = true;
	s->seq = (uint64_t)s->f->s->drv->col_int(row, 0);
	s->open = strcmp(state, "open") == 0;
	s->ruled = strcmp(state, "ruled") == 0;
	return RC_OK;
}

/* A dispute that the other side opened and the author of this event has seen. */
static enum rc
dispute_standing(struct fold *f, enum party opener, struct standing *ret, struct err *e)
{
	*ret = (struct standing){.f = f};
	enum rc rc = store_run(f->s, &SQL_V_DISPUTE_GET,
			       (struct db_param[]){DB_P_TEXT(f->ev->casefile),
						   DB_P_INT(opener),
						   DB_P_TEXT(fold_text(f, "dispute"))},
			       on_standing, ret, e);

	if (rc == RC_OK && (!ret->there || ret->seq >= f->ev->ack.size))
		fold_void(f, "the other side has opened no such dispute in this case");
	return rc;
}

static enum party
opener_of(const struct fold *f)
{
	return f->from == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

static enum rc
check_open(struct fold *f, struct said *s, struct err *e)
{
	struct standing is;
	enum rc rc = dispute_standing(f, opener_of(f), &is, e);

	(void)s;
	if (rc == RC_OK && f->void_why == NULL && !is.open)
		fold_void(f, "the dispute is answered or ruled already");
	return rc;
}

static enum rc
check_not_ruled(struct fold *f, struct said *s, struct err *e)
{
	struct standing is;
	enum rc rc = dispute_standing(f, opener_of(f), &is, e);

	(void)s;
	if (rc == RC_OK && f->void_why == NULL && is.ruled)
		fold_void(f, "the dispute is ruled already");
	return rc;
}

enum rc
fold_dispute_answer(struct fold *f, struct err *e)
{
	struct said s;
	bool done;
	enum rc rc = said_take(f, "text", check_open, &s, &done, e);

	if (rc != RC_OK || !done)
		return rc;
	return store_run(f->s, &SQL_V_DISPUTE_ANSWER,
			 (struct db_param[]){
				 DB_P_TEXT(s.c.casefile),
				 DB_P_INT(opener_of(f)),
				 DB_P_TEXT(fold_text(f, "dispute")),
				 DB_P_TEXT(f->ev->by),
				 DB_P_TEXT(s.text),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

enum rc
fold_dispute_rule(struct fold *f, struct err *e)
{
	struct said s;
	bool done;
	enum rc rc = said_take(f, "reason", check_not_ruled, &s, &done, e);

	if (rc != RC_OK || !done)
		return rc;
	return store_run(f->s, &SQL_V_DISPUTE_RULE,
			 (struct db_param[]){
				 DB_P_TEXT(s.c.casefile),
				 DB_P_INT(opener_of(f)),
				 DB_P_TEXT(fold_text(f, "dispute")),
				 DB_P_TEXT(fold_text(f, "ruling")),
				 DB_P_TEXT(f->ev->by),
				 DB_P_TEXT(s.text),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}
