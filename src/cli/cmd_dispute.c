/* Questions, transfers and disputes. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static enum rc
cmd_clarify(struct cli *c, struct err *e)
{
	return cli_case_act(c, "clarify",
			    json_pack("{s:s, s:s*}", "text", c->words[1], "items",
				      cli_value(c, "items")),
			    "Asked", e);
}

static enum rc
cmd_answer(struct cli *c, struct err *e)
{
	return cli_case_act(c, "answer",
			    json_pack("{s:s, s:s*}", "text", c->words[1], "question",
				      cli_value(c, "question")),
			    "Answered", e);
}

static enum rc
cmd_transfer(struct cli *c, struct err *e)
{
	return cli_case_act(c, "transfer",
			    json_pack("{s:s, s:s}", "class", cli_value(c, "class"),
				      "reason", cli_value(c, "reason")),
			    "Transferred", e);
}

static enum rc
cmd_dispute(struct cli *c, struct err *e)
{
	return cli_case_act(c, "dispute",
			    json_pack("{s:s, s:s*, s:s*}", "text", c->words[1], "items",
				      cli_value(c, "items"), "about",
				      cli_value(c, "about")),
			    "Disputed", e);
}

static enum rc
dispute_act(struct cli *c, const char *verb, json_t *in, const char *done, struct err *e)
{
	json_t *r;

	if (cli_value(c, "case") != NULL)
		json_object_set_new(in, "case", json_string(cli_value(c, "case")));
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/disputes/%s/%s", c->words[0], verb),
			      in, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s: recorded as %s at log index %" JSON_INTEGER_FORMAT ".\n",
		       done, cli_text(r, "event"), cli_int(r, "seq"));
	return rc;
}

static enum rc
cmd_dispute_answer(struct cli *c, struct err *e)
{
	return dispute_act(c, "answer", json_pack("{s:s}", "text", c->words[1]),
			   "Answered", e);
}

static enum rc
cmd_dispute_rule(struct cli *c, struct err *e)
{
	return dispute_act(c, "rule",
			   json_pack("{s:s, s:s}", "ruling", c->words[1], "reason",
				     cli_value(c, "reason")),
			   "Ruled", e);
}

static enum rc
cmd_disputes(struct cli *c, struct err *e)
{
	json_t *r, *d;
	size_t i;
	const char *state = cli_value(c, "state");
	enum rc rc = cli_call(
		c, "GET",
		state == NULL
			? "/v1/disputes?limit=1000"
			: arena_printf(c->a, "/v1/disputes?limit=1000&state=%s", state),
		NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "disputes")) == 0)
		printf("No dispute.\n");
	json_array_foreach (json_object_get(r, "disputes"), i, d) {
		printf("%s  case %s, %s of the %s, %s: %s\n", cli_text(d, "dispute"),
		       cli_text(d, "case"), cli_text(d, "about"), cli_text(d, "party"),
		       json_is_string(json_object_get(d, "ruling"))
			       ? cli_word(c, d, "ruling")
			       : cli_word(c, d, "state"),
		       cli_text(d, "text"));
		if (cli_int(d, "owed") != 0)
			printf("    owed: a reversal of %s\n",
			       cli_many_of(c, d, "owed", "item", "items"));
	}
	if (json_is_string(json_object_get(r, "next")))
		printf("... and more\n");
	return RC_OK;
}

static const struct cli_option clarify_options[] = {
	{"items", "LIST", false, "0,3,5-9 (the whole case)"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option answer_options[] = {
	{"question", "N", false, "its log index, where several are open"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option transfer_options[] = {
	{"class", "CODE", true, "of the policy"},
	{"reason", "TEXT", true, "why"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option dispute_options[] = {
	{"items", "LIST", false, "0,3,5-9 (the whole case)"},
	{"about", "WORD", false,
	 "decision or notice (what the other side has written of the two)"},
	VERSION_OPTION,
	{NULL, NULL, false, NULL},
};
static const struct cli_option disputes_options[] = {
	{"state", "WORD", false, "open, answered or ruled (not ruled)"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option dispute_case_options[] = {
	{"case", "CASE", false, "where several have a dispute of this id"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option dispute_rule_options[] = {
	{"reason", "TEXT", true, "why"},
	{"case", "CASE", false, "where several have a dispute of this id"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_dispute_commands[] = {
	{"clarify", "CASE TEXT", 2, 2, "ask the authority what is needed to decide",
	 "saluran clarify 01890a5d-ac96-774b-bcce-b302099a8057 'Which message?' --items "
	 "3,5 --as nikolai.credential",
	 false, clarify_options, cmd_clarify},
	{"answer", "CASE TEXT", 2, 2, "answer a question of the platform",
	 "saluran answer 01890a5d-ac96-774b-bcce-b302099a8057 'The pinned one.' --as "
	 "sari.credential",
	 false, answer_options, cmd_answer},
	{"transfer", "CASE", 1, 1, "move a case to another class of its policy",
	 "saluran transfer 01890a5d-ac96-774b-bcce-b302099a8057 --class urgent --reason "
	 "'an attack is announced' --as sari.credential",
	 false, transfer_options, cmd_transfer},
	{"dispute", "CASE TEXT", 2, 2, "contest decisions, or the notice",
	 "saluran dispute 01890a5d-ac96-774b-bcce-b302099a8057 'It names the victims.' "
	 "--items 3 --as sari.credential",
	 false, dispute_options, cmd_dispute},
	{"disputes", "", 0, 0, "disputes, and the reversals that are owed",
	 "saluran disputes --as sari.credential", true, disputes_options, cmd_disputes},
	{"dispute answer", "DISPUTE TEXT", 2, 2, "answer a dispute of the other side",
	 "saluran dispute answer 01890a5d-ac96-774b-bcce-b302099a8057 'We look again.' "
	 "--as nikolai.credential",
	 false, dispute_case_options, cmd_dispute_answer},
	{"dispute rule", "DISPUTE RULING", 2, 2,
	 "rule on a dispute of the other side: upheld, rejected or partly",
	 "saluran dispute rule 01890a5d-ac96-774b-bcce-b302099a8057 upheld --reason "
	 "'they "
	 "are named' --as nikolai.credential",
	 false, dispute_rule_options, cmd_dispute_rule},
	{0},
};
