/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/surface.h"

#include "base/cleanup.h"

#define CALL(name)           \
	{                    \
		.call = name \
	}
#define FAMILY(n)                                                 \
	{                                                         \
		.call = "socket", .arg = { { 0, 0xffffffff, n } } \
	}
#define RAW                                                \
	{                                                  \
		.call = "socket", .arg = { { 1, 0xf, 3 } } \
	}
#define NAMESPACES(name, bits)                             \
	{                                                  \
		.call = name, .arg = { { 0, bits, bits } } \
	}

const struct surface surfaces[] = {
	{ "kernel modules",
	  "code in the kernel",
	  { CALL("init_module"), CALL("finit_module"), CALL("delete_module") } },
	{ "another kernel",
	  "the machine itself",
	  { CALL("kexec_load"), CALL("kexec_file_load"), CALL("reboot") } },
	{ "bpf", "programs in the kernel, and a verifier that often erred", { CALL("bpf") } },
	{ "io_uring",
	  "operations that no filter sees, in young code",
	  { CALL("io_uring_setup"), CALL("io_uring_enter"), CALL("io_uring_register") } },
	{ "performance events",
	  "kernel addresses, and a large parser",
	  { CALL("perf_event_open") } },
	{ "mounts",
	  "file systems' parsers, and the container's own walls",
	  { CALL("mount"), CALL("umount2"), CALL("pivot_root"), CALL("chroot"), CALL("fsopen"),
	    CALL("fsconfig"), CALL("fsmount"), CALL("fspick"), CALL("move_mount"),
	    CALL("open_tree"), CALL("mount_setattr") } },
	{ "user namespaces",
	  "all capabilities, against code that once only root could reach",
	  { NAMESPACES("clone", 0x10000000), NAMESPACES("unshare", 0x10000000), CALL("clone3"),
	    CALL("setns") } },
	{ "other processes",
	  "their memory, registers and descriptors",
	  { CALL("ptrace"), CALL("process_vm_readv"), CALL("process_vm_writev"),
	    CALL("pidfd_getfd"), CALL("process_madvise"), CALL("kcmp") } },
	{ "keyrings",
	  "keys of others: they have no namespace",
	  { CALL("add_key"), CALL("request_key"), CALL("keyctl") } },
	{ "file handles",
	  "files beyond the container's root",
	  { CALL("open_by_handle_at"), CALL("name_to_handle_at") } },
	{ "page faults", "time to win races in the kernel", { CALL("userfaultfd") } },
	{ "fanotify",
	  "what others open, and whether they may",
	  { CALL("fanotify_init"), CALL("fanotify_mark") } },
	{ "clocks",
	  "everybody's time",
	  { CALL("clock_settime"), CALL("settimeofday"), CALL("adjtimex"),
	    CALL("clock_adjtime") } },
	{ "ports and segments",
	  "hardware, and odd corners of the processor",
	  { CALL("iopl"), CALL("ioperm"), CALL("modify_ldt"), CALL("set_thread_area") } },
	{ "memory placement",
	  "pages of others, and long code paths",
	  { CALL("move_pages"), CALL("migrate_pages"), CALL("mbind"), CALL("set_mempolicy"),
	    CALL("remap_file_pages") } },
	{ "the machine's settings",
	  "names, swap, quotas, accounting, the log",
	  { CALL("sethostname"), CALL("setdomainname"), CALL("swapon"), CALL("swapoff"),
	    CALL("acct"), CALL("quotactl"), CALL("syslog"), CALL("vhangup") } },
	{ "packet and raw sockets", "other people's traffic, forged senders", { FAMILY(17), RAW } },
	{ "rare sockets",
	  "protocols that few machines need loaded",
	  { FAMILY(3), FAMILY(4), FAMILY(5), FAMILY(9), FAMILY(15), FAMILY(21), FAMILY(24),
	    FAMILY(26), FAMILY(29), FAMILY(30), FAMILY(31), FAMILY(33), FAMILY(38), FAMILY(40),
	    FAMILY(43), FAMILY(44) } },
	{ "netlink", "the network's configuration", { FAMILY(16) } },
	{ "pipes' pages",
	  "pages of files that are only readable",
	  { CALL("splice"), CALL("vmsplice"), CALL("tee") } },
	{ "System V IPC",
	  "objects that outlive processes",
	  { CALL("shmget"), CALL("shmat"), CALL("shmctl"), CALL("semget"), CALL("semop"),
	    CALL("semctl"), CALL("msgget"), CALL("msgsnd"), CALL("msgrcv"), CALL("msgctl") } },
	{ "message queues",
	  "a parser of its own",
	  { CALL("mq_open"), CALL("mq_notify"), CALL("mq_timedsend"), CALL("mq_timedreceive") } },
	{ "old asynchronous I/O",
	  "code that few look after",
	  { CALL("io_setup"), CALL("io_submit"), CALL("io_getevents"), CALL("io_destroy") } },
	{ "programs out of memory",
	  "code that is in no file",
	  { CALL("memfd_create"), CALL("execveat"), CALL("memfd_secret") } },
	{ "obsolete calls",
	  "nothing that anybody needs",
	  { CALL("uselib"), CALL("ustat"), CALL("sysfs"), CALL("_sysctl"), CALL("nfsservctl"),
	    CALL("personality"), CALL("create_module"), CALL("query_module") } },
};
const size_t surfaces_count = ARRAY_SIZE(surfaces);
