/*
 * A hostile peer, or whoever sits on the way: what it makes of messages.  It has no key
 * of anybody, so whatever it does is to be seen, and nothing of it stays.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mirror.h"
#include "sim/sim.h"

enum { PAST = 16, ADDED_MAX = 64, FLIPS_MAX = 4, SIGNED_LETTERS = 80 };
#define SIGNED_BY "\xe2\x80\x94 "

/* Requests that were made, of which any may come again. */
static struct message past[PAST];
static size_t n_past;

static const char *const sizes[] = {"18446744073709551615", "18446744073709551614",
				    "9223372036854775808",  "9223372036854775807",
				    "4294967296",	    "0"};

static const char *
any_size(void)
{
	return sizes[sim_below(sizeof(sizes) / sizeof(sizes[0]))];
}

void
foe_keep(const struct message *m)
{
	struct message *p = &past[n_past++ % PAST];

	free(p->body);
	*p = *m;
	p->waiter = NULL;
	p->body = malloc(m->len + 1);
	if (p->body == NULL)
		abort();
	if (m->len != 0)
		memcpy(p->body, m->body, m->len);
	p->body[m->len] = '\0';
}

static void
replay(void)
{
	size_t have = n_past < PAST ? n_past : PAST;

	if (have == 0 || message_count() + 4 >= SIM_MESSAGES)
		return;
	const struct message *of = &past[sim_below(have)];
	if (!W.takes_part[of->from] || !W.takes_part[of->to])
		return;
	const struct message *m = message_double(of);
	sim_trace("again: %s from %s", m->path, W.node[m->from].org);
}

static void
body_set(struct message *m, const void *body, size_t len)
{
	uint8_t *own = malloc(len + 1);

	if (own == NULL)
		abort();
	if (len != 0)
		memcpy(own, body, len);
	own[len] = '\0';
	free(m->body);
	m->body = own;
	m->len = len;
}

/* Mostly a letter for a letter, so that base64 stays base64 and a signature is asked. */
static void
flip(struct message *m)
{
	bool any = sim_chance(25);

	for (uint64_t n = 1 + sim_below(FLIPS_MAX); n > 0 && m->len != 0; n--) {
		uint8_t *at = &m->body[sim_below(m->len)];
		bool letter = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
		if (any)
			*at ^= (uint8_t)(1 + sim_below(255));
		else if (letter)
			*at = (uint8_t)('A' + sim_below(26));
	}
}

static void
lengthen(struct message *m)
{
	uint8_t more[ADDED_MAX];
	size_t n = 1 + sim_below(ADDED_MAX);
	struct buf b = BUF_INIT(m->len + n);

	for (size_t i = 0; i < n; i++)
		more[i] = (uint8_t)sim_below(256);
	buf_put(&b, m->body, m->len);
	buf_put(&b, more, n);
	body_set(m, buf_str(&b), b.len);
	buf_free(&b);
}

/* The start and end of an upload. */
static void
upload_sizes(struct message *m)
{
	size_t at = m->len < 2 ? m->len : 2 + ((size_t)m->body[0] << 8 | m->body[1]);

	if (at + 16 > m->len)
		return;
	at += sim_chance(50) ? 8 : 0;
	for (size_t i = 0; i < 8; i++)
		m->body[at + i] = 0xff;
	m->body[at + 7] = (uint8_t)(0xff - sim_below(3));
}

/* Every number that stands in a text becomes that one. */
static void
text_sizes(struct message *m)
{
	struct buf b = BUF_INIT(m->len * 24 + 64);
	const char *size = any_size();

	for (size_t i = 0; i < m->len;) {
		size_t n = 0;
		bool word = i == 0 || m->body[i - 1] == ' ' || m->body[i - 1] == '\n';
		while (word && i + n < m->len && m->body[i + n] >= '0' &&
		       m->body[i + n] <= '9')
			n++;
		if (n != 0 && (i + n == m->len || m->body[i + n] == '\n')) {
			buf_puts(&b, size);
			i += n;
		} else {
			buf_putc(&b, (char)m->body[i++]);
		}
	}
	body_set(m, buf_str(&b), b.len);
	buf_free(&b);
}

/* An answer of another kind. */
static void
answer_other(struct message *m)
{
	static const long statuses[] = {200, 202, 409, 413, 422, 429, 500, 503};
	char text[128];

	m->status = statuses[sim_below(sizeof(statuses) / sizeof(statuses[0]))];
	/* Who says that it has our keys, or a receipt, has only itself to blame. */
	if (strstr(m->path, "/identity") != NULL || strstr(m->path, "/receipts") != NULL)
		m->status = 503;
	if (m->status == 409 || m->status == 202) {
		if (sim_chance(50))
			snprintf(text, sizeof(text), "%s\n", any_size());
		else
			snprintf(text, sizeof(text), "%s\n%s\n\n", any_size(),
				 any_size());
		body_set(m, text, strlen(text));
	}
}

/* A letter of a signature, and nothing else: only who verifies it can tell. */
static bool
unsign(struct message *m)
{
	size_t at = m->len, end = 0;

	/* The last line of a note; there a name and a word, whose end is the signature.
	 */
	for (size_t i = 0; i + strlen(SIGNED_BY) < m->len; i++)
		if (memcmp(m->body + i, SIGNED_BY, strlen(SIGNED_BY)) == 0)
			at = i;
	for (end = at; end < m->len && m->body[end] != '\n';)
		end++;
	if (end - at <= SIGNED_LETTERS)
		return false;
	uint8_t *letter = &m->body[end - SIGNED_LETTERS + sim_below(SIGNED_LETTERS / 2)];
	*letter = *letter == 'A' ? 'B' : 'A';
	sim_trace("signed by nobody: %s %s from %s", m->reply ? "the answer to" : "",
		  m->path, W.node[m->from].org);
	return true;
}

/* A receipt on its way, which comes seldom and does not stay long. */
static bool
receipt_unsign(void)
{
	struct message *m;

	for (size_t i = 0; (m = message_any(i)) != NULL; i++)
		if (m->reply && m->status == 200 &&
		    strcmp(m->path, "/peer/v1/add-entries") == 0)
			return unsign(m);
	return false;
}

static const struct {
	const char *name;
	void (*make)(struct message *m);
} ways[] = {{"other bytes", flip},
	    {"more bytes", lengthen},
	    {"other sizes", text_sizes},
	    {"another answer", answer_other}};

static void
change(struct message *m)
{
	uint64_t way = sim_below(sizeof(ways) / sizeof(ways[0]) + 1);

	if (!m->reply && strstr(m->path, "/tile/") != NULL && sim_chance(50)) {
		char *last = strrchr(m->path, '/');
		snprintf(last, sizeof(m->path) - (size_t)(last - m->path), "/%s",
			 any_size());
		sim_trace("changed: %s from %s", m->path, W.node[m->from].org);
		return;
	}
	if (!m->reply && strcmp(m->path, "/peer/v1/add-entries") == 0 && way == 2)
		upload_sizes(m);
	else if (way == sizeof(ways) / sizeof(ways[0]) || (way == 3 && !m->reply))
		body_set(m, m->body, m->len == 0 ? 0 : sim_below(m->len));
	else
		ways[way].make(m);
	sim_trace("changed: %s %s from %s", m->reply ? "the answer to" : "", m->path,
		  W.node[m->from].org);
}

void
foe_act(void)
{
	size_t n = message_count();

	if (sim_chance(60) && receipt_unsign())
		return;
	if (n == 0 || sim_chance(25)) {
		replay();
		return;
	}
	change(message_any(sim_below(n)));
}
