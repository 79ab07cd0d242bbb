/*
 * Zones: what each has as its newest serial, and its transfers.
 *
 * The whole zone is read when somebody asks for it, once, and from then on follows by the
 * differences; nobody but those who want the whole zone waits for that.  A difference is
 * made when it is asked for, and kept, since every operator will ask for the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "rpz/internal.h"

enum { ROWS_LOGGED_MAX = 20 };

/* ---- life -------------------------------------------------------------------------- */

static struct rpz_zone *
zone_new(const char *origin)
{
	struct rpz_zone *z = calloc(1, sizeof(*z));

	if (z == NULL)
		abort();
	atomic_init(&z->refs, 1);
	pthread_mutex_init(&z->whole_lock, NULL);
	if (knot_dname_from_str(z->origin, origin, sizeof(z->origin)) == NULL ||
	    z->origin[0] == 0 || knot_dname_size(z->origin) > RPZ_ORIGIN_BYTES_MAX ||
	    (z->origin_text = strdup(origin)) == NULL) {
		rpz_zone_put(z);
		return NULL;
	}
	knot_dname_to_lower(z->origin);
	return z;
}

void
rpz_zone_put(struct rpz_zone *z)
{
	if (z == NULL || atomic_fetch_sub(&z->refs, 1) != 1)
		return;
	rpz_stream_put(z->whole);
	for (size_t i = 0; i < RPZ_DIFFS_KEPT; i++)
		rpz_stream_put(z->diff[i]);
	pthread_mutex_destroy(&z->whole_lock);
	free(z->origin_text);
	free(z);
}

void
rpz_zones_put(struct rpz_zones *l)
{
	if (l == NULL || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	for (size_t i = 0; i < l->n; i++)
		rpz_zone_put(l->zone[i]);
	free(l->zone);
	free(l);
}

struct rpz_zone *
rpz_zones_find(const struct rpz_zones *l, const knot_dname_t *origin)
{
	for (size_t i = 0; l != NULL && i < l->n; i++)
		if (knot_dname_is_equal(l->zone[i]->origin, origin))
			return l->zone[i];
	return NULL;
}

/* ---- the newest serials ------------------------------------------------------------ */

/* Under `lock`: `fresh` is the newest now.  What cannot be built upon any more is let go
 * of; the caller frees it. */
static void
zone_advance(struct rpz_zone *z, const struct rpz_mark *fresh,
	     struct rpz_stream *ret_gone[RPZ_DIFFS_KEPT + 1])
{
	bool newer = rpz_serial_newer(fresh->serial, z->mark.serial);

	if (z->listed && !newer)
		log_line(LOG_WARN, "rpz.serial",
			 "zone=%s now=%u before=%u problem=not_newer_secondaries_keep_"
			 "theirs",
			 z->origin_text, fresh->serial, z->mark.serial);
	for (size_t i = 0; i < RPZ_DIFFS_KEPT; i++) {
		ret_gone[i] = z->diff[i];
		z->diff[i] = NULL;
	}
	if (z->listed && (!newer || !rpz_mark_like(fresh, &z->mark))) {
		ret_gone[RPZ_DIFFS_KEPT] = z->whole;
		z->whole = NULL;
	}
	z->mark = *fresh;
	z->listed = true;
}

static bool
zone_set_head(struct rpz *r, struct rpz_zone *z, const struct rpz_head *h)
{
	struct rpz_stream *gone[RPZ_DIFFS_KEPT + 1] = {NULL};
	struct rpz_mark fresh;
	bool changed;

	rpz_mark_init(&fresh, h, z->origin);
	pthread_mutex_lock(&r->lock);
	/* One content a serial, and one SOA: what is served under it already stays. */
	changed = !z->listed || z->mark.serial != h->serial;
	if (changed)
		zone_advance(z, &fresh, gone);
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 0; i < RPZ_DIFFS_KEPT + 1; i++)
		rpz_stream_put(gone[i]);
	return changed;
}

/* Only the holder of source_lock replaces r->zones, so it is read here without `lock`. */
static struct rpz_zones *
zones_build(struct rpz *r, const struct rpz_head *heads, size_t n, bool *ret_changed)
{
	struct rpz_zones *l = calloc(1, sizeof(*l));

	if (l == NULL || (l->zone = calloc(n + 1, sizeof(struct rpz_zone *))) == NULL)
		abort();
	atomic_init(&l->refs, 1);
	for (size_t i = 0; i < n; i++) {
		struct rpz_zone *z = zone_new(heads[i].origin), *was;

		if (z == NULL || rpz_zones_find(l, z->origin) != NULL) {
			log_line(LOG_ERROR, "rpz.zone", "index=%zu problem=%s", i,
				 z == NULL ? "origin_cannot_be_read" : "given_twice");
			rpz_zone_put(z);
			continue;
		}
		was = rpz_zones_find(r->zones, z->origin);
		if (was != NULL) {
			rpz_zone_put(z);
			z = was;
			atomic_fetch_add(&z->refs, 1);
		}
		l->zone[l->n++] = z;
		if (zone_set_head(r, z, &heads[i]))
			*ret_changed = true;
	}
	return l;
}

static void
zones_refresh(struct rpz *r)
{
	struct arena *a = arena_create();
	const struct rpz_head *heads;
	struct rpz_zones *fresh, *old;
	struct err e = ERR_INIT;
	bool changed = false;
	size_t n;
	enum rc rc = r->src.zones(r->src.arg, a, &heads, &n, &e);

	if (rc == RC_OK && n > RPZ_ZONES_MAX)
		rc = err_set(&e, RC_LIMIT, "%zu zones, at most %d can be served", n,
			     RPZ_ZONES_MAX);
	if (rc != RC_OK) {
		rpz_refresh_failed(r, &r->zones_age, "zones", rc, &e);
		goto out;
	}
	fresh = zones_build(r, heads, n, &changed);
	pthread_mutex_lock(&r->lock);
	old = r->zones;
	r->zones = fresh;
	pthread_mutex_unlock(&r->lock);
	rpz_zones_put(old);
	if (changed)
		rpz_wake_notify(r);
out:
	arena_free(a);
}

enum rc
rpz_zones_get(struct rpz *r, struct rpz_zones **ret)
{
	pthread_mutex_lock(&r->source_lock);
	if (rpz_refresh_begin(r, &r->zones_age, RPZ_ZONES_AGE_S))
		zones_refresh(r);
	pthread_mutex_lock(&r->lock);
	*ret = r->zones;
	if (*ret != NULL)
		atomic_fetch_add(&(*ret)->refs, 1);
	pthread_mutex_unlock(&r->lock);
	pthread_mutex_unlock(&r->source_lock);
	return *ret != NULL ? RC_OK : RC_UNAVAILABLE;
}

struct rpz_mark
rpz_zone_mark(struct rpz *r, struct rpz_zone *z)
{
	struct rpz_mark m;

	pthread_mutex_lock(&r->lock);
	m = z->mark;
	pthread_mutex_unlock(&r->lock);
	return m;
}

/* ---- rows from the source ---------------------------------------------------------- */

struct reading {
	struct rpz *r;
	const struct rpz_zone *z;
	const struct rpz_head *head; /* of a whole zone */
	uint32_t ttl_s;		     /* of a difference */
	struct rpz_records *rows;    /* of a whole zone */
	struct rpz_changes *changes; /* of a difference */
	size_t bytes_max, n, n_left_out;
};

static enum rc
reading_add(struct reading *d, struct rpz_records *to, const struct rpzrow *row,
	    uint32_t ttl_s, struct err *e)
{
	uint8_t record[RPZ_RECORD_BYTES_MAX];
	size_t len;

	if (atomic_load(&d->r->stopping))
		return err_set(e, RC_UNAVAILABLE, "the zone's server stops");
	d->n++;
	if (rpz_record_of_row(row, d->z->origin_text, ttl_s, record, &len, NULL) !=
	    RC_OK) {
		if (d->n_left_out++ < ROWS_LOGGED_MAX)
			/* The reason names the row, and a log has no names. */
			log_line(LOG_WARN, "rpz.row",
				 "zone=%s row=%zu action=%s owner_bytes=%zu left_out=1",
				 d->z->origin_text, d->n,
				 rpzrow_act_text(NULL, row->act, NULL),
				 strlen(row->owner));
		return RC_OK;
	}
	rpz_records_add(to, record, len);
	if (!buf_ok(&to->bytes) || to->bytes.len > d->bytes_max ||
	    to->n > RPZROW_ROWS_MAX)
		return err_set(e, RC_LIMIT,
			       "more rows than are sent: at most %d, and %zu bytes",
			       RPZROW_ROWS_MAX, d->bytes_max);
	return RC_OK;
}

static enum rc
on_row(void *arg, const struct rpzrow *row, struct err *e)
{
	struct reading *d = arg;

	return reading_add(d, d->rows, row, d->head->ttl_s, e);
}

static enum rc
on_change(void *arg, const struct rpzrow *row, bool added, struct err *e)
{
	struct reading *d = arg;

	return reading_add(d, added ? &d->changes->added : &d->changes->removed, row,
			   d->ttl_s, e);
}

/* What is taken away and added again has not changed. */
static void
changes_cancel(struct rpz_changes *c)
{
	struct rpz_records *x = &c->removed, *y = &c->added;
	size_t i = 0, j = 0, x_n = 0, y_n = 0;

	while (i < x->n || j < y->n) {
		int diff = i == x->n   ? 1
			   : j == y->n ? -1
				       : rpz_record_compare(rpz_records_get(x, i),
							    rpz_records_get(y, j));
		if (diff < 0) {
			x->at[x_n++] = x->at[i++];
		} else if (diff > 0) {
			y->at[y_n++] = y->at[j++];
		} else {
			i++;
			j++;
		}
	}
	x->n = x_n;
	y->n = y_n;
}

static enum rc
changes_read(struct rpz *r, struct rpz_zone *z, uint32_t from, const struct rpz_mark *to,
	     size_t bytes_max, struct rpz_changes *ret, struct err *e)
{
	struct reading d = {.r = r,
			    .z = z,
			    .ttl_s = to->ttl_s,
			    .changes = ret,
			    .bytes_max = bytes_max};
	enum rc rc;

	*ret = (struct rpz_changes){.removed.bytes = BUF_INIT(RPZ_STREAM_BYTES_MAX),
				    .added.bytes = BUF_INIT(RPZ_STREAM_BYTES_MAX)};
	if (r->src.changes == NULL)
		return err_set(e, RC_NOT_FOUND, "the source has no journal");
	rc = r->src.changes(r->src.arg, z->origin_text, from, to->serial, on_change, &d,
			    e);
	rpz_records_sort(&ret->removed);
	rpz_records_sort(&ret->added);
	changes_cancel(ret);
	return rc;
}

static void
changes_free(struct rpz_changes *c)
{
	rpz_records_free(&c->removed);
	rpz_records_free(&c->added);
}

/* ---- the whole zone ---------------------------------------------------------------- */

static enum rc
whole_read(struct rpz *r, struct rpz_zone *z, struct rpz_stream **ret, struct err *e)
{
	struct rpz_records rows = {.bytes = BUF_INIT(RPZ_STREAM_BYTES_MAX)};
	struct rpz_head head = {0};
	struct reading d = {.r = r,
			    .z = z,
			    .head = &head,
			    .rows = &rows,
			    .bytes_max = RPZ_STREAM_BYTES_MAX};
	struct rpz_mark mark;
	size_t n_excluded;
	enum rc rc = r->src.zone(r->src.arg, z->origin_text, &head, on_row, &d, e);

	if (rc == RC_OK) {
		rpz_records_sort(&rows);
		rpz_mark_init(&mark, &head, z->origin);
		*ret = rpz_stream_whole(&mark, &rows, &n_excluded);
		(*ret)->n_excluded = n_excluded;
		log_line(d.n_left_out + n_excluded > 0 ? LOG_WARN : LOG_INFO, "rpz.zone",
			 "zone=%s serial=%u rows=%zu left_out=%zu excluded=%zu bytes=%zu",
			 z->origin_text, mark.serial, rows.n - n_excluded, d.n_left_out,
			 n_excluded, (*ret)->bytes);
	}
	rpz_records_free(&rows);
	return rc;
}

static enum rc
whole_patch(struct rpz *r, struct rpz_zone *z, const struct rpz_stream *old,
	    const struct rpz_mark *to, struct rpz_stream **ret, struct err *e)
{
	struct rpz_changes c;
	enum rc rc =
		changes_read(r, z, old->mark.serial, to, RPZ_STREAM_BYTES_MAX, &c, e);

	if (rc == RC_OK)
		rc = rpz_stream_patch(old, to, &c, ret);
	if (rc == RC_CONFLICT)
		log_line(LOG_ERROR, "rpz.journal",
			 "zone=%s from=%u to=%u problem=does_not_fit_its_rows_which_are_"
			 "read_again",
			 z->origin_text, old->mark.serial, to->serial);
	changes_free(&c);
	return rc;
}

/* Make `fresh` the zone's; its serial may be newer than the newest that was listed. */
static void
whole_publish(struct rpz *r, struct rpz_zone *z, struct rpz_stream *fresh)
{
	struct rpz_stream *gone[RPZ_DIFFS_KEPT + 1] = {NULL}, *old;
	bool advanced;

	pthread_mutex_lock(&r->lock);
	advanced = rpz_serial_newer(fresh->mark.serial, z->mark.serial);
	if (advanced)
		zone_advance(z, &fresh->mark, gone);
	old = z->whole;
	z->whole = rpz_stream_ref(fresh);
	pthread_mutex_unlock(&r->lock);
	rpz_stream_put(old);
	for (size_t i = 0; i < RPZ_DIFFS_KEPT + 1; i++)
		rpz_stream_put(gone[i]);
	if (advanced)
		rpz_wake_notify(r);
}

/* Under whole_lock. */
static enum rc
whole_refresh(struct rpz *r, struct rpz_zone *z, struct rpz_stream **ret)
{
	struct rpz_stream *old, *fresh = NULL;
	struct rpz_mark mark;
	struct err e = ERR_INIT;
	enum rc rc = RC_NOT_FOUND;

	pthread_mutex_lock(&r->lock);
	old = rpz_stream_ref(z->whole);
	mark = z->mark;
	pthread_mutex_unlock(&r->lock);
	if (old != NULL && old->mark.serial == mark.serial) {
		*ret = old;
		return RC_OK;
	}
	if (old != NULL && old->n_excluded == 0 && rpz_mark_like(&old->mark, &mark))
		rc = whole_patch(r, z, old, &mark, &fresh, &e);
	if (rc == RC_NOT_FOUND || rc == RC_CONFLICT)
		rc = whole_read(r, z, &fresh, &e);
	if (rc == RC_OK) {
		whole_publish(r, z, fresh);
		rpz_stream_put(old);
		*ret = fresh;
		return RC_OK;
	}
	log_line(LOG_ERROR, "rpz.source", "zone=%s asked=rows error=%s text=\"%s\"",
		 z->origin_text, rc_token(rc), e.text);
	*ret = old; /* the copy from before goes on being served */
	return old != NULL ? RC_OK : RC_UNAVAILABLE;
}

enum rc
rpz_zone_whole(struct rpz *r, struct rpz_zone *z, struct rpz_stream **ret)
{
	enum rc rc;

	pthread_mutex_lock(&z->whole_lock);
	rc = whole_refresh(r, z, ret);
	pthread_mutex_unlock(&z->whole_lock);
	return rc;
}

/* ---- differences ------------------------------------------------------------------- */

struct rpz_stream *
rpz_zone_diff_kept(struct rpz *r, struct rpz_zone *z, uint32_t from, uint32_t to)
{
	struct rpz_stream *s = NULL;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; s == NULL && i < RPZ_DIFFS_KEPT; i++)
		if (z->diff[i] != NULL && z->diff[i]->from == from &&
		    z->diff[i]->mark.serial == to)
			s = rpz_stream_ref(z->diff[i]);
	pthread_mutex_unlock(&r->lock);
	return s;
}

/* Of no use after the next change, which lets go of it. */
static void
diff_keep(struct rpz *r, struct rpz_zone *z, struct rpz_stream *s)
{
	struct rpz_stream *old = NULL;

	if (s->bytes > RPZ_DIFF_KEPT_BYTES_MAX)
		return;
	pthread_mutex_lock(&r->lock);
	if (z->mark.serial == s->mark.serial) {
		old = z->diff[z->diff_next];
		z->diff[z->diff_next] = rpz_stream_ref(s);
		z->diff_next = (z->diff_next + 1) % RPZ_DIFFS_KEPT;
	}
	pthread_mutex_unlock(&r->lock);
	rpz_stream_put(old);
}

/* No difference is sent that is larger than the zone (RFC 1995, section 2), as far as its
 * size is known, nor one to a zone from which rows had to be left out: its journal does
 * not know that. */
static bool
diff_is_of_use(struct rpz *r, struct rpz_zone *z, uint32_t from, uint32_t to,
	       const struct rpz_changes *c)
{
	size_t removed = c->removed.bytes.len, added = c->added.bytes.len;
	bool of_use = true;

	pthread_mutex_lock(&r->lock);
	if (z->whole != NULL) {
		uint32_t at = z->whole->mark.serial;

		of_use = z->whole->n_excluded == 0;
		if (at == to)
			of_use = of_use && removed + added <= z->whole->bytes;
		else if (at == from) /* it will have `added` more and `removed` less */
			of_use = of_use && 2 * removed <= z->whole->bytes;
	}
	pthread_mutex_unlock(&r->lock);
	return of_use;
}

enum rc
rpz_zone_diff(struct rpz *r, struct rpz_zone *z, uint32_t from, const struct rpz_mark *to,
	      struct rpz_stream **ret)
{
	struct rpz_mark from_mark = rpz_mark_at(to, from);
	struct rpz_changes c;
	struct err e = ERR_INIT;
	enum rc rc;

	*ret = rpz_zone_diff_kept(r, z, from, to->serial);
	if (*ret != NULL)
		return RC_OK;
	rc = changes_read(r, z, from, to, RPZ_DIFF_BYTES_MAX, &c, &e);
	if (rc == RC_OK && !diff_is_of_use(r, z, from, to->serial, &c))
		rc = RC_LIMIT;
	if (rc == RC_OK) {
		*ret = rpz_stream_diff(&from_mark, to, &c);
		diff_keep(r, z, *ret);
	} else if (rc != RC_NOT_FOUND && rc != RC_LIMIT) {
		log_line(LOG_ERROR, "rpz.source",
			 "zone=%s asked=changes from=%u to=%u error=%s text=\"%s\"",
			 z->origin_text, from, to->serial, rc_token(rc), e.text);
	}
	changes_free(&c);
	return rc;
}
