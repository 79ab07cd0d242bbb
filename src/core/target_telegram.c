/*
 * Telegram's link forms (product.md, "Item targets") and their normal forms:
 *
 *	telegram:user/<name>                     telegram:story/<name>/<id>
 *	telegram:message/<name>/<id>             telegram:boost/<name> or c/<channel>
 *	telegram:private/<channel>/<id>          telegram:stickers/<set>
 *	telegram:comment/<name>/<id>/<comment>   telegram:folder/<slug>
 *	telegram:invite/<hash>                   telegram:contact/<token>
 *	telegram:phone/<digits>
 *
 * User names and sticker sets fold to lower case, as Telegram looks them up; hashes,
 * slugs and tokens do not.  A message's id is unique in its chat, so a thread before it
 * says nothing more; what starts a bot or shows one picture of an album is dropped.
 */
#include <string.h>

#include "core/target_int.h"

enum {
	USER_MIN = 5,
	USER_MAX = 32,
	SLUG_MIN = 5, /* the shortest real ones have 10; an empty or cut one is refused */
	SLUG_MAX = 64,
	PHONE_MIN = 5,
	PHONE_MAX = 32,
	SET_MAX = 64,
	SEGMENTS_MAX = 5,
};

/* Ids fit a signed 32-bit number for messages and 2^53 for channels. */
#define MESSAGE_ID_MAX UINT64_C(2147483647)
#define CHANNEL_ID_MAX (UINT64_C(1) << 53)

static const char user_set[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
static const char slug_set[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/* First words of t.me that are no user names. */
static const char *const reserved[] = {
	"a",
	"addemoji",
	"addlist",
	"addstickers",
	"addtheme",
	"auction",
	"bg",
	"boost",
	"c",
	"call",
	"confirmphone",
	"contact",
	"giftcode",
	"invoice",
	"iv",
	"joinchat",
	"k",
	"login",
	"m",
	"msg",
	"nft",
	"proxy",
	"s",
	"setlanguage",
	"share",
	"socks",
	"web",
	"www",
	"z",
};

static const char *const hosts[] = {"t.me", "telegram.me", "telegram.dog"};

/* A link taken apart: what t.me/... and tg://... have in common. */
struct link {
	struct arena *a;
	const char *shown; /* for messages */
	const char *seg[SEGMENTS_MAX];
	size_t n_seg;
	const char *query; /* "" when absent */
};

static enum rc
refuse(const struct link *l, const char *why, struct err *e)
{
	return err_set(e, RC_INVALID, "\"%s\": %s", l->shown, why);
}

static bool
made_of(const char *s, const char *set, size_t min, size_t max)
{
	size_t n = strlen(s);

	return n >= min && n <= max && strspn(s, set) == n;
}

static bool
is_reserved(const char *s)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (strcasecmp(s, reserved[i]) == 0)
			return true;
	return false;
}

static bool
is_user(const char *s)
{
	return made_of(s, user_set, USER_MIN, USER_MAX) && !is_reserved(s);
}

static const char *
lower(struct arena *a, const char *s)
{
	char *ret = arena_strdup(a, s);

	for (char *p = ret; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return ret;
}

/* A decimal number from 1 to `max`, without its leading zeros, else NULL. */
static const char *
number(const char *s, uint64_t max)
{
	uint64_t v = 0;

	if (*s == '\0')
		return NULL;
	while (s[0] == '0' && s[1] != '\0')
		s++;
	for (const char *p = s; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return NULL;
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return NULL;
	}
	return v != 0 ? s : NULL;
}

/* The decoded value of a query parameter; NULL when absent, "" when without a value. */
static const char *
param(const struct link *l, const char *name)
{
	size_t name_len = strlen(name), n;

	for (const char *p = l->query; *p != '\0';) {
		size_t len = strcspn(p, "&");
		size_t key_len = strcspn(p, "=&");
		if (key_len == name_len && strncmp(p, name, name_len) == 0) {
			const char *value = key_len < len ? p + key_len + 1 : p + len;
			return target_percent_decode(l->a, value,
						     (size_t)(p + len - value), &n);
		}
		p += len;
		if (*p == '&')
			p++;
	}
	return NULL;
}

static enum rc
user_check(const struct link *l, const char *user, struct err *e)
{
	if (is_user(user))
		return RC_OK;
	if (is_reserved(user))
		return refuse(
			l,
			"this is a page of Telegram itself, not content: give the link "
			"of the user, channel or message",
			e);
	if (user[0] == '@')
		return refuse(l, "write the user name without \"@\"", e);
	if (made_of(user, user_set, 1, USER_MIN - 1))
		return refuse(
			l,
			"a user name has at least 5 characters: check the link; if the "
			"name is that short, report it as text:<link>",
			e);
	return refuse(l,
		      "a user name has 5 to 32 letters, digits and \"_\": check the link",
		      e);
}

static enum rc
chat_message(const struct link *l, const char *kind, const char *chat, const char *id,
	     const char **ret, struct err *e)
{
	const char *comment = param(l, "comment");

	id = number(id, MESSAGE_ID_MAX);
	if (id == NULL)
		return refuse(l, "the message's id is no number from 1 to 2147483647", e);
	if (comment == NULL) {
		*ret = arena_printf(l->a, "telegram:%s/%s/%s", kind, chat, id);
		return RC_OK;
	}
	comment = number(comment, MESSAGE_ID_MAX);
	if (comment == NULL)
		return refuse(l, "the comment's id is no number from 1 to 2147483647", e);
	*ret = arena_printf(l->a, "telegram:comment/%s%s/%s/%s",
			    strcmp(kind, "private") == 0 ? "c/" : "", chat, id, comment);
	return RC_OK;
}

static enum rc
simple(const struct link *l, const char *kind, const char *value, const char **ret,
       struct err *e)
{
	if (value == NULL || !made_of(value, slug_set, SLUG_MIN, SLUG_MAX))
		return refuse(l,
			      "the part that names the thing is missing or cut: copy the "
			      "whole link",
			      e);
	*ret = arena_printf(l->a, "telegram:%s/%s", kind, value);
	return RC_OK;
}

static enum rc
stickers(const struct link *l, const char *set, const char **ret, struct err *e)
{
	if (set == NULL || !made_of(set, user_set, 1, SET_MAX))
		return refuse(
			l,
			"a sticker set's name has letters, digits and \"_\": check the "
			"link",
			e);
	*ret = arena_printf(l->a, "telegram:stickers/%s", lower(l->a, set));
	return RC_OK;
}

static enum rc
phone(const struct link *l, const char *digits, const char **ret, struct err *e)
{
	/* In a query "+" may have stood for itself or for a space. */
	if (digits != NULL && (digits[0] == '+' || digits[0] == ' '))
		digits++;
	if (digits == NULL || !made_of(digits, "0123456789", PHONE_MIN, PHONE_MAX))
		return refuse(l, "a phone number has 5 to 32 digits: check the link", e);
	*ret = arena_printf(l->a, "telegram:phone/%s", digits);
	return RC_OK;
}

static enum rc
boost(const struct link *l, const char *user, const char *channel, const char **ret,
      struct err *e)
{
	if (user == NULL && channel != NULL) {
		channel = number(channel, CHANNEL_ID_MAX);
		if (channel == NULL)
			return refuse(l, "the channel is no number: check the link", e);
		*ret = arena_printf(l->a, "telegram:boost/c/%s", channel);
		return RC_OK;
	}
	enum rc rc = user_check(l, user != NULL ? user : "", e);
	if (rc == RC_OK)
		*ret = arena_printf(l->a, "telegram:boost/%s", lower(l->a, user));
	return rc;
}

static enum rc
private_message(const struct link *l, const char *channel, const char *id,
		const char **ret, struct err *e)
{
	channel = channel != NULL ? number(channel, CHANNEL_ID_MAX) : NULL;
	if (channel == NULL)
		return refuse(l, "the private channel is no number: check the link", e);
	if (id == NULL)
		return refuse(l,
			      "this names no message: copy the link of a message, or the "
			      "channel's invite",
			      e);
	return chat_message(l, "private", channel, id, ret, e);
}

/* The segments from `i` on begin with a user. */
static enum rc
user_link(const struct link *l, size_t i, const char **ret, struct err *e)
{
	size_t n = l->n_seg - i;
	const char *user = n > 0 ? l->seg[i] : "";
	enum rc rc = user_check(l, user, e);

	if (rc != RC_OK)
		return rc;
	user = lower(l->a, user);
	if (n == 1 && param(l, "boost") != NULL)
		return boost(l, user, NULL, ret, e);
	if (n == 1) {
		*ret = arena_printf(l->a, "telegram:user/%s", user);
		return RC_OK;
	}
	if (n == 2)
		return chat_message(l, "message", user, l->seg[i + 1], ret, e);
	if (n == 3 && strcmp(l->seg[i + 1], "s") == 0) {
		const char *id = number(l->seg[i + 2], MESSAGE_ID_MAX);
		if (id == NULL)
			return refuse(l, "the story's id is no number: check the link",
				      e);
		*ret = arena_printf(l->a, "telegram:story/%s/%s", user, id);
		return RC_OK;
	}
	if (n == 3 && number(l->seg[i + 1], MESSAGE_ID_MAX) != NULL)
		return chat_message(l, "message", user, l->seg[i + 2], ret, e);
	return refuse(
		l, "no known form of link: give the link of the user or the message", e);
}

static enum rc
private_link(const struct link *l, const char **ret, struct err *e)
{
	const char *channel = l->n_seg > 1 ? l->seg[1] : NULL;

	if (l->n_seg == 2 && param(l, "boost") != NULL)
		return boost(l, NULL, channel, ret, e);
	if (l->n_seg == 4 && number(l->seg[2], MESSAGE_ID_MAX) == NULL)
		return refuse(l, "the thread is no number: check the link", e);
	if (l->n_seg > 4)
		return refuse(l, "no known form of link: copy the link of the message",
			      e);
	return private_message(l, channel, l->n_seg > 2 ? l->seg[l->n_seg - 1] : NULL,
			       ret, e);
}

/* t.me/<segments> */
static enum rc
path_link(const struct link *l, const char **ret, struct err *e)
{
	const char *word = l->n_seg > 0 ? l->seg[0] : "";
	const char *value = l->n_seg == 2 ? l->seg[1] : NULL;

	if (l->n_seg == 0)
		return refuse(l,
			      "this names all of Telegram: write the full link of the "
			      "content, or the bare domain",
			      e);
	if (word[0] == '+') {
		if (l->n_seg > 1)
			return refuse(l, "nothing follows an invite: check the link", e);
		if (made_of(word + 1, "0123456789", 1, SLUG_MAX))
			return phone(l, word + 1, ret, e);
		return simple(l, "invite", word + 1, ret, e);
	}
	if (strcasecmp(word, "joinchat") == 0)
		return simple(l, "invite", value, ret, e);
	if (strcasecmp(word, "addstickers") == 0 || strcasecmp(word, "addemoji") == 0)
		return stickers(l, value, ret, e);
	if (strcasecmp(word, "addlist") == 0)
		return simple(l, "folder", value, ret, e);
	if (strcasecmp(word, "contact") == 0)
		return simple(l, "contact", value, ret, e);
	if (strcasecmp(word, "boost") == 0)
		return boost(l, l->n_seg > 1 ? (value != NULL ? value : "") : NULL,
			     param(l, "c"), ret, e);
	if (strcasecmp(word, "c") == 0)
		return private_link(l, ret, e);
	if (strcasecmp(word, "s") == 0 && l->n_seg > 1)
		return user_link(l, 1, ret, e);
	return user_link(l, 0, ret, e);
}

/* tg://resolve?... */
static enum rc
resolve_link(struct link *l, const char **ret, struct err *e)
{
	const char *domain = param(l, "domain"), *post = param(l, "post");
	const char *story = param(l, "story");

	if (domain == NULL && param(l, "phone") != NULL)
		return phone(l, param(l, "phone"), ret, e);
	l->n_seg = 0;
	l->seg[l->n_seg++] = domain != NULL ? domain : "";
	if (story != NULL) {
		l->seg[l->n_seg++] = "s";
		l->seg[l->n_seg++] = story;
	} else if (post != NULL) {
		l->seg[l->n_seg++] = post;
	}
	return user_link(l, 0, ret, e);
}

enum rc
telegram_parse_tg(struct arena *a, const char *s, size_t len, const char **ret,
		  struct err *e)
{
	struct link l = {.a = a, .shown = target_quote(a, s, len), .query = ""};
	const char *p = s + sizeof("tg:") - 1;
	size_t slashes = strspn(p, "/");

	p += slashes <= 2 ? slashes : 2;
	const char *action = arena_strndup(a, p, strcspn(p, "/?#"));
	p += strcspn(p, "?#");
	if (*p == '?')
		l.query = arena_strndup(a, p + 1, strcspn(p + 1, "#"));
	if (strcasecmp(action, "resolve") == 0)
		return resolve_link(&l, ret, e);
	if (strcasecmp(action, "privatepost") == 0)
		return private_message(&l, param(&l, "channel"), param(&l, "post"), ret,
				       e);
	if (strcasecmp(action, "join") == 0)
		return simple(&l, "invite", param(&l, "invite"), ret, e);
	if (strcasecmp(action, "addstickers") == 0 || strcasecmp(action, "addemoji") == 0)
		return stickers(&l, param(&l, "set"), ret, e);
	if (strcasecmp(action, "addlist") == 0)
		return simple(&l, "folder", param(&l, "slug"), ret, e);
	if (strcasecmp(action, "contact") == 0)
		return simple(&l, "contact", param(&l, "token"), ret, e);
	if (strcasecmp(action, "boost") == 0)
		return boost(&l, param(&l, "domain"), param(&l, "channel"), ret, e);
	return refuse(&l, "no known form of tg link: give the t.me link instead", e);
}

/* Which of the hosts, with or without "www."; NULL for none. */
static const char *
plain_host(const char *host)
{
	if (strncmp(host, "www.", 4) == 0)
		host += 4;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		size_t n = strlen(hosts[i]);
		if (strncmp(host, hosts[i], n) == 0 &&
		    (host[n] == '\0' || strcmp(host + n, ".") == 0))
			return hosts[i];
	}
	return NULL;
}

/* The user of <user>.t.me at the start of `host`, 0 when it is none. */
static size_t
subdomain_user_len(const char *host)
{
	size_t n = strspn(host, user_set);
	char user[USER_MAX + 1] = "";

	if (n > USER_MAX ||
	    (strcasecmp(host + n, ".t.me") != 0 && strcasecmp(host + n, ".t.me.") != 0))
		return 0;
	memcpy(user, host, n);
	return is_user(user) ? n : 0;
}

bool
telegram_host(const char *host)
{
	return plain_host(host) != NULL || subdomain_user_len(host) != 0;
}

bool
telegram_looks_like(const char *s, size_t len)
{
	char host[NAME_MAX_LEN + 1] = "";
	size_t n = strcspn(s, "/?#");

	if (n > len || n >= sizeof(host))
		return false;
	for (size_t i = 0; i < n; i++)
		host[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
	/* A bare t.me is the domain; with a path it is meant as a link. */
	return (n < len && plain_host(host) != NULL) || subdomain_user_len(host) != 0;
}

/* "/a/b/" into its decoded parts; an empty part says nothing. */
static enum rc
split_path(struct link *l, const char *path, struct err *e)
{
	size_t n;

	for (const char *p = path; *p != '\0'; p += n) {
		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 0)
			break;
		if (l->n_seg == SEGMENTS_MAX)
			return refuse(l, "no known form of link: it has too many parts",
				      e);
		size_t decoded_len;
		char *seg = target_percent_decode(l->a, p, n, &decoded_len);
		if (memchr(seg, '\0', decoded_len) != NULL)
			return refuse(l, "a link of Telegram holds no %00", e);
		l->seg[l->n_seg++] = seg;
	}
	return RC_OK;
}

enum rc
telegram_parse_url(struct arena *a, const struct url *u, const char **ret,
		   const char **ret_host, struct err *e)
{
	const char *whole = arena_printf(a, "%s%s", u->host, u->path);
	struct link l = {
		.a = a,
		.shown = target_quote(a, whole, strlen(whole)),
		.query = u->query != NULL ? u->query : "",
	};
	size_t user_len = subdomain_user_len(u->host);

	if (user_len != 0)
		l.seg[l.n_seg++] = arena_strndup(a, u->host, user_len);
	enum rc rc = split_path(&l, u->path, e);
	if (rc != RC_OK)
		return rc;
	*ret_host = user_len != 0 ? "t.me" : plain_host(u->host);
	return user_len != 0 ? user_link(&l, 0, ret, e) : path_link(&l, ret, e);
}
