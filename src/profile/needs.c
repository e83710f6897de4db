/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/needs.h"

#include <errno.h>

#include "base/str.h"
#include "profile/path_pattern.h"
#include "uapi/syscall.h"

/* Programs that distributions install set-user-ID, set-group-ID or with file capabilities. */
static const char *const gaining[] = {
	"at",	 "chage",     "chfn",	  "chsh",	"crontab",     "dbus-daemon-launch-helper",
	"doas",	 "exim4",     "expiry",	  "fusermount", "fusermount3", "gpasswd",
	"mount", "newgidmap", "newgrp",	  "newuidmap",	"passwd",      "ping",
	"ping6", "pkexec",    "postdrop", "postqueue",	"sg",	       "ssh-keysign",
	"su",	 "sudo",      "sudoedit", "umount",	"unix_chkpwd", "wall",
};

bool needs_call(const struct profile *p, const struct policy_options *o, const char *const *names)
{
	vec_foreach(c, &p->calls) {
		const char *name = sys_call_name(c->arch, (int)c->nr);

		for (size_t i = 0; name && names[i]; i++)
			if (!c->refused && access_layer_is_wanted(c->layer, o) &&
			    str_eq(name, names[i]))
				return true;
	}
	return false;
}

static bool gains(const char *path)
{
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < ARRAY_SIZE(gaining); i++)
		if (str_eq(name + 1, gaining[i]))
			return true;
	return false;
}

const char *needs_escalation(const struct profile *p, const struct policy_options *o,
			     const struct access_list *files)
{
	if (p->runtime.no_new_privileges)
		return NULL; /* recorded without the possibility: it did without */
	vec_foreach(a, &files->items)
		if (a->ops & ABI_FILE_EXEC && gains(a->path))
			return "it runs a program that is commonly set-user-ID";
	if (p->credentials.known && p->credentials.uid &&
	    policy_capabilities(p, o) & ~p->credentials.permitted)
		return "it used capabilities that it did not have when it started";
	return NULL;
}

/* The directory in which path is an entry, up to the first pattern; NULL when out of memory. */
static char *directory_of(const char *path)
{
	const char *end = path, *at = path;

	for (;;) {
		const char *here = at;
		struct path_token t = path_token_next(&at);

		if (t.kind != PATH_TOKEN_BYTE)
			break;
		/* A slash at the end belongs to the name of a directory, not to what is in it. */
		if (!t.escaped && t.byte == '/' && *at)
			end = here;
	}
	return end == path ? strdup("/") : str_dup_n(path, (size_t)(end - path));
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_below_any(const char *path, char *const *directories, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(directories[i], "/") || path_is_below(path, directories[i]))
			return true;
	return false;
}

int needs_written(string_list *list, const struct access_list *files)
{
	size_t kept = 0;

	*list = (string_list){ 0 };
	vec_foreach(a, &files->items) {
		char **slot;

		if (!(a->ops & ACCESS_OPS_CHANGE) || a->volume || access_is_virtual(a->path))
			continue;
		slot = vec_add(list);
		if (slot)
			*slot = directory_of(a->path);
		if (!slot || !*slot) {
			string_list_deinit(list);
			return -ENOMEM;
		}
	}
	vec_sort(list, name_compare);
	for (size_t i = 0; i < list->len; i++) {
		if (is_below_any(list->items[i], list->items, kept))
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->len = kept;
	return 0;
}
