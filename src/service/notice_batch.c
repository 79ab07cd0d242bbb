/*
 * A list read for a notice: its rows, what was sent before of them, and what people are
 * told of both.
 */
#include <inttypes.h>
#include <string.h>

#include "core/event_type.h"
#include "service/cases.h"
#include "service/import.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { GROUP_LINES = 5 /* of a kind of problem, as a way to it */ };

const char *
notice_key(struct arena *a, const struct channel_row *ch, const char *reference)
{
	return arena_printf(a, "%" PRId64 "/%s", ch->channel, reference);
}

static enum rc
file_in(json_t *in, struct import_file *ret, struct err *e)
{
	json_t *file = json_object_get(in, "file");
	const char *hex;

	*ret = (struct import_file){.given = file != NULL};
	if (file == NULL)
		return RC_OK;
	if (!json_is_object(file))
		return err_set(e, RC_INVALID, "\"file\" must be {name, sha256}");
	enum rc rc = in_only(file, "name sha256", e);
	if (rc == RC_OK)
		rc = in_text(file, "name", false, IMPORT_NAME_MAX, &ret->name, e);
	if (rc == RC_OK)
		rc = in_text(file, "sha256", true, HASH_HEX_LEN, &hex, e);
	if (rc == RC_OK && hash_parse_hex(hex, strlen(hex), &ret->sha256) != RC_OK)
		rc = err_set(e, RC_INVALID, "\"file.sha256\" is no SHA-256");
	return rc;
}

/* The text of the request, or of the list that it names. */
static enum rc
text_in(struct store *s, struct arena *a, const char *author, json_t *in,
	struct notice_batch *b, struct err *e)
{
	enum rc rc = in_text(in, "csv", false, BATCH_BYTES_MAX, &b->csv, e);

	if (rc == RC_OK && json_object_get(in, "list") != NULL)
		rc = in_uuid(in, "list", &b->list, e);
	if (rc == RC_OK && (b->csv == NULL) == (b->list == NULL))
		rc = err_set(e, RC_INVALID,
			     "give the list's text as \"csv\", or as \"list\" the id of "
			     "one that was sent in parts");
	if (rc != RC_OK)
		return rc;
	b->csv_len = json_string_length(json_object_get(in, "csv"));
	if (b->list == NULL)
		return RC_OK;
	return import_list_text(s, a, author, b->list, &b->csv, &b->csv_len, e);
}

static void
json_release(void *p)
{
	json_decref(p);
}

/* Rows that were items of cases before are no longer usable. */
static enum rc
earlier_skip(struct store *s, struct arena *a, const char *before, struct notice_batch *b,
	     struct err *e)
{
	enum rc rc = RC_OK;

	b->earlier = arena_array(a, b->batch.n_rows, sizeof(json_t *));
	for (size_t i = 0; rc == RC_OK && i < b->batch.n_rows; i++) {
		struct batch_row *r = &b->batch.rows[i];
		json_t *earlier = NULL;
		if (r->rc != RC_OK)
			continue;
		rc = item_earlier(s, &r->target.nf, before, &earlier, e);
		if (rc != RC_OK || json_is_null(earlier)) {
			json_decref(earlier);
			continue;
		}
		arena_defer(a, json_release, earlier);
		b->earlier[i] = earlier;
		r->rc = RC_CONFLICT;
		r->code = BATCH_PROBLEM_EARLIER;
		r->problem = arena_printf(
			a,
			"it was sent before, in the case %s, item %" JSON_INTEGER_FORMAT,
			json_string_value(json_object_get(earlier, "case")),
			json_integer_value(json_object_get(earlier, "i")) + 1);
		b->batch.n_ok--;
		b->batch.n_duplicate++;
	}
	return rc;
}

enum rc
notice_batch_read(struct node *nd, struct arena *a, const char *author, json_t *in,
		  const char *reference, struct notice_batch *ret, struct err *e)
{
	const char *peer, *own = NULL;
	struct store *s = NULL;
	bool skip = false;

	*ret = (struct notice_batch){0};
	enum rc rc = in_text(in, "peer", false, ORG_MAX, &peer, e);
	if (rc == RC_OK)
		rc = in_bool(in, "skip_earlier", &skip, e);
	if (rc == RC_OK)
		rc = file_in(in, &ret->file, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = text_in(s, a, author, in, ret, e);
	if (rc == RC_OK)
		rc = channel_of_peer(s, a, peer, &ret->channel, e);
	if (rc == RC_OK)
		rc = policy_of_channel(s, a, &ret->channel, &ret->policy, e);
	if (rc == RC_OK)
		rc = batch_parse(a, ret->policy, ret->csv, ret->csv_len, &ret->batch, e);
	/* One that is sent again is held against the same cases as the first time. */
	if (rc == RC_OK && skip && reference != NULL)
		rc = store_text(s, a, &SQL_REQUEST_ANSWER,
				(struct db_param[]){DB_P_TEXT(
					notice_key(a, &ret->channel, reference))},
				&own, e);
	if (rc == RC_OK && skip)
		rc = earlier_skip(s, a, own, ret, e);
	reader_put(nd, s);
	return rc;
}

/* ---- what is told ------------------------------------------------------------------ */

static json_t *
row_json(const struct batch_row *r, json_t *earlier)
{
	json_t *j =
		json_pack("{s:i, s:s, s:s, s:s?, s:s?}", "line", (int)r->line, "answer",
			  r->rc == RC_OK	 ? "ok"
			  : r->rc == RC_CONFLICT ? "duplicate"
						 : rc_token(r->rc),
			  "code", r->code, "column", r->column, "problem", r->problem);

	if (r->fix != NULL)
		json_object_set_new(j, "fix", json_string(r->fix));
	if (r->duplicate_of != 0)
		json_object_set_new(j, "duplicate_of", json_integer(r->duplicate_of));
	if (earlier != NULL)
		json_object_set(j, "earlier", earlier);
	if (r->target.normal != NULL)
		json_object_set_new(j, "target", json_string(r->target.normal));
	return j;
}

/* {code: {code, n, lines}} */
static void
group_add(json_t *groups, const struct batch_row *r)
{
	json_t *g = json_object_get(groups, r->code);

	if (g == NULL) {
		g = json_pack("{s:s, s:i, s:[]}", "code", r->code, "n", 0, "lines");
		json_object_set_new(groups, r->code, g);
	}
	json_int_t n = json_integer_value(json_object_get(g, "n"));
	json_object_set_new(g, "n", json_integer(n + 1));
	if (n < GROUP_LINES)
		json_array_append_new(json_object_get(g, "lines"), json_integer(r->line));
}

json_t *
notice_batch_json(const struct notice_batch *b, int64_t after, int64_t limit)
{
	json_t *rows = json_array(), *ignored = json_array(), *groups = json_array();
	json_t *by_code = json_object(), *g;
	const char *code;
	size_t told = 0, left = 0;

	for (size_t i = 0; i < b->batch.n_ignored; i++)
		json_array_append_new(ignored, json_string(b->batch.ignored[i]));
	for (size_t i = 0; i < b->batch.n_rows; i++) {
		const struct batch_row *r = &b->batch.rows[i];
		if (r->rc == RC_OK)
			continue;
		group_add(by_code, r);
		if (r->line <= after)
			continue;
		if ((int64_t)told == limit) {
			left++;
			continue;
		}
		json_array_append_new(
			rows, row_json(r, b->earlier == NULL ? NULL : b->earlier[i]));
		told++;
	}
	json_object_foreach (by_code, code, g)
		json_array_append(groups, g);
	json_decref(by_code);
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:b}", "ignored", ignored,
			 "rows", (json_int_t)b->batch.n_rows, "ok",
			 (json_int_t)b->batch.n_ok, "duplicates",
			 (json_int_t)b->batch.n_duplicate, "bad",
			 (json_int_t)b->batch.n_bad, "groups", groups, "problems", rows,
			 "more_problems", left != 0);
}

/*
 * in: peer?, csv or list, skip_earlier? (rows that were items before are duplicates),
 *     after? (a line), limit?
 * out: rows, ok, duplicates, bad, groups [], problems [], more_problems
 */
enum rc
service_batch_check(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct notice_batch b;
	int64_t after = 0, limit = 0;
	enum rc rc = in_only(in, "peer csv list skip_earlier after limit", e);

	if (rc == RC_OK)
		rc = in_int(in, "after", 0, INT32_MAX, 0, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, PAGE_MAX, NOTICE_REPORT_ROWS, &limit, e);
	if (rc == RC_OK)
		rc = notice_batch_read(nd, a, actor_pseudonym(who), in, NULL, &b, e);
	if (rc == RC_OK)
		reply_json(a, out, notice_batch_json(&b, after, limit));
	return rc;
}
