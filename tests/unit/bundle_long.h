/*
 * The same contents as a bundle of version 2.
 */
#ifndef SALURAN_TESTS_BUNDLE_LONG_H
#define SALURAN_TESTS_BUNDLE_LONG_H

#include "bundle_case.h"

/* Where a world's events come from. */
static inline enum rc
long_event(void *arg, struct arena *tmp, enum party p, uint64_t seq, const char **ret,
	   struct err *e)
{
	const struct world *w = arg;

	(void)tmp;
	(void)e;
	*ret = w->log[p].leaf[seq].jws;
	return RC_OK;
}

static inline enum rc
long_texts(void *arg, struct arena *tmp, enum party p, uint64_t seq,
	   const char *const **ret, size_t *ret_n, struct err *e)
{
	struct world *w = arg;
	const struct world_leaf *l = &w->log[p].leaf[seq];

	(void)tmp;
	(void)e;
	*ret = w->text + l->text;
	*ret_n = l->n_texts;
	return RC_OK;
}

struct long_heads {
	uint64_t adopt;
	const char *note;
};
static struct long_heads long_heads[8];

static inline enum rc
long_head(void *arg, struct arena *tmp, enum party p, const struct bundle_receipt *r,
	  const char **ret, struct err *e)
{
	(void)arg;
	(void)tmp;
	(void)p;
	for (size_t i = 0; i < sizeof(long_heads) / sizeof(long_heads[0]); i++)
		if (long_heads[i].note != NULL && long_heads[i].adopt == r->adopt) {
			*ret = long_heads[i].note;
			return RC_OK;
		}
	return err_set(e, RC_NOT_FOUND, "no such head");
}

static inline enum rc
long_put(void *arg, const void *p, size_t len, struct err *e)
{
	(void)e;
	buf_put(arg, p, len);
	return RC_OK;
}

static inline enum rc
long_put_at(void *arg, uint64_t at, const void *p, size_t len, struct err *e)
{
	struct buf *b = arg;

	(void)e;
	assert_true(at + len <= b->len);
	memcpy(b->data + at, p, len);
	return RC_OK;
}

/* The logs of a made case, with the heads that it has. */
static inline void
long_logs(struct made *m, struct bundle_long_log logs[PARTY_COUNT],
	  const uint64_t cosigned[PARTY_COUNT])
{
	static struct bundle_receipt receipts[2];
	static uint64_t send, remind;

	for (int p = 0; p < PARTY_COUNT; p++) {
		const struct bundle_log *l = &m->c.log[p];
		uint64_t *seq = arena_array(a, l->n + 1, sizeof(*seq));
		for (size_t i = 0; i < l->n; i++)
			seq[i] = l->leaves[i].seq;
		logs[p] = (struct bundle_long_log){
			.seq = seq,
			.n = l->n,
			.checkpoint = l->checkpoint,
			.checkpoint_size = m->w.log[p].n,
			.cosigned = l->cosigned,
			.cosigned_size = cosigned == NULL ? 0 : cosigned[p],
			.tree = &m->w.log[p]};
	}
	send = AT_SEND;
	remind = AT_REMIND;
	receipts[0] = (struct bundle_receipt){
		.adopt = AT_ADOPT, .size = m->size_send, .covers = &send, .n = 1};
	receipts[1] = (struct bundle_receipt){.adopt = AT_ADOPT_REMIND,
					      .size = m->size_remind,
					      .covers = &remind,
					      .n = 1};
	long_heads[0] = (struct long_heads){AT_ADOPT, m->head_send};
	long_heads[1] = (struct long_heads){AT_ADOPT_REMIND, m->head_remind};
	logs[PARTY_AUTHORITY].receipts = receipts;
	logs[PARTY_AUTHORITY].n_receipts = 2;
}

static inline const uint8_t *
written_long(struct made *m, const uint64_t cosigned[PARTY_COUNT], size_t *ret_len)
{
	const struct bundle_source source = {.arg = &m->w,
					     .event = long_event,
					     .texts = long_texts,
					     .head = long_head,
					     .node = world_node};
	struct buf out = BUF_INIT(BUNDLE_MAX);
	const struct bundle_sink sink = {&out, long_put, long_put_at};
	struct bundle_long_log logs[PARTY_COUNT];
	struct err e = ERR_INIT;
	uint8_t key[SEED_LEN];

	memcpy(key, world_seed(&m->w, m->c.exporter, SEED_EVENT), SEED_LEN);
	long_logs(m, logs, cosigned);
	if (bundle_write_long(&m->c, logs, &source, &sink, sign_with, key, &e) != RC_OK)
		fail_msg("%s", e.text);
	const uint8_t *bytes = arena_copy(a, buf_str(&out), out.len);
	*ret_len = out.len;
	buf_free(&out);
	return bytes;
}

#endif
