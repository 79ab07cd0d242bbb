#include "core/identity_log.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "core/event_type.h"

#define ENTRY_RULE "protocol 9"

/* ---- entries ----------------------------------------------------------------------- */

enum rc
identity_log_add(struct arena *a, struct identity_log *l, const char *wire, size_t len,
		 struct err *e)
{
	return identity_log_add_seen(a, l, NULL, wire, len, e);
}

enum rc
identity_log_add_seen(struct arena *a, struct identity_log *l, struct identity_seen *seen,
		      const char *wire, size_t len, struct err *e)
{
	const struct identity *before = l->n == 0 ? NULL : l->entry[l->n - 1], *id;

	if (l->n == IDENTITY_ENTRIES_MAX)
		return err_rule(e, RC_LIMIT, ENTRY_RULE,
				"an identity log has at most %d entries",
				IDENTITY_ENTRIES_MAX);
	if (before != NULL && len > IDENTITY_ENTRY_MAX)
		return err_rule(e, RC_TOO_LARGE, ENTRY_RULE,
				"an entry after the first has at most %d bytes",
				IDENTITY_ENTRY_MAX);
	enum rc rc = identity_parse_seen(a, seen, wire, len, before, &id, e);
	if (rc == RC_OK)
		l->entry[l->n++] = id;
	return rc;
}

/* Entry `n` as somebody shows it: the one that is known, or the next. */
static enum rc
entry_take(struct arena *a, struct identity_log *l, size_t n, const char *wire,
	   size_t len, struct err *e)
{
	const struct identity *id;

	if (n >= l->n)
		return identity_log_add(a, l, wire, len, e);
	if (strlen(l->entry[n]->wire) == len && memcmp(l->entry[n]->wire, wire, len) == 0)
		return RC_OK;
	/* Only a second one that its root has signed says something of its author. */
	enum rc rc =
		identity_parse(a, wire, len, n == 0 ? NULL : l->entry[n - 1], &id, e);
	if (rc != RC_OK)
		return rc;
	l->second = arena_strndup(a, wire, len);
	l->second_n = n;
	return err_rule(e, RC_CONFLICT, ENTRY_RULE,
			"%s has signed two entries of number %zu: the first that came "
			"counts",
			id->org, n);
}

enum rc
identity_log_take(struct arena *a, struct identity_log *l, const char *lines, size_t len,
		  struct err *e)
{
	enum rc rc = RC_OK;
	size_t n = 0;

	for (size_t at = 0; rc == RC_OK && at < len; n++) {
		const char *lf = memchr(lines + at, '\n', len - at);
		if (lf == NULL)
			return err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE,
					"entry %zu does not end in LF", n);
		size_t one = (size_t)(lf - (lines + at));
		rc = entry_take(a, l, n, lines + at, one, e);
		at += one + 1;
	}
	if (rc == RC_OK && n == 0)
		rc = err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE, "there is no entry");
	return rc;
}

void
identity_log_from(struct identity_log *l, const struct identity *newest)
{
	assert(newest->n < IDENTITY_ENTRIES_MAX);
	*l = (struct identity_log){.n = (size_t)newest->n + 1};
	for (const struct identity *id = newest; id != NULL; id = id->before)
		l->entry[id->n] = id;
}

char *
identity_log_text(struct arena *a, const struct identity_log *l)
{
	struct buf b = BUF_INIT(IDENTITY_LOG_MAX);

	for (size_t i = 0; i < l->n; i++)
		buf_printf(&b, "%s\n", l->entry[i]->wire);
	assert(buf_ok(&b));
	char *text = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

const struct identity *
identity_log_newest(const struct identity_log *l)
{
	assert(l->n != 0);
	return l->entry[l->n - 1];
}

bool
identity_log_of_kid(const struct identity_log *l, const char *kid, size_t *ret_n)
{
	char have[KID_LEN + 1];

	for (size_t n = l->n; n-- > 0;)
		for (size_t i = 0; i < l->entry[n]->n_event_keys; i++) {
			key_thumbprint(l->entry[n]->event_keys[i], have);
			if (strcmp(have, kid) == 0) {
				*ret_n = n;
				return true;
			}
		}
	return false;
}

enum rc
identity_log_event_verify(const struct identity_log *l, const struct event_claim *c,
			  const struct event **ret, struct err *e)
{
	size_t n = l->n - 1;

	(void)identity_log_of_kid(l, event_claimed(c)->kid, &n);
	return identity_event_verify(l->entry[n], c, ret, e);
}

/* ---- places ------------------------------------------------------------------------ */

enum rc
identity_log_turn(struct identity_log *l, const struct identity_turn *t, struct err *e)
{
	if (l->n_turns == IDENTITY_ENTRIES_MAX)
		return err_rule(e, RC_LIMIT, ENTRY_RULE, "a log has at most %d turns",
				IDENTITY_ENTRIES_MAX);
	l->turn[l->n_turns++] = *t;
	return RC_OK;
}

size_t
identity_log_at(const struct identity_log *l, uint64_t seq)
{
	size_t n = l->n_turns == 0 ? l->n - 1 : (size_t)l->turn[0].n;

	for (size_t i = 0; i < l->n_turns && l->turn[i].seq <= seq; i++)
		n = (size_t)l->turn[i].n;
	return n;
}

bool
identity_head_stands(const struct identity_log *l, size_t n, uint64_t size)
{
	for (size_t i = 0; i < l->n_turns; i++)
		if (l->turn[i].n > n && size > l->turn[i].seq)
			return false;
	return true;
}

bool
identity_receipt_stands(const struct identity_log *l, size_t n, uint64_t size)
{
	for (size_t i = 0; i < l->n_turns; i++)
		if (l->turn[i].n > n && size > l->turn[i].had)
			return false;
	return true;
}

/* ---- keys -------------------------------------------------------------------------- */

enum rc
identity_log_log_keys(const struct identity_log *l, const char *origin,
		      struct note_key *ret, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t n = 0; rc == RC_OK && n < l->n; n++)
		rc = identity_log_key(l->entry[n], origin, &ret[n], e);
	return rc;
}

enum rc
identity_log_receipt_keys(const struct identity_log *l, struct note_key *ret,
			  struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t n = 0; rc == RC_OK && n < l->n; n++)
		rc = identity_receipt_key(l->entry[n], &ret[n], e);
	return rc;
}

enum rc
identity_log_head_verify(struct arena *a, const struct identity_log *l,
			 const struct note *note, const struct checkpoint *cp,
			 const char **ret_head, struct err *e)
{
	struct note_key keys[IDENTITY_ENTRIES_MAX];
	bool verified[IDENTITY_ENTRIES_MAX];
	enum rc rc = identity_log_log_keys(l, cp->origin, keys, e);

	if (rc == RC_OK)
		rc = note_verify(note, keys, l->n, verified, NULL, e);
	if (rc != RC_OK)
		return rc;
	for (size_t n = l->n; n-- > 0;)
		if (verified[n] && identity_head_stands(l, n, cp->size)) {
			*ret_head = note_alone(a, note, &keys[n]);
			return RC_OK;
		}
	return err_rule(e, RC_DENIED, ENTRY_RULE,
			"the head of %" PRIu64 " events is signed with a log key that %s "
			"had replaced before",
			cp->size, l->entry[0]->org);
}

enum rc
identity_log_cosigned(struct arena *a, const struct identity_log *l,
		      const struct note *note, uint64_t size, const char **ret_line,
		      uint64_t *ret_time_s, struct err *e)
{
	struct note_key keys[IDENTITY_ENTRIES_MAX];
	bool verified[IDENTITY_ENTRIES_MAX];
	uint64_t time_s[IDENTITY_ENTRIES_MAX] = {0};
	enum rc rc = identity_log_receipt_keys(l, keys, e);

	if (rc == RC_OK)
		rc = note_verify(note, keys, l->n, verified, time_s, e);
	if (rc != RC_OK)
		return rc;
	for (size_t n = l->n; n-- > 0;)
		if (verified[n] && identity_receipt_stands(l, n, size)) {
			*ret_line = note_line_of(a, note, &keys[n]);
			*ret_time_s = time_s[n];
			return RC_OK;
		}
	return err_rule(e, RC_DENIED, ENTRY_RULE,
			"it is signed with a receipt key that %s had replaced before it "
			"had %" PRIu64 " events",
			l->entry[0]->org, size);
}

enum rc
identity_log_receipt_verify(const struct identity_log *l, const char *line, size_t len,
			    uint64_t size, const char *text, size_t text_len,
			    uint64_t *ret_time_s, struct err *e)
{
	struct note_key keys[IDENTITY_ENTRIES_MAX];
	enum rc rc = identity_log_receipt_keys(l, keys, e);

	if (rc != RC_OK)
		return rc;
	for (size_t n = l->n; n-- > 0;) {
		struct err why = ERR_INIT;
		rc = note_line_verify(line, len, &keys[n], text, text_len, ret_time_s,
				      &why);
		if (rc == RC_OK && identity_receipt_stands(l, n, size))
			return RC_OK;
		if (rc == RC_OK)
			return err_rule(e, RC_DENIED, ENTRY_RULE,
					"it is signed with a receipt key that %s had "
					"replaced before it had %" PRIu64 " events",
					l->entry[0]->org, size);
		if (n == l->n - 1)
			*e = why;
	}
	return RC_DENIED;
}

/* ---- turning keys ------------------------------------------------------------------ */

bool
identity_is_rekey(const struct event *ev, enum party from)
{
	struct err none = ERR_INIT;

	return strcmp(ev->type, IDENTITY_REKEY_TYPE) == 0 &&
	       event_type_check(ev, from, &none) == RC_OK;
}

enum rc
identity_log_rekey(struct arena *a, struct identity_log *l, size_t in_force,
		   const struct event *ev, size_t *ret_n, struct err *e)
{
	const json_t *entries = json_object_get(ev->body, "entries"), *one;
	size_t i, last = in_force + json_array_size(entries);
	enum rc rc = RC_OK;

	if (json_integer_value(json_object_get(ev->body, "n")) != (json_int_t)last ||
	    ev->seq == 0)
		return err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE,
				"event %" PRIu64 " brings %zu entries where entry %zu is "
				"in force, and calls the last one another number",
				ev->seq, last - in_force, in_force);
	json_array_foreach (entries, i, one) {
		rc = entry_take(a, l, in_force + 1 + i, json_string_value(one),
				json_string_length(one), e);
		if (rc != RC_OK)
			return rc;
	}
	*ret_n = last;
	return RC_OK;
}
