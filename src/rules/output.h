/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs: the text of an alert, with fields put in, and the same fields as typed JSON. */
#pragma once
#include "rules/model.h"

struct output_piece {
	struct text text; /* literal text, if operand is NULL */
	struct operand *operand;
	uint32_t width; /* cut or padded to it; 0: as long as it is */
};

struct output {
	struct output_piece *pieces;
	uint32_t count;
	struct operand **fields; /* every field that the pieces name, each once */
	uint32_t field_count;
};

enum { OUTPUT_WIDTH_MAX = 4096 };

/* NULL: reported, or (skip_unknown) it names what does not exist. */
struct output *output_compile(struct ruleset *rs, const struct source *s, int event_source,
			      bool skip_unknown);

/*
 * The text; missing fields are "<NA>". What an event brought can't forge a line: control characters
 * become escapes, bytes that are no UTF-8 become U+FFFD.
 */
void output_render(const struct output *o, const struct event *ev, struct scratch *s,
		   struct buf *out);
/* { "proc.name": "sh", "fd.num": 3, "container.name": null } */
json_t *output_fields_json(const struct output *o, const struct event *ev, struct scratch *s);

/* A field as a rule spells it: name and argument. */
void operand_name(const struct operand *field, struct buf *out);
