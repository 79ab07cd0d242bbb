/*
 * The lists of cases and the words by which one is found.
 *
 * What a list shows is in v_case; this is the narrow copy that filters run over, kept by
 * the folds that change v_case and v_message.
 */
#include <inttypes.h>
#include <string.h>

#include "store/store_sql.h"
#include "store/view_int.h"

enum {
	WORD_MIN = 2, /* bytes; shorter ones find everything */
	WORD_MAX = 40,
	CASE_WORDS_MAX = 200, /* of one case */
};

/* What a case adds to the sums over all cases. */
struct sums {
	struct store *s;
	bool found;
	int64_t state, items, decided, answer;
};

static enum rc
on_sums(void *arg, const struct db_row *row, struct err *e)
{
	struct sums *x = arg;
	const struct db_driver *drv = x->s->drv;

	(void)e;
	x->found = true;
	x->state = drv->col_int(row, 0);
	x->items = drv->col_int(row, 1);
	x->decided = drv->col_int(row, 2);
	x->answer = drv->col_int(row, 3);
	return RC_OK;
}

enum rc
fold_tally_add(struct fold *f, const char *what, int64_t more, struct err *e)
{
	if (more == 0)
		return RC_OK;
	return store_later(f->s, &SQL_V_TALLY_ADD,
			   (struct db_param[]){DB_P_TEXT(what), DB_P_INT(more)}, e);
}

static const char *
tally_of(struct arena *a, const char *what, int64_t which)
{
	return arena_printf(a, "%s/%" PRId64, what, which);
}

static enum rc
tallies_change(struct fold *f, const struct sums *old, const struct sums *now,
	       struct err *e)
{
	enum rc rc = fold_tally_add(f, "items", now->items - old->items, e);

	if (rc == RC_OK)
		rc = fold_tally_add(f, "decided", now->decided - old->decided, e);
	if (rc == RC_OK && (!old->found || old->state != now->state)) {
		rc = fold_tally_add(f, tally_of(f->a, "state", now->state), 1, e);
		if (rc == RC_OK && old->found)
			rc = fold_tally_add(f, tally_of(f->a, "state", old->state), -1,
					    e);
	}
	if (rc != RC_OK || (old->answer == now->answer && old->items == now->items))
		return rc;
	rc = fold_tally_add(f, tally_of(f->a, "items", now->answer), now->items, e);
	return rc == RC_OK ? fold_tally_add(f, tally_of(f->a, "items", old->answer),
					    -old->items, e)
			   : rc;
}

enum rc
fold_queue_case(struct fold *f, const struct case_row *c, int64_t place_us, struct err *e)
{
	struct sums old = {.s = f->s};
	const struct sums now = {
		.state = c->fold.state,
		/* Of what is not whole nothing was submitted. */
		.items = c->manifest ? (int64_t)c->items : 0,
		.decided = (int64_t)c->decided,
		.answer = c->fold.accepted_us != 0  ? 1
			  : c->fold.refused_us != 0 ? 2
						    : 0,
	};
	enum rc rc =
		store_run(f->s, &SQL_V_QUEUE_SUMS,
			  (struct db_param[]){DB_P_TEXT(c->casefile)}, on_sums, &old, e);

	if (rc == RC_OK)
		rc = tallies_change(f, &old, &now, e);
	if (rc != RC_OK)
		return rc;
	return store_later(f->s, &SQL_V_QUEUE_PUT,
			   (struct db_param[]){
				   DB_P_TEXT(c->casefile),
				   DB_P_INT(place_us),
				   DB_P_INT(c->channel),
				   DB_P_INT(c->fold.state),
				   DB_P_TEXT(c->class_now == NULL ? "" : c->class_now),
				   DB_P_INT(c->urgent),
				   DB_P_INT(c->fold.receipt_us != 0),
				   DB_P_INT(now.items),
				   DB_P_INT(now.decided),
				   DB_P_INT(now.answer),
			   },
			   e);
}

enum rc
fold_queue_unread(struct fold *f, const char *casefile, enum party of, int more,
		  struct err *e)
{
	/* Each has indexes of its own. */
	return store_run(
		f->s, of == PARTY_AUTHORITY ? &SQL_V_QUEUE_UNREAD0 : &SQL_V_QUEUE_UNREAD1,
		(struct db_param[]){DB_P_TEXT(casefile), DB_P_INT(more)}, NULL, NULL, e);
}

static bool
in_word(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

const char *
view_word_next(struct arena *a, const char **at)
{
	const char *p = *at;

	for (;;) {
		size_t len = 0;
		while (*p != '\0' && !in_word((unsigned char)*p))
			p++;
		while (p[len] != '\0' && in_word((unsigned char)p[len]))
			len++;
		*at = p + len;
		if (len == 0)
			return NULL;
		if (len < WORD_MIN) {
			p += len;
			continue;
		}
		/* A long word is found by its beginning; never cut within a character. */
		if (len > WORD_MAX) {
			len = WORD_MAX;
			while (((unsigned char)p[len] & 0xc0) == 0x80)
				len--;
		}
		char *word = arena_strndup(a, p, len);
		for (size_t i = 0; i < len; i++)
			if (word[i] >= 'A' && word[i] <= 'Z')
				word[i] = (char)(word[i] - 'A' + 'a');
		return word;
	}
}

enum rc
fold_queue_words(struct fold *f, const char *casefile, const char *text, struct err *e)
{
	enum rc rc = RC_OK;
	const char *word;
	int n = 0;

	if (text == NULL)
		return RC_OK;
	while (rc == RC_OK && n++ < CASE_WORDS_MAX &&
	       (word = view_word_next(f->a, &text)) != NULL)
		rc = store_later(
			f->s, &SQL_V_CASE_WORD_INSERT,
			(struct db_param[]){DB_P_TEXT(casefile), DB_P_TEXT(word)}, e);
	return rc;
}

/* The items of one part by category; a part has few categories. */
/* Items of one category and kind. */
struct items_of {
	const char *category, *kind;
	int64_t n;
};

static enum rc
items_add(struct fold *f, const char *casefile, const struct items_of *of, struct err *e)
{
	enum rc rc =
		store_later(f->s, &SQL_V_CASE_CATEGORY_ADD,
			    (struct db_param[]){DB_P_TEXT(casefile),
						DB_P_TEXT(of->category), DB_P_INT(of->n)},
			    e);

	return rc == RC_OK
		       ? store_run(f->s, &SQL_V_CASE_TALLY_ADD,
				   (struct db_param[]){
					   DB_P_TEXT(casefile), DB_P_TEXT(of->category),
					   DB_P_TEXT(of->kind), DB_P_INT(of->n)},
				   NULL, NULL, e)
		       : rc;
}

enum rc
fold_queue_items(struct fold *f, const char *casefile, const json_t *items, struct err *e)
{
	struct items_of *all = arena_array(f->a, json_array_size(items), sizeof(*all));
	size_t n = 0, i;
	const json_t *item;
	enum rc rc = RC_OK;

	json_array_foreach (items, i, item) {
		const char *category =
			json_string_value(json_object_get(item, "category"));
		const char *kind = json_string_value(json_object_get(item, "kind"));
		size_t k = 0;
		while (k < n && (strcmp(all[k].category, category) != 0 ||
				 strcmp(all[k].kind, kind) != 0))
			k++;
		if (k == n)
			all[n++] = (struct items_of){category, kind, 0};
		all[k].n++;
	}
	for (i = 0; rc == RC_OK && i < n; i++)
		rc = items_add(f, casefile, &all[i], e);
	return rc;
}
