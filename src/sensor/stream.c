/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/stream.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "guard.skel.h"
#include "sensor/deny.h"
#include "sensor/event_record.h"
#include "sensor/kept.h"
#include "sensor/kernel_symbols.h"
#include "sensor/load.h"
#include "sensor/probe.h"
#include "uapi/syscall.h"

enum {
	RING_DEFAULT = 8 << 20,
	CALLS_SHARE = 4, /* one part of so many of the ring is for births, execs and deaths only, */
	AHEAD_SHARE = 4, /* and so much may one group fill at once */
	NS_PER_S = 1000000000,
	HOOKS_MAX = 16,
	LOOK_AT_CLOCK = 64, /* after so many records */
};
#define TURN_NS (NS_PER_S / 4)

struct sensor_stream {
	struct guard_bpf *skel;
	struct ring_buffer *ring;
	struct ring_buffer *denials; /* NULL: not asked for, or there are none */
	struct abi_event *denial;    /* the next of them, if has_denial */
	bool has_denial;
	struct abi_event_plan plans[SENSOR_PLANS]; /* those in the kernel */
	sensor_record_fn fn;
	void *arg;
	uint64_t malformed;
	int cpus;	/* that there may be: whoever drains may not be able to look it up */
	uint32_t taken; /* in this turn */
	int64_t turn_ends_ns;
	struct bpf_link *capabilities, *sysctls;
	int unified;	   /* the root of that hierarchy; -1: none */
	int attach_btf_id; /* of sys_exit, for programs that guard_call calls */
	int exec_btf_id;   /* of sched_process_exec, for those that guard_exec calls */
	pid_t owner;	   /* who made it: those that are forked have copies */
	bool calls; /* are looked at in any case, and so is all else: nothing can be attached later */
	struct bpf_link *hooks[HOOKS_MAX]; /* in the order of the programs; NULL: not attached */
	bool hopeless[HOOKS_MAX];
};

/* --- what is attached ------------------------------------------------------------------------------- */

static bool is_hook(const struct bpf_program *p)
{
	return str_starts(bpf_program__name(p), "hook_");
}

/* Whether anybody asks for what the hook tells: of a path, or of a call that io_uring does too. */
static bool is_hook_wanted(const struct sensor_stream *s, const struct bpf_program *p)
{
	static const struct {
		const char *hook, *call;
	} uring[] = { { "hook_uring_open", "openat" }, { "hook_uring_connect", "connect" } };
	unsigned flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(uring); i++)
		if (str_eq(bpf_program__name(p), uring[i].hook))
			return s->plans[sys_call_nr(sys_arch_of_table(ABI_TABLE_NATIVE),
						    uring[i].call)]
				.flags;
	for (size_t i = 0; i < SENSOR_PLANS; i++)
		flags |= s->plans[i].flags;
	return flags & ABI_PLAN_PATHS;
}

/* A link that is wanted and not there is made, one that is there and not wanted ended. */
static int link_set(struct bpf_link **link, struct bpf_program *p, bool wanted)
{
	if (wanted && !*link) {
		*link = bpf_program__attach(p);
		return *link ? 0 : -errno;
	}
	if (!wanted && *link) {
		bpf_link__destroy(*link);
		*link = NULL;
	}
	return 0;
}

static int attach_for_plans(struct sensor_stream *s)
{
	struct bpf_program *p;
	bool any = s->calls;
	size_t n = 0;

	for (size_t i = 0; i < SENSOR_PLANS; i++)
		any = any || s->plans[i].flags;
	bpf_object__for_each_program(p, s->skel->obj)
	{
		if (!is_hook(p) || n == HOOKS_MAX)
			continue;
		/* A kernel may lack one of the functions: then sys_exit tells what it can. Not tried twice. */
		if (bpf_program__autoload(p) && !s->hopeless[n])
			s->hopeless[n] = link_set(&s->hooks[n], p,
						  s->calls || is_hook_wanted(s, p)) < 0;
		n++;
	}
	if (!s->calls) { /* a kernel without that hook tells less */
		(void)sensor_stream_capabilities(s, s->plans[ABI_NR_CAPABILITY].flags);
		(void)sensor_stream_sysctls(s, s->plans[ABI_NR_SYSCTL].flags);
	}
	return link_set(&s->skel->links.guard_call, s->skel->progs.guard_call, any);
}

int sensor_stream_capabilities(struct sensor_stream *s, bool wanted)
{
	struct bpf_program *p = s->skel->progs.capable_by_function;

	if (!bpf_program__autoload(p))
		p = s->skel->progs.capable_by_tracepoint;
	if (!bpf_program__autoload(p))
		return wanted ? -ENOTSUP : 0;
	return link_set(&s->capabilities, p, wanted);
}

int sensor_stream_sysctls(struct sensor_stream *s, bool wanted)
{
	if (wanted && s->unified < 0)
		return -ENOTSUP;
	if (wanted && !s->sysctls) {
		s->sysctls = bpf_program__attach_cgroup(s->skel->progs.sysctl_written, s->unified);
		return s->sysctls ? 0 : -ENOTSUP; /* the kernel was built without */
	}
	return link_set(&s->sysctls, s->skel->progs.sysctl_written, wanted);
}

/* The short answer for calls that nobody asks for. */
static void ask_for(struct sensor_stream *s, __u32 slot)
{
	const __u8 table = (__u8)(1 << slot / ABI_CALL_NR_MAX);
	volatile __u8 *tables = &s->skel->data->asked_for[slot % ABI_CALL_NR_MAX];

	if (s->plans[slot].flags & ABI_PLAN_WANTED)
		*tables |= table;
	else
		*tables &= (__u8)~table;
}

int sensor_stream_plan(struct sensor_stream *s, const struct abi_event_plan plans[SENSOR_PLANS])
{
	int fd = bpf_map__fd(s->skel->maps.event_plans);

	for (__u32 i = 0; i < SENSOR_PLANS; i++) {
		if (!memcmp(&plans[i], &s->plans[i], sizeof(plans[i])))
			continue;
		if (bpf_map_update_elem(fd, &i, &plans[i], BPF_ANY))
			return -errno;
		s->plans[i] = plans[i];
		ask_for(s, i);
	}
	return attach_for_plans(s);
}

/* --- records ---------------------------------------------------------------------------------------- */

/*
 * Denials have a ring of their own, which outlives this process. Records of both are handed over in the order of
 * their times: a process is known from its birth to its end, and not before or after. One denial is held ready.
 */
static int on_denial(void *ctx, void *data, size_t size)
{
	struct sensor_stream *s = ctx;

	s->has_denial = event_record_check(data, size) != NULL;
	if (s->has_denial)
		memcpy(s->denial, data, size);
	else
		s->malformed++;
	return s->has_denial ? -ECANCELED : 0;
}

/* Those from before time_ns. */
static int take_denials(struct sensor_stream *s, uint64_t time_ns)
{
	int r = 0;

	while (s->denials && r >= 0) {
		if (!s->has_denial)
			ring_buffer__consume(s->denials);
		if (!s->has_denial || s->denial->time_ns >= time_ns)
			return 0;
		s->has_denial = false;
		r = s->fn(s->denial, s->arg);
	}
	return r;
}

/* A record that ends the turn has been taken all the same: libbpf counts it as consumed. */
static int on_sample(void *ctx, void *data, size_t size)
{
	struct sensor_stream *s = ctx;
	const struct abi_event *ev = event_record_check(data, size);
	int r = 0;

	if (ev) {
		r = take_denials(s, ev->time_ns);
		if (r >= 0)
			r = s->fn(ev, s->arg);
	} else {
		s->malformed++;
	}
	if (r < 0)
		return r;
	s->taken++;
	return s->taken >= SENSOR_STREAM_TURN || (s->taken % LOOK_AT_CLOCK == 0 &&
						  clock_passed_ns() > s->turn_ends_ns) ?
		       -ECANCELED :
		       0;
}

static void settle(struct abi_event_settings *to, const struct sensor_stream_options *o,
		   __u32 ring_size)
{
	to->self = (__u32)getpid();
	to->everything = o->everything;
	to->newborn = o->newborn;
	to->calls_max = ring_size - ring_size / CALLS_SHARE;
	if (!o->budget)
		return;
	to->ns_per_byte = o->budget < NS_PER_S ? (__u32)(NS_PER_S / o->budget) : 1;
	to->ahead_ns = (__u64)to->ns_per_byte * (ring_size / AHEAD_SHARE);
}

/* What is counted for groups that the map has no room for. */
static int add_others(struct guard_bpf *skel)
{
	const struct abi_budget none = { 0 };
	const __u64 others = 0;

	return bpf_map_update_elem(bpf_map__fd(skel->maps.budgets), &others, &none, BPF_ANY) ?
		       -errno :
		       0;
}

/* What depends on plans is attached when there are any; hooks are loaded only where there are kprobes. */
static void select_programs(struct guard_bpf *skel, bool hooks)
{
	struct bpf_program *p;

	bpf_program__set_autoattach(skel->progs.guard_call, false);
	bpf_program__set_autoattach(skel->progs.guard_send, false);
	bpf_program__set_autoattach(skel->progs.guard_send_exec, false);
	bpf_program__set_autoload(skel->progs.capable_by_function, probe_has(PROBE_FENTRY));
	bpf_program__set_autoload(skel->progs.capable_by_tracepoint,
				  !probe_has(PROBE_FENTRY) && probe_has(PROBE_CAP_TRACEPOINT));
	bpf_program__set_autoattach(skel->progs.capable_by_function, false);
	bpf_program__set_autoattach(skel->progs.sysctl_written, false);
	bpf_program__set_autoattach(skel->progs.capable_by_tracepoint, false);
	bpf_object__for_each_program(p, skel->obj)
	{
		if (!is_hook(p))
			continue;
		bpf_program__set_autoload(p, hooks);
		bpf_program__set_autoattach(p, false);
	}
}

/* Opens and loads the programs, with hooks or without. */
static int load(struct sensor_stream *s, const struct sensor_stream_options *o, bool hooks,
		struct error *err)
{
	__u32 ring_size = o->ring_size ? o->ring_size : RING_DEFAULT;
	struct abi_settings *settings;

	s->skel = guard_bpf__open();
	if (!s->skel)
		return error_errno(err, errno, "cannot open the guard's programs");
	select_programs(s->skel, hooks);
	bpf_map__set_max_entries(s->skel->maps.events, ring_size);
	if (o->filter_scratch)
		bpf_map__set_value_size(s->skel->maps.filter_scratch, o->filter_scratch);
	settings = (struct abi_settings *)&s->skel->rodata->settings;
	settings->hierarchy = o->hierarchy;
	settings->subsystem = *o->controller ? load_subsystem(o->controller, err) : -1;
	if (*o->controller && settings->subsystem < 0)
		return settings->subsystem;
	if (!probe_has(PROBE_FENTRY))
		kernel_symbols_ranges(kernel_noaudit_functions, ARRAY_SIZE(settings->noaudit),
				      settings->noaudit);
	settle((struct abi_event_settings *)&s->skel->rodata->event_settings, o, ring_size);
	load_log_begin();
	return load_log_end(guard_bpf__load(s->skel), "the guard's", err);
}

/* A kernel that takes the guard's programs but not its hooks is guarded without them. */
static int load_any(struct sensor_stream *s, const struct sensor_stream_options *o,
		    struct error *err)
{
	if (probe_has(PROBE_KPROBE)) {
		struct error ignored = ERROR_INIT;

		if (!load(s, o, true, &ignored))
			return 0;
		guard_bpf__destroy(s->skel);
		s->skel = NULL;
	}
	return load(s, o, false, err);
}

static int put_program(const struct bpf_map *map, __u32 slot, int fd)
{
	return bpf_map_update_elem(bpf_map__fd(map), &slot, &fd, BPF_ANY) ? -errno : 0;
}

/* A filter that wants a record calls what sends it. */
static int add_send(struct sensor_stream *s)
{
	int r;

	s->attach_btf_id = libbpf_find_vmlinux_btf_id("sys_exit", BPF_TRACE_RAW_TP);
	s->exec_btf_id = libbpf_find_vmlinux_btf_id("sched_process_exec", BPF_TRACE_RAW_TP);
	if (s->attach_btf_id < 0 || s->exec_btf_id < 0)
		return s->attach_btf_id < 0 ? s->attach_btf_id : s->exec_btf_id;
	r = put_program(s->skel->maps.filters, ABI_FILTER_SEND,
			bpf_program__fd(s->skel->progs.guard_send));
	return r ? r :
		   put_program(s->skel->maps.exec_filters, ABI_EXEC_FILTER_SEND,
			       bpf_program__fd(s->skel->progs.guard_send_exec));
}

/* Their ring is there before anything is denied, so that what is put in force later is told. */
static int add_denials(struct sensor_stream *s)
{
	cleanup_fd int fd = sensor_deny_ring();
	struct epoll_event readable = { .events = EPOLLIN };
	int r;

	(void)sensor_deny_guard_own(); /* where anything is denied */
	if (fd < 0)		       /* nothing is denied here, or it is counted only */
		return 0;
	r = sensor_deny_keep(bpf_map__fd(s->skel->maps.kept));
	if (r)
		return r;
	s->denials = ring_buffer__new(fd, on_denial, s, NULL);
	s->denial = malloc(ABI_EVENT_SIZE_MAX);
	if (!s->denials || !s->denial)
		return -ENOMEM;
	/* Whoever waits for the one waits for both. */
	return epoll_ctl(ring_buffer__epoll_fd(s->ring), EPOLL_CTL_ADD,
			 ring_buffer__epoll_fd(s->denials), &readable) ?
		       -errno :
		       0;
}

static int start(struct sensor_stream *s, const struct sensor_stream_options *o, struct error *err)
{
	int r;

	s->ring = ring_buffer__new(bpf_map__fd(s->skel->maps.events), on_sample, s, NULL);
	if (!s->ring)
		return error_errno(err, errno, "cannot map the guard's ring");
	r = o->denials ? add_denials(s) : 0;
	if (!r)
		r = add_others(s->skel);
	if (!r)
		r = add_send(s);
	if (!r)
		r = guard_bpf__attach(s->skel);
	if (!r)
		r = sensor_stream_plan(s, o->plans);
	return r ? error_errno(err, -r, "cannot attach the guard's programs") : 0;
}

int sensor_stream_new(struct sensor_stream **ret, const struct sensor_stream_options *o,
		      struct error *err)
{
	cleanup_sensor_stream struct sensor_stream *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return error_errno(err, ENOMEM, "events");
	libbpf_set_print(NULL);
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return error_set(err, ENOTSUP,
				 "this kernel has no BTF (/sys/kernel/btf/vmlinux): it needs "
				 "CONFIG_DEBUG_INFO_BTF=y");
	s->cpus = libbpf_num_possible_cpus();
	if (s->cpus <= 0)
		return error_errno(err, -s->cpus, "processors");
	s->calls = o->calls;
	s->owner = getpid();
	s->unified = *o->unified ? open(o->unified, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	r = load_any(s, o, err);
	if (!r)
		r = start(s, o, err);
	if (r)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

void sensor_stream_free(struct sensor_stream *s)
{
	if (!s)
		return;
	ring_buffer__free(s->denials);
	ring_buffer__free(s->ring);
	free(s->denial);
	for (size_t i = 0; i < HOOKS_MAX; i++)
		bpf_link__destroy(s->hooks[i]);
	bpf_link__destroy(s->capabilities);
	bpf_link__destroy(s->sysctls);
	if (s->unified >= 0)
		close(s->unified);
	if (s->denials && s->owner == getpid()) { /* what denies goes on, and holds the map */
		guard_bpf__detach(s->skel);
		sensor_kept_clear(bpf_map__fd(s->skel->maps.kept));
	}
	guard_bpf__destroy(s->skel);
	free(s);
}

static int load_filter(struct sensor_stream *s, const struct program_source *p,
		       const struct bpf_map *calls, int btf_id, int *ret_fd, struct error *err)
{
	const int maps[SENSOR_FILTER_MAPS] = { bpf_map__fd(s->skel->maps.rooms),
					       bpf_map__fd(s->skel->maps.filter_scratch),
					       bpf_map__fd(calls),
					       bpf_map__fd(s->skel->maps.programs),
					       bpf_map__fd(s->skel->maps.descents),
					       bpf_map__fd(s->skel->maps.groups) };
	struct program_source q = *p;

	q.fixed = maps;
	q.fixed_count = SENSOR_FILTER_MAPS;
	q.type = BPF_PROG_TYPE_TRACING;
	q.expected_attach_type = BPF_TRACE_RAW_TP;
	q.attach_btf_id = (uint32_t)btf_id;
	return program_source_load(&q, ret_fd, NULL, err);
}

int sensor_stream_load(struct sensor_stream *s, const struct program_source *p, int *ret_fd,
		       struct error *err)
{
	return load_filter(s, p, s->skel->maps.filters, s->attach_btf_id, ret_fd, err);
}

int sensor_stream_load_exec(struct sensor_stream *s, const struct program_source *p, int *ret_fd,
			    struct error *err)
{
	return load_filter(s, p, s->skel->maps.exec_filters, s->exec_btf_id, ret_fd, err);
}

int sensor_stream_filter_exec(struct sensor_stream *s, bool at, int fd)
{
	const __u32 slot = at ? ABI_EXEC_FILTER_AT : 0;

	if (fd >= 0)
		return put_program(s->skel->maps.exec_filters, slot, fd);
	return bpf_map_delete_elem(bpf_map__fd(s->skel->maps.exec_filters), &slot) &&
			       errno != ENOENT ?
		       -errno :
		       0;
}

void sensor_stream_keep(struct sensor_stream *s, bool on)
{
	s->skel->bss->keeping.on = on;
}

void sensor_stream_looked(struct sensor_stream *s)
{
	s->skel->bss->keeping.epoch++;
}

struct sensor_kept sensor_stream_kept(const struct sensor_stream *s)
{
	return (struct sensor_kept){ bpf_map__fd(s->skel->maps.kept),
				     bpf_map__fd(s->skel->maps.kept_numbers) };
}

size_t sensor_stream_ran(struct sensor_stream *s, uint64_t cgroup_id, uint64_t until_ns,
			 struct abi_ran ret[ABI_RAN_LINES])
{
	struct abi_group g = { 0 };
	struct abi_ran_key key = { 0 };
	size_t n = 0;

	bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.groups), &cgroup_id, &g);
	key.payer = g.payer ? g.payer : cgroup_id;
	if (until_ns)
		bpf_map_update_elem(bpf_map__fd(s->skel->maps.outspoken), &key.payer, &until_ns,
				    BPF_ANY);
	for (; key.line < ABI_RAN_LINES; key.line++)
		n += !bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.ran), &key, &ret[n]);
	return n;
}

/* In the map as it is: whoever asks for plans may be another process than the one that loads filters. */
static int plan_change(struct sensor_stream *s, uint32_t slot, unsigned off, unsigned on,
		       const uint8_t early[2])
{
	int plans = bpf_map__fd(s->skel->maps.event_plans);
	struct abi_event_plan p, before;

	if (bpf_map_lookup_elem(plans, &slot, &p))
		return -errno;
	before = p;
	p.flags = (uint16_t)((p.flags & ~off) | (p.flags & ABI_PLAN_NEW_FD ? on : 0));
	if (on & ABI_PLAN_REMEMBER)
		memcpy(p.early, early, sizeof(p.early));
	if (!memcmp(&p, &before, sizeof(p)))
		return 0;
	return bpf_map_update_elem(plans, &slot, &p, BPF_ANY) ? -errno : 0;
}

/*
 * At no moment may a filter that reads paths look at a record without: so the plan changes before it, or after it. And nothing is
 * remembered while it is exchanged, or of the one before.
 */
int sensor_stream_filter(struct sensor_stream *s, uint32_t plan, int fd, struct sensor_reads reads)
{
	int filters = bpf_map__fd(s->skel->maps.filters), r;
	bool late = fd >= 0 && !reads.paths;

	if (plan >= SENSOR_PLANS)
		return -ERANGE;
	r = plan_change(s, plan, ABI_PLAN_REMEMBER | (late ? 0 : ABI_PLAN_LATE), 0, NULL);
	if (r)
		return r;
	if (fd < 0)
		r = bpf_map_delete_elem(filters, &plan) && errno != ENOENT ? -errno : 0;
	else if (bpf_map_update_elem(filters, &plan, &fd, BPF_ANY))
		r = -errno;
	__atomic_fetch_add(&s->skel->bss->filter_generation, 1, __ATOMIC_SEQ_CST);
	if (r || !late)
		return r;
	return plan_change(s, plan, 0, ABI_PLAN_LATE | (reads.early ? ABI_PLAN_REMEMBER : 0),
			   reads.args);
}

bool sensor_stream_tells_paths(const struct sensor_stream *s)
{
	for (size_t i = 0; i < HOOKS_MAX; i++)
		if (s->hooks[i])
			return true;
	return false;
}

static int change_group(struct sensor_stream *s, uint64_t id, uint64_t payer, bool watched)
{
	int fd = bpf_map__fd(s->skel->maps.groups);
	struct abi_group g = { 0 };

	bpf_map_lookup_elem(fd, &id, &g);
	g.payer = payer ? payer : g.payer;
	g.watched = g.watched || watched;
	return bpf_map_update_elem(fd, &id, &g, BPF_ANY) ? -errno : 0;
}

int sensor_stream_watch(struct sensor_stream *s, uint64_t cgroup_id)
{
	return change_group(s, cgroup_id, 0, true);
}

int sensor_stream_pay(struct sensor_stream *s, uint64_t cgroup_id, uint64_t payer)
{
	return change_group(s, cgroup_id, payer, false);
}

/*
 * Never a new entry: the group may be gone meanwhile, and what is left behind would be about the next of its number. Nor the same
 * anew: an entry is exchanged, not changed, and its room is the next one's.
 */
int sensor_stream_answer(struct sensor_stream *s, uint64_t cgroup_id, uint32_t numbering,
			 uint64_t yes, uint64_t no)
{
	int fd = bpf_map__fd(s->skel->maps.groups);
	struct abi_group g;

	if (bpf_map_lookup_elem(fd, &cgroup_id, &g))
		return -errno;
	if (g.numbering == numbering && g.yes == yes && g.no == no)
		return 0;
	g.numbering = numbering;
	g.yes = yes;
	g.no = no;
	return bpf_map_update_elem(fd, &cgroup_id, &g, BPF_EXIST) ? -errno : 0;
}

void sensor_stream_forget(struct sensor_stream *s, uint64_t cgroup_id)
{
	bpf_map_delete_elem(bpf_map__fd(s->skel->maps.groups), &cgroup_id);
	bpf_map_delete_elem(bpf_map__fd(s->skel->maps.budgets), &cgroup_id);
}

int sensor_stream_unwatch(struct sensor_stream *s, uint64_t cgroup_id)
{
	int fd = bpf_map__fd(s->skel->maps.groups);
	struct abi_group g;

	if (bpf_map_lookup_elem(fd, &cgroup_id, &g))
		return -errno;
	g.watched = 0;
	return bpf_map_update_elem(fd, &cgroup_id, &g, BPF_EXIST) ? -errno : 0;
}

void sensor_stream_spare(struct sensor_stream *s, uint32_t tgid)
{
	for (size_t i = 0; i < ABI_SPARED_MAX; i++) {
		if (s->skel->bss->spared[i])
			continue;
		s->skel->bss->spared[i] = tgid;
		return;
	}
}

void sensor_stream_unspare(struct sensor_stream *s, uint32_t tgid)
{
	for (size_t i = 0; i < ABI_SPARED_MAX; i++)
		if (s->skel->bss->spared[i] == tgid)
			s->skel->bss->spared[i] = 0;
}

int sensor_stream_fd(const struct sensor_stream *s)
{
	return ring_buffer__epoll_fd(s->ring);
}

int sensor_stream_drain(struct sensor_stream *s, sensor_record_fn fn, void *arg)
{
	/* What is denied from here on waits: whoever it is may have been born meanwhile. */
	uint64_t now = (uint64_t)clock_passed_ns();
	int n;

	s->fn = fn;
	s->arg = arg;
	s->taken = 0;
	s->turn_ends_ns = (int64_t)now + TURN_NS;
	n = ring_buffer__consume(s->ring);
	if (n >= 0)
		n = take_denials(s, now);
	return n == -ECANCELED ? 1 : n < 0 ? n : 0;
}

/* A number that each CPU counts by itself. */
static int sum_up(const struct sensor_stream *s, const struct bpf_map *map, __u32 slot,
		  uint64_t *ret)
{
	cleanup_free __u64 *each = calloc((size_t)s->cpus, sizeof(*each));

	*ret = 0;
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(map), &slot, each))
		return -errno;
	for (int i = 0; i < s->cpus; i++)
		*ret += each[i];
	return 0;
}

int sensor_stream_statistics(const struct sensor_stream *s, struct sensor_stream_stats *ret)
{
	int r;

	*ret = (struct sensor_stream_stats){ .malformed = s->malformed };
	r = sum_up(s, s->skel->maps.looked_at, ABI_LOOKED_AT, &ret->looked_at);
	r = r ? r : sum_up(s, s->skel->maps.looked_at, ABI_LOOK_REMEMBERED, &ret->remembered);
	ret->looked_at += ret->remembered;
	for (__u32 why = 0; !r && why < ABI_DROPS; why++)
		r = sum_up(s, s->skel->maps.dropped, why, &ret->dropped[why]);
	for (__u32 why = 0; !r && why < ABI_KEEPS; why++)
		r = sum_up(s, s->skel->maps.keeps, why, &ret->not_kept[why]);
	return r;
}

bool sensor_stream_budget(const struct sensor_stream *s, uint64_t cgroup_id, struct abi_budget *ret)
{
	return !bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.budgets), &cgroup_id, ret);
}

int sensor_stream_budgets(const struct sensor_stream *s, sensor_budget_fn fn, void *arg)
{
	int fd = bpf_map__fd(s->skel->maps.budgets), r = 0;
	__u64 key, *last = NULL;
	struct abi_budget b;

	while (!r && !bpf_map_get_next_key(fd, last, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, &b))
			r = fn(key, &b, arg);
		last = &key;
	}
	return r;
}
