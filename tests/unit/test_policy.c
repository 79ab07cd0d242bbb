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
	static const char *const files[] = {"demo",    "id-2014", "agreement-2017",
					    "id-2020", "eu-dsa",  "sandbox"};
	static const char *const codes[] = {
		"terrorism",   "violent_extremism", "incitement",
		"child_abuse", "violence",	    "hate",
		"fraud",       "gambling",	    "illegal_goods",
		"privacy",     "public_disorder",   "other"};
	struct arena *a = arena_create();

	(void)state;
	for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
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
		assert_int_equal(p->test, strcmp(p->name, "sandbox") == 0);
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
		    {"eu-tco", "normal", 1},
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
	p = shipped(a, "id-2014");
	assert_int_equal(p->objection.rule_us, 24 * H);
	p = shipped(a, "agreement-2017");
	assert_true(p->classes[0].by_days && p->classes[0].decide_days == 0);
	assert_int_equal(p->classes[0].calendar->offsets[0].offset_s, 7 * 3600);
	assert_true(p->order.contact_called);
	p = shipped(a, "eu-tco");
	assert_int_equal(p->inform_us, 12 * H);
	assert_int_equal(p->scrutiny_us, 72 * H);
	assert_true(p->retention.preserve_us >= 181 * 24 * H);
	assert_true(p->pause.clarify && p->pause.impossible);
	assert_int_equal(p->statistics.month * 100 + p->statistics.day, 331);
	assert_true(p->n_fields >= 15);
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
		{"\"ttl_s\":10",
		 "\"ttl_s\":10,\"addresses\":{\"categories\":[\"politics\"]}",
		 "order.addresses.categories: [0] is no code"},
		{"\"ttl_s\":10", "\"ttl_s\":10,\"addresses\":{\"categories\":[]}",
		 "order.addresses.categories"},
		{"\"ttl_s\":10", "\"ttl_s\":10,\"addresses\":{}",
		 "order.addresses.categories: missing"},
		{"\"ttl_s\":10",
		 "\"ttl_s\":10,\"addresses\":{\"categories\":[\"other\"],\"prefix4\":16}",
		 "order.addresses.prefix4: must be from 20 to 32"},
		{"\"ttl_s\":10",
		 "\"ttl_s\":10,\"addresses\":{\"categories\":[\"other\"],\"prefix6\":32}",
		 "order.addresses.prefix6: must be from 40 to 128"},
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

/* No order names an address unless the policy says which may. */
static void
addresses(void **state)
{
	struct arena *a = arena_create();
	const struct policy *p = NULL;
	struct err e;

	(void)state;
	assert_int_equal(policy_parse(a, good, sizeof(good) - 1, &p, &e), RC_OK);
	assert_int_equal(p->order.n_address_categories, 0);
	assert_int_equal(p->order.address_prefix4, 32);
	const char *text =
		changed(a, "\"ttl_s\":10",
			"\"ttl_s\":10,\"addresses\":{\"categories\":[\"other\"],"
			"\"prefix4\":24}");
	assert_int_equal(policy_parse(a, text, strlen(text), &p, &e), RC_OK);
	assert_int_equal(p->order.n_address_categories, 1);
	assert_string_equal(p->order.address_categories[0], "other");
	assert_int_equal(p->order.address_prefix4, 24);
	assert_int_equal(p->order.address_prefix6, 128);
	arena_free(a);
}

/* Members that a file need not have, put before "order" or into what is there. */
static const char optional[] =
	"\"valid_from\":\"2017-08-01T00:00:00Z\",\"valid_until\":\"2018-08-01T00:00:"
	"00Z\","
	"\"calendars\":[{\"code\":\"wib\",\"offset_s\":25200,\"week\":["
	"{\"day\":\"mon\",\"from\":\"08:00\",\"to\":\"12:00\"},"
	"{\"day\":\"mon\",\"from\":\"13:00\",\"to\":\"24:00\"}],"
	"\"holidays\":[\"2017-08-14\"],\"no_send\":[\"2017-08-17\"]}],"
	"\"pause\":{\"clarify\":true,\"max_s\":60},"
	"\"fields\":[{\"code\":\"file_number\",\"name\":{\"en\":\"N\",\"id\":\"N\"},"
	"\"on\":\"notice\"},{\"code\":\"evidence\",\"name\":{\"en\":\"E\",\"id\":\"B\"},"
	"\"on\":\"item\",\"required\":false,\"words\":[\"a\",\"b\"]}],"
	"\"inform_s\":43200,\"scrutiny_s\":7,\"lapse_s\":6,\"channel\":{\"ack_within_s\":"
	"9},"
	"\"objection\":{\"answer_s\":3,\"rule_s\":4},\"decide\":{\"hold_s\":5},"
	"\"retention\":{\"evidence_s\":8,\"preserve_s\":8},"
	"\"statistics\":{\"month\":3,\"day\":31},\"order\":";

static const char *
with_more(struct arena *a, const char *was, const char *is)
{
	const char *text = changed(a, "\"order\":", optional);
	const char *at = strstr(text, was);

	assert_non_null(at);
	return arena_printf(a, "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
}

static void
optional_members_are_read(void **state)
{
	struct arena *a = arena_create();
	const struct policy *p;
	struct err e = ERR_INIT;
	const char *text =
		with_more(a, "\"accept_s\":2,",
			  "\"calendar\":\"wib\",\"minimum_s\":6,\"accept_s\":2,");

	(void)state;
	if (policy_parse(a, text, strlen(text), &p, &e) != RC_OK)
		fail_msg("%s", e.text);
	assert_int_equal(p->n_calendars, 1);
	assert_ptr_equal(p->classes[0].calendar, &p->calendars[0]);
	assert_int_equal(p->classes[0].minimum_us, 6 * CLOCK_US_PER_S);
	assert_null(p->classes[1].calendar);
	assert_int_equal(p->valid_until_us - p->valid_from_us, 365 * 24 * H);
	assert_true(p->pause.clarify && !p->pause.impossible);
	assert_int_equal(p->pause.max_us, 60 * CLOCK_US_PER_S);
	assert_int_equal(p->n_fields, 2);
	assert_true(p->fields[0].required && !p->fields[0].of_item);
	assert_true(!p->fields[1].required && p->fields[1].n_words == 2);
	assert_int_equal(p->inform_us, 12 * H);
	assert_int_equal(p->scrutiny_us, 7 * CLOCK_US_PER_S);
	assert_int_equal(p->lapse_us, 6 * CLOCK_US_PER_S);
	assert_int_equal(p->channel.ack_within_us, 9 * CLOCK_US_PER_S);
	assert_int_equal(p->channel.test_every_us, 7 * 24 * H);
	assert_int_equal(p->objection.rule_us, 4 * CLOCK_US_PER_S);
	assert_int_equal(p->decide.hold_us, 5 * CLOCK_US_PER_S);
	assert_int_equal(p->decide.confirm_above, 100);
	assert_int_equal(p->retention.preserve_us, 8 * CLOCK_US_PER_S);
	assert_int_equal(p->statistics.month * 100 + p->statistics.day, 331);
	arena_free(a);
}

/* A file that says nothing of these means what it always did. */
static void
defaults_of_old_files(void **state)
{
	struct arena *a = arena_create();
	const struct policy *p;

	(void)state;
	assert_int_equal(policy_parse(a, good, sizeof(good) - 1, &p, NULL), RC_OK);
	assert_int_equal(p->n_calendars + p->n_fields, 0);
	assert_null(p->classes[0].calendar);
	assert_false(p->classes[0].by_days || p->ladder[0].by_node);
	assert_int_equal(p->pause.max_us + p->inform_us + p->scrutiny_us, 0);
	assert_int_equal(p->lapse_us, 24 * H);
	assert_int_equal(p->order.emergency_max_us, 72 * H);
	assert_int_equal(p->order.delta_max, 100);
	assert_int_equal(p->order.tested_within_us, 0);
	assert_false(p->order.contact_called);
	assert_int_equal(p->order.notice_before_end_us, 24 * H);
	assert_int_equal(p->channel.ack_within_us, 24 * H);
	assert_int_equal(p->objection.answer_us, 7 * 24 * H);
	assert_int_equal(p->objection.rule_us, 14 * 24 * H);
	assert_int_equal(p->retention.disclosures_us + p->retention.evidence_us, 0);
	assert_int_equal(p->statistics.month, 0);
	assert_int_equal(p->valid_from_us + p->valid_until_us, 0);
	arena_free(a);
}

static void
optional_errors_name_the_member(void **state)
{
	static const struct {
		const char *was, *is, *says;
	} rows[] = {
		{"\"2018-08-01T00:00:00Z\"", "\"2017-08-01T00:00:00Z\"",
		 "valid_until: the policy ends before it starts"},
		{"\"2018-08-01T00:00:00Z\"", "\"soon\"", "valid_until: must be a time"},
		{"\"offset_s\":25200,", "", "calendars[0].offset_s: one of"},
		{"\"offset_s\":25200", "\"offset_s\":50401",
		 "calendars[0].offset_s: must be from"},
		{"\"offset_s\":25200", "\"offset_s\":1,\"offsets\":[]",
		 "calendars[0].offset_s: one of"},
		{"\"offset_s\":25200", "\"offsets\":[{\"offset_s\":1}]",
		 "calendars[0].offsets[0].from: missing"},
		{"\"offset_s\":25200",
		 "\"offsets\":[{\"from\":\"2017-01-01T00:00:00Z\",\"offset_s\":1},"
		 "{\"from\":\"2017-01-01T23:59:59Z\",\"offset_s\":2}]",
		 "calendars[0].offsets[1].from: must be at least a day after"},
		{"\"day\":\"mon\",\"from\":\"08:00\"",
		 "\"day\":\"moon\",\"from\":\"08:00\"", "calendars[0].week[0].day"},
		{"\"to\":\"12:00\"", "\"to\":\"08:00\"",
		 "calendars[0].week[0].to: must be after"},
		{"\"to\":\"12:00\"", "\"to\":\"13:01\"",
		 "calendars[0].week[1].from: the week must ascend"},
		{"\"to\":\"12:00\"", "\"to\":\"24:01\"",
		 "calendars[0].week[0].to: must be a time of the day"},
		{"\"to\":\"12:00\"", "\"to\":\"1:000\"",
		 "calendars[0].week[0].to: must be a time of the day"},
		{"[\"2017-08-14\"]", "[\"2017-02-29\"]",
		 "calendars[0].holidays[0]: must be a date"},
		{"[\"2017-08-14\"]", "[\"2017-08-14\",\"2017-08-14\"]",
		 "calendars[0].holidays[1]: dates must ascend"},
		{"[\"2017-08-14\"]",
		 "[\"2017-08-07\",\"2017-08-14\",\"2017-08-21\",\"2017-08-28\","
		 "\"2017-09-04\",\"2017-09-11\"]",
		 "calendars[0].holidays[0]: no working hour in the 31 days"},
		{"\"code\":\"wib\"", "\"code\":\"wib\",\"week\":[]", "duplicate"},
		{"\"accept_s\":2", "\"calendar\":\"x\",\"accept_s\":2",
		 "classes[0].calendar: no calendar"},
		{"\"accept_s\":2,\"decide_s\":3", "\"accept_days\":0,\"decide_days\":0",
		 "classes[0].calendar: missing"},
		{"\"accept_s\":2", "\"accept_days\":0",
		 "classes[0].decide_s: unknown member"},
		{"\"accept_s\":2,\"decide_s\":3",
		 "\"calendar\":\"wib\",\"accept_days\":2,\"decide_days\":1",
		 "classes[0].decide_days: must not be less"},
		{"\"accept_s\":2,\"decide_s\":3",
		 "\"calendar\":\"wib\",\"accept_s\":2,\"decide_s\":316000000",
		 "classes[0].decide_s: the calendar needs more than ten years"},
		{",\"max_s\":60", "", "pause.max_s: missing"},
		{"\"clarify\":true", "\"clarify\":1", "pause.clarify: must be true"},
		{"\"on\":\"notice\"", "\"on\":\"case\"", "fields[0].on: must be"},
		{"\"code\":\"evidence\"", "\"code\":\"colour\"",
		 "fields[1].code: a list has no such column"},
		{"[\"a\",\"b\"]", "[\"A\"]", "fields[1].words: must be words"},
		{"\"rule_s\":4", "\"rule_s\":2", "objection.rule_s: must not be less"},
		{"\"evidence_s\":8", "\"evidence_s\":7",
		 "retention.evidence_s: must not be less"},
		{"\"month\":3", "\"month\":13", "statistics.month: must be from 1 to 12"},
		{"\"month\":3", "\"month\":2", "statistics.day: must be from 1 to 29"},
		{"\"month\":3", "\"month\":11", "statistics.day: must be from 1 to 30"},
		{"\"after_s\":0", "\"after_s\":0,\"by\":\"magic\"",
		 "ladder[0].by: must be"},
		{"\"ttl_s\":10", "\"ttl_s\":10,\"delta_max\":0",
		 "order.delta_max: must be from 1"},
	};
	struct arena *a = arena_create();
	const struct policy *p = NULL;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = with_more(a, rows[i].was, rows[i].is);

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
		cmocka_unit_test(addresses),
		cmocka_unit_test(errors_name_the_member),
		cmocka_unit_test(optional_members_are_read),
		cmocka_unit_test(defaults_of_old_files),
		cmocka_unit_test(optional_errors_name_the_member),
		cmocka_unit_test(nothing_but_the_whole_file),
		cmocka_unit_test(digest_is_of_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
