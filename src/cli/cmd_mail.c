/* Commands on e-mail that was sent before there was a channel. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "cli/cli.h"
#include "core/mbox.h"
#include "service/mail.h"

enum {
	IMPORT_MESSAGES_MAX = 200000, /* of one command */
	MAILDIR_FILES_MAX = 200000,
	PATH_LEN_MAX = 4096,
};

/* One command's import: what came of each message, and how many of each. */
struct import {
	struct cli *c;
	json_t *answers;
	size_t seen, imported, joined, again, refused;
	bool stopped; /* the node, not a message: the rest would end the same way */
};

static void
release_json(void *p)
{
	json_decref(p);
}

static void
answer_print(const struct import *im, const char *source, const json_t *r)
{
	const json_t *p;
	size_t i;

	printf("%s: %s", source, cli_text(r, "answer"));
	if (json_is_string(json_object_get(r, "mail")))
		printf(" %s", cli_text(r, "mail"));
	printf(", %s, %" JSON_INTEGER_FORMAT " proposed", cli_text(r, "format"),
	       cli_int(r, "proposals"));
	if (json_is_string(json_object_get(r, "case")))
		printf(", of case %s", cli_text(r, "case"));
	printf(": %s\n", cli_text(r, "subject"));
	json_array_foreach (json_object_get(r, "notes"), i, p)
		printf("    %s\n", json_string_value(p));
	json_array_foreach (json_object_get(r, "proposed"), i, p) {
		const json_t *at = json_object_get(p, "place");
		printf("    %-8s %s  [part %s", cli_text(p, "kind"),
		       cli_text(p, "normal"), cli_text(at, "part"));
		if (cli_int(at, "line") != 0)
			printf(", line %" JSON_INTEGER_FORMAT
			       ", column %" JSON_INTEGER_FORMAT,
			       cli_int(at, "line"), cli_int(at, "column"));
		if (json_is_string(json_object_get(at, "pointer")))
			printf(", %s", cli_text(at, "pointer"));
		printf("]%s%s\n",
		       json_is_string(json_object_get(p, "category")) ? "  " : "",
		       json_is_string(json_object_get(p, "category"))
			       ? cli_text(p, "category")
			       : "");
	}
	(void)im;
}

static void
answer_take(struct import *im, const char *source, enum rc rc, json_t *r,
	    const struct err *e)
{
	const char *answer = cli_text(r, "answer");

	if (rc != RC_OK) {
		im->refused++;
		json_array_append_new(
			im->answers,
			json_pack("{s:s, s:s, s:s, s:s, s:s*}", "source", source,
				  "answer", "refused", "title", rc_token(rc), "problem",
				  e->text, "rule",
				  json_string_value(json_object_get(r, "rule"))));
		if (!im->c->json)
			printf("%s: refused: %s\n", source, e->text);
		return;
	}
	im->joined += strcmp(answer, "joined") == 0;
	im->again += strcmp(answer, "again") == 0;
	im->imported += strcmp(answer, "imported") == 0 || strcmp(answer, "preview") == 0;
	json_t *kept = json_deep_copy(r);
	json_object_set_new(kept, "source", json_string(source));
	json_array_append_new(im->answers, kept);
	if (!im->c->json)
		answer_print(im, source, r);
}

/* One message to the node.  A failure of the message is an answer; RC_OK goes on. */
static enum rc
message_post(struct import *im, const char *source, const void *raw, size_t len,
	     struct err *e)
{
	struct cli one = *im->c;
	struct err why = ERR_INIT;
	json_t *r = NULL;
	enum rc rc;

	if (im->seen++ == IMPORT_MESSAGES_MAX)
		return err_set(
			e, RC_TOO_LARGE,
			"more than %d messages: import the rest in another command",
			IMPORT_MESSAGES_MAX);
	one.a = arena_create(); /* what one message takes goes with it */
	if (len > MAIL_BYTES_MAX) {
		rc = err_set(&why, RC_TOO_LARGE,
			     "mail.size: a message has at most %d bytes", MAIL_BYTES_MAX);
	} else if (len == 0) {
		rc = err_set(&why, RC_INVALID, "mail.empty: it is empty");
	} else {
		struct buf b = BUF_INIT((size_t)MAIL_BYTES_MAX * 2);
		b64_put(&b, raw, len);
		rc = cli_call(&one, "POST", "/v1/mail",
			      json_pack("{s:s, s:s, s:b, s:b}", "raw", buf_str(&b),
					"source", source, "preview",
					cli_switch(im->c, "preview"), "cut_too",
					cli_switch(im->c, "cut-too")),
			      &r, &why);
		buf_free(&b);
	}
	if (rc == RC_OK || rc == RC_INVALID || rc == RC_TOO_LARGE)
		answer_take(im, source, rc, r, &why);
	else {
		im->stopped = true;
		rc = err_set(e, rc,
			     "%s: %s; what came before is kept: run it again to go on",
			     source, why.text);
		arena_free(one.a);
		return rc;
	}
	arena_free(one.a);
	return RC_OK;
}

static enum rc
on_read(void *arg, char *into, size_t max, size_t *ret, struct err *e)
{
	FILE *f = arg;

	*ret = fread(into, 1, max, f);
	return ferror(f) ? err_sys(e, "read") : RC_OK;
}

static enum rc
mbox_import(struct import *im, const char *path, FILE *f, struct err *e)
{
	struct buf b = BUF_INIT(MAIL_BYTES_MAX);
	char *chunk = arena_alloc(im->c->a, MBOX_CHUNK_BYTES);
	struct mbox_message at = {0};
	struct mbox m;
	enum rc rc = RC_OK;

	mbox_open(&m, on_read, f, chunk, MAIL_BYTES_MAX);
	while (rc == RC_OK) {
		rc = mbox_next(&m, &b, &at, e);
		if (rc != RC_OK)
			break;
		char *source =
			arena_printf(im->c->a, "%s message %" PRIu64 " at byte %" PRIu64,
				     path, at.number, at.offset);
		rc = message_post(im, source, buf_str(&b),
				  at.too_large ? (size_t)MAIL_BYTES_MAX + 1 : b.len, e);
	}
	mbox_close(&m);
	buf_free(&b);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* A file that holds one message, or one report. */
static enum rc
single_import(struct import *im, const char *path, FILE *f, struct err *e)
{
	struct buf b = BUF_INIT(MAIL_BYTES_MAX);
	char *chunk = arena_alloc(im->c->a, MBOX_CHUNK_BYTES);
	size_t n;
	enum rc rc = RC_OK;

	while (rc == RC_OK && buf_ok(&b)) {
		rc = on_read(f, chunk, MBOX_CHUNK_BYTES, &n, e);
		if (rc != RC_OK || n == 0)
			break;
		buf_put(&b, chunk, n);
	}
	if (rc == RC_OK)
		rc = message_post(im, path, buf_str(&b),
				  buf_ok(&b) ? b.len : (size_t)MAIL_BYTES_MAX + 1, e);
	buf_free(&b);
	return rc;
}

static enum rc
file_import(struct import *im, const char *path, struct err *e)
{
	char head[MBOX_LINE_LOOK_MAX];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return err_sys(e, "%s", path);
	size_t n = fread(head, 1, sizeof(head), f);
	enum rc rc = ferror(f) || fseek(f, 0, SEEK_SET) != 0 ? err_sys(e, "read %s", path)
							     : RC_OK;
	if (rc == RC_OK)
		rc = mbox_begins(head, n) ? mbox_import(im, path, f, e)
					  : single_import(im, path, f, e);
	fclose(f);
	return rc;
}

struct names {
	char **names;
	size_t n, cap;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Its files by name, none that begins with a dot: always in the same order. */
static enum rc
dir_list(struct cli *c, const char *path, struct names *ret, struct err *e)
{
	DIR *d = opendir(path);
	const struct dirent *f;
	enum rc rc = RC_OK;

	if (d == NULL)
		return err_sys(e, "%s", path);
	ret->names = arena_array(c->a, MAILDIR_FILES_MAX, sizeof(*ret->names));
	while (rc == RC_OK && (f = readdir(d)) != NULL) {
		if (f->d_name[0] == '.')
			continue;
		if (ret->n == MAILDIR_FILES_MAX)
			rc = err_set(e, RC_TOO_LARGE, "%s holds more than %d files", path,
				     MAILDIR_FILES_MAX);
		else
			ret->names[ret->n++] =
				arena_printf(c->a, "%s/%s", path, f->d_name);
	}
	closedir(d);
	qsort(ret->names, ret->n, sizeof(*ret->names), by_name);
	return rc;
}

/* A maildir (cur and new), or a folder of files. */
static enum rc
dir_import(struct import *im, const char *path, struct err *e)
{
	static const char *const parts[] = {"cur", "new"};
	bool maildir = false;
	size_t files = 0;
	struct stat st;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < 3 && rc == RC_OK; i++) {
		struct names n = {0};
		const char *sub =
			i < 2 ? arena_printf(im->c->a, "%s/%s", path, parts[i]) : path;
		if (i < 2 && (stat(sub, &st) != 0 || !S_ISDIR(st.st_mode)))
			continue;
		if (i == 2 && maildir)
			return RC_OK;
		maildir = true;
		rc = dir_list(im->c, sub, &n, e);
		for (size_t k = 0; rc == RC_OK && k < n.n; k++)
			if (stat(n.names[k], &st) == 0 && S_ISREG(st.st_mode)) {
				files++;
				rc = file_import(im, n.names[k], e);
			}
	}
	if (rc == RC_OK && files == 0)
		rc = err_set(e, RC_NOT_FOUND,
			     "%s holds no message: name a maildir (with cur and new), a "
			     "folder of messages, or the files; folders within a folder "
			     "are not read",
			     path);
	return rc;
}

static enum rc
cmd_import_mail(struct cli *c, struct err *e)
{
	struct import im = {.c = c, .answers = json_array()};
	enum rc rc = RC_OK;
	struct stat st;

	arena_defer(c->a, release_json, im.answers);
	for (size_t i = 0; rc == RC_OK && i < c->n_words; i++) {
		if (stat(c->words[i], &st) != 0)
			rc = err_sys(e, "%s", c->words[i]);
		else if (S_ISDIR(st.st_mode))
			rc = dir_import(&im, c->words[i], e);
		else
			rc = file_import(&im, c->words[i], e);
	}
	if (c->json) {
		json_t *all = json_pack(
			"{s:O, s:I, s:I, s:I, s:I}", "messages", im.answers, "imported",
			(json_int_t)im.imported, "joined", (json_int_t)im.joined, "again",
			(json_int_t)im.again, "refused", (json_int_t)im.refused);
		cli_json(c, all);
		json_decref(all);
	} else {
		printf("%zu imported, %zu joined to what they answer to, %zu were here "
		       "already, %zu refused%s\n",
		       im.imported, im.joined, im.again, im.refused,
		       cli_switch(c, "preview") ? "; a preview: nothing is kept" : "");
	}
	if (rc == RC_OK && im.refused != 0)
		rc = err_set(e, RC_INVALID, "%s refused: each says why%s",
			     cli_many(c, (json_int_t)im.refused, "message was",
				      "messages were"),
			     im.imported + im.joined + im.again != 0
				     ? "; the others are in"
				     : "");
	return rc;
}

static enum rc
cmd_mail_list(struct cli *c, struct err *e)
{
	json_t *r, *m;
	size_t i;

	enum rc rc = cli_call(c, "GET", cli_query(c, "/v1/mail", "state limit after"),
			      NULL, &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "mails"), i, m)
		printf("%s  %-8s %-8s %s  %" JSON_INTEGER_FORMAT
		       " of %" JSON_INTEGER_FORMAT " to send  %s: %s\n",
		       cli_text(m, "mail"), cli_word(c, m, "state"),
		       cli_text(m, "format"), cli_time(c, m, "date"),
		       cli_int(m, "proposed"), cli_int(m, "proposals"),
		       cli_text(m, "from"), cli_text(m, "subject"));
	if (json_array_size(json_object_get(r, "mails")) == 0)
		printf("No e-mail%s.\n",
		       cli_value(c, "state") == NULL ? " yet" : " in this state");
	if (json_is_string(json_object_get(r, "next")))
		printf("more: saluran mail list --after %s\n", cli_text(r, "next"));
	return RC_OK;
}

static void
proposal_print(struct cli *c, const json_t *p)
{
	const json_t *at = json_object_get(p, "place"), *m;
	size_t i;

	printf("  %4" JSON_INTEGER_FORMAT "  %-8s %-8s %-14s %s\n", cli_int(p, "n"),
	       cli_word(c, p, "state"), cli_text(p, "kind"), cli_word(c, p, "category"),
	       cli_text(p, "given"));
	printf("        part %s", cli_text(at, "part"));
	if (cli_int(at, "line") != 0)
		printf(", line %" JSON_INTEGER_FORMAT ", column %" JSON_INTEGER_FORMAT,
		       cli_int(at, "line"), cli_int(at, "column"));
	if (json_is_string(json_object_get(at, "pointer")))
		printf(", %s", cli_text(at, "pointer"));
	if (json_is_string(json_object_get(at, "field")))
		printf(", field %s", cli_text(at, "field"));
	if (json_is_true(json_object_get(at, "defanged")))
		printf(", written so that nobody follows it");
	if (json_is_string(json_object_get(at, "shown")))
		printf(", SHOWN AS %s", cli_text(at, "shown"));
	printf(": %s\n", cli_text(p, "description"));
	json_array_foreach (json_object_get(p, "earlier"), i, m)
		printf("        earlier: item %" JSON_INTEGER_FORMAT " of case %s, %s\n",
		       cli_int(m, "i"), cli_text(m, "case"),
		       json_is_string(json_object_get(m, "outcome"))
			       ? cli_word(c, m, "outcome")
			       : "open");
}

static enum rc
cmd_mail_show(struct cli *c, struct err *e)
{
	const char *path = arena_printf(c->a, "/v1/mail/%s", c->words[0]), *raw;
	size_t i, len;
	json_t *r, *p;

	if (cli_switch(c, "raw")) {
		enum rc rc = cli_call_bytes(c, arena_printf(c->a, "%s/raw", path), &raw,
					    &len, e);
		if (rc == RC_OK && fwrite(raw, 1, len, stdout) != len)
			rc = err_sys(e, "write the message");
		return rc;
	}
	enum rc rc = cli_call(c, "GET", path, NULL, &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("e-mail %s: %s, %s\n  from %s to %s, %s\n  %s\n  Message-ID %s\n  sha256 "
	       "%s, from %s\n",
	       cli_text(r, "mail"), cli_word(c, r, "state"), cli_text(r, "format"),
	       cli_text(r, "from"), cli_text(r, "to"), cli_time(c, r, "date"),
	       cli_text(r, "subject"), cli_text(r, "message_id"), cli_text(r, "sha256"),
	       cli_text(r, "source"));
	if (json_is_string(json_object_get(r, "case")))
		printf("  of case %s\n", cli_text(r, "case"));
	if (json_is_string(json_object_get(r, "legal_basis")))
		printf("  legal basis it names: %s\n", cli_text(r, "legal_basis"));
	json_array_foreach (json_object_get(r, "notes"), i, p)
		printf("  note: %s\n", json_string_value(p));
	json_array_foreach (json_object_get(r, "thread_mails"), i, p)
		printf("  thread: %s  %s  %s: %s\n", cli_text(p, "mail"),
		       cli_time(c, p, "date"), cli_text(p, "from"),
		       cli_text(p, "subject"));
	printf("proposals\n");
	json_array_foreach (json_object_get(r, "proposals"), i, p)
		proposal_print(c, p);
	return RC_OK;
}

/* "1,3,5-9" with one act. */
static enum rc
items_put(json_t *items, const char *list, const char *act, const char *category,
	  struct err *e)
{
	for (const char *at = list; *at != '\0';) {
		char *end;
		unsigned long from = strtoul(at, &end, 10), to = from;
		if (end != at && *end == '-') {
			at = end + 1;
			to = strtoul(at, &end, 10);
		}
		if (end == at || from == 0 || to < from || to > MAIL_PROPOSALS_MAX ||
		    (*end != ',' && *end != '\0'))
			return err_set(
				e, RC_INVALID,
				"\"%s\": write numbers and ranges, such as 1,3,5-9",
				list);
		for (; from <= to; from++)
			json_array_append_new(items,
					      json_pack("{s:I, s:s, s:s*}", "n",
							(json_int_t)from, "do", act,
							"category", category));
		at = *end == ',' ? end + 1 : end;
	}
	return RC_OK;
}

static enum rc
cmd_mail_decide(struct cli *c, struct err *e)
{
	json_t *items = json_array(), *in = json_pack("{s:o}", "items", items), *r;
	const char *keep = cli_value(c, "keep"), *drop = cli_value(c, "drop");
	enum rc rc =
		keep == NULL && drop == NULL
			? err_set(e, RC_INVALID, "say which: --keep LIST, --drop LIST")
			: RC_OK;

	if (rc == RC_OK && keep != NULL)
		rc = items_put(items, keep, "keep", cli_value(c, "category"), e);
	if (rc == RC_OK && drop != NULL)
		rc = items_put(items, drop, "drop", NULL, e);
	if (rc != RC_OK) {
		json_decref(in);
		return rc;
	}
	rc = cli_call(c, "POST",
		      arena_printf(c->a, "/v1/mail/%s/decide-proposals", c->words[0]), in,
		      &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("%s decided.\n",
		       cli_many_of(c, r, "decided", "proposal", "proposals"));
	return rc;
}

static enum rc
cmd_mail_drop(struct cli *c, struct err *e)
{
	enum rc rc = RC_OK;
	json_t *r;

	for (size_t i = 0; rc == RC_OK && i < c->n_words; i++) {
		rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/mail/%s/drop", c->words[i]), NULL,
			      &r, e);
		if (rc == RC_OK && !cli_json(c, r))
			printf("%s: dropped, its content is gone.\n", c->words[i]);
	}
	return rc;
}

static enum rc
cmd_mail_join(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "POST", arena_printf(c->a, "/v1/mail/%s/join", c->words[0]),
			 json_pack("{s:s, s:b}", "case", c->words[1], "no_evidence",
				   cli_switch(c, "no-evidence")),
			 &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s belongs to case %s, with the replies of its thread%s.\n",
		       c->words[0], c->words[1],
		       cli_switch(c, "no-evidence")
			       ? ""
			       : "; the message is given as evidence");
	return rc;
}

static enum rc
cmd_mail_send(struct cli *c, struct err *e)
{
	const char *letter = NULL;
	json_t *mails = json_array(), *r, *p;
	size_t len, i;
	enum rc rc = RC_OK;

	for (i = 0; i < c->n_words; i++)
		json_array_append_new(mails, json_string(c->words[i]));
	if (cli_value(c, "letter") != NULL)
		rc = cli_file_read(c, cli_value(c, "letter"), &letter, &len, e);
	json_t *in = json_pack(
		"{s:o, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:b, s:b, s:b}",
		"mails", mails, "reference", cli_value(c, "reference"), "subject",
		cli_value(c, "subject"), "legal_basis", cli_value(c, "legal-basis"),
		"peer", cli_value(c, "peer"), "category", cli_value(c, "category"),
		"letter", letter, "language", cli_value(c, "language"), "measure",
		cli_value(c, "measure"), "urgent", cli_switch(c, "urgent"), "partial",
		cli_switch(c, "partial"), "no_evidence", cli_switch(c, "no-evidence"));
	if (rc == RC_OK)
		rc = cli_fields_put(c, in, e);
	if (rc != RC_OK) {
		json_decref(in);
		return rc;
	}
	rc = cli_call(c, "POST", "/v1/mail/send", in, &r, e);
	json_array_foreach (json_object_get(json_object_get(r, "batch"), "problems"), i,
			    p)
		if (!c->json)
			printf("  e-mail %s, proposal %" JSON_INTEGER_FORMAT ": %s\n",
			       cli_text(p, "mail"), cli_int(p, "n"),
			       cli_text(p, "problem"));
	if (rc == RC_OK && !cli_json(c, r))
		printf("%s as case %s: %s.\n",
		       json_is_true(json_object_get(r, "again")) ? "Was already sent"
								 : "Sent",
		       cli_text(r, "case"), cli_many_of(c, r, "items", "item", "items"));
	return rc;
}

static const struct cli_option import_options[] = {
	{"preview", NULL, false, "only show what would be proposed; nothing is kept"},
	{"cut-too", NULL, false, "also messages that were cut off, with what is there"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option mail_list_options[] = {
	{"state", "STATE", false, "new, joined, dropped or sent"},
	{"limit", "N", false, "e-mails of a page (50)"},
	{"after", "MAIL", false, "the next page"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option mail_show_options[] = {
	{"raw", NULL, false, "the message as it came"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option mail_decide_options[] = {
	{"keep", "LIST", false, "proposals to send: 1,3,5-9"},
	{"drop", "LIST", false, "proposals not to send"},
	{"category", "CODE", false, "of those that are kept"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option mail_join_options[] = {
	{"no-evidence", NULL, false,
	 "do not give the message itself as evidence: it may hold personal data"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option mail_send_options[] = {
	{"reference", "TEXT", true, "your own id of the batch: sending it again is safe"},
	{"subject", "TEXT", true, "what it is about, one line"},
	{"legal-basis", "TEXT", true, "the law it rests on"},
	{"category", "CODE", false, "of proposals that have none"},
	{"peer", "ORG", false, "to whom, when there are several"},
	{"letter", "FILE", false, "the letter that goes with it, as text"},
	{"language", "CODE", false, "of the letter (id)"},
	{"measure", "WORD", false, "what is asked for (removal)"},
	{"urgent", NULL, false, "by the urgent deadline of the policy"},
	{"partial", NULL, false, "send the good rows though others have problems"},
	{"no-evidence", NULL, false,
	 "do not give the messages themselves as evidence: they may hold personal data"},
	{"field", "CODE=TEXT", false,
	 "what the policy asks of a notice ('policy show'); may be given again"},
	{NULL, NULL, false, NULL},
};

#define A_MAIL "01890a5d-ac96-774b-bcce-b302099a8057"

const struct cli_command cli_mail_commands[] = {
	{"import mail", "FILE...", 1, CLI_VALUES_MAX,
	 "read e-mail (mbox, maildir, .eml, XARF) into proposals; nothing is sent",
	 "saluran import mail backlog.mbox --as sari.credential", false, import_options,
	 cmd_import_mail},
	{"mail list", "", 0, 0, "e-mails that were imported",
	 "saluran mail list --state new --as sari.credential", true, mail_list_options,
	 cmd_mail_list},
	{"mail show", "MAIL", 1, 1, "an e-mail, its thread and what it proposes",
	 "saluran mail show " A_MAIL " --as sari.credential", true, mail_show_options,
	 cmd_mail_show},
	{"mail decide", "MAIL", 1, 1, "keep or drop what it proposes",
	 "saluran mail decide " A_MAIL " --keep 1-5 --category terrorism --drop 6 --as "
	 "sari.credential",
	 false, mail_decide_options, cmd_mail_decide},
	{"mail drop", "MAIL...", 1, CLI_VALUES_MAX,
	 "it is no report: its content goes, and does not come again",
	 "saluran mail drop " A_MAIL " --as sari.credential", false, NULL, cmd_mail_drop},
	{"mail join", "MAIL CASE", 2, 2, "an e-mail belongs to a case",
	 "saluran mail join " A_MAIL " 01890a5d-ac96-774b-bcce-b302099a8058 --as "
	 "sari.credential",
	 false, mail_join_options, cmd_mail_join},
	{"mail send", "MAIL...", 1, CLI_VALUES_MAX,
	 "send what e-mails propose as a notice",
	 "saluran mail send " A_MAIL
	 " --reference 2017/mail/1 --subject 'Letters of 2016' "
	 "--legal-basis 'UU 11/2008' --category terrorism --as sari.credential",
	 false, mail_send_options, cmd_mail_send},
	{0},
};
