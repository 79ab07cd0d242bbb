/* Commands on contacts and channel tests. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static json_t *
peer_in(struct cli *c)
{
	const char *peer = cli_value(c, "peer");

	return json_pack("{s:s*}", "peer", peer);
}

static void
person_print(struct cli *c, const char *what, const json_t *p)
{
	const json_t *languages = json_object_get(p, "languages"), *v;
	size_t i;

	if (!json_is_object(p)) {
		printf("    %-11s nobody\n", what);
		return;
	}
	printf("    %-11s %s, %s (%s)", what, cli_text(p, "name"), cli_text(p, "reach"),
	       cli_text(p, "role"));
	json_array_foreach (languages, i, v)
		printf("%s%s", i == 0 ? "; speaks " : ", ", json_string_value(v));
	if (!json_is_true(json_object_get(p, "on_duty")))
		printf("; from %s", cli_time(c, p, "from"));
	if (json_is_string(json_object_get(p, "note")))
		printf("; %s", cli_text(p, "note"));
	printf("\n");
}

static void
directory_print(struct cli *c, const char *whose, const json_t *d)
{
	const json_t *v;
	size_t i;

	if (json_array_size(json_object_get(d, "contacts")) == 0) {
		printf("  %s: no contact is published\n", whose);
		return;
	}
	printf("  %s, published %s:\n", whose, cli_time(c, d, "published"));
	person_print(c, "on duty now", json_object_get(d, "now"));
	person_print(c, "next", json_object_get(d, "next"));
	json_array_foreach (json_object_get(d, "contacts"), i, v)
		if (i >= 2)
			person_print(c, "then", v);
}

static enum rc
cmd_contacts_show(struct cli *c, struct err *e)
{
	const char *peer = cli_value(c, "peer");
	json_t *r, *v;
	size_t i;
	enum rc rc =
		cli_call(c, "GET",
			 peer == NULL ? "/v1/contacts"
				      : arena_printf(c->a, "/v1/contacts?peer=%s", peer),
			 NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "channels"), i, v) {
		printf("%s\n", cli_text(v, "peer"));
		directory_print(c, "theirs", json_object_get(v, "theirs"));
		directory_print(c, "ours", json_object_get(v, "ours"));
	}
	return RC_OK;
}

static enum rc
cmd_contacts_set(struct cli *c, struct err *e)
{
	const char *text;
	size_t len;
	json_error_t why;
	json_t *r, *in = peer_in(c), *contacts;
	enum rc rc = cli_file_read(c, c->words[0], &text, &len, e);

	if (rc != RC_OK) {
		json_decref(in);
		return rc;
	}
	contacts = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (contacts == NULL) {
		json_decref(in);
		return err_set(e, RC_INVALID, "%s is no JSON: line %d, column %d: %s",
			       c->words[0], why.line, why.column, why.text);
	}
	json_object_set_new(in, "contacts", contacts);
	rc = cli_call(c, "POST", "/v1/contacts", in, &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("Published to %s: %s.\n",
		       cli_many_of(c, r, "published", "peer", "peers"),
		       cli_many_of(c, r, "contacts", "contact", "contacts"));
	return rc;
}

static enum rc
cmd_channel_test(struct cli *c, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(c, "POST", "/v1/channel/tests", peer_in(c), &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "tests"), i, v)
		printf("Test %s is on its way to %s: a person there must acknowledge it "
		       "by %s.\n",
		       cli_text(v, "test"), cli_text(v, "peer"), cli_time(c, v, "due"));
	return RC_OK;
}

static enum rc
cmd_channel_tests(struct cli *c, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/channel/tests", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "channels"), i, v) {
		printf("%s: %s%s\n", cli_text(v, "peer"),
		       json_is_null(json_object_get(v, "last_acked"))
			       ? "no person there has acknowledged a test"
			       : "a person there last acknowledged a test ",
		       json_is_null(json_object_get(v, "last_acked"))
			       ? ""
			       : cli_time(c, v, "last_acked"));
		directory_print(c, "their contacts", json_object_get(v, "contacts"));
	}
	json_array_foreach (json_object_get(r, "tests"), i, v) {
		printf("%s  %-7s  by the %s, sent %s, due %s, acknowledged %s\n",
		       cli_text(v, "test"), cli_word(c, v, "state"), cli_who(c, v, "by"),
		       cli_time(c, v, "sent"), cli_time(c, v, "due"),
		       cli_time(c, v, "acked"));
		if (!json_is_true(json_object_get(v, "ours")) &&
		    json_is_null(json_object_get(v, "acked")))
			printf("  it waits for you: saluran channel ack %s\n",
			       cli_text(v, "test"));
	}
	return RC_OK;
}

static enum rc
cmd_channel_ack(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/channel/tests/%s/ack", c->words[0]),
			      NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s\n", json_is_true(json_object_get(r, "again"))
				       ? "Somebody acknowledged it before."
				       : "Acknowledged: the other side sees that a "
					 "person has it.");
	return rc;
}

static const struct cli_option peer_options[] = {
	{"peer", "ORG", false, "this peer only"},
	{.name = NULL},
};

const struct cli_command cli_contact_commands[] = {
	{"contacts set", "FILE", 1, 1,
	 "publish who is reached on our side; FILE is a JSON list of contacts",
	 "echo '[{\"name\": \"Duty desk\", \"reach\": \"+62 21 500\", \"role\": "
	 "\"contact\", \"languages\": [\"id\", \"en\"], \"hours\": {\"offset\": "
	 "\"+07:00\", \"week\": [{\"day\": \"mon\", \"from\": \"08:00\", \"to\": "
	 "\"17:00\"}]}}]' | saluran contacts set - --as wati.credential",
	 false, peer_options, cmd_contacts_set},
	{"contacts show", "", 0, 0, "who is on duty on either side, and who is next",
	 "saluran contacts show --as sari.credential", false, peer_options,
	 cmd_contacts_show},
	{"channel test", "", 0, 0, "ask for a sign of life from a person of the peer",
	 "saluran channel test --as sari.credential", false, peer_options,
	 cmd_channel_test},
	{"channel tests", "", 0, 0, "tests of the channels, and when one was answered",
	 "saluran channel tests --as sari.credential", false, NULL, cmd_channel_tests},
	{"channel ack", "TEST", 1, 1, "acknowledge a test of the peer",
	 "saluran channel ack 01890a5d-ac96-774b-bcce-b302099a8057 --as ivan.credential",
	 false, NULL, cmd_channel_ack},
	{0},
};
