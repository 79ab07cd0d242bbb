/*
 * settings - the configuration file, as a table of what may stand in it.
 *
 * The table is the only description: the reader, the documented default file and
 * the manual come from it.  A file has lines `name = value`; a '#' at the start of a
 * line or after white space begins a comment.  An unknown name, a name set twice and
 * a value out of range are refused with file and line, because a misspelt limit
 * that is ignored is a limit that is off.
 */
#ifndef SALURAN_BASE_SETTINGS_H
#define SALURAN_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/rc.h"

enum setting_type {
	SETTING_INT,	 /* decimal; min and max bound the value */
	SETTING_TEXT,	 /* min and max bound the length in bytes */
	SETTING_BOOL,	 /* yes or no */
	SETTING_ADDRESS, /* host:port or [IPv6]:port; min and max bound the port */
	SETTING_PATH,	 /* as text */
};

/*
 * One row.  `max` 0 means the widest: any int64_t for SETTING_INT when `min` is 0
 * too, SETTINGS_VALUE_MAX_BYTES for a text, port 65535 for an address.
 * `deflt` NULL: the file must set it.  `deflt` "": an address, path or text may stay
 * empty, which switches off what it names.  A default that breaks its own row is a bug.
 */
struct setting_def {
	const char *name;
	enum setting_type type;
	int64_t min, max;
	const char *deflt;
	const char *unit; /* "s", "bytes", ...; NULL for none; documentation only */
	const char *doc;  /* one or more sentences for the operator */
};

enum { SETTINGS_VALUE_MAX_BYTES = 1024, SETTINGS_FILE_MAX_BYTES = 256 * 1024 };

struct settings;

/*
 * Read `path`; NULL means defaults only.  The arena owns *ret, which points into `defs`.
 * RC_INVALID      a line that the table does not allow, or a setting that must be set
 * RC_TOO_LARGE    the file exceeds SETTINGS_FILE_MAX_BYTES
 * RC_NOT_FOUND, RC_DENIED, RC_IO  the file cannot be read
 */
enum rc settings_load(struct arena *a, const struct setting_def *defs, size_t n,
		      const char *path, struct settings **ret, struct err *e) MUST_CHECK;

/* As settings_load() from memory; `where` stands for the path in messages. */
enum rc settings_parse(struct arena *a, const struct setting_def *defs, size_t n,
		       const char *where, const char *text, size_t len,
		       struct settings **ret, struct err *e) MUST_CHECK;

/* Override one setting, as the command line does.  RC_INVALID. */
enum rc settings_set(struct settings *s, const char *name, const char *value,
		     struct err *e) MUST_CHECK;

/* An unknown name, or one of another type, is a bug.  Texts live as long as the arena. */
int64_t settings_int(const struct settings *s, const char *name);
bool settings_bool(const struct settings *s, const char *name);
const char *settings_text(const struct settings *s, const char *name); /* never NULL */

/* false: the address is empty.  An IPv6 host comes without its brackets. */
bool settings_address(const struct settings *s, const char *name, const char **ret_host,
		      uint16_t *ret_port);

/* The documented default file: every setting with its bounds, default commented out. */
void settings_doc_put(const struct setting_def *defs, size_t n, struct buf *b);

#endif
