/* SPDX-License-Identifier: Apache-2.0 */
/* Programs attached to control groups, kept by files of the BPF file system: they outlive who attached them. */
#pragma once
#include <limits.h>
#include <stdint.h>

#include "base/error.h"

enum { PIN_PATH_MAX = 256 };

/*
 * A directory there of that name, for root alone: below /sys/fs/bpf/merlon, or, where that is not mounted, in a BPF file
 * system of our own below /run/merlon, which is mounted if need be.
 */
int pin_directory(const char *name, char out[PIN_PATH_MAX], struct error *err);

/*
 * Attaches a program (enum bpf_attach_type) to the control group, v2, and pins that at path: it is in force until the
 * file is removed. Needs Linux 5.7. -errno.
 */
int pin_to_cgroup(int program_fd, int cgroup_fd, uint32_t attach_type, const char *path,
		  struct error *err);
