/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bpf/deny.bpf.c puts into the record of each decision point. A field is listed only if the record
 * has it as the event will have it: what is not listed is not known, and a rule that asks for it denies nothing.
 */
#include "guard/deny_hook.h"

#include "base/str.h"
#include "guard/fd_kind.h"

#define FIELDS(...)               \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

enum { ALLOW = 1 }; /* as programs of control groups say it */

#define PEER                                                                               \
	"fd.type", "fd.typechar", "fd.l4proto", "fd.rip", "fd.rport", "fd.rnet", "fd.sip", \
		"fd.sport", "fd.snet"
#define CONNECTION FIELDS("evt.rawres", PEER)
#define DATAGRAM FIELDS(PEER) /* the result is how much was sent */
#define BOUND FIELDS("evt.rawres", "fd.l4proto", "fd.sip", "fd.sport", "fd.snet")

/* clang-format off */
const struct deny_hook deny_hooks[ABI_DENY_HOOKS] = {
	[ABI_DENY_OPEN] = { { "openat", FIELDS("fd.name", "fd.directory", "fd.filename", "fd.is_outside", "fd.is_upper_layer",
		"fd.is_lower_layer", "fd.is_block_device", "evt.is_open_read",
		"evt.is_open_write", "evt.is_open_create", "evt.arg.flags", "evt.is_on_guard") }, "files that are opened" },
	[ABI_DENY_EXEC] = { { "execve", FIELDS("evt.rawres") }, "programs that are run, and interpreters of scripts" },
	[ABI_DENY_UNLINK] = { { "unlinkat", FIELDS("evt.rawres", "fs.path.name", "evt.arg.name", "evt.is_on_guard", "evt.is_outside") }, "files that are removed" },
	[ABI_DENY_RENAME] = { { "renameat2", FIELDS("evt.rawres", "fs.path.source", "fs.path.target", "evt.arg.oldpath", "evt.arg.newpath", "evt.is_on_guard", "evt.is_outside") },
		"files that are renamed" },
	[ABI_DENY_MKNOD] = { { "mknodat", FIELDS("evt.rawres", "fs.path.name", "evt.arg.path", "evt.arg.mode", "evt.rawarg.dev", "evt.is_on_guard", "evt.is_outside") },
		"devices, pipes and sockets that are made, and files that are without being opened" },
	[ABI_DENY_CHMOD] = { { "fchmodat", FIELDS("evt.rawres", "fs.path.name", "evt.arg.filename", "evt.arg.mode", "evt.is_on_guard", "evt.is_outside") }, "modes that are changed" },
	[ABI_DENY_CHROOT] = { { "chroot", FIELDS("evt.rawres", "fs.path.name", "evt.arg.path") }, "root directories that are changed" },
	[ABI_DENY_MOUNT] = { { "mount", FIELDS("evt.rawres", "evt.arg.dev", "evt.arg.dir", "evt.arg.type", "evt.arg.flags") }, "mounts" },
	[ABI_DENY_MOVE_MOUNT] = { { "move_mount", FIELDS("evt.rawres", "evt.arg.from_path", "evt.arg.to_path") }, "mounts, by the newer calls" },
	[ABI_DENY_PIVOT_ROOT] = { { "pivot_root", FIELDS("evt.rawres", "evt.arg.new_root", "evt.arg.put_old") }, "root file systems that are exchanged" },
	[ABI_DENY_CONNECT] = { { "connect", CONNECTION, FAMILY_INET }, "connections to an address" },
	[ABI_DENY_CONNECT_UNIX] = { { "connect", FIELDS("evt.rawres", "fd.name", "evt.is_on_guard", PEER), FAMILY_UNIX },
		"connections to a socket at a path, that on the host" },
	[ABI_DENY_PTRACE] = { { "ptrace", FIELDS("evt.rawres", "evt.arg.request") },
		"looking into processes beyond the container: tracing (PTRACE_ATTACH), /proc/PID/root and environ (PTRACE_PEEKDATA)" },
	[ABI_DENY_BPF] = { { "bpf", FIELDS("evt.arg.cmd") }, "bpf()" },
	[ABI_DENY_PERF] = { { "perf_event_open", FIELDS(NULL) }, "performance events" },
	[ABI_DENY_MODULE_FILE] = { { "finit_module", FIELDS("evt.rawres", "fd.name", "fd.directory", "fd.filename") }, "kernel modules, and kernels to be begun, from files" },
	[ABI_DENY_MODULE_DATA] = { { "init_module", FIELDS("evt.rawres") }, "the same, from memory" },
	[ABI_DENY_USERNS] = { { "unshare", FIELDS("evt.rawres", "evt.arg.flags") }, "user namespaces that are made" },
	[ABI_DENY_KILL] = { { "kill", FIELDS("evt.rawres", "evt.arg.sig") }, "signals to processes beyond the container" },
	[ABI_DENY_USERFAULT] = { { "userfaultfd", FIELDS(NULL) }, "userfaultfd()" },
	[ABI_DENY_LINK] = { { "linkat", FIELDS("evt.rawres", "fs.path.source", "fs.path.target", "evt.arg.oldpath", "evt.arg.newpath", "evt.is_on_guard", "evt.is_outside") },
		"hard links (fs.path.source is the new name)" },
	[ABI_DENY_SYMLINK] = { { "symlinkat", FIELDS("evt.rawres", "fs.path.source", "evt.arg.linkpath", "evt.is_on_guard", "evt.is_outside") }, "symbolic links" },
	[ABI_DENY_MKDIR] = { { "mkdirat", FIELDS("evt.rawres", "fs.path.name", "evt.arg.path", "evt.is_on_guard", "evt.is_outside") }, "directories that are made" },
	[ABI_DENY_RMDIR] = { { "rmdir", FIELDS("evt.rawres", "fs.path.name", "evt.arg.path", "evt.is_on_guard", "evt.is_outside") }, "directories that are removed" },
	[ABI_DENY_TRUNCATE] = { { "truncate", FIELDS("evt.rawres", "fs.path.name", "evt.arg.path", "evt.is_on_guard", "evt.is_outside") },
		"files that are cut, by name or, before Linux 6.2, while they are opened" },
	[ABI_DENY_MMAP] = { { "mmap", FIELDS("evt.rawres", "evt.arg.flags", "fd.name", "fd.directory", "fd.filename", "fd.is_outside", "fd.is_upper_layer",
		"fd.is_lower_layer") }, "files that are mapped to be executed: programs, libraries; of the flags MAP_PRIVATE or MAP_SHARED" },
	[ABI_DENY_MPROTECT] = { { "mmap", FIELDS("evt.rawres", "evt.arg.flags", "fd.name", "fd.directory", "fd.filename", "fd.is_outside", "fd.is_upper_layer",
		"fd.is_lower_layer") }, "the same, once they are mapped" },
	[ABI_DENY_SETNS] = { { "setns", FIELDS("evt.rawres", "evt.arg.nstype") }, "namespaces that are entered" },
	[ABI_DENY_BY_HANDLE] = { { "open_by_handle_at", FIELDS(NULL) }, "files that are opened by handle" },
	[ABI_DENY_FSMOUNT] = { { "fsmount", FIELDS(NULL) },
		"mounts that are in no tree yet, and changed ones: fsopen(), fspick(), fsmount(), open_tree() of a copy, mount_setattr()" },
	[ABI_DENY_CAPABILITY] = { { "capability", FIELDS("evt.rawres", "evt.arg.cap", "evt.rawarg.cap") },
		"capabilities that are held and used, but for setns(), open_by_handle_at() and calls that mount" },
	[ABI_DENY_CONNECT4] = { { "connect", CONNECTION, FAMILY_INET, ALLOW }, "connections to an address, TCP and UDP by IPv4" },
	[ABI_DENY_CONNECT6] = { { "connect", CONNECTION, FAMILY_INET, ALLOW }, "the same by IPv6" },
	[ABI_DENY_SENDMSG4] = { { "sendto", DATAGRAM, FAMILY_INET, ALLOW }, "datagrams to an address, UDP by IPv4, whatever call sends them" },
	[ABI_DENY_SENDMSG6] = { { "sendto", DATAGRAM, FAMILY_INET, ALLOW }, "the same by IPv6" },
	[ABI_DENY_BIND4] = { { "bind", BOUND, FAMILY_INET, ALLOW }, "addresses that sockets get, IPv4" },
	[ABI_DENY_BIND6] = { { "bind", BOUND, FAMILY_INET, ALLOW }, "the same, IPv6" },
	[ABI_DENY_SYSCTL] = { { "sysctl", FIELDS("evt.rawres", "evt.arg.name", "evt.arg.old", "evt.arg.new", "evt.rawarg.write"), 0, ALLOW },
		"parameters of the kernel that are written, by whatever file" },
	[ABI_DENY_DEVICE_MAKE] = { { "mknodat", FIELDS("evt.rawres", "evt.arg.mode", "evt.rawarg.dev"), 0, ALLOW },
		"devices that are made; of their mode S_IFBLK or S_IFCHR", true },
	[ABI_DENY_CHOWN] = { { "fchownat", FIELDS("evt.rawres", "fs.path.name", "evt.is_on_guard", "evt.is_outside") }, "owners that are changed" },
	[ABI_DENY_UMOUNT] = { { "umount2", FIELDS("evt.rawres", "fs.path.name", "evt.arg.name", "evt.arg.flags") }, "file systems that are unmounted" },
	[ABI_DENY_URING] = { { "io_uring_setup", FIELDS(NULL) }, "rings of io_uring that are made, where what goes through one is not asked about" },
};
/* clang-format on */

struct filter_target deny_hook_target(enum abi_deny_hook hook)
{
	struct filter_target t = { .kind = ABI_EVENT_CALL };

	if (hook == ABI_DENY_EXEC)
		return (struct filter_target){ .kind = ABI_EVENT_EXEC,
					       .type = event_type_find(TEXT("execve")) };

	for (size_t i = 0; i < call_row_count; i++)
		if (str_eq(call_rows[i].call, deny_hooks[hook].filter.call))
			t.row = &call_rows[i];
	t.type = event_type_find(text_of(t.row->type ? t.row->type : t.row->call));
	return t;
}
