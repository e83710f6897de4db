/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System call tables: what a filter calls an architecture.
 *
 * A number means nothing without its table. seccomp tells tables apart by AUDIT_ARCH_* and, for x32,
 * by bit 30 of the number; the OCI runtime specification has a name for each (SCMP_ARCH_*).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/record.h"

#define SYS_X32_BIT 0x40000000u

enum sys_arch { SYS_ARCH_X86_64, SYS_ARCH_X86, SYS_ARCH_X32, SYS_ARCH_MAX };

struct sys_arch_def {
	const char *name;	/* ours: in profiles and on the screen */
	const char *oci_name;	/* SCMP_ARCH_*, runtime-spec 1.3 */
	const char *go_name;	/* as Docker and Kubernetes write it */
	uint32_t seccomp_token; /* libseccomp's SCMP_ARCH_* */
	uint32_t audit_arch;	/* AUDIT_ARCH_*: what a filter sees; x32 shares x86-64's */
	uint32_t nr_flag;	/* what a filter sees added to the number */
	bool narrow;		/* arguments are 32 bits wide */
};

extern const struct sys_arch_def sys_archs[SYS_ARCH_MAX];

/* The architecture behind a table of the recorder, on the machine this program was built for. */
enum sys_arch sys_arch_of_table(enum abi_table table);

/* By our name, the OCI name or Go's; false if unknown. */
bool sys_arch_parse(const char *name, enum sys_arch *ret);
