/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_watch.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/table.h"
#include "cli/inspect_history.h"
#include "cli/kustomization.h"
#include "inspect/report/format.h"

enum { QUIET_MS = 200, PATIENCE_MS = 2000, DIRECTORIES_MAX = 8192, DEEP = 32 };
#define EVENTS                                                                                   \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR)

/* --- a look, with its findings by their keys ------------------------------------------------------ */

struct look {
	struct inspection *inspection;
	const struct report *report;
	string_list keys; /* of all findings; "" for those that don't count */
	struct table by_key;
};

static void look_deinit(struct look *l)
{
	table_deinit(&l->by_key);
	string_list_deinit(&l->keys);
	l->inspection = inspection_free(l->inspection);
}
#define cleanup_look cleanup(look_deinit)

static int look_at(const struct inspect_watch *w, struct look *ret, struct error *err)
{
	int r = w->look(w->arg, &ret->inspection, err);

	if (r)
		return r;
	ret->report = inspection_finish(ret->inspection);
	vec_foreach(f, &ret->report->findings) {
		struct buf key = BUF_INIT;
		char **slot = vec_add(&ret->keys);

		if (inspect_history_counts(f))
			inspect_history_key(&key, ret->report, f);
		if (slot)
			*slot = key.data ? buf_take(&key) : strdup("");
		if (!slot || !*slot ||
		    (**slot && !table_set(&ret->by_key, text_of(*slot), (void *)f))) {
			buf_deinit(&key);
			return error_errno(err, ENOMEM, "findings");
		}
	}
	return 0;
}

/* --- what changed -------------------------------------------------------------------------------- */

/*
 * A finding of a file that can't be read for now, as a look before found it: whether it is still there will be known when the
 * file is whole again, and the look is gone by then.
 */
struct carried {
	char *key, *file, *text;
};

struct carry {
	VEC(struct carried) items;
};

static void carried_deinit(struct carried *c)
{
	free(c->key);
	free(c->file);
	free(c->text);
}

static void carry_deinit(struct carry *c)
{
	vec_foreach(i, &c->items)
		carried_deinit(i);
	vec_deinit(&c->items);
}
#define cleanup_carry cleanup(carry_deinit)

static bool carry_has(const struct carry *c, const char *key)
{
	vec_foreach(i, &c->items)
		if (str_eq(i->key, key))
			return true;
	return false;
}

/* All that is said of a finding but when and what became of it; NULL: out of memory. */
static char *describe(const struct inspect_watch *w, const struct report *r,
		      const struct finding *f)
{
	static const char *const names[] = {
		"kind", "object", "container", "path", "value", "file"
	};
	const struct inspected *o = &r->objects.items[f->object];
	char name[600], file[REPORT_FILE_MAX], *text = NULL;
	const char *const values[] = { o->kind,
				       report_object_name(o, name, sizeof(name)),
				       f->container ? f->container : "",
				       f->path,
				       f->value,
				       finding_file(r, f) };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (!w->json) {
		fprintf(out, "%-8s  %s  %s %s  %s:%u:%u  %s%s%s: %s", severity_names[f->severity],
			f->check->id, o->kind, name,
			report_file_name(finding_file(r, f), file, sizeof(file)), f->line,
			f->column, f->container ? f->container : "", f->container ? ": " : "",
			f->path, f->value);
	} else {
		fprintf(out, "\"check\": \"%s\", \"severity\": \"%s\"", f->check->id,
			severity_names[f->severity]);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			fprintf(out, ", \"%s\": ", names[i]);
			report_json_text(values[i], out);
		}
		fprintf(out, ", \"line\": %u, \"column\": %u}", f->line, f->column);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static void say_text(const struct inspect_watch *w, const char *text, const char *word, FILE *out)
{
	char time[CLOCK_TEXT_MAX];

	clock_format(clock_wall_ns(), time);
	if (w->json)
		fprintf(out, "{\"time\": \"%s\", \"change\": \"%s\", %s\n", time, word, text);
	else
		fprintf(out, "%.8s  %-6s  %s\n", time + 11, word, text);
}

static void say(const struct inspect_watch *w, const struct report *r, const struct finding *f,
		const char *word, FILE *out)
{
	cleanup_free char *text = describe(w, r, f);

	if (text)
		say_text(w, text, word, out);
}

/* What is in this look, and neither in the one before nor known of from earlier; how many. */
static size_t say_new(const struct inspect_watch *w, const struct look *now,
		      const struct look *before, const struct carry *carry, const char *word,
		      FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < now->keys.len; i++) {
		const char *key = now->keys.items[i];

		/* Several may have one key: they come and go as one. */
		if (!*key || table_get(&before->by_key, text_of(key)) || carry_has(carry, key))
			continue;
		say(w, now->report, &now->report->findings.items[i], word, out);
		n++;
	}
	return n;
}

static bool carry_on(struct carry *carry, const struct inspect_watch *w, const struct report *r,
		     const struct finding *f, const char *key)
{
	struct carried *slot = carry_has(carry, key) ? NULL : vec_add(&carry->items);

	if (!slot)
		return carry_has(carry, key);
	slot->key = strdup(key);
	slot->file = strdup(finding_file(r, f));
	slot->text = describe(w, r, f);
	if (slot->key && slot->file && slot->text)
		return true;
	carried_deinit(slot);
	carry->items.len--;
	return false;
}

/* Of what was carried on: what is there again is no news, and what is not, and could be, is mended. */
static size_t settle(struct carry *carry, const struct inspect_watch *w, const struct look *now,
		     FILE *out)
{
	size_t kept = 0, n = 0;

	vec_foreach(i, &carry->items) {
		bool there = table_get(&now->by_key, text_of(i->key));

		if (!there && inspect_history_is_unread(now->report, i->file)) {
			carry->items.items[kept++] = *i;
			continue;
		}
		if (!there)
			say_text(w, i->text, "mended", out);
		n += !there;
		carried_deinit(i);
	}
	carry->items.len = kept;
	return n;
}

/* What was there and is not any more; how many. What can't be known yet is carried on. */
static size_t say_mended(const struct inspect_watch *w, const struct look *now,
			 const struct look *before, struct carry *carry, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < before->keys.len; i++) {
		const char *key = before->keys.items[i];
		const struct finding *f = &before->report->findings.items[i];

		if (!*key || table_get(&now->by_key, text_of(key)))
			continue;
		if (inspect_history_is_unread(now->report, finding_file(before->report, f)) &&
		    carry_on(carry, w, before->report, f, key))
			continue;
		say(w, before->report, f, "mended", out);
		n++;
	}
	return n;
}

static void say_problems(const struct look *now, const struct look *before, FILE *out)
{
	if (now->report->problems.errors == before->report->problems.errors)
		return;
	diags_print(&now->report->problems, true, out);
}

/* --- waiting ------------------------------------------------------------------------------------- */

/* nftw() has no argument of its own. */
static int watch_fd;
static unsigned watched;

/* What a kustomization is made of may lie elsewhere. */
static void add_bases(const char *directory, unsigned depth)
{
	struct kustomization k;

	if (depth > DEEP || !kustomization_is_in(directory) || !kustomization_read(directory, &k))
		return;
	vec_foreach(f, &k.files) {
		*strrchr(*f, '/') = '\0';
		if (watched++ < DIRECTORIES_MAX)
			inotify_add_watch(watch_fd, **f ? *f : "/", EVENTS);
	}
	vec_foreach(d, &k.directories)
		if (watched++ < DIRECTORIES_MAX) {
			inotify_add_watch(watch_fd, *d, EVENTS);
			add_bases(*d, depth + 1);
		}
	kustomization_deinit(&k);
}

static int add_directory(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (type != FTW_D)
		return FTW_CONTINUE;
	if (at->level && path[at->base] == '.')
		return FTW_SKIP_SUBTREE;
	if (watched++ < DIRECTORIES_MAX)
		inotify_add_watch(watch_fd, path, EVENTS);
	add_bases(path, 0);
	return at->level >= DEEP ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
}

/* A file is watched through its directory: editors put another one in its place. */
static void add_path(const char *path)
{
	cleanup_free char *directory = strdup(path);
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (fs_is_dir(path)) {
		nftw(path, add_directory, 32, FTW_PHYS | FTW_ACTIONRETVAL);
		return;
	}
	if (slash)
		slash[slash == directory] = '\0';
	if (directory)
		inotify_add_watch(watch_fd, slash ? directory : ".", EVENTS);
}

static int watch_open(const struct inspect_watch *w, struct error *err)
{
	watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	watched = 0;
	if (watch_fd < 0)
		return error_errno(err, errno, "inotify");
	for (size_t i = 0; i < w->count; i++)
		add_path(w->paths[i]);
	return watch_fd;
}

/* Until something happened and then nothing for a moment, or the time is over. */
static int wait_for_change(int fd, const struct inspect_watch *w, struct error *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int timeout = w->interval_s ? (int)w->interval_s * 1000 : -1, waited = 0;
	char events[65536];

	for (;;) {
		int n = poll(&p, 1, timeout);

		if (n < 0 && errno != EINTR)
			return error_errno(err, errno, "poll");
		if (n == 0 || waited >= PATIENCE_MS)
			return 0;
		while (read(fd, events, sizeof(events)) > 0)
			;
		timeout = QUIET_MS;
		waited += QUIET_MS;
	}
}

int inspect_watch(const struct inspect_watch *w, FILE *out, struct error *err)
{
	struct look before = { 0 };
	cleanup_look struct look now = { 0 };
	cleanup_carry struct carry carry = { 0 };
	cleanup_fd int fd = watch_open(w, err);
	int r = fd < 0 ? fd : look_at(w, &now, err);

	if (!r && w->json)
		say_new(w, &now, &before, &carry, "found", out);
	if (!r)
		r = w->tell(w->arg, now.report, true, err);
	while (!r && !fflush(out)) {
		size_t changes;
		int next;

		r = wait_for_change(fd, w, err);
		if (r)
			break;
		/* Watched anew before it is read anew: what changes meanwhile is seen. */
		next = watch_open(w, err);
		if (next < 0)
			return next;
		close(fd);
		fd = next;
		before = now;
		now = (struct look){ 0 };
		r = look_at(w, &now, err);
		if (r &&
		    r != -ENOMEM) { /* a file that is being replaced: the next change will tell */
			fprintf(stderr, "merlon: %s\n", err->text);
			*err = (struct error)ERROR_INIT;
			look_deinit(&now);
			now = before;
			r = 0;
			continue;
		}
		if (!r) {
			changes = say_new(w, &now, &before, &carry, "new", out);
			changes += say_mended(w, &now, &before, &carry, out);
			changes += settle(&carry, w, &now, out);
			say_problems(&now, &before, stderr);
			r = changes ? w->tell(w->arg, now.report, false, err) : 0;
		}
		look_deinit(&before);
	}
	return r;
}
