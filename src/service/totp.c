/*
 * One-time passwords by time (RFC 6238: SHA-1, 30 s, 6 digits), and the recovery codes
 * for when the device is lost.  A code is taken once: its step must be later than the
 * newest one used, which also stops the code of another tab.
 */
#include <gnutls/crypto.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "service/person.h"
#include "service/vault.h"
#include "store/store_sql.h"

enum {
	STEP_S = 30,
	STEPS_ASIDE = 1, /* a device's clock may be wrong by one */
	DIGITS = 6,
	CODE_MODULUS = 1000000,
	HMAC_LEN = 20,
	RECOVERY_CODES = 10,
	RECOVERY_LEN = 15, /* bytes: 120 bits, six groups of four letters */
	CODE_MAX = 40,
};

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int64_t
totp_step_of(int64_t now_us)
{
	return now_us / CLOCK_US_PER_S / STEP_S;
}

/* RFC 4226, 5.3. */
uint32_t
totp_code(const uint8_t *secret, size_t len, int64_t step)
{
	uint8_t counter[8], mac[HMAC_LEN];

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA1, secret, len, counter, sizeof(counter),
			     mac) < 0)
		abort(); /* GnuTLS without HMAC-SHA1 is no GnuTLS */
	unsigned at = mac[HMAC_LEN - 1] & 0xf;
	uint32_t bits = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
			(uint32_t)mac[at + 2] << 8 | mac[at + 3];
	sodium_memzero(mac, sizeof(mac));
	return bits % CODE_MODULUS;
}

int64_t
totp_match(const uint8_t secret[TOTP_LEN], const char *code, int64_t now_us,
	   int64_t after)
{
	int64_t step = totp_step_of(now_us), found = -1;
	uint32_t given = 0;

	if (strlen(code) != DIGITS || strspn(code, "0123456789") != DIGITS)
		return -1;
	for (int i = 0; i < DIGITS; i++)
		given = given * 10 + (uint32_t)(code[i] - '0');
	for (int64_t s = step - STEPS_ASIDE; s <= step + STEPS_ASIDE; s++)
		if (totp_code(secret, TOTP_LEN, s) == given && s > after && found < 0)
			found = s;
	return found;
}

enum rc
totp_roles_parse(const char *text, unsigned *ret, struct err *e)
{
	*ret = 0;
	while (text[0] != '\0') {
		size_t len = strcspn(text, ", ");
		int found = -1;
		for (int i = 0; i < ROLE_COUNT; i++)
			if (strlen(role_token((enum role)i)) == len &&
			    memcmp(role_token((enum role)i), text, len) == 0)
				found = i;
		if (len != 0 && found < 0)
			return err_set(e, RC_INVALID,
				       "people.totp_roles: there is no role \"%.*s\"",
				       (int)len, text);
		if (len != 0)
			*ret |= ROLE_BIT(found);
		text += len + (text[len] != '\0');
	}
	return RC_OK;
}

bool
totp_required(const struct node *nd, enum role role)
{
	return (nd->totp_roles & ROLE_BIT(role)) != 0;
}

static enum rc
wrong_code(struct err *e)
{
	return err_set(e, RC_UNAUTHENTICATED,
		       "the code is wrong, too old, or was used already");
}

/* Upper case without what people put between. */
static bool
recovery_hash(const char *code, struct hash *ret)
{
	char plain[CODE_MAX + 1] = "";
	size_t n = 0;

	for (; *code != '\0' && n < CODE_MAX; code++)
		if (*code >= 'a' && *code <= 'z')
			plain[n++] = (char)(*code - 'a' + 'A');
		else if (*code != '-' && *code != ' ')
			plain[n++] = *code;
	hash_bytes(plain, n, ret);
	return n == RECOVERY_LEN * 8 / 5;
}

/* As totp_match(), of a secret as the store has it. */
static enum rc
sealed_match(struct writer *w, const char *person, struct sealed sealed, const char *code,
	     int64_t after, int64_t *ret, struct err *e)
{
	const struct seal_place at = {VAULT_TOTP, person};
	const uint8_t *secret;
	size_t len = 0;
	enum rc rc =
		vault_open_bytes(w->nd, w->a, at, sealed.p, sealed.len, &secret, &len, e);

	if (rc == RC_OK && len != TOTP_LEN)
		rc = err_set(e, RC_CORRUPT, "the second factor of %s has another length",
			     person);
	if (rc == RC_OK)
		*ret = totp_match(secret, code, w->now_us, after);
	return rc;
}

enum rc
totp_use(struct writer *w, const struct person *p, const char *code, struct err *e)
{
	int64_t step = -1;
	struct hash h;

	if (code == NULL)
		return wrong_code(e);
	bool recovers = recovery_hash(code, &h);
	enum rc rc = recovers ? RC_OK
			      : sealed_match(w, p->name, p->totp, code, p->totp_step,
					     &step, e);
	if (rc == RC_OK && step < 0 && !recovers)
		rc = wrong_code(e);
	if (rc != RC_OK)
		return rc;
	rc = step >= 0
		     ? store_run(w->s, &SQL_PERSON_TOTP_STEP,
				 (struct db_param[]){DB_P_TEXT(p->name), DB_P_INT(step)},
				 NULL, NULL, e)
		     : store_run(w->s, &SQL_RECOVERY_USE,
				 (struct db_param[]){DB_P_TEXT(p->name),
						     DB_P_BLOB(h.b, HASH_LEN)},
				 NULL, NULL, e);
	if (rc == RC_OK && w->s->drv->changes(w->s->db) == 0)
		rc = wrong_code(e);
	return rc;
}

/* ---- enrolling --------------------------------------------------------------------- */

/* RFC 4648, 6; a multiple of 5 bytes. */
static const char *
base32_arena(struct arena *a, const uint8_t *p, size_t len)
{
	char *out = arena_alloc(a, len * 8 / 5 + 1), *at = out;

	for (size_t i = 0; i < len; i += 5) {
		uint64_t bits = 0;
		for (size_t k = 0; k < 5; k++)
			bits = bits << 8 | p[i + k];
		for (int shift = 35; shift >= 0; shift -= 5)
			*at++ = base32[bits >> shift & 31];
	}
	return out;
}

struct enrol {
	struct arena *a;
	const struct actor *who;
	const char *code, *session;
	uint8_t secret[TOTP_LEN];
	json_t *codes; /* recovery codes, made anew by each try */
};

static enum rc
work_start(struct writer *w, void *arg, struct err *e)
{
	struct enrol *x = arg;
	const struct seal_place at = {VAULT_TOTP, x->who->name};
	const uint8_t *sealed =
		vault_seal_bytes(w->nd, w->a, at, x->secret, sizeof(x->secret));
	struct person p;
	enum rc rc = person_get(w->s, w->a, x->who->name, &p, e);

	if (rc == RC_OK && p.totp.p != NULL)
		rc = err_set(
			e, RC_CONFLICT,
			"a device is enrolled: switch it off with a code of it first");
	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_PERSON_TOTP_PENDING,
			(struct db_param[]){DB_P_TEXT(x->who->name),
					    DB_P_BLOB(sealed, TOTP_LEN + SEAL_OVER)},
			NULL, NULL, e);
	return rc;
}

/* out: secret (base32), uri (otpauth).  Not in force until a code confirms it. */
enum rc
service_totp_start(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct enrol x = {.a = a, .who = who};
	enum rc rc = in_only(in, "", e);

	randombytes_buf(x.secret, sizeof(x.secret));
	if (rc == RC_OK)
		rc = writer_run(nd, work_start, &x, e);
	if (rc == RC_OK) {
		const char *text = base32_arena(a, x.secret, TOTP_LEN);
		const char *uri = arena_printf(
			a,
			"otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&"
			"digits=%d&period=%d",
			nd->id->org, who->name, text, nd->id->org, DIGITS, STEP_S);
		reply_json(a, out, json_pack("{s:s, s:s}", "secret", text, "uri", uri));
	}
	sodium_memzero(x.secret, sizeof(x.secret));
	return rc;
}

static enum rc
recovery_make(struct writer *w, const char *person, json_t *into, struct err *e)
{
	struct db_param whose = DB_P_TEXT(person);
	enum rc rc = store_run(w->s, &SQL_RECOVERY_CLEAR, &whose, NULL, NULL, e);

	json_array_clear(into);
	for (int i = 0; rc == RC_OK && i < RECOVERY_CODES; i++) {
		uint8_t bytes[RECOVERY_LEN];
		struct hash h;
		randombytes_buf(bytes, sizeof(bytes));
		const char *text = base32_arena(w->a, bytes, sizeof(bytes));
		if (!recovery_hash(text, &h))
			return err_set(e, RC_CORRUPT, "a recovery code of another form");
		rc = store_run(w->s, &SQL_RECOVERY_PUT,
			       (struct db_param[]){whose, DB_P_BLOB(h.b, HASH_LEN)}, NULL,
			       NULL, e);
		json_array_append_new(into, json_string(arena_printf(
						    w->a, "%.4s-%.4s-%.4s-%.4s-%.4s-%.4s",
						    text, text + 4, text + 8, text + 12,
						    text + 16, text + 20)));
	}
	return rc;
}

static enum rc
work_confirm(struct writer *w, void *arg, struct err *e)
{
	struct enrol *x = arg;
	struct person p;
	enum rc rc = person_get(w->s, w->a, x->who->name, &p, e);

	if (rc != RC_OK)
		return rc;
	if (p.totp_next.p == NULL)
		return err_set(e, RC_CONFLICT,
			       "nothing waits to be confirmed: start with a new secret");
	int64_t step = -1;
	rc = sealed_match(w, p.name, p.totp_next, x->code, -1, &step, e);
	if (rc != RC_OK)
		return rc;
	if (step < 0)
		return err_set(e, RC_DENIED,
			       "this is not the code of the new secret now: is the "
			       "device's clock right?");
	rc = store_run(w->s, &SQL_PERSON_TOTP_SET,
		       (struct db_param[]){DB_P_TEXT(p.name),
					   DB_P_BLOB(p.totp_next.p, p.totp_next.len),
					   DB_P_INT(step)},
		       NULL, NULL, e);
	if (rc == RC_OK)
		rc = recovery_make(w, p.name, x->codes, e);
	if (rc == RC_OK)
		rc = session_renew(w, x->a, x->who, p.name, &x->session, e);
	return rc;
}

static enum rc
enrol_run(struct node *nd, struct enrol *x, json_t *in, writer_work *work,
	  struct reply *out, struct err *e)
{
	enum rc rc = in_only(in, "code", e);

	x->codes = json_array();
	json_t *o = reply_json(x->a, out, json_pack("{s:s}", "name", x->who->name));
	json_object_set_new(o, "recovery_codes", x->codes);
	if (rc == RC_OK)
		rc = in_text(in, "code", true, CODE_MAX, &x->code, e);
	/* Six digits can be guessed: tries count as those of a login. */
	if (rc == RC_OK)
		rc = lockout_begin(nd, x->who->name, x->who->address, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work, x, e);
	if (rc == RC_OK)
		rc = lockout_undo(nd, x->who->name, x->who->address, e);
	if (rc == RC_OK)
		session_shown(x->a, o, x->session);
	else
		out->json = NULL;
	return rc;
}

/* in: code  out: name, recovery_codes [] (shown this once), session?, csrf?
 * From now on a code goes with the password; the person's other sessions end. */
enum rc
service_totp_confirm(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct enrol x = {.a = a, .who = who};

	return enrol_run(nd, &x, in, work_confirm, out, e);
}

/* The person as they are, with a code used up. */
static enum rc
code_take(struct writer *w, const struct enrol *x, struct err *e)
{
	struct person p;
	enum rc rc = person_get(w->s, w->a, x->who->name, &p, e);

	if (rc == RC_OK && p.totp.p == NULL)
		rc = err_set(e, RC_CONFLICT, "no device is enrolled");
	if (rc == RC_OK)
		rc = totp_use(w, &p, x->code, e);
	/* The person is known: it is the code that is not. */
	return rc == RC_UNAUTHENTICATED ? RC_DENIED : rc;
}

static enum rc
work_off(struct writer *w, void *arg, struct err *e)
{
	struct enrol *x = arg;
	struct db_param whose = DB_P_TEXT(x->who->name);
	enum rc rc = code_take(w, x, e);

	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PERSON_TOTP_SET,
			       (struct db_param[]){whose, DB_P_NULL, DB_P_INT(0)}, NULL,
			       NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_RECOVERY_CLEAR, &whose, NULL, NULL, e);
	if (rc == RC_OK)
		rc = session_renew(w, x->a, x->who, x->who->name, &x->session, e);
	return rc;
}

/* in: code (or a recovery code)  out: name, recovery_codes (none), session?, csrf? */
enum rc
service_totp_off(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct enrol x = {.a = a, .who = who};

	return enrol_run(nd, &x, in, work_off, out, e);
}

static enum rc
work_recovery(struct writer *w, void *arg, struct err *e)
{
	struct enrol *x = arg;
	enum rc rc = code_take(w, x, e);

	return rc == RC_OK ? recovery_make(w, x->who->name, x->codes, e) : rc;
}

/* in: code  out: name, recovery_codes []: new ones, those before are void */
enum rc
service_recovery(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct enrol x = {.a = a, .who = who};

	return enrol_run(nd, &x, in, work_recovery, out, e);
}
