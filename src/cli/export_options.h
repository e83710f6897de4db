/* SPDX-License-Identifier: Apache-2.0 */
/* The options of merlon profile export that its back-ends read, apart from those that choose a policy. */
#pragma once
#include "cli/policy_options.h"

/* clang-format off */
/* Of what is denied by rules. */
#define DENY_EXPORT_OPTION_ROWS									\
	{ "files", 0, "WHICH",									\
	  "deny: which files are denied that were not recorded: those that are written or "	\
	  "removed (write, the default), those that are read too (all), or none",		\
	  false, COMPLETE_WORDS, "write all none" },						\
	{ "egress", 0, "HOW",									\
	  "deny: connections are allowed by address and port (address, the default), by "	\
	  "port, or all of them (none)",							\
	  false, COMPLETE_WORDS, "address port none" }
#define EXPORT_OPTION_ROWS									\
	{ "name", 'n', "NAME",									\
	  "what it is called on nodes and in clusters: lower-case letters, digits and dashes",	\
	  false, COMPLETE_NONE, NULL },								\
	{ "complain", 0, NULL,									\
	  "tell of what is not allowed, but let it happen (seccomp, cbpf, apparmor, selinux, spo); " \
	  "with --two-phase the agent tells",							\
	  false, COMPLETE_NONE, NULL },								\
	{ "exact-paths", 0, NULL,								\
	  "take numbers in the names that the workload makes for what they are: no patterns",	\
	  false, COMPLETE_NONE, NULL },								\
	{ "without-abi", 0, NULL,								\
	  "for an apparmor_parser from before 3.0, which knows no abi line", false,		\
	  COMPLETE_NONE, NULL },								\
	{ "lsm", 0, "MODULE", "which security module the nodes have (default: apparmor)",	\
	  false, COMPLETE_WORDS, "apparmor selinux none" },					\
	{ "kubernetes-version", 0, "1.N", "of the cluster (default: the newest known)", false,	\
	  COMPLETE_NONE, NULL },								\
	{ "container", 0, "NAME", "its name in the pod (default: as it was recorded)", false,	\
	  COMPLETE_NONE, NULL },								\
	{ "selector", 0, "KEY=VALUE",								\
	  "label of the pods that the network policy is for (default: one that the patch puts "	\
	  "on them)",										\
	  true, COMPLETE_NONE, NULL },								\
	{ "label", 0, "PATH=TYPE",								\
	  "the SELinux type of files in a volume that keeps a label of the host's", true,	\
	  COMPLETE_NONE, NULL },								\
	DENY_EXPORT_OPTION_ROWS,								\
	{ "before-v1", 0, NULL, "for a Security Profiles Operator from before 1.0", false,	\
	  COMPLETE_NONE, NULL },								\
	{ "two-phase", 0, "SOCKET",								\
	  "ask merlon confine agent, at this socket, about calls that belong to the start alone " \
	  "(seccomp)",										\
	  false, COMPLETE_FILE, NULL }

struct export_options {
	struct backend_options backend; /* borrows from the rest, and from the arguments */
	const char **allow, **selectors, **labels;
};

/* Those of DENY_EXPORT_OPTION_ROWS. */
int export_deny_options_read(const struct arguments *args, struct backend_options *o,
			     struct error *err);
int export_options_read(const struct arguments *args, struct export_options *o, struct error *err);
void export_options_deinit(struct export_options *o);
#define cleanup_export_options cleanup(export_options_deinit)
/* clang-format on */
