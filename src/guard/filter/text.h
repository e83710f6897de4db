/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of a record that conditions look at, and what they ask of each. A text is found and looked at
 * once per record, whatever the number of rules: each question becomes a bit.
 */
#pragma once
#include "base/arena.h"
#include "base/vec.h"
#include "rules/expr.h"

/* Where a text of an event is in the record that the event is made of. */
enum view_kind {
	VIEW_SPAN,	   /* a span; missing if it is empty */
	VIEW_SPAN_OR_NONE, /* the same; "" if it is empty */
	VIEW_PATH,	/* a path argument as resolved: known if it is absolute and has no dots */
	VIEW_PATH_HERE, /* the same; if it is empty it is a directory that nobody knows here */
	VIEW_RAW_HERE,	/* as it was written if it is absolute, else below such a directory */
	/* Those above are of a span that they name. */
	VIEW_COMM,	   /* of a process that the record is about */
	VIEW_PROGRAM_NAME, /* of the process that makes a call: see struct abi_program */
	VIEW_PROGRAM_PATH,
	VIEW_FD_NAME, /* of the descriptor; what would have been opened if it failed */
	VIEW_FD_DIRECTORY,
	VIEW_FD_FILENAME,
	/* Addresses of a connection: so many bits (the span) of 4 or 16 bytes, the rest zeros; whatever they are in records without. */
	VIEW_REMOTE4,
	VIEW_LOCAL4,
	VIEW_REMOTE6,
	VIEW_LOCAL6,
	/* Of processes above the one that the record is about, as VIEW_PROGRAM_*; the span says which (enum view_above). */
	VIEW_ABOVE_NAME,
	VIEW_ABOVE_PATH,
	VIEW_PIECES, /* of a span that is too long to be searched: which words it may have (pieces.h) */
	VIEW_KINDS
};

/* How far above; with ABOVE_INSIDE only those in its control group. ABOVE_ANY: any of the first ABOVE_LOOKED_AT that are known. */
enum view_above { ABOVE_ANY, ABOVE_PARENT, ABOVE_MAX = 5, ABOVE_MASK = 0x7f, ABOVE_INSIDE = 0x80 };
enum { ABOVE_LOOKED_AT = 8 };

enum text_op {
	TEXT_PRESENT, /* the event has it */
	TEXT_EQUAL,
	TEXT_BEGINS,
	TEXT_ENDS,
	TEXT_HAS,  /* somewhere */
	TEXT_PATH, /* is the path, or below it: patterns without wildcards, no slashes at the ends */
	TEXT_NETWORK, /* an address: is in the network, whose bits are in front of its bytes */
	TEXT_OPS
};

enum {
	TEXT_KEY_MAX = 256,	/* bytes of a text compared with; longer ones are unknown */
	TEXT_INLINE_MAX = 16,	/* texts for equality of a view: more of them go into a map */
	TEXT_BRANCHES_MAX = 64, /* the same of beginnings and of paths, into a trie */
	TEXT_PIECES_MAX =
		64, /* texts of a view to be somewhere in it: the verifier walks each TEXT_SCAN_MAX times */
	TEXT_COMPARE_MAX = 128, /* texts of a term of another kind */
	TEXT_TERMS_MAX = 512,	/* of a view */
};

/* One of several texts. */
struct text_term {
	enum text_op op;
	const struct text *texts;
	uint32_t count;
};

struct text_view {
	enum view_kind kind;
	uint8_t span; /* enum abi_call_text, enum abi_process_text */
	VEC(struct text_term) terms;
	uint32_t word; /* of the first bit of its terms, set by emit.c */
};

struct text_views {
	VEC(struct text_view) items;
};

void text_views_deinit(struct text_views *v);

/* The number of a view or a term, which is added unless it is there; -1: out of memory, too many. */
int text_view_get(struct text_views *v, enum view_kind kind, unsigned span);
int text_term_get(struct text_views *v, uint32_t view, struct text_term term);
