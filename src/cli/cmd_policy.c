/*
 * Policies, and how a deadline follows from one.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "core/policy.h"

static void
deadline_print(struct cli *c, const json_t *d, const char *what)
{
	size_t i;
	const json_t *s;

	printf("\n%s: %s%s\n", what, cli_time(c, d, "due"),
	       json_is_true(json_object_get(d, "owed")) ? "" : " (not owed now)");
	json_array_foreach (json_object_get(d, "steps"), i, s) {
		const json_t *ev = json_object_get(s, "event");

		printf("  %2zu. %s\n", i + 1, cli_text(s, "text"));
		if (ev != NULL)
			printf("      event %" JSON_INTEGER_FORMAT " of the log %s\n",
			       cli_int(ev, "seq"), cli_text(ev, "log"));
	}
}

static enum rc
cmd_explain(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/cases/%s/deadline", c->words[0]),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	const json_t *p = json_object_get(r, "policy");
	printf("Case %s, by the policy %s, version %" JSON_INTEGER_FORMAT
	       "\n(SHA-256 %s), class %s.\nNow: %s.\n",
	       cli_text(r, "case"), cli_text(p, "name"), cli_int(p, "version"),
	       cli_text(p, "sha256"), cli_text(r, "class"), cli_text(r, "now"));
	deadline_print(c, json_object_get(r, "accept"), "To accept or refuse");
	deadline_print(c, json_object_get(r, "decide"), "To decide every item");
	size_t i;
	const json_t *v;
	if (json_array_size(json_object_get(r, "answers")) != 0)
		printf("\nWhat the platform answered\n");
	json_array_foreach (json_object_get(r, "answers"), i, v)
		printf("  %s #%" JSON_INTEGER_FORMAT ", dated %s, %s%s\n",
		       cli_text(v, "type"), cli_int(v, "seq"), cli_time(c, v, "at"),
		       json_is_string(json_object_get(v, "received"))
			       ? "first receipted "
			       : "not receipted yet",
		       json_is_string(json_object_get(v, "received"))
			       ? cli_time(c, v, "received")
			       : "");
	json_array_foreach (json_object_get(r, "dated"), i, v)
		printf("Clock: %s of the %s, #%" JSON_INTEGER_FORMAT ", is %s.\n",
		       cli_text(v, "type"), cli_text(v, "party"), cli_int(v, "seq"),
		       cli_text(v, "dated"));
	return RC_OK;
}

/* A name or digest as it is, or the content of a file. */
static enum rc
policy_word(struct cli *c, const char **ret, struct err *e)
{
	const char *word = c->words[0];
	size_t len;

	*ret = word;
	if (strchr(word, '/') == NULL && strchr(word, '.') == NULL &&
	    strcmp(word, "-") != 0)
		return RC_OK;
	enum rc rc = cli_file_read(c, word, ret, &len, e);
	if (rc == RC_OK && strlen(*ret) != len)
		rc = err_set(e, RC_INVALID, "%s has a NUL byte: it is no JSON text",
			     word);
	return rc;
}

static enum rc
cmd_policy_adopt(struct cli *c, struct err *e)
{
	const char *policy;
	json_t *r;
	enum rc rc = policy_word(c, &policy, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST", "/v1/policies",
			      json_pack("{s:s, s:s*}", "policy", policy, "peer",
					cli_value(c, "peer")),
			      &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("%s %s, version %" JSON_INTEGER_FORMAT " (SHA-256 %s).\n%s\n",
	       json_is_true(json_object_get(r, "again")) ? "Was adopted already:"
							 : "Adopted",
	       cli_text(r, "name"), cli_int(r, "version"), cli_text(r, "sha256"),
	       json_is_true(json_object_get(r, "in_effect"))
		       ? "It is in effect for the next notice; older cases keep theirs."
		       : "It is in effect once the other side has adopted it too: they "
			 "run 'saluran policy adopt SHA-256' with that digest.");
	return RC_OK;
}

static enum rc
cmd_policy_list(struct cli *c, struct err *e)
{
	json_t *r;
	size_t i, k;
	const json_t *ch, *a;
	enum rc rc = cli_call(c, "GET", "/v1/policies", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "channels"), i, ch) {
		const json_t *now = json_object_get(ch, "in_effect");

		printf("with %s: %s, version %" JSON_INTEGER_FORMAT "\n  %s\n",
		       cli_text(ch, "peer"), cli_text(now, "name"),
		       cli_int(now, "version"), cli_text(now, "sha256"));
		json_array_foreach (json_object_get(ch, "adopted"), k, a)
			printf("  %s: %s adopted %s, version %" JSON_INTEGER_FORMAT
			       "\n    %s\n",
			       cli_time(c, a, "at"), cli_text(a, "party"),
			       cli_text(a, "name"), cli_int(a, "version"),
			       cli_text(a, "sha256"));
	}
	printf("built in:");
	json_array_foreach (json_object_get(r, "builtin"), i, a)
		printf(" %s", json_string_value(a));
	putchar('\n');
	return RC_OK;
}

static enum rc
cmd_policy_show(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/policies?policy=%s", c->words[0]),
			      NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		fputs(cli_text(r, "text"), stdout);
	return rc;
}

static void
class_print(const struct policy_class *k)
{
	printf("  class %s: ", k->code);
	if (k->by_days)
		printf("accept in %lld, decide in %lld working days",
		       (long long)k->accept_days, (long long)k->decide_days);
	else
		printf("accept in %lld s, decide in %lld s",
		       (long long)(k->accept_us / CLOCK_US_PER_S),
		       (long long)(k->decide_us / CLOCK_US_PER_S));
	printf("%s%s\n", k->calendar == NULL ? "" : ", by the calendar ",
	       k->calendar == NULL ? "" : k->calendar->code);
}

/* Needs no node. */
static enum rc
cmd_policy_check(struct cli *c, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	const struct policy *p;
	const char *text;
	size_t len;
	enum rc rc = cli_file_read(c, c->words[0], &text, &len, e);

	if (rc == RC_OK)
		rc = policy_parse(c->a, text, len, &p, e);
	if (rc != RC_OK)
		return rc;
	hash_hex(&p->sha256, hex);
	json_t *r = json_pack("{s:s, s:I, s:s}", "name", p->name, "version",
			      (json_int_t)p->version, "sha256", hex);
	bool told = cli_json(c, r);
	json_decref(r);
	if (told)
		return RC_OK;
	printf("%s, version %llu: %s\n  SHA-256 %s\n", p->name,
	       (unsigned long long)p->version, p->title_en, hex);
	for (size_t i = 0; i < p->n_classes; i++)
		class_print(&p->classes[i]);
	printf("  %s, %s of the ladder, %s of a notice\n",
	       cli_many(c, (json_int_t)p->n_categories, "category", "categories"),
	       cli_many(c, (json_int_t)p->n_ladder, "step", "steps"),
	       cli_many(c, (json_int_t)p->n_fields, "field", "fields"));
	for (size_t i = 0; i < p->n_fields; i++)
		printf("  field %s of %s%s: %s\n", p->fields[i].code,
		       p->fields[i].of_item ? "each item" : "the notice",
		       p->fields[i].required ? "" : " (optional)", p->fields[i].name_en);
	return RC_OK;
}

static const struct cli_option adopt_options[] = {
	{"peer", "ORG", false, "with whom, when there are several"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_policy_commands[] = {
	{"policy adopt", "NAME|FILE|SHA-256", 1, 1,
	 "adopt a policy for our side; in effect once both sides have",
	 "saluran policy adopt id-2020 --as admin.credential", false, adopt_options,
	 cmd_policy_adopt},
	{"policy list", "", 0, 0, "policies in effect, and who adopted what",
	 "saluran policy list --as sari.credential", true, NULL, cmd_policy_list},
	{"policy show", "NAME|SHA-256", 1, 1, "the text of a policy",
	 "saluran policy show eu-tco --as sari.credential", true, NULL, cmd_policy_show},
	{"policy check", "FILE", 1, 1, "read a policy file and say what it holds",
	 "saluran policy check our-policy.json", true, NULL, cmd_policy_check},
	{"explain", "CASE", 1, 1,
	 "how the deadlines of a case came about, step by step, with their events",
	 "saluran explain 01890a5d-ac96-774b-bcce-b302099a8057 --as sari.credential",
	 true, NULL, cmd_explain},
	{0},
};
