/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/recorder.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fs.h"
#include "base/str.h"
#include "sensor/kernel_symbols.h"
#include "sensor/load.h"
#include "sensor/probe.h"
#include "uapi/arg_plan.h"
#include "uapi/exit_plan.h"

#include "recorder.skel.h" /* made from bpf/ */

struct recorder {
	struct recorder_bpf *skel; /* NULL if adopted */
	int maps[RECORDER_MAPS];
	int losses_fd, notices_fd;
	struct ring_buffer *ring;
	recorder_notice_fn notice_fn; /* during recorder_drain() */
	void *notice_arg;
	struct recorder_hooks hooks;
};

/* Names of pinned maps, and how their size follows from the number of containers. */
static const struct {
	const char *name;
	unsigned base, each; /* entries for the first container, and for each further one */
} map_defs[] = {
	[RECORDER_CELLS] = { "cells", 256, 4 },
	[RECORDER_TASKS] = { "tasks", 8192, 256 },
	[RECORDER_ACTORS] = { "actors", 1024, 32 },
	[RECORDER_EXES] = { "exes", 1024, 8 },
	[RECORDER_CALLS] = { "calls", 16384, 512 },
	[RECORDER_ARGS] = { "args", 8192, 512 },
	[RECORDER_ARG_RANGES] = { "arg_ranges", 256, 4 },
	[RECORDER_CAPS] = { "caps", 2048, 32 },
	[RECORDER_FILES] = { "files", 16384, 1024 },
	[RECORDER_LONG_FILES] = { "long_files", 512, 1 },
	[RECORDER_PEERS] = { "peers", 2048, 64 },
};
static_assert(ARRAY_SIZE(map_defs) == RECORDER_MAPS, "a row for each");

enum { CONTAINERS_MAX = 4096 };

/* --- what libbpf and the verifier say ----------------------------------------------------------- */

/* --- loading ------------------------------------------------------------------------------------ */

/* Programs of one rung, by the end of their name; the others are not even loaded. */
static const struct {
	const char *suffix;
	enum recorder_rung rung;
} rung_suffixes[] = {
	{ "_fentry", RECORDER_RUNG_FENTRY },	     { "_fexit", RECORDER_RUNG_FENTRY },
	{ "_kprobe", RECORDER_RUNG_KPROBE },	     { "_kretprobe", RECORDER_RUNG_KPROBE },
	{ "_tracepoint", RECORDER_RUNG_TRACEPOINT },
};

/* How a rung sees things, for the profile. */
static const struct recorder_hooks rung_hooks[] = {
	[RECORDER_RUNG_FENTRY] = { "fentry security_file_open", "fexit cap_capable" },
	[RECORDER_RUNG_KPROBE] = { "kprobe security_file_open", "kretprobe cap_capable" },
	[RECORDER_RUNG_TRACEPOINT] = { "tracepoint sys_exit", "tracepoint cap_capable" },
};

static bool has_path_hooks(void)
{
	return libbpf_find_vmlinux_btf_id("security_path_unlink", BPF_TRACE_FENTRY) > 0;
}

static void select_programs(struct recorder *r, enum recorder_rung rung, bool path_hooks)
{
	bool cap_tracepoint = probe_has(PROBE_CAP_TRACEPOINT);
	struct bpf_program *p;

	bpf_object__for_each_program(p, r->skel->obj)
	{
		const char *name = bpf_program__name(p);

		for (size_t i = 0; i < ARRAY_SIZE(rung_suffixes); i++) {
			bool use = rung_suffixes[i].rung == rung;

			if (!str_ends(name, rung_suffixes[i].suffix))
				continue;
			if (str_starts(name, "path_"))
				use = use && path_hooks;
			if (rung_suffixes[i].rung == RECORDER_RUNG_TRACEPOINT)
				use = use && cap_tracepoint;
			bpf_program__set_autoload(p, use);
		}
	}
	r->hooks = rung_hooks[rung];
	if (rung == RECORDER_RUNG_TRACEPOINT && !cap_tracepoint)
		snprintf(r->hooks.capabilities, sizeof(r->hooks.capabilities), "none");
}

static int fill_settings(struct recorder *r, const struct recorder_options *o,
			 enum recorder_rung rung, bool path_hooks, struct error *err)
{
	struct abi_settings *s = (struct abi_settings *)&r->skel->rodata->settings;

	s->hierarchy = o->hierarchy;
	s->subsystem = -1;
	if (*o->controller) {
		s->subsystem = load_subsystem(o->controller, err);
		if (s->subsystem < 0)
			return s->subsystem;
	}
	s->watch_new = o->watch_new;
	s->opens_by_hook = rung != RECORDER_RUNG_TRACEPOINT;
	s->paths_by_hook = path_hooks;
	if (getrandom(&s->path_seed, sizeof(s->path_seed), 0) != sizeof(s->path_seed))
		return error_errno(err, errno, "no random numbers");
	if (rung == RECORDER_RUNG_TRACEPOINT)
		kernel_symbols_ranges(kernel_noaudit_functions, ARRAY_SIZE(s->noaudit), s->noaudit);
	return 0;
}

static void size_maps(struct recorder *r, unsigned containers)
{
	struct recorder_bpf *skel = r->skel;
	unsigned more = containers > CONTAINERS_MAX ? CONTAINERS_MAX : containers;

	more -= more > 0;
	for (int i = 0; i < RECORDER_MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(skel->obj, map_defs[i].name);

		bpf_map__set_max_entries(map, map_defs[i].base + map_defs[i].each * more);
	}
	bpf_map__set_max_entries(skel->maps.opens, 16384 + 512 * more);
	bpf_map__set_max_entries(skel->maps.numbers, 1);
	bpf_map__set_max_entries(skel->maps.ticks, 1);
	bpf_map__set_max_entries(skel->maps.losses, ABI_LOSSES);
	bpf_map__set_max_entries(skel->maps.arg_plans, ABI_TABLES * ABI_CALL_NR_MAX);
	bpf_map__set_max_entries(skel->maps.exit_plans, ABI_TABLES * ABI_CALL_NR_MAX);
}

static int fill_plans(struct recorder *r)
{
	cleanup_free struct abi_arg_plan *args = calloc(ABI_TABLES * ABI_CALL_NR_MAX,
							sizeof(*args));
	cleanup_free struct abi_exit_plan *exits = calloc(ABI_TABLES * ABI_CALL_NR_MAX,
							  sizeof(*exits));
	int arg_fd = bpf_map__fd(r->skel->maps.arg_plans);
	int exit_fd = bpf_map__fd(r->skel->maps.exit_plans);

	if (!args || !exits)
		return -ENOMEM;
	sys_arg_plans_fill(args);
	sys_exit_plans_fill(exits);
	for (__u32 i = 0; i < ABI_TABLES * ABI_CALL_NR_MAX; i++) {
		if ((args[i].count || args[i].memory) &&
		    bpf_map_update_elem(arg_fd, &i, &args[i], BPF_ANY))
			return -errno;
		if (exits[i].handler && bpf_map_update_elem(exit_fd, &i, &exits[i], BPF_ANY))
			return -errno;
	}
	return 0;
}

/* sys_enter and sys_exit go on in these; they are never attached themselves. */
static int fill_handlers(struct recorder *r)
{
	const struct {
		enum abi_exit_handler slot;
		struct bpf_program *program;
	} handlers[] = {
		{ ABI_EXIT_OPEN, r->skel->progs.exit_open },
		{ ABI_EXIT_PATH, r->skel->progs.exit_path },
		{ ABI_EXIT_FILE, r->skel->progs.exit_file },
		{ ABI_EXIT_MAP, r->skel->progs.exit_map },
		{ ABI_EXIT_SOCKADDR, r->skel->progs.exit_sockaddr },
		{ ABI_EXIT_LISTEN, r->skel->progs.exit_listen },
		{ ABI_EXIT_SENDMSG, r->skel->progs.exit_sendmsg },
	};
	int fd = bpf_map__fd(r->skel->maps.exit_handlers);
	int first = bpf_program__fd(r->skel->progs.enter_first);
	__u32 zero = 0;

	static_assert(ARRAY_SIZE(handlers) == ABI_EXIT_HANDLERS - 1, "a program for each");
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
		__u32 slot = handlers[i].slot;
		int prog = bpf_program__fd(handlers[i].program);

		if (bpf_map_update_elem(fd, &slot, &prog, BPF_ANY))
			return -errno;
	}
	return bpf_map_update_elem(bpf_map__fd(r->skel->maps.enter_handlers), &zero, &first,
				   BPF_ANY) ?
		       -errno :
		       0;
}

static int open_and_load(struct recorder *r, const struct recorder_options *o,
			 enum recorder_rung rung, struct error *err)
{
	bool path_hooks = rung != RECORDER_RUNG_TRACEPOINT && has_path_hooks();
	struct bpf_program *p;
	int ret;

	r->skel = recorder_bpf__open();
	if (!r->skel)
		return error_errno(err, errno, "cannot open the recorder's programs");
	bpf_object__for_each_program(p, r->skel->obj)
	{
		const char *name = bpf_program__name(p);

		if (str_starts(name, "exit_") || str_starts(name, "enter_"))
			bpf_program__set_autoattach(p, false);
	}
	select_programs(r, rung, path_hooks);
	size_maps(r, o->containers ? o->containers : 1);
	ret = fill_settings(r, o, rung, path_hooks, err);
	if (ret)
		return ret;
	load_log_begin();
	ret = load_log_end(recorder_bpf__load(r->skel), "the recorder's", err);
	if (ret)
		return ret;
	ret = fill_plans(r);
	if (!ret)
		ret = fill_handlers(r);
	if (ret)
		return error_errno(err, -ret, "cannot fill the recorder's tables");
	ret = recorder_bpf__attach(r->skel);
	return ret ? error_errno(err, -ret, "cannot attach the recorder's programs") : 0;
}

static void close_maps(struct recorder *r)
{
	ring_buffer__free(r->ring);
	r->ring = NULL;
	if (r->skel) {
		recorder_bpf__destroy(r->skel);
		r->skel = NULL;
		return; /* the descriptors were its own */
	}
	for (int i = 0; i < RECORDER_MAPS; i++)
		close_fd(&r->maps[i]);
	close_fd(&r->losses_fd);
	close_fd(&r->notices_fd);
}

static struct recorder *recorder_new(void)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	for (int i = 0; i < RECORDER_MAPS; i++)
		r->maps[i] = -1;
	r->losses_fd = r->notices_fd = -1;
	return r;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	close_maps(r);
	free(r);
}

static int on_sample(void *ctx, void *data, size_t size)
{
	struct recorder *r = ctx;

	if (size >= sizeof(struct abi_notice))
		r->notice_fn(data, r->notice_arg);
	return 0;
}

static int ring_open(struct recorder *r, struct error *err)
{
	r->ring = ring_buffer__new(r->notices_fd, on_sample, r, NULL);
	return r->ring ? 0 : error_errno(err, errno, "cannot map the recorder's notices");
}

static int pin_all(struct recorder *r, const char *pin_dir, struct error *err)
{
	struct recorder_bpf *skel = r->skel;
	char path[PATH_MAX];
	struct bpf_link **links = (struct bpf_link **)&skel->links;
	size_t count = sizeof(skel->links) / sizeof(*links);

	if (mkdir(pin_dir, 0700) < 0)
		return error_errno(err, errno, "%s", pin_dir);
	for (int i = 0; i < RECORDER_MAPS; i++) {
		snprintf(path, sizeof(path), "%s/%s", pin_dir, map_defs[i].name);
		if (bpf_obj_pin(r->maps[i], path))
			return error_errno(err, errno, "cannot pin %s", path);
	}
	snprintf(path, sizeof(path), "%s/losses", pin_dir);
	if (bpf_obj_pin(r->losses_fd, path))
		return error_errno(err, errno, "cannot pin %s", path);
	snprintf(path, sizeof(path), "%s/notices", pin_dir);
	if (bpf_obj_pin(r->notices_fd, path))
		return error_errno(err, errno, "cannot pin %s", path);
	/* A program array is emptied when no process holds it, unless it is pinned; what is in it, and
	 * the maps that programs use, live as long as the programs. */
	snprintf(path, sizeof(path), "%s/exit_handlers", pin_dir);
	if (bpf_obj_pin(bpf_map__fd(skel->maps.exit_handlers), path))
		return error_errno(err, errno, "cannot pin %s", path);
	snprintf(path, sizeof(path), "%s/enter_handlers", pin_dir);
	if (bpf_obj_pin(bpf_map__fd(skel->maps.enter_handlers), path))
		return error_errno(err, errno, "cannot pin %s", path);
	for (size_t i = 0; i < count; i++) {
		if (!links[i])
			continue;
		snprintf(path, sizeof(path), "%s/link_%zu", pin_dir, i);
		/* A kprobe's link can be pinned since 5.15; until then it ends with this process. */
		if (bpf_link__pin(links[i], path) && errno != EINVAL)
			return error_errno(err, errno, "cannot pin %s", path);
	}
	return 0;
}

/* The best rung that this kernel has, at most limit. */
static enum recorder_rung best_rung(enum recorder_rung limit)
{
	if (limit <= RECORDER_RUNG_FENTRY && probe_has(PROBE_FENTRY))
		return RECORDER_RUNG_FENTRY;
	if (limit <= RECORDER_RUNG_KPROBE && probe_has(PROBE_KPROBE))
		return RECORDER_RUNG_KPROBE;
	return RECORDER_RUNG_TRACEPOINT;
}

int recorder_start(struct recorder **ret, const char *pin_dir,
		   const struct recorder_options *options, struct error *err)
{
	cleanup_recorder struct recorder *r = recorder_new();
	int result;

	if (!r)
		return error_errno(err, ENOMEM, "recorder");
	libbpf_set_print(NULL);
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return error_set(err, ENOTSUP,
				 "this kernel has no BTF (/sys/kernel/btf/vmlinux): it needs "
				 "CONFIG_DEBUG_INFO_BTF=y, which distributions' kernels have since "
				 "about 5.8");
	result = open_and_load(r, options, best_rung(options->rung), err);
	if (result)
		return result;
	for (int i = 0; i < RECORDER_MAPS; i++)
		r->maps[i] = bpf_map__fd(
			bpf_object__find_map_by_name(r->skel->obj, map_defs[i].name));
	r->losses_fd = bpf_map__fd(r->skel->maps.losses);
	r->notices_fd = bpf_map__fd(r->skel->maps.notices);
	result = ring_open(r, err);
	if (!result)
		result = pin_all(r, pin_dir, err);
	if (result) {
		recorder_end(pin_dir, NULL);
		return result;
	}
	*ret = TAKE_PTR(r);
	return 0;
}

int recorder_adopt(struct recorder **ret, const char *pin_dir, struct error *err)
{
	cleanup_recorder struct recorder *r = recorder_new();
	char path[PATH_MAX];
	int result;

	if (!r)
		return error_errno(err, ENOMEM, "recorder");
	libbpf_set_print(NULL);
	for (int i = 0; i < RECORDER_MAPS; i++) {
		snprintf(path, sizeof(path), "%s/%s", pin_dir, map_defs[i].name);
		r->maps[i] = bpf_obj_get(path);
		if (r->maps[i] < 0)
			return error_errno(err, errno, "no recording at %s", pin_dir);
	}
	snprintf(path, sizeof(path), "%s/losses", pin_dir);
	r->losses_fd = bpf_obj_get(path);
	snprintf(path, sizeof(path), "%s/notices", pin_dir);
	r->notices_fd = bpf_obj_get(path);
	if (r->losses_fd < 0 || r->notices_fd < 0)
		return error_errno(err, errno, "incomplete recording at %s", pin_dir);
	result = ring_open(r, err);
	if (result)
		return result;
	*ret = TAKE_PTR(r);
	return 0;
}

int recorder_end(const char *pin_dir, struct error *err)
{
	cleanup_dir DIR *dir = opendir(pin_dir);
	struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;

	if (!dir)
		return error_errno(err, errno, "no recording at %s", pin_dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", pin_dir, entry->d_name);
		if (unlink(path) < 0 && !r)
			r = error_errno(err, errno, "cannot remove %s", path);
	}
	if (!r && rmdir(pin_dir) < 0)
		r = error_errno(err, errno, "cannot remove %s", pin_dir);
	return r;
}

const struct recorder_hooks *recorder_hooks(const struct recorder *r)
{
	return &r->hooks;
}

/* --- cells and tasks ---------------------------------------------------------------------------- */

int recorder_watch(struct recorder *r, uint64_t cgroup_id, const struct abi_cell *cell)
{
	return bpf_map_update_elem(r->maps[RECORDER_CELLS], &cgroup_id, cell, BPF_NOEXIST) ?
		       -errno :
		       0;
}

int recorder_ignore(struct recorder *r, uint64_t cgroup_id)
{
	cleanup_dump struct recorder_dump tasks = { 0 };
	struct abi_cell cell;
	int result;

	if (bpf_map_lookup_elem(r->maps[RECORDER_CELLS], &cgroup_id, &cell))
		return -errno;
	cell.flags |= ABI_CELL_IGNORED;
	if (bpf_map_update_elem(r->maps[RECORDER_CELLS], &cgroup_id, &cell, BPF_EXIST))
		return -errno;
	result = recorder_dump(r, RECORDER_TASKS, &tasks);
	for (size_t i = 0; !result && i < tasks.count; i++) {
		const struct abi_task *t = recorder_dump_value(&tasks, i);

		if (t->cell == cgroup_id)
			bpf_map_delete_elem(r->maps[RECORDER_TASKS], recorder_dump_key(&tasks, i));
	}
	return result;
}

int recorder_add_task(struct recorder *r, pid_t tid, const struct abi_task *task)
{
	__u32 key = (__u32)tid;

	return bpf_map_update_elem(r->maps[RECORDER_TASKS], &key, task, BPF_NOEXIST) ? -errno : 0;
}

bool recorder_has_task(struct recorder *r, pid_t tid)
{
	struct abi_task task;
	__u32 key = (__u32)tid;

	return bpf_map_lookup_elem(r->maps[RECORDER_TASKS], &key, &task) == 0;
}

/* --- reading ------------------------------------------------------------------------------------ */

void recorder_dump_deinit(struct recorder_dump *d)
{
	free(d->keys);
	free(d->values);
	memset(d, 0, sizeof(*d));
}

static int dump_grow(struct recorder_dump *d, size_t room)
{
	char *keys = realloc(d->keys, room * d->key_size), *values;

	if (!keys)
		return -ENOMEM;
	d->keys = keys;
	values = realloc(d->values, room * d->value_size);
	if (!values)
		return -ENOMEM;
	d->values = values;
	return 0;
}

int recorder_dump(struct recorder *r, enum recorder_map map, struct recorder_dump *ret)
{
	struct bpf_map_info info = { 0 };
	__u32 info_len = sizeof(info), batch = 0, count;
	int fd = r->maps[map], result = 0;
	bool first = true;
	size_t room = 0;

	memset(ret, 0, sizeof(*ret));
	if (bpf_obj_get_info_by_fd(fd, &info, &info_len))
		return -errno;
	ret->key_size = info.key_size;
	ret->value_size = info.value_size;
	if (info.type == BPF_MAP_TYPE_PERCPU_HASH)
		ret->value_size = (info.value_size + 7) / 8 * 8 *
				  (size_t)libbpf_num_possible_cpus();
	count = 1024;
	while (!result) {
		__u32 asked;
		bool last;

		if (ret->count + count > room) {
			room = ret->count + count;
			result = dump_grow(ret, room);
			if (result)
				break;
		}
		asked = count;
		/* Hash buckets are read whole: ENOSPC asks for more room, ENOENT ends the walk. */
		if (bpf_map_lookup_batch(fd, first ? NULL : &batch, &batch,
					 ret->keys + ret->count * ret->key_size,
					 ret->values + ret->count * ret->value_size, &asked,
					 NULL)) {
			if (errno == ENOSPC) {
				count *= 2;
				continue;
			}
			last = errno == ENOENT;
			if (!last) {
				result = -errno;
				break;
			}
			ret->count += asked;
			break;
		}
		first = false;
		ret->count += asked;
	}
	if (result)
		recorder_dump_deinit(ret);
	return result;
}

void recorder_forget(struct recorder *r, enum recorder_map map, const void *key)
{
	bpf_map_delete_elem(r->maps[map], key);
}

int recorder_losses(struct recorder *r, uint64_t ret[ABI_LOSSES])
{
	for (__u32 i = 0; i < ABI_LOSSES; i++)
		if (bpf_map_lookup_elem(r->losses_fd, &i, &ret[i]))
			return -errno;
	return 0;
}

uint32_t recorder_capacity(const struct recorder *r, enum recorder_map map)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(r->maps[map], &info, &len) ? 0 : info.max_entries;
}

/* --- notices ------------------------------------------------------------------------------------ */

int recorder_poll_fd(const struct recorder *r)
{
	return ring_buffer__epoll_fd(r->ring);
}

int recorder_drain(struct recorder *r, recorder_notice_fn fn, void *arg)
{
	int n;

	r->notice_fn = fn;
	r->notice_arg = arg;
	n = ring_buffer__consume(r->ring);
	return n < 0 ? n : 0;
}

uint64_t recorder_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}
