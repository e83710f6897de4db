/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/expectation.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "profile/seccomp_json.h"
#include "uapi/capability.h"

enum { CONFIG_MAX = 8 << 20, LIST_MAX = 4096, TEXT_MAX = 4096 };

void expectation_deinit(struct expectation *e)
{
	free(e->source);
	cbpf_filter_deinit(&e->filter);
	free(e->apparmor);
	free(e->selinux);
	string_list_deinit(&e->masked);
	string_list_deinit(&e->read_only);
	vec_foreach(m, &e->mounts)
		free(m->point);
	vec_deinit(&e->mounts);
}

static enum expectation_answer answer(bool yes)
{
	return yes ? ASKED_YES : ASKED_NO;
}

/* --- OCI bundle --------------------------------------------------------------------------------- */

static uint64_t get_caps(struct json_reader *r, const json_t *o, const char *set)
{
	const json_t *all = json_get_array(r, o, set, false, SYS_CAP_MAX), *item;
	uint64_t caps = 0;
	size_t i;

	json_array_foreach (all, i, item) {
		const char *name = json_string_value(item);
		unsigned cap;

		/* Runtimes warn about names that this kernel does not know, and go on. */
		if (name && sys_cap_parse(name, &cap))
			caps |= 1ULL << cap;
	}
	return caps;
}

static void get_process(struct json_reader *r, struct expectation *e, const json_t *process)
{
	const json_t *caps, *user;
	size_t mark = json_enter(r, "process");
	bool nnp = false;
	uint64_t uid = 0, gid = 0;

	json_get_bool(r, process, "noNewPrivileges", &nnp);
	e->no_new_privileges = answer(nnp);
	json_get_copy(r, process, "apparmorProfile", TEXT_MAX, &e->apparmor);
	json_get_copy(r, process, "selinuxLabel", TEXT_MAX, &e->selinux);
	caps = json_get_object(r, process, "capabilities", false);
	e->caps_known = true; /* none named: a runtime drops them all */
	e->caps = caps ? get_caps(r, caps, "bounding") : 0;
	e->caps_held = caps ? get_caps(r, caps, "permitted") : 0;
	user = json_get_object(r, process, "user", false);
	json_get_u64(r, user, "uid", false, UINT32_MAX, &uid);
	json_get_u64(r, user, "gid", false, UINT32_MAX, &gid);
	e->user_known = true;
	e->uid = (uint32_t)uid;
	e->gid = (uint32_t)gid;
	json_leave(r, mark);
}

/* A namespace that is not listed is the runtime's own: the host's. */
static void get_namespaces(struct json_reader *r, struct expectation *e, const json_t *linux_part)
{
	/* The specification's names where they differ from those in /proc. */
	static const char *const names[POSTURE_NAMESPACES] = {
		[POSTURE_CGROUP] = "cgroup", [POSTURE_IPC] = "ipc", [POSTURE_MNT] = "mount",
		[POSTURE_NET] = "network",   [POSTURE_PID] = "pid", [POSTURE_USER] = "user",
		[POSTURE_UTS] = "uts",
	};
	const json_t *all = json_get_array(r, linux_part, "namespaces", false, 64), *item;
	size_t i;

	for (int k = 0; k < POSTURE_NAMESPACES; k++)
		e->own[k] = ASKED_NO;
	json_array_foreach (all, i, item) {
		const char *type = json_string_value(json_object_get(item, "type"));

		for (int k = 0; type && k < POSTURE_NAMESPACES; k++)
			if (str_eq(type, names[k]))
				e->own[k] = json_object_get(item, "path") ? ASKED_NOTHING :
									    ASKED_YES;
	}
}

static void get_paths(struct json_reader *r, const json_t *o, const char *member,
		      string_list *paths)
{
	const json_t *all = json_get_array(r, o, member, false, LIST_MAX), *item;
	size_t i;

	json_array_foreach (all, i, item) {
		const char *path = json_string_value(item);

		if (!path || strlen(path) > TEXT_MAX)
			json_fail(r, "%s/%zu must be a path", member, i);
		else if (!string_list_add(paths, path))
			json_fail(r, "out of memory");
	}
}

static void get_mounts(struct json_reader *r, struct expectation *e, const json_t *root)
{
	const json_t *all = json_get_array(r, root, "mounts", false, LIST_MAX), *item, *option;
	size_t i, k;

	e->mounts_known = true;
	json_array_foreach (all, i, item) {
		const char *point = json_string_value(json_object_get(item, "destination")), *type;
		struct expectation_mount *m;

		if (!point) {
			json_fail(r, "mounts/%zu has no destination", i);
			return;
		}
		m = vec_add(&e->mounts);
		if (!m || !(m->point = strdup(point))) {
			json_fail(r, "out of memory");
			return;
		}
		if (strlen(m->point) > 1 && str_ends(m->point, "/"))
			m->point[strlen(m->point) - 1] = '\0';
		type = json_string_value(json_object_get(item, "type"));
		m->cgroup = type && str_eq(type, "cgroup");
		json_array_foreach (json_object_get(item, "options"), k, option) {
			const char *word = json_string_value(option);

			m->read_only |= word && (str_eq(word, "ro") || str_eq(word, "rro"));
			m->recursive |= word && (str_eq(word, "rbind") || str_eq(word, "rro"));
		}
	}
}

static int get_seccomp(struct expectation *e, const char *file, const json_t *linux_part,
		       struct error *err)
{
	const json_t *seccomp = json_object_get(linux_part, "seccomp");
	struct seccomp_host host = { .caps = e->caps };
	struct utsname kernel;

	e->filtered = answer(json_is_object(seccomp));
	if (e->filtered == ASKED_NO)
		return 0;
	if (!uname(&kernel))
		sscanf(kernel.release, "%u.%u", &host.kernel_major, &host.kernel_minor);
	return seccomp_json_read(&e->filter, file, seccomp, &host, NULL, err);
}

int expectation_from_config(struct expectation *ret, const char *file, const char *text, size_t len,
			    struct error *err)
{
	cleanup_json json_t *root = json_parse(file, text, len, err);
	struct json_reader r = { .file = file, .err = err };
	const json_t *process, *linux_part;
	bool ro = false;
	size_t mark;

	if (!root)
		return -EINVAL;
	process = json_get_object(&r, root, "process", true);
	if (process)
		get_process(&r, ret, process);
	json_get_bool(&r, json_get_object(&r, root, "root", false), "readonly", &ro);
	ret->read_only_root = answer(ro);
	get_mounts(&r, ret, root);
	linux_part = json_get_object(&r, root, "linux", false);
	mark = json_enter(&r, "linux");
	get_namespaces(&r, ret, linux_part);
	get_paths(&r, linux_part, "maskedPaths", &ret->masked);
	get_paths(&r, linux_part, "readonlyPaths", &ret->read_only);
	json_leave(&r, mark);
	if (r.failed)
		return -EINVAL;
	ret->source = strdup(file);
	return ret->source ? get_seccomp(ret, file, linux_part, err) :
			     error_errno(err, ENOMEM, "%s", file);
}

int64_t expectation_written_ns(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

int expectation_from_bundle(struct expectation *ret, const char *dir, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/config.json", dir) >= (int)sizeof(path))
		return error_errno(err, ENAMETOOLONG, "%s", dir);
	r = fs_read(path, CONFIG_MAX, &text, err);
	if (!r)
		r = expectation_from_config(ret, path, text.data, text.len, err);
	ret->written_ns = expectation_written_ns(path);
	return r;
}

/* --- profile ------------------------------------------------------------------------------------ */

int expectation_from_policy(struct expectation *ret, const char *file, const struct policy *policy,
			    int default_errno, uint64_t caps, struct error *err)
{
	ret->source = strdup(file);
	if (!ret->source)
		return error_errno(err, ENOMEM, "%s", file);
	ret->written_ns = expectation_written_ns(file);
	ret->is_need = true;
	ret->caps_known = true;
	ret->caps = ret->caps_held = caps;
	ret->filtered = ASKED_YES;
	return cbpf_filter_from_policy(&ret->filter, policy, default_errno, err);
}
