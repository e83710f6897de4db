/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that the code of programs can reach.
 *
 * From where the kernel enters a program, every function that can be called is followed: directly,
 * through the linker's tables into libraries, and through pointers (a function whose address is
 * taken in code that was reached, or is in the data of a file that is loaded, counts as called). At
 * each instruction that enters the kernel the number is traced back to constants, through functions
 * that are given it (syscall(2), Go's syscall.Syscall) to their callers.
 *
 * It errs on the side of too many, but for code that is made at run time, calls through io_uring,
 * numbers that are computed (counted as unresolved), and programs that nobody named.
 */
#pragma once
#include "static/program.h"
#include "uapi/arch.h"

enum {
	SWEEP_PROGRAMS_MAX = 1024,
	SWEEP_CHAIN_MAX = 64,
	SWEEP_UNRESOLVED_MAX = 1024,
};

/* A function on the way to a call. */
struct sweep_step {
	const char *file, *function; /* the image's; function NULL: nobody tells its name */
	uint64_t address;
};
typedef VEC(struct sweep_step) sweep_chain;

struct sweep_call {
	enum sys_arch arch;
	uint32_t nr;
	uint32_t programs;   /* how many reach it */
	const char *program; /* the first of them */
	bool observed;	     /* as sweep_observe() was told */
	sweep_chain chain;   /* from its entry to where the number is: one of the shortest ways */
};

/* An instruction that enters the kernel with numbers that were not all found. */
struct sweep_unresolved {
	struct sweep_step at;
	const char *program;
};

/* A call that was made, says a recording, and that no swept program was found to reach. */
struct sweep_missed {
	enum sys_arch arch;
	uint32_t nr;
};

/* A program that was named and could not be swept. */
struct sweep_skipped {
	char *path, *why;
};

struct sweep {
	struct store store;
	VEC(struct program *) programs;
	VEC(struct sweep_call) calls; /* sorted by architecture and number */
	VEC(struct sweep_unresolved) unresolved;
	uint64_t unresolved_dropped;
	VEC(struct sweep_skipped) skipped;
	bool compared; /* with a recording: these two tell */
	VEC(struct sweep_missed) missed;
	uint32_t observed;		  /* calls of the recording, missed ones included */
	uint64_t functions, instructions; /* looked at */
};

/* root is borrowed and must stay open. */
int sweep_init(struct sweep *s, struct root *root, struct error *err);
void sweep_deinit(struct sweep *s);

/* Adds a program. As program_load(), and -E2BIG. One that is there already is not swept twice. */
int sweep_program(struct sweep *s, const char *path, struct error *err);

/* Notes that a program was not swept; -ENOMEM. */
int sweep_skip(struct sweep *s, const char *path, const char *why);

/* Once all are added: sorts. */
void sweep_finish(struct sweep *s);

/* Then, for each call that a recording has: once or more often. -ENOMEM. */
int sweep_observe(struct sweep *s, enum sys_arch arch, uint32_t nr);
