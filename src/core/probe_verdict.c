#include "core/probe_verdict.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	NET4_BYTES = 15, /* the /24 of an IPv4 address as ::ffff:a.b.c.d */
	NET6_BYTES = 6,	 /* the /48 of an IPv6 address */
	MAPPED_BYTES = 12,
	TTL_SLACK_S = 2, /* a TTL counts whole seconds, twice rounded */
	US_PER_S = 1000000,
};

static const struct {
	const char *token, *text, *doc;
	enum probe_means means;
} verdicts[PROBE_VERDICT_COUNT] = {
#define PROBE_VERDICT_ROW(id, token, means, text, doc) [id] = {token, text, doc, means},
	PROBE_VERDICT_TABLE(PROBE_VERDICT_ROW)
#undef PROBE_VERDICT_ROW
};

const char *const probe_verdict_words[] = {
#define PROBE_VERDICT_WORD(id, token, means, text, doc) token,
	PROBE_VERDICT_TABLE(PROBE_VERDICT_WORD)
#undef PROBE_VERDICT_WORD
		NULL};

const char *const probe_via_words[] = {"udp", "tcp", "dot", NULL};

const char *
probe_verdict_token(enum probe_verdict v)
{
	return verdicts[v].token;
}

const char *
probe_verdict_text(enum probe_verdict v)
{
	return verdicts[v].text;
}

const char *
probe_verdict_doc(enum probe_verdict v)
{
	return verdicts[v].doc;
}

enum probe_means
probe_verdict_means(enum probe_verdict v)
{
	return verdicts[v].means;
}

bool
probe_verdict_find(const char *token, enum probe_verdict *ret)
{
	for (size_t i = 0; i < PROBE_VERDICT_COUNT; i++)
		if (strcmp(verdicts[i].token, token) == 0) {
			*ret = (enum probe_verdict)i;
			return true;
		}
	return false;
}

const char *
probe_via_token(enum probe_via via)
{
	return probe_via_words[via];
}

bool
probe_via_find(const char *token, size_t len, enum probe_via *ret)
{
	for (size_t i = 0; i < PROBE_VIA_COUNT; i++)
		if (strlen(probe_via_words[i]) == len &&
		    memcmp(probe_via_words[i], token, len) == 0) {
			*ret = (enum probe_via)i;
			return true;
		}
	return false;
}

bool
probe_serial_reached(uint32_t a, uint32_t b)
{
	return a == b || (int32_t)(a - b) > 0;
}

void
probe_verdict_table_put(struct buf *b)
{
	static const char *const means[] = {"cannot be told", "blocked", "free"};

	buf_puts(b, "| verdict | means | the resolver |\n|---|---|---|\n");
	for (size_t i = 0; i < PROBE_VERDICT_COUNT; i++)
		buf_printf(b, "| `%s` | %s | %s |\n", verdicts[i].token,
			   means[verdicts[i].means], verdicts[i].doc);
}

/* ---- addresses --------------------------------------------------------------------- */

static const uint8_t mapped[MAPPED_BYTES] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
};

bool
probe_address_parse(const char *text, struct probe_address *ret)
{
	if (inet_pton(AF_INET6, text, ret->b) == 1)
		return true;
	memcpy(ret->b, mapped, MAPPED_BYTES);
	return inet_pton(AF_INET, text, ret->b + MAPPED_BYTES) == 1;
}

static bool
is_ipv4(const struct probe_address *a)
{
	return memcmp(a->b, mapped, MAPPED_BYTES) == 0;
}

/* Addresses that no name of the public internet has: what a box on the way puts in. */
static bool
is_inside(const struct probe_address *a)
{
	const uint8_t *p = a->b + MAPPED_BYTES;

	if (!is_ipv4(a))
		return (a->b[0] & 0xe0) != 0x20; /* not 2000::/3 */
	return p[0] == 0 || p[0] == 10 || p[0] == 127 || p[0] >= 224 ||
	       (p[0] == 100 && (p[1] & 0xc0) == 64) || (p[0] == 169 && p[1] == 254) ||
	       (p[0] == 172 && (p[1] & 0xf0) == 16) || (p[0] == 192 && p[1] == 168);
}

static bool
any_inside(const struct probe_sight *s)
{
	for (size_t i = 0; i < s->n_addresses; i++)
		if (is_inside(&s->addresses[i]))
			return true;
	return false;
}

static bool
near(const struct probe_address *a, const struct probe_address *b)
{
	if (is_ipv4(a) != is_ipv4(b))
		return false;
	return memcmp(a->b, b->b, is_ipv4(a) ? NET4_BYTES : NET6_BYTES) == 0;
}

static bool
in_landing(const struct probe_facts *f, const struct probe_sight *s)
{
	for (size_t i = 0; i < s->n_addresses; i++)
		for (size_t k = 0; k < f->n_landing; k++)
			if (memcmp(s->addresses[i].b, f->landing[k].b,
				   sizeof(f->landing[k].b)) == 0)
				return true;
	return false;
}

/* The same data, as far as it is the same everywhere: names that many machines serve have
 * other addresses at each resolver, but one network or one canonical name. */
static bool
same_data(const struct probe_sight *a, const struct probe_sight *b)
{
	if (a->data != 0 && a->data == b->data)
		return true;
	for (size_t i = 0; i < a->n_addresses; i++)
		for (size_t k = 0; k < b->n_addresses; k++)
			if (near(&a->addresses[i], &b->addresses[k]))
				return true;
	return false;
}

/* ---- the verdict ------------------------------------------------------------------- */

static bool
answers(const struct probe_sight *s)
{
	return s->got == PROBE_GOT_DATA || s->got == PROBE_GOT_NODATA ||
	       s->got == PROBE_GOT_NXDOMAIN;
}

static bool
mute(const struct probe_sight *s)
{
	return s->got == PROBE_GOT_SILENCE || s->got == PROBE_GOT_BROKEN;
}

static enum probe_verdict
say(const char **ret_why, const char *why, enum probe_verdict v)
{
	*ret_why = why;
	return v;
}

/* Do two transports of one resolver contradict each other? */
static const char *
contradiction(const struct probe_facts *f, const struct probe_sight *x,
	      const struct probe_sight *y)
{
	if (!answers(x) || !answers(y))
		return NULL;
	if (x->got != y->got)
		return "two transports of one resolver answer differently";
	if (x->got != PROBE_GOT_DATA || same_data(x, y))
		return NULL;
	if (in_landing(f, x) != in_landing(f, y))
		return "one transport leads to a landing address, another does not";
	if (any_inside(x) != any_inside(y))
		return "one transport gives an address that is not of the internet";
	return NULL;
}

static const char *
tampering(const struct probe_facts *f)
{
	for (size_t i = 0; i < PROBE_VIA_COUNT; i++) {
		const struct probe_sight *s = &f->here[i];
		if (s->forged)
			return "several answers, or forged ones, came for one question";
		if (s->impossible)
			return "an answer has flags or a TTL that no resolver gives";
		for (size_t k = i + 1; k < PROBE_VIA_COUNT; k++) {
			const char *why = contradiction(f, s, &f->here[k]);
			if (why != NULL)
				return why;
		}
	}
	if (f->canary.forged)
		return "forged answers came for the canary";
	if (f->here[PROBE_UDP].got == PROBE_GOT_SILENCE && f->tries >= PROBE_DROP_TRIES &&
	    (answers(&f->never) || answers(&f->canary)) &&
	    (answers(&f->here[PROBE_TCP]) || answers(&f->here[PROBE_DOT])))
		return "questions for this name are lost over UDP, and answered "
		       "otherwise";
	return NULL;
}

/* The answer that counts: of the transport that is hardest to meddle with. */
static const struct probe_sight *
best(const struct probe_facts *f)
{
	static const struct probe_sight unasked;
	const struct probe_sight *found = &unasked;

	for (size_t i = 0; i < PROBE_VIA_COUNT; i++)
		if (answers(&f->here[i]) || found->got == PROBE_GOT_UNASKED ||
		    (mute(found) && f->here[i].got != PROBE_GOT_UNASKED))
			found = &f->here[i];
	return found;
}

static enum probe_verdict
judge_mute(const struct probe_facts *f, const char **why)
{
	bool refuses =
		f->never.got == PROBE_GOT_REFUSED || f->canary.got == PROBE_GOT_REFUSED;

	if (!answers(&f->never) && !answers(&f->canary) && !refuses)
		return say(why, "neither this name nor the others are answered",
			   PROBE_DOWN);
	if (!answers(&f->never) && !answers(&f->canary))
		return say(why, "others are refused: it does not serve this vantage",
			   PROBE_UNKNOWN);
	if (mute(&f->control) || f->control.got == PROBE_GOT_SERVFAIL ||
	    f->control.got == PROBE_GOT_NXDOMAIN)
		return say(why, "the control has no answer with data either", PROBE_DEAD);
	if (!answers(&f->control))
		return say(why, "silent, and no control says whether the name lives",
			   PROBE_UNKNOWN);
	if (f->tries < PROBE_DROP_TRIES && f->here[PROBE_UDP].got == PROBE_GOT_SILENCE)
		return say(why, "silent in fewer tries than tell a drop from a loss",
			   PROBE_UNKNOWN);
	return say(why, verdicts[PROBE_DROP].doc, PROBE_DROP);
}

/* A blocked answer, which after the lift may come from a cache. */
static enum probe_verdict
judge_blocked(const struct probe_facts *f, const struct probe_sight *s,
	      enum probe_verdict v, const char **why)
{
	int64_t ago_s = f->ttl_before_ago_us / US_PER_S;

	if (!f->expect_free)
		return say(why, verdicts[v].doc, v);
	if (f->ttl_before_s != 0 && ago_s > 0 && s->ttl_s < f->ttl_before_s) {
		int64_t off = (int64_t)s->ttl_s + ago_s - (int64_t)f->ttl_before_s;
		if (off >= -TTL_SLACK_S && off <= TTL_SLACK_S)
			return say(why, verdicts[PROBE_CACHED].doc, PROBE_CACHED);
	}
	if (f->canary_serial != 0 && f->serial != 0 &&
	    probe_serial_reached(f->canary_serial, f->serial))
		return say(why,
			   "still blocked though it holds the serial of the lift: by a "
			   "cache, or by another list",
			   v);
	return say(why, "still blocked: it does not hold the serial of the lift", v);
}

/* Answers as the control does. */
static enum probe_verdict
judge_equal(const struct probe_facts *f, const char **why)
{
	bool holds = f->canary_serial != 0 && f->serial != 0 &&
		     probe_serial_reached(f->canary_serial, f->serial);

	if (!f->expect_free)
		return say(why,
			   holds ? "not blocked though it holds the serial of the order"
				 : "not blocked: it does not hold the serial of the "
				   "order",
			   PROBE_OPEN);
	if (f->wildcard && f->sibling.policy_soa)
		return judge_blocked(f, &f->sibling,
				     f->sibling.got == PROBE_GOT_NODATA ? PROBE_NODATA
									: PROBE_NXDOMAIN,
				     why);
	if (f->wildcard && in_landing(f, &f->sibling) && !in_landing(f, &f->control))
		return judge_blocked(f, &f->sibling, PROBE_LANDING, why);
	return holds ? say(why, verdicts[PROBE_LIFTED].doc, PROBE_LIFTED)
		     : say(why, verdicts[PROBE_OPEN].doc, PROBE_OPEN);
}

static enum probe_verdict
judge_dead(const struct probe_facts *f, const char *text, const char **why)
{
	const char *equal_why;

	if (f->expect_free && judge_equal(f, &equal_why) == PROBE_LIFTED)
		return say(why, equal_why, PROBE_LIFTED);
	return say(why, text, PROBE_DEAD);
}

static enum probe_verdict
judge_nothing(const struct probe_facts *f, const struct probe_sight *s, const char **why)
{
	enum probe_verdict v =
		s->got == PROBE_GOT_NXDOMAIN ? PROBE_NXDOMAIN : PROBE_NODATA;

	/* Our own zone's SOA says whose answer it is, whatever the name is elsewhere. */
	if (s->policy_soa)
		return judge_blocked(f, s, v, why);
	if (!answers(&f->control))
		return say(why, "no control says whether the name lives", PROBE_UNKNOWN);
	if (f->control.got == PROBE_GOT_DATA)
		return judge_blocked(f, s, v, why);
	if (f->control.got == s->got)
		return judge_dead(f,
				  s->got == PROBE_GOT_NXDOMAIN
					  ? verdicts[PROBE_DEAD].doc
					  : "the name has no such record at the control "
					    "either",
				  why);
	if (s->got == PROBE_GOT_NXDOMAIN)
		return judge_blocked(f, s, v, why);
	return say(why, "no such record here, no such name at the control",
		   PROBE_DIFFERS);
}

static enum probe_verdict
judge_data(const struct probe_facts *f, const struct probe_sight *s, const char **why)
{
	if (in_landing(f, s) && !in_landing(f, &f->control))
		return judge_blocked(f, s, PROBE_LANDING, why);
	if (!answers(&f->control))
		return say(why, "an answer, and no control to compare it with",
			   PROBE_UNKNOWN);
	if (f->control.got != PROBE_GOT_DATA)
		return say(why, "data, where the control has none", PROBE_DIFFERS);
	if (!same_data(s, &f->control))
		return say(why, verdicts[PROBE_DIFFERS].doc, PROBE_DIFFERS);
	return judge_equal(f, why);
}

/* TC on UDP: what TCP says counts, and that the control needs no TCP. */
static bool
tcp_only(const struct probe_facts *f)
{
	const struct probe_sight *tcp = &f->here[PROBE_TCP];

	return f->here[PROBE_UDP].got == PROBE_GOT_TRUNCATED && !f->control.by_tcp &&
	       tcp->got == PROBE_GOT_DATA && f->control.got == PROBE_GOT_DATA &&
	       same_data(tcp, &f->control);
}

enum probe_verdict
probe_judge(const struct probe_facts *f, const char **ret_why)
{
	const char *unused, **why = ret_why == NULL ? &unused : ret_why;
	const struct probe_sight *s = best(f);

	*why = tampering(f);
	if (*why != NULL)
		return PROBE_TAMPERED;
	if (tcp_only(f))
		return say(why, verdicts[PROBE_TCP_ONLY].doc, PROBE_TCP_ONLY);
	switch (s->got) {
	case PROBE_GOT_UNASKED:
		return say(why, "it was not asked", PROBE_UNKNOWN);
	case PROBE_GOT_SILENCE:
	case PROBE_GOT_BROKEN:
		return judge_mute(f, why);
	case PROBE_GOT_TRUNCATED:
		return say(why, "it says to come by TCP, and does not answer there",
			   PROBE_UNKNOWN);
	case PROBE_GOT_DATA:
		return judge_data(f, s, why);
	case PROBE_GOT_NODATA:
	case PROBE_GOT_NXDOMAIN:
		return judge_nothing(f, s, why);
	case PROBE_GOT_REFUSED:
		return say(why,
			   answers(&f->never) || answers(&f->canary)
				   ? verdicts[PROBE_REFUSED].doc
				   : "everything is refused: it does not serve this "
				     "vantage",
			   PROBE_REFUSED);
	case PROBE_GOT_SERVFAIL:
		if (mute(&f->control) || f->control.got == PROBE_GOT_SERVFAIL)
			return say(why, "the control fails for it, too", PROBE_DEAD);
		return say(why,
			   answers(&f->never) || answers(&f->canary)
				   ? verdicts[PROBE_SERVFAIL].doc
				   : "everything fails: the resolver is out of order",
			   PROBE_SERVFAIL);
	case PROBE_GOT_OTHER:
		return say(why, "an RCODE that says nothing about the name",
			   PROBE_UNKNOWN);
	}
	return say(why, verdicts[PROBE_UNKNOWN].doc, PROBE_UNKNOWN);
}

bool
probe_verdict_by_serial(enum probe_verdict v)
{
	return v == PROBE_ROW_GONE || v == PROBE_ROW_HELD;
}

enum probe_verdict
probe_judge_serial(const struct probe_facts *f, const char **ret_why)
{
	const char *unused, **why = ret_why == NULL ? &unused : ret_why;

	if (f->canary.forged)
		return say(why, "forged answers came for the canary", PROBE_TAMPERED);
	if (mute(&f->canary) && !answers(&f->never))
		return say(why, "neither the canary nor the others are answered",
			   PROBE_DOWN);
	if (f->canary_serial == 0)
		return say(why, "the canary shows no serial: it does not serve the zone",
			   PROBE_UNKNOWN);
	if (f->serial == 0)
		return say(why, "since which serial that is so is not known",
			   PROBE_UNKNOWN);
	if (!probe_serial_reached(f->canary_serial, f->serial))
		return say(why,
			   f->expect_free ? "it does not hold the serial of the lift"
					  : "it does not hold the serial of the order",
			   PROBE_UNKNOWN);
	enum probe_verdict v = f->expect_free ? PROBE_ROW_GONE : PROBE_ROW_HELD;
	return say(why, verdicts[v].doc, v);
}
