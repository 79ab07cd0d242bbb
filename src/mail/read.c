/*
 * One message from its bytes.  GMime is given only what mail_scan() let through.
 */
#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "mail/mail_int.h"

/* What GMime tells while it parses. */
struct warned {
	bool cut, nested, unbounded;
	gint64 at;
};

static void
on_warning(gint64 offset, GMimeParserWarning code, const gchar *item, gpointer arg)
{
	struct warned *w = arg;

	(void)item;
	if (code == GMIME_WARN_TRUNCATED_MESSAGE ||
	    code == GMIME_WARN_MALFORMED_MULTIPART) {
		w->at = w->cut ? w->at : offset;
		w->cut = true;
	}
	if (code == GMIME_CRIT_NESTING_OVERFLOW)
		w->nested = true;
	if (code == GMIME_CRIT_MULTIPART_WITHOUT_BOUNDARY)
		w->unbounded = true;
}

static const char *
part_name(struct arena *a, const char *path, GMimeObject *o)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);
	char *type = t == NULL ? NULL : g_mime_content_type_get_mime_type(t);
	const char *said = mail_text(a, type, 100);
	const char *name = arena_printf(a, "%s %s", path, said == NULL ? "?" : said);

	g_free(type);
	return name;
}

static bool
type_is(GMimeObject *o, const char *type, const char *subtype)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);

	return t != NULL && g_mime_content_type_is_type(t, type, subtype);
}

/* Decoded, in UTF-8, without NUL bytes; NULL when it failed or is none. */
static char *
part_text(struct reading *r, const char *name, GMimePart *part, bool text,
	  size_t *ret_len)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	char *out = NULL;

	*ret_len = 0;
	if (content == NULL)
		return NULL;
	GMimeStream *mem = g_mime_stream_mem_new();
	ssize_t n = g_mime_data_wrapper_write_to_stream(content, mem);
	GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
	if (n < 0 || bytes == NULL) {
		reading_note(r, "part %s cannot be decoded", name);
		goto out;
	}
	r->text_bytes += bytes->len;
	if (bytes->len > MAIL_TEXT_MAX || r->text_bytes > MAIL_TEXTS_MAX) {
		reading_fail(
			r, RC_TOO_LARGE, "mail.text",
			"part %s: its text has more than %d bytes, or that of all parts "
			"more than %d: send such a list as CSV with 'saluran send'",
			name, MAIL_TEXT_MAX, MAIL_TEXTS_MAX);
		goto out;
	}
	out = arena_strndup(r->a, (const char *)bytes->data, bytes->len);
	*ret_len = bytes->len;
	const char *charset = !text ? NULL
				    : g_mime_object_get_content_type_parameter(
					      GMIME_OBJECT(part), "charset");
	iconv_t cv = charset == NULL ? (iconv_t)-1 : g_mime_iconv_open("utf-8", charset);
	if (cv != (iconv_t)-1) {
		char *utf8 = g_mime_iconv_strndup(cv, out, *ret_len);
		if (utf8 != NULL && strlen(utf8) <= 4 * (size_t)MAIL_TEXT_MAX) {
			*ret_len = strlen(utf8);
			out = arena_strndup(r->a, utf8, *ret_len);
		}
		g_free(utf8);
		g_mime_iconv_close(cv);
	}
	bool nul = false;
	for (size_t i = 0; i < *ret_len; i++)
		if (out[i] == '\0') {
			out[i] = ' ';
			nul = true;
		}
	if (nul)
		reading_note(r, "part %s holds NUL bytes: read as spaces", name);
	/* What is no UTF-8 even now: letters of links are ASCII, the rest is near text.
	 */
	for (size_t at = 0, bad;
	     at < *ret_len && !utf8_valid(out + at, *ret_len - at, &bad);)
		out[at += bad] = '?';
out:
	g_object_unref(mem);
	return out;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = s == NULL ? 0 : strlen(s), m = strlen(end);

	return n >= m && strcasecmp(s + n - m, end) == 0;
}

/* What a part of no parts says. */
static void
leaf_read(struct reading *r, const char *path, GMimePart *part)
{
	GMimeObject *o = GMIME_OBJECT(part);
	const char *name = part_name(r->a, path, o);
	const char *file = g_mime_part_get_filename(part);
	bool json = type_is(o, "application", "json") || ends_with(file, ".json") ||
		    type_is(o, "application", "xarf+json") ||
		    type_is(o, "application", "x-xarf") || type_is(o, "message", "xarf");
	bool text = type_is(o, "text", "*");
	size_t len;

	if (type_is(o, "message", "feedback-report")) {
		char *s = part_text(r, name, part, false, &len);
		if (s != NULL)
			arf_read(r, name, s, len);
		return;
	}
	if (!json && !text)
		return;
	char *s = part_text(r, name, part, text, &len);
	if (s == NULL || r->rc != RC_OK)
		return;
	/* Reports also come as a text. */
	size_t first = strspn(s, " \t\r\n");
	if ((json || (first < len && s[first] == '{')) && xarf_text(r, name, s, len))
		return;
	if (json)
		reading_note(r, "part %s is no XARF report and was not read", name);
	else
		links_read(r, name, s, len, type_is(o, "text", "html"));
}

static void part_read(struct reading *r, const char *path, GMimeObject *o, size_t depth,
		      bool reports);

/* Two rounds over the leaves: reports first, since where one states what it is about,
 * the texts around it do not. */
static bool
is_report(GMimeObject *o)
{
	if (!GMIME_IS_PART(o))
		return false;
	const char *file = g_mime_part_get_filename(GMIME_PART(o));
	return type_is(o, "message", "feedback-report") ||
	       type_is(o, "application", "json") ||
	       type_is(o, "application", "xarf+json") ||
	       type_is(o, "application", "x-xarf") || type_is(o, "message", "xarf") ||
	       ends_with(file, ".json");
}

static void
children_read(struct reading *r, const char *path, GMimeMultipart *mp, size_t depth,
	      bool reports)
{
	int n = g_mime_multipart_get_count(mp);

	for (int i = 0; i < n && r->rc == RC_OK; i++)
		part_read(r,
			  path[0] == '\0' ? arena_printf(r->a, "%d", i + 1)
					  : arena_printf(r->a, "%s.%d", path, i + 1),
			  g_mime_multipart_get_part(mp, i), depth + 1, reports);
}

static void
part_read(struct reading *r, const char *path, GMimeObject *o, size_t depth, bool reports)
{
	if (o == NULL || r->rc != RC_OK)
		return;
	if (depth > MAIL_DEPTH_MAX) {
		reading_fail(r, RC_TOO_LARGE, "mail.depth",
			     "part %s lies deeper than %d levels: look at the message by "
			     "hand",
			     path, MAIL_DEPTH_MAX);
		return;
	}
	if (reports && ++r->parts > MAIL_PARTS_MAX) {
		reading_fail(
			r, RC_TOO_LARGE, "mail.parts",
			"it has more than %d parts, the last %s: look at the message "
			"by hand",
			MAIL_PARTS_MAX, path);
		return;
	}
	if (GMIME_IS_MULTIPART(o)) {
		children_read(r, path, GMIME_MULTIPART(o), depth, reports);
	} else if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
		GMimeObject *inner = m == NULL ? NULL : g_mime_message_get_mime_part(m);
		bool many = inner != NULL && GMIME_IS_MULTIPART(inner);
		if (inner != NULL)
			part_read(r,
				  many ? path
				       : arena_printf(r->a, "%s%s1", path,
						      path[0] == '\0' ? "" : "."),
				  inner, depth + 1, reports);
	} else if (GMIME_IS_PART(o) && is_report(o) == reports) {
		leaf_read(r, path[0] == '\0' ? "1" : path, GMIME_PART(o));
	}
}

/* Message-IDs that it answers to, the nearest first. */
static void
refs_read(struct reading *r, GMimeMessage *m, struct mail *ret)
{
	static const char *const names[] = {"In-Reply-To", "References"};
	const char **refs = arena_array(r->a, MAIL_REFS_MAX, sizeof(*refs));

	for (size_t k = 0; k < 2; k++) {
		const char *text = g_mime_object_get_header(GMIME_OBJECT(m), names[k]);
		GMimeReferences *list =
			text == NULL ? NULL : g_mime_references_parse(NULL, text);
		int n = list == NULL ? 0 : g_mime_references_length(list);
		/* Of too many the last ones are the nearest. */
		for (int i = n - 1; i >= 0 && ret->n_refs < MAIL_REFS_MAX; i--) {
			const char *id =
				mail_text(r->a, g_mime_references_get_message_id(list, i),
					  MAIL_ID_MAX);
			bool there = id == NULL;
			for (size_t j = 0; !there && j < ret->n_refs; j++)
				there = strcmp(refs[j], id) == 0;
			if (!there)
				refs[ret->n_refs++] = id;
		}
		if (list != NULL)
			g_mime_references_free(list);
	}
	ret->refs = refs;
}

static const char *
addresses(struct reading *r, InternetAddressList *list)
{
	if (list == NULL || internet_address_list_length(list) == 0)
		return NULL;
	char *s = internet_address_list_to_string(list, NULL, FALSE);
	const char *text = mail_text(r->a, s, MAIL_HEADER_TEXT_MAX);
	g_free(s);
	return text;
}

static void
headers_read(struct reading *r, GMimeMessage *m, struct mail *ret)
{
	GDateTime *date = g_mime_message_get_date(m);

	ret->message_id = mail_text(r->a, g_mime_message_get_message_id(m), MAIL_ID_MAX);
	ret->subject =
		mail_text(r->a, g_mime_message_get_subject(m), MAIL_HEADER_TEXT_MAX);
	ret->from = addresses(r, g_mime_message_get_from(m));
	ret->to = addresses(r, g_mime_message_get_to(m));
	if (date != NULL) {
		gint64 s = g_date_time_to_unix(date);
		if (s > 0)
			ret->date_us = s * CLOCK_US_PER_S;
	}
	if (ret->date_us == 0)
		reading_note(r, "it has no date that can be read");
	r->date_us = ret->date_us;
	refs_read(r, m, ret);
}

static void
init_once(void)
{
	g_mime_init();
}

static GMimeMessage *
parse(const uint8_t *raw, size_t len, struct warned *w)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)raw, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeParserOptions *options = g_mime_parser_options_new();

	g_mime_parser_options_set_warning_callback(options, on_warning, w);
	GMimeMessage *m = g_mime_parser_construct_message(parser, options);
	g_mime_parser_options_free(options);
	g_object_unref(parser);
	g_object_unref(stream);
	return m;
}

/* Does a multipart end without its last boundary? */
static const char *
unended(struct arena *a, const char *path, GMimeObject *o, size_t depth)
{
	const char *found = NULL;

	if (o == NULL || depth > MAIL_DEPTH_MAX)
		return NULL;
	if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
		return m == NULL ? NULL
				 : unended(a, path, g_mime_message_get_mime_part(m),
					   depth + 1);
	}
	if (!GMIME_IS_MULTIPART(o))
		return NULL;
	GMimeMultipart *mp = GMIME_MULTIPART(o);
	if (!mp->write_end_boundary)
		return path[0] == '\0' ? "the message" : arena_printf(a, "part %s", path);
	int n = g_mime_multipart_get_count(mp);
	for (int i = 0; i < n && found == NULL; i++)
		found = unended(a,
				arena_printf(a, "%s%s%d", path,
					     path[0] == '\0' ? "" : ".", i + 1),
				g_mime_multipart_get_part(mp, i), depth + 1);
	return found;
}

static void
whole_check(struct reading *r, GMimeMessage *m, const struct warned *w, bool cut_too)
{
	const char *where = unended(r->a, "", g_mime_message_get_mime_part(m), 0);

	if (w->nested)
		reading_fail(
			r, RC_TOO_LARGE, "mail.depth",
			"its parts lie too deep in each other: look at the message by "
			"hand");
	if (where == NULL && !w->cut && !w->unbounded)
		return;
	if (where == NULL)
		where = w->unbounded ? "a multipart without a boundary" : "a part";
	if (cut_too)
		reading_note(r, "%s ends before its last boundary: it was cut off",
			     where);
	else
		reading_fail(r, RC_INVALID, "mail.cut",
			     "%s ends before its last boundary: the message was cut off; "
			     "get it again, or import what is there with --cut-too",
			     where);
}

static enum rc
message_read(struct reading *r, const uint8_t *raw, size_t len, bool cut_too,
	     struct mail *ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct warned w = {0};

	enum rc rc = mail_scan(raw, len, r->e);
	if (rc != RC_OK)
		return rc;
	pthread_once(&once, init_once);
	GMimeMessage *m = parse(raw, len, &w);
	if (m == NULL)
		return err_rule(r->e, RC_INVALID, "RFC 5322 2.2",
				"its header cannot be read: it is no e-mail");
	headers_read(r, m, ret);
	whole_check(r, m, &w, cut_too);
	part_read(r, "", g_mime_message_get_mime_part(m), 0, true);
	if (r->rc == RC_OK && !r->auth_failure && !(r->report && r->n_proposals != 0))
		part_read(r, "", g_mime_message_get_mime_part(m), 0, false);
	g_object_unref(m);
	return r->rc;
}

enum rc
mail_read(struct arena *a, const uint8_t *raw, size_t len, bool cut_too, struct mail *ret,
	  struct err *e)
{
	struct reading r = {.a = a, .e = e, .format = "letter"};
	const char *s = (const char *)raw;
	size_t first = 0;
	enum rc rc;

	*ret = (struct mail){0};
	r.notes = arena_array(a, MAIL_NOTES_MAX, sizeof(*r.notes));
	if (len > MAIL_BYTES_MAX)
		return err_rule(e, RC_TOO_LARGE, "mail.size",
				"it has %zu bytes; a message has at most %d", len,
				MAIL_BYTES_MAX);
	while (first < len && strchr(" \t\r\n", s[first]) != NULL && s[first] != '\0')
		first++;
	if (first == len)
		return err_rule(e, RC_INVALID, "mail.empty", "it is empty");
	if (s[first] == '{') {
		if (len > MAIL_TEXT_MAX)
			return err_rule(e, RC_TOO_LARGE, "mail.size",
					"a report has at most %d bytes", MAIL_TEXT_MAX);
		if (!xarf_text(&r, "1 application/json", s, len))
			return err_rule(e, RC_INVALID, "xarf",
					"it is no XARF report: a JSON object with "
					"\"xarf_version\", or with \"ReporterInfo\" and "
					"\"Report\"");
		rc = r.rc;
	} else {
		/* The line that a mailbox puts before a message. */
		const char *lf = memchr(s, '\n', len);
		size_t skip = len > 5 && memcmp(s, "From ", 5) == 0 && lf != NULL
				      ? (size_t)(lf - s) + 1
				      : 0;
		rc = message_read(&r, raw + skip, len - skip, cut_too, ret);
	}
	ret->format = r.format;
	ret->legal_basis = r.legal_basis;
	ret->proposals = r.proposals;
	ret->n_proposals = r.n_proposals;
	ret->notes = r.notes;
	ret->n_notes = r.n_notes;
	return rc;
}
