/*
 * operator - who may have a zone: for the files operator*.c and whoever shows operators.
 */
#ifndef SALURAN_SERVICE_OPERATOR_H
#define SALURAN_SERVICE_OPERATOR_H

#include "service/zone_int.h"

enum {
	OPERATOR_NAME_MAX = 40,
	OPERATOR_ADDRESSES_MAX = 32,
	OPERATOR_KEY_BYTES = 32,
	OPERATOR_OVERLAP_DEFAULT_S = 7 * 86400, /* an old key beside a new one */
	OPERATOR_OVERLAP_MAX_S = 90 * 86400,
};

/* One row of `operator`. */
struct operator_row {
	const char *name, *address, *resolver, *zone, *layout;
	int64_t notify_port, added_us;
};
/* All of them, by name: rows are struct operator_row. */
enum rc operator_rows(struct store *s, struct arena *a, struct store_list *ret,
		      struct err *e) MUST_CHECK;
/* RC_NOT_FOUND. */
enum rc operator_row_get(struct store *s, struct arena *a, const char *name,
			 struct operator_row *ret, struct err *e) MUST_CHECK;
/* Lower case, digits, '-'. */
bool operator_name_valid(const char *s);
/* One as people see it, without secrets; *ret is new. */
enum rc operator_json(struct store *s, struct arena *a, const struct operator_row *o,
		      int64_t now_us, json_t **ret, struct err *e) MUST_CHECK;

/* operator_seen.c: what became of NOTIFY, [{origin, address, port, serial, result,
 * attempts, over, at, mend}]; *ret is new. */
enum rc operator_notify_json(struct store *s, const char *operator_name,
			     const json_t *pulled, json_t **ret,
			     struct err *e) MUST_CHECK;
/* What mends that result; NULL: nothing is to be. */
const char *notify_mend(const char *result);

/* A new key for the operator, in the writer's job; the secret in clear is in the arena.
 * The name of the key has its number when there was one before. */
enum rc operator_key_make(struct writer *w, const char *operator_name, const char *origin,
			  struct zone_key *ret, struct err *e) MUST_CHECK;

#endif
