#include "core/held.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "core/event.h"
#include "core/identity.h"
#include "core/members.h"
#include "core/merkle.h"
#include "core/note.h"

#define HELD_RULE "protocol 6"

enum { HELD_VERSION = 1 };

char *
held_payload(struct arena *a, const struct held *h)
{
	json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:I}", "v",
			      HELD_VERSION, "org", h->org, "log", h->log, "nonce",
			      h->nonce, "stored", (json_int_t)h->stored, "whole",
			      h->whole, "pending", h->pending, "own", (json_int_t)h->own,
			      "iat", (json_int_t)h->iat_us);
	char *text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT), *ret = NULL;

	if (text != NULL)
		ret = arena_strdup(a, text);
	free(text);
	json_decref(o);
	return ret;
}

static bool
nonce_valid(const char *nonce)
{
	return strlen(nonce) == HELD_NONCE_LEN &&
	       strspn(nonce, "0123456789abcdef") == HELD_NONCE_LEN;
}

/* A signed checkpoint of `log`, or "". */
static const char *
note_get(struct members *m, struct arena *a, const char *name, const char *log,
	 uint64_t *ret_size)
{
	const json_t *v = members_get(m, name);
	const char *text = json_string_value(v);
	struct err none = ERR_INIT;
	const struct note *note;
	struct checkpoint cp;
	size_t len;

	*ret_size = 0;
	if (text == NULL || json_string_length(v) > HELD_NOTE_MAX) {
		members_fail(m, "%s must be a text of at most %d bytes", name,
			     HELD_NOTE_MAX);
		return "";
	}
	if (text[0] == '\0')
		return text;
	enum rc rc = note_parse(a, text, json_string_length(v), &note, &none);
	if (rc == RC_OK) {
		const char *signed_text = note_text(note, &len);
		rc = checkpoint_parse(a, signed_text, len, &cp, &none);
	}
	if (rc != RC_OK || strcmp(cp.origin, log) != 0 || cp.size == 0)
		members_fail(m, "%s is no signed checkpoint of %s", name, log);
	else
		*ret_size = cp.size;
	return text;
}

static enum rc
held_read(struct arena *a, const json_t *payload, struct held *h, struct err *e)
{
	struct members m;

	members_open(&m, payload, RC_UNPROCESSABLE, HELD_RULE, "what is held", e);
	members_int(&m, "v", HELD_VERSION, HELD_VERSION);
	h->org = members_text(&m, "org", ORG_MAX);
	h->log = members_text(&m, "log", NOTE_NAME_MAX);
	h->nonce = members_text(&m, "nonce", HELD_NONCE_LEN);
	if (!nonce_valid(h->nonce))
		members_fail(&m, "nonce must be %d lower-case hex digits",
			     HELD_NONCE_LEN);
	h->stored = (uint64_t)members_int(&m, "stored", 0, IJSON_INT_MAX);
	h->whole = note_get(&m, a, "whole", h->log, &h->whole_size);
	h->pending = note_get(&m, a, "pending", h->log, &h->pending_size);
	h->own = (uint64_t)members_int(&m, "own", 0, IJSON_INT_MAX);
	h->iat_us = members_int(&m, "iat", 0, IJSON_INT_MAX);
	if (h->whole_size > h->stored)
		members_fail(&m, "whole is larger than stored");
	if (h->pending_size < h->whole_size)
		members_fail(&m, "pending is smaller than whole");
	return members_end(&m);
}

enum rc
held_parse(struct arena *a, const char *wire, size_t len, const uint8_t pub[KEY_LEN],
	   const struct held **ret, struct err *e)
{
	struct held *h = ARENA_NEW(a, struct held);
	char kid[KID_LEN + 1];
	json_t *payload;

	if (len > HELD_MAX)
		return err_rule(e, RC_UNPROCESSABLE, HELD_RULE,
				"what is held takes at most %d bytes", HELD_MAX);
	enum rc rc = jws_parse(a, wire, len, HELD_TYP, pub, kid, &payload, e);
	if (rc == RC_OK)
		rc = held_read(a, payload, h, e);
	*ret = h;
	return rc;
}

enum rc
held_question_parse(struct arena *a, const char *wire, size_t len,
		    struct held_question *ret, struct err *e)
{
	const char *at = wire, *end = wire + len, *line[3];
	size_t n = 0, size_len = 0;

	while (n < 3 && at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		if (lf == NULL)
			break;
		size_len = (size_t)(lf - at);
		line[n++] = arena_strndup(a, at, size_len);
		at = lf + 1;
	}
	if (n != 3 || at != end || len > HELD_QUESTION_MAX ||
	    !note_name_valid(line[0], strlen(line[0])) || !nonce_valid(line[1]) ||
	    decimal_parse(line[2], size_len, MERKLE_SIZE_MAX, &ret->size) != RC_OK)
		return err_rule(e, RC_INVALID, HELD_RULE,
				"the question is three lines: the log's origin, a nonce "
				"of %d hex digits, and how much of the other log is here",
				HELD_NONCE_LEN);
	ret->log = line[0];
	ret->nonce = line[1];
	return RC_OK;
}

char *
held_question_text(struct arena *a, const struct held_question *q)
{
	return arena_printf(a, "%s\n%s\n%" PRIu64 "\n", q->log, q->nonce, q->size);
}
