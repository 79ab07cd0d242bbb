/*
 * Two nodes under schedules that a seed chooses: people act, messages are lost, cut off,
 * doubled and late, a database call fails and the node starts again, its clock jumps, an
 * old copy of its store comes back.  After each step and at the end the promises hold.
 *
 * `contract_sim` runs the first seeds, `contract_sim SEED COUNT` others (`make sim`);
 * SALURAN_SIM_TRACE=1 prints each step.  SALURAN_SIM_MUTANT breaks a node.
 */
#include "db_faults.h"
#include "node_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/node_int.h"
#include "service/recovery.h"

enum {
	STEPS = 40,
	QUIET_MAX = 400, /* rounds until everything must be delivered */
	LATE_MAX = 6,	 /* messages that are still on their way */
	FAULT_CALLS_MAX = 120,
	FIXED_SEEDS = 4,
};

/* A push that was made and comes late, or twice. */
struct late {
	struct arena *a;
	enum party from;
	struct exchange_push push;
};

static struct {
	struct fix f;
	uint64_t first, count, random, seed;
	const char *mutant; /* "": none */
	bool trace, kept[PARTY_COUNT];
	struct late late[LATE_MAX];
	const char *log[PARTY_COUNT]; /* what each has committed: "leaf leaf ..." */
	const char *cases[STEPS];
	int n_cases, n_said;
} S;

static uint64_t
draw(uint64_t below)
{
	S.random ^= S.random << 13;
	S.random ^= S.random >> 7;
	S.random ^= S.random << 17;
	return S.random % below;
}

static bool
broken(const char *what)
{
	return strcmp(S.mutant, what) == 0;
}

#define TRACE(...)                                                                       \
	do {                                                                             \
		if (S.trace)                                                             \
			print_message(__VA_ARGS__);                                      \
	} while (0)
#define BROKEN(...)                                                                      \
	do {                                                                             \
		print_message(__VA_ARGS__);                                              \
		fail_msg("seed %" PRIu64 " breaks a promise: make sim SEED=%" PRIu64,    \
			 S.seed, S.seed);                                                \
	} while (0)

static enum party
other(enum party p)
{
	return p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

/* ---- broken nodes: each must be found ------------------------------------------------
 */

enum rc __real_append_event(struct writer *w, const struct append *ev, uint64_t *ret_seq,
			    struct err *e);
enum rc __wrap_append_event(struct writer *w, const struct append *ev, uint64_t *ret_seq,
			    struct err *e);
enum rc
__wrap_append_event(struct writer *w, const struct append *ev, uint64_t *ret_seq,
		    struct err *e)
{
	struct append again = *ev;
	bool twice = broken("doubled") && strcmp(ev->type, "message.post") == 0;

	again.body = twice ? json_deep_copy(ev->body) : NULL;
	enum rc rc = __real_append_event(w, ev, ret_seq, e);
	if (rc == RC_OK && twice) {
		json_t *value = json_string("said twice");
		again.disclosures = (struct view_disclosed[]){{"text", value}};
		again.n_disclosures = 1;
		again.written = NULL;
		rc = __real_append_event(w, &again, ret_seq, e);
	}
	return rc;
}

enum rc __real_exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending,
				    uint64_t next, struct err *e);
enum rc __wrap_exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending,
				    uint64_t next, struct err *e);
enum rc
__wrap_exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending,
			    uint64_t next, struct err *e)
{
	return broken("stuck") ? RC_OK
			       : __real_exchange_push_resync(nd, peer, pending, next, e);
}

/* ---- files ---------------------------------------------------------------------------
 */

static void
copy_file(enum party p, const char *from, const char *to)
{
	const char *dir = S.f.n[p].dir;

	fix_copy(arena_printf(S.f.a, "%s/%s", dir, from),
		 arena_printf(S.f.a, "%s/%s", dir, to));
}

static void
stop(enum party p)
{
	if (S.f.n[p].nd != NULL)
		node_close(S.f.n[p].nd);
	S.f.n[p].nd = NULL;
}

static void
start(enum party p)
{
	struct err e = ERR_INIT;

	fix_ok(node_open_alone(S.f.n[p].dir, &S.f.n[p].nd, &e), &e, "start");
}

static void
put_back(enum party p, const char *store, const char *marks)
{
	const char *dir = S.f.n[p].dir;

	stop(p);
	copy_file(p, store, "store.db");
	if (marks != NULL)
		copy_file(p, marks, "marks");
	unlink(arena_printf(S.f.a, "%s/store.db-wal", dir));
	unlink(arena_printf(S.f.a, "%s/store.db-shm", dir));
	start(p);
}

/* ---- promises ------------------------------------------------------------------------
 */

static const char *
log_of(enum party p, enum party log)
{
	const char *text = fix_query_text(
		&S.f, p,
		arena_printf(S.f.a,
			     "SELECT group_concat(hex(leaf), ' ') FROM (SELECT leaf FROM "
			     "log_event WHERE party = %d ORDER BY seq)",
			     (int)log));

	return text == NULL ? "" : text;
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Whoever has given a receipt has what it covers, under that root. */
static void
check_receipts(enum party p)
{
	struct log_tree tree = {.channel = FIX_PEER, .party = other(p)};
	struct err e = ERR_INIT;
	struct store *s;
	struct log_receipt r;
	struct log_head h;
	struct merkle_edge edge;
	struct hash root;

	fix_ok(reader_get(S.f.n[p].nd, &s, &e), &e, "reader");
	tree.s = s;
	enum rc rc = store_receipt_last(s, S.f.a, FIX_PEER, other(p), &r, &e);
	if (rc == RC_OK) {
		fix_ok(store_head(s, S.f.a, FIX_PEER, other(p), &h, &e), &e, "head");
		if (r.size > h.size)
			BROKEN("%s: a receipt of %" PRIu64 ", stored are %" PRIu64 "\n",
			       party_name(p), r.size, h.size);
		fix_ok(merkle_edge_load(r.size, log_tree_get, &tree, &edge, &e), &e,
		       "tree");
		merkle_root(&edge, &root);
		if (!hash_equal(&root, &r.root))
			BROKEN("%s: a receipt of another root\n", party_name(p));
	}
	reader_put(S.f.n[p].nd, s);
}

static void
check_step(void)
{
	for (int i = 0; i < PARTY_COUNT; i++) {
		enum party p = (enum party)i;
		const char *own = log_of(p, p), *there = log_of(other(p), p);
		if (!begins(own, S.log[p]) && !begins(S.log[p], there))
			BROKEN("%s: what was committed is another thing\n",
			       party_name(p));
		if (begins(own, S.log[p]))
			S.log[p] = own;
		else if (recovery_state(S.f.n[p].nd, FIX_PEER) == LOG_OPEN &&
			 atomic_load(&S.f.n[p].nd->asked[FIX_PEER]))
			BROKEN("%s: what was committed is lost\n", party_name(p));
		if (!begins(S.log[p], there))
			BROKEN("%s: the other side has other events\n", party_name(p));
		check_receipts(p);
	}
}

static const char *const folds[] = {
	"SELECT group_concat(r, ';') FROM (SELECT casefile || state || ',' || items || "
	"',' || decided || ',' || receipt_us || ',' || accepted_us || ',' || due_us || "
	"',' || voided AS r FROM v_case ORDER BY casefile)",
	"SELECT group_concat(r, ';') FROM (SELECT casefile || i || coalesce(outcome, "
	"'-') "
	"|| decided_us AS r FROM v_item ORDER BY casefile, i)",
	"SELECT group_concat(r, ';') FROM (SELECT party || ',' || seq || body || read_us "
	"AS r FROM v_message ORDER BY party, seq)",
	"SELECT group_concat(r, ';') FROM (SELECT party || ',' || seq || type || "
	"coalesce(void, '') AS r FROM v_event ORDER BY party, seq)",
};

static void
check_end(void)
{
	const char *sql;

	for (int i = 0; i < PARTY_COUNT; i++) {
		enum party p = (enum party)i;
		if (strcmp(log_of(p, p), S.log[p]) != 0 ||
		    strcmp(log_of(other(p), p), S.log[p]) != 0)
			BROKEN("%s: not everything was delivered\n", party_name(p));
		sql = arena_printf(S.f.a,
				   "SELECT count(*) - count(DISTINCT body) FROM v_message"
				   " WHERE party = %d",
				   i);
		if (fix_query(&S.f, p, sql) != 0 ||
		    fix_query(&S.f, p,
			      "SELECT count(*) - count(DISTINCT id) FROM v_event") != 0 ||
		    fix_query(&S.f, p, "SELECT count(*) FROM v_message") > S.n_said)
			BROKEN("%s: events are there twice\n", party_name(p));
	}
	for (size_t i = 0; i < sizeof(folds) / sizeof(folds[0]); i++) {
		const char *x = fix_query_text(&S.f, PARTY_AUTHORITY, folds[i]);
		const char *y = fix_query_text(&S.f, PARTY_PLATFORM, folds[i]);
		if ((x == NULL) != (y == NULL) || (x != NULL && strcmp(x, y) != 0))
			BROKEN("the sides see different things:\n%s\n%s\n", x, y);
	}
}

/* ---- steps ---------------------------------------------------------------------------
 */

static void
act(enum party p)
{
	const char *who = p == PARTY_AUTHORITY ? S.f.n[p].officer : S.f.n[p].agent, *path;
	const char *text = arena_printf(S.f.a, "text %d", S.n_said);
	struct err e = ERR_INIT;
	json_t *out = NULL, *in;
	bool sends = p == PARTY_AUTHORITY && (S.n_cases == 0 || draw(2) == 0);
	enum rc rc;

	if (S.n_cases == 0 && !sends)
		return;
	if (sends) {
		path = "/v1/notices";
		in = json_pack("{s:s, s:s, s:s, s:s}", "csv",
			       fix_csv(&S.f, "x.example", 1 + draw(3)), "reference",
			       arena_printf(S.f.a, "R-%" PRIu64, draw(1 << 30)),
			       "subject", "S", "legal_basis", "L");
	} else {
		bool says = p == PARTY_AUTHORITY || draw(2) == 0;
		path = arena_printf(S.f.a, "/v1/cases/%s/%s",
				    S.cases[draw((uint64_t)S.n_cases)],
				    says ? "say" : "accept");
		in = says ? json_pack("{s:s}", "text", text) : NULL;
		S.n_said += says;
	}
	rc = fix_call(&S.f, p, who, "POST", path, in, &out, &e);
	TRACE("  %s %s: %s %s\n", party_name(p), path, rc_token(rc), e.text);
	if (rc == RC_OK && sends)
		S.cases[S.n_cases++] = fix_text(out, "case");
}

/* One question about its own log.  RC_NOT_FOUND: it has none. */
static enum rc
ask(enum party p, struct err *e)
{
	struct node *from = S.f.n[p].nd, *to = S.f.n[other(p)].nd;
	struct exchange_question q;
	struct arena *a = arena_create();
	const char *text = NULL;
	const uint8_t *tile = NULL;
	char hex[HASH_HEX_LEN + 1];
	size_t len = 0;
	int64_t wait_us;
	enum rc rc = exchange_ask_next(from, FIX_PEER, a, &q, &wait_us, e);

	if (rc != RC_OK)
		goto out;
	snprintf(hex, sizeof(hex), "%.64s", q.call);
	if (q.kind == EXCHANGE_ASK_HELD) {
		rc = exchange_held(to, FIX_PEER, q.body, strlen(q.body), a, &text, e);
		len = text == NULL ? 0 : strlen(text);
	} else if (q.kind == EXCHANGE_ASK_ENTRIES) {
		rc = exchange_get_tile(to, FIX_PEER, hex, true, 0, q.from / 256,
				       (unsigned)(q.to - q.from), a, &tile, &len, e);
		text = (const char *)tile;
	} else {
		rc = exchange_get_disclosures(to, FIX_PEER, hex,
					      q.call + HASH_HEX_LEN +
						      strlen("/disclosures/"),
					      a, &text, &len, e);
	}
	if (rc == RC_OK)
		rc = exchange_ask_done(from, FIX_PEER, a, &q, text, len, e);
out:
	arena_free(a);
	return rc;
}

/* As a pusher does: what is asked goes first. */
static enum rc
carry(enum party p, enum fix_cut cut)
{
	struct err e = ERR_INIT, again = ERR_INIT;
	enum rc rc = ask(p, &e);

	if (rc == RC_NOT_FOUND)
		rc = fix_carry_try(&S.f, p, cut, &e);
	if (rc != RC_NOT_FOUND)
		TRACE("  %s sends, cut %d: %s %s\n", party_name(p), (int)cut,
		      rc_token(rc), e.text);
	if (cut != CUT_NOTHING && rc == RC_OK)
		(void)!exchange_push_failed(S.f.n[p].nd, FIX_PEER, false, "cut", &again);
	return rc;
}

static void
late_make(enum party p)
{
	struct late *l = &S.late[draw(LATE_MAX)];
	struct err e = ERR_INIT;
	int64_t wait_us;

	if (l->a != NULL)
		arena_free(l->a);
	*l = (struct late){.a = arena_create(), .from = p};
	if (exchange_push_next(S.f.n[p].nd, FIX_PEER, l->a, &l->push, &wait_us, &e) !=
		    RC_OK ||
	    l->push.entries.n_packages == 0) {
		arena_free(l->a);
		l->a = NULL;
	}
}

/* It comes now, and its answer is lost; it may come again. */
static void
late_come(void)
{
	struct late *l = &S.late[draw(LATE_MAX)];
	struct exchange_answer answer;
	struct err e = ERR_INIT;
	uint64_t size;

	if (l->a == NULL)
		return;
	struct node *to = S.f.n[other(l->from)].nd;
	struct arena *a = arena_create();
	enum rc rc =
		exchange_add_checkpoint(to, FIX_PEER, &l->push.checkpoint, &size, &e);
	enum rc then =
		exchange_add_entries(to, FIX_PEER, &l->push.entries, a, &answer, &e);
	TRACE("  late from %s: %s, %s\n", party_name(l->from), rc_token(rc),
	      rc_token(then));
	arena_free(a);
}

static void
late_forget(void)
{
	for (int i = 0; i < LATE_MAX; i++) {
		if (S.late[i].a != NULL)
			arena_free(S.late[i].a);
		S.late[i].a = NULL;
	}
}

/* The store of before, the marks of now: what the other side has comes back, the rest
 * never left. */
static void
restore(enum party p)
{
	const char *there = log_of(other(p), p);

	if (!S.kept[p])
		return;
	late_forget();
	put_back(p, "kept.db", NULL);
	const char *own = log_of(p, p);
	if (!broken("lost"))
		S.log[p] = strlen(own) > strlen(there) ? own : there;
	/* What it lost of the other's log it gets again. */
	TRACE("  %s: an old copy is put back\n", party_name(p));
}

static void
step(void)
{
	enum party p = (enum party)draw(PARTY_COUNT);
	uint64_t what = draw(100);

	if (what < 34) {
		act(p);
	} else if (what < 70) {
		(void)!carry(p, (enum fix_cut)draw(CUT_COUNT));
	} else if (what < 76) {
		late_make(p);
	} else if (what < 82) {
		late_come();
	} else if (what < 88) {
		TRACE("  %s starts again\n", party_name(p));
		stop(p);
		start(p);
	} else if (what < 93) {
		int call = 1 + (int)draw(FAULT_CALLS_MAX);
		faults_arm(party_name(p), call, RC_IO);
		if (draw(2) == 0)
			act(p);
		else
			(void)!carry(other(p), CUT_NOTHING);
		TRACE("  %s: call %d failed: %d\n", party_name(p), call, faults_disarm());
		(void)faults_disarm();
		stop(p);
		start(p);
	} else if (what < 95) {
		stop(p);
		copy_file(p, "store.db", "kept.db");
		start(p);
		S.kept[p] = true;
	} else if (what < 97) {
		restore(p);
	} else {
		fix_clock_add((int64_t)draw(400) * FIX_S -
			      (int64_t)draw(2) * 100 * FIX_S);
	}
}

static void
settle(void)
{
	bool on = true;

	for (int i = 0; on; i++) {
		if (i == QUIET_MAX)
			BROKEN("not everything is delivered after %d rounds\n", i);
		fix_clock_add(301 * FIX_S); /* no retry waits longer */
		on = carry(PARTY_AUTHORITY, CUT_NOTHING) != RC_NOT_FOUND;
		on |= carry(PARTY_PLATFORM, CUT_NOTHING) != RC_NOT_FOUND;
	}
}

/* Everything is receipted: nothing is asked, sent, signed or written, for hours. */
static void
check_quiet(void)
{
	for (int i = 0; i < PARTY_COUNT; i++) {
		enum party p = (enum party)i;
		uint64_t before = node_commits(S.f.n[p].nd);
		for (int k = 0; k < 20; k++) {
			fix_clock_add(301 * FIX_S);
			if (carry(p, CUT_NOTHING) != RC_NOT_FOUND)
				BROKEN("%s sends though nothing happens\n",
				       party_name(p));
		}
		if (node_commits(S.f.n[p].nd) != before)
			BROKEN("%s writes though nothing happens\n", party_name(p));
	}
}

static void
schedule(uint64_t seed)
{
	S.seed = seed;
	S.random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	S.n_cases = S.n_said = 0;
	S.log[0] = S.log[1] = "";
	for (int p = 0; p < PARTY_COUNT; p++) {
		S.kept[p] = false;
		put_back((enum party)p, "base.db", "base.marks");
	}
	for (int i = 0; i < STEPS; i++) {
		step();
		check_step();
	}
	late_forget();
	settle();
	if (broken("fold"))
		fix_query(&S.f, PARTY_PLATFORM, "UPDATE v_case SET state = state + 1");
	check_step();
	check_end();
	check_quiet();
}

static void
schedules(void **unused)
{
	struct timespec from, to;

	(void)unused;
	fix_open(&S.f);
	fix_settle(&S.f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		const char *conf = arena_printf(S.f.a, "%s/saluran.conf", S.f.n[p].dir);
		stop((enum party)p);
		copy_file((enum party)p, "store.db", "base.db");
		copy_file((enum party)p, "marks", "base.marks");
		/* The world's list of suffixes is long, and no part of this. */
		FILE *psl = fopen(arena_printf(S.f.a, "%s/psl", S.f.above), "we");
		assert_non_null(psl);
		assert_true(fputs("// ===BEGIN ICANN DOMAINS===\nexample\n// ===END "
				  "ICANN DOMAINS===\n// ===BEGIN PRIVATE DOMAINS===\n// "
				  "===END PRIVATE DOMAINS===\n",
				  psl) >= 0 &&
			    fclose(psl) == 0);
		FILE *f = fopen(conf, "ae");
		assert_non_null(f);
		fprintf(f, "\nguard.psl = %s/psl\n", S.f.above);
		fclose(f);
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint64_t i = 0; i < S.count; i++) {
		struct arena *keep = S.f.a;
		S.f.a = arena_create();
		schedule(S.first + i);
		arena_free(S.f.a);
		S.f.a = keep;
		fix_clock_reset();
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	double s = (double)(to.tv_sec - from.tv_sec) +
		   (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	print_message("%" PRIu64 " schedules from seed %" PRIu64 ", %.0f a minute\n",
		      S.count, S.first, (double)S.count * 60 / s);
	fix_close(&S.f);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(schedules)};
	const char *mutant = getenv("SALURAN_SIM_MUTANT");

	S.mutant = mutant == NULL ? "" : mutant;
	S.trace = getenv("SALURAN_SIM_TRACE") != NULL;
	S.first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	S.count = argc > 2 ? strtoull(argv[2], NULL, 10) : argc > 1 ? 1 : FIXED_SEEDS;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
