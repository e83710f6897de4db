/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a file of manifests is a program's to mend: what it says may be half of something, or not ours to write. */
#pragma once
#include <stdbool.h>

#include "base/text.h"

/*
 * Why nothing in it is to be mended, for a person; NULL: it may be. Templates of charts make other texts than their own,
 * and what a patch of a kustomization leaves out is said by what it is laid over. With write, the file is to be written:
 * not one that is read-only, nor one that a link in a directory leads out to.
 */
const char *inspect_source_refuses(const char *path, struct text content, bool write);
