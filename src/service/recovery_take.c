/*
 * Entries of our own log and their disclosures, as a peer gives them back (protocol 6).
 * What is not ours is refused before it is kept; what is kept is durable before more is
 * asked for.
 */
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "base/fault.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "store/store_sql.h"

/* Disclosures that become durable at once: a peer may give a body of nothing but LF. */
enum { SAID_AT_ONCE = 256 };

/* ---- entries --------------------------------------------------------------------------
 */

struct staging {
	struct node *nd;
	struct recovery r;
	uint64_t next; /* the first of `entries` */
	const struct recovery_entry *entries;
	size_t n;
	uint64_t needs;
	struct hash *digests; /* of disclosures */
	struct recovery_entry *texts;
};

static enum rc
work_stage(struct writer *w, void *arg, struct err *e)
{
	struct staging *x = arg;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < x->n; i++)
		rc = store_run(w->s, &SQL_REGAIN_EVENT_PUT,
			       (struct db_param[]){DB_P_INT(x->r.channel),
						   DB_P_INT(x->next + i),
						   {.type = DB_TEXT,
						    .p = x->entries[i].jws,
						    .len = x->entries[i].len}},
			       NULL, NULL, e);
	if (x->needs > x->r.needs)
		x->r.needs = x->needs;
	return rc == RC_OK ? recovery_put(w->s, &x->r, e) : rc;
}

/* The leaf before `next`: staged, or of the log. */
static enum rc
leaf_before(struct store *s, struct arena *a, const struct log_head *own,
	    const struct recovery *r, uint64_t next, struct hash *ret, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = own->channel, .party = own->party};
	struct recovery_entry *one;

	if (next == 0)
		return RC_OK;
	if (next == r->base)
		return log_tree_get(&tree, 0, next - 1, ret, e);
	enum rc rc = recovery_entries(s, a, r->channel, next - 1, next, &one, e);
	if (rc == RC_OK)
		merkle_leaf(one->jws, one->len, ret);
	return rc;
}

/* One of ours: signed by us, at its place, behind the one before it. */
static enum rc
entry_check(struct node *nd, struct arena *a, const char *origin, uint64_t seq,
	    struct hash *prev, const struct recovery_entry *entry, uint64_t *ret_ack,
	    struct err *e)
{
	const struct event_claim *claim;
	const struct event *ev = NULL;
	enum rc rc = event_parse(a, entry->jws, entry->len, &claim, e);

	if (rc == RC_OK)
		rc = identity_log_event_verify(nd->ids, claim, &ev, e);
	if (rc != RC_OK)
		return rc;
	if (strcmp(ev->log, origin) != 0 || ev->seq != seq ||
	    (seq != 0 && (!ev->has_prev || !hash_equal(&ev->prev, prev))))
		return err_rule(e, RC_UNPROCESSABLE, "protocol 6",
				"entry %" PRIu64 " does not follow the one before it",
				seq);
	*ret_ack = ev->ack.size;
	*prev = ev->leaf;
	return RC_OK;
}

/* A tile of entries: u16 length and bytes each. */
static enum rc
bundle_read(struct arena *a, const uint8_t *body, size_t len, size_t want,
	    struct recovery_entry *ret, struct err *e)
{
	struct cursor c = {body, len, false};

	for (size_t i = 0; i < want; i++) {
		size_t n = (size_t)cursor_number(&c, 2);
		const uint8_t *p = cursor_take(&c, n);
		if (p == NULL)
			break;
		ret[i] = (struct recovery_entry){arena_strndup(a, (const char *)p, n), n};
	}
	return cursor_done(&c) ? RC_OK
			       : err_rule(e, RC_UNPROCESSABLE, "protocol 1",
					  "the peer gave no bundle of %zu entries", want);
}

static enum rc
entries_take(struct node *nd, struct store *s, struct arena *a, struct staging *x,
	     const struct log_head *own, const struct exchange_question *q,
	     const uint8_t *body, size_t len, struct err *e)
{
	size_t want = (size_t)(q->to - q->from);
	struct recovery_entry *all = arena_array(a, want, sizeof(*all));
	struct hash prev;
	enum rc rc = bundle_read(a, body, len, want, all, e);

	if (rc == RC_OK)
		rc = recovery_staged(s, &x->r, &x->next, e);
	if (rc == RC_OK && (x->next < q->from || x->next >= q->to))
		return err_set(e, RC_RETRY, "these entries came already");
	if (rc == RC_OK)
		rc = leaf_before(s, a, own, &x->r, x->next, &prev, e);
	x->entries = all + (x->next - q->from);
	x->n = (size_t)(q->to - x->next);
	for (size_t i = 0; rc == RC_OK && i < x->n; i++) {
		uint64_t ack = 0;
		rc = entry_check(nd, a, own->origin, x->next + i, &prev, &x->entries[i],
				 &ack, e);
		if (ack > x->needs)
			x->needs = ack;
	}
	return rc == RC_OK ? writer_run(nd, work_stage, x, e) : rc;
}

/* ---- disclosures ----------------------------------------------------------------------
 */

static enum rc
work_said(struct writer *w, void *arg, struct err *e)
{
	struct staging *x = arg;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < x->n; i++)
		rc = store_disclosure_put(w->s, &x->digests[i],
					  x->texts[i].len == 0 ? NULL : x->texts[i].jws,
					  x->texts[i].len, true, w->now_us, e);
	return rc == RC_OK ? recovery_put(w->s, &x->r, e) : rc;
}

static enum rc
said_odd(struct err *e)
{
	return err_rule(e, RC_UNPROCESSABLE, "protocol 6",
			"the peer gave other disclosures than it was asked for");
}

/* The line must be what the event names, or empty: erased there. */
static enum rc
line_take(const struct event *ev, uint64_t n, const char *line, size_t len,
	  struct hash *ret, struct err *e)
{
	struct hash h;

	*ret = ev->sd[n];
	hash_bytes(line, len, &h);
	if (len != 0 && !hash_equal(&h, &ev->sd[n]))
		return err_rule(e, RC_UNPROCESSABLE, "protocol 6",
				"what the peer gives as disclosure %" PRIu64
				" of event %" PRIu64 " is another text",
				n, ev->seq);
	return RC_OK;
}

/* The next lines, as far as they go, are those of the next event that names some. */
static enum rc
lines_take(struct store *s, struct staging *x, const char **at, const char *end,
	   struct err *e)
{
	struct arena *a = arena_create();
	const struct event_claim *claim;
	struct recovery_entry *one;
	bool any = true;
	enum rc rc = recovery_next_said(s, &x->r, &any, e);

	if (rc == RC_OK && !any)
		rc = said_odd(e);
	if (rc == RC_OK)
		rc = recovery_entries(s, a, x->r.channel, x->r.said_seq,
				      x->r.said_seq + 1, &one, e);
	if (rc == RC_OK)
		rc = event_parse(a, one->jws, one->len, &claim, e);
	while (rc == RC_OK && *at < end && x->n < SAID_AT_ONCE &&
	       x->r.said_n < event_trusted(claim)->n_sd) {
		const char *lf = memchr(*at, '\n', (size_t)(end - *at));
		if (lf == NULL) {
			rc = said_odd(e);
			break;
		}
		x->texts[x->n] = (struct recovery_entry){*at, (size_t)(lf - *at)};
		rc = line_take(event_trusted(claim), x->r.said_n++, *at,
			       (size_t)(lf - *at), &x->digests[x->n++], e);
		*at = lf + 1;
	}
	arena_free(a);
	return rc;
}

/* `keep` false: every line is looked at, that is all. */
static enum rc
said_take(struct store *s, struct staging *x, const char *at, const char *end, bool keep,
	  struct err *e)
{
	enum rc rc = at == end ? said_odd(e) : RC_OK;

	while (rc == RC_OK && at < end) {
		x->n = 0;
		while (rc == RC_OK && at < end && x->n < SAID_AT_ONCE)
			rc = lines_take(s, x, &at, end, e);
		if (rc == RC_OK && keep)
			rc = writer_run(x->nd, work_said, x, e);
	}
	return rc;
}

static enum rc
disclosures_take(struct store *s, struct arena *a, struct staging *x, const char *body,
		 size_t len, struct err *e)
{
	const struct recovery from = x->r;

	x->digests = arena_array(a, SAID_AT_ONCE, sizeof(*x->digests));
	x->texts = arena_array(a, SAID_AT_ONCE, sizeof(*x->texts));
	enum rc rc = said_take(s, x, body, body + len, false, e);
	x->r = from;
	return rc == RC_OK ? said_take(s, x, body, body + len, true, e) : rc;
}

enum rc
recovery_take(struct node *nd, int64_t peer, struct arena *a,
	      const struct exchange_question *q, const void *body, size_t len,
	      struct err *e)
{
	struct staging x = {.nd = nd};
	struct store *s = NULL;
	struct log_head own;
	struct channel_row c;

	fault_point("recovery.stage.before");
	enum rc rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = channel_by_id(s, a, peer, &c, e);
	if (rc == RC_OK)
		rc = store_head(s, a, peer, c.own_party, &own, e);
	if (rc == RC_OK)
		rc = recovery_get(s, a, peer, &x.r, e);
	if (rc == RC_OK && q->kind == EXCHANGE_ASK_ENTRIES)
		rc = entries_take(nd, s, a, &x, &own, q, body, len, e);
	else if (rc == RC_OK)
		rc = disclosures_take(s, a, &x, body, len, e);
	reader_put(nd, s);
	fault_point("recovery.stage.after");
	return rc == RC_RETRY ? RC_OK : rc;
}
