/* Commands on orders: grounds and guards, draft, override, approve, lift, lookup. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static void
findings_print(const json_t *o)
{
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(o, "findings"), i, v)
		printf("  [%s] %s: %s\n", cli_text(v, "level"), cli_text(v, "name"),
		       cli_text(v, "text"));
	if (json_array_size(json_object_get(o, "overrides_needed")) != 0) {
		printf("needs an override, with a reason, by a third person:");
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
	*ret = in;
	if (rc != RC_OK)
		json_decref(in);
	return rc;
}

static enum rc
cmd_order_check(struct cli *c, struct err *e)
{
	json_t *in, *r;
	enum rc rc = order_input(c, &in, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST", "/v1/orders/check", in, &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("The cited cases give grounds. %zu names:\n",
	       json_array_size(json_object_get(r, "names")));
	findings_print(r);
	return RC_OK;
}

static enum rc
cmd_order_draft(struct cli *c, struct err *e)
{
	static const char *const texts[] = {"reasons", "legal-basis", "proportionality",
					    "ends",    "review",      "action"};
	static const char *const members[] = {"reasons", "legal_basis", "proportionality",
					      "ends",	 "review",	"action"};
	json_t *in, *r;
	enum rc rc = order_input(c, &in, e);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (cli_value(c, texts[i]) != NULL)
			json_object_set_new(in, members[i],
					    json_string(cli_value(c, texts[i])));
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

static void
order_print(struct cli *c, const json_t *o)
{
	const json_t *v;
	size_t i;

	printf("order %s: %s\n", cli_text(o, "order"), cli_text(o, "state"));
	printf("  drafted %s by %s; in force %s; ends %s; ended %s\n",
	       cli_time(c, o, "drafted"), cli_text(o, "drafter"),
	       cli_time(c, o, "in_force"), cli_time(c, o, "ends"),
	       cli_time(c, o, "ended"));
	json_array_foreach (json_object_get(o, "acts"), i, v)
		printf("  %s  %-9s by %s%s%s\n", cli_time(c, v, "at"), cli_text(v, "act"),
		       cli_text(v, "author"),
		       json_is_string(json_object_get(v, "reason")) ? ": " : "",
		       json_is_string(json_object_get(v, "reason"))
			       ? cli_text(v, "reason")
			       : "");
	json_array_foreach (json_object_get(o, "names"), i, v)
		printf("  %s%s%s\n",
		       json_is_true(json_object_get(v, "wildcard")) ? "(and all below) "
								    : "",
		       cli_text(v, "name"),
		       json_is_string(json_object_get(v, "lifted")) ? "  lifted" : "");
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
		order_print(c, r);
	return rc;
}

static enum rc
cmd_order_list(struct cli *c, struct err *e)
{
	json_t *r, *o;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/orders", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "orders")) == 0)
		printf("No order yet.\n");
	json_array_foreach (json_object_get(r, "orders"), i, o)
		printf("%s  %-8s  %zu names  in force %s  ends %s\n",
		       cli_text(o, "order"), cli_text(o, "state"),
		       json_array_size(json_object_get(o, "names")),
		       cli_time(c, o, "in_force"), cli_time(c, o, "ends"));
	return RC_OK;
}

static void
signed_print(const json_t *r)
{
	printf("The order is %s: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
	       " approvals, %zu overrides still needed, zone serial %" JSON_INTEGER_FORMAT
	       ".\n",
	       cli_text(r, "state"), cli_int(r, "approvals"),
	       cli_int(r, "approvals_needed"),
	       json_array_size(json_object_get(r, "overrides_needed")),
	       cli_int(r, "serial"));
}

/* The hash that is signed: given, or of the text shown now and confirmed by typing. */
static enum rc
text_confirm(struct cli *c, const char **ret, struct err *e)
{
	char typed[16] = "";
	json_t *o;

	*ret = cli_value(c, "text-sha256");
	if (*ret != NULL)
		return RC_OK;
	if (!isatty(STDIN_FILENO))
		return err_set(
			e, RC_INVALID,
			"read the text with 'saluran show %s' and give its hash with "
			"--text-sha256: what is signed is that exact text",
			c->words[0]);
	enum rc rc = order_get(c, &o, e);
	if (rc != RC_OK)
		return rc;
	order_print(c, o);
	printf("\nYou sign this exact text. Type the first 8 digits of its SHA-256: ");
	fflush(stdout);
	const char *hash = cli_text(o, "text_sha256");
	if (fgets(typed, sizeof(typed), stdin) == NULL || strncmp(typed, hash, 8) != 0)
		return err_set(e, RC_DENIED,
			       "not signed: that is not how the hash begins");
	*ret = hash;
	return RC_OK;
}

static enum rc
cmd_approve(struct cli *c, struct err *e)
{
	const char *hash;
	json_t *r;
	enum rc rc = text_confirm(c, &hash, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/orders/%s/approve", c->words[0]),
			      json_pack("{s:s}", "text_sha256", hash), &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		signed_print(r);
	return rc;
}

static enum rc
cmd_override(struct cli *c, struct err *e)
{
	const char *hash;
	json_t *r;
	enum rc rc = text_confirm(c, &hash, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/orders/%s/override", c->words[0]),
			      json_pack("{s:s, s:o, s:s}", "text_sha256", hash, "guards",
					cli_values(c, "guard"), "reason",
					cli_value(c, "reason")),
			      &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		signed_print(r);
	return rc;
}

static enum rc
cmd_lift(struct cli *c, struct err *e)
{
	json_t *r, *names = cli_values(c, "name");
	enum rc rc =
		cli_call(c, "POST", arena_printf(c->a, "/v1/orders/%s/lift", c->words[0]),
			 json_pack("{s:s, s:o*}", "reason", cli_value(c, "reason"),
				   "names", names),
			 &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Lifted: the order is %s, and the zone is at serial "
		       "%" JSON_INTEGER_FORMAT ".\n",
		       cli_text(r, "state"), cli_int(r, "serial"));
	return rc;
}

static enum rc
cmd_lookup(struct cli *c, struct err *e)
{
	char *name = curl_easy_escape(NULL, c->words[0], 0);
	json_t *r, *o;
	size_t i;
	enum rc rc = cli_call(c, "GET", arena_printf(c->a, "/v1/lookup?name=%s", name),
			      NULL, &r, e);

	curl_free(name);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "orders")) == 0)
		printf("No order of this authority names %s. That does not say that it "
		       "is not "
		       "blocked elsewhere.\n",
		       cli_text(r, "name"));
	json_array_foreach (json_object_get(r, "orders"), i, o)
		printf("%s %s by order %s\n  legal basis: %s\n  reasons: %s\n  in force "
		       "%s, ends "
		       "%s, ended %s\n",
		       cli_text(r, "name"),
		       strcmp(cli_text(o, "state"), "in_force") == 0 &&
				       json_is_null(json_object_get(o, "lifted"))
			       ? "is blocked"
			       : "was blocked",
		       cli_text(o, "order"), cli_text(o, "legal_basis"),
		       cli_text(o, "reasons"), cli_time(c, o, "in_force"),
		       cli_time(c, o, "ends"), cli_time(c, o, "ended"));
	return RC_OK;
}

#define ORDER_INPUT_OPTIONS                                                              \
	{"name", "NAME", false, "a name to block; *.NAME for all below it too; again"},  \
		{"names", "FILE", false, "names, one a line"},                           \
		{"cite", "CASE", true, "a case that the order rests on; again"},         \
		{"sample", "FILE", false,                                                \
		 "links, one a line: how many of them go dark is counted"},              \
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
	{"ends", "TIME", true, "when it ends by itself, 2017-08-13T00:00:00Z"},
	{"review", "TIME", false, "when it is looked at again (half-way)"},
	{"action", "WORD", false, "nxdomain or nodata (nxdomain)"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option approve_options[] = {
	{"text-sha256", "HASH", false,
	 "of the text that you have read; on a terminal it is shown and asked for"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option override_options[] = {
	{"guard", "WORD", true, "which guard, as the draft names it; again"},
	{"reason", "TEXT", true, "why in spite of it"},
	{"text-sha256", "HASH", false, "of the text that you have read"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option lift_options[] = {
	{"reason", "TEXT", true, "why"},
	{"name", "NAME", false, "only this name of the order; again"},
	{NULL, NULL, false, NULL},
};

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

const struct cli_command cli_order_commands[] = {
	{"order check", "", 0, 0, "grounds and guards of an order; nothing is drafted",
	 "saluran order check --name t.me --cite " ID
	 " --sample links.txt --as sari.credential",
	 false, check_options, cmd_order_check},
	{"order draft", "", 0, 0, "draft an order for others to approve",
	 "saluran order draft --names names.txt --cite " ID
	 " --reasons '...' --legal-basis '...' --proportionality '...' --ends "
	 "2017-08-13T00:00:00Z --as sari.credential",
	 false, draft_options, cmd_order_draft},
	{"order list", "", 0, 0, "orders, newest first",
	 "saluran order list --as sari.credential", true, NULL, cmd_order_list},
	{"override", "ORDER", 1, 1, "override guards of an order, as a third person",
	 "saluran override " ID
	 " --guard whole_service --reason '...' --as putri.credential",
	 false, override_options, cmd_override},
	{"approve", "ORDER", 1, 1, "approve the exact text of an order",
	 "saluran approve " ID " --as budi.credential", false, approve_options,
	 cmd_approve},
	{"lift", "ORDER", 1, 1, "lift an order, or some of its names, at once",
	 "saluran lift " ID " --reason 'answered' --as budi.credential", false,
	 lift_options, cmd_lift},
	{"lookup", "NAME", 1, 1, "is a name blocked, why, since when",
	 "saluran lookup t.me", true, NULL, cmd_lookup},
	{0},
};
