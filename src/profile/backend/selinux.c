/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SELinux: a module in CIL for semodule, a block that inherits the template "container" of
 * container-selinux (in its directory udica-templates), as the modules that people write with udica do.
 * It defines one type, NAME.process, to be given to the container's process.
 *
 * Beyond the template it allows sockets of the kinds that were made, the types of the ports that were
 * bound and connected to, capabilities that were used, and volumes with labels of the host as they were
 * used. The templates for networks are not inherited: they allow every port.
 */
#include "profile/backend.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "profile/backend/head.h"
#include "profile/labels.h"

/* The types of ports in the order of the comment that names them. */
static void add_port_hint(const struct label_list *list, struct buf *out)
{
	vec_foreach(rule, &list->items) {
		if (!strstr(rule->permissions, "name_"))
			continue;
		buf_add_str(
			out,
			"; Types of ports are the reference policy's: where a host has others (semanage port -l),\n"
			"; write those.\n");
		return;
	}
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_label_list struct label_list list = { 0 };
	cleanup_free char *type = backend_selinux_type(p, o);
	int r;

	if (!type)
		return error_errno(err, ENOMEM, "selinux");
	r = label_list_build(&list, p, o, err);
	if (r)
		return r;
	backend_head(p, ";", out);
	if (list.unknown_sockets)
		buf_add_str(
			out,
			"; More combinations of socket arguments than were kept: sockets of every kind.\n");
	add_port_hint(&list, out);
	buf_addf(out, "\n(block %.*s\n", (int)strcspn(type, "."), type);
	buf_add_str(out, "\t(blockinherit container)\n");
	if (o->complain)
		buf_add_str(out, "\t(typepermissive process)\n");
	vec_foreach(rule, &list.items)
		buf_addf(out, "\t(allow process %s (%s (%s)))%s%s\n",
			 str_eq(rule->type, LABEL_SELF) ? "process" : rule->type, rule->class_,
			 rule->permissions, rule->why ? " ; " : "", rule->why ? rule->why : "");
	buf_add_str(out, ")\n");
	return 0;
}

const struct profile_backend profile_backend_selinux = {
	.name = "selinux",
	.suffix = "cil",
	.summary = "SELinux module in CIL, on container-selinux's templates, for semodule",
	.apply =
		"On every node:\n\n"
		"    semodule -i @FILE@ /usr/share/udica/templates/base_container.cil\n\n"
		"then run the container with `--security-opt label=type:@TYPE@`, or have `--lsm selinux` write it into the other files.",
	.emit = emit,
};
