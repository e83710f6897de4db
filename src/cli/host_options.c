/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/host_options.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "uapi/capability.h"

/* What Docker, containerd and CRI-O leave a container by default. */
static const char *const default_caps[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN",	  "CAP_DAC_OVERRIDE",	  "CAP_FOWNER",	    "CAP_FSETID",
	"CAP_KILL",	   "CAP_MKNOD",	  "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",    "CAP_SETFCAP",
	"CAP_SETGID",	   "CAP_SETPCAP", "CAP_SETUID",		  "CAP_SYS_CHROOT",
};

static int add_cap(struct seccomp_host *host, const char *name, struct error *err)
{
	unsigned cap;

	if (str_eq(name, "none"))
		return 0;
	if (!sys_cap_parse(name, &cap))
		return error_set(err, EINVAL, "--cap: \"%s\" is no capability", name);
	host->caps |= 1ULL << cap;
	return 0;
}

int host_options_read(const struct arguments *args, struct seccomp_host *host, struct error *err)
{
	const char *kernel = arg_value(args, "kernel");
	struct utsname name;
	int r = 0;

	*host = (struct seccomp_host){ 0 };
	if (!kernel)
		kernel = uname(&name) ? "" : name.release;
	if (sscanf(kernel, "%3u.%3u", &host->kernel_major, &host->kernel_minor) != 2)
		return error_set(err, EINVAL, "--kernel: \"%s\" is no version", kernel);
	for (size_t i = 0; arg_value_at(args, "cap", i) && !r; i++)
		r = add_cap(host, arg_value_at(args, "cap", i), err);
	for (size_t i = 0; i < ARRAY_SIZE(default_caps) && !r && !arg_flag(args, "cap"); i++)
		r = add_cap(host, default_caps[i], err);
	return r;
}

void notes_print(const struct buf *notes)
{
	if (notes->len)
		fwrite(notes->data, 1, notes->len, stderr);
}
