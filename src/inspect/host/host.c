/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "inspect/host/look.h"

static void name_node(struct look *l)
{
	struct text name = look_line(l, "/etc/hostname");

	if (!*l->prefix && !gethostname(l->node, sizeof(l->node) - 1) && *l->node)
		return;
	str_printable(l->node, sizeof(l->node), name.len ? name.data : "host",
		      name.len ? name.len : 4);
}

int host_inspect(struct inspection *in, const char *root, bool stored, struct error *err)
{
	static void (*const looks[])(struct look *) = {
		host_node,    host_docker,     host_containerd,	   host_crio, host_container_tools,
		host_kubelet, host_kube_proxy, host_control_plane,
	};
	cleanup_fd int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct look l = { .in = in,
			  .arena = ARENA_INIT(64 << 20),
			  .root = fd,
			  .prefix = str_eq(root, "/") ? "" : root,
			  .err = err };

	if (fd < 0)
		return error_errno(err, errno, "%s", root);
	name_node(&l);
	for (size_t i = 0; i < ARRAY_SIZE(looks) && !l.r; i++)
		looks[i](&l);
	if (stored && !l.r)
		host_docker_stored(&l);
	arena_deinit(&l.arena);
	return l.r;
}
