/* SPDX-License-Identifier: Apache-2.0 */
/* evt.*, fs.path.*: the event itself. */
#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "event/field_access.h"

enum {
	O_TMPFILE_BIT = 020000000,
	O_CREAT_BIT = 0100,
	EXEC_BITS = 0111,
};
#define O_CREATED_BIT (1ULL << 40) /* as names_open has it */

bool yield_texts(struct value *ret, struct scratch *s, const struct text *items, uint32_t count)
{
	struct value *list = scratch_alloc(s, (uint32_t)(count * sizeof(*list)));

	if (!list)
		return false;
	for (uint32_t i = 0; i < count; i++)
		list[i] = value_of_text(items[i]);
	*ret = (struct value){ .items = list, .len = count, .type = VALUE_STRING, .list = true };
	return true;
}

bool field_absent(const struct field_ref *f, const struct event *ev, struct scratch *s,
		  struct value *ret)
{
	return false;
}

enum field_presence field_never(const struct field_ref *f, const struct event_type *t)
{
	return FIELD_NEVER;
}

enum field_presence field_fixed(const struct field_ref *f, const struct event_type *t)
{
	return FIELD_FIXED;
}

bool field_event_number(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const uint64_t second = 1000000000, time = (uint64_t)ev->time_ns;
	uint64_t since = time - ev->start_ns, n = 1;

	switch ((enum field_event_number)f->def->param) {
	case EVENT_NUM:
		n = ev->number;
		break;
	case EVENT_RAWTIME:
		n = time;
		break;
	case EVENT_RAWTIME_S:
		n = time / second;
		break;
	case EVENT_RAWTIME_NS:
		n = time % second;
		break;
	case EVENT_RELTIME:
		n = since;
		break;
	case EVENT_RELTIME_S:
		n = since / second;
		break;
	case EVENT_RELTIME_NS:
		n = since % second;
		break;
	case EVENT_CPU:
		n = ev->cpu;
		break;
	case EVENT_ONE:
		break;
	}
	return yield_number(ret, (enum value_type)f->def->type, n);
}

/* Both are cut out of "2026-11-22T01:31:48.000000001Z". */
enum { CLOCK_DATE_LEN = 10, CLOCK_TIME_LEN = 8, CLOCK_TIME_NS_LEN = 18 };

static void add_clock(struct scratch_text *t, const char *clock, bool with_ns)
{
	scratch_add(t, text_from(clock + CLOCK_DATE_LEN + 1,
				 with_ns ? CLOCK_TIME_NS_LEN : CLOCK_TIME_LEN));
}

/* param 0: with nanoseconds, 1: without */
bool field_event_time(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	struct scratch_text t = scratch_begin(s);
	char clock[CLOCK_TEXT_MAX];
	struct text text;

	clock_format(ev->time_ns, clock);
	add_clock(&t, clock, !f->def->param);
	return scratch_end(&t, &text) && yield_text(ret, text);
}

bool field_event_datetime(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	struct scratch_text t = scratch_begin(s);
	char clock[CLOCK_TEXT_MAX];
	struct text text;

	clock_format(ev->time_ns, clock);
	scratch_add(&t, text_from(clock, CLOCK_DATE_LEN));
	scratch_add(&t, TEXT(" "));
	add_clock(&t, clock, !f->def->param);
	return scratch_end(&t, &text) && yield_text(ret, text);
}

bool field_event_type(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	return yield_text(ret, ev->type->name);
}

enum field_presence field_syscall_presence(const struct field_ref *f, const struct event_type *t)
{
	return t->flags & TYPE_SYSCALL ? FIELD_FIXED : FIELD_NEVER;
}

bool field_event_category(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	bool io = ev->type->category >= EVENT_IO_READ && ev->type->category <= EVENT_IO_OTHER;

	/* What is read or written decides the category of reading and writing. */
	if (io && ev->fd && (ev->fd->type == FD_FILE || ev->fd->type == FD_DIRECTORY))
		return yield_text(ret, TEXT("file"));
	if (io && ev->fd && ev->fd->type >= FD_IPV4 && ev->fd->type <= FD_IPV6_SERVER)
		return yield_text(ret, TEXT("net"));
	if (io && ev->fd && (ev->fd->type == FD_UNIX || ev->fd->type == FD_PIPE))
		return yield_text(ret, TEXT("ipc"));
	return yield_text(ret, event_category_names[ev->type->category]);
}

bool field_event_source(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	return yield_text(ret, event_sources[ev->type->source].name);
}

bool field_event_hostname(const struct field_ref *f, const struct event *ev, struct scratch *s,
			  struct value *ret)
{
	return yield_text(ret, ev->hostname);
}

bool field_event_direction(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	return yield_text(ret, TEXT("<"));
}

/* --- parameters ---------------------------------------------------------------------------------- */

/* The aliases of the parameter table, bound once. */
enum { ALIASES_MAX = 64 };
static struct {
	const char *name;
	struct field_ref ref;
} aliases[ALIASES_MAX];
static uint32_t alias_count;
static uint8_t alias_of[160][EVENT_PARAMS_MAX];
static pthread_once_t alias_once = PTHREAD_ONCE_INIT;

static uint8_t alias_number(const char *name)
{
	uint32_t i;

	for (i = 0; i < alias_count; i++)
		if (strcmp(aliases[i].name, name) == 0)
			return (uint8_t)i;
	if (i == ALIASES_MAX ||
	    field_bind(text_of(name), false, TEXT_NONE, &aliases[i].ref) != FIELD_OK)
		abort(); /* a row of the parameter table names no field */
	aliases[i].name = name;
	alias_count++;
	return (uint8_t)i;
}

static void aliases_fill(void)
{
	for (uint32_t t = 0; t < event_type_count; t++)
		for (uint32_t i = 0; i < event_types[t].param_count; i++)
			if (event_types[t].params[i].alias)
				alias_of[t][i] = alias_number(event_types[t].params[i].alias);
}

/* The value of a parameter and what the sensor made of it; false if the event does not have it. */
static bool param_value(const struct event *ev, uint32_t index, struct scratch *s,
			struct value *ret, struct text *ret_resolved)
{
	const struct event_param *p = &ev->type->params[index];

	*ret_resolved = TEXT_NONE;
	if (p->slot >= 0) {
		if (!(ev->arg_set >> p->slot & 1))
			return false;
		*ret = ev->args[p->slot].value;
		*ret_resolved = ev->args[p->slot].resolved;
		return true;
	}
	pthread_once(&alias_once, aliases_fill);
	return field_read(&aliases[alias_of[event_type_index(ev->type)][index]].ref, ev, s, ret);
}

static struct text user_name(const struct event *ev, uint64_t id, bool group)
{
	const struct process *p = ev->process;

	if (p && id == (group ? p->gid : p->uid) && (group ? p->group : p->user).data)
		return group ? p->group : p->user;
	if (id == ID_NONE)
		return TEXT("<NONE>");
	return id == 0 ? TEXT("root") : TEXT("<NA>");
}

/* The number or bytes of a parameter. */
static void add_raw(struct scratch_text *t, const struct event_param *p, const struct value *v)
{
	if (v->type == VALUE_STRING) {
		scratch_add(t, value_text(v));
		return;
	}
	switch (p->kind) {
	case PARAM_OCTAL:
		scratch_add_octal(t, v->u);
		break;
	case PARAM_HEX:
		scratch_add_hex(t, v->u);
		break;
	case PARAM_UINT:
	case PARAM_NAMES:
		scratch_add_u64(t, v->u);
		break;
	case PARAM_BYTES:
		for (uint32_t i = 0; i < v->len; i++) {
			char c = v->string[i] >= 0x20 && v->string[i] < 0x7f ? v->string[i] : '.';

			scratch_add(t, text_from(&c, 1));
		}
		break;
	case PARAM_UID:
	case PARAM_GID:
		if (v->u == ID_NONE)
			scratch_add(t, TEXT("-1"));
		else
			scratch_add_u64(t, v->u);
		break;
	default:
		scratch_add_i64(t, v->i);
		break;
	}
}

/* The name of the event's descriptor if p is it: composed before anything else is. */
static struct text fd_of_param(const struct event *ev, const struct event_param *p,
			       const struct value *v, struct scratch *s)
{
	struct text name = TEXT("");

	if (p->kind == PARAM_FD && v->type != VALUE_STRING && ev->fd && v->i == ev->fd_num &&
	    !fd_name(ev, false, s, &name))
		return TEXT("");
	return name;
}

/* What a parameter's number stands for; false if it has no such words. */
static bool add_resolved(struct scratch_text *t, const struct event *ev,
			 const struct event_param *p, const struct value *v, struct text fd)
{
	const char *name = NULL;

	if (v->type == VALUE_STRING)
		return false;
	switch (p->kind) {
	case PARAM_NAMES:
		return names_render(p->names, v->u, t);
	case PARAM_RESULT:
		name = v->i < 0 ? names_errno((int)-v->i) : NULL;
		break;
	case PARAM_SIGNAL:
		name = names_signal((int)v->i);
		break;
	case PARAM_UID:
	case PARAM_GID:
		scratch_add(t, user_name(ev, v->u, p->kind == PARAM_GID));
		return true;
	case PARAM_FD:
		if (v->i < 0) {
			name = v->i == -100 ? "AT_FDCWD" : names_errno((int)-v->i);
			break;
		}
		if (!ev->fd || v->i != ev->fd_num)
			return false;
		scratch_add(t, TEXT("<"));
		scratch_add(t, text_from(&fd_types[ev->fd->type].letter, 1));
		scratch_add(t, TEXT(">"));
		scratch_add(t, fd);
		return true;
	default:
		return false;
	}
	if (name)
		scratch_add(t, text_of(name));
	return name != NULL;
}

bool event_param_text(const struct event *ev, uint32_t index, struct scratch *s, struct text *ret)
{
	const struct event_param *p = &ev->type->params[index];
	struct text resolved, fd;
	struct scratch_text t;
	struct value v;

	if (!param_value(ev, index, s, &v, &resolved))
		return false;
	if (resolved.len) {
		*ret = resolved;
		return true;
	}
	if (v.type == VALUE_STRING && !v.list) {
		*ret = value_text(&v);
		return true;
	}
	fd = fd_of_param(ev, p, &v, s);
	t = scratch_begin(s);
	if (!add_resolved(&t, ev, p, &v, fd))
		add_raw(&t, p, &v);
	return scratch_end(&t, ret);
}

/* The index of the parameter that f names in events of this type, or -1. */
static int param_index(const struct field_ref *f, const struct event_type *t)
{
	if (!f->key.data) /* by number */
		return f->index < t->param_count ? (int)f->index : -1;
	return event_param_index(t, (int)f->index);
}

enum field_presence field_has_param(const struct field_ref *f, const struct event_type *t)
{
	return param_index(f, t) >= 0 ? FIELD_VARIES : FIELD_NEVER;
}

bool field_event_arg(const struct field_ref *f, const struct event *ev, struct scratch *s,
		     struct value *ret)
{
	int index = param_index(f, ev->type);
	struct text text;

	return index >= 0 && event_param_text(ev, (uint32_t)index, s, &text) &&
	       yield_text(ret, text.data ? text : TEXT(""));
}

bool field_event_rawarg(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	int index = param_index(f, ev->type);
	struct text resolved;
	bool text_wanted = f->type == VALUE_STRING || f->type == VALUE_BYTES;

	if (index < 0 || !param_value(ev, (uint32_t)index, s, ret, &resolved))
		return false;
	/* The same name may be text in one type and a number in another: then it is not there. */
	if (text_wanted != (ret->type == VALUE_STRING || ret->type == VALUE_BYTES) || ret->list)
		return false;
	ret->type = f->type;
	return true;
}

bool field_event_args(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	struct text pieces[EVENT_PARAMS_MAX][2], all;
	struct scratch_text t;

	for (uint32_t i = 0; i < ev->type->param_count; i++) {
		const struct event_param *p = &ev->type->params[i];
		struct value v;
		struct text fd;

		pieces[i][0] = pieces[i][1] = TEXT_NONE;
		if (!param_value(ev, i, s, &v, &pieces[i][1]))
			continue;
		t = scratch_begin(s);
		add_raw(&t, p, &v);
		if (!scratch_end(&t, &pieces[i][0]))
			return false;
		if (pieces[i][1].len)
			continue;
		fd = fd_of_param(ev, p, &v, s);
		t = scratch_begin(s);
		if (add_resolved(&t, ev, p, &v, fd) && !scratch_end(&t, &pieces[i][1]))
			return false;
	}
	t = scratch_begin(s);
	for (uint32_t i = 0, n = 0; i < ev->type->param_count; i++) {
		if (!pieces[i][0].data)
			continue;
		if (n++)
			scratch_add(&t, TEXT(" "));
		scratch_add(&t, ev->type->params[i].name);
		scratch_add(&t, TEXT("="));
		scratch_add(&t, pieces[i][0]);
		if (pieces[i][1].len) {
			scratch_add(&t, TEXT("("));
			scratch_add(&t, pieces[i][1]);
			scratch_add(&t, TEXT(")"));
		}
	}
	return scratch_end(&t, &all) && yield_text(ret, all);
}

/* The value of a carried parameter by name; NULL if there is none. */
static const struct event_arg *carried(const struct event *ev, int id)
{
	int index = id >= 0 ? event_param_index(ev->type, id) : -1;
	int slot = index >= 0 ? ev->type->params[index].slot : -1;

	return slot >= 0 && ev->arg_set >> slot & 1 ? &ev->args[slot] : NULL;
}

static struct {
	int data, flags, mode, name, path, pathname, filename, oldpath, newpath, linkpath, target,
		dev, dir, dirfd, new_root, put_old, from_path, to_path;
} ids;
static pthread_once_t ids_once = PTHREAD_ONCE_INIT;

static void ids_fill(void)
{
#define ID(which) ids.which = event_param_id(TEXT(#which))
	ID(data), ID(flags), ID(mode), ID(name), ID(path), ID(pathname), ID(filename), ID(oldpath);
	ID(newpath), ID(linkpath), ID(target), ID(dev), ID(dir), ID(dirfd), ID(new_root),
		ID(put_old);
	ID(from_path), ID(to_path);
#undef ID
}

enum field_presence field_has_data(const struct field_ref *f, const struct event_type *t)
{
	pthread_once(&ids_once, ids_fill);
	return event_param_index(t, ids.data) >= 0 ? FIELD_VARIES : FIELD_NEVER;
}

bool field_event_buffer(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	const struct event_arg *arg;

	pthread_once(&ids_once, ids_fill);
	arg = carried(ev, ids.data);
	if (!arg || (arg->value.type != VALUE_BYTES && arg->value.type != VALUE_STRING))
		return false;
	*ret = arg->value;
	ret->type = VALUE_BYTES;
	return true;
}

enum field_presence field_is_io_type(const struct field_ref *f, const struct event_type *t)
{
	return t->flags & (TYPE_READS | TYPE_WRITES) ? FIELD_VARIES : FIELD_NEVER;
}

bool field_event_buflen(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	if (!ev->fd || !ev->has_result || ev->result < 0 ||
	    !(ev->type->flags & (TYPE_READS | TYPE_WRITES)))
		return false;
	return yield_number(ret, VALUE_UINT, (uint64_t)ev->result);
}

/* --- result -------------------------------------------------------------------------------------- */

enum field_presence field_has_result(const struct field_ref *f, const struct event_type *t)
{
	return t->flags & TYPE_NO_RESULT ? FIELD_NEVER : FIELD_VARIES;
}

bool field_event_rawres(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	return ev->has_result && yield_i64(ret, ev->result);
}

bool field_event_res(const struct field_ref *f, const struct event *ev, struct scratch *s,
		     struct value *ret)
{
	struct scratch_text t;
	struct text text;
	const char *name;

	if (!ev->has_result)
		return false;
	if (ev->result >= 0)
		return yield_text(ret, TEXT("SUCCESS"));
	name = ev->result > -4096 ? names_errno((int)-ev->result) : NULL;
	if (name)
		return yield_text(ret, text_of(name));
	t = scratch_begin(s);
	scratch_add_i64(&t, ev->result);
	return scratch_end(&t, &text) && yield_text(ret, text);
}

bool field_event_asked(const struct field_ref *f, const struct event *ev, struct scratch *s,
		       struct value *ret)
{
	return ev->verdict != VERDICT_NONE &&
	       yield_bool(ret, f->def->param == ASKED_OUTSIDE ? ev->is_outside : ev->is_on_guard);
}

/* evt.failed is a boolean, evt.count.error a number. */
bool field_event_failed(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	return ev->has_result && yield_number(ret, (enum value_type)f->def->type, ev->result < 0);
}

bool field_event_denied(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	return yield_bool(ret, ev->verdict != VERDICT_NONE);
}

/* --- what the type says ---------------------------------------------------------------------------- */

/* param: the type flags that make it true */
bool field_event_io(const struct field_ref *f, const struct event *ev, struct scratch *s,
		    struct value *ret)
{
	return yield_bool(ret, ev->type->flags & f->def->param);
}

bool field_event_io_dir(const struct field_ref *f, const struct event *ev, struct scratch *s,
			struct value *ret)
{
	if (ev->type->flags & TYPE_WRITES)
		return yield_text(ret, TEXT("write"));
	return ev->type->flags & TYPE_READS && yield_text(ret, TEXT("read"));
}

bool field_event_is_syslog(const struct field_ref *f, const struct event *ev, struct scratch *s,
			   struct value *ret)
{
	return yield_bool(ret, ev->type->flags & TYPE_WRITES && ev->fd &&
				       text_ends(ev->fd->name, TEXT("/dev/log")));
}

enum field_presence field_open_presence(const struct field_ref *f, const struct event_type *t)
{
	/* Other events are not opened for anything: false, not missing. */
	return t->flags & (TYPE_OPEN | TYPE_CREAT) ? FIELD_VARIES : FIELD_FIXED;
}

static bool open_flag(const struct event *ev, enum field_open which, uint64_t flags, uint64_t mode)
{
	switch (which) {
	case OPEN_FOR_READ:
		return (flags & 3) == 0 || (flags & 3) == 2;
	case OPEN_FOR_WRITE:
		return (flags & 3) == 1 || (flags & 3) == 2;
	case OPEN_FOR_EXEC:
		return flags & (O_TMPFILE_BIT | O_CREAT_BIT) && mode & EXEC_BITS;
	case OPEN_CREATES:
		return flags & O_CREATED_BIT ||
		       (flags & O_TMPFILE_BIT && ev->has_result && ev->result >= 0);
	}
	return false;
}

bool field_event_open(const struct field_ref *f, const struct event *ev, struct scratch *s,
		      struct value *ret)
{
	const struct event_arg *flags, *mode;

	pthread_once(&ids_once, ids_fill);
	mode = carried(ev, ids.mode);
	if (ev->type->flags & TYPE_CREAT)
		return yield_bool(ret, f->def->param == OPEN_FOR_EXEC && mode &&
					       mode->value.u & EXEC_BITS);
	flags = ev->type->flags & TYPE_OPEN ? carried(ev, ids.flags) : NULL;
	return yield_bool(ret, flags && open_flag(ev, (enum field_open)f->def->param,
						  flags->value.u, mode ? mode->value.u : 0));
}

/* --- paths ---------------------------------------------------------------------------------------- */

/* An absolute path for a path argument: what the kernel resolved, else below the working directory. */
static bool absolute(const struct event *ev, const struct event_arg *arg, struct scratch *s,
		     struct text *ret)
{
	struct scratch_text t;
	struct text path;

	if (!arg || arg->value.type != VALUE_STRING)
		return false;
	path = arg->resolved.len ? arg->resolved : value_text(&arg->value);
	if (!path.len)
		return false;
	if ((path.len && path.data[0] == '/') || !ev->process || !ev->process->cwd.data) {
		*ret = path;
		return path.data != NULL;
	}
	t = scratch_begin(s);
	scratch_add(&t, ev->process->cwd);
	if (!text_ends(ev->process->cwd, TEXT("/")))
		scratch_add(&t, TEXT("/"));
	scratch_add(&t, path);
	return scratch_end(&t, ret);
}

/* The parameter ids that hold the one path, or the source and the target, of a type. */
static int path_param(const struct event_type *t, enum field_path which)
{
	const int one[] = { ids.path, ids.name, ids.filename, ids.pathname };
	const int source[] = { ids.oldpath, ids.linkpath, ids.dev, ids.from_path, ids.new_root };
	const int target[] = { ids.newpath, ids.target, ids.dir, ids.to_path, ids.put_old };
	const int *list = which == PATH_NAME ? one : which == PATH_SOURCE ? source : target;
	size_t count = which == PATH_NAME ? ARRAY_SIZE(one) : ARRAY_SIZE(source);

	/* Links are the other way round: what is made is the source, what it leads to the target. */
	if ((t->hook == HOOK_LINK) && which != PATH_NAME)
		return which == PATH_SOURCE ? ids.newpath : ids.oldpath;
	for (size_t i = 0; i < count; i++)
		if (event_param_index(t, list[i]) >= 0)
			return list[i];
	return -1;
}

static bool is_path_hook(enum event_hook hook)
{
	return (hook >= HOOK_OPEN && hook <= HOOK_CHDIR && hook != HOOK_READ &&
		hook != HOOK_WRITE) ||
	       (hook >= HOOK_MOUNT && hook <= HOOK_PIVOT_ROOT);
}

enum field_presence field_fs_path_presence(const struct field_ref *f, const struct event_type *t)
{
	pthread_once(&ids_once, ids_fill);
	if (!is_path_hook(t->hook))
		return FIELD_NEVER;
	if (path_param(t, (enum field_path)(f->def->param & 3)) >= 0)
		return FIELD_VARIES;
	return (f->def->param & 3) == PATH_NAME && t->flags & TYPE_FD ? FIELD_VARIES : FIELD_NEVER;
}

static bool fs_path(const struct event *ev, int which, struct scratch *s, struct text *ret)
{
	const struct event_arg *arg;
	int id;

	if (!is_path_hook(ev->type->hook) || !ev->has_result || ev->result < 0)
		return false;
	pthread_once(&ids_once, ids_fill);
	id = path_param(ev->type, (enum field_path)(which & 3));
	if (id < 0)
		return (which & 3) == PATH_NAME && ev->fd && fd_name(ev, which & PATH_RAW, s, ret);
	arg = carried(ev, id);
	if (!arg || arg->value.type != VALUE_STRING)
		return false;
	if (!(which & PATH_RAW))
		return absolute(ev, arg, s, ret) ||
		       (which == PATH_NAME && ev->fd && fd_name(ev, false, s, ret));
	*ret = value_text(&arg->value);
	return true;
}

bool field_fs_path(const struct field_ref *f, const struct event *ev, struct scratch *s,
		   struct value *ret)
{
	struct text text;

	return fs_path(ev, f->def->param, s, &text) && yield_text(ret, text);
}

enum field_presence field_fs_paths_presence(const struct field_ref *f, const struct event_type *t)
{
	return is_path_hook(t->hook) ? FIELD_VARIES : FIELD_NEVER;
}

bool field_fs_paths(const struct field_ref *f, const struct event *ev, struct scratch *s,
		    struct value *ret)
{
	struct text source, target;
	struct scratch_text t;

	if (fs_path(ev, PATH_NAME, s, &source))
		return yield_text(ret, source);
	if (!fs_path(ev, PATH_SOURCE, s, &source) || !fs_path(ev, PATH_TARGET, s, &target))
		return false;
	t = scratch_begin(s);
	scratch_add(&t, source);
	scratch_add(&t, TEXT(" -> "));
	scratch_add(&t, target);
	return scratch_end(&t, &source) && yield_text(ret, source);
}

enum field_presence field_abspath_presence(const struct field_ref *f, const struct event_type *t)
{
	pthread_once(&ids_once, ids_fill);
	if (!is_path_hook(t->hook))
		return FIELD_NEVER;
	return FIELD_VARIES;
}

/* evt.abspath: the path of calls that take a directory descriptor; .src and .dst of those with two. */
bool field_event_abspath(const struct field_ref *f, const struct event *ev, struct scratch *s,
			 struct value *ret)
{
	bool second = f->def->param == PATH_TARGET;
	struct text text;
	int id;

	pthread_once(&ids_once, ids_fill);
	switch (ev->type->hook) {
	case HOOK_RENAME:
	case HOOK_LINK:
		id = second ? ids.newpath : ids.oldpath;
		break;
	case HOOK_SYMLINK:
		id = ids.linkpath;
		break;
	default:
		id = is_path_hook(ev->type->hook) && !second ? path_param(ev->type, PATH_NAME) : -1;
		break;
	}
	return absolute(ev, carried(ev, id), s, &text) && yield_text(ret, text);
}
