/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_renew.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/fs.h"
#include "base/json.h"
#include "guard/deny_memory.h"
#include "sensor/deny_abi.h"

enum { SET_FILE_MAX = 16 << 20, PATH_SIZE = 128 };

static json_t *read_set(const char *dir)
{
	cleanup_buf struct buf text = BUF_INIT;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/set.json", dir);
	return fs_read(path, SET_FILE_MAX, &text, NULL) ?
		       NULL :
		       json_parse(path, text.data, text.len, NULL);
}

static int load(const char *dir, struct ruleset *rs, struct response_policy *policy,
		bool has_policy, struct error *err)
{
	char policies[PATH_SIZE];
	int r = ruleset_add_path(rs, dir, err);

	snprintf(policies, sizeof(policies), "%s/policies", dir);
	if (!r && has_policy)
		r = response_policy_add_path(policy, policies, err);
	if (!r)
		ruleset_compile(rs);
	return r;
}

int deny_kept_apply(const char *dir, enum abi_deny_mode mode, uint64_t set, struct error *err)
{
	cleanup_json json_t *kept = read_set(dir);
	bool has_policy = json_is_true(json_object_get(kept, "policy"));
	cleanup_diags struct diags diags = { 0 };
	cleanup_ruleset struct ruleset *rs = ruleset_new(&diags);
	cleanup_response_policy struct response_policy *policy = response_policy_new(&diags);
	struct deny_options o = { .mode = mode,
				  .only_running = json_is_true(json_object_get(kept, "running")),
				  .forms = (unsigned)json_integer_value(
					  json_object_get(kept, "forms")),
				  .policy = has_policy ? policy : NULL,
				  .force = true, /* whoever put them in force has answered that */
				  .set = set };
	struct deny_result done;
	int r;

	if (!kept)
		return error_set(err, ENOENT, "there are no rules in %s", dir);
	if (!rs || !policy)
		return error_errno(err, ENOMEM, "what was in force");
	r = load(dir, rs, policy, has_policy, err);
	return r ? r : deny_apply(rs, &o, &done, err);
}

static int renew(enum abi_deny_mode mode, struct error *err)
{
	cleanup_json json_t *kept = read_set(DENY_RULES_DIR);

	return deny_kept_apply(DENY_RULES_DIR, mode,
			       (uint64_t)json_integer_value(json_object_get(kept, "set")), err);
}

/* Not of what somebody is putting in force at this moment: that takes less than a second. */
static json_t *find_lost(void)
{
	const struct timespec moment = { .tv_sec = 1 };
	json_t *lost = deny_memory_lost();

	if (!lost)
		return NULL;
	json_decref(lost);
	nanosleep(&moment, NULL);
	return deny_memory_lost();
}

int deny_renew(struct deny_renewed *ret, struct error *err)
{
	cleanup_json json_t *lost = NULL;
	uint32_t version;
	int r;

	*ret = (struct deny_renewed){ 0 };
	r = sensor_deny_abi_check_newer(err);
	if (r)
		return r;
	lost = find_lost();
	if (lost) {
		ret->lost = (uint32_t)deny_memory_count(lost);
		r = renew(deny_memory_mode(), err);
		ret->failed = r != 0;
		return r;
	}
	if (sensor_deny_abi(&version) != DENY_ABI_OLDER)
		return 0;
	/* Rings that nobody fills. */
	if (!fs_exists(SENSOR_DENY_DIR "/set"))
		return sensor_deny_end(err);
	return renew(sensor_deny_abi_mode(), err);
}
