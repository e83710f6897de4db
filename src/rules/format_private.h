/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/yaml_tree.h"
#include "rules/format.h"

/* --- format_scalar.c --- */

/*
 * A scalar behind "key: " (what stands in the line already is in out). Long ones go on in lines below,
 * indented by indent.
 */
void format_scalar(struct text t, bool plain, unsigned indent, struct buf *out);
/* In one line, as it can stand within [ ] and { }. */
void format_flow_scalar(struct text t, bool plain, struct buf *out);

/* Whether two conditions mean the same wherever other text is put in front of and behind them. */
bool format_same_condition(struct text a, struct text b);
/* A condition behind "condition: ". */
void format_condition(struct text t, unsigned indent, struct buf *out);

/* --- format_item.c --- */

/* The value of a member of an object, behind "key:". */
void format_value(const struct yaml_node *n, unsigned indent, struct buf *out);

/* --- both --- */

static inline void format_new_line(struct buf *out, unsigned indent)
{
	buf_addf(out, "\n%*s", (int)indent, "");
}

/* How much stands in the last line. */
static inline unsigned format_column(const struct buf *out)
{
	const char *nl = out->len ? memrchr(out->data, '\n', out->len) : NULL;

	return (unsigned)(nl ? out->len - (size_t)(nl + 1 - out->data) : out->len);
}
