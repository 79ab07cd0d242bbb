/*
 * The container: an archive that any tar opens, in one encoding.
 *
 * A reader that understood headers in its own way would accept many bytes for one
 * content. So nothing of a header is understood but name and size: the header is made
 * again from these two, and must be the same.
 */
#include "core/bundle.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "core/bundle_int.h"

enum { BLOCK = BUNDLE_BLOCK, SIZE_DIGITS = 11, END_BLOCKS = 2 };

/* Of a header; the fields tile the block, so that every byte has a name. */
enum { AT_NAME = 0, AT_SIZE = 124, AT_SUM = 148, SUM_LEN = 8 };
static const struct {
	const char *name;
	size_t at, len;
	const char *is; /* always this, zeros after it; NULL: see header_make() */
} fields[] = {
	{"name", AT_NAME, 100, NULL},
	{"mode", 100, 8, "0000444"},
	{"uid", 108, 8, "0000000"},
	{"gid", 116, 8, "0000000"},
	{"size", AT_SIZE, 12, NULL},
	{"mtime", 136, 12, "00000000000"},
	{"checksum", AT_SUM, SUM_LEN, NULL},
	{"typeflag", 156, 1, "0"},
	{"linkname", 157, 100, ""},
	{"magic", 257, 6, "ustar"},
	{"version", 263, 2, "00"},
	{"uname", 265, 32, ""},
	{"gname", 297, 32, ""},
	{"devmajor", 329, 8, "0000000"},
	{"devminor", 337, 8, "0000000"},
	{"prefix", 345, 155, ""},
	{"the rest", 500, 12, ""},
};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

static void
octal_put(uint8_t *out, size_t digits, uint64_t v)
{
	for (size_t i = digits; i > 0; i--, v >>= 3)
		out[i - 1] = (uint8_t)('0' + (v & 7));
	assert(v == 0);
}

static void
header_make(uint8_t h[BLOCK], const char *name, size_t name_len, size_t size)
{
	uint64_t sum = 0;

	memset(h, 0, BLOCK);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (fields[i].is != NULL)
			memcpy(h + fields[i].at, fields[i].is, strlen(fields[i].is));
	memcpy(h + AT_NAME, name, name_len);
	octal_put(h + AT_SIZE, SIZE_DIGITS, size);
	memset(h + AT_SUM, ' ', SUM_LEN);
	for (size_t i = 0; i < BLOCK; i++)
		sum += h[i];
	octal_put(h + AT_SUM, 6, sum);
	h[AT_SUM + 6] = '\0';
}

/* Such a name cannot lead out of the folder that somebody unpacks it in. */
static bool
name_valid(const char *name, size_t len)
{
	bool begins = true;

	if (len == 0 || len > BUNDLE_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '-';

		if (!word && (begins || (c != '.' && c != '/')))
			return false;
		begins = c == '/';
	}
	return !begins;
}

static bool
comes_before(const char *x, const char *y)
{
	if (strcmp(x, BUNDLE_MANIFEST) == 0)
		return false;
	return strcmp(y, BUNDLE_MANIFEST) == 0 || strcmp(x, y) < 0;
}

size_t
bundle_padding(uint64_t len)
{
	return (size_t)((BLOCK - len % BLOCK) % BLOCK);
}

void
bundle_header(uint8_t ret[BUNDLE_BLOCK], const char *name, uint64_t len)
{
	assert(name_valid(name, strlen(name)));
	header_make(ret, name, strlen(name), (size_t)len);
}

void
bundle_pack(struct buf *b, const struct bundle_member *m, size_t n)
{
	static const uint8_t zeros[END_BLOCKS * BLOCK];
	uint8_t header[BLOCK];

	for (size_t i = 0; i < n; i++) {
		assert(i == 0 || comes_before(m[i - 1].name, m[i].name));
		bundle_header(header, m[i].name, m[i].len);
		buf_put(b, header, BLOCK);
		buf_put(b, m[i].data, m[i].len);
		buf_put(b, zeros, bundle_padding(m[i].len));
	}
	buf_put(b, zeros, sizeof(zeros));
}

/* ---- reading ----------------------------------------------------------------------- */

static bool
all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* The two fields that are understood, and the comparison of them all. */
static enum rc
header_read(struct arena *a, const uint8_t *h, size_t at, const char **ret_name,
	    size_t *ret_size, struct err *e)
{
	const char *name = (const char *)h + AT_NAME;
	size_t name_len = strnlen(name, BUNDLE_NAME_MAX);
	uint8_t again[BLOCK];
	uint64_t size = 0;

	if (!name_valid(name, name_len))
		return err_rule(e, RC_UNPROCESSABLE, BUNDLE_RULE,
				"the header at byte %zu: no name of a member", at);
	for (size_t i = 0; i < SIZE_DIGITS; i++) {
		uint8_t c = h[AT_SIZE + i];
		if (c < '0' || c > '7')
			return err_rule(e, RC_UNPROCESSABLE, BUNDLE_RULE,
					"the header at byte %zu: size is not octal", at);
		size = size << 3 | (uint64_t)(c - '0');
	}
	header_make(again, name, name_len, (size_t)size);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (memcmp(h + fields[i].at, again + fields[i].at, fields[i].len) != 0)
			return err_rule(e, RC_UNPROCESSABLE, BUNDLE_RULE,
					"the header at byte %zu: %s is not what it must "
					"be",
					at, fields[i].name);
	*ret_name = arena_strndup(a, name, name_len);
	*ret_size = (size_t)size;
	return RC_OK;
}

/* One member at *at, which moves behind it. */
static enum rc
member_read(struct arena *a, const uint8_t *bytes, size_t len, size_t *at,
	    struct bundle_member *ret, struct err *e)
{
	enum rc rc = header_read(a, bytes + *at, *at, &ret->name, &ret->len, e);

	if (rc != RC_OK)
		return rc;
	*at += BLOCK;
	if (ret->len > len - *at || bundle_padding(ret->len) > len - *at - ret->len)
		return err_rule(e, RC_UNPROCESSABLE, BUNDLE_RULE,
				"the file ends inside %s: it was cut", ret->name);
	ret->data = (const char *)bytes + *at;
	*at += ret->len;
	if (!all_zero(bytes + *at, bundle_padding(ret->len)))
		return err_rule(e, RC_UNPROCESSABLE, BUNDLE_RULE,
				"bytes stand between %s and the next member", ret->name);
	*at += bundle_padding(ret->len);
	return RC_OK;
}

enum rc
bundle_unpack(struct arena *a, const uint8_t *bytes, size_t len,
	      const struct bundle_member **ret, size_t *ret_n, struct err *e)
{
	struct bundle_member *m = NULL;
	size_t at = 0, n = 0, cap = 0;

	if (len > BUNDLE_MAX)
		return err_rule(e, RC_TOO_LARGE, BUNDLE_RULE,
				"a bundle has at most %d bytes, this has %zu", BUNDLE_MAX,
				len);
	while (len - at >= BLOCK && !all_zero(bytes + at, BLOCK)) {
		if (n == BUNDLE_MEMBERS_MAX)
			return err_rule(e, RC_TOO_LARGE, BUNDLE_RULE,
					"more than %d members", BUNDLE_MEMBERS_MAX);
		if (n == cap) {
			struct bundle_member *old = m;
			cap = cap == 0 ? 64 : 2 * cap;
			m = arena_array(a, cap, sizeof(*m));
			if (n != 0)
				memcpy(m, old, n * sizeof(*m));
		}
		enum rc rc = member_read(a, bytes, len, &at, &m[n], e);
		if (rc != RC_OK)
			return rc;
		if (n > 0 && !comes_before(m[n - 1].name, m[n].name))
			return err_rule(e, RC_UNPROCESSABLE, BUNDLE_RULE,
					"%s stands after %s: members are in the order of "
					"their names, each once",
					m[n].name, m[n - 1].name);
		n++;
	}
	if (len - at != (size_t)END_BLOCKS * BLOCK || !all_zero(bytes + at, len - at))
		return err_rule(e, RC_UNPROCESSABLE, BUNDLE_RULE,
				"after the last member, at byte %zu, two blocks of zeros "
				"must follow and nothing after them",
				at);
	*ret = m;
	*ret_n = n;
	return RC_OK;
}
