/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/process_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guard/fd_kind.h"
#include "sensor/event_record.h"

enum { BUCKETS = 1 << 14, LIST_MAX = 4096 };

struct entry {
	struct process p;    /* first: a struct process of ours is an entry */
	struct entry *next;  /* in its bucket */
	uint32_t references; /* of children, and one of the table while it lives */
	bool alive;
	uint32_t container_version; /* that this entry's version knows of */
	uint32_t pidns;
	uint64_t told_ns; /* of the record that says what it runs; 0: it was looked up */
	char *texts;	  /* everything that p borrows */
};

struct process_table {
	struct entry *buckets[BUCKETS];
	size_t count;
	uint32_t version;
	int64_t boot_offset_ns;
	process_container_fn container_of;
	void *arg;
	process_users_fn users_of;
	void *users_arg;
};

/* --- entries -------------------------------------------------------------------------------------- */

static struct entry *parent_of(const struct entry *e)
{
	return (struct entry *)(uintptr_t)e->p.parent;
}

static void release(struct entry *e)
{
	while (e && --e->references == 0) {
		struct entry *up = parent_of(e);

		free(e->texts);
		free(e);
		e = up;
	}
}

static bool descends(const struct process *p, const struct entry *from)
{
	for (uint32_t n = 0; p && n < PROCESS_ANCESTORS_MAX; n++, p = p->parent)
		if (p == &from->p)
			return true;
	return false;
}

static void set_parent(struct entry *e, struct entry *parent)
{
	struct entry *old = parent_of(e);

	if (old == parent || (parent && descends(&parent->p, e)))
		return;
	if (parent)
		parent->references++;
	e->p.parent = parent ? &parent->p : NULL;
	release(old);
}

static struct entry **slot_of(struct process_table *t, uint32_t pid)
{
	struct entry **at = &t->buckets[pid % BUCKETS];

	while (*at && (*at)->p.pid != pid)
		at = &(*at)->next;
	return at;
}

static struct entry *find(const struct process_table *t, uint32_t pid)
{
	return *slot_of((struct process_table *)(uintptr_t)t, pid);
}

static struct entry *add(struct process_table *t, uint32_t pid)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->p = PROCESS_NONE;
	e->p.pid = pid;
	e->references = 1;
	e->alive = true;
	e->next = t->buckets[pid % BUCKETS];
	t->buckets[pid % BUCKETS] = e;
	t->count++;
	return e;
}

static void touch(struct process_table *t, struct entry *e)
{
	e->p.version = ++t->version;
}

/* --- texts ---------------------------------------------------------------------------------------- */

static void copy_text(struct text *to, struct text from, char **at)
{
	*to = TEXT_NONE;
	if (!from.data)
		return;
	memcpy(*at, from.data, from.len);
	*to = text_from(*at, from.len);
	*at += from.len;
}

static void copy_texts(struct texts *to, struct texts from, struct text **items, char **at)
{
	to->items = from.count ? *items : NULL;
	to->count = from.count;
	for (uint32_t i = 0; i < from.count; i++)
		copy_text((*items)++, from.items[i], at);
}

static size_t texts_size(struct texts list)
{
	size_t size = list.count * sizeof(struct text);

	for (uint32_t i = 0; i < list.count; i++)
		size += list.items[i].len;
	return size;
}

/* Gives e texts of its own, equal to those of from (which may be its old ones). */
static int keep_texts(struct entry *e, const struct process *from)
{
	size_t size = texts_size(from->args) + texts_size(from->env) +
		      texts_size(from->stdio_types) + texts_size(from->stdio_names) +
		      from->name.len + from->exe.len + from->exepath.len + from->cwd.len;
	char *block = malloc(size + 1), *at;
	struct text *items = (struct text *)block;

	if (!block)
		return -ENOMEM;
	at = block + (from->args.count + from->env.count + from->stdio_types.count +
		      from->stdio_names.count) *
			     sizeof(*items);
	copy_texts(&e->p.args, from->args, &items, &at);
	copy_texts(&e->p.env, from->env, &items, &at);
	copy_texts(&e->p.stdio_types, from->stdio_types, &items, &at);
	copy_texts(&e->p.stdio_names, from->stdio_names, &items, &at);
	copy_text(&e->p.name, from->name, &at);
	copy_text(&e->p.exe, from->exe, &at);
	copy_text(&e->p.exepath, from->exepath, &at);
	copy_text(&e->p.cwd, from->cwd, &at);
	free(e->texts);
	e->texts = block;
	return 0;
}

/* Splits texts that each end with a NUL; the last may lack it. */
static struct texts split(struct text all, struct text items[LIST_MAX])
{
	uint32_t n = 0;

	while (all.len && n < LIST_MAX) {
		uint32_t len = (uint32_t)strnlen(all.data, all.len);

		items[n++] = text_from(all.data, len);
		len += len < all.len;
		all = text_from(all.data + len, all.len - len);
	}
	return (struct texts){ items, n };
}

/* --- the table ------------------------------------------------------------------------------------ */

int process_table_new(struct process_table **ret, int64_t boot_offset_ns, process_container_fn fn,
		      void *arg)
{
	struct process_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->boot_offset_ns = boot_offset_ns;
	t->container_of = fn;
	t->arg = arg;
	*ret = t;
	return 0;
}

void process_table_set_users(struct process_table *t, process_users_fn fn, void *arg)
{
	t->users_of = fn;
	t->users_arg = arg;
}

void process_table_free(struct process_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (t->buckets[i]) {
			struct entry *e = t->buckets[i];

			t->buckets[i] = e->next;
			release(e);
		}
	}
	free(t);
}

const struct process *process_table_find(const struct process_table *t, uint32_t pid)
{
	const struct entry *e = find(t, pid);

	return e ? &e->p : NULL;
}

const struct process *process_table_find_inside(const struct process_table *t, uint32_t pid,
						uint32_t vpid)
{
	const struct entry *of = find(t, pid), *same = find(t, vpid);

	if (!of || !of->pidns ||
	    of->p.vpid == of->p.pid) /* in the first namespace they are the same */
		return same ? &same->p : NULL;
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct entry *e = t->buckets[i]; e; e = e->next)
			if (e->pidns == of->pidns && e->p.vpid == (int64_t)vpid)
				return &e->p;
	return NULL;
}

size_t process_table_count(const struct process_table *t)
{
	return t->count;
}

static void name_users(struct process_table *t, struct entry *e)
{
	if (t->users_of && e->p.uid != ID_NONE)
		t->users_of(&e->p, t->users_arg);
}

static void set_cgroup(struct process_table *t, struct entry *e, uint64_t cgroup)
{
	const struct event_container *c;

	if (!cgroup)
		return;
	/* Asked each time: what is known of a young container grows. */
	c = t->container_of ? t->container_of(cgroup, e->p.container, t->arg) : NULL;
	if (c == e->p.container && (!c || c->version == e->container_version))
		return;
	if (c != e->p.container) {
		e->p.container = c;
		name_users(t, e);
	}
	e->container_version = c ? c->version : 0;
	touch(t, e);
}

/* A process that we were not told of: its number was given out anew. */
static bool is_another(const struct entry *e, uint64_t start_ns)
{
	uint64_t tolerance = 20000000; /* /proc tells in clock ticks */
	uint64_t known = e->p.start_ns;

	return start_ns && known &&
	       (start_ns > known ? start_ns - known : known - start_ns) > tolerance;
}

static void dismiss(struct process_table *t, struct entry **slot)
{
	struct entry *e = *slot;

	*slot = e->next;
	e->alive = false;
	t->count--;
	if (parent_of(e) && !parent_of(e)->alive) {
		struct entry *up = parent_of(e);

		while (up && !up->alive)
			up = parent_of(up);
		set_parent(e, up);
		touch(t, e);
	}
	release(e);
}

/* The entry of pid, made if there is none or if it is about another process of that number. */
static struct entry *entry_for(struct process_table *t, uint32_t pid, uint64_t start_ns)
{
	struct entry **slot = slot_of(t, pid);

	if (*slot && is_another(*slot, start_ns))
		dismiss(t, slot);
	return find(t, pid) ?: add(t, pid);
}

static uint64_t since_1970(const struct process_table *t, uint64_t boot_ns)
{
	return boot_ns ? boot_ns + (uint64_t)t->boot_offset_ns : 0;
}

/* Empty where a descriptor is closed. */
static void stdio_texts(const struct process_facts *f, struct text types[STDIO_COUNT],
			struct text names[STDIO_COUNT])
{
	for (unsigned i = 0; i < STDIO_COUNT; i++) {
		types[i] = f->stdio_types[i] ? fd_types[f->stdio_types[i]].name : TEXT("");
		names[i] = f->stdio_names[i].data ? f->stdio_names[i] : TEXT("");
	}
}

static int describe(struct process_table *t, struct entry *e, const struct process_facts *f)
{
	struct text args[LIST_MAX], env[LIST_MAX], types[STDIO_COUNT];
	struct text names[STDIO_COUNT];
	struct process said = PROCESS_NONE;

	said.args = split(f->args, args);
	said.env = split(f->env, env);
	if (said.args.count) {
		said.exe = args[0];
		said.args = (struct texts){ args + 1, said.args.count - 1 };
	}
	said.name = f->name;
	said.exepath = f->exepath;
	said.cwd = f->cwd;
	stdio_texts(f, types, names);
	said.stdio_types = (struct texts){ types, STDIO_COUNT };
	said.stdio_names = (struct texts){ names, STDIO_COUNT };
	if (keep_texts(e, &said))
		return -ENOMEM;
	e->pidns = f->pidns;
	e->p.vpid = f->vpid;
	e->p.sid = f->sid;
	e->p.pgid = f->pgid;
	e->p.vpgid = f->vpgid;
	e->p.tty = f->tty;
	e->p.uid = f->uid;
	e->p.gid = f->gid;
	e->p.loginuid = f->loginuid;
	e->p.uid_before = f->uid_before;
	e->p.cap_permitted = f->caps_permitted;
	e->p.cap_inheritable = f->caps_inheritable;
	e->p.cap_effective = f->caps_effective;
	if (f->start_ns)
		e->p.start_ns = since_1970(t, f->start_ns);
	if (f->pidns_start_ns)
		e->p.pidns_start_ns = since_1970(t, f->pidns_start_ns);
	e->p.exe_inode = f->exe_ino;
	e->p.exe_ctime_ns = f->exe_ctime_ns;
	e->p.exe_mtime_ns = f->exe_mtime_ns;
	e->p.exe_memfd = f->exe_memfd;
	e->p.exe_deleted = f->exe_deleted;
	e->p.exe_upper_layer = f->exe_upper_layer;
	e->p.exe_lower_layer = f->exe_lower_layer;
	e->p.exe_writable = f->exe_writable;
	e->p.exe_setuid = f->exe_setuid;
	e->p.exe_setgid = f->exe_setgid;
	e->p.thread_count = 1;
	return 0;
}

static void place(struct process_table *t, struct entry *e, struct entry *parent, uint64_t cgroup)
{
	if (parent && !e->p.parent)
		set_parent(e, parent);
	set_cgroup(t, e, cgroup);
	name_users(t, e);
	touch(t, e);
}

int process_table_put(struct process_table *t, const struct process_facts *f)
{
	struct entry *e = entry_for(t, f->pid, since_1970(t, f->start_ns));
	struct entry *parent = f->parent && f->parent != f->pid ? find(t, f->parent) : NULL;

	if (!e || describe(t, e, f))
		return -ENOMEM;
	place(t, e, parent, f->cgroup);
	return 0;
}

int process_table_put_missing(struct process_table *t, const struct process_facts *f)
{
	const struct entry *e = find(t, f->pid);

	if (e && !is_another(e, since_1970(t, f->start_ns)) && text_eq(e->p.exepath, f->exepath))
		return 0;
	return process_table_put(t, f);
}

static void forget_users(struct process *p)
{
	p->user = p->home = p->shell = p->group = TEXT_NONE;
}

void process_table_forget_container(struct process_table *t, const struct event_container *c)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct entry *of = t->buckets[i]; of; of = of->next) {
			/* Those that ended are in no bucket, only above their children. */
			for (struct entry *e = of; e;
			     e = e->alive && e != of ? NULL : parent_of(e)) {
				if (e->p.container != c)
					continue;
				e->p.container = NULL;
				e->container_version = 0;
				forget_users(&e->p);
				touch(t, e);
			}
		}
	}
}

void process_table_sweep(struct process_table *t, process_lives_fn lives, void *arg)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct entry **at = &t->buckets[i];

		while (*at) {
			if (lives(&(*at)->p, arg))
				at = &(*at)->next;
			else
				dismiss(t, at);
		}
	}
}

void process_table_relate(struct process_table *t, uint32_t pid, uint32_t parent)
{
	struct entry *e = find(t, pid), *up = parent == pid ? NULL : find(t, parent);

	if (!e || !up || e->p.parent)
		return;
	set_parent(e, up);
	touch(t, e);
}

/* --- records -------------------------------------------------------------------------------------- */

static struct text comm_of(const struct abi_event *ev)
{
	return text_from(ev->process.comm, strnlen(ev->process.comm, sizeof(ev->process.comm)));
}

/* A child runs what its parent runs. */
static void copy_exe(struct process *to, const struct process *from)
{
	to->exe_inode = from->exe_inode;
	to->exe_ctime_ns = from->exe_ctime_ns;
	to->exe_mtime_ns = from->exe_mtime_ns;
	to->exe_memfd = from->exe_memfd;
	to->exe_deleted = from->exe_deleted;
	to->exe_upper_layer = from->exe_upper_layer;
	to->exe_lower_layer = from->exe_lower_layer;
	to->exe_writable = from->exe_writable;
	to->exe_setuid = from->exe_setuid;
	to->exe_setgid = from->exe_setgid;
}

/* The child is who its parent is, as long as nothing else is said. */
static void copy_users(struct entry *to, const struct entry *from)
{
	if (!from)
		return;
	to->p.container = from->p.container;
	to->container_version = from->container_version;
	to->p.uid = from->p.uid;
	to->p.gid = from->p.gid;
	to->p.user = from->p.user;
	to->p.home = from->p.home;
	to->p.shell = from->p.shell;
	to->p.group = from->p.group;
	to->p.login_user = from->p.login_user;
}

static int apply_fork(struct process_table *t, const struct abi_event *ev)
{
	const struct abi_event_process *said = &ev->process;
	struct entry *parent = find(t, said->parent), **slot = slot_of(t, ev->tgid), *e;
	struct process from;

	if (said->parent == ev->tgid) { /* a thread */
		if (parent) {
			parent->p.thread_count++;
			touch(t, parent);
		}
		return 0;
	}
	if (*slot) /* its end was lost */
		dismiss(t, slot);
	e = add(t, ev->tgid);
	if (!e)
		return -ENOMEM;
	from = parent ? parent->p : PROCESS_NONE;
	from.name = comm_of(ev);
	if (keep_texts(e, &from))
		return -ENOMEM;
	e->pidns = said->pidns;
	e->p.vpid = said->vpid;
	e->p.sid = said->sid;
	e->p.pgid = said->pgid;
	e->p.vpgid = said->vpgid;
	e->p.tty = said->tty;
	e->p.loginuid = said->loginuid;
	e->p.cap_permitted = ev->caps_permitted;
	e->p.cap_inheritable = ev->caps_inheritable;
	e->p.cap_effective = ev->caps_effective;
	e->p.start_ns = since_1970(t, said->start_ns);
	copy_exe(&e->p, &from);
	copy_users(e, parent);
	e->p.pidns_start_ns = said->vpid == 1 ? e->p.start_ns : from.pidns_start_ns;
	e->p.thread_count = 1;
	e->told_ns = ev->time_ns;
	set_parent(e, parent);
	touch(t, e);
	return 0;
}

static void stdio_of(const struct abi_event *ev, struct process_facts *f)
{
	for (unsigned i = 0; i < STDIO_COUNT; i++) {
		const struct abi_event_stdio *said = &ev->process.stdio[i];
		bool in_memory = said->path_flags & ABI_PATH_MEMORY;
		struct text name = event_record_text(ev, ABI_TEXT_STDIO + i);

		if (said->family)
			f->stdio_types[i] = fd_kind_of_socket(said->family);
		else if (said->inode_mode)
			f->stdio_types[i] = fd_kind_of_file(said->inode_mode, in_memory, name);
		if (f->stdio_types[i] != FD_PIPE)
			f->stdio_names[i] = name;
	}
}

static void facts_of(const struct abi_event *ev, struct process_facts *f)
{
	const struct abi_event_process *said = &ev->process;

	*f = (struct process_facts){
		.pid = ev->tgid,
		.parent = said->parent,
		.pidns = said->pidns,
		.vpid = said->vpid,
		.sid = said->sid,
		.pgid = said->pgid,
		.vpgid = said->vpgid,
		.tty = said->tty,
		.uid = ev->uid,
		.gid = ev->gid,
		.loginuid = said->loginuid,
		.uid_before = said->uid_before,
		.caps_permitted = ev->caps_permitted,
		.caps_inheritable = ev->caps_inheritable,
		.caps_effective = ev->caps_effective,
		.start_ns = said->start_ns,
		.exe_ino = said->exe_ino,
		.cgroup = ev->cgroup,
		.name = comm_of(ev),
		.exepath = event_record_text(ev, ABI_TEXT_EXE),
		.cwd = event_record_text(ev, ABI_TEXT_CWD),
		.args = event_record_text(ev, ABI_TEXT_ARGS),
		.env = event_record_text(ev, ABI_TEXT_ENV),
		.exe_memfd = said->path_flags & ABI_PATH_MEMORY,
		.exe_deleted = said->path_flags & ABI_PATH_DELETED,
		.exe_upper_layer = ev->flags & ABI_EVENT_UPPER,
		.exe_lower_layer = ev->flags & ABI_EVENT_LOWER,
		.pidns_start_ns = said->pidns_start_ns,
		.exe_ctime_ns = said->exe_ctime_ns > 0 ? (uint64_t)said->exe_ctime_ns : 0,
		.exe_mtime_ns = said->exe_mtime_ns > 0 ? (uint64_t)said->exe_mtime_ns : 0,
		.exe_writable = said->exe_flags & ABI_EXE_WRITABLE,
		.exe_setuid = said->exe_flags & ABI_EXE_SETUID,
		.exe_setgid = said->exe_flags & ABI_EXE_SETGID,
	};

	stdio_of(ev, f);
}

int process_table_stand_in(struct process_table *t, const struct abi_event *ev)
{
	const bool named = !(ev->flags & ABI_EVENT_FOUND) &&
			   ev->call.program[ABI_PROGRAM_NAME] == ABI_YES;
	const char *comm = ev->call.comm;
	const struct process_facts f = {
		.pid = ev->tgid,
		.vpid = ev->vtid, /* of its first thread, as a rule */
		.uid = ev->uid,
		.gid = ev->gid,
		.caps_permitted = ev->caps_permitted,
		.caps_inheritable = ev->caps_inheritable,
		.caps_effective = ev->caps_effective,
		.loginuid = ID_NONE,
		.uid_before = ID_NONE,
		.cgroup = ev->cgroup,
		.name = named ? text_from(comm, strnlen(comm, ABI_EVENT_COMM)) : TEXT_NONE,
	};

	return process_table_put(t, &f);
}

static int apply_exec(struct process_table *t, const struct abi_event *ev)
{
	struct process_facts f;
	struct entry *e;
	int r;

	facts_of(ev, &f);
	r = process_table_put(t, &f);
	e = r ? NULL : find(t, f.pid);
	if (e)
		e->told_ns = ev->time_ns;
	return r;
}

/* A thread may change its own at any time (capset, setuid, unshare): each record says what they are. */
static void set_capabilities(struct process_table *t, struct entry *e, const struct abi_event *ev)
{
	if (e->p.cap_permitted == ev->caps_permitted &&
	    e->p.cap_inheritable == ev->caps_inheritable &&
	    e->p.cap_effective == ev->caps_effective)
		return;
	e->p.cap_permitted = ev->caps_permitted;
	e->p.cap_inheritable = ev->caps_inheritable;
	e->p.cap_effective = ev->caps_effective;
	touch(t, e);
}

int process_table_apply(struct process_table *t, const struct abi_event *ev)
{
	struct entry *e;
	int r = 0;

	if (ev->kind == ABI_EVENT_CGROUP || ev->kind == ABI_EVENT_CGROUP_GONE)
		return 0;
	if (ev->kind == ABI_EVENT_FORK)
		r = apply_fork(t, ev);
	else if (ev->kind == ABI_EVENT_EXEC)
		r = apply_exec(t, ev);
	e = find(t, ev->tgid);
	if (r || !e)
		return r;
	if (e->p.uid != ev->uid || e->p.gid != ev->gid) {
		e->p.uid = ev->uid;
		e->p.gid = ev->gid;
		name_users(t, e);
		touch(t, e);
	}
	set_capabilities(t, e, ev);
	set_cgroup(t, e, ev->cgroup);
	return 0;
}

/* One that ended is in no bucket: only those below it know it. */
static struct entry *entry_of_ended(void)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e) {
		e->p = PROCESS_NONE;
		e->references = 1;
	}
	return e;
}

int process_table_bring(struct process_table *t, const struct process_kept *k,
			const struct process **ret)
{
	const struct abi_event *ev = k->record;
	uint64_t start_ns = since_1970(t, ev->process.start_ns);
	struct entry *above = (struct entry *)(uintptr_t)k->above, *e;
	struct process_facts f;

	e = k->ended ? entry_of_ended() : entry_for(t, ev->tgid, start_ns);
	if (!e)
		return -ENOMEM;
	*ret = &e->p;
	if (e->told_ns >= ev->time_ns && e->told_ns)
		return 0;
	facts_of(ev, &f);
	e->p.pid = f.pid;
	e->p.uid = f.uid;
	e->p.gid = f.gid;
	if (describe(t, e, &f))
		return -ENOMEM;
	e->p.thread_count += k->threads;
	e->told_ns = ev->time_ns;
	place(t, e, above ?: find(t, f.parent), f.cgroup);
	return 0;
}

void process_table_let_go(const struct process *p)
{
	release((struct entry *)(uintptr_t)p);
}

bool process_table_has(const struct process_table *t, uint32_t pid, uint64_t start_ns)
{
	const struct entry *e = find(t, pid);

	return e && !is_another(e, since_1970(t, start_ns));
}

uint32_t process_table_namespace(const struct process_table *t, uint32_t pid)
{
	const struct entry *e = find(t, pid);

	return e && e->p.vpid != e->p.pid ? e->pidns : 0;
}

void process_table_end(struct process_table *t, uint32_t pid, uint64_t start_ns)
{
	struct entry **slot = slot_of(t, pid);

	if (*slot && !is_another(*slot, since_1970(t, start_ns)))
		dismiss(t, slot);
}

void process_table_renumber(struct process_table *t, uint32_t pidns, uint32_t number, uint32_t pid)
{
	for (size_t i = 0; pidns && i < BUCKETS; i++) {
		struct entry **at = &t->buckets[i];

		while (*at) {
			const struct entry *e = *at;

			if (e->pidns == pidns && e->p.vpid == (int64_t)number && e->p.pid != pid)
				dismiss(t, at);
			else
				at = &(*at)->next;
		}
	}
}

int process_table_set_cwd(struct process_table *t, uint32_t pid, struct text cwd)
{
	struct entry *e = find(t, pid);
	struct process changed;

	if (!e || !cwd.data || text_eq(e->p.cwd, cwd))
		return 0;
	changed = e->p;
	changed.cwd = cwd;
	if (keep_texts(e, &changed))
		return -ENOMEM;
	touch(t, e);
	return 0;
}

void process_table_remove(struct process_table *t, uint32_t pid)
{
	struct entry **slot = slot_of(t, pid);

	if (*slot)
		dismiss(t, slot);
}
