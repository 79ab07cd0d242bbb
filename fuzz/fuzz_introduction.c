/*
 * Properties: an accepted introduction is exactly its two lines, and the entry signed
 * anew from what was read says the same. Input that begins with '{' is two payloads with
 * LF between them: they are signed here, and the offer gets the entry's hash in the place
 * of 64 zeros, so that the fuzzer passes what it cannot forge.
 */
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/identity.h"

static const uint8_t root_seed[SEED_LEN] = {1}, event_seed[SEED_LEN] = {4};

static void
hold(bool truth)
{
	if (!truth)
		abort();
}

static const char *
sign_both(struct arena *a, const char *data, size_t size)
{
	const char *lf = memchr(data, '\n', size);
	char zeros[HASH_HEX_LEN + 1], hex[HASH_HEX_LEN + 1];
	struct hash h;

	if (lf == NULL)
		return "";
	const char *entry =
		jws_sign(a, root_seed, IDENTITY_TYP, data, (size_t)(lf - data));
	size_t len = size - (size_t)(lf + 1 - data);
	char *offer = arena_strndup(a, lf + 1, len);
	memset(zeros, '0', HASH_HEX_LEN);
	zeros[HASH_HEX_LEN] = '\0';
	char *hole = strstr(offer, zeros);
	hash_bytes(entry, strlen(entry), &h);
	if (hole != NULL)
		memcpy(hole, hash_hex(&h, hex), HASH_HEX_LEN);
	return arena_printf(a, "%s\n%s\n", entry,
			    jws_sign(a, event_seed, OFFER_TYP, offer, len));
}

static void
hold_signed_anew(struct arena *a, const struct identity *id)
{
	uint8_t pub[KEY_LEN];
	const struct identity *again;
	struct err e;

	sign_public_key(root_seed, pub);
	if (memcmp(pub, id->root_pub, KEY_LEN) != 0)
		return;
	const char *wire = identity_sign(a, id, root_seed);
	hold(wire != NULL);
	/* Our form is compact, so it is never past the limit that the first one kept. */
	hold(identity_parse(a, wire, strlen(wire), NULL, &again, &e) == RC_OK);
	hold(strcmp(id->org, again->org) == 0 && strcmp(id->name, again->name) == 0 &&
	     id->role == again->role && strcmp(id->url, again->url) == 0 &&
	     id->n_contacts == again->n_contacts && id->iat_us == again->iat_us);
	hold(memcmp(id->event_keys, again->event_keys, sizeof(id->event_keys)) == 0 &&
	     memcmp(id->tls_spki, again->tls_spki, sizeof(id->tls_spki)) == 0);
	for (size_t i = 0; i < id->n_contacts; i++)
		hold(strcmp(id->contacts[i].name, again->contacts[i].name) == 0 &&
		     strcmp(id->contacts[i].reach, again->contacts[i].reach) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *file = (const char *)data;
	size_t len = size;
	const struct identity *id;
	const struct channel_offer *o;
	struct err e;

	crypto_start();
	if (size > 0 && size <= INTRODUCTION_MAX && data[0] == '{') {
		file = sign_both(a, (const char *)data, size);
		len = strlen(file);
	}
	if (introduction_parse(a, file, len, &id, &o, &e) == RC_OK) {
		const char *again = arena_printf(a, "%s\n%s\n", id->wire, o->wire);

		hold(strlen(again) == len && memcmp(again, file, len) == 0);
		hold(strcmp(id->org, o->org) == 0 && strcmp(o->peer, o->org) != 0);
		hold_signed_anew(a, id);
	}
	arena_free(a);
	return 0;
}
