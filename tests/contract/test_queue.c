/*
 * Lists of cases by every filter, search, matching, and who works on what.
 */
#include "contract/node_fixture.h"

#include <inttypes.h>
#include <string.h>

#define A PARTY_AUTHORITY
#define P PARTY_PLATFORM

/* "subject subject ..." of the cases that a filter gives the person, in their order. */
static const char *
subjects(struct fix *f, enum party p, const char *credential, json_t *filter)
{
	const json_t *r = fix_must(f, p, credential, "GET", "/v1/cases", filter), *c;
	const char *text = "";
	size_t i;

	json_array_foreach (json_object_get(r, "cases"), i, c)
		text = arena_printf(f->a, "%s%s%s", text, i == 0 ? "" : ",",
				    fix_text(c, "subject"));
	return text;
}

static const char *
send(struct fix *f, const char *reference, const char *subject, const char *csv,
     bool urgent)
{
	return fix_text(fix_must(f, A, f->n[A].officer, "POST", "/v1/notices",
				 json_pack("{s:s, s:s, s:s, s:s, s:b}", "reference",
					   reference, "subject", subject, "legal_basis",
					   "Law 11", "csv", csv, "urgent", urgent)),
			"case");
}

struct world {
	const char *first, *second, *third;
};

/* Three cases, a second apart: of terrorism, of fraud (urgent), of both. */
static struct world
world_open(struct fix *f)
{
	struct world w;

	fix_open(f);
	w.first = send(f, "R-1", "Kanal Bom",
		       "target,category\nhttps://t.me/bom_one/1,terrorism\n"
		       "https://t.me/bom_one/2,terrorism\n",
		       false);
	fix_clock_add(FIX_S);
	w.second = send(f, "R-2", "Penipuan pulsa",
			"target,category\nhttps://scam.example/a,other\n", true);
	fix_clock_add(FIX_S);
	fix_settle(f);
	w.third = send(f, "R-3", "Kanal dan pulsa",
		       "target,category\nhttps://t.me/bom_one/2,terrorism\n"
		       "https://scam.example/b,other\n",
		       false);
	return w;
}

#define ASKED(who, ...) subjects(&f, who, f.n[who].admin, json_pack(__VA_ARGS__))

static void
filters(void **state)
{
	struct fix f;

	(void)state;
	struct world w = world_open(&f);
	assert_string_equal(ASKED(A, "{s:s}", "queue", "undelivered"), "Kanal dan pulsa");
	assert_string_equal(ASKED(P, "{s:s}", "queue", "all"),
			    "Kanal Bom,Penipuan pulsa");
	fix_settle(&f);
	assert_string_equal(ASKED(A, "{s:s}", "queue", "undelivered"), "");
	assert_string_equal(ASKED(A, "{s:s}", "category", "terrorism"),
			    "Kanal Bom,Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "category", "other"),
			    "Penipuan pulsa,Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "category", "fraud"), "");
	assert_string_equal(ASKED(A, "{s:s}", "urgent", "yes"), "Penipuan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "urgent", "no"),
			    "Kanal Bom,Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "text", "kan"),
			    "Kanal Bom,Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "text", "PULSA kanal"), "Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "text", "bom pulsa"), "");
	assert_string_equal(ASKED(A, "{s:s, s:s}", "text", "law", "category", "other"),
			    "Penipuan pulsa,Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "peer", "platform.example"),
			    "Kanal Bom,Penipuan pulsa,Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "class", "normal"),
			    "Kanal Bom,Penipuan pulsa,Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "class", "urgent"), "");
	assert_string_equal(ASKED(A, "{s:s}", "queue", "overdue"), "");
	assert_string_equal(ASKED(A, "{s:s, s:i}", "queue", "soon", "within_s", 1), "");
	assert_string_equal(ASKED(A, "{s:s, s:i}", "queue", "soon", "within_s", 1000),
			    "Kanal Bom,Penipuan pulsa,Kanal dan pulsa");
	fix_clock_add(200 * FIX_S);
	assert_string_equal(ASKED(A, "{s:s}", "queue", "overdue"),
			    "Kanal Bom,Penipuan pulsa,Kanal dan pulsa");
	fix_act(&f, P, w.second, "refuse", json_pack("{s:s}", "reason", "not ours"));
	fix_settle(&f);
	assert_string_equal(ASKED(A, "{s:s}", "queue", "overdue"),
			    "Kanal Bom,Kanal dan pulsa");
	assert_string_equal(ASKED(A, "{s:s}", "state", "refused"), "Penipuan pulsa");
	fix_rebuilt_equal(&f, A);
	fix_rebuilt_equal(&f, P);
	fix_close(&f);
}

/* A page goes on where the one before ended, under every way to find. */
static void
pages(void **state)
{
	static const char *const filter[][2] = {
		{"queue", "all"}, {"text", "kanal"}, {"category", "terrorism"}};
	struct fix f;

	(void)state;
	world_open(&f);
	fix_settle(&f);
	for (size_t i = 0; i < sizeof(filter) / sizeof(filter[0]); i++) {
		const char *after = NULL, *all = "", *whole;
		whole = ASKED(A, "{s:s}", filter[i][0], filter[i][1]);
		do {
			const json_t *r = fix_must(
				&f, A, f.n[A].admin, "GET", "/v1/cases",
				json_pack("{s:s, s:i, s:s*}", filter[i][0], filter[i][1],
					  "limit", 1, "after", after));
			const json_t *c = json_object_get(r, "cases");
			if (json_array_size(c) != 0)
				all = arena_printf(
					f.a, "%s%s%s", all, all[0] == '\0' ? "" : ",",
					fix_text(json_array_get(c, 0), "subject"));
			after = json_string_value(json_object_get(r, "next"));
		} while (after != NULL);
		assert_string_equal(all, whole);
	}
	fix_close(&f);
}

static void
bad_filters(void **state)
{
	static const struct {
		const char *name, *value, *says;
	} bads[] = {
		{"state", "lost", "no state"},	      {"queue", "theirs", "no list"},
		{"after", "7", "no cursor"},	      {"after", "7.x", "no cursor"},
		{"after", ".", "no cursor"},	      {"urgent", "on", "urgent"},
		{"text", "a1 b2 c3", "2 words"},      {"text", "a . b", "no word"},
		{"peer", "nobody.example", "nobody"}, {"within_s", "0", "within_s"},
		{"limit", "1001", "limit"},	      {"owner", "me", "owner"},
	};
	struct fix f;

	(void)state;
	world_open(&f);
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		enum rc want =
			strcmp(bads[i].name, "peer") == 0 ? RC_NOT_FOUND : RC_INVALID;
		fix_refused(&f, A, f.n[A].officer, "GET", "/v1/cases",
			    json_pack("{s:s}", bads[i].name, bads[i].value), want,
			    bads[i].says);
	}
	fix_close(&f);
}

static void
unread_by_side(void **state)
{
	struct fix f;

	(void)state;
	struct world w = world_open(&f);
	fix_settle(&f);
	assert_string_equal(ASKED(P, "{s:s}", "queue", "unread"), "");
	fix_act(&f, A, w.first, "say", json_pack("{s:s}", "text", "one"));
	fix_act(&f, A, w.first, "say", json_pack("{s:s}", "text", "two"));
	fix_settle(&f);
	assert_string_equal(ASKED(P, "{s:s}", "queue", "unread"), "Kanal Bom");
	assert_string_equal(ASKED(A, "{s:s}", "queue", "unread"), "");
	fix_act(&f, P, w.first, "read", NULL);
	fix_settle(&f);
	assert_string_equal(ASKED(P, "{s:s}", "queue", "unread"), "");
	/* Reading again is not fewer than none. */
	fix_act(&f, P, w.first, "read", NULL);
	fix_act(&f, A, w.first, "say", json_pack("{s:s}", "text", "three"));
	fix_settle(&f);
	assert_string_equal(ASKED(P, "{s:s}", "queue", "unread"), "Kanal Bom");
	fix_rebuilt_equal(&f, A);
	fix_rebuilt_equal(&f, P);
	fix_close(&f);
}

static const char *
case_path(struct fix *f, const char *casefile, const char *verb)
{
	return arena_printf(f->a, "/v1/cases/%s/%s", casefile, verb);
}

static void
claims(void **state)
{
	struct fix f;

	(void)state;
	struct world w = world_open(&f);
	const char *officer = f.n[A].officer, *other = f.n[A].approver;
	assert_string_equal(subjects(&f, A, officer, json_pack("{s:s}", "queue", "mine")),
			    "");
	fix_must(&f, A, officer, "POST", case_path(&f, w.first, "claim"), NULL);
	assert_string_equal(subjects(&f, A, officer, json_pack("{s:s}", "queue", "mine")),
			    "Kanal Bom");
	assert_string_equal(subjects(&f, A, other, json_pack("{s:s}", "queue", "mine")),
			    "");
	assert_null(strstr(ASKED(A, "{s:s}", "queue", "unclaimed"), "Bom"));
	fix_refused(&f, A, other, "POST", case_path(&f, w.first, "claim"), NULL,
		    RC_CONFLICT, "colleague");
	fix_refused(&f, A, other, "POST", case_path(&f, w.first, "release"), NULL,
		    RC_CONFLICT, "colleague");
	/* No lock: a colleague acts all the same. */
	fix_must(&f, A, other, "POST", case_path(&f, w.first, "claim"),
		 json_pack("{s:b}", "take", 1));
	const json_t *owner = json_object_get(fix_case(&f, A, w.first), "owner");
	assert_non_null(fix_text(owner, "name"));
	fix_must(&f, A, other, "POST", case_path(&f, w.first, "release"), NULL);
	assert_true(json_is_null(json_object_get(fix_case(&f, A, w.first), "owner")));
	fix_must(&f, A, other, "POST", case_path(&f, w.first, "assign"),
		 json_pack("{s:s}", "person", "rina"));
	assert_string_equal(subjects(&f, A, officer, json_pack("{s:s}", "queue", "mine")),
			    "Kanal Bom");
	fix_refused(&f, A, other, "POST", case_path(&f, w.first, "assign"),
		    json_pack("{s:s}", "person", "nobody"), RC_NOT_FOUND, "nobody");
	fix_refused(&f, A, other, "POST", case_path(&f, w.first, "assign"),
		    json_pack("{s:s}", "person", "eka"), RC_CONFLICT, "auditor");
	fix_refused(&f, A, f.n[A].auditor, "POST", case_path(&f, w.first, "claim"), NULL,
		    RC_DENIED, "auditor");
	fix_close(&f);
}

/* Each list has as many cases as is said, for each person by itself. */
static void
counts(void **state)
{
	static const char *const lists[] = {"all",  "mine",	   "unclaimed", "overdue",
					    "soon", "undelivered", "unread"};
	static const int want[PARTY_COUNT][7] = {
		[A] = {4, 1, 3, 0, 3, 1, 0}, [P] = {3, 0, 3, 0, 3, 0, 1}};
	struct fix f;

	(void)state;
	struct world w = world_open(&f);
	fix_act(&f, A, w.first, "say", json_pack("{s:s}", "text", "one"));
	fix_settle(&f);
	/* One stays without a receipt. */
	send(&f, "R-4", "Yang keempat", "target,category\nhttps://d.example/,other\n",
	     true);
	fix_must(&f, P, f.n[P].admin, "POST", case_path(&f, w.second, "presence"), NULL);
	fix_must(&f, A, f.n[A].officer, "POST", case_path(&f, w.second, "claim"), NULL);
	for (int p = 0; p < PARTY_COUNT; p++)
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
			const char *who = p == A ? f.n[A].officer : f.n[P].admin;
			const json_t *said =
				fix_must(&f, (enum party)p, who, "GET", "/v1/queues",
					 json_pack("{s:i}", "within_s", 13 * 3600));
			const json_t *rows = json_object_get(
				fix_must(&f, (enum party)p, who, "GET", "/v1/cases",
					 json_pack("{s:s, s:i}", "queue", lists[i],
						   "within_s", 13 * 3600)),
				"cases");
			int64_t n = json_integer_value(json_object_get(said, lists[i]));
			if (n != (int64_t)json_array_size(rows))
				fail_msg("%s: %" PRId64 ", not %zu", lists[i], n,
					 json_array_size(rows));
			/* R-4 has no receipt: its clock does not run. */
			if (n != want[p][i])
				fail_msg("%s: %" PRId64 ", not %d", lists[i], n,
					 want[p][i]);
		}
	fix_refused(&f, A, f.n[A].officer, "GET", "/v1/queues",
		    json_pack("{s:i}", "within_s", 0), RC_INVALID, "within_s");
	fix_close(&f);
}

static void
presence(void **state)
{
	struct fix f;

	(void)state;
	struct world w = world_open(&f);
	const char *path = case_path(&f, w.first, "presence");
	const json_t *r = fix_must(&f, A, f.n[A].officer, "POST", path, NULL);
	assert_int_equal(json_array_size(json_object_get(r, "here")), 0);
	r = fix_must(&f, A, f.n[A].approver, "POST", path, NULL);
	assert_int_equal(json_array_size(json_object_get(r, "here")), 1);
	assert_string_equal(
		fix_text(json_array_get(json_object_get(r, "here"), 0), "name"), "rina");
	fix_clock_add(61 * FIX_S);
	r = fix_must(&f, A, f.n[A].approver, "POST", path, NULL);
	assert_int_equal(json_array_size(json_object_get(r, "here")), 0);
	fix_refused(&f, A, f.n[A].officer, "POST",
		    case_path(&f, "01890a5d-ac96-774b-bcce-b302099a8057", "presence"),
		    NULL, RC_NOT_FOUND, "no case");
	fix_close(&f);
}

static const json_t *
found(struct fix *f, enum party p, const char *q, const char *what, size_t want)
{
	const json_t *rows =
		json_object_get(fix_must(f, p, f->n[p].admin, "GET", "/v1/search",
					 json_pack("{s:s}", "q", q)),
				what);

	if (json_array_size(rows) != want)
		fail_msg("%s: %zu %s, not %zu", q, json_array_size(rows), what, want);
	return json_array_get(rows, 0);
}

static void
search(void **state)
{
	struct fix f;

	(void)state;
	struct world w = world_open(&f);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		/* Every way to write one link finds it, the newest case first. */
		const json_t *i = found(&f, (enum party)p, "t.me/Bom_One/2", "items", 2);
		assert_string_equal(fix_text(i, "case"), w.third);
		found(&f, (enum party)p, "tg://resolve?domain=bom_one&post=2", "items",
		      2);
		found(&f, (enum party)p, "scam.example", "items", 2);
		found(&f, (enum party)p, "nowhere.example", "items", 0);
		found(&f, (enum party)p, "pulsa", "cases", 2);
		found(&f, (enum party)p, w.first, "cases", 1);
		found(&f, (enum party)p, arena_strndup(f.a, w.third, 13), "cases", 1);
		/* The number that people say is the same on both sides. */
		const char *ref = fix_text(fix_case(&f, (enum party)p, w.third), "ref");
		assert_string_equal(ref, fix_text(fix_case(&f, A, w.third), "ref"));
		const json_t *c = found(&f, (enum party)p, ref, "cases", 1);
		assert_string_equal(fix_text(c, "case"), w.third);
		found(&f, (enum party)p,
		      arena_printf(f.a, "%.5s%lld", ref, strtoll(ref + 5, NULL, 10)),
		      "cases", 1);
		found(&f, (enum party)p, arena_printf(f.a, "1999%s", ref + 4), "cases",
		      0);
		found(&f, (enum party)p, arena_printf(f.a, "%s9", ref), "cases", 0);
		found(&f, (enum party)p, arena_printf(f.a, "%.5s", ref), "cases", 0);
		found(&f, (enum party)p, "a b c d e f", "cases", 0);
		found(&f, (enum party)p, "aa bb cc dd", "cases", 0);
	}
	fix_refused(&f, A, f.n[A].officer, "GET", "/v1/search", NULL, RC_INVALID, "q");
	fix_close(&f);
}

static const json_t *
item(struct fix *f, enum party p, const char *casefile, json_t *filter, size_t want)
{
	const json_t *rows =
		json_object_get(fix_must(f, p, f->n[p].admin, "GET",
					 case_path(f, casefile, "items"), filter),
				"items");

	assert_int_equal(json_array_size(rows), want);
	return json_array_get(rows, 0);
}

/* The same item, reported again, shows what became of it. */
static void
matching(void **state)
{
	struct fix f;

	(void)state;
	struct world w = world_open(&f);
	fix_settle(&f);
	assert_true(
		json_is_null(json_object_get(item(&f, P, w.first, NULL, 2), "earlier")));
	const json_t *e = json_object_get(item(&f, P, w.third, NULL, 2), "earlier");
	assert_string_equal(fix_text(e, "case"), w.first);
	assert_int_equal(fix_int(e, "i"), 1);
	assert_true(json_is_null(json_object_get(e, "outcome")));
	fix_act(&f, P, w.first, "accept", NULL);
	fix_act(&f, P, w.first, "decide",
		json_pack("{s:[i], s:s, s:s}", "items", 1, "outcome", "kept", "reason",
			  "news"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		e = json_object_get(item(&f, (enum party)p, w.third, NULL, 2), "earlier");
		assert_string_equal(fix_text(e, "outcome"), "kept");
	}
	item(&f, A, w.first, json_pack("{s:s}", "outcome", "open"), 1);
	item(&f, A, w.first, json_pack("{s:s}", "outcome", "decided"), 1);
	item(&f, A, w.first, json_pack("{s:s}", "outcome", "kept"), 1);
	item(&f, A, w.first, json_pack("{s:s}", "outcome", "removed"), 0);
	item(&f, A, w.third, json_pack("{s:s}", "category", "other"), 1);
	item(&f, A, w.third, json_pack("{s:s}", "host", "scam.example"), 1);
	fix_close(&f);
}

static void
assert_counts(struct fix *f, const char *want)
{
	for (int p = 0; p < PARTY_COUNT; p++) {
		const json_t *c =
			json_object_get(fix_must(f, (enum party)p, f->n[p].admin, "GET",
						 "/v1/status", NULL),
					"counts");
		const char *got = arena_printf(
			f->a,
			"submitted %d = accepted %d + refused %d + waiting %d; accepted "
			"= "
			"decided %d + open %d",
			(int)fix_int(c, "submitted"), (int)fix_int(c, "accepted"),
			(int)fix_int(c, "refused"), (int)fix_int(c, "waiting"),
			(int)fix_int(c, "decided"), (int)fix_int(c, "open"));
		assert_string_equal(got, want);
	}
}

/* The sums that the folds keep are those that counting would give. */
static void
sums(void **state)
{
	struct fix f;

	(void)state;
	struct world w = world_open(&f);
	fix_settle(&f);
	assert_counts(&f, "submitted 5 = accepted 0 + refused 0 + waiting 5; accepted = "
			  "decided 0 + open 0");
	fix_act(&f, P, w.first, "accept", NULL);
	fix_act(&f, P, w.second, "refuse", json_pack("{s:s}", "reason", "not ours"));
	fix_act(&f, P, w.first, "decide",
		json_pack("{s:[i], s:s}", "items", 1, "outcome", "removed"));
	fix_settle(&f);
	assert_counts(&f, "submitted 5 = accepted 2 + refused 1 + waiting 2; accepted = "
			  "decided 1 + open 1");
	/* The platform thinks better of it. */
	fix_act(&f, P, w.second, "accept", NULL);
	fix_settle(&f);
	assert_counts(&f, "submitted 5 = accepted 3 + refused 0 + waiting 2; accepted = "
			  "decided 1 + open 2");
	const json_t *states = json_object_get(
		fix_must(&f, A, f.n[A].admin, "GET", "/v1/status", NULL), "cases");
	assert_int_equal(fix_int(states, "accepted"), 2);
	assert_int_equal(fix_int(states, "received"), 1);
	assert_int_equal(json_object_size(states), 2);
	fix_rebuilt_equal(&f, A);
	fix_rebuilt_equal(&f, P);
	fix_close(&f);
}

/* The feed goes on where a list of cases ends: nothing twice, nothing missed. */
static void
feed_goes_on(void **state)
{
	struct fix f;

	(void)state;
	world_open(&f);
	const char *officer = f.n[A].officer;
	const json_t *list = fix_must(&f, A, officer, "GET", "/v1/cases", NULL);
	json_int_t newest = fix_int(list, "newest");
	assert_true(newest > 0);
	assert_int_equal(
		fix_int(fix_must(&f, A, officer, "GET", "/v1/events", NULL), "newest"),
		newest);
	const char *later = send(&f, "R-4", "Later",
				 "target,category\nhttps://t.me/later/1,other\n", false);
	const json_t *events =
		json_object_get(fix_must(&f, A, officer, "GET", "/v1/events",
					 json_pack("{s:I}", "after", newest)),
				"events");
	const json_t *one;
	json_int_t last = newest;
	size_t i;
	json_array_foreach (events, i, one) {
		assert_true(fix_int(one, "id") > last);
		assert_string_equal(fix_text(one, "case"), later);
		last = fix_int(one, "id");
	}
	assert_true(last > newest);
	list = fix_must(&f, A, officer, "GET", "/v1/cases", NULL);
	assert_int_equal(fix_int(list, "newest"), last);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters),	cmocka_unit_test(pages),
		cmocka_unit_test(bad_filters),	cmocka_unit_test(unread_by_side),
		cmocka_unit_test(claims),	cmocka_unit_test(counts),
		cmocka_unit_test(presence),	cmocka_unit_test(search),
		cmocka_unit_test(matching),	cmocka_unit_test(sums),
		cmocka_unit_test(feed_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
