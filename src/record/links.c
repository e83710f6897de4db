/* SPDX-License-Identifier: Apache-2.0 */
#include "record/links.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

static const char *const usual_links[] = { "/bin",     "/sbin",	  "/lib",     "/lib32",
					   "/lib64",   "/libx32", "/var/run", "/var/lock",
					   "/usr/tmp", "/tmp",	  "/var/tmp", "/var/mail",
					   "/var/log", "/home" };

void link_list_deinit(link_list *list)
{
	vec_foreach(pair, list) {
		free(pair->from);
		free(pair->to);
	}
	vec_deinit(list);
}

/* Where dir leads to inside the root; NULL if it does not exist there. */
static char *resolve_dir(int root_fd, const char *dir)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char link[64], root[PATH_MAX], full[PATH_MAX];
	cleanup_fd int fd = (int)syscall(SYS_openat2, root_fd, dir, &how, sizeof(how));
	ssize_t n, m;

	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", root_fd);
	n = readlink(link, root, sizeof(root) - 1);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	m = readlink(link, full, sizeof(full) - 1);
	if (n <= 0 || m <= 0)
		return NULL;
	if (n == 1) /* the container's root is ours */
		n = 0;
	full[m] = '\0';
	if (memcmp(full, root, (size_t)n) || (full[n] && full[n] != '/'))
		return NULL;
	return strdup(full[n] ? full + n : "/");
}

void links_learn(link_list *list, int root_fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual_links); i++) {
		char *to = resolve_dir(root_fd, usual_links[i]);
		struct link_pair *pair;

		if (!to || str_eq(to, usual_links[i])) {
			free(to);
			continue;
		}
		pair = vec_add(list);
		if (pair)
			*pair = (struct link_pair){ strdup(usual_links[i]), to };
		if (!pair || !pair->from) {
			list->len -= pair != NULL;
			free(to);
			return;
		}
	}
}

static char *resolve_by_list(const link_list *list, const char *path)
{
	vec_foreach(pair, list) {
		size_t n = strlen(pair->from);

		if (str_starts(path, pair->from) && path[n] == '/')
			return str_format("%s%s", str_eq(pair->to, "/") ? "" : pair->to, path + n);
	}
	return strdup(path);
}

char *links_resolve(const link_list *list, int root_fd, const char *path)
{
	const char *name = strrchr(path, '/');
	cleanup_free char *dir = NULL, *to = NULL;

	if (path[0] != '/' || !name)
		return strdup(path);
	if (root_fd >= 0) {
		dir = str_dup_n(path, name == path ? 1 : (size_t)(name - path));
		to = dir ? resolve_dir(root_fd, dir) : NULL;
		if (to)
			return str_format("%s%s", str_eq(to, "/") ? "" : to, name);
	}
	return resolve_by_list(list, path);
}
