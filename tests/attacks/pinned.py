# SPDX-License-Identifier: Apache-2.0
"""Maps that are pinned, as another version of the program would have left them."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

from calls import bpf

CREATE, LOOKUP, UPDATE, NEXT, PIN, GET = 0, 1, 2, 4, 6, 7
HASH, RING = 1, 27


def checked(result: int) -> int:
    """What it returned."""
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def address(buffer: ctypes.Array[ctypes.c_char]) -> int:
    """Of its bytes."""
    return ctypes.addressof(buffer)


def map_at(path: Path) -> int:
    """A descriptor of the map."""
    name = ctypes.create_string_buffer(str(path).encode())
    return checked(bpf(GET, struct.pack("QII", address(name), 0, 0), 16))


def put(fd: int, key: bytes, value: bytes) -> None:
    """Set an entry."""
    k, v = ctypes.create_string_buffer(key, len(key)), ctypes.create_string_buffer(value, len(value))
    checked(bpf(UPDATE, struct.pack("IIQQQ", fd, 0, address(k), address(v), 0), 32))


def entries(fd: int, key_size: int, value_size: int) -> dict[bytes, bytes]:
    """All of them."""
    found = {}
    key, value = ctypes.create_string_buffer(key_size), ctypes.create_string_buffer(value_size)
    before = 0
    while bpf(NEXT, struct.pack("IIQQQ", fd, 0, before, address(key), 0), 32) == 0:
        checked(bpf(LOOKUP, struct.pack("IIQQQ", fd, 0, address(key), address(value), 0), 32))
        found[key.raw] = value.raw
        last = ctypes.create_string_buffer(key.raw, key_size)
        before = address(last)
    return found


def pin(path: Path, kind: int, key_size: int, value_size: int, count: int, content: dict[bytes, bytes] | None = None) -> None:
    """A map of our own."""
    fd = checked(bpf(CREATE, struct.pack("IIIII", kind, key_size, value_size, count, 0) + bytes(52), 72))
    for key, value in (content or {}).items():
        put(fd, key, value)
    name = ctypes.create_string_buffer(str(path).encode())
    checked(bpf(PIN, struct.pack("QII", address(name), fd, 0), 16))
    os.close(fd)


def replace(path: Path, kind: int, key_size: int, value_size: int, count: int, content: dict[bytes, bytes]) -> None:
    """Another map in the place of the one that is pinned."""
    path.unlink()
    pin(path, kind, key_size, value_size, count, content)
