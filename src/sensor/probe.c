/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/probe.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"

const char *const probe_feature_names[] = {
	[PROBE_BTF] = "btf",
	[PROBE_TP_BTF] = "tp_btf",
	[PROBE_FENTRY] = "fentry",
	[PROBE_FMOD_RET] = "fmod_ret",
	[PROBE_LSM] = "lsm",
	[PROBE_KPROBE] = "kprobe",
	[PROBE_CGROUP_CONNECT] = "cgroup_connect",
	[PROBE_RINGBUF] = "ringbuf",
	[PROBE_CAP_TRACEPOINT] = "cap_tracepoint",
};
static_assert(ARRAY_SIZE(probe_feature_names) == PROBE_FEATURES, "a name for each");

/* r0 = 0; exit */
static const struct bpf_insn return_zero[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};
/* r0 = 1; exit: what lets a connect() pass */
static const struct bpf_insn return_one[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static void verdict(struct probe *p, enum probe_feature f, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void verdict(struct probe *p, enum probe_feature f, const char *fmt, ...)
{
	va_list ap;

	if (!fmt) {
		p->feature[f].ok = true;
		p->feature[f].reason[0] = '\0';
		return;
	}
	va_start(ap, fmt);
	vsnprintf(p->feature[f].reason, sizeof(p->feature[f].reason), fmt, ap);
	va_end(ap);
}

/* Loads a program that does nothing for a kernel function or tracepoint named in BTF, and attaches it. */
static int try_traced(enum bpf_prog_type type, enum bpf_attach_type attach, const char *target,
		      const char **ret_step)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	cleanup_fd int prog = -1, link = -1;
	int id = libbpf_find_vmlinux_btf_id(target, attach);

	*ret_step = "find in BTF";
	if (id < 0)
		return id;
	opts.attach_btf_id = (__u32)id;
	*ret_step = "load";
	prog = bpf_prog_load(type, "merlon_probe", "GPL", return_zero, ARRAY_SIZE(return_zero),
			     &opts);
	if (prog < 0)
		return -errno;
	*ret_step = "attach";
	link = bpf_raw_tracepoint_open(NULL, prog);
	return link < 0 ? -errno : 0;
}

static void probe_traced(struct probe *p, enum probe_feature f, enum bpf_prog_type type,
			 enum bpf_attach_type attach, const char *target)
{
	const char *step;
	int r = try_traced(type, attach, target, &step);

	if (r)
		verdict(p, f, "cannot %s %s: %s", step, target, strerror(-r));
	else
		verdict(p, f, NULL);
}

static void probe_lsm(struct probe *p)
{
	char list[256] = "";

	probe_traced(p, PROBE_LSM, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open");
	if (!p->feature[PROBE_LSM].ok)
		return;
	/* Without bpf in lsm= the program loads and attaches, and is never called. */
	if (fs_read_line("/sys/kernel/security/lsm", list, sizeof(list)) == 0 &&
	    !strstr(list, "bpf")) {
		p->feature[PROBE_LSM].ok = false;
		verdict(p, PROBE_LSM, "bpf is not in the kernel's lsm= list (%s)", list);
	}
}

static void probe_kprobe(struct probe *p)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	char type[32];
	cleanup_fd int fd = -1;

	if (fs_read_line("/sys/bus/event_source/devices/kprobe/type", type, sizeof(type)) < 0) {
		verdict(p, PROBE_KPROBE, "the kernel has no kprobes (CONFIG_KPROBE_EVENTS)");
		return;
	}
	attr.type = (__u32)atoi(type);
	attr.config1 = (__u64)(uintptr_t) "security_file_open";
	fd = (int)syscall(__NR_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		verdict(p, PROBE_KPROBE, "cannot create one: %s", strerror(errno));
	else
		verdict(p, PROBE_KPROBE, NULL);
}

static void probe_cgroup_connect(struct probe *p)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
	cleanup_fd int prog = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "merlon_probe", "GPL",
					    return_one, ARRAY_SIZE(return_one), &opts);

	if (prog < 0)
		verdict(p, PROBE_CGROUP_CONNECT, "cannot load: %s", strerror(errno));
	else
		verdict(p, PROBE_CGROUP_CONNECT, NULL);
}

static void probe_ringbuf(struct probe *p)
{
	cleanup_fd int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "merlon_probe", 0, 0, 4096, NULL);

	if (fd < 0)
		verdict(p, PROBE_RINGBUF, "cannot create one: %s", strerror(errno));
	else
		verdict(p, PROBE_RINGBUF, NULL);
}

static void probe_btf(struct probe *p)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		verdict(p, PROBE_BTF, NULL);
	else
		verdict(p, PROBE_BTF, "/sys/kernel/btf/vmlinux: %s", strerror(errno));
}

static void probe_tp_btf(struct probe *p)
{
	probe_traced(p, PROBE_TP_BTF, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP,
		     "sched_process_exec");
}

static void probe_cap_tracepoint(struct probe *p)
{
	probe_traced(p, PROBE_CAP_TRACEPOINT, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP,
		     "cap_capable");
}

static void probe_fentry(struct probe *p)
{
	probe_traced(p, PROBE_FENTRY, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY,
		     "security_file_open");
}

static void probe_fmod_ret(struct probe *p)
{
	probe_traced(p, PROBE_FMOD_RET, BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN,
		     "security_file_open");
}

static void (*const probes[])(struct probe *p) = {
	[PROBE_BTF] = probe_btf,
	[PROBE_TP_BTF] = probe_tp_btf,
	[PROBE_FENTRY] = probe_fentry,
	[PROBE_FMOD_RET] = probe_fmod_ret,
	[PROBE_LSM] = probe_lsm,
	[PROBE_KPROBE] = probe_kprobe,
	[PROBE_CGROUP_CONNECT] = probe_cgroup_connect,
	[PROBE_RINGBUF] = probe_ringbuf,
	[PROBE_CAP_TRACEPOINT] = probe_cap_tracepoint,
};
static_assert(ARRAY_SIZE(probes) == PROBE_FEATURES, "a probe for each");

void probe_run(struct probe *p)
{
	memset(p, 0, sizeof(*p));
	libbpf_set_print(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		probes[i](p);
}

bool probe_has(enum probe_feature feature)
{
	struct probe p = { 0 };

	libbpf_set_print(NULL);
	probes[feature](&p);
	return p.feature[feature].ok;
}

char probe_rung(const struct probe *p)
{
	if (p->feature[PROBE_LSM].ok)
		return 'A';
	if (p->feature[PROBE_FMOD_RET].ok && p->feature[PROBE_FENTRY].ok)
		return 'B';
	if (p->feature[PROBE_KPROBE].ok)
		return 'C';
	return 'D';
}
