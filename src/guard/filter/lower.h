/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a condition to what a record says of it. The record is the one that guard/translate.c makes the
 * event of: what it says must be what the event will say, or be unknown.
 */
#pragma once
#include "guard/call_table.h"
#include "guard/filter/node.h"
#include "guard/filter/text.h"

struct container_terms;
struct rule;

/* Which records: of one kind, that become events of one type. row: of calls, else NULL. */
struct filter_target {
	enum abi_event_kind kind;
	const struct event_type *type;
	const struct call_row *row;
};

/*
 * A decision point of the kernel (abi/deny.h): its record is that of a call which has not been made, so
 * it has less, and the process is one in a container for sure.
 */
struct filter_hook {
	const char *call; /* of the target */
	const char *const
		*fields; /* that it can say something of, besides common ones; NULL at the end */
	/* Of its descriptor, if that is a socket for sure: AF_UNIX, or AF_INET which stands for both. 0: it may be anything. */
	uint16_t family;
	uint8_t allow; /* what a program returns there to deny nothing */
};

struct lower {
	struct arena *arena;
	struct text_views *views;
	struct filter_target target;
	bool paths_by_name;		     /* no ABI_EVENT_PATHS are told of these calls */
	const struct filter_hook *hook;	     /* NULL: the record is of a call that was made */
	const struct container_terms *terms; /* NULL: none has a number */
	bool (*wants)(const struct rule *r, void *arg);
	void *wants_arg;
};

/* Exact but for what is unknown. NULL: out of memory, or too many terms. */
struct node *lower_condition(struct lower *l, const struct expr *e);

/* --- between the files of this folder ------------------------------------------------------------- */

/* A number of the record: where it is, and whether the event has it as a signed one (VALUE_INT). */
struct number_place {
	uint16_t at;
	uint8_t size, extend;
	bool is_signed;
};

/* How one field is looked at. place.at and so on mean what the function says. */
struct field_place {
	const char *name;
	struct node *(*lower)(struct lower *l, const struct check *c, const struct field_place *p);
	uint8_t kinds; /* bit per enum abi_event_kind */
	struct number_place place;
	uint32_t arg; /* a bit of the place, a span, ...: as the function wants it */
};
/* NULL: records of this kind do not have it. */
const struct field_place *field_place_find(struct text name, enum abi_event_kind kind);

/* Whether the check holds for this value. */
bool lower_holds(const struct check *c, const struct value *v);
struct node *lower_unknown(struct lower *l, const struct check *c, const char *reason);
/* A comparison that the event makes of this number. */
struct node *lower_number(struct lower *l, const struct check *c, struct number_place p);
/* The same of something that is true or false. */
struct node *lower_bool(struct lower *l, const struct check *c, struct node *b);
struct node *lower_text(struct lower *l, const struct check *c, enum view_kind kind, unsigned span);
/* One test of a number. */
struct node *lower_test(struct lower *l, struct number_place p, unsigned op, uint64_t number);
/* (number & mask) op value */
struct node *lower_masked(struct lower *l, struct number_place p, uint64_t mask, unsigned op,
			  uint64_t number);

/* What a text is if a condition on the record holds; one of them does, or none. */
struct text_case {
	struct node *when;
	struct text text;
};
/* rest: what is true if no case is. */
struct node *lower_cases(struct lower *l, const struct check *c, const struct text_case *cases,
			 uint32_t count, struct node *rest);
/* The value of the check for any decimal number as text; NULL with unknown if that depends. */
struct node *lower_digits(struct lower *l, const struct check *c);

/* lower_pieces.c: of a command line or an environment, whose span is in p->arg. */
struct node *lower_pieces(struct lower *l, const struct check *c, const struct field_place *p);

/* argument.c, descriptor.c */
struct node *lower_evt_arg(struct lower *l, const struct check *c, const struct field_place *f);
struct node *lower_evt_rawarg(struct lower *l, const struct check *c, const struct field_place *f);
struct node *lower_evt_buffer(struct lower *l, const struct check *c, const struct field_place *f);
struct node *lower_open(struct lower *l, const struct check *c, const struct field_place *f);
struct node *lower_fs_path(struct lower *l, const struct check *c, const struct field_place *f);
struct node *lower_fd_num(struct lower *l, const struct check *c, const struct field_place *p);
struct node *lower_fd_text(struct lower *l, const struct check *c, const struct field_place *p);
struct node *lower_fd_type(struct lower *l, const struct check *c, const struct field_place *p);
struct node *lower_stdio_type(struct lower *l, const struct check *c, const struct field_place *p);
struct node *lower_fd_port(struct lower *l, const struct check *c, const struct field_place *p);
struct node *lower_fd_address(struct lower *l, const struct check *c, const struct field_place *p);
struct node *lower_fd_l4proto(struct lower *l, const struct check *c, const struct field_place *p);

/* Of struct filter_process. */
#define LOOKED(member, sign)                                                         \
	((struct number_place){ LOOKED_UP | offsetof(struct filter_process, member), \
				sizeof(((struct filter_process *)0)->member), 0, sign })
#define PLACE(member, sign)                                         \
	((struct number_place){ offsetof(struct abi_event, member), \
				sizeof(((struct abi_event *)0)->member), 0, sign })
