# SPDX-License-Identifier: Apache-2.0
"""Doing things in a container's network namespace without being part of the container.

A client that spoke to a server from inside would be recorded with it.  One that enters the network namespace alone
stays in the caller's cgroup, process and mount namespaces.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import traceback
from typing import Any, Callable

CLONE_NEWNET = 0x40000000


def call(pid: int, function: Callable[..., Any], *arguments: Any, timeout: int = 120) -> Any:
    """`function(*arguments)` run in the network namespace of process `pid`, in a child; returns what it returns.

    An exception that it raises is raised here.  The result must be picklable.  A child that is not done after
    `timeout` seconds is killed.
    """
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    reader, writer = os.pipe()
    sys.stdout.flush()          # or the child would say it again
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(timeout)
        try:
            _enter(namespace)
            answer = (True, function(*arguments))
        except BaseException as error:      # the parent raises it
            error.__traceback__ = None
            answer = (False, (error, traceback.format_exc()))
        _send(writer, answer)
        os._exit(0)
    os.close(namespace)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    if not data:
        raise RuntimeError(f"client in the network namespace of {pid} died with wait status {status:#x}")
    worked, result = pickle.loads(data)
    if worked:
        return result
    raised, trace = result
    raise raised from RuntimeError(trace)


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _send(writer: int, answer: tuple[bool, Any]) -> None:
    try:
        data = pickle.dumps(answer)
    except Exception:       # an exception or result that cannot travel: its text can
        data = pickle.dumps((False, (RuntimeError(repr(answer[1])), "")))
    sys.stdout.flush()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(data)
