/*
 * docs_tables - prints the tables of the code as markdown, for docs/.
 *
 * Usage: docs_tables TABLE; without a word: the names of all tables.  tools/check_docs.py
 * compares what the documents hold with what this prints.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rc.h"
#include "base/settings.h"
#include "cli/cli.h"
#include "core/bundle.h"
#include "core/casefile.h"
#include "core/event_type.h"
#include "core/guard.h"
#include "core/probe_verdict.h"
#include "core/target.h"
#include "peer/server_int.h"
#include "service/node.h"
#include "service/service.h"

enum { TEXT_MAX = 1 << 20, CREDENTIAL_MAX = 512, REMOVE_DEPTH = 8 };

static void
put_event_types(struct buf *b)
{
	event_type_table_put(b);
}

static void
put_settings(struct buf *b)
{
	buf_puts(b, "```\n");
	settings_doc_put(node_settings, node_settings_n, b);
	buf_puts(b, "```\n");
}

static void
put_outcomes(struct buf *b)
{
	buf_puts(b, "| outcome | HTTP status | exit code |\n|---|---|---|\n");
	for (int i = 0; i < RC_COUNT; i++)
		buf_printf(b, "| `%s` | %d | %d |\n", rc_token((enum rc)i),
			   rc_http_status((enum rc)i), rc_exit_code((enum rc)i));
}

static void
put_roles(struct buf *b)
{
	buf_puts(b, "| role | what it is for |\n|---|---|\n");
#define X(name, token, doc) buf_puts(b, "| `" token "` | " doc " |\n");
	ROLE_TABLE(X)
#undef X
}

static void
put_guards(struct buf *b)
{
	static const char *const levels[] = {"shown", "needs an override", "refused"};

	buf_puts(b, "| guard | what it does |\n|---|---|\n");
	for (int i = 0; i < GUARD_CODE_COUNT; i++)
		buf_printf(b, "| `%s` | %s |\n", guard_code_token((enum guard_code)i),
			   levels[guard_code_level((enum guard_code)i)]);
}

static void
put_bundle_steps(struct buf *b)
{
	for (int i = 0; i < BUNDLE_STEP_COUNT; i++)
		buf_printf(b, "%d. `%s`: %s\n", i + 1,
			   bundle_step_token((enum bundle_step)i),
			   bundle_step_what((enum bundle_step)i));
}

static void
put_levels(struct buf *b)
{
	buf_puts(b, "| level | what is proven |\n|---|---|\n");
#define X(name, token, what) buf_puts(b, "| `" token "` | " what " |\n");
	BUNDLE_LEVEL_TABLE(X)
#undef X
}

static void
put_targets(struct buf *b)
{
	for (int i = 0; i < TARGET_KIND_COUNT; i++)
		buf_printf(b, "%s`%s`", i == 0 ? "" : ", ",
			   target_kind_token((enum target_kind)i));
	buf_putc(b, '\n');
}

/* What one act of one party makes of one state. */
static void
put_transition(struct buf *b, enum case_state from, enum case_act act, enum party by)
{
	enum case_state to;

	if (casefile_next(from, act, by, &to) != RC_OK) {
		buf_puts(b, " - |");
		return;
	}
	buf_printf(b, " %s%s |", case_state_token(to),
		   casefile_may(from, act, by) ? "" : " (crossing)");
}

static void
put_transitions(struct buf *b)
{
	buf_puts(b, "| act | by |");
	for (int s = 0; s < CASE_STATE_COUNT; s++)
		buf_printf(b, " %s |", case_state_token((enum case_state)s));
	buf_puts(b, "\n|---|---|");
	for (int s = 0; s < CASE_STATE_COUNT; s++)
		buf_puts(b, "---|");
	buf_putc(b, '\n');
	for (int act = 0; act < ACT_COUNT; act++)
		for (int by = 0; by < PARTY_COUNT; by++) {
			const struct event_type *t =
				event_type_find(case_act_type((enum case_act)act));
			if (t == NULL || (t->by & 1U << by) == 0)
				continue;
			buf_printf(b, "| `%s` | %s |", case_act_type((enum case_act)act),
				   party_name((enum party)by));
			for (int s = 0; s < CASE_STATE_COUNT; s++)
				put_transition(b, (enum case_state)s, (enum case_act)act,
					       (enum party)by);
			buf_putc(b, '\n');
		}
}

static void
put_endpoints(struct buf *b)
{
	buf_puts(b, "| call | body, at most | gzip |\n|---|---|---|\n");
	for (size_t i = 0; i < peer_routes_n; i++) {
		const struct peer_route *r = &peer_routes[i];

		buf_printf(b, "| `%s %s` | ", r->method, r->pattern);
		if (r->body_max == 0)
			buf_puts(b, "none");
		else
			buf_printf(b, "%zu bytes", r->body_max);
		buf_printf(b, " | %s |\n", r->gzip ? "yes" : "");
	}
}

static void
put_options(struct buf *b, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		buf_printf(b, "- `--%s%s%s`: %s%s\n", o->name,
			   o->value == NULL ? "" : " ", o->value == NULL ? "" : o->value,
			   o->doc, o->required ? " (required)" : "");
}

/* A command that stands in two families would be shown and found twice. */
static void
commands_once(const struct cli_command *c)
{
	size_t n = 0;

	for (size_t f = 0; cli_families[f] != NULL; f++)
		for (const struct cli_command *d = cli_families[f]; d->name != NULL; d++)
			n += strcmp(c->name, d->name) == 0;
	if (n != 1) {
		fprintf(stderr, "the command '%s' stands in the tables %zu times\n",
			c->name, n);
		exit(1);
	}
}

static void
put_commands(struct buf *b)
{
	for (size_t f = 0; cli_families[f] != NULL; f++)
		for (const struct cli_command *c = cli_families[f]; c->name != NULL;
		     c++) {
			commands_once(c);
			buf_printf(b, "### %s\n\n`saluran %s%s%s`: %s.%s\n\n", c->name,
				   c->name, c->words[0] == '\0' ? "" : " ", c->words,
				   c->doc,
				   c->offline ? " Also when no daemon runs." : "");
			put_options(b, c->options);
			buf_printf(b, "%s```\n%s\n```\n\n",
				   c->options == NULL ? "" : "\n", c->example);
		}
}

static void
put_who(struct buf *b, const struct service_route *r)
{
	bool first = true;

	const unsigned staff = ROLES_ANY & ~(1u << ROLE_OPERATOR);
	if (r->roles == ROLES_NOBODY_NEEDED || r->roles == ROLES_ANY ||
	    r->roles == staff) {
		buf_puts(b, r->roles == ROLES_ANY ? "everyone"
			    : r->roles == staff	  ? "everyone but operators"
						  : "no credential");
		return;
	}
	for (int i = 0; i < ROLE_COUNT; i++)
		if ((r->roles & ROLE_BIT(i)) != 0) {
			buf_printf(b, "%s%s", first ? "" : ", ",
				   role_token((enum role)i));
			first = false;
		}
}

/* The words of "a b c", each as code. */
static void
put_words(struct buf *b, const char *words)
{
	for (const char *w = words; *w != '\0'; w += strspn(w, " ")) {
		size_t len = strcspn(w, " ");

		buf_printf(b, "%s`%.*s`", w == words ? "" : " ", (int)len, w);
		w += len;
	}
}

/* A use case names what it takes when it is given what it does not know. */
static void
put_taken(struct buf *b, struct node *nd, struct arena *a, const struct actor *who,
	  const struct service_route *r)
{
	static const char head[] = "known are: ";
	json_t *in = json_pack("{s:b}", "?", 1);
	struct reply out = {0};
	struct err e = ERR_INIT;
	enum rc rc = r->fn(nd, a, who, in, &out, &e);
	const char *known = strstr(e.text, head);

	if (rc == RC_UNAVAILABLE) { /* a place that is kept for what is not there yet */
		buf_puts(b, "not there yet");
		json_decref(in);
		return;
	}
	if (rc == RC_OK || known == NULL) {
		fprintf(stderr, "%s %s does not say what it takes: %s\n", r->method,
			r->path, e.text);
		exit(EXIT_FAILURE);
	}
	if (strcmp(known + strlen(head), "none") != 0)
		put_words(b, known + strlen(head));
	json_decref(in);
}

static enum rc
admin_read(struct node *nd, struct arena *a, const char *path, const struct actor **ret,
	   struct err *e)
{
	char text[CREDENTIAL_MAX] = "";
	FILE *f = fopen(path, "re");

	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		exit(EXIT_FAILURE);
	fclose(f);
	return actor_authenticate(nd, a, text, ret, e);
}

static struct node *
node_temporary(struct arena *a, const char *dir, const struct actor **ret_admin)
{
	const struct node_init in = {.dir = dir,
				     .org = "docs.example",
				     .name = "Docs",
				     .role = PARTY_AUTHORITY,
				     .url = "https://127.0.0.1:1",
				     .admin = "docs"};
	struct node_made made;
	struct node *nd = NULL;
	struct err e = ERR_INIT;

	if (node_create(a, &in, &made, &e) != RC_OK || node_open(dir, &nd, &e) != RC_OK ||
	    admin_read(nd, a, made.credential_path, ret_admin, &e) != RC_OK) {
		fprintf(stderr, "a node for the table of routes: %s\n", e.text);
		exit(EXIT_FAILURE);
	}
	return nd;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
put_routes(struct buf *b)
{
	struct arena *a = arena_create();
	const char *tmp = getenv("TMPDIR");
	char *dir = arena_printf(a, "%s/saluran-docs-XXXXXX", tmp == NULL ? "/tmp" : tmp);

	if (mkdtemp(dir) == NULL) {
		perror(dir);
		exit(EXIT_FAILURE);
	}
	const struct actor *who;
	struct node *nd = node_temporary(a, dir, &who);
	buf_puts(b, "| call | who | on | takes | what |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < service_routes_n; i++) {
		const struct service_route *r = &service_routes[i];

		buf_printf(b, "| `%s %s` | ", r->method, r->path);
		put_who(b, r);
		buf_printf(b, " | %s | ",
			   r->party < 0 ? "both" : party_name((enum party)r->party));
		put_taken(b, nd, a, who, r);
		buf_printf(b, " | %s |\n", r->doc);
	}
	node_close(nd);
	nftw(dir, remove_one, REMOVE_DEPTH, FTW_DEPTH | FTW_PHYS);
	arena_free(a);
}

static const struct {
	const char *name;
	void (*put)(struct buf *b);
} tables[] = {
	{"bundle-steps", put_bundle_steps},
	{"commands", put_commands},
	{"endpoints", put_endpoints},
	{"event-types", put_event_types},
	{"guards", put_guards},
	{"levels", put_levels},
	{"outcomes", put_outcomes},
	{"roles", put_roles},
	{"routes", put_routes},
	{"settings", put_settings},
	{"targets", put_targets},
	{"transitions", put_transitions},
	{"verdicts", probe_verdict_table_put},
};

enum { TABLES_N = sizeof(tables) / sizeof(tables[0]) };

int
main(int argc, char **argv)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	int code = EXIT_FAILURE;

	for (size_t i = 0; i < TABLES_N; i++)
		if (argc == 1) {
			printf("%s\n", tables[i].name);
			code = EXIT_SUCCESS;
		} else if (strcmp(argv[1], tables[i].name) == 0) {
			tables[i].put(&b);
			code = buf_ok(&b) ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	fwrite(buf_str(&b), 1, b.len, stdout);
	if (code != EXIT_SUCCESS)
		fprintf(stderr, "docs_tables: no such table, or it is too long\n");
	buf_free(&b);
	return code;
}
