/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the numbers that system calls take: flags, enumerations, modes, errors, signals. */
#pragma once
#include <stdbool.h>

#include "base/text.h"
#include "event/scratch.h"

struct named_number {
	struct text name;
	uint64_t value;
};

/*
 * A flag set is rendered as the names of its bits joined by "|", in table order; bits without a name
 * are left out. An enumeration is rendered as every name that has the value.
 */
struct name_table {
	const struct named_number *items;
	uint32_t count;
	bool flags;
};

extern const struct name_table names_open, names_clone, names_prot, names_mmap, names_mount,
	names_umount, names_unlinkat, names_linkat, names_fchownat, names_renameat2, names_openat2,
	names_execve, names_memfd, names_finit_module, names_delete_module, names_pidfd_open,
	names_io_uring_setup, names_mode, names_families, names_ptrace, names_bpf, names_fsconfig,
	names_keyctl, names_prctl, names_fcntl, names_splice, names_capability,
	names_capability_number, names_xattr;

/* False if no name applies. */
bool names_render(const struct name_table *t, uint64_t value, struct scratch_text *out);
/* "A|B|0x40", "A", "17": false if a part is neither a name of the table nor a number. */
bool names_parse(const struct name_table *t, struct text s, uint64_t *ret);

/* "ENOENT" for 2; NULL if there is no such error. */
const char *names_errno(int code);
bool names_errno_parse(struct text s, int *ret);
/* "SIGKILL" for 9. */
const char *names_signal(int number);
bool names_signal_parse(struct text s, int *ret);
/* "CAP_CHOWN CAP_KILL": the names of a capability set. */
void names_capabilities(uint64_t set, struct scratch_text *out);
