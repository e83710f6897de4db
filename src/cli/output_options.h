/* SPDX-License-Identifier: Apache-2.0 */
/* The options that say where alerts go, for every command that makes or sends some. */
#pragma once
#include "cli/command.h"
#include "sinks/outputs.h"

// clang-format off
#define OUTPUT_OPTION                                                                               \
	{ "output", 'o', "OUTPUT",                                                                  \
	  "where alerts go: text, json, file:PATH, syslog[:TARGET] or webhook:URL, with options after commas", \
	  true, COMPLETE_NONE, NULL }
#define METRICS_OPTION                                                                              \
	{ "metrics", 0, "ADDRESS", "serve /metrics and /healthz there: PORT (of loopback) or ADDRESS:PORT", \
	  false, COMPLETE_NONE, NULL }
/* For a command that fills the store. */
#define STORE_OPTIONS                                                                               \
	{ "store", 0, "FILE|none", "keep alerts there, instead of in " STORE_PATH, false, COMPLETE_FILE, NULL }, \
	{ "keep", 0, "DURATION", "keep alerts so long (30d)", false, COMPLETE_NONE, NULL },          \
	{ "store-size", 0, "MIB", "the store grows no larger: the oldest alerts go (512)", false, COMPLETE_NONE, NULL }
// clang-format on

enum { OUTPUTS_MAX = 32 };

struct output_options {
	const char *sinks[OUTPUTS_MAX + 1]; /* what the config points to */
};

/*
 * Sets sinks, store and metrics of *config from those of the options that the command has; o lives as
 * long. No --output: *usual, or no sink if that is NULL. Troubles are told on standard error.
 */
int output_options_read(const struct arguments *args, const char *usual, struct output_options *o,
			struct outputs_config *config, struct error *err);

/* "webhook:http://h/: 4 taken 3 sent 1 dropped", a line for each that did something. */
void output_counters_print(const struct outputs *o, FILE *out);
