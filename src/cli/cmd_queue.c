/* Commands to find cases and to share them out. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void
case_print(struct cli *c, const json_t *k)
{
	const json_t *n = json_object_get(k, "counts");
	const json_t *owner = json_object_get(k, "owner");
	const json_t *part = json_object_get(k, "incomplete");
	bool sent = strcmp(cli_text(k, "state"), "sent") == 0;

	printf("%s  %-9s  %-9s due %-21s%s  %s, %" JSON_INTEGER_FORMAT
	       " decided  %s%s%s%s%s\n",
	       cli_text(k, "case"),
	       json_is_string(json_object_get(k, "ref")) ? cli_text(k, "ref") : "-",
	       !json_is_object(part)			       ? cli_word(c, k, "state")
	       : json_is_true(json_object_get(part, "lapsed")) ? "lapsed"
							       : "incomplete",
	       cli_time(c, k, "due"),
	       json_is_true(json_object_get(k, "overdue")) ? " OVERDUE" : "",
	       cli_many_of(c, k, "items", "item", "items"), cli_int(n, "decided"),
	       json_is_true(json_object_get(k, "test")) ? "TEST: " : "",
	       cli_text(k, "subject"), sent ? "  [undelivered: no receipt]" : "",
	       json_is_object(owner) ? "  with " : "",
	       json_is_object(owner) ? cli_text(owner, "name") : "");
}

static enum rc
cmd_inbox(struct cli *c, struct err *e)
{
	json_t *r, *k;
	size_t i;
	enum rc rc =
		cli_call(c, "GET",
			 cli_query(c, "/v1/cases",
				   "state queue within-s peer class category urgent text "
				   "limit after"),
			 NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "cases")) == 0)
		printf("No case%s.\n", c->n_given == 0 ? " yet" : " is like that");
	json_array_foreach (json_object_get(r, "cases"), i, k)
		case_print(c, k);
	if (json_is_string(json_object_get(r, "next")))
		printf("more: saluran inbox --after %s\n", cli_text(r, "next"));
	return RC_OK;
}

static enum rc
cmd_search(struct cli *c, struct err *e)
{
	const char *path = cli_query_add(c, "/v1/search", "q", c->words[0]);
	json_t *r, *k;
	size_t i, n = 0;

	enum rc rc = cli_call(c, "GET", path, NULL, &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "cases"), i, k)
		case_print(c, k);
	n += json_array_size(json_object_get(r, "cases"));
	json_array_foreach (json_object_get(r, "items"), i, k)
		printf("%s  item %" JSON_INTEGER_FORMAT "  %s  %s  %s\n",
		       cli_text(k, "case"), cli_int(k, "i"), cli_text(k, "normal"),
		       cli_word(c, k, "category"),
		       json_is_null(json_object_get(k, "outcome"))
			       ? "open"
			       : cli_word(c, k, "outcome"));
	n += json_array_size(json_object_get(r, "items"));
	json_array_foreach (json_object_get(r, "orders"), i, k)
		printf("%s  order  %s%s  %s\n", cli_text(k, "order"),
		       json_is_true(json_object_get(k, "wildcard")) ? "*." : "",
		       cli_text(k, "name"), cli_word(c, k, "state"));
	n += json_array_size(json_object_get(r, "orders"));
	if (n == 0)
		printf("Nothing is found by that.\n");
	return RC_OK;
}

static enum rc
share(struct cli *c, const char *verb, json_t *in, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/cases/%s/%s", c->words[0], verb),
			      in, &r, e);

	if (rc == RC_CONFLICT && r != NULL && json_is_object(json_object_get(r, "owner")))
		err_prefix(e, "%s has it since %s",
			   cli_text(json_object_get(r, "owner"), "name"),
			   cli_time(c, json_object_get(r, "owner"), "since"));
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_is_object(json_object_get(r, "owner")))
		printf("%s works on it.\n",
		       cli_text(json_object_get(r, "owner"), "name"));
	else
		printf("Nobody works on it now.\n");
	return RC_OK;
}

static enum rc
cmd_claim(struct cli *c, struct err *e)
{
	return share(c, "claim", json_pack("{s:b}", "take", cli_switch(c, "take")), e);
}

static enum rc
cmd_release(struct cli *c, struct err *e)
{
	return share(c, "release", json_pack("{s:b}", "take", cli_switch(c, "take")), e);
}

static enum rc
cmd_assign(struct cli *c, struct err *e)
{
	return share(c, "assign", json_pack("{s:s}", "person", c->words[1]), e);
}

static enum rc
cmd_presence(struct cli *c, struct err *e)
{
	json_t *r, *p;
	size_t i;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/cases/%s/presence", c->words[0]),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "here")) == 0)
		printf("Nobody else looks at it.\n");
	json_array_foreach (json_object_get(r, "here"), i, p)
		printf("%s, seen %s\n", cli_text(p, "name"), cli_time(c, p, "seen"));
	return RC_OK;
}

static const struct cli_option inbox_options[] = {
	{"state", "STATE", false, "sent, received, accepted, refused or closed"},
	{"queue", "LIST", false,
	 "all, mine, unclaimed, overdue, soon, undelivered or unread"},
	{"within-s", "SECONDS", false, "what \"soon\" means (14400)"},
	{"peer", "ORG", false, "of one peer"},
	{"class", "CLASS", false, "of one class of the policy"},
	{"category", "CATEGORY", false, "with an item of this category"},
	{"urgent", "yes|no", false, "urgent ones, or the others"},
	{"text", "WORDS", false, "one or two words of subject or legal basis"},
	{"limit", "N", false, "cases of a page (50)"},
	{"after", "CURSOR", false, "the next page"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option take_options[] = {
	{"take", NULL, false, "though a colleague works on it"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_queue_commands[] = {
	{"inbox", "", 0, 0, "cases, the first owed first",
	 "saluran inbox --queue soon --category terrorism --as nikolai.credential", true,
	 inbox_options, cmd_inbox},
	{"search", "TEXT", 1, 1,
	 "cases, items and orders by a link, a host, words or an id",
	 "saluran search https://t.me/example/17 --as sari.credential", true, NULL,
	 cmd_search},
	{"claim", "CASE", 1, 1, "work on a case, as your colleagues see",
	 "saluran claim 01890a5d-ac96-774b-bcce-b302099a8057 --as nikolai.credential",
	 false, take_options, cmd_claim},
	{"release", "CASE", 1, 1, "work on it no longer",
	 "saluran release 01890a5d-ac96-774b-bcce-b302099a8057 --as nikolai.credential",
	 false, take_options, cmd_release},
	{"assign", "CASE NAME", 2, 2, "have a colleague work on it",
	 "saluran assign 01890a5d-ac96-774b-bcce-b302099a8057 max --as "
	 "nikolai.credential",
	 false, NULL, cmd_assign},
	{"presence", "CASE", 1, 1, "say that you look at a case, and see who else does",
	 "saluran presence 01890a5d-ac96-774b-bcce-b302099a8057 --as nikolai.credential",
	 false, NULL, cmd_presence},
	{.name = NULL},
};
