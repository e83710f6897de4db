/* SPDX-License-Identifier: Apache-2.0 */
/* From the recorder's maps to profiles. */
#pragma once
#include "profile/profile.h"
#include "record/links.h"
#include "sensor/recorder.h"

/* A profile being filled: facts of these cells go into it. */
struct collect_target {
	const uint64_t *cells;
	size_t cell_count;
	struct profile *profile;
	int root_fd; /* the container's root directory, to resolve links in what programs wrote; or -1 */
	const link_list *links; /* for when it is gone; not NULL */
};

/*
 * Adds everything the maps hold about the targets' cells: one pass, however many targets. Profiles
 * are neither generalised nor sorted.
 */
int collect(struct recorder *r, struct collect_target *targets, size_t count, struct error *err);

/* Drops from the maps what belongs to the cells: their profile is safe on disk. */
int collect_forget(struct recorder *r, const uint64_t *cells, size_t count);

/* Numbers for a live view, per cell set. */
struct collect_stats {
	uint64_t calls; /* system calls counted */
	uint64_t refused;
	size_t distinct; /* different system calls of the application */
	size_t files;
	uint64_t facts;
	uint64_t last_fact_ns; /* CLOCK_BOOTTIME */
	uint64_t losses;
};
int collect_statistics(struct recorder *r, const uint64_t *cells, size_t count,
		       struct collect_stats *ret);
