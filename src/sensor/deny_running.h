/* SPDX-License-Identifier: Apache-2.0 */
/* What processes run that began before anything was in force. */
#pragma once
#include <bpf/libbpf.h>

/*
 * Runs p (running_learn of bpf/running.bpf.c), loaded, until it finds nobody new. What follows births, execs and ends is attached by
 * then. -errno.
 */
int deny_running_learn(const struct bpf_program *p);
