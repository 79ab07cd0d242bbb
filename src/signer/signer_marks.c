/*
 * Why a whole file for each change: a mark moves once a group commit or receipt, a file
 * of marks is small, and write, fsync, rename is the one way that a crash at any point
 * leaves either the old marks or the new.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/enc.h"
#include "signer/signer_int.h"

#define MARKS_MAGIC  "saluran-marks-v1\n"
#define MARKS_DIGEST "sha256 "

enum {
	MARK_LINE_MAX = NOTE_NAME_MAX + HASH_HEX_LEN + 2 * 20 + 4,
	DIGEST_LINE_LEN = sizeof(MARKS_DIGEST) - 1 + HASH_HEX_LEN + 1,
	MARKS_FILE_MAX =
		sizeof(MARKS_MAGIC) + SIGNER_MARKS_MAX * MARK_LINE_MAX + DIGEST_LINE_LEN,
	/* A daemon that was killed leaves a signer that ends a moment later. */
	LOCK_TRIES = 100,
	LOCK_WAIT_NS = 20 * 1000 * 1000,
};

struct signer_marks {
	struct arena *a;
	int dir, lock;
	const char *name, *temp_name;
	size_t n;
	struct signer_mark marks[SIGNER_MARKS_MAX];
};

const struct signer_mark *
signer_marks_find(const struct signer_marks *m, const char *origin)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->marks[i].origin, origin) == 0)
			return &m->marks[i];
	return NULL;
}

/* ---- reading ----------------------------------------------------------------------- */

static enum rc
damaged(const struct signer_marks *m, struct err *e, const char *what)
{
	return err_set(
		e, RC_CORRUPT,
		"the file of marks, %s, is damaged: %s.  Nothing is signed, so that no "
		"second history can be.  Restore it, or move it away: then the node "
		"asks its peers what was signed",
		m->name, what);
}

/* The word before `end` or the next space; *at moves behind that. */
static const char *
next_word(const char **at, const char *end, size_t *ret_len)
{
	const char *word = *at;
	const char *space = memchr(word, ' ', (size_t)(end - word));
	const char *stop = space == NULL ? end : space;

	*ret_len = (size_t)(stop - word);
	*at = space == NULL ? end : space + 1;
	return word;
}

static bool
parse_mark(const char *line, size_t len, struct signer_mark *ret)
{
	const char *at = line, *end = line + len;
	size_t n;

	const char *origin = next_word(&at, end, &n);
	if (!note_name_valid(origin, n))
		return false;
	memcpy(ret->origin, origin, n);
	ret->origin[n] = '\0';
	const char *size = next_word(&at, end, &n);
	if (decimal_parse(size, n, MERKLE_SIZE_MAX, &ret->size) != RC_OK)
		return false;
	const char *root = next_word(&at, end, &n);
	if (hash_parse_hex(root, n, &ret->root) != RC_OK)
		return false;
	return decimal_parse(at, (size_t)(end - at), INT64_MAX, &ret->cosig_time_s) ==
	       RC_OK;
}

static enum rc
parse_marks(struct signer_marks *m, const char *text, size_t len, struct err *e)
{
	const size_t magic_len = sizeof(MARKS_MAGIC) - 1;
	const size_t word_len = sizeof(MARKS_DIGEST) - 1;
	struct hash want, got;

	if (len < magic_len + DIGEST_LINE_LEN ||
	    memcmp(text, MARKS_MAGIC, magic_len) != 0)
		return damaged(m, e, "it is too short, or does not begin as one");
	const char *digest = text + len - DIGEST_LINE_LEN;
	if (memcmp(digest, MARKS_DIGEST, word_len) != 0 || text[len - 1] != '\n' ||
	    hash_parse_hex(digest + word_len, HASH_HEX_LEN, &want) != RC_OK)
		return damaged(m, e, "its last line is not a digest");
	hash_bytes(text, len - DIGEST_LINE_LEN, &got);
	if (!hash_equal(&want, &got))
		return damaged(m, e, "it has not the content that its last line tells");
	for (const char *line = text + magic_len; line < digest;) {
		const char *lf = memchr(line, '\n', (size_t)(digest - line));
		struct signer_mark mark = {.size = 0};
		if (lf == NULL || m->n == SIGNER_MARKS_MAX ||
		    !parse_mark(line, (size_t)(lf - line), &mark) ||
		    signer_marks_find(m, mark.origin) != NULL)
			return damaged(m, e, "a line is no mark");
		m->marks[m->n++] = mark;
		line = lf + 1;
	}
	return RC_OK;
}

static enum rc
read_file(struct signer_marks *m, int fd, struct err *e)
{
	struct buf b = BUF_INIT(MARKS_FILE_MAX);
	char part[16384];
	enum rc rc = RC_OK;
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0)
		buf_put(&b, part, (size_t)n);
	if (n < 0)
		rc = err_sys(e, "read the file of marks, %s", m->name);
	else if (!buf_ok(&b))
		rc = damaged(m, e, "it is too long");
	else
		rc = parse_marks(m, buf_str(&b), b.len, e);
	buf_free(&b);
	return rc;
}

/* ---- writing ----------------------------------------------------------------------- */

static enum rc
write_temp(struct signer_marks *m, const struct buf *b, struct err *e)
{
	enum rc rc = RC_OK;
	size_t done = 0;

	int fd = openat(m->dir, m->temp_name,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "create %s", m->temp_name);
	while (done < b->len) {
		ssize_t n = write(fd, b->data + done, b->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	if (done < b->len || fsync(fd) != 0)
		rc = err_sys(e, "write %s", m->temp_name);
	close(fd);
	return rc;
}

static enum rc
write_file(struct signer_marks *m, struct err *e)
{
	struct buf b = BUF_INIT(MARKS_FILE_MAX);
	char hex[HASH_HEX_LEN + 1];
	struct hash h;
	enum rc rc;

	buf_puts(&b, MARKS_MAGIC);
	for (size_t i = 0; i < m->n; i++)
		buf_printf(&b, "%s %" PRIu64 " %s %" PRIu64 "\n", m->marks[i].origin,
			   m->marks[i].size, hash_hex(&m->marks[i].root, hex),
			   m->marks[i].cosig_time_s);
	hash_bytes(b.data, b.len, &h);
	buf_printf(&b, MARKS_DIGEST "%s\n", hash_hex(&h, hex));
	assert(buf_ok(&b));
	rc = write_temp(m, &b, e);
	if (rc == RC_OK && renameat(m->dir, m->temp_name, m->dir, m->name) != 0)
		rc = err_sys(e, "replace %s", m->name);
	if (rc == RC_OK && fsync(m->dir) != 0)
		rc = err_sys(e, "write the folder of %s", m->name);
	buf_free(&b);
	return rc;
}

enum rc
signer_marks_set(struct signer_marks *m, const struct signer_mark *mark, struct err *e)
{
	size_t i = 0;

	while (i < m->n && strcmp(m->marks[i].origin, mark->origin) != 0)
		i++;
	if (i == SIGNER_MARKS_MAX)
		return err_set(e, RC_LIMIT,
			       "the signer keeps the marks of %d logs, not more",
			       SIGNER_MARKS_MAX);
	const struct signer_mark before = m->marks[i];
	const size_t n_before = m->n;
	m->marks[i] = *mark;
	if (i == m->n)
		m->n++;
	/* Should the failure come after the rename, the file is ahead of what was signed:
	 * it errs on the safe side, and the next success writes it anew. */
	enum rc rc = write_file(m, e);
	if (rc != RC_OK) {
		m->marks[i] = before;
		m->n = n_before;
	}
	return rc;
}

/* ---- opening ----------------------------------------------------------------------- */

/* The file itself is replaced by rename, so its lock is a file beside it. */
static enum rc
take_lock(struct signer_marks *m, struct err *e)
{
	const char *name = arena_printf(m->a, "%s.lock", m->name);

	m->lock = openat(m->dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (m->lock < 0)
		return err_sys(e, "open %s", name);
	for (int i = 0; i < LOCK_TRIES; i++) {
		const struct timespec wait = {.tv_nsec = LOCK_WAIT_NS};
		if (flock(m->lock, LOCK_EX | LOCK_NB) == 0)
			return RC_OK;
		if (errno != EWOULDBLOCK)
			return err_sys(e, "lock %s", name);
		nanosleep(&wait, NULL);
	}
	return err_set(
		e, RC_CONFLICT,
		"another signer holds the marks in %s: is a second daemon running on "
		"this node's data?",
		m->name);
}

enum rc
signer_marks_open(const char *path, struct signer_marks **ret, struct err *e)
{
	struct arena *a = arena_create();
	struct signer_marks *m = ARENA_NEW(a, struct signer_marks);
	const char *folder = dirname(arena_strdup(a, path));
	int fd = -1;
	enum rc rc;

	m->a = a;
	m->lock = -1;
	m->name = basename(arena_strdup(a, path));
	m->temp_name = arena_printf(a, "%s.tmp", m->name);
	m->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0) {
		rc = err_sys(e, "open the folder of marks, %s", folder);
		goto out;
	}
	rc = take_lock(m, e);
	if (rc != RC_OK)
		goto out;
	fd = openat(m->dir, m->name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		rc = read_file(m, fd, e);
	else if (errno == ENOENT)
		rc = write_file(m, e);
	else
		rc = err_sys(e, "open the file of marks, %s", path);
out:
	if (fd >= 0)
		close(fd);
	if (rc != RC_OK)
		signer_marks_close(m);
	else
		*ret = m;
	return rc;
}

void
signer_marks_close(struct signer_marks *m)
{
	if (m == NULL)
		return;
	if (m->lock >= 0)
		close(m->lock);
	if (m->dir >= 0)
		close(m->dir);
	arena_free(m->a);
}
