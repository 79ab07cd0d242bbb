/*
 * Guards: what is refused, what needs a third person, and what is said with figures.
 */
#include <libpsl.h>

#include "unit/file_read.h"

#include "core/guard.h"
#include "core/target.h"

/* ---- names as owners in a zone ----------------------------------------------------- */

static const char *
repeated(struct arena *a, const char *part, size_t times, const char *end)
{
	char *s = arena_strdup(a, end);

	for (size_t i = 0; i < times; i++)
		s = arena_printf(a, "%s%s", part, s);
	return s;
}

static void
owner_names(void **state)
{
	static const struct {
		const char *name, *says; /* NULL: accepted */
	} rows[] = {
		{"t.me", NULL},
		{"flora-1.web.telegram.org", NULL},
		{"xn--9tfky.id", NULL},
		{"_dmarc.example.com", NULL},
		{"me", NULL},
		{"", "empty"},
		{".", "trailing dot"},
		{"t.me.", "remove the trailing dot"},
		{".t.me", "an empty label"},
		{"t..me", "an empty label"},
		{"T.me", "lower case"},
		{"t.mE", "lower case"},
		{"*.t.me", "wildcard beside the name"},
		{"t me", "character 2"},
		{"t.me\n", "character 3"},
		{"t;.me", "character 2"},
		{"t\\.me", "character 2"},
		{"\"t\".me", "character 1"},
		{"@", "character 1"},
		{"$INCLUDE", "character 1"},
		{"b\xc3\xbc.de", "A-label"},
		{"-t.me", "begin or end"},
		{"t-.me", "begin or end"},
		{"203.0.113.7", "an address"},
		{"32.7.113.0.203.rpz-ip", "address trigger"},
		{"ns.example.rpz-nsdname", "address trigger"},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum rc rc = guard_rpz_name(rows[i].name, false, "rpz.example", &e);

		if ((rc == RC_OK) != (rows[i].says == NULL))
			fail_msg("\"%s\": rc %s", rows[i].name, rc_token(rc));
		if (rows[i].says != NULL && strstr(e.text, rows[i].says) == NULL)
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", rows[i].name,
				 e.text, rows[i].says);
	}
}

/* The last length that fits and the first that does not, to the byte. */
static void
owner_lengths(void **state)
{
	struct arena *a = arena_create();
	const char *l63 = repeated(a, "a", 63, "");
	const char *l64 = repeated(a, "a", 64, "");
	const char *n253 = arena_printf(a, "%s.%s.%s.%.61s", l63, l63, l63, l63);
	const char *n254 = arena_printf(a, "%s.%s.%s.%.62s", l63, l63, l63, l63);
	const char *n241 = arena_printf(a, "%s.%s.%s.%.49s", l63, l63, l63, l63);
	struct err e;

	(void)state;
	assert_int_equal(strlen(n253), RPZ_NAME_MAX);
	assert_int_equal(guard_rpz_name(l63, false, NULL, &e), RC_OK);
	assert_int_equal(guard_rpz_name(l64, false, NULL, &e), RC_INVALID);
	assert_int_equal(guard_rpz_name(n253, false, NULL, &e), RC_OK);
	assert_int_equal(guard_rpz_name(n254, false, NULL, &e), RC_INVALID);
	assert_int_equal(guard_rpz_name(n253, true, NULL, &e), RC_INVALID);
	/* 241 + "." + "rpz.example" (11) = 253; "*." is two more */
	assert_int_equal(guard_rpz_name(n241, false, "rpz.example", &e), RC_OK);
	assert_int_equal(guard_rpz_name(n241, true, "rpz.example", &e), RC_INVALID);
	assert_int_equal(guard_rpz_name(n241 + 2, true, "rpz.example", &e), RC_OK);
	assert_int_equal(guard_rpz_name(n241, false, "rpz1.example", &e), RC_INVALID);
	assert_non_null(strstr(e.text, "256 bytes with the zone"));
	assert_int_equal(guard_rpz_name("t.me", false, "rpz.example.", &e), RC_INVALID);
	arena_free(a);
}

/* The owners of a mini-zone of data/rpz-known-failures, as an order would name them. */
static size_t
zone_names(struct arena *a, const char *file, struct guard_name *out, size_t max)
{
	const char *path = arena_printf(a, "rpz-known-failures/%s.rpz", file);
	size_t len, n = 0;
	const char *text = file_read(a, "SALURAN_TEST_DATA", path, &len);

	for (const char *at = text; *at != '\0';) {
		size_t line = strcspn(at, "\n"), owner = strcspn(at, " \t\n");

		/* not the directive, the apex, nor the row that goes on with the apex */
		if (owner > 0 && *at != '$' && *at != '@') {
			bool wildcard = strncmp(at, "*.", 2) == 0;
			size_t skip = wildcard ? 2 : 0;

			assert_true(n < max);
			out[n++] = (struct guard_name){
				.name = arena_strndup(a, at + skip, owner - skip),
				.wildcard = wildcard};
		}
		at += line + (at[line] == '\n');
	}
	return n;
}

static const struct guard_suffixes *
suffixes_of_data(struct arena *a)
{
	const struct guard_suffixes *s = NULL;
	struct err e = ERR_INIT;
	size_t len;
	const char *text =
		file_read(a, "SALURAN_TEST_DATA", "psl/public_suffix_list.dat", &len);

	if (guard_suffixes_parse(a, text, len, &s, &e) != RC_OK)
		fail_msg("%s", e.text);
	return s;
}

static void
known_failures_are_never_published(void **state)
{
	static const struct {
		const char *file, *zone;
		const char *says; /* of the offending row, or of the rows together */
	} rows[] = {
		{"trailing_dot_unbound754", "rpz.example", "trailing dot"},
		{"trailing_dot_energized529", "rpz.example", "trailing dot"},
		{"overlong_253_unbound-adguard95", "rpz.example", "bytes with the zone"},
		{"overlong_wild_hagezi6246", "a-rather-long-zone-name.rpz.example",
		 "bytes with the zone"},
		{"case_dup", "rpz.example", "lower case"},
		{"dup_owner", "rpz.example", "there twice"},
		{"clientip_no_prefix_pdns9032", "rpz.example", "address trigger"},
		{"clientip_ok", "rpz.example", "address trigger"},
	};
	struct arena *a = arena_create();
	struct guard_lists lists = {.suffixes = suffixes_of_data(a)};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guard_name names[8];
		const struct guard_finding *found;
		size_t n = zone_names(a, rows[i].file, names, 8), n_found;
		struct err e = ERR_INIT;

		assert_int_equal(n, 3);
		lists.zone = rows[i].zone;
		assert_int_equal(guard_check(a, &lists, names, n, &found, &n_found, &e),
				 RC_INVALID);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].file, e.text,
				 rows[i].says);
		/* The rows before and after are good: without the bad one all pass. */
		names[1] = names[2];
		assert_int_equal(guard_check(a, &lists, names, 2, &found, &n_found, &e),
				 RC_OK);
	}
	arena_free(a);
}

/* ---- findings ---------------------------------------------------------------------- */

static const char *const protected_names[] = {"*.go.id", "bca.co.id",
					      "cdn.big.example.net"};
static const struct guard_service services[] = {{"t.me", "Telegram: public links"},
						{"web.telegram.org", "Telegram: web"}};

static const struct guard_own own_names[] = {
	{"node.authority.example", "where peers reach"}};

struct fixture {
	struct arena *a;
	struct guard_lists lists;
};

static int
fixture_make(void **state)
{
	static struct fixture f;

	f.a = arena_create();
	f.lists = (struct guard_lists){.suffixes = suffixes_of_data(f.a),
				       .protected_names = protected_names,
				       .n_protected = 3,
				       .services = services,
				       .n_services = 2,
				       .own = own_names,
				       .n_own = 1,
				       .sample_size = 155,
				       .cited_items = 12};
	assert_true(guard_suffixes_count(f.lists.suffixes) > 8000);
	*state = &f;
	return 0;
}

static int
fixture_drop(void **state)
{
	struct fixture *f = *state;

	arena_free(f->a);
	return 0;
}

/* The finding with this code for one name, or NULL; *ret_n counts all. */
static const struct guard_finding *
finding(struct fixture *f, struct guard_name g, enum guard_code code, size_t *ret_n)
{
	const struct guard_finding *found, *hit = NULL;
	struct err e = ERR_INIT;
	enum rc rc = guard_check(f->a, &f->lists, &g, 1, &found, ret_n, &e);

	if (rc != RC_OK)
		fail_msg("%s: %s", g.name, e.text);
	for (size_t i = 0; i < *ret_n; i++) {
		assert_string_equal(found[i].name, g.name);
		if (found[i].code == code)
			hit = &found[i];
	}
	return hit;
}

static void
one_finding_each(void **state)
{
	static const struct {
		const char *name;
		bool wildcard;
		enum guard_code code;
		bool found;
	} rows[] = {
		/* suffixes */
		{"id", false, GUARD_CODE_PUBLIC_SUFFIX, true},
		{"co.id", false, GUARD_CODE_PUBLIC_SUFFIX, true},
		{"no-such-tld", false, GUARD_CODE_PUBLIC_SUFFIX, true},
		{"xn--9tfky.id", false, GUARD_CODE_PUBLIC_SUFFIX, true},
		{"foo.ck", false, GUARD_CODE_PUBLIC_SUFFIX, true},
		{"www.ck", false, GUARD_CODE_PUBLIC_SUFFIX, false}, /* the exception */
		{"kawasaki.jp", true, GUARD_CODE_PUBLIC_SUFFIX, true},
		{"example.co.id", true, GUARD_CODE_PUBLIC_SUFFIX, false},
		{"telegram.org", true, GUARD_CODE_PUBLIC_SUFFIX, false},
		{"github.io", false, GUARD_CODE_PRIVATE_SUFFIX, true},
		{"github.io", false, GUARD_CODE_PUBLIC_SUFFIX, false},
		{"cloudfront.net", true, GUARD_CODE_PRIVATE_SUFFIX, true},
		{"x.github.io", false, GUARD_CODE_PRIVATE_SUFFIX, false},
		{"id.pub", true, GUARD_CODE_PRIVATE_SUFFIX, true}, /* rule *.id.pub */
		{"x.id.pub", false, GUARD_CODE_PRIVATE_SUFFIX, true},
		{"amazonaws.com", true, GUARD_CODE_PRIVATE_SUFFIX, true},
		{"amazonaws.com", false, GUARD_CODE_PRIVATE_SUFFIX, false},
		{"amazonaws.com", true, GUARD_CODE_PUBLIC_SUFFIX, false},
		{"y.x.id.pub", false, GUARD_CODE_PRIVATE_SUFFIX, false},
		/* protected: it, an apex equal to it, a wildcard above it */
		{"bca.co.id", false, GUARD_CODE_PROTECTED, true},
		{"bca.co.id", true, GUARD_CODE_PROTECTED, true},
		{"big.example.net", true, GUARD_CODE_PROTECTED, true},
		{"example.net", true, GUARD_CODE_PROTECTED, true},
		{"kpu.go.id", false, GUARD_CODE_PROTECTED, true},
		{"go.id", false, GUARD_CODE_PROTECTED, true},
		{"id", true, GUARD_CODE_PROTECTED, true},
		/* not: an apex above it, a name below it, one that only ends alike */
		{"big.example.net", false, GUARD_CODE_PROTECTED, false},
		{"big.example.net", false, GUARD_CODE_PROTECTED_BELOW, true},
		{"big.example.net", true, GUARD_CODE_PROTECTED_BELOW, false},
		{"phish.bca.co.id", true, GUARD_CODE_PROTECTED, false},
		{"xbca.co.id", true, GUARD_CODE_PROTECTED, false},
		{"ago.id", true, GUARD_CODE_PROTECTED, false},
		/* services */
		{"t.me", false, GUARD_CODE_WHOLE_SERVICE, true},
		{"telegram.org", true, GUARD_CODE_WHOLE_SERVICE, true},
		{"telegram.org", false, GUARD_CODE_WHOLE_SERVICE, false},
		{"durov.t.me", false, GUARD_CODE_WHOLE_SERVICE, false},
		{"bot.me", true, GUARD_CODE_WHOLE_SERVICE, false},
		/* the node's own, and its peers' */
		{"node.authority.example", false, GUARD_CODE_OWN_NAME, true},
		{"authority.example", true, GUARD_CODE_OWN_NAME, true},
		{"authority.example", false, GUARD_CODE_OWN_NAME, false},
		{"x.node.authority.example", false, GUARD_CODE_OWN_NAME, false},
		{"other.example", true, GUARD_CODE_OWN_NAME, false},
		/* what people would see */
		{"xn--80ak6aa92e.com", false, GUARD_CODE_LOOKALIKE, true},
		{"xn--mnchen-3ya.example", false, GUARD_CODE_LOOKALIKE, true},
		{"apple.com", false, GUARD_CODE_LOOKALIKE, false},
		/* notes */
		{"bad.example.com", true, GUARD_CODE_WILDCARD, true},
		{"bad.example.com", false, GUARD_CODE_WILDCARD, false},
		{"bad.example.com", false, GUARD_CODE_NO_ITEMS, true},
	};
	struct fixture *f = *state;
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guard_name g = {.name = rows[i].name,
				       .wildcard = rows[i].wildcard};

		if ((finding(f, g, rows[i].code, &n) != NULL) != rows[i].found)
			fail_msg("%s%s: %s %s", g.wildcard ? "*." : "", g.name,
				 guard_code_token(rows[i].code),
				 rows[i].found ? "expected" : "not expected");
	}
}

static void
figures_are_said(void **state)
{
	struct fixture *f = *state;
	struct guard_name g = {.name = "t.me", .items = 3, .sample = 140};
	const struct guard_finding *w;
	size_t n;

	w = finding(f, g, GUARD_CODE_WHOLE_SERVICE, &n);
	assert_int_equal(n, 1);
	assert_string_equal(
		w->text, "t.me carries a whole service (Telegram: public links): 3 of 12 "
			 "cited items are on t.me; 140 of the 155 sample links go dark "
			 "with it");
	g.items = g.sample = 1;
	w = finding(f, g, GUARD_CODE_WHOLE_SERVICE, &n);
	assert_non_null(strstr(w->text, "1 of 12 cited items is on t.me; 1 of the 155 "
					"sample links goes dark"));
	f->lists.sample_size = f->lists.cited_items = 0;
	w = finding(f, g, GUARD_CODE_WHOLE_SERVICE, &n);
	assert_non_null(strstr(w->text, "1 cited item is on t.me; no sample"));
}

/* What a finding says stands beside it as data. */
static void
evidence(void **state)
{
	struct fixture *f = *state;
	struct guard_name g = {.name = "t.me", .items = 3, .sample = 140};
	const struct guard_finding *w;
	size_t n;

	f->lists.sample_size = 155;
	f->lists.cited_items = 12;
	w = finding(f, g, GUARD_CODE_WHOLE_SERVICE, &n);
	assert_int_equal(json_integer_value(json_object_get(w->evidence, "items")), 3);
	assert_int_equal(json_integer_value(json_object_get(w->evidence, "sample")), 140);
	assert_int_equal(json_integer_value(json_object_get(w->evidence, "sample_size")),
			 155);
	g = (struct guard_name){.name = "xn--80ak6aa92e.com", .items = 1};
	w = finding(f, g, GUARD_CODE_LOOKALIKE, &n);
	assert_string_equal(json_string_value(json_object_get(w->evidence, "looks_like")),
			    "apple.com");
	assert_non_null(strstr(w->text, "\xd0\xb0")); /* and how it is seen */
	assert_non_null(strstr(w->text, "xn--80ak6aa92e.com"));
	g = (struct guard_name){.name = "xn--mnchen-3ya.example", .items = 1};
	w = finding(f, g, GUARD_CODE_LOOKALIKE, &n);
	assert_null(json_object_get(w->evidence, "looks_like"));
}

/* Where the policy lets no order name an address it is refused, and nothing else is said
 * of it; where it does, each thing that is against one is said. */
static void
addresses(void **state)
{
	struct fixture *f = *state;
	struct guard_name g = {.name = "203.0.113.7", .address = true, .items = 1};
	static const struct guard_own_net own = {{false, {203, 0, 113, 7}, 32}, "ours"};
	static const struct ipnet protected_net = {false, {203, 0, 113, 0}, 24};
	size_t n;

	g.net = own.net;
	f->lists.addresses = (struct guard_addresses){.policy = "p"};
	assert_non_null(finding(f, g, GUARD_CODE_ADDRESS, &n));
	assert_int_equal(n, 1);
	assert_int_equal(guard_code_level(GUARD_CODE_ADDRESS), GUARD_REFUSE);
	f->lists.addresses = (struct guard_addresses){"p", "fraud", 32, 128, true};
	assert_null(finding(f, g, GUARD_CODE_ADDRESS, &n));
	assert_int_equal(n, 1);
	assert_non_null(finding(f, g, GUARD_CODE_ADDRESS_SHARED, &n));
	assert_int_equal(guard_code_level(GUARD_CODE_ADDRESS_SHARED), GUARD_OVERRIDE);
	f->lists.own_nets = &own;
	f->lists.n_own_nets = 1;
	assert_non_null(finding(f, g, GUARD_CODE_OWN_NAME, &n));
	f->lists.protected_nets = &protected_net;
	f->lists.n_protected_nets = 1;
	assert_non_null(finding(f, g, GUARD_CODE_PROTECTED, &n));
	f->lists.addresses.cited = false;
	assert_non_null(finding(f, g, GUARD_CODE_ADDRESS, &n));
	assert_int_equal(n, 4);
	f->lists.n_own_nets = f->lists.n_protected_nets = 0;
	f->lists.addresses = (struct guard_addresses){.policy = "p"};
}

/* One list has both, and each reader takes its own. */
static void
lists_have_addresses(void **state)
{
	static const char text[] =
		"a.example\n203.0.113.7 # one\n*.b.example\n2001:db8::/32\n";
	static const char bad[] = "a.example\n203.0.113.7/24\n";
	struct arena *a = arena_create();
	const struct ipnet *nets;
	const char *const *names;
	struct err e = ERR_INIT;
	size_t n;

	(void)state;
	assert_int_equal(guard_names_parse(a, text, strlen(text), &names, &n, &e), RC_OK);
	assert_int_equal(n, 2);
	assert_string_equal(names[1], "*.b.example");
	assert_int_equal(guard_nets_parse(a, text, strlen(text), &nets, &n, &e), RC_OK);
	assert_int_equal(n, 2);
	assert_string_equal(ipnet_text(a, &nets[1]), "2001:db8::/32");
	assert_int_equal(guard_nets_parse(a, bad, strlen(bad), &nets, &n, &e),
			 RC_INVALID);
	assert_non_null(strstr(e.text, "line 2"));
	arena_free(a);
}

static void
levels(void **state)
{
	(void)state;
	assert_int_equal(guard_code_level(GUARD_CODE_PUBLIC_SUFFIX), GUARD_REFUSE);
	assert_int_equal(guard_code_level(GUARD_CODE_PROTECTED), GUARD_REFUSE);
	assert_int_equal(guard_code_level(GUARD_CODE_PRIVATE_SUFFIX), GUARD_OVERRIDE);
	assert_int_equal(guard_code_level(GUARD_CODE_WHOLE_SERVICE), GUARD_OVERRIDE);
	assert_int_equal(guard_code_level(GUARD_CODE_PROTECTED_BELOW), GUARD_NOTE);
	assert_string_equal(guard_code_token(GUARD_CODE_NO_ITEMS), "no_items");
}

static void
findings_keep_the_order_of_names(void **state)
{
	struct fixture *f = *state;
	struct guard_name g[] = {{.name = "z.example.com"},
				 {.name = "t.me", .items = 1},
				 {.name = "a.example.com", .wildcard = true}};
	static const char *const order[] = {"z.example.com", "t.me", "a.example.com",
					    "a.example.com"};
	const struct guard_finding *found;
	struct err e;
	size_t n;

	assert_int_equal(guard_check(f->a, &f->lists, g, 3, &found, &n, &e), RC_OK);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(found[i].name, order[i]);
	assert_int_equal(guard_check(f->a, &f->lists, g, 0, &found, &n, &e), RC_OK);
	assert_int_equal(n, 0);
}

/* What nobody can read to its end is not shown in part: a refusal must not drop off. */
static void
too_many_findings(void **state)
{
	enum { MANY = GUARD_FINDINGS_MAX + 1 };
	struct fixture *f = *state;
	struct guard_name *g = arena_array(f->a, MANY, sizeof(*g));
	const struct guard_finding *found;
	struct err e;
	size_t n;

	for (unsigned i = 0; i < MANY; i++)
		g[i].name = arena_printf(f->a, "n%u.example.com", i);
	assert_int_equal(guard_check(f->a, &f->lists, g, MANY - 1, &found, &n, &e),
			 RC_OK);
	assert_int_equal(n, GUARD_FINDINGS_MAX);
	assert_int_equal(guard_check(f->a, &f->lists, g, MANY, &found, &n, &e),
			 RC_TOO_LARGE);
}

/* ---- lists ------------------------------------------------------------------------- */

/* The 11 names of 14 July 2017 against the lists of the repository. */
static void
names_of_2017(void **state)
{
	static const char *const carry[] = {"t.me", "telegram.me", "telegram.org",
					    "web.telegram.org"};
	struct fixture *f = *state;
	const struct guard_finding *found;
	struct guard_name g[16] = {{0}};
	const char *const *names;
	size_t len, n, n_found, services_found = 0;
	const char *text;
	struct err e = ERR_INIT;

	text = file_read(f->a, "SALURAN_TEST_DATA",
			 "telegram-links/kominfo_2017-07-14_11_domains.txt", &len);
	assert_int_equal(guard_names_parse(f->a, text, len, &names, &n, &e), RC_OK);
	assert_int_equal(n, 11);
	for (size_t i = 0; i < n; i++)
		g[i] = (struct guard_name){.name = names[i], .items = 1};

	text = file_read(f->a, "SALURAN_SOURCE", "policies/protected.txt", &len);
	if (guard_names_parse(f->a, text, len, &f->lists.protected_names,
			      &f->lists.n_protected, &e) != RC_OK)
		fail_msg("protected.txt: %s", e.text);
	assert_true(f->lists.n_protected > 50);
	text = file_read(f->a, "SALURAN_SOURCE", "policies/services.json", &len);
	if (guard_services_parse(f->a, text, len, &f->lists.services,
				 &f->lists.n_services, &e) != RC_OK)
		fail_msg("services.json: %s", e.text);
	assert_true(f->lists.n_services >= 16);

	assert_int_equal(guard_check(f->a, &f->lists, g, n, &found, &n_found, &e), RC_OK);
	for (size_t i = 0; i < n_found; i++) {
		assert_int_equal(found[i].code, GUARD_CODE_WHOLE_SERVICE);
		for (size_t j = 0; j < 4; j++)
			services_found += strcmp(found[i].name, carry[j]) == 0;
	}
	assert_int_equal(n_found, 4);
	assert_int_equal(services_found, 4);
}

static void
lists_of_names(void **state)
{
	static const char good[] = "# why\r\n\n  bca.co.id\t# a bank\r\n*.go.id";
	static const struct {
		const char *text, *says;
	} bad[] = {{"a.example\nB.example\n", "line 2: "},
		   {"a.example.\n", "line 1: "},
		   {"a.example b.example\n", "line 1: "},
		   {"\n\n*.*.id\n", "line 3: "}};
	struct fixture *f = *state;
	const char *const *names;
	struct err e;
	size_t n;

	assert_int_equal(guard_names_parse(f->a, good, sizeof(good) - 1, &names, &n, &e),
			 RC_OK);
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "bca.co.id");
	assert_string_equal(names[1], "*.go.id");
	assert_int_equal(guard_names_parse(f->a, "", 0, &names, &n, &e), RC_OK);
	assert_int_equal(n, 0);
	assert_int_equal(guard_names_parse(f->a, "a\0b.example\n", 12, &names, &n, &e),
			 RC_INVALID);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(guard_names_parse(f->a, bad[i].text, strlen(bad[i].text),
						   &names, &n, &e),
				 RC_INVALID);
		assert_true(strncmp(e.text, bad[i].says, strlen(bad[i].says)) == 0);
	}
}

static void
list_of_suffixes(void **state)
{
	static const char good[] =
		"// ===BEGIN ICANN DOMAINS===\n// id : x\nco.id\n*.ck\n"
		"!www.ck\n\xe9\xa3\x9f.cn\n"
		"// ===END ICANN DOMAINS===\n"
		"// ===BEGIN PRIVATE DOMAINS===\ngithub.io";
	struct fixture *f = *state;
	const struct guard_suffixes *s;
	const char *first;
	struct err e;

	assert_int_equal(guard_suffixes_parse(f->a, good, sizeof(good) - 1, &s, &e),
			 RC_OK);
	assert_int_equal(guard_suffixes_count(s), 5);
	assert_true(guard_suffix_is(s, "co.id", true));
	assert_false(guard_suffix_is(s, "co.id", false));
	assert_false(guard_suffix_is(s, "x.co.id", true));
	assert_true(guard_suffix_is(s, "x.ck", true));
	assert_false(guard_suffix_is(s, "y.x.ck", true));
	assert_false(guard_suffix_is(s, "www.ck", true));
	assert_true(guard_suffix_is(s, "xn--r35a.cn", true));
	assert_true(guard_suffix_is(s, "github.io", false));
	assert_true(guard_suffix_is(s, "tld", true));
	assert_false(guard_suffix_is(s, "tld", false));
	assert_int_equal(guard_suffixes_below(s, "io", false, &first), 1);
	assert_string_equal(first, "github.io");
	assert_int_equal(guard_suffixes_below(s, "io", true, &first), 0);
	assert_int_equal(guard_suffixes_below(s, "ck", true, &first), 1);
	assert_int_equal(guard_suffixes_parse(f->a, "co.id\n", 6, &s, &e), RC_INVALID);
}

/* A name as libpsl and as we see it, in both sections. */
static void
same_as_libpsl(const psl_ctx_t *psl, const struct guard_suffixes *s, const char *name)
{
	bool icann = psl_is_public_suffix2(psl, name, PSL_TYPE_ICANN) != 0;
	bool private = psl_is_public_suffix2(psl, name,
					     PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE);

	if (guard_suffix_is(s, name, true) != icann ||
	    guard_suffix_is(s, name, false) != private)
		fail_msg("%s: libpsl says icann %d, private %d", name, icann, private);
}

/* Each rule of the list, what is above it and what is below it. */
static void
suffixes_as_libpsl_sees_them(void **state)
{
	struct fixture *f = *state;
	psl_ctx_t *psl = psl_load_file(
		path_of(f->a, "SALURAN_TEST_DATA", "psl/public_suffix_list.dat"));
	size_t len, n = 0;
	const char *text =
		file_read(f->a, "SALURAN_TEST_DATA", "psl/public_suffix_list.dat", &len);

	assert_non_null(psl);
	for (const char *at = text; *at != '\0'; at += *at == '\n') {
		size_t line = strcspn(at, "\r\n");
		const char *rule = arena_strndup(f->a, at, line), *name;

		at += line;
		if (*rule == '\0' || strncmp(rule, "//", 2) == 0)
			continue;
		rule += *rule == '!' ? 1 : strncmp(rule, "*.", 2) == 0 ? 2 : 0;
		if (name_normalise(f->a, rule, strlen(rule), &name, NULL) != RC_OK)
			fail_msg("the rule %s is no name", rule);
		n++;
		same_as_libpsl(psl, f->lists.suffixes, arena_printf(f->a, "b.%s", name));
		same_as_libpsl(psl, f->lists.suffixes,
			       arena_printf(f->a, "c.b.%s", name));
		for (; name != NULL; name = strchr(name, '.')) {
			name += *name == '.';
			same_as_libpsl(psl, f->lists.suffixes, name);
		}
	}
	assert_true(n > 9000);
	psl_free(psl);
}

static void
lists_of_services(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"[]", "must be a JSON object"},
		{"{}", "services: missing"},
		{"{\"services\":[{\"name\":\"t.me\"}]}", "services[0].service: missing"},
		{"{\"services\":[{\"name\":\"T.me\",\"service\":\"x\"}]}",
		 "services[0].name: rpz name"},
		{"{\"services\":[{\"name\":\"t.me\",\"service\":\"x\",\"y\":1}]}",
		 "services[0].y: unknown member"},
	};
	struct fixture *f = *state;
	const struct guard_service *s;
	struct err e;
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(guard_services_parse(f->a, bad[i].text,
						      strlen(bad[i].text), &s, &n, &e),
				 RC_INVALID);
		if (strstr(e.text, bad[i].says) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", e.text, bad[i].says);
	}
}

#define WITH_LISTS(t) cmocka_unit_test_setup_teardown(t, fixture_make, fixture_drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_names),
		cmocka_unit_test(owner_lengths),
		cmocka_unit_test(known_failures_are_never_published),
		WITH_LISTS(one_finding_each),
		WITH_LISTS(figures_are_said),
		WITH_LISTS(evidence),
		WITH_LISTS(addresses),
		cmocka_unit_test(lists_have_addresses),
		cmocka_unit_test(levels),
		WITH_LISTS(findings_keep_the_order_of_names),
		WITH_LISTS(too_many_findings),
		WITH_LISTS(names_of_2017),
		WITH_LISTS(lists_of_names),
		WITH_LISTS(list_of_suffixes),
		WITH_LISTS(suffixes_as_libpsl_sees_them),
		WITH_LISTS(lists_of_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
