/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/process_exe.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "guard/fd_kind.h"
#include "identity/mountinfo.h"

enum { DAC_OVERRIDE = 1, DIR_MAX = 4096 };

static bool may_write(const struct facts_files *files, const struct process_facts *f)
{
	if (files->exe.read_only)
		return false;
	if (f->caps_effective & 1ULL << DAC_OVERRIDE)
		return true;
	if (files->exe.uid == f->uid)
		return files->exe.mode & S_IWUSR;
	return files->exe.mode & (files->exe.gid == f->gid ? S_IWGRP : S_IWOTH);
}

/* The writable layer of the overlay that is the root of a process; false: there is none that we can see. */
static bool find_upper(struct text mountinfo, char dir[DIR_MAX])
{
	cleanup_free char *text = str_dup_n(mountinfo.data ? mountinfo.data : "", mountinfo.len);
	struct mountinfo m;
	char *at = text;

	while (at && mountinfo_next(&at, &m)) {
		const char *upper = strstr(m.super, "upperdir=");
		size_t len;

		if (strcmp(m.point, "/") || strcmp(m.type, "overlay") || !upper)
			continue;
		upper += strlen("upperdir=");
		len = strcspn(upper, ",");
		if (len >= DIR_MAX)
			continue;
		memcpy(dir, upper, len);
		dir[len] = '\0';
		return true;
	}
	return false;
}

static void find_layer(const struct facts *how, struct text mountinfo, struct process_facts *f)
{
	char dir[DIR_MAX], inside[DIR_MAX];
	int r;

	if (!mountinfo.len || !f->exepath.len || f->exepath.len >= sizeof(inside) ||
	    !find_upper(mountinfo, dir))
		return;
	memcpy(inside, f->exepath.data, f->exepath.len);
	inside[f->exepath.len] = '\0';
	r = how->layer(dir, inside, how->arg);
	f->exe_upper_layer = !r;
	f->exe_lower_layer = r && r != -ETIMEDOUT && r != -EBUSY;
}

void process_exe_understand(const struct facts *how, const struct facts_files *files,
			    struct text mountinfo, struct process_facts *f)
{
	if (!files->exe.ino)
		return;
	f->exe_ino = files->exe.ino;
	f->exe_ctime_ns = files->exe.ctime_ns;
	f->exe_mtime_ns = files->exe.mtime_ns;
	f->exe_setuid = files->exe.mode & S_ISUID;
	f->exe_setgid = (files->exe.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
	f->exe_writable = may_write(files, f);
	find_layer(how, mountinfo, f);
}

void process_stdio_understand(const struct facts_files *files, const struct text links[STDIO_COUNT],
			      struct process_facts *f)
{
	for (unsigned i = 0; i < STDIO_COUNT; i++) {
		uint32_t mode = files->stdio[i].mode;

		if (!mode)
			continue;
		if (S_ISSOCK(mode)) {
			f->stdio_types[i] = fd_kind_of_socket(files->stdio[i].family);
			continue;
		}
		f->stdio_types[i] = fd_kind_of_file(mode, false, links[i]);
		if (f->stdio_types[i] != FD_PIPE && links[i].len)
			f->stdio_names[i] = links[i];
	}
}
