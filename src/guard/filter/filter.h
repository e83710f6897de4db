/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules as programs for the kernel. A program looks at one record of abi/event.h, in the room in which
 * the kernel side made it, and says whether any rule may want the event that user space would make of
 * it: never "no" where the exact evaluator says yes (docs/design/kernel-rules.md says why). It is for
 * records of one kind that become events of one type, and is immutable once made.
 *
 * Nothing is loaded here: program_source_load() of the sensor does, with the type and attach point of the
 * program that calls it. It runs from Linux 5.10 on.
 */
#pragma once
#include <assert.h>
#include <linux/bpf.h>

#include "guard/filter/container_terms.h"
#include "guard/filter/lower.h"
#include "guard/filter/pieces.h"
#include "rules/model.h"
#include "sensor/program_load.h"

#include "abi/deny.h"
#include "abi/group.h"

/* Maps by number. The fixed ones are made by whoever loads, for all programs. */
enum filter_map_number {
	FILTER_MAP_ROOM,     /* array or per-CPU array; value 0 begins with the record */
	FILTER_MAP_SCRATCH,  /* per-CPU array of one struct filter_scratch */
	FILTER_MAP_CALLS,    /* program array, for filter_options.tail_call */
	FILTER_MAP_PROGRAMS, /* hash: process -> struct abi_program. Not at decision points. */
	FILTER_MAP_DESCENTS, /* hash: process -> struct abi_descent. Neither. */
	FILTER_MAP_GROUPS,   /* hash: control group -> struct abi_group. Neither. */
	FILTER_MAPS_FIXED,
	FILTER_MAP_SETS = FILTER_MAPS_FIXED, /* and the following: filter.maps */
};

enum { FILTER_WORDS = 64, FILTER_CANDIDATES = ABI_DENY_RULES };

/* What is looked up of the process that the record is about, and of its group. */
struct filter_process {
	uint64_t yes, no; /* struct abi_group: answers of its container to container_terms */
	uint32_t vpid;
	uint8_t known;	   /* the others mean something */
	uint8_t contained; /* the group is in a container, which user space knows; or it may be */
	uint8_t pad[2];
};

/* What a program works in. */
struct filter_scratch {
	/* Bit per part, for filter_options.candidates: what the program leaves behind where it emits. */
	uint32_t candidates[FILTER_CANDIDATES / 32];
	/* Of the text at hand: where it is in the record, its length, where its last slash is. */
	uint32_t at, len, slash, pad;
	uint64_t key_len;
	uint8_t key[TEXT_KEY_MAX];
	uint8_t address[24]; /* of a network's view, as far as the prefix goes, and zeros */
	struct {
		uint32_t may, may_not; /* bit per term: it may hold, it may not hold */
	} words[FILTER_WORDS];
	/* What is behind is not there at decision points. */
	struct filter_process process;
	uint8_t above[TEXT_KEY_MAX]; /* of an ancestor's view: its name, its path */
	uint8_t pieces[PIECE_SLOTS]; /* of a long text, 1: it has one that belongs there */
};
enum { FILTER_SCRATCH_DENY = offsetof(struct filter_scratch, process) };
static_assert(offsetof(struct filter_scratch, candidates) == 0, "bpf/deny.bpf.c looks there");
static_assert(sizeof(struct filter_scratch) % 8 == 0, "no hidden padding");

struct filter_options {
	uint32_t room_size;    /* of the value of FILTER_MAP_ROOM; 0: ABI_EVENT_SIZE_MAX */
	uint32_t instructions; /* at most; 0: FILTER_INSTRUCTIONS */
	/*
	 * No hook tells paths as the kernel resolved them (ABI_PLAN_PATHS), so events have what the record
	 * of the call has. False: what paths of arguments lead to is unknown; at a decision point they are resolved then.
	 */
	bool paths_by_name;
	/*
	 * Tells which parts: where it emits, all are looked at, and filter_scratch.candidates has them. If there are more
	 * than FILTER_CANDIDATES, or it would be too long, it does not (has_candidates), and is as without.
	 */
	bool candidates;
	/*
	 * Of a call that opens: where it drops by what abi/event.h names for ABI_PLAN_REMEMBER, it says so in the room, if these
	 * are all that its first stages look at (kernel_filter.early).
	 */
	bool remembers;
	bool tells; /* and puts them into the record (struct abi_found), if they are at most FILTER_TOLD */
	/* To emit: call program tail_call - 1 of FILTER_MAP_CALLS; 0: only return FILTER_EMIT. */
	uint32_t tail_call;
	/*
	 * For a decision point: emits only what a rule fits for certain, so what is not decided is dropped. The
	 * room is the one of ABI_DENY_ROOMS that the task has taken (bpf/lib/pool.bpf.h); to drop, program
	 * leave_call - 1 is called, which gives it back. Returns hook->allow in any case.
	 */
	const struct filter_hook *hook;
	uint32_t leave_call;
	/* Numbered for these rules; outlives the filter. NULL, and at decision points: what is asked of containers is not known. */
	const struct container_terms *terms;
	/* Which rules; NULL: all. */
	bool (*wants)(const struct rule *r, void *arg);
	void *wants_arg;
};
enum { FILTER_INSTRUCTIONS = 16384, FILTER_TOLD = 64 };

enum filter_verdict { FILTER_DROP, FILTER_EMIT };

/* How much of a rule (or of a step of its sequence) a program decides. */
enum filter_extent {
	FILTER_NEVER,  /* no record of this kind can make it fit */
	FILTER_WHOLLY, /* but for texts that are too long or whose path is not absolute */
	FILTER_PARTLY,
	FILTER_NOT_AT_ALL, /* every record is a candidate */
	FILTER_TOO_LONG,   /* it would not fit into the program: the same */
	FILTER_EXTENTS
};

struct filter_part {
	const struct rule *rule;
	int step; /* of its sequence; -1: its own condition */
	enum filter_extent extent;
	struct node *exact, *weak; /* see node.h */
};

/* What the first stages of a filter of opens look at: a file, and these arguments. */
struct filter_early {
	bool holds;	 /* false: at more than that */
	uint8_t args[2]; /* ABI_ARG_NONE: none */
};

struct kernel_filter {
	struct filter_target target;
	struct arena arena;
	const struct container_terms *terms; /* of the options */
	struct text_views views;
	VEC(struct filter_part) parts; /* those that are not FILTER_NEVER; candidates by index */
	VEC(struct bpf_insn) insns;
	VEC(struct program_map) maps; /* FILTER_MAP_SETS + i: from texts to terms of a view */
	uint64_t digest;     /* of all that it is, as its records say it; 0: it tells nothing */
	bool drops;	     /* false: the program emits whatever the record is */
	bool has_candidates; /* the program says which parts */
	struct filter_early early; /* with filter_options.remembers */
	bool reads_paths; /* as they were written, also of a call whose descriptor is known */
	bool too_long;	  /* it did not fit into options.instructions */
	bool overlooks; /* texts that the verifier would walk too long for: what is asked of them is unknown, whatever extents say */
};

/*
 * For all enabled rules of the set, which must outlive the filter. -ENOMEM, or 0: rules that can't be
 * decided, or that do not fit, make a program that emits.
 */
int kernel_filter_compile(const struct ruleset *rs, struct filter_target target,
			  const struct filter_options *options, struct kernel_filter *ret);
/* The same for one rule. */
int kernel_filter_compile_rule(const struct rule *r, struct filter_target target,
			       const struct filter_options *options, struct kernel_filter *ret);
void kernel_filter_deinit(struct kernel_filter *f);

/*
 * Records of these calls change what user space knows of processes: they are sent whatever the
 * program says.
 */
bool kernel_filter_must_emit(struct filter_target target);

/* All targets that can reach rules: fills in at most max, returns how many there are. */
size_t kernel_filter_targets(struct filter_target *ret, size_t max);

/* A tree as text, for people: "fd.name" is a view, numbers are places in the record. */
void kernel_filter_print(const struct kernel_filter *f, const struct node *n, struct buf *out);

#define cleanup_kernel_filter cleanup(kernel_filter_deinit)
