/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event types: what can happen, which parameters it has, and where it is seen. One const table; the
 * rule checker, the accessors, the event files and the docs all read it. Adding an event type is a row.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "event/names.h"

enum event_source { EVENT_SYSCALL, EVENT_K8S_AUDIT, EVENT_SOURCES };

struct event_source_def {
	struct text name, meaning;
};
extern const struct event_source_def event_sources[EVENT_SOURCES];
/* -1: there is no such source. */
int event_source_find(struct text name);

enum event_category {
	EVENT_FILE,
	EVENT_NET,
	EVENT_IPC,
	EVENT_MEMORY,
	EVENT_PROCESS,
	EVENT_SIGNAL,
	EVENT_SYSTEM,
	EVENT_USER,
	EVENT_IO_READ,
	EVENT_IO_WRITE,
	EVENT_IO_OTHER,
	EVENT_OTHER,
	EVENT_META,
	EVENT_CATEGORIES
};
extern const struct text event_category_names[EVENT_CATEGORIES];

/* The decision points of the kernel (or the receivers) that yield events. */
enum event_hook {
	HOOK_NONE, /* a name that rules may use, but that no sensor yields */
	HOOK_EXEC,
	HOOK_FORK,
	HOOK_EXIT,
	HOOK_OPEN,
	HOOK_READ,
	HOOK_WRITE,
	HOOK_UNLINK,
	HOOK_RENAME,
	HOOK_LINK,
	HOOK_SYMLINK,
	HOOK_MKDIR,
	HOOK_RMDIR,
	HOOK_MKNOD,
	HOOK_CHMOD,
	HOOK_CHOWN,
	HOOK_TRUNCATE,
	HOOK_XATTR,
	HOOK_CHDIR,
	HOOK_MMAP,
	HOOK_MPROTECT,
	HOOK_SOCKET,
	HOOK_CONNECT,
	HOOK_ACCEPT,
	HOOK_BIND,
	HOOK_LISTEN,
	HOOK_SEND,
	HOOK_RECEIVE,
	HOOK_PTRACE,
	HOOK_MOUNT,
	HOOK_UMOUNT,
	HOOK_MOUNT_API,
	HOOK_PIVOT_ROOT,
	HOOK_NAMESPACE,
	HOOK_CREDENTIALS,
	HOOK_CAPSET,
	HOOK_CAPABLE,
	HOOK_MODULE,
	HOOK_BPF,
	HOOK_PERF,
	HOOK_IO_URING,
	HOOK_KEYCTL,
	HOOK_MEMFD,
	HOOK_KILL,
	HOOK_DUP,
	HOOK_PRCTL,
	HOOK_SYSCTL,
	HOOK_USERFAULTFD,
	HOOK_AUDIT,
	EVENT_HOOKS
};
struct event_hook_def {
	struct text name, meaning;
};
extern const struct event_hook_def event_hooks[EVENT_HOOKS];

enum event_param_kind {
	PARAM_INT,
	PARAM_UINT,
	PARAM_OCTAL,
	PARAM_HEX,
	PARAM_RESULT, /* 0 or more, or a negative errno */
	PARAM_FD,
	PARAM_PID,
	PARAM_UID,
	PARAM_GID,
	PARAM_SIGNAL,
	PARAM_TEXT,
	PARAM_PATH, /* the argument; resolved: what the kernel made of it */
	PARAM_BYTES,
	PARAM_NAMES, /* flags or an enumeration: names says which */
	PARAM_KINDS
};

struct event_param {
	struct text name;
	enum event_param_kind kind;
	const struct name_table *names;
	const char *alias; /* the field that has it if the event does not carry it itself */
	int8_t slot;	   /* its place among the arguments that the event carries, or -1 */
};

enum { EVENT_PARAMS_MAX = 32, EVENT_SLOTS_MAX = 12 };

enum event_type_flag {
	TYPE_FD = 1 << 0,     /* is about a file descriptor: fd.* may be there */
	TYPE_READS = 1 << 1,  /* moves data from it */
	TYPE_WRITES = 1 << 2, /* moves data to it */
	TYPE_OPEN = 1 << 3,   /* has open flags and a mode */
	TYPE_CREAT = 1 << 4,  /* creat(): a mode, writing implied */
	TYPE_EXEC = 1 << 5,
	TYPE_CLONE = 1 << 6,
	TYPE_NO_RESULT = 1 << 7, /* nothing is returned */
	TYPE_NO_PROCESS = 1 << 8,
	TYPE_SYSCALL = 1 << 9, /* the name is that of a system call */
};

struct event_type {
	struct text name;
	enum event_source source;
	enum event_category category;
	enum event_hook hook;
	uint32_t flags; /* enum event_type_flag */
	const struct event_param *params;
	uint32_t param_count;
};

extern const struct event_type event_types[];
extern const uint32_t event_type_count;

const struct event_type *event_type_find(struct text name);
static inline uint32_t event_type_index(const struct event_type *t)
{
	return (uint32_t)(t - event_types);
}

/* A set of event types, by their indices. */
enum { TYPE_SET_WORDS = 3, TYPE_SET_MAX = TYPE_SET_WORDS * 64 };
struct type_set {
	uint64_t bits[TYPE_SET_WORDS];
};
static inline bool type_set_has(const struct type_set *s, uint32_t type)
{
	return s->bits[type / 64] >> (type % 64) & 1;
}
static inline void type_set_add(struct type_set *s, uint32_t type)
{
	s->bits[type / 64] |= 1ULL << (type % 64);
}

/*
 * Parameter names have small numbers, so that an event's parameter is found by one look at a table.
 * The id of a name, or -1 if no type has such a parameter; its index in a type, or -1.
 */
int event_param_id(struct text name);
int event_param_index(const struct event_type *t, int id);
/* The first parameter of that name in the table: what to expect of evt.rawarg.NAME. */
const struct event_param *event_param_first(int id);
/* Nothing yields these, but rules may name them: system calls and events of other sensors. */
bool event_type_is_foreign(struct text name);
