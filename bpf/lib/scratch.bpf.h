/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Room that programs work in. */
#pragma once
#include "bpf/lib/settings.bpf.h"

/* Values are struct abi_file with their path: the sizes are given here, where they are allocated. */
struct file_short {
	struct abi_file file;
	char path[ABI_PATH_SHORT];
};
struct file_long {
	struct abi_file file;
	char path[ABI_PATH_MAX];
};
/* Room for what does not fit on the 512-byte stack. A slot per CPU is enough: the programs here run
 * with preemption off and none interrupts another. */
enum { SCRATCH_HEAD = 4 }; /* a power of two */
struct scratch {
	char path[ABI_PATH_MAX + 256]; /* text ends at ABI_PATH_MAX, zeros follow */
	char raw[ABI_PATH_MAX];
	struct file_long value;
	struct abi_cell cell;
	struct abi_exe exe;
	__u32 at;		 /* where the text in path begins */
	__u32 flags;		 /* enum abi_path_flag */
	__u64 dentry, mnt, root; /* where a walk up the path is */
	__u64 head[SCRATCH_HEAD]; /* names that it had no room for, the last ones (bpf/lib/path_head.bpf.h) */
	__u32 climbed;		  /* how many these were in all */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches __weak SEC(".maps");
