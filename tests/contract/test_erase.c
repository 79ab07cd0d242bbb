/*
 * Erasure and legal holds on two nodes: what is gone is gone from every file of the node,
 * what was signed stays, and nothing is erased while anybody holds it.
 */
#include "evidence_fixture.h"

#include <ftw.h>

#define SECRET	 "RahasiaNegaraNomorTujuh"
#define HOLD_WHY "Pengadilan meminta bukti"

/* ---- looking for bytes ------------------------------------------------------------- */

static const char *needle;
static unsigned n_found;

static int
search_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	if (flag != FTW_F || st->st_size == 0)
		return 0;
	char *all = malloc((size_t)st->st_size);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(all != NULL && fd >= 0);
	ssize_t n = read(fd, all, (size_t)st->st_size);
	close(fd);
	if (n > 0 && memmem(all, (size_t)n, needle, strlen(needle)) != NULL)
		n_found++;
	free(all);
	return 0;
}

/* In how many files of the node the bytes stand, as text or as a disclosure has them. */
static unsigned
files_with(struct fix *f, enum party p, const char *text)
{
	needle = text;
	n_found = 0;
	assert_int_equal(nftw(f->n[p].dir, search_file, 8, FTW_PHYS), 0);
	/* A server's store is not in the directory. */
	if (f->n[p].store != NULL && fix_store_has(f, p, text))
		n_found++;
	return n_found;
}

/* ---- helpers ----------------------------------------------------------------------- */

static const char *
case_path(struct fix *f, const char *casefile, const char *rest)
{
	return arena_printf(f->a, "/v1/cases/%s/%s", casefile, rest);
}

static json_t *
erase_in(const char *what)
{
	return json_pack("{s:s, s:s}", "what", what, "reason", "masa simpan habis");
}

/* A case with texts of both sides and a file, closed. */
static const char *
closed_case(struct fix *f)
{
	const char *id = fix_send(f, "r-1", "rahasia-host.example", 3);

	fix_settle(f);
	(void)give(f, PARTY_AUTHORITY, id, SECRET ".png", pattern(f, 90000), 90000);
	settle(f);
	(void)fix_act(f, PARTY_PLATFORM, id, "accept", NULL);
	(void)fix_act(f, PARTY_PLATFORM, id, "say",
		      json_pack("{s:s}", "text", SECRET " dari platform"));
	(void)fix_act(f, PARTY_AUTHORITY, id, "say",
		      json_pack("{s:s}", "text", SECRET " dari otoritas"));
	fix_settle(f);
	(void)fix_act(f, PARTY_PLATFORM, id, "decide",
		      json_pack("{s:s, s:s, s:s}", "items", "open", "outcome", "kept",
				"reason", SECRET " alasan"));
	fix_settle(f);
	(void)fix_act(f, PARTY_AUTHORITY, id, "close", NULL);
	fix_settle(f);
	check_all(f, PARTY_PLATFORM);
	return id;
}

static void
bundle_verifies(struct fix *f, enum party p, const char *casefile)
{
	struct err e = ERR_INIT;

	/* What does not verify is not given out. */
	fix_ok(fix_call(f, p, f->n[p].auditor, "GET", case_path(f, casefile, "bundle"),
			NULL, NULL, &e),
	       &e, "bundle");
}

/* ---- tests ------------------------------------------------------------------------- */

/* The whole case on both nodes: bytes gone, proofs stay, live views are rebuilt ones. */
static void
test_whole_case(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	const char *id = closed_case(&f);
	for (int p = 0; p < PARTY_COUNT; p++)
		assert_true(files_with(&f, (enum party)p, SECRET) != 0);
	/* The store has it as a disclosure too, in base64. */
	const char *sealed = fix_query_text(
		&f, PARTY_AUTHORITY,
		"SELECT substr(body, 30, 60) FROM log_disclosure ORDER BY length(body) "
		"DESC LIMIT 1");
	assert_true(files_with(&f, PARTY_AUTHORITY, sealed) != 0);
	json_t *r = fix_must(&f, PARTY_AUTHORITY, f.n[PARTY_AUTHORITY].admin, "POST",
			     case_path(&f, id, "erase"), erase_in("all"));
	assert_int_equal(files_with(&f, PARTY_AUTHORITY, sealed), 0);
	assert_true(fix_int(r, "texts") >= 6);
	assert_int_equal(fix_int(r, "files"), 1);
	assert_int_equal(files_with(&f, PARTY_AUTHORITY, SECRET), 0);
	assert_int_equal(files_with(&f, PARTY_AUTHORITY, "rahasia-host"), 0);
	fix_rebuilt_equal(&f, PARTY_AUTHORITY);
	/* The other side still has all of it, and is asked. */
	fix_settle(&f);
	assert_true(files_with(&f, PARTY_PLATFORM, SECRET) != 0);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	int64_t wait_us;
	fix_ok(service_tick(f.n[PARTY_PLATFORM].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_query(&f, PARTY_PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind = 'erase'"),
			 1);
	const char *request = fix_text(r, "request");
	r = fix_must(&f, PARTY_PLATFORM, f.n[PARTY_PLATFORM].admin, "POST",
		     case_path(&f, id, arena_printf(f.a, "erase/%s", request)), NULL);
	assert_int_equal(fix_int(r, "files"), 1);
	assert_int_equal(files_with(&f, PARTY_PLATFORM, SECRET), 0);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		enum party side = (enum party)p;
		assert_int_equal(fix_events(&f, side, PARTY_AUTHORITY, "erase.done"), 1);
		assert_int_equal(fix_events(&f, side, PARTY_PLATFORM, "erase.done"), 1);
		assert_int_equal(fix_query(&f, side,
					   "SELECT count(*) FROM v_event WHERE void IS "
					   "NOT NULL"),
				 0);
		const json_t *file = file_at(&f, side, id, 0);
		assert_string_equal(fix_text(file, "here"), "erased");
		assert_null(fix_text(file, "name"));
		assert_non_null(fix_text(file, "erased_authority"));
		assert_non_null(fix_text(file, "erased_platform"));
		assert_int_equal(
			download(&f, side, fix_text(file, "sha256"), NULL, 0, &e),
			RC_GONE);
		fix_rebuilt_equal(&f, side);
		bundle_verifies(&f, side, id);
	}
	fix_same_case(&f, id);
	/* Erased is erased: the peer cannot bring it again. */
	struct hash sha;
	const char *hex = fix_text(file_at(&f, PARTY_PLATFORM, id, 0), "sha256");
	struct exchange_blob *b;
	uint64_t at;
	assert_int_equal(hash_parse_hex(hex, strlen(hex), &sha), RC_OK);
	assert_int_equal(exchange_blob_open(f.n[PARTY_PLATFORM].nd, FIX_PEER, &sha, 0, 10,
					    &b, &at, &e),
			 RC_GONE);
	/* Life goes on. */
	(void)fix_send(&f, "r-2", "b.example", 1);
	fix_settle(&f);
	fix_close(&f);
}

/* One event alone. */
static void
test_one_event(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	struct fix_node *n = &f.n[PARTY_AUTHORITY];
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	int64_t seq = fix_int(fix_act(&f, PARTY_AUTHORITY, id, "say",
				      json_pack("{s:s}", "text", SECRET)),
			      "seq");
	json_t *in = json_pack("{s:s, s:s, s:[{s:s, s:I}]}", "what", "texts", "reason",
			       "salah kirim", "events", "from", "authority", "seq",
			       (json_int_t)seq);
	/* Not delivered: it could never arrive. */
	fix_refused(&f, PARTY_AUTHORITY, n->admin, "POST", case_path(&f, id, "erase"),
		    json_deep_copy(in), RC_CONFLICT, "not delivered");
	fix_settle(&f);
	/* All of an open case: no. */
	fix_refused(&f, PARTY_AUTHORITY, n->admin, "POST", case_path(&f, id, "erase"),
		    erase_in("all"), RC_CONFLICT, "close it");
	/* By an officer: no. */
	fix_refused(&f, PARTY_AUTHORITY, n->officer, "POST", case_path(&f, id, "erase"),
		    json_deep_copy(in), RC_DENIED, "needs");
	json_t *r = fix_must(&f, PARTY_AUTHORITY, n->admin, "POST",
			     case_path(&f, id, "erase"), in);
	assert_int_equal(fix_int(r, "texts"), 1);
	assert_int_equal(files_with(&f, PARTY_AUTHORITY, SECRET), 0);
	fix_settle(&f);
	fix_must(&f, PARTY_PLATFORM, f.n[PARTY_PLATFORM].admin, "POST",
		 case_path(&f, id, arena_printf(f.a, "erase/%s", fix_text(r, "request"))),
		 NULL);
	assert_int_equal(files_with(&f, PARTY_PLATFORM, SECRET), 0);
	fix_settle(&f);
	fix_rebuilt_equal(&f, PARTY_AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	bundle_verifies(&f, PARTY_AUTHORITY, id);
	/* Wrong scopes. */
	fix_refused(&f, PARTY_AUTHORITY, n->admin, "POST", case_path(&f, id, "erase"),
		    json_pack("{s:s, s:s}", "what", "everything", "reason", "x"),
		    RC_INVALID, "what");
	fix_refused(&f, PARTY_AUTHORITY, n->admin, "POST", case_path(&f, id, "erase"),
		    json_pack("{s:s, s:s, s:[{s:s, s:i}]}", "what", "texts", "reason",
			      "x", "events", "from", "authority", "seq", 9999),
		    RC_NOT_FOUND, "9999");
	fix_refused(&f, PARTY_AUTHORITY, n->admin, "POST", case_path(&f, id, "erase"),
		    json_pack("{s:s, s:s, s:[{s:s}]}", "what", "texts", "reason", "x",
			      "events", "from", "authority"),
		    RC_INVALID, "events[0]");
	/* An event without files, and one of no case: the other side is asked for
	 * nothing. */
	const int64_t asked =
		fix_events(&f, PARTY_AUTHORITY, PARTY_AUTHORITY, "erase.request");
	fix_refused(&f, PARTY_AUTHORITY, n->admin, "POST", case_path(&f, id, "erase"),
		    json_pack("{s:s, s:s, s:[{s:s, s:I}]}", "what", "files", "reason",
			      "x", "events", "from", "authority", "seq", (json_int_t)seq),
		    RC_CONFLICT, "has no files");
	fix_refused(&f, PARTY_AUTHORITY, n->admin, "POST", case_path(&f, id, "erase"),
		    json_pack("{s:s, s:s, s:[{s:s, s:i}]}", "what", "all", "reason", "x",
			      "events", "from", "authority", "seq", 0),
		    RC_CONFLICT, "not of this case");
	assert_int_equal(
		fix_events(&f, PARTY_AUTHORITY, PARTY_AUTHORITY, "erase.request"), asked);
	fix_refused(&f, PARTY_AUTHORITY, n->admin, "POST",
		    case_path(&f, id, "erase/01890a5d-ac96-774b-bcce-b302099a8057"), NULL,
		    RC_NOT_FOUND, "nobody asked");
	fix_close(&f);
}

/* A hold of either side stops both; released, it does not. */
static void
test_holds(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *id = closed_case(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		enum party holder = (enum party)p;
		struct fix_node *n = &f.n[holder];
		const char *hold =
			fix_text(fix_must(&f, holder, credential(&f, holder), "POST",
					  case_path(&f, id, "holds"),
					  json_pack("{s:s}", "reason", HOLD_WHY)),
				 "hold");
		fix_settle(&f);
		for (int q = 0; q < PARTY_COUNT; q++)
			fix_refused(&f, (enum party)q, f.n[q].admin, "POST",
				    case_path(&f, id, "erase"), erase_in("all"),
				    RC_CONFLICT, HOLD_WHY);
		/* The other side cannot release it. */
		fix_refused(
			&f, other(holder), f.n[other(holder)].admin, "POST",
			case_path(&f, id, arena_printf(f.a, "holds/%s/release", hold)),
			json_pack("{s:s}", "reason", "x"), RC_CONFLICT, "no such hold");
		fix_must(&f, holder, n->admin, "POST",
			 case_path(&f, id, arena_printf(f.a, "holds/%s/release", hold)),
			 json_pack("{s:s}", "reason", "selesai"));
		/* Once. */
		fix_refused(
			&f, holder, n->admin, "POST",
			case_path(&f, id, arena_printf(f.a, "holds/%s/release", hold)),
			json_pack("{s:s}", "reason", "x"), RC_CONFLICT, "no such hold");
		fix_settle(&f);
	}
	json_t *all = fix_must(&f, PARTY_PLATFORM, f.n[PARTY_PLATFORM].auditor, "GET",
			       case_path(&f, id, "erasures"), NULL);
	assert_int_equal(json_array_size(json_object_get(all, "holds")), 2);
	json_t *r = fix_must(&f, PARTY_PLATFORM, f.n[PARTY_PLATFORM].admin, "POST",
			     case_path(&f, id, "erase"), erase_in("files"));
	assert_int_equal(fix_int(r, "files"), 1);
	assert_int_equal(fix_int(r, "texts"), 0);
	fix_settle(&f);
	fix_rebuilt_equal(&f, PARTY_AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

/* By the policy, on each node by itself, not before it is over, and not under a hold. */
static void
test_retention(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	int64_t wait_us;

	(void)state;
	json_t *p0 = json_loads(fix_policy, 0, NULL);
	json_object_set_new(p0, "retention",
			    json_pack("{s:i, s:i, s:i}", "disclosures_s", 7200,
				      "evidence_s", 5400, "preserve_s", 5400));
	char *policy = json_dumps(p0, JSON_COMPACT);
	json_decref(p0);
	fix_open_policy(&f, policy);
	free(policy);
	const char *id = closed_case(&f);
	fix_refused(&f, PARTY_AUTHORITY, f.n[PARTY_AUTHORITY].admin, "POST",
		    case_path(&f, id, "erase"), erase_in("all"), RC_CONFLICT, "kept for");
	/* Who ends a case in the past has nothing erased by it. */
	fix_query(&f, PARTY_AUTHORITY, "UPDATE v_case SET closed_us = 1 RETURNING 1");
	fix_query(&f, PARTY_AUTHORITY,
		  arena_printf(f.a,
			       "UPDATE v_case_event SET iat_us = 1 WHERE act = %d "
			       "RETURNING 1",
			       (int)ACT_CLOSE));
	fix_ok(service_tick(f.n[PARTY_AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_events(&f, PARTY_AUTHORITY, PARTY_AUTHORITY, "erase.done"),
			 0);
	fix_must(&f, PARTY_AUTHORITY, f.n[PARTY_AUTHORITY].admin, "POST", "/v1/rebuild",
		 NULL);
	/* Not over yet. */
	fix_clock_add(4000 * FIX_S);
	fix_ok(service_tick(f.n[PARTY_AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_events(&f, PARTY_AUTHORITY, PARTY_AUTHORITY, "erase.done"),
			 0);
	const char *hold =
		fix_text(fix_must(&f, PARTY_PLATFORM, f.n[PARTY_PLATFORM].admin, "POST",
				  case_path(&f, id, "holds"),
				  json_pack("{s:s}", "reason", HOLD_WHY)),
			 "hold");
	fix_clock_add(4000 * FIX_S);
	fix_ok(service_tick(f.n[PARTY_PLATFORM].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_events(&f, PARTY_PLATFORM, PARTY_PLATFORM, "erase.done"), 0);
	fix_must(&f, PARTY_PLATFORM, f.n[PARTY_PLATFORM].admin, "POST",
		 case_path(&f, id, arena_printf(f.a, "holds/%s/release", hold)),
		 json_pack("{s:s}", "reason", "selesai"));
	fix_settle(&f);
	fix_clock_add(4000 * FIX_S);
	for (int p = 0; p < PARTY_COUNT; p++) {
		enum party side = (enum party)p;
		fix_ok(service_tick(f.n[side].nd, FIX_S, &wait_us, &e), &e, "tick");
		assert_int_equal(fix_events(&f, side, side, "erase.done"), 1);
		assert_int_equal(files_with(&f, side, SECRET), 0);
		/* Once. */
		fix_clock_add(4000 * FIX_S);
		fix_ok(service_tick(f.n[side].nd, FIX_S, &wait_us, &e), &e, "tick");
		assert_int_equal(fix_events(&f, side, side, "erase.done"), 1);
	}
	fix_settle(&f);
	fix_rebuilt_equal(&f, PARTY_AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_case),
		cmocka_unit_test(test_one_event),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_retention),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
