/* SPDX-License-Identifier: Apache-2.0 */
/* bpf/deny.bpf.c as bpftool makes it a C header. */
#pragma once

/*
 * Its thousands of assignments are not looked at by the sanitizer of undefined behaviour, for which gcc 12 took a
 * minute.
 */
struct deny_bpf;
__attribute__((no_sanitize("undefined"))) static inline int
deny_bpf__create_skeleton(struct deny_bpf *obj);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"
#include "deny.skel.h"
#pragma GCC diagnostic pop
