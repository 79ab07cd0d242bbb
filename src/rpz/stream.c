/*
 * What a transfer sends: records in chunks, each chunk the records of one message.
 *
 * A stream never changes.  A whole zone has its rows in order; the next serial's is made
 * from it by writing anew only those chunks in which something changed, and sharing the
 * others: a change in a zone of a million names costs as little as in one of a hundred,
 * and transfers under way keep what they began with.
 */
#include <stdlib.h>
#include <string.h>

#include "rpz/internal.h"

enum {
	PACK_FIRST = 16,
	/* A zone whose chunks are emptier than this is packed anew. */
	PACK_SPARSE_BYTES = RPZ_CHUNK_BYTES / 4,
	PACK_SPARSE_CHUNKS = 16,
};

/* ---- records ----------------------------------------------------------------------- */

void
rpz_records_add(struct rpz_records *l, const uint8_t *record, size_t len)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? PACK_FIRST : 2 * l->cap;
		l->at = realloc(l->at, l->cap * sizeof(*l->at));
		if (l->at == NULL)
			abort();
	}
	l->at[l->n] = (uint32_t)l->bytes.len;
	buf_put(&l->bytes, record, len);
	if (buf_ok(&l->bytes))
		l->n++;
}

const uint8_t *
rpz_records_get(const struct rpz_records *l, size_t i)
{
	return (const uint8_t *)l->bytes.data + l->at[i];
}

static int
records_compare(const void *a, const void *b, void *base)
{
	const uint32_t *x = a, *y = b;

	return rpz_record_compare((const uint8_t *)base + *x, (const uint8_t *)base + *y);
}

void
rpz_records_sort(struct rpz_records *l)
{
	for (size_t i = 1; i < l->n; i++)
		if (rpz_record_compare(rpz_records_get(l, i - 1), rpz_records_get(l, i)) >
		    0) {
			qsort_r(l->at, l->n, sizeof(*l->at), records_compare,
				l->bytes.data);
			return;
		}
}

void
rpz_records_free(struct rpz_records *l)
{
	buf_free(&l->bytes);
	free(l->at);
	*l = (struct rpz_records){.bytes = BUF_INIT(RPZ_STREAM_BYTES_MAX)};
}

/* ---- chunks ------------------------------------------------------------------------ */

static void
chunk_put(struct rpz_chunk *c)
{
	if (atomic_fetch_sub(&c->refs, 1) == 1)
		free(c);
}

struct packer {
	struct rpz_chunk **chunk;
	size_t n, cap, n_records, bytes;
	size_t limit; /* of the chunk in the making */
	size_t len;
	uint16_t count;
	/* Where the records of the last owner begin: they stay together, so that a row is
	 * only ever excluded by one of the same chunk. */
	size_t owner_at;
	uint16_t owner_count;
	uint8_t room[RPZ_CHUNK_BYTES];
};

static struct packer *
packer_new(void)
{
	struct packer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->limit = RPZ_CHUNK_BYTES;
	return p;
}

/* The chunk becomes the packer's. */
static void
packer_take(struct packer *p, struct rpz_chunk *c)
{
	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? PACK_FIRST : 2 * p->cap;
		p->chunk = realloc(p->chunk, p->cap * sizeof(struct rpz_chunk *));
		if (p->chunk == NULL)
			abort();
	}
	p->chunk[p->n++] = c;
	p->n_records += c->n;
	p->bytes += c->len;
}

/* The first `len` bytes, which are `count` records, are a chunk; the rest stays. */
static void
packer_cut(struct packer *p, size_t len, uint16_t count)
{
	struct rpz_chunk *c;

	if (count == 0)
		return;
	c = malloc(sizeof(*c) + len);
	if (c == NULL)
		abort();
	atomic_init(&c->refs, 1);
	c->len = (uint16_t)len;
	c->n = count;
	memcpy(c->bytes, p->room, len);
	packer_take(p, c);
	memmove(p->room, p->room + len, p->len - len);
	p->len -= len;
	p->count = (uint16_t)(p->count - count);
	p->owner_at = 0;
	p->owner_count = 0;
}

static void
packer_flush(struct packer *p)
{
	packer_cut(p, p->len, p->count);
	p->limit = RPZ_CHUNK_BYTES;
}

static void
packer_add(struct packer *p, const uint8_t *record)
{
	size_t len = rpz_record_len(record);
	bool same = p->count > 0 && rpz_record_same_owner(p->room + p->owner_at, record);

	/* Twice, when the last owner nearly fills a chunk by itself. */
	while (p->len + len > p->limit) {
		if (same && p->owner_at > 0)
			packer_cut(p, p->owner_at, p->owner_count);
		else
			packer_cut(p, p->len, p->count);
	}
	if (!same) {
		p->owner_at = p->len;
		p->owner_count = p->count;
	}
	memcpy(p->room + p->len, record, len);
	p->len += len;
	p->count++;
}

static void
packer_free(struct packer *p)
{
	for (size_t i = 0; i < p->n; i++)
		chunk_put(p->chunk[i]);
	free(p->chunk);
	free(p);
}

/* All that was packed is the stream's, and the packer is gone. */
static struct rpz_stream *
packer_end(struct packer *p, const struct rpz_mark *mark)
{
	struct rpz_stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	packer_flush(p);
	atomic_init(&s->refs, 1);
	s->mark = *mark;
	s->chunk = p->chunk;
	s->n_chunks = p->n;
	s->n_records = p->n_records;
	s->bytes = p->bytes;
	p->chunk = NULL;
	p->n = 0;
	packer_free(p);
	return s;
}

/* ---- streams ----------------------------------------------------------------------- */

struct rpz_stream *
rpz_stream_ref(struct rpz_stream *s)
{
	if (s != NULL)
		atomic_fetch_add(&s->refs, 1);
	return s;
}

void
rpz_stream_put(struct rpz_stream *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	for (size_t i = 0; i < s->n_chunks; i++)
		chunk_put(s->chunk[i]);
	free(s->chunk);
	free(s);
}

static void
pack_soa(struct packer *p, const struct rpz_mark *m)
{
	uint8_t record[RPZ_RECORD_BYTES_MAX];

	(void)rpz_record_of_soa(m, record);
	packer_add(p, record);
}

static void
pack_canaries(struct packer *p, const struct rpz_mark *m)
{
	uint8_t record[RPZ_RECORD_BYTES_MAX];

	(void)rpz_record_of_canary(m, false, record);
	packer_add(p, record);
	if (rpz_record_of_canary(m, true, record) != 0)
		packer_add(p, record);
}

/* What every zone has, before its rows. */
static void
pack_front(struct packer *p, const struct rpz_mark *m)
{
	uint8_t record[RPZ_RECORD_BYTES_MAX];

	pack_soa(p, m);
	(void)rpz_record_of_ns(m, record);
	packer_add(p, record);
	pack_canaries(p, m);
	packer_flush(p);
}

struct rpz_stream *
rpz_stream_whole(const struct rpz_mark *m, const struct rpz_records *rows,
		 size_t *ret_left_out)
{
	struct packer *p = packer_new();
	const uint8_t *before = NULL;

	*ret_left_out = 0;
	pack_front(p, m);
	for (size_t i = 0; i < rows->n; i++) {
		const uint8_t *record = rpz_records_get(rows, i);

		if (before != NULL && rpz_record_excludes(before, record)) {
			(*ret_left_out)++;
			continue;
		}
		packer_add(p, record);
		before = record;
	}
	packer_flush(p);
	pack_soa(p, m);
	return packer_end(p, m);
}

struct rpz_stream *
rpz_stream_diff(const struct rpz_mark *from, const struct rpz_mark *to,
		const struct rpz_changes *c)
{
	struct packer *p = packer_new();
	struct rpz_stream *s;

	/* RFC 1995, section 4: deletions and additions, each behind its serial's SOA. */
	pack_soa(p, to);
	pack_soa(p, from);
	pack_canaries(p, from);
	for (size_t i = 0; i < c->removed.n; i++)
		packer_add(p, rpz_records_get(&c->removed, i));
	pack_soa(p, to);
	pack_canaries(p, to);
	for (size_t i = 0; i < c->added.n; i++)
		packer_add(p, rpz_records_get(&c->added, i));
	pack_soa(p, to);
	s = packer_end(p, to);
	s->from = from->serial;
	return s;
}

/* ---- the next serial from the one before ------------------------------------------- */

/* Records in order, some of a list. */
struct range {
	const struct rpz_records *of;
	size_t at, end;
};

static const uint8_t *
range_head(const struct range *r)
{
	return r->at < r->end ? rpz_records_get(r->of, r->at) : NULL;
}

/* Up to those that belong to the chunk that begins with `next` (NULL: there is none). */
static void
range_extend(struct range *r, const uint8_t *next)
{
	while (r->end < r->of->n) {
		const uint8_t *record = rpz_records_get(r->of, r->end);

		if (next != NULL && (rpz_record_compare(record, next) >= 0 ||
				     rpz_record_same_owner(record, next)))
			return;
		r->end++;
	}
}

static size_t
range_bytes(const struct range *r)
{
	size_t bytes = 0;

	for (size_t i = r->at; i < r->end; i++)
		bytes += rpz_record_len(rpz_records_get(r->of, i));
	return bytes;
}

/* Chunks that are split are split evenly, so that each has room for the next change. */
static size_t
merge_limit(size_t bytes)
{
	size_t parts = (bytes + RPZ_CHUNK_BYTES - 1) / RPZ_CHUNK_BYTES, limit;

	if (parts < 2)
		return RPZ_CHUNK_BYTES;
	limit = bytes / parts + RPZ_RECORD_BYTES_MAX;
	return limit < RPZ_CHUNK_BYTES ? limit : RPZ_CHUNK_BYTES;
}

/* The chunk's records (NULL: none) without the removed ones and with the added ones.
 * RC_CONFLICT: one to remove is not there, or one to add is there or excluded. */
static enum rc
pack_merged(struct packer *p, const struct rpz_chunk *old, struct range *removed,
	    struct range *added)
{
	const uint8_t *at = old != NULL ? old->bytes : NULL;
	const uint8_t *end = old != NULL ? old->bytes + old->len : NULL;
	const uint8_t *before = NULL, *record;

	p->limit = merge_limit((old != NULL ? old->len : 0) + range_bytes(added));
	while (at < end || range_head(added) != NULL) {
		record = range_head(added);
		if (record == NULL || (at < end && rpz_record_compare(at, record) <= 0)) {
			const uint8_t *gone = range_head(removed);

			record = at;
			at += rpz_record_len(at);
			if (gone != NULL && rpz_record_compare(record, gone) == 0) {
				removed->at++;
				continue;
			}
		} else {
			added->at++;
		}
		if (before != NULL && rpz_record_excludes(before, record))
			return RC_CONFLICT;
		packer_add(p, record);
		before = record;
	}
	packer_flush(p);
	return range_head(removed) == NULL ? RC_OK : RC_CONFLICT;
}

static struct rpz_stream *
repacked(struct rpz_stream *s)
{
	struct packer *p = packer_new();
	struct rpz_stream *fresh;

	pack_front(p, &s->mark);
	for (size_t i = 1; i + 1 < s->n_chunks; i++) {
		const struct rpz_chunk *c = s->chunk[i];

		for (size_t at = 0; at < c->len; at += rpz_record_len(c->bytes + at))
			packer_add(p, c->bytes + at);
	}
	packer_flush(p);
	pack_soa(p, &s->mark);
	fresh = packer_end(p, &s->mark);
	rpz_stream_put(s);
	return fresh;
}

enum rc
rpz_stream_patch(const struct rpz_stream *old, const struct rpz_mark *m,
		 const struct rpz_changes *c, struct rpz_stream **ret)
{
	struct range removed = {&c->removed, 0, 0}, added = {&c->added, 0, 0};
	struct packer *p = packer_new();
	size_t last = old->n_chunks - 1; /* the first and the last are no rows */
	enum rc rc = RC_OK;

	pack_front(p, m);
	for (size_t i = 1; rc == RC_OK && i < last; i++) {
		const uint8_t *next = i + 1 < last ? old->chunk[i + 1]->bytes : NULL;

		range_extend(&removed, next);
		range_extend(&added, next);
		if (removed.at < removed.end || added.at < added.end) {
			rc = pack_merged(p, old->chunk[i], &removed, &added);
		} else {
			atomic_fetch_add(&old->chunk[i]->refs, 1);
			packer_take(p, old->chunk[i]);
		}
	}
	if (rc == RC_OK && last == 1) { /* the zone had no rows */
		range_extend(&removed, NULL);
		range_extend(&added, NULL);
		rc = pack_merged(p, NULL, &removed, &added);
	}
	if (rc != RC_OK) {
		packer_free(p);
		return rc;
	}
	pack_soa(p, m);
	*ret = packer_end(p, m);
	if ((*ret)->n_chunks > PACK_SPARSE_CHUNKS &&
	    (*ret)->bytes / (*ret)->n_chunks < PACK_SPARSE_BYTES)
		*ret = repacked(*ret);
	return RC_OK;
}
