/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with rule files: all of it at once, with places and with what would help. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/vec.h"

enum diag_severity { DIAG_WARNING, DIAG_ERROR };

struct diag_place {
	const char *file;      /* NULL: not in a file */
	uint32_t line, column; /* from 1; 0: unknown */
};

struct diag {
	enum diag_severity severity;
	struct diag_place place;
	const char *code; /* a short name that does not change: "unknown-key" */
	char *text;
	char *hint; /* NULL: there is none */
};

enum { DIAGS_MAX = 1000 };

struct diags {
	VEC(struct diag) items;
	size_t errors, warnings; /* all of them, those beyond DIAGS_MAX too */
};

void diags_deinit(struct diags *d);
void diag_error(struct diags *d, struct diag_place place, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void diag_warning(struct diags *d, struct diag_place place, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Says what would help, to the diagnostic that was just added. */
void diag_hint(struct diags *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* By file, line and column; stable. */
void diags_sort(struct diags *d);

/* "file:line:column: error: text [code]", the hint on a line of its own. */
void diag_print(const struct diag *d, FILE *out);
/* The same, with the line of content that it is about and a mark at the column. */
void diag_show(const struct diag *d, struct text content, FILE *out);
json_t *diag_json(const struct diag *d);
void diags_print(const struct diags *d, bool warnings, FILE *out);

#define cleanup_diags cleanup(diags_deinit)
