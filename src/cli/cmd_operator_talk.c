/* Commands about what is said with DNS operators: whom they are reached by, reminders to
 * them, what they answer. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "cli/cli.h"

enum { FOLDER_MODE = 0700, MAIL_MODE = 0600 };

#define ID "0198c0de-0000-7000-8000-000000000001"

static const char *
operator_path(struct cli *c, const char *act)
{
	return arena_printf(c->a, "/v1/operators/%s%s", c->words[0], act);
}

static enum rc
cmd_contact(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(
		c, "POST", operator_path(c, "/contact"),
		json_pack("{s:s*, s:s*, s:s*, s:s*}", "name", cli_value(c, "name"),
			  "reach", cli_value(c, "reach"), "language",
			  cli_value(c, "language"), "person", cli_value(c, "person")),
		&r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s is reached by %s.\n", cli_text(r, "operator"),
		       cli_value(c, "reach"));
	return rc;
}

/* ---- reminders ------------------------------------------------------------------------
 */

static const char *
ascii_subject(struct cli *c, const char *subject)
{
	for (const char *p = subject; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return arena_printf(c->a, "=?UTF-8?B?%s?=",
					    b64_arena(c->a, (const uint8_t *)subject,
						      strlen(subject)));
	return subject;
}

/* A message as mail programs open it, to be sent by a person. */
static enum rc
mail_write(struct cli *c, const char *folder, const json_t *r, struct err *e)
{
	const char *reach = cli_text(r, "reach");
	const char *to =
		strchr(reach, '@') != NULL ? arena_printf(c->a, "To: %s\r\n", reach) : "";
	const char *text = arena_printf(
		c->a,
		"%sSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
		"charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nX-Unsent: "
		"1\r\n\r\n%s",
		to, ascii_subject(c, cli_text(r, "subject")), cli_text(r, "text"));

	return cli_file_write(
		arena_printf(c->a, "%s/%s.eml", folder, cli_text(r, "reminder")), text,
		strlen(text), MAIL_MODE, e);
}

static void
reminder_print(struct cli *c, const json_t *r)
{
	bool ready = strcmp(cli_text(r, "state"), "ready") == 0;

	printf("%s  to %s (%s, %s), number %" JSON_INTEGER_FORMAT "\n",
	       cli_text(r, "reminder"), cli_text(r, "operator"), cli_text(r, "contact"),
	       cli_text(r, "reach"), cli_int(r, "step"));
	if (ready)
		printf("ready since %s; when it is sent: saluran operator remind %s "
		       "--channel email\n\n%s\n\n%s\n",
		       cli_time(c, r, "made"), cli_text(r, "reminder"),
		       cli_text(r, "subject"), cli_text(r, "text"));
	else
		printf("sent %s by %s, %s: %s\n\n", cli_time(c, r, "sent"),
		       cli_text(r, "by"), cli_text(r, "channel"),
		       cli_many_of(c, r, "orders", "order", "orders"));
}

static enum rc
cmd_reminders(struct cli *c, struct err *e)
{
	const char *out = cli_value(c, "out"), *path = "/v1/reminders";
	const json_t *rows, *v;
	json_t *r;
	size_t i;

	path = cli_query_add(c, path, "operator", c->n_words != 0 ? c->words[0] : NULL);
	path = cli_query_add(c, path, "all", cli_switch(c, "all") ? "yes" : NULL);
	path = cli_query_add(c, path, "limit", cli_value(c, "limit"));
	enum rc rc = cli_call(c, "GET", path, NULL, &r, e);

	rows = rc == RC_OK ? json_object_get(r, "reminders") : NULL;
	if (rc == RC_OK && out != NULL && mkdir(out, FOLDER_MODE) < 0)
		rc = err_sys(e, "make the folder %s", out);
	if (rc == RC_OK && out != NULL)
		json_array_foreach (rows, i, v)
			if (rc == RC_OK && strcmp(cli_text(v, "state"), "ready") == 0)
				rc = mail_write(c, out, v, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(rows) == 0)
		printf("No operator is to be reminded of anything.\n");
	json_array_foreach (rows, i, v)
		reminder_print(c, v);
	return RC_OK;
}

static enum rc
cmd_remind(struct cli *c, struct err *e)
{
	const char *file = cli_value(c, "text"), *text = NULL;
	size_t len;
	json_t *r;
	enum rc rc = file != NULL ? cli_file_read(c, file, &text, &len, e) : RC_OK;

	if (rc == RC_OK)
		rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/reminders/%s/send", c->words[0]),
			      json_pack("{s:s*, s:s*, s:s*}", "channel",
					cli_value(c, "channel"), "reach",
					cli_value(c, "reach"), "text", text),
			      &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("On record: %s was reminded of %" JSON_INTEGER_FORMAT
		       " orders, reminder %" JSON_INTEGER_FORMAT ".\n",
		       cli_text(r, "operator"), cli_int(r, "orders"), cli_int(r, "step"));
	return rc;
}

/* ---- what was said --------------------------------------------------------------------
 */

static enum rc
cmd_answer(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", operator_path(c, "/answer"),
			      json_pack("{s:s*, s:s*}", "text", cli_value(c, "text"),
					"order", cli_value(c, "order")),
			      &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("On record as what %s says.\n", cli_text(r, "operator"));
	return rc;
}

static void
said_print(struct cli *c, const json_t *v)
{
	const json_t *orders = json_object_get(v, "orders"), *o;
	const char *kind = cli_text(v, "kind");
	size_t i;

	printf("%s  %s", cli_time(c, v, "at"), kind);
	if (strcmp(kind, "reminded") == 0)
		printf(" (%" JSON_INTEGER_FORMAT ", %s)", cli_int(v, "step"),
		       cli_text(v, "channel"));
	if (strcmp(kind, "applied") == 0)
		printf(" serial %" JSON_INTEGER_FORMAT, cli_int(v, "serial"));
	printf(" by %s\n", cli_text(v, "by"));
	json_array_foreach (orders, i, o)
		printf("  %s %s %s\n", cli_text(o, "order"), cli_word(c, o, "expected"),
		       cli_text(o, "lacks"));
	if (json_is_string(json_object_get(v, "text")))
		printf("%s\n", cli_text(v, "text"));
}

static enum rc
cmd_talk(struct cli *c, struct err *e)
{
	const json_t *v, *contact;
	json_t *r;
	size_t i;
	enum rc rc = cli_call(c, "GET", cli_query(c, operator_path(c, "/talk"), "limit"),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	contact = json_object_get(r, "contact");
	if (json_is_object(contact))
		printf("%s is reached by %s, %s (%s).\n", cli_text(r, "operator"),
		       cli_text(contact, "name"), cli_text(contact, "reach"),
		       cli_text(contact, "language"));
	else
		printf("Nobody knows whom %s is reached by: saluran operator contact "
		       "%s\n",
		       cli_text(r, "operator"), cli_text(r, "operator"));
	json_array_foreach (json_object_get(r, "said"), i, v)
		said_print(c, v);
	return RC_OK;
}

/* ---- the table ------------------------------------------------------------------------
 */

static const struct cli_option contact_options[] = {
	{"name", "TEXT", true, "of the desk or the person, as letters address it"},
	{"reach", "TEXT", true, "mail address or telephone number"},
	{"language", "CODE", false, "of letters: en or id (en)"},
	{"person", "NAME", false,
	 "of this node, with the role operator: may confirm and answer for it"},
	{.name = NULL},
};
static const struct cli_option reminders_options[] = {
	{"all", NULL, false, "those that were sent, too"},
	{"out", "DIR", false, "write those that are ready as mails into a new folder"},
	{"limit", "N", false, "how many, at most (50)"},
	{.name = NULL},
};
static const struct cli_option remind_options[] = {
	{"channel", "WORD", true, "the way it went: email, telephone, letter"},
	{"reach", "TEXT", false, "to whom, if not to the contact"},
	{"text", "FILE", false, "what was sent, if not what was prepared"},
	{.name = NULL},
};
static const struct cli_option answer_options[] = {
	{"text", "TEXT", true, "what the operator says"},
	{"order", "ORDER", false, "about this order"},
	{.name = NULL},
};
static const struct cli_option talk_options[] = {
	{"limit", "N", false, "how much of it, at most (50)"},
	{.name = NULL},
};

const struct cli_command cli_operator_talk_commands[] = {
	{"operator contact", "NAME", 1, 1, "whom an operator is reached by",
	 "saluran operator contact isp-one --name 'Network operations' --reach "
	 "noc@isp-one.example --language id --as wati.credential",
	 false, contact_options, cmd_contact},
	{"operator reminders", "[NAME]", 0, 1,
	 "reminders that are ready for a person to send",
	 "saluran operator reminders --out letters --as budi.credential", false,
	 reminders_options, cmd_reminders},
	{"operator remind", "REMINDER", 1, 1, "put on record that a reminder was sent",
	 "saluran operator remind " ID " --channel email --as budi.credential", false,
	 remind_options, cmd_remind},
	{"operator answer", "NAME", 1, 1, "put on record what an operator answers",
	 "saluran operator answer isp-one --text 'The disk was full; mended.' --as "
	 "budi.credential",
	 false, answer_options, cmd_answer},
	{"operator talk", "NAME", 1, 1, "reminders, answers, claims: the conversation",
	 "saluran operator talk isp-one --as budi.credential", false, talk_options,
	 cmd_talk},
	{0},
};
