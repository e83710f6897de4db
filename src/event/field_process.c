/* SPDX-License-Identifier: Apache-2.0 */
/* proc.*, thread.*, user.*, group.*: who did it. */
#include "event/field_access.h"

/* The process a row is about: that of the event or, for proc.p*, its parent. */
static const struct process *subject(const struct field_ref *f, const struct event *ev)
{
	return f->def->hop == FIELD_TARGET ? ev->target :
					     process_ancestor(ev->process, f->def->hop);
}

/* A member of a struct at the offset that the row gives. */
#define MEMBER(type, base, f) (*(const type *)((const char *)(base) + (f)->def->param))

bool field_process_text(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct process *p = subject(f, ev);

	return p && yield_text(ret, MEMBER(struct text, p, f));
}

/* -1: unknown */
bool field_process_i64(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	const struct process *p = subject(f, ev);

	return p && MEMBER(int64_t, p, f) != -1 && yield_i64(ret, MEMBER(int64_t, p, f));
}

/* 0: unknown */
bool field_process_u64(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	const struct process *p = subject(f, ev);

	return p && MEMBER(uint64_t, p, f) &&
	       yield_number(ret, (enum value_type)f->def->type, MEMBER(uint64_t, p, f));
}

bool field_process_u32(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	const struct process *p = subject(f, ev);

	return p && yield_number(ret, (enum value_type)f->def->type, MEMBER(uint32_t, p, f));
}

bool field_process_flag(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct process *p = subject(f, ev);

	return p && yield_bool(ret, MEMBER(bool, p, f));
}

bool field_process_threads(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	const struct process *p = ev->process;

	if (!p || !p->thread_count)
		return false;
	/* param 1: without the main thread */
	return yield_number(ret, VALUE_UINT, p->thread_count - f->def->param);
}

bool field_process_time(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct process *p = subject(f, ev);

	if (!p || !p->start_ns)
		return false;
	return yield_number(ret, VALUE_DURATION,
			    f->def->param == TIME_START ? p->start_ns :
							  (uint64_t)ev->time_ns - p->start_ns);
}

bool field_process_ppid(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct process *p = process_ancestor(ev->process, 1);

	return p && p->pid >= 0 && yield_i64(ret, p->pid);
}

/* --- arguments, environment ------------------------------------------------------------------------ */

static bool join(struct texts list, struct scratch *s, struct text *ret)
{
	struct scratch_text t = scratch_begin(s);

	for (uint32_t i = 0; i < list.count; i++) {
		if (i)
			scratch_add(&t, TEXT(" "));
		scratch_add(&t, list.items[i]);
	}
	return scratch_end(&t, ret);
}

/* The joined arguments are the end of the command line, where the sensor composed one. */
static bool joined_args(const struct process *p, struct scratch *s, struct text *ret)
{
	if (p->cmdline.data && p->cmdline.len >= p->name.len) {
		uint32_t skip = p->name.len + (p->args.count ? 1 : 0);

		if (skip <= p->cmdline.len) {
			*ret = text_from(p->cmdline.data + skip, p->cmdline.len - skip);
			return true;
		}
	}
	return join(p->args, s, ret);
}

static bool command_line(const struct process *p, struct scratch *s, struct text *ret)
{
	struct scratch_text t;

	if (p->cmdline.data) {
		*ret = p->cmdline;
		return true;
	}
	t = scratch_begin(s);
	scratch_add(&t, p->name);
	for (uint32_t i = 0; i < p->args.count; i++) {
		scratch_add(&t, TEXT(" "));
		scratch_add(&t, p->args.items[i]);
	}
	return scratch_end(&t, ret);
}

bool field_process_args(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct process *p = ev->process;
	struct text text = TEXT("");

	if (!p)
		return false;
	if (f->has_arg) {
		if (f->index < p->args.count)
			text = p->args.items[f->index];
		return yield_text(ret, text.data ? text : TEXT(""));
	}
	return joined_args(p, s, &text) && yield_text(ret, text);
}

bool field_process_arglist(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	const struct process *p = ev->process;

	return p && yield_texts(ret, s, p->args.items, p->args.count);
}

bool field_process_cmdline(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	const struct process *p = subject(f, ev);
	struct text text;

	return p && command_line(p, s, &text) && yield_text(ret, text);
}

bool field_process_exeline(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	const struct process *p = ev->process;
	struct text args, all;
	struct scratch_text t;

	if (!p || !joined_args(p, s, &args))
		return false;
	t = scratch_begin(s);
	scratch_add(&t, p->exe);
	scratch_add(&t, TEXT(" "));
	scratch_add(&t, args);
	return scratch_end(&t, &all) && yield_text(ret, all);
}

bool field_process_nargs(const struct field_ref *f, const struct event *ev, struct scratch *s,
			 struct value *ret)
{
	return ev->process && yield_number(ret, VALUE_UINT, ev->process->args.count);
}

bool field_process_largs(const struct field_ref *f, const struct event *ev, struct scratch *s,
			 struct value *ret)
{
	uint64_t sum = 0;

	if (!ev->process)
		return false;
	for (uint32_t i = 0; i < ev->process->args.count; i++)
		sum += ev->process->args.items[i].len;
	return yield_number(ret, VALUE_UINT, sum);
}

/* The value of a variable; false if it is not set. */
static bool variable(const struct process *p, struct text name, struct text *ret)
{
	for (uint32_t i = 0; i < p->env.count; i++) {
		struct text e = p->env.items[i];

		if (e.len <= name.len || e.data[name.len] != '=' || !text_starts(e, name))
			continue;
		*ret = text_from(e.data + name.len + 1, e.len - name.len - 1);
		return true;
	}
	return false;
}

bool field_process_env(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	struct text text = TEXT("");

	if (!ev->process)
		return false;
	if (f->has_arg)
		variable(ev->process, f->key, &text);
	else if (!join(ev->process->env, s, &text))
		return false;
	return yield_text(ret, text);
}

/* --- ancestors ------------------------------------------------------------------------------------- */

static bool is_same_container(const struct event_container *a, const struct event_container *b)
{
	return a == b || (a && b && a->id.len && text_eq(a->id, b->id));
}

/*
 * How many ancestors there are, up to the limit. Inside: those before the first that is elsewhere. What
 * somebody on the host runs a container from says nothing about what happens in it.
 */
static uint32_t ancestor_count(const struct process *p, bool inside)
{
	const struct event_container *here = p ? p->container : NULL;
	uint32_t n = 0;

	while (p && p->parent && n < PROCESS_ANCESTORS_MAX &&
	       (!inside || is_same_container(p->parent->container, here))) {
		p = p->parent;
		n++;
	}
	return n;
}

typedef bool ancestor_value(const struct field_ref *f, const struct process *p, struct scratch *s,
			    struct value *ret);

/* One ancestor if the field has an index, else a list of all of them, the parent first. */
static bool ancestors(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret, ancestor_value *get)
{
	const struct process *p = ev->process;
	bool inside = f->def->flags & FIELD_INSIDE;
	struct value *list;
	uint32_t n, count;

	if (f->has_arg) {
		if (inside && f->index > ancestor_count(p, true))
			return false;
		p = f->index < PROCESS_ANCESTORS_MAX ? process_ancestor(p, (uint32_t)f->index) :
						       NULL;
		return p && get(f, p, s, ret);
	}
	count = ancestor_count(p, inside);
	list = scratch_alloc(s, (uint32_t)(count * sizeof(*list)));
	if (!list || !p)
		return false;
	for (n = 0; count--;) {
		p = p->parent;
		n += get(f, p, s, &list[n]);
	}
	*ret = (struct value){ .items = list, .len = n, .type = f->def->type, .list = true };
	return n > 0;
}

static bool ancestor_text(const struct field_ref *f, const struct process *p, struct scratch *s,
			  struct value *ret)
{
	return yield_text(ret, MEMBER(struct text, p, f));
}

bool field_process_ancestor_text(const struct field_ref *f, const struct event *ev,
				 struct scratch *s, struct value *ret)
{
	return ancestors(f, ev, s, ret, ancestor_text);
}

static bool ancestor_pid(const struct field_ref *f, const struct process *p, struct scratch *s,
			 struct value *ret)
{
	return p->pid >= 0 && yield_i64(ret, p->pid);
}

bool field_process_ancestor_pid(const struct field_ref *f, const struct event *ev,
				struct scratch *s, struct value *ret)
{
	return ancestors(f, ev, s, ret, ancestor_pid);
}

static bool ancestor_cmdline(const struct field_ref *f, const struct process *p, struct scratch *s,
			     struct value *ret)
{
	struct text text;

	return command_line(p, s, &text) && yield_text(ret, text);
}

bool field_process_ancestor_cmdline(const struct field_ref *f, const struct event *ev,
				    struct scratch *s, struct value *ret)
{
	return ancestors(f, ev, s, ret, ancestor_cmdline);
}

/* proc.aargs: of one ancestor, or the arguments of all of them as one string. */
bool field_process_ancestor_args(const struct field_ref *f, const struct event *ev,
				 struct scratch *s, struct value *ret)
{
	const struct process *p = ev->process;
	struct scratch_text t;
	struct text text;

	if (f->has_arg) {
		p = f->index < PROCESS_ANCESTORS_MAX ? process_ancestor(p, (uint32_t)f->index) :
						       NULL;
		return p && joined_args(p, s, &text) && yield_text(ret, text);
	}
	t = scratch_begin(s);
	for (uint32_t n = ancestor_count(p, false); n--;) {
		p = p->parent;
		for (uint32_t i = 0; i < p->args.count; i++) {
			if (s->used > t.start)
				scratch_add(&t, TEXT(" "));
			scratch_add(&t, p->args.items[i]);
		}
	}
	return scratch_end(&t, &text) && text.len && yield_text(ret, text);
}

/* proc.aenv: of one ancestor, of the first that sets a variable, or of any of them. */
static bool ancestor_env(const struct field_ref *f, const struct process *p, struct scratch *s,
			 struct value *ret)
{
	struct text text;

	return join(p->env, s, &text) && yield_text(ret, text);
}

bool field_process_env_ancestor(const struct field_ref *f, const struct event *ev,
				struct scratch *s, struct value *ret)
{
	const struct process *p = ev->process;
	struct text text = TEXT("");

	if (!f->has_arg || f->index >= 0)
		return ancestors(f, ev, s, ret, ancestor_env);
	if (!p)
		return false;
	for (uint32_t n = ancestor_count(p, false); n--;) {
		p = p->parent;
		if (variable(p, f->key, &text) && text.len)
			break;
	}
	return yield_text(ret, text);
}

bool field_process_login_shell(const struct field_ref *f, const struct event *ev, struct scratch *s,
			       struct value *ret)
{
	const struct process *p = ev->process, *shell = NULL;

	for (uint32_t n = 0; p && n <= PROCESS_ANCESTORS_MAX; p = p->parent, n++)
		if (text_ends(p->name, TEXT("sh")))
			shell = p;
	return shell && yield_i64(ret, shell->pid);
}

/* --- session and group leaders --------------------------------------------------------------------- */

static int64_t group_id(const struct process *p, enum field_leader which)
{
	return which == LEADER_SESSION ? p->sid : which == LEADER_GROUP ? p->pgid : p->vpgid;
}

/* The oldest ancestor in an unbroken line that has the same id: the leader, if it still is known. */
bool field_process_leader(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	enum field_leader which = (enum field_leader)(f->def->param >> 4);
	enum field_leader_part part = (enum field_leader_part)(f->def->param & 15);
	const struct process *p = ev->process;
	int64_t id;

	if (!p)
		return false;
	id = group_id(p, which);
	if (id == -1)
		return yield_text(ret, TEXT(""));
	for (uint32_t n = 0; p->parent && n < PROCESS_ANCESTORS_MAX; n++) {
		if (group_id(p->parent, which) != id)
			break;
		p = p->parent;
	}
	return yield_text(ret, part == PART_NAME ? p->name :
			       part == PART_EXE	 ? p->exe :
						   p->exepath);
}

bool field_process_is_leader(const struct field_ref *f, const struct event *ev, struct scratch *s,
			     struct value *ret)
{
	const struct process *p = ev->process;

	if (!p)
		return false;
	switch ((enum field_leader)f->def->param) {
	case LEADER_SESSION:
		return yield_bool(ret, p->sid == p->vpid);
	case LEADER_VGROUP:
		return yield_bool(ret, p->vpgid == p->vpid);
	case LEADER_GROUP:
		return yield_bool(ret, p->pgid == p->pid);
	}
	return false;
}

/* --- the rest -------------------------------------------------------------------------------------- */

bool field_process_ctime_to_start(const struct field_ref *f, const struct event *ev,
				  struct scratch *s, struct value *ret)
{
	const struct process *p = ev->process;

	if (!p || !p->exe_ctime_ns || p->start_ns <= p->exe_ctime_ns)
		return false;
	return yield_number(ret, VALUE_TIME, p->start_ns - p->exe_ctime_ns);
}

bool field_process_ctime_to_pidns(const struct field_ref *f, const struct event *ev,
				  struct scratch *s, struct value *ret)
{
	const struct process *p = ev->process;

	if (!p || !p->pidns_start_ns || p->exe_ctime_ns <= p->pidns_start_ns)
		return false;
	return yield_number(ret, VALUE_TIME, p->exe_ctime_ns - p->pidns_start_ns);
}

/* param: the descriptor, plus 4 for its name instead of its type */
bool field_process_stdio(const struct field_ref *f, const struct event *ev, struct scratch *s,
			 struct value *ret)
{
	const struct process *p = ev->process;
	const struct texts *list;
	uint32_t n = f->def->param & 3;

	if (!p)
		return false;
	list = f->def->param & 4 ? &p->stdio_names : &p->stdio_types;
	return n < list->count && yield_text(ret, list->items[n]);
}

bool field_process_caps(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	struct scratch_text t;
	struct text text;

	if (!ev->process)
		return false;
	t = scratch_begin(s);
	names_capabilities(MEMBER(uint64_t, ev->process, f), &t);
	return scratch_end(&t, &text) && yield_text(ret, text);
}

bool field_thread_id(const struct field_ref *f, const struct event *ev, struct scratch *s,
		     struct value *ret)
{
	int64_t tid = ev->tid >= 0 || !ev->process ? ev->tid : ev->process->pid;

	return tid >= 0 && yield_i64(ret, tid);
}

bool field_thread_vid(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	int64_t tid = ev->vtid >= 0 || !ev->process ? ev->vtid : ev->process->vpid;

	return tid >= 0 && yield_i64(ret, tid);
}

bool field_thread_main(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	return ev->process && yield_bool(ret, ev->tid < 0 || ev->tid == ev->process->pid);
}

/* param 0: user, 1: group */
bool field_user_id(const struct field_ref *f, const struct event *ev, struct scratch *s,
		   struct value *ret)
{
	const struct process *p = ev->process;

	return p && yield_number(ret, VALUE_UINT32, f->def->param ? p->gid : p->uid);
}

/* A name that the row's member has; "root" for id 0; "<NA>" where nobody knows it. */
bool field_user_name(const struct field_ref *f, const struct event *ev, struct scratch *s,
		     struct value *ret)
{
	const struct process *p = ev->process;
	struct text name;
	uint32_t id;

	if (!p)
		return false;
	name = MEMBER(struct text, p, f);
	if (name.data)
		return yield_text(ret, name);
	id = f->def->param == offsetof(struct process, group)	   ? p->gid :
	     f->def->param == offsetof(struct process, login_user) ? p->loginuid :
								     p->uid;
	if (id == 0 && f->def->param == offsetof(struct process, home))
		return yield_text(ret, TEXT("/root"));
	if (id == 0 && f->def->param != offsetof(struct process, shell))
		return yield_text(ret, TEXT("root"));
	return yield_text(ret, TEXT("<NA>"));
}

bool field_user_before(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	const struct process *p = ev->process;

	return p && yield_i64(ret, p->uid_before == ID_NONE ? -1 : (int64_t)p->uid_before);
}

bool field_user_loginuid(const struct field_ref *f, const struct event *ev, struct scratch *s,
			 struct value *ret)
{
	const struct process *p = ev->process;

	return p && yield_i64(ret, p->loginuid == ID_NONE ? -1 : (int64_t)p->loginuid);
}
