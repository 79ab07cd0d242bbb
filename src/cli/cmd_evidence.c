/* Commands on files of evidence, their erasure and legal holds. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cli/cli.h"

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Was the file written after the upload began?  Then what is there is of another text,
 * and to go on would make one file of two. */
static bool
is_newer(const struct stat *st, const json_t *up)
{
	const char *made = cli_text(up, "made");
	int64_t made_us, at_us = (int64_t)st->st_mtim.tv_sec * CLOCK_US_PER_S +
				 st->st_mtim.tv_nsec / 1000;

	return clock_parse(made, strlen(made), &made_us) != RC_OK || at_us > made_us;
}

/* The upload of an earlier try of the same file, or NULL: it goes on. */
static const char *
upload_find(struct cli *c, const char *name, const struct stat *st, struct err *e)
{
	const json_t *up;
	json_t *r;
	size_t i;

	if (cli_call(c, "GET", arena_printf(c->a, "/v1/cases/%s/evidence", c->words[0]),
		     NULL, &r, e) != RC_OK)
		return NULL;
	json_array_foreach (json_object_get(r, "uploads"), i, up)
		if (strcmp(cli_text(up, "name"), name) == 0 &&
		    cli_int(up, "bytes") == (json_int_t)st->st_size &&
		    strcmp(cli_text(up, "state"), "receiving") == 0 && !is_newer(st, up))
			return cli_text(up, "upload");
	return NULL;
}

static enum rc
add_one(struct cli *c, const char *path, json_t *done, struct err *e)
{
	const char *name = name_of(path), *upload;
	json_int_t offset = 0;
	struct stat st;
	json_t *r;
	enum rc rc = RC_OK;

	if (stat(path, &st) < 0)
		return err_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, RC_INVALID, "%s is no file", path);
	upload = upload_find(c, name, &st, e);
	if (upload == NULL) {
		rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/cases/%s/evidence", c->words[0]),
			      json_pack("{s:s, s:I, s:s*, s:s*}", "name", name, "bytes",
					(json_int_t)st.st_size, "media_type",
					cli_value(c, "type"), "description",
					cli_value(c, "description")),
			      &r, e);
		upload = rc == RC_OK ? cli_text(r, "upload") : NULL;
	} else {
		rc = cli_call(c, "GET", arena_printf(c->a, "/v1/uploads/%s", upload),
			      NULL, &r, e);
		offset = rc == RC_OK ? cli_int(r, "offset") : 0;
	}
	if (rc == RC_OK)
		rc = cli_upload(
			c,
			arena_printf(c->a, "/v1/uploads/%s?offset=%" JSON_INTEGER_FORMAT,
				     upload, offset),
			path, (uint64_t)offset, (uint64_t)(st.st_size - offset), &r, e);
	if (rc != RC_OK) {
		err_prefix(e, "%s", path);
		return rc;
	}
	json_array_append_new(
		done, json_pack("{s:s, s:s, s:s, s:s, s:I}", "file", path, "upload",
				upload, "state", cli_text(r, "state"), "sha256",
				cli_text(r, "sha256"), "bytes", (json_int_t)st.st_size));
	return RC_OK;
}

static enum rc
cmd_add(struct cli *c, struct err *e)
{
	json_t *done = json_array(), *o = json_pack("{s:o}", "files", done);
	const json_t *row;
	size_t k;
	enum rc rc = RC_OK;

	for (size_t i = 1; rc == RC_OK && i < c->n_words; i++)
		rc = add_one(c, c->words[i], done, e);
	if (rc == RC_OK && !cli_json(c, o))
		json_array_foreach (done, k, row)
			printf("%s is encrypted for both sides as %s. 'saluran evidence "
			       "list' tells when the other side has it.\n",
			       cli_text(row, "file"), cli_text(row, "sha256"));
	json_decref(o);
	return rc;
}

static enum rc
cmd_list(struct cli *c, struct err *e)
{
	const json_t *row;
	json_t *r;
	size_t i;
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/cases/%s/evidence", c->words[0]),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "files"), i, row) {
		printf("%s  %-9s  %s  %s  %s", cli_text(row, "sha256"),
		       cli_text(row, "from"), cli_time(c, row, "given"),
		       cli_text(row, "here"), cli_text(row, "name"));
		if (json_is_string(json_object_get(row, "rejected")))
			printf("  REJECTED: %s", cli_text(row, "rejected"));
		printf("\n");
	}
	json_array_foreach (json_object_get(r, "uploads"), i, row) {
		printf("%-64s  ours       %s  %s  %s", "-", cli_time(c, row, "made"),
		       cli_word(c, row, "state"), cli_text(row, "name"));
		if (json_is_string(json_object_get(row, "reason")))
			printf("  %s", cli_text(row, "reason"));
		printf("\n");
	}
	return RC_OK;
}

static enum rc
cmd_get(struct cli *c, struct err *e)
{
	enum { EVIDENCE_MODE = 0600 };
	const char *out = cli_value(c, "out");
	uint64_t bytes = 0;
	enum rc rc = cli_download(c, arena_printf(c->a, "/v1/evidence/%s", c->words[0]),
				  out, EVIDENCE_MODE, &bytes, e);

	if (rc != RC_OK)
		return rc;
	json_t *o = json_pack("{s:s, s:I}", "file", out, "bytes", (json_int_t)bytes);
	if (!cli_json(c, o))
		printf("%s: %" PRIu64 " bytes. That you read it is on record.\n", out,
		       bytes);
	json_decref(o);
	return RC_OK;
}

/* "platform:17", "authority:3" */
static enum rc
event_take(const char *text, json_t *into, struct err *e)
{
	const char *colon = strchr(text, ':');
	json_t *seq = colon == NULL ? NULL : json_loads(colon + 1, JSON_DECODE_ANY, NULL);

	if (!json_is_integer(seq)) {
		json_decref(seq);
		return err_set(
			e, RC_INVALID,
			"--event %s: write authority:NUMBER or platform:NUMBER, as "
			"'saluran show' has them",
			text);
	}
	json_array_append_new(into, json_pack("{s:s#, s:o}", "from", text,
					      (int)(colon - text), "seq", seq));
	return RC_OK;
}

static enum rc
erased_print(struct cli *c, const json_t *r)
{
	if (!cli_json(c, r))
		printf("Erased here: %" JSON_INTEGER_FORMAT
		       " texts, %" JSON_INTEGER_FORMAT
		       " files. Every signature and receipt stays.\n",
		       cli_int(r, "texts"), cli_int(r, "files"));
	return RC_OK;
}

static enum rc
cmd_erase(struct cli *c, struct err *e)
{
	const char *request = cli_value(c, "request");
	json_t *given = cli_values(c, "event"), *events = NULL, *v, *r;
	size_t i;
	enum rc rc = RC_OK;

	if (given != NULL)
		events = json_array();
	json_array_foreach (given, i, v)
		if (rc == RC_OK)
			rc = event_take(json_string_value(v), events, e);
	json_decref(given);
	if (rc == RC_OK && request == NULL &&
	    (cli_value(c, "what") == NULL || cli_value(c, "reason") == NULL))
		rc = err_set(e, RC_INVALID,
			     "say --what and --reason, or which --request of the other "
			     "side you do");
	if (rc == RC_OK && request != NULL)
		rc = cli_call(
			c, "POST",
			arena_printf(c->a, "/v1/cases/%s/erase/%s", c->words[0], request),
			NULL, &r, e);
	else if (rc == RC_OK)
		rc = cli_call(
			c, "POST", arena_printf(c->a, "/v1/cases/%s/erase", c->words[0]),
			json_pack("{s:s, s:s, s:O*}", "what", cli_value(c, "what"),
				  "reason", cli_value(c, "reason"), "events", events),
			&r, e);
	json_decref(events);
	return rc == RC_OK ? erased_print(c, r) : rc;
}

/* Texts of no case. */
static enum rc
erase_post(struct cli *c, const char *path, json_t *in, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", path, in, &r, e);

	return rc == RC_OK ? erased_print(c, r) : rc;
}

static enum rc
cmd_erase_asked(struct cli *c, struct err *e)
{
	return erase_post(c, arena_printf(c->a, "/v1/erasures/%s", c->words[0]), NULL, e);
}

static enum rc
cmd_objection_erase(struct cli *c, struct err *e)
{
	return erase_post(c, arena_printf(c->a, "/v1/objections/%s/erase", c->words[0]),
			  json_pack("{s:s}", "reason", cli_value(c, "reason")), e);
}

static enum rc
cmd_contacts_erase(struct cli *c, struct err *e)
{
	return erase_post(c, "/v1/contacts/erase",
			  json_pack("{s:s, s:s*}", "reason", cli_value(c, "reason"),
				    "peer", cli_value(c, "peer")),
			  e);
}

static enum rc
cmd_hold(struct cli *c, struct err *e)
{
	const char *release = cli_value(c, "release");
	const char *path = release == NULL
				   ? arena_printf(c->a, "/v1/cases/%s/holds", c->words[0])
				   : arena_printf(c->a, "/v1/cases/%s/holds/%s/release",
						  c->words[0], release);
	json_t *r;
	enum rc rc =
		cli_call(c, "POST", path,
			 json_pack("{s:s}", "reason", cli_value(c, "reason")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf(release == NULL
			       ? "Nothing of the case is erased while hold %s stands.\n"
			       : "Hold %s is released.\n",
		       cli_text(r, "hold"));
	return rc;
}

static enum rc
cmd_erasures(struct cli *c, struct err *e)
{
	const json_t *row;
	json_t *r;
	size_t i;
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/cases/%s/erasures", c->words[0]),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "holds"), i, row)
		printf("hold %s  %s  %s  %s  %s\n", cli_text(row, "hold"),
		       cli_text(row, "from"), cli_time(c, row, "placed"),
		       json_is_null(json_object_get(row, "released")) ? "stands"
								      : "released",
		       cli_text(row, "reason"));
	json_array_foreach (json_object_get(r, "erasures"), i, row)
		printf("%s %s  %s  %s  %s  %s\n", cli_text(row, "act"),
		       cli_text(row, "request"), cli_text(row, "from"),
		       cli_time(c, row, "at"), cli_text(row, "what"),
		       cli_text(row, "reason"));
	return RC_OK;
}

static const struct cli_option add_options[] = {
	{"type", "MEDIA/TYPE", false, "what kind of file, such as image/png"},
	{"description", "TEXT", false, "what is to be seen in it"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option get_options[] = {
	{"out", "FILE", true, "write it there"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option erase_options[] = {
	{"what", "KIND", false, "texts, files or all"},
	{"event", "SIDE:NUMBER", false,
	 "only what this event says, such as platform:17; again for more; without it all "
	 "of the case"},
	{"reason", "TEXT", false,
	 "why; the other side reads it and is asked to do the same"},
	{"request", "REQUEST", false, "do what the other side asks for"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option alone_options[] = {
	{"reason", "TEXT", true,
	 "why; the other side reads it and is asked to do the same"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option contacts_erase_options[] = {
	{"reason", "TEXT", true,
	 "why; the other side reads it and is asked to do the same"},
	{"peer", "ORG", false, "which, when there are several"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option hold_options[] = {
	{"reason", "TEXT", true, "why"},
	{"release", "HOLD", false, "release this one"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option no_options[] = {
	{NULL, NULL, false, NULL},
};

#define A_CASE "01890a5d-ac96-774b-bcce-b302099a8057"

const struct cli_command cli_evidence_commands[] = {
	{"evidence add", "CASE FILE...", 2, CLI_VALUES_MAX - 1,
	 "give files as evidence; one that broke off goes on",
	 "saluran evidence add " A_CASE
	 " layar.png --type image/png --as rina.credential",
	 false, add_options, cmd_add},
	{"evidence list", "CASE", 1, 1, "files of a case, and those on their way",
	 "saluran evidence list " A_CASE, false, no_options, cmd_list},
	{"evidence get", "SHA256", 1, 1, "read a file of evidence",
	 "saluran evidence get "
	 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --out "
	 "layar.png",
	 false, get_options, cmd_get},
	{"erase", "CASE", 1, 1,
	 "erase texts and files of a case on this node, and ask the other side to",
	 "saluran erase " A_CASE " --what all --reason 'retention is over' --as "
	 "admin.credential",
	 false, erase_options, cmd_erase},
	{"erase asked", "REQUEST", 1, 1,
	 "erase here what the other side asks for of objections and contacts",
	 "saluran erase asked " A_CASE " --as wati.credential", false, no_options,
	 cmd_erase_asked},
	{"objection erase", "OBJECTION", 1, 1,
	 "erase what was objected and answered; the ruling stays",
	 "saluran objection erase " A_CASE
	 " --reason 'asked for by whoever objected' --as wati.credential",
	 false, alone_options, cmd_objection_erase},
	{"contacts erase", "", 0, 0, "erase contacts that newer ones have replaced",
	 "saluran contacts erase --reason 'they have left' --as wati.credential", false,
	 contacts_erase_options, cmd_contacts_erase},
	{"erasures", "CASE", 1, 1, "what was erased, what was asked for, legal holds",
	 "saluran erasures " A_CASE, false, no_options, cmd_erasures},
	{"hold", "CASE", 1, 1, "place a legal hold: nothing of the case is erased",
	 "saluran hold " A_CASE
	 " --reason 'asked for by the court' --as admin.credential",
	 false, hold_options, cmd_hold},
	{0},
};
