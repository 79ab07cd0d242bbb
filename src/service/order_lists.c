/*
 * The lists that names of orders are held against.  They differ from node to node and
 * from year to year, so the draft says which they were; whoever has the same finds the
 * same.
 */
#include <string.h>

#include "service/order_int.h"
#include "store/store_sql.h"

json_t *
order_lists_json(const struct guard_lists *lists)
{
	json_t *rows = json_array();
	char hex[HASH_HEX_LEN + 1];

	for (int l = 0; l < GUARD_LIST_COUNT; l++)
		json_array_append_new(
			rows, json_pack("{s:s, s:s}", "list",
					guard_list_token((enum guard_list)l), "sha256",
					hash_hex(&lists->digest[l], hex)));
	return rows;
}

void
order_lists_put(struct buf *b, const struct guard_lists *lists)
{
	char hex[HASH_HEX_LEN + 1];

	buf_puts(b, "\nHeld against these lists, by the SHA-256 of their files:\n");
	for (int l = 0; l < GUARD_LIST_COUNT; l++)
		buf_printf(b, "- %s: %s\n", guard_list_what((enum guard_list)l),
			   hash_hex(&lists->digest[l], hex));
}

/* Each list that the draft names, and whether it is the one that this node has. */
static json_t *
named_json(const struct node *nd, const json_t *named)
{
	json_t *rows = json_array();
	const json_t *v;
	size_t i;
	char hex[HASH_HEX_LEN + 1];

	json_array_foreach (named, i, v) {
		const char *list = json_string_value(json_object_get(v, "list"));
		const char *sha256 = json_string_value(json_object_get(v, "sha256"));
		bool here = false;
		for (int l = 0; l < GUARD_LIST_COUNT; l++)
			if (strcmp(guard_list_token((enum guard_list)l), list) == 0)
				here = strcmp(hash_hex(&nd->lists.digest[l], hex),
					      sha256) == 0;
		json_array_append_new(rows, json_pack("{s:s, s:s, s:b}", "list", list,
						      "sha256", sha256, "here", here));
	}
	return rows;
}

static bool
is_disclosed(const json_t *findings, const struct guard_finding *f)
{
	const json_t *v;
	size_t i;

	json_array_foreach (findings, i, v) {
		const char *name = json_string_value(json_object_get(v, "name"));
		const char *guard = json_string_value(json_object_get(v, "guard"));
		if (name != NULL && guard != NULL && strcmp(name, f->name) == 0 &&
		    strcmp(guard, guard_code_token(f->code)) == 0)
			return true;
	}
	return false;
}

/* What this node's lists find in the names and the draft does not say. */
static enum rc
unsaid_json(const struct node *nd, struct arena *a, const json_t *order, json_t **ret,
	    struct err *e)
{
	const json_t *names = json_object_get(order, "names"), *v;
	struct guard_lists lists = {.suffixes = nd->lists.suffixes,
				    .protected_names = nd->lists.protected_names,
				    .n_protected = nd->lists.n_protected,
				    .services = nd->lists.services,
				    .n_services = nd->lists.n_services};
	struct guard_name *rows =
		arena_array(a, json_array_size(names) + 1, sizeof(*rows));
	const struct guard_finding *found = NULL;
	struct err why = ERR_INIT;
	enum guard_list list;
	size_t i, n = 0, n_found = 0;

	*ret = json_array();
	json_array_foreach (names, i, v) {
		const char *name = json_string_value(json_object_get(v, "name"));
		/* Addresses are judged by the policy; no list of names is about them. */
		if (ipnet_parse(name, strlen(name), &rows[n].net, &why) == RC_OK)
			continue;
		rows[n++] = (struct guard_name){
			.name = name,
			.wildcard = json_is_true(json_object_get(v, "wildcard"))};
	}
	enum rc rc = guard_check(a, &lists, rows, n, &found, &n_found, &why);
	if (rc == RC_TOO_LARGE || rc == RC_INVALID)
		return RC_OK; /* the fold lets in more than a zone takes */
	if (rc != RC_OK)
		return err_set(e, rc, "%s", why.text);
	for (i = 0; i < n_found; i++)
		if (guard_list_of(found[i].code, &list) &&
		    !is_disclosed(json_object_get(order, "findings"), &found[i]))
			json_array_append_new(*ret,
					      json_pack("{s:s, s:s, s:s, s:s}", "name",
							found[i].name, "guard",
							guard_code_token(found[i].code),
							"list", guard_list_token(list),
							"text", found[i].text));
	return RC_OK;
}

enum rc
order_lists_add(struct node *nd, struct store *s, struct arena *a, json_t *order,
		struct err *e)
{
	const char *text = NULL, *id = json_string_value(json_object_get(order, "order"));
	json_t *named = NULL, *unsaid = NULL;
	enum rc rc = store_text(s, a, &SQL_ORDER_LISTS,
				(struct db_param[]){DB_P_TEXT(id)}, &text, e);

	if (rc == RC_OK && text != NULL)
		rc = ijson_parse(a, text, strlen(text), &named, e);
	if (rc == RC_OK)
		rc = unsaid_json(nd, a, order, &unsaid, e);
	if (rc == RC_OK) {
		json_object_set_new(order, "lists", named_json(nd, named));
		json_object_set(order, "unsaid", unsaid);
	}
	json_decref(unsaid);
	return rc;
}
