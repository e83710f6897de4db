/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be made of the executable and the first descriptors of a process that was there before. */
#pragma once
#include "guard/facts.h"
#include "guard/process_facts.h"

/*
 * Inode, times, who may write, set-user-ID; on overlayfs the layer, for which mountinfo is read and how is asked. The
 * path, ids and capabilities of f are known.
 */
void process_exe_understand(const struct facts *how, const struct facts_files *files,
			    struct text mountinfo, struct process_facts *f);

/* links: what /proc/PID/fd/N point to. */
void process_stdio_understand(const struct facts_files *files, const struct text links[STDIO_COUNT],
			      struct process_facts *f);
