/*
 * What a side has signed that cannot both be true, and how the channel went on after it
 * (protocol 7): the step over fraud/<party>.txt and over channel.epoch.
 */
#include <string.h>

#include "core/bundle_int.h"
#include "core/epoch.h"

/* ---- proofs ------------------------------------------------------------------------ */

/* A proof of this party: about a log of this channel, or about its keys. */
static enum rc
proof_check(struct bundle *b, enum party p, const char *line, size_t len,
	    struct bundle_fraud *ret)
{
	struct fraud_said said;
	struct fraud f;
	json_t *body;
	enum rc rc = fraud_parse(b->a, line, len, &f, &body, b->e);

	if (rc != RC_OK)
		return rc;
	/* A receipt is signed over a head of the other side's log. */
	enum party log = f.kind == FRAUD_RECEIPTS ? bundle_other(p) : p;
	if (f.kind != FRAUD_IDENTITY && strcmp(f.log, b->r->party[log].origin) != 0)
		return bundle_fail(b, "a proof is about %s, not about %s", f.log,
				   b->r->party[log].origin);
	rc = fraud_verify(b->a, &f, b->side[p].ids, &said, b->e);
	*ret = (struct bundle_fraud){
		.whose = p, .kind = f.kind, .at = said.at, .most = said.most};
	return rc;
}

static int
compare_lines(const char *x, size_t x_len, const char *y, size_t y_len)
{
	int d = memcmp(x, y, x_len < y_len ? x_len : y_len);

	return d != 0 ? d : (x_len > y_len) - (x_len < y_len);
}

static enum rc
proofs_check(struct bundle *b, enum party p)
{
	const struct bundle_member *m = bundle_find(b, BUNDLE_NAME_FRAUD, party_name(p));
	const char *before = NULL;
	size_t before_len = 0, n = 0;
	enum rc rc = RC_OK;

	if (m == NULL)
		return RC_OK;
	if (m->len == 0)
		return bundle_fail(b, "has no proof");
	for (size_t at = 0; rc == RC_OK && at < m->len; n++) {
		const char *line = m->data + at;
		const char *lf = memchr(line, '\n', m->len - at);
		if (lf == NULL)
			return bundle_fail(b, "its last line does not end in LF");
		size_t len = (size_t)(lf - line);
		if (n == BUNDLE_FRAUDS_MAX)
			return bundle_fail(b, "has more than %d proofs",
					   BUNDLE_FRAUDS_MAX);
		if (before != NULL && compare_lines(before, before_len, line, len) >= 0)
			return bundle_fail(b, "the proofs do not ascend");
		rc = proof_check(b, p, line, len, &b->r->frauds[b->r->n_frauds++]);
		before = line;
		before_len = len;
		at += len + 1;
	}
	return rc;
}

/* ---- epochs ------------------------------------------------------------------------ */

/* One side's statement, by a key that stands where it says that its own log stands. */
static enum rc
statement_check(struct bundle *b, struct arena *tmp, enum party p, const char *wire,
		const struct epoch **ret, struct err *e)
{
	const struct bundle_side *s = &b->side[p];
	size_t n;
	enum rc rc = epoch_read(tmp, wire, strlen(wire), ret, e);

	if (rc != RC_OK)
		return rc;
	if (!identity_log_of_kid(s->ids, (*ret)->kid, &n))
		return err_set(e, RC_UNPROCESSABLE,
			       "the statement of the %s is not signed with one of its "
			       "event keys",
			       party_name(p));
	rc = epoch_parse(tmp, wire, strlen(wire), s->ids->entry[n], ret, e);
	if (rc == RC_OK && !identity_head_stands(s->ids, n, (*ret)->head[p].size))
		rc = err_set(e, RC_UNPROCESSABLE,
			     "the statement of the %s is signed with a key that it had "
			     "replaced before",
			     party_name(p));
	return rc;
}

/* Both statements of an event; RC_UNPROCESSABLE: it has no effect. */
static enum rc
epoch_check(struct bundle *b, struct arena *tmp, enum party from, const struct event *ev,
	    const struct epoch *ret[PARTY_COUNT], struct err *e)
{
	const json_t *both = json_object_get(ev->body, "statements");

	for (size_t i = 0; i < PARTY_COUNT; i++) {
		enum party p = i == 0 ? from : bundle_other(from);
		enum rc rc = statement_check(b, tmp, p,
					     json_string_value(json_array_get(both, i)),
					     &ret[i], e);
		if (rc != RC_OK)
			return rc;
		if (strcmp(ret[i]->channel, b->r->channel) != 0)
			return err_set(e, RC_UNPROCESSABLE,
				       "the statements are about the channel %s",
				       ret[i]->channel);
		for (int q = 0; q < PARTY_COUNT; q++)
			if (strcmp(ret[i]->head[q].log, b->r->party[q].origin) != 0)
				return err_set(e, RC_UNPROCESSABLE,
					       "a statement is about the log %s",
					       ret[i]->head[q].log);
	}
	return RC_OK;
}

/* What both sides agreed on is the history that is here. */
static enum rc
epoch_conflict(struct bundle *b, const struct event *ev, const struct epoch *st)
{
	for (int q = 0; q < PARTY_COUNT; q++) {
		const struct bundle_head *heads[] = {&b->side[q].own,
						     &b->side[q].cosigned};
		for (size_t i = 0; i < 2; i++)
			if (heads[i]->member != NULL &&
			    heads[i]->cp.size == st->head[q].size &&
			    !hash_equal(&heads[i]->cp.root, &st->head[q].root))
				return bundle_fail(b,
						   "two histories of %s: a statement in "
						   "event %" PRIu64
						   " and the head of that size have "
						   "different roots",
						   st->head[q].log, ev->seq);
	}
	return RC_OK;
}

static enum rc
epoch_look(struct bundle *b, struct arena *tmp, struct bundle_event *be)
{
	const struct epoch *st[PARTY_COUNT];
	struct err why = ERR_INIT;
	enum rc rc = RC_OK;

	if (epoch_check(b, tmp, be->from, be->ev, st, &why) != RC_OK) {
		be->void_why = arena_strdup(b->a, why.text);
		return RC_OK;
	}
	for (int i = 0; rc == RC_OK && i < PARTY_COUNT; i++)
		rc = epoch_conflict(b, be->ev, st[i]);
	struct bundle_epoch *said = &b->r->epochs[b->r->n_epochs++];
	*said = (struct bundle_epoch){.event = be, .epoch = st[0]->epoch};
	for (int q = 0; q < PARTY_COUNT; q++)
		said->size[q] = st[0]->head[q].size < st[1]->head[q].size
					? st[0]->head[q].size
					: st[1]->head[q].size;
	return rc;
}

static bool
is_epoch(const struct bundle_event *be)
{
	return be->void_why == NULL && strcmp(be->ev->type, "channel.epoch") == 0;
}

static enum rc
epochs_check(struct bundle *b)
{
	struct arena *tmp = arena_create();
	size_t most = 0;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < b->r->n_events; i++)
		most += is_epoch(&b->r->events[i]);
	b->r->epochs = arena_array(b->a, most + 1, sizeof(*b->r->epochs));
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		const struct bundle_side *s = &b->side[p];
		b->where =
			arena_printf(b->a, BUNDLE_NAME_EVENTS, party_name((enum party)p));
		for (size_t i = 0; rc == RC_OK && i < s->n_ev; i++)
			if (is_epoch(s->ev[i])) {
				arena_reset(tmp);
				rc = epoch_look(b, tmp, s->ev[i]);
			}
	}
	arena_free(tmp);
	return rc;
}

enum rc
bundle_step_fraud(struct bundle *b)
{
	enum rc rc = RC_OK;

	b->r->frauds = arena_array(b->a, PARTY_COUNT * (size_t)BUNDLE_FRAUDS_MAX,
				   sizeof(*b->r->frauds));
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = proofs_check(b, (enum party)p);
	return rc == RC_OK ? epochs_check(b) : rc;
}
