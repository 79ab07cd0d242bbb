/*
 * target - what an item points at, parsed and brought to its normal form.
 *
 * Kinds and link forms are those of product.md ("Item targets"): WHATWG URL rules,
 * IDNA 2008 names, Telegram's link forms.  Two reports of one thing have one
 * normal form; matching and duplicates use only that.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_TARGET_H
#define SALURAN_CORE_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/crypto.h"

enum { TARGET_MAX = 4096 /* bytes as given */ };

/* X(NAME, token in events and CSV) */
#define TARGET_TABLE(X)                                                                  \
	X(URL, "url")                                                                    \
	X(DOMAIN, "domain")                                                              \
	X(IP, "ip")                                                                      \
	X(TELEGRAM, "telegram")                                                          \
	X(SHA256, "sha256")                                                              \
	X(PDQ, "pdq")                                                                    \
	X(TEXT, "text")

enum target_kind {
#define X(name, token) TARGET_##name,
	TARGET_TABLE(X)
#undef X
		TARGET_KIND_COUNT
};

struct target {
	enum target_kind kind;
	const char *given; /* as it came, trimmed */
	const char
		*normal; /* "https://example.com/x", "example.com", "telegram:user/durov",
			    "telegram:message/durov/42", "sha256:<hex>", ... */
	const char *host; /* the DNS name a block would have to name, in A-labels, or
			     NULL; of a Telegram link t.me, telegram.me or telegram.dog */
	struct hash nf;	  /* SHA-256 of `normal` */
};

const char *target_kind_token(enum target_kind k);

/*
 * Recognise and normalise.  A kind may be forced by a prefix "sha256:", "pdq:" or
 * "text:"; otherwise it is recognised by its form.  RC_INVALID says what is wrong and how
 * to mend it ("no known kind of target: write a URL, a domain, ..."); RC_TOO_LARGE: more
 * than TARGET_MAX bytes, as given or as a normalised link.  The normal form of a url,
 * domain or ip is a target with that same normal form.
 */
enum rc target_parse(struct arena *a, const char *s, size_t len, struct target *ret,
		     struct err *e) MUST_CHECK;

/* The DNS name that a link or a name stands on, as of target_parse; also of a link that
 * is no target, such as t.me/a.  *ret in the arena; NULL: none (an address, a digest).
 * RC_INVALID: neither a link nor a target; RC_TOO_LARGE. */
enum rc target_host(struct arena *a, const char *s, size_t len, const char **ret,
		    struct err *e) MUST_CHECK;

/* A DNS name to lower-case A-labels without trailing dot (IDNA 2008, STD3).  *ret in the
 * arena.  RC_INVALID. */
enum rc name_normalise(struct arena *a, const char *s, size_t len, const char **ret,
		       struct err *e) MUST_CHECK;
/* What a normalised name looks like with its A-labels read: NULL when it has none that
 * can be. */
const char *name_unicode(struct arena *a, const char *name);
/* Does a label mix letters of scripts that look alike (Latin, Greek, Cyrillic)? */
bool name_mixes_scripts(const char *unicode);
/* `name` is `parent` or below it; both normalised. */
bool name_is_within(const char *name, const char *parent);

#endif
