/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images as they lie about: an OCI layout (a directory, or a tar of it), what docker save writes, or a root
 * file system that was unpacked. Nothing outside of the path is opened, whatever it leads to, no device is touched, and all
 * of it is bounded.
 */
#pragma once
#include "base/error.h"
#include "inspect/image/image.h"

/* -errno: it is none of these, or broken at its root. What else can't be read is a problem of the image. */
int inspect_image_read(struct image *image, const char *path, struct error *err);
