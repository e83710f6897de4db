/* SPDX-License-Identifier: Apache-2.0 */
/* Records as the kernel would send them, built by tests. */
#pragma once
#include "abi/record.h"

#include "abi/event.h"
#include "unit.h"

struct made_record {
	struct abi_event ev;
	char data[4096];
};

/* An empty record of this kind about a watched process. */
static inline void record_begin(struct made_record *m, enum abi_event_kind kind, uint32_t tgid,
				uint32_t tid)
{
	memset(m, 0, sizeof(*m));
	m->ev.size = sizeof(m->ev);
	m->ev.kind = (uint8_t)kind;
	m->ev.nr = ABI_CALL_NR_MAX;
	m->ev.flags = ABI_EVENT_WATCHED;
	m->ev.tgid = tgid;
	m->ev.tid = tid;
	m->ev.time_ns = 1000;
	m->ev.cgroup = 7;
	if (kind == ABI_EVENT_CALL)
		m->ev.call.fd = -1;
}

static inline void record_bytes(struct made_record *m, unsigned which, const void *data, size_t len)
{
	assert_true(m->ev.size + len <= sizeof(*m));
	m->ev.text[which] = (struct abi_span){ m->ev.size, (uint32_t)len };
	memcpy((char *)m + m->ev.size, data, len);
	m->ev.size += (uint32_t)len;
}

static inline void record_text(struct made_record *m, unsigned which, const char *text)
{
	record_bytes(m, which, text, strlen(text));
}

static inline void record_fork(struct made_record *m, uint32_t parent, uint32_t tgid, uint32_t tid,
			       const char *comm)
{
	record_begin(m, ABI_EVENT_FORK, tgid, tid);
	m->ev.process.parent = parent;
	m->ev.process.start_ns = tgid;
	snprintf(m->ev.process.comm, sizeof(m->ev.process.comm), "%s", comm);
}

/* args as the kernel keeps them: each with its NUL, given with its length. */
static inline void record_exec(struct made_record *m, uint32_t parent, uint32_t tgid,
			       const char *exe, const char *args, size_t args_len)
{
	record_begin(m, ABI_EVENT_EXEC, tgid, tgid);
	m->ev.process.parent = parent;
	m->ev.process.start_ns = tgid;
	snprintf(m->ev.process.comm, sizeof(m->ev.process.comm), "%s", strrchr(exe, '/') + 1);
	record_text(m, ABI_TEXT_EXE, exe);
	record_bytes(m, ABI_TEXT_ARGS, args, args_len);
	record_text(m, ABI_TEXT_CWD, "/srv");
}
