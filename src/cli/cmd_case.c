/* Commands of officers and agents on notices and cases. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "core/batch.h"

enum { ITEMS_SHOWN = 50 };

static void
batch_print(struct cli *c, const json_t *b)
{
	size_t i;
	const json_t *row;

	printf("%s: %" JSON_INTEGER_FORMAT " can be sent, %s, %" JSON_INTEGER_FORMAT
	       " with problems\n",
	       cli_many_of(c, b, "rows", "row", "rows"), cli_int(b, "ok"),
	       cli_many_of(c, b, "duplicates", "duplicate", "duplicates"),
	       cli_int(b, "bad"));
	json_array_foreach (json_object_get(b, "ignored"), i, row)
		printf("  column \"%s\" is not known and was not read\n",
		       json_string_value(row));
	if (i != 0)
		printf("  columns that are known:");
	for (size_t k = 0; i != 0 && batch_column_name(k) != NULL; k++)
		printf("%s %s", k == 0 ? "" : ",", batch_column_name(k));
	if (i != 0)
		printf("\n");
	json_array_foreach (json_object_get(b, "problems"), i, row) {
		printf("  line %" JSON_INTEGER_FORMAT, cli_int(row, "line"));
		if (json_is_string(json_object_get(row, "column")))
			printf(", column %s", cli_text(row, "column"));
		printf(": %s\n", cli_text(row, "problem"));
	}
	if (json_is_true(json_object_get(b, "more_problems")))
		printf("  ... and more\n");
}

static size_t
line_of(const char *text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

enum rc
cli_fields_put(struct cli *c, json_t *in, struct err *e)
{
	json_t *given = cli_values(c, "field"), *fields = json_object(), *v;
	enum rc rc = RC_OK;
	size_t i;

	json_array_foreach (given, i, v) {
		const char *s = json_string_value(v), *eq = strchr(s, '=');
		if (eq == NULL || eq == s) {
			rc = err_set(e, RC_INVALID, "--field %s: write it as CODE=TEXT",
				     s);
			break;
		}
		json_object_setn_new(fields, s, (size_t)(eq - s), json_string(eq + 1));
	}
	if (rc == RC_OK && json_object_size(fields) != 0)
		json_object_set(in, "fields", fields);
	json_decref(fields);
	json_decref(given);
	return rc;
}

static enum rc
cmd_send(struct cli *c, struct err *e)
{
	const char *csv, *letter = NULL, *letter_file = cli_value(c, "letter");
	bool check = cli_switch(c, "check");
	size_t len, letter_len, bad_at;
	json_t *r, *in;
	enum rc rc = cli_file_read(c, c->words[0], &csv, &len, e);

	if (rc == RC_OK && len >= 2 &&
	    (memcmp(csv, "\xff\xfe", 2) == 0 || memcmp(csv, "\xfe\xff", 2) == 0))
		rc = err_set(e, RC_INVALID, "%s is UTF-16: save the list as CSV UTF-8",
			     c->words[0]);
	if (rc == RC_OK && strlen(csv) != len)
		rc = err_set(e, RC_INVALID,
			     "%s has a NUL byte at offset %zu: it is no CSV text",
			     c->words[0], strlen(csv));
	if (rc == RC_OK && letter_file != NULL)
		rc = cli_file_read(c, letter_file, &letter, &letter_len, e);
	if (rc != RC_OK)
		return rc;
	if (!utf8_valid(csv, len, &bad_at))
		return err_set(
			e, RC_INVALID,
			"%s is not UTF-8: the byte at offset %zu, on line %zu, begins no "
			"character; save the list as UTF-8",
			c->words[0], bad_at, line_of(csv, bad_at));
	in = json_pack("{s:s*, s:s}", "peer", cli_value(c, "peer"), "csv", csv);
	if (!check) {
		if (cli_value(c, "reference") == NULL ||
		    cli_value(c, "subject") == NULL ||
		    cli_value(c, "legal-basis") == NULL) {
			json_decref(in);
			return err_set(e, RC_INVALID,
				       "a notice needs --reference, --subject and "
				       "--legal-basis; --check only checks the list");
		}
		json_t *more = json_pack(
			"{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:b, s:b}", "reference",
			cli_value(c, "reference"), "subject", cli_value(c, "subject"),
			"legal_basis", cli_value(c, "legal-basis"), "letter", letter,
			"language", cli_value(c, "language"), "measure",
			cli_value(c, "measure"), "urgent", cli_switch(c, "urgent"),
			"partial", cli_switch(c, "partial"));
		json_object_update(in, more);
		json_decref(more);
		rc = cli_fields_put(c, in, e);
		if (rc != RC_OK) {
			json_decref(in);
			return rc;
		}
	}
	rc = cli_call(c, "POST", check ? "/v1/batches/check" : "/v1/notices", in, &r, e);
	if (rc != RC_OK) {
		if (r != NULL && json_object_get(r, "batch") != NULL &&
		    !cli_json(c, json_object_get(r, "batch")))
			batch_print(c, json_object_get(r, "batch"));
		return rc;
	}
	if (cli_json(c, r))
		return RC_OK;
	batch_print(c, check ? r : json_object_get(r, "batch"));
	if (!check)
		printf("%s as case %s: %s in the log. 'saluran show' tells when the "
		       "receipt is there.\n",
		       json_is_true(json_object_get(r, "again")) ? "Was already sent"
								 : "Sent",
		       cli_text(r, "case"),
		       cli_many_of(c, r, "items", "item is", "items are"));
	return RC_OK;
}

enum rc
cli_case_act(struct cli *c, const char *verb, json_t *in, const char *done, struct err *e)
{
	json_t *r;
	enum rc rc;

	if (in == NULL)
		in = json_object();
	if (cli_value(c, "version") != NULL)
		json_object_set_new(in, "version", json_string(cli_value(c, "version")));
	rc = cli_call(c, "POST", arena_printf(c->a, "/v1/cases/%s/%s", c->words[0], verb),
		      in, &r, e);
	if (rc != RC_OK && r != NULL)
		(void)cli_json(c, r);
	else if (rc == RC_OK && !cli_json(c, r))
		printf("%s: recorded as %s at log index %" JSON_INTEGER_FORMAT ".\n",
		       done, cli_text(r, "event"), cli_int(r, "seq"));
	return rc;
}

static enum rc
cmd_accept(struct cli *c, struct err *e)
{
	return cli_case_act(c, "accept", NULL, "Accepted", e);
}

static enum rc
cmd_refuse(struct cli *c, struct err *e)
{
	return cli_case_act(c, "refuse",
			    json_pack("{s:s}", "reason", cli_value(c, "reason")),
			    "Refused", e);
}

static enum rc
cmd_say(struct cli *c, struct err *e)
{
	return cli_case_act(c, "say", json_pack("{s:s}", "text", c->words[1]), "Said", e);
}

static enum rc
cmd_read(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "POST", arena_printf(c->a, "/v1/cases/%s/read", c->words[0]),
			 NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s marked read.\n",
		       cli_many_of(c, r, "read", "message", "messages"));
	return rc;
}

static enum rc
cmd_remind(struct cli *c, struct err *e)
{
	return cli_case_act(c, "remind",
			    json_pack("{s:s*}", "text", cli_value(c, "text")), "Reminded",
			    e);
}

static enum rc
cmd_warn(struct cli *c, struct err *e)
{
	return cli_case_act(c, "warn",
			    json_pack("{s:s, s:s*}", "level", cli_value(c, "level"),
				      "text", cli_value(c, "text")),
			    "Warned", e);
}

static enum rc
cmd_close(struct cli *c, struct err *e)
{
	return cli_case_act(c, "close",
			    json_pack("{s:b, s:s*}", "withdraw",
				      cli_switch(c, "withdraw"), "reason",
				      cli_value(c, "reason")),
			    "Closed", e);
}

static enum rc
cmd_reopen(struct cli *c, struct err *e)
{
	return cli_case_act(c, "reopen", NULL, "Reopened", e);
}

static enum rc
items_print(struct cli *c, const char *id, struct err *e)
{
	json_t *r, *i;
	size_t k;
	enum rc rc = cli_call(
		c, "GET",
		arena_printf(c->a, "/v1/cases/%s/items?limit=%d", id, ITEMS_SHOWN), NULL,
		&r, e);

	if (rc != RC_OK)
		return rc;
	printf("items\n");
	json_array_foreach (json_object_get(r, "items"), k, i)
		printf("  %4" JSON_INTEGER_FORMAT "  %-8s %-18s %s  %s%s%s\n",
		       cli_int(i, "i"), cli_text(i, "kind"), cli_word(c, i, "category"),
		       cli_text(i, "given"),
		       json_is_string(json_object_get(i, "outcome"))
			       ? cli_word(c, i, "outcome")
			       : "open",
		       json_is_string(json_object_get(i, "reason")) ? ": " : "",
		       json_is_string(json_object_get(i, "reason"))
			       ? cli_text(i, "reason")
			       : "");
	if (!json_is_null(json_object_get(r, "next")))
		printf("        ... more\n");
	return RC_OK;
}

/* What the policy asked of the notice, and what it says beside the deadlines. */
static void
fields_print(const json_t *k)
{
	json_t *fields = json_object_get(k, "fields"), *v;
	const json_t *p = json_object_get(k, "policy"),
		     *day = json_object_get(p, "statistics");
	const char *code;

	json_object_foreach (fields, code, v)
		printf("  %s: %s\n", code, json_string_value(v));
	if (cli_int(p, "scrutiny_s") != 0)
		printf("  time for scrutiny by a third authority: %" JSON_INTEGER_FORMAT
		       " s\n",
		       cli_int(p, "scrutiny_s"));
	if (cli_int(p, "preserve_s") != 0)
		printf("  what is removed is preserved for %" JSON_INTEGER_FORMAT " s\n",
		       cli_int(p, "preserve_s"));
	if (json_is_object(day))
		printf("  figures of the year are due each %02" JSON_INTEGER_FORMAT
		       "-%02" JSON_INTEGER_FORMAT "\n",
		       cli_int(day, "month"), cli_int(day, "day"));
}

static void
case_print(struct cli *c, const json_t *k)
{
	const json_t *n = json_object_get(k, "counts"), *v;
	size_t i;

	printf("%scase %s (%s) with %s: %s\n  %s\n  legal basis: %s\n",
	       json_is_true(json_object_get(k, "test"))
		       ? "TEST: no order ever rests on this case\n"
		       : "",
	       json_is_string(json_object_get(k, "ref")) ? cli_text(k, "ref")
							 : "no number",
	       cli_text(k, "case"), cli_text(k, "peer"), cli_word(c, k, "state"),
	       cli_text(k, "subject"), cli_text(k, "legal_basis"));
	printf("  submitted %" JSON_INTEGER_FORMAT " = accepted %" JSON_INTEGER_FORMAT
	       " + refused %" JSON_INTEGER_FORMAT " + duplicate %" JSON_INTEGER_FORMAT
	       " + waiting %" JSON_INTEGER_FORMAT "; decided %" JSON_INTEGER_FORMAT
	       ", open %" JSON_INTEGER_FORMAT "\n",
	       cli_int(n, "submitted"), cli_int(n, "accepted"), cli_int(n, "refused"),
	       cli_int(n, "duplicate"), cli_int(n, "waiting"), cli_int(n, "decided"),
	       cli_int(n, "open"));
	v = json_object_get(k, "incomplete");
	if (json_is_object(v))
		printf("  INCOMPLETE%s: %s in %s, the last %s, lapses %s\n"
		       "  %s\n",
		       json_is_true(json_object_get(v, "lapsed")) ? ", LAPSED" : "",
		       cli_many_of(c, v, "items", "item", "items"),
		       cli_many_of(c, v, "parts", "part", "parts"),
		       cli_time(c, v, "last"), cli_time(c, v, "lapses"),
		       cli_text(v, "what_to_do"));
	fields_print(k);
	printf("  version %s, sent %s, received %s\n", cli_text(k, "version"),
	       cli_time(c, k, "sent"), cli_time(c, k, "receipt"));
	printf("  acceptance due %s, decisions due %s%s\n", cli_time(c, k, "accept_due"),
	       cli_time(c, k, "decide_due"),
	       json_is_true(json_object_get(k, "overdue")) ? ", OVERDUE" : "");
	v = json_object_get(k, "next_step");
	if (json_is_object(v) && json_is_true(json_object_get(v, "waits_for_receipt")))
		printf("  next by the policy: waits for the receipt of the step "
		       "before\n");
	else if (json_is_object(v))
		printf("  next by the policy: %s%s, not before %s\n", cli_text(v, "step"),
		       cli_int(v, "level") == 0
			       ? ""
			       : arena_printf(c->a, " %" JSON_INTEGER_FORMAT,
					      cli_int(v, "level")),
		       cli_time(c, v, "not_before"));
	printf("timeline\n");
	json_array_foreach (json_object_get(k, "timeline"), i, v) {
		printf("  %s  %-9s #%-4" JSON_INTEGER_FORMAT " %-14s by %-18s %s%s%s\n",
		       cli_time(c, v, "at"), cli_text(v, "party"), cli_int(v, "seq"),
		       cli_text(v, "type"), cli_who(c, v, "author"),
		       json_is_string(json_object_get(v, "received"))
			       ? arena_printf(c->a, "received %s",
					      cli_time(c, v, "received"))
			       : "appended, not received",
		       json_is_string(json_object_get(v, "void")) ? "; VOID: " : "",
		       json_is_string(json_object_get(v, "void")) ? cli_text(v, "void")
								  : "");
		if (json_is_string(json_object_get(v, "dated")))
			printf("      clock: %s\n", cli_text(v, "dated"));
		if (json_is_string(json_object_get(v, "text")))
			printf("      %s\n", cli_text(v, "text"));
	}
	if (json_array_size(json_object_get(k, "messages")) != 0)
		printf("conversation\n");
	json_array_foreach (json_object_get(k, "messages"), i, v)
		printf("  %s  %s: %s%s\n", cli_time(c, v, "at"), cli_text(v, "party"),
		       cli_text(v, "text"),
		       json_is_string(json_object_get(v, "read")) ? " (read)" : "");
}

static enum rc
cmd_show(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "GET", arena_printf(c->a, "/v1/cases/%s", c->words[0]),
			      NULL, &r, e);

	if (rc == RC_NOT_FOUND)
		return cli_order_show(c, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	case_print(c, r);
	return items_print(c, c->words[0], e);
}

static enum rc
cmd_items(struct cli *c, struct err *e)
{
	json_t *r;
	const char *after = cli_value(c, "after"), *limit = cli_value(c, "limit");
	enum rc rc;

	if (!c->json && after == NULL)
		return items_print(c, c->words[0], e);
	rc = cli_call(c, "GET",
		      arena_printf(c->a, "/v1/cases/%s/items?after=%s&limit=%s",
				   c->words[0], after == NULL ? "-1" : after,
				   limit == NULL ? "1000" : limit),
		      NULL, &r, e);
	if (rc == RC_OK)
		cli_json_print(r, JSON_INDENT(2), stdout);
	return rc;
}

static const struct cli_option send_options[] = {
	{"reference", "TEXT", false,
	 "your own id of the batch: sending it again is safe"},
	{"subject", "TEXT", false, "what it is about, one line"},
	{"legal-basis", "TEXT", false, "the law it rests on"},
	{"peer", "ORG", false, "to whom, when there are several"},
	{"letter", "FILE", false, "the letter that goes with it, as text"},
	{"language", "CODE", false, "of the letter (id)"},
	{"measure", "WORD", false, "what is asked for (removal)"},
	{"urgent", NULL, false, "by the urgent deadline of the policy"},
	{"field", "CODE=TEXT", false,
	 "what the policy asks of a notice ('policy show'); may be given again"},
	{"partial", NULL, false, "send the good rows though others have problems"},
	{"check", NULL, false, "only check the list"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option reason_options[] = {
	{"reason", "TEXT", true, "why"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option text_options[] = {
	{"text", "TEXT", false, "what goes with it"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option version_options[] = {
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option close_options[] = {
	{"withdraw", NULL, false, "though items are open"},
	{"reason", "TEXT", false, "why it is withdrawn"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option warn_options[] = {
	{"level", "N", true, "1, 2 or 3"},
	{"text", "TEXT", false, "what goes with it"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option items_options[] = {
	{"after", "N", false, "from which item number on"},
	{"limit", "N", false, "how many"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_case_commands[] = {
	{"send", "FILE", 1, 1, "send a notice with the items of a CSV list",
	 "saluran send batch.csv --reference 2017/07/1 --subject 'Terrorist content' "
	 "--legal-basis 'UU 11/2008' --as sari.credential",
	 false, send_options, cmd_send},
	{"show", "CASE|ORDER", 1, 1, "a case with its timeline and receipts, or an order",
	 "saluran show 01890a5d-ac96-774b-bcce-b302099a8057 --as sari.credential", true,
	 NULL, cmd_show},
	{"items", "CASE", 1, 1, "the items of a case",
	 "saluran items 01890a5d-ac96-774b-bcce-b302099a8057 --json --as sari.credential",
	 true, items_options, cmd_items},
	{"accept", "CASE", 1, 1, "a person has it",
	 "saluran accept 01890a5d-ac96-774b-bcce-b302099a8057 --as nikolai.credential",
	 false, version_options, cmd_accept},
	{"refuse", "CASE", 1, 1, "refuse a case, with a reason",
	 "saluran refuse 01890a5d-ac96-774b-bcce-b302099a8057 --reason 'not our service' "
	 "--as "
	 "nikolai.credential",
	 false, reason_options, cmd_refuse},
	{"say", "CASE TEXT", 2, 2, "write to the other side",
	 "saluran say 01890a5d-ac96-774b-bcce-b302099a8057 'We are on it.' --as "
	 "nikolai.credential",
	 false, version_options, cmd_say},
	{"read", "CASE", 1, 1, "mark the other side's messages read",
	 "saluran read 01890a5d-ac96-774b-bcce-b302099a8057 --as sari.credential", false,
	 NULL, cmd_read},
	{"remind", "CASE", 1, 1, "remind of a missed deadline",
	 "saluran remind 01890a5d-ac96-774b-bcce-b302099a8057 --as sari.credential",
	 false, text_options, cmd_remind},
	{"warn", "CASE", 1, 1, "the next formal warning",
	 "saluran warn 01890a5d-ac96-774b-bcce-b302099a8057 --level 1 --as "
	 "sari.credential",
	 false, warn_options, cmd_warn},
	{"close", "CASE", 1, 1, "every item is decided",
	 "saluran close 01890a5d-ac96-774b-bcce-b302099a8057 --as sari.credential", false,
	 close_options, cmd_close},
	{"reopen", "CASE", 1, 1, "open a closed case again",
	 "saluran reopen 01890a5d-ac96-774b-bcce-b302099a8057 --as sari.credential",
	 false, version_options, cmd_reopen},
	{0},
};
