#include "service/idem.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fault.h"
#include "service/tick.h"
#include "service/writer_int.h"
#include "store/store_sql.h"

enum { ANSWER_WAIT_S = 5, SWEEP_MAX = 1000, DIGEST_TEXT_MAX = 512 << 20 };

struct idem {
	struct node *nd;
	struct idem *next; /* of those under way, under nd->mu */
	struct hash id, digest;
	uint8_t secret[crypto_secretbox_KEYBYTES];
	struct job *job; /* staged or queued, else NULL */
	bool used;	 /* the first job has run */
	bool settled;	 /* its commit did not wait for the answer */
	bool given;	 /* the answer is there, or will not come */
	uint8_t *sealed; /* nonce and box, or NULL */
	size_t sealed_len;
	struct err late; /* of the commit */
};

/* Of the request that this thread answers. */
static _Thread_local struct idem *current;

/* ---- names and seals --------------------------------------------------------------- */

static void
id_of(const struct idem_request *q, const char *use, struct hash *ret)
{
	struct buf b = BUF_INIT(1 << 16);

	buf_puts(&b, use);
	buf_putc(&b, '\0');
	buf_puts(&b, q->who);
	buf_putc(&b, '\0');
	buf_puts(&b, q->key);
	hash_bytes(buf_str(&b), b.len, ret);
	sodium_memzero(b.data, b.len);
	buf_free(&b);
}

static void
digest_of(const struct idem_request *q, const struct hash *secret, struct hash *ret)
{
	struct buf b = BUF_INIT(DIGEST_TEXT_MAX);
	json_t *all = json_pack("{s:s, s:s, s:O}", "method", q->method, "path", q->path,
				"in", q->in);
	char *text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);

	if (text == NULL)
		abort();
	/* Keyed: the request may hold a password. */
	buf_put(&b, secret->b, HASH_LEN);
	buf_puts(&b, text);
	hash_bytes(buf_str(&b), b.len, ret);
	sodium_memzero(b.data, b.len);
	buf_free(&b);
	sodium_memzero(text, strlen(text));
	free(text);
	json_decref(all);
}

static void
seal(struct idem *x, const char *answer)
{
	const size_t len = strlen(answer);

	if (len > IDEM_ANSWER_MAX)
		return;
	x->sealed_len = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + len;
	x->sealed = malloc(x->sealed_len);
	if (x->sealed == NULL)
		abort();
	randombytes_buf(x->sealed, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(x->sealed + crypto_secretbox_NONCEBYTES,
			      (const unsigned char *)answer, len, x->sealed, x->secret);
}

static enum rc
unseal(struct arena *a, const uint8_t secret[crypto_secretbox_KEYBYTES], const uint8_t *p,
       size_t len, const char **ret, struct err *e)
{
	const size_t more = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;

	if (len < more)
		return err_set(e, RC_CORRUPT, "a kept answer is too short");
	char *text = arena_alloc(a, len - more + 1);
	if (crypto_secretbox_open_easy((unsigned char *)text,
				       p + crypto_secretbox_NONCEBYTES,
				       len - crypto_secretbox_NONCEBYTES, p, secret) != 0)
		return err_set(e, RC_CORRUPT, "a kept answer does not open");
	*ret = text;
	return RC_OK;
}

/* ---- in the writer's thread -------------------------------------------------------- */

enum rc
idem_take_key(struct writer *w, struct job *j, struct err *e)
{
	const struct idem *x = j->idem;

	if (j->staged)
		return err_set(e, RC_RETRY, "the store was busy: ask again");
	enum rc rc = store_run(w->s, &SQL_IDEM_PUT,
			       (struct db_param[]){DB_P_BLOB(x->id.b, HASH_LEN),
						   DB_P_BLOB(x->digest.b, HASH_LEN),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	if (rc == RC_CONFLICT)
		rc = err_set(e, rc, "this Idempotency-Key was used already");
	return rc;
}

void
idem_stage(struct node *nd, struct job *j)
{
	pthread_mutex_lock(&nd->mu);
	j->staged = true;
	/* Its caller goes on; what it pointed to is no longer ours. */
	j->e = &j->idem->late;
	j->arg = NULL;
	pthread_cond_signal(&j->answered);
	pthread_mutex_unlock(&nd->mu);
}

enum rc
idem_keep(struct writer *w, struct job *j, struct err *e)
{
	struct idem *x = j->idem;

	struct timespec until;
	int waited = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ANSWER_WAIT_S;
	pthread_mutex_lock(&w->nd->mu);
	while (!x->given && waited == 0)
		waited = pthread_cond_timedwait(&j->answered, &w->nd->mu, &until);
	/* Whoever takes so long does not hold up everybody: committed first. */
	if (!x->given)
		x->settled = true;
	bool late = x->settled;
	pthread_mutex_unlock(&w->nd->mu);
	if (late || x->sealed == NULL)
		return RC_OK;
	return store_run(w->s, &SQL_IDEM_ANSWER,
			 (struct db_param[]){DB_P_BLOB(x->id.b, HASH_LEN),
					     DB_P_BLOB(x->sealed, x->sealed_len)},
			 NULL, NULL, e);
}

/* ---- in the thread that answers ---------------------------------------------------- */

bool
idem_wants(void)
{
	return current != NULL && !current->used;
}

enum rc
idem_run(struct node *nd, writer_work *work, void *arg, struct err *e)
{
	struct idem *x = current;
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		abort();
	*j = (struct job){.work = work, .arg = arg, .e = e, .idem = x};
	x->job = j;
	enum rc rc = job_submit(nd, j);
	if (j->staged) {
		x->used = true;
		return RC_OK;
	}
	x->job = NULL;
	free(j);
	return rc;
}

/* Hand over the answer, or that there is none yet; sleep until the commit is done. */
static enum rc
commit_await(struct idem *x, struct err *e)
{
	struct node *nd = x->nd;
	struct job *j = x->job;

	pthread_mutex_lock(&nd->mu);
	x->given = true;
	/* The writer waits here or comes here later; so it may be woken, and we with it.
	 */
	pthread_cond_broadcast(&j->answered);
	while (!j->done)
		pthread_cond_wait(&j->answered, &nd->mu);
	pthread_mutex_unlock(&nd->mu);
	enum rc rc = j->rc;
	if (rc != RC_OK && e != NULL)
		*e = x->late;
	pthread_cond_destroy(&j->answered);
	free(j);
	x->job = NULL;
	return rc;
}

enum rc
idem_settle(struct err *e)
{
	struct idem *x = current;

	if (x == NULL || x->job == NULL || !x->job->staged)
		return RC_OK;
	x->settled = true;
	return commit_await(x, e);
}

static enum rc
work_late(struct writer *w, void *arg, struct err *e)
{
	const struct idem *x = arg;

	assert(x != NULL);
	return store_run(w->s, &SQL_IDEM_ANSWER,
			 (struct db_param[]){DB_P_BLOB(x->id.b, HASH_LEN),
					     DB_P_BLOB(x->sealed, x->sealed_len)},
			 NULL, NULL, e);
}

static void
forget(struct idem *x)
{
	struct node *nd = x->nd;

	pthread_mutex_lock(&nd->mu);
	for (struct idem **at = &nd->idem; *at != NULL; at = &(*at)->next)
		if (*at == x) {
			*at = x->next;
			break;
		}
	pthread_mutex_unlock(&nd->mu);
	if (x->sealed != NULL)
		sodium_memzero(x->sealed, x->sealed_len);
	free(x->sealed);
	sodium_memzero(x, sizeof(*x));
	free(x);
}

enum rc
idem_end(struct idem *x, const char *answer, struct err *e)
{
	enum rc rc = RC_OK;

	current = NULL;
	if (answer != NULL && x->used)
		seal(x, answer);
	if (x->job != NULL) {
		rc = commit_await(x, e);
		fault_point("idem.committed");
	}
	if (rc == RC_OK && x->settled && x->sealed != NULL)
		rc = writer_run(x->nd, work_late, x, e);
	forget(x);
	return rc;
}

struct found {
	struct store *s;
	struct arena *a;
	bool any;
	struct hash digest;
	const uint8_t *sealed;
	size_t len;
};

static enum rc
on_found(void *arg, const struct db_row *row, struct err *e)
{
	struct found *f = arg;
	const struct db_driver *drv = f->s->drv;
	size_t len;
	const void *digest = drv->col_blob(row, 0, &len);

	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "a kept key has no digest");
	memcpy(f->digest.b, digest, HASH_LEN);
	if (!drv->col_null(row, 1)) {
		const void *sealed = drv->col_blob(row, 1, &f->len);
		f->sealed = arena_copy(f->a, sealed, f->len);
	}
	f->any = true;
	return RC_OK;
}

/* Asked before by this key? */
static enum rc
seen_before(struct arena *a, struct idem *x, const char **ret, struct err *e)
{
	struct found f = {.a = a};
	enum rc rc = reader_get(x->nd, &f.s, e);

	if (rc == RC_OK)
		rc = store_run(f.s, &SQL_IDEM_GET,
			       (struct db_param[]){DB_P_BLOB(x->id.b, HASH_LEN)},
			       on_found, &f, e);
	reader_put(x->nd, f.s);
	if (rc != RC_OK || !f.any)
		return rc;
	if (!hash_equal(&f.digest, &x->digest))
		return err_rule(
			e, RC_UNPROCESSABLE, "Idempotency-Key",
			"this key was used for another request: give each request "
			"a key of its own");
	if (f.sealed == NULL)
		return err_rule(e, RC_CONFLICT, "Idempotency-Key",
				"this was carried out, and its answer was not kept: read "
				"what it changed");
	return unseal(a, x->secret, f.sealed, f.len, ret, e);
}

static enum rc
registered(struct idem *x, struct err *e)
{
	struct node *nd = x->nd;
	bool busy = false;

	pthread_mutex_lock(&nd->mu);
	for (const struct idem *o = nd->idem; o != NULL; o = o->next)
		busy = busy || hash_equal(&o->id, &x->id);
	if (!busy) {
		x->next = nd->idem;
		nd->idem = x;
	}
	pthread_mutex_unlock(&nd->mu);
	return busy ? err_rule(e, RC_CONFLICT, "Idempotency-Key",
			       "a request with this key is under way: wait for its "
			       "answer, then ask again")
		    : RC_OK;
}

enum rc
idem_begin(struct node *nd, struct arena *a, const struct idem_request *q,
	   struct idem **ret, const char **ret_before, struct err *e)
{
	struct idem *x = calloc(1, sizeof(*x));
	struct hash secret;

	if (x == NULL)
		abort();
	*ret = NULL;
	*ret_before = NULL;
	x->nd = nd;
	id_of(q, "id", &x->id);
	id_of(q, "seal", &secret);
	memcpy(x->secret, secret.b, sizeof(x->secret));
	digest_of(q, &secret, &x->digest);
	enum rc rc = registered(x, e);
	if (rc != RC_OK) {
		free(x);
		return rc;
	}
	rc = seen_before(a, x, ret_before, e);
	if (rc != RC_OK || *ret_before != NULL) {
		forget(x);
		return rc;
	}
	current = *ret = x;
	return RC_OK;
}

/* ---- keys grow old ----------------------------------------------------------------- */

static enum rc
work_sweep(struct writer *w, void *arg, struct err *e)
{
	const int64_t *before_us = arg;

	return store_run(w->s, &SQL_IDEM_SWEEP,
			 (struct db_param[]){DB_P_INT(*before_us), DB_P_INT(SWEEP_MAX)},
			 NULL, NULL, e);
}

enum rc
tick_idem(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	const int64_t kept_us = IDEM_KEPT_S * CLOCK_US_PER_S;
	int64_t before_us = now_us - kept_us, oldest_us;
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_int(s, &SQL_IDEM_OLDEST, NULL, 0, &oldest_us, e);
	reader_put(nd, s);
	if (rc != RC_OK || oldest_us == 0)
		return rc;
	if (oldest_us <= before_us)
		rc = writer_run(nd, work_sweep, &before_us, e);
	*next_us = oldest_us <= before_us ? now_us : oldest_us + kept_us;
	return rc;
}
