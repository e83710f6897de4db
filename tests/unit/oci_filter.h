/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp part of an OCI configuration, compiled as a container runtime does it
 * (libcontainer/seccomp of runc): unknown names are skipped, the arguments of a rule are a
 * conjunction unless one of them is compared twice.
 */
#pragma once
#include <seccomp.h>

#include "cbpf.h"

/* From the JSON text; fails the test if a runtime would refuse it. */
struct cbpf oci_filter_compile(const char *text, size_t len);

/* The program in a context of libseccomp. */
struct cbpf oci_filter_export(scmp_filter_ctx ctx);
