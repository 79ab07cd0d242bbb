/*
 * Resolvers and vantages that are asked no more: who said so, and when, is on record in
 * each channel with an order that was measured there.
 */
#include <string.h>

#include "core/probe_target.h"
#include "service/probe_int.h"
#include "store/store_sql.h"

static enum rc
on_channel(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(int64_t *)store_list_next(l, sizeof(int64_t)) = l->s->drv->col_int(row, 0);
	return RC_OK;
}

static enum rc
retired_append(struct writer *w, const struct probe_retire *r, int64_t channel,
	       struct err *e)
{
	struct view_disclosed sd = {"reason", NULL};

	if (r->reason != NULL)
		sd.value = json_string(r->reason);
	return append_event(w,
			    &(struct append){
				    .channel = channel,
				    .type = "dns.retired",
				    .by = r->by,
				    .body = json_pack("{s:s*, s:s*, s:s*}", "operator",
						      r->operator_name, "resolver",
						      r->resolver, "vantage", r->vantage),
				    .disclosures = &sd,
				    .n_disclosures = r->reason != NULL,
			    },
			    NULL, e);
}

enum rc
probe_retire(struct writer *w, const struct probe_retire *r, struct err *e)
{
	struct store_list l = {.s = w->s, .a = w->a};
	enum rc rc = store_run(w->s, &SQL_PROBE_RETIRED_CHANNELS,
			       (struct db_param[]){DB_P_TEXT(r->operator_name),
						   DB_P_TEXT(r->resolver),
						   DB_P_TEXT(r->vantage)},
			       on_channel, &l, e);

	for (size_t i = 0; rc == RC_OK && i < l.n; i++)
		rc = retired_append(w, r, ((const int64_t *)l.rows)[i], e);
	return rc;
}

static enum rc
on_resolver(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

/* As results name it: address#port. */
static const char *
text_of(struct arena *a, const char *written)
{
	struct err ignored = ERR_INIT;
	struct probe_target t;

	return written != NULL && probe_target_parse(a, written, &t, &ignored) == RC_OK
		       ? t.text
		       : NULL;
}

enum rc
probe_resolvers_read(struct store *s, struct arena *a, const char *operator_name,
		     struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = s, .a = a};
	enum rc rc = store_run(s, &SQL_PROBE_RESOLVERS_OF,
			       (struct db_param[]){DB_P_TEXT(operator_name)}, on_resolver,
			       ret, e);

	for (size_t i = 0; i < ret->n; i++) {
		const char **one = (const char **)ret->rows + i;
		*one = text_of(a, *one);
	}
	return rc;
}

enum rc
probe_resolvers_retire(struct writer *w, const struct probe_retire *by,
		       const json_t *stay, struct err *e)
{
	struct probe_retire r = *by;
	struct store_list before;
	enum rc rc = probe_resolvers_read(w->s, w->a, by->operator_name, &before, e);
	const json_t *v;
	size_t k;

	for (size_t i = 0; rc == RC_OK && i < before.n; i++) {
		bool stays = false;
		r.resolver = ((const char *const *)before.rows)[i];
		json_array_foreach (stay, k, v) {
			const char *one = text_of(w->a, json_string_value(v));
			stays |= one != NULL && r.resolver != NULL &&
				 strcmp(one, r.resolver) == 0;
		}
		if (!stays && r.resolver != NULL)
			rc = probe_retire(w, &r, e);
	}
	return rc;
}
