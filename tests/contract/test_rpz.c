/* The zone's server asked by a real client, kdig of knot-dnsutils, over loopback. */
#include "rpz_fake.h"

#include <errno.h>

enum { MANY_ROWS = 20000, NAME_MAX_BYTES = 40 };

#define SIGNED		"-y hmac-sha256:" KEY_NAME ":" KEY_SECRET
#define WRONG_SECRET	"-y hmac-sha256:" KEY_NAME ":" OTHER_SECRET
#define WRONG_NAME	"-y hmac-sha256:nokey:" KEY_SECRET
#define WRONG_ALGORITHM "-y hmac-sha512:" KEY_NAME ":" KEY_SECRET

static void
assert_silent(const char *out, const char *what)
{
	if (strstr(out, what) != NULL)
		fail_msg("\"%s\" must not be in:\n%.2000s", what, out);
}

/* RFC 1982, section 5.2 and the edges: newer one way is older the other. */
static void
serials_wrap(void **state)
{
	static const struct {
		uint32_t a, b;
		bool newer;
	} rows[] = {
		{1, 0, true},
		{0, UINT32_MAX, true},
		{44, 0, true},
		{100, 44, true},
		{0x7fffffff, 0, true},
		{0x80000000, 0, false}, /* undefined by the norm */
		{0, 0x80000000, false},
		{5, 5, false},
		{UINT32_MAX, 0, false},
		{0, 1, false},
		{5, UINT32_MAX - 5, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(rpz_serial_newer(rows[i].a, rows[i].b), rows[i].newer);
}

static void
soa_is_answered_over_both(void **state)
{
	static const char *const how[] = {"+notcp", "+tcp", "+edns +notcp", "+edns +tcp"};
	struct fake f = {0};
	char *out;

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		out = kdig(&f, ORIGIN " SOA %s", how[i]);
		assert_says(out, "NOERROR");
		assert_says(out, "Flags: qr aa rd;");
		assert_says(out, "localhost. hostmaster.rpz.test. 100 60 10 3600 30");
		if (strstr(how[i], "edns") != NULL)
			assert_says(out, "EDNS PSEUDOSECTION");
		free(out);
	}
	out = kdig(&f, "RPZ.Test SOA +short");
	assert_says(out, " 100 60 10 3600 30");
	free(out);
	out = kdig(&f, ORIGIN " SOA +edns=1");
	assert_says(out, "BADVERS");
	free(out);
	fake_stop(&f);
}

static void
assert_whole_zone(const char *out)
{
	static const char *const rows[] = {
		"rpz.test.\tNS\tlocalhost.",
		"\n_saluran-serial.rpz.test.\tTXT\t\"100\"",
		"rpz.test._saluran-serial.rpz.test.\tTXT\t\"100\"",
		"\nt.me.rpz.test.\tCNAME\t.",
		"*.t.me.rpz.test.\tCNAME\t*.",
		"ok.t.me.rpz.test.\tCNAME\trpz-passthru.",
		"info.t.me.rpz.test.\tTXT\t\"order 42\"",
		"9 records",
	};
	char plain[4096];
	size_t at = 0;

	/* kdig aligns with blanks and shows TTL and class: make it name TAB type TAB data
	 */
	for (const char *p = out; *p != '\0' && at < sizeof(plain) - 1; p++) {
		if (strncmp(p, "30\tIN\t", 6) == 0) {
			p += 5;
			continue;
		}
		if (*p == ' ' && (p[1] == ' ' || p[1] == '\t'))
			continue;
		if (*p == '\t' && p[1] == '\t')
			continue;
		plain[at++] = *p == ' ' && p[1] == '3' ? '\t' : *p;
	}
	plain[at] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_says(plain, rows[i]);
}

static void
listed_address_gets_the_zone(void **state)
{
	struct fake f = {0};
	char *out;

	(void)state;
	fake_start(&f);
	out = kdig(&f, ORIGIN " AXFR +stats");
	assert_whole_zone(out);
	free(out);
	/* over UDP it is not defined (RFC 5936, section 4.2) */
	out = kdig(&f, ORIGIN " AXFR +notcp +ignore");
	assert_says(out, "FORMERR");
	free(out);
	fake_stop(&f);
}

/* Whoever is not known learns nothing: not a record, not whether a name exists. */
static void
strangers_are_refused(void **state)
{
	static const char *const ask[] = {
		"-b 127.0.0.2 " ORIGIN " SOA +notcp",
		"-b 127.0.0.2 " ORIGIN " SOA +tcp",
		"-b 127.0.0.2 " ORIGIN " AXFR",
		"-b 127.0.0.2 " ORIGIN " IXFR=1 +tcp",
		"-b 127.0.0.2 t.me." ORIGIN " CNAME",
		"-b 127.0.0.2 nothing." ORIGIN " CNAME",
		"-b 127.0.0.2 " ORIGIN " NOTIFY",
		/* the address of an operator with a key is not enough */
		"-b 127.0.0.3 " ORIGIN " SOA +notcp",
		"-b 127.0.0.3 " ORIGIN " AXFR",
		/* listed, but not for names in the zone, other zones, other classes */
		"t.me." ORIGIN " CNAME",
		"example SOA",
		"example AXFR",
		ORIGIN " SOA -c CH",
		ORIGIN " TXT",
	};
	struct fake f = {0};

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(ask) / sizeof(*ask); i++) {
		char *out = kdig(&f, "%s", ask[i]);

		assert_says(out, "REFUSED");
		assert_silent(out, "hostmaster");
		assert_silent(out, "CNAME\t.");
		assert_silent(out, "t.me.rpz.test.\t");
		free(out);
	}
	fake_stop(&f);
	assert_int_equal(f.n_pulled, 0);
}

static void
keys_are_checked(void **state)
{
	static const struct {
		const char *key, *says;
	} rows[] = {
		{WRONG_SECRET, "BADSIG"},
		{WRONG_NAME, "BADKEY"},
		{WRONG_ALGORITHM, "BADKEY"},
	};
	struct fake f = {0};
	char *out;

	(void)state;
	fake_start(&f);
	/* from anywhere, even from where nobody is listed */
	out = kdig(&f, "-b 127.0.0.2 " ORIGIN " AXFR +stats " SIGNED);
	assert_whole_zone(out);
	assert_silent(out, "WARNING");
	assert_silent(out, "ERROR:");
	free(out);
	out = kdig(&f, ORIGIN " SOA " SIGNED);
	assert_says(out, "hostmaster.rpz.test. 100");
	assert_says(out, "TSIG PSEUDOSECTION");
	assert_silent(out, "WARNING");
	assert_silent(out, "ERROR:");
	free(out);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int tcp = 0; tcp < 2; tcp++) {
			out = kdig(&f, ORIGIN " %s %s", tcp ? "AXFR" : "SOA",
				   rows[i].key);
			assert_says(out, rows[i].says);
			assert_silent(out, "hostmaster");
			free(out);
		}
	fake_stop(&f);
}

static void
broken_operators_are_not_served(void **state)
{
	struct fake f = {.ops = {{"half", "127.0.0.1", 0, KEY_NAME, NULL},
				 {"half2", "127.0.0.1", 0, NULL, KEY_SECRET},
				 {"garbled", "127.0.0.1", 0, "k", "not base 64!"},
				 {"empty", "127.0.0.1", 0, "k", ""},
				 {"name", "localhost", 0, NULL, NULL},
				 {"none", NULL, 0, NULL, NULL}},
			 .n_ops = 6};
	char *out;

	(void)state;
	fake_start(&f);
	out = kdig(&f, ORIGIN " SOA");
	assert_says(out, "REFUSED");
	free(out);
	pthread_mutex_lock(&f.lock);
	f.ops[0] = listed;
	pthread_mutex_unlock(&f.lock);
	rpz_changed(f.r, NULL);
	out = kdig(&f, ORIGIN " SOA");
	assert_says(out, "NOERROR");
	free(out);
	fake_stop(&f);
}

static void
ixfr_is_the_soa_or_the_zone(void **state)
{
	struct fake f = {0};
	char *out;

	(void)state;
	fake_start(&f);
	out = kdig(&f, ORIGIN " IXFR=100 +tcp +stats");
	assert_says(out, "1 records");
	assert_says(out, "hostmaster.rpz.test. 100");
	free(out);
	assert_pulled(&f, 1, "plain", 100); /* it showed that it has 100 */
	out = kdig(&f, ORIGIN " IXFR=99 +tcp +stats");
	assert_whole_zone(out);
	free(out);
	out = kdig(&f, ORIGIN " IXFR=99 +tcp +stats " SIGNED);
	assert_whole_zone(out);
	assert_silent(out, "WARNING");
	free(out);
	assert_pulled(&f, 3, "keyed", 100);
	/* newer than ours: the single SOA (RFC 1995, section 2); who proves where it asks
	 * from is told on as what it is */
	out = kdig(&f, ORIGIN " IXFR=101 +tcp +stats");
	assert_says(out, "1 records");
	free(out);
	assert_pulled(&f, 4, "plain", 101);
	assert_pulled_by(&f, RPZ_AHEAD, "127.0.0.1");
	out = kdig(&f, ORIGIN " IXFR=102 +notcp +ignore");
	assert_says(out, "hostmaster.rpz.test. 100");
	free(out);
	out = kdig(&f, ORIGIN " IXFR=99 +notcp +ignore");
	assert_says(out, "hostmaster.rpz.test. 100");
	assert_silent(out, "CNAME");
	free(out);
	assert_pulled(&f, 4, "plain", 101);
	free(kdig(&f, ORIGIN " IXFR=103 +notcp +ignore " SIGNED));
	assert_pulled(&f, 5, "keyed", 103);
	assert_pulled_by(&f, RPZ_AHEAD, "127.0.0.1");
	fake_stop(&f);
}

/* A transfer is known to have arrived; a SOA query repeats only what was known. */
static void
pulled_is_what_is_known(void **state)
{
	struct fake f = {0};

	(void)state;
	fake_start(&f);
	free(kdig(&f, ORIGIN " SOA"));
	free(kdig(&f, ORIGIN " AXFR"));
	assert_pulled(&f, 1, "plain", 100);
	/* Before, it was there, and nobody knew with what: as after a restart. */
	assert_int_equal(f.n_alive, 1);
	assert_pulled_from(&f, "127.0.0.1");
	fake_set(&f, 101, four_rows, 1);
	free(kdig(&f, ORIGIN " SOA"));
	assert_pulled(&f, 2, "plain", 100);
	free(kdig(&f, ORIGIN " AXFR " SIGNED));
	assert_pulled(&f, 3, "keyed", 101);
	fake_stop(&f);
}

/* Who asks each second for what is newer is told of once a minute; two hosts of one
 * operator hold each their own. */
static void
polls_are_not_news(void **state)
{
	struct fake f = {.n_ops = 1,
			 .ops = {{"keyed", "127.0.0.3", 0, KEY_NAME, KEY_SECRET}}};

	(void)state;
	fake_start(&f);
	for (int i = 0; i < 5; i++)
		free(kdig(&f, ORIGIN " IXFR=100 +tcp " SIGNED));
	assert_pulled(&f, 2, "keyed", 100); /* it has 100; and it has it still */
	assert_pulled_by(&f, RPZ_STILL_HELD, "127.0.0.1");
	free(kdig(&f, ORIGIN " IXFR=100 +tcp -b 127.0.0.5 " SIGNED));
	assert_pulled(&f, 3, "keyed", 100);
	assert_pulled_by(&f, RPZ_BY_QUERY, "127.0.0.5");
	fake_set(&f, 101, four_rows, 1);
	free(kdig(&f, ORIGIN " IXFR=100 +tcp " SIGNED));
	assert_pulled(&f, 4, "keyed", 101);
	assert_pulled_from(&f, "127.0.0.1");
	/* The other one has not moved. */
	free(kdig(&f, ORIGIN " SOA -b 127.0.0.5 " SIGNED));
	assert_pulled(&f, 5, "keyed", 100);
	assert_pulled_by(&f, RPZ_STILL_HELD, "127.0.0.5");
	fake_stop(&f);
}

/* 20,000 rows make dozens of messages: all arrive, none twice, and signed ones verify. */
static void
many_rows_arrive_equal(void **state)
{
	static char names[MANY_ROWS][NAME_MAX_BYTES];
	static struct rpzrow rows[MANY_ROWS];
	static const char *const keys[] = {"", SIGNED};
	struct fake f = {.rows = rows, .n_rows = MANY_ROWS};

	(void)state;
	for (unsigned i = 0; i < MANY_ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "%sname-%05u.d%u.example",
			 i % 3 == 0 ? "*." : "", i, i % 997);
		rows[i] = (struct rpzrow){names[i], RPZROW_NXDOMAIN, NULL};
	}
	fake_start(&f);
	for (size_t k = 0; k < 2; k++) {
		char *out = kdig(&f, ORIGIN " AXFR +noall +answer %s", keys[k]);
		static bool seen[MANY_ROWS];
		unsigned n = 0, number;

		assert_silent(out, "WARNING");
		assert_silent(out, "ERROR");
		memset(seen, 0, sizeof(seen));
		for (char *line = out, *end; *line != '\0'; line = end + 1) {
			end = strchr(line, '\n');
			assert_non_null(end);
			*end = '\0';
			const char *digits = strstr(line, "name-");

			if (digits == NULL)
				continue;
			number = (unsigned)strtoul(digits + 5, NULL, 10);
			assert_true(number < MANY_ROWS && !seen[number]);
			seen[number] = true;
			assert_memory_equal(line, names[number], strlen(names[number]));
			assert_says(line, "CNAME\t.");
			n++;
		}
		assert_int_equal(n, MANY_ROWS);
		free(out);
	}
	fake_stop(&f);
}

static unsigned
fake_asked(struct fake *f)
{
	unsigned n;

	pthread_mutex_lock(&f->lock);
	n = f->n_asked;
	pthread_mutex_unlock(&f->lock);
	return n;
}

static void
fake_break(struct fake *f, bool broken)
{
	pthread_mutex_lock(&f->lock);
	f->broken = broken;
	pthread_mutex_unlock(&f->lock);
	rpz_changed(f->r, NULL);
}

static void
source_is_asked_once_a_change(void **state)
{
	struct fake f = {0};
	char *out;

	(void)state;
	fake_start(&f);
	for (int i = 0; i < 5; i++)
		free(kdig(&f, ORIGIN " SOA"));
	assert_int_equal(fake_asked(&f), 0); /* nobody wants the rows yet */
	for (int i = 0; i < 2; i++)
		free(kdig(&f, ORIGIN " AXFR"));
	assert_int_equal(fake_asked(&f), 1);
	/* a broken store: the copy from before goes on being served */
	fake_break(&f, true);
	out = kdig(&f, ORIGIN " AXFR +stats");
	assert_whole_zone(out);
	free(out);
	assert_int_equal(fake_asked(&f), 1);
	/* the same serial with other rows is not believed: one content a serial */
	fake_break(&f, false);
	fake_set(&f, 100, four_rows, 1);
	out = kdig(&f, ORIGIN " AXFR +stats");
	assert_whole_zone(out);
	free(out);
	fake_stop(&f);
}

static void
a_source_without_zone_is_servfail(void **state)
{
	struct fake f = {.broken = true};
	char *out;

	(void)state;
	fake_start(&f);
	out = kdig(&f, ORIGIN " SOA");
	assert_says(out, "SERVFAIL");
	free(out);
	fake_stop(&f);
}

static void
start_failures_are_sentences(void **state)
{
	struct fake f = {0}, g = {0};
	const struct rpz_source src = {.arg = &g,
				       .zones = fake_zones,
				       .zone = fake_zone,
				       .operators = fake_operators};
	struct err e = ERR_INIT;
	char port[8];

	(void)state;
	fake_start(&f);
	assert_int_equal(rpz_start("0.0.0.0", rpz_port(f.r), NULL, &src, &g.r, &e),
			 RC_CONFLICT);
	assert_null(g.r);
	snprintf(port, sizeof(port), "%u", rpz_port(f.r));
	assert_says(e.text, port);
	assert_says(e.text, "in use");
	assert_int_equal(rpz_start("localhost", 0, NULL, &src, &g.r, &e), RC_INVALID);
	assert_says(e.text, "127.0.0.1");
	rpz_stop(NULL);
	fake_stop(&f);
}

/* ---- rows that would make a resolver refuse the zone ------------------------------- */

static void
rows_that_break_resolvers_are_left_out(void **state)
{
	static char label64[65], name250[251], text[RPZROW_TXT_MAX + 2];
	const struct rpzrow rows[] = {
		{"good.example", RPZROW_NXDOMAIN, NULL},
		{"GOOD.Example", RPZROW_PASSTHRU, NULL},
		{"good.example", RPZROW_NXDOMAIN, NULL},
		{"", RPZROW_NXDOMAIN, NULL},
		{".", RPZROW_NXDOMAIN, NULL},
		{"@", RPZROW_NXDOMAIN, NULL},
		{"dot.example.", RPZROW_NXDOMAIN, NULL},
		{".dot.example", RPZROW_NXDOMAIN, NULL},
		{"two..dots", RPZROW_NXDOMAIN, NULL},
		{"a.*.example", RPZROW_NXDOMAIN, NULL},
		{"a*.example", RPZROW_NXDOMAIN, NULL},
		{"sp ace.example", RPZROW_NXDOMAIN, NULL},
		{"back\\.example", RPZROW_NXDOMAIN, NULL},
		{"caf\xc3\xa9.example", RPZROW_NXDOMAIN, NULL},
		{"222.186.190.92.rpz-client-ip", RPZROW_NXDOMAIN, NULL},
		{"32.1.2.0.192.RPZ-IP", RPZROW_NXDOMAIN, NULL},
		{"_Saluran-Serial", RPZROW_TXT, "1"},
		{"rpz.test._saluran-Serial", RPZROW_TXT, "1"},
		{"*._saluran-serial", RPZROW_NXDOMAIN, NULL},
		{"notext.example", RPZROW_TXT, NULL},
		{"long.example", RPZROW_TXT, text},
		{label64, RPZROW_NXDOMAIN, NULL},
		{name250, RPZROW_NXDOMAIN, NULL},
		{"*.good.example", RPZROW_NODATA, NULL},
		{"text.example", RPZROW_TXT, text + 1},
	};
	struct fake f = {.rows = rows, .n_rows = sizeof(rows) / sizeof(*rows)};
	char *out;

	(void)state;
	memset(label64, 'a', sizeof(label64) - 1);
	memset(text, 't', sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(name250) - 1; i++)
		name250[i] = i % 10 == 9 ? '.' : 'n';
	name250[sizeof(name250) - 2] = 'n';
	fake_start(&f);
	out = kdig(&f, ORIGIN " AXFR +stats");
	assert_says(out, "9 records"); /* four rows, and what the server adds */
	assert_says(out, "\n32.1.2.0.192.rpz-ip.rpz.test.");
	assert_says(out, "\ngood.example.rpz.test.");
	assert_says(out, "*.good.example.rpz.test.");
	assert_says(out, "text.example.rpz.test.");
	assert_silent(out, "passthru");
	free(out);
	fake_stop(&f);
}

/* Each file is a public incident: two good rows, and between them what broke a resolver.
 */
static void
known_failures_are_left_out(void **state)
{
	static const struct {
		const char *file, *records; /* the good rows, and the five that we add */
	} rows_of[] = {
		{"case_dup", "7 records"},
		{"clientip_no_prefix_pdns9032", "7 records"},
		{"dup_owner", "7 records"},
		{"overlong_253_unbound-adguard95", "7 records"},
		/* 234 bytes: too long in the zone it broke, not in one with a short name
		 */
		{"overlong_wild_hagezi6246", "8 records"},
		{"trailing_dot_energized529", "7 records"},
		{"trailing_dot_unbound754", "7 records"},
	};
	const char *data = getenv("SALURAN_TEST_DATA");

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < sizeof(rows_of) / sizeof(*rows_of); i++) {
		static char path[4096], lines[16][512];
		static struct rpzrow rows[16];
		struct fake f = {.rows = rows};
		char *out;

		snprintf(path, sizeof(path), "%s/rpz-known-failures/%s.rpz", data,
			 rows_of[i].file);
		FILE *in = fopen(path, "re");
		if (in == NULL)
			fail_msg("the test data %s cannot be read: %s", path,
				 strerror(errno));
		while (f.n_rows < 16 && fgets(lines[f.n_rows], 512, in) != NULL) {
			char *line = lines[f.n_rows], *type = strstr(line, " CNAME ");

			if (type == NULL)
				continue;
			*type = '\0';
			rows[f.n_rows++] = (struct rpzrow){line, RPZROW_NXDOMAIN, NULL};
		}
		fclose(in);
		assert_true(f.n_rows >= 3);
		fake_start(&f);
		out = kdig(&f, ORIGIN " AXFR +stats");
		assert_says(out, rows_of[i].records);
		assert_says(out, "before.example.com.rpz.test.");
		assert_says(out, "after.example.com.rpz.test.");
		free(out);
		fake_stop(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serials_wrap),
		cmocka_unit_test(soa_is_answered_over_both),
		cmocka_unit_test(listed_address_gets_the_zone),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(keys_are_checked),
		cmocka_unit_test(broken_operators_are_not_served),
		cmocka_unit_test(ixfr_is_the_soa_or_the_zone),
		cmocka_unit_test(pulled_is_what_is_known),
		cmocka_unit_test(polls_are_not_news),
		cmocka_unit_test(many_rows_arrive_equal),
		cmocka_unit_test(source_is_asked_once_a_change),
		cmocka_unit_test(a_source_without_zone_is_servfail),
		cmocka_unit_test(start_failures_are_sentences),
		cmocka_unit_test(rows_that_break_resolvers_are_left_out),
		cmocka_unit_test(known_failures_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
