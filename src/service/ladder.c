/*
 * The ladder: a reminder and formal warnings, each due after the one before.
 */
#include "service/act.h"

#include <string.h>

#include "base/clock.h"

/* The rung that is next by the policy, and due. */
enum rc
act_check_rung(struct writer *w, struct act *act, const struct case_row *c, struct err *e)
{
	const struct policy *p;
	struct case_due due;
	char when[CLOCK_TEXT_LEN];
	enum rc rc = c->manifest
			     ? view_policy(w->v, &c->policy_sha256, &p, e)
			     : err_set(e, RC_CONFLICT, "the case has no manifest yet");

	if (rc != RC_OK)
		return rc;
	const struct policy_class *cls = policy_class_find(p, c->class_code);
	if (c->fold.receipt_us == 0)
		return err_set(
			e, RC_CONFLICT,
			"this case was never receipted: no clock runs, so there is "
			"nothing to remind of");
	casefile_due(p, cls, &c->fold, view_case_owed(c), &due);
	if (due.pending)
		return err_set(
			e, RC_CONFLICT,
			"the step before has no receipt yet: what was not delivered "
			"does not count, and the next one runs from its receipt");
	if (due.step < 0)
		return err_set(
			e, RC_CONFLICT,
			"no reminder or warning is next: nothing is owed, the ladder is "
			"used up, or the one before has no receipt yet");
	const struct policy_step *step = &p->ladder[due.step];
	bool warn = strcmp(act->type, "case.warn") == 0;
	if (step->warn != warn || (warn && step->level != act->level)) {
		const char *next = step->warn
					   ? arena_printf(w->a, "warning %u", step->level)
					   : "a reminder";
		return err_set(e, RC_CONFLICT, "next by the policy %s is %s", p->name,
			       next);
	}
	if (w->now_us < due.step_us)
		return err_set(e, RC_CONFLICT, "not before %s by the policy %s",
			       clock_format(due.step_us, when), p->name);
	return RC_OK;
}

/* in: case, version?, text? */
enum rc
service_case_remind(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct act act = {.by = actor_pseudonym(who),
			  .type = "case.remind",
			  .text_name = "text",
			  .check = act_check_rung};
	enum rc rc = act_in(in, a, "", &act, e);

	if (rc == RC_OK)
		rc = in_ready(in, a, "text", false, ACT_TEXT_MAX, &act.text, e);
	return rc == RC_OK ? act_run(nd, a, &act, act_work, &act, out, e) : rc;
}

/* in: case, version?, level (1 to 3), text? */
enum rc
service_case_warn(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct act act = {.by = actor_pseudonym(who),
			  .type = "case.warn",
			  .text_name = "text",
			  .check = act_check_rung};
	int64_t level = 0;
	enum rc rc = act_in(in, a, "level", &act, e);

	if (rc == RC_OK)
		rc = in_ready(in, a, "text", false, ACT_TEXT_MAX, &act.text, e);
	if (rc == RC_OK)
		rc = in_int(in, "level", 1, EVENT_WARN_LEVEL_MAX, 0, &level, e);
	if (rc == RC_OK && level == 0)
		rc = err_set(e, RC_INVALID, "\"level\" is missing: 1, 2 or 3");
	if (rc != RC_OK)
		return rc;
	act.level = (unsigned)level;
	act.body = json_pack("{s:I}", "level", (json_int_t)level);
	rc = act_run(nd, a, &act, act_work, &act, out, e);
	json_decref(act.body);
	return rc;
}
