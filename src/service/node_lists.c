/*
 * What a node reads from files of its machine at its start: suffixes, protected names,
 * services, and passwords that nobody may have.
 */
#include <string.h>

#include "core/crypto.h"
#include "service/node_int.h"
#include "service/person.h"
#include "service/policies.h"

/* The text that Debian's package publicsuffix has beside the compiled form. */
#define PSL_SYSTEM_FILE "/usr/share/publicsuffix/public_suffix_list.dat"

/* A list's file, or the built-in of that name when the setting is empty. */
static enum rc
list_load(struct node *nd, const char *setting, const char *builtin, const char **ret,
	  size_t *ret_len, struct err *e)
{
	const char *path = settings_text(nd->config, setting);

	if (path[0] == '\0') {
		const struct builtin_file *f = builtin_find(builtin);
		*ret = f->data;
		*ret_len = f->len;
		return RC_OK;
	}
	enum rc rc = file_load(nd->a, path, ret, ret_len, e);
	if (rc != RC_OK)
		err_prefix(e, "setting %s", setting);
	return rc;
}

static enum rc
suffixes_load(struct node *nd, struct err *e)
{
	const char *psl = settings_text(nd->config, "guard.psl"), *text;
	struct arena *a = arena_create();
	size_t len;

	if (psl[0] == '\0')
		psl = PSL_SYSTEM_FILE;
	enum rc rc = file_load(a, psl, &text, &len, e);
	if (rc == RC_OK)
		rc = guard_suffixes_parse(nd->a, text, len, &nd->lists.suffixes, e);
	if (rc == RC_OK)
		hash_bytes(text, len, &nd->lists.digest[GUARD_LIST_SUFFIXES]);
	if (rc == RC_NOT_FOUND)
		err_set(e, rc,
			"no Public Suffix List at %s: install the package publicsuffix, "
			"or name the list's file in the setting guard.psl",
			psl);
	else if (rc != RC_OK)
		err_prefix(e, "%s", psl);
	arena_free(a);
	return rc;
}

static enum rc
lists_load(struct node *nd, struct err *e)
{
	const struct guard_service *services;
	const char *text;
	size_t len;
	enum rc rc = suffixes_load(nd, e);

	if (rc == RC_OK)
		rc = list_load(nd, "guard.protected", "protected.txt", &text, &len, e);
	if (rc == RC_OK)
		rc = guard_names_parse(nd->a, text, len, &nd->lists.protected_names,
				       &nd->lists.n_protected, e);
	if (rc == RC_OK)
		rc = guard_nets_parse(nd->a, text, len, &nd->lists.protected_nets,
				      &nd->lists.n_protected_nets, e);
	if (rc == RC_OK)
		hash_bytes(text, len, &nd->lists.digest[GUARD_LIST_PROTECTED]);
	if (rc == RC_OK)
		rc = list_load(nd, "guard.services", "services.json", &text, &len, e);
	if (rc == RC_OK)
		rc = guard_services_parse(nd->a, text, len, &services,
					  &nd->lists.n_services, e);
	if (rc == RC_OK) {
		nd->lists.services = services;
		hash_bytes(text, len, &nd->lists.digest[GUARD_LIST_SERVICES]);
	}
	return rc;
}

static enum rc
passwords_load(struct node *nd, struct err *e)
{
	const char *path = settings_text(nd->config, "people.passwords"), *text;
	size_t len;

	if (path[0] == '\0')
		return RC_OK;
	enum rc rc = file_load(nd->a, path, &text, &len, e);
	if (rc == RC_OK)
		passwords_parse(nd->a, text, &nd->passwords, &nd->n_passwords);
	else
		err_prefix(e, "setting people.passwords");
	return rc;
}

enum rc
node_lists_load(struct node *nd, struct err *e)
{
	enum rc rc = lists_load(nd, e);

	return rc == RC_OK ? passwords_load(nd, e) : rc;
}
