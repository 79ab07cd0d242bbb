/*
 * The fold of adoptions of policies.
 *
 * The text travels in the event's disclosures and is kept with the other policies, where
 * it stays when they are erased: what a case is judged by is never lost.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_sql.h"
#include "store/view_int.h"

/* The chunks one after the other; NULL: one was erased. */
static enum rc
text_of(struct fold *f, const char **ret, size_t *ret_len, struct err *e)
{
	struct buf b = BUF_INIT(POLICY_MAX + 1);
	enum rc rc = RC_OK;

	*ret = NULL;
	for (size_t i = 0; rc == RC_OK && i < f->ev->n_sd; i++) {
		json_t *v;

		rc = fold_disclosed_at(f, i, &v, e);
		if (rc == RC_OK && !json_is_string(v))
			goto out;
		if (rc == RC_OK)
			buf_put(&b, json_string_value(v), json_string_length(v));
	}
	if (rc == RC_OK && !buf_ok(&b))
		fold_void(f, "the policy's text is too long");
	else if (rc == RC_OK)
		*ret = arena_strndup(f->a, buf_str(&b), b.len);
	*ret_len = b.len;
out:
	buf_free(&b);
	return rc;
}

/* The policy whose text came, which must be the one that the event names. */
static enum rc
text_keep(struct fold *f, const char *text, size_t len, const struct hash *named,
	  struct err *e)
{
	struct err why = ERR_INIT;
	const struct policy *p;

	if (policy_parse(f->a, text, len, &p, &why) != RC_OK) {
		fold_void(f, "the policy: %s", why.text);
		return RC_OK;
	}
	if (!hash_equal(&p->sha256, named) ||
	    strcmp(p->name, fold_text(f, "name")) != 0 ||
	    p->version != (uint64_t)fold_int(f, "version")) {
		fold_void(f, "the policy's text is not of the name, version and digest");
		return RC_OK;
	}
	return store_run(f->s, &SQL_POLICY_PUT,
			 (struct db_param[]){DB_P_BLOB(p->sha256.b, HASH_LEN),
					     DB_P_TEXT(p->name), DB_P_INT(p->version),
					     DB_P_TEXT(text)},
			 NULL, NULL, e);
}

enum rc
fold_policy_adopt(struct fold *f, struct err *e)
{
	const char *hex = fold_text(f, "sha256"), *text;
	const struct policy *p;
	struct err why = ERR_INIT;
	struct hash named;
	int64_t open;
	size_t len;
	enum rc rc =
		store_int(f->s, &SQL_V_POLICY_OPEN,
			  (struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					      DB_P_INT(PARTY_COUNT - 1 - f->from),
					      DB_P_INT(f->ev->ack.size)},
			  0, &open, e);

	if (rc == RC_OK && open >= POLICY_OPEN_MAX)
		fold_void(f,
			  "%d adoptions wait for the other side: no more until one of "
			  "them is matched",
			  POLICY_OPEN_MAX);
	else if (rc == RC_OK && hash_parse_hex(hex, strlen(hex), &named) != RC_OK)
		fold_void(f, "sha256 is no SHA-256");
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = text_of(f, &text, &len, e);
	if (rc == RC_OK && f->void_why == NULL && text != NULL)
		rc = text_keep(f, text, len, &named, e);
	else if (rc == RC_OK && f->void_why == NULL &&
		 view_policy(f->v, &named, &p, &why) != RC_OK)
		fold_void(f, "the policy: %s", why.text);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	return store_run(f->s, &SQL_V_POLICY_INSERT,
			 (struct db_param[]){
				 DB_P_INT(f->channel),
				 DB_P_INT(f->from),
				 DB_P_INT(f->ev->seq),
				 DB_P_BLOB(named.b, HASH_LEN),
				 DB_P_TEXT(fold_text(f, "name")),
				 DB_P_INT(fold_int(f, "version")),
				 DB_P_TEXT(f->ev->by),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

struct effect {
	struct store *s;
	struct hash *ret;
	size_t n;
};

static enum rc
on_effect(void *arg, const struct db_row *row, struct err *e)
{
	struct effect *x = arg;
	size_t len;
	const uint8_t *sha256 = x->s->drv->col_blob(row, 0, &len);

	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT,
			       "the store holds a damaged policy's digest");
	memcpy(x->ret->b, sha256, HASH_LEN);
	x->n++;
	return RC_OK;
}

/* A log has fewer entries than a column of the store can count. */
static int64_t
below_of(uint64_t seen)
{
	return seen > INT64_MAX ? INT64_MAX : (int64_t)seen;
}

enum rc
view_policy_in_effect(struct store *s, struct arena *a, int64_t channel,
		      const uint64_t seen[PARTY_COUNT], struct hash *ret, struct err *e)
{
	struct effect x = {.s = s, .ret = ret};
	const struct channel_row *rows;
	size_t n = 0;
	enum rc rc = store_run(
		s, &SQL_V_POLICY_EFFECT,
		(struct db_param[]){DB_P_INT(channel), DB_P_INT(PARTY_AUTHORITY),
				    DB_P_INT(below_of(seen[PARTY_AUTHORITY])),
				    DB_P_INT(PARTY_PLATFORM),
				    DB_P_INT(below_of(seen[PARTY_PLATFORM]))},
		on_effect, &x, e);

	if (rc == RC_OK && x.n == 0)
		rc = store_channels(s, a, &rows, &n, e);
	if (rc != RC_OK || x.n != 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (rows[i].channel == channel) {
			*ret = rows[i].policy_sha256;
			return RC_OK;
		}
	return err_set(e, RC_NOT_FOUND, "there is no channel %" PRId64, channel);
}
