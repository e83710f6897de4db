/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/host/look.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/toml_tree.h"

/* --- files --------------------------------------------------------------------------------------- */

const char *look_name(struct look *l, const char *path)
{
	char full[4096];
	const char *name;

	snprintf(full, sizeof(full), "%s%s", l->prefix, path);
	name = inventory_text(&l->in->inventory, text_of(full));
	return name ? name : path;
}

struct yaml_file *look_file(struct look *l, const char *path)
{
	return yaml_make_file(&l->arena, look_name(l, path));
}

/* What is not there is no problem, nor what ends while it is looked at. */
void look_problem(struct look *l, const char *path, int r)
{
	if (r == -ENOENT || r == -ENOTDIR || r == -ESRCH || !r)
		return;
	inspection_problem(l->in, look_name(l, path), strerror(-r));
}

static int open_how(struct look *l, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = -1;

	for (int i = 0; fd < 0 && i < 16; i++) {
		fd = (int)syscall(SYS_openat2, l->root, path, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN) /* somebody renamed on the way */
			return -errno;
	}
	return fd < 0 ? -EAGAIN : fd;
}

int look_open(struct look *l, const char *path)
{
	return open_how(l, path, O_PATH);
}

bool look_stat(struct look *l, const char *path, struct stat *st)
{
	cleanup_fd int fd = look_open(l, path);

	return fd >= 0 && !fstat(fd, st);
}

bool look_exists(struct look *l, const char *path)
{
	struct stat st;

	return look_stat(l, path, &st);
}

bool look_link(struct look *l, const char *path, char *out, size_t size)
{
	cleanup_fd int fd = open_how(l, path, O_PATH | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", out, size - 1);

	if (n <= 0)
		return false;
	out[n] = '\0';
	return true;
}

/* Opened as what it is first: a FIFO must not hold us, nor a device be touched. */
static int read_file(struct look *l, const char *path, struct buf *out)
{
	cleanup_fd int place = look_open(l, path);
	char again[40];
	struct stat st;

	if (place < 0)
		return place;
	if (fstat(place, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	return fs_read(again, LOOK_FILE_MAX, out, NULL);
}

struct text look_read(struct look *l, const char *path)
{
	cleanup_buf struct buf out = { .limit = LOOK_FILE_MAX + 1 };
	int r = read_file(l, path, &out);

	if (r < 0) {
		look_problem(l, path, r);
		return TEXT_NONE;
	}
	return arena_text(&l->arena, text_from(out.data ? out.data : "", out.len));
}

struct text look_line(struct look *l, const char *path)
{
	cleanup_buf struct buf out = { .limit = LOOK_FILE_MAX + 1 };

	if (read_file(l, path, &out) < 0 || !out.data)
		return TEXT("");
	return arena_text(&l->arena, text_trim(text_from(out.data, strcspn(out.data, "\n"))));
}

/* --- patterns ------------------------------------------------------------------------------------ */

struct names {
	VEC(char *) items;
};

static void names_deinit(struct names *n)
{
	vec_foreach(s, &n->items)
		free(*s);
	vec_deinit(&n->items);
}
#define cleanup_names cleanup(names_deinit)

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(struct look *l, const char *path, const char *pattern, struct names *ret)
{
	int fd = open_how(l, *path ? path : "/", O_RDONLY | O_DIRECTORY);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (fd < 0 || !dir) {
		if (fd >= 0)
			close(fd);
		else
			look_problem(l, path, fd);
		return;
	}
	while ((e = readdir(dir)) && ret->items.len < LOOK_ENTRIES_MAX) {
		char **slot;

		if (fnmatch(pattern, e->d_name, FNM_PERIOD))
			continue;
		slot = vec_add(&ret->items);
		if (slot && !(*slot = str_format("%s/%s", path, e->d_name)))
			ret->items.len--;
	}
	vec_sort(&ret->items, compare_names);
}

static void glob_below(struct look *l, const char *path, const char *rest,
		       void (*visit)(struct look *, const char *, void *), void *arg)
{
	size_t len = strcspn(rest, "/");
	cleanup_free char *part = str_dup_n(rest, len);
	cleanup_names struct names names = { 0 };

	if (!part)
		return;
	if (!strpbrk(part, "*?[")) {
		char **slot = vec_add(&names.items);

		if (slot && !(*slot = str_format("%s/%s", path, part)))
			names.items.len--;
	} else {
		list(l, path, part, &names);
	}
	vec_foreach(s, &names.items) {
		if (rest[len])
			glob_below(l, *s, rest + len + 1, visit, arg);
		else if (look_exists(l, *s))
			visit(l, *s, arg);
	}
}

void look_glob(struct look *l, const char *pattern,
	       void (*visit)(struct look *l, const char *path, void *arg), void *arg)
{
	if (*pattern == '/')
		glob_below(l, "", pattern + 1, visit, arg);
}

void look_each_process(struct look *l, void (*visit)(struct look *l, const char *path, void *arg),
		       void *arg)
{
	int fd = open_how(l, "/proc", O_RDONLY | O_DIRECTORY);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (fd >= 0 && !dir)
		close(fd);
	while (dir && (e = readdir(dir))) {
		char path[64];

		if (strspn(e->d_name, "0123456789") != strlen(e->d_name) || strlen(e->d_name) > 10)
			continue;
		snprintf(path, sizeof(path), "/proc/%.10s", e->d_name);
		visit(l, path, arg);
	}
}

/* --- trees --------------------------------------------------------------------------------------- */

struct yaml_node *look_yaml(struct look *l, const char *path)
{
	struct text content = look_read(l, path);
	struct yaml_file *f = NULL;

	if (!content.data ||
	    !yaml_read(&l->arena, look_name(l, path), content, &l->in->report.problems, &f))
		return NULL;
	return f->document_count ? f->documents[0] : NULL;
}

struct yaml_node *look_toml(struct look *l, const char *path)
{
	struct text content = look_read(l, path);

	return content.data ?
		       toml_read(&l->arena, look_name(l, path), content, &l->in->report.problems) :
		       NULL;
}

struct yaml_node *look_merge(struct look *l, struct yaml_node *under, struct yaml_node *over)
{
	if (!under || !over)
		return over ? over : under;
	if (under->kind != YAML_MAP || over->kind != YAML_MAP)
		return over;
	under = yaml_make_copy(&l->arena, under);
	for (uint32_t i = 0; under && i < over->count; i++) {
		const struct yaml_entry *e = &over->entries[i];
		struct yaml_node *old = NULL;

		for (uint32_t k = 0; k < under->count; k++)
			if (text_eq(under->entries[k].key, e->key))
				old = under->entries[k].value;
		yaml_make_put(&l->arena, under, e->key, look_merge(l, old, e->value));
	}
	return under;
}

/* --- objects ------------------------------------------------------------------------------------- */

void look_put(struct look *l, struct yaml_node *map, const char *key, struct yaml_node *value)
{
	yaml_make_put(&l->arena, map, text_of(key), value);
}

struct yaml_node *look_text(struct look *l, const struct yaml_file *f, uint32_t line,
			    struct text text)
{
	return yaml_make_scalar(&l->arena, f, line, 1, text, true);
}

struct yaml_node *look_object(struct look *l, enum kind kind, const char *file)
{
	struct yaml_file *f = look_file(l, file);
	struct yaml_node *o = yaml_make_map(&l->arena, f, 1, 1),
			 *meta = yaml_make_map(&l->arena, f, 1, 1);

	look_put(l, meta, "name", look_text(l, f, 1, text_of(l->node)));
	look_put(l, o, "apiVersion", look_text(l, f, 1, TEXT("host.merlon/v1")));
	look_put(l, o, "kind", look_text(l, f, 1, text_of(kinds[kind].name)));
	look_put(l, o, "metadata", meta);
	return o;
}

struct files_arg {
	struct yaml_node *object, *list;
	const char *role;
};

/* "root" of the line "root:x:0:" of /etc/passwd or /etc/group. */
static struct text name_of(struct look *l, const char *file, unsigned id)
{
	cleanup_buf struct buf out = { .limit = LOOK_FILE_MAX + 1 };

	if (read_file(l, file, &out) < 0 || !out.data)
		return TEXT("");
	for (char *save = NULL, *line = strtok_r(out.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':'), *second = colon ? strchr(colon + 1, ':') : NULL;

		if (second && strtoul(second + 1, NULL, 10) == id && second[1] != ':')
			return arena_text(&l->arena, text_from(line, (size_t)(colon - line)));
	}
	return TEXT("");
}

static void add_number(struct look *l, const struct yaml_file *f, struct yaml_node *map,
		       const char *key, unsigned value)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", value);
	look_put(l, map, key, look_text(l, f, 1, text_of(text)));
}

static void add_file(struct look *l, const char *path, void *arg)
{
	struct files_arg *a = arg;
	char mode[16];
	struct yaml_file *f = look_file(l, path);
	struct yaml_node *map = yaml_make_map(&l->arena, f, 1, 1);
	struct stat st;

	if (!look_stat(l, path, &st))
		return;
	look_put(l, map, "path", look_text(l, f, 1, text_of(path)));
	look_put(l, map, "role", look_text(l, f, 1, text_of(a->role)));
	snprintf(mode, sizeof(mode), "%04o", st.st_mode & 07777);
	look_put(l, map, "mode", look_text(l, f, 1, text_of(mode)));
	add_number(l, f, map, "uid", st.st_uid);
	add_number(l, f, map, "gid", st.st_gid);
	look_put(l, map, "user", look_text(l, f, 1, name_of(l, "/etc/passwd", st.st_uid)));
	look_put(l, map, "group", look_text(l, f, 1, name_of(l, "/etc/group", st.st_gid)));
	yaml_make_add(&l->arena, a->list, map);
}

void look_add_files(struct look *l, struct yaml_node *object, const char *role, const char *pattern)
{
	struct files_arg a = { object, object ? yaml_get(object, "files") : NULL, role };

	if (!object)
		return;
	if (!a.list) {
		a.list = yaml_make_list(&l->arena, object->file, 1, 1);
		look_put(l, object, "files", a.list);
	}
	look_glob(l, pattern, add_file, &a);
}

void look_finish(struct look *l, struct yaml_node *object)
{
	if (!l->r && object && !l->arena.failed)
		l->r = inspection_add_tree(l->in, object->file->name, object, l->err);
	else if (l->arena.failed)
		inspection_problem(l->in, l->prefix, "too much to be looked at");
	arena_reset(&l->arena);
	l->arena.failed = false;
}
