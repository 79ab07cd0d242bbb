/*
 * The promises: what was committed stays and is the same everywhere, nothing is there
 * twice, a receipt is given for what is stored and under its root, no head contradicts
 * another, both sides see the same, and whatever can get through does.
 */
#include "sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mirror.h"
#include "db/db_sqlite_int.h"
#include "service/recovery.h"
#include "store/store_identity.h"

struct ledger *
ledger_of(const struct sim_node *n, int64_t channel, bool own)
{
	for (int i = 0; i < W.n_ledgers; i++) {
		struct ledger *l = &W.ledger[i];
		if (own ? l->author == n->i && l->author_channel == channel
			: l->peer == n->i && l->peer_channel == channel)
			return l;
	}
	abort();
}

static void
ok(enum rc rc, const struct err *e, const struct sim_node *n, const char *what)
{
	if (rc != RC_OK)
		sim_broken("%s: %s: %s: %s", n->org, what, rc_token(rc), e->text);
}

/* Only the first `n` entries are anywhere. */
static void
ledger_cut(struct ledger *l, uint64_t n)
{
	struct err e = ERR_INIT;

	l->edge = (struct merkle_edge){0};
	l->was = l->n > l->was ? l->n : l->was;
	l->n = n;
	for (uint64_t i = 0; i < n; i++)
		if (merkle_append(&l->edge, &l->leaf[i], NULL, NULL, &e) != RC_OK)
			abort();
}

static void
ledger_add(struct ledger *l, const struct hash *leaf)
{
	struct err e = ERR_INIT;

	if (l->n == SIM_LEAVES || merkle_append(&l->edge, leaf, NULL, NULL, &e) != RC_OK)
		abort();
	if (l->n < l->was && !hash_equal(leaf, &l->leaf[l->n]))
		l->was = 0;
	l->leaf[l->n++] = *leaf;
	merkle_root(&l->edge, &l->root[l->n]);
	W.events++;
	sim_trace("  %s entry %" PRIu64 " is %02x%02x%02x%02x", l->origin, l->n - 1,
		  leaf->b[0], leaf->b[1], leaf->b[2], leaf->b[3]);
}

/* Nobody had it any more, but somebody on the way, who sent it again. */
static bool
is_back(const struct ledger *l, uint64_t i, const struct hash *leaf)
{
	return W.foe && i == l->n && i < l->was && hash_equal(leaf, &l->leaf[i]);
}

static void
check_leaves(struct sim_node *n, struct store *s, struct arena *a, struct ledger *l,
	     const struct log_head *h, bool own)
{
	uint64_t *has = own ? &l->author_has : &l->peer_has;
	struct err e = ERR_INIT;
	struct log_leaf *leaf;

	if (h->size < *has)
		sim_broken("%s: %s had %" PRIu64 " entries and has %" PRIu64
			   ": what was committed is lost",
			   n->org, l->origin, *has, h->size);
	if (h->size <= *has)
		return;
	enum rc rc = store_leaves(s, a, h->channel, h->party, *has, h->size, &leaf, &e);
	ok(rc, &e, n, "leaves");
	for (uint64_t i = *has; rc == RC_OK && i < h->size; i++) {
		const struct hash *got = &leaf[i - *has].leaf;
		if ((own && i == l->n) || is_back(l, i, got))
			ledger_add(l, got);
		else if (i >= l->n)
			sim_broken("%s: %s has entry %" PRIu64 ", which nobody wrote",
				   n->org, l->origin, i);
		else if (!hash_equal(got, &l->leaf[i]))
			sim_broken("%s: entry %" PRIu64
				   " of %s is another one: there are two histories",
				   n->org, i, l->origin);
	}
	*has = h->size;
	if (!own && h->size > l->peer_most)
		l->peer_most = h->size;
}

static bool
receipt_is_signed(struct store *s, struct arena *a, struct ledger *l,
		  const struct log_head *h, const struct log_receipt *r)
{
	struct identity_log *ids = ARENA_NEW(a, struct identity_log);
	const struct note *note;
	struct err e = ERR_INIT;
	uint64_t time_s;
	size_t len;

	if (r->size == l->verified)
		return true;
	if (store_identity_of_party(s, a, h->channel, party_other(h->party), ids, &e) !=
		    RC_OK ||
	    note_parse(a, r->note, strlen(r->note), &note, &e) != RC_OK)
		return false;
	const char *text = note_text(note, &len);
	if (identity_log_receipt_verify(ids, r->line, strlen(r->line), r->size, text, len,
					&time_s, &e) != RC_OK)
		return false;
	l->verified = r->size;
	return true;
}

/* Whoever has given one has what it covers; whoever has got one, it is of this log. */
static void
check_receipt(struct sim_node *n, struct store *s, struct arena *a, struct ledger *l,
	      const struct log_head *h, bool own)
{
	struct err e = ERR_INIT;
	struct log_receipt r;
	enum rc rc = store_receipt_last(s, a, h->channel, h->party, &r, &e);

	if (rc == RC_NOT_FOUND)
		return;
	ok(rc, &e, n, "receipt");
	if (rc != RC_OK)
		return;
	if (r.size > h->size && !(own && l->author_has < l->n))
		sim_broken("%s: a receipt of %" PRIu64
			   " entries of %s, stored are %" PRIu64,
			   n->org, r.size, l->origin, h->size);
	else if (r.size <= l->n && !hash_equal(&r.root, &l->root[r.size]))
		sim_broken("%s: a receipt at %" PRIu64 " of %s has another root", n->org,
			   r.size, l->origin);
	else if (own && !receipt_is_signed(s, a, l, h, &r))
		sim_broken("%s: the receipt of %" PRIu64
			   " entries of %s is not signed by the other side",
			   n->org, r.size, l->origin);
	else if (own && r.size > l->peer_most)
		sim_broken("%s: a receipt of %" PRIu64
			   " entries of %s, of which the other side never had more than "
			   "%" PRIu64,
			   n->org, r.size, l->origin, l->peer_most);
}

static void
look(struct sim_node *n, bool fresh)
{
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	struct store *s = NULL;
	struct sim_node *before = W.cur;

	W.cur = n;
	W.looking = true;
	ok(reader_get(n->nd, &s, &e), &e, n, "reader");
	for (int i = 0; s != NULL && i < 2 * n->n_push; i++) {
		bool own = i % 2 == 0;
		int64_t channel = n->push[i / 2].channel;
		struct ledger *l = ledger_of(n, channel, own);
		struct log_head h;
		enum rc rc = store_head(s, a, channel,
					own			     ? n->role
					: n->role == PARTY_AUTHORITY ? PARTY_PLATFORM
								     : PARTY_AUTHORITY,
					&h, &e);
		ok(rc, &e, n, "head");
		if (rc != RC_OK)
			break;
		bool *old = own ? &l->author_old : &l->peer_old;
		if (fresh && *old) {
			*(own ? &l->author_has : &l->peer_has) = h.size;
			*old = false;
		}
		uint64_t left = l->author_has > l->peer_has ? l->author_has : l->peer_has;
		if (fresh && !l->author_old && left < l->n) {
			ledger_cut(l, left);
			l->may_halt |= l->head > left;
		}
		check_leaves(n, s, a, l, &h, own);
		check_receipt(n, s, a, l, &h, own);
	}
	reader_put(n->nd, s);
	W.looking = false;
	W.cur = before;
	n->commits = node_commits(n->nd);
	arena_free(a);
}

void
check_node(struct sim_node *n)
{
	if (n->nd != NULL && n->commits != node_commits(n->nd))
		look(n, false);
}

void
check_started(struct sim_node *n)
{
	if (n->n_push != 0)
		look(n, true);
}

void
check_restored(struct sim_node *n)
{
	for (int i = 0; i < n->n_push; i++) {
		struct ledger *l = ledger_of(n, n->push[i].channel, true);
		l->author_old = true;
		l->waits |= W.node[l->peer].fetches;
		ledger_of(n, n->push[i].channel, false)->peer_old = true;
	}
}

void
check_head(const char *body, size_t len)
{
	struct arena *a = arena_create();
	struct mirror_checkpoint m;
	struct err e = ERR_INIT;

	if (mirror_checkpoint_parse(a, body, len, &m, &e) == RC_OK)
		check_note(m.note, m.note_len);
	else
		sim_broken("a head that is none was sent: %s", e.text);
	arena_free(a);
}

void
check_note(const char *signed_text, size_t len)
{
	struct arena *a = arena_create();
	const struct note *note;
	struct checkpoint c;
	struct err e = ERR_INIT;
	size_t text_len = 0;
	enum rc rc = note_parse(a, signed_text, len, &note, &e);

	if (rc == RC_OK) {
		const char *text = note_text(note, &text_len);
		rc = checkpoint_parse(a, text, text_len, &c, &e);
	}
	if (rc != RC_OK)
		sim_broken("a head that is none was sent: %s", e.text);
	for (int i = 0; rc == RC_OK && i < W.n_ledgers; i++) {
		struct ledger *l = &W.ledger[i];
		if (strcmp(l->origin, c.origin) != 0)
			continue;
		if (c.size > l->n || !hash_equal(&c.root, &l->root[c.size]))
			sim_broken("%s: a head of %" PRIu64
				   " was signed that is not one of its %" PRIu64
				   " entries",
				   l->origin, c.size, l->n);
		if (c.size > l->head)
			l->head = c.size;
	}
	arena_free(a);
}

/* ---- at the end -----------------------------------------------------------------------
 */

static const char *const folds[] = {
	("SELECT group_concat(r, ';') FROM (SELECT casefile || state || ',' || items || "
	 "',' || "
	 "decided || ',' || receipt_us || ',' || accepted_us || ',' || due_us || ',' || "
	 "voided "
	 "AS r FROM v_case WHERE channel = ?1 ORDER BY casefile)"),
	("SELECT group_concat(r, ';') FROM (SELECT i.casefile || i || coalesce(outcome, "
	 "'-') || "
	 "i.decided_us AS r FROM v_item i JOIN v_case c ON c.casefile = i.casefile WHERE "
	 "c.channel = ?1 ORDER BY i.casefile, i)"),
	("SELECT group_concat(r, ';') FROM (SELECT party || ',' || seq || body || "
	 "read_us "
	 "AS r "
	 "FROM v_message WHERE channel = ?1 ORDER BY party, seq)"),
	("SELECT group_concat(r, ';') FROM (SELECT party || ',' || seq || type || "
	 "coalesce(void, '') AS r FROM v_event WHERE channel = ?1 ORDER BY party, seq)"),
};
static const char *const twice[] = {
	"SELECT count(*) - count(DISTINCT body) FROM v_message WHERE channel = ?1",
	"SELECT count(*) - count(DISTINCT id) FROM v_event WHERE channel = ?1",
};

/* The first column of the first row, in W.a. */
static const char *
query(sqlite3 *sq, const char *sql, int64_t channel)
{
	sqlite3_stmt *st = NULL;
	const char *got = "";

	if (sqlite3_prepare_v2(sq, sql, -1, &st, NULL) != SQLITE_OK) {
		sim_broken("%s: %s", sql, sqlite3_errmsg(sq));
		return got;
	}
	sqlite3_bind_int64(st, 1, channel);
	if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0) != NULL)
		got = arena_strdup(W.a, (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return got;
}

bool
log_waits(const struct ledger *l)
{
	return recovery_state(W.node[l->author].nd, l->author_channel) != LOG_OPEN;
}

static bool
check_log(const struct ledger *l)
{
	struct node *nd = W.node[l->author].nd;
	bool open = recovery_state(nd, l->author_channel) == LOG_OPEN;

	if (!open && !l->may_halt && !l->waits)
		sim_broken("%s takes nothing: %s", l->origin,
			   nd->guard[l->author_channel].why);
	else if (open && (l->author_has != l->n || l->peer_has != l->n))
		sim_broken("%s: of %" PRIu64 " entries the author has %" PRIu64
			   " and the peer %" PRIu64 ": not everything was delivered",
			   l->origin, l->n, l->author_has, l->peer_has);
	return open;
}

/* New keys are known to the other side, and in force in the log on both. */
static void
check_keys(sqlite3 *const *sq, const struct ledger *l)
{
	const struct sim_node *n = &W.node[l->author];
	const char *sql = arena_printf(W.a,
				       "SELECT coalesce(max(n), 0) = %" PRIu64
				       " FROM v_rekey WHERE channel = ?1 AND party = %d",
				       n->entry, (int)n->role);

	if (strcmp(query(sq[l->author], sql, l->author_channel), "1") != 0 ||
	    strcmp(query(sq[l->peer], sql, l->peer_channel), "1") != 0)
		sim_broken("%s: not on both sides are the keys of entry %" PRIu64
			   " in force",
			   l->origin, n->entry);
}

/* Whatever was delivered is receipted, and its author has that. */
static void
check_receipted(sqlite3 *const *sq, const struct ledger *l)
{
	const char *sql = arena_printf(W.a,
				       "SELECT coalesce(max(size), 0) FROM log_receipt "
				       "WHERE channel = ?1 AND party = %d",
				       W.node[l->author].role);
	uint64_t size = strtoull(query(sq[l->author], sql, l->author_channel), NULL, 10);

	if (size != l->n)
		sim_broken("%s: of %" PRIu64 " entries %" PRIu64 " are receipted",
			   l->origin, l->n, size);
}

static void
check_views(sqlite3 *const *sq, const struct ledger *l)
{
	for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		const char *x = query(sq[l->author], folds[i], l->author_channel);
		const char *y = query(sq[l->peer], folds[i], l->peer_channel);
		if (strcmp(x, y) != 0)
			sim_broken(
				"the sides of %s see different things: %.200s and %.200s",
				l->origin, x, y);
	}
	for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++)
		if (strcmp(query(sq[l->author], twice[i], l->author_channel), "0") != 0 ||
		    strcmp(query(sq[l->peer], twice[i], l->peer_channel), "0") != 0)
			sim_broken("%s: events are there twice", l->origin);
}

void
check_end(void)
{
	bool open[SIM_LOGS] = {0};
	sqlite3 *sq[SIM_NODES] = {0};
	struct store *reader[SIM_NODES] = {0};
	struct err e = ERR_INIT;

	W.looking = true;
	for (int i = 0; i < W.n_ledgers; i++)
		open[i] = !W.takes_part[W.ledger[i].author] ||
			  !W.takes_part[W.ledger[i].peer] || check_log(&W.ledger[i]);
	for (int i = 0; i < SIM_NODES; i++) {
		if (!W.takes_part[i])
			continue;
		ok(reader_get(W.node[i].nd, &reader[i], &e), &e, &W.node[i], "reader");
		if (reader[i] == NULL)
			return;
		sq[i] = reader[i]->db->sq;
	}
	for (int i = 0; i < W.n_ledgers; i++)
		if (open[i] && W.takes_part[W.ledger[i].author] &&
		    W.takes_part[W.ledger[i].peer]) {
			check_keys(sq, &W.ledger[i]);
			check_receipted(sq, &W.ledger[i]);
		}
	for (int i = 0; i < W.n_ledgers; i++) {
		const struct ledger *l = &W.ledger[i];
		bool both = true;
		if (W.node[l->author].role != PARTY_AUTHORITY ||
		    !W.takes_part[l->author] || !W.takes_part[l->peer])
			continue;
		for (int k = 0; k < W.n_ledgers; k++)
			if (W.ledger[k].author == l->peer &&
			    W.ledger[k].peer == l->author)
				both = open[i] && open[k];
		if (both)
			check_views(sq, l);
	}
	for (int i = 0; i < SIM_NODES; i++)
		if (reader[i] != NULL)
			reader_put(W.node[i].nd, reader[i]);
	W.looking = false;
}
