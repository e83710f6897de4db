/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as a filter in the kernel, compiled by libseccomp. */
#pragma once
#include <seccomp.h>

#include "profile/policy.h"

/*
 * Compiles the policy into *ret (seccomp_release() it). Calls that libseccomp has no name for are
 * counted in *ret_unknown: they stay denied.
 */
int filter_compile(const struct policy *policy, int default_errno, scmp_filter_ctx *ret,
		   size_t *ret_unknown, struct error *err);
