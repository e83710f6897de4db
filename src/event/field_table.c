/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields. A row: name, type, argument, flags, accessor, which types have it, the accessor's
 * parameter, whose process (0: of the event, 1: its parent), meaning, example. docs/rules-fields.md
 * is made from this table.
 */
#include <stddef.h>

#include "base/cleanup.h"
#include "event/field_access.h"

#define SYS (1 << EVENT_SYSCALL)
#define AUDIT (1 << EVENT_K8S_AUDIT)
#define ALL (SYS | AUDIT)
#define KERNEL FIELD_KERNEL
#define NO_SIDES (FIELD_NO_RIGHT | FIELD_NO_TRANSFORM)

#define ROW(sources, name, type, arg, flags, get, presence, param, hop, meaning, example)         \
	{                                                                                         \
		TEXT(name), VALUE_##type, FIELD_ARG_##arg, (sources), (flags), (get), (presence), \
			(uint16_t)(param), (hop), (meaning), (example)                            \
	}

/* The event itself. */
#define EVT(name, type, flags, get, presence, param, meaning, example) \
	ROW(ALL, name, type, NONE, flags, get, presence, param, 0, meaning, example)
#define CALL(name, type, flags, get, presence, param, meaning, example) \
	ROW(SYS, name, type, NONE, flags, get, presence, param, 0, meaning, example)
/* A member of struct process, of the event's process or its parent. */
#define P(member) offsetof(struct process, member)
#define PROC(name, type, flags, get, param, meaning, example) \
	ROW(SYS, name, type, NONE, flags, get, NULL, param, 0, meaning, example)
#define PARENT(name, type, flags, get, param, meaning, example) \
	ROW(SYS, name, type, NONE, flags, get, NULL, param, 1, meaning, example)
#define TARGET(name, type, get, param, meaning, example) \
	ROW(SYS, name, type, NONE, FIELD_OURS, get, NULL, param, FIELD_TARGET, meaning, example)
#define ANCESTOR(name, type, flags, get, param, meaning, example)                                 \
	ROW(SYS, name, type, INDEX, (flags) | FIELD_ANY | NO_SIDES, get, NULL, param, 0, meaning, \
	    example)
#define F(member) offsetof(struct fd, member)
#define FD(name, type, flags, get, param, meaning, example) \
	ROW(SYS, name, type, NONE, flags, get, field_fd_presence, param, 0, meaning, example)
#define C(member) offsetof(struct event_container, member)
#define CONT(name, type, flags, get, param, meaning, example) \
	ROW(SYS, name, type, NONE, (flags) | FIELD_CONTAINER, get, NULL, param, 0, meaning, example)
#define POD(name, member, meaning, example) \
	CONT(name, STRING, KERNEL, field_pod_text, offsetof(struct pod, member), meaning, example)
/* Rules may name it, nothing has it any more. */
#define GONE(name, arg)                                                                \
	ROW(SYS, name, STRING, arg, FIELD_DEPRECATED, field_absent, field_never, 0, 0, \
	    "Always missing: nothing provides it any more.", "")
#define KA(name, get, param, meaning, example) \
	ROW(AUDIT, name, STRING, NONE, 0, get, NULL, param, 0, meaning, example)
#define KALIST(name, arg, get, param, meaning, example) \
	ROW(AUDIT, name, STRING, arg, FIELD_LIST, get, NULL, param, 0, meaning, example)
/* The same property of the three kinds of containers that a pod has. */
#define KACONT(property, param, meaning, example)                                                 \
	KALIST("ka.req.pod.containers." property, INDEX, field_audit_containers,                  \
	       CONTAINERS_MAIN | (param), meaning, example),                                      \
		KALIST("ka.req.pod.initContainers." property, INDEX, field_audit_containers,      \
		       CONTAINERS_INIT | (param), meaning " Of the init containers.", example),   \
		KALIST("ka.req.pod.ephemeralContainers." property, INDEX, field_audit_containers, \
		       CONTAINERS_EPHEMERAL | (param), meaning " Of the ephemeral containers.",   \
		       example)

/* clang-format off */
const struct field_def event_fields[] = {
	/* --- evt --- */
	EVT("evt.num", UINT, 0, field_event_number, NULL, EVENT_NUM, "Number of the event in its stream, from 1.", "17"),
	EVT("evt.time", STRING, FIELD_RAW_TIME, field_event_time, NULL, 0, "Time of day in UTC with nanoseconds. In JSON: nanoseconds since 1970.", "09:31:05.000000017"),
	EVT("evt.time.s", STRING, 0, field_event_time, NULL, 1, "Time of day in UTC.", "09:31:05"),
	EVT("evt.datetime", STRING, 0, field_event_datetime, NULL, 0, "Date and time in UTC with nanoseconds.", "2026-03-01 09:31:05.000000017"),
	EVT("evt.datetime.s", STRING, 0, field_event_datetime, NULL, 1, "Date and time in UTC.", "2026-03-01 09:31:05"),
	EVT("evt.rawtime", TIME, 0, field_event_number, NULL, EVENT_RAWTIME, "Nanoseconds since 1970.", "1772357465000000017"),
	EVT("evt.rawtime.s", TIME, 0, field_event_number, NULL, EVENT_RAWTIME_S, "Seconds since 1970.", "1772357465"),
	EVT("evt.rawtime.ns", TIME, 0, field_event_number, NULL, EVENT_RAWTIME_NS, "The fraction of evt.rawtime, in nanoseconds.", "17"),
	EVT("evt.reltime", DURATION, 0, field_event_number, NULL, EVENT_RELTIME, "Nanoseconds since the stream began.", "1500000000"),
	EVT("evt.reltime.s", DURATION, 0, field_event_number, NULL, EVENT_RELTIME_S, "Seconds since the stream began.", "1"),
	EVT("evt.reltime.ns", DURATION, 0, field_event_number, NULL, EVENT_RELTIME_NS, "The fraction of evt.reltime, in nanoseconds.", "500000000"),
	EVT("evt.type", STRING, KERNEL, field_event_type, field_fixed, 0, "What happened: the name of the system call, or of another event type.", "openat"),
	EVT("evt.source", STRING, KERNEL, field_event_source, field_fixed, 0, "Where the event comes from: syscall, k8s_audit.", "syscall"),
	EVT("evt.hostname", STRING, 0, field_event_hostname, NULL, 0, "Name of the host.", "node-7"),
	CALL("syscall.type", STRING, KERNEL, field_event_type, field_syscall_presence, 0, "Name of the system call; missing for other events.", "openat"),
	CALL("evt.category", STRING, 0, field_event_category, NULL, 0, "Kind of event: file, net, process, memory, ipc, signal, user and others.", "file"),
	CALL("evt.cpu", INT, KERNEL, field_event_number, NULL, EVENT_CPU, "Number of the CPU.", "3"),
	CALL("evt.dir", STRING, FIELD_DEPRECATED | KERNEL, field_event_direction, field_fixed, 0, "Always \"<\": events are seen when they are decided or done.", "<"),
	CALL("evt.args", STRING, 0, field_event_args, NULL, 0, "All parameters as \"name=value(meaning)\", separated by blanks.", "res=0 path=/tmp/x mode=755"),
	CALL("evt.info", STRING, 0, field_event_args, NULL, 0, "The same as evt.args.", "res=0 path=/tmp/x mode=755"),
	ROW(SYS, "evt.arg", STRING, DOTTED, 0, field_event_arg, field_has_param, 0, 0, "A parameter by name or number, as text: names of flags, resolved paths, errors.", "evt.arg.flags = O_RDONLY|O_CLOEXEC"),
	ROW(SYS, "evt.rawarg", STRING, DOTTED, NO_SIDES, field_event_rawarg, field_has_param, 0, 0, "A parameter by name, as the number or bytes that it is.", "evt.rawarg.size = 4096"),
	CALL("evt.buffer", BYTES, 0, field_event_buffer, field_has_data, 0, "The data that is read or written, as far as it was captured.", "GET / HTTP/1.1"),
	CALL("evt.buflen", UINT, 0, field_event_buflen, field_is_io_type, 0, "How many bytes were read or written.", "512"),
	CALL("evt.res", STRING, 0, field_event_res, field_has_result, 0, "SUCCESS, or the name of the error.", "ENOENT"),
	CALL("evt.rawres", INT, KERNEL, field_event_rawres, field_has_result, 0, "The value that the call returned; errors are negative.", "-2"),
	CALL("evt.failed", BOOL, KERNEL, field_event_failed, field_has_result, 0, "The call returned an error.", "true"),
	CALL("evt.is_denied", BOOL, KERNEL, field_event_denied, NULL, 0, "The kernel was asked before it was done (merlon deny) and refused it, or would have in a dry run. False for everything that is seen as it happens.", "true"),
	CALL("evt.is_io", BOOL, KERNEL, field_event_io, field_fixed, TYPE_READS | TYPE_WRITES, "Data is read or written.", "true"),
	CALL("evt.is_io_read", BOOL, KERNEL, field_event_io, field_fixed, TYPE_READS, "Data is read.", "true"),
	CALL("evt.is_io_write", BOOL, KERNEL, field_event_io, field_fixed, TYPE_WRITES, "Data is written.", "true"),
	CALL("evt.io_dir", STRING, KERNEL, field_event_io_dir, field_fixed, 0, "read or write; missing for events that move no data.", "write"),
	CALL("evt.is_wait", BOOL, KERNEL, field_event_io, field_fixed, 0, "Always false: waiting is not an event here.", "false"),
	CALL("evt.is_syslog", BOOL, 0, field_event_is_syslog, NULL, 0, "Data is written to /dev/log.", "true"),
	EVT("evt.count", UINT, 0, field_event_number, field_fixed, EVENT_ONE, "Always 1.", "1"),
	CALL("evt.count.error", UINT, 0, field_event_failed, field_has_result, 0, "1 if the call returned an error, else 0.", "1"),
	CALL("evt.count.exit", UINT, 0, field_event_number, field_fixed, EVENT_ONE, "Always 1.", "1"),
	CALL("evt.abspath", STRING, 0, field_event_abspath, field_abspath_presence, PATH_NAME, "The absolute path of calls that take a directory and a path; of two paths the first.", "/tmp/x"),
	CALL("evt.abspath.src", STRING, 0, field_event_abspath, field_abspath_presence, PATH_SOURCE, "The first of two paths, absolute.", "/tmp/x"),
	CALL("evt.abspath.dst", STRING, 0, field_event_abspath, field_abspath_presence, PATH_TARGET, "The second of two paths, absolute.", "/tmp/y"),
	CALL("evt.is_open_read", BOOL, KERNEL, field_event_open, field_open_presence, OPEN_FOR_READ, "A file is opened for reading.", "true"),
	CALL("evt.is_open_write", BOOL, KERNEL, field_event_open, field_open_presence, OPEN_FOR_WRITE, "A file is opened for writing (not by creat).", "true"),
	CALL("evt.is_open_exec", BOOL, KERNEL, field_event_open, field_open_presence, OPEN_FOR_EXEC, "A file is created executable.", "true"),
	CALL("evt.is_on_guard", BOOL, KERNEL, field_event_asked, NULL, ASKED_ON_GUARD, "What is denied, or would be, is about a file, a socket or a pin of Merlon itself, whatever it is mounted as; missing where no decision point asks.", "true"),
	CALL("evt.is_outside", BOOL, KERNEL, field_event_asked, NULL, ASKED_OUTSIDE, "What is denied, or would be, is about a file or directory that is in no mount of the container's; missing where no decision point asks.", "true"),
	CALL("evt.is_open_create", BOOL, KERNEL, field_event_open, field_open_presence, OPEN_CREATES, "A file is created by being opened.", "true"),
	ROW(ALL, "evt.pluginname", STRING, NONE, FIELD_DEPRECATED, field_absent, field_never, 0, 0, "Always missing: there are no plugins.", ""),
	ROW(ALL, "evt.plugininfo", STRING, NONE, FIELD_DEPRECATED, field_absent, field_never, 0, 0, "Always missing: there are no plugins.", ""),
	ROW(ALL, "evt.asynctype", STRING, NONE, FIELD_DEPRECATED, field_absent, field_never, 0, 0, "Always missing: there are no such events.", ""),

	/* --- fs.path --- */
	CALL("fs.path.name", STRING, KERNEL, field_fs_path, field_fs_path_presence, PATH_NAME, "The absolute path that a successful call worked on.", "/etc/passwd"),
	CALL("fs.path.nameraw", STRING, 0, field_fs_path, field_fs_path_presence, PATH_NAME | PATH_RAW, "The same as the caller spelt it.", "../passwd"),
	CALL("fs.path.source", STRING, KERNEL, field_fs_path, field_fs_path_presence, PATH_SOURCE, "Of two paths the old one; of a link the link itself.", "/tmp/old"),
	CALL("fs.path.sourceraw", STRING, 0, field_fs_path, field_fs_path_presence, PATH_SOURCE | PATH_RAW, "The same as the caller spelt it.", "old"),
	CALL("fs.path.target", STRING, KERNEL, field_fs_path, field_fs_path_presence, PATH_TARGET, "Of two paths the new one; of a link what it leads to.", "/tmp/new"),
	CALL("fs.path.targetraw", STRING, 0, field_fs_path, field_fs_path_presence, PATH_TARGET | PATH_RAW, "The same as the caller spelt it.", "new"),
	CALL("fs.paths", STRING, 0, field_fs_paths, field_fs_paths_presence, 0, "For a person: fs.path.name, or fs.path.source and fs.path.target.", "/tmp/job -> /etc/cron.d/x"),

	/* --- proc --- */
	PROC("proc.name", STRING, KERNEL, field_process_text, P(name), "Name of the process, as the kernel keeps it: at most 15 bytes.", "nginx"),
	PARENT("proc.pname", STRING, KERNEL, field_process_text, P(name), "proc.name of the parent.", "bash"),
	ANCESTOR("proc.aname", STRING, KERNEL, field_process_ancestor_text, P(name), "proc.name of an ancestor ([1]: the parent), or of any of them.", "proc.aname[2] = sshd"),
	PROC("proc.exe", STRING, KERNEL, field_process_text, P(exe), "First argument (argv[0]): whatever the caller chose.", "/usr/bin/python3"),
	PARENT("proc.pexe", STRING, KERNEL, field_process_text, P(exe), "proc.exe of the parent.", "-bash"),
	ANCESTOR("proc.aexe", STRING, KERNEL, field_process_ancestor_text, P(exe), "proc.exe of an ancestor, or of any of them.", "proc.aexe[1] = -bash"),
	PROC("proc.exepath", STRING, KERNEL, field_process_text, P(exepath), "Path of the executable, as the kernel resolved it.", "/usr/bin/python3.11"),
	PARENT("proc.pexepath", STRING, KERNEL, field_process_text, P(exepath), "proc.exepath of the parent.", "/usr/bin/bash"),
	ANCESTOR("proc.aexepath", STRING, KERNEL, field_process_ancestor_text, P(exepath), "proc.exepath of an ancestor, or of any of them.", "proc.aexepath[1] = /usr/bin/bash"),
	ANCESTOR("proc.inside.aname", STRING, KERNEL | FIELD_INSIDE | FIELD_OURS, field_process_ancestor_text, P(name), "The same as proc.aname, of ancestors that are in the same container (or on the host).", "proc.inside.aname = apt"),
	ANCESTOR("proc.inside.aexepath", STRING, KERNEL | FIELD_INSIDE | FIELD_OURS, field_process_ancestor_text, P(exepath), "The same as proc.aexepath, of ancestors that are in the same container (or on the host).", "proc.inside.aexepath = /usr/bin/apt"),
	ROW(SYS, "proc.args", STRING, INDEX, 0, field_process_args, NULL, 0, 0, "Arguments without the first, joined by blanks; or one of them ([0]: the one behind argv[0]).", "-c id"),
	ROW(SYS, "proc.arglist", STRING, NONE, FIELD_LIST | NO_SIDES | FIELD_OURS, field_process_arglist, NULL, 0, 0, "Arguments without the first as a list, for intersects, getopt() and join(). getopt(proc.args, ...) reads it too.", "proc.arglist intersects (--privileged)"),
	ROW(SYS, "proc.aargs", STRING, INDEX, 0, field_process_ancestor_args, NULL, 0, 0, "proc.args of an ancestor; without an index those of all ancestors as one string.", "proc.aargs[1] = -l"),
	PROC("proc.cmdline", STRING, 0, field_process_cmdline, 0, "proc.name and proc.args, joined by a blank.", "sh -c id"),
	PARENT("proc.pcmdline", STRING, 0, field_process_cmdline, 0, "proc.cmdline of the parent.", "bash -l"),
	ANCESTOR("proc.acmdline", STRING, 0, field_process_ancestor_cmdline, 0, "proc.cmdline of an ancestor, or of any of them.", "proc.acmdline[1] = bash -l"),
	PROC("proc.exeline", STRING, 0, field_process_exeline, 0, "proc.exe and proc.args, joined by a blank.", "/bin/sh -c id"),
	PROC("proc.cmdnargs", UINT, 0, field_process_nargs, 0, "Number of arguments without the first.", "2"),
	PROC("proc.cmdlenargs", UINT, 0, field_process_largs, 0, "Length of the arguments without the first and without blanks.", "4"),
	ROW(SYS, "proc.env", STRING, KEY, 0, field_process_env, NULL, 0, 0, "Environment joined by blanks; or the value of one variable, empty if it is not set.", "proc.env[LD_PRELOAD] = /tmp/x.so"),
	ROW(SYS, "proc.aenv", STRING, EITHER, FIELD_ANY | NO_SIDES, field_process_env_ancestor, NULL, 0, 0, "Environment of an ancestor or of any; or a variable's value in the first ancestor that sets it.", "proc.aenv[SSH_TTY] = /dev/pts/0"),
	PROC("proc.cwd", STRING, KERNEL, field_process_text, P(cwd), "Working directory.", "/root"),
	PROC("proc.loginshellid", INT, 0, field_process_login_shell, 0, "Process id of the oldest shell among the process and its ancestors.", "812"),
	PROC("proc.tty", UINT32, KERNEL, field_process_u32, P(tty), "Controlling terminal; 0: none.", "34816"),
	PROC("proc.pid", INT, KERNEL, field_process_i64, P(pid), "Process id.", "4711"),
	PROC("proc.ppid", INT, KERNEL, field_process_ppid, 0, "Process id of the parent.", "4700"),
	ANCESTOR("proc.apid", INT, KERNEL, field_process_ancestor_pid, 0, "Process id of an ancestor, or of any of them.", "proc.apid[1] = 4700"),
	PROC("proc.vpid", INT, KERNEL, field_process_i64, P(vpid), "Process id in its own PID namespace.", "1"),
	PARENT("proc.pvpid", INT, KERNEL, field_process_i64, P(vpid), "proc.vpid of the parent.", "1"),
	PROC("proc.sid", INT, KERNEL, field_process_i64, P(sid), "Session id.", "4700"),
	PROC("proc.sname", STRING, 0, field_process_leader, LEADER_SESSION << 4 | PART_NAME, "Name of the session leader, or of the oldest ancestor in the session.", "bash"),
	PROC("proc.sid.exe", STRING, 0, field_process_leader, LEADER_SESSION << 4 | PART_EXE, "proc.exe of the session leader.", "-bash"),
	PROC("proc.sid.exepath", STRING, 0, field_process_leader, LEADER_SESSION << 4 | PART_EXEPATH, "proc.exepath of the session leader.", "/usr/bin/bash"),
	PROC("proc.vpgid", INT, KERNEL, field_process_i64, P(vpgid), "Process group id in its own PID namespace.", "1"),
	PROC("proc.vpgid.name", STRING, 0, field_process_leader, LEADER_VGROUP << 4 | PART_NAME, "Name of the group leader, by proc.vpgid.", "sh"),
	PROC("proc.vpgid.exe", STRING, 0, field_process_leader, LEADER_VGROUP << 4 | PART_EXE, "proc.exe of the group leader, by proc.vpgid.", "/bin/sh"),
	PROC("proc.vpgid.exepath", STRING, 0, field_process_leader, LEADER_VGROUP << 4 | PART_EXEPATH, "proc.exepath of the group leader, by proc.vpgid.", "/usr/bin/dash"),
	PROC("proc.pgid", INT, KERNEL, field_process_i64, P(pgid), "Process group id.", "4711"),
	PROC("proc.pgid.name", STRING, 0, field_process_leader, LEADER_GROUP << 4 | PART_NAME, "Name of the group leader.", "sh"),
	PROC("proc.pgid.exe", STRING, 0, field_process_leader, LEADER_GROUP << 4 | PART_EXE, "proc.exe of the group leader.", "/bin/sh"),
	PROC("proc.pgid.exepath", STRING, 0, field_process_leader, LEADER_GROUP << 4 | PART_EXEPATH, "proc.exepath of the group leader.", "/usr/bin/dash"),
	PROC("proc.duration", DURATION, 0, field_process_time, TIME_DURATION, "Nanoseconds since the process started.", "5000000"),
	PARENT("proc.ppid.duration", DURATION, 0, field_process_time, TIME_DURATION, "Nanoseconds since the parent started.", "90000000000"),
	PROC("proc.pid.ts", DURATION, 0, field_process_time, TIME_START, "When the process started, in nanoseconds since 1970.", "1772357465000000017"),
	PARENT("proc.ppid.ts", DURATION, 0, field_process_time, TIME_START, "When the parent started, in nanoseconds since 1970.", "1772357400000000000"),
	PROC("proc.is_exe_writable", BOOL, KERNEL, field_process_flag, P(exe_writable), "Who runs the executable may write to it.", "true"),
	PROC("proc.is_exe_upper_layer", BOOL, KERNEL, field_process_flag, P(exe_upper_layer), "The executable is in the writable layer of the container: not from its image.", "true"),
	PROC("proc.is_exe_lower_layer", BOOL, KERNEL, field_process_flag, P(exe_lower_layer), "The executable is in a read-only layer of the container.", "true"),
	PROC("proc.is_exe_from_memfd", BOOL, KERNEL, field_process_flag, P(exe_memfd), "The executable is a file in memory (memfd_create).", "true"),
	PROC("proc.is_exe_deleted", BOOL, KERNEL | FIELD_OURS, field_process_flag, P(exe_deleted), "The executable has no name left in any directory.", "true"),
	PROC("proc.is_exe_setuid", BOOL, KERNEL | FIELD_OURS, field_process_flag, P(exe_setuid), "The executable runs with the user id of its owner (set-user-ID).", "true"),
	PROC("proc.is_exe_setgid", BOOL, KERNEL | FIELD_OURS, field_process_flag, P(exe_setgid), "The executable runs with the id of its group (set-group-ID).", "true"),
	TARGET("evt.target.pid", INT, field_process_i64, P(pid), "Process id of whom a signal, a trace or an access to memory is for.", "4711"),
	TARGET("evt.target.vpid", INT, field_process_i64, P(vpid), "The same in its own PID namespace.", "17"),
	TARGET("evt.target.name", STRING, field_process_text, P(name), "proc.name of that process.", "sshd"),
	TARGET("evt.target.exepath", STRING, field_process_text, P(exepath), "proc.exepath of that process.", "/usr/sbin/sshd"),
	TARGET("evt.target.cmdline", STRING, field_process_cmdline, 0, "proc.cmdline of that process.", "sshd -D"),
	TARGET("evt.target.container.id", STRING, field_target_container, C(id), "container.id of that process.", "host"),
	TARGET("evt.target.container.name", STRING, field_target_container, C(name), "container.name of that process.", "web"),
	PROC("proc.is_sid_leader", BOOL, KERNEL, field_process_is_leader, LEADER_SESSION, "The process leads its session.", "true"),
	PROC("proc.is_vpgid_leader", BOOL, KERNEL, field_process_is_leader, LEADER_VGROUP, "The process leads its group, by the ids of its PID namespace.", "true"),
	PROC("proc.is_pgid_leader", BOOL, KERNEL, field_process_is_leader, LEADER_GROUP, "The process leads its group.", "true"),
	PROC("proc.exe_ino", INT, KERNEL, field_process_u64, P(exe_inode), "Inode of the executable.", "1311768"),
	PROC("proc.exe_ino.ctime", TIME, KERNEL, field_process_u64, P(exe_ctime_ns), "When the inode of the executable last changed, in nanoseconds since 1970.", "1772300000000000000"),
	PROC("proc.exe_ino.mtime", TIME, KERNEL, field_process_u64, P(exe_mtime_ns), "When the executable was last written, in nanoseconds since 1970.", "1772300000000000000"),
	PROC("proc.exe_ino.ctime_duration_proc_start", TIME, 0, field_process_ctime_to_start, 0, "Nanoseconds from the last change of the executable to the start of the process.", "1000000"),
	PROC("proc.exe_ino.ctime_duration_pidns_start", TIME, 0, field_process_ctime_to_pidns, 0, "Nanoseconds from the start of the PID namespace to the last change of the executable.", "60000000000"),
	PROC("proc.pidns_init_start_ts", UINT, KERNEL, field_process_u64, P(pidns_start_ns), "When the PID namespace began, in nanoseconds since 1970.", "1772357000000000000"),
	PROC("proc.nthreads", UINT, 0, field_process_threads, 0, "Number of threads.", "4"),
	PROC("proc.nchilds", UINT, 0, field_process_threads, 1, "Number of threads without the main one.", "3"),
	PROC("proc.stdin.type", STRING, 0, field_process_stdio, 0, "What descriptor 0 is, as fd.type.", "ipv4"),
	PROC("proc.stdout.type", STRING, 0, field_process_stdio, 1, "What descriptor 1 is, as fd.type.", "ipv4"),
	PROC("proc.stderr.type", STRING, 0, field_process_stdio, 2, "What descriptor 2 is, as fd.type.", "ipv4"),
	PROC("proc.stdin.name", STRING, 0, field_process_stdio, 4, "Name of descriptor 0, as fd.name.", "/dev/pts/0"),
	PROC("proc.stdout.name", STRING, 0, field_process_stdio, 5, "Name of descriptor 1, as fd.name.", "/dev/pts/0"),
	PROC("proc.stderr.name", STRING, 0, field_process_stdio, 6, "Name of descriptor 2, as fd.name.", "/dev/pts/0"),
	PROC("proc.is_container_healthcheck", BOOL, 0, field_process_flag, P(healthcheck), "The process belongs to a health check of the container.", "true"),
	PROC("proc.is_container_liveness_probe", BOOL, 0, field_process_flag, P(liveness_probe), "The process belongs to a liveness probe of the container.", "true"),
	PROC("proc.is_container_readiness_probe", BOOL, 0, field_process_flag, P(readiness_probe), "The process belongs to a readiness probe of the container.", "true"),

	/* --- thread --- */
	PROC("thread.tid", INT, KERNEL, field_thread_id, 0, "Thread id.", "4711"),
	PROC("thread.vtid", INT, KERNEL, field_thread_vid, 0, "Thread id in its own PID namespace.", "1"),
	PROC("thread.ismain", BOOL, KERNEL, field_thread_main, 0, "It is the main thread of the process.", "true"),
	PROC("thread.cap_permitted", STRING, KERNEL, field_process_caps, P(cap_permitted), "Permitted capabilities, joined by blanks.", "CAP_CHOWN CAP_KILL"),
	PROC("thread.cap_inheritable", STRING, KERNEL, field_process_caps, P(cap_inheritable), "Inheritable capabilities, joined by blanks.", ""),
	PROC("thread.cap_effective", STRING, KERNEL, field_process_caps, P(cap_effective), "Effective capabilities, joined by blanks.", "CAP_CHOWN CAP_KILL"),
	PROC("thread.cgroups", STRING, 0, field_process_text, P(cgroups), "Control groups as \"controller=path\", joined by blanks.", "pids=/system.slice"),

	/* --- user, group --- */
	PROC("user.uid", UINT32, KERNEL, field_user_id, 0, "User id.", "1000"),
	PROC("user.name", STRING, 0, field_user_name, P(user), "Name of the user in its container; \"<NA>\" if it is not known.", "www-data"),
	PROC("user.homedir", STRING, 0, field_user_name, P(home), "Home directory of the user.", "/root"),
	PROC("user.shell", STRING, 0, field_user_name, P(shell), "Login shell of the user.", "/bin/bash"),
	PROC("user.loginuid", INT, KERNEL, field_user_loginuid, 0, "User id of who logged in, whatever it became since; -1: nobody did.", "1000"),
	PROC("user.uid_before", INT, KERNEL | FIELD_OURS, field_user_before, 0, "User id with which the process ran the program before this one; -1: it has run none since its birth.", "1000"),
	PROC("user.loginname", STRING, 0, field_user_name, P(login_user), "Name of who logged in.", "alice"),
	PROC("group.gid", UINT32, KERNEL, field_user_id, 1, "Group id.", "1000"),
	PROC("group.name", STRING, 0, field_user_name, P(group), "Name of the group.", "www-data"),

	/* --- fd --- */
	FD("fd.num", INT, KERNEL, field_fd_num, 0, "Number of the descriptor; a negative error if there is none.", "3"),
	FD("fd.type", STRING, KERNEL, field_fd_type, 0, "file, directory, ipv4, ipv6, unix, pipe, event, signalfd, eventpoll, inotify, memfd and others.", "ipv4"),
	FD("fd.typechar", STRING, KERNEL, field_fd_typechar, 0, "The type as one letter: f file, d directory, 4 IPv4, 6 IPv6, 2 and 3 listeners of them, u unix, p pipe, e event, m memfd, o other.", "f"),
	FD("fd.name", STRING, KERNEL, field_fd_name, 0, "Files: the absolute path as the kernel resolved it. Sockets: \"client:port->server:port\".", "/etc/shadow"),
	FD("fd.nameraw", STRING, 0, field_fd_nameraw, 0, "Files: the path as the caller spelt it.", "../etc//shadow"),
	FD("fd.directory", STRING, KERNEL, field_fd_directory, 0, "Directory of a file.", "/etc"),
	FD("fd.filename", STRING, KERNEL, field_fd_filename, 0, "Name of a file without its directory.", "shadow"),
	FD("fd.ip", ADDRESS, FIELD_EITHER | FIELD_CONDITION_ONLY | NO_SIDES | KERNEL, field_fd_addresses, 0, "Address of either end; \"!=\": of neither.", "10.0.0.1"),
	FD("fd.cip", ADDRESS, KERNEL, field_fd_address, SIDE_CLIENT, "Address of the client.", "10.0.0.1"),
	FD("fd.sip", ADDRESS, KERNEL, field_fd_address, SIDE_SERVER, "Address of the server.", "10.0.0.2"),
	FD("fd.lip", ADDRESS, KERNEL, field_fd_address, SIDE_LOCAL, "Address of the near end.", "10.0.0.1"),
	FD("fd.rip", ADDRESS, KERNEL, field_fd_address, SIDE_REMOTE, "Address of the far end.", "10.0.0.2"),
	FD("fd.port", PORT, FIELD_EITHER | FIELD_CONDITION_ONLY | NO_SIDES | KERNEL, field_fd_ports, 0, "Port of either end; \"!=\": of neither.", "443"),
	FD("fd.cport", PORT, KERNEL, field_fd_port, SIDE_CLIENT, "Port of the client.", "40312"),
	FD("fd.sport", PORT, KERNEL, field_fd_port, SIDE_SERVER, "Port of the server.", "443"),
	FD("fd.lport", PORT, KERNEL, field_fd_port, SIDE_LOCAL, "Port of the near end.", "40312"),
	FD("fd.rport", PORT, KERNEL, field_fd_port, SIDE_REMOTE, "Port of the far end.", "443"),
	FD("fd.proto", PORT, FIELD_EITHER | FIELD_CONDITION_ONLY | NO_SIDES | KERNEL, field_fd_ports, 0, "The same as fd.port.", "443"),
	FD("fd.cproto", STRING, 0, field_fd_proto, SIDE_CLIENT, "Port of the client, as text.", "40312"),
	FD("fd.sproto", STRING, 0, field_fd_proto, SIDE_SERVER, "Port of the server, as text.", "443"),
	FD("fd.lproto", STRING, 0, field_fd_proto, SIDE_LOCAL, "Port of the near end, as text.", "40312"),
	FD("fd.rproto", STRING, 0, field_fd_proto, SIDE_REMOTE, "Port of the far end, as text.", "443"),
	FD("fd.net", NETWORK, FIELD_EITHER | FIELD_CONDITION_ONLY | NO_SIDES | KERNEL, field_fd_addresses, 0, "Network of either end; \"!=\": of neither.", "10.0.0.0/8"),
	FD("fd.cnet", NETWORK, FIELD_CONDITION_ONLY | NO_SIDES | KERNEL, field_fd_address, SIDE_CLIENT, "Network of the client.", "10.0.0.0/8"),
	FD("fd.snet", NETWORK, FIELD_CONDITION_ONLY | NO_SIDES | KERNEL, field_fd_address, SIDE_SERVER, "Network of the server.", "10.0.0.0/8"),
	FD("fd.lnet", NETWORK, FIELD_CONDITION_ONLY | NO_SIDES | KERNEL, field_fd_address, SIDE_LOCAL, "Network of the near end.", "10.0.0.0/8"),
	FD("fd.rnet", NETWORK, FIELD_CONDITION_ONLY | NO_SIDES | KERNEL, field_fd_address, SIDE_REMOTE, "Network of the far end.", "10.0.0.0/8"),
	FD("fd.cip.name", STRING, FIELD_EITHER | NO_SIDES, field_fd_domain, SIDE_CLIENT, "Domain name of the client's address.", "db.example.com"),
	FD("fd.sip.name", STRING, FIELD_EITHER | NO_SIDES, field_fd_domain, SIDE_SERVER, "Domain name of the server's address.", "db.example.com"),
	FD("fd.lip.name", STRING, FIELD_EITHER | NO_SIDES, field_fd_domain, SIDE_LOCAL, "Domain name of the near end's address.", "web.example.com"),
	FD("fd.rip.name", STRING, FIELD_EITHER | NO_SIDES, field_fd_domain, SIDE_REMOTE, "Domain name of the far end's address.", "db.example.com"),
	FD("fd.l4proto", STRING, KERNEL, field_fd_l4proto, 0, "tcp, udp, icmp or raw; \"<NA>\" for what is no such socket.", "tcp"),
	FD("fd.sockfamily", STRING, KERNEL, field_fd_family, 0, "ip or unix; missing for other descriptors.", "ip"),
	FD("fd.is_server", BOOL, KERNEL, field_fd_is_server, 0, "The process is the server end.", "true"),
	FD("fd.connected", BOOL, KERNEL, field_fd_flag, F(connected), "The socket is connected.", "true"),
	FD("fd.name_changed", BOOL, 0, field_fd_name_changed, 0, "This event changed the name: a datagram socket talks to another peer.", "true"),
	FD("fd.uid", STRING, 0, field_fd_uid, 0, "Thread id and descriptor number, one behind the other.", "47113"),
	FD("fd.containername", STRING, 0, field_fd_container_name, 0, "Container id, a colon, fd.name.", "d3b07384d113:/etc/shadow"),
	FD("fd.containerdirectory", STRING, 0, field_fd_container_directory, 0, "Container id, a colon, fd.directory.", "d3b07384d113:/etc"),
	FD("fd.dev", INT, KERNEL | FIELD_HEX, field_fd_device, 0, "Device number of a file.", "800001"),
	FD("fd.dev.major", INT, KERNEL, field_fd_device, 1, "Major device number of a file.", "8"),
	FD("fd.dev.minor", INT, KERNEL, field_fd_device, 2, "Minor device number of a file.", "1"),
	FD("fd.ino", INT, KERNEL, field_fd_inode, 0, "Inode of a file.", "1311768"),
	FD("fd.is_outside", BOOL, KERNEL, field_fd_flag, F(outside), "The file or directory is not in the mount namespace of who uses it: it came by a descriptor that was left open, or through /proc of another process.", "true"),
	FD("fd.is_upper_layer", BOOL, KERNEL, field_fd_flag, F(upper_layer), "The file is in the writable layer of the container.", "true"),
	FD("fd.is_lower_layer", BOOL, KERNEL, field_fd_flag, F(lower_layer), "The file is in a read-only layer of the container.", "true"),

	/* --- container --- */
	FD("fd.is_block_device", BOOL, KERNEL, field_fd_flag, F(block_device), "The file is a block device: a disk, or a part of one, by whatever name.", "true"),
	CONT("container.id", STRING, KERNEL, field_container_id, C(id), "The first 12 digits of the container's id; \"host\" outside of containers.", "d3b07384d113"),
	CONT("container.full_id", STRING, KERNEL, field_container_id, C(full_id), "The whole id; \"host\" outside of containers.", "d3b07384d113edec49eaa6238ad5ff00..."),
	CONT("container.name", STRING, KERNEL, field_container_name, 0, "Name of the container; \"host\" outside of containers.", "web-1"),
	CONT("container.type", STRING, KERNEL, field_container_text, C(type), "Who runs it: docker, containerd, cri-o, podman and others.", "containerd"),
	CONT("container.image", STRING, KERNEL, field_container_text, C(image), "The image as the container was started with.", "docker.io/library/nginx:1.25"),
	CONT("container.image.id", STRING, KERNEL, field_container_text, C(image_id), "Id of the image.", "sha256:a6bd71f48f68"),
	CONT("container.image.repository", STRING, KERNEL, field_container_text, C(repository), "The image without tag and digest.", "docker.io/library/nginx"),
	CONT("container.image.tag", STRING, KERNEL, field_container_text, C(tag), "Tag of the image.", "1.25"),
	CONT("container.image.digest", STRING, KERNEL, field_container_text, C(digest), "Digest of the image.", "sha256:9504f3f64a3f..."),
	CONT("container.privileged", BOOL, KERNEL, field_container_privileged, 0, "The container is privileged; missing if that is not known.", "true"),
	CONT("container.host_pid", BOOL, KERNEL, field_container_flag, C(host_pid), "The container shares the host's PID namespace.", "false"),
	CONT("container.host_network", BOOL, KERNEL, field_container_flag, C(host_network), "The container shares the host's network.", "false"),
	CONT("container.host_ipc", BOOL, KERNEL, field_container_flag, C(host_ipc), "The container shares the host's IPC namespace.", "false"),
	CONT("container.mounts", STRING, 0, field_container_mounts, 0, "All mounts as \"source:destination:mode:writable:propagation\", separated by commas.", "/data:/var/lib/db:rw:true:rprivate"),
	ROW(SYS, "container.mount", STRING, EITHER_NEEDED, FIELD_CONTAINER, field_container_mount, NULL, MOUNT_ALL, 0, "One mount, by number or by source (a shell pattern).", "container.mount[/data]"),
	ROW(SYS, "container.mount.source", STRING, EITHER_NEEDED, FIELD_CONTAINER, field_container_mount, NULL, MOUNT_SOURCE, 0, "Source of a mount, by number or by destination (a shell pattern).", "container.mount.source[/var/lib/db] = /data"),
	ROW(SYS, "container.mount.dest", STRING, EITHER_NEEDED, FIELD_CONTAINER, field_container_mount, NULL, MOUNT_DEST, 0, "Destination of a mount, by number or by source (a shell pattern).", "container.mount.dest[/data] = /var/lib/db"),
	ROW(SYS, "container.mount.mode", STRING, EITHER_NEEDED, FIELD_CONTAINER, field_container_mount, NULL, MOUNT_MODE, 0, "Mode of a mount, by number or by source.", "rw"),
	ROW(SYS, "container.mount.rdwr", STRING, EITHER_NEEDED, FIELD_CONTAINER, field_container_mount, NULL, MOUNT_RDWR, 0, "Whether a mount can be written, by number or by source.", "true"),
	ROW(SYS, "container.mount.propagation", STRING, EITHER_NEEDED, FIELD_CONTAINER, field_container_mount, NULL, MOUNT_PROPAGATION, 0, "Propagation of a mount, by number or by source.", "rprivate"),
	PROC("container.start_ts", TIME, KERNEL, field_container_start, 0, "When the container began, in nanoseconds since 1970.", "1772357000000000000"),
	PROC("container.duration", DURATION, KERNEL, field_container_start, 1, "Nanoseconds since the container began.", "60000000000"),
	CONT("container.ip", STRING, 0, field_container_text, C(ip), "Address of the container.", "10.244.1.5"),
	CONT("container.cni.json", STRING, 0, field_container_text, C(cni), "What the network plugin returned for its pod, as JSON.", "{}"),
	CONT("container.labels", STRING, 0, field_container_labels, 0, "All labels as \"key:value, key:value\".", "app:web, tier:front"),
	ROW(SYS, "container.label", STRING, KEY_NEEDED, FIELD_CONTAINER, field_container_label, NULL, 0, 0, "Value of one label.", "container.label[app] = web"),
	GONE("container.healthcheck", NONE), GONE("container.liveness_probe", NONE), GONE("container.readiness_probe", NONE),

	/* --- k8s --- */
	POD("k8s.pod.name", name, "Name of the pod.", "web-7d4b9c-x2x"),
	POD("k8s.ns.name", namespace, "Namespace of the pod.", "shop"),
	POD("k8s.pod.uid", uid, "UID of the pod.", "0f3b2c9a-..."),
	POD("k8s.pod.id", uid, "The same as k8s.pod.uid.", "0f3b2c9a-..."),
	POD("k8s.pod.sandbox_id", sandbox_id, "The first 12 digits of the id of the pod's sandbox.", "63ead5b3cd36"),
	POD("k8s.pod.full_sandbox_id", full_sandbox_id, "Id of the pod's sandbox.", "63ead5b3cd36..."),
	POD("k8s.pod.ip", ip, "Address of the pod.", "10.244.1.5"),
	POD("k8s.pod.cni.json", cni, "What the network plugin returned, as JSON.", "{}"),
	CONT("k8s.pod.labels", STRING, 0, field_pod_labels, 0, "All labels of the pod as \"key:value, key:value\".", "app:web, tier:front"),
	ROW(SYS, "k8s.pod.label", STRING, KEY_NEEDED, FIELD_CONTAINER, field_pod_label, NULL, 0, 0, "Value of one label of the pod.", "k8s.pod.label[app] = web"),
	GONE("k8s.rc.name", NONE), GONE("k8s.rc.id", NONE), GONE("k8s.rc.labels", NONE), GONE("k8s.rc.label", KEY),
	GONE("k8s.svc.name", NONE), GONE("k8s.svc.id", NONE), GONE("k8s.svc.labels", NONE), GONE("k8s.svc.label", KEY),
	GONE("k8s.ns.id", NONE), GONE("k8s.ns.labels", NONE), GONE("k8s.ns.label", KEY),
	GONE("k8s.rs.name", NONE), GONE("k8s.rs.id", NONE), GONE("k8s.rs.labels", NONE), GONE("k8s.rs.label", KEY),
	GONE("k8s.deployment.name", NONE), GONE("k8s.deployment.id", NONE), GONE("k8s.deployment.labels", NONE), GONE("k8s.deployment.label", KEY),

	/* --- ka: Kubernetes audit --- */
	KA("ka.auditid", field_audit_path, AUDIT_ID, "Id of the audit record.", "0f3b2c9a-..."),
	KA("ka.stage", field_audit_path, AUDIT_STAGE, "Stage of the request.", "ResponseComplete"),
	KA("ka.auth.decision", field_audit_path, AUDIT_DECISION, "Whether the request was authorised.", "allow"),
	KA("ka.auth.reason", field_audit_path, AUDIT_REASON, "Why.", "RBAC: allowed by ClusterRoleBinding ..."),
	KA("ka.auth.openshift.decision", field_audit_path, AUDIT_OPENSHIFT_DECISION, "OpenShift: the decision on who it is.", "allow"),
	KA("ka.auth.openshift.username", field_audit_path, AUDIT_OPENSHIFT_USER, "OpenShift: the name of who tries to log in.", "alice"),
	KA("ka.validations.admission.policy.failure", field_audit_path, AUDIT_POLICY_FAILURE, "What a validating admission policy found wrong, as JSON.", "[...]"),
	KA("ka.security.pod.violations", field_audit_path, AUDIT_POD_VIOLATIONS, "What pod security admission found wrong.", "would violate PodSecurity ..."),
	KA("ka.user.name", field_audit_path, AUDIT_USER, "Who asks.", "system:admin"),
	KALIST("ka.user.groups", NONE, field_audit_list, AUDIT_GROUPS, "Groups of who asks.", "(system:masters)"),
	KA("ka.impuser.name", field_audit_path, AUDIT_IMPERSONATED, "As whom the request is made.", "bob"),
	KA("ka.verb", field_audit_path, AUDIT_VERB, "create, delete, get, list, patch, update, watch.", "create"),
	KA("ka.uri", field_audit_path, AUDIT_URI, "The request's URI.", "/api/v1/pods?limit=500"),
	ROW(AUDIT, "ka.uri.param", STRING, KEY_NEEDED, 0, field_audit_uri_param, NULL, 0, 0, "A parameter of the request's URI.", "ka.uri.param[command] = id"),
	KA("ka.target.name", field_audit_path, AUDIT_TARGET_NAME, "Name of what the request is about.", "web"),
	KA("ka.target.namespace", field_audit_path, AUDIT_TARGET_NAMESPACE, "Namespace of what the request is about.", "shop"),
	KA("ka.target.resource", field_audit_path, AUDIT_TARGET_RESOURCE, "Kind of what the request is about.", "pods"),
	KA("ka.target.subresource", field_audit_path, AUDIT_TARGET_SUBRESOURCE, "Which part of it.", "exec"),
	KA("ka.target.pod.name", field_audit_pod_name, 0, "Name of the pod that a request created.", "web-7d4b9c-x2x"),
	KALIST("ka.req.binding.subjects", NONE, field_audit_list, AUDIT_SUBJECTS, "Subjects of a (cluster) role binding, as JSON.", "({\"kind\":\"User\",...})"),
	KALIST("ka.req.binding.subjects.user_names", NONE, field_audit_subjects, SUBJECT_USERS, "Users among the subjects of a binding.", "(alice)"),
	KALIST("ka.req.binding.subjects.serviceaccount_names", NONE, field_audit_subjects, SUBJECT_ACCOUNTS, "Service accounts among the subjects of a binding.", "(builder)"),
	KALIST("ka.req.binding.subjects.serviceaccount_ns_names", NONE, field_audit_subjects, SUBJECT_NAMESPACED, "The same as \"namespace:name\".", "(ci:builder)"),
	KALIST("ka.req.binding.subjects.group_names", NONE, field_audit_subjects, SUBJECT_GROUPS, "Groups among the subjects of a binding.", "(dev)"),
	KA("ka.req.binding.role", field_audit_path, AUDIT_ROLE, "Role that is bound.", "cluster-admin"),
	ROW(AUDIT, "ka.req.binding.subject.has_name", STRING, KEY, FIELD_DEPRECATED, field_audit_true, NULL, 0, 0, "Always \"true\": kept for old rules.", "true"),
	KA("ka.req.configmap.name", field_audit_path, AUDIT_TARGET_NAME, "Name of a config map.", "settings"),
	KA("ka.req.configmap.obj", field_audit_path, AUDIT_DATA, "Content of a config map, as JSON.", "{\"key\":\"value\"}"),
	KACONT("args", CONTAINER_ARGS, "Arguments of the containers, each joined by blanks.", "(--port 80)"),
	KACONT("command", CONTAINER_COMMAND, "Commands of the containers, each joined by blanks.", "(sh -c id)"),
	KACONT("name", CONTAINER_NAME, "Names of the containers.", "(web,sidecar)"),
	KACONT("image", CONTAINER_IMAGE, "Images of the containers.", "(nginx:1.25)"),
	KACONT("image.repository", CONTAINER_REPOSITORY, "Images of the containers without tags.", "(nginx)"),
	KACONT("host_port", CONTAINER_HOST_PORT, "Ports of the host that the containers ask for.", "(80,443)"),
	KACONT("privileged", CONTAINER_PRIVILEGED, "The privileged setting of the containers.", "(true,false)"),
	KACONT("allow_privilege_escalation", CONTAINER_ESCALATION, "The allowPrivilegeEscalation setting of the containers.", "(false)"),
	KACONT("read_only_fs", CONTAINER_READ_ONLY, "The readOnlyRootFilesystem setting of the containers.", "(true)"),
	KACONT("run_as_user", CONTAINER_RUN_AS_USER, "The runAsUser setting of the containers.", "(1000)"),
	KACONT("eff_run_as_user", CONTAINER_EFFECTIVE_USER, "The user the containers run as: their setting, else the pod's, else 0.", "(1000,0)"),
	KACONT("run_as_group", CONTAINER_RUN_AS_GROUP, "The runAsGroup setting of the containers.", "(1000)"),
	KACONT("eff_run_as_group", CONTAINER_EFFECTIVE_GROUP, "The group the containers run as: their setting, else the pod's, else 0.", "(1000,0)"),
	KACONT("proc_mount", CONTAINER_PROC_MOUNT, "The procMount setting of the containers.", "(Default)"),
	KACONT("add_capabilities", CONTAINER_CAPABILITIES, "Capabilities that the containers add, as JSON.", "([\"NET_ADMIN\"])"),
	KA("ka.req.container.image", field_audit_container_first, CONTAINER_IMAGE, "Image of the first container.", "nginx:1.25"),
	KA("ka.req.container.image.repository", field_audit_container_first, CONTAINER_REPOSITORY, "Image of the first container without its tag.", "nginx"),
	KA("ka.req.container.privileged", field_audit_any_privileged, 0, "Whether any container is privileged.", "false"),
	KA("ka.req.container.host_network", field_audit_path, AUDIT_HOST_NETWORK, "The same as ka.req.pod.host_network.", "true"),
	KA("ka.req.pod.host_ipc", field_audit_path, AUDIT_HOST_IPC, "The hostIPC setting of a pod.", "true"),
	KA("ka.req.pod.host_network", field_audit_path, AUDIT_HOST_NETWORK, "The hostNetwork setting of a pod.", "true"),
	KA("ka.req.pod.host_pid", field_audit_path, AUDIT_HOST_PID, "The hostPID setting of a pod.", "true"),
	KA("ka.req.pod.run_as_user", field_audit_path, AUDIT_RUN_AS_USER, "The runAsUser setting of a pod.", "1000"),
	KA("ka.req.pod.run_as_group", field_audit_path, AUDIT_RUN_AS_GROUP, "The runAsGroup setting of a pod.", "1000"),
	KA("ka.req.pod.fs_group", field_audit_path, AUDIT_FS_GROUP, "The fsGroup setting of a pod.", "1000"),
	KALIST("ka.req.pod.supplemental_groups", NONE, field_audit_list, AUDIT_SUPPLEMENTAL_GROUPS, "The supplementalGroups of a pod.", "(1000,1001)"),
	KALIST("ka.req.pod.volumes.hostpath", INDEX, field_audit_volumes, VOLUME_HOSTPATH, "Host paths that a pod mounts.", "(/var/log)"),
	KALIST("ka.req.pod.volumes.flexvolume_driver", INDEX, field_audit_volumes, VOLUME_FLEX, "Flexvolume drivers of a pod.", "(example/lvm)"),
	KALIST("ka.req.pod.volumes.volume_type", INDEX, field_audit_volume_types, 0, "Kinds of a pod's volumes.", "(hostPath,secret)"),
	ROW(AUDIT, "ka.req.volume.hostpath", STRING, KEY_NEEDED, 0, field_audit_hostpath, NULL, 0, 0, "Whether a pod mounts this host path (a last \"*\": anything that begins so).", "ka.req.volume.hostpath[/etc*] = true"),
	KALIST("ka.req.role.rules", NONE, field_audit_list, AUDIT_ROLE_RULES, "Rules of a (cluster) role, as JSON.", "({\"verbs\":[\"get\"],...})"),
	KALIST("ka.req.role.rules.apiGroups", INDEX, field_audit_rules, RULE_GROUPS, "API groups of a role's rules.", "(apps)"),
	KALIST("ka.req.role.rules.nonResourceURLs", INDEX, field_audit_rules, RULE_URLS, "URLs of a role's rules.", "(/healthz)"),
	KALIST("ka.req.role.rules.verbs", INDEX, field_audit_rules, RULE_VERBS, "Verbs of a role's rules.", "(get,list)"),
	KALIST("ka.req.role.rules.resources", INDEX, field_audit_rules, RULE_RESOURCES, "Resources of a role's rules.", "(pods,secrets)"),
	KA("ka.req.service.type", field_audit_path, AUDIT_SERVICE_TYPE, "Type of a service.", "NodePort"),
	KALIST("ka.req.service.ports", INDEX, field_audit_ports, 0, "Ports of a service, as JSON.", "({\"port\":80})"),
	KA("ka.resp.name", field_audit_path, AUDIT_RESPONSE_NAME, "Name of the object in the response.", "web"),
	KA("ka.response.code", field_audit_path, AUDIT_CODE, "HTTP status of the response.", "403"),
	KA("ka.response.reason", field_audit_path, AUDIT_RESPONSE_REASON, "Reason in the response's status.", "Forbidden"),
	KA("ka.useragent", field_audit_path, AUDIT_USER_AGENT, "Program that asks.", "kubectl/v1.28"),
	KALIST("ka.sourceips", INDEX, field_audit_list, AUDIT_SOURCE_IPS, "Addresses that the request came through.", "(10.0.0.7)"),
	KA("ka.cluster.name", field_audit_path, AUDIT_CLUSTER, "Name of the cluster, where the log has it.", "prod-1"),

	/* --- any JSON record --- */
	ROW(AUDIT, "jevt.value", STRING, KEY_NEEDED, 0, field_json_value, NULL, 0, 0, "The value at a JSON pointer (RFC 6901).", "jevt.value[/stage] = ResponseComplete"),
	KA("jevt.obj", field_json_object, 0, "The whole record as JSON, on several lines.", "{...}"),
	KA("jevt.rawtime", field_json_rawtime, 0, "evt.rawtime as text.", "1772357465000000017"),
	EVT("jevt.time", STRING, 0, field_event_time, NULL, 0, "The same as evt.time.", "09:31:05.000000017"),
	EVT("jevt.time.iso8601", STRING, 0, field_event_datetime, NULL, 0, "The same as evt.datetime.", "2026-03-01 09:31:05.000000017"),
	ROW(AUDIT, "json.value", STRING, KEY_NEEDED, 0, field_json_value, NULL, 0, 0, "The same as jevt.value.", "json.value[/stage]"),
	KA("json.obj", field_json_object, 0, "The same as jevt.obj.", "{...}"),
	KA("json.rawtime", field_json_rawtime, 0, "The same as jevt.rawtime.", "1772357465000000017"),
};
/* clang-format on */
const uint32_t event_field_count = ARRAY_SIZE(event_fields);
