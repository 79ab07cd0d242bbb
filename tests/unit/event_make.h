/*
 * A good event for tests, with one member changed at a time.
 */
#ifndef SALURAN_TESTS_EVENT_MAKE_H
#define SALURAN_TESTS_EVENT_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/event.h"

#define ZERO_HEX   "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE_HEX	   "1111111111111111111111111111111111111111111111111111111111111111"
#define UUID_CASE  "01980000-0000-7000-8000-000000000001"
#define UUID_EVENT "01980000-0000-7abc-9def-000000000002"
#define SD_ONE	   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SD_TWO	   "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define LOG_OURS   "kominfo.example/c/42/e0"
#define LOG_THEIRS "telegram.example/c/42/e0"

static const uint8_t event_seed[SEED_LEN] = {7};

struct member {
	const char *name, *json; /* json NULL: the member is left out */
};

/* clang-format off */
static const struct member good_members[] = {
	{"v", "1"},
	{"log", "\"" LOG_OURS "\""},
	{"seq", "5"},
	{"prev", "\"" ONE_HEX "\""},
	{"id", "\"" UUID_EVENT "\""},
	{"type", "\"case.warn\""},
	{"case", "\"" UUID_CASE "\""},
	{"re", "[{\"log\":\"" LOG_OURS "\",\"seq\":2,\"leaf\":\"" ONE_HEX "\"}]"},
	{"iat", "1500000000000000"},
	{"by", "\"officer-1\""},
	{"due", "1500086400000000"},
	{"ack", "{\"log\":\"" LOG_THEIRS "\",\"size\":3,\"root\":\"" ONE_HEX "\"}"},
	{"body", "{\"level\":1}"},
	{"_sd", "[\"" SD_ONE "\"]"},
	{"blobs", "[\"" ONE_HEX "\"]"},
};
/* clang-format on */

/* The payload of good_members, with `name` replaced, added or (NULL) left out. */
static inline const char *
payload_make(struct arena *a, const char *name, const char *json)
{
	const size_t n = sizeof(good_members) / sizeof(good_members[0]);
	const char *out = "{", *comma = "";
	bool known = false;

	for (size_t i = 0; i < n; i++) {
		bool changed = name != NULL && strcmp(name, good_members[i].name) == 0;
		const char *value = changed ? json : good_members[i].json;

		known |= changed;
		if (value == NULL)
			continue;
		out = arena_printf(a, "%s%s\"%s\":%s", out, comma, good_members[i].name,
				   value);
		comma = ",";
	}
	if (name != NULL && json != NULL && !known)
		out = arena_printf(a, "%s,\"%s\":%s", out, name, json);
	return arena_printf(a, "%s}", out);
}

static inline const char *
event_make(struct arena *a, const char *payload)
{
	return jws_sign(a, event_seed, EVENT_TYP, payload, strlen(payload));
}

#endif
