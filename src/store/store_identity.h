/*
 * store_identity - the identity logs that are here, ours and those of peers
 * (core/identity_log.h).
 */
#ifndef SALURAN_STORE_STORE_IDENTITY_H
#define SALURAN_STORE_STORE_IDENTITY_H

#include "core/identity_log.h"
#include "store/store.h"

/* The entries of an organisation; ret->n is 0 when none is here. */
enum rc store_identity_log(struct store *s, struct arena *a, const char *org,
			   struct identity_log *ret, struct err *e) MUST_CHECK;
/* Those of a party of a channel, and from where on in its log each is in force. */
enum rc store_identity_of_party(struct store *s, struct arena *a, int64_t channel,
				enum party party, struct identity_log *ret,
				struct err *e) MUST_CHECK;
/* Keep the entries from number `from` on. */
enum rc store_identity_put(struct store *s, const struct identity_log *l, size_t from,
			   int64_t now_us, struct err *e) MUST_CHECK;

#endif
