/* SPDX-License-Identifier: Apache-2.0 */
/* "merlon alerts" is "merlon alerts list": both have the same options. */
#pragma once
#include "cli/alert_options.h"

// clang-format off
#define ALERTS_LIST_OPTIONS                                                                         \
	ALERT_QUERY_OPTIONS,                                                                        \
	{ "limit", 'l', "NUMBER", "the newest so many (100); 0 is all", false, COMPLETE_NONE, NULL }, \
	{ "follow", 'f', NULL, "go on with what comes, until interrupted", false, COMPLETE_NONE, NULL }, \
	ALERT_JSON_OPTION,                                                                          \
	ALERT_STORE_OPTION
// clang-format on

int alerts_list(const struct arguments *args, struct error *err);

#define ALERTS_LIST_DESCRIPTION                                                                  \
	"Lists what is in the store: the number of each alert, when it was, how urgent, which "  \
	"rule, where, and what happened; below it the processes that led there. Times are UTC. " \
	"Nothing that an alert quotes can drive the terminal or forge a line.\n\n"               \
	"Patterns are those of a shell, and must fit the whole name; upper and lower case are "  \
	"the same. The exit status is 0 also if there is none."
