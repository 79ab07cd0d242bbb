/*
 * The look before the parser's: what a message may cost is settled by its lines, before
 * anything is allocated for it.
 */
#include <string.h>
#include <strings.h>

#include "mail/mail_int.h"

enum field { FIELD_OTHER, FIELD_ADDRESSES, FIELD_TYPE };

enum { TYPE_MAX = 32 /* more of a type is not looked at */ };

struct scan {
	size_t dashes, boundaries, fields, bytes, all_bytes;
	bool header;  /* within a header */
	bool message; /* the part is a message: a header follows its header */
	bool digest;  /* somewhere parts are messages without saying so */
	size_t line;
	/* Of the field that the line is in. */
	enum field field;
	size_t colons;
	char type[TYPE_MAX]; /* without blanks and comments, in lower case */
	size_t type_len, comments;
	bool type_ended, escaped;
};

static bool
line_has(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(s + i, word, n) == 0)
			return true;
	return false;
}

/* "Name:" (RFC 5322, 2.2), spaces before the colon as the old ones had them. */
static bool
is_field(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] > ' ' && s[i] < 127 && s[i] != ':')
		i++;
	size_t name = i;
	while (i < len && (s[i] == ' ' || s[i] == '\t'))
		i++;
	return name > 0 && i < len && s[i] == ':';
}

/* Those whose addresses the parser reads, groups in groups by calling itself. */
static enum field
field_of(const char *s, size_t len)
{
	static const char *const addresses[] = {"from", "sender", "reply-to",
						"to",	"cc",	  "bcc"};
	static const char type[] = "content-type";
	size_t name = 0;

	while (name < len && s[name] != ':' && s[name] != ' ' && s[name] != '\t')
		name++;
	if (name == strlen(type) && strncasecmp(s, type, name) == 0)
		return FIELD_TYPE;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (name == strlen(addresses[i]) &&
		    strncasecmp(s, addresses[i], name) == 0)
			return FIELD_ADDRESSES;
	return FIELD_OTHER;
}

/* What stands before the first ';' of a Content-Type, as the parser takes it: blanks,
 * line ends and comments may stand anywhere (RFC 2045, 5.1). */
static void
type_take(struct scan *sc, const char *s, size_t len)
{
	for (size_t i = 0; i < len && !sc->type_ended; i++) {
		char c = s[i];

		if (sc->escaped) {
			sc->escaped = false;
		} else if (c == '(' || (sc->comments > 0 && c == ')')) {
			sc->comments += c == '(' ? 1 : (size_t)-1;
		} else if (sc->comments > 0) {
			sc->escaped = c == '\\';
		} else if (c == ';') {
			sc->type_ended = true;
		} else if ((unsigned char)c > ' ' && sc->type_len < TYPE_MAX) {
			sc->type[sc->type_len++] =
				(char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
		}
	}
}

static bool
type_begins(const struct scan *sc, const char *with)
{
	return sc->type_len >= strlen(with) && memcmp(sc->type, with, strlen(with)) == 0;
}

/* One line of a field, the first or one folded. */
static enum rc
field_line(struct scan *sc, bool fold, const char *s, size_t len, struct err *e)
{
	const char *colon = fold ? NULL : memchr(s, ':', len);
	const char *value = colon == NULL ? s : colon + 1, *end = s + len;

	if (!fold) {
		sc->field = field_of(s, len);
		sc->colons = sc->type_len = sc->comments = 0;
		sc->type_ended = sc->escaped = false;
	}
	if (sc->field == FIELD_TYPE) {
		type_take(sc, value, (size_t)(end - value));
		sc->message = sc->message || type_begins(sc, "message/");
		sc->digest = sc->digest || type_begins(sc, "multipart/digest");
	}
	for (; sc->field == FIELD_ADDRESSES && value < end; value++)
		sc->colons += *value == ':';
	return sc->colons <= MAIL_GROUPS_MAX
		       ? RC_OK
		       : err_rule(e, RC_TOO_LARGE, "mail.headers",
				  "at line %zu the addresses of a header could be more "
				  "than %d groups in each other: look at the message by "
				  "hand",
				  sc->line, MAIL_GROUPS_MAX);
}

static enum rc
header_line(struct scan *sc, const char *s, size_t len, struct err *e)
{
	bool fold = s[0] == ' ' || s[0] == '\t';

	if (memchr(s, '\0', len) != NULL)
		return err_rule(
			e, RC_INVALID, "mail.nul",
			"line %zu, in a header, holds a NUL byte: it is no e-mail as "
			"it was sent; get it from the mail server again",
			sc->line);
	sc->fields += fold ? 0 : 1;
	sc->bytes += len;
	sc->all_bytes += len;
	if (sc->fields > MAIL_HEADER_FIELDS_MAX || sc->bytes > MAIL_HEADER_BYTES_MAX ||
	    sc->all_bytes > MAIL_HEADERS_BYTES_MAX)
		return err_rule(
			e, RC_TOO_LARGE, "mail.headers",
			"at line %zu a header has more than %d fields or %d bytes: "
			"take the message out of the mailbox and look at it by hand",
			sc->line, MAIL_HEADER_FIELDS_MAX, MAIL_HEADER_BYTES_MAX);
	if (line_has(s, len, "boundary") && ++sc->boundaries > MAIL_BOUNDARIES_MAX)
		return err_rule(
			e, RC_TOO_LARGE, "mail.depth",
			"at line %zu it declares more than %d multiparts: look at "
			"the message by hand",
			sc->line, MAIL_BOUNDARIES_MAX);
	return field_line(sc, fold, s, len, e);
}

static enum rc
scan_line(struct scan *sc, const char *s, size_t len, struct err *e)
{
	bool blank = len == 0 || (len == 1 && s[0] == '\r');

	sc->line++;
	if (len >= 2 && s[0] == '-' && s[1] == '-') {
		if (++sc->dashes > MAIL_DASHES_MAX)
			return err_rule(
				e, RC_TOO_LARGE, "mail.parts",
				"more than %d of its lines could begin a part (line "
				"%zu): look at the message by hand",
				MAIL_DASHES_MAX, sc->line);
		sc->header = true;
		sc->message = sc->digest;
		sc->fields = sc->bytes = 0;
		return RC_OK;
	}
	if (!sc->header)
		return RC_OK;
	if (!blank)
		return header_line(sc, s, len, e);
	sc->header = sc->message;
	sc->message = false;
	sc->fields = sc->bytes = 0;
	return RC_OK;
}

enum rc
mail_scan(const uint8_t *raw, size_t len, struct err *e)
{
	struct scan sc = {.header = true};
	const char *at = (const char *)raw, *end = at + len;
	enum rc rc = RC_OK;

	const char *first = memchr(at, '\n', len);
	size_t first_len = first == NULL ? len : (size_t)(first - at);
	if (!is_field(at, first_len))
		return err_rule(
			e, RC_INVALID, "RFC 5322 2.2",
			"its first line is no header field (\"Name: value\"): it is "
			"no e-mail, or its beginning is missing");
	while (rc == RC_OK && at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t n = lf == NULL ? (size_t)(end - at) : (size_t)(lf - at);
		rc = scan_line(&sc, at, n, e);
		at += n + 1;
	}
	return rc;
}
