#include "base/uuid.h"

#include <sodium.h>
#include <string.h>

#include "base/enc.h"

void
uuid7_make(int64_t now_us, char *out)
{
	uint64_t ms = (uint64_t)(now_us / 1000);
	uint8_t b[16];
	char hex[33];

	randombytes_buf(b, sizeof(b));
	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)(ms >> (40 - 8 * i));
	b[6] = (uint8_t)(0x70 | (b[6] & 0x0f));
	b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
	hex_encode(b, sizeof(b), hex);
	for (int i = 0, o = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			out[o++] = '-';
		out[o++] = hex[i];
	}
	out[UUID_TEXT_LEN] = '\0';
}

int64_t
uuid7_ms(const char *s)
{
	uint8_t b[6];
	char hex[12];
	int64_t ms = 0;

	memcpy(hex, s, 8);
	memcpy(hex + 8, s + 9, 4);
	if (hex_decode(hex, sizeof(hex), b, sizeof(b)) != RC_OK)
		return 0;
	for (size_t i = 0; i < sizeof(b); i++)
		ms = ms << 8 | b[i];
	return ms;
}

bool
uuid7_valid(const char *s, size_t len)
{
	if (len != UUID_TEXT_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
		} else if (!((s[i] >= '0' && s[i] <= '9') ||
			     (s[i] >= 'a' && s[i] <= 'f'))) {
			return false;
		}
	}
	return s[14] == '7' &&
	       (s[19] == '8' || s[19] == '9' || s[19] == 'a' || s[19] == 'b');
}
