/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/stream.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "guard.skel.h"
#include "sensor/event_record.h"
#include "sensor/load.h"

enum { RING_DEFAULT = 8 << 20 };

struct sensor_stream {
	struct guard_bpf *skel;
	struct ring_buffer *ring;
	struct abi_event_plan plans[SENSOR_PLANS]; /* those in the kernel */
	sensor_record_fn fn;
	void *arg;
	uint64_t malformed;
	uint32_t taken; /* in this turn */
};

int sensor_stream_plan(struct sensor_stream *s, const struct abi_event_plan plans[SENSOR_PLANS])
{
	int fd = bpf_map__fd(s->skel->maps.event_plans);
	struct bpf_link **link = &s->skel->links.guard_call;
	bool any = false;

	for (__u32 i = 0; i < SENSOR_PLANS; i++) {
		any = any || plans[i].flags;
		if (!memcmp(&plans[i], &s->plans[i], sizeof(plans[i])))
			continue;
		if (bpf_map_update_elem(fd, &i, &plans[i], BPF_ANY))
			return -errno;
		s->plans[i] = plans[i];
	}
	if (any && !*link) {
		*link = bpf_program__attach(s->skel->progs.guard_call);
		return *link ? 0 : -errno;
	}
	if (!any && *link) {
		bpf_link__destroy(*link);
		*link = NULL;
	}
	return 0;
}

/* A record that ends the turn has been taken all the same: libbpf counts it as consumed. */
static int on_sample(void *ctx, void *data, size_t size)
{
	struct sensor_stream *s = ctx;
	const struct abi_event *ev = event_record_check(data, size);
	int r = 0;

	if (ev)
		r = s->fn(ev, s->arg);
	else
		s->malformed++;
	return r < 0 ? r : ++s->taken >= SENSOR_STREAM_TURN ? -ECANCELED : 0;
}

static int load(struct sensor_stream *s, const struct sensor_stream_options *o, struct error *err)
{
	struct abi_settings *settings;
	struct abi_event_settings *event_settings;
	int r;

	s->skel = guard_bpf__open();
	if (!s->skel)
		return error_errno(err, errno, "cannot open the guard's programs");
	bpf_program__set_autoattach(s->skel->progs.guard_call, false);
	bpf_map__set_max_entries(s->skel->maps.events, o->ring_size ? o->ring_size : RING_DEFAULT);
	settings = (struct abi_settings *)&s->skel->rodata->settings;
	settings->hierarchy = o->hierarchy;
	settings->subsystem = *o->controller ? load_subsystem(o->controller, err) : -1;
	if (*o->controller && settings->subsystem < 0)
		return settings->subsystem;
	event_settings = (struct abi_event_settings *)&s->skel->rodata->event_settings;
	event_settings->self = (__u32)getpid();
	event_settings->everything = o->everything;
	event_settings->newborn = o->newborn;
	load_log_begin();
	r = load_log_end(guard_bpf__load(s->skel), "the guard's", err);
	if (r)
		return r;
	s->ring = ring_buffer__new(bpf_map__fd(s->skel->maps.events), on_sample, s, NULL);
	if (!s->ring)
		return error_errno(err, errno, "cannot map the guard's ring");
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
	r = load(s, o, err);
	if (r)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

void sensor_stream_free(struct sensor_stream *s)
{
	if (!s)
		return;
	ring_buffer__free(s->ring);
	guard_bpf__destroy(s->skel);
	free(s);
}

int sensor_stream_watch(struct sensor_stream *s, uint64_t cgroup_id)
{
	__u8 one = 1;

	return bpf_map_update_elem(bpf_map__fd(s->skel->maps.watched), &cgroup_id, &one, BPF_ANY) ?
		       -errno :
		       0;
}

int sensor_stream_unwatch(struct sensor_stream *s, uint64_t cgroup_id)
{
	return bpf_map_delete_elem(bpf_map__fd(s->skel->maps.watched), &cgroup_id) ? -errno : 0;
}

int sensor_stream_fd(const struct sensor_stream *s)
{
	return ring_buffer__epoll_fd(s->ring);
}

int sensor_stream_drain(struct sensor_stream *s, sensor_record_fn fn, void *arg)
{
	int n;

	s->fn = fn;
	s->arg = arg;
	s->taken = 0;
	n = ring_buffer__consume(s->ring);
	return n == -ECANCELED ? 1 : n < 0 ? n : 0;
}

int sensor_stream_statistics(const struct sensor_stream *s, struct sensor_stream_stats *ret)
{
	int cpus = libbpf_num_possible_cpus();
	cleanup_free __u64 *each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;
	__u32 zero = 0;

	*ret = (struct sensor_stream_stats){ .malformed = s->malformed };
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.dropped), &zero, each))
		return -errno;
	for (int i = 0; i < cpus; i++)
		ret->dropped += each[i];
	return 0;
}
