/* SPDX-License-Identifier: Apache-2.0 */
/* Every command, each in its own file. */
#pragma once
#include "cli/command.h"

extern const struct command cmd_alerts;
extern const struct command cmd_alerts_ack;
extern const struct command cmd_alerts_forward;
extern const struct command cmd_alerts_import;
extern const struct command cmd_alerts_list;
extern const struct command cmd_alerts_show;
extern const struct command cmd_alerts_stats;
extern const struct command cmd_alerts_suppress;
extern const struct command cmd_alerts_suppressions;
extern const struct command cmd_alerts_unsuppress;
extern const struct command cmd_checks;
extern const struct command cmd_completion;
extern const struct command cmd_confine;
extern const struct command cmd_confine_agent;
extern const struct command cmd_confine_verify;
extern const struct command cmd_confine_watch;
extern const struct command cmd_containers;
extern const struct command cmd_deny;
extern const struct command cmd_doctor;
extern const struct command cmd_events;
extern const struct command cmd_events_convert;
extern const struct command cmd_events_record;
extern const struct command cmd_events_types;
extern const struct command cmd_help;
extern const struct command cmd_inspect;
extern const struct command cmd_policy;
extern const struct command cmd_policy_check;
extern const struct command cmd_policy_explain;
extern const struct command cmd_profile;
extern const struct command cmd_profile_check;
extern const struct command cmd_profile_diff;
extern const struct command cmd_profile_explain;
extern const struct command cmd_profile_export;
extern const struct command cmd_profile_from_strace;
extern const struct command cmd_profile_import;
extern const struct command cmd_profile_intersect;
extern const struct command cmd_profile_learn;
extern const struct command cmd_profile_lint;
extern const struct command cmd_profile_merge;
extern const struct command cmd_profile_show;
extern const struct command cmd_profile_sweep;
extern const struct command cmd_record;
extern const struct command cmd_guard;
extern const struct command cmd_top;
extern const struct command cmd_rules;
extern const struct command cmd_rules_check;
extern const struct command cmd_rules_explain;
extern const struct command cmd_rules_fields;
extern const struct command cmd_rules_fmt;
extern const struct command cmd_rules_list;
extern const struct command cmd_rules_show;
extern const struct command cmd_rules_test;
extern const struct command cmd_version;
