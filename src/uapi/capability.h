/* SPDX-License-Identifier: Apache-2.0 */
/* Capability names: "CAP_NET_ADMIN" here and in OCI files, without the prefix in Kubernetes. */
#pragma once
#include <stdbool.h>

#define SYS_CAP_MAX 64

/* "CAP_..." in a static table; "CAP_63" for a number that libcap does not know. */
const char *sys_cap_name(unsigned cap);

/* Accepts both spellings, any case. */
bool sys_cap_parse(const char *name, unsigned *ret);

/* The highest capability of the running kernel. */
unsigned sys_cap_last(void);
