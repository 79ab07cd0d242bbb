/* The fold of receipts that start clocks, and of times that two logs show. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "store/store_identity.h"
#include "store/store_sql.h"
#include "store/view_int.h"

static enum party
other(enum party p)
{
	return p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

/* The cosignature that a receipt.adopt quotes is the other party's, by a receipt key that
 * it had not replaced yet. */
static enum rc
adopt_verify(struct fold *f, const struct log_head *own, const struct hash *root,
	     struct err *e)
{
	struct checkpoint c = {.origin = own->origin,
			       .size = (uint64_t)fold_int(f, "size"),
			       .root = *root};
	struct identity_log *l = ARENA_NEW(f->a, struct identity_log);
	struct buf text = BUF_INIT(NOTE_TEXT_MAX), line = BUF_INIT(NOTE_TEXT_MAX);
	struct err why = ERR_INIT;
	struct note_key key;
	uint64_t time_s = 0;
	enum rc rc =
		store_identity_of_party(f->s, f->a, f->channel, other(f->from), l, e);

	if (rc == RC_OK && l->n == 0)
		rc = err_set(e, RC_NOT_FOUND, "the %s of the channel is not introduced",
			     party_name(other(f->from)));
	if (rc == RC_OK)
		rc = identity_receipt_key(l->entry[0], &key, e);
	if (rc != RC_OK)
		return rc;
	checkpoint_put(&text, &c);
	buf_printf(&line, "— %s %s\n", key.name, fold_text(f, "sig"));
	rc = identity_log_receipt_verify(l, buf_str(&line), line.len, c.size,
					 buf_str(&text), text.len, &time_s, &why);
	if (rc != RC_OK)
		fold_void(f, "the receipt it adopts does not verify: %s", why.text);
	else if (time_s != (uint64_t)fold_int(f, "time"))
		fold_void(f, "the time it states is not that of the receipt");
	buf_free(&text);
	buf_free(&line);
	return RC_OK;
}

/* What a log shows up to one of its events. */
struct shown {
	struct store *s;
	int64_t top_us, acked, iat_us;
};

static enum rc
on_shown(void *arg, const struct db_row *row, struct err *e)
{
	struct shown *r = arg;

	(void)e;
	r->top_us = r->s->drv->col_int(row, 0);
	r->acked = r->s->drv->col_int(row, 1);
	r->iat_us = r->s->drv->col_int(row, 2);
	return RC_OK;
}

/* All 0 without such an event. */
static enum rc
shown_at(struct fold *f, int64_t seq, struct shown *ret, struct err *e)
{
	*ret = (struct shown){.s = f->s};
	return store_run(f->s, &SQL_V_EVENT_TOP,
			 (struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					     DB_P_INT(seq)},
			 on_shown, ret, e);
}

/* The latest time of a receipt that `p` adopts below `size` of its log, 0: none. */
static enum rc
heard_below(struct fold *f, enum party p, int64_t size, int64_t *ret, struct err *e)
{
	*ret = 0;
	return store_int(
		f->s, &SQL_V_ADOPTED_HEARD,
		(struct db_param[]){DB_P_INT(f->channel), DB_P_INT(p), DB_P_INT(size)}, 0,
		ret, e);
}

struct before {
	struct shown log;
	bool found;
	int64_t heard_us;
};

static enum rc
on_before(void *arg, const struct db_row *row, struct err *e)
{
	struct before *b = arg;

	b->found = true;
	b->heard_us = b->log.s->drv->col_int(row, 3);
	return on_shown(&b->log, row, e);
}

/* Its own log bounds an event from below; and so do its author's own receipts, as far as
 * its `ack` says that it had seen them adopted: what it has it has received before. */
enum rc
fold_times(struct fold *f, struct err *e)
{
	int64_t size = (int64_t)f->ev->ack.size;
	struct before b = {.log.s = f->s};
	enum rc rc =
		store_run(f->s, &SQL_V_EVENT_BEFORE,
			  (struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					      DB_P_INT((int64_t)f->ev->seq - 1),
					      DB_P_INT(other(f->from)), DB_P_INT(size)},
			  on_before, &b, e);

	if (rc == RC_OK && !b.found) /* the first of its log */
		rc = heard_below(f, other(f->from), size, &b.heard_us, e);
	if (rc != RC_OK)
		return rc;
	b.heard_us -= CASE_SKEW_US;
	f->floor_us = b.heard_us > b.log.top_us ? b.heard_us : b.log.top_us;
	f->acked = size > b.log.acked ? size : b.log.acked;
	return RC_OK;
}

int64_t
fold_top_us(const struct fold *f)
{
	int64_t top = f->floor_us > f->ev->iat_us ? f->floor_us : f->ev->iat_us;

	if (f->void_why == NULL && strcmp(f->ev->type, "receipt.adopt") == 0) {
		int64_t had = fold_int(f, "time") * CLOCK_US_PER_S - CASE_SKEW_US;
		top = had > top ? had : top;
	}
	return top;
}

/* Keep what both signed with this receipt: its author had the other's log so far, and the
 * other had at most what the newest event in it acknowledges. */
static enum rc
adopted_put(struct fold *f, int64_t size, int64_t time_us, struct err *e)
{
	struct shown last;
	int64_t heard_us = 0;
	enum rc rc = shown_at(f, size - 1, &last, e);

	if (rc == RC_OK)
		rc = heard_below(f, f->from, (int64_t)f->ev->seq, &heard_us, e);
	if (rc != RC_OK)
		return rc;
	return store_run(f->s, &SQL_V_ADOPTED_INSERT,
			 (struct db_param[]){
				 DB_P_INT(f->channel), DB_P_INT(f->from),
				 DB_P_INT(f->ev->seq), DB_P_INT(size), DB_P_INT(time_us),
				 DB_P_INT(time_us > heard_us ? time_us : heard_us),
				 DB_P_INT(last.acked),
				 DB_P_INT(last.iat_us < time_us ? last.iat_us : time_us)},
			 NULL, NULL, e);
}

struct clock_row {
	uint64_t seq;
	const char *casefile;
};

static enum rc
on_clock(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct clock_row *c = store_list_next(l, sizeof(*c));

	(void)e;
	c->seq = (uint64_t)l->s->drv->col_int(row, 0);
	c->casefile = store_col_text(l->s, l->a, row, 1);
	return RC_OK;
}

enum rc
fold_receipt_adopt(struct fold *f, struct err *e)
{
	const char *root_hex = fold_text(f, "root");
	struct store_list clocks = {.s = f->s, .a = f->a};
	struct log_head own;
	struct hash root;
	enum rc rc = store_head(f->s, f->a, f->channel, f->from, &own, e);

	if (rc != RC_OK)
		return rc;
	if (strcmp(fold_text(f, "log"), own.origin) != 0)
		fold_void(f, "a party adopts receipts for its own log only");
	else if (hash_parse_hex(root_hex, strlen(root_hex), &root) != RC_OK)
		fold_void(f, "root is no SHA-256");
	else
		rc = adopt_verify(f, &own, &root, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	const int64_t size = fold_int(f, "size");
	const struct db_param covered[] = {DB_P_INT(f->channel), DB_P_INT(f->from),
					   DB_P_INT(size)};
	const int64_t time_us = fold_int(f, "time") * CLOCK_US_PER_S;
	rc = store_run(f->s, &SQL_V_CLOCK_COVERED, covered, on_clock, &clocks, e);
	for (size_t i = 0; rc == RC_OK && i < clocks.n; i++) {
		const struct clock_row *c = (const struct clock_row *)clocks.rows + i;
		rc = fold_case_receipt(f, c->casefile, c->seq, time_us, e);
	}
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_EVENT_AHEAD,
			       (struct db_param[]){DB_P_INT(f->channel),
						   DB_P_INT(f->from), DB_P_INT(size),
						   DB_P_INT(time_us),
						   DB_P_INT(CASE_SKEW_US)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = adopted_put(f, size, time_us, e);
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_CLOCK_ADOPT, covered, NULL, NULL, e);
	return rc;
}
