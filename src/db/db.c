#include "db/db.h"

#include <string.h>

struct db_param
db_p_text(const char *s)
{
	struct db_param p = {.type = DB_NULL};

	if (s != NULL) {
		p.type = DB_TEXT;
		p.p = s;
		p.len = strlen(s);
	}
	return p;
}

static bool
is_postgresql(const char *uri)
{
	static const char *const schemes[] = {"postgresql://", "postgres://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(uri, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

enum rc
db_driver_of(const char *uri, const struct db_driver **ret, struct err *e)
{
	*ret = &db_sqlite;
	if (!is_postgresql(uri))
		return RC_OK;
#ifdef SALURAN_POSTGRESQL
	(void)e;
	*ret = &db_pg;
	return RC_OK;
#else
	return err_set(e, RC_UNSUPPORTED,
		       "this program was built without PostgreSQL: build it where the "
		       "package libpq-dev is");
#endif
}
