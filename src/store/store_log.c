#include "store/store_log.h"

#include <assert.h>
#include <string.h>

#include "store/store_sql.h"

struct rows {
	struct store *s;
	struct arena *a;
	void *out;
	size_t n, cap;
	uint64_t from;
};

static enum rc
take_hash(const struct store *s, const struct db_row *row, unsigned col, struct hash *ret,
	  struct err *e)
{
	size_t len;
	const uint8_t *p = s->drv->col_blob(row, col, &len);

	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes", len);
	memcpy(ret->b, p, HASH_LEN);
	return RC_OK;
}

static enum rc
take_party(const struct store *s, const struct db_row *row, unsigned col, enum party *ret,
	   struct err *e)
{
	int64_t v = s->drv->col_int(row, col);

	if (v < 0 || v >= PARTY_COUNT)
		return err_set(e, RC_CORRUPT, "the store holds party %lld", (long long)v);
	*ret = (enum party)v;
	return RC_OK;
}

static enum rc
on_channel(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *r = arg;
	const struct store *s = r->s;
	struct channel_row *c = store_list_next(r, sizeof(*c));

	c->channel = s->drv->col_int(row, 0);
	c->name = store_col_text(s, r->a, row, 1);
	c->peer_org = store_col_text(s, r->a, row, 2);
	enum rc rc = take_party(s, row, 3, &c->own_party, e);
	if (rc == RC_OK)
		rc = take_hash(s, row, 4, &c->policy_sha256, e);
	c->introduction = store_col_text(s, r->a, row, 5);
	return rc;
}

enum rc
store_channels(struct store *s, struct arena *a, const struct channel_row **ret,
	       size_t *ret_n, struct err *e)
{
	struct store_list r = {.s = s, .a = a};
	enum rc rc = store_run(s, &SQL_CHANNEL_LIST, NULL, on_channel, &r, e);

	*ret = r.rows;
	*ret_n = r.n;
	return rc;
}

enum rc
store_channel_add(struct store *s, const struct channel_row *c,
		  const char *const origins[PARTY_COUNT], int64_t now_us, struct err *e)
{
	enum rc rc = store_run(s, &SQL_CHANNEL_INSERT,
			       (struct db_param[]){
				       DB_P_INT(c->channel),
				       DB_P_TEXT(c->name),
				       DB_P_TEXT(c->peer_org),
				       DB_P_INT(c->own_party),
				       DB_P_BLOB(c->policy_sha256.b, HASH_LEN),
				       DB_P_TEXT(c->introduction),
				       DB_P_INT(now_us),
			       },
			       NULL, NULL, e);

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		struct hash origin_hash, empty;
		char hex[HASH_HEX_LEN + 1];
		hash_bytes(origins[p], strlen(origins[p]), &origin_hash);
		hash_bytes("", 0, &empty);
		rc = store_run(s, &SQL_HEAD_INSERT,
			       (struct db_param[]){
				       DB_P_INT(c->channel),
				       DB_P_INT(p),
				       DB_P_TEXT(origins[p]),
				       DB_P_TEXT(hash_hex(&origin_hash, hex)),
				       DB_P_BLOB(empty.b, HASH_LEN),
			       },
			       NULL, NULL, e);
	}
	return rc;
}

enum rc
store_channel_drop(struct store *s, int64_t channel, struct err *e)
{
	const struct db_param of_channel[] = {DB_P_INT(channel)};
	enum rc rc = store_run(s, &SQL_HEAD_DROP, of_channel, NULL, NULL, e);

	return rc == RC_OK ? store_run(s, &SQL_CHANNEL_DROP, of_channel, NULL, NULL, e)
			   : rc;
}

static enum rc
on_head(void *arg, const struct db_row *row, struct err *e)
{
	struct rows *r = arg;
	const struct store *s = r->s;
	struct log_head *h = r->out;
	enum rc rc;

	r->n++;
	h->channel = s->drv->col_int(row, 0);
	rc = take_party(s, row, 1, &h->party, e);
	h->origin = store_col_text(s, r->a, row, 2);
	h->size = (uint64_t)s->drv->col_int(row, 3);
	if (rc == RC_OK)
		rc = take_hash(s, row, 4, &h->root, e);
	h->last_iat_us = s->drv->col_int(row, 5);
	h->pending_size = (uint64_t)s->drv->col_int(row, 6);
	if (rc == RC_OK)
		rc = take_hash(s, row, 7, &h->pending_root, e);
	h->pending_note = store_col_text(s, r->a, row, 8);
	h->signed_size = (uint64_t)s->drv->col_int(row, 9);
	if (rc == RC_OK)
		rc = take_hash(s, row, 10, &h->signed_root, e);
	h->signed_note = store_col_text(s, r->a, row, 11);
	return rc;
}

static enum rc
head_by(struct store *s, struct arena *a, const struct sql *q, const struct db_param *p,
	struct log_head *ret, struct err *e)
{
	struct rows r = {.s = s, .a = a, .out = ret};
	enum rc rc = store_run(s, q, p, on_head, &r, e);

	if (rc == RC_OK && r.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "this node has no such log");
	return rc;
}

enum rc
store_head(struct store *s, struct arena *a, int64_t channel, enum party party,
	   struct log_head *ret, struct err *e)
{
	return head_by(s, a, &SQL_HEAD_GET,
		       (struct db_param[]){DB_P_INT(channel), DB_P_INT(party)}, ret, e);
}

enum rc
store_head_by_origin(struct store *s, struct arena *a, const char *origin,
		     struct log_head *ret, struct err *e)
{
	return head_by(s, a, &SQL_HEAD_BY_ORIGIN, (struct db_param[]){DB_P_TEXT(origin)},
		       ret, e);
}

enum rc
store_head_by_origin_hash(struct store *s, struct arena *a, const char *hex,
			  struct log_head *ret, struct err *e)
{
	return head_by(s, a, &SQL_HEAD_BY_ORIGIN_HASH,
		       (struct db_param[]){DB_P_TEXT(hex)}, ret, e);
}

enum rc
store_head_advance(struct store *s, const struct log_head *old, uint64_t size,
		   const struct hash *root, int64_t last_iat_us, struct err *e)
{
	enum rc rc = store_run(s, &SQL_HEAD_ADVANCE,
			       (struct db_param[]){
				       DB_P_INT(old->channel),
				       DB_P_INT(old->party),
				       DB_P_INT(old->size),
				       DB_P_BLOB(old->root.b, HASH_LEN),
				       DB_P_INT(size),
				       DB_P_BLOB(root->b, HASH_LEN),
				       DB_P_INT(last_iat_us),
			       },
			       NULL, NULL, e);

	if (rc == RC_OK && s->drv->changes(s->db) != 1)
		rc = err_set(e, RC_RETRY, "another writer moved the log %s", old->origin);
	return rc;
}

enum rc
store_head_set_pending(struct store *s, const struct log_head *h, uint64_t size,
		       const struct hash *root, const char *note, struct err *e)
{
	return store_run(s, &SQL_HEAD_PENDING,
			 (struct db_param[]){
				 DB_P_INT(h->channel),
				 DB_P_INT(h->party),
				 DB_P_INT(size),
				 DB_P_BLOB(root->b, HASH_LEN),
				 DB_P_TEXT(note),
			 },
			 NULL, NULL, e);
}

enum rc
store_head_set_signed(struct store *s, const struct log_head *h, struct err *e)
{
	return store_run(s, &SQL_HEAD_SIGNED,
			 (struct db_param[]){
				 DB_P_INT(h->channel),
				 DB_P_INT(h->party),
				 DB_P_INT(h->pending_size),
				 DB_P_BLOB(h->pending_root.b, HASH_LEN),
				 DB_P_TEXT(h->pending_note),
			 },
			 NULL, NULL, e);
}

enum rc
store_leaf_insert(struct store *s, int64_t channel, enum party party, uint64_t seq,
		  const struct log_leaf *l, int64_t now_us, struct err *e)
{
	return store_later(s, &SQL_EVENT_INSERT,
			   (struct db_param[]){
				   DB_P_INT(channel),
				   DB_P_INT(party),
				   DB_P_INT(seq),
				   DB_P_BLOB(l->leaf.b, HASH_LEN),
				   {.type = DB_TEXT, .p = l->jws, .len = l->jws_len},
				   DB_P_INT(now_us),
			   },
			   e);
}

static enum rc
on_leaf(void *arg, const struct db_row *row, struct err *e)
{
	struct rows *r = arg;
	struct log_leaf *out = r->out;

	if (r->n >= r->cap || (uint64_t)r->s->drv->col_int(row, 0) != r->from + r->n)
		return err_set(e, RC_CORRUPT, "the log has a gap after leaf %llu",
			       (unsigned long long)(r->from + r->n));
	const char *jws = r->s->drv->col_text(row, 1, &out[r->n].jws_len);
	out[r->n].jws = arena_strndup(r->a, jws, out[r->n].jws_len);
	return take_hash(r->s, row, 2, &out[r->n++].leaf, e);
}

enum rc
store_leaves(struct store *s, struct arena *a, int64_t channel, enum party party,
	     uint64_t from, uint64_t to, struct log_leaf **ret, struct err *e)
{
	assert(from <= to);
	struct rows r = {.s = s, .a = a, .cap = (size_t)(to - from), .from = from};

	*ret = r.out = arena_array(a, r.cap, sizeof(**ret));
	enum rc rc = store_run(s, &SQL_EVENT_RANGE,
			       (struct db_param[]){DB_P_INT(channel), DB_P_INT(party),
						   DB_P_INT(from), DB_P_INT(to)},
			       on_leaf, &r, e);
	if (rc == RC_OK && r.n != r.cap)
		rc = err_set(e, RC_CORRUPT, "the log lacks leaf %llu",
			     (unsigned long long)(from + r.n));
	return rc;
}

struct each_leaf {
	const struct store *s;
	store_on_leaf *on_leaf;
	void *arg;
};

static enum rc
on_each_leaf(void *arg, const struct db_row *row, struct err *e)
{
	const struct each_leaf *x = arg;
	struct log_leaf l;
	enum rc rc = take_hash(x->s, row, 2, &l.leaf, e);

	if (rc != RC_OK)
		return rc;
	l.jws = x->s->drv->col_text(row, 1, &l.jws_len);
	return x->on_leaf(x->arg, (uint64_t)x->s->drv->col_int(row, 0), &l, e);
}

enum rc
store_leaves_each(struct store *s, int64_t channel, enum party party, uint64_t from,
		  uint64_t to, store_on_leaf *each, void *arg, struct err *e)
{
	struct each_leaf x = {s, each, arg};

	return store_run(s, &SQL_EVENT_RANGE,
			 (struct db_param[]){DB_P_INT(channel), DB_P_INT(party),
					     DB_P_INT(from), DB_P_INT(to)},
			 on_each_leaf, &x, e);
}

static enum rc
on_hash(void *arg, const struct db_row *row, struct err *e)
{
	struct rows *r = arg;

	r->n++;
	return take_hash(r->s, row, 0, r->out, e);
}

enum rc
log_tree_get(void *arg, unsigned level, uint64_t index, struct hash *ret, struct err *e)
{
	const struct log_tree *t = arg;
	struct rows r = {.s = t->s, .out = ret};
	enum rc rc;

	if (level == 0)
		rc = store_run(t->s, &SQL_EVENT_LEAF,
			       (struct db_param[]){DB_P_INT(t->channel),
						   DB_P_INT(t->party), DB_P_INT(index)},
			       on_hash, &r, e);
	else
		rc = store_run(t->s, &SQL_NODE_GET,
			       (struct db_param[]){DB_P_INT(t->channel),
						   DB_P_INT(t->party), DB_P_INT(level),
						   DB_P_INT(index)},
			       on_hash, &r, e);
	if (rc == RC_OK && r.n == 0)
		rc = err_set(e, RC_CORRUPT, "the log's tree lacks node %llu of level %u",
			     (unsigned long long)index, level);
	return rc;
}

enum rc
log_tree_put(void *arg, unsigned level, uint64_t index, const struct hash *node,
	     struct err *e)
{
	const struct log_tree *t = arg;

	if (level == 0)
		return RC_OK; /* is in log_event */
	return store_later(t->s, &SQL_NODE_INSERT,
			   (struct db_param[]){DB_P_INT(t->channel), DB_P_INT(t->party),
					       DB_P_INT(level), DB_P_INT(index),
					       DB_P_BLOB(node->b, HASH_LEN)},
			   e);
}

struct same {
	const struct log_tree *t;
	unsigned level;
	uint64_t first;
	const struct hash *want;
	size_t n, at;
};

static enum rc
same_not(const struct same *x, struct err *e)
{
	return err_set(e, RC_CORRUPT,
		       "node %llu of level %u of the tree is not the hash of the events "
		       "below it",
		       (unsigned long long)(x->first + x->at), x->level);
}

static enum rc
on_same(void *arg, const struct db_row *row, struct err *e)
{
	struct same *x = arg;
	struct hash h;
	enum rc rc = take_hash(x->t->s, row, 1, &h, e);

	if (rc == RC_OK && ((uint64_t)x->t->s->drv->col_int(row, 0) != x->first + x->at ||
			    !hash_equal(&h, &x->want[x->at])))
		rc = same_not(x, e);
	x->at++;
	return rc;
}

enum rc
log_tree_same(const struct log_tree *t, unsigned level, uint64_t first,
	      const struct hash *want, size_t n, struct err *e)
{
	struct same x = {.t = t, .level = level, .first = first, .want = want, .n = n};
	enum rc rc = store_run(t->s, &SQL_NODE_RANGE,
			       (struct db_param[]){DB_P_INT(t->channel),
						   DB_P_INT(t->party), DB_P_INT(level),
						   DB_P_INT(first), DB_P_INT(first + n)},
			       on_same, &x, e);

	return rc == RC_OK && x.at != n ? same_not(&x, e) : rc;
}

enum rc
store_receipt_insert(struct store *s, int64_t channel, enum party party,
		     const struct log_receipt *r, int64_t now_us, struct err *e)
{
	return store_later(s, &SQL_RECEIPT_INSERT,
			   (struct db_param[]){
				   DB_P_INT(channel),
				   DB_P_INT(party),
				   DB_P_INT(r->size),
				   DB_P_BLOB(r->root.b, HASH_LEN),
				   DB_P_INT(r->time_s),
				   DB_P_TEXT(r->note),
				   DB_P_TEXT(r->line),
				   DB_P_INT(now_us),
			   },
			   e);
}

static enum rc
take_receipt(struct store *s, struct arena *a, const struct db_row *row,
	     struct log_receipt *out, struct err *e)
{
	out->size = (uint64_t)s->drv->col_int(row, 0);
	out->time_s = (uint64_t)s->drv->col_int(row, 2);
	out->note = store_col_text(s, a, row, 3);
	out->line = store_col_text(s, a, row, 4);
	return take_hash(s, row, 1, &out->root, e);
}

static enum rc
on_receipt(void *arg, const struct db_row *row, struct err *e)
{
	struct rows *r = arg;

	r->n++;
	return take_receipt(r->s, r->a, row, r->out, e);
}

static enum rc
on_receipts(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *r = arg;

	return take_receipt(r->s, r->a, row,
			    store_list_next(r, sizeof(struct log_receipt)), e);
}

enum rc
store_receipts(struct store *s, struct arena *a, int64_t channel, enum party party,
	       uint64_t above, uint64_t upto, const struct log_receipt **ret,
	       size_t *ret_n, struct err *e)
{
	struct store_list r = {.s = s, .a = a};
	enum rc rc = store_run(s, &SQL_RECEIPT_RANGE,
			       (struct db_param[]){DB_P_INT(channel), DB_P_INT(party),
						   DB_P_INT(above), DB_P_INT(upto)},
			       on_receipts, &r, e);

	*ret = r.rows;
	*ret_n = r.n;
	return rc;
}

static enum rc
receipt_by(struct store *s, struct arena *a, const struct sql *q,
	   const struct db_param *p, struct log_receipt *ret, struct err *e)
{
	struct rows r = {.s = s, .a = a, .out = ret};
	enum rc rc = store_run(s, q, p, on_receipt, &r, e);

	if (rc == RC_OK && r.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no receipt");
	return rc;
}

enum rc
store_receipt_last(struct store *s, struct arena *a, int64_t channel, enum party party,
		   struct log_receipt *ret, struct err *e)
{
	return receipt_by(s, a, &SQL_RECEIPT_LAST,
			  (struct db_param[]){DB_P_INT(channel), DB_P_INT(party)}, ret,
			  e);
}

enum rc
store_receipt_covering(struct store *s, struct arena *a, int64_t channel,
		       enum party party, uint64_t seq, struct log_receipt *ret,
		       struct err *e)
{
	return receipt_by(
		s, a, &SQL_RECEIPT_COVERING,
		(struct db_param[]){DB_P_INT(channel), DB_P_INT(party), DB_P_INT(seq)},
		ret, e);
}

enum rc
store_disclosure_put(struct store *s, const struct hash *digest, const char *text,
		     size_t len, bool named, int64_t now_us, struct err *e)
{
	return store_run(s, &SQL_DISCLOSURE_PUT,
			 (struct db_param[]){
				 DB_P_BLOB(digest->b, HASH_LEN),
				 {.type = DB_TEXT, .p = text, .len = len},
				 DB_P_INT(now_us),
				 DB_P_INT(named),
			 },
			 NULL, NULL, e);
}

static enum rc
named_once(struct store *s, struct err *e)
{
	return s->drv->changes(s->db) != 0
		       ? RC_OK
		       : err_rule(e, RC_UNPROCESSABLE, "protocol 2",
				  "a disclosure is named by one event only, and another "
				  "one names this: each has a salt of its own");
}

enum rc
store_disclosure_name(struct store *s, const struct hash *digest, struct err *e)
{
	enum rc rc = store_run(s, &SQL_DISCLOSURE_NAME,
			       (struct db_param[]){DB_P_BLOB(digest->b, HASH_LEN)}, NULL,
			       NULL, e);

	return rc == RC_OK ? named_once(s, e) : rc;
}

enum rc
store_disclosure_take(struct store *s, const struct hash *digest, const char *text,
		      size_t len, int64_t now_us, struct err *e)
{
	enum rc rc = store_run(s, &SQL_DISCLOSURE_TAKE,
			       (struct db_param[]){
				       DB_P_BLOB(digest->b, HASH_LEN),
				       {.type = DB_TEXT, .p = text, .len = len},
				       DB_P_INT(now_us),
			       },
			       NULL, NULL, e);

	return rc == RC_OK ? named_once(s, e) : rc;
}

static enum rc
on_disclosure(void *arg, const struct db_row *row, struct err *e)
{
	struct rows *r = arg;

	(void)e;
	r->n++;
	if (!r->s->drv->col_null(row, 0))
		*(const char **)r->out = store_col_text(r->s, r->a, row, 0);
	return RC_OK;
}

enum rc
store_disclosure_get(struct store *s, struct arena *a, const struct hash *digest,
		     const char **ret, struct err *e)
{
	struct rows r = {.s = s, .a = a, .out = ret};

	*ret = NULL;
	enum rc rc = store_run(s, &SQL_DISCLOSURE_GET,
			       (struct db_param[]){DB_P_BLOB(digest->b, HASH_LEN)},
			       on_disclosure, &r, e);
	if (rc == RC_OK && r.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no such disclosure");
	if (rc != RC_OK || *ret == NULL)
		return rc;
	struct hash actual;
	char hex[HASH_HEX_LEN + 1];
	hash_bytes(*ret, strlen(*ret), &actual);
	if (!hash_equal(&actual, digest))
		rc = err_set(e, RC_CORRUPT,
			     "the store is damaged: the text %s is not what was stored. "
			     "Put back the newest copy of the store that is whole and "
			     "leave the file marks: the rest comes from the peer",
			     hash_hex(digest, hex));
	return rc;
}
