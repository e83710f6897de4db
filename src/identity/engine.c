/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/engine.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

const struct engine_def engine_defs[] = {
	{ "runc", "runc", true },
	{ "crun", "crun", true },
	{ "youki", NULL, true },
	{ "runsc", NULL, true },
	{ "containerd", "containerd", false },
	{ "dockerd", "docker.io", false },
	{ "podman", "podman", false },
	{ "crio", NULL, false },
	{ "nerdctl", NULL, false },
	{ "lxc-start", "lxc", false },
	{ "kubelet", NULL, false },
};
const size_t engine_def_count = ARRAY_SIZE(engine_defs);

enum { ANSWER_MS = 5000 };

bool engine_find(const char *name, char *path, size_t size)
{
	static const char *const dirs[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					    "/usr/bin",	       "/sbin",		 "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, size, "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static bool is_trusted(const char *path)
{
	char at[PATH_MAX];
	struct stat st;

	if (geteuid() != 0) /* as ourselves we may run what we may run */
		return true;
	if (!realpath(path, at))
		return false;
	for (;;) {
		char *slash = strrchr(at, '/');

		if (stat(at, &st) < 0 || st.st_uid != 0 ||
		    (st.st_mode & 022 && !(S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX)))
			return false;
		if (!slash || str_eq(at, "/"))
			return true;
		slash[slash == at] = '\0';
	}
}

/* The first "1.2.3"-like word. */
static void version_parse(const char *text, char *out, size_t size)
{
	for (const char *p = text; *p; p++) {
		size_t len;

		if (!isdigit((unsigned char)*p) ||
		    (p > text && isalnum((unsigned char)p[-1]) && p[-1] != 'v'))
			continue;
		len = strspn(p, "0123456789abcdefghijklmnopqrstuvwxyz.+~-");
		if (memchr(p, '.', len)) {
			while (len && strchr(".-+~", p[len - 1]))
				len--;
			snprintf(out, size, "%.*s", (int)len, p);
			return;
		}
		p += len ? len - 1 : 0;
	}
}

void engine_version(const char *path, char *out, size_t size)
{
	char *argv[] = { (char *)path, (char *)"--version", NULL };
	char *envp[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C", NULL };
	posix_spawn_file_actions_t actions;
	char answer[4096];
	size_t n = 0;
	int fds[2];
	pid_t pid;

	out[0] = '\0';
	if (!is_trusted(path) || pipe2(fds, O_CLOEXEC) < 0)
		return;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (posix_spawn(&pid, path, &actions, NULL, argv, envp))
		pid = 0;
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	while (pid && n < sizeof(answer) - 1) {
		struct pollfd fd = { .fd = fds[0], .events = POLLIN };
		ssize_t got;

		if (poll(&fd, 1, ANSWER_MS) <= 0)
			break;
		got = read(fds[0], answer + n, sizeof(answer) - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fds[0]);
	if (pid) {
		kill(pid, SIGKILL); /* it has answered, or it won't */
		waitpid(pid, NULL, 0);
	}
	answer[n] = '\0';
	version_parse(answer, out, size);
}
