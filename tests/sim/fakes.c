/*
 * The clocks, the random numbers and what else a node asks of its machine.
 */
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/tls.h"
#include "sim/sim.h"

int64_t __wrap_clock_now_us(void);
int64_t __wrap_clock_mono_us(void);
void __wrap_clock_read(int64_t *ret_wall_us, int64_t *ret_boot_us);
int __wrap_flock(int fd, int how);
enum rc __wrap_tls_create(const char *dir, const char *common_name, int64_t now_us,
			  unsigned valid_days, struct err *e);
enum rc __wrap_tls_spki(const char *dir, struct hash *ret, struct err *e);
void __wrap_log_line(enum log_level level, const char *id, const char *fmt, ...)
	PRINTF(3, 4);

int64_t
__wrap_clock_now_us(void)
{
	return W.now_us + (W.cur == NULL ? 0 : W.cur->skew_us);
}

int64_t
__wrap_clock_mono_us(void)
{
	return W.now_us - W.began_us + CLOCK_US_PER_S;
}

void
__wrap_clock_read(int64_t *ret_wall_us, int64_t *ret_boot_us)
{
	*ret_wall_us = __wrap_clock_now_us();
	*ret_boot_us = __wrap_clock_mono_us();
}

/* Each schedule inherits the locks of the process that made the nodes. */
int
__wrap_flock(int fd, int how)
{
	(void)fd;
	(void)how;
	return 0;
}

/* No connection is made: a key that follows from the name, another for each rotation. */
enum rc
__wrap_tls_create(const char *dir, const char *common_name, int64_t now_us,
		  unsigned valid_days, struct err *e)
{
	(void)dir;
	(void)common_name;
	(void)now_us;
	(void)valid_days;
	(void)e;
	return RC_OK;
}

enum rc
__wrap_tls_spki(const char *dir, struct hash *ret, struct err *e)
{
	char text[SIM_TEXT];

	(void)dir;
	(void)e;
	snprintf(text, sizeof(text), "%s %d", W.cur->org, W.cur->rotations);
	hash_bytes(text, strlen(text), ret);
	return RC_OK;
}

void
__wrap_log_line(enum log_level level, const char *id, const char *fmt, ...)
{
	char text[SIM_TEXT];
	va_list ap;

	if (!W.trace || level < LOG_INFO)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "      %s: %s %s\n", W.cur == NULL ? "-" : W.cur->org, id, text);
}

/* ---- signatures: a verdict is a function of what is asked, so it is found once --------
 */

enum { VERDICTS = 4096 };
static struct {
	uint64_t of;
	int verdict;
} verdict[VERDICTS];

int __real_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m,
				       unsigned long long len, const unsigned char *pub);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m,
				       unsigned long long len, const unsigned char *pub);

int
__wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m,
				   unsigned long long len, const unsigned char *pub)
{
	uint64_t of = UINT64_C(0xcbf29ce484222325);

	if (sim_is(MUTANT_BELIEVES) && !W.looking)
		return 0;
	for (size_t i = 0; i < crypto_sign_BYTES; i++)
		of = (of ^ sig[i]) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < crypto_sign_PUBLICKEYBYTES; i++)
		of = (of ^ pub[i]) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < len; i++)
		of = (of ^ m[i]) * UINT64_C(0x100000001b3);
	size_t at = of % VERDICTS;
	if (verdict[at].of != of) {
		verdict[at].verdict =
			__real_crypto_sign_verify_detached(sig, m, len, pub);
		verdict[at].of = of;
	}
	return verdict[at].verdict;
}

/* ---- random numbers: xorshift, as nothing here is a secret ----------------------------
 */

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

static uint32_t
next32(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

void
fakes_random(void *p, size_t len)
{
	uint8_t *b = p;

	for (size_t i = 0; i < len; i += 4) {
		uint32_t r = next32();
		memcpy(b + i, &r, len - i < 4 ? len - i : 4);
	}
}

static const char *
random_name(void)
{
	return "sim";
}

static void
random_stir(void)
{
}

static void
random_buf(void *const p, const size_t len)
{
	fakes_random(p, len);
}

static int64_t
vfs_clock(void)
{
	return W.now_us;
}

static void
vfs_write(const char *path)
{
	(void)path;
	node_burn();
}

void
fakes_start(void)
{
	static randombytes_implementation sim_random = {.implementation_name =
								random_name,
							.random = next32,
							.stir = random_stir,
							.buf = random_buf};

	state = (W.seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	randombytes_set_implementation(&sim_random);
	json_object_seed(1);
	vfs_now_us = vfs_clock;
	vfs_random = fakes_random;
	vfs_before = vfs_write;
}
