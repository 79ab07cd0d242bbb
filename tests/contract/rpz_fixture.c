/*
 * The zone's server by itself, for tests with real resolvers:
 *
 *	rpz_fixture LISTEN PORT ORIGIN FILE
 *
 * FILE has one line each of
 *
 *	serial NUMBER
 *	operator NAME ADDRESS NOTIFY_PORT [TSIG_NAME TSIG_SECRET]
 *	row OWNER nxdomain|nodata|passthru|cname|a|aaaa|txt [DATA WITHOUT BLANKS]
 *
 * and is read whenever the server asks; replace it by rename(), then send SIGHUP.  Prints
 * "port N" once it listens and "pulled NAME SERIAL" as that happens.  SIGTERM ends it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "rpz/rpz.h"

enum { LINES_MAX = 1 << 20, LINE_BYTES_MAX = 2048, WORDS_MAX = 6, OPERATORS_MAX = 64 };

struct fixture {
	const char *origin, *path;
};

struct content {
	struct arena *a;
	const char *origin;
	struct rpz_head head;
	struct rpzrow *rows;
	size_t n_rows;
	struct rpz_operator ops[OPERATORS_MAX];
	size_t n_ops;
};

static enum rc
number_parse(const char *s, unsigned long max, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(s, &end, 10);
	return errno == 0 && end != s && *end == '\0' && *ret <= max ? RC_OK : RC_INVALID;
}

static enum rc
action_parse(const char *s, enum rpzrow_act *ret)
{
	static const char *const names[] = {"nxdomain", "nodata", "passthru", "cname",
					    "a",	"aaaa",	  "txt"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(s, names[i]) == 0) {
			*ret = (enum rpzrow_act)i;
			return RC_OK;
		}
	return RC_INVALID;
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
	texts[1] = c->origin;
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
line_parse(struct content *c, char **word, size_t n)
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
	if (strcmp(word[0], "row") == 0 && n >= 3 && n <= 4) {
		struct rpzrow *row = &c->rows[c->n_rows++];

		row->owner = word[1];
		row->data = n == 4 ? word[3] : NULL;
		return action_parse(word[2], &row->act);
	}
	return RC_INVALID;
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
	c->origin = x->origin;
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
		rc = line_parse(c, word, n);
		if (rc != RC_OK)
			err_set(e, rc, "%s, line %zu cannot be read", x->path, i + 1);
	}
out:
	fclose(f);
	return rc;
}

static enum rc
fixture_zones(void *arg, struct arena *a, const struct rpz_head **ret, size_t *n,
	      struct err *e)
{
	struct content *c;
	enum rc rc = file_read(arg, a, &c, e);

	*ret = &c->head;
	*n = 1;
	return rc;
}

static enum rc
fixture_zone(void *arg, const char *origin, struct rpz_head *ret, rpz_on_row *on_row,
	     void *on_arg, struct err *e)
{
	struct arena *a = arena_create();
	struct content *c;
	enum rc rc = file_read(arg, a, &c, e);

	*ret = c->head;
	ret->origin = origin;
	for (size_t i = 0; rc == RC_OK && i < c->n_rows; i++)
		rc = on_row(on_arg, &c->rows[i], e);
	arena_free(a);
	return rc;
}

static enum rc
fixture_operators(void *arg, struct arena *a, const struct rpz_operator **ret, size_t *n,
		  struct err *e)
{
	struct content *c;
	enum rc rc = file_read(arg, a, &c, e);

	*ret = c->ops;
	*n = c->n_ops;
	return rc;
}

static void
fixture_pulled(void *arg, const char *name, const char *origin, uint32_t serial,
	       enum rpz_how how)
{
	(void)arg, (void)origin, (void)how;
	printf("pulled %s %u\n", name, serial);
}

int
main(int argc, char **argv)
{
	struct fixture x;
	unsigned long port = 0;
	struct err e = ERR_INIT;
	struct rpz *r;
	sigset_t set;
	int sig = 0;

	if (argc != 5 || number_parse(argv[2], UINT16_MAX, &port) != RC_OK) {
		fprintf(stderr, "usage: rpz_fixture LISTEN PORT ORIGIN FILE\n");
		return EXIT_USAGE;
	}
	x = (struct fixture){argv[3], argv[4]};
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Before the threads, which inherit it: only sigwait() below takes them. */
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	const struct rpz_source src = {&x,   fixture_zones,	fixture_zone,
				       NULL, fixture_operators, fixture_pulled};
	enum rc rc = rpz_start(argv[1], (uint16_t)port, NULL, &src, &r, &e);

	if (rc != RC_OK) {
		fprintf(stderr, "rpz_fixture: %s\n", e.text);
		return rc_exit_code(rc);
	}
	printf("port %u\n", rpz_port(r));
	while (sigwait(&set, &sig) == 0 && sig == SIGHUP)
		rpz_changed(r, NULL);
	rpz_stop(r);
	return 0;
}
