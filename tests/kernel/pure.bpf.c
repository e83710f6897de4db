// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The recorder's helpers, wrapped in programs that a test can run with bpf_prog_test_run(). */
#include "bpf/lib/path_fact.bpf.h"

#include "bpf/lib/bits.bpf.h"

const volatile struct abi_settings settings __weak = {};

/* What the last program was asked and answered. */
__u64 number;
__u64 answer;
__u32 path_len, path_flags;
char path_text[ABI_PATH_MAX + 256];

SEC("raw_tp/test")
int run_lowest_bit(void *ctx)
{
	answer = lowest_bit(number);
	return 0;
}

static __always_inline void path_answer(struct scratch *s)
{
	path_len = ABI_PATH_MAX - s->at;
	path_flags = s->flags;
	if (path_len <= ABI_PATH_MAX)
		bpf_probe_read_kernel(path_text, path_len & (2 * ABI_PATH_MAX - 1),
				      &s->path[s->at & (ABI_PATH_MAX - 1)]);
	answer = path_hash();
}

/* The working directory of the test. */
SEC("raw_tp/test")
int run_path_of_cwd(void *ctx)
{
	struct task_struct *task = current_task();
	struct scratch *s = scratch_get();

	if (!s)
		return 0;
	path_prepend(s, BPF_CORE_READ(task, fs, pwd.mnt), BPF_CORE_READ(task, fs, pwd.dentry));
	path_answer(s);
	return 0;
}

/* The file behind descriptor number of the test. */
SEC("raw_tp/test")
int run_path_of_fd(void *ctx)
{
	struct fdtable *table = BPF_CORE_READ(current_task(), files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd), *file = NULL;
	struct scratch *s = scratch_get();

	bpf_probe_read_kernel(&file, sizeof(file), &slots[(__u32)number & 1023]);
	if (!s || !file)
		return 0;
	path_of_file(s, file, mode_of(file));
	path_answer(s);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
