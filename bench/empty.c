/* SPDX-License-Identifier: Apache-2.0 */
/* Attaches the empty programs until standard input ends; says "attached" when they are. */
#include <stdio.h>

#include <bpf/libbpf.h>

#include "empty.skel.h"

int main(void)
{
	struct empty_bpf *skel = empty_bpf__open_and_load();

	if (!skel || empty_bpf__attach(skel)) {
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
