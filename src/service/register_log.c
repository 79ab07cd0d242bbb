/*
 * The logs that the register rests on, for everybody: checkpoint and hash tiles (C2SP
 * tlog-tiles), so that an outsider sees that nothing is taken out or put in later.
 *
 * Tiles are hashes of signed entries, which nobody can guess.  The entries themselves
 * hold more than orders and are for the two parties; those of an order come with the
 * proof of its register entry.
 */
#include <inttypes.h>
#include <string.h>

#include "core/event.h"
#include "core/event_type.h"
#include "core/members.h"
#include "service/contact.h"
#include "service/exchange.h"
#include "service/use.h"

enum { LEVEL_MAX = 7, TILE_WIDTH = 256 };

static enum rc
log_of(struct node *nd, struct arena *a, json_t *in, const char **ret_log,
       struct log_head *ret, struct err *e)
{
	struct store *s = NULL;
	enum rc rc = in_text(in, "log", true, HASH_HEX_LEN, ret_log, e);

	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_head_by_origin_hash(s, a, *ret_log, ret, e);
	reader_put(nd, s);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && ret->party != PARTY_AUTHORITY))
		rc = err_set(e, RC_NOT_FOUND,
			     "the register rests on no log %s: GET /v1/register/logs "
			     "lists them",
			     *ret_log);
	return rc;
}

static enum rc
log_json(struct node *nd, struct store *s, struct arena *a, const struct channel_row *ch,
	 json_t *into, struct err *e)
{
	struct buf vkey = BUF_INIT(NOTE_TEXT_MAX);
	char root[HASH_HEX_LEN + 1], log[HASH_HEX_LEN + 1];
	struct note_key key;
	struct log_head h;
	struct hash origin;
	enum rc rc = store_head(s, a, ch->channel, PARTY_AUTHORITY, &h, e);

	if (rc == RC_OK)
		rc = identity_log_key(nd->id, h.origin, &key, e);
	if (rc != RC_OK)
		return rc;
	hash_bytes(h.origin, strlen(h.origin), &origin);
	hash_hex(&origin, log);
	note_key_put(&vkey, &key);
	json_array_append_new(into,
			      json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "log", log,
					"origin", h.origin, "platform", ch->peer_org,
					"key", buf_str(&vkey), "size", (json_int_t)h.size,
					"root", hash_hex(&h.root, root), "tiles",
					arena_printf(a, "/tlog/%s", log)));
	buf_free(&vkey);
	return RC_OK;
}

/* in: nothing  out: logs [{log (SHA-256 of the origin), origin, platform, key, size,
 * root, tiles (path of the pages)}] */
enum rc
service_register_logs(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	json_t *logs = json_array();
	const struct channel_row *rows;
	struct store *s = NULL;
	size_t n = 0;
	enum rc rc = in_only(in, "", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "logs", logs));
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = channels_asked(s, a, in, &rows, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = log_json(nd, s, a, &rows[i], logs, e);
	reader_put(nd, s);
	return rc;
}

/* in: log  out: its newest checkpoint, signed: text */
enum rc
service_register_checkpoint(struct node *nd, struct arena *a, const struct actor *who,
			    json_t *in, struct reply *out, struct err *e)
{
	const char *log, *note;
	struct log_head h;
	enum rc rc = in_only(in, "log", e);

	(void)who;
	if (rc == RC_OK)
		rc = log_of(nd, a, in, &log, &h, e);
	if (rc == RC_OK)
		rc = exchange_get_checkpoint(nd, h.channel, log, a, &note, &out->len, e);
	if (rc != RC_OK)
		return rc;
	out->bytes = (const uint8_t *)note;
	out->type = "text/plain; charset=utf-8";
	return RC_OK;
}

/* in: log, level, index, width? (of a tile that is not full)  out: the tile's hashes */
enum rc
service_register_tile(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	int64_t level, index, width;
	struct log_head h;
	const char *log;
	enum rc rc = in_only(in, "log level index width", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_int(in, "level", 0, LEVEL_MAX, 0, &level, e);
	if (rc == RC_OK)
		rc = in_int(in, "index", 0, IJSON_INT_MAX, 0, &index, e);
	if (rc == RC_OK)
		rc = in_int(in, "width", 1, TILE_WIDTH, TILE_WIDTH, &width, e);
	if (rc == RC_OK)
		rc = log_of(nd, a, in, &log, &h, e);
	if (rc == RC_OK)
		rc = exchange_get_tile(nd, h.channel, log, false, (unsigned)level,
				       (uint64_t)index, (unsigned)width, a, &out->bytes,
				       &out->len, e);
	return rc;
}

/* ---- one event of a case ----------------------------------------------------------- */

static enum rc
record_read(struct node *nd, struct store *s, struct arena *a, const char *id,
	    enum party party, uint64_t seq, struct reply *out, struct err *e)
{
	const struct event_claim *claim;
	struct log_leaf *leaf;
	struct case_row c;
	struct log_head h;
	char hex[HASH_HEX_LEN + 1];
	enum rc rc = view_case_get(s, a, id, &c, e);

	(void)nd;
	if (rc == RC_OK)
		rc = store_head(s, a, c.channel, party, &h, e);
	if (rc == RC_OK && seq >= h.size)
		rc = err_set(e, RC_NOT_FOUND, "the log has no entry %" PRIu64, seq);
	if (rc == RC_OK)
		rc = store_leaves(s, a, c.channel, party, seq, seq + 1, &leaf, e);
	if (rc == RC_OK)
		rc = event_parse(a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	const struct event *ev = event_trusted(claim);
	if (ev->casefile == NULL || strcmp(ev->casefile, id) != 0)
		return err_set(e, RC_NOT_FOUND, "entry %" PRIu64 " is of another case",
			       seq);
	reply_json(a, out,
		   json_pack("{s:s, s:s, s:I, s:s, s:s, s:o, s:s, s:s%}", "case", id,
			     "log", h.origin, "seq", (json_int_t)seq, "party",
			     party_name(party), "type", ev->type, "at",
			     json_time(ev->iat_us), "leaf", hash_hex(&leaf[0].leaf, hex),
			     "jws", leaf[0].jws, leaf[0].jws_len));
	return RC_OK;
}

/* in: case, party (authority, platform), seq
 * out: case, log, seq, party, type, at, leaf (its hash in the log's tree), jws */
enum rc
service_case_record(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	const char *id, *party;
	struct store *s = NULL;
	int64_t seq;
	enum rc rc = in_only(in, "case party seq", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &id, e);
	if (rc == RC_OK)
		rc = in_text(in, "party", true, EVENT_TOKEN_MAX, &party, e);
	if (rc == RC_OK && strcmp(party, party_name(PARTY_AUTHORITY)) != 0 &&
	    strcmp(party, party_name(PARTY_PLATFORM)) != 0)
		rc = err_set(e, RC_INVALID, "\"party\" is authority or platform");
	if (rc == RC_OK)
		rc = in_int(in, "seq", 0, IJSON_INT_MAX, 0, &seq, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = record_read(nd, s, a, id,
				 strcmp(party, party_name(PARTY_PLATFORM)) == 0
					 ? PARTY_PLATFORM
					 : PARTY_AUTHORITY,
				 (uint64_t)seq, out, e);
	reader_put(nd, s);
	return rc;
}
