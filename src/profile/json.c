/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "profile/path_rule.h"
#include "uapi/capability.h"
#include "uapi/socket.h"

#define FORMAT_NAME "merlon-profile"
#define FOREVER INT64_MAX

static const char *const phase_names[] = { "start", "serve", "listener" };
static const char *const file_flag_names[] = { "raw",	    "truncated", "memory",  "deleted",
					       "directory", "abstract",	 "detached" };

/* --- writing ------------------------------------------------------------------------------------ */

static json_t *time_json(int64_t ns)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(ns, text);
	return json_string(text);
}

static json_t *evidence_json(const profile_evidence_list *list)
{
	json_t *all = json_array();

	vec_foreach(e, list) {
		json_t *o = json_object();

		json_object_set_new(o, "executable", json_integer(e->exe));
		json_object_set_new(o, "count", json_u64(e->count));
		json_object_set_new(o, "first", time_json(e->first_ns));
		json_object_set_new(o, "last", time_json(e->last_ns));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *strings_json(char *const *items, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, json_string(items[i]));
	return all;
}

static json_t *words_json(uint32_t bits, const char *const *names, size_t count)
{
	json_t *all = json_array();

	for (size_t bit = 0; bit < count; bit++)
		if (bits >> bit & 1)
			json_array_append_new(all, json_string(names[bit]));
	return all;
}

static json_t *arguments_json(const struct profile_call *c, const struct sys_arg_plan *plan)
{
	json_t *o = json_object(), *names = json_array(), *values = json_array();

	for (unsigned i = 0; i < plan->count; i++)
		json_array_append_new(names, json_string(plan->arg[i].name));
	vec_foreach(t, &c->tuples) {
		json_t *tuple = json_array();

		for (unsigned i = 0; i < plan->count; i++)
			json_array_append_new(tuple, json_u64(t->values[i]));
		json_array_append_new(tuple, json_u64(t->count));
		json_array_append_new(values, tuple);
	}
	json_object_set_new(o, "names", names);
	json_object_set_new(o, "values", values);
	if (c->range.count) {
		json_t *beyond = json_object(), *args = json_array();

		for (unsigned i = 0; i < plan->count; i++) {
			json_t *a = json_object();

			json_object_set_new(a, "anyBits", json_u64(c->range.arg[i].any_bits));
			json_object_set_new(a, "allBits", json_u64(c->range.arg[i].all_bits));
			json_object_set_new(a, "min", json_u64(c->range.arg[i].min));
			json_object_set_new(a, "max", json_u64(c->range.arg[i].max));
			json_array_append_new(args, a);
		}
		json_object_set_new(beyond, "count", json_u64(c->range.count));
		json_object_set_new(beyond, "arguments", args);
		json_object_set_new(o, "beyond", beyond);
	}
	return o;
}

static json_t *calls_json(const struct profile *p)
{
	json_t *all = json_array();

	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);
		const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;
		json_t *o = json_object();

		json_set_string(o, "name", name);
		json_object_set_new(o, "arch", json_string(sys_archs[c->arch].name));
		json_object_set_new(o, "number", json_integer(c->nr));
		json_object_set_new(o, "layer", json_string(profile_layer_names[c->layer]));
		if (c->refused)
			json_object_set_new(o, "refused", json_true());
		if (c->phases)
			json_object_set_new(o, "phases",
					    words_json(c->phases, phase_names,
						       ARRAY_SIZE(phase_names)));
		if (plan && (c->tuples.len || c->range.count))
			json_object_set_new(o, "arguments", arguments_json(c, plan));
		json_object_set_new(o, "evidence", evidence_json(&c->evidence));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *caps_json(const struct profile *p)
{
	json_t *all = json_array();

	vec_foreach(c, &p->caps) {
		json_t *o = json_object();

		json_object_set_new(o, "name", json_string(sys_cap_name(c->cap)));
		json_object_set_new(o, "layer", json_string(profile_layer_names[c->layer]));
		json_object_set_new(o, "outcome",
				    json_string(profile_cap_outcome_names[c->outcome]));
		json_object_set_new(o, "arch", json_string(sys_archs[c->arch].name));
		json_object_set_new(o, "number", json_integer(c->nr));
		json_set_string(o, "syscall", sys_call_name(c->arch, (int)c->nr));
		json_object_set_new(o, "evidence", evidence_json(&c->evidence));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *files_json(const struct profile *p)
{
	json_t *all = json_array();

	vec_foreach(f, &p->files) {
		json_t *o = json_object(), *ops = json_array();

		for (unsigned bit = 0; profile_file_op_name(bit); bit++)
			if (f->ops >> bit & 1)
				json_array_append_new(ops, json_string(profile_file_op_name(bit)));
		json_object_set_new(o, "path", json_string(f->path));
		json_object_set_new(o, "operations", ops);
		if (f->flags)
			json_object_set_new(o, "flags",
					    words_json(f->flags, file_flag_names,
						       ARRAY_SIZE(file_flag_names)));
		json_object_set_new(o, "layer", json_string(profile_layer_names[f->layer]));
		json_set_string(o, "label", f->label);
		if (f->rule) {
			json_object_set_new(o, "rule", json_string(f->rule));
			json_object_set_new(o, "originalCount", json_u64(f->original_count));
			json_object_set_new(o, "originals",
					    strings_json(f->originals.items, f->originals.len));
		}
		json_object_set_new(o, "evidence", evidence_json(&f->evidence));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *named_or_number(const char *name, unsigned number)
{
	return name ? json_string(name) : json_integer(number);
}

static json_t *peers_json(const struct profile *p)
{
	json_t *all = json_array();

	vec_foreach(peer, &p->peers) {
		char address[INET6_ADDRSTRLEN] = "";
		json_t *o = json_object();

		json_object_set_new(o, "operation", json_string(profile_peer_op_names[peer->op]));
		json_object_set_new(o, "layer", json_string(profile_layer_names[peer->layer]));
		json_object_set_new(o, "family",
				    named_or_number(sys_family_name(peer->family), peer->family));
		json_object_set_new(o, "protocol",
				    named_or_number(sys_protocol_name(peer->protocol),
						    peer->protocol));
		json_object_set_new(o, "port", json_integer(peer->port));
		if (peer->many)
			json_object_set_new(o, "manyAddresses", json_true());
		else if (peer->family == AF_INET || peer->family == AF_INET6)
			json_set_string(o, "address",
					inet_ntop(peer->family, peer->address, address,
						  sizeof(address)));
		json_object_set_new(o, "evidence", evidence_json(&peer->evidence));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *subject_json(const struct profile *p)
{
	json_t *o = json_object();

	json_set_string(o, "id", p->subject.id);
	json_set_string(o, "name", p->subject.name);
	json_set_string(o, "engine", p->subject.engine);
	json_set_string(o, "image", p->subject.image);
	json_set_string(o, "imageDigest", p->subject.image_digest);
	json_set_string(o, "podNamespace", p->subject.pod_namespace);
	json_set_string(o, "podName", p->subject.pod_name);
	json_set_string(o, "cgroup", p->subject.cgroup);
	if (p->subject.command.len)
		json_object_set_new(o, "command",
				    strings_json(p->subject.command.items, p->subject.command.len));
	return o;
}

static json_t *runtime_json(const struct profile *p)
{
	json_t *o = json_object();

	json_set_string(o, "name", p->runtime.name);
	json_set_string(o, "path", p->runtime.path);
	json_set_string(o, "version", p->runtime.version);
	json_object_set_new(o, "noNewPrivileges", json_boolean(p->runtime.no_new_privileges));
	json_object_set_new(o, "filtered", json_boolean(p->runtime.filtered));
	json_object_set_new(o, "tail", json_string(profile_tail_source_names[p->runtime.tail]));
	return o;
}

static json_t *recording_json(const struct profile *p)
{
	json_t *o = json_object(), *losses = json_object(), *hooks = json_object();

	json_object_set_new(o, "start", time_json(p->recording.start_ns));
	json_object_set_new(o, "end", time_json(p->recording.end_ns));
	json_object_set_new(o, "quietNanoseconds",
			    json_u64((uint64_t)(p->recording.quiet_ns > 0 ? p->recording.quiet_ns :
									    0)));
	json_object_set_new(o, "startSeen", json_boolean(p->recording.start_seen));
	json_object_set_new(o, "readySeen", json_boolean(p->recording.ready_seen));
	for (int i = 0; i < ABI_LOSSES; i++)
		if (p->recording.losses[i])
			json_object_set_new(losses, profile_loss_names[i],
					    json_u64(p->recording.losses[i]));
	json_object_set_new(o, "losses", losses);
	json_set_string(hooks, "files", p->recording.file_hook);
	json_set_string(hooks, "capabilities", p->recording.cap_hook);
	json_object_set_new(o, "hooks", hooks);
	return o;
}

static json_t *cap_set_json(uint64_t set)
{
	json_t *all = json_array();

	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++)
		if (set >> cap & 1)
			json_array_append_new(all, json_string(sys_cap_name(cap)));
	return all;
}

static json_t *credentials_json(const struct profile *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "uid", json_integer(p->credentials.uid));
	json_object_set_new(o, "gid", json_integer(p->credentials.gid));
	json_object_set_new(o, "effective", cap_set_json(p->credentials.effective));
	json_object_set_new(o, "permitted", cap_set_json(p->credentials.permitted));
	json_object_set_new(o, "bounding", cap_set_json(p->credentials.bounding));
	return o;
}

json_t *profile_to_json(const struct profile *p)
{
	json_t *o = json_object(), *by = json_object();

	json_object_set_new(o, "format", json_string(FORMAT_NAME));
	json_object_set_new(o, "version", json_integer(PROFILE_FORMAT_VERSION));
	json_object_set_new(o, "name", json_string(p->name));
	json_set_string(by, "merlon", p->merlon);
	json_set_string(by, "kernel", p->kernel);
	json_object_set_new(o, "recordedBy", by);
	json_object_set_new(o, "subject", subject_json(p));
	json_object_set_new(o, "runtime", runtime_json(p));
	json_object_set_new(o, "recording", recording_json(p));
	if (p->credentials.known)
		json_object_set_new(o, "credentials", credentials_json(p));
	json_object_set_new(o, "notes", strings_json(p->notes.items, p->notes.len));
	json_object_set_new(o, "executables",
			    strings_json(p->executables.items, p->executables.len));
	json_object_set_new(o, "syscalls", calls_json(p));
	json_object_set_new(o, "capabilities", caps_json(p));
	json_object_set_new(o, "files", files_json(p));
	json_object_set_new(o, "network", peers_json(p));
	return o;
}

int profile_save(const struct profile *p, const char *path, struct error *err)
{
	cleanup_json json_t *o = profile_to_json(p);
	cleanup_free char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
	cleanup_buf struct buf out = BUF_INIT;

	if (!text)
		return error_errno(err, ENOMEM, "%s", path);
	buf_add_str(&out, text);
	buf_add_char(&out, '\n');
	if (out.failed)
		return error_set(err, EFBIG, "%s: larger than %d bytes", path, PROFILE_FILE_MAX);
	return fs_write_atomic(path, out.data, out.len, 0644, err);
}

/* --- reading ------------------------------------------------------------------------------------ */

/* The index of text in a table of names, or -1. */
static int name_index(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] && str_eq(names[i], text))
			return (int)i;
	return -1;
}

static bool get_named(struct json_reader *r, const json_t *o, const char *member,
		      const char *const *names, size_t count, int *ret)
{
	const char *text = NULL;
	size_t mark;

	if (!json_get_string(r, o, member, true, 64, &text))
		return false;
	*ret = name_index(names, count, text);
	if (*ret >= 0)
		return true;
	mark = json_enter(r, member);
	json_fail(r, "unknown word \"%s\"", text);
	json_leave(r, mark);
	return false;
}

static bool get_arch(struct json_reader *r, const json_t *o, enum sys_arch *ret)
{
	const char *text = NULL;

	if (!json_get_string(r, o, "arch", true, 64, &text))
		return false;
	return sys_arch_parse(text, ret) || json_fail(r, "unknown architecture \"%s\"", text);
}

static bool get_layer(struct json_reader *r, const json_t *o, enum profile_layer *ret)
{
	int layer = 0;

	if (!get_named(r, o, "layer", profile_layer_names, PROFILE_LAYERS, &layer))
		return false;
	*ret = (enum profile_layer)layer;
	return true;
}

static bool get_time(struct json_reader *r, const json_t *o, const char *name, int64_t *ret)
{
	const char *text = NULL;

	if (!json_get_string(r, o, name, true, CLOCK_TEXT_MAX, &text))
		return false;
	return clock_parse(text, ret) || json_fail(r, "\"%s\" is not a time in UTC", text);
}

static bool get_evidence(struct json_reader *r, const struct profile *p, const json_t *o,
			 profile_evidence_list *list)
{
	const json_t *all = json_get_array(r, o, "evidence", true, p->executables.len), *item;
	size_t mark = json_enter(r, "evidence"), i;

	json_array_foreach (all, i, item) {
		size_t inner = json_enter_at(r, i);
		struct profile_evidence e = { 0 };
		uint64_t exe = 0;

		if (!json_get_u64(r, item, "executable", true, UINT32_MAX, &exe) ||
		    !json_get_u64(r, item, "count", true, UINT64_MAX, &e.count) ||
		    !get_time(r, item, "first", &e.first_ns) ||
		    !get_time(r, item, "last", &e.last_ns))
			break;
		if (exe >= p->executables.len) {
			json_fail(r, "there is no executable %llu", (unsigned long long)exe);
			break;
		}
		e.exe = (uint32_t)exe;
		if (profile_evidence_add(list, &e))
			json_fail(r, "out of memory");
		json_leave(r, inner);
	}
	if (!r->failed && !list->len)
		json_fail(r, "a fact needs evidence");
	json_leave(r, mark);
	return !r->failed;
}

static bool get_tuples(struct json_reader *r, const json_t *arguments, unsigned count,
		       struct profile_call *c)
{
	const json_t *all = json_get_array(r, arguments, "values", true, 256), *tuple;
	size_t i;

	json_array_foreach (all, i, tuple) {
		uint64_t v[ABI_CALL_ARGS_MAX] = { 0 }, n = 0;
		bool good = json_array_size(tuple) == count + 1;

		for (unsigned k = 0; good && k < count; k++)
			good = json_u64_value(json_array_get(tuple, k), &v[k]);
		if (!good || !json_u64_value(json_array_get(tuple, count), &n))
			return json_fail(r, "values/%zu must be %u numbers and a count", i, count);
		if (profile_call_add_tuple(c, v, n))
			return json_fail(r, "out of memory");
	}
	return !r->failed;
}

static bool get_range(struct json_reader *r, const json_t *beyond, unsigned count,
		      struct profile_call *c)
{
	size_t mark = json_enter(r, "beyond");
	const json_t *args;

	if (!json_get_u64(r, beyond, "count", true, UINT64_MAX, &c->range.count))
		return false;
	args = json_get_array(r, beyond, "arguments", true, ABI_CALL_ARGS_MAX);
	if (!r->failed && json_array_size(args) != count)
		return json_fail(r, "must describe %u arguments", count);
	for (unsigned i = 0; i < count && !r->failed; i++) {
		const json_t *a = json_array_get(args, i);
		size_t outer = json_enter(r, "arguments"), inner = json_enter_at(r, i);

		json_get_u64(r, a, "anyBits", true, UINT64_MAX, &c->range.arg[i].any_bits);
		json_get_u64(r, a, "allBits", true, UINT64_MAX, &c->range.arg[i].all_bits);
		json_get_u64(r, a, "min", true, UINT64_MAX, &c->range.arg[i].min);
		json_get_u64(r, a, "max", true, UINT64_MAX, &c->range.arg[i].max);
		json_leave(r, inner);
		json_leave(r, outer);
	}
	json_leave(r, mark);
	return !r->failed;
}

static bool get_arguments(struct json_reader *r, const json_t *o, const char *name,
			  struct profile_call *c)
{
	const json_t *arguments = json_get_object(r, o, "arguments", false), *beyond;
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;
	size_t mark;

	if (!arguments || r->failed)
		return !r->failed;
	mark = json_enter(r, "arguments");
	if (!plan)
		return json_fail(r, "no arguments are recorded of this call");
	beyond = json_get_object(r, arguments, "beyond", false);
	if (get_tuples(r, arguments, plan->count, c) && beyond)
		get_range(r, beyond, plan->count, c);
	json_leave(r, mark);
	return !r->failed;
}

static bool get_words(struct json_reader *r, const json_t *o, const char *member, bool required,
		      const char *const *names, size_t count, uint32_t *ret)
{
	const json_t *all = json_get_array(r, o, member, required, 32), *item;
	size_t i;

	json_array_foreach (all, i, item) {
		const char *word = json_string_value(item);
		int bit = word ? name_index(names, count, word) : -1;

		if (bit < 0)
			return json_fail(r, "%s/%zu: unknown word", member, i);
		*ret |= 1u << bit;
	}
	return !r->failed;
}

static bool get_call(struct json_reader *r, struct profile *p, const json_t *o)
{
	struct profile_call *c = vec_add(&p->calls);
	const char *name = NULL, *known;
	uint32_t phases = 0;
	uint64_t nr = 0;

	if (!c)
		return json_fail(r, "out of memory");
	if (!get_arch(r, o, &c->arch) || !get_layer(r, o, &c->layer) ||
	    !json_get_u64(r, o, "number", true, SYS_NR_MAX, &nr) ||
	    !json_get_string(r, o, "name", false, SYS_NAME_MAX, &name) ||
	    !json_get_bool(r, o, "refused", &c->refused) ||
	    !get_words(r, o, "phases", false, phase_names, ARRAY_SIZE(phase_names), &phases))
		return false;
	c->phases = phases;
	c->nr = (uint32_t)nr;
	known = sys_call_name(c->arch, (int)nr);
	/* The number decides: a name that contradicts it means that one of the two is forged. */
	if (name && known && !str_eq(name, known))
		return json_fail(r, "call %u of %s is \"%s\", not \"%s\"", c->nr,
				 sys_archs[c->arch].name, known, name);
	return get_evidence(r, p, o, &c->evidence) && get_arguments(r, o, known, c);
}

static bool get_cap(struct json_reader *r, struct profile *p, const json_t *o)
{
	struct profile_cap *c = vec_add(&p->caps);
	const char *name = NULL;
	uint64_t nr = 0;
	int outcome = 0;

	if (!c)
		return json_fail(r, "out of memory");
	if (!json_get_string(r, o, "name", true, 64, &name) || !get_arch(r, o, &c->arch) ||
	    !get_layer(r, o, &c->layer) ||
	    !get_named(r, o, "outcome", profile_cap_outcome_names, ABI_CAP_REFUSED + 1, &outcome) ||
	    !json_get_u64(r, o, "number", true, SYS_NR_MAX, &nr))
		return false;
	c->outcome = (enum abi_cap_outcome)outcome;
	c->nr = (uint32_t)nr;
	if (!sys_cap_parse(name, &c->cap))
		return json_fail(r, "unknown capability \"%s\"", name);
	return get_evidence(r, p, o, &c->evidence);
}

static bool get_strings(struct json_reader *r, const json_t *o, const char *member, size_t max,
			bool required, size_t text_max, char ***items, size_t *len, size_t *size)
{
	const json_t *all = json_get_array(r, o, member, required, max), *item;
	size_t i;

	json_array_foreach (all, i, item) {
		if (!json_is_string(item) || json_string_length(item) > text_max)
			return json_fail(r, "%s/%zu must be a string of at most %zu bytes", member,
					 i, text_max);
		if (!vec_grow((void **)items, size, *len, sizeof(char *)))
			return json_fail(r, "out of memory");
		(*items)[*len] = strdup(json_string_value(item));
		if (!(*items)[*len])
			return json_fail(r, "out of memory");
		(*len)++;
	}
	return !r->failed;
}

#define GET_STRINGS(r, o, member, max, required, v)                                        \
	get_strings(r, o, member, max, required, PROFILE_TEXT_MAX, &(v)->items, &(v)->len, \
		    &(v)->size)

enum { LABEL_MAX = 128 };

static bool get_file(struct json_reader *r, struct profile *p, const json_t *o)
{
	const char *ops[32] = { 0 }, *path = NULL, *rule = NULL;
	struct profile_file *f = vec_add(&p->files);

	if (!f)
		return json_fail(r, "out of memory");
	for (unsigned bit = 0; profile_file_op_name(bit); bit++)
		ops[bit] = profile_file_op_name(bit);
	if (!json_get_string(r, o, "path", true, PROFILE_TEXT_MAX, &path))
		return false;
	f->path = strdup(path);
	if (!f->path)
		return json_fail(r, "out of memory");
	if (!get_layer(r, o, &f->layer) ||
	    !get_words(r, o, "operations", true, ops, ARRAY_SIZE(ops), &f->ops) ||
	    !get_words(r, o, "flags", false, file_flag_names, ARRAY_SIZE(file_flag_names),
		       &f->flags) ||
	    !json_get_copy(r, o, "label", LABEL_MAX, &f->label) ||
	    !json_get_string(r, o, "rule", false, 64, &rule))
		return false;
	if (f->label && !profile_label_is_valid(f->label))
		return json_fail(r, "\"%s\" is no type of SELinux", f->label);
	if (rule) {
		f->rule = profile_path_rule(rule);
		if (!f->rule)
			return json_fail(r, "unknown rule \"%s\"", rule);
		if (!json_get_u64(r, o, "originalCount", true, UINT64_MAX, &f->original_count) ||
		    !GET_STRINGS(r, o, "originals", 1024, true, &f->originals))
			return false;
	}
	return get_evidence(r, p, o, &f->evidence);
}

static bool get_number_or_name(struct json_reader *r, const json_t *o, const char *member,
			       bool (*parse)(const char *, unsigned *), unsigned max, unsigned *ret)
{
	const json_t *v = json_object_get(o, member);

	if (json_is_string(v) && parse(json_string_value(v), ret))
		return true;
	if (json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= max) {
		*ret = (unsigned)json_integer_value(v);
		return true;
	}
	return json_fail(r, "\"%s\" must be a known name or a number", member);
}

static bool get_peer(struct json_reader *r, struct profile *p, const json_t *o)
{
	struct profile_peer *peer = vec_add(&p->peers);
	const char *address = NULL;
	unsigned family = 0, protocol = 0;
	uint64_t port = 0;
	int op = 0;

	if (!peer)
		return json_fail(r, "out of memory");
	if (!get_named(r, o, "operation", profile_peer_op_names, ABI_PEER_ACCEPT + 1, &op) ||
	    !get_layer(r, o, &peer->layer) ||
	    !get_number_or_name(r, o, "family", sys_family_parse, UINT16_MAX, &family) ||
	    !get_number_or_name(r, o, "protocol", sys_protocol_parse, UINT8_MAX, &protocol) ||
	    !json_get_u64(r, o, "port", true, UINT16_MAX, &port) ||
	    !json_get_bool(r, o, "manyAddresses", &peer->many) ||
	    !json_get_string(r, o, "address", false, INET6_ADDRSTRLEN, &address))
		return false;
	peer->op = (enum abi_peer_op)op;
	peer->family = (uint16_t)family;
	peer->protocol = (uint8_t)protocol;
	peer->port = (uint16_t)port;
	if (address && ((family != AF_INET && family != AF_INET6) ||
			inet_pton((int)family, address, peer->address) != 1))
		return json_fail(r, "\"%s\" is not an address of its family", address);
	return get_evidence(r, p, o, &peer->evidence);
}

static void get_each(struct json_reader *r, struct profile *p, const json_t *root,
		     const char *member, size_t max,
		     bool (*get)(struct json_reader *, struct profile *, const json_t *))
{
	const json_t *all = json_get_array(r, root, member, true, max), *item;
	size_t mark = json_enter(r, member), i;

	json_array_foreach (all, i, item) {
		size_t inner = json_enter_at(r, i);

		if (!json_is_object(item))
			json_fail(r, "must be an object");
		else
			get(r, p, item);
		json_leave(r, inner);
		if (r->failed)
			break;
	}
	json_leave(r, mark);
}

static void get_subject(struct json_reader *r, struct profile *p, const json_t *o)
{
	const struct {
		const char *name;
		char **field;
	} fields[] = {
		{ "id", &p->subject.id },
		{ "name", &p->subject.name },
		{ "engine", &p->subject.engine },
		{ "image", &p->subject.image },
		{ "imageDigest", &p->subject.image_digest },
		{ "podNamespace", &p->subject.pod_namespace },
		{ "podName", &p->subject.pod_name },
		{ "cgroup", &p->subject.cgroup },
	};
	size_t mark = json_enter(r, "subject");

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		json_get_copy(r, o, fields[i].name, PROFILE_TEXT_MAX, fields[i].field);
	GET_STRINGS(r, o, "command", 4096, false, &p->subject.command);
	json_leave(r, mark);
}

static void get_recorder(struct json_reader *r, struct profile *p, const json_t *o)
{
	size_t mark = json_enter(r, "recordedBy");

	json_get_copy(r, o, "merlon", 64, &p->merlon);
	json_get_copy(r, o, "kernel", 256, &p->kernel);
	json_leave(r, mark);
}

static void get_runtime(struct json_reader *r, struct profile *p, const json_t *o)
{
	size_t mark = json_enter(r, "runtime");
	int tail = 0;

	json_get_copy(r, o, "name", PROFILE_TEXT_MAX, &p->runtime.name);
	json_get_copy(r, o, "path", PROFILE_TEXT_MAX, &p->runtime.path);
	json_get_copy(r, o, "version", PROFILE_TEXT_MAX, &p->runtime.version);
	json_get_bool(r, o, "noNewPrivileges", &p->runtime.no_new_privileges);
	json_get_bool(r, o, "filtered", &p->runtime.filtered);
	if (get_named(r, o, "tail", profile_tail_source_names, PROFILE_TAIL_CALIBRATED + 1, &tail))
		p->runtime.tail = (enum profile_tail_source)tail;
	json_leave(r, mark);
}

static void get_recording(struct json_reader *r, struct profile *p, const json_t *o)
{
	size_t mark = json_enter(r, "recording"), inner;
	const json_t *losses = json_get_object(r, o, "losses", true), *hooks;
	const char *name;
	json_t *value;
	uint64_t quiet = 0;

	get_time(r, o, "start", &p->recording.start_ns);
	get_time(r, o, "end", &p->recording.end_ns);
	json_get_u64(r, o, "quietNanoseconds", false, FOREVER, &quiet);
	p->recording.quiet_ns = (int64_t)quiet;
	json_get_bool(r, o, "startSeen", &p->recording.start_seen);
	json_get_bool(r, o, "readySeen", &p->recording.ready_seen);
	hooks = json_get_object(r, o, "hooks", false);
	inner = json_enter(r, "hooks");
	json_get_copy(r, hooks, "files", 64, &p->recording.file_hook);
	json_get_copy(r, hooks, "capabilities", 64, &p->recording.cap_hook);
	json_leave(r, inner);
	json_object_foreach ((json_t *)losses, name, value) {
		int which = name_index(profile_loss_names, ABI_LOSSES, name);

		if (which < 0 || !json_u64_value(value, &p->recording.losses[which]))
			json_fail(r, "losses/%s: unknown, or not a number", name);
	}
	json_leave(r, mark);
}

static void get_cap_set(struct json_reader *r, const json_t *o, const char *member, uint64_t *ret)
{
	const json_t *all = json_get_array(r, o, member, true, SYS_CAP_MAX), *item;
	size_t i;

	json_array_foreach (all, i, item) {
		const char *name = json_string_value(item);
		unsigned cap;

		if (!name || !sys_cap_parse(name, &cap))
			json_fail(r, "%s/%zu: unknown capability", member, i);
		else
			*ret |= 1ULL << cap;
	}
}

static void get_credentials(struct json_reader *r, struct profile *p, const json_t *o)
{
	size_t mark = json_enter(r, "credentials");
	uint64_t uid = 0, gid = 0;

	json_get_u64(r, o, "uid", true, UINT32_MAX, &uid);
	json_get_u64(r, o, "gid", true, UINT32_MAX, &gid);
	get_cap_set(r, o, "effective", &p->credentials.effective);
	get_cap_set(r, o, "permitted", &p->credentials.permitted);
	get_cap_set(r, o, "bounding", &p->credentials.bounding);
	p->credentials.uid = (uint32_t)uid;
	p->credentials.gid = (uint32_t)gid;
	p->credentials.known = true;
	json_leave(r, mark);
}

static bool get_head(struct json_reader *r, struct profile *p, const json_t *root)
{
	const char *format = NULL;
	uint64_t version = 0;
	const json_t *part;

	if (!json_is_object(root))
		return json_fail(r, "must be an object");
	if (!json_get_string(r, root, "format", true, 64, &format) ||
	    !json_get_u64(r, root, "version", true, UINT32_MAX, &version))
		return false;
	if (!str_eq(format, FORMAT_NAME))
		return json_fail(r, "this is not a Merlon profile (format \"%s\")", format);
	if (version != PROFILE_FORMAT_VERSION)
		return json_fail(r, "profile format %llu; this program reads format %d",
				 (unsigned long long)version, PROFILE_FORMAT_VERSION);
	json_get_copy(r, root, "name", PROFILE_TEXT_MAX, &p->name);
	if (!p->name)
		return json_fail(r, "\"name\" is missing");
	part = json_get_object(r, root, "recordedBy", false);
	if (part)
		get_recorder(r, p, part);
	part = json_get_object(r, root, "subject", true);
	if (part)
		get_subject(r, p, part);
	part = json_get_object(r, root, "runtime", true);
	if (part)
		get_runtime(r, p, part);
	part = json_get_object(r, root, "recording", true);
	if (part)
		get_recording(r, p, part);
	part = json_get_object(r, root, "credentials", false);
	if (part)
		get_credentials(r, p, part);
	return !r->failed;
}

struct profile *profile_from_json(const char *file, const char *text, size_t len, struct error *err)
{
	cleanup_json json_t *root = json_parse(file, text, len, err);
	cleanup_profile struct profile *p = profile_new("");
	struct json_reader r = { .file = file, .err = err };

	if (!root)
		return NULL;
	if (!p) {
		error_errno(err, ENOMEM, "%s", file);
		return NULL;
	}
	if (get_head(&r, p, root)) {
		GET_STRINGS(&r, root, "notes", 1024, false, &p->notes);
		GET_STRINGS(&r, root, "executables", 8192, true, &p->executables);
		get_each(&r, p, root, "syscalls", PROFILE_FACTS_MAX, get_call);
		get_each(&r, p, root, "capabilities", PROFILE_FACTS_MAX, get_cap);
		get_each(&r, p, root, "files", PROFILE_FACTS_MAX, get_file);
		get_each(&r, p, root, "network", PROFILE_FACTS_MAX, get_peer);
	}
	if (r.failed)
		return NULL;
	profile_sort(p);
	return TAKE_PTR(p);
}

struct profile *profile_load(const char *path, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;

	if (fs_read(path, PROFILE_FILE_MAX, &text, err))
		return NULL;
	return profile_from_json(path, text.data, text.len, err);
}
