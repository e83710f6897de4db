# SPDX-License-Identifier: Apache-2.0
"""Files opened through io_uring, without a system call that would open them.  Inside containers, x86_64."""

from __future__ import annotations

import ctypes
import mmap
import struct

import calls

OPENAT, GETEVENTS = 18, 1
CURRENT_DIRECTORY = -100
ENTRIES_AT = 0x10000000


def open_by_ring(path: bytes, flags: int) -> int:
    """A descriptor, or the error, negated."""
    params = ctypes.create_string_buffer(120)
    ring = calls.io_uring_setup(4, params)
    if ring < 0:
        return ring
    tail, array, results = (struct.unpack_from("I", params, at)[0] for at in (44, 64, 100))
    queue = mmap.mmap(ring, 4096, flags=mmap.MAP_SHARED)
    entries = mmap.mmap(ring, 4096, flags=mmap.MAP_SHARED, offset=ENTRIES_AT)
    name = ctypes.create_string_buffer(path)
    entries[0:64] = struct.pack("=BBHiQQII", OPENAT, 0, 0, CURRENT_DIRECTORY, 0, ctypes.addressof(name), 0, flags) + bytes(32)
    struct.pack_into("I", queue, array, 0)
    struct.pack_into("I", queue, tail, struct.unpack_from("I", queue, tail)[0] + 1)
    submitted = calls.io_uring_enter(ring, 1, 1, GETEVENTS, 0, 0)
    return submitted if submitted < 0 else struct.unpack_from("i", queue, results + 8)[0]
