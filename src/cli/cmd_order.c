/* Commands on orders: grounds and guards, draft, override, approve, lift, lookup. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* What would have to be overridden, and is met, is said to be. */
static const char *
finding_level(const json_t *o, const json_t *finding)
{
	const char *guard = cli_text(finding, "guard");
	size_t i;
	const json_t *v;

	if (strcmp(cli_text(finding, "level"), "override") != 0)
		return cli_text(finding, "level");
	json_array_foreach (json_object_get(o, "overrides_needed"), i, v)
		if (strcmp(json_string_value(v), guard) == 0)
			return "override";
	return "met";
}

static void
findings_print(const json_t *o)
{
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(o, "findings"), i, v)
		printf("  [%s] %s%s%s\n", finding_level(o, v),
		       json_is_string(json_object_get(v, "name")) ? cli_text(v, "name")
								  : "",
		       json_is_string(json_object_get(v, "name")) ? ": " : "",
		       cli_text(v, "text"));
	if (json_array_size(json_object_get(o, "overrides_needed")) != 0) {
		printf("before anybody approves, a third person overrides, with a "
		       "reason:");
		json_array_foreach (json_object_get(o, "overrides_needed"), i, v)
			printf(" %s", json_string_value(v));
		printf("\n");
	}
}

/* Lines of a file, without empty ones and comments. */
static enum rc
lines_read(struct cli *c, const char *path, json_t *into, struct err *e)
{
	const char *text;
	size_t len;
	enum rc rc = cli_file_read(c, path, &text, &len, e);

	for (const char *at = text; rc == RC_OK && at < text + len;) {
		size_t n = strcspn(at, "\r\n");
		if (n != 0 && at[0] != '#')
			json_array_append_new(into, json_stringn(at, n));
		at += n;
		at += strspn(at, "\r\n");
	}
	return rc;
}

/* "email: wrote to the registrant": the channel, and what was done. */
static enum rc
owner_input(struct cli *c, const char *option, bool told, json_t *into, struct err *e)
{
	const char *given = cli_value(c, option);
	json_t *owner;

	if (given == NULL)
		return RC_OK;
	enum rc rc = cli_owner(given, told, &owner, e);
	if (rc == RC_OK)
		json_object_set_new(into, "owner", owner);
	else
		err_prefix(e, "--%s", option);
	return rc;
}

enum rc
cli_owner(const char *given, bool told, json_t **ret, struct err *e)
{
	size_t channel = strcspn(given, ":");
	const char *text = given + channel;

	if (channel == 0 || text[0] != ':' || text[1 + strspn(text + 1, " ")] == '\0')
		return err_set(e, RC_INVALID,
			       "write the channel, a colon and what was done: \"email: "
			       "wrote to the registrant\"");
	text += 1 + strspn(text + 1, " ");
	*ret = json_pack("{s:b, s:s%, s:s}", "told", told, "channel", given, channel,
			 "text", text);
	return RC_OK;
}

static void
statements_input(struct cli *c, json_t *into)
{
	static const char *const called[] = {"called-who", "called-when",
					     "called-outcome"};
	static const char *const members[] = {"who", "when", "outcome"};
	json_t *call = json_object();

	for (size_t i = 0; i < sizeof(called) / sizeof(called[0]); i++)
		if (cli_value(c, called[i]) != NULL)
			json_object_set_new(call, members[i],
					    json_string(cli_value(c, called[i])));
	if (json_object_size(call) != 0)
		json_object_set(into, "contact_called", call);
	json_decref(call);
	if (cli_switch(c, "emergency"))
		json_object_set_new(into, "emergency", json_true());
	if (cli_switch(c, "feed"))
		json_object_set_new(into, "source", json_string("feed"));
}

static enum rc
order_input(struct cli *c, json_t **ret, struct err *e)
{
	json_t *names = cli_values(c, "name"), *cites = cli_values(c, "cite");
	json_t *in = json_object();
	enum rc rc = RC_OK;

	if (names == NULL)
		names = json_array();
	json_object_set_new(in, "names", names);
	json_object_set_new(in, "cites", cites == NULL ? json_array() : cites);
	if (cli_value(c, "names") != NULL)
		rc = lines_read(c, cli_value(c, "names"), names, e);
	if (rc == RC_OK && cli_value(c, "sample") != NULL) {
		json_t *sample = json_array();
		json_object_set_new(in, "sample", sample);
		rc = lines_read(c, cli_value(c, "sample"), sample, e);
	}
	if (cli_value(c, "peer") != NULL)
		json_object_set_new(in, "peer", json_string(cli_value(c, "peer")));
	statements_input(c, in);
	if (rc == RC_OK)
		rc = owner_input(c, "owner-told", true, in, e);
	if (rc == RC_OK)
		rc = owner_input(c, "owner-not-reached", false, in, e);
	*ret = in;
	if (rc != RC_OK)
		json_decref(in);
	return rc;
}

/* What nobody overrides; of a case without grounds, that it conflicts. */
static enum rc
refused_tell(const json_t *r, struct err *e)
{
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(r, "findings"), i, v)
		if (strcmp(cli_text(v, "level"), "refuse") == 0)
			return err_set(
				e,
				strcmp(cli_text(v, "guard"), "grounds") == 0 ? RC_CONFLICT
									     : RC_DENIED,
				"nobody can draft this order: %s", cli_text(v, "text"));
	return RC_OK;
}

static enum rc
cmd_order_check(struct cli *c, struct err *e)
{
	json_t *in, *r;
	enum rc rc = order_input(c, &in, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST", "/v1/orders/check", in, &r, e);
	if (rc != RC_OK)
		return rc;
	if (!cli_json(c, r)) {
		printf("%s, %s:\n", cli_many_of(c, r, "names", "name", "names"),
		       cli_many_of(c, r, "grounds", "case", "cases"));
		findings_print(r);
	}
	return refused_tell(r, e);
}

static enum rc
cmd_order_draft(struct cli *c, struct err *e)
{
	static const char *const texts[] = {
		"reasons", "legal-basis", "proportionality",  "collateral", "ends",
		"review",  "action",	  "emergency-reason", "previous",   "landing"};
	static const char *const members[] = {
		"reasons", "legal_basis", "proportionality",  "collateral", "ends",
		"review",  "action",	  "emergency_reason", "previous",   "landing"};
	json_t *in, *r;
	enum rc rc = order_input(c, &in, e);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (cli_value(c, texts[i]) != NULL)
			json_object_set_new(in, members[i],
					    json_string(cli_value(c, texts[i])));
	json_t *territories = cli_values(c, "territory");
	if (territories != NULL)
		json_object_set_new(in, "territories", territories);
	rc = cli_call(c, "POST", "/v1/orders", in, &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("%s\nDraft %s; SHA-256 of the text above:\n  %s\n", cli_text(r, "text"),
	       cli_text(r, "order"), cli_text(r, "text_sha256"));
	findings_print(r);
	printf("approvals needed, by others than you: %" JSON_INTEGER_FORMAT "\n",
	       cli_int(r, "approvals_needed"));
	return RC_OK;
}

static enum rc
order_get(struct cli *c, json_t **ret, struct err *e)
{
	return cli_call(c, "GET", arena_printf(c->a, "/v1/orders/%s", c->words[0]), NULL,
			ret, e);
}

static const char *
text_or(const json_t *o, const char *member, const char *before)
{
	static const char none[] = "";

	return json_is_string(json_object_get(o, member)) ? before : none;
}

static void
acts_print(struct cli *c, const json_t *o)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(o, "acts"), i, v) {
		const char *reason = json_string_value(json_object_get(v, "reason"));
		const char *outcome = json_string_value(json_object_get(v, "outcome"));
		printf("  %s  %-9s by %s%s%s%s%s", cli_time(c, v, "at"),
		       cli_word(c, v, "act"), cli_who(c, v, "author"),
		       outcome == NULL ? "" : ": ", outcome == NULL ? "" : outcome,
		       reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
		if (strcmp(cli_text(v, "reviewed"), "owed") == 0)
			printf("  [to be reviewed by somebody else: --lift "
			       "%" JSON_INTEGER_FORMAT "]",
			       cli_int(v, "seq"));
		else if (json_is_string(json_object_get(v, "reviewed")))
			printf("  [reviewed: %s]", cli_text(v, "reviewed"));
		printf("\n");
	}
}

static void
names_print(struct cli *c, const json_t *o)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(o, "names"), i, v) {
		printf("  %s%s",
		       json_is_true(json_object_get(v, "wildcard")) ? "(and all below) "
								    : "",
		       cli_text(v, "name"));
		if (json_is_string(json_object_get(v, "lifted")))
			printf("  lifted %s", cli_time(c, v, "lifted"));
		else if (json_is_string(json_object_get(v, "stage")))
			printf("  will be lifted %s", cli_time(c, v, "stage"));
		if (json_is_null(json_object_get(v, "owner_recorded")))
			printf("  owner: nothing recorded");
		printf("\n");
	}
}

/* Lists that the draft was held against, and what this node's find beside. */
static void
lists_print(const json_t *o)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(o, "lists"), i, v)
		if (!json_is_true(json_object_get(v, "here")))
			printf("  drafted by another list of %s than this node's: %s\n",
			       cli_text(v, "list"), cli_text(v, "sha256"));
	json_array_foreach (json_object_get(o, "unsaid"), i, v)
		printf("  NOT IN THE DRAFT, by this node's list of %s: %s: %s\n",
		       cli_text(v, "list"), cli_text(v, "guard"), cli_text(v, "text"));
}

static void
tasks_print(const json_t *o)
{
	const json_t *v, *name;
	size_t i, k;

	json_array_foreach (json_object_get(o, "tasks"), i, v) {
		printf("  to do: %s", cli_text(v, "task"));
		json_array_foreach (json_object_get(v, "guards"), k, name)
			printf(" %s", json_string_value(name));
		json_array_foreach (json_object_get(v, "names"), k, name)
			printf(" %s", json_string_value(name));
		printf("\n");
	}
}

static void
changes_print(struct cli *c, const json_t *o)
{
	const json_t *before = json_object_get(o, "previous_draft"), *v;
	size_t i;

	if (before == NULL)
		return;
	printf("\nIt replaces %s, which was %s%s%s. Changed lines:\n",
	       cli_text(before, "order"), cli_word(c, before, "state"),
	       text_or(before, "returned", ": "),
	       text_or(before, "returned", cli_text(before, "returned")));
	json_array_foreach (json_object_get(before, "changes"), i, v)
		printf("  %c %s\n", strcmp(cli_text(v, "is"), "new") == 0 ? '+' : '-',
		       cli_text(v, "line"));
}

void
cli_order_print(struct cli *c, const json_t *o)
{
	printf("order %s%s%s: %s%s\n", cli_text(o, "order"), text_or(o, "ref", ", "),
	       text_or(o, "ref", cli_text(o, "ref")), cli_word(c, o, "state"),
	       json_is_true(json_object_get(o, "emergency")) ? ", an emergency" : "");
	printf("  drafted %s by %s; in force %s; review %s; ends %s; ended %s\n",
	       cli_time(c, o, "drafted"), cli_who(c, o, "drafter"),
	       cli_time(c, o, "in_force"), cli_time(c, o, "review"),
	       cli_time(c, o, "ends"), cli_time(c, o, "ended"));
	acts_print(c, o);
	names_print(c, o);
	lists_print(o);
	tasks_print(o);
	changes_print(c, o);
	printf("\n%s\nSHA-256 of that text: %s\n", cli_text(o, "text"),
	       cli_text(o, "text_sha256"));
}

enum rc
cli_order_show(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = order_get(c, &r, e);

	if (rc == RC_NOT_FOUND)
		return err_set(e, rc, "there is no case and no order %s", c->words[0]);
	if (rc == RC_OK && !cli_json(c, r))
		cli_order_print(c, r);
	return rc;
}

static enum rc
cmd_order_list(struct cli *c, struct err *e)
{
	json_t *r, *o;
	size_t i;
	enum rc rc = cli_call(c, "GET", cli_query(c, "/v1/orders", "state"), NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "orders")) == 0)
		printf("No order yet.\n");
	json_array_foreach (json_object_get(r, "orders"), i, o)
		printf("%s  %-10s  %-9s  %s  in force %s  ends %s\n",
		       cli_text(o, "order"), cli_text(o, "ref"), cli_word(c, o, "state"),
		       cli_many_of(c, o, "names", "name", "names"),
		       cli_time(c, o, "in_force"), cli_time(c, o, "ends"));
	return RC_OK;
}

static enum rc
cmd_lookup(struct cli *c, struct err *e)
{
	json_t *r, *o;
	size_t i;
	enum rc rc =
		cli_call(c, "GET", cli_query_add(c, "/v1/lookup", "name", c->words[0]),
			 NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (!json_is_true(json_object_get(r, "blocked")))
		printf("No order in force here names %s. That does not say that it is "
		       "not blocked: somebody else may block it, or a resolver may "
		       "remember an old answer.\n",
		       cli_text(r, "name"));
	json_array_foreach (json_object_get(r, "orders"), i, o)
		printf("%s %s by order %s of %s, register %s\n"
		       "  legal basis: %s\n  reasons: %s\n"
		       "  in force %s, ends %s, ended %s, this name lifted %s\n"
		       "  to object, at %s: saluran object %s --text 'why'\n",
		       cli_text(r, "name"),
		       strcmp(cli_text(o, "state"), "in_force") == 0 &&
				       json_is_null(json_object_get(o, "lifted"))
			       ? "is blocked"
			       : "was blocked",
		       cli_text(o, "order"), cli_text(o, "authority"), cli_text(o, "ref"),
		       cli_text(o, "legal_basis"), cli_text(o, "reasons"),
		       cli_time(c, o, "in_force"), cli_time(c, o, "ends"),
		       cli_time(c, o, "ended"), cli_time(c, o, "lifted"),
		       cli_text(o, "authority"), cli_text(o, "ref"));
	return RC_OK;
}

#define ORDER_INPUT_OPTIONS                                                              \
	{"name", "NAME", false,                                                          \
	 "a name to block; *.NAME for all below it too; an address or network where "    \
	 "the "                                                                          \
	 "policy lets it; again"},                                                       \
		{"names", "FILE", false, "names, one a line"},                           \
		{"cite", "CASE", false,                                                  \
		 "a case that the order rests on; again; none in an emergency"},         \
		{"sample", "FILE", false,                                                \
		 "links, one a line: how many of them go dark is counted"},              \
		{"emergency", NULL, false,                                               \
		 "it cannot wait: no grounds are asked for, and it ends by itself"},     \
		{"feed", NULL, false, "the names come from a feed: held for a person"},  \
		{"called-who", "TEXT", false, "which contact was called"},               \
		{"called-when", "TIME", false, "when, 2017-07-14T03:00:00Z"},            \
		{"called-outcome", "TEXT", false, "what came of it"},                    \
		{"owner-told", "CHANNEL:TEXT", false, "how the names' owner was told"},  \
		{"owner-not-reached", "CHANNEL:TEXT", false, "how it was tried"},        \
	{                                                                                \
		"peer", "ORG", false, "whose names, when there are several peers"        \
	}

static const struct cli_option check_options[] = {
	ORDER_INPUT_OPTIONS,
	{NULL, NULL, false, NULL},
};
static const struct cli_option draft_options[] = {
	ORDER_INPUT_OPTIONS,
	{"reasons", "TEXT", true, "why these names"},
	{"legal-basis", "TEXT", true, "the law it rests on"},
	{"proportionality", "TEXT", true, "why nothing milder would do"},
	{"collateral", "TEXT", true, "what else goes dark, as you have looked"},
	{"emergency-reason", "TEXT", false, "why it cannot wait"},
	{"ends", "TIME", false,
	 "when it ends by itself, 2017-08-13T00:00:00Z; an emergency: as late as may be"},
	{"review", "TIME", false, "when it is looked at again (half-way)"},
	{"action", "WORD", false,
	 "the least that does: nxdomain, nodata, landing or passthru (nxdomain)"},
	{"landing", "NAME", false,
	 "the page that landing leads to; over HTTPS people see an error instead"},
	{"territory", "CODE", false, "only in the zone of this territory; again"},
	{"previous", "ORDER", false, "the order, or returned draft, that it replaces"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option list_options[] = {
	{"state", "WORD", false,
	 "only these: draft, returned, withdrawn, in_force, lifted, expired"},
	{NULL, NULL, false, NULL},
};

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

const struct cli_command cli_order_commands[] = {
	{"order check", "", 0, 0, "what speaks against an order; nothing is drafted",
	 "saluran order check --name t.me --cite " ID
	 " --sample links.txt --as sari.credential",
	 false, check_options, cmd_order_check},
	{"order draft", "", 0, 0, "draft an order for others to approve",
	 "saluran order draft --names names.txt --cite " ID
	 " --reasons '...' --legal-basis '...' --proportionality '...' --collateral "
	 "'...' --owner-told 'email: ...' --ends 2017-08-13T00:00:00Z --as "
	 "sari.credential",
	 false, draft_options, cmd_order_draft},
	{"order list", "", 0, 0, "orders, newest first",
	 "saluran order list --state draft --as sari.credential", true, list_options,
	 cmd_order_list},
	{"order show", "ORDER", 1, 1, "an order: its text, what was done, what is to do",
	 "saluran order show " ID " --as budi.credential", true, NULL, cli_order_show},
	{"lookup", "NAME", 1, 1, "is a name or an address blocked, why, since when",
	 "saluran lookup t.me", true, NULL, cmd_lookup},
	{0},
};
