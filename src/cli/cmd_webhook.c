/* Commands on webhooks and the feed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static enum rc
cmd_webhook_list(struct cli *c, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/webhooks", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "webhooks"), i, v) {
		printf("%s  %s  %s  %s\n", cli_text(v, "webhook"),
		       json_is_true(json_object_get(v, "active")) ? "active" : "off   ",
		       cli_text(v, "url"), cli_text(v, "types"));
		if (json_is_string(json_object_get(v, "failing_since")))
			printf("  failing since %s: %s; next try %s\n",
			       cli_time(c, v, "failing_since"), cli_text(v, "reason"),
			       cli_time(c, v, "next_try"));
	}
	return RC_OK;
}

static enum rc
cmd_webhook_add(struct cli *c, struct err *e)
{
	const char *types = cli_value(c, "types");
	json_t *r, *in = json_pack("{s:s}", "url", c->words[0]);

	if (types != NULL)
		json_object_set_new(in, "types", json_string(types));
	enum rc rc = cli_call(c, "POST", "/v1/webhooks", in, &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("Webhook %s. Its secret, shown this once, is for the "
		       "receiver:\n%s\n",
		       cli_text(r, "webhook"), cli_text(r, "secret"));
	return rc;
}

static enum rc
hook_call(struct cli *c, const char *act, json_t *in, json_t **ret, struct err *e)
{
	return cli_call(c, "POST",
			arena_printf(c->a, "/v1/webhooks/%s/%s", c->words[0], act), in,
			ret, e);
}

static enum rc
cmd_webhook_rotate(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = hook_call(c, "rotate", NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("The new secret, shown this once; the old one signs too for a "
		       "day:\n%s\n",
		       cli_text(r, "secret"));
	return rc;
}

/* A number of an option, as the API takes it; the API says what is wrong with it. */
static void
put_number(struct cli *c, json_t *in, const char *option)
{
	if (cli_value(c, option) != NULL)
		json_object_set_new(in, option, json_string(cli_value(c, option)));
}

static enum rc
cmd_webhook_replay(struct cli *c, struct err *e)
{
	json_t *r, *in = json_object();

	put_number(c, in, "after");
	put_number(c, in, "delivery");
	enum rc rc = hook_call(c, "replay", in, &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("It is handed over again, with the same ids.\n");
	return rc;
}

static enum rc
cmd_webhook_resume(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = hook_call(c, "resume", NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("It is tried again at once.\n");
	return rc;
}

static enum rc
cmd_webhook_remove(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = hook_call(c, "remove", NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Nothing is handed over there any more.\n");
	return rc;
}

static enum rc
cmd_webhook_deliveries(struct cli *c, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(
		c, "GET", arena_printf(c->a, "/v1/webhooks/%s/deliveries", c->words[0]),
		NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "deliveries"), i, v)
		printf("%" JSON_INTEGER_FORMAT "  %s  %-14s  try %" JSON_INTEGER_FORMAT
		       "  %" JSON_INTEGER_FORMAT "  %s\n",
		       cli_int(v, "delivery"), cli_time(c, v, "at"), cli_text(v, "type"),
		       cli_int(v, "attempt"), cli_int(v, "status"),
		       cli_text(v, "reason"));
	return RC_OK;
}

static enum rc
cmd_events(struct cli *c, struct err *e)
{
	const char *after = cli_value(c, "after"), *types = cli_value(c, "types");
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(
		c, "GET",
		arena_printf(c->a, "/v1/events?limit=100&after=%s%s%s",
			     after == NULL ? "0" : after,
			     types == NULL ? "" : "&types=", types == NULL ? "" : types),
		NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "events"), i, v)
		printf("%" JSON_INTEGER_FORMAT "  %s  %-9s  %-16s  %s%s%s\n",
		       cli_int(v, "id"), cli_time(c, v, "at"), cli_text(v, "party"),
		       cli_text(v, "type"),
		       json_is_string(json_object_get(v, "case")) ? cli_text(v, "case")
								  : "",
		       json_is_string(json_object_get(v, "why")) ? "  VOID: " : "",
		       json_is_string(json_object_get(v, "why")) ? cli_text(v, "why")
								 : "");
	if (json_is_true(json_object_get(r, "more")))
		printf("more: saluran events --after %" JSON_INTEGER_FORMAT "\n",
		       cli_int(r, "next"));
	return RC_OK;
}

static const struct cli_option add_options[] = {
	{"types", "TYPES", false, "types of events, such as case.accept,item.*; all"},
	{.name = NULL},
};
static const struct cli_option replay_options[] = {
	{"after", "ID", false, "everything behind this id of the feed"},
	{"delivery", "NUMBER", false, "this delivery alone"},
	{.name = NULL},
};
static const struct cli_option events_options[] = {
	{"after", "ID", false, "begin behind this id; the beginning"},
	{"types", "TYPES", false, "types of events, such as case.accept,item.*; all"},
	{.name = NULL},
};

#define HOOK "01890a5d-ac96-774b-bcce-b302099a8057"

const struct cli_command cli_webhook_commands[] = {
	{"webhook list", "", 0, 0, "where events are handed to, and how far each has got",
	 "saluran webhook list --as admin.credential", false, NULL, cmd_webhook_list},
	{"webhook add", "URL", 1, 1, "hand events over to a URL, signed",
	 "saluran webhook add https://moderation.platform.example/saluran --types "
	 "case.accept --as admin.credential",
	 false, add_options, cmd_webhook_add},
	{"webhook rotate", "WEBHOOK", 1, 1, "a new secret for a webhook",
	 "saluran webhook rotate " HOOK " --as admin.credential", false, NULL,
	 cmd_webhook_rotate},
	{"webhook replay", "WEBHOOK", 1, 1, "hand over again what a receiver lost",
	 "saluran webhook replay " HOOK " --after 1500000000000000 --as admin.credential",
	 false, replay_options, cmd_webhook_replay},
	{"webhook resume", "WEBHOOK", 1, 1,
	 "try a webhook again at once, also when it was switched off",
	 "saluran webhook resume " HOOK " --as admin.credential", false, NULL,
	 cmd_webhook_resume},
	{"webhook remove", "WEBHOOK", 1, 1, "hand nothing over there any more",
	 "saluran webhook remove " HOOK " --as admin.credential", false, NULL,
	 cmd_webhook_remove},
	{"webhook deliveries", "WEBHOOK", 1, 1, "its attempts, the newest first",
	 "saluran webhook deliveries " HOOK " --as admin.credential", false, NULL,
	 cmd_webhook_deliveries},
	{"events", "", 0, 0, "the feed of events, in the order of storing",
	 "saluran events --types item.decide --as auditor.credential", false,
	 events_options, cmd_events},
	{0},
};
