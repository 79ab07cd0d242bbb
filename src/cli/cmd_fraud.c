/* Commands on proofs of equivocation and frozen channels (protocol 7). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/fraud.h"

enum { PROOF_MODE = 0644 };

static enum rc
cmd_channel_epoch(struct cli *c, struct err *e)
{
	const char *peer = cli_value(c, "peer");
	const json_t *h;
	json_t *r;
	size_t i;
	enum rc rc = cli_call(c, "POST", "/v1/channel/epoch",
			      json_pack("{s:s*}", "peer", peer), &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("Signed: the channel with %s goes on, as its epoch %" JSON_INTEGER_FORMAT
	       ", from\n",
	       cli_text(r, "peer"), cli_int(r, "epoch"));
	json_array_foreach (json_object_get(r, "heads"), i, h)
		printf("  %" JSON_INTEGER_FORMAT " events of %s\n", cli_int(h, "size"),
		       cli_text(h, "log"));
	if (json_is_true(json_object_get(r, "begun")))
		printf("%s has signed it too: the channel takes events again.\n",
		       cli_text(r, "peer"));
	else
		printf("It takes events again when %s has signed the same (saluran "
		       "recovery shows it).\n",
		       cli_text(r, "peer"));
	return RC_OK;
}

static enum rc
cmd_channel_proof(struct cli *c, struct err *e)
{
	const char *peer = cli_value(c, "peer"), *out = cli_value(c, "out");
	json_t *r;
	enum rc rc = cli_call(
		c, "GET",
		peer == NULL ? "/v1/channel/proof"
			     : arena_printf(c->a, "/v1/channel/proof?peer=%s", peer),
		NULL, &r, e);

	if (rc != RC_OK)
		return rc;
	char *text = json_dumps(r, JSON_COMPACT);
	if (text == NULL)
		abort();
	rc = cli_file_write(out, text, strlen(text), PROOF_MODE, e);
	free(text);
	if (rc == RC_OK && !c->json)
		printf("%s has the newest proof, which anybody can check: saluran verify "
		       "%s\n",
		       out, out);
	else if (rc == RC_OK)
		cli_json(c, r);
	return rc;
}

static void
words_print(const struct fraud_report *r)
{
	const struct fraud_said *said = &r->said;
	const struct fraud *f = &r->f;

	printf("PROVEN: %s signed %s.\n", r->org, fraud_kind_says(f->kind));
	if (f->kind == FRAUD_HEADS || f->kind == FRAUD_RECEIPTS)
		printf("  Of the log %s, a head of %" PRIu64 " events and one of %" PRIu64
		       " that cannot both be true.\n",
		       f->log, said->at, said->most);
	else if (f->kind == FRAUD_EVENTS)
		printf("  In the log %s, two events of number %" PRIu64 ".\n", f->log,
		       said->at);
	else
		printf("  Two entries of number %" PRIu64 ".\n", said->at);
	if (r->compared)
		printf("  It has the fingerprint that you compared, %s.\n",
		       r->fingerprint);
	else
		printf("  The fingerprint of its newest root key here is %s:\n"
		       "  compare it with the one that you have from them.\n",
		       r->fingerprint);
	printf("NOT PROVEN: who did it, as keys can be stolen and machines copied; which "
	       "of\n"
	       "the two is right; and whether a key had been replaced before it signed "
	       "this,\n"
	       "which only the log of the organisation tells.\n");
}

enum rc
cli_verify_fraud(struct cli *c, const uint8_t *bytes, size_t len,
		 const char *const known[], struct err *e)
{
	struct fraud_report r;
	enum rc rc = fraud_file_verify(c->a, (const char *)bytes, len, known, &r, e);

	if (rc != RC_OK)
		return rc;
	json_t *j =
		json_pack("{s:b, s:s, s:s, s:s*, s:I, s:I, s:s, s:b}", "proven", true,
			  "org", r.org, "kind", fraud_kinds[r.f.kind], "log", r.f.log,
			  "at", (json_int_t)r.said.at, "most", (json_int_t)r.said.most,
			  "fingerprint", r.fingerprint, "compared", r.compared);
	if (!cli_json(c, j))
		words_print(&r);
	json_decref(j);
	return RC_OK;
}

static const struct cli_option peer_options[] = {
	{"peer", "ORG", false, "the channel with this peer"},
	{.name = NULL},
};
static const struct cli_option proof_options[] = {
	{"out", "FILE", true, "write the proof there"},
	{"peer", "ORG", false, "of the channel with this peer"},
	{.name = NULL},
};

const struct cli_command cli_fraud_commands[] = {
	{"channel epoch", "", 0, 0,
	 "let a frozen channel go on, once the peer has signed it too",
	 "saluran channel epoch --peer telegram.example --as admin.credential", false,
	 peer_options, cmd_channel_epoch},
	{"channel proof", "", 0, 0,
	 "write the proof that froze a channel, for saluran verify",
	 "saluran channel proof --out proof.json --as admin.credential", true,
	 proof_options, cmd_channel_proof},
	{0},
};
