/*
 * Policies: the files of the repository hold what they claim, and the reader refuses the
 * rest with the path of the member.
 */
#include "unit/file_read.h"

#include "base/clock.h"
#include "core/policy.h"

#define H (3600 * CLOCK_US_PER_S)

static const struct policy *
shipped(struct arena *a, const char *name)
{
	const char *file = arena_printf(a, "policies/%s.json", name);
	const struct policy *p;
	struct err e = ERR_INIT;
	size_t len;
	const char *text = file_read(a, "SALURAN_SOURCE", file, &len);

	if (policy_parse(a, text, len, &p, &e) != RC_OK)
		fail_msg("%s: %s", file, e.text);
	assert_string_equal(p->name, name);
	return p;
}

/* The twelve categories of the first set, in every file, with names in both languages. */
static void
every_policy_has_the_categories(void **state)
{
	static const char *const files[] = {"demo", "id-2014", "agreement-2017",
					    "id-2020"};
	static const char *const codes[] = {
		"terrorism",   "violent_extremism", "incitement",
		"child_abuse", "violence",	    "hate",
		"fraud",       "gambling",	    "illegal_goods",
		"privacy",     "public_disorder",   "other"};
	struct arena *a = arena_create();

	(void)state;
	for (size_t f = 0; f < 4; f++) {
		const struct policy *p = shipped(a, files[f]);

		assert_int_equal(p->n_categories, 12);
		for (size_t i = 0; i < 12; i++) {
			const struct policy_category *c =
				policy_category_find(p, codes[i]);

			assert_non_null(c);
			assert_true(c->name_en[0] != '\0' && c->name_id[0] != '\0');
			assert_non_null(policy_class_find(p, c->class_code));
		}
		assert_non_null(policy_class_find(p, POLICY_CLASS_NORMAL));
		assert_null(policy_category_find(p, "politics"));
		assert_true(p->source[0] != '\0');
		assert_int_equal(p->order.approvals, 2);
		assert_int_equal(p->order.ladder_steps, p->n_ladder);
	}
	arena_free(a);
}

static void
demo_is_in_seconds(void **state)
{
	struct arena *a = arena_create();
	const struct policy *p = shipped(a, "demo");

	(void)state;
	for (size_t i = 0; i < p->n_classes; i++) {
		assert_int_equal(p->classes[i].accept_us, 2 * CLOCK_US_PER_S);
		assert_int_equal(p->classes[i].decide_us, 3 * CLOCK_US_PER_S);
	}
	assert_int_equal(p->n_ladder, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(p->ladder[i].warn, i > 0);
		assert_int_equal(p->ladder[i].level, i);
		assert_int_equal(p->ladder[i].after_us, CLOCK_US_PER_S);
	}
	assert_int_equal(p->order.max_duration_us, 30 * 24 * H);
	assert_int_equal(p->order.max_names, 100);
	assert_int_equal(p->order.ttl_s, 10);
	arena_free(a);
}

/* product.md's table, "Policies are data". */
static void
facts_of_the_table(void **state)
{
	static const struct {
		const char *policy, *class_code;
		int64_t decide_h;
	} rows[] = {{"id-2014", "normal", 24},
		    {"id-2014", "urgent", 12},
		    {"agreement-2017", "normal", 24},
		    {"id-2020", "normal", 24},
		    {"id-2020", "urgent", 4}};
	static const struct {
		const char *code, *class_code;
	} urgent[] = {{"terrorism", "urgent"},
		      {"child_abuse", "urgent"},
		      {"public_disorder", "urgent"},
		      {"fraud", "normal"}};
	struct arena *a = arena_create();
	const struct policy *p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p = shipped(a, rows[i].policy);
		assert_int_equal(policy_class_find(p, rows[i].class_code)->decide_us,
				 rows[i].decide_h * H);
	}
	p = shipped(a, "id-2020");
	for (size_t i = 0; i < sizeof(urgent) / sizeof(urgent[0]); i++)
		assert_string_equal(policy_category_find(p, urgent[i].code)->class_code,
				    urgent[i].class_code);
	arena_free(a);
}

static const char good[] =
	"{\"name\":\"x-1\",\"version\":1,\"title\":{\"en\":\"T\",\"id\":\"T\"},"
	"\"source\":\"S\",\"classes\":[{\"code\":\"normal\",\"accept_s\":2,\"decide_s\":"
	"3},"
	"{\"code\":\"urgent\",\"accept_s\":1,\"decide_s\":1}],"
	"\"categories\":[{\"code\":\"other\",\"name\":{\"en\":\"O\",\"id\":\"L\"},"
	"\"class\":\"urgent\"}],"
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":0},"
	"{\"act\":\"warn\",\"level\":1,\"after_s\":5}],"
	"\"order\":{\"approvals\":2,\"ladder_steps\":2,\"max_duration_s\":9,"
	"\"max_names\":7,\"ttl_s\":10}}";

/* `good` with the first `was` replaced by `is`. */
static const char *
changed(struct arena *a, const char *was, const char *is)
{
	const char *at = strstr(good, was);

	assert_non_null(at);
	return arena_printf(a, "%.*s%s%s", (int)(at - good), good, is, at + strlen(was));
}

static void
errors_name_the_member(void **state)
{
	static const struct {
		const char *was, *is, *says;
	} rows[] = {
		{"\"x-1\"", "\"X 1\"", "name: only a-z"},
		{"\"x-1\"", "\"\"", "name: 0 bytes"},
		{"\"x-1\"", "7", "name: must be a text"},
		{"\"version\":1", "\"version\":0", "version: must be from 1"},
		{"\"version\":1", "\"version\":1.0", "version: must be a whole number"},
		{"\"version\":1", "\"version\":99999999999999999999", "not JSON: line 1"},
		{"\"version\":1", "\"version\":1,\"version\":1", "duplicate"},
		{"\"version\":1", "\"version\":1,\"colour\":1", "colour: unknown member"},
		{"\"version\":1,", "", "version: missing"},
		{"\"en\":\"T\",", "", "title.en: missing"},
		{"\"en\":\"T\"", "\"en\":\"T\",\"fr\":\"T\"", "title.fr: unknown member"},
		{"\"source\":\"S\"", "\"source\":\"S\\u001b[0m\"",
		 "source: control character"},
		{"\"source\":\"S\"", "\"source\":\"S\\u0000\"", "not JSON"},
		{"\"code\":\"normal\"", "\"code\":\"slow\"", "classes: one must have"},
		{"\"code\":\"urgent\"", "\"code\":\"normal\"",
		 "classes[1].code: \"normal\" is there twice"},
		{"\"accept_s\":2", "\"accept_s\":0",
		 "classes[0].accept_s: must be from 1"},
		{"\"accept_s\":2", "\"accept_s\":-2",
		 "classes[0].accept_s: must be from 1"},
		{"\"accept_s\":2", "\"accept_s\":9",
		 "classes[0].decide_s: must not be less than accept_s"},
		{"\"decide_s\":3", "\"decide_s\":9223372036854775807",
		 "classes[0].decide_s: must be from 1"},
		{"\"class\":\"urgent\"", "\"class\":\"none\"",
		 "categories[0].class: no class"},
		{"\"id\":\"L\"", "\"id\":\"\"", "categories[0].name.id: 0 bytes"},
		{"\"act\":\"remind\"", "\"act\":\"beg\"", "ladder[0].act: must be"},
		{"\"act\":\"remind\"", "\"act\":\"remind\",\"level\":1",
		 "ladder[0].level: unknown member"},
		{"\"level\":1", "\"level\":2", "ladder[1].level: must be from 1 to 1"},
		{"{\"act\":\"remind\",\"after_s\":0},", "", "order.ladder_steps"},
		{"{\"act\":\"warn\",\"level\":1,\"after_s\":5}",
		 "{\"act\":\"warn\",\"level\":1,\"after_s\":5},"
		 "{\"act\":\"remind\",\"after_s\":5}",
		 "ladder[2].act: reminders come before"},
		{"\"ladder\":[", "\"ladder\":[5,", "ladder[0]: must be an object"},
		{"\"approvals\":2", "\"approvals\":0", "order.approvals: must be from 1"},
		{"\"ttl_s\":10", "\"ttl_s\":3600", "order.ttl_s: must be from 5 to 60"},
		{"\"max_names\":7", "\"max_names\":0", "order.max_names"},
		{"\"order\":{", "\"order\":[{", "not JSON"},
	};
	struct arena *a = arena_create();
	const struct policy *p = NULL;
	struct err e;

	(void)state;
	assert_int_equal(policy_parse(a, good, sizeof(good) - 1, &p, &e), RC_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = changed(a, rows[i].was, rows[i].is);

		e.text[0] = '\0';
		assert_int_equal(policy_parse(a, text, strlen(text), &p, &e), RC_INVALID);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("%s -> %s: \"%s\" does not say \"%s\"", rows[i].was,
				 rows[i].is, e.text, rows[i].says);
	}
	arena_free(a);
}

/* Each prefix of a good file is refused, and so is anything after its end. */
static void
nothing_but_the_whole_file(void **state)
{
	struct arena *a = arena_create();
	const struct policy *p;
	struct err e;
	const char *more = arena_printf(a, "%s{}", good);

	(void)state;
	for (size_t len = 0; len < sizeof(good) - 1; len++)
		assert_int_equal(policy_parse(a, good, len, &p, &e), RC_INVALID);
	assert_int_equal(policy_parse(a, more, strlen(more), &p, &e), RC_INVALID);
	assert_int_equal(policy_parse(a, good, POLICY_MAX + 1, &p, &e), RC_TOO_LARGE);
	arena_free(a);
}

/* The name of a policy is the digest of its bytes: a space more is another policy. */
static void
digest_is_of_the_bytes(void **state)
{
	struct arena *a = arena_create();
	const struct policy *p, *q;
	const char *spaced = arena_printf(a, "%s ", good);
	struct hash h;
	struct err e;

	(void)state;
	assert_int_equal(policy_parse(a, good, sizeof(good) - 1, &p, &e), RC_OK);
	assert_int_equal(policy_parse(a, spaced, strlen(spaced), &q, &e), RC_OK);
	hash_bytes(good, sizeof(good) - 1, &h);
	assert_true(hash_equal(&p->sha256, &h));
	assert_false(hash_equal(&p->sha256, &q->sha256));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_has_the_categories),
		cmocka_unit_test(demo_is_in_seconds),
		cmocka_unit_test(facts_of_the_table),
		cmocka_unit_test(errors_name_the_member),
		cmocka_unit_test(nothing_but_the_whole_file),
		cmocka_unit_test(digest_is_of_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
