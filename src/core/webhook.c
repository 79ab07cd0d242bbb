#include "core/webhook.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/enc.h"

const char *
webhook_secret_make(struct arena *a)
{
	uint8_t secret[WEBHOOK_SECRET_LEN];

	randombytes_buf(secret, sizeof(secret));
	const char *text = arena_printf(a, WEBHOOK_SECRET_PREFIX "%s",
					b64_arena(a, secret, sizeof(secret)));
	sodium_memzero(secret, sizeof(secret));
	return text;
}

enum rc
webhook_sign(struct arena *a, const char *secret, const char *id, int64_t time_s,
	     const void *body, size_t len, const char **ret, struct err *e)
{
	static const char prefix[] = WEBHOOK_SECRET_PREFIX;
	const size_t skip = sizeof(prefix) - 1;
	const char *head = arena_printf(a, "%s.%" PRId64 ".", id, time_s);
	uint8_t mac[crypto_auth_hmacsha256_BYTES], *key;
	crypto_auth_hmacsha256_state st;
	size_t key_len = 0;

	if (strncmp(secret, prefix, skip) != 0 ||
	    b64_decode(a, secret + skip, strlen(secret) - skip, &key, &key_len) !=
		    RC_OK ||
	    key_len < WEBHOOK_SECRET_MIN || key_len > WEBHOOK_SECRET_MAX)
		return err_set(e, RC_INVALID,
			       "a webhook's secret is " WEBHOOK_SECRET_PREFIX
			       " and base64 of %d to %d bytes",
			       WEBHOOK_SECRET_MIN, WEBHOOK_SECRET_MAX);
	crypto_auth_hmacsha256_init(&st, key, key_len);
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)head, strlen(head));
	crypto_auth_hmacsha256_update(&st, body, len);
	crypto_auth_hmacsha256_final(&st, mac);
	sodium_memzero(&st, sizeof(st));
	sodium_memzero(key, key_len);
	*ret = arena_printf(a, "v1,%s", b64_arena(a, mac, sizeof(mac)));
	return RC_OK;
}

static bool
part_given(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool given = curl_url_get(u, part, &text, 0) == CURLUE_OK && text != NULL;

	curl_free(text);
	return given;
}

enum rc
webhook_url_check(const char *url, bool http, struct err *e)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	enum rc rc = RC_OK;

	if (u == NULL)
		return err_set(e, RC_FULL, "no memory for a URL");
	if (strlen(url) > WEBHOOK_URL_MAX ||
	    curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		rc = err_set(e, RC_INVALID,
			     "a webhook goes to a URL without user and password, of at "
			     "most %d bytes",
			     WEBHOOK_URL_MAX);
	else if (part_given(u, CURLUPART_FRAGMENT))
		rc = err_set(e, RC_INVALID, "a webhook's URL has no fragment");
	else if (strcmp(scheme, "https") != 0 && !(http && strcmp(scheme, "http") == 0))
		rc = err_set(e, RC_INVALID,
			     "a webhook goes to https://...; http only where the setting "
			     "webhook.http allows it");
	curl_free(scheme);
	curl_url_cleanup(u);
	return rc;
}

/* Ranges that are not of the public internet (RFC 6890 and its registry). */
static const struct {
	uint8_t net[16];
	uint8_t len, bits;
} ranges[] = {
	{{0}, 4, 8},
	{{10}, 4, 8},
	{{100, 64}, 4, 10},
	{{127}, 4, 8},
	{{169, 254}, 4, 16},
	{{172, 16}, 4, 12},
	{{192, 0, 0}, 4, 24},
	{{192, 0, 2}, 4, 24},
	{{192, 168}, 4, 16},
	{{198, 18}, 4, 15},
	{{198, 51, 100}, 4, 24},
	{{203, 0, 113}, 4, 24},
	{{224}, 4, 3}, /* multicast and reserved */
	{{0}, 16, 96}, /* unspecified, loopback, IPv4-compatible */
	{{0, 0x64, 0xff, 0x9b}, 16, 32},
	{{1}, 16, 8},
	{{0x20, 0x01, 0x00}, 16, 23},
	{{0x20, 0x01, 0x0d, 0xb8}, 16, 32},
	{{0x20, 0x02}, 16, 16},
	{{0xfc}, 16, 7},
	{{0xfe, 0x80}, 16, 10},
	{{0xfe, 0xc0}, 16, 10},
	{{0xff}, 16, 8},
};

static bool
in_range(const uint8_t *addr, const uint8_t *net, unsigned bits)
{
	const unsigned whole = bits / 8, rest = bits % 8;
	const uint8_t mask = (uint8_t)(0xff << (8 - rest));

	return memcmp(addr, net, whole) == 0 &&
	       (rest == 0 || (addr[whole] & mask) == (net[whole] & mask));
}

bool
webhook_address_private(const uint8_t *addr, size_t len)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (len == 16 && memcmp(addr, mapped, sizeof(mapped)) == 0)
		return webhook_address_private(addr + sizeof(mapped), 4);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (ranges[i].len == len && in_range(addr, ranges[i].net, ranges[i].bits))
			return true;
	return len != 4 && len != 16;
}
