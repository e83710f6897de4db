/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bpf/deny.bpf.c puts into the record of each decision point. A field is listed only if the record
 * has it as the event will have it: what is not listed is not known, and a rule that asks for it denies nothing.
 */
#include "guard/deny.h"

#define FIELDS(...) (const char *const[]){ __VA_ARGS__, NULL }

/* clang-format off */
const struct deny_hook deny_hooks[ABI_DENY_HOOKS] = {
	[ABI_DENY_OPEN] = { { "openat", FIELDS("fd.name", "fd.directory", "fd.filename", "fd.type", "fd.typechar", "evt.is_open_read",
		"evt.is_open_write", "evt.is_open_create", "evt.arg.flags") }, "files that are opened" },
	[ABI_DENY_UNLINK] = { { "unlinkat", FIELDS("fs.path.name", "evt.arg.name") }, "files that are removed" },
	[ABI_DENY_RENAME] = { { "renameat2", FIELDS("fs.path.source", "fs.path.target", "evt.arg.oldpath", "evt.arg.newpath") },
		"files that are renamed" },
	[ABI_DENY_MKNOD] = { { "mknodat", FIELDS("fs.path.name", "evt.arg.path", "evt.arg.mode", "evt.arg.dev") },
		"devices, pipes and sockets that are made" },
	[ABI_DENY_CHMOD] = { { "fchmodat", FIELDS("fs.path.name", "evt.arg.filename", "evt.arg.mode") }, "modes that are changed" },
	[ABI_DENY_CHROOT] = { { "chroot", FIELDS("fs.path.name", "evt.arg.path") }, "root directories that are changed" },
	[ABI_DENY_MOUNT] = { { "mount", FIELDS("evt.arg.dev", "evt.arg.dir", "evt.arg.type", "evt.arg.flags") }, "mounts" },
	[ABI_DENY_MOVE_MOUNT] = { { "move_mount", FIELDS("evt.arg.from_path", "evt.arg.to_path") }, "mounts, by the newer calls" },
};
/* clang-format on */
