/* Who may have which zone: lists of zones, several keys, networks, and limits. */
#include "rpz_wire.h"

#include <errno.h>

#include "base/clock.h"
#include "rpz/internal.h"

/* ---- several zones --------------------------------------------------------------- */

static void
second_has_both(struct arena *a, struct rpz_operator *op, size_t i)
{
	static const char *const both[] = {ORIGIN, OTHER};

	(void)a;
	if (i == 1) {
		op->zones = both;
		op->n_zones = 2;
	}
	if (i == 2)
		op->n_zones = 0;
}

static void
each_operator_has_its_zones(void **state)
{
	struct fake f = {.two_zones = true,
			 .adjust = second_has_both,
			 .ops = {{"one", "127.0.0.1", 0, NULL, NULL},
				 {"both", "127.0.0.2", 0, NULL, NULL},
				 {"none", "127.0.0.3", 0, NULL, NULL}},
			 .n_ops = 3};
	static const struct {
		const char *ask, *says;
	} rows[] = {
		{"-b 127.0.0.1 " ORIGIN " AXFR +stats", "8 records"},
		{"-b 127.0.0.1 " OTHER " AXFR", "REFUSED"},
		{"-b 127.0.0.1 " OTHER " SOA", "REFUSED"},
		{"-b 127.0.0.1 " OTHER " IXFR=99", "REFUSED"},
		{"-b 127.0.0.2 " ORIGIN " AXFR +stats", "8 records"},
		{"-b 127.0.0.2 " OTHER " AXFR +stats", "8 records"},
		{"-b 127.0.0.2 " OTHER " SOA", "hostmaster.other.test. 100"},
		{"-b 127.0.0.3 " ORIGIN " SOA", "REFUSED"},
		{"-b 127.0.0.3 " OTHER " AXFR", "REFUSED"},
		{"-b 127.0.0.2 nosuch.test SOA", "REFUSED"},
	};

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *out = kdig(&f, "%s", rows[i].ask);

		assert_says(out, rows[i].says);
		free(out);
	}
	fake_stop(&f);
}

/* ---- keys and networks ----------------------------------------------------------- */

#define NEW_NAME "newkey"

static void
two_keys(struct arena *a, struct rpz_operator *op, size_t i)
{
	struct rpz_key *keys = arena_array(a, 2, sizeof(*keys));

	(void)i;
	keys[0] = (struct rpz_key){NEW_NAME, OTHER_SECRET};
	keys[1] = (struct rpz_key){KEY_NAME, KEY_SECRET};
	op->keys = keys;
	op->n_keys = 2;
}

static void
only_from_a_network(struct arena *a, struct rpz_operator *op, size_t i)
{
	static const char *const net[] = {"127.0.8.0/22", "::1"};

	(void)a, (void)i;
	op->addresses = net;
	op->n_addresses = 2;
	op->from_only = true;
}

#define SIGNED	   "-y hmac-sha256:" KEY_NAME ":" KEY_SECRET
#define SIGNED_NEW "-y hmac-sha256:" NEW_NAME ":" OTHER_SECRET

static void
old_and_new_key_are_valid_together(void **state)
{
	struct fake f = {.adjust = two_keys,
			 .ops = {{"o", "127.0.0.1", 0, KEY_NAME, KEY_SECRET}},
			 .n_ops = 1};
	static const char *const keys[] = {SIGNED, SIGNED_NEW};
	char *out;

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < 2; i++) {
		out = kdig(&f, ORIGIN " AXFR +stats %s", keys[i]);
		assert_says(out, "8 records");
		free(out);
	}
	/* the old one is withdrawn: at once */
	pthread_mutex_lock(&f.lock);
	f.adjust = NULL;
	f.ops[0].tsig_name = NEW_NAME;
	f.ops[0].tsig_secret = OTHER_SECRET;
	pthread_mutex_unlock(&f.lock);
	rpz_changed(f.r, NULL);
	out = kdig(&f, ORIGIN " SOA " SIGNED);
	assert_says(out, "BADKEY");
	free(out);
	out = kdig(&f, ORIGIN " SOA " SIGNED_NEW);
	assert_says(out, "hostmaster");
	free(out);
	fake_stop(&f);
}

static void
a_key_may_be_bound_to_networks(void **state)
{
	struct fake f = {.adjust = only_from_a_network,
			 .ops = {{"o", "127.0.0.1", 0, KEY_NAME, KEY_SECRET}},
			 .n_ops = 1};
	static const struct {
		const char *from, *key, *says;
	} rows[] = {
		{"127.0.8.0", SIGNED, "hostmaster"},
		{"127.0.11.255", SIGNED, "hostmaster"},
		{"127.0.7.255", SIGNED, "REFUSED"},
		{"127.0.12.0", SIGNED, "REFUSED"},
		{"127.0.9.1", "", "REFUSED"},
		{"127.0.0.1", SIGNED, "REFUSED"},
		{"127.0.9.1", SIGNED_NEW, "BADKEY"},
	};

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *out =
			kdig(&f, "-b %s " ORIGIN " SOA %s", rows[i].from, rows[i].key);

		assert_says(out, rows[i].says);
		free(out);
	}
	fake_stop(&f);
}

static void
networks_are_read_exactly(void **state)
{
	static const struct {
		const char *net, *addr;
		int has; /* -1: cannot be read */
	} rows[] = {
		{"192.0.2.1", "192.0.2.1", 1},
		{"192.0.2.1", "192.0.2.2", 0},
		{"192.0.2.0/24", "192.0.2.255", 1},
		{"192.0.2.0/24", "192.0.3.0", 0},
		{"192.0.2.128/25", "192.0.2.127", 0},
		{"0.0.0.0/0", "8.8.8.8", 1},
		{"0.0.0.0/0", "2001:db8::1", 0},
		{"2001:db8::/33", "2001:db8:7fff::1", 1},
		{"2001:db8::/33", "2001:db8:8000::1", 0},
		{"::/0", "2001:db8::1", 1},
		{"192.0.2.0/33", "", -1},
		{"192.0.2.0/", "", -1},
		{"192.0.2.0/-1", "", -1},
		{"192.0.2.0/24x", "", -1},
		{"192.0.2/24", "", -1},
		{"name", "", -1},
		{"2001:db8::/129", "", -1},
		{"", "", -1},
		{"192.0.2.0/0024", "", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rpz_net net;
		struct rpz_addr a;
		enum rc rc = rpz_net_parse(rows[i].net, &net);

		if ((rc == RC_OK) != (rows[i].has >= 0))
			fail_msg("%s", rows[i].net);
		if (rc != RC_OK)
			continue;
		assert_int_equal(rpz_addr_parse(rows[i].addr, &a), RC_OK);
		if (rpz_net_has(&net, &a) != (rows[i].has == 1))
			fail_msg("%s in %s", rows[i].addr, rows[i].net);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operator_has_its_zones),
		cmocka_unit_test(old_and_new_key_are_valid_together),
		cmocka_unit_test(a_key_may_be_bound_to_networks),
		cmocka_unit_test(networks_are_read_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
