/* SPDX-License-Identifier: Apache-2.0 */
#include "record/calibrate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "profile/json.h"
#include "record/session_private.h"

enum {
	PATIENCE_MS = 30000, /* for the container */
	SETTLE_MS = 2000,    /* for its control group to go after that */
};

/*
 * The programs of the container: x86-64 ELF executables of a few instructions. Static, so that the
 * container needs no other file.
 */
#define ELF_HEAD                                                                                  \
	/* ELF header: 64-bit, little-endian, executable, x86-64, entry 0x400078, one segment */  \
	0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x3e, 0, 1, 0, 0, 0, 0x78, \
		0, 0x40, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  \
		0, 0, 0x40, 0, 0x38, 0, 1, 0, 0, 0, 0, 0, 0,                                      \
		0, /* program header: load the file, */                                           \
		1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* readable and executable, */    \
		0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, /* at 0x400000 */           \
		0x84, 0, 0, 0, 0, 0, 0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0

/* mov eax, 231 (exit_group); xor edi, edi; syscall */
static const unsigned char exit_program[] = { ELF_HEAD, 0xb8, 0xe7, 0,	  0,	0,   0x31,
					      0xff,	0x0f, 0x05, 0x90, 0x90, 0x90 };

/* mov eax, 34 (pause); syscall; and again */
static const unsigned char pause_program[] = { ELF_HEAD, 0xb8, 0x22, 0,	   0,	 0,   0x0f,
					       0x05,	 0xeb, 0xf7, 0x90, 0x90, 0x90 };
_Static_assert(sizeof(exit_program) == 0x84 && sizeof(pause_program) == 0x84,
	       "the length that the program header gives");

/* Runtimes that understand "run --bundle DIR ID". */
static const char *const drivable[] = { "runc", "crun", "youki" };

static bool is_drivable(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivable); i++)
		if (str_eq(drivable[i], name))
			return true;
	return false;
}

static bool is_tail(enum profile_layer layer)
{
	return layer == PROFILE_TAIL || layer == PROFILE_ENTERED_TAIL;
}

/* --- the container ------------------------------------------------------------------------------ */

static const char config_format[] =
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\"hostname\":\"merlon\","
	"\"process\":{\"terminal\":false,\"user\":{\"uid\":%u,\"gid\":%u},\"args\":[\"%s\"],"
	"\"env\":[\"PATH=/\"],\"cwd\":\"/\",\"noNewPrivileges\":%s,"
	"\"capabilities\":{\"bounding\":%s,\"effective\":%s,\"permitted\":%s}},"
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}],"
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"ipc\"},"
	"{\"type\":\"uts\"},{\"type\":\"network\"}],"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"%s\"],%s%s%s"
	"\"syscalls\":[{\"names\":[\"kexec_load\"],\"action\":\"%s\"}]}}}";

/* How a container of ours is to be run. */
struct trial {
	const struct profile *profile; /* names the runtime and what matters of its configuration */
	const char *dir;	       /* of the bundle */
	char listener[PATH_MAX];       /* socket that the filter's listener is sent to, or "" */
	unsigned uid;
	char id[64];
};

static int config_write(const struct trial *t, const char *program, struct error *err)
{
	/* Some capability, so that the runtime takes the path on which it sets them. */
	static const char caps[] = "[\"CAP_KILL\"]";
	cleanup_buf struct buf config = BUF_INIT;
	char path[PATH_MAX];

	buf_addf(&config, config_format, t->uid, t->uid, program,
		 t->profile->runtime.no_new_privileges ? "true" : "false", caps, caps, caps,
		 sys_archs[SYS_ARCH_X86_64].oci_name, *t->listener ? "\"listenerPath\":\"" : "",
		 t->listener, *t->listener ? "\"," : "",
		 *t->listener ? "SCMP_ACT_NOTIFY" : "SCMP_ACT_ERRNO");
	snprintf(path, sizeof(path), "%s/config.json", t->dir);
	return fs_write_atomic(path, config.data, config.len, 0644, err);
}

static int bundle_write(const char *dir, struct error *err)
{
	static const char *const mount_points[] = { "proc", "dev", "sys" };
	char path[PATH_MAX];
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(mount_points); i++) {
		snprintf(path, sizeof(path), "%s/rootfs/%s", dir, mount_points[i]);
		r = fs_mkdirs(path, 0755, err);
	}
	snprintf(path, sizeof(path), "%s/rootfs/exit", dir);
	if (!r)
		r = fs_write_atomic(path, exit_program, sizeof(exit_program), 0755, err);
	snprintf(path, sizeof(path), "%s/rootfs/pause", dir);
	if (!r)
		r = fs_write_atomic(path, pause_program, sizeof(pause_program), 0755, err);
	return r;
}

static pid_t runtime_spawn(char *const argv[], const char *errors)
{
	char *envp[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid = 0;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	/* Not /dev/null: runtimes give what they get here to the container's user, but never that. */
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	if (posix_spawn(&pid, argv[0], &actions, &attr, argv, envp))
		pid = 0;
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return pid;
}

static int did_not_run(const char *errors, struct error *err)
{
	char line[256] = "", shown[300];

	fs_read_line(errors, line, sizeof(line));
	str_printable(shown, sizeof(shown), line, strlen(line));
	return error_set(err, EIO, "the container that should show its calls did not run%s%s",
			 *shown ? ": " : "", shown);
}

/* Runs one command of the runtime, following the recording meanwhile. */
static int runtime_run(struct session *s, char *const argv[], const char *errors, struct error *err)
{
	struct pollfd fd = { .fd = session_poll_fd(s), .events = POLLIN };
	uint64_t until = recorder_now_ns() + PATIENCE_MS * 1000000ULL;
	pid_t pid = runtime_spawn(argv, errors);
	int status = 0, r = 0;

	if (!pid)
		return error_set(err, EIO, "cannot run %s", argv[0]);
	while (!r && waitpid(pid, &status, WNOHANG) != pid) {
		if (recorder_now_ns() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return error_set(err, ETIMEDOUT, "%s %s does not end", argv[0], argv[1]);
		}
		poll(&fd, 1, 20);
		r = session_step(s, err);
	}
	return r ? r : status ? did_not_run(errors, err) : 0;
}

/*
 * Engines create a container first and start it later, people run it in one go: the runtime waits in
 * between in the first case, under the filter. Both ways are taken, and an exec into the first.
 */
static int containers_run(struct session *s, struct trial *t, struct error *err)
{
	char *runtime = t->profile->runtime.path, *bundle = (char *)t->dir;
	char *create[] = { runtime, (char *)"create", (char *)"--bundle", bundle, t->id, NULL };
	char *start[] = { runtime, (char *)"start", t->id, NULL };
	char *exec[] = { runtime, (char *)"exec", t->id, (char *)"/exit", NULL };
	char *delete[] = { runtime, (char *)"delete", (char *)"--force", t->id, NULL };
	char *run[] = { runtime, (char *)"run", (char *)"--bundle", bundle, t->id, NULL };
	char errors[PATH_MAX];
	int r = config_write(t, "/pause", err), cleaned;

	if (r)
		return r;
	snprintf(errors, sizeof(errors), "%s/stderr", t->dir);
	r = runtime_run(s, create, errors, err);
	if (!r)
		r = runtime_run(s, start, errors, err);
	if (!r)
		r = runtime_run(s, exec, errors, err);
	cleaned = runtime_run(s, delete, errors, NULL);
	if (!r && !cleaned)
		r = config_write(t, "/exit", err);
	return r || cleaned ? r : runtime_run(s, run, errors, err);
}

/* Waits until the control group is gone: by then every fact is in the maps. */
static int settle(struct session *s, struct error *err)
{
	struct pollfd fd = { .fd = session_poll_fd(s), .events = POLLIN };
	uint64_t until = recorder_now_ns() + SETTLE_MS * 1000000ULL;
	int r = 0;

	while (!r && recorder_now_ns() < until) {
		if (s->state.workloads.len && s->state.workloads.items[0].ended)
			return 0;
		poll(&fd, 1, 20);
		r = session_step(s, err);
	}
	if (!r && !s->state.workloads.len)
		r = error_set(err, EIO, "the container that should show its calls was not seen");
	return r;
}

/* Records what the runtime does in the trial, for root and for somebody else. */
static int record_trial(struct trial *t, struct profile *into, struct error *err)
{
	static const unsigned users[] = { 0,
					  65534 }; /* giving root up takes other calls than not */
	static const link_list no_links;
	cleanup_session struct session *s = NULL;
	char *ids[] = { t->id };
	struct session_options o = {
		.name = t->id, .output_dir = t->dir, .wait = true, .containers = 1
	};
	struct collect_target target = { .profile = into, .root_fd = -1, .links = &no_links };
	bool resumed;
	int r;

	snprintf(t->id, sizeof(t->id), "merlon-calibration-%d", getpid());
	o.selection.containers.items = ids;
	o.selection.containers.len = 1;
	r = session_open(&s, &o, &resumed, err);
	if (r)
		return r;
	for (size_t i = 0; !r && i < ARRAY_SIZE(users); i++) {
		t->uid = users[i];
		r = containers_run(s, t, err);
	}
	if (!r)
		r = settle(s, err);
	if (!r) {
		target.cells = s->state.workloads.items[0].cells.items;
		target.cell_count = s->state.workloads.items[0].cells.len;
		r = collect(s->recorder, &target, 1, err);
	}
	session_end(s, NULL);
	return r;
}

/* A socket that takes what it gets and never answers. */
static int listener_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 &&
	    (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 64) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* What a filter with a listener makes the runtime do besides: a runtime that knows none does nothing. */
static void record_listener(struct trial *t, struct profile *into)
{
	cleanup_profile struct profile *with = profile_new(into->name);
	cleanup_fd int fd = -1;

	snprintf(t->listener, sizeof(t->listener), "%s/listener", t->dir);
	fd = listener_open(t->listener);
	if (!with || fd < 0 || record_trial(t, with, NULL))
		return;
	vec_foreach(c, &with->calls) {
		struct profile_evidence e = profile_evidence_sum(&c->evidence);
		struct profile_call *known = NULL, *added;

		vec_foreach(k, &into->calls)
			if (k->layer == c->layer && k->arch == c->arch && k->nr == c->nr &&
			    k->refused == c->refused)
				known = k;
		if (known || c->refused || !is_tail(c->layer))
			continue;
		e.exe = profile_executable(into, with->executables.items[e.exe]);
		added = e.exe == UINT32_MAX ?
				NULL :
				profile_add_call(into, c->arch, c->nr, c->layer, false, &e);
		if (added)
			added->phases = PROFILE_LISTENER;
	}
}

static int record_runtime(const struct profile *p, const char *dir, struct profile *into,
			  struct error *err)
{
	struct trial t = { .profile = p, .dir = dir };
	int r = record_trial(&t, into, err);

	if (!r)
		record_listener(&t, into);
	return r;
}

/* --- keeping it --------------------------------------------------------------------------------- */

static void cache_path(const struct profile *p, char *out, size_t size)
{
	struct stat st = { 0 };

	/* The version may stay while a distribution rebuilds: the file's own date and size don't. */
	stat(p->runtime.path, &st);
	snprintf(out, size, "%s/%s-%s-%lld-%lld-nnp%d.merlon.json", CALIBRATION_DIR,
		 p->runtime.name, p->runtime.version ? p->runtime.version : "unknown",
		 (long long)st.st_mtime, (long long)st.st_size, p->runtime.no_new_privileges);
}

static int tail_copy(const struct profile *from, struct profile *to)
{
	vec_foreach(c, &from->calls) {
		struct profile_evidence e = profile_evidence_sum(&c->evidence);
		struct profile_call *added;

		if (!is_tail(c->layer) || c->refused)
			continue;
		e.exe = profile_executable(to, to->runtime.path);
		if (e.exe == UINT32_MAX)
			return -ENOMEM;
		added = profile_add_call(to, c->arch, c->nr, c->layer, false, &e);
		if (!added)
			return -ENOMEM;
		added->phases = c->phases;
		vec_foreach(t, &c->tuples)
			if (profile_call_add_tuple(added, t->values, t->count))
				return -ENOMEM;
	}
	to->runtime.tail = PROFILE_TAIL_CALIBRATED;
	return 0;
}

static int learn(struct profile *p, const char *path, struct profile **ret, struct error *err)
{
	cleanup_profile struct profile *learned = profile_new(p->runtime.name);
	char dir[] = "/run/merlon/calibration.XXXXXX";
	int r;

	if (!learned)
		return error_errno(err, ENOMEM, "calibration");
	r = fs_mkdirs("/run/merlon", 0755, err);
	if (r)
		return r;
	if (!mkdtemp(dir))
		return error_errno(err, errno, "%s", dir);
	chmod(dir, 0755); /* the container's user walks through it */
	r = bundle_write(dir, err);
	if (!r)
		r = record_runtime(p, dir, learned, err);
	fs_remove_tree(dir);
	if (!r && !profile_count_calls(learned, 1u << PROFILE_TAIL, false))
		r = error_set(err, EIO, "%s was not seen loading a filter", p->runtime.name);
	if (r)
		return r;
	learned->runtime.name = strdup(p->runtime.name);
	learned->runtime.path = strdup(p->runtime.path);
	learned->runtime.no_new_privileges = p->runtime.no_new_privileges;
	learned->runtime.tail = PROFILE_TAIL_OBSERVED;
	profile_sort(learned);
	/* Not being able to keep it costs the next recording half a second, nothing else. */
	if (!fs_mkdirs(CALIBRATION_DIR, 0755, NULL))
		profile_save(learned, path, NULL);
	*ret = TAKE_PTR(learned);
	return 0;
}

int calibrate(struct profile *p, struct error *err)
{
	cleanup_profile struct profile *known = NULL;
	char path[PATH_MAX];
	int r = 0;

	if (!p->runtime.name || !p->runtime.path || !is_drivable(p->runtime.name))
		return error_set(err, ENOTSUP, "cannot drive the runtime %s",
				 p->runtime.name ? p->runtime.name : "(unknown)");
	cache_path(p, path, sizeof(path));
	known = profile_load(path, NULL);
	if (!known)
		r = learn(p, path, &known, err);
	if (!r && tail_copy(known, p))
		r = error_errno(err, ENOMEM, "calibration");
	return r;
}
