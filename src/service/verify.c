/*
 * What somebody brings to be checked, by the code of 'saluran verify' and 'saluran proof
 * verify': an evidence bundle, the register's proof of an order, or a proof that a side
 * signed what cannot both be true.  Nothing that this
 * node knows takes part, and nothing is kept.
 */
#include <pthread.h>
#include <string.h>

#include "base/enc.h"
#include "core/bundle.h"
#include "core/fraud.h"
#include "core/qr.h"
#include "core/register_proof.h"
#include "service/use.h"

enum {
	VERIFY_FILE_MAX = 32 << 20, /* bytes; a larger one is checked by the command */
	VERIFY_BASE64_MAX = VERIFY_FILE_MAX / 3 * 4 + 4,
	VERIFY_EVENTS_MAX = 1000, /* of more the answer has the number only */
};

/* A hostile file may be slow: one at a time leaves the machine to its work. */
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static json_t *
proof_json(struct arena *a, const char *text, size_t len, const char *fingerprint)
{
	struct register_proof p;
	struct err why = ERR_INIT;
	enum rc rc = register_proof_verify(a, text, len, NULL, fingerprint, &p, &why);
	json_t *j = json_pack("{s:s, s:b, s:[{s:s, s:s, s:b}]}", "kind", "proof", "ok",
			      rc == RC_OK, "steps", "step", "proof", "what",
			      "each event is signed, and stands in the signed log", "ok",
			      rc == RC_OK);

	if (rc != RC_OK) {
		json_object_set_new(j, "step", json_string("proof"));
		json_object_set_new(j, "where", json_null());
		json_object_set_new(j, "what", json_string(why.text));
		return j;
	}
	json_object_set_new(j, "ref", json_string(p.ref));
	json_object_set_new(j, "order", json_string(p.order));
	json_object_set_new(j, "made_by", json_string(identity_log_newest(&p.ids)->org));
	json_object_set_new(j, "fingerprint", json_string(p.fingerprint));
	json_object_set_new(j, "compared", json_boolean(fingerprint != NULL));
	return j;
}

static json_t *
fraud_json(struct arena *a, const char *text, size_t len,
	   const struct bundle_expect *expect)
{
	struct fraud_report r;
	struct err why = ERR_INIT;
	enum rc rc = fraud_file_verify(a, text, len, expect->fingerprint, &r, &why);
	json_t *j = json_pack("{s:s, s:b, s:[{s:s, s:s, s:b}]}", "kind", "fraud", "ok",
			      rc == RC_OK, "steps", "step", "fraud_proof", "what",
			      "one organisation signed both, and both cannot be true",
			      "ok", rc == RC_OK);

	if (rc != RC_OK) {
		json_object_set_new(j, "step", json_string("fraud_proof"));
		json_object_set_new(j, "where", json_null());
		json_object_set_new(j, "what", json_string(why.text));
		return j;
	}
	json_t *said = json_pack("{s:s, s:s, s:s*, s:I, s:I, s:s, s:b}", "org", r.org,
				 "proves", fraud_kinds[r.f.kind], "log", r.f.log, "at",
				 (json_int_t)r.said.at, "most", (json_int_t)r.said.most,
				 "fingerprint", r.fingerprint, "compared", r.compared);
	json_object_update_new(j, said);
	return j;
}

static json_t *
json_file_json(struct arena *a, const char *text, size_t len,
	       const struct bundle_expect *expect)
{
	return fraud_file_looks(a, text, len)
		       ? fraud_json(a, text, len, expect)
		       : proof_json(a, text, len, expect->fingerprint[PARTY_AUTHORITY]);
}

/* A file that fails is an answer, not an error. */
static json_t *
bundle_json(struct arena *a, const uint8_t *file, size_t len,
	    const struct bundle_expect *expect)
{
	struct bundle_report report;
	struct err why = ERR_INIT;
	enum rc rc = bundle_verify(a, file, len, expect, &report, &why);
	size_t n = report.n_events;

	if (rc == RC_OK && n > VERIFY_EVENTS_MAX)
		report.n_events = 0;
	json_t *j = bundle_report_json(&report);
	json_object_set_new(j, "kind", json_string("bundle"));
	if (rc == RC_OK)
		json_object_set_new(j, "events_total", json_integer((json_int_t)n));
	return j;
}

/*
 * in: file (in base64), authority?, platform? (fingerprints that were compared)
 * out: kind (bundle, proof, fraud), ok, steps [{step, what, ok}]; of one that fails step,
 * where and what; else what it shows, as 'saluran verify --json' has it RC_LIMIT: another
 * is being checked.
 */
enum rc
service_verify(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	struct bundle_expect expect = {0};
	const char *text;
	uint8_t *file = NULL;
	size_t len = 0;
	enum rc rc = in_only(in, "file authority platform", e);

	(void)nd;
	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "file", true, VERIFY_BASE64_MAX, &text, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = in_text(in, party_name((enum party)p), false, FINGERPRINT_TEXT_MAX,
			     &expect.fingerprint[p], e);
	if (rc == RC_OK && b64_decode(a, text, strlen(text), &file, &len) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"file\" is no base64: give the file's bytes in base64 "
			     "with padding");
	if (rc == RC_OK && pthread_mutex_trylock(&one) != 0)
		rc = err_set(e, RC_LIMIT,
			     "another file is being checked: try again in a moment");
	if (rc != RC_OK)
		return rc;
	reply_json(a, out,
		   len != 0 && file[0] == '{'
			   ? json_file_json(a, (const char *)file, len, &expect)
			   : bundle_json(a, file, len, &expect));
	pthread_mutex_unlock(&one);
	return RC_OK;
}

/* in: text  out: size (modules a side), path (of an SVG on a grid of size x size) */
enum rc
service_qr(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	   struct reply *out, struct err *e)
{
	const char *text;
	struct qr qr;
	enum rc rc = in_only(in, "text", e);

	(void)nd;
	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "text", true, QR_TEXT_MAX, &text, e);
	if (rc == RC_OK)
		rc = qr_make(a, text, &qr, e);
	if (rc == RC_OK)
		reply_json(
			a, out,
			json_pack("{s:i, s:s}", "size", (int)qr.size, "path", qr.path));
	return rc;
}
