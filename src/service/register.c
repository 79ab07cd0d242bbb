/*
 * The public register: what is or was blocked, why, since when, until when, what was
 * objected and how that was ruled.  Hosts and counts only: no content URLs and nothing
 * of a person, so that publishing what was blocked does not become an index of it.
 */
#include "service/register.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/batch.h"
#include "core/event_type.h"
#include "core/ipnet.h"
#include "core/objection.h"
#include "core/target.h"
#include "service/measured.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	REGISTER_PAGE_DEFAULT = 50,
	REGISTER_PAGE_MAX = 200,
	REGISTER_OBJECTIONS_MAX = 100, /* shown with an entry */
	REF_YEAR_DIGITS = 4,
	REF_NUMBER_MAX = 999999,
	CSV_MAX = 4 << 20, /* bytes of a page */
};

/* ---- references -------------------------------------------------------------------- */

const char *
register_ref(struct arena *a, int64_t year, int64_t number)
{
	return arena_printf(a, "B-%04" PRId64 "-%03" PRId64, year, number);
}

bool
register_ref_parse(const char *text, int64_t *ret_year, int64_t *ret_number)
{
	enum { PREFIX = 2 + REF_YEAR_DIGITS + 1 }; /* "B-2026-" */
	uint64_t number;

	if (strlen(text) <= PREFIX)
		return false;
	const char *digits = text + PREFIX;
	if ((text[0] != 'B' && text[0] != 'b') || text[1] != '-' ||
	    strspn(text + 2, "0123456789") != REF_YEAR_DIGITS || digits[-1] != '-')
		return false;
	*ret_year = strtoll(text + 2, NULL, 10);
	digits += strspn(digits, "0");
	if (decimal_parse(digits, strlen(digits), REF_NUMBER_MAX, &number) != RC_OK)
		return false;
	*ret_number = (int64_t)number;
	return true;
}

void
register_ref_finish(struct arena *a, json_t *row)
{
	const json_t *year = json_object_get(row, "year");
	json_t *ref = json_null();

	if (json_is_integer(year))
		ref = json_string(
			register_ref(a, json_integer_value(year),
				     json_integer_value(json_object_get(row, "number"))));
	json_object_set_new(row, "ref", ref);
	json_object_del(row, "year");
	json_object_del(row, "number");
}

void
register_refs_finish(struct arena *a, json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row)
		register_ref_finish(a, row);
}

bool
register_above(struct arena *a, const char **at, bool *ret_whole)
{
	struct err ignored = ERR_INIT;
	struct ipnet net;

	*ret_whole = ipnet_parse(*at, strlen(*at), &net, &ignored) == RC_OK;
	if (*ret_whole) {
		if (net.prefix == 1)
			return false;
		net = ipnet_around(&net, net.prefix - 1);
		*at = ipnet_text(a, &net);
		return true;
	}
	*at = strchr(*at, '.');
	*at = *at == NULL ? NULL : *at + 1;
	return *at != NULL;
}

static enum rc
order_of_name(struct store *s, struct arena *a, const char *given, const char **ret,
	      struct err *e)
{
	const char *name;
	bool whole = true, more = true;
	enum rc rc = ipnet_or_name(a, given, &name, e);

	*ret = NULL;
	for (const char *at = name; rc == RC_OK && *ret == NULL && more;
	     more = register_above(a, &at, &whole))
		rc = store_text(s, a, &SQL_OBJECTION_OF_ORDER_NAME,
				(struct db_param[]){DB_P_TEXT(at), DB_P_INT(whole)}, ret,
				e);
	if (rc == RC_OK && *ret == NULL)
		rc = err_set(e, RC_NOT_FOUND,
			     "no order of this authority names %s; it may be blocked by "
			     "somebody else",
			     name);
	return rc;
}

enum rc
register_order_find(struct store *s, struct arena *a, const char *order, const char *name,
		    const char **ret_id, struct err *e)
{
	int64_t year, number;
	struct err none = ERR_INIT;
	json_t *row;
	enum rc rc;

	assert(order != NULL || name != NULL);
	if (order == NULL)
		return order_of_name(s, a, name, ret_id, e);
	if (register_ref_parse(order, &year, &number)) {
		rc = store_text(s, a, &SQL_OBJECTION_OF_ORDER_REF,
				(struct db_param[]){DB_P_INT(year), DB_P_INT(number)},
				ret_id, e);
		if (rc == RC_OK && *ret_id == NULL)
			rc = err_set(e, RC_NOT_FOUND, "the register has no %s", order);
		return rc;
	}
	if (!uuid7_valid(order, strlen(order)))
		return err_set(e, RC_INVALID,
			       "\"order\" must be a reference as B-2026-031, or an "
			       "order's id");
	rc = store_row(s, &SQL_OBJECTION_ORDER, (struct db_param[]){DB_P_TEXT(order)},
		       "channel:i state:s year:i number:i", &row, &none);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND
			       ? err_set(e, rc, "no order %s took effect", order)
			       : err_set(e, rc, "%s", none.text);
	json_decref(row);
	*ret_id = arena_strdup(a, order);
	return RC_OK;
}

/* ---- entries ----------------------------------------------------------------------- */

#define ENTRY_SPEC                                                                       \
	"year:i number:i order:s platform:s state:s action:s legal_basis:s reasons:s "   \
	"drafted:t in_force:t review:t ends:t ended:t emergency:b serial_on:i "          \
	"serial_off:i policy:s policy_version:i"

/* A member of free text becomes what may be published of it. */
static void
publish(struct arena *a, json_t *o, const char *member)
{
	const char *text = json_string_value(json_object_get(o, member));

	if (text != NULL)
		json_object_set_new(o, member, json_string(public_text(a, text)));
}

static void
publish_all(struct arena *a, json_t *rows, const char *member)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row)
		publish(a, row, member);
}

static enum rc
entry_finish(struct store *s, struct arena *a, json_t *o, struct err *e)
{
	const struct db_param key[] = {
		DB_P_TEXT(json_string_value(json_object_get(o, "order"))),
		DB_P_INT(REGISTER_OBJECTIONS_MAX)};
	json_t *names = json_array(), *lifts = json_array(), *cited = json_array(),
	       *objections = json_array();
	json_t *counts = NULL, *measured = NULL;
	enum rc rc = store_rows(s, &SQL_REGISTER_NAMES, key, "name:s wildcard:b lifted:t",
				names, e);

	json_object_set_new(o, "names", names);
	json_object_set_new(o, "lifts", lifts);
	json_object_set_new(o, "cited", cited);
	json_object_set_new(o, "objections", objections);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_REGISTER_LIFTS, key, "act:s reason:s at:t", lifts,
				e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_REGISTER_CITED, key, "category:s items:i", cited,
				e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_REGISTER_OBJECTIONS, key,
				"kind:s received:t answered:t ruled:t ruling:s names:j "
				"reason:s",
				objections, e);
	if (rc == RC_OK)
		rc = store_row(s, &SQL_REGISTER_COUNTS, key, "cases:i objections_total:i",
			       &counts, e);
	if (rc == RC_OK)
		rc = measured_summary(s, json_string_value(json_object_get(o, "order")),
				      &measured, e);
	json_object_set_new(o, "measured", measured);
	if (rc != RC_OK)
		return rc;
	json_object_update(o, counts);
	json_decref(counts);
	publish(a, o, "reasons");
	publish(a, o, "legal_basis");
	publish_all(a, lifts, "reason");
	publish_all(a, objections, "reason");
	return RC_OK;
}

struct register_in {
	const char *after, *state, *name, *since;
	bool csv;
	int64_t limit, year, number, since_us;
};

static enum rc
register_read(json_t *in, struct register_in *r, struct err *e)
{
	enum rc rc = in_int(in, "limit", 1, REGISTER_PAGE_MAX, REGISTER_PAGE_DEFAULT,
			    &r->limit, e);

	r->year = r->number = INT32_MAX;
	if (rc == RC_OK)
		rc = in_text(in, "after", false, REGISTER_REF_MAX, &r->after, e);
	if (rc == RC_OK && r->after != NULL &&
	    !register_ref_parse(r->after, &r->year, &r->number))
		rc = err_set(e, RC_INVALID,
			     "\"after\" must be a reference as B-2026-031");
	if (rc == RC_OK)
		rc = in_text(in, "state", false, EVENT_TOKEN_MAX, &r->state, e);
	if (rc == RC_OK)
		rc = in_text(in, "name", false, EVENT_ORDER_NAME_MAX, &r->name, e);
	if (rc == RC_OK)
		rc = in_text(in, "since", false, CLOCK_TEXT_LEN, &r->since, e);
	if (rc == RC_OK && r->since != NULL &&
	    clock_parse(r->since, strlen(r->since), &r->since_us) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"since\" is no time: write it as 2017-07-14T00:00:00Z");
	if (rc == RC_OK)
		rc = in_csv(in, &r->csv, e);
	return rc;
}

static void
csv_put(struct buf *b, const json_t *entries)
{
	static const char *const columns[] = {
		"ref",	   "order",    "platform", "state", "legal_basis", "reasons",
		"drafted", "in_force", "review",   "ends",  "ended",	   "policy"};
	const size_t n = sizeof(columns) / sizeof(columns[0]);
	size_t i, k;
	const json_t *o, *v;

	for (i = 0; i < n; i++)
		csv_cell_put(b, columns[i], false);
	csv_cell_put(b, "names", false);
	csv_cell_put(b, "objections", true);
	json_array_foreach (entries, i, o) {
		struct buf names = BUF_INIT(CSV_MAX);
		char count[CLOCK_TEXT_LEN];
		for (k = 0; k < n; k++) {
			const char *text =
				json_string_value(json_object_get(o, columns[k]));
			csv_cell_put(b, text == NULL ? "" : text, false);
		}
		json_array_foreach (json_object_get(o, "names"), k, v)
			buf_printf(&names, "%s%s%s", k == 0 ? "" : " ",
				   json_is_true(json_object_get(v, "wildcard")) ? "*."
										: "",
				   json_string_value(json_object_get(v, "name")));
		csv_cell_put(b, buf_str(&names), false);
		buf_free(&names);
		snprintf(count, sizeof(count), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(json_object_get(o, "objections_total")));
		csv_cell_put(b, count, true);
	}
}

/*
 * in: limit?, after? (a reference), name?, state? (in_force, lifted, expired), since?
 * (took effect from then on), format? (json, csv) out: entries, the newest first, next;
 * or a CSV of them
 */
enum rc
service_register(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct register_in r = {0};
	json_t *entries = json_array(), *o;
	struct store *s = NULL;
	const char *name = NULL;
	size_t i, n;
	enum rc rc = in_only(in, "limit after name state since format", e);

	(void)who;
	json_t *all = reply_json(a, out, json_pack("{s:o}", "entries", entries));
	if (rc == RC_OK)
		rc = register_read(in, &r, e);
	if (rc == RC_OK && r.name != NULL)
		rc = ipnet_or_name(a, r.name, &name, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_REGISTER_PAGE,
				(struct db_param[]){DB_P_INT(r.year), DB_P_INT(r.number),
						    DB_P_TEXT(r.state), DB_P_TEXT(name),
						    DB_P_INT(r.since_us),
						    DB_P_INT(r.limit)},
				ENTRY_SPEC, entries, e);
	json_array_foreach (entries, i, o)
		if (rc == RC_OK)
			rc = entry_finish(s, a, o, e);
	reader_put(nd, s);
	register_refs_finish(a, entries);
	n = json_array_size(entries);
	json_object_set_new(all, "next",
			    n != 0 && (int64_t)n == r.limit
				    ? json_incref(json_object_get(
					      json_array_get(entries, n - 1), "ref"))
				    : json_null());
	if (rc == RC_OK && r.csv) {
		struct buf b = BUF_INIT(CSV_MAX);
		csv_put(&b, entries);
		rc = reply_csv(a, out, &b, "register.csv", e);
	}
	return rc;
}

/* in: ref (or an order's id)  out: the entry */
enum rc
service_register_entry(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	const char *ref, *id;
	struct store *s = NULL;
	json_t *rows = json_array();
	enum rc rc = in_only(in, "ref", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "ref", true, UUID_TEXT_LEN, &ref, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = register_order_find(s, a, ref, NULL, &id, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_REGISTER_ENTRY,
				(struct db_param[]){DB_P_TEXT(id)}, ENTRY_SPEC, rows, e);
	if (rc == RC_OK)
		rc = entry_finish(s, a, json_array_get(rows, 0), e);
	reader_put(nd, s);
	register_refs_finish(a, rows);
	if (rc == RC_OK)
		reply_json(a, out, json_incref(json_array_get(rows, 0)));
	json_decref(rows);
	return rc;
}

/* ---- proof ------------------------------------------------------------------------- */

static enum rc
event_proof(struct store *s, struct arena *a, const struct log_head *h, uint64_t seq,
	    const char *note, json_t *into, struct err *e)
{
	struct buf b = BUF_INIT(NOTE_TEXT_MAX);
	struct log_leaf *leaf;
	enum rc rc = store_leaves(s, a, h->channel, h->party, seq, seq + 1, &leaf, e);

	if (rc == RC_OK)
		rc = proof_put(s, h, seq, h->size, note, &b, e);
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_set(e, RC_TOO_LARGE, "the proof is too long");
	if (rc == RC_OK)
		json_array_append_new(into, json_pack("{s:I, s:s%, s:s%}", "seq",
						      (json_int_t)seq, "jws", leaf[0].jws,
						      leaf[0].jws_len, "proof",
						      buf_str(&b), b.len));
	buf_free(&b);
	return rc;
}

/* A blank between them. */
static const char *
entries_text(struct arena *a, const struct identity_log *ids)
{
	char *text = identity_log_text(a, ids);
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			text[i] = i + 1 == len ? '\0' : ' ';
	return text;
}

/*
 * in: ref (or an order's id)
 * out: ref, order, origin, key (the log's verifier key), identity (the authority's signed
 *      entries), events [{seq, jws, proof (tlog-proof)}]
 */
enum rc
service_register_proof(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	const char *ref, *id, *note;
	struct store *s = NULL;
	json_t *row = NULL, *seqs = json_array(), *events = json_array(), *v;
	struct log_head h;
	struct note_key key;
	struct buf vkey = BUF_INIT(NOTE_TEXT_MAX);
	size_t i;
	enum rc rc = in_only(in, "ref", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "ref", true, UUID_TEXT_LEN, &ref, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = register_order_find(s, a, ref, NULL, &id, e);
	if (rc == RC_OK)
		rc = store_row(s, &SQL_OBJECTION_ORDER,
			       (struct db_param[]){DB_P_TEXT(id)},
			       "channel:i state:s year:i number:i", &row, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_REGISTER_EVENTS,
				(struct db_param[]){DB_P_TEXT(id)}, "seq:i", seqs, e);
	if (rc == RC_OK)
		rc = node_checkpoint(nd, s, a,
				     json_integer_value(json_object_get(row, "channel")),
				     &h, &note, e);
	json_array_foreach (seqs, i, v)
		if (rc == RC_OK)
			rc = event_proof(
				s, a, &h,
				(uint64_t)json_integer_value(json_object_get(v, "seq")),
				note, events, e);
	if (rc == RC_OK)
		rc = identity_log_key(nd->id, h.origin, &key, e);
	reader_put(nd, s);
	if (rc == RC_OK) {
		note_key_put(&vkey, &key);
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "ref",
				     register_ref(a,
						  json_integer_value(
							  json_object_get(row, "year")),
						  json_integer_value(json_object_get(
							  row, "number"))),
				     "order", id, "origin", h.origin, "key",
				     buf_str(&vkey), "identity", entries_text(a, nd->ids),
				     "events", events));
	}
	buf_free(&vkey);
	json_decref(row);
	json_decref(seqs);
	json_decref(events);
	return rc;
}
