#include "service/rekey.h"

#include <string.h>

#include "base/fault.h"
#include "core/event_type.h"
#include "service/tick.h"
#include "store/store_identity.h"

/* Is an older entry than our newest in force in our log?  *ret_from is its number. */
static enum rc
rekey_due(struct writer *w, int64_t channel, size_t *ret_from, bool *ret, struct err *e)
{
	struct identity_log *l = ARENA_NEW(w->a, struct identity_log);
	struct channel_row c;
	struct stage *st;
	enum rc rc = channel_by_id(w->s, w->a, channel, &c, e);

	*ret = false;
	if (rc == RC_OK)
		rc = append_stage(w, channel, &st, e);
	if (rc == RC_OK)
		rc = store_identity_of_party(w->s, w->a, channel, c.own_party, l, e);
	if (rc != RC_OK || st->head.size == 0)
		return rc; /* a log that begins, begins under the newest */
	*ret_from = identity_log_at(l, UINT64_MAX);
	*ret = *ret_from < w->nd->id->n;
	return RC_OK;
}

enum rc
rekey_before(struct writer *w, int64_t channel, const char *type, struct err *e)
{
	const struct identity_log *own = w->nd->ids;
	json_t *entries;
	size_t from = 0;
	bool due;

	if (own->n == 1 || atomic_load(&w->nd->rekeyed[channel]) ||
	    strcmp(type, IDENTITY_REKEY_TYPE) == 0)
		return RC_OK;
	enum rc rc = rekey_due(w, channel, &from, &due, e);
	if (rc != RC_OK || !due)
		return rc;
	entries = json_array();
	for (size_t n = from + 1; n < own->n; n++)
		json_array_append_new(entries, json_string(own->entry[n]->wire));
	fault_point("rekey.before");
	return append_event(
		w,
		&(struct append){
			.channel = channel,
			.type = IDENTITY_REKEY_TYPE,
			.by = EVENT_BY_NODE,
			.body = json_pack("{s:I, s:o}", "n", (json_int_t)(own->n - 1),
					  "entries", entries),
		},
		NULL, e);
}

static enum rc
work_rekey(struct writer *w, void *arg, struct err *e)
{
	return rekey_before(w, *(const int64_t *)arg, "", e);
}

enum rc
rekey_channel(struct node *nd, int64_t channel, struct err *e)
{
	if (nd->ids->n == 1 || atomic_load(&nd->rekeyed[channel]))
		return RC_OK;
	enum rc rc = writer_run(nd, work_rekey, &channel, e);
	if (rc == RC_OK)
		atomic_store(&nd->rekeyed[channel], true);
	return rc;
}

void
rekey_forget(struct node *nd, int64_t channel)
{
	atomic_store(&nd->rekeyed[channel], false);
}

enum rc
tick_rekey(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	const struct channel_row *rows = NULL;
	struct err none = ERR_INIT;
	struct store *s = NULL;
	size_t n = 0;
	enum rc rc = RC_OK;

	(void)now_us;
	(void)next_us;
	if (nd->ids->n > 1)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK && s != NULL)
		rc = store_channels(s, a, &rows, &n, e);
	reader_put(nd, s);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (rows[i].channel >= 0 && rows[i].channel <= NODE_CHANNELS_MAX &&
		    rows[i].introduction[0] != '\0' &&
		    channel_usable(nd, rows[i].channel, &none) == RC_OK)
			rc = rekey_channel(nd, rows[i].channel, e);
	arena_free(a);
	return rc;
}
