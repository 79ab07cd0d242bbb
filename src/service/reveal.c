/*
 * Pictures of evidence, shown when a person asks: first grey and blurred, then, asked
 * once more, clear.  Who asked for what, and why, is kept; beyond a person's limit of a
 * shift nothing is shown, and of some categories nothing ever is.
 *
 * What is shown is told by its bytes, whatever its giver called it, and only what stands
 * still: nothing plays by itself.
 */
#include "service/reveal.h"

#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "service/person.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { HEAD_MAX = 65536 - EVIDENCE_SALT_LEN /* bytes that say what a file is */ };

/* ---- what may be shown ------------------------------------------------------------- */

struct never {
	struct store *s;
	const char *more; /* categories, separated by blanks */
	bool found;
};

/* Is the word in the list? */
static bool
listed(const char *list, const char *word, size_t len)
{
	for (const char *p = list; *p != '\0'; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (strcspn(p, " ") == len && memcmp(p, word, len) == 0)
			return len != 0;
	}
	return false;
}

static enum rc
on_category(void *arg, const struct db_row *row, struct err *e)
{
	struct never *n = arg;
	size_t len;
	const char *category = n->s->drv->col_text(row, 0, &len);

	(void)e;
	if (category != NULL &&
	    (listed(REVEAL_NEVER, category, len) || listed(n->more, category, len)))
		n->found = true;
	return RC_OK;
}

enum rc
reveal_never(struct node *nd, struct store *s, struct arena *a, const char *casefile,
	     bool *ret, struct err *e)
{
	struct never n = {.s = s, .more = settings_text(nd->config, "media.never")};
	enum rc rc =
		store_run(s, &SQL_CASE_CATEGORIES,
			  (struct db_param[]){DB_P_TEXT(casefile)}, on_category, &n, e);

	(void)a;
	*ret = rc != RC_OK || n.found;
	return rc;
}

static bool
begins(const uint8_t *p, size_t len, const char *magic, size_t n)
{
	return len >= n && memcmp(p, magic, n) == 0;
}

/* A PNG that says before its first picture that there are several moves by itself. */
static bool
png_still(const uint8_t *p, size_t len)
{
	const uint8_t *first = memmem(p, len, "IDAT", 4);

	return first != NULL && memmem(p, (size_t)(first - p), "acTL", 4) == NULL;
}

/* The flags of the extended form say the same of a WebP. */
static bool
webp_still(const uint8_t *p, size_t len)
{
	enum { KIND_AT = 12, FLAGS_AT = 20, ANIMATED = 2 };

	return memcmp(p + KIND_AT, "VP8X", 4) != 0 ||
	       (len > FLAGS_AT && (p[FLAGS_AT] & ANIMATED) == 0);
}

/* Its media type by its first bytes, or NULL: it is not shown. */
static const char *
still_picture(const uint8_t *p, size_t len)
{
	if (begins(p, len, "\xff\xd8\xff", 3))
		return "image/jpeg";
	if (begins(p, len, "\x89PNG\r\n\x1a\n", 8))
		return png_still(p, len) ? "image/png" : NULL;
	if (len > 16 && begins(p, len, "RIFF", 4) && memcmp(p + 8, "WEBP", 4) == 0)
		return webp_still(p, len) ? "image/webp" : NULL;
	return NULL;
}

static enum rc
picture_type(struct node *nd, struct arena *a, const struct hash *sha256,
	     const char **ret, struct err *e)
{
	struct evidence_source src;
	uint8_t *head = arena_alloc(a, HEAD_MAX);
	size_t n = 0, more = 1;
	enum rc rc = evidence_source_open(nd, evidence_path(nd, a, sha256), &src, e);

	if (rc != RC_OK)
		return rc;
	while (rc == RC_OK && n < HEAD_MAX && more != 0) {
		rc = evidence_source_read(&src, head + n, HEAD_MAX - n, &more, e);
		n += rc == RC_OK ? more : 0;
	}
	evidence_source_close(&src);
	*ret = still_picture(head, n);
	sodium_memzero(head, HEAD_MAX);
	if (rc == RC_OK && *ret == NULL)
		rc = err_set(e, RC_UNSUPPORTED,
			     "only still pictures (JPEG, PNG, WebP) are shown: download "
			     "the file if you must");
	return rc;
}

/* ---- asking ------------------------------------------------------------------------ */

struct reveal {
	const char *person, *casefile, *stage, *reason;
	struct hash sha256;
	char id[UUID_TEXT_LEN + 1];
	int64_t at_us;
	struct shield shield;
};

/* Within the shift, and blurred before clear. */
static enum rc
may_see(struct writer *w, struct reveal *r, struct err *e)
{
	char when[CLOCK_TEXT_LEN];
	struct shield *h = &r->shield;
	int64_t seen_us = 0;
	enum rc rc = shield_of(w->nd, w->s, r->person, w->now_us, h, e);

	if (rc == RC_OK && h->never)
		return err_rule(
			e, RC_DENIED, "shield",
			"you have set that no pictures are shown to you: change it "
			"in your settings first");
	if (rc != RC_OK || strcmp(r->stage, "clear") != 0)
		return rc;
	rc = store_int(w->s, &SQL_REVEAL_GREY,
		       (struct db_param[]){DB_P_TEXT(r->person),
					   DB_P_BLOB(r->sha256.b, HASH_LEN)},
		       0, &seen_us, e);
	if (rc == RC_OK && seen_us <= w->now_us - h->shift_us)
		return err_set(e, RC_CONFLICT,
			       "it is shown grey and blurred first: ask for that stage");
	if (rc == RC_OK && h->used >= h->per_shift)
		return err_rule(e, RC_LIMIT, "media.per_shift",
				"you have seen %lld pictures in this shift, which is the "
				"most; the next may be seen at %s, or by a colleague now",
				(long long)h->used, clock_format(h->next_us, when));
	return rc;
}

static enum rc
work_reveal(struct writer *w, void *arg, struct err *e)
{
	struct reveal *r = arg;
	enum rc rc = may_see(w, r, e);

	if (rc != RC_OK)
		return rc;
	uuid7_make(w->now_us, r->id);
	r->at_us = w->now_us;
	rc = store_run(w->s, &SQL_REVEAL_INSERT,
		       (struct db_param[]){
			       DB_P_TEXT(r->id),
			       DB_P_TEXT(r->person),
			       DB_P_TEXT(r->casefile),
			       DB_P_BLOB(r->sha256.b, HASH_LEN),
			       DB_P_TEXT(r->stage),
			       DB_P_TEXT(r->reason),
			       DB_P_INT(w->now_us),
		       },
		       NULL, NULL, e);
	return rc == RC_OK ? shield_of(w->nd, w->s, r->person, w->now_us, &r->shield, e)
			   : rc;
}

static enum rc
sha_in(json_t *in, struct hash *ret, struct err *e)
{
	const char *hex;
	enum rc rc = in_text(in, "sha256", true, HASH_HEX_LEN, &hex, e);

	if (rc == RC_OK && hash_parse_hex(hex, strlen(hex), ret) != RC_OK)
		rc = err_set(e, RC_INVALID, "\"sha256\" is no SHA-256");
	return rc;
}

static enum rc
reveal_in(struct node *nd, json_t *in, struct reveal *r, struct err *e)
{
	enum rc rc = in_only(in, "sha256 stage reason", e);

	if (rc == RC_OK)
		rc = sha_in(in, &r->sha256, e);
	if (rc == RC_OK)
		rc = in_text(in, "stage", true, EVENT_TOKEN_MAX, &r->stage, e);
	if (rc == RC_OK && strcmp(r->stage, "grey") != 0 &&
	    strcmp(r->stage, "clear") != 0)
		rc = err_set(e, RC_INVALID, "\"stage\" is \"grey\" or \"clear\"");
	if (rc == RC_OK)
		rc = in_text(in, "reason", false, REVEAL_REASON_MAX, &r->reason, e);
	if (rc == RC_OK && r->reason == NULL && strcmp(r->stage, "clear") == 0 &&
	    settings_bool(nd->config, "media.reason"))
		rc = err_rule(e, RC_INVALID, "media.reason",
			      "\"reason\" is missing: say why it must be seen clear");
	return rc;
}

/* The file and its case; RC_DENIED when its case is one that is never shown. */
static enum rc
shown_file(struct node *nd, struct arena *a, const struct hash *sha256,
	   struct evidence_given *ret, struct err *e)
{
	struct store *s = NULL;
	bool never = true;
	enum rc rc = evidence_given(nd, a, sha256, ret, e);

	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = reveal_never(nd, s, a, ret->casefile, &never, e);
	reader_put(nd, s);
	if (rc == RC_OK && never)
		rc = err_rule(e, RC_DENIED, "media.never",
			      "files of a case with items of this category are never "
			      "shown: their hash is what is worked with");
	return rc;
}

/*
 * in: sha256, stage (grey, clear), reason? (of clear, where media.reason asks for one)
 * out: reveal, stage, view (where the picture is, for REVEAL_VIEW_S), until, left (of the
 *      shift)
 * RC_DENIED: never shown, or not to this person by their own choice; RC_CONFLICT: grey
 * first; RC_LIMIT: enough for a shift; RC_UNSUPPORTED: no still picture.
 */
enum rc
service_reveal(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	struct reveal r = {.person = actor_pseudonym(who)};
	struct evidence_given given;
	char hex[HASH_HEX_LEN + 1];
	const char *type;
	enum rc rc = reveal_in(nd, in, &r, e);

	if (rc == RC_OK)
		rc = shown_file(nd, a, &r.sha256, &given, e);
	if (rc == RC_OK)
		rc = picture_type(nd, a, &r.sha256, &type, e);
	if (rc != RC_OK)
		return rc;
	r.casefile = given.casefile;
	rc = writer_run(nd, work_reveal, &r, e);
	if (rc != RC_OK)
		return rc;
	int64_t left = r.shield.used < r.shield.per_shift
			       ? r.shield.per_shift - r.shield.used
			       : 0;
	reply_json(a, out,
		   json_pack("{s:s, s:s, s:s, s:o, s:I}", "reveal", r.id, "stage",
			     r.stage, "view",
			     arena_printf(a, "/v1/evidence/%s/picture?reveal=%s",
					  hash_hex(&r.sha256, hex), r.id),
			     "until", json_time(r.at_us + REVEAL_VIEW_S * CLOCK_US_PER_S),
			     "left", (json_int_t)left));
	return RC_OK;
}

/* ---- showing ----------------------------------------------------------------------- */

/*
 * in: sha256, reveal (of POST .../reveal, by the same person)
 * out: the picture's bytes, for an <img>
 * RC_GONE: the reveal is over.
 */
enum rc
service_picture(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		struct reply *out, struct err *e)
{
	struct evidence_given given;
	struct store *s = NULL;
	const char *id, *stage = NULL, *type;
	struct hash sha256;
	int64_t since_us = clock_now_us() - REVEAL_VIEW_S * CLOCK_US_PER_S;
	enum rc rc = in_only(in, "sha256 reveal", e);

	if (rc == RC_OK)
		rc = sha_in(in, &sha256, e);
	if (rc == RC_OK)
		rc = in_uuid(in, "reveal", &id, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_REVEAL_GET,
				(struct db_param[]){DB_P_TEXT(id),
						    DB_P_TEXT(actor_pseudonym(who)),
						    DB_P_BLOB(sha256.b, HASH_LEN),
						    DB_P_INT(since_us)},
				&stage, e);
	reader_put(nd, s);
	if (rc == RC_OK && stage == NULL)
		rc = err_set(e, RC_GONE,
			     "this was shown and is over, or was not asked for by you: "
			     "press again");
	if (rc == RC_OK)
		rc = shown_file(nd, a, &sha256, &given, e);
	if (rc == RC_OK)
		rc = picture_type(nd, a, &sha256, &type, e);
	return rc == RC_OK ? evidence_download(nd, a, &given, type, out, e) : rc;
}

/*
 * in: person? (name or pseudonym), case?, before? (the `next` of a page), limit?
 * out: reveals [{reveal, at, who, name, case, sha256, stage, reason}], the newest first;
 *      next
 */
enum rc
service_reveals(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		struct reply *out, struct err *e)
{
	json_t *rows = json_array();
	const char *person, *casefile = NULL, *before = NULL, *id = NULL;
	struct store *s = NULL;
	int64_t limit = 0;
	enum rc rc = in_only(in, "person case before limit", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "reveals", rows));
	if (rc == RC_OK)
		rc = in_text(in, "person", false, PERSON_NAME_MAX, &person, e);
	if (rc == RC_OK && json_object_get(in, "case") != NULL)
		rc = in_uuid(in, "case", &casefile, e);
	if (rc == RC_OK && json_object_get(in, "before") != NULL)
		rc = in_uuid(in, "before", &before, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, REVEAL_PAGE_MAX, REVEAL_PAGE_DEFAULT, &limit,
			    e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK && person != NULL)
		rc = store_text(s, a, &SQL_PERSON_PSEUDONYM,
				(struct db_param[]){DB_P_TEXT(person)}, &id, e);
	if (rc == RC_OK && person != NULL && id == NULL)
		rc = err_set(e, RC_NOT_FOUND, "there is no person %s", person);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_REVEAL_PAGE,
				(struct db_param[]){DB_P_TEXT(before), DB_P_INT(limit),
						    DB_P_TEXT(id), DB_P_TEXT(casefile)},
				"reveal:s at:t who:s name:s case:s sha256:x stage:s "
				"reason:s",
				rows, e);
	reader_put(nd, s);
	size_t n = json_array_size(rows);
	if (rc == RC_OK)
		json_object_set_new(
			o, "next",
			(int64_t)n == limit
				? json_incref(json_object_get(json_array_get(rows, n - 1),
							      "reveal"))
				: json_null());
	return rc;
}
