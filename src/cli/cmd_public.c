/* Commands on what the public sees: register, proofs, objections, statistics. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "core/register_proof.h"

enum { PROOF_MODE = 0644 };

/* ---- register ---------------------------------------------------------------------- */

static void
entry_print(struct cli *c, const json_t *o)
{
	const json_t *v;
	size_t i;

	printf("%s  %s\n  legal basis: %s\n  reasons: %s\n  in force %s, ends %s, ended "
	       "%s, zone serial %" JSON_INTEGER_FORMAT "\n",
	       cli_text(o, "ref"), cli_word(c, o, "state"), cli_text(o, "legal_basis"),
	       cli_text(o, "reasons"), cli_time(c, o, "in_force"), cli_time(c, o, "ends"),
	       cli_time(c, o, "ended"), cli_int(o, "serial_on"));
	json_array_foreach (json_object_get(o, "names"), i, v)
		printf("  %s%s%s\n", cli_text(v, "name"),
		       json_is_true(json_object_get(v, "wildcard"))
			       ? " and every name below it"
			       : "",
		       json_is_string(json_object_get(v, "lifted")) ? ", lifted" : "");
	printf("  rests on %s:", cli_many_of(c, o, "cases", "case", "cases"));
	json_array_foreach (json_object_get(o, "cited"), i, v)
		printf("%s %s %s", i == 0 ? "" : ",",
		       cli_many_of(c, v, "items", "item", "items"),
		       cli_word(c, v, "category"));
	printf("\n");
	json_array_foreach (json_object_get(o, "lifts"), i, v)
		printf("  %s %s: %s\n", cli_word(c, v, "act"), cli_time(c, v, "at"),
		       cli_text(v, "reason"));
	json_array_foreach (json_object_get(o, "objections"), i, v)
		printf("  %s received %s: %s%s%s\n", cli_text(v, "kind"),
		       cli_time(c, v, "received"),
		       json_is_string(json_object_get(v, "ruling"))
			       ? cli_word(c, v, "ruling")
			       : "not ruled on yet",
		       json_is_string(json_object_get(v, "reason")) ? ": " : "",
		       json_is_string(json_object_get(v, "reason"))
			       ? cli_text(v, "reason")
			       : "");
}

static enum rc
cmd_register(struct cli *c, struct err *e)
{
	json_t *r, *o;
	size_t i;
	enum rc rc;

	if (cli_switch(c, "csv")) {
		const char *bytes;
		size_t len;
		const char *path =
			cli_query(c, "/v1/register", "name state since after limit");
		rc = cli_call_bytes(c,
				    arena_printf(c->a, "%s%cformat=csv", path,
						 strchr(path, '?') == NULL ? '?' : '&'),
				    &bytes, &len, e);
		if (rc == RC_OK)
			fwrite(bytes, 1, len, stdout);
		return rc;
	}
	if (c->n_words == 1) {
		rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/register/%s", c->words[0]), NULL,
			      &r, e);
		if (rc == RC_OK && !cli_json(c, r))
			entry_print(c, r);
		return rc;
	}
	rc = cli_call(c, "GET",
		      cli_query(c, "/v1/register", "name state since after limit"), NULL,
		      &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "entries"), i, o)
		entry_print(c, o);
	if (json_array_size(json_object_get(r, "entries")) == 0)
		printf("%s\n", c->n_given == 0 ? "The register has no entry yet."
					       : "The register has no such entry.");
	if (json_is_string(json_object_get(r, "next")))
		printf("More: --after %s\n", cli_text(r, "next"));
	return RC_OK;
}

static enum rc
cmd_register_proof(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/register/%s/proof", c->words[0]),
			      NULL, &r, e);

	if (rc != RC_OK)
		return rc;
	char *text = json_dumps(r, JSON_INDENT(1));
	if (text == NULL)
		return err_set(e, RC_IO, "the answer cannot be written");
	rc = cli_file_write(cli_value(c, "out"), text, strlen(text), PROOF_MODE, e);
	free(text);
	if (rc == RC_OK && !cli_json(c, r))
		printf("%s proves %s. Anybody can check it: saluran proof verify %s\n",
		       cli_value(c, "out"), cli_text(r, "ref"), cli_value(c, "out"));
	return rc;
}

static enum rc
cmd_proof_verify(struct cli *c, struct err *e)
{
	struct register_proof *p = ARENA_NEW(c->a, struct register_proof);
	json_t *events;
	const char *text;
	size_t len;
	enum rc rc = cli_file_read(c, c->words[0], &text, &len, e);

	if (rc == RC_OK)
		rc = register_proof_verify(c->a, text, len, cli_value(c, "key"),
					   cli_value(c, "fingerprint"), p, e);
	if (rc != RC_OK)
		return rc;
	events = json_array();
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(events, json_string(p->events[i]->type));
	json_t *j =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "ref", p->ref, "order",
			  p->order, "origin", p->origin, "org",
			  identity_log_newest(&p->ids)->org, "fingerprint",
			  p->fingerprint, "size", (json_int_t)p->size, "events", events);
	if (!cli_json(c, j)) {
		printf("Proven: %s (%s) signed what follows about order %s (%s), and it "
		       "stands in its log %s:\n",
		       identity_log_newest(&p->ids)->name,
		       identity_log_newest(&p->ids)->org, p->order, p->ref, p->origin);
		for (size_t i = 0; i < p->n; i++)
			printf("  entry %llu: %s\n",
			       (unsigned long long)p->events[i]->seq, p->events[i]->type);
		printf("The fingerprint of its identity is %s%s\n", p->fingerprint,
		       cli_value(c, "fingerprint") != NULL || cli_value(c, "key") != NULL
			       ? ", as you expected."
			       : ": compare it with one that you have from elsewhere, "
				 "else the file only agrees with itself.");
	}
	json_decref(j);
	return RC_OK;
}

/* ---- objections -------------------------------------------------------------------- */

/* --text, or the file that --text-file names. */
static enum rc
text_given(struct cli *c, const char **ret, struct err *e)
{
	const char *path = cli_value(c, "text-file");
	size_t len;

	*ret = cli_value(c, "text");
	if ((*ret == NULL) == (path == NULL))
		return err_set(e, RC_INVALID, "give --text or --text-file");
	return path == NULL ? RC_OK : cli_file_read(c, path, ret, &len, e);
}

static enum rc
cmd_object(struct cli *c, struct err *e)
{
	static const char *const options[] = {"name", "contact", "language", "kind"};
	json_t *r, *in = json_object();
	const char *text;
	enum rc rc = text_given(c, &text, e);

	if (rc != RC_OK) {
		json_decref(in);
		return rc;
	}
	json_object_set_new(in, "text", json_string(text));
	if (c->n_words == 1)
		json_object_set_new(in, "order", json_string(c->words[0]));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (cli_value(c, options[i]) != NULL)
			json_object_set_new(in, options[i],
					    json_string(cli_value(c, options[i])));
	rc = cli_call(c, "POST", "/v1/objections", in, &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("Received %s, against %s. It is to be answered by %s and ruled on "
		       "by %s.\nYour reference, shown this once: %s\nFollow it: saluran "
		       "objection track %s\n",
		       cli_time(c, r, "received"), cli_text(r, "ref"),
		       cli_time(c, r, "answer_due"), cli_time(c, r, "rule_due"),
		       cli_text(r, "reference"), cli_text(r, "reference"));
	return rc;
}

static enum rc
cmd_objection_list(struct cli *c, struct err *e)
{
	json_t *r, *o;
	size_t i;
	enum rc rc = cli_call(c, "GET",
			      cli_query(c, "/v1/objections", "state order after limit"),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "objections"), i, o)
		printf("%s  %-8s%s  %s against %s, received %s, answer due %s, ruling "
		       "due %s%s%s\n",
		       cli_text(o, "objection"), cli_word(c, o, "state"),
		       json_is_true(json_object_get(o, "overdue")) ? " OVERDUE" : "",
		       cli_text(o, "kind"),
		       json_is_string(json_object_get(o, "ref")) ? cli_text(o, "ref")
								 : cli_text(o, "order"),
		       cli_time(c, o, "received"), cli_time(c, o, "answer_due"),
		       cli_time(c, o, "rule_due"),
		       json_is_string(json_object_get(o, "ruling")) ? ": " : "",
		       json_is_string(json_object_get(o, "ruling"))
			       ? cli_word(c, o, "ruling")
			       : "");
	printf("%" JSON_INTEGER_FORMAT " wait to enter the log.\n", cli_int(r, "queued"));
	return RC_OK;
}

static enum rc
cmd_objection_show(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(
		c, "GET", arena_printf(c->a, "/v1/objections?objection=%s", c->words[0]),
		NULL, &r, e);

	if (rc != RC_OK)
		return rc;
	const json_t *o = json_array_get(json_object_get(r, "objections"), 0);
	if (o == NULL)
		return err_set(e, RC_NOT_FOUND, "there is no objection %s in the log",
			       c->words[0]);
	if (cli_json(c, o))
		return RC_OK;
	printf("%s %s against %s (order %s): %s\n\n%s\n\ncontact: %s, language %s\n"
	       "received %s; answer due %s; ruling due %s\n",
	       cli_text(o, "kind"), cli_text(o, "objection"), cli_text(o, "ref"),
	       cli_text(o, "order"), cli_word(c, o, "state"), cli_text(o, "text"),
	       cli_text(o, "contact"), cli_text(o, "language"),
	       cli_time(c, o, "received"), cli_time(c, o, "answer_due"),
	       cli_time(c, o, "rule_due"));
	if (json_is_string(json_object_get(o, "answered")))
		printf("answered %s by %s: %s\n", cli_time(c, o, "answered"),
		       cli_who(c, o, "answered_by"), cli_text(o, "answer"));
	if (json_is_string(json_object_get(o, "ruled")))
		printf("%s %s by %s: %s\n", cli_word(c, o, "ruling"),
		       cli_time(c, o, "ruled"), cli_who(c, o, "ruled_by"),
		       cli_text(o, "reason"));
	return RC_OK;
}

static enum rc
cmd_objection_track(struct cli *c, struct err *e)
{
	char *code = curl_easy_escape(NULL, c->words[0], 0);
	json_t *r;
	enum rc rc = cli_call(c, "GET", arena_printf(c->a, "/v1/objections/%s", code),
			      NULL, &r, e);

	curl_free(code);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("%s against %s, which is %s: %s%s\n  received %s, answer due %s, ruling "
	       "due %s\n",
	       cli_text(r, "kind"), cli_text(r, "ref"), cli_text(r, "order_state"),
	       cli_word(c, r, "state"),
	       json_is_true(json_object_get(r, "overdue")) ? ", overdue" : "",
	       cli_time(c, r, "received"), cli_time(c, r, "answer_due"),
	       cli_time(c, r, "rule_due"));
	if (json_is_string(json_object_get(r, "answered")))
		printf("  answered %s: %s\n", cli_time(c, r, "answered"),
		       cli_text(r, "answer"));
	if (json_is_string(json_object_get(r, "ruled")))
		printf("  ruled %s: %s: %s\n", cli_time(c, r, "ruled"),
		       cli_word(c, r, "ruling"), cli_text(r, "reason"));
	return RC_OK;
}

static enum rc
objection_post(struct cli *c, const char *act, json_t *in, json_t **ret, struct err *e)
{
	return cli_call(c, "POST",
			arena_printf(c->a, "/v1/objections/%s/%s", c->words[0], act), in,
			ret, e);
}

static enum rc
cmd_objection_answer(struct cli *c, struct err *e)
{
	const char *text;
	json_t *r;
	enum rc rc = text_given(c, &text, e);

	if (rc == RC_OK)
		rc = objection_post(c, "answer", json_pack("{s:s}", "text", text), &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("Answered: whoever objected sees it with their reference.\n");
	return rc;
}

static enum rc
cmd_objection_rule(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = objection_post(c, "rule",
				    json_pack("{s:s, s:s, s:o*}", "ruling", c->words[1],
					      "reason", cli_value(c, "reason"), "names",
					      cli_values(c, "name")),
				    &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Ruled: %s%s.\n", cli_word(c, r, "ruling"),
		       json_is_true(json_object_get(r, "lifted"))
			       ? "; the names are lifted by the same act"
			       : "");
	return rc;
}

static enum rc
cmd_objection_admit(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = objection_post(c, "admit", NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s is in the log now.\n", cli_text(r, "objection"));
	return rc;
}

/* ---- statistics -------------------------------------------------------------------- */

static void
kept_print(const char *what, const json_t *k)
{
	const json_t *rate = json_object_get(k, "on_time_permille");

	printf("  %-11s on time %" JSON_INTEGER_FORMAT ", late %" JSON_INTEGER_FORMAT
	       ", missed %" JSON_INTEGER_FORMAT ", still in time %" JSON_INTEGER_FORMAT,
	       what, cli_int(k, "on_time"), cli_int(k, "late"), cli_int(k, "missed"),
	       cli_int(k, "open"));
	if (json_is_integer(rate))
		printf(" (%.1f %% on time)", (double)json_integer_value(rate) / 10);
	printf("\n");
}

static void
seconds_print(const json_t *s, const char *member, const char *what)
{
	const json_t *t = json_object_get(s, member);

	if (cli_int(t, "n") != 0)
		printf("  %-28s median %" JSON_INTEGER_FORMAT
		       " s, 9 of 10 within %" JSON_INTEGER_FORMAT " s\n",
		       what, cli_int(t, "median"), cli_int(t, "p90"));
}

static void
figures_print(const char *period, const json_t *j)
{
	const json_t *n = json_object_get(j, "notices"), *i = json_object_get(j, "items");
	const json_t *s = json_object_get(j, "seconds"),
		     *o = json_object_get(j, "orders");
	const json_t *x = json_object_get(j, "errors"), *v;
	const char *key;

	printf("%s\n  notices %" JSON_INTEGER_FORMAT ", received %" JSON_INTEGER_FORMAT
	       ", refused %" JSON_INTEGER_FORMAT "; items %" JSON_INTEGER_FORMAT
	       ", decided %" JSON_INTEGER_FORMAT ", open %" JSON_INTEGER_FORMAT
	       ", refused %" JSON_INTEGER_FORMAT "\n ",
	       period, cli_int(n, "sent"), cli_int(n, "received"), cli_int(n, "refused"),
	       cli_int(i, "submitted"), cli_int(i, "decided"), cli_int(i, "open"),
	       cli_int(i, "refused"));
	json_object_foreach (json_object_get(j, "outcomes"), key, v)
		printf(" %s %" JSON_INTEGER_FORMAT, key, json_integer_value(v));
	printf("\n");
	kept_print("acceptance", json_object_get(j, "acceptance"));
	kept_print("decision", json_object_get(j, "decision"));
	seconds_print(s, "receipt", "sent to receipt");
	seconds_print(s, "acceptance", "receipt to acceptance");
	seconds_print(s, "decision", "receipt to last decision");
	seconds_print(s, "objection_ruling", "objection to ruling");
	printf("  orders %" JSON_INTEGER_FORMAT ", lifted %" JSON_INTEGER_FORMAT
	       ", expired %" JSON_INTEGER_FORMAT
	       ", wrong by a ruling %" JSON_INTEGER_FORMAT "\n",
	       cli_int(o, "in_force"), cli_int(o, "lifted"), cli_int(o, "expired"),
	       cli_int(o, "wrong"));
	if (json_is_integer(json_object_get(x, "items_not_followed_permille")))
		printf("  of the authority's items not followed: %.1f %%\n",
		       (double)cli_int(x, "items_not_followed_permille") / 10);
	if (json_is_integer(json_object_get(x, "platform_late_permille")))
		printf("  of the platform's decisions late: %.1f %%\n",
		       (double)cli_int(x, "platform_late_permille") / 10);
}

static enum rc
cmd_statistics(struct cli *c, struct err *e)
{
	const char *path = cli_query(c, "/v1/statistics", "from to each peer");
	json_t *r, *v;
	size_t i;
	enum rc rc;

	if (cli_switch(c, "csv")) {
		const char *bytes;
		size_t len;
		rc = cli_call_bytes(c,
				    arena_printf(c->a, "%s%cformat=csv", path,
						 strchr(path, '?') == NULL ? '?' : '&'),
				    &bytes, &len, e);
		if (rc == RC_OK)
			fwrite(bytes, 1, len, stdout);
		return rc;
	}
	rc = cli_call(c, "GET", path, NULL, &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	figures_print(arena_printf(c->a, "%s to %s, as of %s", cli_text(r, "from"),
				   cli_text(r, "to"), cli_time(c, r, "as_of")),
		      json_object_get(r, "total"));
	json_array_foreach (json_object_get(r, "periods"), i, v)
		figures_print(cli_text(v, "period"), v);
	printf("computed from\n");
	json_array_foreach (json_object_get(r, "logs"), i, v)
		printf("  %s, %s, root %s\n", cli_text(v, "origin"),
		       cli_many_of(c, v, "size", "entry", "entries"),
		       cli_text(v, "root"));
	return RC_OK;
}

/* ---- options ----------------------------------------------------------------------- */

static const struct cli_option register_options[] = {
	{"name", "NAME", false, "orders that name it"},
	{"state", "WORD", false, "in_force, lifted or expired"},
	{"since", "TIME", false, "that took effect from then on"},
	{"after", "REF", false, "the page after this entry"},
	{"limit", "N", false, "entries of a page (50)"},
	{"csv", NULL, false, "as CSV"},
	{.name = NULL},
};
static const struct cli_option proof_options[] = {
	{"out", "FILE", true, "write the proof there"},
	{.name = NULL},
};
static const struct cli_option proof_verify_options[] = {
	{"key", "VKEY", false, "the log's verifier key, as you have it from elsewhere"},
	{"fingerprint", "WORDS", false,
	 "of the authority, as you have it from elsewhere"},
	{.name = NULL},
};
static const struct cli_option object_options[] = {
	{"name", "NAME", false, "the name that is blocked, in place of ORDER"},
	{"text", "TEXT", false, "what is wrong with the order"},
	{"text-file", "FILE", false, "the text from a file; - for standard input"},
	{"contact", "TEXT", false, "how to reach you; only the two sides see it"},
	{"kind", "WORD", false, "objection, or normalise: a request to lift (objection)"},
	{"language", "CODE", false, "of the text (id)"},
	{.name = NULL},
};
static const struct cli_option objection_list_options[] = {
	{"state", "WORD", false, "queued, open, answered or ruled"},
	{"order", "ORDER", false, "reference or id of an order"},
	{"after", "OBJECTION", false, "the page after this one"},
	{"limit", "N", false, "rows of a page (50)"},
	{.name = NULL},
};
static const struct cli_option answer_options[] = {
	{"text", "TEXT", false, "the answer"},
	{"text-file", "FILE", false, "the answer from a file; - for standard input"},
	{.name = NULL},
};
static const struct cli_option rule_options[] = {
	{"reason", "TEXT", true, "why"},
	{"name", "NAME", false, "partly: a name that is freed; again"},
	{.name = NULL},
};

static const struct cli_option statistics_options[] = {
	{"from", "MONTH", false, "as 2017-07 (the last twelve months)"},
	{"to", "MONTH", false, "as 2017-07, included (this month)"},
	{"each", "WORD", false, "month: each month by itself, too"},
	{"peer", "ORG", false, "of this channel only"},
	{"csv", NULL, false, "as CSV"},
	{.name = NULL},
};

#define OBJECTION "01890a5d-ac96-774b-bcce-b302099a8057"

const struct cli_command cli_public_commands[] = {
	{"register", "[REF]", 0, 1,
	 "the public register: what is blocked, why, since when; no credential needed",
	 "saluran register --name t.me\nsaluran register B-2026-031", false,
	 register_options, cmd_register},
	{"register proof", "REF", 1, 1, "the proof that the log has what an entry says",
	 "saluran register proof B-2026-031 --out order.proof", false, proof_options,
	 cmd_register_proof},
	{"proof verify", "FILE", 1, 1,
	 "check a register's proof: no network, no node, no credential needed",
	 "saluran proof verify order.proof --fingerprint lusab-babad-...", false,
	 proof_verify_options, cmd_proof_verify},
	{"object", "[ORDER]", 0, 1,
	 "object to an order, or ask that it be lifted; no credential needed",
	 "saluran object B-2026-031 --text 'This is my shop.' --contact "
	 "owner@shop.example\nsaluran object --name shop.example --text 'Please lift "
	 "it.' "
	 "--kind normalise",
	 false, object_options, cmd_object},
	{"objection list", "", 0, 0, "objections by when they came",
	 "saluran objection list --state open --as sari.credential", false,
	 objection_list_options, cmd_objection_list},
	{"objection show", "OBJECTION", 1, 1, "one objection with answer and ruling",
	 "saluran objection show " OBJECTION " --as sari.credential", false, NULL,
	 cmd_objection_show},
	{"objection track", "REFERENCE", 1, 1,
	 "what became of an objection; no credential needed",
	 "saluran objection track k7pq-m3xd-0v2c-9h1s-r5tw-8zna", false, NULL,
	 cmd_objection_track},
	{"objection admit", "OBJECTION", 1, 1, "let one that waits into the log now",
	 "saluran objection admit " OBJECTION " --as sari.credential", false, NULL,
	 cmd_objection_admit},
	{"objection answer", "OBJECTION", 1, 1, "answer whoever objected",
	 "saluran objection answer " OBJECTION
	 " --text 'We are looking into it.' --as sari.credential",
	 false, answer_options, cmd_objection_answer},
	{"objection rule", "OBJECTION RULING", 2, 2,
	 "rule on it: upheld, rejected or partly; upheld means lifted by the same act",
	 "saluran objection rule " OBJECTION
	 " upheld --reason 'The names carry lawful shops.' --as dewi.credential",
	 false, rule_options, cmd_objection_rule},
	{"statistics", "", 0, 0,
	 "the figures of both sides by month; no credential needed",
	 "saluran statistics --from 2017-01 --to 2017-12 --each month", false,
	 statistics_options, cmd_statistics},
	{0},
};
