#include "base/settings.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { SETTINGS_NAME_MAX_BYTES = 64, SETTINGS_DOC_COLUMNS = 78, PORT_MAX = 65535 };

struct value {
	const char *text; /* never NULL once loaded */
	const char *host; /* of an address */
	int64_t number;	  /* of an integer, a boolean, a port */
	size_t line;	  /* that set it; 0: the default or the command line */
};

struct settings {
	struct arena *arena;
	const struct setting_def *defs;
	size_t n;
	struct value *values; /* one a row of `defs` */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Narrow (*s, *len) to what stands between blanks. */
static void
trim(const char **s, size_t *len)
{
	while (*len > 0 && is_blank((*s)[0])) {
		(*s)++;
		(*len)--;
	}
	while (*len > 0 && is_blank((*s)[*len - 1]))
		(*len)--;
}

/* Decimal with one spelling: no sign but '-', no leading zero. */
static bool
parse_int(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	int64_t v = 0;

	s += negative;
	if (*s == '\0' || (s[0] == '0' && (s[1] != '\0' || negative)))
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, *s - '0', &v))
			return false;
	}
	/* Summed below zero, where INT64_MIN has a place. */
	if (!negative && v == INT64_MIN)
		return false;
	*ret = negative ? v : -v;
	return true;
}

static enum rc
set_int(const struct setting_def *def, const char *text, struct value *v, struct err *e)
{
	bool any = def->min == 0 && def->max == 0;
	int64_t max = any ? INT64_MAX : def->max, min = any ? INT64_MIN : def->min;

	if (!parse_int(text, &v->number))
		return err_set(e, RC_INVALID, "%s: \"%s\" is not a whole number",
			       def->name, text);
	if (v->number < min || v->number > max)
		return err_set(e, RC_INVALID,
			       "%s: %" PRId64 " is out of range; give %" PRId64
			       " to %" PRId64 "%s%s",
			       def->name, v->number, min, max,
			       def->unit == NULL ? "" : " ",
			       def->unit == NULL ? "" : def->unit);
	return RC_OK;
}

/* `host:port`; the port follows the last colon, and IPv6 stands in brackets. */
static enum rc
set_address(struct arena *a, const struct setting_def *def, const char *text,
	    struct value *v, struct err *e)
{
	const int64_t max = def->max == 0 ? PORT_MAX : def->max;
	const char *colon = strrchr(text, ':'), *host = text;
	size_t len = colon == NULL ? 0 : (size_t)(colon - text);

	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (len != 0 && memchr(host, ':', len) != NULL) {
		len = 0;
	}
	if (len == 0 || memchr(host, ' ', len) != NULL ||
	    memchr(host, '[', len) != NULL || memchr(host, ']', len) != NULL ||
	    !parse_int(colon + 1, &v->number))
		return err_set(e, RC_INVALID,
			       "%s: \"%s\" is not host:port (IPv6 as [::1]:port)",
			       def->name, text);
	if (v->number < def->min || v->number > max)
		return err_set(e, RC_INVALID,
			       "%s: port %" PRId64 " is out of range; give %" PRId64
			       " to %" PRId64,
			       def->name, v->number, def->min, max);
	v->host = arena_strndup(a, host, len);
	return RC_OK;
}

static enum rc
set_text(const struct setting_def *def, size_t len, struct err *e)
{
	if (len < (size_t)def->min || (def->max != 0 && len > (size_t)def->max))
		return err_set(e, RC_INVALID,
			       "%s: the value has %zu bytes; give %" PRId64
			       " to %" PRId64,
			       def->name, len, def->min,
			       def->max == 0 ? SETTINGS_VALUE_MAX_BYTES : def->max);
	return RC_OK;
}

/* Parse one value by its row; `v` is changed only when it is good. */
static enum rc
set_value(struct arena *a, const struct setting_def *def, const char *text,
	  struct value *v, struct err *e)
{
	struct value next = {.text = arena_strdup(a, text)};
	size_t len = strlen(text);
	enum rc rc = RC_OK;

	if (len > SETTINGS_VALUE_MAX_BYTES)
		return err_set(e, RC_INVALID,
			       "%s: the value has %zu bytes; the most is %d", def->name,
			       len, SETTINGS_VALUE_MAX_BYTES);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return err_set(e, RC_INVALID,
				       "%s: the value has a control character",
				       def->name);
	bool off = len == 0 && def->deflt != NULL && def->deflt[0] == '\0';
	switch (def->type) {
	case SETTING_INT:
		rc = set_int(def, text, &next, e);
		break;
	case SETTING_BOOL:
		next.number = strcmp(text, "yes") == 0;
		if (next.number == 0 && strcmp(text, "no") != 0)
			rc = err_set(e, RC_INVALID, "%s: \"%s\" is neither yes nor no",
				     def->name, text);
		break;
	case SETTING_ADDRESS:
		if (!off)
			rc = set_address(a, def, text, &next, e);
		break;
	case SETTING_PATH:
		if (!off && len == 0)
			rc = err_set(e, RC_INVALID, "%s: give a path", def->name);
		break;
	case SETTING_TEXT:
		if (!off)
			rc = set_text(def, len, e);
		break;
	}
	if (rc == RC_OK)
		*v = next;
	return rc;
}

/* Edits (insert, delete, replace) that make one name the other. */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t row[SETTINGS_NAME_MAX_BYTES + 1];
	size_t alen = strlen(a), blen = strlen(b);

	assert(blen <= SETTINGS_NAME_MAX_BYTES);
	for (size_t j = 0; j <= blen; j++)
		row[j] = j;
	for (size_t i = 0; i < alen; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < blen; j++) {
			size_t best = diagonal + (a[i] != b[j]);
			diagonal = row[j + 1];
			if (diagonal + 1 < best)
				best = diagonal + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
		}
	}
	return row[blen];
}

static enum rc
err_unknown(const struct settings *s, const char *name, struct err *e)
{
	const char *nearest = NULL;
	/* Farther than this, a suggestion is noise. */
	size_t least = strlen(name) / 3 + 2;

	if (strlen(name) > SETTINGS_NAME_MAX_BYTES)
		return err_set(e, RC_INVALID, "there is no setting with so long a name");
	for (size_t i = 0; i < s->n; i++) {
		size_t d = edit_distance(name, s->defs[i].name);
		if (d < least) {
			least = d;
			nearest = s->defs[i].name;
		}
	}
	if (nearest == NULL)
		return err_set(e, RC_INVALID, "there is no setting \"%s\"", name);
	return err_set(e, RC_INVALID, "there is no setting \"%s\"; did you mean \"%s\"?",
		       name, nearest);
}

/* The row number, or `n`. */
static size_t
find(const struct settings *s, const char *name)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->defs[i].name, name) != 0)
		i++;
	return i;
}

enum rc
settings_set(struct settings *s, const char *name, const char *value, struct err *e)
{
	size_t i = find(s, name);

	if (i == s->n)
		return err_unknown(s, name, e);
	return set_value(s->arena, &s->defs[i], value, &s->values[i], e);
}

static enum rc
parse_line(struct settings *s, size_t number, const char *line, size_t len, struct err *e)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == '#' && (i == 0 || is_blank(line[i - 1])))
			len = i;
	trim(&line, &len);
	if (len == 0)
		return RC_OK;
	const char *equals = memchr(line, '=', len);
	if (equals == NULL)
		return err_set(e, RC_INVALID, "expected: name = value");
	const char *name = line, *value = equals + 1;
	size_t name_len = (size_t)(equals - line), value_len = len - name_len - 1;
	trim(&name, &name_len);
	trim(&value, &value_len);
	name = arena_strndup(s->arena, name, name_len);
	size_t i = find(s, name);
	if (i == s->n)
		return err_unknown(s, name, e);
	if (s->values[i].line != 0)
		return err_set(e, RC_INVALID, "%s is set already in line %zu; keep one",
			       name, s->values[i].line);
	enum rc rc =
		set_value(s->arena, &s->defs[i],
			  arena_strndup(s->arena, value, value_len), &s->values[i], e);
	s->values[i].line = number;
	return rc;
}

static struct settings *
create(struct arena *a, const struct setting_def *defs, size_t n)
{
	struct settings *s = ARENA_NEW(a, struct settings);

	*s = (struct settings){.arena = a, .defs = defs, .n = n};
	s->values = arena_array(a, n, sizeof(*s->values));
	for (size_t i = 0; i < n; i++) {
		assert(strlen(defs[i].name) <= SETTINGS_NAME_MAX_BYTES);
		assert(find(s, defs[i].name) == i);
		if (defs[i].deflt == NULL)
			continue;
		enum rc rc = set_value(a, &defs[i], defs[i].deflt, &s->values[i], NULL);
		assert(rc == RC_OK);
		(void)rc;
	}
	return s;
}

enum rc
settings_parse(struct arena *a, const struct setting_def *defs, size_t n,
	       const char *where, const char *text, size_t len, struct settings **ret,
	       struct err *e)
{
	struct settings *s = create(a, defs, n);
	size_t number = 0;

	if (memchr(text, '\0', len) != NULL)
		return err_set(e, RC_INVALID, "%s: a NUL byte; this is no text file",
			       where);
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line_len = end == NULL ? len - at : (size_t)(end - text) - at;
		enum rc rc = parse_line(s, ++number, text + at, line_len, e);
		if (rc != RC_OK) {
			err_prefix(e, "%s:%zu", where, number);
			return rc;
		}
		at += line_len + 1;
	}
	for (size_t i = 0; i < n; i++)
		if (s->values[i].text == NULL)
			return err_set(e, RC_INVALID, "%s: %s must be set: %s", where,
				       defs[i].name, defs[i].doc);
	*ret = s;
	return RC_OK;
}

enum rc
settings_load(struct arena *a, const struct setting_def *defs, size_t n, const char *path,
	      struct settings **ret, struct err *e)
{
	struct buf text = BUF_INIT(SETTINGS_FILE_MAX_BYTES);
	char piece[4096];
	ssize_t got;
	int fd = -1;
	enum rc rc;

	if (path == NULL)
		return settings_parse(a, defs, n, "settings", "", 0, ret, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		rc = err_sys(e, "open settings %s", path);
		goto out;
	}
	while ((got = read(fd, piece, sizeof(piece))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = err_sys(e, "read settings %s", path);
			goto out;
		}
		buf_put(&text, piece, (size_t)got);
		if (!buf_ok(&text)) {
			rc = err_set(e, RC_TOO_LARGE,
				     "%s: a settings file has at most %d bytes", path,
				     SETTINGS_FILE_MAX_BYTES);
			goto out;
		}
	}
	rc = settings_parse(a, defs, n, path, buf_str(&text), text.len, ret, e);
out:
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return rc;
}

static const struct value *
value_of(const struct settings *s, const char *name, enum setting_type type)
{
	size_t i = find(s, name);

	assert(i < s->n && s->defs[i].type == type);
	(void)type;
	return &s->values[i];
}

int64_t
settings_int(const struct settings *s, const char *name)
{
	return value_of(s, name, SETTING_INT)->number;
}

bool
settings_bool(const struct settings *s, const char *name)
{
	return value_of(s, name, SETTING_BOOL)->number != 0;
}

const char *
settings_text(const struct settings *s, const char *name)
{
	size_t i = find(s, name);

	assert(i < s->n && s->defs[i].type != SETTING_INT &&
	       s->defs[i].type != SETTING_BOOL);
	return s->values[i].text;
}

bool
settings_address(const struct settings *s, const char *name, const char **ret_host,
		 uint16_t *ret_port)
{
	const struct value *v = value_of(s, name, SETTING_ADDRESS);

	if (v->host == NULL)
		return false;
	*ret_host = v->host;
	*ret_port = (uint16_t)v->number;
	return true;
}

/* `text` as comment lines, broken at spaces. */
static void
put_comment(struct buf *b, const char *text)
{
	while (*text != '\0') {
		size_t len = strlen(text), cut = len;
		if (len > SETTINGS_DOC_COLUMNS - 2) {
			cut = SETTINGS_DOC_COLUMNS - 2;
			while (cut > 0 && text[cut] != ' ')
				cut--;
			if (cut == 0)
				cut = strcspn(text, " ");
		}
		buf_puts(b, "# ");
		buf_put(b, text, cut);
		buf_putc(b, '\n');
		text += cut;
		text += strspn(text, " ");
	}
}

static void
put_bounds(const struct setting_def *def, struct buf *b)
{
	switch (def->type) {
	case SETTING_INT:
		buf_puts(b, "# whole number");
		if (def->min != 0 || def->max != 0)
			buf_printf(b, ", %" PRId64 " to %" PRId64, def->min, def->max);
		break;
	case SETTING_BOOL:
		buf_puts(b, "# yes or no");
		break;
	case SETTING_ADDRESS:
		buf_puts(b, "# host:port");
		break;
	case SETTING_PATH:
		buf_puts(b, "# path");
		break;
	case SETTING_TEXT:
		buf_printf(b, "# text, at most %" PRId64 " bytes",
			   def->max == 0 ? SETTINGS_VALUE_MAX_BYTES : def->max);
		break;
	}
	if (def->unit != NULL)
		buf_printf(b, " (%s)", def->unit);
	if (def->deflt == NULL)
		buf_puts(b, "; must be set");
	else if (def->deflt[0] == '\0')
		buf_puts(b, "; off when empty");
	buf_putc(b, '\n');
}

void
settings_doc_put(const struct setting_def *defs, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++) {
		const char *deflt = defs[i].deflt == NULL ? "" : defs[i].deflt;
		if (i != 0)
			buf_putc(b, '\n');
		put_comment(b, defs[i].doc);
		put_bounds(&defs[i], b);
		buf_printf(b, "#%s =%s%s\n", defs[i].name, *deflt == '\0' ? "" : " ",
			   deflt);
	}
}
