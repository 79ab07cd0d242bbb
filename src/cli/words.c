/* Tokens and pseudonyms of the API as the people at a terminal read them. */
#include <string.h>

#include "cli/cli.h"

const char *
cli_word(struct cli *c, const json_t *o, const char *member)
{
	char *word = arena_strdup(c->a, cli_text(o, member));

	for (char *at = word; (at = strchr(at, '_')) != NULL; at++)
		*at = ' ';
	return word;
}

/* Who may not read the names reads pseudonyms. */
static json_t *
colleagues(struct cli *c)
{
	struct err none = ERR_INIT;
	json_t *r = NULL;

	if (cli_call(c, "GET", "/v1/colleagues", NULL, &r, &none) != RC_OK)
		return json_null();
	return json_object_get(r, "colleagues");
}

const char *
cli_who(struct cli *c, const json_t *o, const char *member)
{
	const char *pseudonym = cli_text(o, member);
	const json_t *one;
	size_t i;

	if (strncmp(pseudonym, "p-", 2) != 0)
		return pseudonym;
	if (c->colleagues == NULL)
		c->colleagues = colleagues(c);
	json_array_foreach (c->colleagues, i, one)
		if (strcmp(cli_text(one, "pseudonym"), pseudonym) == 0)
			return cli_text(one, "name");
	return pseudonym;
}
