/*
 * Bundles of version 2: they say what those of version 1 say, refuse what was changed at
 * every member, and hold a case of very many events in a bounded part of memory.
 *
 * With "--verify FILE" the program verifies a file, under the limit that it was given.
 */
/* Before it: names of ours would shadow its own. */
#include "file_read.h"

#include "bundle_long.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the same as version 1 --------------------------------------------------------- */

static void
same_report(struct made *m, const uint64_t cosigned[PARTY_COUNT])
{
	struct bundle_report one, two;
	size_t len;

	expect_valid(m, &one);
	const uint8_t *bytes = written_long(m, cosigned, &len);
	expect_ok(bytes, len, &two);
	json_t *x = bundle_report_json(&one), *y = bundle_report_json(&two);
	if (!json_equal(x, y))
		fail_msg("%s\n%s", json_dumps(x, JSON_COMPACT),
			 json_dumps(y, JSON_COMPACT));
	json_decref(x);
	json_decref(y);
}

static void
says_the_same(void **state)
{
	(void)state;
	same_report(made_new(NULL), NULL);
	const uint64_t some[] = {AT_REMIND, 3};
	same_report(made_new(some), some);
	const uint64_t none[] = {0, 0};
	same_report(made_new(none), none);
	struct made *m = made_new(NULL);
	m->c.with_disclosures = false;
	same_report(m, NULL);
}

static void
pieces_take(void *arg, const char *p, size_t len)
{
	buf_put(arg, p, len);
}

/* The JSON in pieces is the JSON in one. */
static void
in_pieces(void **state)
{
	struct made *m = made_new(NULL);
	struct buf b = BUF_INIT(1 << 20);
	struct bundle_report r;
	struct err e = ERR_INIT;
	size_t len;
	const uint8_t *bytes = written_long(m, NULL, &len);

	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		enum rc rc = bundle_verify(a, bytes, len - (size_t)broken, NULL, &r, &e);
		assert_int_equal(rc, broken ? RC_UNPROCESSABLE : RC_OK);
		buf_reset(&b);
		bundle_report_write(&r, pieces_take, &b);
		json_t *x = json_loadb(buf_str(&b), b.len, 0, NULL);
		json_t *y = bundle_report_json(&r);
		assert_true(x != NULL && json_equal(x, y));
		json_decref(x);
		json_decref(y);
	}
	buf_free(&b);
}

/* ---- what is refused --------------------------------------------------------------- */

/* A member as a text of its own; NULL data: it goes. */
struct change {
	const char *name;
	const char *data;
	size_t len;
};

/* The members with one changed or new, under a manifest that is right. */
static const uint8_t *
repacked(struct made *m, const uint8_t *bytes, size_t len, const struct change *c,
	 size_t *ret_len)
{
	const struct bundle_member *old;
	struct bundle_member *all;
	struct buf out = BUF_INIT(1 << 22);
	struct err e = ERR_INIT;
	size_t n, k = 0;
	bool put = c->data == NULL;

	assert_int_equal(bundle_unpack(a, bytes, len, &old, &n, &e), RC_OK);
	all = arena_array(a, n + 1, sizeof(*all));
	for (size_t i = 0; i + 1 < n; i++) {
		int d = strcmp(c->name, old[i].name);
		if (!put && d <= 0) {
			all[k++] = (struct bundle_member){c->name, c->data, c->len};
			put = true;
		}
		if (d != 0)
			all[k++] = old[i];
	}
	if (!put)
		all[k++] = (struct bundle_member){c->name, c->data, c->len};
	json_t *members = json_array();
	for (size_t i = 0; i < k; i++) {
		struct hash h;
		char hex[HASH_HEX_LEN + 1];
		hash_bytes(all[i].data, all[i].len, &h);
		json_array_append_new(members,
				      json_pack("{s:s, s:I, s:s}", "name", all[i].name,
						"len", (json_int_t)all[i].len, "sha256",
						hash_hex(&h, hex)));
	}
	json_t *payload =
		json_pack("{s:i, s:s, s:I, s:s, s:o}", "v", BUNDLE_VERSION_LONG, "org",
			  m->w.id[m->c.exporter]->org, "made", (json_int_t)m->c.made_us,
			  "case", WORLD_CASE, "members", members);
	char *text = json_dumps(payload, JSON_COMPACT);
	const char *jws = jws_sign(a, world_seed(&m->w, m->c.exporter, SEED_EVENT),
				   BUNDLE_TYP, text, strlen(text));
	const char *line = arena_printf(a, "%s\n", jws);
	all[k++] = (struct bundle_member){"MANIFEST.jws", line, strlen(line)};
	free(text);
	json_decref(payload);
	bundle_pack(&out, all, k);
	assert_true(buf_ok(&out));
	const uint8_t *ret = arena_copy(a, buf_str(&out), out.len);
	*ret_len = out.len;
	buf_free(&out);
	return ret;
}

static const struct bundle_member *
member_of(const uint8_t *bytes, size_t len, const char *name)
{
	const struct bundle_member *m;
	struct err e = ERR_INIT;
	size_t n;

	assert_int_equal(bundle_unpack(a, bytes, len, &m, &n, &e), RC_OK);
	for (size_t i = 0; i < n; i++)
		if (strcmp(m[i].name, name) == 0)
			return &m[i];
	fail_msg("%s is not there", name);
	return NULL;
}

/* What becomes of the text of a member. */
static const char *
gone(const char *text)
{
	(void)text;
	return NULL;
}

static const char *
without_last_line(const char *text)
{
	size_t len = strlen(text) - 1;

	while (len > 0 && text[len - 1] != '\n')
		len--;
	return arena_strndup(a, text, len);
}

static const char *
last_line_twice(const char *text)
{
	return arena_printf(a, "%s%s", text, text + strlen(without_last_line(text)));
}

/* A hash that is another: its first letter. */
static const char *
last_line_other(const char *text)
{
	char *copy = arena_strdup(a, text);
	char *at = copy + strlen(without_last_line(text));

	*at = *at == 'A' ? 'B' : 'A';
	return copy;
}

static const char *
no_base64(const char *text)
{
	char *copy = arena_strdup(a, text);

	copy[strlen(without_last_line(text))] = '!';
	return copy;
}

static const char *
first_number_other(const char *text)
{
	return arena_printf(a, "9%s", text);
}

static const char *
no_number(const char *text)
{
	return arena_printf(a, "x%s", text);
}

static const char *
other_bytes(const char *text)
{
	const char *space = strchr(text, ' ');

	return arena_printf(a, "%.*s 99999%s", (int)(space - text), text,
			    strchr(space + 1, ' '));
}

static const char *
other_events(const char *text)
{
	const char *lf = strchr(text, '\n');

	return arena_printf(a, "%.*s2%s", (int)(lf - text), text, lf);
}

static const char *
other_event(const char *text)
{
	const char *lf = strchr(text, '\n');

	return arena_printf(a, "%.*s\n2%s", (int)(lf - text), text, lf + 1);
}

/* The two lines in front change places. */
static const char *
lines_swapped(const char *text)
{
	const char *one = strchr(text, '\n') + 1, *two = strchr(one, '\n') + 1;

	return arena_printf(a, "%.*s%.*s%s", (int)(two - one), one, (int)(one - text),
			    text, two);
}

static const char *
first_line_twice(const char *text)
{
	return arena_printf(a, "%.*s%s", (int)(strchr(text, '\n') + 1 - text), text,
			    text);
}

static void
each_member(void **state)
{
	static const struct {
		const char *name;
		const char *(*to)(const char *text);
		enum bundle_step step;
		const char *says;
	} rows[] = {
		{"logs/authority/checkpoint.proof", gone, BUNDLE_STEP_INCLUSION,
		 "is missing"},
		{"logs/authority/checkpoint.proof", without_last_line,
		 BUNDLE_STEP_INCLUSION, "too short"},
		{"logs/authority/checkpoint.proof", last_line_twice,
		 BUNDLE_STEP_INCLUSION, "too long"},
		{"logs/authority/checkpoint.proof", last_line_other,
		 BUNDLE_STEP_INCLUSION, "does not lead to the root"},
		{"logs/authority/checkpoint.proof", no_base64, BUNDLE_STEP_INCLUSION,
		 "in base64"},
		{"receipts/authority.txt", gone, BUNDLE_STEP_RECEIPTS, "is missing"},
		{"receipts/authority.txt", without_last_line, BUNDLE_STEP_RECEIPTS,
		 "too short"},
		{"receipts/authority.txt", last_line_twice, BUNDLE_STEP_RECEIPTS,
		 "adopts what follows"},
		{"receipts/authority.txt", last_line_other, BUNDLE_STEP_RECEIPTS,
		 "does not lead to the root"},
		{"receipts/authority.txt", first_number_other, BUNDLE_STEP_RECEIPTS,
		 "here stands that of event"},
		{"receipts/authority.txt", no_number, BUNDLE_STEP_RECEIPTS,
		 "a line of 4 numbers is due"},
		{"receipts/authority.txt", other_bytes, BUNDLE_STEP_RECEIPTS,
		 "ends in a head"},
		{"receipts/authority.txt", other_events, BUNDLE_STEP_RECEIPTS,
		 "is of 12 events, and of 1 by the log"},
		{"receipts/authority.txt", other_event, BUNDLE_STEP_RECEIPTS,
		 "is not of event"},
		{"disclosures.txt", lines_swapped, BUNDLE_STEP_DISCLOSURES,
		 "not in the order of the events"},
		{"disclosures.txt", first_line_twice, BUNDLE_STEP_DISCLOSURES,
		 "stands twice"},
		{"disclosures.txt", no_number, BUNDLE_STEP_DISCLOSURES, "line 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made *m = made_new(NULL);
		size_t len, n;
		const uint8_t *bytes = written_long(m, NULL, &len);
		const struct bundle_member *old = member_of(bytes, len, rows[i].name);
		struct change c = {
			.name = rows[i].name,
			.data = rows[i].to(arena_strndup(a, old->data, old->len))};
		c.len = c.data == NULL ? 0 : strlen(c.data);
		bytes = repacked(m, bytes, len, &c, &n);
		expect_bytes(bytes, n, rows[i].step, rows[i].says);
	}
}

/* Members of the other version, and proofs that nothing needs. */
static void
strange_members(void **state)
{
	static const struct {
		const char *name;
		enum bundle_step step;
		const char *says;
	} rows[] = {
		{"logs/authority/proof/2.tlog-proof", BUNDLE_STEP_MEMBERS,
		 "does not belong"},
		{"receipts/authority/3.tlog-proof", BUNDLE_STEP_MEMBERS,
		 "does not belong"},
		{"logs/authority/cosigned.proof", BUNDLE_STEP_INCLUSION,
		 "no event here needs this proof"},
		{"receipts/platform.txt", BUNDLE_STEP_RECEIPTS,
		 "no event here adopts a receipt"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made *m = made_new(NULL);
		const struct change c = {rows[i].name, "x\n", 2};
		size_t len, n;
		const uint8_t *bytes = written_long(m, NULL, &len);
		bytes = repacked(m, bytes, len, &c, &n);
		expect_bytes(bytes, n, rows[i].step, rows[i].says);
	}
}

/* The writer tells what does not fit before it writes it. */
static void
too_many_events(void **state)
{
	struct made *m = made_new(NULL);
	const struct bundle_long_log logs[PARTY_COUNT] = {{.n = BUNDLE_EVENTS_MAX},
							  {.n = 1}};
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(bundle_write_long(&m->c, logs, NULL, NULL, sign_with, NULL, &e),
			 RC_TOO_LARGE);
	assert_non_null(strstr(e.text, "too many events"));
}

/* ---- the sample -------------------------------------------------------------------- */

static const char sample[] = "long.bundle";

static void
every_byte(void **state)
{
	struct arena *tmp = arena_create();
	size_t len;
	const uint8_t *good = (const uint8_t *)file_read(
		a, "SALURAN_SOURCE", arena_printf(a, "tests/bundle/%s", sample), &len);
	uint8_t *bytes = arena_copy(a, good, len);
	struct bundle_report r;

	(void)state;
	expect_ok(bytes, len, &r);
	for (size_t i = 0; i < len; i++) {
		struct err e = ERR_INIT;
		uint8_t bit = (uint8_t)(1U << i % 8);
		bytes[i] ^= bit;
		if (bundle_verify(tmp, bytes, len, NULL, &r, &e) == RC_OK)
			fail_msg("byte %zu of %s was changed, and nothing noticed", i,
				 sample);
		bytes[i] ^= bit;
		arena_reset(tmp);
	}
	arena_free(tmp);
}

static int
sample_write(const char *dir)
{
	crypto_start();
	a = arena_create();
	const uint64_t some[] = {AT_REMIND, 3};
	struct made *m = made_new(some);
	size_t len;
	const uint8_t *bytes = written_long(m, some, &len);
	FILE *f = fopen(arena_printf(a, "%s/%s", dir, sample), "wb");

	if (f == NULL || fwrite(bytes, 1, len, f) != len || fclose(f) != 0) {
		perror(sample);
		return 1;
	}
	arena_free(a);
	return 0;
}

/* ---- very many events -------------------------------------------------------------- */

enum { MANY_DECISIONS = 30000, MANY_MIB = 56 };

static enum rc
file_put(void *arg, const void *p, size_t len, struct err *e)
{
	return fwrite(p, 1, len, arg) == len ? RC_OK : err_sys(e, "write");
}

static enum rc
file_put_at(void *arg, uint64_t at, const void *p, size_t len, struct err *e)
{
	if (fflush(arg) != 0 || pwrite(fileno(arg), p, len, (off_t)at) != (ssize_t)len)
		return err_sys(e, "write");
	return RC_OK;
}

static const char *self;

static int
verify_in_child(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(self, self, "--verify", path, (char *)NULL);
		_exit(127);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Items decided again and again, one by one. */
static void
many_decide(struct made *m, struct arena *keep, uint64_t *seq)
{
	static const char *const outcomes[] = {"removed", "not_found", "already_removed"};
	struct world *w = &m->w;
	const struct world_text reason[] = {{"reason", "\"Sudah\""}, {NULL, NULL}};
	struct arena *kept = w->a;
	size_t texts = w->n_texts;

	w->keep = keep;
	w->a = arena_create();
	for (size_t i = 0; i < MANY_DECISIONS; i++) {
		const char *body =
			arena_printf(w->a, "{\"outcome\":\"%s\",\"items\":[%zu]}",
				     outcomes[i % 3], i % 3);
		seq[i] = world_append(w, PARTY_PLATFORM, "item.decide", WORLD_CASE, "q-1",
				      body, i % 3 == 0 ? NULL : reason, NULL);
		w->n_texts = texts; /* they are not disclosed */
		arena_reset(w->a);
	}
	arena_free(w->a);
	w->a = kept;
	w->keep = NULL;
}

static void
very_many_events(void **state)
{
	struct arena *keep = arena_create();
	made_room = MANY_DECISIONS + WORLD_LEAVES_MAX;
	struct made *m = made_new(NULL);
	made_room = 0;
	const struct bundle_source source = {.arg = &m->w,
					     .event = long_event,
					     .texts = long_texts,
					     .head = long_head,
					     .node = world_node};
	struct bundle_long_log logs[PARTY_COUNT];
	struct err e = ERR_INIT;
	uint8_t key[SEED_LEN];
	uint64_t *seq = arena_array(keep, MANY_DECISIONS, sizeof(*seq));
	char path[] = "/tmp/saluran-bundle-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "wb");

	(void)state;
	assert_non_null(f);
	many_decide(m, keep, seq);
	long_logs(m, logs, NULL);
	struct world_log *l = &m->w.log[PARTY_PLATFORM];
	uint64_t *all = arena_array(keep, l->n, sizeof(*all));
	for (uint64_t i = 0; i < l->n; i++)
		all[i] = i;
	logs[PARTY_PLATFORM].seq = all;
	logs[PARTY_PLATFORM].n = l->n;
	logs[PARTY_PLATFORM].checkpoint =
		world_head(&m->w, PARTY_PLATFORM, l->n, 1500000000);
	logs[PARTY_PLATFORM].checkpoint_size = l->n;
	m->c.with_disclosures = false;
	memcpy(key, world_seed(&m->w, m->c.exporter, SEED_EVENT), SEED_LEN);
	const struct bundle_sink sink = {f, file_put, file_put_at};
	if (bundle_write_long(&m->c, logs, &source, &sink, sign_with, key, &e) != RC_OK)
		fail_msg("%s", e.text);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(verify_in_child(path), 0);
	/* It can fail: a byte in the middle. */
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "!", 1, 15000000), 1);
	close(fd);
	assert_int_equal(verify_in_child(path), 3);
	unlink(path);
	arena_free(keep);
}

/* Private memory of all kinds counts, and the file's pages, which are shared, do not.
 * Under a sanitizer there is no telling. */
static int
verify_file(const char *path)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	const struct rlimit most = {(rlim_t)MANY_MIB << 20, (rlim_t)MANY_MIB << 20};

	if (setrlimit(RLIMIT_DATA, &most) != 0)
		return 1;
#endif
	struct bundle_report r;
	struct err e = ERR_INIT;
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return 1;
	const uint8_t *bytes = fstat(fd, &st) != 0 ? MAP_FAILED
						   : mmap(NULL, (size_t)st.st_size,
							  PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return 1;
	crypto_start();
	a = arena_create();
	if (bundle_verify(a, bytes, (size_t)st.st_size, NULL, &r, &e) != RC_OK)
		return 3;
	if (r.n_events < MANY_DECISIONS || r.casework.decided != 3)
		return 4;
	arena_free(a);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(says_the_same),	TEST(in_pieces),       TEST(each_member),
		TEST(strange_members),	TEST(too_many_events), TEST(every_byte),
		TEST(very_many_events),
	};

	self = argv[0];
	if (argc == 3 && strcmp(argv[1], "--write") == 0)
		return sample_write(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--verify") == 0)
		return verify_file(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
