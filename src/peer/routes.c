/*
 * What the peer server answers: a row a call, its handler turning bytes into a call of
 * service/exchange.h and the outcome into bytes (protocol 5).
 */
#include <string.h>

#include "base/enc.h"
#include "core/epoch.h"
#include "core/fraud.h"
#include "core/held.h"
#include "core/identity_log.h"
#include "peer/blob.h"

#define PATH_IDENTITY "/peer/v1/identity"

enum { INFO_BODY_MAX = 4096 }; /* two numbers and a ticket */

static void
answer_bytes(struct peer_request *r, struct peer_answer *ret, const char *type,
	     const void *body, size_t len)
{
	ret->type = type;
	ret->body = arena_copy(r->a, body, len);
	ret->len = len;
}

static enum rc
add_checkpoint(struct node *nd, struct peer_request *r, struct peer_answer *ret,
	       struct err *e)
{
	struct mirror_checkpoint *req = ARENA_NEW(r->a, struct mirror_checkpoint);
	uint64_t size = 0;
	enum rc rc =
		mirror_checkpoint_parse(r->a, buf_str(&r->body), r->body.len, req, e);

	if (rc != RC_OK)
		return rc;
	rc = exchange_add_checkpoint(nd, r->peer, req, &size, e);
	if (rc == RC_CONFLICT) {
		const char *body = arena_printf(r->a, "%llu\n", (unsigned long long)size);
		ret->status = MHD_HTTP_CONFLICT;
		answer_bytes(r, ret, MIRROR_SIZE_TYP, body, strlen(body));
	}
	return rc;
}

static enum rc
add_entries(struct node *nd, struct peer_request *r, struct peer_answer *ret,
	    struct err *e)
{
	struct mirror_entries req;
	struct exchange_answer answer = {0};
	struct buf info = BUF_INIT(INFO_BODY_MAX);
	enum rc rc = mirror_entries_parse(r->a, (const uint8_t *)buf_str(&r->body),
					  r->body.len, &req, e);

	if (rc != RC_OK)
		return rc;
	rc = exchange_add_entries(nd, r->peer, &req, r->a, &answer, e);
	if (rc == RC_OK && !answer.partial) {
		const char *lines = answer.cosignature == NULL ? "" : answer.cosignature;
		answer_bytes(r, ret, NULL, lines, strlen(lines));
	} else if (rc == RC_OK || rc == RC_CONFLICT) {
		ret->status = rc == RC_OK ? MHD_HTTP_ACCEPTED : MHD_HTTP_CONFLICT;
		mirror_info_put(&info, &answer.info);
		answer_bytes(r, ret, MIRROR_INFO_TYP, buf_str(&info), info.len);
		buf_free(&info);
	}
	return rc;
}

static enum rc
add_disclosures(struct node *nd, struct peer_request *r, struct peer_answer *ret,
		struct err *e)
{
	(void)ret;
	return exchange_add_disclosures(nd, r->peer, buf_str(&r->body), r->body.len, e);
}

static enum rc
take_receipt(struct node *nd, struct peer_request *r, struct peer_answer *ret,
	     struct err *e)
{
	enum rc rc =
		exchange_take_receipt(nd, r->peer, buf_str(&r->body), r->body.len, e);

	if (rc == RC_OK)
		ret->status = MHD_HTTP_NO_CONTENT;
	return rc;
}

static enum rc
add_identity(struct node *nd, struct peer_request *r, struct peer_answer *ret,
	     struct err *e)
{
	(void)ret;
	return exchange_add_identity(nd, buf_str(&r->body), r->body.len, e);
}

static enum rc
add_fraud(struct node *nd, struct peer_request *r, struct peer_answer *ret, struct err *e)
{
	enum rc rc = exchange_add_fraud(nd, r->peer, buf_str(&r->body), r->body.len, e);

	if (rc == RC_OK)
		ret->status = MHD_HTTP_ACCEPTED;
	return rc;
}

static enum rc
get_fraud(struct node *nd, struct peer_request *r, struct peer_answer *ret, struct err *e)
{
	const char *proof;
	enum rc rc = exchange_get_fraud(nd, r->peer, r->a, &proof, e);

	if (rc == RC_OK)
		answer_bytes(r, ret, NULL, proof, strlen(proof));
	return rc;
}

static enum rc
add_epoch(struct node *nd, struct peer_request *r, struct peer_answer *ret, struct err *e)
{
	const char *own;
	enum rc rc = exchange_add_epoch(nd, r->peer, buf_str(&r->body), r->body.len, r->a,
					&own, e);

	if (rc == RC_OK)
		answer_bytes(r, ret, NULL, own, strlen(own));
	return rc;
}

static enum rc
get_identity(struct node *nd, struct peer_request *r, struct peer_answer *ret,
	     struct err *e)
{
	const char *lines = exchange_get_identity(nd, r->a);

	(void)e;
	answer_bytes(r, ret, NULL, lines, strlen(lines));
	return RC_OK;
}

static enum rc
held(struct node *nd, struct peer_request *r, struct peer_answer *ret, struct err *e)
{
	const char *word;
	enum rc rc = exchange_held(nd, r->peer, buf_str(&r->body), r->body.len, r->a,
				   &word, e);

	if (rc == RC_OK)
		answer_bytes(r, ret, NULL, word, strlen(word));
	return rc;
}

static enum rc
get_disclosures(struct node *nd, struct peer_request *r, struct peer_answer *ret,
		struct err *e)
{
	const char *lines;
	size_t len;
	enum rc rc = exchange_get_disclosures(nd, r->peer, r->words.log, r->words.rest,
					      r->a, &lines, &len, e);

	if (rc == RC_OK)
		answer_bytes(r, ret, NULL, lines, len);
	return rc;
}

static enum rc
get_checkpoint(struct node *nd, struct peer_request *r, struct peer_answer *ret,
	       struct err *e)
{
	const char *note;
	size_t len;
	enum rc rc =
		exchange_get_checkpoint(nd, r->peer, r->words.log, r->a, &note, &len, e);

	if (rc == RC_OK)
		answer_bytes(r, ret, NULL, note, len);
	return rc;
}

static enum rc
get_tile(struct node *nd, struct peer_request *r, struct peer_answer *ret, struct err *e)
{
	unsigned level, width;
	const uint8_t *tile;
	uint64_t index;
	bool entries;
	size_t len;
	enum rc rc =
		mirror_tile_path_parse(r->words.rest, &entries, &level, &index, &width);

	if (rc != RC_OK)
		return err_rule(e, RC_NOT_FOUND, "protocol 1", "no path of a tile");
	if (width == MIRROR_PACKAGE)
		width = 0; /* the full tile */
	rc = exchange_get_tile(nd, r->peer, r->words.log, entries, level, index, width,
			       r->a, &tile, &len, e);
	if (rc == RC_OK)
		answer_bytes(r, ret, "application/octet-stream", tile, len);
	return rc;
}

static enum rc
get_proof(struct node *nd, struct peer_request *r, struct peer_answer *ret, struct err *e)
{
	const char *proof;
	uint64_t seq;
	size_t len;
	enum rc rc =
		decimal_parse(r->words.rest, strlen(r->words.rest), UINT64_MAX, &seq);

	if (rc != RC_OK)
		return err_rule(e, RC_NOT_FOUND, "protocol 5", "no number of an event");
	rc = exchange_get_proof(nd, r->peer, r->words.log, seq, r->a, &proof, &len, e);
	if (rc == RC_OK)
		answer_bytes(r, ret, NULL, proof, len);
	return rc;
}

const struct peer_route peer_routes[] = {
	/* method, path, name, largest body, gzip, handler */
	{"POST", "/peer/v1/add-checkpoint", "add-checkpoint", PEER_CHECKPOINT_BODY_MAX,
	 false, add_checkpoint},
	{"POST", "/peer/v1/add-entries", "add-entries", EXCHANGE_BODY_MAX, true,
	 add_entries},
	{"POST", "/peer/v1/disclosures", "disclosures", EXCHANGE_DISCLOSURES_MAX, false,
	 add_disclosures},
	{"POST", "/peer/v1/epoch", "epoch", EPOCH_WIRE_MAX, false, add_epoch},
	{"POST", "/peer/v1/fraud", "fraud", FRAUD_MAX, false, add_fraud},
	{"GET", "/peer/v1/fraud", "fraud", 0, false, get_fraud},
	{"POST", "/peer/v1/held", "held", HELD_QUESTION_MAX, false, held},
	{"POST", PATH_IDENTITY, "identity", IDENTITY_LOG_MAX, false, add_identity},
	{"GET", PATH_IDENTITY, "identity", 0, false, get_identity},
	{"POST", "/peer/v1/receipts", "receipts", PEER_CHECKPOINT_BODY_MAX, false,
	 take_receipt},
	{"PUT", "/peer/v1/blob/{sha256}", "blob", PEER_PIECE_MAX, false, blob_put},
	{"HEAD", "/peer/v1/blob/{sha256}", "blob", 0, false, blob_head},
	{"GET", "/peer/v1/{log}/checkpoint", "checkpoint", 0, false, get_checkpoint},
	{"GET", "/peer/v1/{log}/tile/{rest}", "tile", 0, false, get_tile},
	{"GET", "/peer/v1/{log}/disclosures/{rest}", "disclosures", 0, false,
	 get_disclosures},
	{"GET", "/peer/v1/{log}/proof/{rest}", "proof", 0, false, get_proof},
};
const size_t peer_routes_n = sizeof(peer_routes) / sizeof(peer_routes[0]);

bool
peer_route_is_for_anyone(const char *url, const char *method)
{
	return strcmp(url, PATH_IDENTITY) == 0 && strcmp(method, "POST") == 0;
}

enum rc
peer_route_find(struct peer_request *r, const char *url, const char *method,
		struct peer_answer *ret, struct err *e)
{
	bool other_method = false;

	for (size_t i = 0; i < peer_routes_n; i++) {
		if (!path_match(peer_routes[i].pattern, url, &r->words))
			continue;
		if (strcmp(peer_routes[i].method, method) == 0) {
			r->route = &peer_routes[i];
			return RC_OK;
		}
		other_method = true;
	}
	if (!other_method)
		return err_rule(e, RC_NOT_FOUND, "protocol 5", "there is no such call");
	*ret = (struct peer_answer){
		.status = MHD_HTTP_METHOD_NOT_ALLOWED,
		.body = arena_strdup(r->a, "protocol 5: the call has another method\n")};
	ret->len = strlen(ret->body);
	return err_rule(e, RC_UNSUPPORTED, "protocol 5", "the call has another method");
}

bool
peer_refusal_put(struct arena *a, enum rc rc, const struct err *e,
		 struct peer_answer *answer)
{
	bool ours = rc_http_status(rc) == MHD_HTTP_INTERNAL_SERVER_ERROR || e->inner;

	if (answer->status != 0)
		return ours;
	answer->status = (unsigned)rc_http_status(rc);
	answer->body =
		arena_printf(a, "%s\n", ours ? "this node cannot answer now" : e->text);
	answer->len = strlen(answer->body);
	return ours;
}
