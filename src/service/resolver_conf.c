#include "service/resolver_conf.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "core/rpz_row.h"
#include "core/template.h"
#include "service/policies.h"

enum { TEXT_MAX = 64 << 10, NEST_MAX = 4, OPEN_MAX = 4 };

static const char *const kinds[] = {"unbound",	     "bind", "powerdns",
				    "knot-resolver", "nsd",  "knot"};

const char *
resolver_kinds(void)
{
	return "unbound, bind, powerdns, knot-resolver, nsd, knot";
}

bool
resolver_kind_known(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

bool
resolver_kind_says_why(const char *kind)
{
	return strcmp(kind, "powerdns") == 0 || strcmp(kind, "knot-resolver") == 0;
}

/* An open %if or %each. */
struct block {
	bool skip;	   /* its lines are left out */
	const char *again; /* of %each: where its lines begin; else NULL */
};

struct making {
	struct arena *a;
	const struct resolver_conf_in *in;
	const char *state;
	size_t zone; /* the one that {zone} is */
	struct block blocks[NEST_MAX];
	size_t n_blocks;
	json_t *files, *then, *file;
	struct buf text; /* of the open file */
	bool commands, ask;
	const char *title;
};

static const char *
endpoint(struct making *m)
{
	bool v6 = strchr(m->in->address, ':') != NULL;

	return arena_printf(m->a, "%s%s%s:%u", v6 ? "[" : "", m->in->address,
			    v6 ? "]" : "", m->in->port);
}

static const char *
zones_text(struct making *m)
{
	const char *all = m->in->zones[0].origin;

	for (size_t i = 1; i < m->in->n_zones; i++)
		all = arena_printf(m->a, "%s,%s", all, m->in->zones[i].origin);
	return all;
}

static const char *
number_text(struct making *m, uint16_t n)
{
	return arena_printf(m->a, "%u", n);
}

static const char *
value(void *arg, const char *word)
{
	struct making *m = arg;
	const struct resolver_conf_in *in = m->in;
	const struct {
		const char *word, *value;
	} values[] = {
		{"org", in->org},
		{"address", in->address},
		{"port", number_text(m, in->port)},
		{"endpoint", endpoint(m)},
		{"key", in->tsig_name},
		{"secret", in->tsig_secret},
		{"own_address", in->own_address},
		{"own_port", number_text(m, in->own_port)},
		{"resolver_port", number_text(m, in->resolver_port)},
		{"relay_port", number_text(m, in->relay_port)},
		{"state", m->state},
		{"zone", in->zones[m->zone].origin},
		{"what", in->zones[m->zone].what},
		{"zones", zones_text(m)},
		{"lookup", in->lookup},
		{"register", in->registered},
		{"why", in->lookup == NULL ? arena_printf(m->a, "order of %s", in->org)
					   : arena_printf(m->a, "order of %s: %s",
							  in->org, in->lookup)},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(values[i].word, word) == 0)
			return values[i].value;
	return NULL;
}

/* The texts are ours: a place that has no value is a bug. */
static const char *
filled(struct making *m, const char *line)
{
	const char *open[OPEN_MAX], *ready = NULL;
	size_t n;
	struct err e = ERR_INIT;
	const char *text = template_fill(m->a, line, value, m, open, OPEN_MAX, &n);
	enum rc rc = template_ready(m->a, "text", text, &ready, &e);

	assert(rc == RC_OK);
	(void)rc;
	return ready;
}

static void
file_end(struct making *m)
{
	if (m->file == NULL)
		return;
	json_object_set_new(m->file, "text",
			    json_stringn(buf_str(&m->text), m->text.len));
	json_array_append_new(m->files, m->file);
	m->file = NULL;
	buf_reset(&m->text);
}

static void
file_begin(struct making *m, const char *rest)
{
	size_t path = strcspn(rest, " ");

	file_end(m);
	m->state = m->in->state_dir != NULL ? m->in->state_dir
					    : rest + path + strspn(rest + path, " ");
	m->file = json_pack("{s:s%}", "path", rest, path);
}

static bool
skipping(const struct making *m)
{
	for (size_t i = 0; i < m->n_blocks; i++)
		if (m->blocks[i].skip)
			return true;
	return false;
}

static void
block_open(struct making *m, bool skip, const char *again)
{
	assert(m->n_blocks < NEST_MAX);
	m->blocks[m->n_blocks++] = (struct block){skip, again};
}

/* Where to go on. */
static const char *
block_end(struct making *m, const char *next)
{
	assert(m->n_blocks > 0);
	struct block *b = &m->blocks[m->n_blocks - 1];

	if (b->again != NULL && ++m->zone < m->in->n_zones)
		return b->again;
	if (b->again != NULL)
		m->zone = 0;
	m->n_blocks--;
	return next;
}

/* After "%word ", NULL: it is another word. */
static const char *
directive(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line + 1, word, len) != 0 ||
	    (line[1 + len] != ' ' && line[1 + len] != '\0'))
		return NULL;
	return line + 1 + len + (line[1 + len] == ' ');
}

static bool
is_so(const struct making *m, const char *word)
{
	if (strcmp(word, "key") == 0)
		return m->in->tsig_name != NULL;
	if (strcmp(word, "why") == 0)
		return m->in->why;
	assert(strcmp(word, "lookup") == 0);
	return m->in->lookup != NULL;
}

/* A line that begins with '%'.  Gives where to go on. */
static const char *
directed(struct making *m, const char *line, const char *next)
{
	const char *rest;

	if (directive(line, "end") != NULL)
		return block_end(m, next);
	if (directive(line, "else") != NULL) {
		assert(m->n_blocks > 0);
		m->blocks[m->n_blocks - 1].skip ^= true;
	} else if ((rest = directive(line, "if")) != NULL) {
		block_open(m, !is_so(m, rest), NULL);
	} else if (directive(line, "each") != NULL) {
		block_open(m, false, next);
	} else if (skipping(m)) {
		return next;
	} else if ((rest = directive(line, "title")) != NULL) {
		m->title = rest;
	} else if ((rest = directive(line, "file")) != NULL) {
		file_begin(m, rest);
	} else if ((rest = directive(line, "how")) != NULL) {
		json_object_set_new(m->file, "how", json_string(filled(m, rest)));
	} else if (directive(line, "then") != NULL) {
		file_end(m);
		m->commands = true;
	} else {
		assert(directive(line, "ask") != NULL);
		m->ask = true;
	}
	return next;
}

static void
plain(struct making *m, const char *line)
{
	const char *text = filled(m, line);

	if (m->commands)
		json_array_append_new(m->then, json_string(text));
	else
		buf_printf(&m->text, "%s\n", text);
}

enum rc
resolver_conf(struct arena *a, const struct resolver_conf_in *in, json_t **ret,
	      struct err *e)
{
	struct making m = {.a = a, .in = in, .text = BUF_INIT(TEXT_MAX)};

	*ret = NULL;
	if (!resolver_kind_known(in->kind))
		return err_set(e, RC_INVALID, "\"resolver\" must be one of %s",
			       resolver_kinds());
	const struct builtin_file *f =
		builtin_find(arena_printf(a, "resolvers/%s.txt", in->kind));
	assert(f != NULL && in->n_zones != 0 && in->n_zones <= RESOLVER_ZONES_MAX);
	m.files = json_array();
	m.then = json_array();
	for (const char *s = f->data; *s != '\0';) {
		size_t len = strcspn(s, "\n");
		const char *line = arena_strndup(a, s, len);
		const char *next = s + len + (s[len] == '\n');
		if (line[0] == '%')
			next = directed(&m, line, next);
		else if (!skipping(&m))
			plain(&m, line);
		s = next;
	}
	file_end(&m);
	assert(m.n_blocks == 0 && buf_ok(&m.text));
	buf_free(&m.text);
	const char *canary = rpzrow_canary(a, in->zones[0].origin);
	const char *ask =
		arena_printf(a, "kdig @%s -p %u TXT %s.", in->own_address,
			     in->resolver_port, canary == NULL ? RPZROW_CANARY : canary);
	*ret = json_pack("{s:s, s:s, s:o, s:o, s:s?}", "resolver", in->kind, "title",
			 m.title, "files", m.files, "then", m.then, "ask",
			 m.ask ? ask : NULL);
	return RC_OK;
}
