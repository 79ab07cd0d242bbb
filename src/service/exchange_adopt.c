/*
 * Receipts that start a clock are adopted in our log (protocol 4): each clock has the
 * first one that covers it.  While nothing enters the log they wait in the store.
 */
#include <string.h>

#include "service/exchange_int.h"
#include "service/tick.h"
#include "store/store_sql.h"

static bool
stands(const struct identity_log *peer, const char *origin, const struct log_receipt *r)
{
	struct checkpoint cp = {.origin = origin, .size = r->size, .root = r->root};
	struct buf text = BUF_INIT(NOTE_TEXT_MAX);
	struct err none = ERR_INIT;
	uint64_t time_s;

	checkpoint_put(&text, &cp);
	enum rc rc =
		identity_log_receipt_verify(peer, r->line, strlen(r->line), r->size,
					    buf_str(&text), text.len, &time_s, &none);
	buf_free(&text);
	return rc == RC_OK;
}

/* The receipt to be adopted next: the oldest that covers the first clock that waits, by a
 * key that stands for it still.  *ret_size 0: none. */
static enum rc
adopt_next(struct store *s, struct arena *a, const struct channel_row *c,
	   const char *origin, struct log_receipt *ret, uint64_t *ret_size, struct err *e)
{
	struct identity_log *peer = ARENA_NEW(a, struct identity_log);
	struct err none = ERR_INIT;
	int64_t first = -1;
	enum rc rc = store_receipt_last(s, a, c->channel, c->own_party, ret, &none);

	*ret_size = 0;
	if (rc == RC_OK)
		rc = store_int(s, &SQL_V_CLOCK_WAITING,
			       (struct db_param[]){DB_P_INT(c->channel),
						   DB_P_INT(c->own_party),
						   DB_P_INT(ret->size)},
			       -1, &first, &none);
	if (rc == RC_OK && first >= 0)
		rc = store_identity_of_party(s, a, c->channel, party_other(c->own_party),
					     peer, &none);
	for (uint64_t at = (uint64_t)first; rc == RC_OK && first >= 0; at = ret->size) {
		rc = store_receipt_covering(s, a, c->channel, c->own_party, at, ret,
					    &none);
		if (rc == RC_OK && stands(peer, origin, ret)) {
			*ret_size = ret->size;
			break;
		}
	}
	return rc == RC_OK || rc == RC_NOT_FOUND ? RC_OK
						 : err_set(e, rc, "%s", none.text);
}

static enum rc
adopt_append(struct writer *w, const struct channel_row *c, const char *origin,
	     const struct log_receipt *r, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	/* "— <name> <base64>" LF: the event keeps the last word. */
	const char *sig = strrchr(r->line, ' ') + 1;

	return append_event(
		w,
		&(struct append){
			.channel = c->channel,
			.type = "receipt.adopt",
			.by = "node",
			.body = json_pack("{s:s, s:I, s:s, s:I, s:s}", "log", origin,
					  "size", (json_int_t)r->size, "root",
					  hash_hex(&r->root, hex), "time",
					  (json_int_t)r->time_s, "sig",
					  arena_strndup(w->a, sig, strcspn(sig, "\n"))),
		},
		NULL, e);
}

enum rc
exchange_adopt(struct writer *w, const struct channel_row *c, struct err *e)
{
	struct err none = ERR_INIT;
	struct log_receipt r;
	struct log_head own;
	uint64_t size = 1;

	if (channel_usable(w->nd, c->channel, &none) != RC_OK)
		return RC_OK;
	enum rc rc = store_head(w->s, w->a, c->channel, c->own_party, &own, e);
	/* What it covers waits no longer. */
	while (rc == RC_OK && size != 0) {
		rc = adopt_next(w->s, w->a, c, own.origin, &r, &size, e);
		if (rc == RC_OK && size != 0)
			rc = adopt_append(w, c, own.origin, &r, e);
	}
	return rc;
}

static enum rc
work_adopt(struct writer *w, void *arg, struct err *e)
{
	return exchange_adopt(w, arg, e);
}

/* What came while the log took nothing. */
enum rc
tick_adopt(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	const struct channel_row *rows = NULL;
	struct store *s = NULL;
	size_t n = 0;
	enum rc rc = reader_get(nd, &s, e);

	(void)now_us;
	(void)next_us;
	if (rc == RC_OK)
		rc = store_channels(s, a, &rows, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct channel_row c = rows[i];
		struct err none = ERR_INIT;
		struct log_receipt r;
		struct log_head own;
		uint64_t size;
		if (channel_usable(nd, c.channel, &none) != RC_OK)
			continue;
		rc = store_head(s, a, c.channel, c.own_party, &own, e);
		if (rc == RC_OK)
			rc = adopt_next(s, a, &c, own.origin, &r, &size, e);
		if (rc == RC_OK && size != 0)
			rc = writer_run(nd, work_adopt, &c, e);
	}
	reader_put(nd, s);
	arena_free(a);
	return rc;
}
