/*
 * A source of rows that a test changes at will, and kdig as the client.
 * Included by the tests of rpz/ only.
 */
#ifndef SALURAN_TESTS_RPZ_FAKE_H
#define SALURAN_TESTS_RPZ_FAKE_H

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "rpz/rpz.h"

#define ORIGIN	     "rpz.test"
#define OTHER	     "other.test"
#define KEY_NAME     "rpzkey"
#define KEY_SECRET   "8Ds63TOqIP6NQnGNHjCBeDGQMH2uQXzZ4LJT9ZWO5WY="
#define OTHER_SECRET "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

enum {
	FAKE_OPERATORS_MAX = 8,
	FAKE_VERSIONS_MAX = 64,
	FAKE_WAIT_S = 10,
	KDIG_BYTES_MAX = 8 << 20,
	COMMAND_MAX = 512,
	KDIG_ARGS_MAX = 32
};

/* Flat, for tables; the server gets it in full. */
struct fake_operator {
	const char *name, *address;
	uint16_t notify_port;
	const char *tsig_name, *tsig_secret;
};

/* A serial and its rows. */
struct fake_version {
	uint32_t serial;
	const struct rpzrow *rows;
	size_t n_rows;
};

struct fake {
	pthread_mutex_t lock;
	pthread_cond_t pulled;
	uint32_t serial;
	const struct rpzrow *rows;
	size_t n_rows;
	struct fake_version past[FAKE_VERSIONS_MAX]; /* its journal, with the newest */
	size_t n_past;
	struct fake_operator ops[FAKE_OPERATORS_MAX];
	size_t n_ops;
	/* What a flat operator cannot say; NULL: nothing. */
	void (*adjust)(struct arena *a, struct rpz_operator *op, size_t i);
	bool two_zones;		  /* OTHER, too, with the same rows */
	struct rpz_limits limits; /* 0 connections: the defaults */
	const char *cut_path;
	bool broken;
	unsigned n_asked, n_pulled; /* calls of zone() and pulled() */
	uint32_t pulled_serial;
	enum rpz_how pulled_how;
	char pulled_name[32], pulled_from[64];
	unsigned n_alive; /* of those with what nobody knows */
	unsigned n_notified;
	struct rpz_notified notified; /* the newest */
	unsigned n_refused;
	char refused_key[64], refused_why[16];
	struct rpz *r;
};

/* Under the lock. */
static struct rpz_head
fake_head(const struct fake *f, const char *origin)
{
	return (struct rpz_head){origin, f->serial, 30, 60, 10, 3600};
}

static enum rc
fake_zones(void *arg, struct arena *a, const struct rpz_head **ret, size_t *n,
	   struct err *e)
{
	struct fake *f = arg;
	struct rpz_head *h = arena_array(a, 2, sizeof(*h));
	enum rc rc = RC_OK;

	pthread_mutex_lock(&f->lock);
	h[0] = fake_head(f, ORIGIN);
	h[1] = fake_head(f, OTHER);
	*n = f->two_zones ? 2 : 1;
	if (f->broken)
		rc = err_set(e, RC_IO, "the fake store is broken");
	pthread_mutex_unlock(&f->lock);
	*ret = h;
	return rc;
}

static enum rc
fake_zone(void *arg, const char *origin, struct rpz_head *ret, rpz_on_row *on_row,
	  void *on_arg, struct err *e)
{
	struct fake *f = arg;
	const struct rpzrow *rows;
	size_t n;
	enum rc rc = RC_OK;

	pthread_mutex_lock(&f->lock);
	f->n_asked++;
	*ret = fake_head(f, origin);
	rows = f->rows;
	n = f->n_rows;
	if (f->broken)
		rc = err_set(e, RC_IO, "the fake store is broken");
	pthread_mutex_unlock(&f->lock);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = on_row(on_arg, &rows[i], e);
	return rc;
}

/* Looked for from place `near` on, where it mostly is. */
static bool
fake_has(const struct fake_version *v, const struct rpzrow *row, size_t near)
{
	for (size_t i = 0; i < v->n_rows; i++) {
		const struct rpzrow *r = &v->rows[(near + i) % v->n_rows];

		if (strcasecmp(r->owner, row->owner) == 0 && r->act == row->act &&
		    strcmp(r->data == NULL ? "" : r->data,
			   row->data == NULL ? "" : row->data) == 0)
			return true;
	}
	return false;
}

static enum rc
fake_changes(void *arg, const char *origin, uint32_t from, uint32_t to,
	     rpz_on_change *on_change, void *on_arg, struct err *e)
{
	struct fake *f = arg;
	struct fake_version was = {0}, is = {0};
	bool found[2] = {false, false};
	enum rc rc = RC_OK;

	(void)origin;
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->n_past; i++) {
		if (f->past[i].serial == from) {
			was = f->past[i];
			found[0] = true;
		}
		if (f->past[i].serial == to) {
			is = f->past[i];
			found[1] = true;
		}
	}
	if (f->broken)
		rc = err_set(e, RC_IO, "the fake store is broken");
	else if (!found[0] || !found[1])
		rc = err_set(e, RC_NOT_FOUND, "no such serial");
	pthread_mutex_unlock(&f->lock);
	for (size_t i = 0; rc == RC_OK && i < was.n_rows; i++)
		if (!fake_has(&is, &was.rows[i], i))
			rc = on_change(on_arg, &was.rows[i], false, e);
	for (size_t i = 0; rc == RC_OK && i < is.n_rows; i++)
		if (!fake_has(&was, &is.rows[i], i))
			rc = on_change(on_arg, &is.rows[i], true, e);
	return rc;
}

static void
fake_operator_fill(struct arena *a, const struct fake_operator *op,
		   struct rpz_operator *out)
{
	struct rpz_key *key = ARENA_NEW(a, struct rpz_key);
	struct rpz_target *target = ARENA_NEW(a, struct rpz_target);
	const char **texts = arena_array(a, 2, sizeof(*texts));

	*key = (struct rpz_key){op->tsig_name, op->tsig_secret};
	*target = (struct rpz_target){op->address, op->notify_port};
	texts[0] = op->address;
	texts[1] = ORIGIN;
	*out = (struct rpz_operator){.name = op->name,
				     .keys = key,
				     .n_keys = op->tsig_name != NULL ||
					       op->tsig_secret != NULL,
				     .addresses = texts,
				     .n_addresses = op->address != NULL,
				     .notify = target,
				     .n_notify = op->notify_port != 0,
				     .zones = texts + 1,
				     .n_zones = 1};
}

static enum rc
fake_operators(void *arg, struct arena *a, const struct rpz_operator **ret, size_t *n,
	       struct err *e)
{
	struct fake *f = arg;
	struct rpz_operator *out = arena_array(a, FAKE_OPERATORS_MAX, sizeof(*out));

	(void)e;
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->n_ops; i++) {
		fake_operator_fill(a, &f->ops[i], &out[i]);
		if (f->adjust != NULL)
			f->adjust(a, &out[i], i);
	}
	*n = f->n_ops;
	pthread_mutex_unlock(&f->lock);
	*ret = out;
	return RC_OK;
}

static void
fake_pulled(void *arg, const struct rpz_pulled *p)
{
	struct fake *f = arg;

	pthread_mutex_lock(&f->lock);
	if (p->how == RPZ_STILL_HELD && p->serial == 0) {
		f->n_alive++;
		pthread_mutex_unlock(&f->lock);
		return;
	}
	f->n_pulled++;
	pthread_cond_broadcast(&f->pulled);
	f->pulled_serial = p->serial;
	f->pulled_how = p->how;
	snprintf(f->pulled_name, sizeof(f->pulled_name), "%s", p->operator_name);
	snprintf(f->pulled_from, sizeof(f->pulled_from), "%s", p->address);
	pthread_mutex_unlock(&f->lock);
}

static void
fake_notified(void *arg, const char *name, const char *origin, const char *address,
	      const struct rpz_notified *n)
{
	struct fake *f = arg;

	(void)name, (void)origin, (void)address;
	pthread_mutex_lock(&f->lock);
	f->notified = *n;
	f->n_notified++;
	pthread_cond_broadcast(&f->pulled);
	pthread_mutex_unlock(&f->lock);
}

static void
fake_refused(void *arg, const char *key, const char *address, const char *why)
{
	struct fake *f = arg;

	(void)address;
	pthread_mutex_lock(&f->lock);
	f->n_refused++;
	snprintf(f->refused_key, sizeof(f->refused_key), "%s", key);
	snprintf(f->refused_why, sizeof(f->refused_why), "%s", why);
	pthread_cond_broadcast(&f->pulled);
	pthread_mutex_unlock(&f->lock);
}

/* The result of the newest NOTIFY comes to be that. */
static inline void
assert_notified(struct fake *f, const char *result, uint32_t serial, bool over)
{
	struct timespec until;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FAKE_WAIT_S;
	pthread_mutex_lock(&f->lock);
	while ((f->notified.result == NULL || strcmp(f->notified.result, result) != 0 ||
		f->notified.serial != serial) &&
	       ret == 0)
		ret = pthread_cond_timedwait(&f->pulled, &f->lock, &until);
	assert_non_null(f->notified.result);
	assert_string_equal(f->notified.result, result);
	assert_int_equal(f->notified.serial, serial);
	assert_int_equal(f->notified.over, over);
	pthread_mutex_unlock(&f->lock);
}

/* pulled() follows the transfer: kdig may be gone before it is called. */
static inline void
assert_pulled(struct fake *f, unsigned n, const char *name, uint32_t serial)
{
	struct timespec until;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FAKE_WAIT_S;
	pthread_mutex_lock(&f->lock);
	while (f->n_pulled < n && ret == 0)
		ret = pthread_cond_timedwait(&f->pulled, &f->lock, &until);
	assert_int_equal(f->n_pulled, n);
	assert_string_equal(f->pulled_name, name);
	assert_int_equal(f->pulled_serial, serial);
	pthread_mutex_unlock(&f->lock);
}

/* From where the last one showed it; and how. */
static inline void
assert_pulled_from(struct fake *f, const char *from)
{
	pthread_mutex_lock(&f->lock);
	assert_string_equal(f->pulled_from, from);
	pthread_mutex_unlock(&f->lock);
}

static inline void
assert_pulled_by(struct fake *f, enum rpz_how how, const char *from)
{
	assert_pulled_from(f, from);
	pthread_mutex_lock(&f->lock);
	assert_int_equal(f->pulled_how, how);
	pthread_mutex_unlock(&f->lock);
}

/* Change what the source gives, and say so. */
static inline void
fake_set(struct fake *f, uint32_t serial, const struct rpzrow *rows, size_t n)
{
	pthread_mutex_lock(&f->lock);
	f->serial = serial;
	f->rows = rows;
	f->n_rows = n;
	assert_true(f->n_past < FAKE_VERSIONS_MAX);
	f->past[f->n_past++] = (struct fake_version){serial, rows, n};
	pthread_mutex_unlock(&f->lock);
	rpz_changed(f->r, NULL);
}

static const struct rpzrow four_rows[] = {
	{"t.me", RPZROW_NXDOMAIN, NULL},
	{"*.t.me", RPZROW_NODATA, NULL},
	{"ok.t.me", RPZROW_PASSTHRU, NULL},
	{"info.t.me", RPZROW_TXT, "order 42"},
};

static const struct fake_operator listed = {"plain", "127.0.0.1", 0, NULL, NULL};
static const struct fake_operator keyed = {"keyed", "127.0.0.3", 0, KEY_NAME, KEY_SECRET};

static void
fake_start(struct fake *f)
{
	const struct rpz_source src = {.arg = f,
				       .cut_path = f->cut_path,
				       .zones = fake_zones,
				       .zone = fake_zone,
				       .changes = fake_changes,
				       .operators = fake_operators,
				       .pulled = fake_pulled,
				       .notified = fake_notified,
				       .refused = fake_refused};
	struct err e = ERR_INIT;

	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->pulled, NULL);
	log_set_level(LOG_ERROR);
	if (f->n_ops == 0) {
		f->ops[0] = listed;
		f->ops[1] = keyed;
		f->n_ops = 2;
	}
	if (f->rows == NULL) {
		f->rows = four_rows;
		f->n_rows = sizeof(four_rows) / sizeof(*four_rows);
	}
	if (f->serial == 0)
		f->serial = 100;
	f->past[f->n_past++] = (struct fake_version){f->serial, f->rows, f->n_rows};
	if (rpz_start("0.0.0.0", 0, f->limits.connections != 0 ? &f->limits : NULL, &src,
		      &f->r, &e) != RC_OK)
		fail_msg("rpz_start: %s", e.text);
	assert_int_not_equal(rpz_port(f->r), 0);
}

static inline void
fake_stop(struct fake *f)
{
	rpz_stop(f->r);
	pthread_cond_destroy(&f->pulled);
	pthread_mutex_destroy(&f->lock);
}

/* What kdig prints for these arguments (no quotes: they are split at blanks); the caller
 * frees it. */
static char *PRINTF(2, 3) kdig(const struct fake *f, const char *fmt, ...)
{
	char port[8], args[COMMAND_MAX];
	char *argv[KDIG_ARGS_MAX] = {(char[]){"kdig"},	     (char[]){"@127.0.0.1"},
				     (char[]){"+timeout=5"}, (char[]){"+retry=0"},
				     (char[]){"-p"},	     port};
	char *out = malloc(KDIG_BYTES_MAX);
	size_t len = 0, n_args = 6;
	posix_spawn_file_actions_t fa;
	int fd[2], status;
	ssize_t n;
	va_list ap;
	pid_t pid;

	assert_non_null(out);
	snprintf(port, sizeof(port), "%u", rpz_port(f->r));
	va_start(ap, fmt);
	vsnprintf(args, sizeof(args), fmt, ap);
	va_end(ap);
	for (char *rest = args, *word; (word = strsep(&rest, " ")) != NULL;)
		if (*word != '\0' && n_args < KDIG_ARGS_MAX - 1)
			argv[n_args++] = word;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fd[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&fa, fd[1], STDERR_FILENO);
	if (posix_spawnp(&pid, "kdig", &fa, NULL, argv, environ) != 0)
		fail_msg("kdig cannot be run: install the package knot-dnsutils");
	posix_spawn_file_actions_destroy(&fa);
	close(fd[1]);
	while ((n = read(fd[0], out + len, KDIG_BYTES_MAX - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return out;
}

static void
assert_says(const char *out, const char *what)
{
	if (strstr(out, what) == NULL)
		fail_msg("\"%s\" is not in:\n%.2000s", what, out);
}

#endif
