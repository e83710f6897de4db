/* SPDX-License-Identifier: Apache-2.0 */
/* A root file system that was unpacked: all of its files, as one layer. No link is followed. */
#pragma once
#include "base/error.h"
#include "inspect/image/image.h"

/* root is borrowed; path is its name, for messages. */
int rootfs_read(struct image *image, int root, const char *path, struct error *err);
