/*
 * migrate - bring a database to the schema that this program knows.
 *
 * The log's migrations are applied once each, in order, and are immutable once
 * released: the database keeps their checksums.  The views have no history: when the
 * fingerprint of all their files differs from the one in the database, all tables named
 * v_* are dropped, made anew and filled by replaying the log.
 *
 * All of it is one transaction: a process that dies leaves the database as it was.
 */
#ifndef SALURAN_STORE_MIGRATE_H
#define SALURAN_STORE_MIGRATE_H

#include "db/db.h"

struct migration {
	unsigned number; /* from 1, without gaps */
	const char *name;
	const char *sha256; /* of `text`, hex */
	const char *text;
};

/* Made by tools/gen_sql.py: `store_migrations`, in store/store_sql.h. */
struct migration_set {
	const char *version_table; /* makes schema_version */
	const struct migration *log;
	unsigned n_log;
	const struct migration *view;
	unsigned n_view;
	const char *view_fingerprint; /* sha256 over all view files, hex */
};

/* Fill the empty views from the log.  Called inside the transaction that made them, so
 * that nobody ever finds them half filled: writes through that `db` only and neither
 * commits nor rolls back. */
typedef enum rc migrate_replay(void *arg, struct err *e);

/*
 * db      outside a transaction, open for writing
 * replay  called when the views were made anew; NULL: they stay empty
 * RC_NEWER    a newer program made the store
 * RC_CORRUPT  a migration that was applied differs from ours, or is missing
 * RC_RETRY    another process has the database
 * Others from the engine or from `replay`.  Unless RC_OK, nothing has changed.
 */
enum rc migrate_run(const struct db_driver *drv, struct db *db,
		    const struct migration_set *set, migrate_replay *replay, void *arg,
		    struct err *e) MUST_CHECK;

/* As migrate_run(), and makes the views anew even when they are current. */
enum rc migrate_rebuild(const struct db_driver *drv, struct db *db,
			const struct migration_set *set, migrate_replay *replay,
			void *arg, struct err *e) MUST_CHECK;

/* May a program that only reads use this database?  Writes nothing.
 * RC_UNAVAILABLE: it is older, the daemon upgrades it at its start; RC_NEWER and
 * RC_CORRUPT as above. */
enum rc migrate_check(const struct db_driver *drv, struct db *db,
		      const struct migration_set *set, struct err *e) MUST_CHECK;

#endif
