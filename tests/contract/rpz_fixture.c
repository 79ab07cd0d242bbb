/*
 * The zones' server by itself, for tests with real resolvers:
 *
 *	rpz_fixture LISTEN PORT ORIGIN FILE
 *
 * FILE has one line each of
 *
 *	serial NUMBER
 *	operator NAME ADDRESS NOTIFY_PORT [TSIG_NAME TSIG_SECRET]
 *	row OWNER ACTION [DATA WITHOUT BLANKS]
 *
 * (actions are those of core/rpz_row.h) and is read at the start and at each SIGHUP;
 * replace it by rename().  Serials that it had since the start are known for
 * differences.  Prints "port N" once it listens and "pulled NAME SERIAL" as that happens.
 * SIGTERM ends it.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "rpz/rpz.h"

enum {
	LINES_MAX = 1 << 20,
	LINE_BYTES_MAX = 2048,
	WORDS_MAX = 6,
	OPERATORS_MAX = 64,
	CONTENTS_MAX = 1024
};

/* What FILE had at one time. */
struct content {
	struct arena *a;
	struct rpz_head head;
	struct rpzrow *rows; /* in order */
	size_t n_rows;
	struct rpz_operator ops[OPERATORS_MAX];
	size_t n_ops;
};

struct fixture {
	const char *origin, *path;
	pthread_mutex_t lock; /* of the number; contents themselves never change */
	struct content *content[CONTENTS_MAX];
	size_t n;
};

static enum rc
number_parse(const char *s, unsigned long max, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(s, &end, 10);
	return errno == 0 && end != s && *end == '\0' && *ret <= max ? RC_OK : RC_INVALID;
}

static void
operator_fill(struct content *c, struct rpz_operator *out, char **word, uint16_t port,
	      bool with_key)
{
	struct rpz_key *key = ARENA_NEW(c->a, struct rpz_key);
	struct rpz_target *target = ARENA_NEW(c->a, struct rpz_target);
	const char **texts = arena_array(c->a, 2, sizeof(*texts));

	if (with_key)
		*key = (struct rpz_key){word[4], word[5]};
	*target = (struct rpz_target){word[2], port};
	texts[0] = word[2];
	texts[1] = c->head.origin;
	*out = (struct rpz_operator){.name = word[1],
				     .keys = key,
				     .n_keys = with_key,
				     .addresses = texts,
				     .n_addresses = 1,
				     .notify = target,
				     .n_notify = port != 0,
				     .zones = texts + 1,
				     .n_zones = 1};
}

static enum rc
row_parse(struct content *c, char **word, size_t n, struct err *e)
{
	struct rpzrow *row = &c->rows[c->n_rows++];

	row->owner = word[1];
	return rpzrow_act_read(
		c->a, n == 4 ? arena_printf(c->a, "%s %s", word[2], word[3]) : word[2],
		&row->act, &row->data, e);
}

static enum rc
line_parse(struct content *c, char **word, size_t n, struct err *e)
{
	unsigned long number;

	if (n == 0)
		return RC_OK;
	if (strcmp(word[0], "serial") == 0 && n == 2) {
		if (number_parse(word[1], UINT32_MAX, &number) != RC_OK)
			return RC_INVALID;
		c->head.serial = (uint32_t)number;
		return RC_OK;
	}
	if (strcmp(word[0], "operator") == 0 && (n == 4 || n == 6)) {
		if (c->n_ops == OPERATORS_MAX ||
		    number_parse(word[3], UINT16_MAX, &number) != RC_OK)
			return RC_INVALID;
		operator_fill(c, &c->ops[c->n_ops++], word, (uint16_t)number, n == 6);
		return RC_OK;
	}
	if (strcmp(word[0], "row") == 0 && (n == 3 || n == 4))
		return row_parse(c, word, n, e);
	return RC_INVALID;
}

static int
row_compare(const void *a, const void *b)
{
	const struct rpzrow *x = a, *y = b;
	int diff = strcmp(x->owner, y->owner);

	if (diff == 0)
		diff = (int)x->act - (int)y->act;
	if (diff == 0 && x->data != NULL)
		diff = strcmp(x->data, y->data);
	return diff;
}

static enum rc
file_read(const struct fixture *x, struct arena *a, struct content **ret, struct err *e)
{
	struct content *c = ARENA_NEW(a, struct content);
	char line[LINE_BYTES_MAX];
	enum rc rc = RC_OK;
	size_t n_lines = 0;

	*ret = c;
	c->a = a;
	c->head = (struct rpz_head){.origin = x->origin,
				    .ttl_s = 5,
				    .refresh_s = 3600,
				    .retry_s = 1,
				    .expire_s = 86400};
	FILE *f = fopen(x->path, "re");
	if (f == NULL)
		return err_sys(e, "open %s", x->path);
	while (fgets(line, sizeof(line), f) != NULL)
		n_lines++;
	rewind(f);
	if (n_lines > LINES_MAX) {
		rc = err_set(e, RC_LIMIT, "%s has too many lines", x->path);
		goto out;
	}
	c->rows = arena_array(a, n_lines + 1, sizeof(*c->rows));
	for (size_t i = 0; rc == RC_OK && i < n_lines && fgets(line, sizeof(line), f);
	     i++) {
		char *word[WORDS_MAX], *rest = arena_strdup(a, line), *w;
		size_t n = 0;

		while ((w = strsep(&rest, " \t\n")) != NULL && n < WORDS_MAX)
			if (*w != '\0')
				word[n++] = w;
		rc = line_parse(c, word, n, e);
		if (rc != RC_OK)
			err_set(e, rc, "%s, line %zu cannot be read", x->path, i + 1);
	}
	qsort(c->rows, c->n_rows, sizeof(*c->rows), row_compare);
out:
	fclose(f);
	return rc;
}

/* What FILE has now is the newest from here on. */
static enum rc
fixture_read(struct fixture *x, struct err *e)
{
	struct arena *a = arena_create();
	struct content *c;
	enum rc rc = x->n < CONTENTS_MAX
			     ? file_read(x, a, &c, e)
			     : err_set(e, RC_LIMIT, "more than %d serials", CONTENTS_MAX);

	if (rc != RC_OK) {
		arena_free(a);
		return rc;
	}
	pthread_mutex_lock(&x->lock);
	x->content[x->n++] = c;
	pthread_mutex_unlock(&x->lock);
	return RC_OK;
}

static const struct content *
fixture_newest(struct fixture *x)
{
	const struct content *c;

	pthread_mutex_lock(&x->lock);
	c = x->content[x->n - 1];
	pthread_mutex_unlock(&x->lock);
	return c;
}

static const struct content *
fixture_find(struct fixture *x, uint32_t serial)
{
	const struct content *c = NULL;

	pthread_mutex_lock(&x->lock);
	for (size_t i = x->n; c == NULL && i > 0; i--)
		if (x->content[i - 1]->head.serial == serial)
			c = x->content[i - 1];
	pthread_mutex_unlock(&x->lock);
	return c;
}

static enum rc
fixture_zones(void *arg, struct arena *a, const struct rpz_head **ret, size_t *n,
	      struct err *e)
{
	(void)a, (void)e;
	*ret = &fixture_newest(arg)->head;
	*n = 1;
	return RC_OK;
}

static enum rc
fixture_zone(void *arg, const char *origin, struct rpz_head *ret, rpz_on_row *on_row,
	     void *on_arg, struct err *e)
{
	const struct content *c = fixture_newest(arg);
	enum rc rc = RC_OK;

	(void)origin;
	*ret = c->head;
	for (size_t i = 0; rc == RC_OK && i < c->n_rows; i++)
		rc = on_row(on_arg, &c->rows[i], e);
	return rc;
}

static enum rc
fixture_changes(void *arg, const char *origin, uint32_t from, uint32_t to,
		rpz_on_change *on_change, void *on_arg, struct err *e)
{
	const struct content *was = fixture_find(arg, from), *is = fixture_find(arg, to);
	size_t i = 0, k = 0;
	enum rc rc = RC_OK;

	(void)origin;
	if (was == NULL || is == NULL)
		return err_set(e, RC_NOT_FOUND, "no such serial");
	while (rc == RC_OK && (i < was->n_rows || k < is->n_rows)) {
		int diff = i == was->n_rows  ? 1
			   : k == is->n_rows ? -1
					     : row_compare(&was->rows[i], &is->rows[k]);
		if (diff < 0)
			rc = on_change(on_arg, &was->rows[i], false, e);
		else if (diff > 0)
			rc = on_change(on_arg, &is->rows[k], true, e);
		i += diff <= 0;
		k += diff >= 0;
	}
	return rc;
}

static enum rc
fixture_operators(void *arg, struct arena *a, const struct rpz_operator **ret, size_t *n,
		  struct err *e)
{
	const struct content *c = fixture_newest(arg);

	(void)a, (void)e;
	*ret = c->ops;
	*n = c->n_ops;
	return RC_OK;
}

static void
fixture_pulled(void *arg, const struct rpz_pulled *p)
{
	(void)arg;
	printf("pulled %s %u\n", p->operator_name, p->serial);
}

int
main(int argc, char **argv)
{
	static struct fixture x = {.lock = PTHREAD_MUTEX_INITIALIZER};
	unsigned long port = 0;
	struct err e = ERR_INIT;
	struct rpz *r;
	sigset_t set;
	int sig = 0;

	if (argc != 5 || number_parse(argv[2], UINT16_MAX, &port) != RC_OK) {
		fprintf(stderr, "usage: rpz_fixture LISTEN PORT ORIGIN FILE\n");
		return EXIT_USAGE;
	}
	x.origin = argv[3];
	x.path = argv[4];
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Before the threads, which inherit it: only sigwait() below takes them. */
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	const struct rpz_source src = {.arg = &x,
				       .zones = fixture_zones,
				       .zone = fixture_zone,
				       .changes = fixture_changes,
				       .operators = fixture_operators,
				       .pulled = fixture_pulled};
	enum rc rc = fixture_read(&x, &e);

	if (rc == RC_OK)
		rc = rpz_start(argv[1], (uint16_t)port, NULL, &src, &r, &e);
	if (rc != RC_OK) {
		fprintf(stderr, "rpz_fixture: %s\n", e.text);
		return rc_exit_code(rc);
	}
	printf("port %u\n", rpz_port(r));
	while (sigwait(&set, &sig) == 0 && sig == SIGHUP) {
		if (fixture_read(&x, &e) != RC_OK)
			fprintf(stderr, "rpz_fixture: %s\n", e.text);
		rpz_changed(r, NULL);
	}
	rpz_stop(r);
	for (size_t i = 0; i < x.n; i++)
		arena_free(x.content[i]->a);
	return 0;
}
