#include "core/mirror.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/enc.h"
#include "core/note.h"

#define WITNESS_RULE "tlog-witness"
#define MIRROR_RULE  "tlog-mirror"

enum {
	TILE_LEVEL_MAX = 63,
	TILE_GROUP = 1000,   /* an index is written in groups of three digits */
	TILE_GROUPS_MAX = 7, /* of an index up to 2^63 - 1 */
};

/* ---- a cursor over text lines ------------------------------------------------------ */

struct lines {
	const char *at, *end;
};

/* The next line without its LF, or NULL when no whole line is left. */
static const char *
lines_next(struct lines *l, size_t *ret_len)
{
	const char *line = l->at;
	const char *lf = memchr(line, '\n', (size_t)(l->end - line));

	if (lf == NULL)
		return NULL;
	*ret_len = (size_t)(lf - line);
	l->at = lf + 1;
	return line;
}

static enum rc
lines_number(struct lines *l, uint64_t *ret)
{
	size_t len;
	const char *s = lines_next(l, &len);

	return s == NULL ? RC_INVALID : decimal_parse(s, len, MERKLE_SIZE_MAX, ret);
}

/* ---- add-checkpoint (tlog-witness, "add-checkpoint") ------------------------------- */

static enum rc
hash_line_parse(struct arena *a, const char *s, size_t len, struct hash *ret)
{
	uint8_t *p;
	size_t n;

	if (b64_decode(a, s, len, &p, &n) != RC_OK || n != HASH_LEN)
		return RC_INVALID;
	memcpy(ret->b, p, HASH_LEN);
	return RC_OK;
}

enum rc
mirror_checkpoint_parse(struct arena *a, const char *wire, size_t len,
			struct mirror_checkpoint *ret, struct err *e)
{
	static const char old[] = "old ";
	const size_t old_len = sizeof(old) - 1;
	struct lines l = {wire, wire + len};
	const char *line;
	size_t line_len;

	line = lines_next(&l, &line_len);
	if (line == NULL || line_len < old_len || memcmp(line, old, old_len) != 0 ||
	    decimal_parse(line + old_len, line_len - old_len, MERKLE_SIZE_MAX,
			  &ret->old) != RC_OK)
		return err_rule(e, RC_INVALID, WITNESS_RULE,
				"the first line is not \"old\" and a size");
	for (ret->n_proof = 0;; ret->n_proof++) {
		line = lines_next(&l, &line_len);
		if (line == NULL)
			return err_rule(e, RC_INVALID, WITNESS_RULE,
					"no empty line before the checkpoint");
		if (line_len == 0)
			break;
		if (ret->n_proof == MIRROR_PROOF_MAX)
			return err_rule(e, RC_TOO_LARGE, WITNESS_RULE,
					"a proof has at most %d hashes",
					MIRROR_PROOF_MAX);
		if (hash_line_parse(a, line, line_len, &ret->proof[ret->n_proof]) !=
		    RC_OK)
			return err_rule(e, RC_INVALID, WITNESS_RULE,
					"line %zu is not a hash in base64",
					ret->n_proof + 2);
	}
	ret->note_len = (size_t)(l.end - l.at);
	ret->note = arena_strndup(a, l.at, ret->note_len);
	return RC_OK;
}

void
mirror_checkpoint_put(struct buf *b, const struct mirror_checkpoint *c)
{
	buf_printf(b, "old %" PRIu64 "\n", c->old);
	for (size_t i = 0; i < c->n_proof; i++) {
		b64_put(b, c->proof[i].b, HASH_LEN);
		buf_putc(b, '\n');
	}
	buf_putc(b, '\n');
	buf_put(b, c->note, c->note_len);
}

/* ---- add-entries (tlog-mirror, "Request Body") ------------------------------------- */

static uint64_t
package_floor(uint64_t index)
{
	return index - index % MIRROR_PACKAGE;
}

/* The interval of package `i` of the canonical sequence; false past its end. */
static bool
package_range(const struct mirror_entries *m, size_t i, uint64_t *ret_start,
	      size_t *ret_n)
{
	uint64_t from = package_floor(m->start) + (uint64_t)i * MIRROR_PACKAGE;
	uint64_t start = from > m->start ? from : m->start;

	if (start >= m->end)
		return false;
	*ret_start = start;
	*ret_n = m->end - from < MIRROR_PACKAGE ? (size_t)(m->end - start)
						: (size_t)(from + MIRROR_PACKAGE - start);
	return true;
}

/* c->failed: the body ends inside it. */
static enum rc
package_parse(struct arena *a, struct cursor *c, struct mirror_package *p, struct err *e)
{
	struct mirror_entry *entries = arena_array(a, p->n_entries, sizeof(*entries));

	p->entries = entries;
	for (size_t i = 0; i < p->n_entries && !c->failed; i++) {
		entries[i].len = (size_t)cursor_number(c, 2);
		entries[i].data = cursor_take(c, entries[i].len);
	}
	p->n_proof = (size_t)cursor_number(c, 1);
	if (p->n_proof > MIRROR_PROOF_MAX)
		return err_rule(e, RC_INVALID, MIRROR_RULE,
				"a proof has at most %d hashes", MIRROR_PROOF_MAX);
	const uint8_t *proof = cursor_take(c, p->n_proof * HASH_LEN);
	for (size_t i = 0; i < p->n_proof && !c->failed; i++)
		memcpy(p->proof[i].b, proof + i * HASH_LEN, HASH_LEN);
	return RC_OK;
}

/* What stands before the packages. */
static enum rc
head_parse(struct arena *a, struct cursor *c, struct mirror_entries *m, struct err *e)
{
	size_t origin_len = (size_t)cursor_number(c, 2);
	const char *origin = (const char *)cursor_take(c, origin_len);

	m->start = cursor_number(c, 8);
	m->end = cursor_number(c, 8);
	m->ticket_len = (size_t)cursor_number(c, 2);
	m->ticket = cursor_take(c, m->ticket_len);
	if (m->ticket_len > MIRROR_TICKET_MAX)
		return err_rule(e, RC_TOO_LARGE, MIRROR_RULE,
				"the ticket exceeds %d bytes; none of ours does",
				MIRROR_TICKET_MAX);
	if (c->failed)
		return err_rule(e, RC_INVALID, MIRROR_RULE,
				"the body ends before its first package");
	if (!note_name_valid(origin, origin_len))
		return err_rule(e, RC_INVALID, MIRROR_RULE,
				"the origin is not the name of a log");
	if (m->start > m->end || m->end > MERKLE_SIZE_MAX)
		return err_rule(e, RC_INVALID, MIRROR_RULE,
				"upload_start %" PRIu64 " and upload_end %" PRIu64
				" are no interval of a log",
				m->start, m->end);
	m->origin = arena_strndup(a, origin, origin_len);
	return RC_OK;
}

enum rc
mirror_entries_parse(struct arena *a, const uint8_t *wire, size_t len,
		     struct mirror_entries *ret, struct err *e)
{
	struct cursor c = {wire, len, false};
	struct mirror_package *packages;
	enum rc rc = head_parse(a, &c, ret, e);

	if (rc != RC_OK)
		return rc;
	packages = arena_array(a, MIRROR_PACKAGES_MAX, sizeof(*packages));
	ret->packages = packages;
	ret->rest = 0;
	for (ret->n_packages = 0; c.left > 0; ret->n_packages++) {
		size_t left = c.left;
		struct mirror_package *p = &packages[ret->n_packages];
		if (ret->n_packages == MIRROR_PACKAGES_MAX)
			return err_rule(
				e, RC_TOO_LARGE, MIRROR_RULE,
				"a request has at most %d packages; send the others "
				"in further requests",
				MIRROR_PACKAGES_MAX);
		if (!package_range(ret, ret->n_packages, &p->start, &p->n_entries))
			return err_rule(e, RC_INVALID, MIRROR_RULE,
					"%zu bytes follow the last package", c.left);
		rc = package_parse(a, &c, p, e);
		if (rc != RC_OK)
			return rc;
		if (c.failed) {
			ret->rest = left;
			break;
		}
	}
	return RC_OK;
}

void
mirror_entries_put(struct buf *b, const struct mirror_entries *m)
{
	size_t origin_len = strlen(m->origin);

	assert(origin_len <= NOTE_NAME_MAX && m->ticket_len <= MIRROR_TICKET_MAX);
	assert(m->n_packages <= MIRROR_PACKAGES_MAX);
	buf_put_u16be(b, (uint16_t)origin_len);
	buf_put(b, m->origin, origin_len);
	buf_put_u64be(b, m->start);
	buf_put_u64be(b, m->end);
	buf_put_u16be(b, (uint16_t)m->ticket_len);
	buf_put(b, m->ticket, m->ticket_len);
	for (size_t i = 0; i < m->n_packages; i++) {
		const struct mirror_package *p = &m->packages[i];
		uint64_t start;
		size_t n;

		bool inside = package_range(m, i, &start, &n);
		assert(inside && start == p->start && n == p->n_entries);
		assert(p->n_proof <= MIRROR_PROOF_MAX);
		for (size_t k = 0; k < n; k++) {
			assert(p->entries[k].len <= MIRROR_ENTRY_MAX);
			buf_put_u16be(b, (uint16_t)p->entries[k].len);
			buf_put(b, p->entries[k].data, p->entries[k].len);
		}
		buf_put_u8(b, (uint8_t)p->n_proof);
		for (size_t k = 0; k < p->n_proof; k++)
			buf_put(b, p->proof[k].b, HASH_LEN);
	}
}

/* ---- the bodies of 409 and 202 ----------------------------------------------------- */

enum rc
mirror_info_parse(struct arena *a, const char *wire, size_t len, struct mirror_info *ret,
		  struct err *e)
{
	struct lines l = {wire, wire + len};
	const char *ticket;
	uint8_t *bytes;
	size_t n;

	if (lines_number(&l, &ret->pending_size) != RC_OK ||
	    lines_number(&l, &ret->next_entry) != RC_OK)
		return err_rule(
			e, RC_INVALID, MIRROR_RULE,
			"the first two lines are not the pending size and the next "
			"entry");
	ticket = lines_next(&l, &n);
	if (ticket == NULL || l.at != l.end)
		return err_rule(e, RC_INVALID, MIRROR_RULE, "there are not three lines");
	if (n > MIRROR_TICKET_MAX / 3 * 4 + 4)
		return err_rule(e, RC_TOO_LARGE, MIRROR_RULE,
				"the ticket exceeds %d bytes", MIRROR_TICKET_MAX);
	if (b64_decode(a, ticket, n, &bytes, &ret->ticket_len) != RC_OK)
		return err_rule(e, RC_INVALID, MIRROR_RULE,
				"the ticket is not in base64");
	if (ret->ticket_len > MIRROR_TICKET_MAX)
		return err_rule(e, RC_TOO_LARGE, MIRROR_RULE,
				"the ticket exceeds %d bytes", MIRROR_TICKET_MAX);
	ret->ticket = bytes;
	return RC_OK;
}

void
mirror_info_put(struct buf *b, const struct mirror_info *i)
{
	buf_printf(b, "%" PRIu64 "\n%" PRIu64 "\n", i->pending_size, i->next_entry);
	b64_put(b, i->ticket, i->ticket_len);
	buf_putc(b, '\n');
}

enum rc
mirror_size_parse(const char *wire, size_t len, uint64_t *ret)
{
	struct lines l = {wire, wire + len};

	if (lines_number(&l, ret) != RC_OK || l.at != l.end)
		return RC_INVALID;
	return RC_OK;
}

/* ---- tile paths (tlog-tiles, "Merkle Tree") ---------------------------------------- */

/* "x001/x234/067": leading groups of zeros would be a second encoding. */
static enum rc
tile_index_parse(const char **path, uint64_t *ret)
{
	const char *s = *path;
	uint64_t v = 0, group;

	for (int n = 0; n < TILE_GROUPS_MAX; n++) {
		bool last = *s != 'x';
		const char *digits = last ? s : s + 1;

		group = 0;
		for (int i = 0; i < 3; i++, digits++) {
			if (*digits < '0' || *digits > '9')
				return RC_INVALID;
			group = group * 10 + (uint64_t)(*digits - '0');
		}
		if (n == 0 && group == 0 && !last)
			return RC_INVALID;
		if (v > (MERKLE_SIZE_MAX - group) / TILE_GROUP)
			return RC_INVALID;
		v = v * TILE_GROUP + group;
		s = digits;
		if (last) {
			*path = s;
			*ret = v;
			return RC_OK;
		}
		if (*s++ != '/')
			return RC_INVALID;
	}
	return RC_INVALID;
}

enum rc
mirror_tile_path_parse(const char *path, bool *ret_entries, unsigned *ret_level,
		       uint64_t *ret_index, unsigned *ret_width)
{
	static const char entries[] = "entries", partial[] = ".p/";
	const char *slash = strchr(path, '/');
	uint64_t level = 0, width = MIRROR_PACKAGE;

	if (slash == NULL)
		return RC_INVALID;
	size_t len = (size_t)(slash - path);
	*ret_entries = len == sizeof(entries) - 1 && memcmp(path, entries, len) == 0;
	if (!*ret_entries && decimal_parse(path, len, TILE_LEVEL_MAX, &level) != RC_OK)
		return RC_INVALID;
	path = slash + 1;
	if (tile_index_parse(&path, ret_index) != RC_OK)
		return RC_INVALID;
	if (*path != '\0') {
		if (strncmp(path, partial, sizeof(partial) - 1) != 0)
			return RC_INVALID;
		path += sizeof(partial) - 1;
		if (decimal_parse(path, strlen(path), MIRROR_PACKAGE - 1, &width) !=
			    RC_OK ||
		    width == 0)
			return RC_INVALID;
	}
	*ret_level = (unsigned)level;
	*ret_width = (unsigned)width;
	return RC_OK;
}

void
mirror_tile_path_put(struct buf *b, bool entries, unsigned level, uint64_t index,
		     unsigned width)
{
	unsigned groups[TILE_GROUPS_MAX];
	size_t n = 0;

	assert(width >= 1 && width <= MIRROR_PACKAGE && level <= TILE_LEVEL_MAX);
	assert(index <= MERKLE_SIZE_MAX);
	if (entries)
		buf_puts(b, "entries/");
	else
		buf_printf(b, "%u/", level);
	do {
		groups[n++] = (unsigned)(index % TILE_GROUP);
		index /= TILE_GROUP;
	} while (index != 0);
	while (n > 1)
		buf_printf(b, "x%03u/", groups[--n]);
	buf_printf(b, "%03u", groups[0]);
	if (width < MIRROR_PACKAGE)
		buf_printf(b, ".p/%u", width);
}
