/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/access.h"

#include <ctype.h>
#include <errno.h>
#include <linux/fcntl.h>

#include "base/buf.h"
#include "base/str.h"
#include "profile/path_pattern.h"
#include "uapi/syscall.h"

/* What proves that a path is no directory. */
#define FILE_OPS                                                                                \
	(ABI_FILE_READ | ABI_FILE_WRITE | ABI_FILE_CREATE | ABI_FILE_EXEC | ABI_FILE_MAP_EXEC | \
	 ABI_FILE_UNLINK | ABI_FILE_LINK | ABI_FILE_LINK_TARGET | ABI_FILE_SYMLINK |            \
	 ABI_FILE_MKNOD | ABI_FILE_TRUNCATE | ABI_FILE_CONNECT | ABI_FILE_BIND)

/* F_OFD_* are not in every libc's headers. */
enum { F_OFD_SETLK_ = 37, F_OFD_SETLKW_ = 38, F_SETLK64_ = 13, F_SETLKW64_ = 14 };

typedef VEC(const char *) name_list;

/* What is collected before the paths are rewritten. */
struct builder {
	const struct profile *p;
	const struct policy_options *o;
	struct access_list *list;
	name_list made;	   /* paths the workload makes, without slashes at their ends; sorted */
	VEC(char *) owned; /* those of them that are no path of the profile */
	bool *lockers;	   /* by executable */
};

bool access_layer_is_wanted(enum profile_layer layer, const struct policy_options *options)
{
	return layer == PROFILE_APP || (options->with_entered && layer == PROFILE_ENTERED);
}

bool access_is_virtual(const char *path)
{
	return path_is_below(path, "/proc") || path_is_below(path, "/sys") ||
	       path_is_below(path, "/dev");
}

void access_list_deinit(struct access_list *list)
{
	vec_foreach(a, &list->items) {
		free(a->path);
		vec_deinit(&a->seen);
	}
	vec_deinit(&list->items);
}

/* --- numbers in names --------------------------------------------------------------------------- */

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_made(const struct builder *b, const char *path, size_t len)
{
	size_t low = 0, high = b->made.len;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const char *name = b->made.items[middle];
		int r = strncmp(path, name, len);

		if (!r && name[len])
			r = -1; /* path is only its beginning */
		if (!r)
			return true;
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Appends a component, with stars for digits; true if there were any. */
static bool add_numbered(struct buf *out, const char *s, size_t len)
{
	bool found = false;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && len - i >= 4) { /* \xNN */
			buf_add(out, s + i, 4);
			i += 3;
		} else if (!isdigit((unsigned char)s[i])) {
			buf_add_char(out, s[i]);
		} else {
			while (i + 1 < len && isdigit((unsigned char)s[i + 1]))
				i++;
			/* Never "**": that would leave the component. */
			if (!out->len || out->data[out->len - 1] != '*')
				buf_add_char(out, '*');
			while (i + 1 < len && s[i + 1] == '*')
				i++;
			found = true;
		}
	}
	return found;
}

/* The path with numbers in the names that the workload makes as patterns; true if there were any. */
static bool number_path(const struct builder *b, const char *path, struct buf *out)
{
	bool found = false;

	buf_reset(out);
	buf_add_str(out, "");
	for (const char *at = path; *at;) {
		size_t slashes = strspn(at, "/"), len = strcspn(at + slashes, "/");
		const char *name = at + slashes;

		buf_add(out, at, slashes);
		at = name + len;
		if (len && !(len == 2 && !memcmp(name, "**", 2)) &&
		    is_made(b, path, (size_t)(at - path)))
			found |= add_numbered(out, name, len);
		else
			buf_add(out, name, len);
	}
	return found;
}

static int learn_made(struct builder *b)
{
	vec_foreach(f, &b->p->files) {
		size_t len = strlen(f->path);
		const char **slot;
		char *name = f->path;

		if (!access_layer_is_wanted(f->layer, b->o) || !(f->ops & ACCESS_OPS_CREATE))
			continue;
		if (len > 1 && name[len - 1] == '/') {
			char **own = vec_add(&b->owned);

			if (!own)
				return -ENOMEM;
			name = *own = str_dup_n(f->path, len - 1);
			if (!name)
				return -ENOMEM;
		}
		slot = vec_add(&b->made);
		if (!slot)
			return -ENOMEM;
		*slot = name;
	}
	vec_sort(&b->made, name_compare);
	return 0;
}

/* --- locks -------------------------------------------------------------------------------------- */

static bool is_lock_command(uint64_t cmd)
{
	return cmd == F_SETLK || cmd == F_SETLKW || cmd == F_OFD_SETLK_ || cmd == F_OFD_SETLKW_ ||
	       cmd == F_SETLK64_ || cmd == F_SETLKW64_;
}

static bool call_locks(const struct profile_call *c)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);

	if (!name || c->refused)
		return false;
	if (str_eq(name, "flock"))
		return true;
	if (!str_eq(name, "fcntl") && !str_eq(name, "fcntl64"))
		return false;
	vec_foreach(t, &c->tuples)
		if (is_lock_command(t->values[0]))
			return true;
	return c->range.count || !c->tuples.len; /* not known: it may have */
}

static void learn_lockers(struct builder *b)
{
	vec_foreach(c, &b->p->calls)
		if (access_layer_is_wanted(c->layer, b->o) && call_locks(c))
			vec_foreach(e, &c->evidence)
				b->lockers[e->exe] = true;
}

/* --- building ----------------------------------------------------------------------------------- */

static struct access *access_add(struct builder *b, const char *path)
{
	struct access *a = vec_add(&b->list->items);

	if (!a)
		return NULL;
	a->path = strdup(path);
	if (!a->path) {
		b->list->items.len--;
		return NULL;
	}
	return a;
}

/* The path that a layer will see: its unknown beginning a pattern, numbers too; NULL: out of memory. */
static char *access_path(const struct builder *b, const struct profile_file *f, bool exact,
			 unsigned *widened)
{
	cleanup_buf struct buf out = BUF_INIT;

	if (f->flags & ABI_PATH_TRUNCATED) {
		*widened |= ACCESS_CUT;
		return str_format("/**%s%s", f->path[0] == '/' ? "" : "/", f->path);
	}
	/* A volume's pattern has no names left in it, and /proc and /dev number by themselves. */
	if (!exact && !access_is_virtual(f->path) && number_path(b, f->path, &out)) {
		*widened |= ACCESS_NUMBERED;
		return buf_take(&out);
	}
	return strdup(f->path);
}

static bool has_path(const struct profile_file *f)
{
	return f->path[0] == '/' && !(f->flags & (ABI_PATH_ABSTRACT | ABI_PATH_MEMORY));
}

static int add_file(struct builder *b, const struct profile_file *f, bool exact)
{
	unsigned widened = f->rule ? ACCESS_GENERALISED : 0;
	cleanup_free char *path = access_path(b, f, exact, &widened);
	struct access *a = path ? access_add(b, path) : NULL;

	if (!a)
		return -ENOMEM;
	a->ops = f->ops;
	a->directory = f->flags & ABI_PATH_DIRECTORY || str_ends(path, "/") ||
		       f->ops & (ABI_FILE_MKDIR | ABI_FILE_RMDIR);
	a->ambiguous = !a->directory && !(f->ops & FILE_OPS);
	a->volume = f->rule && str_eq(f->rule, "volume");
	a->widened = widened;
	a->rule = f->rule;
	vec_foreach(e, &f->evidence)
		a->locked = a->locked || b->lockers[e->exe];
	vec_foreach(seen, &f->originals) {
		const char **slot = vec_add(&a->seen);

		if (!slot)
			return -ENOMEM;
		*slot = *seen;
	}
	/* One that ends in a pattern may be anything below a directory: it has no form of its own. */
	if (a->directory && str_ends(path, "**"))
		a->directory = false;
	if (a->directory && !str_ends(path, "/")) {
		char *slashed = str_format("%s/", path);

		if (!slashed)
			return -ENOMEM;
		free(a->path);
		a->path = slashed;
	}
	b->list->mounts = b->list->mounts || f->ops & ABI_FILE_MOUNT;
	return 0;
}

/* Who did something is a file that was executed, even if its exec was seen by nobody. */
static int add_executables(struct builder *b)
{
	cleanup_free bool *ran = calloc(b->p->executables.len + 1, sizeof(*ran));

	if (!ran)
		return -ENOMEM;
	vec_foreach(c, &b->p->calls)
		if (access_layer_is_wanted(c->layer, b->o))
			vec_foreach(e, &c->evidence)
				ran[e->exe] = true;
	for (size_t i = 0; i < b->p->executables.len; i++) {
		struct access *a;

		if (!ran[i] || b->p->executables.items[i][0] != '/')
			continue;
		a = access_add(b, b->p->executables.items[i]);
		if (!a)
			return -ENOMEM;
		a->ops = ABI_FILE_EXEC;
	}
	return 0;
}

static int access_compare(const void *a, const void *b)
{
	const struct access *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void take_seen(struct access *to, struct access *from)
{
	vec_foreach(seen, &from->seen) {
		const char **slot = vec_add(&to->seen);

		if (slot) /* examples: without memory for one there is one less */
			*slot = *seen;
	}
	vec_deinit(&from->seen);
}

/* One entry a path: what may be done to it is the union. */
static void access_merge(struct access_list *list)
{
	size_t kept = 0;

	vec_sort(&list->items, access_compare);
	for (size_t i = 0; i < list->items.len; i++) {
		struct access *a = &list->items.items[i];
		struct access *last = kept ? &list->items.items[kept - 1] : NULL;

		if (!last || access_compare(last, a)) {
			list->items.items[kept++] = *a;
			continue;
		}
		last->ops |= a->ops;
		last->ambiguous = last->ambiguous && a->ambiguous;
		last->locked = last->locked || a->locked;
		last->volume = last->volume || a->volume;
		last->widened |= a->widened;
		last->rule = last->rule ? last->rule : a->rule;
		take_seen(last, a);
		free(a->path);
	}
	list->items.len = kept;
}

/*
 * A directory that is renamed was made by the workload (so it is known to be one), or is renamed for the
 * first time: then its old name is nobody's new name.
 */
static bool directories_may_move(const struct access_list *list)
{
	vec_foreach(a, &list->items)
		if (a->ops & ABI_FILE_RENAME_FROM &&
		    (a->directory || (a->ambiguous && !(a->ops & ABI_FILE_RENAME_TO))))
			return true;
	return false;
}

/* Where the same name with a slash is in the list, an ambiguous one is that directory. */
static int resolve_ambiguous(struct access_list *list)
{
	const uint32_t renames = ABI_FILE_RENAME_FROM | ABI_FILE_RENAME_TO;

	if (!directories_may_move(list))
		vec_foreach(a, &list->items)
			a->ambiguous = a->ambiguous && !(a->ops & renames);
	vec_foreach(a, &list->items) {
		cleanup_free char *slashed = a->ambiguous ? str_format("%s/", a->path) : NULL;
		struct access key = { .path = slashed };

		a->directory = a->directory ||
			       (slashed && bsearch(&key, list->items.items, list->items.len,
						   sizeof(key), access_compare));
	}
	vec_foreach(a, &list->items) {
		char *slashed;

		if (!a->ambiguous || !a->directory)
			continue;
		slashed = str_format("%s/", a->path);
		if (!slashed)
			return -ENOMEM;
		free(a->path);
		a->path = slashed;
		a->ambiguous = false;
	}
	return 0;
}

static int build(struct builder *b, bool exact)
{
	int r = exact ? 0 : learn_made(b);

	learn_lockers(b);
	vec_foreach(f, &b->p->files)
		if (!r && access_layer_is_wanted(f->layer, b->o) && has_path(f))
			r = add_file(b, f, exact);
	if (!r)
		r = add_executables(b);
	if (r)
		return r;
	access_merge(b->list);
	r = resolve_ambiguous(b->list);
	access_merge(b->list);
	return r;
}

int access_list_build(struct access_list *list, const struct profile *profile,
		      const struct policy_options *options, bool exact, struct error *err)
{
	cleanup_free bool *lockers = calloc(profile->executables.len + 1, sizeof(*lockers));
	struct builder b = { .p = profile, .o = options, .list = list, .lockers = lockers };
	int r = -ENOMEM;

	*list = (struct access_list){ 0 };
	if (lockers)
		r = build(&b, exact);
	vec_foreach(name, &b.owned)
		free(*name);
	vec_deinit(&b.owned);
	vec_deinit(&b.made);
	if (!r)
		return 0;
	access_list_deinit(list);
	return error_errno(err, ENOMEM, "files");
}
