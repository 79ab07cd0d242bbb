/* Commands on evidence: export a bundle, verify one. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

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

static const struct cli_option export_options[] = {
	{"out", "FILE", true, "write the bundle there"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_proof_commands[] = {
	{"export", "CASE", 1, 1, "write the evidence bundle of a case",
	 "saluran export 01890a5d-ac96-774b-bcce-b302099a8057 --out case.bundle --as "
	 "wati.credential",
	 true, export_options, cmd_export},
	{0},
};
