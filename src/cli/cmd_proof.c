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

/* *ret_said: a report was printed. */
static enum rc
verify_one(struct cli *c, const char *path, const struct bundle_expect *expect,
	   bool *ret_said, struct err *e)
{
	enum { REPORT_MAX = 64 << 20 };
	struct buf text = BUF_INIT(REPORT_MAX);
	struct bundle_report report;
	struct mapped file;
	enum rc rc = file_map(path, &file, e);

	*ret_said = false;
	/* A bundle is an archive, and no archive begins so. */
	if (rc == RC_OK && file.len != 0 && file.bytes[0] == '{') {
		rc = cli_verify_fraud(c, file.bytes, file.len, expect->fingerprint, e);
		*ret_said = rc == RC_OK;
	} else if (rc == RC_OK) {
		rc = bundle_verify(c->a, file.bytes, file.len, expect, &report, e);
		if (c->json) {
			bundle_report_write(&report, out_put, stdout);
		} else {
			bundle_report_put(&text, &report);
			fputs(buf_str(&text), stdout);
		}
		*ret_said = true;
	}
	buf_free(&text);
	file_unmap(&file);
	return rc;
}

static void
text_print(const char *member, const char *text)
{
	json_t *j = text == NULL ? json_null() : json_string(text);

	printf("\"%s\": ", member);
	cli_json_print(j == NULL ? json_null() : j, JSON_ENCODE_ANY, stdout);
	json_decref(j);
}

/* A list of {file, report, ok, why}. */
static void
many_begin(struct cli *c, size_t i)
{
	if (!c->json) {
		printf("%s%s\n", i == 0 ? "" : "\n", c->words[i]);
		return;
	}
	fputs(i == 0 ? "[{" : ", {", stdout);
	text_print("file", c->words[i]);
	fputs(", \"report\": ", stdout);
}

static void
many_end(struct cli *c, size_t i, bool said, const char *why)
{
	if (!c->json) {
		if (!said && why != NULL)
			printf("%s\n", why);
		return;
	}
	printf("%s, \"ok\": %s, ", said ? "" : "null", why == NULL ? "true" : "false");
	text_print("why", why);
	fputs(i + 1 == c->n_words ? "}]\n" : "}", stdout);
}

/* All of them, also behind one that does not hold. */
static enum rc
verify_many(struct cli *c, const struct bundle_expect *expect, struct err *e)
{
	struct arena *whole = c->a;
	enum rc rc = RC_OK;
	size_t bad = 0;

	for (size_t i = 0; i < c->n_words; i++) {
		struct err why = ERR_INIT;
		bool said;
		many_begin(c, i);
		c->a = arena_create();
		enum rc one = verify_one(c, c->words[i], expect, &said, &why);
		arena_free(c->a);
		c->a = whole;
		many_end(c, i, said, one == RC_OK ? NULL : why.text);
		rc = rc == RC_OK ? one : rc;
		bad += one != RC_OK;
	}
	return bad == 0 ? RC_OK
			: err_set(e, rc, "%zu of %zu files do not hold", bad, c->n_words);
}

static enum rc
cmd_verify(struct cli *c, struct err *e)
{
	struct bundle_expect expect = {0};
	json_t *given = cli_values(c, "fingerprint"), *v;
	enum rc rc = RC_OK;
	bool said;
	size_t i;

	json_array_foreach (given, i, v)
		if (rc == RC_OK)
			rc = fingerprint_take(json_string_value(v), &expect, e);
	if (rc == RC_OK)
		rc = c->n_words == 1 ? verify_one(c, c->words[0], &expect, &said, e)
				     : verify_many(c, &expect, e);
	json_decref(given);
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
	{"verify", "BUNDLE...", 1, CLI_VALUES_MAX,
	 "check evidence bundles, or proofs of equivocation: no network, no node, no "
	 "credential needed",
	 "saluran verify case.bundle --fingerprint authority=lusab-babad-...", false,
	 verify_options, cmd_verify},
	{0},
};
