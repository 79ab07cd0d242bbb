/* Commands on evidence: export a bundle, verify one. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "core/bundle.h"

enum { BUNDLE_MODE = 0644 };

static enum rc
cmd_export(struct cli *c, struct err *e)
{
	const char *bytes, *out = cli_value(c, "out");
	size_t len;
	enum rc rc =
		cli_call_bytes(c, arena_printf(c->a, "/v1/cases/%s/bundle", c->words[0]),
			       &bytes, &len, e);

	if (rc == RC_OK)
		rc = cli_file_write(out, bytes, len, BUNDLE_MODE, e);
	if (rc != RC_OK)
		return rc;
	json_t *j = json_pack("{s:s, s:I}", "file", out, "bytes", (json_int_t)len);
	if (!cli_json(c, j))
		printf("%s has the evidence of the case, %zu bytes. Anybody can check "
		       "it: saluran "
		       "verify %s\n",
		       out, len, out);
	json_decref(j);
	return RC_OK;
}

/* "kominfo.example=lusab-..." or, for the party itself, "authority=lusab-...". */
static enum rc
fingerprint_take(const char *text, struct bundle_expect *expect, struct err *e)
{
	const char *eq = strchr(text, '=');

	for (int p = 0; eq != NULL && p < PARTY_COUNT; p++) {
		const char *name = party_name((enum party)p);
		if (strlen(name) == (size_t)(eq - text) &&
		    strncmp(text, name, strlen(name)) == 0) {
			expect->fingerprint[p] = eq + 1;
			return RC_OK;
		}
	}
	return err_set(e, RC_INVALID,
		       "--fingerprint %s: write authority=WORDS or platform=WORDS", text);
}

static enum rc
cmd_verify(struct cli *c, struct err *e)
{
	enum { REPORT_MAX = 64 << 20 };
	struct bundle_expect expect = {0};
	struct bundle_report report;
	struct buf text = BUF_INIT(REPORT_MAX);
	json_t *given = cli_values(c, "fingerprint"), *v;
	const char *bytes;
	size_t len, i;
	enum rc rc = cli_file_read(c, c->words[0], &bytes, &len, e);

	json_array_foreach (given, i, v)
		if (rc == RC_OK)
			rc = fingerprint_take(json_string_value(v), &expect, e);
	if (rc != RC_OK)
		goto out;
	rc = bundle_verify(c->a, (const uint8_t *)bytes, len, &expect, &report, e);
	json_t *j = bundle_report_json(&report);
	if (!cli_json(c, j)) {
		bundle_report_put(&text, &report);
		fputs(buf_str(&text), stdout);
	}
	json_decref(j);
out:
	json_decref(given);
	buf_free(&text);
	return rc;
}

static const struct cli_option verify_options[] = {
	{"fingerprint", "PARTY=WORDS", false,
	 "authority=WORDS or platform=WORDS: the fingerprint that you have from them; "
	 "again"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option export_options[] = {
	{"out", "FILE", true, "write the bundle there"},
	{"no-texts", NULL, false,
	 "leave letters, reasons and targets out; proofs still hold"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_proof_commands[] = {
	{"export", "CASE", 1, 1, "write the evidence bundle of a case",
	 "saluran export 01890a5d-ac96-774b-bcce-b302099a8057 --out case.bundle --as "
	 "wati.credential",
	 true, export_options, cmd_export},
	{"verify", "BUNDLE", 1, 1,
	 "check an evidence bundle: no network, no node, no credential needed",
	 "saluran verify case.bundle --fingerprint authority=lusab-babad-...", false,
	 verify_options, cmd_verify},
	{0},
};
