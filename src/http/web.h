/*
 * web - what browsers load beside pages: the files of web/ below /a/<hash>/, and the
 * frame of the console.
 *
 * The files are in the program, each as it is and as gzip has it.  <hash> is that of them
 * all, so what a browser keeps under it never changes.  With a folder of one's own
 * (setting http.web_dir) they are read from there anew each time and never kept: for
 * those who work on the console.
 */
#ifndef SALURAN_HTTP_WEB_H
#define SALURAN_HTTP_WEB_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "http/lang.h"

struct MHD_Response;

enum { WEB_FILE_MAX = 4 << 20 /* bytes of one from a folder */ };

struct web_file {
	const char *type;
	const void *p; /* in the program, or as long as the arena */
	size_t len;
	bool gzip;    /* Content-Encoding */
	bool forever; /* a browser may keep it */
};

/* Is the console in this build? */
bool web_has_console(const char *dir);
/* "/a/<hash>/" and the file's name; `dir`: the folder, or "". */
const char *web_path(struct arena *a, const char *dir, const char *name);
/* `path` is what follows "/a/".  RC_NOT_FOUND: there is no such file, or it was in
 * another build.  RC_TOO_LARGE, RC_IO: of the folder. */
enum rc web_find(struct arena *a, const char *dir, const char *path, bool gzip,
		 struct web_file *ret, struct err *e) MUST_CHECK;
/* The console's page, which its modules fill.  `answers`: JSON without '<' for the first
 * screen, or "": data that no browser runs, so that the policy allows it. */
const char *web_frame(struct arena *a, const char *dir, enum lang lang,
		      const char *answers);
/* The policy of console.md and what else every page and file says of itself. */
bool web_headers(struct MHD_Response *resp);

#endif
