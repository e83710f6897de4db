/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_confirm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "guard/deny_renew.h"

#define PENDING DENY_RULES_DIR ".pending"
#define DUE DENY_RULES_DIR ".due"
#define SECOND_NS 1000000000LL
#define START_NS (300 * SECOND_NS)
enum { PENDING_MAX = 4096, SET_FILE_MAX = 16 << 20 };

static json_t *read_json(const char *path, size_t max)
{
	cleanup_buf struct buf text = BUF_INIT;

	return fs_read(path, max, &text, NULL) ? NULL : json_parse(path, text.data, text.len, NULL);
}

static int64_t number_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

/* --- going back ---------------------------------------------------------------------------------------- */

/* Once: whoever comes first takes the file away. */
static void go_back(void)
{
	cleanup_json json_t *pending = NULL;
	struct error err = ERROR_INIT;
	bool before;
	int r;

	if (rename(PENDING, DUE))
		return;
	pending = read_json(DUE, PENDING_MAX);
	before = fs_exists(DENY_BEFORE_DIR "/set.json");
	r = before ? deny_kept_apply(DENY_BEFORE_DIR,
				     (enum abi_deny_mode)number_of(pending, "mode"), 0, &err) :
		     deny_end(&err);
	openlog("merlon", LOG_PID, LOG_AUTHPRIV);
	if (r)
		syslog(LOG_ERR, "rules were not confirmed in time, and could not be taken back: %s",
		       err.text);
	else
		syslog(LOG_WARNING, "rules were not confirmed in time: %s",
		       before ? "what was denied before is denied again" :
				"nothing is denied any more");
	unlink(DUE);
	fs_remove_tree(DENY_BEFORE_DIR);
}

/* --- waiting ------------------------------------------------------------------------------------------- */

static bool waits_for(uint64_t set)
{
	cleanup_json json_t *pending = read_json(PENDING, PENDING_MAX);

	return pending && (uint64_t)number_of(pending, "set") == set;
}

static bool is_in_force(uint64_t set)
{
	cleanup_json json_t *kept = read_json(DENY_SET_FILE, SET_FILE_MAX);

	return (uint64_t)number_of(kept, "set") == set;
}

/* Loading takes its time: what is not in force yet has nothing to be taken back. False: it won't be. */
static bool wait_for_start(uint64_t set)
{
	const struct timespec step = { .tv_nsec = 100000000 };
	int64_t end = clock_passed_ns() + START_NS;

	while (!is_in_force(set)) {
		if (!waits_for(set))
			return false;
		if (clock_passed_ns() > end) { /* whoever was to do it is gone */
			unlink(PENDING);
			return false;
		}
		nanosleep(&step, NULL);
	}
	return true;
}

static _Noreturn void wait_for(uint64_t set, uint64_t ns)
{
	const struct timespec second = { .tv_sec = 1 };
	int64_t end;
	int null = open("/dev/null", O_RDWR);

	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	prctl(PR_SET_NAME, "merlon-confirm");
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	if (chdir("/"))
		_exit(EXIT_FAILURE);
	if (!wait_for_start(set))
		_exit(EXIT_SUCCESS);
	end = clock_passed_ns() + (int64_t)ns;
	while (waits_for(set)) {
		int64_t left = end - clock_passed_ns();
		struct timespec part = { .tv_nsec = left > 0 ? (long)left : 0 };

		if (left <= 0) {
			go_back();
			break;
		}
		nanosleep(left < SECOND_NS ? &part : &second, NULL);
	}
	_exit(EXIT_SUCCESS);
}

static int write_pending(uint64_t set, uint64_t ns, struct error *err)
{
	struct sensor_deny_status now = { .mode = ABI_DENY_ENFORCE };
	cleanup_json json_t *o = NULL;
	cleanup_free char *text = NULL;
	json_int_t until = clock_wall_ns();

	until += (json_int_t)ns;
	if (fs_exists(PENDING))
		return error_set(
			err, EBUSY,
			"there are rules that wait to be confirmed: merlon deny confirm keeps them");
	(void)sensor_deny_status(&now, NULL);
	o = json_pack("{s:I, s:I, s:i}", "set", (json_int_t)set, "until", until, "mode",
		      (int)now.mode);
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	if (!text)
		return error_errno(err, ENOMEM, PENDING);
	fs_remove_tree(DENY_BEFORE_DIR);
	return fs_write_atomic(PENDING, text, strlen(text), 0600, err);
}

int deny_probation_begin(uint64_t set, uint64_t ns, struct error *err)
{
	int r = fs_mkdirs("/run/merlon", 0755, err);
	pid_t child;

	r = r ? r : write_pending(set, ns, err);
	if (r)
		return r;
	child = fork();
	if (child == 0)
		wait_for(set, ns);
	if (child > 0)
		return 0;
	r = error_errno(err, errno, "who waits for it to be confirmed");
	deny_probation_end();
	return r;
}

void deny_probation_end(void)
{
	unlink(PENDING);
	fs_remove_tree(DENY_BEFORE_DIR);
}

int64_t deny_probation_left(void)
{
	cleanup_json json_t *pending = read_json(PENDING, PENDING_MAX);
	int64_t left = number_of(pending, "until") - clock_wall_ns();

	return !pending ? -1 : left > 0 ? left / SECOND_NS : 0;
}

int deny_confirm(struct error *err)
{
	if (unlink(PENDING))
		return errno == ENOENT ? error_set(err, ENOENT, "no rules wait to be confirmed") :
					 error_errno(err, errno, PENDING);
	fs_remove_tree(DENY_BEFORE_DIR);
	return 0;
}
