/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#define EXPORTED __attribute__((visibility("default")))

EXPORTED long used(void);
EXPORTED long unused(void);
EXPORTED void *dlopen(const char *path, int flags);
EXPORTED long plugin_entry(void);
