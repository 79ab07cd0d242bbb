/* Commands of people: who they are here, what proves it, who saw what. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"
#include "service/node.h"

enum { SECRET_MODE = 0600, LINE_MAX_BYTES = 600 };

/* The first line of what is typed, without showing it. */
static enum rc
secret_ask(struct cli *c, const char *what, const char **ret, struct err *e)
{
	char line[LINE_MAX_BYTES];
	struct termios before, hidden;
	bool tty = tcgetattr(STDIN_FILENO, &before) == 0;

	if (tty) {
		fprintf(stderr, "%s: ", what);
		hidden = before;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	char *got = fgets(line, sizeof(line), stdin);
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (got == NULL)
		return err_set(e, RC_INVALID, "no %s was given", what);
	*ret = arena_strndup(c->a, line, strcspn(line, "\r\n"));
	return RC_OK;
}

/* From the file of an option, else asked for. */
static enum rc
secret_get(struct cli *c, const char *option, const char *what, const char **ret,
	   struct err *e)
{
	const char *path = cli_value(c, option), *text;
	size_t len;

	if (path == NULL)
		return secret_ask(c, what, ret, e);
	enum rc rc = cli_file_read(c, path, &text, &len, e);
	if (rc == RC_OK)
		*ret = arena_strndup(c->a, text, strcspn(text, "\r\n"));
	return rc;
}

/* A session's secret goes to a file, never to the screen of who gave --out. */
static enum rc
session_keep(struct cli *c, const char *path, json_t *r, struct err *e)
{
	const char *secret = json_string_value(json_object_get(r, "session"));

	if (path == NULL || secret == NULL)
		return RC_OK;
	const char *line = arena_printf(c->a, "%s\n", secret);
	/* The file of the session before is replaced. */
	const char *fresh = arena_printf(c->a, "%s.new", path);
	unlink(fresh); /* of a command that was killed */
	enum rc rc = cli_file_write(fresh, line, strlen(line), SECRET_MODE, e);
	if (rc == RC_OK && rename(fresh, path) < 0)
		rc = err_sys(e, "rename to %s", path);
	if (rc == RC_OK) {
		json_object_set_new(r, "session", json_string(path));
		json_object_del(r, "csrf");
	}
	return rc;
}

/* An act that may have given the session another secret: keep it where --as found it. */
static enum rc
session_renewed(struct cli *c, json_t *r, struct err *e)
{
	return session_keep(c, c->as, r, e);
}

static void
login_show(struct cli *c, const json_t *r)
{
	printf("%s is %s here, until %s or %" JSON_INTEGER_FORMAT
	       " s without a request.\n  session  %s\n",
	       cli_text(r, "name"), cli_text(r, "role"), cli_time(c, r, "expires"),
	       cli_int(r, "idle_s"), cli_text(r, "session"));
	if (strcmp(cli_text(r, "totp"), "required") == 0)
		printf("This role needs a second factor: 'saluran totp enrol' comes "
		       "first.\n");
}

/* The code is asked for when it was the one thing missing. */
static enum rc
login_call(struct cli *c, const char *path, json_t *in, json_t **ret, struct err *e)
{
	const char *code = cli_value(c, "code");

	if (code != NULL)
		json_object_set_new(in, "code", json_string(code));
	json_incref(in);
	enum rc rc = cli_call(c, "POST", path, in, ret, e);
	bool missing = rc == RC_UNAUTHENTICATED && *ret != NULL &&
		       strcmp(cli_text(*ret, "needs"), "code") == 0;
	if (missing && isatty(STDIN_FILENO)) {
		rc = secret_ask(c, "code", &code, e);
		if (rc == RC_OK) {
			json_object_set_new(in, "code", json_string(code));
			json_incref(in);
			rc = cli_call(c, "POST", path, in, ret, e);
		}
	}
	json_decref(in);
	return rc;
}

static enum rc
cmd_login(struct cli *c, struct err *e)
{
	const char *password;
	json_t *r;
	enum rc rc = secret_get(c, "password-file", "password", &password, e);

	if (rc == RC_OK)
		rc = login_call(c, "/v1/login",
				json_pack("{s:s, s:s}", "name", c->words[0], "password",
					  password),
				&r, e);
	if (rc == RC_OK)
		rc = session_keep(c, cli_value(c, "out"), r, e);
	if (rc == RC_OK && !cli_json(c, r))
		login_show(c, r);
	return rc;
}

static enum rc
cmd_logout(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/logout", NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("The session of %s is over.\n", cli_text(r, "name"));
	return rc;
}

static enum rc
cmd_welcome(struct cli *c, struct err *e)
{
	const char *token = NULL, *password;
	json_t *r;
	enum rc rc = RC_OK;

	if (c->n_words == 1)
		token = c->words[0];
	else
		rc = secret_get(c, "link-file", "link", &token, e);
	if (rc == RC_OK)
		rc = secret_get(c, "password-file", "new password", &password, e);
	if (rc == RC_OK)
		rc = login_call(
			c, "/v1/welcome",
			json_pack("{s:s, s:s}", "token", token, "password", password), &r,
			e);
	if (rc == RC_OK)
		rc = session_keep(c, cli_value(c, "out"), r, e);
	if (rc == RC_OK && !cli_json(c, r))
		login_show(c, r);
	return rc;
}

static enum rc
cmd_me(struct cli *c, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/me", NULL, &r, e);

	if (rc == RC_OK)
		json_object_del(r, "csrf");
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("%s, %s, %s in events, by %s %s\n", cli_text(r, "name"),
	       cli_text(r, "role"), cli_text(r, "pseudonym"), cli_text(r, "via"),
	       cli_text(r, "id"));
	printf("  second factor %s, recovery codes left %" JSON_INTEGER_FORMAT
	       "\n  scopes",
	       cli_text(r, "totp"), cli_int(r, "recovery_codes"));
	json_array_foreach (json_object_get(r, "scopes"), i, v)
		printf(" %s", json_string_value(v));
	printf("\n");
	return RC_OK;
}

static enum rc
cmd_password(struct cli *c, struct err *e)
{
	const char *old = NULL, *password;
	json_t *me, *r;
	enum rc rc = cli_call(c, "GET", "/v1/me", NULL, &me, e);

	if (rc == RC_OK && json_is_true(json_object_get(me, "password")))
		rc = secret_get(c, "old-file", "password now", &old, e);
	if (rc == RC_OK)
		rc = secret_get(c, "password-file", "new password", &password, e);
	if (rc == RC_OK)
		rc = cli_call(c, "POST", "/v1/me/password",
			      json_pack("{s:s, s:s*}", "password", password, "old", old),
			      &r, e);
	if (rc == RC_OK)
		rc = session_renewed(c, r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("%s has a new password; all other sessions are over.\n",
		       cli_text(r, "name"));
	return rc;
}

/* ---- the second factor ------------------------------------------------------------- */

static enum rc
cmd_totp_enrol(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/me/totp", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("Let your device read this, or type the secret into it:\n\n");
	cli_qr_print(cli_text(r, "uri"));
	printf("\n  secret  %s\n\nThen give its first code: saluran totp confirm CODE\n",
	       cli_text(r, "secret"));
	return RC_OK;
}

static enum rc
totp_call(struct cli *c, const char *path, const char *done, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc =
		cli_call(c, "POST", path, json_pack("{s:s}", "code", c->words[0]), &r, e);

	if (rc == RC_OK)
		rc = session_renewed(c, r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("%s %s\n", cli_text(r, "name"), done);
	if (json_array_size(json_object_get(r, "recovery_codes")) != 0)
		printf("Recovery codes for when the device is lost, each good once; they "
		       "are shown\nthis once, so keep them apart from the device:\n");
	json_array_foreach (json_object_get(r, "recovery_codes"), i, v)
		printf("  %s\n", json_string_value(v));
	return RC_OK;
}

static enum rc
cmd_totp_confirm(struct cli *c, struct err *e)
{
	return totp_call(c, "/v1/me/totp/confirm",
			 "needs a code beside the password from now on.", e);
}

static enum rc
cmd_totp_off(struct cli *c, struct err *e)
{
	return totp_call(c, "/v1/me/totp/off", "needs no code any longer.", e);
}

static enum rc
cmd_totp_recovery(struct cli *c, struct err *e)
{
	return totp_call(c, "/v1/me/recovery", "has new recovery codes.", e);
}

/* ---- tokens and sessions ----------------------------------------------------------- */

static enum rc
cmd_token_add(struct cli *c, struct err *e)
{
	const char *out = cli_value(c, "out");
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/tokens",
			      json_pack("{s:s, s:o*, s:s*}", "name", c->words[0],
					"scopes", cli_values(c, "scope"), "expires",
					cli_value(c, "expires")),
			      &r, e);

	if (rc == RC_OK && out != NULL) {
		const char *line = arena_printf(c->a, "%s\n", cli_text(r, "credential"));
		rc = cli_file_write(out, line, strlen(line), SECRET_MODE, e);
		if (rc != RC_OK)
			err_prefix(e, "token %s was made and is lost: revoke it",
				   cli_text(r, "id"));
		else
			json_object_set_new(r, "credential", json_string(out));
	}
	if (rc == RC_OK && !cli_json(c, r))
		printf("token %s for %s\n  credential  %s\n", cli_text(r, "id"),
		       cli_text(r, "name"), cli_text(r, "credential"));
	return rc;
}

static const char *
scopes_text(struct cli *c, const json_t *row)
{
	const char *text = "";
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(row, "scopes"), i, v)
		text = arena_printf(c->a, "%s%s%s", text, i == 0 ? "" : " ",
				    json_string_value(v));
	return text;
}

static enum rc
cmd_token_list(struct cli *c, struct err *e)
{
	json_t *r, *t;
	size_t i;
	enum rc rc =
		cli_call(c, "GET",
			 cli_query_add(c, "/v1/tokens", "person", cli_value(c, "person")),
			 NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "tokens"), i, t)
		printf("%s  %-20s %-24s used %s, %s %s\n", cli_text(t, "id"),
		       cli_text(t, "name"), scopes_text(c, t), cli_time(c, t, "used"),
		       json_is_null(json_object_get(t, "revoked")) ? "expires"
								   : "revoked",
		       json_is_null(json_object_get(t, "revoked"))
			       ? cli_time(c, t, "expires")
			       : cli_time(c, t, "revoked"));
	return RC_OK;
}

static enum rc
take_back(struct cli *c, const char *what, const char *said, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/%s/%s/revoke", what, c->words[0]),
			      NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s %s\n", cli_text(r, "id"), said);
	return rc;
}

static enum rc
cmd_token_revoke(struct cli *c, struct err *e)
{
	return take_back(c, "tokens", "opens nothing any longer.", e);
}

static enum rc
cmd_session_list(struct cli *c, struct err *e)
{
	json_t *r, *s;
	size_t i;
	enum rc rc = cli_call(
		c, "GET",
		cli_query_add(c, "/v1/sessions", "person", cli_value(c, "person")), NULL,
		&r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "sessions"), i, s)
		printf("%s  from %-20s since %s, seen %s, until %s%s\n",
		       cli_text(s, "id"), cli_text(s, "address"), cli_time(c, s, "made"),
		       cli_time(c, s, "seen"), cli_time(c, s, "expires"),
		       json_is_true(json_object_get(s, "this")) ? "  (this one)" : "");
	return RC_OK;
}

static enum rc
cmd_session_revoke(struct cli *c, struct err *e)
{
	return take_back(c, "sessions", "is over.", e);
}

/* ---- the access record ------------------------------------------------------------- */

static enum rc
access_check(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(
		c, "GET",
		cli_query_add(c, "/v1/access/check", "digest", cli_value(c, "digest")),
		NULL, &r, e);

	if (rc != RC_OK)
		return rc;
	bool whole = json_is_true(json_object_get(r, "whole"));
	bool noted = !json_is_false(json_object_get(r, "noted"));
	if (!cli_json(c, r))
		printf("%" JSON_INTEGER_FORMAT " records from number "
		       "%" JSON_INTEGER_FORMAT " on: %s\n  size    "
		       "%" JSON_INTEGER_FORMAT "\n  digest  %s\n",
		       cli_int(r, "rows"), cli_int(r, "from"),
		       whole ? "as they were written" : "NOT as they were written",
		       cli_int(r, "size"), cli_text(r, "digest"));
	if (!whole)
		return err_set(e, RC_CORRUPT,
			       "the access record was changed from number "
			       "%" JSON_INTEGER_FORMAT " on",
			       cli_int(r, "broken_at"));
	return noted ? RC_OK
		     : err_set(e, RC_CORRUPT,
			       "no record has that digest: the record is another one, or "
			       "that part is past its retention");
}

static enum rc
cmd_access(struct cli *c, struct err *e)
{
	static const char *const names[] = {"person", "object", "since", "before",
					    "limit"};
	const char *path = "/v1/access";
	json_t *r, *a;
	size_t i;

	if (cli_switch(c, "check"))
		return access_check(c, e);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		path = cli_query_add(c, path, names[i], cli_value(c, names[i]));
	enum rc rc = cli_call(c, "GET", path, NULL, &r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "access"), i, a)
		printf("%8" JSON_INTEGER_FORMAT " %s %-12s %-10s %-15s %s %s%s%s\n",
		       cli_int(a, "seq"), cli_time(c, a, "at"),
		       json_is_string(json_object_get(a, "name")) ? cli_text(a, "name")
								  : cli_text(a, "who"),
		       cli_word(c, a, "outcome"), cli_text(a, "address"),
		       cli_text(a, "method"), cli_text(a, "route"),
		       cli_text(a, "object")[0] == '\0' ? "" : " ",
		       cli_text(a, "object"));
	if (json_object_get(r, "next") != NULL)
		printf("older ones: --before %" JSON_INTEGER_FORMAT "\n",
		       cli_int(r, "next"));
	return RC_OK;
}

/* ---- people, by an admin ----------------------------------------------------------- */

static enum rc
cmd_person_role(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/persons/%s/role", c->words[0]),
			      json_pack("{s:s}", "role", cli_value(c, "role")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s is %s now; the sessions before are over.\n",
		       cli_text(r, "name"), cli_text(r, "role"));
	return rc;
}

static enum rc
person_do(struct cli *c, const char *act, json_t **ret, struct err *e)
{
	return cli_call(c, "POST",
			arena_printf(c->a, "/v1/persons/%s/%s", c->words[0], act), NULL,
			ret, e);
}

static enum rc
cmd_person_lock(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = person_do(c, "lock", &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s is locked: nothing lets them in until 'saluran person "
		       "unlock %s'.\n",
		       cli_text(r, "name"), cli_text(r, "name"));
	return rc;
}

static enum rc
cmd_person_unlock(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = person_do(c, "unlock", &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s is let in again.\n", cli_text(r, "name"));
	return rc;
}

static enum rc
cmd_person_end(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = person_do(c, "end", &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s of %s ended.\n",
		       cli_many_of(c, r, "ended", "session", "sessions"),
		       cli_text(r, "name"));
	return rc;
}

static void
link_show(const char *name, const char *link, json_int_t valid_s)
{
	printf("One-time link of %s, good once within %" JSON_INTEGER_FORMAT
	       " minutes; hand it over in\nperson or by a way that nobody else reads:\n"
	       "  %s\nIt is used with 'saluran welcome', or on the page /welcome of the "
	       "node.\n",
	       name, valid_s / 60, link);
}

static enum rc
cmd_person_link(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(
		c, "POST", arena_printf(c->a, "/v1/persons/%s/link", c->words[0]),
		json_pack("{s:b}", "forget_device", cli_switch(c, "forget-device")), &r,
		e);

	if (rc == RC_OK && !cli_json(c, r))
		link_show(cli_text(r, "name"), cli_text(r, "link"),
			  cli_int(r, "valid_s"));
	return rc;
}

/* For who has lost every credential, and has the machine. */
static enum rc
cmd_admin_link(struct cli *c, struct err *e)
{
	const char *link;
	int64_t valid_s;

	if (c->dir == NULL)
		return err_set(
			e, RC_INVALID,
			"which node? give its directory with --dir or SALURAN_DIR");
	enum rc rc = node_link(c->a, c->dir, c->words[0], cli_switch(c, "forget-device"),
			       &link, &valid_s, e);
	if (rc != RC_OK)
		return rc;
	json_t *j = json_pack("{s:s, s:s, s:I}", "name", c->words[0], "link", link,
			      "valid_s", (json_int_t)valid_s);
	if (!cli_json(c, j))
		link_show(c->words[0], link, valid_s);
	json_decref(j);
	return RC_OK;
}

static const struct cli_option login_options[] = {
	{"password-file", "FILE", false,
	 "the password is its first line; - for standard "
	 "input (else it is asked for)"},
	{"code", "CODE", false, "of the second factor, or a recovery code"},
	{"out", "FILE", false,
	 "write the session there (mode 0600), for --as; not to the screen"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option welcome_options[] = {
	{"link-file", "FILE", false, "the link is its first line (else it is asked for)"},
	{"password-file", "FILE", false, "the new password is its first line"},
	{"code", "CODE", false, "of the second factor, when one is enrolled"},
	{"out", "FILE", false, "write the session there (mode 0600), for --as"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option password_options[] = {
	{"old-file", "FILE", false, "the password as it is, its first line"},
	{"password-file", "FILE", false, "the new one, its first line"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option token_options[] = {
	{"scope", "SCOPE", false,
	 "what it may, such as cases:read or *:read; several times (else all that its "
	 "person may)"},
	{"expires", "TIME", false, "such as 2027-01-31T00:00:00Z (else never)"},
	{"out", "FILE", false,
	 "write the credential there (mode 0600), not to the screen"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option person_option[] = {
	{"person", "NAME", false, "another's (an admin)"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option role_options[] = {
	{"role", "ROLE", true,
	 "admin, officer, approver, agent, lead, operator or auditor"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option link_options[] = {
	{"forget-device", NULL, false,
	 "the second factor is lost: it, the password and all sessions end at once"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option access_options[] = {
	{"person", "NAME", false, "of one person (name or pseudonym)"},
	{"object", "ID", false, "of one case, order, person, ..."},
	{"since", "TIME", false, "from then on, such as 2026-11-01T00:00:00Z"},
	{"before", "NUMBER", false, "older ones"},
	{"limit", "N", false, "how many at once (100)"},
	{"check", NULL, false, "is the record as it was written"},
	{"digest", "HEX", false, "with --check: and is this noted digest one of its own"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_people_commands[] = {
	{"login", "NAME", 1, 1, "begin a session with name and password",
	 "saluran login sari --out sari.session", false, login_options, cmd_login},
	{"logout", "", 0, 0, "end the session", "saluran logout --as sari.session", false,
	 NULL, cmd_logout},
	{"welcome", "[LINK]", 0, 1,
	 "use a one-time link: set a password, begin a session",
	 "saluran welcome --out wati.session", false, welcome_options, cmd_welcome},
	{"me", "", 0, 0, "who am I, and what may I do", "saluran me --as sari.session",
	 true, NULL, cmd_me},
	{"password", "", 0, 0, "change one's password",
	 "saluran password --as sari.session", false, password_options, cmd_password},
	{"totp enrol", "", 0, 0, "a secret for a second factor, with its QR code",
	 "saluran totp enrol --as sari.session", false, NULL, cmd_totp_enrol},
	{"totp confirm", "CODE", 1, 1, "confirm it with its first code",
	 "saluran totp confirm 755224 --as sari.session", false, NULL, cmd_totp_confirm},
	{"totp off", "CODE", 1, 1, "without a second factor again",
	 "saluran totp off 755224 --as sari.session", false, NULL, cmd_totp_off},
	{"totp recovery", "CODE", 1, 1, "new recovery codes",
	 "saluran totp recovery 755224 --as sari.session", false, NULL,
	 cmd_totp_recovery},
	{"token add", "NAME", 1, 1, "an API token with scopes",
	 "saluran token add dashboard --scope cases:read --scope orders:read --expires "
	 "2027-01-31T00:00:00Z --out dashboard.credential --as sari.credential",
	 false, token_options, cmd_token_add},
	{"token list", "", 0, 0, "one's API tokens",
	 "saluran token list --as sari.credential", true, person_option, cmd_token_list},
	{"token revoke", "ID", 1, 1, "take a token back",
	 "saluran token revoke t-0123456789abcdef --as sari.credential", false, NULL,
	 cmd_token_revoke},
	{"session list", "", 0, 0, "one's sessions",
	 "saluran session list --as sari.session", true, person_option, cmd_session_list},
	{"session revoke", "ID", 1, 1, "end a session",
	 "saluran session revoke s-0123456789abcdef --as sari.session", false, NULL,
	 cmd_session_revoke},
	{"person role", "NAME", 1, 1, "give a person another role",
	 "saluran person role sari --role approver --as wati.credential", false,
	 role_options, cmd_person_role},
	{"person lock", "NAME", 1, 1, "let a person in by nothing, until unlocked",
	 "saluran person lock sari --as wati.credential", false, NULL, cmd_person_lock},
	{"person unlock", "NAME", 1, 1, "let a person in again",
	 "saluran person unlock sari --as wati.credential", false, NULL,
	 cmd_person_unlock},
	{"person end", "NAME", 1, 1, "end all sessions of a person",
	 "saluran person end sari --as wati.credential", false, NULL, cmd_person_end},
	{"person link", "NAME", 1, 1,
	 "a one-time link with which a person sets a password",
	 "saluran person link sari --as wati.credential", false, link_options,
	 cmd_person_link},
	{"admin link", "NAME", 1, 1,
	 "the same for who has lost everything, on the node's machine while no daemon "
	 "runs",
	 "saluran admin link wati --dir /srv/saluran", true, link_options,
	 cmd_admin_link},
	{"access", "", 0, 0, "who saw and did what",
	 "saluran access --object 01890a5d-ac96-774b-bcce-b302099a8057 --as "
	 "eka.credential",
	 true, access_options, cmd_access},
	{0},
};
