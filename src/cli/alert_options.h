/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands on alerts share: which store, which alerts, lines of JSON, who asks. */
#pragma once
#include "cli/command.h"
#include "sinks/outputs.h"
#include "store/store.h"

// clang-format off
#define ALERT_STORE_OPTION                                                                          \
	{ "store", 0, "FILE", "the store of alerts, instead of " STORE_PATH, false, COMPLETE_FILE, NULL }
#define ALERT_JSON_OPTION { "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL }
/* For alert_query(). */
#define ALERT_QUERY_OPTIONS                                                                         \
	{ "since", 's', "TIME", "only alerts since then: 1h ago, or 2026-11-22T09:00:00Z", false,   \
	  COMPLETE_NONE, NULL },                                                                    \
	{ "until", 0, "TIME", "only alerts until then", false, COMPLETE_NONE, NULL },               \
	{ "rule", 'r', "PATTERN", "only of rules whose name fits this shell pattern", false,        \
	  COMPLETE_NONE, NULL },                                                                    \
	{ "container", 'c', "CONTAINER", "only of containers whose name fits, or whose ID begins so", \
	  false, COMPLETE_NONE, NULL },                                                             \
	{ "pod", 0, "PATTERN", "only of pods whose name fits", false, COMPLETE_NONE, NULL },        \
	{ "namespace", 'n', "PATTERN", "only of these Kubernetes namespaces", false, COMPLETE_NONE, NULL }, \
	{ "priority", 'p', "PRIORITY", "only this urgent and more", false, COMPLETE_WORDS,          \
	  "emergency alert critical error warning notice informational debug" },                    \
	{ "severity", 0, "PRIORITY", "the same as --priority", false, COMPLETE_WORDS,               \
	  "emergency alert critical error warning notice informational debug" },                    \
	{ "source", 0, "PATTERN", "only of these sources of events", false, COMPLETE_NONE, NULL },  \
	{ "unacknowledged", 'u', NULL, "only what nobody has acknowledged", false, COMPLETE_NONE, NULL }, \
	{ "suppressed", 0, NULL, "what was suppressed, instead of what was sent", false,            \
	  COMPLETE_NONE, NULL }
// clang-format on

/* Opens the store of --store; write: to annotate it. */
int alert_store(const struct arguments *args, bool write, struct store **ret, struct error *err);
int alert_query(const struct arguments *args, struct store_query *ret, struct error *err);
/* "1h" (ago), "2026-11-22", "2026-11-22T09:00:00Z" */
int alert_time(const char *text, int64_t *ret_ns, struct error *err);
/* Who sits at the terminal, in a static buffer: who called sudo, if somebody did. */
const char *alert_who(void);
/* A text of somebody else's on one line, in one of four static rooms; NULL is "-". */
const char *alert_shown(const char *text);
/* The row as a document, with what the store knows beside it; owned by the caller. */
/*
 * "2 suppressions in force, 1,234 alerts not sent", with what stands before and after it; nothing is printed if
 * there is none. A store that can't be read has none.
 */
void alert_print_in_force(FILE *to, const char *before, struct store *s, const char *after);
json_t *alert_row_json(const struct store_row *row);

/* --- lines of JSON ------------------------------------------------------------------------------ */

/* Reads alerts, a line each, from a file or ("-") standard input. */
struct alert_lines {
	int fd;
	const char *name;
	struct buf text;
	size_t at;
	uint64_t line;
	bool end;
};

int alert_lines_open(struct alert_lines *l, const char *path, struct error *err);
void alert_lines_close(struct alert_lines *l);
#define cleanup_alert_lines cleanup(alert_lines_close)
/* Reads once more, which may wait. 0, also at the end. */
int alert_lines_read(struct alert_lines *l, struct error *err);
/*
 * The next alert of what was read. 1: read more first (or the end). -EINVAL: a line is no alert; err names
 * it, and the next call goes on behind it. A line of Falco's own gets a uuid.
 */
int alert_lines_next(struct alert_lines *l, struct alert *ret, struct error *err);
