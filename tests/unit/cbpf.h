/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel would do: an interpreter of the classic BPF that seccomp accepts (the list in
 * kernel/seccomp.c, seccomp_check_filter()). Strict: what the kernel would refuse to load, or what
 * would not end, fails.
 */
#pragma once
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbpf {
	struct sock_filter *code;
	size_t len;
};

/* False if the program is not one that the kernel takes. */
bool cbpf_run(const struct cbpf *program, const struct seccomp_data *data, uint32_t *ret_action);
void cbpf_deinit(struct cbpf *program);
