# SPDX-License-Identifier: Apache-2.0
"""Names and numbers of system calls, as libseccomp knows them: no table of our own to go stale."""

from __future__ import annotations

import ctypes
import functools

X32_BIT = 0x40000000
ARCHITECTURES = {"x86_64": 0xC000003E, "i386": 0x40000003}


@functools.cache
def name(arch: str, number: int) -> str | None:
    """The name of a call; x32 calls carry X32_BIT in their number, as in the kernel."""
    library = _library()
    if library is None:
        return None
    if arch == "x32":
        # libseccomp has only what x32 shares with x86_64, and what it has of its own, by the same names
        arch, number = "x86_64", number & ~X32_BIT
    found = library.seccomp_syscall_resolve_num_arch(ARCHITECTURES[arch], number)
    if not found:
        return None
    text = ctypes.string_at(found).decode()
    ctypes.CDLL(None).free(ctypes.c_void_p(found))
    return text


@functools.cache
def number(arch: str, call: str) -> int | None:
    """The number of a call by its name, with X32_BIT for x32."""
    library = _library()
    if library is None:
        return None
    if arch == "x32":
        plain = number("x86_64", call)
        return None if plain is None else plain | X32_BIT
    found: int = library.seccomp_syscall_resolve_name_arch(ARCHITECTURES[arch], call.encode())
    return found if found >= 0 else None


@functools.cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return None
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    return library
