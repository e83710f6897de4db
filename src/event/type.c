/* SPDX-License-Identifier: Apache-2.0 */
#include "event/type.h"

#include <assert.h>
#include <pthread.h>

#include "base/cleanup.h"
#include "uapi/syscall.h"

const struct event_source_def event_sources[] = {
	[EVENT_SYSCALL] = { TEXT("syscall"), TEXT("what the kernel was asked to do") },
	[EVENT_K8S_AUDIT] = { TEXT("k8s_audit"), TEXT("the audit log of a Kubernetes API server") },
};
static_assert(ARRAY_SIZE(event_sources) == EVENT_SOURCES, "a definition for each");

const struct text event_category_names[] = {
	[EVENT_FILE] = TEXT("file"),	    [EVENT_NET] = TEXT("net"),
	[EVENT_IPC] = TEXT("IPC"),	    [EVENT_MEMORY] = TEXT("memory"),
	[EVENT_PROCESS] = TEXT("process"),  [EVENT_SIGNAL] = TEXT("signal"),
	[EVENT_SYSTEM] = TEXT("system"),    [EVENT_USER] = TEXT("user"),
	[EVENT_IO_READ] = TEXT("unknown"),  [EVENT_IO_WRITE] = TEXT("unknown"),
	[EVENT_IO_OTHER] = TEXT("unknown"), [EVENT_OTHER] = TEXT("other"),
	[EVENT_META] = TEXT("meta"),
};
static_assert(ARRAY_SIZE(event_category_names) == EVENT_CATEGORIES, "a name for each");

const struct event_hook_def event_hooks[] = {
	[HOOK_NONE] = { TEXT("none"), TEXT("no sensor of Merlon yields this") },
	[HOOK_EXEC] = { TEXT("exec"), TEXT("a program is executed") },
	[HOOK_FORK] = { TEXT("fork"), TEXT("a task is created") },
	[HOOK_EXIT] = { TEXT("exit"), TEXT("a process ends") },
	[HOOK_OPEN] = { TEXT("open"), TEXT("a file is opened or created") },
	[HOOK_READ] = { TEXT("read"), TEXT("data is read from a descriptor") },
	[HOOK_WRITE] = { TEXT("write"), TEXT("data is written to a descriptor") },
	[HOOK_UNLINK] = { TEXT("unlink"), TEXT("a file is removed") },
	[HOOK_RENAME] = { TEXT("rename"), TEXT("a file is renamed") },
	[HOOK_LINK] = { TEXT("link"), TEXT("a hard link is made") },
	[HOOK_SYMLINK] = { TEXT("symlink"), TEXT("a symbolic link is made") },
	[HOOK_MKDIR] = { TEXT("mkdir"), TEXT("a directory is made") },
	[HOOK_RMDIR] = { TEXT("rmdir"), TEXT("a directory is removed") },
	[HOOK_MKNOD] = { TEXT("mknod"), TEXT("a device node, FIFO or socket file is made") },
	[HOOK_CHMOD] = { TEXT("chmod"), TEXT("permissions of a file change") },
	[HOOK_CHOWN] = { TEXT("chown"), TEXT("the owner of a file changes") },
	[HOOK_TRUNCATE] = { TEXT("truncate"), TEXT("a file is cut") },
	[HOOK_XATTR] = { TEXT("xattr"), TEXT("an extended attribute is set") },
	[HOOK_CHDIR] = { TEXT("chdir"), TEXT("the working or root directory changes") },
	[HOOK_MMAP] = { TEXT("mmap"), TEXT("memory is mapped executable") },
	[HOOK_MPROTECT] = { TEXT("mprotect"), TEXT("memory becomes executable") },
	[HOOK_SOCKET] = { TEXT("socket"), TEXT("a socket is created") },
	[HOOK_CONNECT] = { TEXT("connect"), TEXT("a socket connects") },
	[HOOK_ACCEPT] = { TEXT("accept"), TEXT("a connection is accepted") },
	[HOOK_BIND] = { TEXT("bind"), TEXT("a socket gets an address") },
	[HOOK_LISTEN] = { TEXT("listen"), TEXT("a socket starts to listen") },
	[HOOK_SEND] = { TEXT("send"), TEXT("a message is sent") },
	[HOOK_RECEIVE] = { TEXT("receive"), TEXT("a message is received") },
	[HOOK_PTRACE] = { TEXT("ptrace"), TEXT("another process is traced, read or written") },
	[HOOK_MOUNT] = { TEXT("mount"), TEXT("a file system is mounted") },
	[HOOK_UMOUNT] = { TEXT("umount"), TEXT("a file system is unmounted") },
	[HOOK_MOUNT_API] = { TEXT("mount-api"), TEXT("a mount is made by the newer calls") },
	[HOOK_PIVOT_ROOT] = { TEXT("pivot-root"), TEXT("the root mount changes") },
	[HOOK_NAMESPACE] = { TEXT("namespace"), TEXT("a namespace is made or entered") },
	[HOOK_CREDENTIALS] = { TEXT("credentials"), TEXT("user, group or session ids change") },
	[HOOK_CAPSET] = { TEXT("capset"), TEXT("capability sets change") },
	[HOOK_CAPABLE] = { TEXT("capable"), TEXT("a capability is asked for") },
	[HOOK_MODULE] = { TEXT("module"), TEXT("a kernel module is loaded or removed") },
	[HOOK_BPF] = { TEXT("bpf"), TEXT("the bpf() call") },
	[HOOK_PERF] = { TEXT("perf"), TEXT("perf_event_open()") },
	[HOOK_IO_URING] = { TEXT("io-uring"), TEXT("an io_uring is made or used") },
	[HOOK_KEYCTL] = { TEXT("keyctl"), TEXT("the kernel's keys are used") },
	[HOOK_MEMFD] = { TEXT("memfd"), TEXT("a file in memory is made") },
	[HOOK_KILL] = { TEXT("kill"), TEXT("a signal is sent") },
	[HOOK_DUP] = { TEXT("dup"), TEXT("a descriptor is copied") },
	[HOOK_PRCTL] = { TEXT("prctl"), TEXT("prctl()") },
	[HOOK_SYSCTL] = { TEXT("sysctl"), TEXT("a kernel parameter is written") },
	[HOOK_USERFAULTFD] = { TEXT("userfaultfd"), TEXT("page faults are taken to user space") },
	[HOOK_AUDIT] = { TEXT("audit"), TEXT("the API server's audit webhook or log") },
};
static_assert(ARRAY_SIZE(event_hooks) == EVENT_HOOKS, "a definition for each");

/* Names that other sensors' rules use and that are no system calls. */
static const char *const foreign[] = {
	"asyncevent",	"container", "cpu_hotplug", "drop",	     "generic",	     "groupadded",
	"groupdeleted", "infra",     "k8s",	    "mesos",	     "notification", "page_fault",
	"pluginevent",	"procinfo",  "scapevent",   "signaldeliver", "switch",	     "syscall",
	"sysdigevent",	"tracer",    "useradded",   "userdeleted",
};

int event_source_find(struct text name)
{
	for (int i = 0; i < EVENT_SOURCES; i++)
		if (text_eq(event_sources[i].name, name))
			return i;
	return -1;
}

const struct event_type *event_type_find(struct text name)
{
	for (uint32_t i = 0; i < event_type_count; i++)
		if (text_eq(event_types[i].name, name))
			return &event_types[i];
	return NULL;
}

enum { TYPES_MAX = 160, IDS_MAX = 192 };

static struct {
	const struct event_param *first[IDS_MAX];
	int count;
	int8_t index[TYPES_MAX][IDS_MAX];
} params;
static pthread_once_t params_once = PTHREAD_ONCE_INIT;

static int id_of(struct text name)
{
	for (int i = 0; i < params.count; i++)
		if (text_eq(params.first[i]->name, name))
			return i;
	return -1;
}

static void params_fill(void)
{
	assert(event_type_count <= TYPES_MAX);
	memset(params.index, -1, sizeof(params.index));
	for (uint32_t t = 0; t < event_type_count; t++) {
		for (uint32_t i = 0; i < event_types[t].param_count; i++) {
			const struct event_param *p = &event_types[t].params[i];
			int id = id_of(p->name);

			if (id < 0) {
				assert(params.count < IDS_MAX);
				id = params.count++;
				params.first[id] = p;
			}
			params.index[t][id] = (int8_t)i;
		}
	}
}

int event_param_id(struct text name)
{
	pthread_once(&params_once, params_fill);
	return id_of(name);
}

int event_param_index(const struct event_type *t, int id)
{
	return params.index[event_type_index(t)][id];
}

const struct event_param *event_param_first(int id)
{
	return params.first[id];
}

bool event_type_is_foreign(struct text name)
{
	char text[SYS_NAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		if (text_eq_str(name, foreign[i]))
			return true;
	if (!name.len || name.len >= sizeof(text))
		return false;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	return strlen(text) == name.len && sys_call_is_known(text);
}
