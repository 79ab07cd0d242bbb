/* Commands for work on cases beside the plain acts: notes, templates. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void
more_print(const json_t *r, const char *command)
{
	if (json_is_string(json_object_get(r, "next")))
		printf("more: saluran %s --after %s\n", command, cli_text(r, "next"));
}

/* ---- notes ------------------------------------------------------------------------- */

static enum rc
cmd_note(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "POST", arena_printf(c->a, "/v1/cases/%s/notes", c->words[0]),
			 json_pack("{s:s}", "text", c->words[1]), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Noted, for this side only.\n");
	return rc;
}

static enum rc
cmd_notes(struct cli *c, struct err *e)
{
	json_t *r, *n;
	size_t i;
	enum rc rc = cli_call(
		c, "GET",
		cli_query(c, arena_printf(c->a, "/v1/cases/%s/notes", c->words[0]),
			  "limit after"),
		NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "notes")) == 0)
		printf("No note.\n");
	json_array_foreach (json_object_get(r, "notes"), i, n)
		printf("%s  %s: %s\n", cli_time(c, n, "at"), cli_who(c, n, "author"),
		       cli_text(n, "text"));
	more_print(r, arena_printf(c->a, "notes %s", c->words[0]));
	return RC_OK;
}

/* ---- templates --------------------------------------------------------------------- */

static enum rc
cmd_template_add(struct cli *c, struct err *e)
{
	const char *text;
	size_t len;
	json_t *r;
	enum rc rc = cli_file_read(c, c->words[1], &text, &len, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST", "/v1/templates",
			      json_pack("{s:s, s:s, s:s, s:s*}", "name", c->words[0],
					"text", text, "kind", cli_value(c, "kind"),
					"language", cli_value(c, "language")),
			      &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("Kept as version %" JSON_INTEGER_FORMAT " of %s.\n",
		       cli_int(r, "version"), cli_text(r, "template"));
	return rc;
}

static enum rc
cmd_template_list(struct cli *c, struct err *e)
{
	json_t *r, *t;
	size_t i;
	enum rc rc = cli_call(c, "GET", cli_query(c, "/v1/templates", "kind limit after"),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "templates")) == 0)
		printf("No template.\n");
	json_array_foreach (json_object_get(r, "templates"), i, t)
		printf("%-24s %-9s %-4s version %" JSON_INTEGER_FORMAT " by %s, %s\n",
		       cli_text(t, "template"), cli_text(t, "kind"),
		       cli_text(t, "language"), cli_int(t, "version"),
		       cli_who(c, t, "author"), cli_time(c, t, "at"));
	more_print(r, "template list");
	return RC_OK;
}

static enum rc
cmd_template_show(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "GET", arena_printf(c->a, "/v1/templates/%s", c->words[0]),
			 NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s, %s, version %" JSON_INTEGER_FORMAT " by %s\n\n%s\n",
		       cli_text(r, "template"), cli_text(r, "kind"),
		       cli_int(r, "version"), cli_who(c, r, "author"),
		       cli_text(r, "text"));
	return rc;
}

/* "word=text" of each --value. */
static enum rc
values_read(struct cli *c, json_t **ret, struct err *e)
{
	json_t *given = cli_values(c, "value"), *v;
	size_t i;
	enum rc rc = RC_OK;

	*ret = json_object();
	json_array_foreach (given, i, v) {
		const char *eq = strchr(json_string_value(v), '=');
		if (eq == NULL) {
			rc = err_set(e, RC_INVALID, "--value %s: write it as word=text",
				     json_string_value(v));
			break;
		}
		json_object_setn_new(*ret, json_string_value(v),
				     (size_t)(eq - json_string_value(v)),
				     json_string(eq + 1));
	}
	json_decref(given);
	return rc;
}

static enum rc
cmd_template_render(struct cli *c, struct err *e)
{
	json_t *r, *values, *word;
	size_t i;
	enum rc rc = values_read(c, &values, e);

	if (rc != RC_OK) {
		json_decref(values);
		return rc;
	}
	rc = cli_call(c, "POST",
		      arena_printf(c->a, "/v1/templates/%s/render", c->words[0]),
		      json_pack("{s:s*, s:o}", "case",
				c->n_words > 1 ? c->words[1] : NULL, "values", values),
		      &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("%s\n", cli_text(r, "text"));
	json_array_foreach (json_object_get(r, "open"), i, word)
		fprintf(stderr, "still open: {%s}; give --value %s=TEXT\n",
			json_string_value(word), json_string_value(word));
	return RC_OK;
}

/* ---- forms ------------------------------------------------------------------------- */

static enum rc
cmd_form(struct cli *c, struct err *e)
{
	json_t *r, *values, *word;
	size_t i, n;
	enum rc rc = values_read(c, &values, e);

	if (rc != RC_OK) {
		json_decref(values);
		return rc;
	}
	rc = cli_call(c, "POST", arena_printf(c->a, "/v1/cases/%s/form", c->words[0]),
		      json_pack("{s:o, s:s*, s:s}", "values", values, "language",
				cli_value(c, "language"), "annex", cli_value(c, "annex")),
		      &r, e);
	if (rc != RC_OK)
		return rc;
	n = json_array_size(json_object_get(r, "missing"));
	if (!cli_json(c, r)) {
		printf("%s", cli_text(r, "text"));
		json_array_foreach (json_object_get(r, "missing"), i, word)
			fprintf(stderr,
				"missing: %s; it is a field of the notice, an answer in "
				"the case, or --value %s=TEXT\n",
				json_string_value(word), json_string_value(word));
	}
	return n == 0 ? RC_OK
		      : err_set(e, RC_CONFLICT, "the form lacks %zu of what it must have",
				n);
}

/* ---- duties ------------------------------------------------------------------------ */

static enum rc
cmd_duty_list(struct cli *c, struct err *e)
{
	json_t *r, *d;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/duties", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "duties")) == 0)
		printf("No duty has come near.\n");
	json_array_foreach (json_object_get(r, "duties"), i, d)
		printf("%s  %s\n  %s %s%s%s\n", cli_text(d, "duty"), cli_text(d, "text"),
		       json_is_null(json_object_get(d, "done")) ? "not done" : "done",
		       json_is_null(json_object_get(d, "done")) ? ""
								: cli_time(c, d, "done"),
		       json_is_null(json_object_get(d, "done")) ? "" : " by ",
		       json_is_null(json_object_get(d, "done")) ? ""
								: cli_text(d, "done_by"));
	return RC_OK;
}

static enum rc
cmd_duty_done(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "POST", arena_printf(c->a, "/v1/duties/%s/done", c->words[0]),
			 json_pack("{s:s*}", "note", cli_value(c, "note")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Done: %s\n", cli_text(r, "duty"));
	return rc;
}

/* ---- counts ------------------------------------------------------------------------ */

static enum rc
cmd_counts(struct cli *c, struct err *e)
{
	static const char *const words[] = {"submitted", "accepted", "refused",
					    "duplicate", "waiting",  "decided",
					    "open"};
	json_t *r;
	enum rc rc = cli_call(c, "GET", "/v1/counts", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		printf("%-10s %" JSON_INTEGER_FORMAT "\n", words[i],
		       cli_int(json_object_get(r, "counts"), words[i]));
	if (cli_int(r, "incomplete") != 0)
		printf("%" JSON_INTEGER_FORMAT
		       " notices are incomplete: their manifest is not here\n",
		       cli_int(r, "incomplete"));
	return RC_OK;
}

/* ---- prepared steps ---------------------------------------------------------------- */

static enum rc
cmd_prepared(struct cli *c, struct err *e)
{
	json_t *r, *p;
	size_t i;
	enum rc rc = cli_call(c, "GET", cli_query(c, "/v1/prepared", "limit after"), NULL,
			      &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "prepared")) == 0)
		printf("No step is due.\n");
	json_array_foreach (json_object_get(r, "prepared"), i, p)
		printf("%s  case %s: %s%s since %s\n    %s\n", cli_text(p, "prepared"),
		       cli_text(p, "case"), cli_text(p, "step"),
		       cli_int(p, "level") == 0
			       ? ""
			       : arena_printf(c->a, " %" JSON_INTEGER_FORMAT,
					      cli_int(p, "level")),
		       cli_time(c, p, "due"), cli_text(p, "text"));
	return RC_OK;
}

static enum rc
cmd_prepared_send(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/prepared/%s/send", c->words[0]),
			      json_pack("{s:s*}", "text", cli_value(c, "text")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Sent: recorded as %s at log index %" JSON_INTEGER_FORMAT ".\n",
		       cli_text(r, "event"), cli_int(r, "seq"));
	return rc;
}

static const struct cli_option prepared_send_options[] = {
	{"text", "TEXT", false, "instead of the text that was prepared"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option page_options[] = {
	{"limit", "N", false, "of a page (50)"},
	{"after", "CURSOR", false, "the next page"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option template_add_options[] = {
	{"kind", "WORD", true, "letter, reminder, warning, message, reason or clarify"},
	{"language", "CODE", false, "of the text (id)"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option template_list_options[] = {
	{"kind", "WORD", false, "letter, reminder, warning, message, reason or clarify"},
	{"limit", "N", false, "of a page (50)"},
	{"after", "NAME", false, "the next page"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option duty_done_options[] = {
	{"note", "TEXT", false, "what came of it; stays on this node"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option form_options[] = {
	{"annex", "1|2|3", true,
	 "the order, what was done, or why it cannot be carried out"},
	{"language", "CODE", false, "en or id (en)"},
	{"value", "WORD=TEXT", false,
	 "what only a person knows, such as signatory; kept nowhere; may be given again"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option template_render_options[] = {
	{"value", "WORD=TEXT", false, "fills a place; may be given again"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_casework_commands[] = {
	{"note", "CASE TEXT", 2, 2, "write an internal note, which never leaves the node",
	 "saluran note 01890a5d-ac96-774b-bcce-b302099a8057 'Called them at 9.' --as "
	 "sari.credential",
	 false, NULL, cmd_note},
	{"notes", "CASE", 1, 1, "the internal notes of a case",
	 "saluran notes 01890a5d-ac96-774b-bcce-b302099a8057 --as sari.credential", true,
	 page_options, cmd_notes},
	{"form", "CASE", 1, 1,
	 "an annex of Regulation (EU) 2021/784 for a case, as text; ends with 6 when "
	 "something is missing",
	 "saluran form 01890a5d-ac96-774b-bcce-b302099a8057 --annex 2 --value "
	 "signatory='M. Rossi' --value addressee_reference=TCO-7 --as lena.credential",
	 true, form_options, cmd_form},
	{"duty list", "", 0, 0,
	 "yearly figures and reviews by a third authority that have a date",
	 "saluran duty list --as wati.credential", true, NULL, cmd_duty_list},
	{"duty done", "DUTY", 1, 1, "say that one is done; its alarm ends",
	 "saluran duty done statistics.2016 --note 'Sent to the Commission.' --as "
	 "wati.credential",
	 false, duty_done_options, cmd_duty_done},
	{"counts", "", 0, 0, "what became of every row that was submitted",
	 "saluran counts --as sari.credential", true, NULL, cmd_counts},
	{"prepared", "", 0, 0,
	 "reminders and warnings that are due, for a person to send",
	 "saluran prepared --as sari.credential", true, page_options, cmd_prepared},
	{"prepared send", "PREPARED", 1, 1, "send one, with its text or another",
	 "saluran prepared send 01890a5d-ac96-774b-bcce-b302099a8057 --as "
	 "sari.credential",
	 false, prepared_send_options, cmd_prepared_send},
	{"template add", "NAME FILE", 2, 2,
	 "keep a text with {places}, or its next version",
	 "saluran template add first-reminder reminder.txt --kind reminder --as "
	 "sari.credential",
	 false, template_add_options, cmd_template_add},
	{"template list", "", 0, 0, "the templates of this node",
	 "saluran template list --kind reminder --as sari.credential", true,
	 template_list_options, cmd_template_list},
	{"template show", "NAME", 1, 1, "a template",
	 "saluran template show first-reminder --as sari.credential", true, NULL,
	 cmd_template_show},
	{"template render", "NAME [CASE]", 1, 2,
	 "fill a template in for a case; nothing is sent",
	 "saluran template render first-reminder 01890a5d-ac96-774b-bcce-b302099a8057 "
	 "--value officer=Sari --as sari.credential",
	 true, template_render_options, cmd_template_render},
	{0},
};
