/*
 * Lists of cases by deadline, filtered.
 *
 * A page is found over narrow rows: along the list by deadline, which one index holds
 * whole, or from what few cases have (a word, a category, a person's claims), whichever
 * is less to read.  Then its cases are read one by one.
 */
#include "service/cases.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	FEW_MAX = 1000, /* found by these; more are found along the list by deadline */
	WORDS_MAX = 2,	/* of a search */
	TEXT_MAX = 200,
	CURSOR_MAX = 80,
	SOON_MAX_S = 366 * 86400,
	SOON_DEFAULT_S = 4 * 3600,
	COUNTED_MAX = 10000, /* of one list */
};

struct word {
	const char *from, *below; /* NULL: none */
};

struct filter {
	int64_t limit, after_due;
	const char *after_case;
	int64_t state, channel, urgent, due_before, undelivered, unread_of, claims;
	const char *class_code, *category, *person;
	struct word words[WORDS_MAX];
	const struct word *driver; /* one that few cases have, or NULL */
	bool few_of_category;
};

/* The end of the words that begin so: its last byte that can be raised is. */
static const char *
word_end(struct arena *a, const char *word)
{
	char *end = arena_strdup(a, word);
	size_t len = strlen(end);

	while (len > 0 && (unsigned char)end[len - 1] == 0xff)
		len--;
	if (len == 0)
		return "\xff";
	end[len - 1] = (char)(end[len - 1] + 1);
	end[len] = '\0';
	return end;
}

static enum rc
words_read(struct arena *a, const char *text, struct filter *f, struct err *e)
{
	bool given = text != NULL;
	size_t n = 0;
	const char *word;

	while (text != NULL && (word = view_word_next(a, &text)) != NULL) {
		if (n == WORDS_MAX)
			return err_set(e, RC_INVALID, "\"text\" takes at most %d words",
				       WORDS_MAX);
		f->words[n].from = word;
		f->words[n++].below = word_end(a, word);
	}
	if (given && n == 0)
		return err_set(e, RC_INVALID,
			       "\"text\" has no word of two letters or more");
	return RC_OK;
}

/* Named lists; each is one filter. */
static enum rc
queue_read(const char *queue, const struct node *nd, const struct actor *who,
	   int64_t now_us, int64_t within_s, struct filter *f, struct err *e)
{
	if (queue == NULL || strcmp(queue, "all") == 0)
		return RC_OK;
	if (strcmp(queue, "mine") == 0)
		f->person = actor_pseudonym(who);
	else if (strcmp(queue, "unclaimed") == 0)
		f->claims = 0;
	else if (strcmp(queue, "overdue") == 0)
		f->due_before = now_us;
	else if (strcmp(queue, "soon") == 0)
		f->due_before = now_us + within_s * CLOCK_US_PER_S;
	else if (strcmp(queue, "undelivered") == 0)
		f->undelivered = 1;
	else if (strcmp(queue, "unread") == 0)
		f->unread_of = party_other(nd->id->role);
	else
		return err_set(e, RC_INVALID,
			       "there is no list \"%s\": all, mine, unclaimed, overdue, "
			       "soon, undelivered or unread",
			       queue);
	return RC_OK;
}

static enum rc
state_read(const char *state, int64_t *ret, struct err *e)
{
	*ret = -1;
	if (state == NULL)
		return RC_OK;
	for (int k = 0; k < CASE_STATE_COUNT; k++)
		if (strcmp(case_state_token((enum case_state)k), state) == 0)
			*ret = k;
	return *ret >= 0 ? RC_OK
			 : err_set(e, RC_INVALID, "there is no state \"%s\"", state);
}

static enum rc
cursor_read(const char *after, struct filter *f, struct err *e)
{
	char *end;

	f->after_due = INT64_MIN;
	f->after_case = "";
	if (after == NULL)
		return RC_OK;
	f->after_due = strtoll(after, &end, 10);
	if (end == after || *end != '.' || !uuid7_valid(end + 1, strlen(end + 1)))
		return err_set(e, RC_INVALID, "\"after\" is no cursor of this list");
	f->after_case = end + 1;
	return RC_OK;
}

static enum rc
filter_read(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	    int64_t now_us, struct filter *f, const char **ret_peer, struct err *e)
{
	const char *after, *state, *queue, *urgent, *text;
	int64_t within_s;
	enum rc rc = in_int(in, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &f->limit, e);

	if (rc == RC_OK)
		rc = in_text(in, "after", false, CURSOR_MAX, &after, e);
	if (rc == RC_OK)
		rc = cursor_read(after, f, e);
	if (rc == RC_OK)
		rc = in_text(in, "state", false, 16, &state, e);
	if (rc == RC_OK)
		rc = state_read(state, &f->state, e);
	if (rc == RC_OK)
		rc = in_text(in, "queue", false, 16, &queue, e);
	if (rc == RC_OK)
		rc = in_int(in, "within_s", 1, SOON_MAX_S, SOON_DEFAULT_S, &within_s, e);
	f->claims = f->unread_of = -1;
	if (rc == RC_OK)
		rc = queue_read(queue, nd, who, now_us, within_s, f, e);
	if (rc == RC_OK)
		rc = in_text(in, "peer", false, ORG_MAX, ret_peer, e);
	if (rc == RC_OK)
		rc = in_text(in, "class", false, POLICY_CODE_MAX, &f->class_code, e);
	if (rc == RC_OK)
		rc = in_text(in, "category", false, POLICY_CODE_MAX, &f->category, e);
	if (rc == RC_OK)
		rc = in_text(in, "urgent", false, 3, &urgent, e);
	f->urgent = -1;
	if (rc == RC_OK && urgent != NULL) {
		if (strcmp(urgent, "yes") != 0 && strcmp(urgent, "no") != 0)
			return err_set(e, RC_INVALID, "\"urgent\" is \"yes\" or \"no\"");
		f->urgent = strcmp(urgent, "yes") == 0;
	}
	if (rc == RC_OK)
		rc = in_text(in, "text", false, TEXT_MAX, &text, e);
	return rc == RC_OK ? words_read(a, text, f, e) : rc;
}

/* What is rare enough to start from. */
static enum rc
driver_choose(struct store *s, struct filter *f, struct err *e)
{
	int64_t fewest = FEW_MAX + 1, n;
	enum rc rc = RC_OK;

	for (int i = 0; rc == RC_OK && i < WORDS_MAX; i++) {
		const struct word *w = &f->words[i];
		if (w->from == NULL)
			continue;
		rc = store_int(s, &SQL_WORD_CASES,
			       (struct db_param[]){DB_P_TEXT(w->from),
						   DB_P_TEXT(w->below),
						   DB_P_INT(FEW_MAX + 1)},
			       0, &n, e);
		if (n < fewest) {
			fewest = n;
			f->driver = w;
		}
	}
	if (rc != RC_OK || f->category == NULL)
		return rc;
	rc = store_int(s, &SQL_CATEGORY_CASES,
		       (struct db_param[]){DB_P_TEXT(f->category), DB_P_INT(FEW_MAX + 1)},
		       0, &n, e);
	f->few_of_category = n < fewest;
	return rc;
}

struct place {
	int64_t due_us;
	const char *casefile;
};

static enum rc
on_place(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct place *p = store_list_next(l, sizeof(*p));

	(void)e;
	p->due_us = l->s->drv->col_int(row, 0);
	p->casefile = store_col_text(l->s, l->a, row, 1);
	return RC_OK;
}

static enum rc
places_get(struct store *s, const struct filter *f, struct store_list *into,
	   struct err *e)
{
	const struct word *d = f->driver;
	const struct sql *q = &SQL_QUEUE_BY_DUE;
	const struct db_param p[] = {
		DB_P_INT(f->after_due),
		DB_P_TEXT(f->after_case),
		DB_P_INT(f->limit),
		DB_P_INT(f->state),
		DB_P_INT(f->channel),
		DB_P_TEXT(f->class_code),
		DB_P_INT(f->urgent),
		DB_P_INT(f->due_before),
		DB_P_INT(f->undelivered),
		DB_P_INT(f->unread_of),
		DB_P_INT(f->claims),
		DB_P_TEXT(f->category),
		DB_P_TEXT(f->words[0].from),
		DB_P_TEXT(f->words[0].below),
		DB_P_TEXT(f->words[1].from),
		DB_P_TEXT(f->words[1].below),
		f->person != NULL ? DB_P_TEXT(f->person)
				  : DB_P_TEXT(d == NULL ? NULL : d->from),
		DB_P_TEXT(d == NULL ? NULL : d->below),
	};

	if (f->person != NULL)
		q = &SQL_QUEUE_BY_PERSON;
	else if (f->few_of_category)
		q = &SQL_QUEUE_BY_CATEGORY;
	else if (d != NULL)
		q = &SQL_QUEUE_BY_WORD;
	else if (f->undelivered != 0)
		q = &SQL_QUEUE_UNDELIVERED;
	else if (f->unread_of >= 0)
		q = f->unread_of == PARTY_AUTHORITY ? &SQL_QUEUE_UNREAD0
						    : &SQL_QUEUE_UNREAD1;
	else if (f->state >= 0)
		q = &SQL_QUEUE_BY_STATE;
	else if (f->class_code != NULL)
		q = &SQL_QUEUE_BY_CLASS;
	return store_run(s, q, p, on_place, into, e);
}

/* How many messages of the other side nobody here has read. */
static enum rc
unread_add(struct store *s, const struct node *nd, const char *casefile, json_t *one,
	   struct err *e)
{
	json_t *row = NULL;
	enum rc rc = store_row(s, &SQL_QUEUE_UNREAD_OF,
			       (struct db_param[]){DB_P_TEXT(casefile)},
			       "authority:i platform:i", &row, e);

	if (rc == RC_OK)
		json_object_set(
			one, "unread",
			json_object_get(row, party_name(party_other(nd->id->role))));
	json_decref(row);
	return rc;
}

/*
 * in: limit?, after? (the cursor of a page before), state?, queue?, within_s? (of
 * "soon"), peer?, class?, urgent?, category?, text? (words of subject and legal basis)
 * out: cases [] by deadline, the first owed first, each with `unread`; next (cursor, or
 *      null); newest (the newest event that they are as of: a feed that goes on from
 *      there misses none)
 */
enum rc
service_cases(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	json_t *cases = json_array(), *one;
	struct store_list found = {.a = a};
	struct filter f = {0};
	int64_t now_us = clock_now_us(), newest = 0;
	const char *peer;
	enum rc rc = in_only(in,
			     "limit after state queue within_s peer class urgent "
			     "category text",
			     e);

	json_t *o = reply_json(a, out, json_pack("{s:o}", "cases", cases));
	if (rc == RC_OK)
		rc = filter_read(nd, a, who, in, now_us, &f, &peer, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &found.s, e);
	if (rc == RC_OK)
		rc = store_int(found.s, &SQL_EVENT_LAST_STORED, NULL, 0, &newest, e);
	if (rc == RC_OK && peer != NULL) {
		struct channel_row ch;
		rc = channel_of_peer(found.s, a, peer, &ch, e);
		f.channel = ch.channel;
	}
	if (rc == RC_OK)
		rc = driver_choose(found.s, &f, e);
	if (rc == RC_OK)
		rc = places_get(found.s, &f, &found, e);
	const struct place *p = found.rows;
	for (size_t i = 0; rc == RC_OK && i < found.n; i++) {
		rc = case_json(found.s, p[i].casefile, now_us, &one, e);
		if (rc == RC_OK)
			json_array_append_new(cases, one);
		if (rc == RC_OK)
			rc = unread_add(found.s, nd, p[i].casefile, one, e);
	}
	reader_put(nd, found.s);
	json_object_set_new(o, "next",
			    found.n != 0 && (int64_t)found.n == f.limit
				    ? json_string(arena_printf(a, "%" PRId64 ".%s",
							       p[found.n - 1].due_us,
							       p[found.n - 1].casefile))
				    : json_null());
	json_object_set_new(o, "newest", json_integer(newest));
	return rc;
}

/*
 * in: within_s? (of "soon")
 * out: how many cases each list of the person has: all, mine, unclaimed, overdue, soon,
 *      undelivered, unread; most: none is counted beyond that
 */
enum rc
service_queues(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	const char *unread = nd->id->role == PARTY_PLATFORM ? "unread0" : "unread1";
	const int64_t now_us = clock_now_us();
	json_t *counts = NULL;
	struct store *s = NULL;
	int64_t within_s = 0;
	enum rc rc = in_only(in, "within_s", e);

	if (rc == RC_OK)
		rc = in_int(in, "within_s", 1, SOON_MAX_S, SOON_DEFAULT_S, &within_s, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_row(
			s, &SQL_QUEUE_COUNTS,
			(struct db_param[]){DB_P_INT(now_us),
					    DB_P_INT(now_us + within_s * CLOCK_US_PER_S),
					    DB_P_TEXT(actor_pseudonym(who)),
					    DB_P_INT(COUNTED_MAX)},
			"all:i mine:i unclaimed:i overdue:i soon:i undelivered:i "
			"unread0:i unread1:i",
			&counts, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	json_object_set(counts, "unread", json_object_get(counts, unread));
	json_object_del(counts, "unread0");
	json_object_del(counts, "unread1");
	json_object_set_new(counts, "most", json_integer(COUNTED_MAX));
	reply_json(a, out, counts);
	return RC_OK;
}
