/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps of a recording, in one place because every program family writes some of them. Declared
 * weak, so that the linker merges the copies. Keys and values: abi/record.h. max_entries here are
 * placeholders; the loader sets them (src/sensor/recorder.c).
 */
#pragma once
#include "bpf/lib/scratch.bpf.h"

#define RECORD_MAP(kind, name_, key_type, value_type) \
	struct {                                      \
		__uint(type, kind);                   \
		__uint(max_entries, 1024);            \
		__type(key, key_type);                \
		__type(value, value_type);            \
	} name_ __weak SEC(".maps")

RECORD_MAP(BPF_MAP_TYPE_HASH, cells, __u64, struct abi_cell);
RECORD_MAP(BPF_MAP_TYPE_HASH, tasks, __u32, struct abi_task);
RECORD_MAP(BPF_MAP_TYPE_HASH, actors, struct abi_actor, __u32);
RECORD_MAP(BPF_MAP_TYPE_HASH, exes, struct abi_exe_key, struct abi_exe);
RECORD_MAP(BPF_MAP_TYPE_HASH, calls, struct abi_call_key, struct abi_call);
RECORD_MAP(BPF_MAP_TYPE_HASH, args, struct abi_args_key, struct abi_fact);
RECORD_MAP(BPF_MAP_TYPE_PERCPU_HASH, arg_ranges, struct abi_call_key, struct abi_arg_range);
RECORD_MAP(BPF_MAP_TYPE_HASH, caps, struct abi_cap_key, struct abi_fact);
RECORD_MAP(BPF_MAP_TYPE_HASH, peers, struct abi_peer_key, struct abi_fact);

RECORD_MAP(BPF_MAP_TYPE_HASH, files, struct abi_file_key, struct file_short);
RECORD_MAP(BPF_MAP_TYPE_HASH, long_files, struct abi_file_key, struct file_long);

/* Opens seen before, so that a repeated one needs no path: (actor, inode, name, how) -> path hash. */
struct open_key {
	__u64 ino;
	__u64 parent_ino;
	__u32 dev;
	__u32 name_hash; /* of the directory entry: the same inode may have several names */
	__u32 actor;
	__u32 ops;
};
RECORD_MAP(BPF_MAP_TYPE_LRU_HASH, opens, struct open_key, __u64);

/* Filled by user space before the programs run, by table and number. */
RECORD_MAP(BPF_MAP_TYPE_ARRAY, arg_plans, __u32, struct abi_arg_plan);
RECORD_MAP(BPF_MAP_TYPE_ARRAY, exit_plans, __u32, struct abi_exit_plan);

/* Numbers given out so far on each CPU. */
RECORD_MAP(BPF_MAP_TYPE_PERCPU_ARRAY, numbers, __u32, __u32);

/* The time of the last tick that each CPU looked at the clock. */
struct tick {
	__u64 jiffies;
	__u64 ns;
};
RECORD_MAP(BPF_MAP_TYPE_PERCPU_ARRAY, ticks, __u32, struct tick);

/* What was lost where no cell could be charged for it. */
RECORD_MAP(BPF_MAP_TYPE_ARRAY, losses, __u32, __u64);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} notices __weak SEC(".maps");
