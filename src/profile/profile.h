/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The neutral profile: what a workload used, with evidence. Recorders fill it, back-ends render it;
 * it knows nothing of kernels, clocks or files of the host. docs/profile-format.md is its JSON form.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/record.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/vec.h"
#include "uapi/arch.h"
#include "uapi/arg_plan.h"

#define PROFILE_FORMAT_VERSION 1

/* Limits of what is accepted from a file: far above any workload, far below trouble. */
enum {
	PROFILE_FILE_MAX = 64 << 20,
	PROFILE_FACTS_MAX = 1 << 20,
	PROFILE_TEXT_MAX = ABI_PATH_MAX * 4,
};

/* On whose behalf something was done. */
enum profile_layer {
	PROFILE_SETUP,	       /* the container runtime, before the container's filter is loaded */
	PROFILE_TAIL,	       /* the container runtime under that filter, up to its exec */
	PROFILE_APP,	       /* the workload */
	PROFILE_ENTERED_SETUP, /* the same three for tasks that came in later: exec, probe, shell */
	PROFILE_ENTERED_TAIL,
	PROFILE_ENTERED,
	PROFILE_LAYERS
};
extern const char *const profile_layer_names[PROFILE_LAYERS];

/* Who did it, when and how often. Times are nanoseconds since 1970. */
struct profile_evidence {
	uint32_t exe; /* index into executables */
	uint64_t count;
	int64_t first_ns, last_ns;
};
typedef VEC(struct profile_evidence) profile_evidence_list;

/* One combination of a call's recorded arguments. */
struct profile_tuple {
	uint64_t values[ABI_CALL_ARGS_MAX];
	uint64_t count;
};

/* What the combinations that were too many to keep had in common. */
struct profile_range {
	uint64_t count; /* 0: there were none */
	struct {
		uint64_t any_bits, all_bits, min, max;
	} arg[ABI_CALL_ARGS_MAX];
};

/* When a call was made. Bits; none: not known. */
enum profile_phase {
	PROFILE_START = 1 << 0,	   /* by the workload, before it was ready to serve */
	PROFILE_SERVE = 1 << 1,	   /* by the workload, after */
	PROFILE_LISTENER = 1 << 2, /* by the runtime, only if the filter asks an agent */
};

struct profile_call {
	enum sys_arch arch;
	enum profile_layer layer;
	uint32_t nr;	 /* SYS_NR_MAX: numbers that no table has */
	bool refused;	 /* a filter in force denied it */
	unsigned phases; /* enum profile_phase */
	profile_evidence_list evidence;
	VEC(struct profile_tuple) tuples;
	struct profile_range range;
};

struct profile_cap {
	unsigned cap;
	enum profile_layer layer;
	enum abi_cap_outcome outcome;
	enum sys_arch arch;
	uint32_t nr; /* of the call that asked; SYS_NR_MAX: outside of a call */
	profile_evidence_list evidence;
};

struct profile_file {
	char *path;	/* in the container's root; generalised if rule is set */
	uint32_t ops;	/* enum abi_file_op */
	uint32_t flags; /* enum abi_path_flag */
	enum profile_layer layer;
	char *label;	  /* SELinux type of a file in a volume, or NULL */
	const char *rule; /* name of the generalisation, static; NULL: as it was seen */
	profile_evidence_list evidence;
	VEC(char *) originals; /* some of the paths behind a generalised one */
	uint64_t original_count;
};

struct profile_peer {
	enum abi_peer_op op;
	enum profile_layer layer;
	uint16_t family, port;
	uint8_t protocol;
	bool many; /* address left out: too many */
	uint8_t address[16];
	profile_evidence_list evidence;
};

enum profile_tail_source {
	PROFILE_TAIL_NONE,	 /* no runtime, or its tail is not known */
	PROFILE_TAIL_OBSERVED,	 /* the container had a filter, its tail was seen */
	PROFILE_TAIL_CALIBRATED, /* learned from a container of ours under the same runtime */
};
extern const char *const profile_tail_source_names[];

struct profile {
	char *name;
	char *merlon, *kernel; /* versions that recorded it */
	struct {
		char *id, *name, *engine, *image, *image_digest;
		char *pod_namespace, *pod_name;
		char *cgroup;
		VEC(char *) command;
	} subject;
	struct {
		char *name, *path, *version;
		bool no_new_privileges, filtered;
		enum profile_tail_source tail;
	} runtime;
	struct {
		int64_t start_ns, end_ns;
		int64_t quiet_ns; /* since the last new fact */
		bool start_seen;
		bool ready_seen; /* it listened, and began to wait for clients: phases are known */
		uint64_t losses[ABI_LOSSES];
		char *file_hook, *cap_hook;
	} recording;
	struct { /* the application's, when it started */
		uint32_t uid, gid;
		uint64_t effective, permitted, bounding;
		bool known;
	} credentials;
	VEC(char *) executables;
	VEC(struct profile_call) calls;
	VEC(struct profile_cap) caps;
	VEC(struct profile_file) files;
	VEC(struct profile_peer) peers;
	VEC(char *) notes; /* sentences for the reader */
};

extern const char *const profile_loss_names[ABI_LOSSES];
extern const char *const profile_cap_outcome_names[];
extern const char *const profile_peer_op_names[];

/* True for what may be a type of SELinux: a letter, then letters, digits, underscores and dots. */
bool profile_label_is_valid(const char *type);

/* Names of file operations, one per bit; NULL past the last. */
const char *profile_file_op_name(unsigned bit);

struct profile *profile_new(const char *name);
void profile_free(struct profile *p);
DEFINE_CLEANUP(struct profile *, profile_free)
#define cleanup_profile cleanup(profile_freep)

/* The index of an executable by path, added if it is new; UINT32_MAX when out of memory. */
uint32_t profile_executable(struct profile *p, const char *path);

/*
 * Adds evidence to the fact with this key, creating it if needed; NULL when out of memory. The
 * pointer is good until the next fact of its kind is added.
 */
struct profile_call *profile_add_call(struct profile *p, enum sys_arch arch, uint32_t nr,
				      enum profile_layer layer, bool refused,
				      const struct profile_evidence *e);
struct profile_cap *profile_add_cap(struct profile *p, const struct profile_cap *key,
				    const struct profile_evidence *e);
struct profile_file *profile_add_file(struct profile *p, const char *path, uint32_t ops,
				      uint32_t flags, enum profile_layer layer,
				      const struct profile_evidence *e);
struct profile_peer *profile_add_peer(struct profile *p, const struct profile_peer *key,
				      const struct profile_evidence *e);
int profile_add_note(struct profile *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds a combination of arguments to a call, or widens the range. */
int profile_call_add_tuple(struct profile_call *c, const uint64_t values[ABI_CALL_ARGS_MAX],
			   uint64_t count);
void profile_call_widen(struct profile_call *c, const struct profile_range *from);

/* Adds evidence to a list, merged by executable. */
int profile_evidence_add(profile_evidence_list *list, const struct profile_evidence *e);
/* The sum of a list: count, earliest, latest; exe is that of the entry with the highest count. */
struct profile_evidence profile_evidence_sum(const profile_evidence_list *list);

/* Puts everything into its canonical order: equal profiles are equal texts. */
void profile_sort(struct profile *p);

/* The order of facts, by what they are, not by their evidence: for qsort(). */
int profile_call_compare(const void *a, const void *b);
int profile_cap_compare(const void *a, const void *b);
int profile_file_compare(const void *a, const void *b);
int profile_peer_compare(const void *a, const void *b);

/* How many different system calls (by architecture and number) the layers in the mask made. */
size_t profile_count_calls(const struct profile *p, unsigned layer_mask, bool refused);
