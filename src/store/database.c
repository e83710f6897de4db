/* SPDX-License-Identifier: Apache-2.0 */
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"

/* --- what SQLite says ---------------------------------------------------------------------------- */

static const struct {
	int code, error;
} codes[] = {
	{ SQLITE_FULL, ENOSPC },       { SQLITE_CORRUPT, EBADMSG }, { SQLITE_NOTADB, EBADMSG },
	{ SQLITE_BUSY, EBUSY },	       { SQLITE_LOCKED, EBUSY },    { SQLITE_NOMEM, ENOMEM },
	{ SQLITE_READONLY, EACCES },   { SQLITE_PERM, EACCES },	    { SQLITE_TOOBIG, EFBIG },
	{ SQLITE_CONSTRAINT, EINVAL },
};

int database_fail(sqlite3 *db, const char *path, const char *what, struct error *err)
{
	int code = sqlite3_errcode(db) & 0xff, error = EIO;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			error = codes[i].error;
	if (code == SQLITE_CANTOPEN && sqlite3_system_errno(db))
		error = sqlite3_system_errno(db);
	return error_set(err, error, "%s: %s: %s", path, what, sqlite3_errmsg(db));
}

int database_exec(sqlite3 *db, const char *path, const char *sql, struct error *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) ? database_fail(db, path, "failed", err) : 0;
}

int database_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **ret,
		     struct error *err)
{
	return sqlite3_prepare_v2(db, sql, -1, ret, NULL) ?
		       database_fail(db, path, "cannot be read", err) :
		       0;
}

int database_number(sqlite3 *db, const char *path, const char *sql, int64_t *ret, struct error *err)
{
	sqlite3_stmt *st;
	int r = database_prepare(db, path, sql, &st, err);

	if (r)
		return r;
	r = sqlite3_step(st) == SQLITE_ROW ? 0 : database_fail(db, path, "cannot be read", err);
	*ret = r ? 0 : sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return r;
}

/* --- the file ------------------------------------------------------------------------------------ */

/* With our mode, before SQLite makes it with the umask's. */
int database_make(const char *path, ino_t *ret_inode, struct error *err)
{
	struct stat st;
	cleanup_free char *dir = str_dup_n(path, strlen(path));
	char *slash = dir ? strrchr(dir, '/') : NULL;
	int fd, r;

	if (slash && slash != dir) {
		*slash = '\0';
		r = fs_is_dir(dir) ? 0 : fs_mkdirs(dir, 0700, err);
		if (r)
			return r;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	if (ret_inode)
		*ret_inode = fstat(fd, &st) < 0 ? 0 : st.st_ino;
	close(fd);
	return 0;
}

int database_open(sqlite3 **ret, const char *path, const struct database_kind *kind, bool write,
		  struct error *err)
{
	int flags = (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_NOFOLLOW;
	int r = sqlite3_open_v2(path, ret, flags, NULL);

	if (!*ret)
		return error_errno(err, ENOMEM, "%s", path);
	if (r)
		return database_fail(*ret, path, "cannot be opened", err);
	sqlite3_extended_result_codes(*ret, 1);
	sqlite3_busy_timeout(*ret, kind->busy_ms);
	sqlite3_db_config(*ret, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*ret, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(*ret, SQLITE_LIMIT_LENGTH, kind->value_max);
	sqlite3_limit(*ret, SQLITE_LIMIT_ATTACHED, 0);
	return 0;
}

int database_version(sqlite3 *db, const char *path, const struct database_kind *kind, int64_t *ret,
		     struct error *err)
{
	int64_t id = 0, tables = 0;
	int r = database_number(db, path, "PRAGMA application_id", &id, err);

	if (!r)
		r = database_number(db, path, "PRAGMA user_version", ret, err);
	if (!r)
		r = database_number(db, path, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (r)
		return r;
	if (tables && id != kind->application_id)
		return error_set(err, EINVAL, "%s: a database of something else", path);
	if (*ret > kind->newest)
		return error_set(err, EINVAL, "%s: made by a newer merlon (version %lld)", path,
				 (long long)*ret);
	return 0;
}
