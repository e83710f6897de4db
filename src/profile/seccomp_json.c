/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/seccomp_json.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "profile/multiplex.h"
#include "uapi/capability.h"

struct reader {
	struct json_reader json;
	struct cbpf_filter *filter;
	const struct seccomp_host *host;
	struct buf *notes;
	uint32_t default_errno;
	int failed; /* -ENOMEM or -E2BIG */
};

static void note(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void note(struct reader *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!r->notes)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_addf(r->notes, "%s: %s\n", r->json.path_len ? r->json.path : "/", text);
}

/* --- words -------------------------------------------------------------------------------------- */

/* Actions by the runtime-spec's names; those that carry a number take errnoRet. */
static const struct {
	const char *name;
	uint32_t action;
	bool data;
} actions[] = {
	{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, false },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, false },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false },
	{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP, false },
	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, true },
	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE, true },
	{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false },
	{ "SCMP_ACT_LOG", SECCOMP_RET_LOG, false },
	{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, false },
};

static const char *const ops[] = {
	[CBPF_NE] = "SCMP_CMP_NE",
	[CBPF_LT] = "SCMP_CMP_LT",
	[CBPF_LE] = "SCMP_CMP_LE",
	[CBPF_EQ] = "SCMP_CMP_EQ",
	[CBPF_GE] = "SCMP_CMP_GE",
	[CBPF_GT] = "SCMP_CMP_GT",
	[CBPF_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};
static_assert(ARRAY_SIZE(ops) == CBPF_OPS, "a name for each");

/* Errors by name, as containers/common writes them. */
static const struct {
	const char *name;
	uint32_t code;
} errnos[] = { { "EPERM", EPERM },   { "ENOSYS", ENOSYS }, { "EACCES", EACCES },
	       { "EINVAL", EINVAL }, { "ENOENT", ENOENT }, { "EAFNOSUPPORT", EAFNOSUPPORT } };

/* SCMP_ARCH_* of the runtime-spec that are not this machine's. */
static const char *const other_archs[] = {
	"SCMP_ARCH_ARM",	 "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",	    "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32",	 "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PPC",	 "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",
	"SCMP_ARCH_S390X",	 "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
	"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",    "SCMP_ARCH_SH",	    "SCMP_ARCH_SHEB",
};

static bool read_errno(struct reader *r, const json_t *o, const char *number, const char *name,
		       uint32_t *ret)
{
	const char *text = NULL;
	uint64_t code = *ret;

	if (!json_get_u64(&r->json, o, number, false, 4095, &code) ||
	    !json_get_string(&r->json, o, name, false, 64, &text))
		return false;
	*ret = (uint32_t)code;
	/* Docker's errno is a number, containers/common's a word beside it: the number wins. */
	for (size_t i = 0; text && *text && !json_object_get(o, number); i++) {
		if (i == ARRAY_SIZE(errnos))
			return json_fail(&r->json, "\"%s\" is no error that is known here", text);
		if (!str_eq(errnos[i].name, text))
			continue;
		*ret = errnos[i].code;
		break;
	}
	return true;
}

static bool read_action(struct reader *r, const json_t *o, const char *member, uint32_t code,
			uint32_t *ret)
{
	const char *text = NULL;

	if (!json_get_string(&r->json, o, member, true, 64, &text))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!str_eq(actions[i].name, text))
			continue;
		*ret = actions[i].action | (actions[i].data ? code : 0);
		return true;
	}
	return json_fail(&r->json, "\"%.64s\" is no action of seccomp", text);
}

/* --- architectures ------------------------------------------------------------------------------ */

static bool open_arch(struct reader *r, const char *name)
{
	enum sys_arch arch;

	if (str_starts(name, "SCMP_ARCH_") && sys_arch_parse(name, &arch)) {
		r->filter->tables[arch].open = true;
		return true;
	}
	if (str_eq(name, "SCMP_ARCH_NATIVE"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(other_archs); i++)
		if (str_eq(other_archs[i], name))
			return true;
	return json_fail(&r->json, "\"%.64s\" is no architecture", name);
}

static bool open_archs(struct reader *r, const json_t *o, const char *member)
{
	const json_t *list = json_get_array(&r->json, o, member, false, 64), *item;
	size_t mark = json_enter(&r->json, member), i;

	json_array_foreach (list, i, item) {
		size_t at = json_enter_at(&r->json, i);

		if (!json_is_string(item))
			return json_fail(&r->json, "must be a string");
		if (!open_arch(r, json_string_value(item)))
			return false;
		json_leave(&r->json, at);
	}
	json_leave(&r->json, mark);
	return !r->json.failed;
}

/* Docker: of the entries for machines, the one of this machine counts. */
static bool read_arch_map(struct reader *r, const json_t *root)
{
	const json_t *list = json_get_array(&r->json, root, "archMap", false, 64), *item;
	size_t mark = json_enter(&r->json, "archMap"), i;

	if (list && json_array_size(list) &&
	    json_array_size(json_object_get(root, "architectures")))
		return json_fail(&r->json, "stands beside \"architectures\": a runtime takes one");
	json_array_foreach (list, i, item) {
		size_t at = json_enter_at(&r->json, i);
		const char *name = NULL;

		if (!json_is_object(item))
			return json_fail(&r->json, "must be an object");
		if (!json_get_string(&r->json, item, "architecture", true, 64, &name))
			return false;
		if (str_eq(name, sys_archs[SYS_ARCH_X86_64].oci_name) &&
		    !open_archs(r, item, "subArchitectures"))
			return false;
		json_leave(&r->json, at);
	}
	json_leave(&r->json, mark);
	return !r->json.failed;
}

/* --- when a rule holds -------------------------------------------------------------------------- */

static bool has_string(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (json_is_string(item) && str_eq(json_string_value(item), text))
			return true;
	return false;
}

/* How many of a list's capabilities are in the set; false on a name that is none. */
static bool count_caps(struct reader *r, const json_t *list, size_t *ret_in)
{
	const json_t *item;
	size_t i;

	*ret_in = 0;
	json_array_foreach (list, i, item) {
		unsigned cap;

		if (!json_is_string(item) || !sys_cap_parse(json_string_value(item), &cap))
			return json_fail(&r->json, "capability %zu is none", i);
		*ret_in += r->host->caps >> cap & 1;
	}
	return true;
}

static bool kernel_at_least(struct reader *r, const char *text, bool *ret)
{
	unsigned major, minor;
	char end;

	if (sscanf(text, "%3u.%3u%c", &major, &minor, &end) != 2)
		return json_fail(&r->json, "\"%.32s\" is no kernel version", text);
	*ret = r->host->kernel_major > major ||
	       (r->host->kernel_major == major && r->host->kernel_minor >= minor);
	return true;
}

/*
 * Whether a rule's includes (all must hold) or excludes (any suffices to drop it) are met: Docker asks
 * for every capability of includes and for any of excludes.
 */
static bool read_condition(struct reader *r, const json_t *rule, const char *member, bool all,
			   bool *ret)
{
	const json_t *o = json_get_object(&r->json, rule, member, false), *caps, *arches;
	size_t mark = json_enter(&r->json, member), in = 0;
	const char *kernel = NULL;
	bool met = all, newer = true;

	*ret = all;
	if (!o) {
		json_leave(&r->json, mark);
		return !r->json.failed;
	}
	caps = json_get_array(&r->json, o, "caps", false, 64);
	arches = json_get_array(&r->json, o, "arches", false, 64);
	if (!json_get_string(&r->json, o, "minKernel", false, 32, &kernel) ||
	    !count_caps(r, caps, &in) || (kernel && *kernel && !kernel_at_least(r, kernel, &newer)))
		return false;
	if (json_array_size(caps))
		met = all ? met && in == json_array_size(caps) : met || in;
	if (json_array_size(arches)) {
		bool here = has_string(arches, sys_archs[SYS_ARCH_X86_64].go_name);

		met = all ? met && here : met || here;
	}
	if (kernel && *kernel)
		met = all ? met && newer : met || newer;
	json_leave(&r->json, mark);
	*ret = met;
	return !r->json.failed;
}

static bool rule_applies(struct reader *r, const json_t *rule, bool *ret)
{
	bool included, excluded;

	if (!read_condition(r, rule, "includes", true, &included) ||
	    !read_condition(r, rule, "excludes", false, &excluded))
		return false;
	*ret = included && !excluded;
	return true;
}

/* --- rules -------------------------------------------------------------------------------------- */

static bool read_compare(struct reader *r, const json_t *o, struct cbpf_compare *c)
{
	const char *op = NULL;
	uint64_t index = 0;

	if (!json_is_object(o))
		return json_fail(&r->json, "must be an object");
	if (!json_get_u64(&r->json, o, "index", true, 5, &index) ||
	    !json_get_u64(&r->json, o, "value", true, UINT64_MAX, &c->value) ||
	    !json_get_u64(&r->json, o, "valueTwo", false, UINT64_MAX, &c->value_two) ||
	    !json_get_string(&r->json, o, "op", true, 64, &op))
		return false;
	c->index = (unsigned)index;
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!str_eq(ops[i], op))
			continue;
		c->op = (enum cbpf_op)i;
		return true;
	}
	return json_fail(&r->json, "\"%.64s\" compares nothing", op);
}

/* ret_any: the comparisons are alternatives, because an argument is in them twice. */
static bool read_compares(struct reader *r, const json_t *rule, struct cbpf_rule *ret,
			  bool *ret_any)
{
	const json_t *list = json_get_array(&r->json, rule, "args", false, SECCOMP_ARGS_MAX), *item;
	size_t mark = json_enter(&r->json, "args"), i;
	unsigned seen = 0;

	static_assert((int)SECCOMP_ARGS_MAX <= (int)CBPF_COMPARES_MAX, "all fit one rule");
	*ret_any = false;
	json_array_foreach (list, i, item) {
		size_t at = json_enter_at(&r->json, i);
		struct cbpf_compare *c = &ret->compares[ret->count++];

		if (!read_compare(r, item, c))
			return false;
		*ret_any = *ret_any || (seen >> c->index & 1);
		seen |= 1u << c->index;
		json_leave(&r->json, at);
	}
	json_leave(&r->json, mark);
	return !r->json.failed;
}

static bool add_rule(struct reader *r, enum sys_arch arch, uint32_t nr,
		     const struct cbpf_rule *rule)
{
	struct cbpf_call *call = cbpf_filter_call(r->filter, arch, nr);

	r->failed = call ? cbpf_call_add(call, rule) : -ENOMEM;
	return !r->failed;
}

/* One rule for one call, in every table that is open. */
static bool add_call(struct reader *r, const char *name, const struct cbpf_rule *rule)
{
	for (int arch = 0; arch < SYS_ARCH_MAX; arch++) {
		const struct multiplexed *inner = multiplexed_find((enum sys_arch)arch, name);
		int nr = sys_call_nr((enum sys_arch)arch, name);

		if (!r->filter->tables[arch].open)
			continue;
		if (nr >= 0 && !add_rule(r, (enum sys_arch)arch, (uint32_t)nr, rule))
			return false;
		if (inner) {
			const struct cbpf_rule outer = {
				.action = rule->action,
				.count = 1,
				.compares = { { CBPF_EQ, 0, inner->number, 0 } },
			};

			nr = sys_call_nr((enum sys_arch)arch, inner->call);
			if (!add_rule(r, (enum sys_arch)arch, (uint32_t)nr, &outer))
				return false;
		}
	}
	return true;
}

static bool add_named(struct reader *r, const char *name, const struct cbpf_rule *rule, bool any)
{
	if (!sys_call_is_known(name)) {
		note(r, "no system call is called \"%.64s\": a runtime skips it", name);
		return true;
	}
	if (!any)
		return add_call(r, name, rule);
	for (unsigned i = 0; i < rule->count; i++) {
		struct cbpf_rule one = { .action = rule->action,
					 .count = 1,
					 .compares = { rule->compares[i] } };

		if (!add_call(r, name, &one))
			return false;
	}
	return true;
}

/* "name", Docker's older word, or "names". */
static bool add_names(struct reader *r, const json_t *o, const struct cbpf_rule *rule, bool any)
{
	const json_t *list, *item;
	const char *single = NULL;
	size_t mark, i;

	if (!json_get_string(&r->json, o, "name", false, 256, &single))
		return false;
	list = json_get_array(&r->json, o, "names", !single || !*single, SECCOMP_NAMES_MAX);
	if (r->json.failed)
		return false;
	if (single && *single && json_array_size(list))
		return json_fail(&r->json, "has \"name\" and \"names\": a runtime takes one");
	if (single && *single)
		return add_named(r, single, rule, any);
	mark = json_enter(&r->json, "names");
	json_array_foreach (list, i, item) {
		if (!json_is_string(item) || json_string_length(item) > 256)
			return json_fail(&r->json, "%zu is no name", i);
		if (!add_named(r, json_string_value(item), rule, any))
			return false;
	}
	json_leave(&r->json, mark);
	return true;
}

static bool read_rule(struct reader *r, const json_t *o)
{
	struct cbpf_rule rule = { 0 };
	uint32_t code = EPERM;
	bool applies, any;

	if (!json_is_object(o))
		return json_fail(&r->json, "must be an object");
	if (!read_errno(r, o, "errnoRet", "errno", &code) ||
	    !read_action(r, o, "action", code, &rule.action) || !read_compares(r, o, &rule, &any) ||
	    !rule_applies(r, o, &applies))
		return false;
	if (any)
		note(r, "compares an argument twice: runc takes either of them for enough");
	if (!applies)
		return true;
	if (rule.action == r->filter->otherwise) {
		note(r, "says what the default says: runc skips it");
		return true;
	}
	return add_names(r, o, &rule, any);
}

static bool read_rules(struct reader *r, const json_t *root)
{
	const json_t *list = json_get_array(&r->json, root, "syscalls", false, SECCOMP_RULES_MAX),
		     *item;
	size_t mark = json_enter(&r->json, "syscalls"), i;

	json_array_foreach (list, i, item) {
		size_t at = json_enter_at(&r->json, i);

		if (!read_rule(r, item))
			return false;
		json_leave(&r->json, at);
	}
	json_leave(&r->json, mark);
	return !r->json.failed;
}

bool seccomp_json_is(const json_t *root)
{
	return json_is_string(json_object_get(root, "defaultAction"));
}

int seccomp_json_read(struct cbpf_filter *f, const char *file, const json_t *root,
		      const struct seccomp_host *host, struct buf *notes, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct reader r = { .json = { .file = file, .err = err ? err : &ignored },
			    .filter = f,
			    .host = host,
			    .notes = notes };
	uint32_t code = EPERM;
	bool good;

	f->foreign = SECCOMP_RET_KILL_THREAD;
	f->tables[SYS_ARCH_X86_64].open = true; /* a runtime always has its own machine's */
	if (!json_is_object(root))
		good = json_fail(&r.json, "seccomp rules are an object");
	else
		good = read_errno(&r, root, "defaultErrnoRet", "defaultErrno", &code) &&
		       read_action(&r, root, "defaultAction", code, &f->otherwise) &&
		       open_archs(&r, root, "architectures") && read_arch_map(&r, root) &&
		       read_rules(&r, root);
	if (good)
		return 0;
	return r.failed ? error_errno(r.json.err, -r.failed, "%s: its rules", file) : -EINVAL;
}
