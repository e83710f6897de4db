/* SPDX-License-Identifier: Apache-2.0 */
#include "confine/bundle.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"

enum { CONFIG_MAX = 8 << 20 };

static json_t *backend_json(const struct profile_backend *b, const struct profile *p,
			    const struct backend_options *options, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;

	if (b->emit(p, options, &text, err))
		return NULL;
	return json_parse(b->name, text.data, text.len, err);
}

static int config_change(json_t *config, const struct profile *p,
			 const struct backend_options *options, struct error *err)
{
	cleanup_json json_t *seccomp = NULL, *caps = NULL;
	json_t *process = json_object_get(config, "process"), *linux_part;

	if (!json_is_object(process))
		return error_set(err, EINVAL, "config.json has no \"process\"");
	linux_part = json_object_get(config, "linux");
	if (!linux_part) {
		linux_part = json_object();
		json_object_set_new(config, "linux", linux_part);
	}
	seccomp = backend_json(&profile_backend_seccomp, p, options, err);
	caps = seccomp ? backend_json(&profile_backend_capabilities, p, options, err) : NULL;
	if (!seccomp || !caps)
		return -err->code;
	json_object_set(linux_part, "seccomp", seccomp);
	json_object_set(process, "capabilities", json_object_get(caps, "oci"));
	return 0;
}

int bundle_confine(const char *dir, const struct profile *p, const struct backend_options *options,
		   struct error *err)
{
	char path[PATH_MAX], backup[PATH_MAX];
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_json json_t *config = NULL;
	cleanup_free char *changed = NULL;
	int r;

	if (snprintf(path, sizeof(path), "%s/config.json", dir) >= (int)sizeof(path) ||
	    snprintf(backup, sizeof(backup), "%s/config.json.before-merlon", dir) >=
		    (int)sizeof(backup))
		return error_errno(err, ENAMETOOLONG, "%s", dir);
	r = fs_read(path, CONFIG_MAX, &text, err);
	if (r)
		return r;
	config = json_parse(path, text.data, text.len, err);
	if (!config)
		return -EINVAL;
	r = config_change(config, p, options, err);
	if (r)
		return error_prefix(err, "%s", path);
	changed = json_dumps(config, JSON_INDENT(2));
	if (!changed)
		return error_errno(err, ENOMEM, "%s", path);
	if (!fs_exists(backup)) {
		r = fs_write_atomic(backup, text.data, text.len, 0600, err);
		if (r)
			return r;
	}
	return fs_write_atomic(path, changed, strlen(changed), 0644, err);
}
