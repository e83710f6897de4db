/* SPDX-License-Identifier: Apache-2.0 */
/* Records of abi/event.h as bytes that may be wrong: looked at once, then safe to use. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "abi/record.h"

#include "abi/event.h"
#include "base/text.h"

/* The record that the size bytes at data are, which must be aligned to 8; NULL: they are none. */
const struct abi_event *event_record_check(const void *data, size_t size);

/* A text of a checked record; without data if it has none. It lives as long as the record. */
struct text event_record_text(const struct abi_event *ev, unsigned which);
