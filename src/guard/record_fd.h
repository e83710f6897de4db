/* SPDX-License-Identifier: Apache-2.0 */
/* What a record of the kernel says of paths, sockets and descriptors. Pure; texts are the record's or the arena's. */
#pragma once
#include "abi/record.h"

#include "abi/event.h"
#include "base/arena.h"
#include "event/event.h"

/* What the n-th path of a call leads to, by name: links are not followed. Without data if nobody knows. */
struct text record_path(const struct abi_event *record, unsigned n, struct arena *arena);

/* What the descriptor of a call is, or, opens, would have been; false: the record does not say. */
bool record_fd(const struct abi_event *record, enum event_hook hook, bool opens,
	       struct arena *arena, struct fd *ret);

/* A struct sockaddr as bytes: family, then port and address, or a path. False: none of these. */
bool record_sockaddr(struct text bytes, struct address *address, uint16_t *port, struct text *path);
/* A unix path for people and rules: an abstract one begins with "@". */
struct text record_unix_name(struct text path, struct arena *arena);

/* The kernel's own number of a device as stat(2) has it. */
uint32_t record_device(uint32_t dev);
