/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of a Docker that does not run: what it keeps of them on its disk. */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/docker.h"
#include "inspect/host/look.h"

/* path is that of its config.v2.json. */
static void add_container(struct look *l, const char *path, void *arg)
{
	cleanup_free char *host = str_format("%.*s" DOCKER_HOST_CONFIG,
					     (int)(strlen(path) - strlen(DOCKER_CONFIG)), path);
	struct docker_files files = { .config_name = look_name(l, path) };

	(void)arg;
	if (l->r)
		return;
	if (!host) {
		l->r = error_errno(l->err, ENOMEM, "%s", path);
		return;
	}
	files.host_name = look_name(l, host);
	files.config = look_read(l, path);
	files.host = look_read(l, host);
	if (!files.host.data && !look_exists(l, host))
		inspection_problem(
			l->in, files.host_name,
			"it is not there, and without it nothing is known of the container");
	else if (files.config.data && files.host.data)
		l->r = inspection_add_docker(l->in, &files, l->err);
	arena_reset(&l->arena);
}

void host_docker_stored(struct look *l)
{
	/* With userns-remap each mapping has a directory of its own, called UID.GID. */
	static const char *const below[] = { "containers/*", "[0-9]*.[0-9]*/containers/*" };

	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		cleanup_free char *pattern = str_format("%s/%s/" DOCKER_CONFIG, l->docker,
							below[i]);

		if (pattern)
			look_glob(l, pattern, add_container, NULL);
	}
	look_glob(l, "/home/*/.local/share/docker/containers/*/" DOCKER_CONFIG, add_container,
		  NULL);
}
