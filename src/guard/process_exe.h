/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc tells of the executable and the first descriptors of a process that was there before. */
#pragma once
#include "guard/process_facts.h"

/* Inode, times, who may write, set-user-ID; on overlayfs the layer. f->uid, gid and capabilities are known. */
void process_exe_scan(uint32_t pid, struct process_facts *f);

/* Room for the names that process_stdio_scan() finds. */
struct stdio_room {
	char names[STDIO_COUNT][4096];
};
void process_stdio_scan(uint32_t pid, struct process_facts *f, struct stdio_room *room);
