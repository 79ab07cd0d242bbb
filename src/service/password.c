/*
 * Passwords: what is asked of one (NIST SP 800-63B 5.1.1.2, ASVS 2.1), and how it is
 * kept.
 *
 * Length is what counts.  No rule asks for kinds of characters; refused is what a guesser
 * tries first: one thing repeated, a row of neighbours, the words around the person, and
 * what the operator's own list names.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "service/person.h"
#include "store/store_sql.h"

enum {
	KINDS_MIN = 5, /* different characters */
	REST_MIN = 8,  /* characters that are no expected word */
	WORD_MIN = 3,  /* of a name that counts as a word */
	WORD_MAX = 255,
	REPEAT_MAX = 16, /* bytes of a piece that is repeated */
};

/* Code points of valid UTF-8. */
static size_t
characters(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static size_t
kinds(const char *s, size_t len)
{
	bool seen[256] = {false};
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (!seen[(unsigned char)s[i]]) {
			seen[(unsigned char)s[i]] = true;
			n++;
		}
	return n;
}

/* "123456789012", "abcdefghijkl", "mnbvcxz..." backwards: each the neighbour of the one
 * before, digits going round. */
static bool
neighbours(const char *s, size_t len)
{
	size_t up = 0, down = 0;

	for (size_t i = 1; i < len; i++) {
		up += s[i] == s[i - 1] + 1 || (s[i - 1] == '9' && s[i] == '0');
		down += s[i] == s[i - 1] - 1 || (s[i - 1] == '0' && s[i] == '9');
	}
	return up == len - 1 || down == len - 1;
}

static bool
repeats(const char *s, size_t len)
{
	for (size_t piece = 1; piece <= REPEAT_MAX && piece <= len / 2; piece++) {
		size_t i = piece;
		while (i < len && s[i] == s[i - piece])
			i++;
		if (i == len)
			return true;
	}
	return false;
}

/* Take every occurrence of the word out, without regard to case. */
static void
word_remove(char *s, const char *word, size_t len)
{
	for (char *at = s; len >= WORD_MIN && strlen(at) >= len;) {
		if (strncasecmp(at, word, len) == 0)
			memmove(at, at + len, strlen(at + len) + 1);
		else
			at++;
	}
}

/* The labels of "kominfo.example", the parts of "budi.s". */
static void
words_remove(char *s, const char *words)
{
	while (*words != '\0') {
		size_t len = strcspn(words, ".-_ ");
		word_remove(s, words, len);
		words += len + (words[len] != '\0');
	}
}

enum rc
password_check(const char *org, const char *name, const char *password, struct err *e)
{
	/* What is guessed first, in the languages of this program. */
	static const char expected[] =
		"saluran password passw0rd letmein welcome selamat datang rahasia sandi "
		"katasandi indonesia jakarta merdeka bismillah sayang cinta iloveyou "
		"qwerty "
		"qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm administrator admin changeme "
		"ganti monkey dragon sunshine princess football baseball 1234567890 "
		"123456 "
		"12345 1234 0987654321 654321";
	char rest[PASSWORD_MAX + 1];
	size_t len = strlen(password);

	if (len > PASSWORD_MAX || characters(password, len) > PASSWORD_CHARS_MAX)
		return err_set(e, RC_TOO_LARGE, "a password has at most %d characters",
			       PASSWORD_CHARS_MAX);
	if (characters(password, len) < PASSWORD_MIN)
		return err_set(e, RC_INVALID, "a password has at least %d characters",
			       PASSWORD_MIN);
	if (kinds(password, len) < KINDS_MIN || repeats(password, len) ||
	    neighbours(password, len))
		return err_set(e, RC_INVALID,
			       "this password repeats itself or is a row of neighbours: "
			       "several words that do not belong together are better");
	memcpy(rest, password, len + 1);
	words_remove(rest, org);
	words_remove(rest, name);
	words_remove(rest, expected);
	if (characters(rest, strlen(rest)) < REST_MIN)
		return err_set(
			e, RC_INVALID,
			"this password is made of words that are tried first (common "
			"ones, the organisation's, the person's): add words of your own");
	return RC_OK;
}

static const char *
small_letters(struct arena *a, const char *s, size_t len)
{
	char *out = arena_strndup(a, s, len);

	for (char *c = out; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return out;
}

static int
by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

void
passwords_parse(struct arena *a, const char *text, const char ***ret, size_t *ret_n)
{
	size_t n = 0, lines = 1;

	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	const char **list = arena_array(a, lines, sizeof(*list));
	while (*text != '\0') {
		size_t len = strcspn(text, "\r\n");
		/* What is too short is refused in any case. */
		if (len >= PASSWORD_MIN && len <= PASSWORD_MAX)
			list[n++] = small_letters(a, text, len);
		text += len + (text[len] != '\0');
	}
	qsort(list, n, sizeof(*list), by_text);
	*ret = list;
	*ret_n = n;
}

enum rc
password_take(const struct node *nd, const char *name, const char *password,
	      struct err *e)
{
	enum rc rc = password_check(nd->id->org, name, password, e);

	if (rc != RC_OK || nd->n_passwords == 0)
		return rc;
	struct arena *a = arena_create();
	const char *key = small_letters(a, password, strlen(password));
	if (bsearch(&key, nd->passwords, nd->n_passwords, sizeof(key), by_text) != NULL)
		rc = err_set(e, RC_INVALID,
			     "this password is on a list of those that were stolen or "
			     "are tried first: choose another");
	arena_free(a);
	return rc;
}

enum rc
password_hash(struct node *nd, struct arena *a, const char *password, const char **ret,
	      struct err *e)
{
	char *str = arena_alloc(a, crypto_pwhash_STRBYTES);

	sem_wait(&nd->password_places);
	int failed = crypto_pwhash_str(str, password, strlen(password),
				       crypto_pwhash_OPSLIMIT_INTERACTIVE,
				       crypto_pwhash_MEMLIMIT_INTERACTIVE);
	sem_post(&nd->password_places);
	if (failed != 0)
		return err_set(e, RC_FULL, "no memory for argon2id (64 MiB)");
	*ret = str;
	return RC_OK;
}

bool
password_verify(struct node *nd, const char *hash, const char *password)
{
	char other[crypto_pwhash_STRBYTES];
	bool right = false;

	sem_wait(&nd->password_places);
	if (hash != NULL)
		right = crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
	else if (crypto_pwhash_str(other, password, strlen(password),
				   crypto_pwhash_OPSLIMIT_INTERACTIVE,
				   crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		right = false; /* the work was the point */
	sem_post(&nd->password_places);
	return right;
}

/* ---- changing it ------------------------------------------------------------------- */

struct change {
	const struct actor *who;
	struct arena *a;
	const char *password, *session;
};

static enum rc
work_change(struct writer *w, void *arg, struct err *e)
{
	struct change *x = arg;
	enum rc rc = store_run(w->s, &SQL_PERSON_PASSWORD,
			       (struct db_param[]){DB_P_TEXT(x->who->name),
						   DB_P_TEXT(x->password),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);

	if (rc == RC_OK)
		rc = session_renew(w, x->a, x->who, x->who->name, &x->session, e);
	return rc;
}

/* The old one, when there is one; wrong ones count as at a login. */
static enum rc
old_check(struct node *nd, struct arena *a, const struct actor *who, const char *old,
	  struct err *e)
{
	struct person p;
	enum rc rc = person_read(nd, a, who->name, &p, e);

	if (rc != RC_OK)
		return rc;
	/* A session that it opens may everything: no token may give that away. */
	if (p.password == NULL && strcmp(who->scopes, SCOPES_ALL) != 0)
		return err_set(e, RC_DENIED,
			       "a first password opens all that you may: this token has "
			       "only %s",
			       who->scopes);
	if (p.password == NULL)
		return RC_OK;
	if (old == NULL)
		return err_set(e, RC_INVALID,
			       "\"old\" is missing: the password as it is");
	rc = lockout_begin(nd, who->name, who->address, e);
	if (rc != RC_OK)
		return rc;
	if (!password_verify(nd, p.password, old))
		return err_set(e, RC_DENIED, "the old password is not that");
	return lockout_undo(nd, who->name, who->address, e);
}

/* in: password, old? (needed when there is one)  out: name, session?, csrf?
 * All other sessions of the person end. */
enum rc
service_password(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct change x = {.who = who, .a = a};
	const char *password, *old;
	enum rc rc = in_only(in, "password old", e);

	if (rc == RC_OK)
		rc = in_text(in, "password", true, PASSWORD_MAX, &password, e);
	if (rc == RC_OK)
		rc = in_text(in, "old", false, PASSWORD_MAX, &old, e);
	if (rc == RC_OK)
		rc = password_take(nd, who->name, password, e);
	if (rc == RC_OK)
		rc = old_check(nd, a, who, old, e);
	if (rc == RC_OK)
		rc = password_hash(nd, a, password, &x.password, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_change, &x, e);
	if (rc == RC_OK)
		session_shown(a,
			      reply_json(a, out, json_pack("{s:s}", "name", who->name)),
			      x.session);
	return rc;
}
