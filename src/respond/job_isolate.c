/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "identity/process.h"
#include "respond/isolation.h"
#include "respond/job.h"
#include "sensor/pin.h"
#include "sensor/program_load.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

/* --- whom programs are about ----------------------------------------------------------------------------- */

static int stop_at_first(pid_t pid, void *arg)
{
	*(pid_t *)arg = pid;
	return 1;
}

static pid_t some_process(const struct job *j)
{
	pid_t pid = 0;

	if (j->target->pidfd >= 0)
		return j->target->pid;
	cgroup_each_process(&j->limits->layout, j->target->container.cgroup, stop_at_first, &pid);
	return pid;
}

/* The number that programs know a network namespace by; 0: this kernel does not tell. */
static uint64_t cookie_of(pid_t pid)
{
	char path[64];
	cleanup_fd int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), theirs = -1, s = -1;
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	theirs = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0 || theirs < 0 || setns(theirs, CLONE_NEWNET))
		return 0;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s >= 0 && getsockopt(s, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		cookie = 0;
	/* Nothing of ours may go on in there. */
	if (setns(own, CLONE_NEWNET))
		_exit(EXIT_FAILURE);
	return cookie;
}

struct place {
	int group; /* owned */
	uint64_t netns;
};

/* HAND_DONE, or why not. */
static enum hand_outcome find_place(struct job *j, struct place *ret)
{
	const struct cgroup_layout *layout = &j->limits->layout;
	char path[PATH_MAX];
	uint32_t theirs;
	pid_t pid;

	if (layout->mode == CGROUP_V2) {
		snprintf(path, sizeof(path), "%s%s", layout->mount, j->target->container.cgroup);
		ret->group = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return ret->group < 0 ? job_fail(j, errno, "its control group") : HAND_DONE;
	}
	if (!*layout->unified)
		return job_say(
			j, HAND_REFUSED,
			"programs attach to v2 control groups, and there are none on this machine");
	pid = some_process(j);
	theirs = pid ? process_namespace(pid, "net") : 0;
	if (!theirs)
		return job_say(j, HAND_GONE, "it had ended");
	if (theirs == process_namespace(getpid(), "net"))
		return job_say(
			j, HAND_REFUSED,
			"its control groups are v1, and it shares the host's network: nothing tells it apart");
	ret->netns = cookie_of(pid);
	if (!ret->netns)
		return job_say(
			j, HAND_REFUSED,
			"its control groups are v1, and this kernel does not number network namespaces (5.14 does)");
	ret->group = open(layout->unified, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ret->group < 0 ? job_fail(j, errno, "the root of the v2 control groups") : HAND_DONE;
}

/* --- programs -------------------------------------------------------------------------------------------- */

static int load_hook(const struct isolation *i, enum isolation_hook hook, int *ret,
		     struct error *err)
{
	const struct isolation_def *def = &isolation_hooks[hook];
	cleanup_bpf_code struct bpf_code code = { 0 };
	char name[16];
	int r = isolation_compile(i, hook, &code);

	if (r)
		return error_errno(err, -r, "a program");
	snprintf(name, sizeof(name), "mrl_%s", def->name);
	return program_source_load(
		&(struct program_source){ .name = name,
					  .insns = code.insns.items,
					  .insn_count = (uint32_t)code.insns.len,
					  .type = def->type,
					  .expected_attach_type = def->attach_type },
		ret, NULL, err);
}

static void remove_pins(const json_t *pins)
{
	const json_t *pin;
	size_t i;

	json_array_foreach (pins, i, pin)
		if (json_string_value(pin))
			unlink(json_string_value(pin));
}

static void name_pins(const struct job *j, json_t *pins)
{
	for (int h = 0; h < ISOLATION_HOOKS; h++) {
		char path[PIN_PATH_MAX];

		if (snprintf(path, sizeof(path), "%s/%s-%s", j->pins, j->id,
			     isolation_hooks[h].name) < (int)sizeof(path))
			json_array_append_new(pins, json_string(path));
	}
}

/* Packets can't be told apart by namespace before 6.12: then calls are cut off, and what is connected stays so. */
static enum hand_outcome attach_all(struct job *j, const struct isolation *i, int group)
{
	const json_t *pins = json_object_get(j->undo, "pins");
	bool packets = true;

	for (int h = 0; h < ISOLATION_HOOKS; h++) {
		cleanup_fd int program = -1;
		struct error err = ERROR_INIT;
		int r = load_hook(i, (enum isolation_hook)h, &program, &err);

		if (r && i->netns && isolation_hooks[h].type == BPF_PROG_TYPE_CGROUP_SKB) {
			packets = false;
			continue;
		}
		if (!r)
			r = pin_to_cgroup(program, group, isolation_hooks[h].attach_type,
					  json_string_value(json_array_get(pins, (size_t)h)), &err);
		if (r) {
			remove_pins(pins);
			return job_say(j, HAND_FAILED, "%.500s", err.text);
		}
	}
	return job_say(j, HAND_DONE,
		       packets ? "its network was cut off" :
				 "its new connections were cut off; those that it has stay");
}

enum hand_outcome job_isolate(struct job *j)
{
	const struct hand_request *rq = j->rq;
	struct isolation i = { .networks = rq->networks,
			       .network_count = rq->network_count,
			       .ports = rq->ports,
			       .port_count = rq->port_count };
	struct place p = { .group = -1 };
	cleanup_fd int group = -1;
	enum hand_outcome o = find_place(j, &p);
	json_t *pins;

	group = p.group;
	i.netns = p.netns;
	if (o != HAND_DONE)
		return o;
	if (!*j->pins)
		return job_say(j, HAND_REFUSED, "there is no BPF file system to keep programs in");
	if (j->dry)
		return job_say(j, HAND_WOULD, "its network would be cut off");
	pins = json_array();
	name_pins(j, pins);
	json_object_set_new(j->undo, "pins", pins);
	if (j->begin(j))
		return job_say(j, HAND_FAILED, "it can't be noted, so it was left alone");
	return attach_all(j, &i, group);
}

int undo_isolate(const struct target_limits *l, const json_t *undo, struct error *err)
{
	const json_t *pin;
	size_t i;

	(void)l;
	json_array_foreach (json_object_get(undo, "pins"), i, pin)
		if (json_string_value(pin) && unlink(json_string_value(pin)) && errno != ENOENT)
			return error_errno(err, errno, "%s", json_string_value(pin));
	return 0;
}
