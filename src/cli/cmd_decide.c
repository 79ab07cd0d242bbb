/* Decisions: preview, decide, what is held. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static json_t *
decision_json(struct cli *c)
{
	static const char *const filters[] = {"category", "host", "kind", "text"};
	json_t *in = json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}", "outcome",
			       cli_value(c, "outcome"), "ground", cli_value(c, "ground"),
			       "reason", cli_value(c, "reason"), "until",
			       cli_value(c, "until"), "selection",
			       cli_value(c, "selection"), "confirm",
			       cli_value(c, "confirm"), "items", cli_value(c, "items"));
	json_t *territories = cli_values(c, "territory"), *filter = json_object();

	if (territories != NULL)
		json_object_set_new(in, "territories", territories);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (cli_value(c, filters[i]) != NULL)
			json_object_set_new(filter, filters[i],
					    json_string(cli_value(c, filters[i])));
	if (json_object_size(filter) != 0)
		json_object_set(in, "filter", filter);
	json_decref(filter);
	if (cli_value(c, "version") != NULL)
		json_object_set_new(in, "version", json_string(cli_value(c, "version")));
	return in;
}

static void
groups_print(const json_t *groups, const char *what)
{
	size_t i;
	const json_t *g;

	json_array_foreach (groups, i, g)
		printf("  %6" JSON_INTEGER_FORMAT "  %s %s\n", cli_int(g, "n"), what,
		       cli_text(g, what));
}

static void
preview_print(struct cli *c, const json_t *r)
{
	size_t i;
	const json_t *v;

	printf("%s\n", cli_many_of(c, r, "count", "open item", "open items"));
	groups_print(json_object_get(r, "categories"), "category");
	groups_print(json_object_get(r, "hosts"), "host");
	json_array_foreach (json_object_get(r, "sample"), i, v)
		printf("  such as item %" JSON_INTEGER_FORMAT ": %s\n", cli_int(v, "i"),
		       cli_text(v, "normal"));
	json_array_foreach (json_object_get(r, "refused"), i, v)
		printf("would be refused: %s\n", json_string_value(v));
	if (json_is_string(json_object_get(r, "confirm")))
		printf("to decide so many: --selection %s --confirm '%s'\n",
		       cli_text(r, "selection"), cli_text(r, "confirm"));
	if (cli_int(r, "hold_s") != 0)
		printf("it would wait %" JSON_INTEGER_FORMAT " s before it has effect\n",
		       cli_int(r, "hold_s"));
}

static enum rc
decide(struct cli *c, const char *verb, bool preview, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/cases/%s/%s%s", c->words[0], verb,
					   preview ? "/preview" : ""),
			      decision_json(c), &r, e);

	if (rc != RC_OK) {
		if (r != NULL && !cli_json(c, r) &&
		    json_is_string(json_object_get(r, "confirm")))
			fprintf(stderr, "now: --selection %s --confirm '%s'\n",
				cli_text(r, "selection"), cli_text(r, "confirm"));
		return rc;
	}
	if (cli_json(c, r))
		return RC_OK;
	if (preview)
		preview_print(c, r);
	else if (json_is_string(json_object_get(r, "held")))
		printf("Held as %s: %s decided at %s, unless it is cancelled before.\n",
		       cli_text(r, "held"),
		       cli_many_of(c, r, "items", "item is", "items are"),
		       cli_time(c, r, "effect"));
	else
		printf("Recorded %s as %s at log index %" JSON_INTEGER_FORMAT ".\n",
		       cli_many_of(c, r, "items", "item", "items"), cli_text(r, "event"),
		       cli_int(r, "seq"));
	return RC_OK;
}

static enum rc
cmd_decide(struct cli *c, struct err *e)
{
	return decide(c, "decide", cli_switch(c, "preview"), e);
}

static enum rc
cmd_reverse(struct cli *c, struct err *e)
{
	return decide(c, "reverse", false, e);
}

static enum rc
cmd_held(struct cli *c, struct err *e)
{
	json_t *r, *h;
	size_t i;
	const char *state = cli_value(c, "state");
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/held?limit=1000&state=%s",
					   state == NULL ? "held" : state),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "held")) == 0)
		printf("No decision waits.\n");
	json_array_foreach (json_object_get(r, "held"), i, h)
		printf("%s  case %s: %s %s%s, by %s, effect %s%s%s\n",
		       cli_text(h, "held"), cli_text(h, "case"),
		       cli_many_of(c, h, "items", "item", "items"),
		       strcmp(cli_text(h, "act"), "item.reverse") == 0 ? "reversed to "
								       : "",
		       cli_word(c, json_object_get(h, "decision"), "outcome"),
		       cli_who(c, h, "by"), cli_time(c, h, "effect"),
		       json_is_string(json_object_get(h, "why")) ? ": " : "",
		       json_is_string(json_object_get(h, "why")) ? cli_text(h, "why")
								 : "");
	return RC_OK;
}

static enum rc
cmd_held_cancel(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "POST", arena_printf(c->a, "/v1/held/%s/cancel", c->words[0]),
			 json_pack("{s:s*}", "reason", cli_value(c, "reason")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Cancelled: it has no effect.\n");
	return rc;
}

static const struct cli_option decide_options[] = {
	{"outcome", "WORD", true,
	 "removed, restricted, account_suspended, kept, not_found, already_removed or "
	 "impossible"},
	{"items", "LIST", false, "0,3,5-9, or open: all that are open (open)"},
	{"category", "CODE", false, "only items of this category"},
	{"host", "NAME", false, "only items of this host"},
	{"kind", "WORD", false, "only items of this kind, such as url"},
	{"text", "TEXT", false, "only items with this in their normal form"},
	{"preview", NULL, false, "show what it would take, decide nothing"},
	{"selection", "HEX", false, "of the preview, where many are decided at once"},
	{"confirm", "PHRASE", false, "that the preview asks you to type"},
	VERSION_OPTION,
	{"reason", "TEXT", false, "why; every outcome but removed needs it"},
	{"ground", "WORD", false,
	 "of impossible: force_majeure, manifest_error or insufficient_information"},
	{"territory", "CODE", false, "of restricted; may be given again"},
	{"until", "TIME", false, "of restricted"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option reverse_options[] = {
	{"outcome", "WORD", true, "what it is now; as of decide"},
	{"items", "LIST", true, "0,3,5-9"},
	{"reason", "TEXT", true, "why"},
	{"ground", "WORD", false, "of impossible"},
	{"territory", "CODE", false, "of restricted; may be given again"},
	{"until", "TIME", false, "of restricted"},
	{"selection", "HEX", false, "where many are reversed at once"},
	{"confirm", "PHRASE", false, "that a refusal asks you to type"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option held_options[] = {
	{"state", "WORD", false, "held, done, cancelled or conflict (held)"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option held_cancel_options[] = {
	{"reason", "TEXT", false, "why"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_decide_commands[] = {
	{"decide", "CASE", 1, 1, "decide items, with reasons",
	 "saluran decide 01890a5d-ac96-774b-bcce-b302099a8057 --items 0-9 --outcome "
	 "removed --as "
	 "nikolai.credential",
	 false, decide_options, cmd_decide},
	{"reverse", "CASE", 1, 1, "decide otherwise what is decided, with a reason",
	 "saluran reverse 01890a5d-ac96-774b-bcce-b302099a8057 --items 3 --outcome kept "
	 "--reason 'it is satire after all' --as nikolai.credential",
	 false, reverse_options, cmd_reverse},
	{"held", "", 0, 0, "decisions in bulk that wait before they have effect",
	 "saluran held --as nikolai.credential", true, held_options, cmd_held},
	{"held cancel", "HELD", 1, 1, "a decision that waits shall have no effect",
	 "saluran held cancel 01890a5d-ac96-774b-bcce-b302099a8057 --reason 'wrong list' "
	 "--as nikolai.credential",
	 false, held_cancel_options, cmd_held_cancel},
	{0},
};
