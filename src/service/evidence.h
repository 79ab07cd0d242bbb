/*
 * evidence - what the files of evidence share: where files lie, their rows, sealing and
 * opening (protocol 10).  For the files of service/ only.
 *
 * A file is <dir>/blobs/ab/<sha256 of the ciphertext>, mode 0600, and is never changed.
 * What is not whole yet is <dir>/blobs/in/... (from a peer) or out/... (from a person).
 * All of them pass through in pieces of 64 KiB.
 */
#ifndef SALURAN_SERVICE_EVIDENCE_H
#define SALURAN_SERVICE_EVIDENCE_H

#include <sodium.h>

#include "core/age.h"
#include "core/event_type.h"
#include "service/node_int.h"

enum {
	EVIDENCE_SALT_LEN = 32,	    /* the payload begins with it */
	EVIDENCE_NAME_MAX = 255,    /* bytes of a file's name */
	EVIDENCE_TYPE_MAX = 127,    /* of its media type */
	EVIDENCE_TEXT_MAX = 4000,   /* of its description */
	EVIDENCE_PIECE = 65536,	    /* bytes in memory at a time */
	EVIDENCE_LOOSE_S = 86400,   /* how long a file may wait for its event */
	EVIDENCE_OPEN_UPLOADS = 64, /* of one person, not finished */
};
/* Of files that no event names yet, that a peer may have here. */
#define EVIDENCE_LOOSE_BYTES_MAX (INT64_C(8) << 30)
/* What must stay free on the disk: the log goes before evidence. */
#define EVIDENCE_DISK_FREE_MIN (INT64_C(64) << 20)

enum file_state { FILE_PART, FILE_WHOLE, FILE_ERASED };

/* NULL sha256: the folder above, with a slash. */
const char *evidence_path(const struct node *nd, struct arena *a,
			  const struct hash *sha256);
const char *evidence_part_path(const struct node *nd, struct arena *a, const char *box,
			       const char *name);
/* The folders, made when they are not there. */
enum rc evidence_folders(const struct node *nd, const struct hash *sha256,
			 struct err *e) MUST_CHECK;
/* Move a durable part to its place. */
enum rc evidence_settle(const struct node *nd, const char *part,
			const struct hash *sha256, struct err *e) MUST_CHECK;
/* RC_FULL: `more` bytes would leave too little. */
enum rc evidence_room(const struct node *nd, int64_t more, struct err *e) MUST_CHECK;
/* All of it, whatever interrupts. */
enum rc evidence_write(int fd, const void *p, size_t len, struct err *e) MUST_CHECK;
/* Bytes up to the end of the file; *ret 0 at the end. */
enum rc evidence_read(int fd, uint8_t *p, size_t len, size_t *ret,
		      struct err *e) MUST_CHECK;

struct file_row {
	int64_t len, came_us;
	enum file_state state;
	bool named, checked;
};
/* RC_NOT_FOUND. */
enum rc evidence_file_get(struct store *s, int64_t channel, const struct hash *sha256,
			  struct file_row *ret, struct err *e) MUST_CHECK;
enum rc evidence_file_put(struct store *s, int64_t channel, const struct hash *sha256,
			  const struct file_row *row, struct err *e) MUST_CHECK;

/* Remove the file of a row that goes, unless another channel has this very file. */
enum rc evidence_remove(struct writer *w, int64_t channel, const struct hash *sha256,
			struct err *e) MUST_CHECK;

/* ---- opening ----------------------------------------------------------------------- */

/* A ciphertext being opened with our key. */
struct evidence_source {
	int fd;
	struct age_reader *reader;
	crypto_auth_hmacsha256_state commit;
	uint8_t salt[EVIDENCE_SALT_LEN];
	size_t n_salt;
	size_t header_len;
	int64_t plain_len; /* by the length of the file */
	uint8_t *sealed;   /* what is read at a time */
	uint8_t *out;	   /* what was opened and not taken */
	size_t out_at, out_len;
	bool ended;
};
/* RC_NOT_FOUND: it is not for us.  RC_GONE: the file is not there. */
enum rc evidence_source_open(struct node *nd, const char *path,
			     struct evidence_source *ret, struct err *e) MUST_CHECK;
/* Up to `max` bytes; *ret 0 at the end, where the file is known to be whole. */
enum rc evidence_source_read(struct evidence_source *s, uint8_t *p, size_t max,
			     size_t *ret, struct err *e) MUST_CHECK;
/* After the end. */
void evidence_source_commit(struct evidence_source *s, struct hash *ret);
void evidence_source_close(struct evidence_source *s);

/* ---- a file that an event names ---------------------------------------------------- */

struct evidence_given {
	struct store *s; /* while it is read */
	struct arena *a;
	size_t n;
	int64_t channel, party, seq;
	const char *casefile, *name, *rejected;
	struct hash sha256, commit;
	int64_t len;
};
/* RC_NOT_FOUND; RC_GONE erased; RC_CONFLICT rejected. */
enum rc evidence_given(struct node *nd, struct arena *a, const struct hash *sha256,
		       struct evidence_given *ret, struct err *e) MUST_CHECK;
/* Its bytes as an answer; `type` NULL: bytes of no type. */
enum rc evidence_download(struct node *nd, struct arena *a,
			  const struct evidence_given *given, const char *type,
			  struct reply *out, struct err *e) MUST_CHECK;

/* ---- uploads of people ------------------------------------------------------------- */

struct out_row {
	const char *id, *casefile, *author, *name, *media_type, *description, *state;
	int64_t channel, len, sealed_len, attempts, next_us;
	struct hash sha256, commit;
};
/* RC_NOT_FOUND. */
enum rc evidence_out_get(struct store *s, struct arena *a, const char *id,
			 struct out_row *ret, struct err *e) MUST_CHECK;

/* ---- erasure ----------------------------------------------------------------------- */

/* Why nothing of the case may be erased now: RC_CONFLICT. */
enum rc hold_check(struct writer *w, const char *casefile, struct err *e) MUST_CHECK;

#endif
