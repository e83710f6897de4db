/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at files below a root, and putting what they say into objects. Inside of host/. */
#pragma once
#include <sys/stat.h>

#include "base/yaml_make.h"
#include "inspect/engine_private.h"

enum { LOOK_FILE_MAX = 4 << 20, LOOK_ENTRIES_MAX = 1024 };

struct look {
	struct inspection *in;
	struct arena arena; /* of one object */
	int root;	    /* a descriptor */
	const char *prefix; /* of paths that people see; "" for "/" */
	char node[256];	    /* what the host is called */
	char docker[1024];  /* where Docker keeps its data */
	int r;		    /* -errno once something failed that ends all */
	struct error *err;
};

/* What people see of a path; lives as long as the report. */
const char *look_name(struct look *l, const char *path);
struct yaml_file *look_file(struct look *l, const char *path);
void look_problem(struct look *l, const char *path, int r);

/* A descriptor (O_PATH) or -errno; links are followed, below the root. */
int look_open(struct look *l, const char *path);
bool look_stat(struct look *l, const char *path, struct stat *st);
bool look_exists(struct look *l, const char *path);
/* All of a regular file, in the arena; data NULL: there is none, or a problem that was told. */
struct text look_read(struct look *l, const char *path);
/* The first line of what may be missing; "" then. */
struct text look_line(struct look *l, const char *path);
/* What a link says, and nothing of where it leads; false: it is none. */
bool look_link(struct look *l, const char *path, char *out, size_t size);

/* Calls visit for each path that a pattern matches (stars in its parts), in order of their names. */
void look_glob(struct look *l, const char *pattern,
	       void (*visit)(struct look *l, const char *path, void *arg), void *arg);

/* The same for the directories of processes, as many as there are. */
void look_each_process(struct look *l, void (*visit)(struct look *l, const char *path, void *arg),
		       void *arg);

/* Trees of files; NULL: there is none, or a problem that was told. */
struct yaml_node *look_yaml(struct look *l, const char *path);
struct yaml_node *look_toml(struct look *l, const char *path);
/* Maps are merged, member by member; all else of over replaces what is in under. under NULL: over itself. */
struct yaml_node *look_merge(struct look *l, struct yaml_node *under, struct yaml_node *over);

/* --- objects ------------------------------------------------------------------------------------- */

struct yaml_node *look_object(struct look *l, enum kind kind, const char *file);
void look_put(struct look *l, struct yaml_node *map, const char *key, struct yaml_node *value);
/* A text in a place of f. */
struct yaml_node *look_text(struct look *l, const struct yaml_file *f, uint32_t line,
			    struct text text);
/* Notes who may do what with the files that a pattern matches, in an object's "files". */
void look_add_files(struct look *l, struct yaml_node *object, const char *role,
		    const char *pattern);
/* Asks all checks about an object; the arena is empty afterwards. */
void look_finish(struct look *l, struct yaml_node *object);

/* --- who is there -------------------------------------------------------------------------------- */

void host_docker(struct look *l);
/* After it, which finds out where they are. */
void host_docker_stored(struct look *l);
void host_containerd(struct look *l);
void host_crio(struct look *l);
void host_container_tools(struct look *l);
void host_kubelet(struct look *l);
void host_kube_proxy(struct look *l);
void host_control_plane(struct look *l);
void host_node(struct look *l);
