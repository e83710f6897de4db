/* SPDX-License-Identifier: Apache-2.0 */
/* The one engine: objects in, from wherever they come; a report out. */
#pragma once
#include "base/error.h"
#include "inspect/exemption.h"
#include "inspect/report.h"

struct image;
struct inspection;

struct inspect_options {
	const char *const
		*only; /* names of checks, NULL-terminated; NULL: those that are not optional */
	const char *const *skip; /* NULL: none */
	bool all;		 /* the optional ones too */
	enum severity least;	 /* checks below are not asked */
	enum pss_level level;	 /* the Pod Security Standard instead of the checks */
	unsigned version;	 /* minor, of Kubernetes */
	bool images;		 /* those of images too: there will be some */
	bool keep_passed;	 /* findings of what passes too */
	bool fixes;		 /* findings say what a fix would be about */
	bool pointers;		 /* and objects where they are in their document */
	/* Findings have edits of these files; with fixes. NULL: of none. */
	bool (*may_edit)(const char *file, struct text content);
	bool ignore_annotations; /* no exemptions by who wrote the manifest */
	const char *today;	 /* "2026-01-31", for exemptions that end; NULL: they don't */
	const struct exemptions *exemptions; /* borrowed; may be NULL */
	const struct check_group
		*custom; /* checks besides those of the tables; borrowed; may be NULL */
	const struct recordings
		*recordings;		 /* what is known of the workloads; borrowed; may be NULL */
	const struct baseline *baseline; /* borrowed; may be NULL */
};

/* -EINVAL with *err: a check is named that there is not. */
int inspection_new(struct inspection **ret, const struct inspect_options *options,
		   struct error *err);
struct inspection *inspection_free(struct inspection *in);

/* All documents of a file or stream. What can't be read is a problem in the report; -ENOMEM. */
int inspection_add(struct inspection *in, const char *file, struct text content, struct error *err);
/* The same, and content is used up while it is read: of a long List not all is in memory at a time. It may be filled again. */
int inspection_take(struct inspection *in, const char *file, struct buf *content,
		    struct error *err);
/* What Docker keeps of a container in two files (inspect/docker.h); all of it is borrowed. */
struct docker_files {
	const char *config_name, *host_name;
	struct text config, host;
};
int inspection_add_docker(struct inspection *in, const struct docker_files *files,
			  struct error *err);
/*
 * inspection_add() for the config.json of a container that runs: where its processes have more, that counts. docker
 * is what only Docker says of it; NULL: it is not Docker's.
 */
int inspection_add_live(struct inspection *in, const char *file, struct text content,
			const struct live *live, const struct docker_files *docker,
			struct error *err);
/*
 * An object as a cluster's API gave it; kind ("PodList") and api_version are its list's. Its place is
 * "namespace/kind/name". owned: another object stands for it: it is remembered for checks that look for
 * pods, and asked nothing. -ENOMEM.
 */
int inspection_add_object(struct inspection *in, const struct yaml_node *n, struct text kind,
			  struct text api_version, bool owned, struct error *err);
/* KIND_BIT()s of what the checks that are asked look at: no other kind needs to be listed. */
uint64_t inspection_kinds(const struct inspection *in);
/* Not all objects of a kind could be read: checks that need to know them are not asked. */
void inspection_unread(struct inspection *in, int kind);
/* An image; file is where it is. What of it could not be read is a problem in the report. */
int inspection_add_image(struct inspection *in, const char *file, const struct image *image,
			 struct error *err);
/* A file that could not even be opened. */
void inspection_problem(struct inspection *in, const char *file, const char *why);
/*
 * One object that is a tree already; file is what it is said to be in. Findings in nodes of other files name
 * those.
 */
int inspection_add_tree(struct inspection *in, const char *file, const struct yaml_node *n,
			struct error *err);
/* Something that leaves less judged than asked for, but is no fault of the input. */
void inspection_note(struct inspection *in, const char *file, const char *why);
/* Where the objects come from, for reports; NULL: files. */
void inspection_name_cluster(struct inspection *in, const char *name, const char *version);

/* Asks what needs all objects, and sorts. The report is the inspection's; nothing can be added any more. */
const struct report *inspection_finish(struct inspection *in);

DEFINE_CLEANUP(struct inspection *, inspection_free)
#define cleanup_inspection cleanup(inspection_freep)
