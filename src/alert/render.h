/* SPDX-License-Identifier: Apache-2.0 */
/* How an alert looks to a person: on a terminal, in a log file, in a list. */
#pragma once
#include "alert/alert.h"
#include "base/buf.h"

struct alert_style {
	bool colour;	  /* see alert_colour() */
	bool date;	  /* of the day too, not of the time alone */
	bool detail;	  /* with what to do next */
	int64_t id;	  /* its number in the store, in front; 0: none */
	uint32_t columns; /* the first line is cut to fit into so many; 0: any */
};

/*
 * One line, "09:31:05.123Z Warning  Rule  container (namespace/pod): sentence\n", a second one with the
 * processes that led to it if the document has them, and with detail one for each thing to do next.
 * Of values that are long (a script given to a shell) the sentence has the beginning only: a person reads the whole in
 * the alert's story, programs in the document. Whatever that holds, no other line comes of it, and no control character.
 */
void alert_render(const struct alert *a, const struct alert_style *style, struct buf *out);

/* "systemd(1) > containerd-shim(812) > bash(4711)", the oldest first; false: not known. */
bool alert_chain(const struct alert *a, struct buf *out);

/* The escape sequence that a priority is shown in, and the one that ends it; "" without colour. */
const char *alert_paint(enum alert_priority priority, bool colour);
const char *alert_dim(bool colour);
const char *alert_bold(bool colour);
const char *alert_plain(bool colour);

/* True if fd is a terminal that wants colours (NO_COLOR is not set, TERM is not "dumb"). */
bool alert_colour(int fd);
