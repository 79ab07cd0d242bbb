/*
 * policy_int - what the files of the policy's reader share; nobody else includes it.
 */
#ifndef SALURAN_CORE_POLICY_INT_H
#define SALURAN_CORE_POLICY_INT_H

#include "core/docread.h"
#include "core/policy.h"

/* Whole seconds, in microseconds. */
int64_t policy_duration(struct docread *d, const json_t *o, const char *at,
			const char *key, int64_t min_s);
int64_t policy_duration_or(struct docread *d, const json_t *o, const char *at,
			   const char *key, int64_t min_s, int64_t dflt_s);
/* {"en": ..., "id": ...} */
void policy_names(struct docread *d, const json_t *o, const char *at, const char *key,
		  const char **ret_en, const char **ret_id);

/* The calendars come before the classes that name them. */
void policy_calendars(struct docread *d, const json_t *doc, struct policy *p);
void policy_class_read(struct docread *d, json_t *o, const char *at,
		       const struct policy *p, struct policy_class *ret);
bool policy_step_by_node(struct docread *d, const json_t *o, const char *at);
void policy_order_more(struct docread *d, const json_t *o, struct policy_order *ret);
/* Of an order; after the categories. */
void policy_addresses(struct docread *d, const json_t *order, struct policy *p);
/* The optional members at the top. */
void policy_more(struct docread *d, const json_t *doc, struct policy *p);

#endif
