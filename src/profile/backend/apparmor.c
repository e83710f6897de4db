/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AppArmor: a complete profile for apparmor_parser (apparmor.d(5)), in which all is denied that is not
 * said. It includes nothing, so it means the same on every node; the abi line says which language it is
 * written in, so a newer parser does not read more into it.
 *
 * The container runtime enters the profile at its last execve (change_onexec). From there on these are
 * checked that no program asked for and no recording has: executable mappings of the program and of its
 * ELF interpreter, made by execve under the new profile; the descriptors that come with it; and signals
 * from the runtime. What is not mediated by path is left out: attributes read (stat), times, extended
 * attributes, pipes, memory files.
 */
#include "profile/backend.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "profile/access.h"
#include "profile/backend/head.h"
#include "profile/needs.h"
#include "profile/path_pattern.h"
#include "profile/sockets.h"
#include "uapi/capability.h"
#include "uapi/socket.h"
#include "uapi/syscall.h"

/* Labels of whom a container gets signals from: runtimes have profiles of their own on some systems. */
#define RUNTIMES "{unconfined,runc,crun,podman,buildah,lxc-*,containerd*,docker*,cri-o}"

/* Where the psABIs and distributions put ELF interpreters: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1. */
#define INTERPRETER_NAME "ld{-*,64,}.so*"
#define INTERPRETER "/{,usr/}lib{,32,64,x32}/{,*/}" INTERPRETER_NAME

enum { PAIRS_MAX = 64 };

/* The permissions of a rule, in the order in which they are written. */
static const struct {
	uint32_t ops;
	const char *letters;
} permissions[] = {
	{ ABI_FILE_MAP_EXEC | ABI_FILE_EXEC, "m" },
	{ ABI_FILE_READ | ABI_FILE_EXEC | ABI_FILE_RENAME_FROM | ABI_FILE_CONNECT, "r" },
	/* SETXATTR and UTIME are not mediated. */
	{ (ACCESS_OPS_CHANGE & ~(ABI_FILE_LINK | ABI_FILE_SETXATTR | ABI_FILE_UTIME)) |
		  ABI_FILE_CONNECT,
	  "w" },
	{ ABI_FILE_EXEC, "ix" },
};

/*
 * A path in the language's patterns (AARE), in quotes if it needs them. Inside, a backslash takes the
 * meaning from a special character, or begins an octal number. more is a pattern to put behind it.
 */
static void add_path(struct buf *out, const char *path, const char *more)
{
	struct buf text = BUF_INIT;
	bool quote = false;

	for (struct path_token t; (t = path_token_next(&path)).kind != PATH_TOKEN_END;) {
		if (t.kind == PATH_TOKEN_STAR)
			buf_add_char(&text, '*');
		else if (t.kind == PATH_TOKEN_DEEP)
			buf_add_str(&text, "**");
		else if (t.kind == PATH_TOKEN_NUMBER)
			buf_add_str(&text, "[0-9]*");
		else if (t.byte == '\\') /* behind two of them the parser takes a quote for text */
			buf_add_char(&text, '?');
		else if (t.byte < 0x20 || t.byte == 0x7f || (t.escaped && t.byte >= 0x80))
			buf_addf(&text, "\\%03o", t.byte);
		else if (strchr("*?[]{}^\"", t.byte))
			buf_addf(&text, "\\%c", t.byte);
		else
			buf_add_char(&text, (char)t.byte);
		quote = quote || (t.kind == PATH_TOKEN_BYTE && !isalnum(t.byte) &&
				  !strchr("/._-+:%", t.byte));
	}
	buf_add_str(&text, more);
	out->failed = out->failed || text.failed;
	buf_addf(out, quote ? "\"%s\"" : "%s", text.data ? text.data : "");
	buf_deinit(&text);
}

/* --- sections ----------------------------------------------------------------------------------- */

static void add_capabilities(const struct profile *p, const struct policy_options *o, bool complain,
			     struct buf *out)
{
	uint64_t used = policy_capabilities(p, o), in_vain = 0;

	vec_foreach(c, &p->caps)
		if (access_layer_is_wanted(c->layer, o) && c->outcome == ABI_CAP_PROBED)
			in_vain |= 1ULL << c->cap;
	in_vain = complain ? 0 : in_vain & ~used; /* "deny" denies in complain mode too */
	for (int denied = 0; denied < 2; denied++) {
		uint64_t set = denied ? in_vain : used;

		if (set)
			buf_add_str(out,
				    denied ? "\n  # Asked for in vain: denied without a word.\n" :
					     "\n");
		for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++) {
			char name[32];
			size_t i = 0;

			if (!(set >> cap & 1))
				continue;
			for (const char *at = sys_cap_name(cap) + strlen("CAP_");
			     *at && i < sizeof(name) - 1; at++)
				name[i++] = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
			name[i] = '\0';
			buf_addf(out, "  %scapability %s,\n", denied ? "deny " : "", name);
		}
	}
}

/* Families of the 3.0 language, which ends at xdp and never had these two. */
static const char *family_name(unsigned family)
{
	enum { FAMILY_DECNET = 12, FAMILY_LAST = 44 };

	return family && family != FAMILY_DECNET && family <= FAMILY_LAST ?
		       sys_family_name(family) :
		       NULL;
}

static int add_sockets(const struct profile *p, const struct policy_options *o, struct buf *out,
		       struct error *err)
{
	cleanup_socket_list struct socket_list list = { 0 };
	const struct socket_use *last = NULL;
	int r = socket_list_build(&list, p, o, err);

	if (r)
		return r;
	if (list.items.len || list.unknown)
		buf_add_str(out, "\n");
	if (list.guessed)
		buf_add_str(out,
			    "  # Arguments of socketcall() are in memory: these are the families of "
			    "its addresses.\n");
	vec_foreach(s, &list.items) {
		const char *family = family_name(s->family), *type = sys_socket_type_name(s->type);

		if (last && last->family == s->family && last->type == s->type)
			continue; /* protocols are not told apart */
		last = s;
		if (!family)
			buf_addf(out,
				 "  # Address family %u has no name in this language: denied.\n",
				 s->family);
		else if (!type && s->type != SOCKET_TYPE_ANY)
			buf_addf(
				out,
				"  # %s sockets of type %u have no name in this language: denied.\n",
				family, s->type);
		else
			buf_addf(out, "  network %s%s%s,\n", family, type ? " " : "",
				 type ? type : "");
	}
	if (list.unknown)
		buf_add_str(out, "  # More combinations of arguments than were kept: any socket.\n"
				 "  network,\n");
	return 0;
}

static void add_processes(const struct profile *p, const struct policy_options *o, const char *name,
			  struct buf *out)
{
	static const char *const tracing[] = {
		"ptrace",	   "process_vm_readv", "process_vm_writev",
		"process_madvise", "pidfd_getfd",      NULL
	};
	bool traces = needs_call(p, o, tracing);

	buf_add_str(out,
		    "\n  # The runtime stops it; among its own processes it may do as it likes.\n"
		    "  signal (receive) peer=" RUNTIMES ",\n");
	buf_addf(out, "  signal (send, receive) peer=%s,\n", name);
	buf_addf(out, "  ptrace (%sread%s, readby) peer=%s,\n", traces ? "trace, " : "",
		 traces ? ", tracedby" : "", name);
}

static void add_mounts(const struct access_list *list, struct buf *out)
{
	if (!list->mounts)
		return;
	buf_add_str(out, "\n  # It mounts: what and where to is not in the recording.\n"
			 "  mount,\n  remount,\n  umount,\n  pivot_root,\n");
}

static bool may_link(const struct access *a, enum abi_file_op op)
{
	return a->ops & op;
}

/* Who may be linked to whom was recorded as two lists: all pairs, or, if there are many, any target. */
static void add_links(const struct access_list *list, struct buf *out)
{
	size_t names = 0, targets = 0;

	vec_foreach(a, &list->items) {
		names += may_link(a, ABI_FILE_LINK);
		targets += may_link(a, ABI_FILE_LINK_TARGET);
	}
	if (!names)
		return;
	buf_add_str(out, "\n  # Hard links.\n");
	vec_foreach(a, &list->items) {
		if (!may_link(a, ABI_FILE_LINK))
			continue;
		if (!targets || names * targets > PAIRS_MAX) {
			buf_add_str(out, "  link ");
			add_path(out, a->path, "");
			buf_add_str(out, " -> /**,\n");
			continue;
		}
		vec_foreach(to, &list->items) {
			if (!may_link(to, ABI_FILE_LINK_TARGET))
				continue;
			buf_add_str(out, "  link ");
			add_path(out, a->path, "");
			buf_add_str(out, " -> ");
			add_path(out, to->path, "");
			buf_add_str(out, ",\n");
		}
	}
}

static void access_letters(const struct access *a, char out[16])
{
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(permissions); i++) {
		bool lock = str_eq(permissions[i].letters, "ix") && a->locked && at &&
			    !a->directory;

		if (lock) /* whoever reads or writes it may lock it */
			out[at++] = 'k';
		if (a->ops & permissions[i].ops)
			at += (size_t)sprintf(out + at, "%s", permissions[i].letters);
	}
	out[at] = '\0';
}

static void add_file(const struct access *a, struct buf *out)
{
	char letters[16];

	access_letters(a, letters);
	if (!letters[0])
		return;
	buf_add_str(out, "  ");
	add_path(out, a->path, a->ambiguous ? "{,/}" : "");
	buf_addf(out, " %s,", letters);
	if (a->widened & ACCESS_CUT)
		buf_add_str(out, " # its beginning was too long to record");
	else if (a->widened & ACCESS_NUMBERED)
		buf_add_str(out, " # it makes such names: other numbers next time");
	if (strchr(letters, 'w') && strstr(letters, "ix"))
		buf_add_str(out, " # BEWARE: it executes what it writes");
	buf_add_char(out, '\n');
	/* All that is below a volume is not the volume's own directory. */
	if (a->volume && str_ends(a->path, "/**")) {
		cleanup_free char *top = str_dup_n(a->path, strlen(a->path) - strlen("**"));

		buf_add_str(out, "  ");
		add_path(out, top ? top : "/", "");
		buf_addf(out, " %s,\n", strchr(letters, 'w') ? "rw" : "r");
	}
}

/* An interpreter is beside the C library, where that is not in the usual place (Nix, Guix). */
static void add_interpreters(const struct access_list *list, struct buf *out)
{
	buf_add_str(out, "  " INTERPRETER " mr,\n");
	vec_foreach(a, &list->items) {
		const char *name = strrchr(a->path, '/');
		cleanup_free char *directory = NULL;

		if (!(a->ops & ABI_FILE_MAP_EXEC) || !name || !str_starts(name, "/libc.") ||
		    str_starts(a->path, "/lib") || str_starts(a->path, "/usr/lib"))
			continue;
		directory = str_dup_n(a->path, (size_t)(name + 1 - a->path));
		buf_add_str(out, "  ");
		add_path(out, directory ? directory : "/", INTERPRETER_NAME);
		buf_add_str(out, " mr,\n");
	}
}

static void add_files(const struct access_list *list, struct buf *out)
{
	buf_add_str(out,
		    "\n  # Programs; the kernel maps them and their ELF interpreter under this "
		    "profile.\n");
	add_interpreters(list, out);
	vec_foreach(a, &list->items)
		if (a->ops & ABI_FILE_EXEC)
			add_file(a, out);
	buf_add_str(
		out,
		"\n  # Files. Standard input, output and error come from the runtime. Shared memory without\n"
		"  # a file (mmap of MAP_SHARED and MAP_ANONYMOUS, shmat) is to the kernel a file \"/\".\n"
		"  / rw,\n  /dev/null rw,\n  /dev/console rw,\n  /dev/pts/[0-9]* rw,\n");
	vec_foreach(a, &list->items)
		if (!(a->ops & ABI_FILE_EXEC))
			add_file(a, out);
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_access_list struct access_list list = { 0 };
	cleanup_free char *name = backend_name(p, o);
	int r = name ? access_list_build(&list, p, &o->policy, o->exact_paths, err) :
		       error_errno(err, ENOMEM, "apparmor");

	if (r)
		return r;
	backend_head(p, "#", out);
	buf_addf(out,
		 "#\n# apparmor_parser --replace FILE; then docker run --security-opt apparmor=%s\n",
		 name);
	if (!o->without_abi)
		buf_add_str(out, "abi <abi/3.0>,\n");
	buf_addf(out, "\nprofile %s flags=(%sattach_disconnected,mediate_deleted) {\n", name,
		 o->complain ? "complain," : "");
	buf_add_str(
		out,
		"  # What is not allowed here is denied: other capabilities and sockets, mounts,\n"
		"  # changes of profile, and every other file.\n");
	add_capabilities(p, &o->policy, o->complain, out);
	r = add_sockets(p, &o->policy, out, err);
	if (r)
		return r;
	add_processes(p, &o->policy, name, out);
	add_mounts(&list, out);
	add_files(&list, out);
	add_links(&list, out);
	buf_add_str(out, "}\n");
	return 0;
}

const struct profile_backend profile_backend_apparmor = {
	.name = "apparmor",
	.suffix = "apparmor",
	.summary = "AppArmor profile, for apparmor_parser",
	.apply =
		"On every node, and at every start of it (a file in /etc/apparmor.d is loaded then):\n\n"
		"    install -m 644 @FILE@ /etc/apparmor.d/@NAME@ && apparmor_parser --replace /etc/apparmor.d/@NAME@\n\n"
		"then `docker run --security-opt apparmor=@NAME@`, or `appArmorProfile` in a pod. To learn before it is enforced, "
		"export with `--complain`: `ALLOWED` in the kernel's log is what would be denied.",
	.emit = emit,
};
