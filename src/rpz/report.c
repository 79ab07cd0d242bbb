/*
 * What is known of each operator's copy of each zone, host by host, and what became of
 * NOTIFY, told to the source by a thread of its own: an answer never waits for the store.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpz/internal.h"

/* A host of an operator and a zone. */
struct rpz_held {
	struct rpz_held *next, *next_due;
	char *operator_name, *origin;
	struct rpz_addr host; /* any_host: those that are not told apart */
	bool due;

	struct rpz_addr from; /* who showed it */
	bool known, news;     /* what it holds; that is to be told */
	uint32_t serial;
	enum rpz_how how;
	bool logged;	       /* that it has the serial */
	int64_t still_held_us; /* when that was told last; 0: never */
	knot_dname_t *key;     /* that the operator used last; NULL: none */

	struct rpz_addr notified_host;
	struct rpz_notified notified;
	bool notify_news;
};

/* Stands for hosts of an operator that have no entry of their own. */
static const struct rpz_addr any_host;

static bool
is_same_host(const struct rpz_addr *a, const struct rpz_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static size_t
bucket(const char *operator_name, const char *origin)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (const char *p = operator_name; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	for (const char *p = origin; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32) % RPZ_HELD_BUCKETS;
}

static char *
copied(const char *s)
{
	char *copy = strdup(s);

	if (copy == NULL)
		abort();
	return copy;
}

/* Under held_lock.  Whoever comes from ever new addresses is told apart no longer. */
static struct rpz_held *
held_find(struct rpz *r, const char *operator_name, const char *origin,
	  const struct rpz_addr *host, bool add)
{
	struct rpz_held **at = &r->held[bucket(operator_name, origin)], *h;

	for (h = *at; h != NULL; h = h->next)
		if (is_same_host(&h->host, host) &&
		    strcmp(h->operator_name, operator_name) == 0 &&
		    strcmp(h->origin, origin) == 0)
			return h;
	if (!add)
		return NULL;
	if (r->n_hosts >= RPZ_HOSTS_MAX && !is_same_host(host, &any_host))
		return held_find(r, operator_name, origin, &any_host, true);
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		abort();
	h->operator_name = copied(operator_name);
	h->origin = copied(origin);
	h->host = *host;
	h->next = *at;
	*at = h;
	r->n_hosts++;
	return h;
}

static void
held_use_key(struct rpz_held *h, const knot_tsig_key_t *key)
{
	if (h->key != NULL && knot_dname_is_equal(h->key, key->name))
		return;
	free(h->key);
	h->key = knot_dname_copy(key->name, NULL);
}

/* False: nothing that is worth telling. */
static bool
held_update(struct rpz_held *h, uint32_t serial, enum rpz_how how)
{
	int64_t now_us = clock_mono_us();
	bool same = how == RPZ_STILL_HELD || ((how == RPZ_BY_QUERY || how == RPZ_AHEAD) &&
					      h->known && serial == h->serial);

	if (!same) {
		h->logged = h->known && h->serial == serial;
		h->known = true;
		h->serial = serial;
		h->how = how;
		return true;
	}
	if (h->news || (h->still_held_us != 0 &&
			now_us - h->still_held_us < RPZ_STILL_HELD_S * CLOCK_US_PER_S))
		return false;
	h->still_held_us = now_us;
	h->how = how == RPZ_AHEAD ? RPZ_AHEAD : RPZ_STILL_HELD;
	return true;
}

/* Under held_lock. */
static void
held_make_due(struct rpz *r, struct rpz_held *h)
{
	if (h->due)
		return;
	h->due = true;
	*r->due_end = h;
	r->due_end = &h->next_due;
	pthread_cond_signal(&r->held_due);
}

void
rpz_report(struct rpz *r, const struct rpz_peer *p, const struct rpz_zone *z,
	   const struct rpz_addr *host, uint32_t serial, enum rpz_how how,
	   const knot_tsig_key_t *key)
{
	pthread_mutex_lock(&r->held_lock);
	if (key != NULL)
		held_use_key(held_find(r, p->name, z->origin_text, &any_host, true), key);
	/* Anybody may ask for the SOA in the name of an address: that gives it no entry.
	 */
	bool proven = how != RPZ_STILL_HELD || key != NULL;
	struct rpz_held *h = held_find(r, p->name, z->origin_text, host, proven);
	if (h == NULL)
		h = held_find(r, p->name, z->origin_text, &any_host, true);
	if (held_update(h, serial, how)) {
		h->from = *host;
		h->news = true;
		held_make_due(r, h);
	}
	pthread_mutex_unlock(&r->held_lock);
}

void
rpz_report_notified(struct rpz *r, const struct rpz_peer *p, const struct rpz_zone *z,
		    const struct rpz_addr *host, const struct rpz_notified *n)
{
	pthread_mutex_lock(&r->held_lock);
	struct rpz_held *h = held_find(r, p->name, z->origin_text, host, true);
	h->notified_host = *host;
	h->notified = *n;
	h->notify_news = true;
	held_make_due(r, h);
	pthread_mutex_unlock(&r->held_lock);
}

size_t
rpz_report_key(struct rpz *r, const struct rpz_peer *p, const struct rpz_zone *z)
{
	const struct rpz_held *h;
	size_t key = 0;

	pthread_mutex_lock(&r->held_lock);
	h = held_find(r, p->name, z->origin_text, &any_host, false);
	for (size_t k = 0; h != NULL && h->key != NULL && k < p->n_keys; k++)
		if (knot_dname_is_equal(p->key[k].name, h->key))
			key = k;
	pthread_mutex_unlock(&r->held_lock);
	return key;
}

/* Under held_lock. */
static bool
is_held(const struct rpz *r, const char *operator_name, const char *origin)
{
	const struct rpz_held *h = r->held[bucket(operator_name, origin)];

	while (h != NULL && !(h->known && strcmp(h->operator_name, operator_name) == 0 &&
			      strcmp(h->origin, origin) == 0))
		h = h->next;
	return h != NULL;
}

bool
rpz_report_takes_others(struct rpz *r, const struct rpz_peer *p,
			const struct rpz_zones *all, const struct rpz_zone *z)
{
	bool others = false;

	pthread_mutex_lock(&r->held_lock);
	for (size_t i = 0; i < all->n && !others; i++)
		others = is_held(r, p->name, all->zone[i]->origin_text);
	others = others && !is_held(r, p->name, z->origin_text);
	pthread_mutex_unlock(&r->held_lock);
	return others;
}

/* The place of this one, or of the one that was told longest ago; NULL: all wait. */
static struct rpz_refusal *
refusal_find(struct rpz *r, const knot_dname_t *key)
{
	struct rpz_refusal *oldest = NULL;

	for (size_t i = 0; i < RPZ_REFUSALS; i++) {
		struct rpz_refusal *f = &r->refusal[i];

		if (f->why != NULL && knot_dname_is_equal(f->key, key))
			return f;
		if (!f->due && (oldest == NULL || f->told_us < oldest->told_us))
			oldest = f;
	}
	return oldest;
}

void
rpz_report_refused(struct rpz *r, const knot_dname_t *key, const struct rpz_addr *from,
		   const char *why)
{
	int64_t now_us = clock_mono_us();
	knot_dname_storage_t name;

	if (knot_dname_store(name, key) == 0)
		return;
	knot_dname_to_lower(name);
	pthread_mutex_lock(&r->held_lock);
	struct rpz_refusal *f = refusal_find(r, name);
	bool told = f != NULL && f->why != NULL && knot_dname_is_equal(f->key, name) &&
		    now_us - f->told_us < RPZ_REFUSAL_PAUSE_S * CLOCK_US_PER_S;
	if (f != NULL && !f->due && !told) {
		memcpy(f->key, name, sizeof(name));
		f->from = *from;
		f->why = why;
		f->due = true;
		f->told_us = now_us;
		r->refusals_due++;
		pthread_cond_signal(&r->held_due);
	}
	pthread_mutex_unlock(&r->held_lock);
}

/* Under held_lock, which it gives up meanwhile. */
static void
tell_refusals(struct rpz *r)
{
	char key[KNOT_DNAME_TXT_MAXLEN + 1], address[RPZ_ADDR_TEXT_MAX];

	for (size_t i = 0; i < RPZ_REFUSALS; i++) {
		if (!r->refusal[i].due)
			continue;
		struct rpz_refusal f = r->refusal[i];
		r->refusal[i].due = false;
		r->refusals_due--;
		pthread_mutex_unlock(&r->held_lock);
		if (r->src.refused != NULL &&
		    knot_dname_to_str(key, f.key, sizeof(key)) != NULL)
			r->src.refused(r->src.arg, key, rpz_addr_text(&f.from, address),
				       f.why);
		pthread_mutex_lock(&r->held_lock);
	}
}

/* Under held_lock, which it gives up meanwhile.  The entries stay where they are. */
static void
tell_next(struct rpz *r)
{
	struct rpz_held *h = r->due;
	struct rpz_notified n = h->notified;
	struct rpz_addr from = h->from, notified_host = h->notified_host;
	char address[RPZ_ADDR_TEXT_MAX];
	struct rpz_pulled p = {.operator_name = h->operator_name,
			       .origin = h->origin,
			       .address = rpz_addr_text(&from, address),
			       .serial = h->serial,
			       .how = h->how};
	bool news = h->news, notify_news = h->notify_news;
	bool is_new = news && p.how != RPZ_STILL_HELD && p.how != RPZ_AHEAD && !h->logged;

	r->due = h->next_due;
	if (r->due == NULL)
		r->due_end = &r->due;
	h->next_due = NULL;
	h->due = h->news = h->notify_news = false;
	h->logged |= is_new;
	pthread_mutex_unlock(&r->held_lock);
	if (is_new)
		log_line(LOG_INFO, "rpz.pulled",
			 "operator=%s address=%s zone=%s serial=%u", p.operator_name,
			 p.address, p.origin, p.serial);
	if (news && r->src.pulled != NULL)
		r->src.pulled(r->src.arg, &p);
	if (notify_news && r->src.notified != NULL)
		r->src.notified(r->src.arg, p.operator_name, p.origin,
				rpz_addr_text(&notified_host, address), &n);
	pthread_mutex_lock(&r->held_lock);
}

void *
rpz_report_main(void *arg)
{
	struct rpz *r = arg;

	pthread_mutex_lock(&r->held_lock);
	for (;;) {
		if (r->due != NULL)
			tell_next(r);
		else if (r->refusals_due != 0)
			tell_refusals(r);
		else if (r->held_end)
			break;
		else
			pthread_cond_wait(&r->held_due, &r->held_lock);
	}
	pthread_mutex_unlock(&r->held_lock);
	return NULL;
}

void
rpz_report_end(struct rpz *r)
{
	pthread_mutex_lock(&r->held_lock);
	r->held_end = true;
	pthread_cond_signal(&r->held_due);
	pthread_mutex_unlock(&r->held_lock);
}

void
rpz_report_free(struct rpz *r)
{
	for (size_t i = 0; i < RPZ_HELD_BUCKETS; i++)
		for (struct rpz_held *h = r->held[i], *next; h != NULL; h = next) {
			next = h->next;
			free(h->operator_name);
			free(h->origin);
			free(h->key);
			free(h);
		}
}
