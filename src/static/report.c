/* SPDX-License-Identifier: Apache-2.0 */
#include "static/report.h"

#include <errno.h>
#include <inttypes.h>

#include "base/str.h"
#include "uapi/call_risk.h"
#include "uapi/syscall.h"

/* --- writing ------------------------------------------------------------------------------------ */

/* Names in files are anybody's; JSON wants UTF-8. */
static json_t *printable(const char *text)
{
	char room[4096];

	str_printable(room, sizeof(room), text, strlen(text));
	return json_string(room);
}

static void set_printable(json_t *o, const char *member, const char *text)
{
	if (text)
		json_object_set_new(o, member, printable(text));
}

static json_t *address_json(uint64_t address)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	return json_string(text);
}

static json_t *step_json(const struct sweep_step *step)
{
	json_t *o = json_object();

	set_printable(o, "file", step->file);
	set_printable(o, "function", step->function);
	json_object_set_new(o, "address", address_json(step->address));
	return o;
}

static json_t *call_json(const struct sweep *s, const struct sweep_call *c)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);
	const struct sys_risk *risk = sys_call_risk(name);
	json_t *o = json_object(), *chain = json_array();

	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "arch", json_string(sys_archs[c->arch].name));
	json_object_set_new(o, "nr", json_integer(c->nr));
	json_object_set_new(o, "risk", json_string(sys_risk_level_names[risk->level]));
	json_object_set_new(o, "class", json_string(risk->name));
	if (s->compared)
		json_object_set_new(o, "observed", json_boolean(c->observed));
	json_object_set_new(o, "programs", json_integer(c->programs));
	set_printable(o, "program", c->program);
	vec_foreach(step, &c->chain)
		json_array_append_new(chain, step_json(step));
	json_object_set_new(o, "chain", chain);
	return o;
}

static json_t *program_json(const struct program *p)
{
	json_t *o = json_object(), *files = json_array(), *missing = json_array();

	set_printable(o, "path", p->path);
	set_printable(o, "script", p->script);
	vec_foreach(i, &p->images) {
		json_t *file = json_object();

		set_printable(file, "path", i->image->path);
		json_object_set_new(file, "reason", json_string(program_reason_names[i->reason]));
		json_set_string(file, "why", i->why);
		if (i->image->elf.left_out || i->image->dropped)
			json_object_set_new(file, "leftOut",
					    json_u64(i->image->elf.left_out + i->image->dropped));
		json_array_append_new(files, file);
	}
	vec_foreach(name, &p->missing)
		json_array_append_new(missing, printable(*name));
	json_object_set_new(o, "files", files);
	json_object_set_new(o, "missing", missing);
	json_object_set_new(o, "leftOut", json_u64(p->left_out));
	return o;
}

static json_t *comparison_json(const struct sweep *s)
{
	json_t *o = json_object(), *missed = json_array();

	vec_foreach(m, &s->missed) {
		const char *name = sys_call_name(m->arch, (int)m->nr);
		json_t *call = json_object();

		json_set_string(call, "name", name);
		json_object_set_new(call, "arch", json_string(sys_archs[m->arch].name));
		json_object_set_new(call, "nr", json_integer(m->nr));
		json_array_append_new(missed, call);
	}
	json_object_set_new(o, "recorded", json_integer(s->observed));
	json_object_set_new(o, "missed", missed);
	return o;
}

json_t *report_to_json(const struct sweep *s)
{
	json_t *root = json_object(), *programs = json_array(), *calls = json_array(),
	       *unresolved = json_array(), *skipped = json_array();

	json_object_set_new(root, "sweep", json_integer(REPORT_FORMAT_VERSION));
	vec_foreach(p, &s->programs)
		json_array_append_new(programs, program_json(*p));
	vec_foreach(c, &s->calls)
		json_array_append_new(calls, call_json(s, c));
	vec_foreach(u, &s->unresolved) {
		json_t *o = step_json(&u->at);

		set_printable(o, "program", u->program);
		json_array_append_new(unresolved, o);
	}
	vec_foreach(k, &s->skipped) {
		json_t *o = json_object();

		set_printable(o, "path", k->path);
		set_printable(o, "why", k->why);
		json_array_append_new(skipped, o);
	}
	json_object_set_new(root, "programs", programs);
	json_object_set_new(root, "skipped", skipped);
	json_object_set_new(root, "calls", calls);
	json_object_set_new(root, "unresolved", unresolved);
	json_object_set_new(root, "unresolvedDropped", json_u64(s->unresolved_dropped));
	if (s->compared)
		json_object_set_new(root, "comparison", comparison_json(s));
	return root;
}

/* --- reading ------------------------------------------------------------------------------------ */

static int name_add(report_names *names, const char *name)
{
	const char **slot;

	vec_foreach(known, names)
		if (str_eq(*known, name))
			return 0;
	slot = vec_add(names);
	if (!slot)
		return -ENOMEM;
	*slot = name;
	return 0;
}

/* The table's own spelling of a name, which outlives the report. */
static const char *static_name(const char *arch, const char *name)
{
	enum sys_arch which;
	int nr;

	if (!sys_arch_parse(arch, &which))
		return NULL;
	nr = sys_call_nr(which, name);
	return nr < 0 ? NULL : sys_call_name(which, nr);
}

static int read_call(struct json_reader *r, const json_t *call, report_names *ret)
{
	const char *name = NULL, *arch = NULL, *known;
	bool observed = false;

	if (!json_get_string(r, call, "name", true, SYS_NAME_MAX, &name) ||
	    !json_get_string(r, call, "arch", true, SYS_NAME_MAX, &arch) ||
	    !json_get_bool(r, call, "observed", &observed))
		return -EINVAL;
	known = static_name(arch, name);
	if (!known) {
		json_fail(r, "no call \"%s\" of \"%s\" is known", name, arch);
		return -EINVAL;
	}
	return observed ? 0 : name_add(ret, known);
}

int report_read_names(const char *file, const char *text, size_t len, report_names *ret,
		      struct error *err)
{
	cleanup_json json_t *root = json_parse(file, text, len, err);
	struct json_reader reader = { .file = file, .err = err };
	uint64_t version = 0;
	const json_t *calls;
	size_t mark;
	int r = 0;

	if (!root)
		return -EINVAL;
	if (!json_get_u64(&reader, root, "sweep", true, UINT32_MAX, &version))
		return -EINVAL;
	if (version != REPORT_FORMAT_VERSION)
		return error_set(err, EINVAL, "%s: version %" PRIu64 " of the format, not %d", file,
				 version, REPORT_FORMAT_VERSION);
	calls = json_get_array(&reader, root, "calls", true, REPORT_CALLS_MAX);
	if (!calls)
		return -EINVAL;
	mark = json_enter(&reader, "calls");
	for (size_t i = 0; !r && i < json_array_size(calls); i++) {
		size_t inner = json_enter_at(&reader, i);

		r = read_call(&reader, json_array_get(calls, i), ret);
		json_leave(&reader, inner);
	}
	json_leave(&reader, mark);
	return r == -ENOMEM ? error_errno(err, ENOMEM, "%s", file) : r;
}
