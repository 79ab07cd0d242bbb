/* A proof of equivocation as a file for others (core/fraud.h). */
#include <string.h>

#include "core/event.h"
#include "core/fraud.h"
#include "service/use.h"
#include "store/store_identity.h"
#include "store/store_sql.h"

/* The newest proof of equivocation on the channel, with the keys that it needs.
 * in: peer?
 * out: v, org, identity [texts], proof */
enum rc
service_channel_proof(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct identity_log *ids = ARENA_NEW(a, struct identity_log);
	const char *peer = NULL, *party = NULL, *proof = NULL;
	struct channel_row c = {0};
	struct store *s = NULL;
	json_t *body = NULL;
	enum rc rc = in_only(in, "peer", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "peer", false, ORG_MAX, &peer, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = channel_of_peer(s, a, peer, &c, e);
	const struct db_param of_channel[] = {DB_P_INT(c.channel)};
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_FRAUD_NEWEST, of_channel, &proof, e);
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_FRAUD_NEWEST_PARTY, of_channel, &party, e);
	if (rc == RC_OK && (proof == NULL || party == NULL))
		rc = err_set(e, RC_NOT_FOUND, "there is no proof of equivocation of %s",
			     c.peer_org);
	if (rc == RC_OK)
		rc = store_identity_of_party(
			s, a, c.channel,
			strcmp(party, party_name(PARTY_AUTHORITY)) == 0 ? PARTY_AUTHORITY
									: PARTY_PLATFORM,
			ids, e);
	if (rc == RC_OK)
		rc = ijson_parse(a, proof, strlen(proof), &body, e);
	if (rc == RC_OK)
		reply_json(a, out, fraud_file(ids, body));
	reader_put(nd, s);
	return rc;
}
