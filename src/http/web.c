#include "http/web.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "http/assets.h"

#define LIVE_HASH "live" /* of files from a folder */

/* The whole of console.md's policy; nothing on a page is from elsewhere. */
static const struct {
	const char *name, *value;
} headers[] = {
	{"Content-Security-Policy",
	 "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	 "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
	 "'none'; "
	 "require-trusted-types-for 'script'; trusted-types 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
};

bool
web_headers(struct MHD_Response *resp)
{
	bool ok = true;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		ok = ok && MHD_add_response_header(resp, headers[i].name,
						   headers[i].value) == MHD_YES;
	return ok;
}

bool
web_has_console(const char *dir)
{
	return assets_console || dir[0] != '\0';
}

static const char *
hash_of(const char *dir)
{
	return dir[0] == '\0' ? assets_hash : LIVE_HASH;
}

const char *
web_path(struct arena *a, const char *dir, const char *name)
{
	return arena_printf(a, "/a/%s/%s", hash_of(dir), name);
}

static const struct asset *
asset_find(const char *name)
{
	for (size_t i = 0; i < assets_n; i++)
		if (strcmp(assets[i].name, name) == 0)
			return &assets[i];
	return NULL;
}

/* Only names of files that the program has, too: nothing else of the folder is shown. */
static enum rc
folder_read(struct arena *a, const char *dir, const struct asset *as,
	    struct web_file *ret, struct err *e)
{
	const char *path = arena_printf(a, "%s/%s", dir, as->name);
	enum rc rc = RC_OK;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return err_set(e, RC_NOT_FOUND, "there is no such file");
	if (fd < 0)
		return err_sys(e, "open %s", path);
	if (fstat(fd, &st) < 0)
		rc = err_sys(e, "read %s", path);
	else if (!S_ISREG(st.st_mode) || st.st_size > WEB_FILE_MAX)
		rc = err_set(e, RC_TOO_LARGE, "%s is no file of at most %d bytes", path,
			     (int)WEB_FILE_MAX);
	if (rc == RC_OK) {
		char *p = arena_alloc(a, (size_t)st.st_size + 1);
		ssize_t n = read(fd, p, (size_t)st.st_size);
		if (n != st.st_size)
			rc = err_sys(e, "read %s", path);
		*ret = (struct web_file){
			.type = as->type, .p = p, .len = (size_t)st.st_size};
	}
	close(fd);
	return rc;
}

enum rc
web_find(struct arena *a, const char *dir, const char *path, bool gzip,
	 struct web_file *ret, struct err *e)
{
	const char *hash = hash_of(dir);
	const size_t len = strlen(hash);
	const struct asset *as = strncmp(path, hash, len) == 0 && path[len] == '/'
					 ? asset_find(path + len + 1)
					 : NULL;

	/* In the program they are one. */
	if (as == NULL || (as->first && dir[0] == '\0'))
		return err_set(e, RC_NOT_FOUND, "there is no such file");
	/* What npm made is in no folder. */
	if (dir[0] != '\0' && strcmp(as->name, "console/vendor.js") != 0)
		return folder_read(a, dir, as, ret, e);
	*ret = (struct web_file){
		.type = as->type,
		.p = gzip ? as->gzip : as->data,
		.len = (size_t)(gzip ? as->gzip_end - as->gzip : as->data_end - as->data),
		.gzip = gzip,
		.forever = dir[0] == '\0'};
	return RC_OK;
}

/* What the first screen waits for.  Of a folder: each module by itself. */
static const char *
first_files(struct arena *a, const char *dir)
{
	static const char script[] =
		"<script type=\"module\" blocking=\"render\" src=\"%s\"></script>\n";
	static const char style[] = "<link rel=\"stylesheet\" href=\"%s\">\n";
	const char *out = "";

	if (dir[0] == '\0')
		return arena_printf(
			a, "%s%s",
			arena_printf(a, style, web_path(a, dir, "console/first.css")),
			arena_printf(a, script, web_path(a, dir, "console/first.js")));
	for (size_t i = 0; i < assets_n; i++)
		if (assets[i].first)
			out = arena_printf(a,
					   "%s<link rel=\"modulepreload\" href=\"%s\">\n",
					   out, web_path(a, dir, assets[i].name));
	return arena_printf(a, "%s%s%s%s", out,
			    arena_printf(a, style, web_path(a, dir, "style.css")),
			    arena_printf(a, style, web_path(a, dir, "console.css")),
			    arena_printf(a, script, web_path(a, dir, "console/main.js")));
}

const char *
web_frame(struct arena *a, const char *dir, enum lang lang, const char *answers)
{
	return arena_printf(
		a,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<title>Saluran</title>\n"
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"robots\" content=\"noindex\">\n%s"
		"<link rel=\"icon\" type=\"image/svg+xml\" "
		"href=\"%s\">\n</head>\n<body>\n"
		"<div id=\"console\">\n<noscript><main><h1>Saluran</h1>\n<p>%s</p>\n"
		"</main></noscript>\n</div>\n"
		"<script type=\"application/json\" id=\"first\">%s</script>\n"
		"</body>\n</html>\n",
		lang_code(lang), first_files(a, dir), web_path(a, dir, "icon.svg"),
		lang_text(lang, TEXT_NO_SCRIPT), answers);
}
