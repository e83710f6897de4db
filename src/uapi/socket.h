/* SPDX-License-Identifier: Apache-2.0 */
/* Names of socket families and protocols, as profiles and people write them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* "inet", "unix", ...; NULL if the number has no name. */
const char *sys_family_name(unsigned family);
bool sys_family_parse(const char *name, unsigned *ret);

/* "tcp", "udp", ...; NULL if the number has no name. */
const char *sys_protocol_name(unsigned protocol);
bool sys_protocol_parse(const char *name, unsigned *ret);
