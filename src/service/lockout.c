/*
 * Guessing is slowed down, and nobody is ever shut out for good.
 *
 * A try counts in three ways: this person from this address, this person from anywhere,
 * this address for anybody.  Past what is free each failure doubles the wait up to a
 * limit.  The waits are such that a person's account is tried fewer than 100 times an
 * hour (ASVS 2.2.1) while its owner, from another address, waits a minute at most; who
 * has an API token or a session never waits.  A try is counted before the password is
 * checked: many at once gain nothing.  Names and addresses are stored as digests.
 */
#include <string.h>

#include "base/clock.h"
#include "service/person.h"
#include "store/store_sql.h"

enum { FORGET_S = 3600 };

static const struct way {
	const char *kind;
	bool name, address;
	int64_t free, wait_max_s;
	bool forgiven; /* by a success */
} ways[] = {
	{"here", true, true, 5, 900, true},
	{"person", true, false, 20, 60, true},
	{"address", false, true, 20, 900, false},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* Whoever reaches the local socket is the node's own user: that is no address to count.
 */
static bool
way_counts(const struct way *y, const char *address)
{
	return y->name || strcmp(address, ADDRESS_LOCAL) != 0;
}

static const char *
way_key(struct arena *a, const struct way *y, const char *name, const char *address)
{
	char hex[HASH_HEX_LEN + 1];
	struct hash h;
	const char *text = arena_printf(a, "%s\n%s\n%s", y->kind, y->name ? name : "",
					y->address ? address : "");

	hash_bytes(text, strlen(text), &h);
	return arena_strdup(a, hash_hex(&h, hex));
}

static int64_t
wait_us(const struct way *y, int64_t failures)
{
	int64_t over = failures - y->free, s = 1;

	if (over <= 0)
		return 0;
	while (over-- > 0 && s < y->wait_max_s)
		s *= 2;
	return (s < y->wait_max_s ? s : y->wait_max_s) * CLOCK_US_PER_S;
}

struct count {
	struct store *s;
	int64_t failures, last_us, until_us;
};

static enum rc
on_count(void *arg, const struct db_row *row, struct err *e)
{
	struct count *c = arg;

	(void)e;
	c->failures = c->s->drv->col_int(row, 0);
	c->last_us = c->s->drv->col_int(row, 1);
	c->until_us = c->s->drv->col_int(row, 2);
	return RC_OK;
}

static enum rc
count_get(struct store *s, const char *key, int64_t now_us, struct count *ret,
	  struct err *e)
{
	*ret = (struct count){.s = s};
	enum rc rc = store_run(s, &SQL_LOCKOUT_GET, (struct db_param[]){DB_P_TEXT(key)},
			       on_count, ret, e);
	if (rc == RC_OK && ret->last_us + FORGET_S * CLOCK_US_PER_S < now_us &&
	    ret->until_us <= now_us)
		ret->failures = 0;
	return rc;
}

static enum rc
count_put(struct store *s, const char *key, int64_t failures, int64_t now_us,
	  int64_t until_us, struct err *e)
{
	return store_run(s, &SQL_LOCKOUT_PUT,
			 (struct db_param[]){DB_P_TEXT(key), DB_P_INT(failures),
					     DB_P_INT(now_us), DB_P_INT(until_us)},
			 NULL, NULL, e);
}

struct attempt {
	const char *name, *address;
};

static enum rc
work_begin(struct writer *w, void *arg, struct err *e)
{
	const struct attempt *t = arg;
	enum rc rc = store_run(
		w->s, &SQL_LOCKOUT_PRUNE,
		(struct db_param[]){DB_P_INT(w->now_us - FORGET_S * CLOCK_US_PER_S)},
		NULL, NULL, e);

	for (size_t i = 0; rc == RC_OK && i < WAYS; i++) {
		const char *key = way_key(w->a, &ways[i], t->name, t->address);
		struct count c;
		if (!way_counts(&ways[i], t->address))
			continue;
		rc = count_get(w->s, key, w->now_us, &c, e);
		if (rc != RC_OK)
			break;
		if (c.until_us > w->now_us) {
			int64_t s = (c.until_us - w->now_us) / CLOCK_US_PER_S + 1;
			return err_later(e, s,
					 "too many wrong passwords: try again in %lld s",
					 (long long)s);
		}
		rc = count_put(w->s, key, c.failures + 1, w->now_us,
			       w->now_us + wait_us(&ways[i], c.failures + 1), e);
	}
	return rc;
}

enum rc
lockout_begin(struct node *nd, const char *name, const char *address, struct err *e)
{
	struct attempt t = {.name = name, .address = address};

	return writer_run(nd, work_begin, &t, e);
}

/* One try less, and no wait. */
static enum rc
count_back(struct store *s, struct arena *a, const struct way *y, const struct attempt *t,
	   int64_t now_us, struct err *e)
{
	const char *key = way_key(a, y, t->name, t->address);
	struct count c;
	enum rc rc = count_get(s, key, now_us, &c, e);

	if (rc != RC_OK || c.failures == 0)
		return rc;
	return count_put(s, key, c.failures - 1, c.last_us, 0, e);
}

enum rc
lockout_success(struct store *s, const char *name, const char *address, int64_t now_us,
		struct err *e)
{
	struct attempt t = {.name = name, .address = address};
	struct arena *a = arena_create();
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < WAYS; i++)
		if (ways[i].forgiven)
			rc = store_run(s, &SQL_LOCKOUT_CLEAR,
				       (struct db_param[]){DB_P_TEXT(
					       way_key(a, &ways[i], name, address))},
				       NULL, NULL, e);
		else
			rc = count_back(s, a, &ways[i], &t, now_us, e);
	arena_free(a);
	return rc;
}

static enum rc
work_undo(struct writer *w, void *arg, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < WAYS; i++)
		rc = count_back(w->s, w->a, &ways[i], arg, w->now_us, e);
	return rc;
}

enum rc
lockout_undo(struct node *nd, const char *name, const char *address, struct err *e)
{
	struct attempt t = {.name = name, .address = address};

	return writer_run(nd, work_undo, &t, e);
}
