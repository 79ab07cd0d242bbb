/* Commands about the node itself: init, person, peer, status, rebuild, zone. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "service/node.h"

enum { CREDENTIAL_MODE = 0600, PUBLIC_MODE = 0644 };

/* Where the one-time link is used with a browser: in the console, which leads through
 * what comes next, or on the pages; NULL: both are off. */
static const char *
link_url(struct cli *c, const char *api_listen, const char *http_listen, const char *link)
{
	if (api_listen != NULL && api_listen[0] != '\0')
		return arena_printf(c->a, "https://%s/console/welcome?link=%s",
				    api_listen, link);
	for (size_t i = 0; http_listen == NULL && i < node_settings_n; i++)
		if (strcmp(node_settings[i].name, "http.listen") == 0)
			http_listen = node_settings[i].deflt;
	return http_listen == NULL || http_listen[0] == '\0'
		       ? NULL
		       : arena_printf(c->a, "http://%s/welcome?link=%s", http_listen,
				      link);
}

static enum rc
cmd_init(struct cli *c, struct err *e)
{
	const char *role = cli_value(c, "role");
	struct node_init in = {
		.dir = c->dir,
		.org = cli_value(c, "org"),
		.name = cli_value(c, "name"),
		.url = cli_value(c, "url"),
		.peer_listen = cli_value(c, "peer-listen"),
		.http_listen = cli_value(c, "http-listen"),
		.api_listen = cli_value(c, "api-listen"),
		.rpz_listen = cli_value(c, "rpz-listen"),
		.rpz_zone = cli_value(c, "zone"),
		.store = cli_value(c, "store"),
		.admin = cli_value(c, "admin"),
		.contact = cli_value(c, "contact"),
	};
	struct node_made made;

	if (c->dir == NULL)
		return err_set(e, RC_INVALID, "where? give the new directory with --dir");
	if (strcmp(role, "authority") == 0)
		in.role = PARTY_AUTHORITY;
	else if (strcmp(role, "platform") == 0)
		in.role = PARTY_PLATFORM;
	else
		return err_set(e, RC_INVALID, "--role must be authority or platform");
	enum rc rc = node_create(c->a, &in, &made, e);
	if (rc != RC_OK)
		return rc;
	const char *url = link_url(c, in.api_listen, in.http_listen, made.link);
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:I}", "dir", c->dir,
			      "fingerprint", made.fingerprint, "credential",
			      made.credential_path, "recovery", made.recovery_path,
			      "link", made.link, "link_url", url, "link_valid_s",
			      (json_int_t)made.link_s);
	if (!cli_json(c, j))
		printf("The node of %s is in %s.\n"
		       "  fingerprint  %s\n"
		       "  credential   %s (of %s, the first admin: keep it from others)\n"
		       "  recovery     %s\n"
		       "  link         %s\n"
		       "               (once, within %" JSON_INTEGER_FORMAT
		       " minutes: %s sets a password with 'saluran welcome',\n"
		       "               or with a browser on this machine while the node "
		       "runs: %s)\n\n"
		       "Take the recovery file off this machine now: with it the node's "
		       "keys are\n"
		       "replaced one day, and nothing else can do that.\n"
		       "Next: saluran serve --dir %s\n",
		       in.org, c->dir, made.fingerprint, made.credential_path, in.admin,
		       made.recovery_path, made.link, (json_int_t)(made.link_s / 60),
		       in.admin, url == NULL ? "not with its pages off" : url, c->dir);
	json_decref(j);
	return RC_OK;
}

static enum rc
cmd_alarms(struct cli *c, struct err *e)
{
	const char *path = cli_switch(c, "all") ? "/v1/alarms?all=yes" : "/v1/alarms";
	json_t *r, *k;
	size_t i;
	enum rc rc = cli_call(c, "GET", path, NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "alarms")) == 0)
		printf("No alarm stands.\n");
	json_array_foreach (json_object_get(r, "alarms"), i, k)
		printf("%s  %-18s %s%s%s%s\n", cli_time(c, k, "raised"),
		       cli_word(c, k, "kind"), cli_text(k, "text"),
		       json_is_string(json_object_get(k, "subject")) ? "; about " : "",
		       json_is_string(json_object_get(k, "subject"))
			       ? cli_text(k, "subject")
			       : "",
		       json_is_null(json_object_get(k, "cleared")) ? "" : " [past]");
	return RC_OK;
}

static enum rc
cmd_person_add(struct cli *c, struct err *e)
{
	const char *password_file = cli_value(c, "password-file"), *password = NULL;
	const char *out = cli_value(c, "out");
	json_t *r;
	size_t len;
	enum rc rc = RC_OK;

	if (password_file != NULL)
		rc = cli_file_read(c, password_file, &password, &len, e);
	if (rc != RC_OK)
		return rc;
	if (password != NULL)
		password = arena_strndup(c->a, password, strcspn(password, "\r\n"));
	rc = cli_call(c, "POST", "/v1/persons",
		      json_pack("{s:s, s:s, s:s*, s:b}", "name", c->words[0], "role",
				cli_value(c, "role"), "password", password, "link",
				cli_switch(c, "link")),
		      &r, e);
	if (rc != RC_OK)
		return rc;
	if (out != NULL && json_is_string(json_object_get(r, "credential"))) {
		const char *line = arena_printf(c->a, "%s\n", cli_text(r, "credential"));
		rc = cli_file_write(out, line, strlen(line), CREDENTIAL_MODE, e);
		if (rc != RC_OK) {
			err_prefix(e,
				   "%s was added but has no credential now: withdraw and "
				   "add again",
				   c->words[0]);
			return rc;
		}
		json_object_set_new(r, "credential", json_string(out));
	}
	if (!cli_json(c, r)) {
		printf("%s is %s here, %s in events.\n", cli_text(r, "name"),
		       cli_text(r, "role"), cli_text(r, "pseudonym"));
		if (json_is_string(json_object_get(r, "credential")))
			printf("  credential  %s\n", cli_text(r, "credential"));
		if (json_is_string(json_object_get(r, "link")))
			printf("  link        %s\n  (good once: 'saluran welcome' sets "
			       "the "
			       "password with it)\n",
			       cli_text(r, "link"));
	}
	return RC_OK;
}

static enum rc
cmd_person_list(struct cli *c, struct err *e)
{
	json_t *r, *p;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/persons", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "persons"), i, p)
		printf("%-20s %-10s %-20s %s\n", cli_text(p, "name"), cli_text(p, "role"),
		       cli_text(p, "pseudonym"),
		       json_is_true(json_object_get(p, "active")) ? cli_text(p, "by")
								  : "withdrawn");
	return RC_OK;
}

static enum rc
cmd_person_withdraw(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/persons/%s/withdraw", c->words[0]),
			      NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s can no longer act here.\n", cli_text(r, "name"));
	return rc;
}

/* A policy given as a file is sent as its text, a name as it is. */
static enum rc
policy_value(struct cli *c, const char **ret, struct err *e)
{
	const char *given = cli_value(c, "policy");
	size_t len;

	*ret = given;
	if (given == NULL || (strchr(given, '/') == NULL && strchr(given, '.') == NULL))
		return RC_OK;
	return cli_file_read(c, given, ret, &len, e);
}

static enum rc
cmd_peer_introduce(struct cli *c, struct err *e)
{
	const char *policy, *out = cli_value(c, "out");
	json_t *r;
	enum rc rc = policy_value(c, &policy, e);

	if (rc == RC_OK)
		rc = cli_call(
			c, "POST", "/v1/peers/introduce",
			json_pack("{s:s, s:s*}", "peer", c->words[0], "policy", policy),
			&r, e);
	if (rc != RC_OK)
		return rc;
	const char *file = cli_text(r, "file");
	if (out != NULL)
		rc = cli_file_write(out, file, strlen(file), PUBLIC_MODE, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (out == NULL) {
		fputs(file, stdout);
		return RC_OK;
	}
	printf("%s is for %s. Send it to them, and read this fingerprint to them over "
	       "another\n"
	       "path (the meeting, a letter, the telephone):\n\n  %s\n",
	       out, c->words[0], cli_text(r, "fingerprint"));
	cli_qr_print(cli_text(r, "fingerprint"));
	return RC_OK;
}

static enum rc
cmd_peer_add(struct cli *c, struct err *e)
{
	const char *file, *policy;
	size_t len;
	json_t *r;
	enum rc rc = cli_file_read(c, c->words[0], &file, &len, e);

	if (rc == RC_OK && memchr(file, '\0', len) != NULL)
		rc = err_set(e, RC_INVALID,
			     "%s is no introduction: it is no text; give the file that "
			     "'saluran peer introduce' wrote, as it came",
			     c->words[0]);
	if (rc == RC_OK)
		rc = policy_value(c, &policy, e);
	if (rc == RC_OK)
		rc = cli_call(c, "POST", "/v1/peers",
			      json_pack("{s:s, s:s, s:s*}", "file", file, "fingerprint",
					cli_value(c, "fingerprint"), "policy", policy),
			      &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("%s (%s) is a peer now: channel %s, policy %s.\n",
		       cli_text(r, "peer"), cli_text(r, "name"), cli_text(r, "channel"),
		       cli_text(r, "policy"));
	return rc;
}

static void
peers_print(struct cli *c, const json_t *peers)
{
	size_t i;
	const json_t *p;

	json_array_foreach (peers, i, p) {
		json_int_t sent = cli_int(p, "sent"), receipted = cli_int(p, "receipted");
		printf("peer %s: channel %s, policy %s%s\n", cli_text(p, "peer"),
		       cli_text(p, "channel"), cli_text(p, "policy"),
		       json_is_true(json_object_get(p, "test"))
			       ? " (TEST: nothing on it becomes an order)"
			       : "");
		if (!json_is_true(json_object_get(p, "introduced")))
			printf("  not introduced yet: add the file that they send\n");
		printf("  sent %" JSON_INTEGER_FORMAT ", receipted %" JSON_INTEGER_FORMAT
		       ", undelivered %" JSON_INTEGER_FORMAT
		       ", received %" JSON_INTEGER_FORMAT "\n",
		       sent, receipted, sent - receipted, cli_int(p, "received"));
		if (json_object_get(p, "failing_since") != NULL &&
		    !json_is_null(json_object_get(p, "failing_since")))
			printf("  failing since %s: %s; next try %s\n",
			       cli_time(c, p, "failing_since"), cli_text(p, "reason"),
			       cli_time(c, p, "next_try"));
	}
}

/* Loud, and first: nothing goes out while it stands. */
static void
frozen_print(const json_t *r)
{
	size_t i;
	const json_t *why;

	json_array_foreach (json_object_get(r, "frozen"), i, why)
		printf("FROZEN: %s\n", json_string_value(why));
}

static enum rc
cmd_peer_retry(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "POST", arena_printf(c->a, "/v1/peers/%s/retry", c->words[0]),
			 NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("The node tries %s again now (saluran peer list says how it "
		       "went).\n",
		       cli_text(r, "peer"));
	return rc;
}

static enum rc
cmd_peer_list(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "GET", "/v1/peers", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	const json_t *own = json_object_get(r, "own");
	frozen_print(r);
	printf("we are %s (%s), the %s\n  fingerprint %s\n", cli_text(own, "org"),
	       cli_text(own, "name"), cli_text(own, "role"),
	       cli_text(own, "fingerprint"));
	peers_print(c, json_object_get(r, "peers"));
	return RC_OK;
}

static void
checks_print(struct cli *c, const json_t *results)
{
	const json_t *v, *row;
	size_t i, k;

	json_array_foreach (results, i, v) {
		bool passed = strcmp(cli_text(v, "verdict"), "passed") == 0;
		printf("    %s of %s, serial %" JSON_INTEGER_FORMAT ", %s: %s, %s\n",
		       strcmp(cli_text(v, "scope"), "base") == 0 ? "base" : "changes",
		       cli_text(v, "zone"), cli_int(v, "serial"),
		       cli_many_of(c, v, "rows", "row", "rows"), cli_text(v, "verdict"),
		       cli_time(c, v, "at"));
		json_array_foreach (json_object_get(v, "refused"), k, row)
			printf("      %s (%s), order %s\n", cli_text(row, "owner"),
			       cli_text(row, "action"), cli_text(row, "order"));
		if (!passed)
			printf("      its words: %s\n", cli_text(v, "words"));
	}
}

static void
checkers_print(struct cli *c, const json_t *r)
{
	const json_t *checkers = json_object_get(r, "checkers"), *v;
	size_t i;

	if (strcmp(cli_text(r, "role"), "authority") != 0)
		return;
	if (json_array_size(checkers) == 0)
		printf("checkers of other servers: none (setting rpz.checkers)\n");
	json_array_foreach (checkers, i, v) {
		bool ready = strcmp(cli_text(v, "state"), "ready") == 0;
		printf("checker %s %s: %s%s%s\n", cli_text(v, "path"),
		       cli_text(v, "version"), cli_text(v, "state"), ready ? "" : ", ",
		       ready ? "" : cli_text(v, "why"));
		checks_print(c, json_object_get(v, "results"));
	}
}

static enum rc
cmd_status(struct cli *c, struct err *e)
{
	json_t *r, *n;
	const char *state;
	enum rc rc = cli_call(c, "GET", "/v1/status", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	frozen_print(r);
	printf("%s (%s), the %s\n", cli_text(r, "org"), cli_text(r, "name"),
	       cli_text(r, "role"));
	printf("items %" JSON_INTEGER_FORMAT ", decided %" JSON_INTEGER_FORMAT
	       "; overdue cases %" JSON_INTEGER_FORMAT "\n",
	       cli_int(r, "items"), cli_int(r, "decided"), cli_int(r, "overdue"));
	json_object_foreach (json_object_get(r, "cases"), state, n)
		printf("  %-10s %" JSON_INTEGER_FORMAT "\n", state,
		       json_integer_value(n));
	printf("orders in force %" JSON_INTEGER_FORMAT
	       ", names blocked %" JSON_INTEGER_FORMAT
	       ", zone serial %" JSON_INTEGER_FORMAT "\n",
	       cli_int(r, "orders_in_force"), cli_int(r, "names_blocked"),
	       cli_int(r, "zone_serial"));
	checkers_print(c, r);
	peers_print(c, json_object_get(r, "peers"));
	return RC_OK;
}

static enum rc
cmd_rebuild(struct cli *c, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(c, "POST", "/v1/rebuild", NULL, &r, e);

	if (rc != RC_OK)
		return rc;
	bool equal = json_is_true(json_object_get(r, "equal"));
	if (!cli_json(c, r)) {
		printf("All views were made anew from the log in %" JSON_INTEGER_FORMAT
		       " ms: %s.\n",
		       cli_int(r, "milliseconds"),
		       equal ? "they are what they were"
			     : "they DIFFER from what they were");
		json_array_foreach (json_object_get(r, "differ"), i, v)
			printf("  %s\n", json_string_value(v));
	}
	return equal ? RC_OK
		     : err_set(e, RC_CORRUPT,
			       "the views were not those of the log; they are now. Keep "
			       "a copy "
			       "of the store and tell its maintainers");
}

static enum rc
cmd_zone(struct cli *c, struct err *e)
{
	json_t *r, *row;
	const char *next;
	size_t i;
	enum rc rc =
		cli_call(c, "GET", cli_query(c, "/v1/zone", "after limit"), NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("zone %s, serial %" JSON_INTEGER_FORMAT
	       ", answers live %" JSON_INTEGER_FORMAT " s, %s\n",
	       cli_text(r, "zone"), cli_int(r, "serial"), cli_int(r, "ttl_s"),
	       cli_many_of(c, r, "total", "row", "rows"));
	json_array_foreach (json_object_get(r, "rows"), i, row)
		printf("  %-32s %-9s order %s since serial %" JSON_INTEGER_FORMAT "\n",
		       cli_text(row, "owner"), cli_text(row, "action"),
		       cli_text(row, "order"), cli_int(row, "since_serial"));
	next = json_string_value(json_object_get(r, "next"));
	if (next != NULL)
		printf("  there may be more: --after '%s'\n", next);
	json_array_foreach (json_object_get(r, "operators"), i, row)
		printf("operator %-16s %-15s notify port %" JSON_INTEGER_FORMAT
		       ", key %s, pulled serial %" JSON_INTEGER_FORMAT " at %s\n",
		       cli_text(row, "name"), cli_text(row, "address"),
		       cli_int(row, "notify_port"), cli_text(row, "tsig"),
		       cli_int(row, "pulled_serial"), cli_time(c, row, "pulled"));
	return RC_OK;
}

static const struct cli_option init_options[] = {
	{"org", "NAME", true,
	 "the organisation's id, a DNS name such as kominfo.example"},
	{"name", "TEXT", true, "its name for people"},
	{"role", "ROLE", true, "authority or platform"},
	{"url", "URL", true, "where peers reach this node, https://host:port"},
	{"admin", "NAME", true, "the first person, an admin"},
	{"contact", "TEXT", false, "how the peer's people reach a person"},
	{"peer-listen", "HOST:PORT", false, "where the node listens for peers"},
	{"http-listen", "HOST:PORT", false, "where the pages are, on loopback"},
	{"api-listen", "HOST:PORT", false,
	 "where people reach the console and programs the API (HTTPS)"},
	{"rpz-listen", "HOST:PORT", false, "where resolvers fetch the zone"},
	{"zone", "NAME", false, "the zone's name"},
	{"store", "URI", false,
	 "a PostgreSQL database for the store, as "
	 "postgresql://saluran@db.example/saluran"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option zone_options[] = {
	{"limit", "N", false, "rows of a page (500)"},
	{"after", "CURSOR", false, "the next page"},
	{.name = NULL},
};
static const struct cli_option alarms_options[] = {
	{"all", NULL, false, "those that are past too"},
	{.name = NULL},
};

static const struct cli_option person_add_options[] = {
	{"role", "ROLE", true,
	 "admin, officer, approver, agent, lead, operator or auditor"},
	{"out", "FILE", false,
	 "write the credential there (mode 0600), not to the screen"},
	{"password-file", "FILE", false, "a password instead of a token; its first line"},
	{"link", NULL, false, "a one-time link: the person chooses the password"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option introduce_options[] = {
	{"policy", "NAME|FILE", false, "the channel's policy (agreement-2017)"},
	{"out", "FILE", false, "write the introduction there"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option peer_add_options[] = {
	{"fingerprint", "WORDS", true, "what the other side read to you"},
	{"policy", "FILE", false, "their policy, when it is not built in"},
	{NULL, NULL, false, NULL},
};
const struct cli_command cli_node_commands[] = {
	{"init", "", 0, 0, "make a node: keys, identity, store, first admin",
	 "saluran init --dir /srv/saluran --org kominfo.example --name 'Ministry of "
	 "Communications' --role authority --url https://saluran.kominfo.example:7443 "
	 "--admin "
	 "wati",
	 false, init_options, cmd_init},
	{"status", "", 0, 0, "how the node is doing",
	 "saluran status --as wati.credential", true, NULL, cmd_status},
	{"alarms", "", 0, 0, "what people must see and did not ask for",
	 "saluran alarms --as wati.credential", false, alarms_options, cmd_alarms},
	{"person add", "NAME", 1, 1, "give a person a credential of their own",
	 "saluran person add sari --role officer --out sari.credential --as "
	 "wati.credential",
	 false, person_add_options, cmd_person_add},
	{"person list", "", 0, 0, "who may act",
	 "saluran person list --as wati.credential", true, NULL, cmd_person_list},
	{"person withdraw", "NAME", 1, 1, "take a person's credential away",
	 "saluran person withdraw sari --as wati.credential", false, NULL,
	 cmd_person_withdraw},
	{"peer introduce", "ORG", 1, 1, "make our introduction file for a peer",
	 "saluran peer introduce telegram.example --policy agreement-2017 --out "
	 "kominfo.introduction --as wati.credential",
	 false, introduce_options, cmd_peer_introduce},
	{"peer add", "FILE", 1, 1, "add a peer by its file and fingerprint",
	 "saluran peer add telegram.introduction --fingerprint lusab-babad-... --as "
	 "wati.credential",
	 false, peer_add_options, cmd_peer_add},
	{"peer list", "", 0, 0, "peers, and what is delivered to them",
	 "saluran peer list --as wati.credential", true, NULL, cmd_peer_list},
	{"peer retry", "ORG", 1, 1, "try now what waits for another try",
	 "saluran peer retry telegram.example --as sari.credential", false, NULL,
	 cmd_peer_retry},
	{"zone", "", 0, 0, "what resolvers are told, and who pulled it",
	 "saluran zone --as wati.credential", true, zone_options, cmd_zone},
	{"rebuild", "", 0, 0, "make all views anew from the log and compare",
	 "saluran rebuild --as wati.credential", true, NULL, cmd_rebuild},
	{0},
};
