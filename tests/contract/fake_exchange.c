#include "fake_exchange.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { NS_PER_US = 1000 };

void
fake_node_init(struct node *nd)
{
	pthread_condattr_t attr;

	*nd = (struct node){.backoff_us = 20000};
	pthread_mutex_init(&nd->mu, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&nd->changed, &attr);
	pthread_condattr_destroy(&attr);
}

void
fake_node_free(struct node *nd)
{
	pthread_cond_destroy(&nd->changed);
	pthread_mutex_destroy(&nd->mu);
}

void
fake_node_stop(struct node *nd)
{
	FAKE_SET(nd, stopping, true);
}

void
fake_append(struct node *nd, uint64_t n)
{
	FAKE_SET(nd, log_size, nd->log_size + n);
}

static void
unlock_changed(struct node *nd)
{
	pthread_cond_broadcast(&nd->changed);
	pthread_mutex_unlock(&nd->mu);
}

/* ---- receiver ---------------------------------------------------------------------- */

enum rc
exchange_peers(struct node *nd, struct arena *a, const struct exchange_peer **ret,
	       size_t *ret_n, struct err *e)
{
	(void)e;
	pthread_mutex_lock(&nd->mu);
	*ret = arena_copy(a, nd->peers, sizeof(nd->peers));
	*ret_n = nd->n_peers;
	pthread_mutex_unlock(&nd->mu);
	return RC_OK;
}

int64_t
exchange_pull_every_us(struct node *nd)
{
	return nd->pull_us;
}

enum rc
exchange_peer_of(struct node *nd, int64_t peer, struct arena *a,
		 const struct exchange_peer **ret, struct err *e)
{
	enum rc rc = err_set(e, RC_NOT_FOUND, "not introduced");

	pthread_mutex_lock(&nd->mu);
	for (size_t i = 0; i < nd->n_peers; i++)
		if (nd->peers[i].id == peer) {
			*ret = arena_copy(a, &nd->peers[i], sizeof(nd->peers[i]));
			rc = RC_OK;
		}
	pthread_mutex_unlock(&nd->mu);
	return rc;
}

/* What a GET gives is the receipt, of 3 entries. */
enum rc
exchange_pull(struct node *nd, int64_t peer, const struct exchange_fetch *f,
	      struct arena *a, struct exchange_pulled *ret, struct err *e)
{
	const uint8_t *body;
	size_t len;

	(void)peer;
	FAKE_SET(nd, n_pulled, nd->n_pulled + 1);
	*ret = (struct exchange_pulled){.size = 3};
	enum rc rc = f->get(f->arg, FAKE_LOG_HEX "/checkpoint", a, &body, &len, e);
	if (rc == RC_OK)
		ret->receipt = (const char *)body;
	return rc;
}

void
exchange_pull_told(struct node *nd, int64_t peer, uint64_t size)
{
	(void)peer;
	FAKE_SET(nd, pull_told, size);
}

const char *
exchange_get_identity(struct node *nd, struct arena *a)
{
	(void)nd;
	return arena_strdup(a, "entry 0\n");
}

enum rc
exchange_add_identity(struct node *nd, const char *lines, size_t len, struct err *e)
{
	(void)lines;
	FAKE_SET(nd, identity_len, len);
	return nd->identity_rc == RC_OK
		       ? RC_OK
		       : err_rule(e, nd->identity_rc, "protocol 9", "no");
}

enum rc
exchange_peer_of_key(struct node *nd, const struct hash *spki, int64_t *ret_peer,
		     struct err *e)
{
	enum rc rc = err_rule(e, RC_DENIED, "protocol 5", "unknown key");

	pthread_mutex_lock(&nd->mu);
	for (size_t i = 0; i < nd->n_peers; i++)
		for (size_t k = 0; k < nd->peers[i].n_tls_spki; k++)
			if (hash_equal(&nd->peers[i].tls_spki[k], spki)) {
				*ret_peer = nd->peers[i].id;
				rc = RC_OK;
			}
	pthread_mutex_unlock(&nd->mu);
	return rc;
}

static enum rc
told(enum rc rc, struct err *e)
{
	return rc == RC_OK ? rc
			   : err_rule(e, rc, "protocol 9", "as told: %s", rc_token(rc));
}

enum rc
exchange_add_checkpoint(struct node *nd, int64_t peer,
			const struct mirror_checkpoint *req, uint64_t *ret_size,
			struct err *e)
{
	const char *size = memchr(req->note, '\n', req->note_len);
	enum rc rc;

	(void)peer;
	pthread_mutex_lock(&nd->mu);
	nd->n_checkpoint++;
	*ret_size = nd->pending;
	rc = told(nd->checkpoint_rc, e);
	if (rc == RC_OK && size == NULL)
		rc = err_rule(e, RC_INVALID, "protocol 1", "no note");
	if (rc == RC_OK && req->old != nd->pending)
		rc = err_rule(e, RC_CONFLICT, "protocol 1", "old is not the size");
	if (rc == RC_OK)
		nd->pending = strtoull(size + 1, NULL, 10);
	unlock_changed(nd);
	return rc;
}

enum rc
exchange_add_entries(struct node *nd, int64_t peer, const struct mirror_entries *req,
		     struct arena *a, struct exchange_answer *ret, struct err *e)
{
	uint64_t n = 0;
	enum rc rc;

	(void)peer;
	for (size_t i = 0; i < req->n_packages; i++)
		n += req->packages[i].n_entries;
	pthread_mutex_lock(&nd->mu);
	nd->n_entries++;
	while (nd->hold) {
		nd->n_held++;
		pthread_cond_broadcast(&nd->changed);
		pthread_cond_wait(&nd->changed, &nd->mu);
	}
	rc = told(nd->entries_rc, e);
	if (rc == RC_OK && req->n_packages == 0 && req->start != req->end)
		rc = err_rule(e, RC_INVALID, "tlog-mirror", "no whole package");
	if (rc == RC_OK && (req->start != nd->stored || req->end != nd->pending))
		rc = err_rule(e, RC_CONFLICT, "protocol 1", "out of step");
	if (rc == RC_OK && nd->take_max != 0 && n > nd->take_max)
		n = nd->take_max;
	if (rc == RC_OK)
		nd->stored += n;
	size_t given = nd->ticket == NULL ? 0 : strlen(nd->ticket);
	if (req->ticket_len != 0 && req->ticket_len == given &&
	    memcmp(req->ticket, nd->ticket, given) == 0)
		nd->n_tickets++;
	else if (req->ticket_len != 0)
		nd->n_other_tickets++;
	*ret = (struct exchange_answer){.cosignature = arena_strdup(a, FAKE_RECEIPT),
					.info = {.pending_size = nd->pending,
						 .next_entry = nd->stored,
						 .ticket = (const uint8_t *)nd->ticket,
						 .ticket_len = given},
					.partial = nd->stored < nd->pending};
	rc = nd->info == INFO_TRUE ? rc : RC_CONFLICT;
	if (nd->info == INFO_CIRCLE)
		ret->info.next_entry = nd->n_entries % 2;
	else if (nd->info == INFO_ALL)
		ret->info.next_entry = nd->pending;
	else if (nd->info == INFO_BEYOND)
		ret->info.next_entry = nd->pending + nd->n_entries;
	unlock_changed(nd);
	return rc;
}

enum rc
exchange_take_receipt(struct node *nd, int64_t peer, const char *body, size_t len,
		      struct err *e)
{
	(void)peer;
	pthread_mutex_lock(&nd->mu);
	snprintf(nd->receipt, sizeof(nd->receipt), "%.*s", (int)len, body);
	enum rc rc = told(nd->receipt_rc, e);
	nd->n_receipts++;
	unlock_changed(nd);
	return rc;
}

enum rc
exchange_add_disclosures(struct node *nd, int64_t peer, const char *text, size_t len,
			 struct err *e)
{
	enum rc rc;

	(void)peer;
	(void)text;
	pthread_mutex_lock(&nd->mu);
	nd->n_disclosures++;
	nd->disclosures_len = len;
	rc = told(nd->disclosures_rc, e);
	unlock_changed(nd);
	return rc;
}

static enum rc
asked(struct node *nd, const char *what, struct arena *a, const char **ret,
      size_t *ret_len, struct err *e)
{
	enum rc rc;

	pthread_mutex_lock(&nd->mu);
	nd->n_get++;
	snprintf(nd->got, sizeof(nd->got), "%s", what);
	rc = told(nd->get_rc, e);
	unlock_changed(nd);
	*ret = arena_strdup(a, what);
	*ret_len = strlen(what);
	return rc;
}

enum rc
exchange_get_checkpoint(struct node *nd, int64_t peer, const char *origin_hex,
			struct arena *a, const char **ret, size_t *ret_len, struct err *e)
{
	return asked(nd, arena_printf(a, "%d checkpoint %.4s", (int)peer, origin_hex), a,
		     ret, ret_len, e);
}

enum rc
exchange_get_tile(struct node *nd, int64_t peer, const char *origin_hex, bool entries,
		  unsigned level, uint64_t index, unsigned width, struct arena *a,
		  const uint8_t **ret, size_t *ret_len, struct err *e)
{
	const char *text;
	enum rc rc = asked(nd,
			   arena_printf(a, "%d tile %.4s %s %u %llu %u", (int)peer,
					origin_hex, entries ? "entries" : "hashes", level,
					(unsigned long long)index, width),
			   a, &text, ret_len, e);

	*ret = (const uint8_t *)text;
	return rc;
}

enum rc
exchange_get_proof(struct node *nd, int64_t peer, const char *origin_hex, uint64_t seq,
		   struct arena *a, const char **ret, size_t *ret_len, struct err *e)
{
	return asked(nd,
		     arena_printf(a, "%d proof %.4s %llu", (int)peer, origin_hex,
				  (unsigned long long)seq),
		     a, ret, ret_len, e);
}

enum rc
exchange_held(struct node *nd, int64_t peer, const char *body, size_t len,
	      struct arena *a, const char **ret, struct err *e)
{
	size_t n;

	return asked(nd, arena_printf(a, "%d held %.*s", (int)peer, (int)len, body), a,
		     ret, &n, e);
}

enum rc
exchange_get_disclosures(struct node *nd, int64_t peer, const char *origin_hex,
			 const char *rest, struct arena *a, const char **ret,
			 size_t *ret_len, struct err *e)
{
	return asked(
		nd,
		arena_printf(a, "%d disclosures %.4s %s", (int)peer, origin_hex, rest), a,
		ret, ret_len, e);
}

/* ---- sender ------------------------------------------------------------------------ */

enum rc
exchange_ask_next(struct node *nd, int64_t peer, struct arena *a,
		  struct exchange_question *ret, int64_t *ret_wait_us, struct err *e)
{
	const struct exchange_peer *to = NULL;

	(void)a;
	*ret_wait_us = 0;
	pthread_mutex_lock(&nd->mu);
	bool any = nd->ask != NULL;
	for (size_t i = 0; i < nd->n_peers; i++)
		if (nd->peers[i].id == peer)
			to = &nd->peers[i];
	*ret = (struct exchange_question){.peer = to,
					  .call = nd->ask,
					  .body = nd->ask_body,
					  .kind = EXCHANGE_ASK_HELD};
	pthread_mutex_unlock(&nd->mu);
	return any ? RC_OK : err_set(e, RC_NOT_FOUND, "nothing is to be asked");
}

enum rc
exchange_ask_done(struct node *nd, int64_t peer, struct arena *a,
		  const struct exchange_question *q, const void *body, size_t len,
		  struct err *e)
{
	(void)peer;
	(void)a;
	(void)q;
	(void)body;
	(void)e;
	pthread_mutex_lock(&nd->mu);
	nd->ask = NULL;
	nd->n_asked++;
	nd->answer_len = len;
	pthread_cond_broadcast(&nd->changed);
	pthread_mutex_unlock(&nd->mu);
	return RC_OK;
}

enum rc
exchange_ask_unknown(struct node *nd, int64_t peer, const struct exchange_question *q,
		     struct err *e)
{
	(void)peer;
	(void)q;
	(void)e;
	pthread_mutex_lock(&nd->mu);
	nd->ask = NULL;
	nd->n_unknown++;
	pthread_cond_broadcast(&nd->changed);
	pthread_mutex_unlock(&nd->mu);
	return RC_OK;
}

static void
packages_make(struct arena *a, struct mirror_entries *m)
{
	struct mirror_package *p = arena_array(a, MIRROR_PACKAGES_MAX, sizeof(*p));
	uint8_t *bytes = arena_alloc(a, FAKE_ENTRY_BYTES);

	m->packages = p;
	for (uint64_t at = m->start;
	     at < m->end && m->n_packages < MIRROR_PACKAGES_MAX;) {
		uint64_t stop = at / MIRROR_PACKAGE * MIRROR_PACKAGE + MIRROR_PACKAGE;
		if (stop > m->end)
			stop = m->end;
		struct mirror_entry *entries =
			arena_array(a, stop - at, sizeof(*entries));
		for (uint64_t i = 0; i < stop - at; i++)
			entries[i] = (struct mirror_entry){bytes, FAKE_ENTRY_BYTES};
		p[m->n_packages++] = (struct mirror_package){
			.start = at, .entries = entries, .n_entries = stop - at};
		at = stop;
	}
}

bool
exchange_own_time(struct node *nd, int64_t *ret_s)
{
	*ret_s = nd->own_time_s;
	return nd->own_time_s != 0;
}

void
exchange_peer_time(struct node *nd, int64_t peer, int64_t time_s)
{
	pthread_mutex_lock(&nd->mu);
	nd->peer_time_s = time_s;
	nd->peer_of_time = peer;
	pthread_mutex_unlock(&nd->mu);
}

enum rc
exchange_push_next(struct node *nd, int64_t peer, struct arena *a,
		   struct exchange_push *ret, int64_t *ret_wait_us, struct err *e)
{
	int64_t now_us = clock_mono_us();
	enum rc rc = RC_OK;

	pthread_mutex_lock(&nd->mu);
	nd->n_next++;
	nd->seen = nd->commits;
	const struct exchange_peer *to = NULL;
	for (size_t i = 0; i < nd->n_peers; i++)
		if (nd->peers[i].id == peer)
			to = arena_copy(a, &nd->peers[i], sizeof(*to));
	if (to == NULL || nd->log_size == nd->receipted) {
		rc = err_set(e, RC_NOT_FOUND, "nothing to do");
	} else if (nd->retry_us > now_us) {
		*ret_wait_us = nd->retry_us - now_us;
		rc = err_set(e, RC_RETRY, "later");
	} else {
		const char *note = arena_printf(a, FAKE_NOTE "%llu\n",
						(unsigned long long)nd->log_size);
		*ret = (struct exchange_push){.peer = to,
					      .checkpoint = {.old = nd->peer_size,
							     .note = note,
							     .note_len = strlen(note)},
					      .entries = {.origin = FAKE_ORIGIN,
							  .start = nd->peer_next,
							  .end = nd->log_size}};
		packages_make(a, &ret->entries);
	}
	unlock_changed(nd);
	return rc;
}

/* One body, when there is any. */
enum rc
exchange_push_disclosures(struct node *nd, const struct exchange_push *push,
			  struct exchange_cursor *at, struct arena *a, const char **ret,
			  size_t *ret_len, struct err *e)
{
	(void)push;
	(void)e;
	pthread_mutex_lock(&nd->mu);
	*ret = nd->disclosures == NULL || at->package != 0
		       ? ""
		       : arena_strdup(a, nd->disclosures);
	*ret_len = strlen(*ret);
	at->package = 1;
	pthread_mutex_unlock(&nd->mu);
	return RC_OK;
}

enum rc
exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending, uint64_t next,
		     struct err *e)
{
	enum rc rc = RC_OK;

	(void)peer;
	pthread_mutex_lock(&nd->mu);
	nd->n_resync++;
	nd->commits++;
	if (pending > nd->log_size)
		rc = err_rule(e, RC_CORRUPT, "protocol 6",
			      "the peer has more than we have");
	else
		nd->peer_size = pending;
	if (rc == RC_OK && next != EXCHANGE_UNKNOWN)
		nd->peer_next = next;
	unlock_changed(nd);
	return rc;
}

/* The fake gives no push without entries. */
enum rc
exchange_push_greeted(struct node *nd, int64_t peer, struct err *e)
{
	(void)nd;
	(void)peer;
	return err_set(e, RC_CONFLICT, "nothing was to be greeted");
}

enum rc
exchange_push_done(struct node *nd, int64_t peer, const struct exchange_push *push,
		   const char *lines, size_t len, struct err *e)
{
	enum rc rc = RC_OK;

	(void)peer;
	pthread_mutex_lock(&nd->mu);
	nd->commits++;
	if (len != strlen(FAKE_RECEIPT) || memcmp(lines, FAKE_RECEIPT, len) != 0) {
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 4", "no receipt");
	} else {
		nd->n_done++;
		nd->receipted = nd->peer_size = nd->peer_next = push->entries.end;
	}
	unlock_changed(nd);
	return rc;
}

enum rc
exchange_push_failed(struct node *nd, int64_t peer, bool answered, const struct err *why,
		     struct err *e)
{
	(void)peer;
	(void)answered;
	(void)e;
	pthread_mutex_lock(&nd->mu);
	nd->n_failed++;
	nd->commits++;
	nd->retry_us = clock_mono_us() + nd->backoff_us;
	nd->retry_after_s = why->retry_after_s;
	snprintf(nd->why, sizeof(nd->why), "%s", why->text);
	unlock_changed(nd);
	return RC_OK;
}

bool
exchange_push_wait(struct node *nd, int64_t peer, int64_t timeout_us)
{
	int64_t until_us = clock_mono_us() + timeout_us;
	struct timespec until = {.tv_sec = (time_t)(until_us / CLOCK_US_PER_S),
				 .tv_nsec =
					 (long)(until_us % CLOCK_US_PER_S) * NS_PER_US};

	(void)peer;
	pthread_mutex_lock(&nd->mu);
	int code = 0;
	while (code == 0 && !nd->stopping && nd->commits == nd->seen)
		code = pthread_cond_timedwait(&nd->changed, &nd->mu, &until);
	bool on = !nd->stopping;
	pthread_mutex_unlock(&nd->mu);
	return on;
}

/* ---- files of evidence ------------------------------------------------------------- */

struct exchange_blob {
	struct node *nd;
	uint64_t from, at, total;
	bool ended;
};

enum rc
exchange_blob_open(struct node *nd, int64_t peer, const struct hash *sha256,
		   uint64_t from, uint64_t total, struct exchange_blob **ret,
		   uint64_t *ret_at, struct err *e)
{
	enum rc rc = RC_OK;

	(void)peer;
	(void)sha256;
	*ret = NULL;
	pthread_mutex_lock(&nd->mu);
	*ret_at = nd->blob_at;
	if (nd->blob_rc != RC_OK)
		rc = err_rule(e, nd->blob_rc, "protocol 5", "the file is refused");
	else if (nd->blob_total != 0 && nd->blob_at == nd->blob_total)
		*ret_at = total;
	else if (nd->blob_at != from)
		rc = err_rule(e, RC_CONFLICT, "protocol 5", "it goes on elsewhere");
	else {
		*ret = calloc(1, sizeof(**ret));
		if (*ret == NULL)
			abort();
		**ret = (struct exchange_blob){
			.nd = nd, .from = from, .at = from, .total = total};
	}
	pthread_mutex_unlock(&nd->mu);
	return rc;
}

enum rc
exchange_blob_put(struct exchange_blob *b, const void *p, size_t len, struct err *e)
{
	(void)p;
	(void)e;
	b->at += len;
	return RC_OK;
}

enum rc
exchange_blob_end(struct exchange_blob *b, const struct hash *digest, bool *ret_whole,
		  uint64_t *ret_at, struct err *e)
{
	(void)digest;
	(void)e;
	FAKE_SET(b->nd, blob_total, b->total);
	FAKE_SET(b->nd, blob_at, b->at);
	FAKE_SET(b->nd, n_pieces, b->nd->n_pieces + 1);
	*ret_whole = b->at == b->total;
	*ret_at = b->at;
	b->ended = true;
	return RC_OK;
}

void
exchange_blob_close(struct exchange_blob *b)
{
	free(b);
}

enum rc
exchange_blob_head(struct node *nd, int64_t peer, const struct hash *sha256,
		   bool *ret_whole, uint64_t *ret_at, struct err *e)
{
	enum rc rc = RC_OK;

	(void)peer;
	(void)sha256;
	pthread_mutex_lock(&nd->mu);
	*ret_at = nd->blob_at;
	*ret_whole = nd->blob_total != 0 && nd->blob_at == nd->blob_total;
	if (nd->blob_rc != RC_OK)
		rc = err_rule(e, nd->blob_rc, "protocol 10", "the file is refused");
	else if (nd->blob_total == 0)
		rc = err_rule(e, RC_NOT_FOUND, "protocol 5", "no such file");
	pthread_mutex_unlock(&nd->mu);
	return rc;
}

enum rc
exchange_blob_next(struct node *nd, int64_t peer, struct arena *a,
		   struct exchange_blob_push *ret, int64_t *ret_wait_us, struct err *e)
{
	struct stat st;

	(void)a;
	*ret = (struct exchange_blob_push){.fd = -1};
	*ret_wait_us = 0;
	pthread_mutex_lock(&nd->mu);
	const char *path = nd->blob_path;
	ret->sha256 = nd->blob_sha256;
	for (size_t i = 0; i < nd->n_peers; i++)
		if (nd->peers[i].id == peer)
			ret->peer = &nd->peers[i];
	pthread_mutex_unlock(&nd->mu);
	if (path == NULL)
		return err_set(e, RC_NOT_FOUND, "no file waits");
	ret->id = "01890a5d-ac96-774b-bcce-b302099a8057";
	ret->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (ret->fd < 0 || fstat(ret->fd, &st) != 0)
		abort();
	ret->total = (uint64_t)st.st_size;
	return RC_OK;
}

enum rc
exchange_blob_delivered(struct node *nd, const struct exchange_blob_push *push,
			struct err *e)
{
	(void)push;
	(void)e;
	FAKE_SET(nd, blob_path, NULL);
	FAKE_SET(nd, n_delivered, nd->n_delivered + 1);
	return RC_OK;
}

enum rc
exchange_blob_failed(struct node *nd, const struct exchange_blob_push *push, bool refused,
		     const struct err *why, struct err *e)
{
	(void)push;
	(void)e;
	pthread_mutex_lock(&nd->mu);
	snprintf(nd->why, sizeof(nd->why), "%s", why->text);
	nd->retry_after_s = why->retry_after_s;
	nd->blob_refused = refused;
	if (refused)
		nd->blob_path = NULL;
	nd->n_blob_failed++;
	nd->commits++;
	pthread_cond_broadcast(&nd->changed);
	pthread_mutex_unlock(&nd->mu);
	return RC_OK;
}
