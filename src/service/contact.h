/*
 * contact - who is reached on each side of a channel, and whether it was tested.
 *
 * What an order's draft shows and its guards ask.
 */
#ifndef SALURAN_SERVICE_CONTACT_H
#define SALURAN_SERVICE_CONTACT_H

#include "service/node_int.h"

/*
 * The directory of one side at that time, as JSON that the caller owns: version
 * (null: none published), published, contacts [{role, order, languages, hours, name,
 * reach, note, on_duty, from}] in the order in which to call, now and next (null, or one
 * of them).
 */
enum rc contact_directory(struct store *s, struct arena *a, int64_t channel,
			  enum party side, int64_t now_us, json_t **ret,
			  struct err *e) MUST_CHECK;

/*
 * What stands beside an order in the making: {"contacts": the other side's directory,
 * "last_test": {test, sent, due, acked, acked_by} or null, "last_acked": time or null}.
 * The caller owns it.
 */
enum rc channel_contact_json(struct store *s, struct arena *a, int64_t channel,
			     int64_t now_us, json_t **ret, struct err *e) MUST_CHECK;

/* When a person of the other side last acknowledged a test of ours; 0: never. */
enum rc channel_last_tested(struct store *s, struct arena *a, int64_t channel,
			    int64_t *ret_acked_us, struct err *e) MUST_CHECK;

/* "peer" of a request: that channel, or, when it is absent, all that are introduced;
 * none is RC_NOT_FOUND for who is to act, and an empty list for who looks. */
enum rc channels_listed(struct store *s, struct arena *a, json_t *in,
			const struct channel_row **ret, size_t *ret_n,
			struct err *e) MUST_CHECK;
enum rc channels_asked(struct store *s, struct arena *a, json_t *in,
		       const struct channel_row **ret, size_t *ret_n,
		       struct err *e) MUST_CHECK;

#endif
