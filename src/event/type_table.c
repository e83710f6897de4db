/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event types (see type.h). Parameters stand in the order in which rules number them
 * (evt.arg[0]). Those with a slot are carried by the event; those with an alias are read from the
 * process or the descriptor that it is about.
 */
#include "event/type.h"

#include "base/cleanup.h"

#define PARAMS(p) p, ARRAY_SIZE(p)

/* clang-format off */
static const struct event_param execve_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("exe"), PARAM_TEXT, NULL, "proc.exe", -1 },
	{ TEXT("args"), PARAM_TEXT, NULL, "proc.args", -1 },
	{ TEXT("tid"), PARAM_PID, NULL, "thread.tid", -1 },
	{ TEXT("pid"), PARAM_PID, NULL, "proc.pid", -1 },
	{ TEXT("ptid"), PARAM_PID, NULL, "proc.ppid", -1 },
	{ TEXT("cwd"), PARAM_TEXT, NULL, "proc.cwd", -1 },
	{ TEXT("comm"), PARAM_TEXT, NULL, "proc.name", -1 },
	{ TEXT("cgroups"), PARAM_TEXT, NULL, "thread.cgroups", -1 },
	{ TEXT("env"), PARAM_TEXT, NULL, "proc.env", -1 },
	{ TEXT("tty"), PARAM_UINT, NULL, "proc.tty", -1 },
	{ TEXT("vpgid"), PARAM_PID, NULL, "proc.vpgid", -1 },
	{ TEXT("loginuid"), PARAM_UID, NULL, "user.loginuid", -1 },
	{ TEXT("flags"), PARAM_NAMES, &names_execve, NULL, 0 },
	{ TEXT("cap_inheritable"), PARAM_TEXT, NULL, "thread.cap_inheritable", -1 },
	{ TEXT("cap_permitted"), PARAM_TEXT, NULL, "thread.cap_permitted", -1 },
	{ TEXT("cap_effective"), PARAM_TEXT, NULL, "thread.cap_effective", -1 },
	{ TEXT("exe_ino"), PARAM_UINT, NULL, "proc.exe_ino", -1 },
	{ TEXT("exe_ino_ctime"), PARAM_UINT, NULL, "proc.exe_ino.ctime", -1 },
	{ TEXT("exe_ino_mtime"), PARAM_UINT, NULL, "proc.exe_ino.mtime", -1 },
	{ TEXT("uid"), PARAM_UID, NULL, "user.uid", -1 },
	{ TEXT("trusted_exepath"), PARAM_PATH, NULL, "proc.exepath", -1 },
	{ TEXT("pgid"), PARAM_PID, NULL, "proc.pgid", -1 },
	{ TEXT("gid"), PARAM_GID, NULL, "group.gid", -1 },
	{ TEXT("filename"), PARAM_PATH, NULL, NULL, 1 },
};
static const struct event_param clone_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("exe"), PARAM_TEXT, NULL, "proc.exe", -1 },
	{ TEXT("args"), PARAM_TEXT, NULL, "proc.args", -1 },
	{ TEXT("tid"), PARAM_PID, NULL, "thread.tid", -1 },
	{ TEXT("pid"), PARAM_PID, NULL, "proc.pid", -1 },
	{ TEXT("ptid"), PARAM_PID, NULL, "proc.ppid", -1 },
	{ TEXT("cwd"), PARAM_TEXT, NULL, "proc.cwd", -1 },
	{ TEXT("comm"), PARAM_TEXT, NULL, "proc.name", -1 },
	{ TEXT("cgroups"), PARAM_TEXT, NULL, "thread.cgroups", -1 },
	{ TEXT("flags"), PARAM_NAMES, &names_clone, NULL, 0 },
	{ TEXT("uid"), PARAM_UID, NULL, "user.uid", -1 },
	{ TEXT("gid"), PARAM_GID, NULL, "group.gid", -1 },
	{ TEXT("vtid"), PARAM_PID, NULL, "thread.vtid", -1 },
	{ TEXT("vpid"), PARAM_PID, NULL, "proc.vpid", -1 },
	{ TEXT("pidns_init_start_ts"), PARAM_UINT, NULL, "proc.pidns_init_start_ts", -1 },
	{ TEXT("child"), PARAM_PID, NULL, NULL, 1 },
};
static const struct event_param procexit_params[] = {
	{ TEXT("status"), PARAM_INT, NULL, NULL, 0 },
	{ TEXT("ret"), PARAM_INT, NULL, NULL, 1 },
	{ TEXT("sig"), PARAM_SIGNAL, NULL, NULL, 2 },
	{ TEXT("core"), PARAM_UINT, NULL, NULL, 3 },
};
static const struct event_param open_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("name"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_NAMES, &names_open, NULL, 1 },
	{ TEXT("mode"), PARAM_OCTAL, NULL, NULL, 2 },
	{ TEXT("dev"), PARAM_HEX, NULL, NULL, 3 },
	{ TEXT("ino"), PARAM_UINT, NULL, NULL, 4 },
};
static const struct event_param openat_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("name"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_NAMES, &names_open, NULL, 2 },
	{ TEXT("mode"), PARAM_OCTAL, NULL, NULL, 3 },
	{ TEXT("dev"), PARAM_HEX, NULL, NULL, 4 },
	{ TEXT("ino"), PARAM_UINT, NULL, NULL, 5 },
};
static const struct event_param openat2_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("name"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_NAMES, &names_open, NULL, 2 },
	{ TEXT("mode"), PARAM_OCTAL, NULL, NULL, 3 },
	{ TEXT("resolve"), PARAM_NAMES, &names_openat2, NULL, 4 },
	{ TEXT("dev"), PARAM_HEX, NULL, NULL, 5 },
	{ TEXT("ino"), PARAM_UINT, NULL, NULL, 6 },
};
static const struct event_param open_by_handle_at_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("mountfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_NAMES, &names_open, NULL, 1 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 2 },
	{ TEXT("dev"), PARAM_HEX, NULL, NULL, 3 },
	{ TEXT("ino"), PARAM_UINT, NULL, NULL, 4 },
};
static const struct event_param creat_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("name"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("mode"), PARAM_OCTAL, NULL, NULL, 1 },
	{ TEXT("dev"), PARAM_HEX, NULL, NULL, 2 },
	{ TEXT("ino"), PARAM_UINT, NULL, NULL, 3 },
};
static const struct event_param read_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("data"), PARAM_BYTES, NULL, NULL, 0 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("size"), PARAM_UINT, NULL, NULL, 1 },
	{ TEXT("pos"), PARAM_UINT, NULL, NULL, 2 },
};
static const struct event_param unlink_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 0 },
};
static const struct event_param unlinkat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("name"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_NAMES, &names_unlinkat, NULL, 2 },
};
static const struct event_param rename_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("oldpath"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("newpath"), PARAM_PATH, NULL, NULL, 1 },
};
static const struct event_param renameat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("olddirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("oldpath"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("newdirfd"), PARAM_FD, NULL, NULL, 2 },
	{ TEXT("newpath"), PARAM_PATH, NULL, NULL, 3 },
};
static const struct event_param renameat2_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("olddirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("oldpath"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("newdirfd"), PARAM_FD, NULL, NULL, 2 },
	{ TEXT("newpath"), PARAM_PATH, NULL, NULL, 3 },
	{ TEXT("flags"), PARAM_NAMES, &names_renameat2, NULL, 4 },
};
static const struct event_param linkat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("olddir"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("oldpath"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("newdir"), PARAM_FD, NULL, NULL, 2 },
	{ TEXT("newpath"), PARAM_PATH, NULL, NULL, 3 },
	{ TEXT("flags"), PARAM_NAMES, &names_linkat, NULL, 4 },
};
static const struct event_param symlink_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("target"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("linkpath"), PARAM_PATH, NULL, NULL, 1 },
};
static const struct event_param symlinkat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("target"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("linkdirfd"), PARAM_FD, NULL, NULL, 1 },
	{ TEXT("linkpath"), PARAM_PATH, NULL, NULL, 2 },
};
static const struct event_param mkdir_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("mode"), PARAM_OCTAL, NULL, NULL, 1 },
};
static const struct event_param mkdirat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("mode"), PARAM_OCTAL, NULL, NULL, 2 },
};
static const struct event_param mknod_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("mode"), PARAM_NAMES, &names_mode, NULL, 1 },
	{ TEXT("dev"), PARAM_HEX, NULL, NULL, 2 },
};
static const struct event_param mknodat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("mode"), PARAM_NAMES, &names_mode, NULL, 2 },
	{ TEXT("dev"), PARAM_HEX, NULL, NULL, 3 },
};
static const struct event_param chmod_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("filename"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("mode"), PARAM_NAMES, &names_mode, NULL, 1 },
};
static const struct event_param fchmod_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("mode"), PARAM_NAMES, &names_mode, NULL, 0 },
};
static const struct event_param fchmodat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("filename"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("mode"), PARAM_NAMES, &names_mode, NULL, 2 },
};
static const struct event_param chown_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("uid"), PARAM_UID, NULL, NULL, 1 },
	{ TEXT("gid"), PARAM_GID, NULL, NULL, 2 },
};
static const struct event_param fchown_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("uid"), PARAM_UID, NULL, NULL, 0 },
	{ TEXT("gid"), PARAM_GID, NULL, NULL, 1 },
};
static const struct event_param fchownat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("pathname"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("uid"), PARAM_UID, NULL, NULL, 2 },
	{ TEXT("gid"), PARAM_GID, NULL, NULL, 3 },
	{ TEXT("flags"), PARAM_NAMES, &names_fchownat, NULL, 4 },
};
static const struct event_param truncate_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("length"), PARAM_UINT, NULL, NULL, 1 },
};
static const struct event_param ftruncate_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("length"), PARAM_UINT, NULL, NULL, 0 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
};
static const struct event_param setxattr_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 1 },
	{ TEXT("value"), PARAM_BYTES, NULL, NULL, 2 },
	{ TEXT("flags"), PARAM_NAMES, &names_xattr, NULL, 3 },
};
static const struct event_param fsetxattr_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("value"), PARAM_BYTES, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_NAMES, &names_xattr, NULL, 2 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
};
static const struct event_param setxattrat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 2 },
	{ TEXT("flags"), PARAM_NAMES, &names_fchownat, NULL, 3 },
};
static const struct event_param fchdir_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
};
static const struct event_param mmap_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("addr"), PARAM_HEX, NULL, NULL, 0 },
	{ TEXT("length"), PARAM_UINT, NULL, NULL, 1 },
	{ TEXT("prot"), PARAM_NAMES, &names_prot, NULL, 2 },
	{ TEXT("flags"), PARAM_NAMES, &names_mmap, NULL, 3 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("offset"), PARAM_UINT, NULL, NULL, 4 },
};
static const struct event_param mprotect_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("addr"), PARAM_HEX, NULL, NULL, 0 },
	{ TEXT("length"), PARAM_UINT, NULL, NULL, 1 },
	{ TEXT("prot"), PARAM_NAMES, &names_prot, NULL, 2 },
};
static const struct event_param memfd_create_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_NAMES, &names_memfd, NULL, 1 },
};
static const struct event_param userfaultfd_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("flags"), PARAM_NAMES, &names_open, NULL, 0 },
};
static const struct event_param socket_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("domain"), PARAM_NAMES, &names_families, NULL, 0 },
	{ TEXT("type"), PARAM_UINT, NULL, NULL, 1 },
	{ TEXT("proto"), PARAM_UINT, NULL, NULL, 2 },
};
static const struct event_param socketpair_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd1"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("fd2"), PARAM_FD, NULL, NULL, 1 },
	{ TEXT("domain"), PARAM_NAMES, &names_families, NULL, 2 },
	{ TEXT("type"), PARAM_UINT, NULL, NULL, 3 },
	{ TEXT("proto"), PARAM_UINT, NULL, NULL, 4 },
};
static const struct event_param bind_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("addr"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
};
static const struct event_param connect_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("tuple"), PARAM_TEXT, NULL, "fd.name", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("addr"), PARAM_TEXT, NULL, NULL, 0 },
};
static const struct event_param listen_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("backlog"), PARAM_INT, NULL, NULL, 0 },
};
static const struct event_param accept_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("tuple"), PARAM_TEXT, NULL, "fd.name", -1 },
};
static const struct event_param accept4_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("tuple"), PARAM_TEXT, NULL, "fd.name", -1 },
	{ TEXT("flags"), PARAM_INT, NULL, NULL, 0 },
};
static const struct event_param sendto_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("size"), PARAM_UINT, NULL, NULL, 0 },
	{ TEXT("data"), PARAM_BYTES, NULL, NULL, 1 },
	{ TEXT("tuple"), PARAM_TEXT, NULL, "fd.name", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
};
static const struct event_param recvfrom_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("size"), PARAM_UINT, NULL, NULL, 0 },
	{ TEXT("data"), PARAM_BYTES, NULL, NULL, 1 },
	{ TEXT("msgcontrol"), PARAM_BYTES, NULL, NULL, 2 },
	{ TEXT("tuple"), PARAM_TEXT, NULL, "fd.name", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
};
static const struct event_param ptrace_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("addr"), PARAM_HEX, NULL, NULL, 0 },
	{ TEXT("data"), PARAM_HEX, NULL, NULL, 1 },
	{ TEXT("request"), PARAM_NAMES, &names_ptrace, NULL, 2 },
	{ TEXT("pid"), PARAM_PID, NULL, NULL, 3 },
};
static const struct event_param process_vm_readv_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("pid"), PARAM_PID, NULL, NULL, 0 },
	{ TEXT("data"), PARAM_BYTES, NULL, NULL, 1 },
};
static const struct event_param mount_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dev"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("dir"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("type"), PARAM_TEXT, NULL, NULL, 2 },
	{ TEXT("flags"), PARAM_NAMES, &names_mount, NULL, 3 },
};
static const struct event_param umount_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("name"), PARAM_PATH, NULL, NULL, 0 },
};
static const struct event_param umount2_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("name"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_NAMES, &names_umount, NULL, 1 },
};
static const struct event_param fsopen_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 1 },
};
static const struct event_param fsconfig_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("cmd"), PARAM_NAMES, &names_fsconfig, NULL, 0 },
	{ TEXT("key"), PARAM_TEXT, NULL, NULL, 1 },
	{ TEXT("value_bytebuf"), PARAM_BYTES, NULL, NULL, 2 },
	{ TEXT("value_charbuf"), PARAM_TEXT, NULL, NULL, 3 },
	{ TEXT("aux"), PARAM_INT, NULL, NULL, 4 },
};
static const struct event_param fsmount_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 0 },
	{ TEXT("attr_flags"), PARAM_NAMES, &names_mount, NULL, 1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
};
static const struct event_param move_mount_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("from_dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("from_path"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("to_dirfd"), PARAM_FD, NULL, NULL, 2 },
	{ TEXT("to_path"), PARAM_PATH, NULL, NULL, 3 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 4 },
};
static const struct event_param open_tree_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 2 },
};
static const struct event_param mount_setattr_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 2 },
	{ TEXT("attr_set"), PARAM_NAMES, &names_mount, NULL, 3 },
};
static const struct event_param pivot_root_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("new_root"), PARAM_PATH, NULL, NULL, 0 },
	{ TEXT("put_old"), PARAM_PATH, NULL, NULL, 1 },
};
static const struct event_param setns_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("nstype"), PARAM_NAMES, &names_clone, NULL, 0 },
};
static const struct event_param unshare_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("flags"), PARAM_NAMES, &names_clone, NULL, 0 },
};
static const struct event_param setuid_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("uid"), PARAM_UID, NULL, NULL, 0 },
};
static const struct event_param setgid_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("gid"), PARAM_GID, NULL, NULL, 0 },
};
static const struct event_param setreuid_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("ruid"), PARAM_UID, NULL, NULL, 0 },
	{ TEXT("euid"), PARAM_UID, NULL, NULL, 1 },
};
static const struct event_param setregid_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("rgid"), PARAM_GID, NULL, NULL, 0 },
	{ TEXT("egid"), PARAM_GID, NULL, NULL, 1 },
};
static const struct event_param setresuid_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("ruid"), PARAM_UID, NULL, NULL, 0 },
	{ TEXT("euid"), PARAM_UID, NULL, NULL, 1 },
	{ TEXT("suid"), PARAM_UID, NULL, NULL, 2 },
};
static const struct event_param setresgid_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("rgid"), PARAM_GID, NULL, NULL, 0 },
	{ TEXT("egid"), PARAM_GID, NULL, NULL, 1 },
	{ TEXT("sgid"), PARAM_GID, NULL, NULL, 2 },
};
static const struct event_param setsid_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
};
static const struct event_param setpgid_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("pid"), PARAM_PID, NULL, NULL, 0 },
	{ TEXT("pgid"), PARAM_PID, NULL, NULL, 1 },
};
static const struct event_param capset_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("cap_inheritable"), PARAM_NAMES, &names_capability, NULL, 0 },
	{ TEXT("cap_permitted"), PARAM_NAMES, &names_capability, NULL, 1 },
	{ TEXT("cap_effective"), PARAM_NAMES, &names_capability, NULL, 2 },
};
static const struct event_param capability_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("cap"), PARAM_NAMES, &names_capability_number, NULL, 0 },
	{ TEXT("granted"), PARAM_UINT, NULL, NULL, 1 },
};
static const struct event_param init_module_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("img"), PARAM_BYTES, NULL, NULL, 0 },
	{ TEXT("length"), PARAM_UINT, NULL, NULL, 1 },
	{ TEXT("uargs"), PARAM_TEXT, NULL, NULL, 2 },
};
static const struct event_param finit_module_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("uargs"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_NAMES, &names_finit_module, NULL, 1 },
};
static const struct event_param delete_module_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_NAMES, &names_delete_module, NULL, 1 },
};
static const struct event_param bpf_params[] = {
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("cmd"), PARAM_NAMES, &names_bpf, NULL, 0 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 1 },
	{ TEXT("prog_type"), PARAM_UINT, NULL, NULL, 2 },
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
};
static const struct event_param perf_event_open_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("type"), PARAM_UINT, NULL, NULL, 0 },
	{ TEXT("config"), PARAM_HEX, NULL, NULL, 1 },
	{ TEXT("pid"), PARAM_PID, NULL, NULL, 2 },
	{ TEXT("cpu"), PARAM_INT, NULL, NULL, 3 },
	{ TEXT("group_fd"), PARAM_FD, NULL, NULL, 4 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 5 },
};
static const struct event_param io_uring_setup_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("entries"), PARAM_UINT, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_NAMES, &names_io_uring_setup, NULL, 1 },
	{ TEXT("sq_thread_cpu"), PARAM_UINT, NULL, NULL, 2 },
	{ TEXT("sq_thread_idle"), PARAM_UINT, NULL, NULL, 3 },
};
static const struct event_param io_uring_enter_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("to_submit"), PARAM_UINT, NULL, NULL, 0 },
	{ TEXT("min_complete"), PARAM_UINT, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 2 },
};
static const struct event_param io_uring_register_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("opcode"), PARAM_UINT, NULL, NULL, 0 },
	{ TEXT("arg"), PARAM_HEX, NULL, NULL, 1 },
	{ TEXT("nr_args"), PARAM_UINT, NULL, NULL, 2 },
};
static const struct event_param keyctl_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("operation"), PARAM_NAMES, &names_keyctl, NULL, 0 },
	{ TEXT("arg2"), PARAM_HEX, NULL, NULL, 1 },
	{ TEXT("arg3"), PARAM_HEX, NULL, NULL, 2 },
	{ TEXT("arg4"), PARAM_HEX, NULL, NULL, 3 },
	{ TEXT("arg5"), PARAM_HEX, NULL, NULL, 4 },
};
static const struct event_param kill_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("pid"), PARAM_PID, NULL, NULL, 0 },
	{ TEXT("sig"), PARAM_SIGNAL, NULL, NULL, 1 },
};
static const struct event_param tkill_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("tid"), PARAM_PID, NULL, NULL, 0 },
	{ TEXT("sig"), PARAM_SIGNAL, NULL, NULL, 1 },
};
static const struct event_param tgkill_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("pid"), PARAM_PID, NULL, NULL, 0 },
	{ TEXT("tid"), PARAM_PID, NULL, NULL, 1 },
	{ TEXT("sig"), PARAM_SIGNAL, NULL, NULL, 2 },
};
static const struct event_param dup_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("oldfd"), PARAM_FD, NULL, NULL, 0 },
};
static const struct event_param dup2_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("oldfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("newfd"), PARAM_FD, NULL, NULL, 1 },
};
static const struct event_param dup3_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("oldfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("newfd"), PARAM_FD, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_NAMES, &names_open, NULL, 2 },
};
static const struct event_param fcntl_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("cmd"), PARAM_NAMES, &names_fcntl, NULL, 0 },
	{ TEXT("arg"), PARAM_HEX, NULL, NULL, 1 },
};
static const struct event_param prctl_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("option"), PARAM_NAMES, &names_prctl, NULL, 0 },
	{ TEXT("arg2_str"), PARAM_TEXT, NULL, NULL, 1 },
	{ TEXT("arg2_int"), PARAM_INT, NULL, NULL, 2 },
};
static const struct event_param pidfd_open_params[] = {
	{ TEXT("pid"), PARAM_PID, NULL, NULL, 0 },
	{ TEXT("flags"), PARAM_NAMES, &names_pidfd_open, NULL, 1 },
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
};
static const struct event_param pidfd_getfd_params[] = {
	{ TEXT("pid_fd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("target_fd"), PARAM_FD, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 2 },
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
};
static const struct event_param pidfd_send_signal_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("fd"), PARAM_FD, NULL, "fd.num", -1 },
	{ TEXT("sig"), PARAM_SIGNAL, NULL, NULL, 0 },
};
static const struct event_param utimensat_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("dirfd"), PARAM_FD, NULL, NULL, 0 },
	{ TEXT("path"), PARAM_PATH, NULL, NULL, 1 },
	{ TEXT("flags"), PARAM_HEX, NULL, NULL, 2 },
};
static const struct event_param sethostname_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 0 },
};
static const struct event_param sysctl_params[] = {
	{ TEXT("res"), PARAM_RESULT, NULL, "evt.rawres", -1 },
	{ TEXT("name"), PARAM_TEXT, NULL, NULL, 0 },
	{ TEXT("old"), PARAM_TEXT, NULL, NULL, 1 },
	{ TEXT("new"), PARAM_TEXT, NULL, NULL, 2 },
	{ TEXT("write"), PARAM_UINT, NULL, NULL, 3 },
};

const struct event_type event_types[] = {
	{ TEXT("execve"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_EXEC,
	  TYPE_SYSCALL | TYPE_EXEC, PARAMS(execve_params) },
	{ TEXT("execveat"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_EXEC,
	  TYPE_SYSCALL | TYPE_EXEC, PARAMS(execve_params) },
	{ TEXT("clone"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_FORK,
	  TYPE_SYSCALL | TYPE_CLONE, PARAMS(clone_params) },
	{ TEXT("clone3"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_FORK,
	  TYPE_SYSCALL | TYPE_CLONE, PARAMS(clone_params) },
	{ TEXT("fork"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_FORK,
	  TYPE_SYSCALL | TYPE_CLONE, PARAMS(clone_params) },
	{ TEXT("vfork"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_FORK,
	  TYPE_SYSCALL | TYPE_CLONE, PARAMS(clone_params) },
	{ TEXT("procexit"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_EXIT,
	  TYPE_NO_RESULT, PARAMS(procexit_params) },
	{ TEXT("open"), EVENT_SYSCALL, EVENT_FILE, HOOK_OPEN,
	  TYPE_SYSCALL | TYPE_FD | TYPE_OPEN, PARAMS(open_params) },
	{ TEXT("openat"), EVENT_SYSCALL, EVENT_FILE, HOOK_OPEN,
	  TYPE_SYSCALL | TYPE_FD | TYPE_OPEN, PARAMS(openat_params) },
	{ TEXT("openat2"), EVENT_SYSCALL, EVENT_FILE, HOOK_OPEN,
	  TYPE_SYSCALL | TYPE_FD | TYPE_OPEN, PARAMS(openat2_params) },
	{ TEXT("open_by_handle_at"), EVENT_SYSCALL, EVENT_FILE, HOOK_OPEN,
	  TYPE_SYSCALL | TYPE_FD | TYPE_OPEN, PARAMS(open_by_handle_at_params) },
	{ TEXT("creat"), EVENT_SYSCALL, EVENT_FILE, HOOK_OPEN,
	  TYPE_SYSCALL | TYPE_FD | TYPE_CREAT, PARAMS(creat_params) },
	{ TEXT("read"), EVENT_SYSCALL, EVENT_IO_READ, HOOK_READ,
	  TYPE_SYSCALL | TYPE_FD | TYPE_READS, PARAMS(read_params) },
	{ TEXT("readv"), EVENT_SYSCALL, EVENT_IO_READ, HOOK_READ,
	  TYPE_SYSCALL | TYPE_FD | TYPE_READS, PARAMS(read_params) },
	{ TEXT("pread"), EVENT_SYSCALL, EVENT_IO_READ, HOOK_READ,
	  TYPE_SYSCALL | TYPE_FD | TYPE_READS, PARAMS(read_params) },
	{ TEXT("preadv"), EVENT_SYSCALL, EVENT_IO_READ, HOOK_READ,
	  TYPE_SYSCALL | TYPE_FD | TYPE_READS, PARAMS(read_params) },
	{ TEXT("write"), EVENT_SYSCALL, EVENT_IO_WRITE, HOOK_WRITE,
	  TYPE_SYSCALL | TYPE_FD | TYPE_WRITES, PARAMS(read_params) },
	{ TEXT("writev"), EVENT_SYSCALL, EVENT_IO_WRITE, HOOK_WRITE,
	  TYPE_SYSCALL | TYPE_FD | TYPE_WRITES, PARAMS(read_params) },
	{ TEXT("pwrite"), EVENT_SYSCALL, EVENT_IO_WRITE, HOOK_WRITE,
	  TYPE_SYSCALL | TYPE_FD | TYPE_WRITES, PARAMS(read_params) },
	{ TEXT("pwritev"), EVENT_SYSCALL, EVENT_IO_WRITE, HOOK_WRITE,
	  TYPE_SYSCALL | TYPE_FD | TYPE_WRITES, PARAMS(read_params) },
	{ TEXT("unlink"), EVENT_SYSCALL, EVENT_FILE, HOOK_UNLINK,
	  TYPE_SYSCALL, PARAMS(unlink_params) },
	{ TEXT("unlinkat"), EVENT_SYSCALL, EVENT_FILE, HOOK_UNLINK,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(unlinkat_params) },
	{ TEXT("rmdir"), EVENT_SYSCALL, EVENT_FILE, HOOK_RMDIR,
	  TYPE_SYSCALL, PARAMS(unlink_params) },
	{ TEXT("rename"), EVENT_SYSCALL, EVENT_FILE, HOOK_RENAME,
	  TYPE_SYSCALL, PARAMS(rename_params) },
	{ TEXT("renameat"), EVENT_SYSCALL, EVENT_FILE, HOOK_RENAME,
	  TYPE_SYSCALL, PARAMS(renameat_params) },
	{ TEXT("renameat2"), EVENT_SYSCALL, EVENT_FILE, HOOK_RENAME,
	  TYPE_SYSCALL, PARAMS(renameat2_params) },
	{ TEXT("link"), EVENT_SYSCALL, EVENT_FILE, HOOK_LINK,
	  TYPE_SYSCALL, PARAMS(rename_params) },
	{ TEXT("linkat"), EVENT_SYSCALL, EVENT_FILE, HOOK_LINK,
	  TYPE_SYSCALL, PARAMS(linkat_params) },
	{ TEXT("symlink"), EVENT_SYSCALL, EVENT_FILE, HOOK_SYMLINK,
	  TYPE_SYSCALL, PARAMS(symlink_params) },
	{ TEXT("symlinkat"), EVENT_SYSCALL, EVENT_FILE, HOOK_SYMLINK,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(symlinkat_params) },
	{ TEXT("mkdir"), EVENT_SYSCALL, EVENT_FILE, HOOK_MKDIR,
	  TYPE_SYSCALL, PARAMS(mkdir_params) },
	{ TEXT("mkdirat"), EVENT_SYSCALL, EVENT_FILE, HOOK_MKDIR,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(mkdirat_params) },
	{ TEXT("mknod"), EVENT_SYSCALL, EVENT_FILE, HOOK_MKNOD,
	  TYPE_SYSCALL, PARAMS(mknod_params) },
	{ TEXT("mknodat"), EVENT_SYSCALL, EVENT_FILE, HOOK_MKNOD,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(mknodat_params) },
	{ TEXT("chmod"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHMOD,
	  TYPE_SYSCALL, PARAMS(chmod_params) },
	{ TEXT("fchmod"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHMOD,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fchmod_params) },
	{ TEXT("fchmodat"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHMOD,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fchmodat_params) },
	{ TEXT("fchmodat2"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHMOD,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fchmodat_params) },
	{ TEXT("chown"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHOWN,
	  TYPE_SYSCALL, PARAMS(chown_params) },
	{ TEXT("lchown"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHOWN,
	  TYPE_SYSCALL, PARAMS(chown_params) },
	{ TEXT("fchown"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHOWN,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fchown_params) },
	{ TEXT("fchownat"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHOWN,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fchownat_params) },
	{ TEXT("truncate"), EVENT_SYSCALL, EVENT_FILE, HOOK_TRUNCATE,
	  TYPE_SYSCALL, PARAMS(truncate_params) },
	{ TEXT("ftruncate"), EVENT_SYSCALL, EVENT_FILE, HOOK_TRUNCATE,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(ftruncate_params) },
	{ TEXT("setxattr"), EVENT_SYSCALL, EVENT_FILE, HOOK_XATTR,
	  TYPE_SYSCALL, PARAMS(setxattr_params) },
	{ TEXT("lsetxattr"), EVENT_SYSCALL, EVENT_FILE, HOOK_XATTR,
	  TYPE_SYSCALL, PARAMS(setxattr_params) },
	{ TEXT("fsetxattr"), EVENT_SYSCALL, EVENT_FILE, HOOK_XATTR,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fsetxattr_params) },
	{ TEXT("setxattrat"), EVENT_SYSCALL, EVENT_FILE, HOOK_XATTR,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(setxattrat_params) },
	{ TEXT("chdir"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHDIR,
	  TYPE_SYSCALL, PARAMS(unlink_params) },
	{ TEXT("fchdir"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHDIR,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fchdir_params) },
	{ TEXT("chroot"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_CHDIR,
	  TYPE_SYSCALL, PARAMS(unlink_params) },
	{ TEXT("mmap"), EVENT_SYSCALL, EVENT_MEMORY, HOOK_MMAP,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(mmap_params) },
	{ TEXT("mprotect"), EVENT_SYSCALL, EVENT_MEMORY, HOOK_MPROTECT,
	  TYPE_SYSCALL, PARAMS(mprotect_params) },
	{ TEXT("memfd_create"), EVENT_SYSCALL, EVENT_MEMORY, HOOK_MEMFD,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(memfd_create_params) },
	{ TEXT("userfaultfd"), EVENT_SYSCALL, EVENT_FILE, HOOK_USERFAULTFD,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(userfaultfd_params) },
	{ TEXT("socket"), EVENT_SYSCALL, EVENT_NET, HOOK_SOCKET,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(socket_params) },
	{ TEXT("socketpair"), EVENT_SYSCALL, EVENT_IPC, HOOK_SOCKET,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(socketpair_params) },
	{ TEXT("bind"), EVENT_SYSCALL, EVENT_NET, HOOK_BIND,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(bind_params) },
	{ TEXT("connect"), EVENT_SYSCALL, EVENT_NET, HOOK_CONNECT,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(connect_params) },
	{ TEXT("listen"), EVENT_SYSCALL, EVENT_NET, HOOK_LISTEN,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(listen_params) },
	{ TEXT("accept"), EVENT_SYSCALL, EVENT_NET, HOOK_ACCEPT,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(accept_params) },
	{ TEXT("accept4"), EVENT_SYSCALL, EVENT_NET, HOOK_ACCEPT,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(accept4_params) },
	{ TEXT("sendto"), EVENT_SYSCALL, EVENT_IO_WRITE, HOOK_SEND,
	  TYPE_SYSCALL | TYPE_FD | TYPE_WRITES, PARAMS(sendto_params) },
	{ TEXT("sendmsg"), EVENT_SYSCALL, EVENT_IO_WRITE, HOOK_SEND,
	  TYPE_SYSCALL | TYPE_FD | TYPE_WRITES, PARAMS(sendto_params) },
	{ TEXT("sendmmsg"), EVENT_SYSCALL, EVENT_IO_WRITE, HOOK_SEND,
	  TYPE_SYSCALL | TYPE_FD | TYPE_WRITES, PARAMS(sendto_params) },
	{ TEXT("recvfrom"), EVENT_SYSCALL, EVENT_IO_READ, HOOK_RECEIVE,
	  TYPE_SYSCALL | TYPE_FD | TYPE_READS, PARAMS(recvfrom_params) },
	{ TEXT("recvmsg"), EVENT_SYSCALL, EVENT_IO_READ, HOOK_RECEIVE,
	  TYPE_SYSCALL | TYPE_FD | TYPE_READS, PARAMS(recvfrom_params) },
	{ TEXT("recvmmsg"), EVENT_SYSCALL, EVENT_IO_READ, HOOK_RECEIVE,
	  TYPE_SYSCALL | TYPE_FD | TYPE_READS, PARAMS(recvfrom_params) },
	{ TEXT("ptrace"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_PTRACE,
	  TYPE_SYSCALL, PARAMS(ptrace_params) },
	{ TEXT("process_vm_readv"), EVENT_SYSCALL, EVENT_IPC, HOOK_PTRACE,
	  TYPE_SYSCALL, PARAMS(process_vm_readv_params) },
	{ TEXT("process_vm_writev"), EVENT_SYSCALL, EVENT_IPC, HOOK_PTRACE,
	  TYPE_SYSCALL, PARAMS(process_vm_readv_params) },
	{ TEXT("mount"), EVENT_SYSCALL, EVENT_FILE, HOOK_MOUNT,
	  TYPE_SYSCALL, PARAMS(mount_params) },
	{ TEXT("umount"), EVENT_SYSCALL, EVENT_FILE, HOOK_UMOUNT,
	  TYPE_SYSCALL, PARAMS(umount_params) },
	{ TEXT("umount2"), EVENT_SYSCALL, EVENT_FILE, HOOK_UMOUNT,
	  TYPE_SYSCALL, PARAMS(umount2_params) },
	{ TEXT("fsopen"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_MOUNT_API,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fsopen_params) },
	{ TEXT("fsconfig"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_MOUNT_API,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fsconfig_params) },
	{ TEXT("fsmount"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_MOUNT_API,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fsmount_params) },
	{ TEXT("move_mount"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_MOUNT_API,
	  TYPE_SYSCALL, PARAMS(move_mount_params) },
	{ TEXT("open_tree"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_MOUNT_API,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(open_tree_params) },
	{ TEXT("mount_setattr"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_MOUNT_API,
	  TYPE_SYSCALL, PARAMS(mount_setattr_params) },
	{ TEXT("pivot_root"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_PIVOT_ROOT,
	  TYPE_SYSCALL, PARAMS(pivot_root_params) },
	{ TEXT("setns"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_NAMESPACE,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(setns_params) },
	{ TEXT("unshare"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_NAMESPACE,
	  TYPE_SYSCALL, PARAMS(unshare_params) },
	{ TEXT("setuid"), EVENT_SYSCALL, EVENT_USER, HOOK_CREDENTIALS,
	  TYPE_SYSCALL, PARAMS(setuid_params) },
	{ TEXT("setgid"), EVENT_SYSCALL, EVENT_USER, HOOK_CREDENTIALS,
	  TYPE_SYSCALL, PARAMS(setgid_params) },
	{ TEXT("setreuid"), EVENT_SYSCALL, EVENT_USER, HOOK_CREDENTIALS,
	  TYPE_SYSCALL, PARAMS(setreuid_params) },
	{ TEXT("setregid"), EVENT_SYSCALL, EVENT_USER, HOOK_CREDENTIALS,
	  TYPE_SYSCALL, PARAMS(setregid_params) },
	{ TEXT("setresuid"), EVENT_SYSCALL, EVENT_USER, HOOK_CREDENTIALS,
	  TYPE_SYSCALL, PARAMS(setresuid_params) },
	{ TEXT("setresgid"), EVENT_SYSCALL, EVENT_USER, HOOK_CREDENTIALS,
	  TYPE_SYSCALL, PARAMS(setresgid_params) },
	{ TEXT("setsid"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_CREDENTIALS,
	  TYPE_SYSCALL, PARAMS(setsid_params) },
	{ TEXT("setpgid"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_CREDENTIALS,
	  TYPE_SYSCALL, PARAMS(setpgid_params) },
	{ TEXT("capset"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_CAPSET,
	  TYPE_SYSCALL, PARAMS(capset_params) },
	{ TEXT("capability"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_CAPABLE,
	  0, PARAMS(capability_params) },
	{ TEXT("init_module"), EVENT_SYSCALL, EVENT_OTHER, HOOK_MODULE,
	  TYPE_SYSCALL, PARAMS(init_module_params) },
	{ TEXT("finit_module"), EVENT_SYSCALL, EVENT_OTHER, HOOK_MODULE,
	  TYPE_SYSCALL | TYPE_FD | TYPE_READS, PARAMS(finit_module_params) },
	{ TEXT("delete_module"), EVENT_SYSCALL, EVENT_OTHER, HOOK_MODULE,
	  TYPE_SYSCALL, PARAMS(delete_module_params) },
	{ TEXT("bpf"), EVENT_SYSCALL, EVENT_OTHER, HOOK_BPF,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(bpf_params) },
	{ TEXT("perf_event_open"), EVENT_SYSCALL, EVENT_OTHER, HOOK_PERF,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(perf_event_open_params) },
	{ TEXT("io_uring_setup"), EVENT_SYSCALL, EVENT_IO_OTHER, HOOK_IO_URING,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(io_uring_setup_params) },
	{ TEXT("io_uring_enter"), EVENT_SYSCALL, EVENT_IO_OTHER, HOOK_IO_URING,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(io_uring_enter_params) },
	{ TEXT("io_uring_register"), EVENT_SYSCALL, EVENT_IO_OTHER, HOOK_IO_URING,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(io_uring_register_params) },
	{ TEXT("keyctl"), EVENT_SYSCALL, EVENT_OTHER, HOOK_KEYCTL,
	  TYPE_SYSCALL, PARAMS(keyctl_params) },
	{ TEXT("kill"), EVENT_SYSCALL, EVENT_SIGNAL, HOOK_KILL,
	  TYPE_SYSCALL, PARAMS(kill_params) },
	{ TEXT("tkill"), EVENT_SYSCALL, EVENT_SIGNAL, HOOK_KILL,
	  TYPE_SYSCALL, PARAMS(tkill_params) },
	{ TEXT("tgkill"), EVENT_SYSCALL, EVENT_SIGNAL, HOOK_KILL,
	  TYPE_SYSCALL, PARAMS(tgkill_params) },
	{ TEXT("dup"), EVENT_SYSCALL, EVENT_IO_OTHER, HOOK_DUP,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(dup_params) },
	{ TEXT("dup2"), EVENT_SYSCALL, EVENT_IO_OTHER, HOOK_DUP,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(dup2_params) },
	{ TEXT("dup3"), EVENT_SYSCALL, EVENT_IO_OTHER, HOOK_DUP,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(dup3_params) },
	{ TEXT("fcntl"), EVENT_SYSCALL, EVENT_IO_OTHER, HOOK_DUP,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(fcntl_params) },
	{ TEXT("prctl"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_PRCTL,
	  TYPE_SYSCALL, PARAMS(prctl_params) },
	{ TEXT("pidfd_open"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_PTRACE,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(pidfd_open_params) },
	{ TEXT("pidfd_getfd"), EVENT_SYSCALL, EVENT_PROCESS, HOOK_PTRACE,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(pidfd_getfd_params) },
	{ TEXT("pidfd_send_signal"), EVENT_SYSCALL, EVENT_SIGNAL, HOOK_KILL,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(pidfd_send_signal_params) },
	{ TEXT("utimensat"), EVENT_SYSCALL, EVENT_FILE, HOOK_CHMOD,
	  TYPE_SYSCALL | TYPE_FD, PARAMS(utimensat_params) },
	{ TEXT("sethostname"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_SYSCTL,
	  TYPE_SYSCALL, PARAMS(sethostname_params) },
	{ TEXT("setdomainname"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_SYSCTL,
	  TYPE_SYSCALL, PARAMS(sethostname_params) },
	{ TEXT("sysctl"), EVENT_SYSCALL, EVENT_SYSTEM, HOOK_SYSCTL,
	  0, PARAMS(sysctl_params) },
	{ TEXT("k8s_audit"), EVENT_K8S_AUDIT, EVENT_META, HOOK_AUDIT,
	  TYPE_NO_RESULT | TYPE_NO_PROCESS, NULL, 0 },
};
/* clang-format on */
const uint32_t event_type_count = ARRAY_SIZE(event_types);
