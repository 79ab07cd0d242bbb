/* Commands on evidence: export a bundle, verify one. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/bundle.h"

enum { BUNDLE_MODE = 0644 };

static enum rc
cmd_export(struct cli *c, struct err *e)
{
	const char *out = cli_value(c, "out");
	const char *path = arena_printf(c->a, "/v1/cases/%s/bundle%s", c->words[0],
					cli_switch(c, "no-texts") ? "?texts=no" : "");
	uint64_t len = 0;
	enum rc rc = cli_download(c, path, out, BUNDLE_MODE, &len, e);

	if (rc != RC_OK)
		return rc;
	json_t *j = json_pack("{s:s, s:I}", "file", out, "bytes", (json_int_t)len);
	if (!cli_json(c, j))
		printf("%s has the evidence of the case, %" PRIu64
		       " bytes. Anybody can check "
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

/* A file as bytes, without reading it all: it may be large. */
struct mapped {
	const uint8_t *bytes;
	size_t len;
};

static enum rc
file_map(const char *path, struct mapped *ret, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_OK;

	*ret = (struct mapped){.bytes = (const uint8_t *)""};
	if (fd < 0)
		return err_sys(e, "%s", path);
	if (fstat(fd, &st) < 0)
		rc = err_sys(e, "%s", path);
	else if (!S_ISREG(st.st_mode))
		rc = err_set(e, RC_INVALID, "%s is no file: write it into one first",
			     path);
	else if (st.st_size > BUNDLE_MAX)
		rc = err_set(e, RC_TOO_LARGE, "%s is larger than %d bytes", path,
			     BUNDLE_MAX);
	else if (st.st_size != 0) {
		ret->len = (size_t)st.st_size;
		ret->bytes = mmap(NULL, ret->len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (ret->bytes == MAP_FAILED) {
			*ret = (struct mapped){.bytes = (const uint8_t *)""};
			rc = err_sys(e, "read %s", path);
		}
	}
	close(fd);
	return rc;
}

static void
file_unmap(struct mapped *m)
{
	if (m->len != 0)
		munmap((void *)(uintptr_t)m->bytes, m->len);
}

static void
out_put(void *arg, const char *p, size_t len)
{
	fwrite(p, 1, len, arg);
}

static enum rc
cmd_verify(struct cli *c, struct err *e)
{
	enum { REPORT_MAX = 64 << 20 };
	struct bundle_expect expect = {0};
	struct bundle_report report;
	struct buf text = BUF_INIT(REPORT_MAX);
	json_t *given = cli_values(c, "fingerprint"), *v;
	struct mapped file = {NULL, 0};
	size_t i;
	enum rc rc = file_map(c->words[0], &file, e);

	json_array_foreach (given, i, v)
		if (rc == RC_OK)
			rc = fingerprint_take(json_string_value(v), &expect, e);
	/* A bundle is an archive, and no archive begins so. */
	if (rc == RC_OK && file.len != 0 && file.bytes[0] == '{') {
		rc = cli_verify_fraud(c, file.bytes, file.len, e);
		goto out;
	}
	if (rc != RC_OK)
		goto out;
	rc = bundle_verify(c->a, file.bytes, file.len, &expect, &report, e);
	if (c->json) {
		bundle_report_write(&report, out_put, stdout);
	} else {
		bundle_report_put(&text, &report);
		fputs(buf_str(&text), stdout);
	}
out:
	json_decref(given);
	buf_free(&text);
	file_unmap(&file);
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
	 "check an evidence bundle, or a proof of equivocation: no network, no node, no "
	 "credential needed",
	 "saluran verify case.bundle --fingerprint authority=lusab-babad-...", false,
	 verify_options, cmd_verify},
	{0},
};
