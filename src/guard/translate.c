/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/translate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "guard/domain_table.h"
#include "guard/path_store.h"
#include "guard/record_fd.h"
#include "sensor/event_record.h"

#include "abi/deny.h"

enum { MODE_CREATED = 0x100000, EXEC_MEMORY = 1 << 20 };
static_assert((int)EVENT_DENIAL_WORDS == (int)ABI_DENY_RULE_WORDS, "a bit for each rule");
#define OPEN_CREATED (1ULL << 40) /* O_F_CREATED in names_open */

struct translator {
	const struct call_table *calls;
	struct process_table *processes;
	int64_t boot_offset_ns;
	uint64_t number;
	struct fd fd;
	struct event_denial denial;
	struct process would; /* of a program that the kernel asked about */
	struct path_store *paths;
	struct text
		exact[STORED_PATHS]; /* paths of the call at hand, in the order of its arguments */
	unsigned next_exact;
	bool has_exact;
	struct arena arena; /* of the event at hand */
	struct type_set wanted;
	const struct domain_table *domains;
	const struct event_type *execve, *execveat, *procexit;
};

int translator_new(struct translator **ret, const struct call_table *calls,
		   struct process_table *processes, int64_t boot_offset_ns)
{
	struct translator *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->calls = calls;
	x->processes = processes;
	x->boot_offset_ns = boot_offset_ns;
	x->arena = ARENA_INIT(EXEC_MEMORY);
	x->execve = event_type_find(TEXT("execve"));
	x->execveat = event_type_find(TEXT("execveat"));
	x->procexit = event_type_find(TEXT("procexit"));
	translator_want(x, NULL);
	if (path_store_new(&x->paths)) {
		translator_free(x);
		return -ENOMEM;
	}
	*ret = x;
	return 0;
}

void translator_want(struct translator *x, const struct type_set *types)
{
	if (types)
		x->wanted = *types;
	else
		memset(&x->wanted, 0xff, sizeof(x->wanted));
}

void translator_know(struct translator *x, const struct domain_table *domains)
{
	x->domains = domains;
}

static bool has_verdict(const struct abi_event *record)
{
	return record->flags & (ABI_EVENT_DENIED | ABI_EVENT_WOULD_DENY);
}

/* Begins an event, if anybody wants it: of what was denied somebody does, whatever rules there are here. */
static bool event_begin(struct translator *x, const struct abi_event *record, struct event *ev,
			const struct event_type *type)
{
	if (!has_verdict(record) && !type_set_has(&x->wanted, event_type_index(type)))
		return false;
	event_init(ev, type);
	return true;
}

void translator_free(struct translator *x)
{
	if (!x)
		return;
	arena_deinit(&x->arena);
	path_store_free(x->paths);
	free(x);
}

/* --- arguments -------------------------------------------------------------------------------------- */

static bool is_signed(enum event_param_kind kind)
{
	return kind == PARAM_INT || kind == PARAM_RESULT || kind == PARAM_FD || kind == PARAM_PID ||
	       kind == PARAM_SIGNAL;
}

static struct value number_value(uint64_t n, const struct event_param *p)
{
	if (is_signed(p->kind))
		return (struct value){ .i = (int64_t)n, .type = VALUE_INT };
	if (p->kind == PARAM_UID || p->kind == PARAM_GID)
		n = (uint32_t)n;
	return (struct value){ .u = n, .type = VALUE_UINT };
}

static bool text_arg(struct event_arg *arg, struct text t)
{
	arg->value = value_of_text(t.data ? t : TEXT(""));
	return true;
}

/* "10.0.0.1:80", "[::1]:80" or a path. */
static bool address_arg(struct translator *x, struct event_arg *arg, struct text bytes)
{
	char text[ADDRESS_TEXT_MAX], all[ADDRESS_TEXT_MAX + 16];
	struct address a = { 0 };
	uint16_t port = 0;
	struct text path;

	if (!record_sockaddr(bytes, &a, &port, &path))
		return false;
	if (path.data)
		return text_arg(arg, record_unix_name(path, &x->arena));
	address_format(&a, text);
	snprintf(all, sizeof(all), "%s:%u", text, port);
	return text_arg(arg, arena_text(&x->arena, text_of(all)));
}

/* One of three sets: the upper half of each is in a second struct __user_cap_data_struct. */
static bool capset_word(struct text bytes, unsigned n, uint64_t *ret)
{
	uint32_t all[6];

	if (bytes.len < sizeof(all))
		return false;
	memcpy(all, bytes.data, sizeof(all));
	*ret = all[n] | (uint64_t)all[n + 3] << 32;
	return true;
}

/* What the n-th path led to: as the kernel said if it did, else by name. */
static void path_arg(struct translator *x, const struct abi_event *record, unsigned n,
		     struct event_arg *arg)
{
	if (x->has_exact && x->next_exact < STORED_PATHS) {
		arg->resolved = x->exact[x->next_exact++];
		arg->exact = arg->resolved.data != NULL;
	}
	if (!arg->resolved.data)
		arg->resolved = record_path(record, n, &x->arena);
	if (record->flags & ABI_EVENT_URING) /* nobody knows how it was spelt */
		text_arg(arg, arg->resolved);
}

/* Of what goes through io_uring no registers are known, but the flags of an open. */
static bool is_known(const struct abi_event *record, unsigned source, const struct event_param *p)
{
	return !(record->flags & ABI_EVENT_URING) || source < SOURCE_ARG || source >= SOURCE_TEXT ||
	       p->names == &names_open;
}

/* False: the record does not have it. */
static bool arg_fill(struct translator *x, const struct abi_event *record, unsigned source,
		     const struct event_param *p, struct event_arg *arg)
{
	const struct abi_event_call *c = &record->call;
	struct text bytes = event_record_text(record, ABI_TEXT_BYTES);
	uint64_t word;
	uint32_t half;

	*arg = (struct event_arg){ 0 };
	if (!is_known(record, source, p))
		return false;
	if (source >= SOURCE_ARG && source < SOURCE_LOW)
		word = c->args[source - SOURCE_ARG];
	else if (source >= SOURCE_LOW && source < SOURCE_INT)
		word = (uint32_t)c->args[source - SOURCE_LOW];
	else if (source >= SOURCE_INT && source < SOURCE_TEXT)
		word = (uint64_t)(int64_t)(int32_t)c->args[source - SOURCE_INT];
	else if (source >= SOURCE_TEXT && source < SOURCE_PATH)
		return text_arg(arg, event_record_text(record, source - SOURCE_TEXT));
	else if (source >= SOURCE_PATH && source < SOURCE_WORD) {
		text_arg(arg, event_record_text(record, source - SOURCE_PATH));
		path_arg(x, record, source - SOURCE_PATH, arg);
		return true;
	} else if (source >= SOURCE_WORD && source < SOURCE_DEVICE) {
		size_t at = (source - SOURCE_WORD) * sizeof(word);

		if (bytes.len < at + sizeof(word))
			return false;
		memcpy(&word, bytes.data + at, sizeof(word));
	} else if (source == SOURCE_DEVICE && record->flags & ABI_EVENT_FILE) {
		word = record_device(c->dev);
	} else if (source == SOURCE_INODE && record->flags & ABI_EVENT_FILE) {
		word = c->ino;
	} else if (source == SOURCE_ADDRESS) {
		return address_arg(x, arg, bytes);
	} else if (source == SOURCE_STRING) {
		return text_arg(arg, bytes);
	} else if (source >= SOURCE_HALF && source < SOURCE_CAPSET) {
		size_t at = (source - SOURCE_HALF) * sizeof(half);

		if (bytes.len < at + sizeof(half))
			return false;
		memcpy(&half, bytes.data + at, sizeof(half));
		word = half;
	} else if (source >= SOURCE_CAPSET && source < SOURCE_CAPSET + 3) {
		if (!capset_word(bytes, source - SOURCE_CAPSET, &word))
			return false;
	} else if (source == SOURCE_DATA) {
		struct text data = has_verdict(record) ? TEXT_NONE : /* it is ABI_DENY_POINT_TEXT */
							 event_record_text(record, ABI_TEXT_DATA);

		arg->value = (struct value){ .string = data.data,
					     .len = data.len,
					     .type = VALUE_BYTES };
		return data.data != NULL;
	} else {
		return false;
	}
	if (p->names == &names_open && record->call.file_mode & MODE_CREATED)
		word |= OPEN_CREATED;
	arg->value = number_value(word, p);
	return true;
}

static void args_fill(struct translator *x, const struct abi_event *record, struct event *ev,
		      const struct call_row *row)
{
	for (uint32_t i = 0; i < ev->type->param_count; i++) {
		const struct event_param *p = &ev->type->params[i];

		if (p->slot < 0 || p->slot >= CALL_SOURCES || !row->sources[p->slot])
			continue;
		if (arg_fill(x, record, row->sources[p->slot], p, &ev->args[p->slot]))
			ev->arg_set |= 1u << p->slot;
	}
}

/* --- events ----------------------------------------------------------------------------------------- */

static void fd_fill(struct translator *x, const struct abi_event *record, struct event *ev,
		    unsigned plan_flags)
{
	bool opens = ev->type->flags & (TYPE_OPEN | TYPE_CREAT);

	if (!(ev->type->flags & TYPE_FD))
		return;
	if (plan_flags & ABI_PLAN_NEW_FD && ev->has_result)
		ev->fd_num = record->call.result;
	else if (record->call.fd >= 0)
		ev->fd_num = record->call.fd;
	if (!record_fd(record, ev->type->hook, opens, &x->arena, &x->fd))
		return;
	ev->fd = &x->fd;
	if (x->domains && record->flags & ABI_EVENT_SOCKET) {
		x->fd.client_names = domain_table_find(x->domains, &x->fd.client);
		x->fd.server_names = domain_table_find(x->domains, &x->fd.server);
	}
}

static void set_number(struct event *ev, unsigned slot, int64_t n)
{
	ev->args[slot] = (struct event_arg){ .value = { .i = n, .type = VALUE_INT } };
	ev->arg_set |= 1u << slot;
}

/* procexit's slots: status, ret, sig, core */
static void exit_fill(struct event *ev, int status)
{
	set_number(ev, 0, status);
	set_number(ev, 1, status >> 8 & 0xff);
	set_number(ev, 2, status & 0x7f);
	set_number(ev, 3, status >> 7 & 1);
	ev->args[3].value.type = VALUE_UINT;
}

static void exec_fill(struct translator *x, const struct abi_event *record, struct event *ev)
{
	const struct event_arg name = { .value = value_of_text(
						event_record_text(record, ABI_TEXT_NAME)),
					.resolved = event_record_text(record, ABI_TEXT_EXE) };

	if (!name.value.string)
		return;
	ev->args[1] = name;
	ev->arg_set |= 1u << 1;
}

static void head_fill(struct translator *x, const struct abi_event *record, struct event *ev)
{
	ev->process = process_table_find(x->processes, record->tgid);
	ev->number = ++x->number;
	ev->time_ns = (int64_t)record->time_ns + x->boot_offset_ns;
	ev->tid = record->tid;
	ev->vtid = record->vtid;
	ev->cpu = record->cpu;
}

static void target_fill(struct translator *x, const struct abi_event *record, struct event *ev,
			unsigned target)
{
	int32_t number;

	if (target == TARGET_PIDFD && x->fd.type == FD_PIDFD && ev->fd && record->call.target)
		ev->target = process_table_find(x->processes, record->call.target);
	if (target < TARGET_ARG)
		return;
	number = (int32_t)record->call.args[target - TARGET_ARG];
	if (number > 0)
		ev->target = process_table_find_inside(x->processes, record->tgid,
						       (uint32_t)number);
}

/* Of what goes through io_uring the record itself has them. */
static void exact_take(struct translator *x, const struct abi_event *record, size_t slot)
{
	x->next_exact = 0;
	x->has_exact = false;
	if (has_verdict(record)) /* its paths are */
		return;
	x->has_exact = path_store_take(x->paths, record->tid, (uint32_t)slot, x->exact);
	if (!(record->flags & ABI_EVENT_URING))
		return;
	x->exact[0] = event_record_text(record, record->flags & ABI_EVENT_FILE ? ABI_TEXT_FILE :
										 ABI_TEXT_PATH1);
	x->exact[1] = event_record_text(record, ABI_TEXT_PATH2);
	x->has_exact = true;
}

static int take_paths(struct translator *x, const struct abi_event *record)
{
	const struct text paths[STORED_PATHS] = { event_record_text(record, ABI_TEXT_PATH1),
						  event_record_text(record, ABI_TEXT_PATH2) };

	return path_store_put(x->paths, record->tid,
			      record->table * (uint32_t)ABI_CALL_NR_MAX + record->nr, paths);
}

/* What the kernel's programs made of it (abi/deny.h). */
static enum event_verdict verdict_of(const struct abi_event *record)
{
	bool stopped = record->flags & ABI_EVENT_STOPPED;

	if (record->flags & ABI_EVENT_DENIED)
		return stopped ? VERDICT_STOPPED : VERDICT_DENIED;
	if (record->flags & ABI_EVENT_WOULD_DENY)
		return stopped ? VERDICT_WOULD_STOP : VERDICT_WOULD_DENY;
	return VERDICT_NONE;
}

/* Behind the record, where decision points put it. */
static void verdict_fill(struct translator *x, const struct abi_event *record, struct event *ev)
{
	struct text t = has_verdict(record) ? event_record_text(record, ABI_DENY_POINT_TEXT) :
					      TEXT_NONE;
	struct abi_deny_told told;

	ev->verdict = verdict_of(record);
	if (!t.data || t.len != sizeof(told))
		return;
	memcpy(&told, t.data, sizeof(told));
	x->denial = (struct event_denial){ .set = told.set,
					   .point = told.point,
					   .first = told.first };
	memcpy(x->denial.rules, told.rules, sizeof(told.rules));
	ev->denial = &x->denial;
}

static int take_call(struct translator *x, const struct abi_event *record, struct event *ev)
{
	size_t slot = record->table * (size_t)ABI_CALL_NR_MAX + record->nr;
	const struct call_row *row;
	int r = 0;

	exact_take(x, record, slot);
	if (record->nr >= ABI_CALL_NR_MAX || !x->calls->rows[slot])
		return 0;
	row = x->calls->rows[slot];
	if (row->plan.flags & ABI_PLAN_CWD && !record->call.result)
		r = process_table_set_cwd(x->processes, record->tgid,
					  event_record_text(record, ABI_TEXT_DIR1));
	if (r)
		return r;
	if (!event_begin(x, record, ev, x->calls->types[slot]))
		return 0;
	head_fill(x, record, ev);
	ev->has_result = !(record->flags & ABI_EVENT_URING);
	verdict_fill(x, record, ev);
	ev->is_on_guard = ev->verdict && record->call.path_flags & ABI_PATH_OF_GUARD;
	ev->is_outside = ev->verdict && record->call.path_flags & ABI_PATH_OUTSIDE;
	ev->result = record->call.result;
	if (record->flags & ABI_EVENT_FOUND) {
		ev->filter = record->call.found.filter;
		ev->filter_parts = record->call.found.parts;
	}
	fd_fill(x, record, ev, row->plan.flags);
	target_fill(x, record, ev, row->target);
	args_fill(x, record, ev, row);
	return 1;
}

static const struct event_type *exec_type(const struct translator *x,
					  const struct abi_event *record)
{
	size_t slot = record->table * (size_t)ABI_CALL_NR_MAX + record->nr;

	if (record->nr < ABI_CALL_NR_MAX && x->calls->types[slot] == x->execveat)
		return x->execveat;
	return x->execve;
}

/*
 * A program that was not run, or would not have been: the event has the process as it would be. The table is not told,
 * for the process goes on as it is, or is told of by the exec itself.
 */
static int take_asked_exec(struct translator *x, const struct abi_event *record, struct event *ev)
{
	struct process *would = &x->would;

	arena_reset(&x->arena);
	if (!event_begin(x, record, ev, exec_type(x, record)))
		return 0;
	head_fill(x, record, ev);
	if (!ev->process)
		return 0;
	*would = *ev->process;
	would->exepath = event_record_text(record, ABI_TEXT_EXE);
	would->exe = event_record_text(record, ABI_TEXT_NAME);
	would->name = text_basename(would->exe);
	would->args = (struct texts){ 0 };
	would->cmdline = would->exe;
	would->exe_upper_layer = record->flags & ABI_EVENT_UPPER;
	would->exe_lower_layer = record->flags & ABI_EVENT_LOWER;
	would->exe_memfd = record->process.path_flags & ABI_PATH_MEMORY;
	would->exe_deleted = record->process.path_flags & ABI_PATH_DELETED;
	would->exe_writable = record->process.exe_flags & ABI_EXE_WRITABLE;
	would->exe_setuid = record->process.exe_flags & ABI_EXE_SETUID;
	would->exe_setgid = record->process.exe_flags & ABI_EXE_SETGID;
	would->exe_inode = record->process.exe_ino;
	would->uid = record->uid;
	would->gid = record->gid;
	ev->process = would;
	ev->has_result = true;
	verdict_fill(x, record, ev);
	exec_fill(x, record, ev);
	return 1;
}

int translator_take(struct translator *x, const struct abi_event *record, struct event *ev)
{
	int r;

	if (record->kind == ABI_EVENT_EXEC && has_verdict(record))
		return take_asked_exec(x, record, ev);
	r = process_table_apply(x->processes, record);

	if (r)
		return r;
	arena_reset(&x->arena);
	if (!(record->flags & ABI_EVENT_WATCHED))
		return 0;
	switch ((enum abi_event_kind)record->kind) {
	case ABI_EVENT_CALL:
		return take_call(x, record, ev);
	case ABI_EVENT_PATHS:
		return take_paths(x, record);
	case ABI_EVENT_EXEC:
		if (!event_begin(x, record, ev, exec_type(x, record)))
			return 0;
		head_fill(x, record, ev);
		ev->has_result = true;
		exec_fill(x, record, ev);
		return 1;
	case ABI_EVENT_EXIT:
		if (!event_begin(x, record, ev, x->procexit))
			return 0;
		head_fill(x, record, ev);
		exit_fill(ev, record->process.status);
		return 1;
	default:
		return 0;
	}
}

void translator_done(struct translator *x, const struct abi_event *record)
{
	if (record->kind == ABI_EVENT_EXIT)
		process_table_remove(x->processes, record->tgid);
}
