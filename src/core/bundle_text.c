/*
 * Disclosures in a bundle: each is named by an event that is here, and is read when it is
 * asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "core/bundle_int.h"

static int
compare_digests(const void *x, const void *y)
{
	return memcmp(x, y, HASH_LEN);
}

static const struct bundle_disclosure *
disclosure_find(const struct bundle *b, const struct hash *digest)
{
	if (b->n_disclosures == 0)
		return NULL;
	return bsearch(digest, b->disclosures, b->n_disclosures, sizeof(*b->disclosures),
		       compare_digests);
}

/* The value, if it has that name, as a text. */
static const char *
text_of(const struct bundle *b, const struct bundle_disclosure *d, const char *name)
{
	struct arena *tmp = arena_create();
	struct err ignored = ERR_INIT;
	const char *is, *text = NULL;
	json_t *value;

	if (event_disclosure_parse(tmp, d->text, d->len, &is, &value, &ignored) ==
		    RC_OK &&
	    strcmp(is, name) == 0 && json_is_string(value))
		text = arena_strdup(b->a, json_string_value(value));
	arena_free(tmp);
	return text;
}

const char *
bundle_disclosed(const struct bundle *b, const struct event *ev, const char *name)
{
	for (size_t i = 0; i < ev->n_sd; i++) {
		const struct bundle_disclosure *d = disclosure_find(b, &ev->sd[i]);
		const char *text = d == NULL ? NULL : text_of(b, d, name);
		if (text != NULL)
			return text;
	}
	return NULL;
}

/* Each line is named by an event: count them off, so that none is foreign.  In version 2
 * they stand in the order of the events. */
static enum rc
owners_check(struct bundle *b, bool *named)
{
	size_t next = 0;

	for (int p = 0; p < PARTY_COUNT; p++)
		for (size_t i = 0; i < b->side[p].n_ev; i++) {
			struct bundle_event *be = b->side[p].ev[i];
			for (size_t k = 0; k < be->ev->n_sd; k++) {
				const struct bundle_disclosure *d =
					disclosure_find(b, &be->ev->sd[k]);
				if (d == NULL)
					continue;
				if (b->version == BUNDLE_VERSION_LONG &&
				    d->line != next++)
					return bundle_fail(b,
							   "line %u: not in the order "
							   "of the events",
							   (unsigned)d->line + 1);
				named[d->line] = true;
				be->n_disclosed++;
			}
		}
	for (size_t i = 0; i < b->n_disclosures; i++)
		if (!named[i])
			return bundle_fail(
				b, "line %zu: a text that no event here has signed",
				i + 1);
	return RC_OK;
}

/* One line at *at, which moves behind it. */
static enum rc
line_read(struct bundle *b, const struct bundle_member *m, size_t *at, struct arena *tmp,
	  const struct bundle_disclosure *before, struct bundle_disclosure *ret)
{
	const char *line = m->data + *at, *name;
	const char *lf = memchr(line, '\n', m->len - *at);
	json_t *value;

	if (lf == NULL)
		return bundle_fail(b, "the last line does not end in LF");
	size_t len = (size_t)(lf - line);
	enum rc rc = event_disclosure_parse(tmp, line, len, &name, &value, b->e);
	if (rc != RC_OK)
		return rc;
	if (before != NULL && b->version == BUNDLE_VERSION) {
		int d = memcmp(before->text, line, before->len < len ? before->len : len);
		if (d > 0 || (d == 0 && before->len >= len))
			return bundle_fail(b, "lines ascend, each once");
	}
	ret->text = line;
	ret->len = (uint32_t)len;
	hash_bytes(line, len, &ret->digest);
	*at = (size_t)(lf + 1 - m->data);
	return RC_OK;
}

enum rc
bundle_step_disclosures(struct bundle *b)
{
	const struct bundle_member *m = bundle_find(b, BUNDLE_TEXTS);
	size_t cap = 0, n = 0;
	enum rc rc = RC_OK;

	if (m == NULL)
		return RC_OK;
	for (size_t i = 0; i < m->len; i++)
		cap += m->data[i] == '\n';
	if (cap > BUNDLE_TEXTS_MAX)
		return bundle_fail(b, "more than %d texts", BUNDLE_TEXTS_MAX);
	struct bundle_disclosure *d = arena_array(b->a, cap + 1, sizeof(*d));
	struct arena *tmp = arena_create();
	for (size_t at = 0; rc == RC_OK && at < m->len; n++) {
		d[n].line = (uint32_t)n;
		rc = line_read(b, m, &at, tmp, n == 0 ? NULL : &d[n - 1], &d[n]);
		if (rc != RC_OK)
			err_prefix(b->e, "line %zu", n + 1);
		arena_reset(tmp);
	}
	arena_free(tmp);
	if (rc != RC_OK)
		return rc;
	b->disclosures = d;
	b->n_disclosures = n;
	if (n != 0)
		qsort(d, n, sizeof(*d), compare_digests);
	for (size_t i = 1; i < n; i++)
		if (hash_equal(&d[i - 1].digest, &d[i].digest))
			return bundle_fail(b, "line %u stands twice",
					   (unsigned)d[i].line + 1);
	return owners_check(b, arena_array(b->a, n + 1, sizeof(bool)));
}
