# SPDX-License-Identifier: Apache-2.0
"""System calls by name, for attacks written in Python: `calls.mount(...)`.  Inside containers, x86_64."""

from __future__ import annotations

import ctypes

NUMBERS = {
    "mprotect": 10, "socket": 41, "ptrace": 101, "personality": 135, "pivot_root": 155, "init_module": 175, "io_setup": 206,
    "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
    "name_to_handle_at": 303, "renameat2": 316, "finit_module": 313, "memfd_create": 319, "bpf": 321, "userfaultfd": 323, "execveat": 322,
    "kexec_load": 246, "clone3": 435, "io_uring_setup": 425, "io_uring_enter": 426,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434,
    "openat2": 437, "pidfd_getfd": 438, "mount_setattr": 442, "setxattrat": 463,
}
_LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """What the call returned; its error, negated, if it failed."""
    result = int(_LIBC.syscall(NUMBERS[name], *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)))
    return result if result >= 0 else -ctypes.get_errno()


def __getattr__(name: str):
    if name not in NUMBERS:
        raise AttributeError(name)
    return lambda *arguments: call(name, *arguments)
