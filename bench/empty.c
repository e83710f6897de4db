/* SPDX-License-Identifier: Apache-2.0 */
/*
 * empty [guard]: attaches empty programs where the recorder, or the guard, has its own, until standard
 * input ends; says "attached" when they are.
 */
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "empty.skel.h"

static void select_programs(struct empty_bpf *skel, bool guard)
{
	bpf_program__set_autoload(skel->progs.empty_sys_enter, !guard);
	bpf_program__set_autoload(skel->progs.empty_fork, guard);
	bpf_program__set_autoload(skel->progs.empty_exec, guard);
	bpf_program__set_autoload(skel->progs.empty_exit, guard);
}

int main(int argc, char **argv)
{
	struct empty_bpf *skel = empty_bpf__open();

	if (skel)
		select_programs(skel, argc == 2 && !strcmp(argv[1], "guard"));
	if (!skel || empty_bpf__load(skel) || empty_bpf__attach(skel)) {
		fputs("empty: cannot attach\n", stderr);
		return 1;
	}
	puts("attached");
	fflush(stdout);
	while (getchar() != EOF)
		;
	empty_bpf__destroy(skel);
	return 0;
}
