#include "service/zone_checker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"

enum {
	FEW_ROWS_S = 30,
	ALL_ROWS_S = 900,
	VERSION_S = 10,
	LINE_BYTES = 2 * RPZROW_LINE_MAX,
	WORDS_IN_MAX = 64 * 1024, /* read of what a checker says; the end of it is kept */
};
#define MEMORY_BYTES (INT64_C(4) << 30)

enum { WORDS_OF_TOOL = 8, NO_WORD = -1 };

/* How each is asked; "%o" and "%f" are the origin and the file. */
static const struct {
	const char *name;
	const char *version[3];
	const char *check[WORDS_OF_TOOL];
} tools[] = {
	/* Integrity is looked up in the DNS: not here. */
	{"named-checkzone", {"-v"}, {"-i", "none", "-n", "ignore", "%o", "%f"}},
	{"kzonecheck", {"-V"}, {"-d", "off", "-o", "%o", "%f"}},
};

static const char *const states[CHECKER_STATE_COUNT] = {
#define X(name, token) [CHECKER_##name] = token,
	CHECKER_STATE_TABLE(X)
#undef X
};

static const char *const verdicts[CHECKER_VERDICT_COUNT] = {
#define X(name, token) [CHECKER_##name] = token,
	CHECKER_VERDICT_TABLE(X)
#undef X
};

const char *
checker_state_token(enum checker_state s)
{
	return states[s];
}

const char *
checker_verdict_token(enum checker_verdict v)
{
	return verdicts[v];
}

static int
tool_of(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base == NULL ? path : base + 1;
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strcmp(tools[i].name, base) == 0)
			return (int)i;
	return NO_WORD;
}

enum rc
checkers_read(const char *setting, struct checker ret[CHECKERS_MAX], size_t *ret_n,
	      struct err *e)
{
	*ret_n = 0;
	for (const char *at = setting + strspn(setting, " \t"); *at != '\0';) {
		size_t len = strcspn(at, " \t");
		if (at[0] != '/')
			return err_set(e, RC_INVALID,
				       "rpz.checkers: %.*s: give whole paths, as "
				       "/usr/bin/named-checkzone",
				       (int)len, at);
		if (*ret_n == CHECKERS_MAX || len > CHECKER_PATH_MAX)
			return err_set(e, RC_INVALID,
				       "rpz.checkers: at most %d paths of %d bytes",
				       CHECKERS_MAX, CHECKER_PATH_MAX);
		struct checker *c = &ret[(*ret_n)++];
		*c = (struct checker){.state = CHECKER_UNKNOWN};
		memcpy(c->path, at, len);
		int tool = tool_of(c->path);
		c->name = tool == NO_WORD ? NULL : tools[tool].name;
		at += len;
		at += strspn(at, " \t");
	}
	return RC_OK;
}

/* ---- the zone as a file ---------------------------------------------------------------
 */

struct checker_file {
	FILE *f;
	struct buf line;
	uint32_t ttl_s;
};

void
checker_row(struct checker_file *f, const struct rpzrow *row)
{
	buf_reset(&f->line);
	rpzrow_put(&f->line, row, f->ttl_s);
	(void)fwrite(buf_str(&f->line), 1, f->line.len, f->f);
}

/* What every zone has that resolvers fetch, and the rows. */
static enum rc
zone_write(struct arena *a, const char *path, const struct checker_zone *z,
	   checker_rows *rows, void *arg, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct checker_file f = {.line = BUF_INIT(LINE_BYTES), .ttl_s = z->ttl_s};
	const char *own = rpzrow_canary(a, z->origin);

	if (fd < 0 || (f.f = fdopen(fd, "w")) == NULL) {
		enum rc bad = err_sys(e, "write %s", path);
		if (fd >= 0)
			(void)close(fd);
		return bad;
	}
	fprintf(f.f,
		"$ORIGIN %s.\n$TTL %u\n@ SOA localhost. hostmaster.localhost. %u 60 10 "
		"604800 %u\n@ NS localhost.\n" RPZROW_CANARY " TXT \"%u\"\n",
		z->origin, z->ttl_s, z->serial, z->ttl_s, z->serial);
	if (own != NULL)
		fprintf(f.f, "%s TXT \"%u\"\n", own, z->serial);
	enum rc rc = rows(&f, arg, e);
	bool bad = ferror(f.f) != 0;
	if (fclose(f.f) != 0 || bad)
		rc = rc == RC_OK ? err_sys(e, "write %s", path) : rc;
	buf_free(&f.line);
	return rc;
}

/* ---- asking ---------------------------------------------------------------------------
 */

/* The last lines, in printable letters: the first of many are mostly the same. */
static void
words_keep(const struct buf *said, char out[CHECKER_WORDS_MAX + 1])
{
	const char *text = buf_str(said);
	size_t len = said->len;

	while (len > 0 && (unsigned char)text[len - 1] <= ' ')
		len--;
	size_t from = len > CHECKER_WORDS_MAX ? len - CHECKER_WORDS_MAX : 0;
	for (size_t i = from; i < len; i++) {
		char c = text[i];
		out[i - from] = c == '\n' || (c >= ' ' && c <= '~') ? c : '?';
	}
	out[len - from] = '\0';
}

static void
words_say(char out[CHECKER_WORDS_MAX + 1], const char *why)
{
	struct buf b = BUF_INIT(CHECKER_WORDS_MAX);

	buf_puts(&b, why);
	words_keep(&b, out);
	buf_free(&b);
}

/* Runs it with these words; its own words go into `words`. */
static enum rc
ask(struct node *nd, const struct checker *c, const char *const *with, int64_t time_s,
    char words[CHECKER_WORDS_MAX + 1], enum child_end *ret_end, int *ret_code,
    struct err *e)
{
	const char *argv[WORDS_OF_TOOL + 2] = {c->path};
	const struct child child = {.argv = argv,
				    .time_s = time_s,
				    .memory_bytes = MEMORY_BYTES,
				    .stop_fd = nd->stop_fd};
	struct buf said = BUF_INIT(WORDS_IN_MAX);

	for (size_t i = 0; i < WORDS_OF_TOOL && with[i] != NULL; i++)
		argv[i + 1] = with[i];
	enum rc rc = child_run(&child, &said, ret_end, ret_code, e);
	words_keep(&said, words);
	buf_free(&said);
	return rc == RC_OK && *ret_end == CHILD_STOPPED
		       ? err_set(e, RC_UNAVAILABLE, "the node stops")
		       : rc;
}

static void
check_words(const struct checker *c, const char *origin, const char *file,
	    const char *out[WORDS_OF_TOOL])
{
	const char *const *words = tools[tool_of(c->path)].check;

	for (size_t i = 0; i < WORDS_OF_TOOL && words[i] != NULL; i++)
		out[i] = strcmp(words[i], "%o") == 0   ? origin
			 : strcmp(words[i], "%f") == 0 ? file
						       : words[i];
}

enum rc
checker_prove(struct node *nd, const struct checker *c, const struct checker_zone *z,
	      enum checker_size size, checker_rows *rows, void *arg,
	      char words[CHECKER_WORDS_MAX + 1], enum checker_verdict *ret, struct err *e)
{
	struct arena *a = arena_create();
	const char *path = arena_printf(a, "%s/check.zone", nd->dir);
	const char *with[WORDS_OF_TOOL] = {NULL};
	enum child_end end = CHILD_EXITED;
	int code = 0;

	check_words(c, z->origin, path, with);
	enum rc rc = zone_write(a, path, z, rows, arg, e);
	if (rc == RC_OK)
		rc = ask(nd, c, with, size == CHECKER_ALL_ROWS ? ALL_ROWS_S : FEW_ROWS_S,
			 words, &end, &code, e);
	(void)unlink(path);
	*ret = end != CHILD_EXITED ? CHECKER_FAILED
	       : code == 0	   ? CHECKER_PASSED
				   : CHECKER_REFUSED;
	if (rc == RC_OK && end == CHILD_LATE)
		words_say(words, "it was not done in time, and was ended");
	else if (rc == RC_OK && end == CHILD_KILLED)
		words_say(words, arena_printf(a, "it was ended by signal %d: %.500s",
					      code, words));
	arena_free(a);
	return rc;
}

/* ---- examining ------------------------------------------------------------------------
 */

static enum rc
good_rows(struct checker_file *f, void *arg, struct err *e)
{
	static const struct rpzrow rows[] = {
		{"a.example", RPZROW_NXDOMAIN, NULL},
		{"*.a.example", RPZROW_NODATA, NULL},
		{"_x.a.example", RPZROW_PASSTHRU, NULL},
		{"b.example", RPZROW_LANDING, "page.example"},
		{"32.1.2.0.192.rpz-ip", RPZROW_NXDOMAIN, NULL},
	};

	(void)arg;
	(void)e;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		checker_row(f, &rows[i]);
	return RC_OK;
}

/* One name with two actions: no server loads that. */
static enum rc
bad_rows(struct checker_file *f, void *arg, struct err *e)
{
	static const struct rpzrow rows[] = {
		{"a.example", RPZROW_NXDOMAIN, NULL},
		{"a.example", RPZROW_NODATA, NULL},
	};

	(void)arg;
	(void)e;
	checker_row(f, &rows[0]);
	checker_row(f, &rows[1]);
	return RC_OK;
}

/* The last word of its first line: "kzonecheck (Knot DNS), version 3.2.6". */
static void
version_keep(struct checker *c, const char *words)
{
	size_t len = strcspn(words, "\n"), from;

	while (len > 0 && words[len - 1] == ' ')
		len--;
	for (from = len; from > 0 && words[from - 1] != ' ';)
		from--;
	size_t n = len - from < CHECKER_VERSION_MAX ? len - from : CHECKER_VERSION_MAX;
	memcpy(c->version, words + from, n);
	c->version[n] = '\0';
}

static void
unfit(struct checker *c, const char *what, const char *words)
{
	struct buf b = BUF_INIT(CHECKER_WORDS_MAX);

	buf_printf(&b, "%s: %.1000s", what, words);
	c->state = CHECKER_UNFIT;
	words_keep(&b, c->why);
	buf_free(&b);
}

static enum rc
fitness(struct node *nd, struct checker *c, struct err *e)
{
	const struct checker_zone z = {
		.origin = "base.check.invalid", .serial = 1, .ttl_s = 10};
	char words[CHECKER_WORDS_MAX + 1];
	enum checker_verdict verdict;
	enum rc rc = checker_prove(nd, c, &z, CHECKER_FEW_ROWS, good_rows, NULL, words,
				   &verdict, e);

	if (rc != RC_OK)
		return rc;
	if (verdict != CHECKER_PASSED) {
		unfit(c, "it does not pass a zone that is good", words);
		return RC_OK;
	}
	rc = checker_prove(nd, c, &z, CHECKER_FEW_ROWS, bad_rows, NULL, words, &verdict,
			   e);
	if (rc == RC_OK && verdict != CHECKER_REFUSED)
		unfit(c, "it does not refuse a zone that is wrong", words);
	else if (rc == RC_OK)
		c->state = CHECKER_READY;
	return rc;
}

enum rc
checker_examine(struct node *nd, struct checker *c, struct err *e)
{
	char words[CHECKER_WORDS_MAX + 1];
	enum child_end end;
	struct err why = ERR_INIT;
	int code = 0, tool = tool_of(c->path);

	c->examined = true;
	c->examined_us = clock_mono_us();
	c->why[0] = c->version[0] = '\0';
	c->state = CHECKER_UNKNOWN;
	if (tool == NO_WORD) {
		words_say(c->why, "not one that is known: named-checkzone, kzonecheck");
		return RC_OK;
	}
	enum rc rc = ask(nd, c, tools[tool].version, VERSION_S, words, &end, &code, &why);
	if (rc == RC_NOT_FOUND || rc == RC_DENIED) {
		c->state = CHECKER_ABSENT;
		words_say(c->why, why.text);
		return RC_OK;
	}
	if (rc != RC_OK)
		return err_set(e, rc, "%s", why.text);
	version_keep(c, words);
	return fitness(nd, c, e);
}
