/* What people see of orders: one with all that was done with it and is still to do, and
 * the list. */
#include <string.h>

#include "base/clock.h"
#include "service/cases.h"
#include "service/order_int.h"
#include "service/register.h"
#include "store/store_sql.h"

enum {
	DIFF_LINES_MAX =
		400, /* of each text; longer ones are shown without a comparison */
};

#define ORDER_SPEC                                                                       \
	"order:s peer:s state:s action:s text:s text_sha256:s reasons:s legal_basis:s "  \
	"approvals_needed:i guards:j drafter:s drafted:t in_force:t ends:t review:t "    \
	"ended:t emergency:b serial_on:i serial_off:i proportionality:s collateral:s "   \
	"emergency_reason:s contact_called:j findings:j previous:s source:s reviewed:t " \
	"year:i number:i"

static void
time_set(json_t *o, const char *member)
{
	json_t *v = json_object_get(o, member);

	if (json_is_integer(v))
		json_object_set_new(o, member, json_time(json_integer_value(v)));
}

/* What an act says beside its order and text stands in the act itself. */
static void
act_finish(json_t *act)
{
	json_t *body = json_object_get(act, "body"), *stage;
	size_t i;

	json_object_del(body, "order");
	json_object_del(body, "text");
	json_object_del(body, "guards");
	time_set(body, "next");
	json_array_foreach (json_object_get(body, "stages"), i, stage)
		time_set(stage, "at");
	if (json_object_get(body, "seq") != NULL) {
		json_object_set(body, "lift", json_object_get(body, "seq"));
		json_object_del(body, "seq");
	}
	json_object_update_missing(act, body);
	json_object_del(act, "body");
}

static enum rc
order_finish(struct store *s, json_t *o, struct err *e)
{
	const char *id = json_string_value(json_object_get(o, "order"));
	const struct db_param key[] = {DB_P_TEXT(id)};
	json_t *names = json_array(), *cites = json_array(), *acts = json_array(), *act,
	       *cite;
	json_t *waiting = json_array();
	size_t i;
	enum rc rc = store_rows(s, &SQL_ORDER_NAMES, key,
				"name:s wildcard:b lifted:t stage:t owner_recorded:t "
				"owner_told:b owner_channel:s",
				names, e);

	json_object_set_new(o, "names", names);
	json_object_set_new(o, "cites", cites);
	json_object_set_new(o, "acts", acts);
	json_object_set_new(o, "lifts_waiting", waiting);
	time_set(json_object_get(o, "contact_called"), "when");
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ORDER_CITES, key,
				"case:s subject:s " CASE_REF_SPEC, cites, e);
	json_array_foreach (cites, i, cite)
		case_ref_set(cite);
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_ORDER_ACTS, key,
			"act:s author:s guards:j reason:s at:t seq:i body:j reviewed:s",
			acts, e);
	json_array_foreach (acts, i, act)
		act_finish(act);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ORDER_RELEASE_OF, key,
				"name:s zone:s author:s at:t", waiting, e);
	return rc;
}

/* ---- what changed since the draft before ------------------------------------------- */

struct lines {
	const char *at[DIFF_LINES_MAX];
	size_t len[DIFF_LINES_MAX], n;
};

static bool
lines_cut(struct lines *l, const char *text)
{
	for (l->n = 0; *text != '\0';) {
		size_t len = strcspn(text, "\n");
		if (l->n == DIFF_LINES_MAX)
			return false;
		l->at[l->n] = text;
		l->len[l->n++] = len;
		text += len + (text[len] == '\n');
	}
	return true;
}

static bool
line_equal(const struct lines *x, size_t i, const struct lines *y, size_t k)
{
	return x->len[i] == y->len[k] && memcmp(x->at[i], y->at[k], x->len[i]) == 0;
}

static void
change_add(json_t *into, const char *how, const struct lines *l, size_t i)
{
	json_array_append_new(
		into, json_pack("{s:s, s:s%}", "is", how, "line", l->at[i], l->len[i]));
}

/* Lines that went and came, by the longest common subsequence; null for long texts. */
static json_t *
changes_json(struct arena *a, const char *before, const char *after)
{
	struct lines *x = ARENA_NEW(a, struct lines), *y = ARENA_NEW(a, struct lines);
	json_t *into;
	size_t i = 0, k = 0;

	if (!lines_cut(x, before) || !lines_cut(y, after))
		return json_null();
	size_t wide = y->n + 1;
	uint16_t *best = arena_array(a, (x->n + 1) * wide, sizeof(*best));
	for (i = x->n; i-- > 0;)
		for (k = y->n; k-- > 0;) {
			uint16_t down = best[(i + 1) * wide + k],
				 right = best[i * wide + k + 1];
			best[i * wide + k] =
				line_equal(x, i, y, k)
					? (uint16_t)(best[(i + 1) * wide + k + 1] + 1)
				: down > right ? down
					       : right;
		}
	into = json_array();
	for (i = k = 0; i < x->n || k < y->n;) {
		if (i < x->n && k < y->n && line_equal(x, i, y, k)) {
			i++;
			k++;
		} else if (k == y->n || (i < x->n && best[(i + 1) * wide + k] >=
							     best[i * wide + k + 1])) {
			change_add(into, "gone", x, i++);
		} else {
			change_add(into, "new", y, k++);
		}
	}
	return into;
}

/* The draft that this one replaces, its text, and what is different. */
static enum rc
previous_add(struct store *s, struct arena *a, json_t *o, struct err *e)
{
	const char *previous = json_string_value(json_object_get(o, "previous"));
	const char *text = json_string_value(json_object_get(o, "text"));
	json_t *old = NULL, *later = json_array(), *row;
	size_t i;
	enum rc rc = store_rows(s, &SQL_ORDER_LATER,
				(struct db_param[]){DB_P_TEXT(
					json_string_value(json_object_get(o, "order")))},
				"order:s state:s", later, e);

	json_object_set_new(o, "replaced_by", later);
	if (rc != RC_OK || previous == NULL)
		return rc;
	rc = store_row(s, &SQL_ORDER_SHOW, (struct db_param[]){DB_P_TEXT(previous)},
		       ORDER_SPEC, &old, e);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	const char *before = json_string_value(json_object_get(old, "text"));
	json_t *shown = json_pack("{s:s, s:O, s:O}", "order", previous, "state",
				  json_object_get(old, "state"), "text",
				  json_object_get(old, "text"));
	json_object_set_new(shown, "changes",
			    before == NULL || text == NULL
				    ? json_null()
				    : changes_json(a, before, text));
	json_t *acts = json_array();
	rc = store_rows(s, &SQL_ORDER_ACTS, (struct db_param[]){DB_P_TEXT(previous)},
			"act:s author:s guards:j reason:s at:t seq:i body:j reviewed:s",
			acts, e);
	json_object_set_new(shown, "returned", json_null());
	json_array_foreach (acts, i, row)
		if (strcmp(json_string_value(json_object_get(row, "act")), "return") == 0)
			json_object_set(shown, "returned",
					json_object_get(row, "reason"));
	json_decref(acts);
	json_decref(old);
	json_object_set_new(o, "previous_draft", shown);
	return rc;
}

/* ---- what is still to do --------------------------------------------------------------
 */

static void
task_add(json_t *tasks, const char *task, json_t *more)
{
	json_object_set_new(more, "task", json_string(task));
	json_array_append_new(tasks, more);
}

static void
task_owners(json_t *o, const struct order_row *row, json_t *tasks)
{
	json_t *open = json_array(), *name;
	size_t i;

	json_array_foreach (json_object_get(o, "names"), i, name)
		if (json_is_null(json_object_get(name, "owner_recorded")))
			json_array_append(open, json_object_get(name, "name"));
	if (json_array_size(open) != 0 && order_may(row->life, ORDER_ACT_OWNER))
		task_add(tasks, "owner", json_pack("{s:O}", "names", open));
	json_decref(open);
}

static void
task_reviews(json_t *o, const struct order_row *row, int64_t now_us, json_t *tasks)
{
	const char *review = json_string_value(json_object_get(o, "review"));
	const char *reviewed = json_string_value(json_object_get(o, "reviewed"));
	char now[CLOCK_TEXT_LEN];
	json_t *act;
	size_t i;

	/* Times as texts of one length sort as times. */
	if (row->life == ORDER_IN_FORCE && review != NULL &&
	    strcmp(review, clock_format(now_us, now)) <= 0 &&
	    (reviewed == NULL || strcmp(reviewed, review) < 0))
		task_add(tasks, "review", json_pack("{s:s}", "due", review));
	json_array_foreach (json_object_get(o, "acts"), i, act) {
		const char *is = json_string_value(json_object_get(act, "reviewed"));
		if (is != NULL && strcmp(is, "owed") == 0)
			task_add(tasks, "review_lift",
				 json_pack("{s:O, s:O, s:O}", "lift",
					   json_object_get(act, "seq"), "act",
					   json_object_get(act, "act"), "author",
					   json_object_get(act, "author")));
	}
}

static enum rc
tasks_add(struct store *s, struct arena *a, json_t *o, struct err *e)
{
	json_t *tasks = json_array();
	struct order_row row;
	enum rc rc = view_order_get(s, a, json_string_value(json_object_get(o, "order")),
				    &row, e);

	json_object_set_new(o, "tasks", tasks);
	if (rc != RC_OK)
		return rc;
	json_object_set(o, "overrides_needed", row.guards);
	json_object_set_new(o, "approvals", json_integer((json_int_t)row.approvals));
	task_owners(o, &row, tasks);
	task_reviews(o, &row, clock_now_us(), tasks);
	if (row.life != ORDER_DRAFT)
		return RC_OK;
	if (json_array_size(row.guards) != 0)
		task_add(tasks, "override", json_pack("{s:O}", "guards", row.guards));
	task_add(tasks, "approve",
		 json_pack("{s:I}", "missing",
			   (json_int_t)(row.approvals_needed - row.approvals)));
	return RC_OK;
}

/* in: order  out: the order with text, names, cites, acts, findings, what is still to do,
 * and the draft that it replaces with what changed */
enum rc
service_order(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	struct store *s = NULL;
	const char *id;
	json_t *o;
	enum rc rc = in_only(in, "order", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "order", &id, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK) {
		rc = store_row(s, &SQL_ORDER_SHOW, (struct db_param[]){DB_P_TEXT(id)},
			       ORDER_SPEC, &o, e);
		if (rc == RC_NOT_FOUND)
			err_set(e, rc, "there is no order %s", id);
	}
	if (rc == RC_OK)
		rc = order_finish(s, reply_json(a, out, o), e);
	if (rc == RC_OK)
		register_ref_finish(a, o);
	if (rc == RC_OK)
		rc = order_lists_add(nd, s, a, o, e);
	if (rc == RC_OK)
		rc = previous_add(s, a, o, e);
	if (rc == RC_OK)
		rc = tasks_add(s, a, o, e);
	reader_put(nd, s);
	return rc;
}

/* in: state?, limit?, after? (an order)  out: orders [] newest first, next */
enum rc
service_orders(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *orders = json_array(), *o;
	struct store *s = NULL;
	const char *after, *state;
	enum order_state life;
	int64_t limit = 0;
	size_t i;
	enum rc rc = in_only(in, "state limit after", e);

	(void)who;
	json_t *all = reply_json(a, out, json_pack("{s:o}", "orders", orders));
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = in_text(in, "after", false, UUID_TEXT_LEN, &after, e);
	if (rc == RC_OK)
		rc = in_text(in, "state", false, EVENT_TOKEN_MAX, &state, e);
	if (rc == RC_OK && state != NULL && !order_state_find(state, &life))
		rc = err_set(e, RC_INVALID, "an order is never \"%s\"", state);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(
			s, state == NULL ? &SQL_ORDER_PAGE : &SQL_ORDER_PAGE_STATE,
			(struct db_param[]){DB_P_TEXT(after == NULL ? "g" : after),
					    DB_P_INT(limit), DB_P_TEXT(state)},
			ORDER_SPEC, orders, e);
	json_array_foreach (orders, i, o)
		if (rc == RC_OK)
			rc = order_finish(s, o, e);
	reader_put(nd, s);
	register_refs_finish(a, orders);
	size_t n = json_array_size(orders);
	json_object_set_new(all, "next",
			    n != 0 && (int64_t)n == limit
				    ? json_incref(json_object_get(
					      json_array_get(orders, n - 1), "order"))
				    : json_null());
	return rc;
}

/* in: limit?  out: pairs [{drafter, drafter_name, approver, approver_name, orders,
 * last}], those of the most orders first: who always signs for whom stands out */
enum rc
service_approvals(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *pairs = json_array();
	struct store *s = NULL;
	int64_t limit = 0;
	enum rc rc = in_only(in, "limit", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "pairs", pairs));
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ORDER_PAIRS, (struct db_param[]){DB_P_INT(limit)},
				"drafter:s drafter_name:s approver:s approver_name:s "
				"orders:i last:t",
				pairs, e);
	reader_put(nd, s);
	return rc;
}
