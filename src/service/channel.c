/*
 * Small things that the use cases share: channels, checkpoints, reading a request.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "service/recovery.h"
#include "service/rekey.h"

enum rc
channel_of_peer(struct store *s, struct arena *a, const char *peer,
		struct channel_row *ret, struct err *e)
{
	const struct channel_row *rows;
	size_t n;
	enum rc rc = store_channels(s, a, &rows, &n, e);

	if (rc != RC_OK)
		return rc;
	if (n == 0)
		return err_set(
			e, RC_NOT_FOUND,
			"no peer is introduced yet: exchange files with 'saluran peer "
			"introduce' and 'saluran peer add'");
	if (peer == NULL && n == 1) {
		*ret = rows[0];
		return RC_OK;
	}
	if (peer == NULL)
		return err_set(e, RC_INVALID,
			       "there are %zu peers: name one, such as --peer %s", n,
			       rows[0].peer_org);
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].peer_org, peer) == 0) {
			*ret = rows[i];
			return RC_OK;
		}
	return err_set(e, RC_NOT_FOUND,
		       "there is no peer %s: 'saluran peer list' shows them", peer);
}

enum rc
channel_by_id(struct store *s, struct arena *a, int64_t channel, struct channel_row *ret,
	      struct err *e)
{
	const struct channel_row *rows;
	size_t n;
	enum rc rc = store_channels(s, a, &rows, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (rows[i].channel == channel) {
			*ret = rows[i];
			return RC_OK;
		}
	return rc != RC_OK ? rc
			   : err_set(e, RC_NOT_FOUND, "there is no channel %" PRId64,
				     channel);
}

enum rc
node_checkpoint(struct node *nd, struct store *s, struct arena *a, int64_t channel,
		struct log_head *ret_head, const char **ret_note, struct err *e)
{
	struct channel_row c = {0};
	struct merkle_proof proof = {0};
	struct hash root;
	uint64_t mark = 0;
	enum rc rc = channel_by_id(s, a, channel, &c, e);

	if (rc != RC_OK)
		return rc;
	/* A frozen log stands still, and its head may be shown. */
	bool frozen = channel_is_frozen(nd, channel);
	rc = writer_of_logs(nd, e);
	if (rc == RC_OK && (!frozen || recovery_state(nd, channel) != LOG_OPEN))
		rc = channel_usable(nd, channel, e);
	if (rc == RC_OK && !frozen)
		rc = rekey_channel(nd, channel, e);
	if (rc != RC_OK)
		return rc;
	/* The signer takes one history; two threads must not race it with two sizes. */
	pthread_mutex_lock(&nd->checkpoint_mu);
	rc = store_head(s, a, channel, c.own_party, ret_head, e);
	struct log_tree tree = {.s = s, .channel = channel, .party = c.own_party};
	if (rc == RC_OK) {
		rc = signer_mark(nd->signer, ret_head->origin, &mark, &root, e);
		if (rc == RC_NOT_FOUND)
			rc = RC_OK;
	}
	if (rc == RC_OK && mark > ret_head->size)
		rc = err_set(e, RC_RETRY,
			     "a newer head was signed since this reader looked");
	if (rc == RC_OK && mark != 0 && mark < ret_head->size)
		rc = merkle_prove_consistency(mark, ret_head->size, log_tree_get, &tree,
					      &proof, e);
	if (rc == RC_OK) {
		struct checkpoint cp = {.origin = ret_head->origin,
					.size = ret_head->size,
					.root = ret_head->root};
		fault_point("checkpoint.before");
		rc = signer_sign_checkpoint(nd->signer, a, &cp, &proof, ret_note, e);
		fault_point("checkpoint.after");
	}
	pthread_mutex_unlock(&nd->checkpoint_mu);
	return rc;
}

enum rc
in_only(json_t *in, const char *known, struct err *e)
{
	const char *name;
	json_t *v;

	json_object_foreach (in, name, v) {
		size_t len = strlen(name);
		const char *at = strstr(known, name);
		while (at != NULL && ((at != known && at[-1] != ' ') ||
				      (at[len] != ' ' && at[len] != '\0')))
			at = strstr(at + 1, name);
		if (at == NULL || len == 0)
			return err_set(e, RC_INVALID,
				       "unknown member \"%s\"; known are: %s", name,
				       known[0] == '\0' ? "none" : known);
	}
	return RC_OK;
}

/* Spaces of Unicode that nobody sees: no-break, U+2000 to U+200F, the separators, word
 * joiner, ideographic, byte order mark. */
static bool
is_space_at(const char *s, size_t *len)
{
	static const char *const wide[] = {"\xc2\xa0",	   "\xc2\xad",	   "\xe1\x9a\x80",
					   "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
					   "\xe2\x81\x9f", "\xe2\x81\xa0", "\xe3\x80\x80",
					   "\xef\xbb\xbf"};
	const unsigned char *u = (const unsigned char *)s;

	*len = 1;
	if (u[0] <= 0x20 || u[0] == 0x7f)
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		*len = strlen(wide[i]);
		if (strncmp(s, wide[i], *len) == 0)
			return true;
	}
	*len = 3;
	return u[0] == 0xe2 && u[1] == 0x80 && u[2] >= 0x80 && u[2] <= 0x8f;
}

bool
text_is_blank(const char *s)
{
	for (size_t len; *s != '\0'; s += len)
		if (!is_space_at(s, &len))
			return false;
	return true;
}

enum rc
in_text(json_t *in, const char *name, bool required, size_t max, const char **ret,
	struct err *e)
{
	const json_t *v = json_object_get(in, name);

	*ret = NULL;
	if (v == NULL || json_is_null(v))
		return required ? err_set(e, RC_INVALID, "\"%s\" is missing", name)
				: RC_OK;
	if (!json_is_string(v))
		return err_set(e, RC_INVALID, "\"%s\" must be a text", name);
	if (json_string_length(v) > max)
		return err_set(e, RC_TOO_LARGE,
			       "\"%s\" has %zu bytes, at most %zu are taken", name,
			       json_string_length(v), max);
	if (required && text_is_blank(json_string_value(v)))
		return err_set(e, RC_INVALID, "\"%s\" is empty", name);
	*ret = json_string_value(v);
	return RC_OK;
}

enum rc
in_int(json_t *in, const char *name, int64_t min, int64_t max, int64_t dflt, int64_t *ret,
       struct err *e)
{
	const json_t *v = json_object_get(in, name);

	*ret = dflt;
	if (v == NULL || json_is_null(v))
		return RC_OK;
	if (json_is_integer(v)) {
		*ret = json_integer_value(v);
	} else if (json_is_string(v)) { /* a word of a query */
		char *end;
		*ret = strtoll(json_string_value(v), &end, 10);
		if (*end != '\0' || end == json_string_value(v))
			return err_set(e, RC_INVALID, "\"%s\" must be a number", name);
	} else {
		return err_set(e, RC_INVALID, "\"%s\" must be a number", name);
	}
	if (*ret < min || *ret > max)
		return err_set(e, RC_INVALID,
			       "\"%s\" is %" PRId64 ", must be from %" PRId64
			       " to %" PRId64,
			       name, *ret, min, max);
	return RC_OK;
}

enum rc
in_bool(json_t *in, const char *name, bool *ret, struct err *e)
{
	const json_t *v = json_object_get(in, name);

	*ret = json_is_true(v);
	if (v != NULL && !json_is_boolean(v))
		return err_set(e, RC_INVALID, "\"%s\" must be true or false", name);
	return RC_OK;
}

enum rc
in_csv(json_t *in, bool *ret, struct err *e)
{
	const char *format;
	enum rc rc = in_text(in, "format", false, EVENT_TYPE_MAX, &format, e);

	*ret = rc == RC_OK && format != NULL && strcmp(format, "csv") == 0;
	if (rc == RC_OK && format != NULL && !*ret && strcmp(format, "json") != 0)
		rc = err_set(e, RC_INVALID, "\"format\" must be json or csv");
	return rc;
}

enum rc
in_uuid(json_t *in, const char *name, const char **ret, struct err *e)
{
	enum rc rc = in_text(in, name, true, UUID_TEXT_LEN, ret, e);

	if (rc == RC_OK && !uuid7_valid(*ret, strlen(*ret)))
		rc = err_set(e, RC_INVALID,
			     "\"%s\" is no id: it looks like "
			     "01890a5d-ac96-774b-bcce-b302099a8057",
			     name);
	return rc;
}

static void
json_release(void *p)
{
	json_decref(p);
}

json_t *
reply_json(struct arena *a, struct reply *out, json_t *stolen)
{
	if (stolen == NULL)
		abort();
	arena_defer(a, json_release, stolen);
	out->json = stolen;
	return stolen;
}

enum rc
reply_csv(struct arena *a, struct reply *out, struct buf *b, const char *file,
	  struct err *e)
{
	enum rc rc = RC_OK;

	if (!buf_ok(b))
		rc = err_set(e, RC_TOO_LARGE,
			     "it is larger than %zu bytes as CSV: ask for less", b->max);
	else
		out->bytes = arena_copy(a, buf_str(b), b->len);
	out->json = NULL;
	out->len = b->len;
	out->type = "text/csv; charset=utf-8; header=present";
	out->file = file;
	buf_free(b);
	return rc;
}

json_t *
json_time(int64_t us)
{
	char text[CLOCK_TEXT_LEN];

	if (us == 0 || us == STORE_NEVER)
		return json_null();
	return json_string(clock_format(us, text));
}
