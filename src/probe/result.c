#include "base/clock.h"
#include "base/enc.h"
#include "probe/round.h"

enum { BASE64_MAX = PROBE_MESSAGE_MAX * 2 };

static const char *
got_token(enum probe_got got)
{
	static const char *const tokens[] = {
		[PROBE_GOT_UNASKED] = "unasked",   [PROBE_GOT_SILENCE] = "timeout",
		[PROBE_GOT_BROKEN] = "broken",	   [PROBE_GOT_TRUNCATED] = "truncated",
		[PROBE_GOT_DATA] = "answer",	   [PROBE_GOT_NODATA] = "nodata",
		[PROBE_GOT_NXDOMAIN] = "nxdomain", [PROBE_GOT_SERVFAIL] = "servfail",
		[PROBE_GOT_REFUSED] = "refused",   [PROBE_GOT_OTHER] = "other",
	};

	return tokens[got];
}

static json_t *
text_or_null(const char *s)
{
	return s == NULL ? json_null() : json_string(s);
}

static json_t *
base64(const uint8_t *p, size_t len)
{
	struct buf b = BUF_INIT(BASE64_MAX);

	b64_put(&b, p, len);
	json_t *s = json_stringn(buf_str(&b), b.len);
	buf_free(&b);
	return s;
}

static json_t *
tls_json(const struct probe_tls *t)
{
	if (!t->done)
		return json_null();
	return json_pack("{s:s, s:s, s:o}", "version", t->version, "checked",
			 probe_auth_token(t->auth), "pin",
			 base64(t->pin, sizeof(t->pin)));
}

/* What came over one transport, whole. */
static json_t *
seen_json(const struct probe_seen *s, const struct probe_question *q, const char *via)
{
	char when[CLOCK_TEXT_LEN];
	struct probe_answer answer;
	json_t *o = json_pack(
		"{s:s*, s:s, s:s, s:I, s:I, s:I, s:b, s:o}", "transport", via, "got",
		got_token(s->got), "at", clock_format(s->sent_us, when), "mono_us",
		(json_int_t)s->sent_mono_us, "rtt_us", (json_int_t)s->rtt_us, "tries",
		(json_int_t)s->tries, "forged", s->forged, "why", text_or_null(s->why));

	if (s->tls.done)
		json_object_set_new(o, "tls", tls_json(&s->tls));
	if (s->wire == NULL ||
	    probe_answer_read(q, s->wire, s->len, &answer, NULL) != RC_OK)
		return o;
	json_t *read = probe_answer_json(&answer, s->wire, s->len);
	json_object_update(o, read);
	json_decref(read);
	json_object_set_new(o, "raw", base64(s->wire, s->len));
	return o;
}

static json_t *
brief_json(const struct probe_seen *s)
{
	return s == NULL ? json_null() : json_string(got_token(s->got));
}

bool
probe_result_ede(const struct probe_result *r, struct probe_ede *ret)
{
	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++) {
		const struct probe_seen *s = r->seen[v];
		struct probe_answer answer;
		if (s == NULL || s->wire == NULL ||
		    probe_answer_read(r->question, s->wire, s->len, &answer, NULL) !=
			    RC_OK ||
		    answer.n_ede == 0)
			continue;
		*ret = answer.ede[0];
		return true;
	}
	return false;
}

json_t *
probe_result_json(const struct probe_result *r)
{
	char when[CLOCK_TEXT_LEN], name[PROBE_OWNER_MAX], type[16];
	json_t *asked = json_array();

	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++)
		if (r->seen[v] != NULL)
			json_array_append_new(
				asked, seen_json(r->seen[v], r->question,
						 probe_via_token((enum probe_via)v)));
	if ((r->serial_only || probe_verdict_by_serial(r->verdict)) && r->canary != NULL)
		json_array_append_new(asked, seen_json(r->canary, r->canary_question,
						       probe_via_token(probe_target_first(
							       &r->subject->target))));
	if (r->again != NULL)
		json_array_append_new(asked, seen_json(r->again, r->question,
						       probe_via_token(probe_target_first(
							       &r->subject->target))));
	if (knot_dname_to_str(name, r->question->name, sizeof(name)) == NULL)
		name[0] = '\0';
	if (knot_rrtype_to_string(r->question->type, type, sizeof(type)) < 0)
		type[0] = '\0';
	json_t *o = json_pack(
		"{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "at",
		clock_format(r->at_us, when), "vantage", r->job->vantage, "operator",
		text_or_null(r->subject->target.operator_name), "resolver",
		r->subject->target.text, "owner", r->owner, "asked_name", name, "type",
		type, "expected", r->want->expect_free ? "free" : "blocked", "serial",
		(json_int_t)r->want->serial, "verdict", probe_verdict_token(r->verdict),
		"why", r->why);
	json_t *orders = json_array();
	for (size_t i = 0; i < r->want->n_orders; i++)
		json_array_append_new(orders, json_string(r->want->orders[i]));
	json_object_set_new(o, "orders", orders);
	json_object_set_new(
		o, "transport",
		json_string(probe_via_token(probe_target_first(&r->subject->target))));
	json_object_set_new(o, "canary_serial",
			    r->canary_serial == 0
				    ? json_null()
				    : json_integer((json_int_t)r->canary_serial));
	json_object_set_new(o, "canary", brief_json(r->canary));
	json_object_set_new(o, "never_blocked", brief_json(r->never));
	json_object_set_new(o, "sibling", brief_json(r->sibling));
	json_object_set_new(o, "beyond", json_boolean(r->beyond));
	json_object_set_new(o, "asked", asked);
	json_object_set_new(o, "control", json_null());
	if (r->control != NULL) {
		json_t *c = seen_json(r->control, r->question, NULL);
		json_object_set_new(c, "resolver", json_string(r->control_text));
		json_object_set_new(o, "control", c);
	}
	return o;
}
