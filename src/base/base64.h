/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648, section 4): with padding, without line breaks. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"

void base64_encode(struct buf *out, const void *data, size_t len);

/* False on anything but whole groups of the alphabet with their padding; *out is then undefined. */
bool base64_decode(struct buf *out, const char *text, size_t len);
