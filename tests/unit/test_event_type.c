/*
 * Event types: one good event of each, and every member of it broken in turn.
 */
#include "unit/event_make.h"

#include "core/event_type.h"

#define ORDER	  "\"order\":\"" UUID_CASE "\""
#define DISPUTE	  "\"dispute\":\"" UUID_CASE "\""
#define TEXT_HASH "\"text\":\"" ONE_HEX "\""
#define POLICY	  "\"policy\":{\"name\":\"demo\",\"version\":1,\"sha256\":\"" ONE_HEX "\"}"
#define NF	  "\"nf\":\"" ONE_HEX "\""
#define SIG                                                                              \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                           \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_create();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* clang-format off */
static const struct good {
	const char *type, *body;
	unsigned by;
	enum event_case_rule casefile;
	size_t sd, refs;
	bool clock;
} goods[] = {
	{"channel.open", "{\"channel\":\"42\",\"org\":\"kominfo.example\",\"peer\":\"telegram.example\","
		"\"identity\":\"" ONE_HEX "\",\"peer_identity\":\"" ONE_HEX "\"," POLICY "}",
		EVENT_BY_BOTH, EVENT_CASE_NONE, 0, 0, false},
	{"policy.adopt", "{\"name\":\"demo\",\"version\":1,\"sha256\":\"" ONE_HEX "\"}",
		EVENT_BY_BOTH, EVENT_CASE_NONE, 1, 0, false},
	{"receipt.adopt", "{\"log\":\"a/c/42/e0\",\"size\":1,\"root\":\"" ONE_HEX "\",\"time\":1500000000,"
		"\"sig\":\"" SIG "\"}", EVENT_BY_BOTH, EVENT_CASE_NONE, 0, 0, false},
	{"notice.part", "{\"part\":0,\"items\":[{\"i\":0,\"kind\":\"url\",\"category\":\"terrorism\"," NF "},"
		"{\"i\":1,\"kind\":\"telegram\",\"category\":\"violent_extremism\"," NF "}]}",
		EVENT_BY_AUTHORITY, EVENT_CASE_REQUIRED, 0, 0, false},
	{"notice.send", "{" POLICY ",\"class\":\"normal\",\"urgent\":false,\"language\":\"en\","
		"\"measure\":\"remove\",\"items\":2,\"parts\":1,\"digest\":\"" ONE_HEX "\"}",
		EVENT_BY_AUTHORITY, EVENT_CASE_REQUIRED, 0, 0, true},
	{"case.accept", "{}", EVENT_BY_PLATFORM, EVENT_CASE_REQUIRED, 0, 0, false},
	{"case.refuse", "{}", EVENT_BY_PLATFORM, EVENT_CASE_REQUIRED, 1, 0, false},
	{"item.decide", "{\"outcome\":\"impossible\",\"ground\":\"force_majeure\",\"items\":[3,1,2],"
		"\"territories\":[\"ID\",\"MY\"],\"until\":1}",
		EVENT_BY_PLATFORM, EVENT_CASE_REQUIRED, 1, 0, false},
	{"item.decide", "{\"outcome\":\"removed\",\"items\":[0]}",
		EVENT_BY_PLATFORM, EVENT_CASE_REQUIRED, 0, 0, false},
	{"message.post", "{}", EVENT_BY_BOTH, EVENT_CASE_REQUIRED, 1, 0, false},
	{"message.read", "{}", EVENT_BY_BOTH, EVENT_CASE_REQUIRED, 0, 1, false},
	{"case.remind", "{}", EVENT_BY_AUTHORITY, EVENT_CASE_REQUIRED, 0, 0, true},
	{"case.warn", "{\"level\":3}", EVENT_BY_AUTHORITY, EVENT_CASE_REQUIRED, 0, 0, true},
	{"case.close", "{}", EVENT_BY_BOTH, EVENT_CASE_REQUIRED, 0, 0, false},
	{"case.reopen", "{}", EVENT_BY_BOTH, EVENT_CASE_REQUIRED, 0, 0, false},
	{"clarify.ask", "{\"items\":[1,0]}", EVENT_BY_PLATFORM, EVENT_CASE_REQUIRED, 1, 0, true},
	{"clarify.answer", "{}", EVENT_BY_AUTHORITY, EVENT_CASE_REQUIRED, 1, 1, true},
	{"case.transfer", "{\"class\":\"urgent\"}", EVENT_BY_AUTHORITY, EVENT_CASE_REQUIRED, 1, 0, true},
	{"item.reverse", "{\"outcome\":\"removed\",\"items\":[0]}",
		EVENT_BY_PLATFORM, EVENT_CASE_REQUIRED, 1, 0, false},
	{"dispute.open", "{" DISPUTE ",\"about\":\"decision\",\"items\":[0]}",
		EVENT_BY_BOTH, EVENT_CASE_REQUIRED, 1, 0, false},
	{"dispute.answer", "{" DISPUTE "}", EVENT_BY_BOTH, EVENT_CASE_REQUIRED, 1, 0, false},
	{"dispute.rule", "{" DISPUTE ",\"ruling\":\"partly\"}",
		EVENT_BY_BOTH, EVENT_CASE_REQUIRED, 1, 0, false},
	{"order.draft", "{" ORDER ",\"names\":[{\"name\":\"t.me\",\"wildcard\":false}],"
		"\"cites\":[\"" UUID_CASE "\"],\"action\":\"nxdomain\",\"ends\":2,\"review\":1,"
		"\"emergency\":false,\"approvals\":2,\"guards\":[\"whole_service\"]," TEXT_HASH "}", EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 5, 0, false},
	{"order.override", "{" ORDER "," TEXT_HASH ",\"guards\":[\"whole-service\"]}",
		EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 1, 0, false},
	{"order.approve", "{" ORDER "," TEXT_HASH "}", EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 0, 0, false},
	{"order.lift", "{" ORDER ",\"names\":[\"t.me\"]}", EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 1, 0, false},
	{"order.expire", "{" ORDER "}", EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 0, 0, false},
	{"contact.set", "{\"version\":1,\"contacts\":[{\"role\":\"deputy\",\"order\":1,"
		"\"languages\":[\"id\"],\"hours\":{\"offset\":420,\"week\":[{\"day\":1,"
		"\"from\":480,\"to\":1020}]}}]}", EVENT_BY_BOTH, EVENT_CASE_NONE, 1, 0, false},
	{"channel.test", "{\"test\":\"" UUID_CASE "\",\"due\":1}",
		EVENT_BY_BOTH, EVENT_CASE_NONE, 0, 0, false},
	{"channel.test.ack", "{\"test\":\"" UUID_CASE "\"}",
		EVENT_BY_BOTH, EVENT_CASE_NONE, 0, 1, false},
	{"objection.open", "{\"objection\":\"" UUID_CASE "\"," ORDER ",\"kind\":\"normalise\","
		"\"language\":\"id\",\"received\":1,\"answer_due\":2,\"rule_due\":3,\"tracking\":\"" ONE_HEX "\"}",
		EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 1, 0, false},
	{"objection.answer", "{\"objection\":\"" UUID_CASE "\"}", EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 1, 0, false},
	{"objection.rule", "{\"objection\":\"" UUID_CASE "\",\"ruling\":\"upheld\"}",
		EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 1, 0, false},
	{"dns.measured", "{\"vantage\":\"local\",\"results\":[{" ORDER ",\"owner\":\"*.t.me\","
		"\"operator\":\"isp-a\",\"resolver\":\"192.0.2.1#53\",\"transport\":\"udp\","
		"\"expected\":\"free\",\"serial\":7,\"canary\":8,\"verdict\":\"lifted\",\"at\":1,"
		"\"digest\":\"" ONE_HEX "\"}]}", EVENT_BY_AUTHORITY, EVENT_CASE_NONE, 0, 0, false},
	{"event.refuse", "{\"rule\":\"protocol 2: case is missing\"}",
		EVENT_BY_BOTH, EVENT_CASE_OPTIONAL, 0, 1, false},
};
/* clang-format on */

enum { GOOD_COUNT = sizeof(goods) / sizeof(goods[0]) };

static json_t *
json_of(const char *text)
{
	struct err e = ERR_INIT;
	json_t *v;

	if (ijson_parse(a, text, strlen(text), &v, &e) != RC_OK)
		fail_msg("%s: %s", text, e.text);
	return v;
}

/* The least event of this row. */
static struct event
event_of(const struct good *g)
{
	static const struct hash sd[2];
	static const struct event_ref ref;

	return (struct event){
		.type = g->type,
		.by = "officer-1",
		.iat_us = 1,
		.casefile = g->casefile == EVENT_CASE_REQUIRED ? UUID_CASE : NULL,
		.refs = &ref,
		.n_refs = g->refs,
		.sd = sd,
		.n_sd = g->sd,
		.body = json_of(g->body),
	};
}

static enum party
author_of(const struct good *g)
{
	return (g->by & EVENT_BY_AUTHORITY) != 0 ? PARTY_AUTHORITY : PARTY_PLATFORM;
}

static void
assert_invalid(const struct event *ev, enum party from, const char *phrase)
{
	struct err e = ERR_INIT;
	enum rc rc = event_type_check(ev, from, &e);

	if (rc != RC_INVALID || strstr(e.text, phrase) == NULL ||
	    strncmp(e.text, "protocol 2: ", 12) != 0) {
		char *body = json_dumps(ev->body, JSON_COMPACT);

		fail_msg("%s %s: wanted \"%s\", got %s: \"%s\"", ev->type, body, phrase,
			 rc_token(rc), e.text);
	}
}

static void
each_type_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOOD_COUNT; i++) {
		struct event ev = event_of(&goods[i]);
		struct err e = ERR_INIT;

		for (int p = 0; p < PARTY_COUNT; p++) {
			enum party from = (enum party)p;

			if ((goods[i].by & 1U << p) == 0)
				assert_invalid(&ev, from, "to write");
			else if (event_type_check(&ev, from, &e) != RC_OK)
				fail_msg("%s", e.text);
		}
		assert_int_equal(event_type_find(ev.type)->starts_clock, goods[i].clock);
	}
}

static void
frame_of_each_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOOD_COUNT; i++) {
		const struct good *g = &goods[i];
		struct event ev = event_of(g);
		struct err e = ERR_INIT;

		ev.casefile = ev.casefile == NULL ? UUID_CASE : NULL;
		if (g->casefile == EVENT_CASE_OPTIONAL)
			assert_int_equal(event_type_check(&ev, author_of(g), &e), RC_OK);
		else
			assert_invalid(&ev, author_of(g), "case");
		ev = event_of(g);
		ev.n_sd = 0;
		if (g->sd > 0)
			assert_invalid(&ev, author_of(g), "disclosure");
		ev = event_of(g);
		ev.n_refs = 0;
		if (g->refs > 0)
			assert_invalid(&ev, author_of(g), "re must name");
	}
}

static const char *const optional[] = {"ground", "territories", "until",
				       "hours",	 "canary",	NULL};

static bool
may_go(const char *type, const char *member)
{
	for (size_t i = 0; optional[i] != NULL; i++)
		if (strcmp(optional[i], member) == 0)
			return true;
	if (strcmp(type, "clarify.ask") == 0 || strcmp(type, "dispute.open") == 0)
		return strcmp(member, "items") == 0;
	return strcmp(type, "order.lift") == 0 && strcmp(member, "names") == 0;
}

/* Each member of `obj`, which lies in the body of `ev`, is left out, made of another
 * kind, and joined by one that is not known. */
static void
break_members(const struct good *g, const struct event *ev, json_t *obj)
{
	const char *name;
	json_t *value, *copy = json_copy(obj);
	struct err e = ERR_INIT;

	json_object_set_new(obj, "unknown_member", json_integer(1));
	assert_invalid(ev, author_of(g), "members of which only");
	json_object_del(obj, "unknown_member");
	json_object_foreach (copy, name, value) {
		/* No member is null, nor an object where a text is asked for. */
		json_object_set_new(obj, name, json_null());
		assert_invalid(ev, author_of(g), name);
		json_object_set_new(obj, name, json_pack("{s:i}", "a", 1));
		assert_invalid(ev, author_of(g), "");
		json_object_set_new(obj, name, json_pack("[n]"));
		assert_invalid(ev, author_of(g), name);
		json_object_del(obj, name);
		if (may_go(ev->type, name) && strcmp(name, "ground") != 0)
			assert_int_equal(event_type_check(ev, author_of(g), &e), RC_OK);
		else if (strcmp(name, "ground") != 0)
			assert_invalid(ev, author_of(g), "missing");
		json_object_set(obj, name, value);
		if (json_is_object(value))
			break_members(g, ev, value);
		else if (json_is_object(json_array_get(value, 0)))
			break_members(g, ev, json_array_get(value, 0));
	}
	assert_int_equal(event_type_check(ev, author_of(g), &e), RC_OK);
	json_decref(copy);
}

static void
each_member_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOOD_COUNT; i++) {
		struct event ev = event_of(&goods[i]);

		break_members(&goods[i], &ev, ev.body);
	}
}

/* clang-format off */
static const struct {
	const char *type, *member, *json, *phrase; /* phrase NULL: accepted */
} values[] = {
	{"case.warn", "level", "0", "level must be: integer 1 to 3"},
	{"case.warn", "level", "4", "level must be: integer 1 to 3"},
	{"channel.open", "channel", "\"Aa\"", "channel must be: token of 1 to 40 bytes"},
	{"channel.open", "channel", "\"a b\"", "channel must be: token"},
	{"channel.open", "channel", "\"\"", "channel must be: token"},
	{"channel.open", "channel", "\"-a\"", "channel must be: token"},
	{"channel.open", "channel", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "channel must be: token"},
	{"channel.open", "identity", "\"" SD_ONE "\"", "identity must be: 64 lower-case hex digits"},
	{"channel.open", "policy", "{\"name\":\"demo\",\"version\":0,\"sha256\":\"" ONE_HEX "\"}",
	 "protocol 2: channel.open: policy: version must be: integer 1 to"},
	{"receipt.adopt", "size", "0", "size must be"},
	{"receipt.adopt", "time", "0", "time must be"},
	{"receipt.adopt", "time", "1500000000000000", "time must be"}, /* microseconds */
	{"receipt.adopt", "sig", "\"AAAA\"", "sig must be: text of 104 to 104 bytes"},
	{"receipt.adopt", "log", "\"a\\u0007b\"", "log must be: text"},
	{"notice.part", "part", "-1", "part must be"},
	{"notice.part", "part", "8192", "part must be"},
	{"notice.part", "items", "[]", "items must be an array of 1 to 1024"},
	{"notice.part", "items", "[{\"i\":1,\"kind\":\"url\",\"category\":\"hate\"," NF "},"
		"{\"i\":1,\"kind\":\"url\",\"category\":\"hate\"," NF "}]", "ascending"},
	{"notice.part", "items", "[{\"i\":1,\"kind\":\"url\",\"category\":\"hate\"," NF "},"
		"{\"i\":2,\"kind\":\"url\",\"category\":\"hate\"}]", "items: nf is missing (element 1)"},
	{"notice.send", "items", "200001", "items must be"},
	{"notice.send", "items", "200000", NULL},
	{"notice.send", "urgent", "1", "urgent must be: true or false"},
	{"item.decide", "outcome", "\"deleted\"", "outcome must be: one of removed, restricted"},
	{"item.decide", "ground", "\"lazy\"", "impossible needs the ground"},
	{"item.decide", "ground", "\"manifest_error\"", NULL},
	{"item.decide", "ground", "\"insufficient_information\"", NULL},
	{"item.decide", "items", "[]", "items must be an array"},
	{"item.decide", "items", "[1,-1]", "items[1] must be: integer 0 to 199999"},
	{"item.decide", "items", "[1,200000]", "items[1] must be: integer 0 to 199999"},
	{"item.decide", "items", "[5,4,5]", "items has 5 twice"},
	{"item.decide", "territories", "[]", "territories must be an array"},
	{"item.decide", "territories", "[\"\"]", "territories[0] must be: text of 1 to 16"},
	{"item.decide", "until", "0", "until must be"},
	{"order.draft", "order", "\"01980000-0000-4000-8000-000000000001\"", "order must be: lower-case UUID"},
	{"order.draft", "cites", "[]", NULL},
	{"order.draft", "cites", "[\"42\"]", "cites[0] must be: lower-case UUID"},
	{"order.draft", "action", "\"drop\"", "action must be: one of nxdomain, nodata"},
	{"order.draft", "action", "\"nodata\"", NULL},
	{"order.draft", "approvals", "0", "approvals must be: integer 1 to 8"},
	{"order.draft", "approvals", "9", "approvals must be: integer 1 to 8"},
	{"order.draft", "guards", "[]", NULL},
	{"order.draft", "lists", "[]", NULL},
	{"order.draft", "lists", "[{\"list\":\"suffixes\",\"sha256\":\"" ONE_HEX "\"}]", NULL},
	{"order.draft", "lists", "[{\"list\":\"mine\",\"sha256\":\"" ONE_HEX "\"}]", "list must be: one of suffixes, protected"},
	{"order.draft", "guards", "[1]", "guards[0] must be: token"},
	{"order.draft", "names", "[]", "names must be an array of 1 to 256"},
	{"order.draft", "names", "[{\"name\":\"\",\"wildcard\":false}]", "names: name must be"},
	{"order.override", "guards", "[]", "guards must be an array"},
	{"order.override", "guards", "[\"A\"]", "guards[0] must be: token"},
	{"order.lift", "names", "[]", "names must be an array"},
	{"contact.set", "version", "0", "version must be"},
	{"contact.set", "contacts", "[]", "0 contacts and 1 disclosures"},
	{"contact.set", "contacts", "[{\"role\":\"boss\",\"order\":1,\"languages\":[]}]", "role must be"},
	{"contact.set", "contacts", "[{\"role\":\"contact\",\"order\":1,\"languages\":[]}]", NULL},
	{"contact.set", "contacts", "[{\"role\":\"contact\",\"order\":1,\"languages\":[],\"hours\":{\"offset\":0,"
		"\"week\":[{\"day\":1,\"from\":60,\"to\":60}]}}]", "must end after"},
	{"channel.test", "due", "0", "due must be"},
	{"objection.open", "kind", "\"rant\"", "kind must be: one of objection, normalise"},
	{"objection.rule", "ruling", "\"partly\"", "names stand with the ruling partly"},
	{"objection.rule", "names", "[\"t.me\"]", "names stand with the ruling partly"},
	{"event.refuse", "rule", "\"\"", "rule must be"},
};
/* clang-format on */

static const struct good *
good_of(const char *type)
{
	for (size_t i = 0; i < GOOD_COUNT; i++)
		if (strcmp(goods[i].type, type) == 0)
			return &goods[i];
	fail_msg("no good %s", type);
	return NULL;
}

static void
values_at_their_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct good *g = good_of(values[i].type);
		struct event ev = event_of(g);
		struct err e = ERR_INIT;

		json_object_set(ev.body, values[i].member, json_of(values[i].json));
		if (values[i].phrase != NULL)
			assert_invalid(&ev, author_of(g), values[i].phrase);
		else if (event_type_check(&ev, author_of(g), &e) != RC_OK)
			fail_msg("%s", e.text);
	}
}

/* product.md: every outcome but the plain `removed` needs a reason. */
static void
reason_of_each_outcome(void **state)
{
	static const char *const outcomes[] = {
		"restricted", "account_suspended", "kept",
		"not_found",  "already_removed",   "impossible"};
	const struct good *g = good_of("item.decide");

	(void)state;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		struct event ev = event_of(g);
		struct err e = ERR_INIT;

		json_object_set_new(ev.body, "outcome", json_string(outcomes[i]));
		assert_int_equal(event_type_check(&ev, PARTY_PLATFORM, &e), RC_OK);
		ev.n_sd = 0;
		assert_invalid(&ev, PARTY_PLATFORM, "needs a reason");
	}
	struct event ev = event_of(g);
	json_object_del(ev.body, "ground");
	assert_invalid(&ev, PARTY_PLATFORM, "impossible needs the ground");
}

/* A program cannot say that a person has seen it. */
static void
only_a_person_acknowledges(void **state)
{
	struct event ev = event_of(good_of("channel.test.ack"));

	(void)state;
	ev.by = EVENT_BY_NODE;
	assert_invalid(&ev, PARTY_PLATFORM, "only a person");
}

static void
unknown_type(void **state)
{
	struct event ev = event_of(&goods[0]);
	struct err e = ERR_INIT;

	(void)state;
	ev.type = "case.explode";
	assert_int_equal(event_type_check(&ev, PARTY_AUTHORITY, &e), RC_UNSUPPORTED);
	assert_non_null(strstr(e.text, "case.explode"));
	assert_null(event_type_find(ev.type));
}

static void
table_names_every_type(void **state)
{
	struct buf b = BUF_INIT(65536);

	(void)state;
	event_type_table_put(&b);
	assert_true(buf_ok(&b));
	for (size_t i = 0; i < GOOD_COUNT; i++)
		assert_non_null(
			strstr(buf_str(&b), arena_printf(a, "| `%s` |", goods[i].type)));
	assert_non_null(strstr(buf_str(&b),
			       "| `case.warn` | authority | yes | starts |  | "
			       "`level`: integer 1 to 3 |\n"));
	assert_non_null(strstr(buf_str(&b), "| `case.refuse` | platform | yes |  | "
					    "a disclosure | empty |\n"));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_is_accepted),
		cmocka_unit_test(frame_of_each_type),
		cmocka_unit_test(each_member_broken),
		cmocka_unit_test(values_at_their_limits),
		cmocka_unit_test(reason_of_each_outcome),
		cmocka_unit_test(only_a_person_acknowledges),
		cmocka_unit_test(unknown_type),
		cmocka_unit_test(table_names_every_type),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
