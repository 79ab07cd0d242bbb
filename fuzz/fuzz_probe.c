/*
 * Any bytes as a resolver's answer.
 *
 * Properties: what is read is read the same again; texts are printable UTF-8; nothing
 * differs from itself; an answer alone, without our own mark in it, is never called a
 * block nor a lift; and what does not match the question is never taken for its answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "probe/wire.h"

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
printable(const char *s)
{
	size_t bad;

	must(utf8_valid(s, strlen(s), &bad));
	for (; *s != '\0'; s++)
		must((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void
judge(const struct probe_answer *ans)
{
	struct probe_facts f = {
		.here = {{.got = ans->got,
			  .impossible = ans->impossible,
			  .ttl_s = ans->ttl_s,
			  .addresses = ans->addresses,
			  .n_addresses = ans->n_addresses,
			  .data = ans->data}},
		.serial = 1,
		.canary_serial = ans->txt_serial,
		.tries = 1,
	};

	for (int free = 0; free < 2; free++) {
		f.expect_free = free != 0;
		must(probe_verdict_means(probe_judge(&f, NULL)) == PROBE_MEANS_UNKNOWN);
	}
}

static void
read_it(const struct probe_question *q, const uint8_t *data, size_t size)
{
	struct probe_answer a, b;

	if (probe_answer_read(q, data, size, &a, NULL) != RC_OK)
		return;
	must(probe_answer_read(q, data, size, &b, NULL) == RC_OK);
	must(memcmp(&a, &b, offsetof(struct probe_answer, addresses)) == 0);
	must(memcmp(a.addresses, b.addresses, a.n_addresses * sizeof(a.addresses[0])) ==
	     0);
	must(strcmp(a.soa_owner, b.soa_owner) == 0);
	for (size_t i = 0; i < a.n_ede; i++)
		must(a.ede[i].code == b.ede[i].code &&
		     strcmp(a.ede[i].text, b.ede[i].text) == 0);
	must(!probe_answer_differs(&a, &b));
	must(a.n_addresses <= PROBE_ADDRESSES_MAX && a.n_ede <= PROBE_EDE_MAX);
	must(a.got >= PROBE_GOT_DATA && (a.got != PROBE_GOT_DATA || a.rcode == 0));
	for (size_t i = 0; i < a.n_ede; i++)
		printable(a.ede[i].text);
	printable(a.soa_owner);
	json_t *j = probe_answer_json(&a, data, size);
	char *text = json_dumps(j, JSON_COMPACT);
	must(text != NULL);
	free(text);
	json_decref(j);
	judge(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = {KNOT_RRTYPE_A, KNOT_RRTYPE_AAAA, KNOT_RRTYPE_TXT,
					 KNOT_RRTYPE_CNAME};

	if (size > PROBE_MESSAGE_MAX)
		return 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct probe_question q, other;
		must(probe_question_make("t.me", types[i], &q, NULL) == RC_OK);
		must(probe_question_make("other.example", types[i], &other, NULL) ==
		     RC_OK);
		uint16_t id = size < 2 ? 0 : knot_wire_read_u16(data);
		enum probe_match m = probe_answer_match(&q, id, data, size);
		must(m != PROBE_MATCH_QUESTION);
		if (m != PROBE_MATCH)
			continue;
		must(probe_answer_match(&q, (uint16_t)(id + 1), data, size) !=
		     PROBE_MATCH);
		/* One that has a question answers one only. */
		must(knot_wire_get_qdcount(data) == 0 ||
		     probe_answer_match(&other, id, data, size) != PROBE_MATCH);
		read_it(&q, data, size);
	}
	return 0;
}
