/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel lets us do, found out by trying: loading and attaching a minimal program of each kind. */
#pragma once
#include <stdbool.h>

enum probe_feature {
	PROBE_BTF,	/* /sys/kernel/btf/vmlinux */
	PROBE_TP_BTF,	/* tracepoints with typed arguments */
	PROBE_FENTRY,	/* fentry on a kernel function */
	PROBE_FMOD_RET, /* fmod_ret on security_*: deny without lsm=bpf */
	PROBE_LSM,	/* BPF LSM programs, and bpf in the list of active LSMs */
	PROBE_KPROBE,
	PROBE_CGROUP_CONNECT, /* cgroup/connect4 on the unified hierarchy */
	PROBE_RINGBUF,
	PROBE_CAP_TRACEPOINT, /* tp_btf/cap_capable (6.14) */
	PROBE_FEATURES
};

struct probe {
	struct {
		bool ok;
		char reason[160]; /* why not; "" if ok */
	} feature[PROBE_FEATURES];
};

extern const char *const probe_feature_names[PROBE_FEATURES];

/* Tries everything; takes some milliseconds and needs CAP_BPF and CAP_PERFMON (or root). */
void probe_run(struct probe *p);

/* Tries one feature. */
bool probe_has(enum probe_feature feature);

/* The rungs of ARCHITECTURE.md, best first; D if nothing better. */
char probe_rung(const struct probe *p);
